"""docs/COACHING.md uses the product's own words, and has every fault and every exercise."""

from __future__ import annotations

from pathlib import Path

from imu_hinge.conventions import EXERCISES, FAULTS
from imu_hinge.hinge.coaching import COACHING, FOR_EXERCISE, UNSEEN
from imu_hinge.hinge.profiles import PROFILES
from imu_hinge.simulation import FAULT_OF_LABEL, LABELS_OF

PAGE = (Path(__file__).parents[2] / "docs" / "COACHING.md").read_text(encoding="utf-8")
SECTIONS = PAGE.split("\n### ")[1:]


def test_the_words_are_the_products() -> None:
    for fault in FAULTS:
        assert f'"{COACHING[fault].cue}"' in PAGE
        assert f"| `{fault}` | {COACHING[fault].advice} |" in PAGE


def test_each_exercise_has_its_session_and_the_cues_of_what_it_is_judged_for() -> None:
    for exercise in EXERCISES:
        (section,) = [text for text in SECTIONS if f"`coaching_{exercise}`" in text.splitlines()[0]]
        told = {fault for fault in FAULTS if f'"{COACHING[fault].cue}"' in section}
        simulated = {FAULT_OF_LABEL[label] for label in LABELS_OF[exercise]}
        assert told == simulated, exercise
        # the knees of a hinge have nothing to give away, so there hips that shoot up are judged but not simulated
        assert set(PROFILES[exercise].faults) - told <= {"hips_shoot_up"}, exercise
        assert told <= set(PROFILES[exercise].faults), exercise


def test_each_exercise_has_its_own_advice_and_what_the_clips_cannot_see() -> None:
    for exercise in EXERCISES:
        (section,) = [text for text in SECTIONS if f"`coaching_{exercise}`" in text.splitlines()[0]]
        words = " ".join(section.split())
        for point in UNSEEN[exercise]:
            assert f'"{point}"' in words, (exercise, point)
        for (whose, fault), advice in FOR_EXERCISE.items():
            assert whose != exercise or f'{COACHING[fault].name}: "{advice}"' in words, (exercise, fault)


def test_allowances_are_told() -> None:
    for exercise in EXERCISES:
        (section,) = [text for text in SECTIONS if f"`coaching_{exercise}`" in text.splitlines()[0]]
        allowance = PROFILES[exercise].lumbar_allowance_deg
        assert not allowance or f"with {allowance:g}° to spare" in section, exercise
