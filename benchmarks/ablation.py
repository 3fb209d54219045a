"""Lumbar flexion from a thigh and a back clip: what each piece of information brings, and what conditions cost.

People, movements, skin and sensors are those of this repository's simulator, the analysis is the product's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.limit import bounds, low_passed_sd
from benchmarks.separating import COVER, Given, Handed, Scores, analysed, scored, without_tape
from benchmarks.tables import Outcome
from imu_hinge.body.smoother import Noise
from imu_hinge.errors import ImuHingeError
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.session.params import SessionParams
from imu_hinge.simulation import SimulatedSession, simulate_session
from imu_hinge.simulation import session as simulating
from imu_hinge.simulation.coaching import ablation_scenario
from imu_hinge.simulation.motion import Motion
from imu_hinge.simulation.program import Block
from imu_hinge.simulation.scenarios import Scenario
from imu_hinge.simulation.session import act
from imu_hinge.simulation.stage import Stage

__all__ = ["CONDITIONS", "INFORMATION", "PEOPLE", "Condition", "Information", "measure", "measure_conditions", "row"]

FloatArray = NDArray[np.float64]

PEOPLE = 3
"""Simulated people, by default."""
FIRST_SEED = 101
"""Seeds from here on: tune on others."""
NOT_REPS = ("hinge", "toe_touch", "land")
NEVER = 1e3
"""An SD, m/s², at which an acceleration says nothing."""


@dataclass(frozen=True)
class Condition:
    """A variant of the session; the defaults are the plain one."""

    rep_s: float | None = None
    back_site: str = "T12"
    skin: float = 1.0
    grade: str = "calibrated"
    exercise: str = "rdl"
    benched: bool = False
    """Whether the product is told that the accelerometers were calibrated."""


@dataclass(frozen=True)
class Information:
    """What the analysis may use."""

    given: Given = field(default_factory=Given)
    accelerations: bool = True
    tape: bool = True
    clips: tuple[str, ...] = ("thigh", "back")


PRODUCT = Information()
_LESS = Given(neutral=False, toe_touch=False, tilts=False)
INFORMATION: dict[str, Information] = {
    "angles only": Information(_LESS, accelerations=False, tape=False),
    "+ accelerations": Information(_LESS, tape=False),
    "+ tape measures": Information(_LESS),
    "+ reference hinges": Information(replace(_LESS, neutral=True)),
    "+ toe touch": Information(replace(_LESS, neutral=True, toe_touch=True)),
    "+ pelvic tilts": PRODUCT,
    "+ pelvis clip": Information(clips=("thigh", "pelvis", "back")),
}
"""Every row has what those above it have."""

CONDITIONS: dict[str, dict[str, Condition]] = {
    "a rep takes": {
        **{f"{s:g} s": Condition(rep_s=s) for s in (0.8, 1.5, 3.0, 5.0)},
        "as people do": Condition(),
    },
    "back clip at": {site: Condition(back_site=site) for site in ("T12", "L1", "L2", "L3", "L4")},
    "skin motion": {"none": Condition(skin=0.0), "usual": Condition(), "double": Condition(skin=2.0)},
    "sensors": {
        "ideal": Condition(grade="ideal"),
        "calibrated": Condition(),
        "calibrated, and it is told": Condition(benched=True),
        "raw": Condition(grade="raw"),
    },
    "exercise": {name: Condition(exercise=name) for name in ("rdl", "squat", "deadlift", "pickup")},
}


@dataclass(frozen=True)
class Person:
    """How one person's session came out, and the bounds (R,) of lumbar flexion at the bottoms, deg."""

    scores: Scores
    learnt_deg: FloatArray
    known_deg: FloatArray


_acted: dict[tuple[tuple[Block, ...], int], tuple[Stage, Motion]] = {}


def _act(scenario: Scenario, seed: int) -> tuple[Stage, Motion]:
    """``simulation.session.act``, which clips, skin and sensors do not change, remembered for the plain sessions."""
    key = scenario.blocks, seed
    if key in _acted:
        return _acted[key]
    acted = act(scenario, seed)
    if scenario.blocks == ablation_scenario().blocks:
        _acted[key] = acted
    return acted


