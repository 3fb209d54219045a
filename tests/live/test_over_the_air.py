"""A whole session over Bluetooth: virtual clips on our C core, the product's client, calibration, cues, report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from ble.air import Air, central
from ble.bumble_backend import use
from ble.clockwork import ClockworkLoop, warp
from ble.virtual_clip import Source, VirtualClip, play
from firmware.core import core, missing_tool

from imu_hinge.errors import LinkError
from imu_hinge.live.cue_sink import RecordedCues
from imu_hinge.live.plan import Command, Order, Plan
from imu_hinge.live.runner import RECORDING_NAME, LiveRun, Setup
from imu_hinge.live.status import StatusParams, clip_view
from imu_hinge.live.view import ClipView, Phase, View
from imu_hinge.protocol.definitions import IdentifyPattern, Role
from imu_hinge.recording import read_arrivals, read_recording
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.sensors.ble_source import BleParams, BleSource
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.roles import RoleStore
from imu_hinge.sensors.source import Delivery
from imu_hinge.session.guide import GuideParams, Step
from imu_hinge.session.output import write_outputs
from imu_hinge.session.params import SessionParams
from imu_hinge.session.replay import replay
from imu_hinge.simulation import find_scenario, simulate_session, with_clips

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BEGIN_S = 12.0
"""When the athlete begins to stand, on the air's clock: the clips are found and learnt by then."""
ROLES = {"thigh": Role.THIGH, "back": Role.BACK}


class Watched(BleSource):
    """Stops when the athlete has finished, and looks at the views that are shown meanwhile."""

    run: LiveRun
    until_s: float
    views: list[View]

    def deliveries(self):  # type: ignore[no-untyped-def]
        """As they come."""
        self.views = []
        for delivery in super().deliveries():
            yield delivery
            self._looked_at(delivery)

    def _looked_at(self, delivery: Delivery) -> None:
        self.views.append(self.run.board.look())
        if len(delivery.block) and delivery.block.time_s.max() > self.until_s:
            self.run.order(Command(Order.STOP))


def train(
    folder: Path, prepare: Callable[[dict[str, VirtualClip], Watched], None] = lambda clips, source: None
) -> tuple[LiveRun, Watched, RecordedCues]:
    """A simulated athlete wears two virtual clips; everything runs until ten seconds after the last rep."""
    if (missing := missing_tool("gcc")) is not None:
        pytest.skip(missing)
    core()
    simulated = simulate_session(with_clips(find_scenario("rdl_rounding"), ("thigh", "back")), 0)
    recording = simulated.recording

    @asynccontextmanager
    async def air() -> AsyncIterator[None]:
        warp()
        space = Air()
        begin_s = asyncio.get_running_loop().time() + BEGIN_S
        clips = {
            name: VirtualClip(space, f"A0B1C2D3E4{n:02X}", role=role, clock_ppm=30.0 * (-1) ** n, start_us=10**9 * n)
            for n, (name, role) in enumerate(ROLES.items())
        }
        for name, clip in clips.items():
            clip.source = play(recording.clips[name], begin_s)
            await clip.power_on()
        prepare(clips, source)
        with use(await central(space)):
            yield
        for clip in clips.values():
            await clip.power_off()

    source = Watched(
        ("thigh", "back"),
        BleParams(Wanted(rate_hz=100)),
        RoleStore(folder / "roles.json"),
        air=air,
        loop_factory=ClockworkLoop,
        room=10**6,
    )
    sink = RecordedCues()

    def save(made: Path) -> tuple[str, ...]:
        result = result_of(read_arrivals(made / RECORDING_NAME), None, SessionParams(), None, None)
        return tuple(str(path) for path in write_outputs(made, result_files(result)))

    plan = Plan("rdl", guide=GuideParams(steps=(Step.STAND, Step.HINGES, Step.TOUCH)), header=athlete(recording.header))
    source.run = LiveRun(source, Setup(plan, folder / "session"), sink, save)
    source.until_s = recording.end_s + 8.0
    source.run.run()
    assert source.join(30.0)
    return source.run, source, sink


