"""A recording or a simulated athlete as if it happened now: delivered at its own pace, until stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from imu_hinge.recording.model import Arrivals
from imu_hinge.sensors.driver import Books
from imu_hinge.sensors.health import ClipHealth, LinkState
from imu_hinge.sensors.replay import ReplaySource
from imu_hinge.sensors.source import Delivery

__all__ = ["PacedSource"]


class PacedSource:
    """A live source made of rows that are known already.

    ``speed`` is seconds of recording per second, None for as fast as it goes; ``notes`` tells whether header lines are
    delivered with the rows. ``wait`` waits so many seconds, or until ``stop`` is called, and tells which.
    """

    def __init__(
        self,
        arrivals: Arrivals,
        rates_hz: dict[str, float],
        *,
        speed: float | None = 1.0,
        notes: bool = True,
        batch_s: float = 0.05,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._arrivals = arrivals
        self._rates_hz = rates_hz
        self._speed = speed
        self._notes = notes
        self._replay = ReplaySource(arrivals, batch_s)
        self._received = np.zeros(len(arrivals.clip_names), np.int64)
        self._stopped = threading.Event()
        self._now = now
        self._wait = self._stopped.wait if wait is None else wait

    @property
    def clips(self) -> tuple[str, ...]:
        """Clip names in index order."""
        return self._replay.clips

    @property
    def serials(self) -> dict[str, str]:
        """What the recording says of them."""
        header = self._arrivals.header
        keys = {clip: f"clip.{clip}.serial" for clip in self.clips}
        return {clip: header[key] for clip, key in keys.items() if key in header}

    def open(self) -> None:
        """Nothing to find."""

    def deliveries(self) -> Iterator[Delivery]:
        """Everything in file order, each when its time has come."""
        began_s = self._now()
        first_s: float | None = None
        newest_s = float("-inf")
        for delivery in self._replay.deliveries():
            if len(delivery.block):
                newest_s = max(newest_s, float(delivery.block.time_s.max()))
                first_s = newest_s if first_s is None else first_s
                if self._speed is not None:
                    left_s = began_s + (newest_s - first_s) / self._speed - self._now()
                    if left_s > 0 and self._wait(left_s):
                        return
            if self._stopped.is_set():
                return
            self._received += np.bincount(delivery.block.clip_index, minlength=len(self.clips))
            if self._notes:
                yield delivery
            elif len(delivery.block):
                yield Delivery((), delivery.block)

    def stop(self) -> None:
        """End it, from any thread."""
        self._stopped.set()

    def health(self) -> tuple[ClipHealth, ...]:
        """All is well, as far as a recording can tell."""
        return tuple(
            ClipHealth(
                clip,
                self.serials.get(clip, ""),
                LinkState.STREAMING,
                "recorded",
                rate_hz=self._rates_hz[clip],
                nominal_hz=self._rates_hz[clip],
                books=Books(received=int(self._received[index])),
            )
            for index, clip in enumerate(self.clips)
            if clip in self._rates_hz
        )
