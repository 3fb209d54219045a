"""A whole live session: what is recorded is what was analysed, whatever goes wrong in between."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training import (
    Ran,
    ScriptedSource,
    order,
    plan_of,
    rows,
    scripted,
    source_of,
    train,
    with_names,
)

from imu_hinge.errors import FormatError, OutputError
from imu_hinge.live.cue_sink import CueSink, RecordedCues
from imu_hinge.live.runner import LiveRun, Setup
from imu_hinge.live.view import Phase
from imu_hinge.recording import Arrivals, assemble, read_arrivals, read_recording
from imu_hinge.recording import writer as writer_module
from imu_hinge.session.analysis import analyze
from imu_hinge.session.pipeline import LiveRep, Pipeline, PipelineBlock
from imu_hinge.session.replay import replay
from imu_hinge.session.said_live import said_live, was_live
from imu_hinge.session.tracks import clip_rates_hz

ArrivalsOf = Callable[..., Arrivals]


@dataclass
class Heard:
    """What a pipeline said."""

    blocks: list[PipelineBlock] = field(default_factory=list)
    last: list[LiveRep] = field(default_factory=list)

    @property
    def reps(self) -> list[LiveRep]:
        return [*(rep for block in self.blocks for rep in block.reps), *self.last]

    def column(self, name: str) -> bytes:
        if name == "time_s":
            return np.concatenate([b.time_s for b in self.blocks]).tobytes()
        return np.concatenate([getattr(b.joints, name) for b in self.blocks]).tobytes()


@contextmanager
def listening() -> Iterator[Heard]:
    """What any pipeline says within."""
    heard = Heard()
    name = "stream" if hasattr(Pipeline, "stream") else "update"
    taken, finish = getattr(Pipeline, name), Pipeline.finish
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pipeline, name, lambda self, block: _kept(heard.blocks, list(taken(self, block))))
        patch.setattr(Pipeline, "finish", lambda self: tuple(_kept(heard.last, list(finish(self)))))
        yield heard


def _kept(kept: list[Any], told: list[Any]) -> list[Any]:
    kept += told
    return told


def assert_same(live: Heard, again: Heard) -> None:
    for name in ("time_s", "hip_flexion_deg", "lumbar_flexion_deg", "lumbar_flexion_sd_deg", "fold_deg"):
        assert live.column(name) == again.column(name), name
    assert live.reps == again.reps
    assert [c for b in live.blocks for c in b.cues] == [c for b in again.blocks for c in b.cues]


def replayed(path: Path, batch_s: float) -> Heard:
    with listening() as heard:
        _, steps = replay(read_arrivals(path), batch_s=batch_s)
        list(steps)
    return heard


def test_a_session_goes_from_standing_to_the_report_by_itself(trained: Ran) -> None:
    assert trained.run.failure is None
    assert [(len(one.reps), one.good, one.exercise) for one in trained.session.book.sets] == [(3, 2, "rdl")]
    assert trained.view.phase is Phase.ENDED
    assert trained.view.report == "report.html"
    assert ("rounded_back", "red") in trained.cues
    assert trained.cues.count(("good_rep", "good")) == 2
    assert trained.said == [
        (
            "RDL. 2 of 3 reps good. rounded back in 1 rep. Push the hips further back before you lower, and stop where "
            "the lower back begins to round."
        )
    ]


def test_the_recording_of_a_session_is_complete(trained: Ran, training: ArrivalsOf) -> None:
    recorded, source = read_recording(trained.path), assemble(training())
    for clip, samples in source.clips.items():
        assert np.array_equal(recorded.clips[clip].time_s, samples.time_s)
        assert np.allclose(recorded.clips[clip].acc_m_s2, samples.acc_m_s2, atol=1e-5)
    assert [s.kind for s in recorded.segments] == ["stand", "reference_hinge", "set"]
    assert recorded.warnings == ()
    assert was_live(read_arrivals(trained.path))
    assert float(recorded.header["live.utc_s"]) == pytest.approx(1_800_000_000.0, abs=1.0)


def test_the_analysis_afterwards_finds_the_reps_that_were_told_live(trained: Ran) -> None:
    arrivals = read_arrivals(trained.path)
    result = analyze(assemble(arrivals))
    assert [len(s.reps) for s in result.sets] == [3]
    said = said_live(arrivals).reps
    assert [r.verdict for r in said] == [rep.verdict for rep in trained.reps] == ["good", "faulty", "good"]
    for rep, told in zip(result.sets[0].reps, said, strict=True):
        assert rep.bottom_s == pytest.approx(told.bottom_s, abs=0.15)


@pytest.mark.parametrize("live_batch_s", [0.05, pytest.param(0.73, marks=pytest.mark.slow)])
def test_what_was_live_is_what_is_replayed_bit_for_bit(
    live_batch_s: float, training: ArrivalsOf, tmp_path: Path
) -> None:
    arrivals = training()
    with listening() as live:
        ran = train(source_of(arrivals, batch_s=live_batch_s), Setup(plan_of(arrivals), tmp_path / "s"))
    assert ran.run.failure is None
    assert len(live.reps) == 3
    for batch_s in (0.05, 1.7) if live_batch_s == 0.05 else (1e9,):
        assert_same(live, replayed(ran.path, batch_s))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("clips", [("thigh", "back"), ("thigh", "pelvis", "back"), ("thigh", "pelvis")])
def test_orders_are_replayed_as_they_were_obeyed(
    clips: tuple[str, ...], seed: int, training: ArrivalsOf, tmp_path: Path
) -> None:
    arrivals = training(clips, seed, two_sets=True)
    end_s = float(arrivals.time_s.max())
    rng = np.random.default_rng(seed)
    words = ["set", "mark", "undo", "exercise", "load", "calibrate", "skip", "set", "undo"]
    orders = [
        (float(rng.uniform(0.0, end_s)), order(word, "62.5" if word == "load" else ""))
        for word in rng.choice(words, size=10).tolist()
        if word != "calibrate" or seed % 2
    ]
    with listening() as live:
        ran = train(scripted(arrivals), Setup(plan_of(arrivals), tmp_path / "s"), orders=orders)
    assert ran.run.failure is None
    for batch_s in (0.05, 3.0):
        assert_same(live, replayed(ran.path, batch_s))
    analyze(read_recording(ran.path))


@pytest.mark.slow
def test_an_undone_rep_is_left_out_by_the_replay_the_analysis_and_the_book(
    training: ArrivalsOf, tmp_path: Path
) -> None:
    arrivals = training()
    ran = train(scripted(arrivals), Setup(plan_of(arrivals), tmp_path / "s"), orders=[(30.0, order("undo"))])
    assert [(rep.index, rep.verdict) for rep in ran.reps] == [(1, "good"), (2, "good")]
    after = read_arrivals(ran.path)
    assert [r.verdict for r in said_live(after).reps] == ["good", "good"]
    sets = analyze(assemble(after)).sets
    assert [[(rep.index, rep.verdict) for rep in s.reps] for s in sets] == [[(1, "good"), (2, "good")]]
    _, steps = replay(after, batch_s=0.5)
    taken = list(steps)
    assert sum(step.undone for step in taken) == 1
    live = [rep.result.index for step in taken for block in step.blocks for rep in block.reps]
    assert live == [1, 2, 2]  # the next rep takes the number


def exchanged(arrivals: Arrivals) -> Arrivals:
    return with_names(arrivals, {"thigh": "back", "back": "thigh"})


def test_clips_that_were_exchanged_are_told_and_can_be_taken_the_other_way_round(
    training: ArrivalsOf, tmp_path: Path
) -> None:
    plain = training()
    arrivals = exchanged(plain)
    remembered: list[tuple[str, str]] = []
    plan = plan_of(arrivals)
    setup = Setup(plan, tmp_path / "s", assign=lambda serial, clip: remembered.append((serial, clip)))
    source = scripted(arrivals)
    run_of: list[bool] = []
    run = LiveRun(source, setup, RecordedCues(), lambda folder: ("report.html",))

    def before(time_s: float) -> None:
        prompt = run.session.view(0).prompt if run.session is not None else None
        if prompt is not None and not run_of and "exchanged" in prompt.problem:
            assert "w: exchange the clips" in prompt.keys
            run_of.append(True)
            run.order(order("exchange"))

    source.before = before
    run.run()
    assert run.failure is None
    assert run_of
    assert sorted(clip for _, clip in remembered) in ([], ["back", "thigh"])
    assert (tmp_path / "s" / "exchanged-1.csv").exists()
    recorded = read_recording(tmp_path / "s" / "recording.csv")
    thigh = recorded.clips["thigh"]
    source_thigh = assemble(plain).clips["thigh"]
    assert np.isin(np.round(thigh.acc_m_s2, 5), np.round(source_thigh.acc_m_s2, 5)).all()
    assert recorded.header["clip.thigh.site"] == "thigh"
    assert [len(read_recording(tmp_path / "s" / "exchanged-1.csv").clips)] == [2]


@pytest.mark.slow
def test_an_exchange_makes_no_sense_once_something_was_lifted_or_without_a_thigh_clip(
    training: ArrivalsOf, tmp_path: Path
) -> None:
    arrivals = training()
    orders = [(26.0, order("calibrate")), (26.5, order("exchange"))]
    ran = train(scripted(arrivals), Setup(plan_of(arrivals), tmp_path / "one"), orders=orders)
    assert ran.run.failure is None
    assert not list(ran.folder.glob("exchanged*"))
    trunk = training(("pelvis", "back"))
    ran = train(scripted(trunk), Setup(plan_of(trunk), tmp_path / "two"), orders=[(1.0, order("exchange"))])
    assert ran.run.failure is None
    assert not list(ran.folder.glob("exchanged*"))


@pytest.mark.parametrize("at_s", [1.0, 8.0, *(pytest.param(at_s, marks=pytest.mark.slow) for at_s in (14.0, 26.0))])
@pytest.mark.parametrize("clips", [("thigh", "back"), pytest.param(("pelvis", "back"), marks=pytest.mark.slow)])
def test_the_key_that_exchanges_clips_works_where_it_is_offered_and_nowhere_else(
    clips: tuple[str, ...], at_s: float, training: ArrivalsOf, tmp_path: Path
) -> None:
    arrivals = training(clips)
    source = scripted(arrivals)
    source.ends_at_s = at_s + 1.0
    run = LiveRun(source, Setup(plan_of(arrivals), tmp_path / "s"), RecordedCues(), lambda folder: ())
    offered: list[bool] = []
    phases: list[Phase] = []

    def before(time_s: float) -> None:
        if time_s >= at_s and not offered:
            phases.extend([] if run.session is None else [run.session.phase])
            prompt = run.session.view(0).prompt if run.session is not None else None
            offered.append(prompt is not None and "w: exchange the clips" in prompt.keys)
            run.order(order("exchange"))

    source.before = before
    run.run()
    assert run.failure is None
    assert offered == [clips == ("thigh", "back") and phases == [Phase.CALIBRATING]]
    assert (tmp_path / "s" / "exchanged-1.csv").exists() == offered[0]


def knocked(arrivals: Arrivals, clip: str, times_s: tuple[float, ...]) -> Arrivals:
    """The same rows, one clip tapped at these times."""
    acc = arrivals.acc_m_s2.copy()
    mine = np.flatnonzero(arrivals.clip_index == arrivals.clip_names.index(clip))
    for time_s in times_s:
        acc[mine[np.searchsorted(arrivals.time_s[mine], time_s)]] += [0.0, 30.0, 0.0]
    return replace(arrivals, acc_m_s2=acc)


@pytest.mark.parametrize(
    ("tapped", "thigh_is"), [("thigh", "thigh"), pytest.param("back", "back", marks=pytest.mark.slow)]
)
def test_a_tap_tells_which_clip_is_which(tapped: str, thigh_is: str, training: ArrivalsOf, tmp_path: Path) -> None:
    arrivals = knocked(training(), tapped, (0.5, 1.0))
    remembered: dict[str, str] = {}
    setup = Setup(
        plan_of(arrivals), tmp_path / "s", ask_where=True, assign=lambda s, clip: remembered.__setitem__(s, clip)
    )
    ran = train(source_of(arrivals), setup)
    assert ran.run.failure is None
    recorded = read_recording(ran.path)
    source = assemble(arrivals)
    assert recorded.clips["thigh"].time_s[0] == pytest.approx(1.05, abs=0.1)
    at = source.clips[thigh_is]
    start = int(np.searchsorted(at.time_s, recorded.clips["thigh"].time_s[0] - 1e-9))
    assert np.allclose(recorded.clips["thigh"].acc_m_s2[:5], at.acc_m_s2[start : start + 5], atol=1e-5)


@pytest.mark.slow
def test_tapping_a_clip_that_is_known_already_is_told(training: ArrivalsOf, tmp_path: Path) -> None:
    arrivals = knocked(training(("thigh", "pelvis", "back")), "back", (0.5, 1.0, 2.0, 2.5))
    arrivals = knocked(arrivals, "thigh", (6.0, 6.5))
    source = scripted(arrivals)
    setup = Setup(plan_of(arrivals), tmp_path / "s", ask_where=True)
    run = LiveRun(source, setup, RecordedCues(), lambda folder: ())
    told: list[str] = []

    def before(time_s: float) -> None:
        prompt = run.board.look().prompt
        if prompt is not None and prompt.problem:
            told.append(prompt.problem)

    source.before = before
    run.run()
    assert run.failure is None
    assert told[0] == "that one is the thigh clip already"
    names = run._clips
    assert dict(zip(source.clips, names, strict=True))["back"] == "thigh"
    assert dict(zip(source.clips, names, strict=True))["thigh"] == "pelvis"


@pytest.mark.slow
def test_a_question_can_be_answered_by_a_key_and_a_session_ended_in_it(training: ArrivalsOf, tmp_path: Path) -> None:
    arrivals = training()
    setup = Setup(plan_of(arrivals), tmp_path / "one", ask_where=True)
    ran = train(scripted(arrivals), setup, orders=[(0.3, order("set"))])
    assert len(ran.reps) == 3
    setup = Setup(plan_of(arrivals), tmp_path / "two", ask_where=True)
    ran = train(scripted(arrivals), setup, orders=[(0.3, order("stop"))])
    assert ran.run.failure is None
    assert ran.run.session is None
    assert not (tmp_path / "two").exists()


class Numbered(ScriptedSource):
    """Clips with serial numbers, as those over the air."""

    @property
    def serials(self) -> dict[str, str]:
        return {clip: f"serial of {clip}" for clip in self.clips}


@pytest.mark.parametrize(
    ("tapped", "ended_by", "known"),
    [
        ("thigh", "", {"serial of thigh": "thigh", "serial of back": "back"}),
        ("back", "", {"serial of thigh": "back", "serial of back": "thigh"}),
        ("", "set", {}),
        ("", "stop", {}),
    ],
)
def test_a_guess_is_asked_about_and_remembered_only_when_it_is_settled(
    tapped: str, ended_by: str, known: dict[str, str], training: ArrivalsOf, tmp_path: Path
) -> None:
    arrivals = knocked(training(), tapped, (0.5, 1.0)) if tapped else training()
    recording = assemble(arrivals)
    source = Numbered(arrivals, clip_rates_hz(recording, recording.clips), speed=None, notes=False)
    source.ends_at_s = 3.0
    remembered: dict[str, str] = {}
    setup = Setup(
        plan_of(arrivals),
        tmp_path / "s",
        assign=lambda serial, clip: remembered.__setitem__(serial, clip),
        guessed=lambda: ("thigh", "back"),
    )
    orders = [(0.3, order(ended_by))] if ended_by else []
    ran = train(source, setup, orders=orders)
    assert ran.run.failure is None
    assert remembered == known


class Breaking(ScriptedSource):
    """Loses the computer's power at ``ends_at_s``: nobody says goodbye."""

    def deliveries(self) -> Iterator:  # type: ignore[type-arg]
        yield from super().deliveries()
        raise KeyboardInterrupt


