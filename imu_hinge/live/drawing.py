"""From what the pipeline says to what a screen shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from imu_hinge.conventions import BACK, PELVIS, THIGH
from imu_hinge.hinge.coaching import UNSEEN
from imu_hinge.live.plan import Plan
from imu_hinge.live.prompts import calibration_prompt, paused_prompt, reminder_prompt, set_prompt
from imu_hinge.live.status import clip_view, notices
from imu_hinge.live.telling import rep_view, set_summary, verdict_of
from imu_hinge.live.view import BodyView, Limits, Measured, Phase, Prompt, View
from imu_hinge.report.words import degrees, plural
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.session.guide import Guide
from imu_hinge.session.live_state import lumbar_now
from imu_hinge.session.pipeline import Pipeline, PipelineBlock
from imu_hinge.session.results import RepResult
from imu_hinge.session.set_book import SetBook

__all__ = ["ViewMaker"]

_DOUBT_SDS: Final = 1.3
_LEAST_FOLD_DEG: Final = 15.0


class ViewMaker:
    """Keeps the newest instant, and puts views together."""

    def __init__(self, pipeline: Pipeline, plan: Plan) -> None:
        self._pipeline = pipeline
        self._plan = plan
        self._body = BodyView()

    def take(self, block: PipelineBlock) -> None:
        """The newest instant is the last one of this block."""
        if not len(block.time_s):
            return
        if not block.calibrated:
            self._body = BodyView()
            return
        joints = block.joints
        hip = _measured(float(joints.hip_flexion_deg[-1]), float(joints.hip_flexion_sd_deg[-1]))
        lumbar = _measured(float(joints.lumbar_flexion_deg[-1]), float(joints.lumbar_flexion_sd_deg[-1]))
        knee = _known(float(joints.knee_flexion_deg[-1]))
        pitch = {clip: _known(float(values[-1])) for clip, values in block.pitch_deg.items()}
        thigh = pitch.get(THIGH)
        back = pitch.get(BACK)
        self._body = BodyView(
            shank_pitch_deg=None if thigh is None or knee is None else thigh + knee,
            thigh_pitch_deg=thigh,
            pelvis_pitch_deg=_pelvis(pitch, thigh, hip.value),
            back_pitch_deg=back,
            hip_deg=hip,
            lumbar_deg=lumbar,
            folding=self._pipeline.folding,
        )
        judge = self._pipeline.judge
        if judge is not None:
            fold = float(joints.fold_deg[-1])
            now = lumbar_now(
                judge,
                math.nan if lumbar.value is None else lumbar.value,
                math.nan if lumbar.sd is None else lumbar.sd,
                fold,
                doubt_sds=_DOUBT_SDS,
                least_fold_deg=_LEAST_FOLD_DEG,
            )
            self._body = replace(
                self._body,
                lumbar_state=str(now.state),
                limits=Limits(*now.limits_deg),
                target_hip_deg=self._target_deg(),
            )

    def _target_deg(self) -> float | None:
        judge = self._pipeline.judge
        if judge is None or judge.reference.fold_deg is None:
            return None
        return judge.reference.fold_deg - (judge.reference.lumbar_deg or 0.0)

    def calibration_words(self) -> str:
        """What the reference hinges came to."""
        judge = self._pipeline.judge
        if judge is None or judge.reference.fold_deg is None:
            return ""
        reference = judge.reference
        words = [f"{plural(reference.hinges, 'hinge')}, {degrees(reference.fold_deg)} deep"]
        if reference.lumbar_deg is not None:
            words.append(f"lower back {degrees(reference.lumbar_deg, sign=True)} at the bottom")
        if reference.max_flexion_deg is not None:
            words.append(f"at most {degrees(reference.max_flexion_deg, sign=True)}")
        return ", ".join(words)

    def view(
        self,
        serial: int,
        phase: Phase,
        time_s: float,
        exercise: str,
        book: SetBook,
        health: Sequence[ClipHealth],
        *,
        guide: Guide | None,
    ) -> View:
        """Body, sets and clips as they are now."""
        current, last = book.current(time_s), book.last_over(time_s)
        shown = current if current is not None and (current.reps or last is None) else last
        shown = current if phase is Phase.SET else shown
        calibration = self._pipeline.calibration
        return View(
            serial,
            phase,
            time_s if math.isfinite(time_s) else 0.0,
            exercise,
            set_number=book.number(shown) if shown is not None else 0,
            reps=len(shown.reps) if shown is not None else 0,
            good=shown.good if shown is not None else 0,
            verdicts=tuple(verdict_of(rep) for rep in shown.reps) if shown is not None else (),
            body=self._body,
            last_set=set_summary(last) if last is not None else None,
            clips=tuple(clip_view(one, self._plan.status) for one in health),
            calibration="none" if calibration is None or guide is not None else calibration.level,
        )

    def finished(self, view: View, rep: RepResult | None, exercise: str, age_s: float | None) -> View:
        """The view with the last rep and what the athlete should know; a calibration that is still being made warns of
        itself."""
        warnings = () if view.phase is Phase.CALIBRATING else self._pipeline.warnings
        return replace(
            view,
            last_rep=None if rep is None else rep_view(rep, exercise),
            calibration_age_s=age_s,
            notices=notices(view.clips, warnings, age_s, self._plan.status),
            reminders=UNSEEN.get(view.exercise, ()) if view.phase is Phase.REMINDER else (),
        )

    def prompt(
        self, phase: Phase, guide: Guide | None, exercise: str, got: str, *, live: bool, exchange: bool
    ) -> Prompt | None:
        """What the athlete is asked to do; ``exchange``: whether the clips may be exchanged now."""
        if guide is not None:
            return calibration_prompt(guide.state, exchange=exchange)
        if not live:
            return None
        if phase is Phase.REMINDER:
            return reminder_prompt(exercise, got)
        return paused_prompt() if phase is Phase.PAUSED else set_prompt()


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _measured(value: float, sd: float) -> Measured:
    return Measured(_known(value), _known(sd)) if math.isfinite(value) else Measured()


def _pelvis(pitch: Mapping[str, float | None], thigh: float | None, hip: float | None) -> float | None:
    measured = pitch.get(PELVIS)
    if measured is not None:
        return measured
    return None if thigh is None or hip is None else thigh + hip
