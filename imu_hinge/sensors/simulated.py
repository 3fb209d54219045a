"""A simulated athlete as a Source."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from imu_hinge.sensors.replay import ReplaySource
from imu_hinge.sensors.source import Delivery

__all__ = ["SimulatedSource"]


class SimulatedSource:
    """The clips of a simulated scenario, in the order and packing in which a radio would deliver them.

    ``sleep`` is called with the seconds that pass between deliveries: ``time.sleep`` makes it real time, the default
    as fast as it goes. Raises ScenarioError for an unknown scenario.
    """

    def __init__(
        self,
        scenario: str,
        seed: int = 0,
        batch_s: float = 0.05,
        sleep: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        from imu_hinge.simulation import find_scenario, simulate_session  # half a second that others need not wait

        self.arrivals = simulate_session(find_scenario(scenario), seed).arrivals
        self._replay = ReplaySource(self.arrivals, batch_s)
        self._sleep = sleep

    @property
    def clips(self) -> tuple[str, ...]:
        """Clip names in index order."""
        return self._replay.clips

    def deliveries(self) -> Iterator[Delivery]:
        """The session from its beginning."""
        newest_s: float | None = None
        for delivery in self._replay.deliveries():
            if len(delivery.block):
                time_s = float(delivery.block.time_s.max())
                if newest_s is not None and time_s > newest_s:
                    self._sleep(time_s - newest_s)
                newest_s = time_s if newest_s is None else max(newest_s, time_s)
            yield delivery
