"""The whole of a batch: what is to be done, doing it, and the tables of what came out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imu_hinge.batch.entry import Entry, Settings, Task
from imu_hinge.batch.finding import Found
from imu_hinge.batch.manifest import Manifest
from imu_hinge.batch.naming import recording_id, text_of
from imu_hinge.batch.one import analyze_one
from imu_hinge.batch.table import FAILED, RECORDINGS, REPS, write_failed, write_recordings, write_reps
from imu_hinge.batch.workers import Lost, Workers
from imu_hinge.errors import OutputError

__all__ = ["BatchResult", "Progress", "run_batch"]

_MANIFEST: Final = "manifest.jsonl"
_LOCK: Final = ".batch.lock"


@dataclass(frozen=True)
class Progress:
    """Of ``total`` recordings ``finished`` are behind us, ``failed`` of them in vain, ``already`` by earlier runs."""

    total: int
    finished: int
    failed: int
    already: int


@dataclass(frozen=True)
class BatchResult:
    """What a batch came to: of ``total`` files ``done`` are recordings with results.

    ``failures`` are paths with one-line reasons; ``skipped`` are CSV files of other kinds.
    """

    total: int
    done: int
    analyzed: int
    already: int
    skipped: int
    failures: tuple[tuple[str, str], ...]
    reps: int
    recorded_s: float
    took_s: float
    files: tuple[Path, ...]


def run_batch(
    found: Found,
    out: Path,
    settings: Settings,
    workers: Workers,
    told: Callable[[Progress], None] = lambda progress: None,
) -> BatchResult:
    """Analyse recordings into ``out``, only what is missing or has changed, and write the tables of all of them.

    A recording that fails stops no other. Raises OutputError where results cannot be written at all, or another batch
    is writing there, and WorkersError; what was finished by then is kept.
    """
    began = time.perf_counter()
    out = Path(os.path.abspath(out))  # noqa: PTH100 - workers are to use the name that was given, links and all
    try:
        (out / "recordings").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be made ({error.strerror or error})", path=str(out), advice="Choose another --out."
        ) from error
    key = settings.key()
    with _alone(out), Manifest(out / _MANIFEST) as manifest:
        tasks = (Task(item, str(out), settings, key) for item in found.items)
        last, counts = _all_done(tasks, len(found.items), manifest, workers, told)
        entries = [last[recording_id(item.label)] for item in found.items]
        reps = write_reps(out, entries, workers)
        write_recordings(out, entries)
        failures = [(text_of(path), text_of(reason)) for path, reason in found.unreadable]
        failures += [(entry.path, entry.reason) for entry in entries if entry.status == "failed"]
        write_failed(out, failures)
    return BatchResult(
        total=len(entries),
        done=sum(entry.status == "done" for entry in entries),
        analyzed=counts.analyzed,
        already=counts.already,
        skipped=sum(entry.status == "skipped" for entry in entries),
        failures=tuple(failures),
        reps=reps,
        recorded_s=sum(entry.duration_s for entry in entries),
        took_s=time.perf_counter() - began,
        files=tuple(out / name for name in (REPS, RECORDINGS, FAILED)),
    )


@dataclass
class _Counts:
    analyzed: int = 0
    failed: int = 0
    already: int = 0


def _all_done(
    tasks: Iterable[Task], total: int, manifest: Manifest, workers: Workers, told: Callable[[Progress], None]
) -> tuple[dict[str, Entry], _Counts]:
    """The last word on every recording, by id."""
    last: dict[str, Entry] = {}
    counts = _Counts()

    def tell() -> None:
        told(Progress(total, len(last), counts.failed, counts.already))

    def missing() -> Iterator[Task]:
        for task in tasks:
            known = manifest.get(task.recording)
            if known is None or not _is_settled(task, known):
                yield task
                continue
            last[task.recording] = known
            counts.already += 1
            counts.failed += known.status == "failed"
            if counts.already % 100 == 0:
                tell()

    for task, outcome in workers.run(analyze_one, missing()):
        if isinstance(outcome, Lost):
            entry, fresh = task.entry("failed", final=False, reason=outcome.reason), True
        else:
            entry, fresh = outcome.entry, outcome.fresh
        last[entry.recording] = entry
        counts.analyzed += fresh and entry.status == "done"
        counts.already += not fresh
        counts.failed += entry.status == "failed"
        manifest.add(entry)
        tell()
        if not isinstance(outcome, Lost) and outcome.stop is not None:
            raise OutputError(
                "no more results can be written", path=task.out, advice=f"{outcome.stop} Then run it again: it goes on."
            )
    tell()
    return last, counts


def _is_settled(task: Task, known: Entry) -> bool:
    try:
        now = Path(task.item.path).stat()
    except (OSError, ValueError):
        return False  # the worker says why
    return task.is_settled(known, now.st_size, now.st_mtime_ns)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Nobody else's batch writes to ``out`` meanwhile, as far as the system can tell (not on Windows)."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        file = (out / _LOCK).open("ab")
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})", path=str(out / _LOCK), advice="Choose another --out."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                "another batch is writing there", path=str(out), advice="Wait for it, or choose another --out."
            ) from error
        except OSError:
            pass  # a file system without locks
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
