"""Which clip was tapped: knocks that one clip feels and the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.sensors.source import SampleBlock

__all__ = ["TapParams", "TapWatch"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TapParams:
    """What a tap looks like; own choices."""

    knock_m_s2: float = 8.0
    """Specific force changes by so much from sample to sample: moving by hand changes it by less than 3 at 100 Hz."""
    others_share: float = 0.5
    """The other clips feel less than this share of it."""
    taps: int = 2
    apart_s: float = 0.12
    """Knocks closer together are one tap."""
    within_s: float = 2.5


class TapWatch:
    """Takes rows; tells which clip was tapped."""

    def __init__(self, clips: Sequence[str], params: TapParams | None = None) -> None:
        self._clips = tuple(clips)
        self._params = TapParams() if params is None else params
        self._last: dict[int, FloatArray] = {}
        self._knocks: list[tuple[float, int, float]] = []

    def take(self, block: SampleBlock) -> str | None:
        """Take rows; give the clip that was tapped often enough, None until then."""
        params = self._params
        for index in np.unique(block.clip_index).tolist():
            mine = block.clip_index == index
            acc = block.acc_m_s2[mine]
            before = self._last.get(index, acc[0])
            jolt = np.linalg.norm(np.diff(np.vstack([before, acc]), axis=0), axis=1)
            self._last[index] = acc[-1]
            for at_s, strength in zip(block.time_s[mine].tolist(), jolt.tolist(), strict=True):
                if strength >= params.knock_m_s2 * params.others_share:
                    self._knocks.append((at_s, index, strength))
        if not self._knocks:
            return None
        newest_s = max(k[0] for k in self._knocks)
        self._knocks = [k for k in self._knocks if k[0] > newest_s - params.within_s]
        for index in sorted({k[1] for k in self._knocks}):
            if self._taps(index) >= params.taps:
                self._knocks.clear()
                return self._clips[index]
        return None

    def _taps(self, index: int) -> int:
        """How often this clip was knocked and no other was at that time."""
        params = self._params
        taps, last_s = 0, float("-inf")
        for at_s, which, strength in sorted(self._knocks):
            if which != index or strength < params.knock_m_s2 or at_s - last_s < params.apart_s:
                continue
            felt = max((s for t, w, s in self._knocks if w != index and abs(t - at_s) < params.apart_s), default=0.0)
            if felt < params.others_share * strength:
                taps, last_s = taps + 1, at_s
        return taps
