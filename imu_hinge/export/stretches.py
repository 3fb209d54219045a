"""Stretches of a grid in which everything is known: OpenSim's tables have no empty cells, and no invented ones here."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_STRETCH_S", "complete_stretches", "numbered"]

FloatArray = NDArray[np.float64]

LEAST_STRETCH_S: Final = 0.5
"""A shorter stretch is left out, s: no filter or spline of OpenSim can work on it."""


def complete_stretches(columns: FloatArray, rate_hz: float) -> list[slice]:
    """The longest runs of rows of ``columns`` (N, K) without a NaN, in time, those of LEAST_STRETCH_S and more."""
    whole = np.isfinite(columns).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(np.int8)))
    least = max(2, round(LEAST_STRETCH_S * rate_hz) + 1)
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def numbered(stem: str, suffix: str, count: int) -> list[str]:
    """File names for the stretches: ``stem.suffix`` for a single one, else ``stem_1.suffix`` and so on."""
    return [f"{stem}{suffix}"] if count == 1 else [f"{stem}_{i}{suffix}" for i in range(1, count + 1)]
