"""Linear algebra in one thread: ours is many small problems, on which threads that wait for each other only cost.

A session of a minute takes 0.8 s so, 1.8 s with two threads, and 7 s where two programs do that on two cores.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

__all__ = ["one_thread"]

P = ParamSpec("P")
T = TypeVar("T")


def one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """The same function; while it runs, BLAS and LAPACK use one thread in this process (about 1 ms to set)."""

    @wraps(function)
    def alone(*arguments: P.args, **named: P.kwargs) -> T:
        with threadpool_limits(limits=1, user_api="blas"):
            return function(*arguments, **named)

    return alone
