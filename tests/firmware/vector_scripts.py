"""The vectors as scripts for c/test/session.c, and the lines it must print: the same on a host and on a target."""

from __future__ import annotations

import importlib.util
import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from tests.firmware.core import C_DIR, STRICT, sources

__all__ = ["SESSION", "VECTORS", "Case", "cases", "load_generator", "make_program", "program_input", "split_output"]

VECTORS: Final = C_DIR.parent / "vectors"
SESSION: Final = (C_DIR / "test" / "session.c", C_DIR / "test" / "session_parts.c")
"""What runs a script."""


class Case(NamedTuple):
    """A script and what it must print."""

    name: str
    script: bytes
    expected: list[str]


def load_generator() -> ModuleType:
    """vectors/make_vectors.py as a module."""
    spec = importlib.util.spec_from_file_location("make_vectors", VECTORS / "make_vectors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_vectors"] = module
    spec.loader.exec_module(module)
    return module


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return rows


def cases() -> list[Case]:
    """Every vector."""
    return [*_crcs(), *_packets(), *_controls(), *_rings(), *_sessions()]


def _crcs() -> list[Case]:
    made = []
    for i, row in enumerate(_rows("crc32.json")):
        data = bytes.fromhex(row["bytes"])
        number = struct.pack("<I", int(row["crc32"], 16))
        made.append(Case(f"crc32 {i}", bytes([32, len(data)]) + data, [f"crc32 {number.hex()}"]))
    return made


def _packets() -> list[Case]:
    made = []
    for row in _rows("packets.json"):
        s = row["settings"]
        script = struct.pack("<BHHBBH", 34, s["payload"], s["samples_max"], s["type"], s["epoch"], len(row["samples"]))
        for index, time, flags, acc, gyr in row["samples"]:
            which = (acc is not None) | (gyr is not None) << 1
            axes = [*(acc or (1, 1, 1)), *(gyr or (1, 1, 1))]
            script += struct.pack("<IIBB6h", index, time, flags, which, *axes)
        made.append(Case(f"packets: {row['name']}", script, [f"packet {packet}" for packet in row["packets"]]))
    return made


def _controls() -> list[Case]:
    made = []
    for row in _rows("control.json"):
        data = bytes.fromhex(row["bytes"])
        told = bytes([row["status"], row["opcode"], row["tag"]]) + bytes.fromhex(row["arguments"])
        script = bytes([33, row["capabilities"], len(data)]) + data
        made.append(Case(f"control: {row['bytes'] or 'nothing'}", script, [f"parsed {told.ljust(14, bytes(1)).hex()}"]))
    return made


def _rings() -> list[Case]:
    made = []
    for row in _rows("ring.json"):
        script = struct.pack("<BHH", 35, row["capacity"], len(row["operations"]))
        expected = []
        for op, argument, answer in row["operations"]:
            script += struct.pack("<BI", ("put", "skip", "get", "locate").index(op), argument)
            if op == "get":
                told = bytes(18)
                if answer is not None:
                    told = struct.pack("<B12sIB", 1, bytes.fromhex(answer[0]), answer[1], answer[2])
                expected.append(f"got {told.hex()}")
            elif op == "locate":
                told = struct.pack("<BI", answer is not None, answer or 0)
                expected.append(f"located {told.hex()}")
        made.append(Case(f"ring: {row['name']}", script, expected))
    return made


def _sessions() -> list[Case]:
    script = load_generator().script
    return [
        Case(f"session: {row['name']}", script(row["steps"]), [f"{name} {data}" for name, data in row["expect"]])
        for row in _rows("sessions.json")
    ]


def make_program(main: str, out: Path, *flags: str, compiler: str = "gcc", timeout: float = 120) -> Path:
    """Compile the core with a test program of c/test."""
    test = C_DIR / "test"
    command = [compiler, "-std=c99", *STRICT, *flags, f"-I{C_DIR / 'include'}", "-o", str(out)]
    command += [*map(str, sources()), *map(str, SESSION), str(test / main)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout)
    return out


def program_input(chosen: Sequence[Case]) -> bytes:
    """What main_stdin.c reads."""
    return b"".join(struct.pack("<I", len(case.script)) + case.script for case in chosen)


def split_output(text: str) -> list[list[str]]:
    """The lines of each script."""
    parts: list[list[str]] = [[]]
    for line in text.splitlines():
        if line == "end":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts[:-1]


def main() -> None:
    """Show where the core differs from the vectors, for a person at a terminal."""
    with tempfile.TemporaryDirectory() as scratch:
        program = make_program("main_stdin.c", Path(scratch) / "session", "-O1", "-g")
        done = subprocess.run([program], input=program_input(cases()), capture_output=True, check=False, timeout=120)
    print("exit code", done.returncode, done.stderr.decode()[-2000:])
    for case, lines in zip(cases(), split_output(done.stdout.decode()), strict=False):
        if lines != case.expected:
            print(case.name)
            for i in range(max(len(lines), len(case.expected))):
                want = case.expected[i] if i < len(case.expected) else "-"
                have = lines[i] if i < len(lines) else "-"
                if want != have:
                    print(f"  {i}: expected {want[:110]}\n  {i}: is       {have[:110]}")


if __name__ == "__main__":
    main()
