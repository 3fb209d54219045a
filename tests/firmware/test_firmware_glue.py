"""Glue compiles: the example of the README, and the Zephyr application against stubs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firmware.core import C_DIR, STRICT

ROOT = C_DIR.parent
ZEPHYR = ROOT / "zephyr"


@pytest.mark.parametrize("dialect", [("gcc", "-xc", "-std=c99"), ("g++", "-xc++", "-std=c++11")], ids=["C", "C++"])
def test_the_example_of_the_readme_compiles(
    dialect: tuple[str, ...], need: Callable[..., None], tmp_path: Path
) -> None:
    need(dialect[0])
    (block,) = re.findall(r"```c\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    command = [*dialect, *STRICT, f"-I{C_DIR / 'include'}", "-c", "-", "-o", str(tmp_path / "glue.o")]
    done = subprocess.run(command, input=block, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("optional", [True, False], ids=["all parts", "without optional parts"])
@pytest.mark.parametrize("source", sorted(path.name for path in (ZEPHYR / "src").glob("*.c")))
def test_the_zephyr_application_compiles(source: str, optional: bool) -> None:
    command = ["gcc", "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Wmissing-prototypes", "-Werror"]
    command += ["-DIMUH_PACKET_BYTES_MAX=244", f"-I{ZEPHYR / 'stubs'}", f"-I{C_DIR / 'include'}"]
    command += [] if optional else ["-DSTUB_WITHOUT_OPTIONAL_PARTS"]
    done = subprocess.run(
        [*command, str(ZEPHYR / "src" / source)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_every_source_is_in_the_build_and_in_the_readme(no_compiler: None) -> None:
    build = (ZEPHYR / "CMakeLists.txt").read_text(encoding="utf-8")
    readme = (ZEPHYR / "README.md").read_text(encoding="utf-8")
    for path in (ZEPHYR / "src").glob("*.c"):
        assert f"src/{path.name}" in build
        assert f"`src/{path.name}`" in readme


def test_the_stubs_are_all_used(no_compiler: None) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in ZEPHYR.rglob("*.[ch]"))
    for path in (ZEPHYR / "stubs").rglob("*.h"):
        assert f"<{path.relative_to(ZEPHYR / 'stubs')}>" in text


def test_the_readme_says_what_was_not_done(no_compiler: None) -> None:
    assert "not run on hardware" in (ZEPHYR / "README.md").read_text(encoding="utf-8")
    assert "not run on hardware" in (ROOT / "README.md").read_text(encoding="utf-8")
