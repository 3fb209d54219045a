"""Several things at once: the first to end ends all, and nobody is left behind."""

from __future__ import annotations

import asyncio

import pytest

from imu_hinge.sensors.tasks import until_one_ends


async def forever(log: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        log.append("ended")


async def stubborn(log: list[str]) -> None:
    """Swallows its first cancellation."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        log.append("swallowed")
    await forever(log)


async def soon() -> None:
    await asyncio.sleep(0.01)


async def fails() -> None:
    await soon()
    raise LookupError


async def test_the_first_to_end_ends_the_others() -> None:
    log: list[str] = []
    await until_one_ends(soon(), forever(log), forever(log))
    assert log == ["ended", "ended"]


async def test_its_failure_is_raised_as_it_is() -> None:
    log: list[str] = []
    with pytest.raises(LookupError):
        await until_one_ends(forever(log), fails())
    assert log == ["ended"]


async def test_a_task_that_swallows_its_cancellation_is_ended_too() -> None:
    log: list[str] = []
    await until_one_ends(soon(), stubborn(log))
    assert log == ["swallowed", "ended"]


async def test_cancelled_itself_it_leaves_nobody_behind() -> None:
    log: list[str] = []
    task = asyncio.create_task(until_one_ends(forever(log), stubborn(log)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(log) == ["ended", "ended", "swallowed"]
