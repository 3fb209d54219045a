"""The same vectors on a Cortex-M4, in QEMU, and what the core costs in flash, memory and stack."""

from __future__ import annotations

import runpy
import subprocess
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from tests.firmware.core import C_DIR, STRICT, sources
from tests.firmware.vector_scripts import SESSION, cases, split_output

QEMU = C_DIR / "qemu"
CASES = cases()


def scripts_header() -> str:
    ends = [0, *accumulate(len(case.script) for case in CASES)]
    data = ",".join(map(str, b"".join(case.script for case in CASES)))
    return (
        f"#include <stdint.h>\n#define SCRIPTS {len(CASES)}u\n"
        f"static const uint32_t script_begins[] = {{{','.join(f'{end}u' for end in ends)}}};\n"
        f"static const uint8_t script_bytes[] = {{{data}}};\n"
    )


@pytest.mark.slow
def test_a_cortex_m4_gives_the_same_bytes(need: Callable[..., None], tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    (tmp_path / "scripts.h").write_text(scripts_header(), encoding="utf-8")
    image = tmp_path / "vectors.elf"
    command = ["arm-none-eabi-gcc", "-std=c99", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
    command += [
        "-Os",
        "-ffreestanding",
        "-nostdlib",
        "-fno-tree-loop-distribute-patterns",
        "-Wl,--gc-sections",
        *STRICT,
    ]
    command += [f"-T{QEMU / 'mps2_an386.ld'}", f"-I{C_DIR / 'include'}", f"-I{C_DIR / 'test'}", f"-I{tmp_path}"]
    command += [*map(str, [*sources(), *SESSION])]
    command += [str(QEMU / "startup.c"), str(QEMU / "main_qemu.c"), "-lgcc", "-o", str(image)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    machine = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"]
    machine += ["-semihosting-config", "enable=on,target=native", "-kernel", str(image)]
    ran = subprocess.run(machine, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout[-500:] + ran.stderr[-500:]
    printed = split_output(ran.stdout + ran.stderr)
    assert len(printed) == len(CASES)
    for case, lines in zip(CASES, printed, strict=True):
        assert lines == case.expected, case.name


@pytest.mark.slow
def test_the_table_of_sizes_is_fresh(need: Callable[..., None]) -> None:
    need("arm-none-eabi-gcc", "arm-none-eabi-size")
    tool: dict[str, Any] = runpy.run_path(str(C_DIR / "make_sizes.py"))
    assert tool["table"]() == (C_DIR / "SIZES.md").read_text(encoding="utf-8"), "run firmware_protocol/c/make_sizes.py"
