"""A virtual sensor that streams by itself: rounds of samples at its true rate, through what its link does to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ble.air import Air
from ble.peripheral import AdElements, Peripheral
from bumble.gatt import Characteristic, Service

from imu_hinge.sensors.driver import FloatArray

from .knobs import Link, LinkKnobs, Motion, resting

__all__ = ["Streaming"]

Sample = tuple[FloatArray, FloatArray]


class Streaming(Peripheral):
    """Samples ``motion`` at its own rate while ``round`` says so, and notifies what ``payloads`` makes of each round.

    ``true_s`` are the loop times of the samples that were sent, ``taken`` the samples of the last stream so far.
    ``knobs`` and ``motion`` may be changed before a stream begins.
    """

    def __init__(
        self,
        air: Air,
        address: str,
        services: Sequence[Service],
        advertisement: AdElements,
        *,
        characteristic: Characteristic,
        mtu: int,
        knobs: LinkKnobs | None = None,
        motion: Motion = resting,
    ) -> None:
        super().__init__(air, address, services, advertisement, mtu=mtu)
        self.knobs = LinkKnobs() if knobs is None else knobs
        self.motion = motion
        self.true_s: list[float] = []
        self.taken = 0
        self.subscribed = False
        self._out = characteristic
        self._changed = asyncio.Event()
        characteristic.on("subscription", self._subscription)
        self._task = asyncio.create_task(self._stream())

    def round(self) -> tuple[int, float] | None:
        """How many samples are sent together now, and the nominal rate, Hz; None while it does not stream."""
        raise NotImplementedError

    def payloads(self, samples: Sequence[Sample]) -> Sequence[bytes]:
        """The notifications of one round."""
        raise NotImplementedError

    def stream_anew(self) -> None:
        """What ``round`` says has changed."""
        self._changed.set()

    async def off_air(self) -> None:
        """Leave for good. Python 3.11's ``wait_for``, inside Bumble, may swallow a cancellation: it is repeated."""
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.5)

    def on_disconnection(self, reason: int) -> None:
        self.subscribed = False
        self.stream_anew()

    async def tell(self, payload: bytes) -> bool:
        """Notify; whether anybody was there."""
        if self.connection is None or not self.subscribed:
            return False
        try:
            async with asyncio.timeout(5.0):
                await self.notify(self._out, payload)
        except (TimeoutError, ConnectionError, asyncio.InvalidStateError):
            return False
        return True

    def _subscription(self, _: Any, notify: bool, indicate: bool) -> None:
        self.subscribed = notify or indicate
        self.stream_anew()

    async def _stream(self) -> None:
        while True:
            self._changed.clear()
            now = self.round() if self.subscribed else None
            if now is None:
                await self._changed.wait()
            else:
                await self._rounds(*now)

    async def _rounds(self, count: int, nominal_hz: float) -> None:
        begin_s = asyncio.get_running_loop().time()
        link, period_s = Link(self.knobs), 1 / (nominal_hz * (1 + self.knobs.rate_error))
        self.taken = 0
        while True:
            times_s = [begin_s + (self.taken + n + 1) * period_s for n in range(count)]
            if await self._changed_by(begin_s + link.leaves_s(times_s[-1] - begin_s)):
                return
            self.taken += count
            until_s = link.stalled_until(times_s[-1] - begin_s)
            if until_s > times_s[-1] - begin_s:
                if self.knobs.stall_loses:
                    continue
                if await self._changed_by(begin_s + until_s):
                    return
            sent = [
                not link.drops() and await self.tell(payload)
                for payload in self.payloads([self.motion(t) for t in times_s])
            ]
            if all(sent):
                self.true_s += times_s

    async def _changed_by(self, time_s: float) -> bool:
        try:
            async with asyncio.timeout_at(time_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True
