"""What a batch was asked for, and what it keeps of each recording: enough to know whether there is anything to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal

from imu_hinge.batch.finding import Item
from imu_hinge.batch.naming import recording_id, text_of
from imu_hinge.session.clip_store import clip_store
from imu_hinge.session.params import SessionParams
from imu_hinge.version import __version__

__all__ = ["ENTRY", "SUMMARY", "Entry", "Settings", "Status", "Task", "bench_digest", "read_entry"]

ENTRY: Final = "entry.json"
SUMMARY: Final = "summary.json"

Status = Literal["done", "failed", "skipped"]


@dataclass(frozen=True)
class Settings:
    """How every recording is analysed, and which files are made of it.

    ``bench`` is a folder of clip calibrations (None: the user's own), ``athlete`` the text of an athlete's file and
    ``athlete_path`` where it was read. Settings are sent to workers, so they are plain values.
    """

    clips: tuple[str, ...] | None = None
    params: SessionParams = field(default_factory=SessionParams)
    bench: str | None = None
    athlete: str | None = None
    athlete_path: str | None = None
    angles: bool = False
    report: bool = False
    version: str = __version__

    def files(self) -> tuple[str, ...]:
        """The names of the files made of a recording."""
        wanted = ((SUMMARY, True), ("angles.csv", self.angles), ("report.html", self.report))
        return tuple(name for name, asked in wanted if asked)

    def key(self) -> str:
        """Hash of all that results depend on beside the recording and the version."""
        what = {
            "clips": self.clips,
            "params": self.params.as_json(),
            "bench": bench_digest(self.bench),
            "athlete": self.athlete,
            "files": self.files(),
        }
        return blake2b(json.dumps(what, sort_keys=True).encode(), digest_size=16).hexdigest()


def bench_digest(bench: str | None) -> str:
    """Hash of the clip calibrations in a folder, '' where there are none."""
    place = clip_store() if bench is None else Path(bench)
    files = sorted(place.glob("*.json")) if place.is_dir() else []
    digest = blake2b(digest_size=16)
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.name}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return digest.hexdigest() if files else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a recording: the file it was (size in bytes, time of change in ns since 1970, hash), what it was
    analysed with, and how it went. ``final``: another try would end the same."""

    recording: str
    """Where its results are, below ``recordings/``."""
    path: str
    size_bytes: int
    mtime_ns: int
    blake2b: str
    imu_hinge: str
    parameters: str
    status: Status
    final: bool
    reason: str = ""
    """Why it failed or was skipped, in one line."""
    reps: int = 0
    duration_s: float = 0.0
    took_s: float = 0.0

    def text(self) -> str:
        """The entry as one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, text: str | bytes) -> Entry | None:
        """The entry of such a line; None where it is none."""
        try:
            found: Any = json.loads(text)
        except ValueError:
            return None
        if not isinstance(found, Mapping) or not {f.name for f in fields(cls)} <= found.keys():
            return None
        return cls(**{f.name: found[f.name] for f in fields(cls)})

    def settles(self, key: str, version: str) -> bool:
        """Whether it is about this way of analysing, and a last word."""
        return self.final and self.parameters == key and self.imu_hinge == version


@dataclass(frozen=True)
class Task:
    """A recording to analyse: all that a worker needs to know. ``key`` is that of ``settings``."""

    item: Item
    out: str
    settings: Settings
    key: str

    @property
    def recording(self) -> str:
        """Its id."""
        return recording_id(self.item.label)

    @property
    def folder(self) -> Path:
        """Where its results go."""
        return Path(self.out, "recordings", self.recording)

    def is_settled(self, known: Entry | None, size_bytes: int, mtime_ns: int) -> bool:
        """Whether ``known`` is of this very file and these settings, and its results are there."""
        return (
            known is not None
            and (known.size_bytes, known.mtime_ns) == (size_bytes, mtime_ns)
            and known.settles(self.key, self.settings.version)
            and not (known.status == "skipped" and self.item.named)
            and self.has_files(known)
        )

    def has_files(self, known: Entry) -> bool:
        """Whether the results that an entry speaks of are there."""
        return known.status != "done" or all((self.folder / name).is_file() for name in self.settings.files())

    def entry(self, status: Status, *, final: bool, reason: str = "", **more: Any) -> Entry:
        """An entry of this recording."""
        known: dict[str, Any] = {"size_bytes": -1, "mtime_ns": -1, "blake2b": "", **more}
        return Entry(
            recording=self.recording,
            path=text_of(self.item.label),
            imu_hinge=self.settings.version,
            parameters=self.key,
            status=status,
            final=final,
            reason=reason,
            **known,
        )


def read_entry(folder: Path) -> Entry | None:
    """The entry kept beside results; None where there is none that can be read."""
    try:
        return Entry.of((folder / ENTRY).read_bytes())
    except OSError:
        return None
