"""Doing several things at once until one of them ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

__all__ = ["until_one_ends"]

_AGAIN_S: Final = 1.0


async def until_one_ends(*doing: Coroutine[Any, Any, None]) -> None:
    """Run all until the first ends, then end the others; its failure, if it is one, is raised as it is.

    Nothing is left running behind, also where this is cancelled itself. A task that swallows its cancellation is
    cancelled again: ``asyncio.wait_for`` of Python 3.11, which Bluetooth stacks use, does so where an answer comes in
    the same instant.
    """
    tasks = [asyncio.create_task(one) for one in doing]
    done: set[asyncio.Task[None]] = set()
    interrupted: asyncio.CancelledError | None = None
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError as error:
        interrupted = error
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=_AGAIN_S)
        except asyncio.CancelledError as error:
            interrupted = error
    failures = [task.exception() for task in tasks if not task.cancelled()]
    if interrupted is not None:
        raise interrupted
    for task, failure in zip([task for task in tasks if not task.cancelled()], failures, strict=True):
        if task in done and failure is not None:
            raise failure
