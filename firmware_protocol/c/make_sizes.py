#!/usr/bin/env python3
"""Measure what the core costs on Cortex-M and write SIZES.md. Needs arm-none-eabi-gcc 10 or later.

The stack is the deepest path of the call graph (-fcallgraph-info), without what the callbacks use; a cycle in the
graph is an error, so the core does not recurse. Floating-point arithmetic and a heap would be errors too.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORES = {
    "Cortex-M0": ["-mcpu=cortex-m0"],
    "Cortex-M4": ["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
    "Cortex-M33": ["-mcpu=cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"],
}
PARTS = {
    "packets": ["imuh_packet"],
    "ring": ["imuh_ring"],
    "control point": ["imuh_control"],
    "CRC-32": ["imuh_crc32"],
    "records in flash": ["imuh_log", "imuh_log_scan", "imuh_log_read"],
    "clip": [
        "imuh_clip",
        "imuh_clip_config",
        "imuh_clip_control",
        "imuh_clip_live",
        "imuh_clip_stream",
        "imuh_clip_transfer",
    ],
}
STRUCTS = {
    "struct imuh_clip, packets to 512 bytes": ("struct imuh_clip", []),
    "struct imuh_clip, packets to 244 bytes": ("struct imuh_clip", ["-DIMUH_PACKET_BYTES_MAX=244"]),
    "struct imuh_log, 2 MiB of flash": ("struct imuh_log", []),
    "struct imuh_log, 64 KiB of flash, 4 records": (
        "struct imuh_log",
        ["-DIMUH_LOG_SECTORS=16", "-DIMUH_LOG_RECORDS=4"],
    ),
}
FORBIDDEN = r"__aeabi_[fd]|__aeabi_\w+2[fd]$|malloc|calloc|realloc|free$|abort|__assert"
"""Floating-point arithmetic, heap, ways to stop."""
ENTRIES = {"packets": "imuh_packet_add", "clip": "imuh_clip_", "records in flash": "imuh_log_"}


def compiler(core: str, folder: Path, *more: str) -> list[str]:
    """The command line up to the file."""
    return [
        "arm-none-eabi-gcc",
        "-std=c99",
        "-Os",
        "-mthumb",
        *CORES[core],
        f"-I{HERE / 'include'}",
        f"-I{HERE / 'src'}",
        *more,
        "-c",
        "-o",
        str(folder / "out.o"),
    ]


def run(command: list[str], text: str | None = None) -> str:
    """Run a tool; its output."""
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=60).stdout


def sections(folder: Path) -> tuple[int, int]:
    """Text (with constants) and data (with zeroed data) of the object just made."""
    text, data, bss = run(["arm-none-eabi-size", str(folder / "out.o")]).splitlines()[1].split()[:3]
    return int(text), int(data) + int(bss)


class Graph:
    """Who calls whom, and the stack of each."""

    def __init__(self) -> None:
        self.stack: dict[str, int] = {}
        self.calls: dict[str, set[str]] = {}

    def add(self, text: str) -> None:
        """The .ci file of one source."""
        for name, label in re.findall(r'node: \{ title: "([^"]+)" label: "([^"]*)"', text):
            size = re.search(r"(\d+) bytes \((static|dynamic)", label)
            if size:
                if size[2] != "static":
                    raise SystemExit(f"{name} has a stack of no fixed size")
                self.stack[name] = int(size[1])
        for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            self.calls.setdefault(caller, set()).add(callee)

    def depth(self, name: str, path: tuple[str, ...] = ()) -> int:
        """The deepest stack from here on; raises on recursion."""
        if name in path:
            raise SystemExit("recursion: " + " -> ".join([*path, name]))
        below = max((self.depth(callee, (*path, name)) for callee in self.calls.get(name, ())), default=0)
        return self.stack.get(name, 0) + below


def measure(core: str) -> tuple[dict[str, int], dict[str, int]]:
    """Text and stack by part."""
    text: dict[str, int] = {}
    graph = Graph()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for part, names in PARTS.items():
            text[part] = 0
            for name in names:
                run([*compiler(core, folder, "-fcallgraph-info=su"), str(HERE / "src" / f"{name}.c")])
                size, data = sections(folder)
                if data:
                    raise SystemExit(f"{name} has {data} bytes of variables of its own")
                text[part] += size
                used = re.findall(r"U (\w+)", run(["arm-none-eabi-nm", "-u", str(folder / "out.o")]))
                if bad := [symbol for symbol in used if re.match(FORBIDDEN, symbol)]:
                    raise SystemExit(f"{name} uses {bad[0]}")
                graph.add(next(folder.glob("*.ci")).read_text(encoding="utf-8"))
                for made in folder.glob("*.ci"):
                    made.unlink()
    # The graph names static functions by their file; their public callers are what counts.
    public = [name for name in graph.stack if ":" not in name]
    return text, {part: max(graph.depth(n) for n in public if n.startswith(s)) for part, s in ENTRIES.items()}


def struct_size(core: str, name: str, flags: list[str]) -> int:
    """Bytes of a struct."""
    with tempfile.TemporaryDirectory() as scratch:
        source = f'#include "imuh_clip.h"\nchar size[sizeof({name})] = {{1}};\n'
        run([*compiler(core, Path(scratch), *flags), "-xc", "-"], source)
        return sections(Path(scratch))[1]


def table() -> str:
    """The text of SIZES.md."""
    version = run(["arm-none-eabi-gcc", "-dumpversion"]).strip()
    measured = {core: measure(core) for core in CORES}
    head = "| | " + " | ".join(CORES) + " |\n|---|" + "---:|" * len(CORES) + "\n"

    def rows(values: dict[str, list[int]]) -> str:
        return "".join(f"| {name} | " + " | ".join(map(str, numbers)) + " |\n" for name, numbers in values.items())

    text = {part: [measured[core][0][part] for core in CORES] for part in PARTS}
    text["**all**"] = [sum(measured[core][0].values()) for core in CORES]
    structs = {name: [struct_size(core, *what) for core in CORES] for name, what in STRUCTS.items()}
    structs["ring, per sample"] = [16] * len(CORES)
    structs["ring, 30 s at 208 Hz"] = [6240 * 16 + 6240 // 8] * len(CORES)
    stacks = {
        "a sample into a packet": [measured[core][1]["packets"] for core in CORES],
        "any call about the clip": [measured[core][1]["clip"] for core in CORES],
        "any call about the log": [measured[core][1]["records in flash"] for core in CORES],
    }
    return (
        "# What the core costs\n\n"
        f"Made by `make_sizes.py` with arm-none-eabi-gcc {version} -Os; another gives other numbers. Bytes.\n\n"
        f"## Flash\n\n{head}{rows(text)}\n"
        "## Memory\n\nThere are no variables but these, all given by the caller, and no heap. A ring takes an eighth "
        f"of a byte more per sample.\n\n{head}{rows(structs)}\n"
        "## Stack, at most\n\nThe deepest path of the call graph, which has no cycle, without the port's callbacks and "
        f"the compiler's own division.\n\n{head}{rows(stacks)}"
    )


def main() -> int:
    """Write SIZES.md."""
    (HERE / "SIZES.md").write_text(table(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