@lru_cache(maxsize=4)
def _session(condition: Condition, seed: int) -> SimulatedSession:
    scenario = ablation_scenario(
        rep_s=condition.rep_s,
        back_site=condition.back_site,
        skin=condition.skin,
        grade=condition.grade,
        exercise=condition.exercise,
    )
    try:
        vars(simulating).update(act=_act)
        return simulate_session(scenario, seed)
    finally:
        vars(simulating).update(act=act)


def _params(information: Information) -> SessionParams:
    """The product's own, or with accelerations that count for nothing; no value is held back because its SD is wide."""
    params = SessionParams()
    params = replace(params, faults=replace(params.faults, most_lumbar_sd_deg=np.inf))
    if information.accelerations:
        return params
    deaf = Noise((NEVER, NEVER, NEVER, NEVER))
    smoother = replace(params.separation.smoother, start_noise=deaf, least_noise=deaf)
    return replace(params, separation=replace(params.separation, smoother=smoother, most_noise_m_s2=np.inf))


@lru_cache(maxsize=1000)
def person(condition: Condition, information: Information, seed: int) -> Person:
    """One simulated person's session analysed with this information."""
    session = _session(replace(condition, benched=False), seed)
    recording = session.recording if information.tape else without_tape(session.recording)
    bench = {
        name: BenchCalibration(name, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.0, 6)
        for name in (information.clips if condition.benched else ())
    }
    reps = [rep for rep in session.truth.reps if rep.kind not in NOT_REPS]
    unknown = np.full(len(reps), np.nan)
    try:
        result, handed = analysed(recording, information.clips, information.given, _params(information), bench)
    except ImuHingeError:
        return Person(Scores(unknown, unknown, unknown), unknown, unknown)
    hip_deg = session.truth.columns["hip_flexion_deg"]
    scores = scored(result, reps, session.truth.time_s, hip_deg)
    if handed is None:
        return Person(scores, unknown, unknown)
    learnt, known = limits(session, handed, condition, information)
    return Person(scores, learnt, known)