def athlete(header: object) -> dict[str, str]:
    """What a simulated recording says of its athlete."""
    assert isinstance(header, dict)
    return {key: value for key, value in header.items() if key.startswith(("athlete.", "measure."))}


def test_a_whole_session_is_led_cued_recorded_and_reported(tmp_path: Path) -> None:
    run, source, sink = train(tmp_path)
    assert run.failure is None, run.failure
    assert run.board.look().phase is Phase.ENDED
    assert run.session is not None
    (trained,) = run.session.book.sets
    labels = [rep.label for rep in simulate_session(find_scenario("rdl_rounding"), 0).truth.reps if rep.kind == "rdl"]
    rounded = [any(f.name == "rounded_back" for f in rep.faults) for rep in trained.reps]
    assert rounded == [label != "good" for label in labels]
    assert ("rounded_back", "red") in sink.taken
    assert sink.taken.count(("good_rep", "good")) == labels.count("good")
    path = tmp_path / "session" / RECORDING_NAME
    recording = read_recording(path)
    for clip in recording.clips.values():
        assert np.diff(clip.time_s).max() < 0.0102
    assert [recording.header[f"clip.{name}.samples_lost"] for name in ROLES] == ["0", "0"]
    assert {"summary.json", "angles.csv", "report.html"} <= {file.name for file in path.parent.iterdir()}
    _, steps = replay(read_arrivals(path))
    again = [rep.result for step in steps for rep in (*(r for b in step.blocks for r in b.reps), *step.last_reps)]
    assert again == list(trained.reps)
    assert {view.phase for view in source.views} >= {Phase.CALIBRATING, Phase.REMINDER, Phase.SET}


def test_a_clip_that_is_away_for_ten_seconds_is_told_and_loses_nothing(tmp_path: Path) -> None:
    told: list[ClipView] = []
    kept: list[asyncio.Task[None]] = []

    def prepare(clips: dict[str, VirtualClip], source: Watched) -> None:
        async def away(clip: VirtualClip) -> None:
            await asyncio.sleep(BEGIN_S + 42.0)
            clip.silence()
            await asyncio.sleep(9.0)
            told.extend(clip_view(one, StatusParams()) for one in source.health())
            await asyncio.sleep(1.0)
            clip.revive()

        kept.append(asyncio.get_running_loop().create_task(away(clips["back"])))

    run, _, _ = train(tmp_path, prepare)
    assert run.failure is None, run.failure
    thigh, back = told
    assert (thigh.state, back.state) == ("ok", "bad")
    assert "connects again by itself" in back.advice
    recording = read_recording(tmp_path / "session" / RECORDING_NAME)
    for clip in recording.clips.values():
        assert np.diff(clip.time_s).max() < 0.0102
    assert int(recording.header["clip.back.samples_refilled"]) > 500
    assert recording.header["clip.back.samples_lost"] == "0"
    assert run.session is not None
    assert sum(len(one.reps) for one in run.session.book.sets) >= 4


FIRST_S = 26.0
"""When the athlete of a first session begins to stand: a whole scan comes first, and the clips are tapped."""


class Asked(BleSource):
    """Whether a clip blinks is waited for, as an athlete would: the air's time runs ahead of the answer."""

    run: LiveRun
    until_s: float
    texts: list[str]

    def deliveries(self):  # type: ignore[no-untyped-def]
        self.texts = []
        for delivery in super().deliveries():
            yield delivery
            view = self.run.board.look()
            if view.prompt is not None and view.phase is Phase.WHERE and view.prompt.text not in self.texts:
                self.texts.append(view.prompt.text)
            if not self.texts and view.phase is Phase.CONNECTING:
                time.sleep(0.02)
            if len(delivery.block) and delivery.block.time_s.max() > self.until_s:
                self.run.order(Command(Order.STOP))


