"""Trends and comparisons: what is counted, what is left out, and the words for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from session_folders import a_summary, name_of, put, put_course

from imu_hinge.errors import LibraryError
from imu_hinge.library.compare import Comparison, compare
from imu_hinge.library.library import open_library
from imu_hinge.library.measures import MEASURES
from imu_hinge.library.picking import LoadRange, Wanted, parse_load
from imu_hinge.library.trends import ExerciseTrend, Trend, trends
from imu_hinge.library.wording import number, time_words


def followed(home: Path, **asked: Any) -> tuple[ExerciseTrend, ...]:
    with open_library(home) as library:
        return trends(library.sessions(), library.reps(), **asked)


def trend_of(found: ExerciseTrend, key: str) -> Trend:
    return next(trend for trend in found.trends if trend.measure.key == key)


def both(home: Path) -> Comparison:
    with open_library(home) as library:
        newer, older = library.sessions()
        return compare(older, newer, library.reps())[0]


def words(found: Comparison) -> dict[str, str]:
    return {row.measure.key: row.word for row in found.rows}


def test_a_fall_over_weeks_is_told_with_its_uncertainty_and_what_stays_is_said_to_stay(tmp_path: Path) -> None:
    put_course(tmp_path)
    (found,) = followed(tmp_path)
    assert (found.exercise, found.loads, len(found.sessions)) == ("rdl", ("60 kg", "70 kg"), 8)
    assert [trend.measure for trend in found.trends] == list(MEASURES)
    lumbar = trend_of(found, "lumbar")
    assert lumbar.from_reference
    sentence = lumbar.sentence(lumbar.series[0])
    assert sentence.startswith("60 kg: fell by 10.")
    assert sentence.endswith("° in 7 weeks.")
    assert " ± " in sentence
    good = trend_of(found, "good_rate")
    assert good.verdict(good.series[0]).startswith("rose by ")
    assert " points in " in good.verdict(good.series[0])
    depth = trend_of(found, "depth")
    assert depth.verdict(depth.series[1]) == "no change that can be told in 7 weeks"


def test_two_sessions_make_no_trend(tmp_path: Path) -> None:
    put_course(tmp_path, 2)
    (found,) = followed(tmp_path)
    assert all(series.line is None for trend in found.trends for series in trend.series)
    lumbar = found.trends[0]
    assert lumbar.verdict(lumbar.series[0]) == "2 sessions, too few for a trend"


def test_the_exercise_with_most_sessions_comes_first_and_loads_can_be_chosen(tmp_path: Path) -> None:
    put_course(tmp_path, 3)
    put(tmp_path, name_of(30), a_summary(exercise="squat"))
    assert [found.exercise for found in followed(tmp_path)] == ["rdl", "squat"]
    assert followed(tmp_path, exercise="rdl", loads=LoadRange(65.0, 75.0))[0].loads == ("70 kg",)
    assert followed(tmp_path, exercise="rdl", loads=LoadRange(1.0, 2.0)) == ()


def test_many_loads_are_put_together_in_ranges(tmp_path: Path) -> None:
    for week in range(8):
        put(tmp_path, name_of(7 * week), a_summary(loads=(60.0 + 2.5 * week,)))
    put(tmp_path, name_of(60), a_summary(loads=(None,)))
    (found,) = followed(tmp_path)
    assert found.loads == ("60 to 65 kg", "67.5 to 70 kg", "72.5 to 77.5 kg", "load not known")
    assert sum(len(series.points) for series in found.trends[0].series) == 9


def test_reps_that_cannot_be_told_are_left_out_and_counted(tmp_path: Path) -> None:
    made = a_summary(beyond_deg=3.0, reps=6)
    for rep in made["sets"][0]["reps"][:2]:
        rep |= {"verdict": "cannot_tell", "hip_share": None}
        rep["lumbar_flexion_deg"] |= {"at_bottom": None, "sd": None}
    put(tmp_path, name_of(0), made)
    (found,) = followed(tmp_path)
    for key in ("lumbar", "good_rate", "hip_share"):
        (point,) = trend_of(found, key).series[0].points
        assert (point.reps, point.left_out) == (4, 2), key
    assert trend_of(found, "lumbar").series[0].points[0].estimate.value == pytest.approx(3.0)
    assert trend_of(found, "depth").series[0].points[0].reps == 6


def test_sessions_without_a_reference_are_left_out_of_lumbar_unless_none_has_one(tmp_path: Path) -> None:
    put_course(tmp_path, 3)
    put(tmp_path, name_of(40), a_summary() | {"reference_lumbar_deg": None})
    (found,) = followed(tmp_path)
    lumbar = found.trends[0]
    assert (lumbar.from_reference, lumbar.without_reference, len(lumbar.series[0].points)) == (True, 1, 3)
    alone = tmp_path / "alone"
    put(alone, name_of(0), a_summary(3.0) | {"reference_lumbar_deg": None})
    lumbar = followed(alone)[0].trends[0]
    assert (lumbar.from_reference, lumbar.without_reference) == (False, 0)
    assert lumbar.series[0].points[0].estimate.value == pytest.approx(8.0)


def test_sessions_calibrated_or_clipped_otherwise_are_marked(tmp_path: Path) -> None:
    put_course(tmp_path, 3)
    made = a_summary()
    made["quality"]["calibration"] = "minimal"
    put(tmp_path, name_of(40), made)
    del (other := a_summary())["quality"]["clips"]["pelvis"]
    put(tmp_path, name_of(50), other)
    (found,) = followed(tmp_path)
    assert found.unusual == {name_of(40), name_of(50)}
    assert "clips back (T12), pelvis (S1), thigh" in found.usual


def test_a_difference_is_called_one_only_where_chance_would_not_make_it(tmp_path: Path) -> None:
    put(tmp_path, name_of(0), a_summary(12.0, good=1, reps=12))
    put(tmp_path, name_of(7), a_summary(3.0, good=11, reps=12))
    said = words(both(tmp_path))
    assert (said["lumbar"], said["good_rate"]) == ("less", "more")
    assert said["depth"] == said["eccentric"] == said["creep"] == "no difference that can be told"
    put(tmp_path, name_of(7), a_summary(11.0, good=2, reps=12))
    assert set(words(both(tmp_path)).values()) == {"no difference that can be told"}


def test_sessions_are_compared_at_the_loads_they_have_in_common(tmp_path: Path) -> None:
    put(tmp_path, name_of(0), a_summary(loads=(60.0,)))
    put(tmp_path, name_of(7), a_summary(loads=(60.0, 80.0)))
    found = both(tmp_path)
    assert found.common_loads
    assert len(found.first.reps) == len(found.second.reps) == 6
    put(tmp_path, name_of(7), a_summary(loads=(80.0,)))
    assert not both(tmp_path).common_loads


def test_without_a_reference_in_both_lumbar_flexion_counts_from_standing(tmp_path: Path) -> None:
    put(tmp_path, name_of(0), a_summary(2.0))
    put(tmp_path, name_of(7), a_summary(2.0) | {"reference_lumbar_deg": None})
    found = both(tmp_path)
    assert not found.from_reference
    assert found.rows[0].change == pytest.approx(0.0)


def test_what_is_asked_for_is_what_is_found(tmp_path: Path) -> None:
    put_course(tmp_path, 2)
    with open_library(tmp_path) as library:
        newer, older = library.sessions()
    assert Wanted(exercise="rdl").has(newer)
    assert not Wanted(exercise="squat").has(newer)
    assert not Wanted(tags=("belt",)).has(newer)
    assert [Wanted(since_s=newer.began_s).has(one) for one in (newer, older)] == [True, False]
    assert [Wanted(until_s=newer.began_s).has(one) for one in (newer, older)] == [False, True]
    assert parse_load("60-80") == parse_load("80 kg to 60 kg") == LoadRange(60.0, 80.0)
    assert parse_load("82.5") == LoadRange(82.5, 82.5)
    for text in ("heavy", "", "60-", "-5"):
        with pytest.raises(LibraryError, match="is no load"):
            parse_load(text)


def test_numbers_and_times_read_well() -> None:
    assert [number(value, 1, sign=True) for value in (-0.04, 0.04, -3.25, 3.25)] == ["0.0", "0.0", "−3.2", "+3.2"]
    assert [time_words(days) for days in (1, 13, 42, 200)] == ["1 day", "13 days", "6 weeks", "7 months"]
