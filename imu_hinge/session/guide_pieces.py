"""A stream cut at fixed times, so that what is made of it does not depend on how it arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pieces"]

FloatArray = NDArray[np.float64]

_PIECE_S: Final = 0.05


class Pieces:
    """Holds back the newest, unfinished piece."""

    def __init__(self) -> None:
        self._held: list[tuple[FloatArray, Mapping[str, FloatArray]]] = []

    def take(
        self, time_s: FloatArray, up: Mapping[str, FloatArray]
    ) -> Iterator[tuple[FloatArray, dict[str, FloatArray]]]:
        """Take ``time_s`` (N,), ascending, and by clip (N, 3); give the pieces that are whole."""
        if not len(time_s):
            return
        self._held.append((time_s, up))
        if _piece(time_s[-1:])[0] == _piece(self._held[0][0][:1])[0]:
            return
        all_s = np.concatenate([held_s for held_s, _ in self._held])
        all_up = {clip: np.concatenate([held[clip] for _, held in self._held]) for clip in up}
        number = _piece(all_s)
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist()]
        self._held = [(all_s[edges[-1] :], {clip: values[edges[-1] :] for clip, values in all_up.items()})]
        for start, stop in pairwise(edges):
            yield all_s[start:stop], {clip: values[start:stop] for clip, values in all_up.items()}


def _piece(time_s: FloatArray) -> NDArray[np.int64]:
    return np.floor(time_s / _PIECE_S + 1e-6).astype(np.int64)
