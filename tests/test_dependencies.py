"""Imports point down the list of folders only, so that each can be read without those above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import imu_hinge

ROOT = Path(imu_hinge.__file__).parent
FROM_TOP_TO_BOTTOM = (
    "cli",
    "live",
    "batch",
    "report",
    "export",
    "library",
    "session",
    "hinge",
    "body",
    "fusion",
    "sensors",
    "protocol",
    "simulation",
    "recording",
    "conventions",
    "errors",
    "version",
)
SIMULATION_IS_FOR = ("simulation", "sensors", "cli")
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


def imported(path: str) -> Iterator[tuple[str, int]]:
    """Folders (or modules) of this package that a file imports, with the line."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}, line {node.lineno}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "imu_hinge":
                assert len(parts) > 1, f"{path}, line {node.lineno}: imports the public surface from inside"
                yield parts[1], node.lineno


def folder_of(path: str) -> str:
    return path.split("/")[0].removesuffix(".py")


def test_every_folder_has_its_place() -> None:
    assert {folder_of(path) for path in FILES} - {"__init__", "__main__", *FROM_TOP_TO_BOTTOM} == set()


@pytest.mark.parametrize("path", [path for path in FILES if folder_of(path) not in ("__init__", "__main__")])
def test_imports_point_down(path: str) -> None:
    here = folder_of(path)
    below = FROM_TOP_TO_BOTTOM[FROM_TOP_TO_BOTTOM.index(here) :]
    upward = [f"line {line}: {name}" for name, line in imported(path) if name not in below]
    assert upward == []
    simulated = [line for name, line in imported(path) if name == "simulation"]
    assert not simulated or here in SIMULATION_IS_FOR


@pytest.mark.parametrize("path", FILES)
def test_modules_stay_readable(path: str) -> None:
    """About four hundred lines are as much as one takes in; what a program wrote is read in its source."""
    if path == "protocol/definitions.py":
        pytest.skip("generated from firmware_protocol/imu_hinge.yaml")
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 450
