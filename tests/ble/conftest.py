"""Bluetooth tests: nothing may block the event loop, and a loop can run ahead of the clock on the wall."""

from __future__ import annotations

import atexit
import contextlib
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import pytest_asyncio
from blockbuster import BlockBuster, blockbuster_ctx
from firmware.core import core, missing_tool

from .air import Air, central
from .bumble_backend import use
from .clockwork import ClockworkLoop, warp

if TYPE_CHECKING:
    from .bluez.machine import Machine

TEST_S = 120
LoopFactories = Mapping[str, Callable[[], ClockworkLoop]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> LoopFactories:
    """Every async test here has a loop that can `warp`."""
    return {"clockwork": ClockworkLoop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Nothing here may hang; the longest in real time comes first, so that another worker does the rest meanwhile."""
    items.sort(key=lambda item: not (item.get_closest_marker("bluez") and "two_minutes" in item.name))
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TEST_S))


@pytest.fixture(autouse=True)
def _nothing_blocks(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """Whatever blocks the event loop (a file, a sleep, a lock) is an error."""
    if not inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        yield None
        return
    with blockbuster_ctx() as blockbuster:
        yield blockbuster


@pytest.fixture(scope="session", autouse=True)
def _clip_core() -> None:
    """Compile the clip's core before a loop runs; without a compiler only the tests with virtual clips are skipped."""
    if missing_tool("gcc") is None:
        core()


@cache
def _booted() -> Machine:
    """One machine for the process, whoever asks; it ends with it."""
    from .bluez.machine import Machine  # needs Linux

    machine = Machine()
    atexit.register(machine.close)
    return machine


_unavailable: list[str] = []


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A booted machine with bluetoothd; the same one for all tests, but for those after a crash of its kernel."""
    if sys.platform != "linux":
        pytest.skip("no emulated BlueZ: that is Linux")
    from .bluez.fetch import UnavailableError

    if _unavailable:
        pytest.skip(_unavailable[0])
    try:
        if (machine := _booted()).crashed:
            machine.close()
            _booted.cache_clear()
            machine = _booted()
    except UnavailableError as reason:
        _unavailable.append(f"no emulated BlueZ: {reason}")
        pytest.skip(_unavailable[0])
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", machine.address)
    return machine


@dataclass
class World:
    """An `Air` in which bleak is at home."""

    air: Air
    backend: Literal["in-process", "bluez"]

    @property
    def real(self) -> bool:
        """Whether it is the real stack in real time."""
        return self.backend == "bluez"


BACKENDS = [
    "in-process",
    pytest.param("bluez", marks=[pytest.mark.bluez, pytest.mark.slow]),
]


@pytest.fixture(params=BACKENDS)
def machine_or_none(request: pytest.FixtureRequest) -> Machine | None:
    """The machine for the real stack, booted before any event loop runs."""
    machine: Machine | None = request.getfixturevalue("machine") if request.param == "bluez" else None
    return machine


@pytest_asyncio.fixture
async def world(machine_or_none: Machine | None) -> AsyncIterator[World]:
    """Both worlds, one after the other: Bumble's in-process link with a clock that runs ahead, and real BlueZ."""
    air = Air()
    if machine_or_none is None:
        warp()
        with use(await central(air)):
            yield World(air, "in-process")
    else:
        async with machine_or_none.adapter(air):
            yield World(air, "bluez")
            await forget_bus()


@pytest_asyncio.fixture
async def in_process() -> AsyncIterator[World]:
    """Bumble's in-process link only."""
    warp()
    air = Air()
    with use(await central(air)):
        yield World(air, "in-process")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures that tests have recorded."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call" and report.user_properties and "ble" in Path(report.fspath).parts:
                terminalreporter.write_line(report.nodeid.partition("::")[2])
                for name, value in report.user_properties:
                    terminalreporter.write_line(f"  {name}: {value}")


async def forget_bus() -> None:
    """Close the D-Bus connection that bleak keeps for each event loop."""
    from bleak.backends.bluezdbus.manager import get_global_bluez_manager

    if bus := (await get_global_bluez_manager())._bus:
        bus.disconnect()
        with contextlib.suppress(EOFError, OSError):
            await bus.wait_for_disconnect()