def broken_off(arrivals: Arrivals, folder: Path, at_s: float) -> Ran:
    recording = assemble(arrivals)
    source = Breaking(arrivals, clip_rates_hz(recording, recording.clips), speed=None, notes=False)
    source.ends_at_s = at_s
    return train(source, Setup(plan_of(arrivals), folder))


@pytest.mark.parametrize("at_s", [26.0, *(pytest.param(at_s, marks=pytest.mark.slow) for at_s in (12.0, 29.95))])
def test_a_session_that_broke_off_goes_on_in_the_same_file(at_s: float, training: ArrivalsOf, tmp_path: Path) -> None:
    arrivals = training()
    first = broken_off(arrivals, tmp_path / "s", at_s)
    assert isinstance(first.run.failure, KeyboardInterrupt)
    with first.path.open("ab") as file:
        file.write(b"26.123,thi")  # what a computer that stops may leave
    source = scripted(arrivals)
    source.starts_at_s = at_s if at_s > 13.0 else float("-inf")
    ran = train(source, Setup(plan_of(arrivals), tmp_path / "s", resume=True))
    assert ran.run.failure is None
    recorded = read_recording(ran.path)
    assert recorded.warnings == ()
    kinds = [s.kind for s in recorded.segments]
    assert kinds.count("set") == 1
    if at_s > 13.0:
        assert len(ran.reps) == 3
        assert ran.session.book.sets[0].load_kg is None
        assert kinds == ["stand", "reference_hinge", "set"]
        assert [rep.index for rep in ran.reps] == [1, 2, 3]
    else:
        assert len(ran.reps) == 3
        assert recorded.segments[-1].start_s > at_s + 15.0  # all steps anew
    assert_same_books(ran)


