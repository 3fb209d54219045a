"""From foreign streams to clips: one timeline for both sensors, one clock that starts at zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from imu_hinge.conventions import RECORDING_VERSION, SITES
from imu_hinge.errors import ImportRefusedError, SampleError
from imu_hinge.recording.header import VERSION_KEY, parse_header
from imu_hinge.recording.importers.host_clock import CountedTimes, HostLine
from imu_hinge.recording.importers.text_table import TextTable
from imu_hinge.recording.importers.units import Quantity
from imu_hinge.recording.model import ClipSamples, FloatArray, HeaderNote, Recording

__all__ = [
    "SensorFile",
    "Stream",
    "ascending_stream",
    "build_recording",
    "foreign_clip",
    "left_out_warning",
    "merge_streams",
]

_GAP_PERIODS = 2.5
_SAME_RATE = 1.2


@dataclass(frozen=True)
class Stream:
    """One sensor's samples in SI: ``time_s`` (N,) ascending, ``values`` (N, 3)."""

    time_s: FloatArray
    values: FloatArray

    @property
    def period_s(self) -> float:
        """Median step, s."""
        return float(np.median(np.diff(self.time_s)))


@dataclass(frozen=True)
class SensorFile:
    """A file of one sensor: its samples, the line from its clock to the phone's, and how times were counted.

    Without ``to_host`` the stream is on the phone's clock; without ``counted`` each sample had its own stamp.
    """

    quantity: Quantity
    stream: Stream
    to_host: HostLine | None = None
    counted: CountedTimes | None = None


def ascending_stream(table: TextTable, time_s: FloatArray, values: FloatArray, *, bunched: bool = False) -> Stream:
    """The stream of a table's rows: times (N,), s, and values (N, 3) in SI; ``bunched`` ones share times.

    Raises SampleError naming the first line that is incomplete or not later than the one before.
    """
    bad = ~np.isfinite(time_s) | ~np.isfinite(values).all(axis=1)
    bad[1:] |= np.diff(time_s) < 0 if bunched else np.diff(time_s) <= 0
    if bad.any():
        raise SampleError(
            "the row is incomplete, or its time is not later than the one before",
            path=table.path,
            line=table.line + int(np.argmax(bad)),
            advice="Delete the line.",
        )
    return Stream(time_s, values)


def merge_streams(acc: Stream, gyr: Stream, *, path: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bring accelerometer and gyroscope of one clip onto the timeline of the slower one: time, acc, gyr.

    The slower stream stays as it is. Each value of the faster one is its mean over one period of the slower
    one around the instant (so turning angles are kept, and nothing aliases); at about the same rate it is
    interpolated linearly onto the accelerometer's instants. Instants where the faster stream is missing or
    has a gap are left out: nothing is invented. Raises ImportRefusedError where the two do not overlap.
    """
    if min(len(acc.time_s), len(gyr.time_s)) < 2:
        raise ImportRefusedError("fewer than two samples", path=path, advice="Export the whole recording.")
    gyr_slower = gyr.period_s > acc.period_s * _SAME_RATE
    slow, fast = (gyr, acc) if gyr_slower else (acc, gyr)
    window = slow.period_s if slow.period_s > fast.period_s * _SAME_RATE else 0.0
    low, high = slow.time_s - window / 2, slow.time_s + window / 2
    steps = np.diff(fast.time_s)
    gap = steps > _GAP_PERIODS * fast.period_s
    gaps_before_end = np.searchsorted(fast.time_s[:-1][gap], high, side="left")
    gaps_over_at_start = np.searchsorted(fast.time_s[1:][gap], low, side="right")
    whole = (gaps_before_end == gaps_over_at_start) & (low >= fast.time_s[0]) & (high <= fast.time_s[-1])
    if not whole.any():
        raise ImportRefusedError(
            "accelerometer and gyroscope do not overlap in time",
            path=path,
            advice="Give the two files of one recording.",
        )
    low, high = low[whole], high[whole]
    moved = np.empty((int(whole.sum()), 3))
    for axis in range(3):
        values = fast.values[:, axis]
        if window:
            area = np.concatenate(([0.0], np.cumsum(steps * (values[1:] + values[:-1]) / 2)))
            moved[:, axis] = (np.interp(high, fast.time_s, area) - np.interp(low, fast.time_s, area)) / window
        else:
            moved[:, axis] = np.interp(low, fast.time_s, values)
    kept = slow.values[whole]
    return slow.time_s[whole], *((moved, kept) if gyr_slower else (kept, moved))


def foreign_clip(
    name: str, time_s: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, *, path: str, line: int | None
) -> tuple[ClipSamples, int]:
    """One clip from arrays in SI, and how many rows with missing (NaN) values were left out.

    Raises SampleError where time does not ascend (``line`` is that of the first row, None where there are no
    lines), ImportRefusedError where no row is complete.
    """
    complete = np.isfinite(time_s) & np.isfinite(acc_m_s2).all(axis=1) & np.isfinite(gyr_rad_s).all(axis=1)
    rows = np.flatnonzero(complete)
    if not len(rows):
        raise ImportRefusedError(
            f"no row of clip '{name}' has time, acceleration and angular rate together",
            path=path,
            advice="Export both sensors at one rate, or each into a file of its own.",
        )
    back = np.flatnonzero(np.diff(time_s[rows]) <= 0)
    if len(back):
        row = int(rows[back[0] + 1])
        place = {"line": line + row} if line is not None else {}
        raise SampleError(
            f"time of clip '{name}' goes from {time_s[rows[back[0]]]:.6f} s to {time_s[row]:.6f} s",
            path=path,
            advice="Every sample needs a later time than the one before; delete repeated rows.",
            **place,
        )
    clip = ClipSamples(
        name=name,
        site=SITES[name][0],
        time_s=time_s[rows],
        acc_m_s2=np.ascontiguousarray(acc_m_s2[rows]),
        gyr_rad_s=np.ascontiguousarray(gyr_rad_s[rows]),
    )
    return clip, len(time_s) - len(rows)


def left_out_warning(rows: int, clip: str) -> str:
    """A sentence about rows that ``foreign_clip`` left out."""
    return f"{rows} incomplete row{'s' if rows > 1 else ''} of clip '{clip}' {'were' if rows > 1 else 'was'} left out."


def build_recording(
    name: str,
    clips: Iterable[ClipSamples],
    header: Mapping[str, str],
    warnings: Iterable[str] = (),
    *,
    keep_clock: bool = False,
) -> Recording:
    """A recording whose clock starts at its first sample (unless ``keep_clock``).

    ``header`` is read as a file's would be.

    Raises FormatError for header values the format does not allow.
    """
    clips = tuple(clips)
    notes = [HeaderNote(0, key, value) for key, value in header.items()]
    facts = parse_header([HeaderNote(0, VERSION_KEY, str(RECORDING_VERSION)), *notes])
    start = 0.0 if keep_clock else min(float(clip.time_s[0]) for clip in clips)
    return Recording(
        name=name,
        header=facts.values,
        clips={
            clip.name: ClipSamples(
                name=clip.name,
                site=facts.site_of(clip.name),
                time_s=clip.time_s - start,
                acc_m_s2=clip.acc_m_s2,
                gyr_rad_s=clip.gyr_rad_s,
                side=facts.sides.get(clip.name),
                serial=facts.values.get(f"clip.{clip.name}.serial"),
            )
            for clip in clips
        },
        segments=facts.segments,
        events=facts.events,
        warnings=tuple(warnings),
    )
