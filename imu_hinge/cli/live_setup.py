"""Where a live session's samples come from, and where its cues go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from imu_hinge.cli.options import parse_side, parse_sites, parse_speed
from imu_hinge.recording import assemble, read_arrivals
from imu_hinge.recording.model import Arrivals
from imu_hinge.sensors.ble_source import BleParams, BleSource
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.paced import PacedSource
from imu_hinge.sensors.recorder import LiveSource
from imu_hinge.sensors.roles import RoleStore
from imu_hinge.session.tracks import choose_clips, clip_rates_hz

__all__ = ["Origin", "Wishes", "header_of", "source_of"]


@dataclass(frozen=True)
class Wishes:
    """What the command line says of the source."""

    replay: str | None = None
    simulate: str | None = None
    seed: int = 0
    speed: str = "1"
    clips: tuple[str, ...] | None = None
    rate_hz: int = 100
    take_over: bool = False


@dataclass(frozen=True)
class Origin:
    """A source, the recording that is played, what its header says, and what is trained in it."""

    source: LiveSource
    replayed: Arrivals | None = None
    header: Mapping[str, str] = field(default_factory=dict)
    exercise: str | None = None
    touches_toes: bool = False
    """Whether a simulated athlete does a toe touch, asked or not."""
    assign: Callable[[str, str], None] = lambda serial, clip: None


def source_of(wishes: Wishes) -> Origin:
    """The source that is meant. Raises what reading a recording or a scenario raises."""
    speed = parse_speed(wishes.speed)
    if wishes.replay is not None:
        arrivals = read_arrivals(wishes.replay)
        return Origin(_paced(arrivals, wishes.clips, speed, notes=True), arrivals, exercise=_exercise(arrivals))
    if wishes.simulate is not None:
        from imu_hinge.simulation import find_scenario, simulate_session, with_clips  # half a second

        plan = find_scenario(wishes.simulate)
        arrivals = simulate_session(
            plan if wishes.clips is None else with_clips(plan, wishes.clips), wishes.seed
        ).arrivals
        header = {k: v for k, v in arrivals.header.items() if k.startswith(("athlete.", "clip.", "measure."))}
        touches = bool(assemble(arrivals).segments_of("max_flexion"))
        return Origin(_paced(arrivals, None, speed, notes=False), None, header, _exercise(arrivals), touches)
    roles = RoleStore()
    source = BleSource(wishes.clips, BleParams(Wanted(rate_hz=wishes.rate_hz), take_over=wishes.take_over), roles)
    return Origin(source, assign=roles.assign)


def header_of(height_m: float | None, sites: list[str] | None, side: str | None) -> dict[str, str]:
    """What the athlete said, as header lines."""
    header = {} if height_m is None else {"athlete.height_m": f"{height_m:g}"}
    header |= {f"clip.{clip}.site": site for clip, site in parse_sites(sites).items()}
    if parse_side(side) is not None:
        header["clip.thigh.side"] = str(side)
    return header


def _paced(arrivals: Arrivals, clips: tuple[str, ...] | None, speed: float | None, *, notes: bool) -> PacedSource:
    recording = assemble(arrivals)
    rates_hz = clip_rates_hz(recording, choose_clips(recording, clips))
    return PacedSource(arrivals, rates_hz, speed=speed, notes=notes)


def _exercise(arrivals: Arrivals) -> str | None:
    """What is trained first in a recording that says so."""
    sets = assemble(arrivals).segments_of("set")
    return sets[0].exercise if sets else None