def assert_same_books(ran: Ran) -> None:
    """What the session counted is what its file says."""
    heard = replayed(ran.path, 0.5)
    assert [rep.result.index for rep in heard.reps] == [rep.index for rep in ran.reps]
    assert [rep.result.bottom_s for rep in heard.reps] == [rep.bottom_s for rep in ran.reps]


def test_a_session_goes_on_only_with_the_clips_it_began_with(training: ArrivalsOf, tmp_path: Path) -> None:
    three, two = training(("thigh", "pelvis", "back")), training()
    broken_off(three, tmp_path / "s", 10.0)
    before = (tmp_path / "s" / "recording.csv").read_bytes()
    ran = train(source_of(two), Setup(plan_of(two), tmp_path / "s", resume=True))
    assert isinstance(ran.run.failure, FormatError)
    assert "clip.pelvis.site" in ran.run.failure.what
    assert (tmp_path / "s" / "recording.csv").read_bytes() == before
    broken_off(two, tmp_path / "t", 10.0)
    ran = train(source_of(three), Setup(plan_of(three), tmp_path / "t", resume=True))
    assert isinstance(ran.run.failure, FormatError)


@pytest.mark.slow
def test_clips_found_to_be_exchanged_after_a_break_begin_anew(training: ArrivalsOf, tmp_path: Path) -> None:
    arrivals = training()
    broken_off(arrivals, tmp_path / "s", 2.0)
    setup = Setup(plan_of(arrivals), tmp_path / "s", resume=True)
    ran = train(scripted(arrivals), setup, orders=[(1.0, order("exchange"))])
    assert ran.run.failure is None
    assert (ran.folder / "exchanged-1.csv").exists()
    assert read_recording(ran.path).warnings == ()


