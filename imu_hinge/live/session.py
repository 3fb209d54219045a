"""One live session, without threads, clocks or devices: deliveries and orders in, cues and views out.

What happens follows from the recording's rows and notes alone, so a session that broke off is gone on with by feeding
it what was recorded.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from imu_hinge.body.calibration import BodyCalibration
from imu_hinge.conventions import EXERCISES, THIGH
from imu_hinge.hinge.cues import Cue
from imu_hinge.live.cue_sink import CueSink
from imu_hinge.live.drawing import ViewMaker
from imu_hinge.live.plan import Command, Order, Plan
from imu_hinge.live.telling import cue_view, rep_line, set_summary, spoken_summary
from imu_hinge.live.view import CueView, Phase, View
from imu_hinge.recording.header import parse_event, parse_segment
from imu_hinge.recording.in_progress import begin_text, begun, drop_text, dropped, undo_text, undone_s
from imu_hinge.recording.model import HeaderNote, Segment
from imu_hinge.recording.numbers import finite_number
from imu_hinge.report.words import clock, exercise_words
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.source import Delivery
from imu_hinge.session.guide import Guide, Step
from imu_hinge.session.pipeline import LiveRep, Pipeline, PipelineBlock
from imu_hinge.session.replay import tell
from imu_hinge.session.set_book import BookedSet, SetBook
from imu_hinge.session.tape import NoTape, Tape

__all__ = ["LiveSession"]

_LOG: Final = 8
_CHECK_S: Final = 4.0
"""A calibration is made within so long after its movements, or cannot be made."""
_MOST_KG: Final = 1000.0
_SETTLED_S: Final = 0.5
"""What came of a set is said so long after its end: its last rep may still be worked out."""
_LATE_S: Final = 2.0
"""No rep of a set is told later than so long after its end."""
_SHOWN_S: Final = 2.0
"""Screens show a cue for so long."""
_GRAVITY: Final = {"good": 0, "amber": 1, "red": 2}
_AFTER_S: Final = 1.0
"""A set that ended by itself ended so long after its last rep."""


class LiveSession:
    """Feed it; look at ``view``. Raises what the tape raises: nothing is analysed that is not recorded."""

    def __init__(
        self,
        clips: Sequence[str],
        pipeline: Pipeline,
        plan: Plan,
        sink: CueSink,
        *,
        set_break_s: float = 10.0,
        say: Callable[[str], None] = lambda text: None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """``clips`` names the source's clips in index order; ``say`` speaks a sentence after a set, ``tell`` takes
        every line of the log."""
        self._clips = tuple(clips)
        self._pipeline = pipeline
        self._plan = plan
        self._sink = sink
        self._say = say
        self._tell = tell
        self._tape: Tape = NoTape()
        self._book = SetBook(set_break_s)
        self._guide: Guide | None = Guide(self._clips, plan.guide) if plan.guided else None
        self._before: BodyCalibration | None = None
        self._checking_since_s = 0.0
        self._calibration_got = ""
        self._calibrated_s: float | None = None
        self._reminded_s: float | None = None
        self._standing: list[Segment] = []
        self._live = plan.guided
        self._cue: CueView | None = None
        self._cues = 0
        self._fault_cues = 0
        self._last_rep: tuple[LiveRep, str] | None = None
        self._told_sets: set[float] = set()
        self._log: deque[str] = deque(maxlen=_LOG)
        self._maker = ViewMaker(pipeline, plan)
        self.exercise = plan.exercise
        self.load_kg = plan.load_kg
        self.newest_s = -math.inf

    @property
    def phase(self) -> Phase:
        """Where the session is."""
        if self._guide is not None:
            return Phase.CALIBRATING
        current = self._book.current(self.newest_s)
        if self._reminded_s is not None and (current is None or not (current.reps or self._pipeline.folding)):
            return Phase.REMINDER
        if current is not None and (current.reps or self._pipeline.folding or not self._told_sets):
            return Phase.SET
        if current is not None or not self._live:
            return Phase.REST
        return Phase.PAUSED

    @property
    def exchangeable(self) -> bool:
        """Whether thigh and trunk clip can be taken for each other: what was lifted already is not put aside."""
        return self._guide is not None and THIGH in self._clips and not self._book.sets

    @property
    def cues(self) -> int:
        """How many cues for faults fell."""
        return self._fault_cues

    @property
    def book(self) -> SetBook:
        """The sets so far."""
        return self._book

    def record_on(self, tape: Tape) -> None:
        """From now on rows and notes are written there."""
        self._tape = tape

    def feed(self, delivery: Delivery) -> None:
        """Take what the source brought, what was noted before it first."""
        for note in delivery.notes:
            self._noted(self._rewritten(note))
        block = self._tape.rows(self._clips, delivery.block) if len(delivery.block) else delivery.block
        if len(block):
            self.newest_s = max(self.newest_s, float(block.time_s.max()))
            # What is decided is noted after these rows, and so must not change what becomes of them.
            self._guided([self._digest(one) for one in self._pipeline.stream(block)])
        self._check_calibration()
        self._keep_sets()

    def recall(self, delivery: Delivery) -> None:
        """Take what was recorded before the program ended: nothing sounds, and nothing is decided anew."""
        for note in delivery.notes:
            self._noted(note)
        blocks = self._pipeline.update(delivery.block) if len(delivery.block) else []
        if len(delivery.block):
            self.newest_s = max(self.newest_s, float(delivery.block.time_s.max()))
        for one in blocks:
            self._maker.take(one)
            self._book_reps(one.reps)

    def recalled(self) -> None:
        """Everything that was recorded has been fed: go on from there."""
        calibration = self._pipeline.calibration
        if self._guide is not None and calibration is not None and calibration.level == "full":
            self._guide = None
            self._calibrated_s = max((s.end_s for s in self._standing if s.kind != "set"), default=None)
        for one in self._book.sets:
            if one.reps and one is not self._book.current(self.newest_s):
                self._told_sets.add(one.start_s)
        self._say_line("gone on with after a break")
        if self._guide is None and self._plan.by_itself and self._book.current(self.newest_s) is None:
            self._begin_set()  # whoever is at the bar cannot come to the keyboard

    def obey(self, command: Command) -> None:
        """Do what was asked for; what makes no sense now does nothing."""
        match command.order:
            case Order.SET:
                self._toggle_set()
            case Order.MARK:
                self._mark(command.value)
            case Order.UNDO:
                self._undo()
            case Order.EXERCISE:
                self._change(self._next_exercise(command.value), self.load_kg)
            case Order.LOAD:
                self._load(command.value)
            case Order.CALIBRATE:
                self._calibrate_again()
            case Order.SKIP:
                if self._guide is not None:
                    self._guide.skip()
                    self._after_guide()
            case _:
                pass

    def finish(self) -> None:
        """The source has ended: the last reps, and the end of the set under way."""
        self._book_reps(self._pipeline.finish())
        current = self._book.current(self.newest_s)
        if current is not None and self._live:
            self._end_set(current, self.newest_s)
        if self._live:
            self._drop_empty(math.inf)
        self._tell_sets(math.inf)

    def view(self, serial: int, health: Sequence[ClipHealth] = (), sound: str = "") -> View:
        """What a screen shows now."""
        view = self._maker.view(serial, self.phase, self.newest_s, self.exercise, self._book, health, guide=self._guide)
        rep, exchange = self._last_rep, self.exchangeable
        age_s = None if self._calibrated_s is None else max(0.0, self.newest_s - self._calibrated_s)
        return replace(
            self._maker.finished(view, rep[0].result if rep else None, rep[1] if rep else "", age_s),
            load_kg=self.load_kg,
            cue=self._cue,
            log=tuple(self._log),
            sound=sound,
            prompt=self._maker.prompt(
                self.phase, self._guide, self.exercise, self._calibration_got, live=self._live, exchange=exchange
            ),
        )

    def _digest(self, block: PipelineBlock) -> PipelineBlock:
        for cue in block.cues:
            self._sound(cue)
        self._maker.take(block)
        self._book_reps(block.reps)
        for rep in block.reps:
            for cue in rep.cues:
                self._sound(cue)
            if rep.result.verdict == "good":
                self._sink.cue("good_rep", "good")
        return block

    def _guided(self, blocks: Sequence[PipelineBlock]) -> None:
        """Lead the athlete on by what the clips showed."""
        for block in blocks:
            if self._guide is None:
                return
            self._before = self._before if self._guide.state.checking else self._pipeline.calibration
            for segment in self._guide.take(block.time_s, block.up):
                self._checking_since_s = self.newest_s
                self._noted(self._tape.segment(segment))
                self._say_line(f"{self._guide.state.got or segment.kind}")
            self._after_guide()

    def _book_reps(self, reps: Sequence[LiveRep]) -> None:
        for rep in reps:
            self._book.ended(rep.exercise, [rep.result])
            self._last_rep = (rep, rep.exercise or self.exercise)
            self._say_line(rep_line(rep.result), stamped=False)

    def _sound(self, cue: Cue) -> None:
        self._sink.cue(cue.name, cue.severity)
        if self._cue is None or not _outshone(cue, self._cue):
            self._cues += 1
            self._cue = cue_view(cue, self._cues)
        if cue.is_fault:
            self._fault_cues += 1
            told = cue_view(cue, 0)
            self._say_line(f"{told.words} ({told.detail})")

    def _say_line(self, text: str, *, stamped: bool = True) -> None:
        at = f"{clock(max(0.0, self.newest_s))} " if stamped else ""
        self._log.append(f"{at}{text}")
        self._tell(f"{at}{text}")

    # what was noted, by us now or by somebody in a recording

    def _noted(self, note: HeaderNote) -> None:
        tell(self._pipeline, note)
        if note.key.startswith("segment."):
            self._announced(parse_segment(note.value))
        elif note.key.startswith("event."):
            event = parse_event(note)
            fresh, gone, undone = begun(event), dropped(event), undone_s(event)
            if fresh is not None:
                self._announced(fresh)
            if gone is not None:
                self._book.withdraw(*gone)
                self._standing = [s for s in self._standing if (s.kind, s.start_s) != gone]
            if undone is not None:
                self._book.undo(undone)

    def _announced(self, segment: Segment) -> None:
        self._book.announce(segment)
        self._standing.append(segment)
        if segment.kind == "set":
            self.exercise, self.load_kg = segment.exercise or self.exercise, segment.load_kg

    def _rewritten(self, note: HeaderNote) -> HeaderNote:
        """A note of the source (a button's mark) as it is numbered on the tape."""
        if not note.key.startswith("event."):
            return note
        event = parse_event(note)
        return self._tape.event(event.time_s + self._tape.offset_s, event.text)

    def _event(self, text: str) -> None:
        if math.isfinite(self.newest_s):
            self._noted(self._tape.event(_milliseconds(self.newest_s), text))

    # sets

    def _toggle_set(self) -> None:
        if self._guide is not None or not self._live:
            return
        current = self._book.current(self.newest_s)
        reminded, self._reminded_s = self._reminded_s is not None, None
        if reminded and current is not None:
            return  # it began by itself already
        if current is None:
            self._begin_set()
        else:
            self._end_set(current, self.newest_s)

    def _begin_set(self) -> None:
        segment = Segment(_milliseconds(self.newest_s), math.inf, "set", self.exercise, self.load_kg)
        self._event(begin_text(segment))

    def _end_set(self, one: BookedSet, end_s: float) -> None:
        segment = Segment(one.start_s, _milliseconds(end_s), "set", one.exercise, one.load_kg)
        if segment.end_s > segment.start_s:
            self._noted(self._tape.segment(segment))
        else:
            self._event(drop_text(segment))

    def _drop_empty(self, before_s: float) -> None:
        """A set without a rep was none; its last rep may have been under way when it ended."""
        for one in self._book.sets:
            if not one.reps and one.end_s <= before_s:
                self._event(drop_text(Segment(one.start_s, one.end_s, "set")))

    def _keep_sets(self) -> None:
        """Begin and end sets by themselves."""
        if self._live and self._guide is None and not self._pipeline.folding:
            if self._reminded_s is not None and self.newest_s - self._reminded_s > self._plan.remind_s:
                self._reminded_s = None
            current = self._book.current(self.newest_s)
            over = current is not None and current.reps and self.newest_s - current.last_s > self._plan.rest_s
            if over and current is not None and self._plan.by_itself:
                self._end_set(current, current.last_s + _AFTER_S)
                self._begin_set()
        if self._live:
            self._drop_empty(self.newest_s - _LATE_S)
        self._tell_sets(self.newest_s - _SETTLED_S)

    def _tell_sets(self, before_s: float) -> None:
        """Say what came of sets that were over by then."""
        for one in self._book.sets:
            if one.reps and one.start_s not in self._told_sets and self._book.over_s(one) <= before_s:
                self._told_sets.add(one.start_s)
                summary = set_summary(one)
                self._say_line(f"{exercise_words(summary.exercise)}: {summary.headline}")
                self._say(spoken_summary(summary))

    def _undo(self) -> None:
        reps = [rep for one in self._book.sets for rep in one.reps]
        if reps:
            newest = max(reps, key=lambda rep: rep.end_s)
            self._event(undo_text(0.5 * (newest.start_s + newest.end_s)))
            self._say_line(f"rep {newest.index} was taken back")
            if self._last_rep is not None and self._last_rep[0].result.end_s == newest.end_s:
                self._last_rep = None

    def _mark(self, words: str) -> None:
        if math.isfinite(self.newest_s):
            self._event(f"note={''.join(c if c.isprintable() else ' ' for c in words).strip() or 'mark'}")
            self._say_line("marked")

    def _load(self, text: str) -> None:
        load_kg = finite_number(text)
        if load_kg is None and text:
            return  # a screen sends what was typed
        self._change(self.exercise, None if load_kg is None else min(_MOST_KG, max(0.0, load_kg)))

    def _next_exercise(self, named: str) -> str:
        if named:
            return named if named in EXERCISES else self.exercise
        known = self._plan.exercises
        return known[(known.index(self.exercise) + 1) % len(known)] if self.exercise in known else known[0]

    def _change(self, exercise: str, load_kg: float | None) -> None:
        if not self._live:
            return
        current = self._book.current(self.newest_s)
        if current is not None:
            self._end_set(current, self.newest_s)
        self.exercise, self.load_kg = exercise, load_kg
        load = "" if load_kg is None else f", {load_kg:g} kg"
        self._say_line(f"{exercise_words(exercise)}{load}")
        if current is not None:
            self._begin_set()

    # calibration

    def _calibrate_again(self) -> None:
        if not self._live:
            return
        current = self._book.current(self.newest_s)
        if current is not None:
            self._end_set(current, self.newest_s)
        self._reminded_s = None
        self._guide = Guide(self._clips, self._plan.guide)

    def _check_calibration(self) -> None:
        """Whether what the athlete just did gave a calibration that can be believed."""
        guide = self._guide
        if guide is None or not guide.state.checking:
            return
        made = self._pipeline.calibration
        if made is None or made is self._before:
            if self.newest_s - self._checking_since_s > _CHECK_S:
                self._ask_again(Step.STAND, "no calibration could be made from this: stand still, then hinge")
            return
        if made.suspect:
            self._ask_again(
                Step.HINGES, made.warnings[0] if made.warnings else f"the {made.suspect[0]} clip sits oddly"
            )
        elif made.level != "full":
            self._ask_again(Step.STAND, made.warnings[0] if made.warnings else "standing was not still")
        else:
            guide.accept(self._maker.calibration_words())
            self._after_guide()

    def _ask_again(self, step: Step, problem: str) -> None:
        assert self._guide is not None
        kinds = (Step.HINGES,) if step is Step.HINGES else (Step.STAND, Step.HINGES)
        for kind in kinds:
            mine = [s for s in self._standing if s.kind == kind]
            if mine:
                self._event(drop_text(mine[-1]))
        self._guide.again(step, problem)
        self._say_line(problem)

    def _after_guide(self) -> None:
        if self._guide is not None and self._guide.through:
            self._calibration_got = self._maker.calibration_words()
            self._calibrated_s = self.newest_s
            self._guide = None
            self._reminded_s = self.newest_s
            self._say_line("calibrated")
            if self._plan.by_itself:
                self._begin_set()  # while it is still being said what to watch: nobody waits for that


def _outshone(cue: Cue, shown: CueView) -> bool:
    """Whether a worse cue is still on the screens."""
    return cue.time_s - shown.time_s < _SHOWN_S and _GRAVITY[cue.severity] < _GRAVITY[shown.severity]


def _milliseconds(time_s: float) -> float:
    """Whole ones, and never in the future."""
    return math.floor(1000.0 * time_s) / 1000.0
