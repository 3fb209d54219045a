"""A live session in a thread of its own: connect, ask which clip is where, run, save.

Screens and keyboard live in other threads; they look at the board and put orders into a queue, and neither waits for
the other.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from imu_hinge.body.personal import Personal
from imu_hinge.conventions import BACK, PELVIS, SITES, THIGH
from imu_hinge.errors import FormatError, ImuHingeError, OutputError
from imu_hinge.hinge.cue_settings import CueSettings
from imu_hinge.live.cue_sink import CueSink
from imu_hinge.live.plan import Command, Order, Plan
from imu_hinge.live.prompts import CONNECTING, SAVING
from imu_hinge.live.session import LiveSession
from imu_hinge.live.view import Board, Notice, Phase, Prompt, View
from imu_hinge.live.where import Blink, WhereQuestion
from imu_hinge.recording import RecordingWriter, read_arrivals
from imu_hinge.recording.assemble import LONGEST_GAP_S
from imu_hinge.recording.model import ClipSamples, Recording
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.recorder import LiveSource, closing_notes
from imu_hinge.sensors.replay import ReplaySource
from imu_hinge.sensors.source import Delivery, SampleBlock
from imu_hinge.session.clip_store import load_for
from imu_hinge.session.params import SessionParams
from imu_hinge.session.replay import ANNOUNCED_ONLY, CUES_KEY, pipeline_for
from imu_hinge.session.tape import WrittenTape

__all__ = ["RECORDING_NAME", "LiveRun", "Played", "Setup"]

RECORDING_NAME: Final = "recording.csv"
_VIEW_EVERY_S: Final = 0.04
_END_S: Final = 15.0
_BREAK_S: Final = 1.5
"""Least time between what was recorded before a break and the first that comes after it, s: another clip's first rows
may be a little older, and no orientation may be carried over a break in which a clip may have been moved."""


@dataclass(frozen=True)
class Played:
    """A recording, those of its clips that are used, and the names of all in index order."""

    recording: Recording
    chosen: Mapping[str, ClipSamples]
    clips: tuple[str, ...]


@dataclass(frozen=True)
class Setup:
    """How a session is run. ``folder`` takes the recording and what is made of it, None: nothing is recorded (what is
    played is a recording). ``resume``: go on with the recording in there. ``ask_where``: have a clip tapped first.
    ``assign`` remembers which clip is worn where, ``guessed`` names clips of which nobody has said so (they are tapped
    whatever ``ask_where`` says), and ``blink`` has one show itself, where the source knows how."""

    plan: Plan
    folder: Path | None = None
    resume: bool = False
    by_radio: bool = False
    """Whether clips are looked for, which takes a while."""
    ask_where: bool = False
    params: SessionParams = field(default_factory=SessionParams)
    athlete: Personal | None = None
    bench: Path | None = None
    played: Played | None = None
    """The recording that is played, where it is one: nothing is recorded then."""
    assign: Callable[[str, str], None] = lambda serial, clip: None
    guessed: Callable[[], Collection[str]] = tuple
    blink: Blink | None = None
    cues: CueSettings = field(default_factory=CueSettings)
    """Written into the recording's header, so that a replay cues alike; one that is gone on with keeps its own."""