@pytest.mark.slow
def test_a_mark_of_the_clips_own_button_lands_where_the_recording_is_after_a_break(
    training: ArrivalsOf, tmp_path: Path
) -> None:
    """The source counts from its own beginning, the recording goes on."""
    arrivals = training()
    broken_off(arrivals, tmp_path / "s", 26.0)
    again = rows(arrivals, arrivals.time_s < 3.0)
    note = replace(arrivals.notes[0], row=len(again.time_s) // 2, key="event.0", value="1.50 note=button")
    again = replace(again, notes=(*again.notes, note))
    ran = train(source_of(again, notes=True), Setup(plan_of(arrivals), tmp_path / "s", resume=True))
    assert ran.run.failure is None
    recorded = read_recording(ran.path)
    mark = next(e for e in recorded.events if e.text == "note=button")
    assert recorded.end_s - mark.time_s == pytest.approx(1.5, abs=0.05)


class FullDisk:
    """Takes so many bytes."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)  # type: ignore[attr-defined, no-any-return]

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def test_a_full_disk_ends_the_session_with_a_readable_file(
    training: ArrivalsOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = writer_module.RecordingWriter.__init__

    def small(self: writer_module.RecordingWriter, *args: object, **words: object) -> None:
        real(self, *args, **words)  # type: ignore[arg-type]
        self._file = FullDisk(self._file, 300_000)  # type: ignore[assignment]

    monkeypatch.setattr(writer_module.RecordingWriter, "__init__", small)
    arrivals = training()
    ran = train(source_of(arrivals), Setup(plan_of(arrivals), tmp_path / "s"))
    assert isinstance(ran.run.failure, OutputError)
    assert "No space left" in ran.run.failure.what
    recorded = read_recording(ran.path)
    assert recorded.end_s > 10.0
    assert recorded.warnings == ()


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_recorded(training: ArrivalsOf, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arrivals = training()
    ran = train(source_of(arrivals), Setup(plan_of(arrivals), tmp_path / "file" / "s"))
    assert isinstance(ran.run.failure, OutputError)


def test_a_failing_analysis_is_told_and_the_recording_stays(training: ArrivalsOf, tmp_path: Path) -> None:
    def fail(folder: Path) -> tuple[str, ...]:
        raise FormatError("nothing can be made of this", path=str(folder), advice="Ask a friend.")

    arrivals = rows(training(), training().time_s < 3.0)
    ran = train(source_of(arrivals), Setup(plan_of(training()), tmp_path / "s"), save=fail)
    assert ran.run.failure is None
    assert ran.view.phase is Phase.ENDED
    assert [(n.level, n.text, n.advice) for n in ran.view.notices][-1:] == [
        ("bad", "nothing can be made of this", "Ask a friend.")
    ]
    assert len(ran.run.saved) == 1
    assert "\n" not in ran.run.saved[0]
    assert len(read_recording(ran.path).clips) == 2


@pytest.mark.slow
def test_nothing_is_counted_that_is_not_recorded(training: ArrivalsOf, tmp_path: Path) -> None:
    """A sink that hears a cue finds its rows on file."""
    arrivals = training()
    seen: list[float] = []

    class Looking:
        def cue(self, name: str, severity: str) -> None:
            seen.append(float(read_arrivals(tmp_path / "s" / "recording.csv").time_s.max()))

    sink: CueSink = Looking()
    ran = train(source_of(arrivals), Setup(plan_of(arrivals), tmp_path / "s"), sink=sink)
    assert len(seen) == 4
    assert seen[-1] >= ran.reps[-1].end_s
