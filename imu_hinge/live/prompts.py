"""What the athlete is asked to do at each step, in words that fit a phone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imu_hinge.live.view import Prompt
from imu_hinge.report.words import exercise_words
from imu_hinge.session.guide import GuideState, Step

__all__ = [
    "CONNECTING",
    "SAVING",
    "calibration_prompt",
    "paused_prompt",
    "reminder_prompt",
    "set_prompt",
    "where_prompt",
]

_STEPS: Final[Mapping[Step, tuple[str, str]]] = MappingProxyType(
    {
        Step.STAND: ("Stand still", "Stand tall and still for three seconds, arms hanging: this is zero."),
        Step.HINGES: (
            "Hinge three times",
            "Slowly push the hips back with a flat back and shins still, and come up again. Then stand.",
        ),
        Step.TILTS: ("Tilt the pelvis", "Standing, tuck the tailbone under and stick it out, three times."),
        Step.TOUCH: ("Reach for your toes", "Once, slowly, and let the back round as far as it likes. Then stand."),
    }
)
_KEYS: Final = ("r: begin again", "q: stop")

CONNECTING: Final = Prompt(
    "Connecting", "Looking for the clips: switch them on and keep them close.", keys=("q: stop",)
)
SAVING: Final = Prompt("Saving", "The recording is safe; its report is being written.")


def where_prompt(clip: str, problem: str = "", got: str = "", *, lit: bool = False, guessed: bool = False) -> Prompt:
    """Ask to tap a clip, so that each is known to be where its name says. ``lit``: the one taken for it blinks;
    ``guessed``: nobody has said so, and then nobody can agree without seeing it blink."""
    text = f"Tap the clip on the {'lower back' if clip == 'back' else clip} twice with a finger."
    if lit:
        text += f" The one that blinks now {'may' if guessed else 'should'} be it."
    agree = ("space: the blinking one is it",) if lit else ()
    return Prompt(
        f"Tap the {clip} clip",
        text,
        problem=problem,
        got=got,
        keys=(*(agree if guessed else ("space: they are right",)), "q: stop"),
    )


def calibration_prompt(state: GuideState, *, exchange: bool) -> Prompt:
    """Ask for the step that is due; ``exchange``: whether the clips may be exchanged now."""
    if state.step is None:
        return Prompt("Calibrated", got=state.got)
    title, text = _STEPS[state.step]
    skip = ("s: leave it out",) if state.step in (Step.TILTS, Step.TOUCH) else ()
    swap = ("w: exchange the clips",) if exchange else ()
    if state.checking:
        title, text = "One moment", "Stand: the calibration is being looked at."
    return Prompt(title, text, state.number, state.of, state.progress, state.got, state.problem, (*skip, *swap, *_KEYS))


def reminder_prompt(exercise: str, got: str) -> Prompt:
    """Say what the clips cannot see, before the first set."""
    return Prompt(
        f"{exercise_words(exercise)}: yours to watch",
        "The clips cannot see these.",
        got=got,
        keys=("space: begin", "e: next exercise", "l: load", "q: stop"),
    )


def set_prompt() -> Prompt:
    """What the keyboard does during a set."""
    keys = ("space: end the set", "u: undo a rep", "m: mark", "e: exercise", "l: load", "r: recalibrate", "q: stop")
    return Prompt("", keys=keys)


def paused_prompt() -> Prompt:
    """What the keyboard does between sets."""
    return Prompt("Paused", "Nothing is counted.", keys=("space: begin a set", "e: exercise", "l: load", "q: stop"))
