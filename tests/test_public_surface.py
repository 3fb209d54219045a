"""What ``import imu_hinge`` offers is what ``__all__`` says, no less and no more."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import imu_hinge

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(imu_hinge.__path__, "imu_hinge.")
    if not module.name.endswith("__main__")
)


def test_every_promised_name_is_there() -> None:
    assert len(set(imu_hinge.__all__)) == len(imu_hinge.__all__)
    missing = [name for name in imu_hinge.__all__ if not hasattr(imu_hinge, name)]
    assert missing == []


def test_a_fresh_import_leaks_no_name_and_loads_nothing_slow_that_most_commands_do_without() -> None:
    code = (
        "import sys, types, imu_hinge\n"
        "said = set(imu_hinge.__all__)\n"
        "there = {n for n, v in vars(imu_hinge).items() if n[0] != '_' and not isinstance(v, types.ModuleType)}\n"
        "import imu_hinge.cli.main\n"
        "slow = ('matplotlib', 'scipy.signal', 'scipy.stats', 'scipy.optimize', 'imu_hinge.simulation')\n"
        "print(sorted(there - said), [name for name in slow if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[] []"


def test_promised_names_are_sorted() -> None:
    assert list(imu_hinge.__all__) == sorted(imu_hinge.__all__)


def test_public_things_are_documented() -> None:
    bare = [n for n in imu_hinge.__all__ if n != "__version__" and not (getattr(imu_hinge, n).__doc__ or "").strip()]
    assert bare == []


@pytest.mark.parametrize("name", MODULES)
def test_modules_say_what_they_offer(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for offered in getattr(module, "__all__", []):
        assert hasattr(module, offered), f"{name}.{offered}"
