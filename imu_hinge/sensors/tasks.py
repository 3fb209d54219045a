"""Doing several things at once until one of them fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["until_one_ends"]


async def until_one_ends(*doing: Coroutine[Any, Any, None]) -> None:
    """Run all until the first ends, then cancel and await the others; its failure, if it is one, is raised as it is."""
    tasks = [asyncio.create_task(one) for one in doing]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
