"""Where a live session's samples come from, and where its cues go to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from imu_hinge.body.personal import Personal
from imu_hinge.cli.options import parse_side, parse_sites, parse_speed
from imu_hinge.live.runner import Played
from imu_hinge.live.where import Blink
from imu_hinge.recording import assemble, read_arrivals
from imu_hinge.recording.model import Arrivals, Recording
from imu_hinge.sensors.ble_source import BleParams, BleSource
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.paced import PacedSource
from imu_hinge.sensors.recorder import LiveSource
from imu_hinge.sensors.roles import RoleStore
from imu_hinge.session.replay import replayable
from imu_hinge.session.tracks import clip_rates_hz

__all__ = ["SIMULATED_KEY", "Origin", "Wishes", "header_of", "played", "source_of"]

SIMULATED_KEY: Final = "live.simulated"
"""The header line of a session with a simulated athlete: which one."""


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
    played: Played | None = None
    header: Mapping[str, str] = field(default_factory=dict)
    exercise: str | None = None
    touches_toes: bool = False
    """Whether a simulated athlete does a toe touch, asked or not."""
    assign: Callable[[str, str], None] = lambda serial, clip: None
    guessed: Callable[[], Collection[str]] = tuple
    blink: Blink | None = None


def source_of(wishes: Wishes, athlete: Personal | None = None) -> Origin:
    """The source that is meant. Raises what reading a recording or a scenario raises."""
    speed = parse_speed(wishes.speed)
    if wishes.replay is not None:
        arrivals = read_arrivals(wishes.replay)
        return played(arrivals, wishes.clips, speed, athlete)
    if wishes.simulate is not None:
        from imu_hinge.simulation import find_scenario, simulate_session, with_clips  # half a second

        plan = find_scenario(wishes.simulate)
        arrivals = simulate_session(
            plan if wishes.clips is None else with_clips(plan, wishes.clips), wishes.seed
        ).arrivals
        header = {k: v for k, v in arrivals.header.items() if k.startswith(("athlete.", "clip.", "measure."))}
        header[SIMULATED_KEY] = wishes.simulate
        recording = assemble(arrivals)
        rates_hz = clip_rates_hz(recording, recording.clips)
        paced = PacedSource(arrivals, rates_hz, speed=speed, notes=False)
        return Origin(paced, None, header, _exercise(recording), bool(recording.segments_of("max_flexion")))
    roles = RoleStore()
    params = BleParams(Wanted(rate_hz=wishes.rate_hz), take_over=wishes.take_over, may_guess=True)
    source = BleSource(wishes.clips, params, roles)
    return Origin(source, assign=roles.assign, guessed=lambda: source.guessed, blink=source.blink)


def header_of(height_m: float | None, sites: list[str] | None, side: str | None) -> dict[str, str]:
    """What the athlete said, as header lines."""
    header = {} if height_m is None else {"athlete.height_m": f"{height_m:g}"}
    header |= {f"clip.{clip}.site": site for clip, site in parse_sites(sites).items()}
    if parse_side(side) is not None:
        header["clip.thigh.side"] = str(side)
    return header


def played(arrivals: Arrivals, clips: tuple[str, ...] | None, speed: float | None, athlete: Personal | None) -> Origin:
    """A recording as a source. Raises the same errors as ``analyze`` for those that cannot be."""
    recording, chosen = replayable(arrivals, clips, athlete)
    source = PacedSource(arrivals, clip_rates_hz(recording, chosen), speed=speed)
    return Origin(source, Played(recording, chosen, arrivals.clip_names), exercise=_exercise(recording))


def _exercise(recording: Recording) -> str | None:
    """What is trained first in a recording that says so."""
    sets = recording.segments_of("set")
    return sets[0].exercise if sets else None
