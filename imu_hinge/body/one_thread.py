"""Linear algebra in one thread: ours is many small problems, on which threads that wait for each other only cost.

A session of a minute takes 0.8 s so, 1.8 s with two threads, and 7 s where two programs do that on two cores.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import numpy.linalg  # noqa: F401 - what is loaded before the controller looks is what it controls
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]

P = ParamSpec("P")
T = TypeVar("T")


def one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """The same function; while it runs, BLAS and LAPACK use one thread in this process."""

    @wraps(function)
    def alone(*arguments: P.args, **named: P.kwargs) -> T:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*arguments, **named)

    return alone


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Looking for the libraries reads a file of the system's, and takes a millisecond: once is enough."""
    return ThreadpoolController()
