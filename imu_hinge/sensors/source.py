"""Where samples come from: a file, the simulator, or clips over the air; the loop behind does not know which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from imu_hinge.recording.model import HeaderNote

__all__ = ["NOTHING", "Delivery", "SampleBlock", "Source"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SampleBlock:
    """Rows as they arrived: ``clip_index`` (N,) into the source's clip names, ``time_s`` (N,) on the common clock,
    ``acc_m_s2`` and ``gyr_rad_s`` (N, 3)."""

    clip_index: NDArray[np.int8]
    time_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray

    def __len__(self) -> int:
        return len(self.time_s)


NOTHING: Final = SampleBlock(np.empty(0, np.int8), np.empty(0), np.empty((0, 3)), np.empty((0, 3)))
"""No rows."""


@dataclass(frozen=True)
class Delivery:
    """Header notes that came first, then rows."""

    notes: tuple[HeaderNote, ...]
    block: SampleBlock


class Source(Protocol):
    """Samples of named clips in the order they arrive."""

    @property
    def clips(self) -> tuple[str, ...]:
        """Clip names; ``SampleBlock.clip_index`` points into them."""

    def deliveries(self) -> Iterator[Delivery]:
        """Everything there is to come."""
