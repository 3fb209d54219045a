"""A recording and everything that is made of it, as files in a folder."""

from __future__ import annotations

from pathlib import Path

from imu_hinge.body.personal import Personal
from imu_hinge.body.personal_file import personal_text
from imu_hinge.errors import AthleteError, CalibrationError
from imu_hinge.recording import assemble
from imu_hinge.recording.model import Arrivals, Recording
from imu_hinge.session.analysis import analyze
from imu_hinge.session.clip_store import load_for
from imu_hinge.session.learning import learn
from imu_hinge.session.output import angles_csv, summary_json
from imu_hinge.session.params import SessionParams
from imu_hinge.session.results import SessionResult
from imu_hinge.session.said_live import said_live, was_live, with_said_live

__all__ = ["result_files", "result_of", "what_was_learnt"]


def result_files(
    result: SessionResult, *, angles: bool = True, report: bool = True, pdf: bool = False
) -> dict[str, str | bytes]:
    """File names and contents of a result."""
    files: dict[str, str | bytes] = {"summary.json": summary_json(result)}
    if angles:
        files["angles.csv"] = angles_csv(result.angles)
    if report:
        from imu_hinge.report.html import render_report  # matplotlib imports slowly

        files["report.html"] = render_report(result)
    if pdf:
        from imu_hinge.report.pdf import render_pdf

        files["report.pdf"] = render_pdf(result)
    return files


def result_of(
    arrivals: Arrivals,
    clips: tuple[str, ...] | None,
    params: SessionParams,
    bench: Path | None,
    athlete: Personal | None,
) -> SessionResult:
    """Analyse a recording with everything this computer knows of its clips; of one that was coached, with what was said
    live. ``bench`` is a folder of clip calibrations, None the user's own. Raises what ``analyze`` raises."""
    recording = assemble(arrivals)
    result = analyze(recording, clips, params, load_for(recording.clips, bench), athlete)
    if not was_live(arrivals):
        return result
    said = said_live(arrivals, clips, params, lambda used: load_for(used, bench), athlete)
    return with_said_live(result, said)


def what_was_learnt(
    recording: Recording,
    before: Personal | None,
    params: SessionParams,
    bench: Path | None,
    *,
    name: str,
    clips: tuple[str, ...] | None = None,
) -> tuple[str | None, str]:
    """The athlete's file after this session (None: there was nothing to learn), and a line that says what it rests on
    or why there is none."""
    try:
        lesson = learn(recording, before, name=name, clips=clips, params=params, bench=load_for(recording.clips, bench))
    except (AthleteError, CalibrationError) as error:
        return None, error.what
    hinges = lesson.result.body.reference.hinges if lesson.result.body is not None else 0
    return personal_text(lesson.personal), f"from {hinges} reference hinges and {len(lesson.accepted)} good reps"
