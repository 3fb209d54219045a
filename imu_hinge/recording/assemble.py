"""From rows as they arrived to clips sorted in time, refilled gaps in place.

A row is *late* when an earlier row of its clip has the same or a later time. Late rows are accepted only
where they fill a hole exactly, which means, with P the clip's nominal period (the median of its steps forward
in order of arrival):

- they fall strictly inside one gap between two consecutive on-time samples of the clip, and that gap is
  longer than ``HOLE_PERIODS`` P;
- within that gap they arrive in ascending order;
- no two neighbours, the edges of the gap included, are closer than ``CLOSEST_PERIODS`` P.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.errors import SampleError
from imu_hinge.recording.header import Header, parse_header
from imu_hinge.recording.in_progress import settled_segments
from imu_hinge.recording.model import Arrivals, ClipSamples, FloatArray, Recording

__all__ = ["CLOSEST_PERIODS", "HOLE_PERIODS", "LONGEST_GAP_S", "assemble"]

HOLE_PERIODS: Final = 1.5
"""A gap is a hole when it is longer than this many nominal periods."""
CLOSEST_PERIODS: Final = 0.5
"""A late sample is at least this many nominal periods away from its neighbours."""
LONGEST_GAP_S: Final = 3600.0
"""A jump ahead longer than this, s, is a broken clock or two recordings in one file."""


def assemble(arrivals: Arrivals) -> Recording:
    """Sort each clip in time and read the header; the recording's ``header`` leaves out segments and events.

    Raises SampleError naming the line of the first row that goes back in time without filling a hole, repeats
    a sample, or jumps ahead by more than ``LONGEST_GAP_S``; FormatError for a bad header.
    """
    header = parse_header(arrivals.notes, path=arrivals.path)
    clips = {name: _clip(arrivals, index, name, header) for index, name in enumerate(arrivals.clip_names)}
    end_s = float(arrivals.time_s.max()) if len(arrivals.time_s) else 0.0
    return Recording(
        name=arrivals.name,
        header=header.values,
        clips=clips,
        segments=settled_segments(header.segments, header.events, end_s),
        events=header.events,
        warnings=arrivals.warnings,
    )


def _clip(arrivals: Arrivals, index: int, name: str, header: Header) -> ClipSamples:
    rows = np.flatnonzero(arrivals.clip_index == index)
    time = arrivals.time_s[rows]
    offence = _find_offence(time)
    if offence is not None:
        at, what, advice = offence
        raise SampleError(
            f"clip '{name}' {what}", path=arrivals.path, line=arrivals.line_of(int(rows[at])), advice=advice
        )
    rows = rows[np.argsort(time, kind="stable")]
    return ClipSamples(
        name=name,
        site=header.site_of(name),
        time_s=arrivals.time_s[rows],
        acc_m_s2=arrivals.acc_m_s2[rows],
        gyr_rad_s=arrivals.gyr_rad_s[rows],
        side=header.sides.get(name),
        serial=header.values.get(f"clip.{name}.serial"),
    )


def _find_offence(time: FloatArray) -> tuple[int, str, str] | None:
    """Index, description and advice of the first row that neither goes on in time nor fills a hole."""
    latest = np.maximum.accumulate(time)
    late = np.zeros(len(time), dtype=bool)
    late[1:] = time[1:] <= latest[:-1]
    on_time = time[~late]
    offences = [_first_jump(time, on_time, late)]
    if late.any():
        offences.append(_first_not_filling(time, on_time, np.flatnonzero(late), latest))
    return min((offence for offence in offences if offence is not None), default=None)


def _first_jump(time: FloatArray, on_time: FloatArray, late: NDArray[np.bool_]) -> tuple[int, str, str] | None:
    jumps = np.flatnonzero(np.diff(on_time) > LONGEST_GAP_S)
    if not len(jumps):
        return None
    at = int(np.flatnonzero(~late)[jumps[0] + 1])
    what = f"jumps ahead in time by {on_time[jumps[0] + 1] - on_time[jumps[0]]:.0f} s, to {time[at]:.6f} s"
    return at, what, "Correct the row's time, or split the file here into two recordings."


def _first_not_filling(
    time: FloatArray, on_time: FloatArray, late: NDArray[np.intp], latest: FloatArray
) -> tuple[int, str, str] | None:
    period = _nominal_period(time)
    offences: list[tuple[int, str, str]] = []
    members: dict[int, list[int]] = {}
    for at, edge in zip(late.tolist(), np.searchsorted(on_time, time[late]).tolist(), strict=True):
        hole = on_time[edge] - on_time[edge - 1] if edge else 0.0
        if time[at] == on_time[edge]:
            offences.append(_repeats(at, time))
        elif hole <= HOLE_PERIODS * period:
            offences.append(_goes_back(at, time, latest, "fills no hole: there is no gap at that time"))
        else:
            members.setdefault(edge, []).append(at)
            continue
        break
    for edge, rows in members.items():
        misfit = _first_misfit(time, rows, on_time[edge - 1], on_time[edge], period, latest)
        offences += [misfit] if misfit else []
    return min(offences, default=None)


def _first_misfit(
    time: FloatArray, members: list[int], start: float, end: float, period: float, latest: FloatArray
) -> tuple[int, str, str] | None:
    """The first of the late rows in one gap that does not ascend or stands too close to a neighbour."""
    before = start
    for at in members:
        step = time[at] - before
        if step == 0:
            return _repeats(at, time)
        if step < 0:
            return _goes_back(at, time, latest, "does not ascend within the gap it fills")
        if min(step, end - time[at]) < CLOSEST_PERIODS * period:
            return _goes_back(at, time, latest, "fills no hole exactly: it stands too close to another sample")
        before = float(time[at])
    return None


def _repeats(at: int, time: FloatArray) -> tuple[int, str, str]:
    return at, f"repeats its sample at {time[at]:.6f} s", "Delete the repeated line."


def _goes_back(at: int, time: FloatArray, latest: FloatArray, why: str) -> tuple[int, str, str]:
    what = f"goes back in time, from {latest[at - 1]:.6f} s to {time[at]:.6f} s, and {why}"
    return at, what, "Delete the line, or cut the file here."


def _nominal_period(time: FloatArray) -> float:
    steps = np.diff(time)
    steps = steps[steps > 0]
    return float(np.quantile(steps, 0.5, method="lower")) if len(steps) else 0.0
