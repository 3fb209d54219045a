"""One recording of a batch, in a worker: looked at, analysed if need be, its results kept all or nothing."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from imu_hinge.batch.entry import ENTRY, Entry, Task, read_entry
from imu_hinge.body.personal import Personal
from imu_hinge.body.personal_file import personal_of
from imu_hinge.errors import ImuHingeError, OutputError, RecordingError, WorkersError, one_line
from imu_hinge.recording import read_arrivals
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.session.output import write_outputs
from imu_hinge.version import __version__

__all__ = ["Outcome", "analyze_one"]

_RESULTS: Final = ("summary.json", "angles.csv", "report.html")
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_ALONE: Final = threading.Lock()
"""A worker of several threads analyses one recording at a time: drawing is not made for more."""


@dataclass(frozen=True)
class Outcome:
    """How a recording went; ``fresh``: it was analysed just now. ``stop`` is why going on makes no sense: no result can
    be written any more."""

    entry: Entry
    fresh: bool = True
    stop: str | None = None


@dataclass(frozen=True)
class _File:
    size_bytes: int
    mtime_ns: int


def analyze_one(task: Task) -> Outcome:
    """Analyse a recording unless that is done, and keep its results and its entry; never raises what a recording can
    cause."""
    with _ALONE:
        try:
            return _analyzed(task, time.perf_counter())
        except OutputError as error:
            cause = error.__cause__
            full = isinstance(cause, OSError) and cause.errno in _FULL
            said = error.one_line()
            return Outcome(task.entry("failed", final=False, reason=said), stop=said if full else None)
        except ImuHingeError as error:
            return Outcome(task.entry("failed", final=False, reason=_reason(error, task)))
        except Exception as error:  # noqa: BLE001 - a fault of ours in one recording must not stop the others
            what = one_line(f"imu_hinge itself failed on it ({type(error).__name__}: {error})")
            return Outcome(task.entry("failed", final=False, reason=f"{what}. Please report it with the recording."))


def _analyzed(task: Task, began: float) -> Outcome:
    if task.settings.version != __version__:
        raise WorkersError(
            f"a worker has imu_hinge {__version__}, the batch {task.settings.version}",
            advice="Install the same version everywhere.",
        )
    before = _look(task)
    known = read_entry(task.folder)
    if known is not None and task.is_settled(known, before.size_bytes, before.mtime_ns):
        return Outcome(known, fresh=False)
    digest = _digest(task)
    if not task.item.named and _is_another_table(task.item.path):
        of_file: dict[str, Any] = {"size_bytes": before.size_bytes, "mtime_ns": before.mtime_ns, "blake2b": digest}
        return Outcome(task.entry("skipped", final=True, reason="not a recording", **of_file))
    if known is not None and known.blake2b == digest and known.settles(task.key, __version__) and task.has_files(known):
        fresh, files = False, dict[str, str | bytes]()
        entry = replace(known, size_bytes=before.size_bytes, mtime_ns=before.mtime_ns)
        remove: list[str] = []
    else:
        fresh = True
        files, entry = _results(task, before, digest, began)
        remove = [name for name in _RESULTS if name not in files]
    if _look(task) != before:
        raise RecordingError("it changed while it was read", advice="Run the batch again when it is complete.")
    _keep(task, {**files, ENTRY: entry.text()}, remove)
    return Outcome(entry, fresh)


def _results(task: Task, file: _File, digest: str, began: float) -> tuple[dict[str, str | bytes], Entry]:
    """The files made of a recording, none where it is refused, and its entry."""
    of_file: dict[str, Any] = {"size_bytes": file.size_bytes, "mtime_ns": file.mtime_ns, "blake2b": digest}
    settings = task.settings
    bench = None if settings.bench is None else Path(settings.bench)
    athlete = _athlete(settings.athlete, settings.athlete_path)
    try:
        result = result_of(read_arrivals(task.item.path), settings.clips, settings.params, bench, athlete)
        files = result_files(result, angles=settings.angles, report=settings.report)
    except ImuHingeError as error:
        return {}, task.entry("failed", final=True, reason=_reason(error, task), **of_file)
    time_s = result.angles.time_s
    entry = task.entry(
        "done",
        final=True,
        reps=sum(len(one.reps) for one in result.sets),
        duration_s=round(float(time_s[-1] - time_s[0]), 3) if len(time_s) else 0.0,
        took_s=round(time.perf_counter() - began, 3),
        **of_file,
    )
    return files, entry


def _keep(task: Task, files: dict[str, str | bytes], remove: list[str]) -> None:
    """Write results; the entry comes last, and what a killed worker left half done goes."""
    folder = task.folder
    if not folder.resolve().is_relative_to(Path(task.out, "recordings").resolve()):
        raise OutputError(
            "a link there leads elsewhere", path=str(folder), advice="Remove it, or choose another --out."
        )
    for pattern in (".*.tmp", ".*.before"):
        for left in folder.glob(pattern):
            left.unlink(missing_ok=True)
    write_outputs(folder, files, remove)


def _look(task: Task) -> _File:
    try:
        found = Path(task.item.path).stat()
    except (OSError, ValueError) as error:
        raise _unreadable(error) from error
    if not stat.S_ISREG(found.st_mode):
        raise RecordingError("not a file", advice="Name a recording CSV.")
    return _File(found.st_size, found.st_mtime_ns)


def _digest(task: Task) -> str:
    digest = blake2b(digest_size=16)
    try:
        with Path(task.item.path).open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise _unreadable(error) from error
    return digest.hexdigest()


def _unreadable(error: OSError | ValueError) -> RecordingError:
    said = error.strerror if isinstance(error, OSError) else None
    return RecordingError(
        f"cannot be read ({said or error})", advice="Check the file, and that every worker sees it under the same path."
    )


def _is_another_table(path: str) -> bool:
    """Whether a CSV is some other table, as lie beside recordings: its first line is text, and neither a header line
    nor a recording's columns. What is empty or no text is not: it may be what is left of a recording."""
    with Path(path).open("rb") as file:
        head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    first = head.split(b"\n", 1)[0].strip()
    try:
        text = first.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(text) and text.isprintable() and "," in text and not text.startswith(("#", "time_s,clip"))


def _reason(error: ImuHingeError, task: Task) -> str:
    """What and what to do in one line, without the path, which stands beside it."""
    where = (error.where or "").removeprefix(task.item.path).lstrip(", ")
    head = f"{where}: {error.what}" if where else error.what
    return one_line(f"{head}. {error.advice}" if error.advice else head)


@lru_cache(maxsize=1)
def _athlete(text: str | None, path: str | None) -> Personal | None:
    return None if text is None else personal_of(text, Path(path or os.devnull))