def tapped(source: Source, at_s: float) -> Source:
    """The same clip, knocked twice by a finger."""

    def knocked(now_s: float) -> tuple[Sequence[float], Sequence[float]]:
        acc, gyr = source(now_s)
        knock = 40.0 * any(0.0 <= now_s - one_s < 0.01 for one_s in (at_s, at_s + 0.5))
        return [acc[0], acc[1] + knock, acc[2]], gyr

    return knocked


def first_session(folder: Path, serials: dict[str, str]) -> tuple[LiveRun, Asked, dict[str, VirtualClip]]:
    """An athlete wears two clips nobody has given a place, and taps the one on the thigh."""
    if (missing := missing_tool("gcc")) is not None:
        pytest.skip(missing)
    core()
    recording = simulate_session(with_clips(find_scenario("rdl_rounding"), ("thigh", "back")), 0).recording
    there: dict[str, VirtualClip] = {}

    @asynccontextmanager
    async def air() -> AsyncIterator[None]:
        warp()
        space = Air()
        now_s = asyncio.get_running_loop().time()
        for name, serial in serials.items():
            clip = there[name] = VirtualClip(space, serial)
            if name in recording.clips:
                clip.source = play(recording.clips[name], now_s + FIRST_S)
            if name == "thigh":
                clip.source = tapped(clip.source, now_s + FIRST_S - 5.0)
            await clip.power_on()
        with use(await central(space)):
            yield
        for clip in there.values():
            await clip.power_off()

    roles = RoleStore(folder / "roles.json")
    params = BleParams(Wanted(rate_hz=100), may_guess=True)
    source = Asked(None, params, roles, air=air, loop_factory=ClockworkLoop, room=10**6)
    plan = Plan("rdl", guide=GuideParams(steps=(Step.STAND, Step.HINGES)), header=athlete(recording.header))
    setup = Setup(
        plan,
        folder / "session",
        by_radio=True,
        assign=roles.assign,
        guessed=lambda: source.guessed,
        blink=source.blink,
    )
    source.run = LiveRun(source, setup, RecordedCues(), lambda folder: ())
    source.until_s = FIRST_S + 12.0
    source.run.run()
    assert source.join(30.0)
    return source.run, source, there


@pytest.mark.parametrize(
    "serials",
    [{"thigh": "A0B1C2D3E4F1", "back": "A0B1C2D3E4F2"}, {"thigh": "A0B1C2D3E4F2", "back": "A0B1C2D3E4F1"}],
)
def test_two_new_clips_are_found_told_apart_by_a_tap_and_remembered(serials: dict[str, str], tmp_path: Path) -> None:
    run, source, clips = first_session(tmp_path, serials)
    assert run.failure is None, run.failure
    assert RoleStore(tmp_path / "roles.json").load() == {serial: name for name, serial in serials.items()}
    recording = read_recording(tmp_path / "session" / RECORDING_NAME)
    assert {name: recording.header[f"clip.{name}.serial"] for name in serials} == serials
    assert "stand" in [segment.kind for segment in recording.segments]
    taken_for_it = next(clip for clip in clips.values() if clip.serial == "A0B1C2D3E4F1")
    assert taken_for_it.identified
    assert {pattern for pattern, _ in taken_for_it.identified} == {IdentifyPattern.BLINK}
    assert any("The one that blinks now may be it." in text for text in source.texts)
    (other,) = (clip for clip in clips.values() if clip is not taken_for_it)
    assert not other.identified
    assert [recording.header[f"clip.{name}.samples_lost"] for name in serials] == ["0", "0"]


def test_more_new_clips_than_a_pair_are_named_and_none_is_touched(tmp_path: Path) -> None:
    serials = {"thigh": "A0B1C2D3E4F1", "back": "A0B1C2D3E4F2", "neighbour": "A0B1C2D3E4F3"}
    run, _, clips = first_session(tmp_path, serials)
    assert isinstance(run.failure, LinkError)
    for serial in serials.values():
        assert serial in (run.failure.advice or "")
    assert "clips assign" in (run.failure.advice or "")
    assert all(not clip.streams and not clip.identified for clip in clips.values())
    assert not (tmp_path / "session").exists()
    assert RoleStore(tmp_path / "roles.json").load() == {}