class LiveRun:
    """One session from connecting to saving."""

    def __init__(
        self,
        source: LiveSource,
        setup: Setup,
        sink: CueSink,
        save: Callable[[Path], tuple[str, ...]],
        *,
        say: Callable[[str], None] = lambda text: None,
        sound: Callable[[], str] = lambda: "",
        utc: Callable[[], float] = time.time,
    ) -> None:
        """``save`` makes results of a recording and gives lines to show; ``sound`` says how cues sound; ``utc`` is the
        time of day, s since 1970."""
        self._source = source
        self._setup = setup
        self._sink = sink
        self._save = save
        self._say = say
        self._sound = sound
        self._utc = utc
        self._orders: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._serials = count(1)
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._clips: tuple[str, ...] = ()
        self._tape: WrittenTape | None = None
        self._begun = False
        self._resuming = setup.resume
        self._noted: frozenset[str] = frozenset()
        self._utc_at_zero_s = math.nan
        self.saved: tuple[str, ...] = ()
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        """Everything that is said, a line each, for who reads lines."""
        self.session: LiveSession | None = None
        self.failure: BaseException | None = None
        prompt = CONNECTING if setup.by_radio else None
        self.board = Board(View(0, Phase.CONNECTING, 0.0, setup.plan.exercise, prompt=prompt))

    def start(self) -> None:
        """Run in another thread."""
        self._thread = threading.Thread(target=self.run, name="imu_hinge-live", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        return self._ended.wait(seconds)

    def order(self, command: Command) -> None:
        """Ask for something, from any thread."""
        if command.order is Order.STOP:
            self._stopping.set()
            self._source.stop()
        self._orders.put(command)

    def run(self) -> None:
        """The whole session; what went wrong is in ``failure`` afterwards."""
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - carried to the thread that shows it
            self.failure = error
            self._source.stop()
        finally:
            self._ended.set()

    def _run(self) -> None:
        self._source.open()
        self._clips = self._source.clips
        deliveries = self._source.deliveries()
        try:
            if self._setup.ask_where or self._setup.guessed():
                self._ask_where(deliveries)
            if not self._stopping.is_set():
                self.session = self._set_up()
                self._stream(self.session, deliveries)
                self._close()
        except BaseException:
            if self._tape is not None:
                with suppress(OutputError):  # the first one is what counts
                    self._tape.close()
            raise
        finally:
            self._source.stop()
            _drain(deliveries)
        self._finish()

    def _stream(self, session: LiveSession, deliveries: Iterator[Delivery]) -> None:
        drawn_s = float("-inf")
        for delivery in deliveries:
            for command in self._taken_orders():
                if command.order is Order.EXCHANGE and self._tape is not None and session.exchangeable:
                    session = self.session = self._exchanged(self._tape)
                else:
                    session.obey(command)
            if self._tape is not None and not self._begun and len(delivery.block):
                self._begin_time(session, delivery.block)
            session.feed(delivery)
            now_s = time.monotonic()
            if now_s - drawn_s >= _VIEW_EVERY_S:
                drawn_s = now_s
                self.board.put(session.view(next(self._serials), self._health(), self._sound()))
        for command in self._taken_orders():
            session.obey(command)
        session.finish()

    def _exchanged(self, tape: WrittenTape) -> LiveSession:
        """Thigh and trunk clip were taken for each other: what was recorded is put aside, and all begins anew."""
        assert self._setup.folder is not None
        tape.close()
        path = self._setup.folder / RECORDING_NAME
        aside = (path.with_name(f"exchanged-{n}.csv") for n in count(1))
        path.rename(next(name for name in aside if not name.exists()))
        trunk = BACK if BACK in self._clips else PELVIS
        other = {THIGH: trunk, trunk: THIGH}
        self._rename_clips(tuple(other.get(name, name) for name in self._clips))
        self._begun, self._resuming, self._noted = False, False, frozenset()
        before, session = self.session, self._set_up()
        if before is not None:
            session.exercise, session.load_kg = before.exercise, before.load_kg
        return session

    def _rename_clips(self, names: tuple[str, ...]) -> None:
        """The clips are worn so; that is remembered."""
        guessed = self._setup.guessed()
        for name, was in zip(names, self._source.clips, strict=True):
            if (name != was or was in guessed) and was in self._source.serials:
                self._setup.assign(self._source.serials[was], name)
        self._clips = names

    def _begin_time(self, session: LiveSession, block: SampleBlock) -> None:
        """Place this program's time on the recording's: the same, or later by what has passed since a break."""
        assert self._tape is not None
        self._begun = True
        newest_s = float(block.time_s.max())
        if not self._resuming:
            self._tape.note("live.utc_s", f"{self._utc() - newest_s:.3f}")
            return
        passed_s = self._utc() - self._utc_at_zero_s - newest_s
        least_s = session.newest_s + _BREAK_S - float(block.time_s.min())
        # A clock of the day that was set in between must not send the recording into the past, or far ahead.
        plausible = math.isfinite(passed_s) and least_s <= passed_s <= least_s + LONGEST_GAP_S / 2
        self._tape.offset_s = round(passed_s if plausible else least_s, 6)

    def _taken_orders(self) -> Iterator[Command]:
        while not self._orders.empty():
            yield self._orders.get()

    def _ask_where(self, deliveries: Iterator[Delivery]) -> None:
        """Have the clips tapped; one who stops before has settled nothing."""
        asked = WhereQuestion(self._clips, self._setup.guessed(), self._setup.blink)
        for delivery in deliveries:
            for command in self._taken_orders():
                asked.obey(command)
            asked.take(delivery.block)
            if asked.settled or self._stopping.is_set():
                break
            prompt = asked.prompt()
            if prompt is not None:
                self._show(Phase.WHERE, prompt)
        if asked.settled:
            self._rename_clips(asked.names)

    def _set_up(self) -> LiveSession:
        setup = self._setup
        if setup.played is not None:
            return self._session(setup.played.recording, setup.played.chosen, setup.played.clips)
        assert setup.folder is not None
        path = setup.folder / RECORDING_NAME
        if self._resuming:
            return self._gone_on_with(path)
        header = self._header()
        try:
            setup.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot be made ({error.strerror or error})", path=str(setup.folder), advice="Choose another folder."
            ) from error
        self._tape = WrittenTape(RecordingWriter(path, header, aside=True))
        session = self._session(*_to_be(path.name, header, self._clips))
        session.record_on(self._tape)
        return session

    def _gone_on_with(self, path: Path) -> LiveSession:
        arrivals = read_arrivals(path)
        header = arrivals.header
        now = self._header()
        worn = {f"clip.{name}.site": "a clip" for name in arrivals.clip_names} | header
        for key in (k for k in {**worn, **now} if k in now or k.endswith(".site")):
            if key.startswith("clip.") and worn.get(key) != now.get(key):
                was, here = worn.get(key, "nothing"), now.get(key, "nothing")
                raise FormatError(
                    f"it was recorded with {key}: {was}, and now that is {here}",
                    path=str(path),
                    advice="Begin a new session: leave --resume out.",
                )
        self._noted = frozenset(header)
        self._utc_at_zero_s = float(header.get("live.utc_s", "nan"))
        session = self._session(*_to_be(path.name, header, self._clips))
        index = np.array([self._clips.index(name) for name in arrivals.clip_names], np.int8)
        for delivery in ReplaySource(arrivals).deliveries():
            block = delivery.block
            mine = SampleBlock(index[block.clip_index], block.time_s, block.acc_m_s2, block.gyr_rad_s)
            session.recall(Delivery(delivery.notes, mine))
        self._tape = WrittenTape(RecordingWriter.resume(path, header, aside=True))
        session.record_on(self._tape)
        session.recalled()
        return session

    def _session(self, recording: Recording, chosen: Mapping[str, ClipSamples], clips: Sequence[str]) -> LiveSession:
        setup = self._setup
        pipeline = pipeline_for(
            recording, chosen, clips, setup.params, lambda used: load_for(used, setup.bench), setup.athlete
        )
        breaks_s = setup.params.set_break_s
        return LiveSession(
            clips, pipeline, setup.plan, self._sink, set_break_s=breaks_s, say=self._say, tell=self.lines.put
        )

    def _header(self) -> dict[str, str]:
        header = dict(self._setup.plan.header)
        header[ANNOUNCED_ONLY[0]] = ANNOUNCED_ONLY[1]
        header[CUES_KEY] = self._setup.cues.to_line()
        was = dict(zip(self._clips, self._source.clips, strict=True))
        nominal_hz = {one.clip: one.nominal_hz for one in self._source.health()}
        for clip in self._clips:
            header.setdefault(f"clip.{clip}.site", SITES[clip][0])
            header[f"clip.{clip}.rate_hz"] = f"{nominal_hz[was[clip]]:.6g}"
            if was[clip] in self._source.serials:
                header[f"clip.{clip}.serial"] = self._source.serials[was[clip]]
        return header

    def _close(self) -> None:
        """Note how the clips did, and have the disk take everything."""
        if self._tape is None:
            return
        for clip in self._health():
            for key, value in closing_notes(clip).items():
                if (name := f"clip.{clip.clip}.{key}") not in self._noted:
                    self._tape.note(name, value)
        self._tape.close()

    def _health(self) -> tuple[ClipHealth, ...]:
        """How the clips do, called what they turned out to be."""
        names = dict(zip(self._source.clips, self._clips, strict=True))
        return tuple(replace(one, clip=names.get(one.clip, one.clip)) for one in self._source.health())

    def _finish(self) -> None:
        if self.session is None:
            return
        last = self.session.view(next(self._serials), self._health(), self._sound())
        folder = self._setup.folder
        lines: tuple[str, ...] = ()
        if folder is not None:
            self.board.put(replace(last, serial=next(self._serials), phase=Phase.SAVING, prompt=SAVING))
            try:
                lines = self._save(folder)
            except ImuHingeError as error:  # the recording is safe, whatever cannot be made of it
                last = replace(last, notices=(*last.notices, Notice("bad", error.what, error.advice or "")))
                lines = (error.one_line(),)
        self.saved = lines
        self.board.put(replace(last, serial=next(self._serials), phase=Phase.ENDED, prompt=None, report=_report(lines)))

    def _show(self, phase: Phase, prompt: Prompt) -> None:
        view = self.board.look()
        if view.prompt != prompt or view.phase is not phase:
            self.board.put(replace(view, serial=next(self._serials), phase=phase, prompt=prompt))


def _report(lines: Sequence[str]) -> str:
    """The report among what was saved."""
    return next((line for line in lines if line.endswith(".html")), "")


def _drain(deliveries: Iterator[Delivery]) -> None:
    """Let a source that was stopped end what it does: clips that are not told to stop stream for nobody."""
    until_s = time.monotonic() + _END_S
    with suppress(ImuHingeError):  # what it ended with is known, or of no use now
        for _ in deliveries:
            if time.monotonic() > until_s:
                return


def _to_be(
    name: str, header: Mapping[str, str], clips: Sequence[str]
) -> tuple[Recording, dict[str, ClipSamples], tuple[str, ...]]:
    """A recording that has a header and no rows yet, its clips, and their names."""
    nothing, no_rows = np.empty(0), np.empty((0, 3))
    samples = {
        clip: ClipSamples(
            clip, header[f"clip.{clip}.site"], nothing, no_rows, no_rows, serial=header.get(f"clip.{clip}.serial")
        )
        for clip in clips
    }
    return Recording(name, dict(header), samples), samples, tuple(clips)
