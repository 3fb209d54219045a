"""Analysed sessions, and exports of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import pytest

from imu_hinge.export import FORMATS, Exported, export_files
from imu_hinge.recording import Recording
from imu_hinge.session.results import SessionResult

ExportOf = Callable[..., "Made"]


@dataclass(frozen=True)
class Made:
    """An export and what it was made from."""

    result: SessionResult
    recording: Recording
    exported: Exported

    def text(self, name: str) -> str:
        content = self.exported.files[name]
        return content if isinstance(content, str) else content.decode()

    def data(self, name: str) -> bytes:
        content = self.exported.files[name]
        return content if isinstance(content, bytes) else content.encode()


@pytest.fixture(scope="session")
def export_of(session_of: Callable[..., object], result_of: Callable[..., SessionResult]) -> ExportOf:
    """export_of(clips) exports the simulated RDL demo in every format, once for each set of clips."""

    @lru_cache(maxsize=8)
    def made(clips: tuple[str, ...] | None = None) -> Made:
        recording: Recording = session_of("demo_rdl", 1).recording  # type: ignore[attr-defined]
        result = result_of("demo_rdl", 1, clips)
        return Made(result, recording, export_files("demo.csv", result, recording, FORMATS))

    return made
