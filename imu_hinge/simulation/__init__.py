"""Simulated athletes and clips: recordings with known truth, for tests, demos and rehearsals."""

from __future__ import annotations

from imu_hinge.simulation.coaching import FAULT_OF_LABEL, LABELS_OF, ablation_scenario
from imu_hinge.simulation.presets import find_scenario, scenarios
from imu_hinge.simulation.scenarios import ClipPlan, Scenario, with_clips, with_duration
from imu_hinge.simulation.session import SimulatedSession, remount, simulate_session
from imu_hinge.simulation.truth import Truth, TruthRep, truth_files, truth_paths

__all__ = [
    "FAULT_OF_LABEL",
    "LABELS_OF",
    "ClipPlan",
    "Scenario",
    "SimulatedSession",
    "Truth",
    "TruthRep",
    "ablation_scenario",
    "find_scenario",
    "remount",
    "scenarios",
    "simulate_session",
    "truth_files",
    "truth_paths",
    "with_clips",
    "with_duration",
]