def limits(
    session: SimulatedSession, handed: Handed, condition: Condition, information: Information
) -> tuple[FloatArray, FloatArray]:
    """Bounds of lumbar flexion at the bottom of every rep (R,), deg: constants learnt from the session, and known."""
    truth = session.truth

    def course(time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        shank, lumbar = (
            np.deg2rad(np.interp(time_s, truth.time_s, values))
            for values in (
                truth.columns["thigh_pitch_deg"] + truth.columns["knee_flexion_deg"],
                truth.columns["lumbar_flexion_deg"],
            )
        )
        return shank, lumbar

    grade = ablation_scenario(grade=condition.grade).grade
    found = bounds(
        handed.movements,
        handed.rate_hz,
        handed.belief,
        handed.levels,
        handed.params,
        course,
        [rep.bottom for rep in truth.reps if rep.kind not in NOT_REPS],
        low_passed_sd(grade, handed.params.window.low_pass_s) if information.accelerations else NEVER,
    )
    learnt, known = (
        np.rad2deg([np.nan if bound is None else getattr(bound, name) for bound in found])
        for name in ("learnt_rad", "known_rad")
    )
    return learnt, known


def _rms(values: FloatArray) -> float | None:
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if len(values) else None


def _mean(values: FloatArray) -> float | None:
    values = values[np.isfinite(values)]
    return float(np.mean(values)) if len(values) else None


def row(people: Sequence[Person]) -> dict[str, object]:
    """What a row of the tables is made of: values over the reps that were followed, limits over all."""

    def joined(pick: Callable[[Person], FloatArray]) -> FloatArray:
        return np.concatenate([pick(p) for p in people])

    error, sd = joined(lambda p: p.scores.error), joined(lambda p: p.scores.sd)
    there = np.isfinite(error)
    return {
        "people": len(people),
        "reps": len(error),
        "followed": int(there.sum()),
        "told": int((sd <= SessionParams().faults.most_lumbar_sd_deg).sum()),
        "rmse_deg": _rms(error),
        "sd_deg": float(sd[there].mean()) if there.any() else None,
        "cover90": float(np.mean(np.abs(error[there]) <= COVER * sd[there])) if there.any() else None,
        "hip_rmse_deg": _rms(np.sqrt(joined(lambda p: p.scores.hip_square)[there])),
        "limit_deg": _rms(joined(lambda p: p.learnt_deg)),
        "limit_known_deg": _rms(joined(lambda p: p.known_deg)),
        "rmse_by_person_deg": [_rms(p.scores.error) for p in people],
        "bias_by_person_deg": [
            float(np.mean(e)) if len(e := p.scores.error[np.isfinite(p.scores.error)]) else None for p in people
        ],
    }


COLUMNS = ("RMSE", "stated SD", "90 % holds", "hip RMSE", "told", "limit")


def _cells(values: Mapping[str, object]) -> list[str]:
    def text(name: str, digits: int = 1) -> str:
        value = values[name]
        return f"{value:.{digits}f}" if isinstance(value, float) else "–"

    cover = values["cover90"]
    return [
        text("rmse_deg"),
        text("sd_deg"),
        f"{100 * cover:.0f} %" if isinstance(cover, float) else "–",
        text("hip_rmse_deg"),
        f"{values['told']}/{values['reps']}",
        text("limit_deg", 2),
    ]


_HOW = (
    "Lumbar flexion at the bottom of a rep: RMSE, mean stated SD, share of reps whose 90 % interval holds the truth; "
    "RMSE of hip flexion over the reps; all in degrees, over the reps that were followed. Told are "
    "those whose stated SD is small enough for the product to speak. "
    "The limit is the Cramer-Rao bound of the chain model with only the accelerometers' white noise, the constants "
    "learnt from the same session (root mean square over all reps): what is between it and the RMSE is skin, sensor "
    "noise that is not white, and bodies that are not quite the model's."
)


def _seeds(people: int) -> range:
    return range(FIRST_SEED, FIRST_SEED + people)


def measure(people: int = PEOPLE) -> Outcome:
    """What each piece of information brings, and the limit."""
    numbers = {
        name: row([person(Condition(), information, seed) for seed in _seeds(people)])
        for name, information in INFORMATION.items()
    }
    rows = [[name, *_cells(r)] for name, r in numbers.items()]
    last = numbers["+ pelvic tilts"]
    for name, key in (
        ("limit of thigh and back, constants learnt", "limit_deg"),
        ("limit of thigh and back, constants known", "limit_known_deg"),
    ):
        value = last[key]
        rows.append([name, f"{value:.2f}" if isinstance(value, float) else "–", *[""] * (len(COLUMNS) - 1)])
    reps = last["reps"]
    return Outcome(
        "ablation",
        "Hips from lumbar spine with a thigh and a back clip: what each piece of information brings",
        f"{people} simulated people, {reps} Romanian deadlifts (good, rounded 20-35 degrees, arched), back clip at "
        "T12, calibrated sensors, usual skin; each row has what the rows above it have. Angles only: height, the "
        f"clips' pitches and what is believed of any hinge. {_HOW} Simulated by this repository's simulator, "
        "which shares the model's idea of a spine: nothing here says how real people come out.",
        ("information", *COLUMNS),
        rows,
        {
            "people": people,
            "rows": numbers,
            "table": [["information", *COLUMNS], *rows],
        },
    )


def measure_conditions(people: int = PEOPLE) -> Outcome:
    """What the duration of reps, the clip's level, skin, sensors and the exercise cost."""
    numbers: dict[str, dict[str, dict[str, object]]] = {}
    rows: list[list[str]] = []
    done: dict[Condition, dict[str, object]] = {}
    for what, conditions in CONDITIONS.items():
        numbers[what] = {}
        for name, condition in conditions.items():
            if condition not in done:
                done[condition] = row([person(condition, PRODUCT, seed) for seed in _seeds(people)])
            numbers[what][name] = done[condition]
            rows.append([f"{what} {name}" if what != "sensors" else f"sensors: {name}", *_cells(done[condition])])
    return Outcome(
        "conditions",
        "Hips from lumbar spine with a thigh and a back clip: what conditions cost",
        f"{people} simulated people, {done[Condition()]['reps']} reps a row: Romanian deadlifts unless said otherwise, "
        "the product as it is, one thing changed at a time. Columns as above.",
        ("condition", *COLUMNS),
        rows,
        {"people": people, "rows": numbers, "table": [["condition", *COLUMNS], *rows]},
    )
