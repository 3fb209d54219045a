"""summary.json and angles.csv are what the contract says, and are written all or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imu_hinge.conventions import FAULTS
from imu_hinge.errors import OutputError
from imu_hinge.session.analysis import analyze
from imu_hinge.session.clip_store import clip_store, load_for, store_name
from imu_hinge.session.output import angles_csv, summary, summary_json, write_outputs
from imu_hinge.session.results import SessionResult
from imu_hinge.simulation import SimulatedSession

SessionOf = Callable[..., SimulatedSession]
NUMBER = (int, float)
MAYBE = (int, float, type(None))
CLIP = {
    "rate_hz": NUMBER,
    "loss_fraction": NUMBER,
    "longest_gap_s": NUMBER,
    "gyro_bias_deg_s": NUMBER,
    "gravity_m_s2": NUMBER,
    "clipped_samples": int,
    "slipped": bool,
}
REP = {
    "index": int,
    "start_s": NUMBER,
    "bottom_s": NUMBER,
    "end_s": NUMBER,
    "hip_flexion_deg": {"max": MAYBE, "sd": MAYBE},
    "lumbar_flexion_deg": {"at_bottom": MAYBE, "max": MAYBE, "min": MAYBE, "sd": MAYBE},
    "hip_share": MAYBE,
    "tempo_s": {"eccentric": NUMBER, "pause": NUMBER, "concentric": NUMBER, "top": MAYBE},
    "peak_hip_velocity_deg_s": MAYBE,
    "onset_hip_minus_spine_s": MAYBE,
    "verdict": str,
    "cannot_tell": bool,
    "faults": list,
    "not_judged": list,
    "hip_share_quarters": list,
    "onset_sd_s": MAYBE,
    "return_hip_minus_spine_s": MAYBE,
}
FAULT = {
    "name": str,
    "severity": str,
    "value_deg": NUMBER,
    "time_s": NUMBER,
    "probability": NUMBER,
    "value": NUMBER,
    "unit": str,
}
SET = {
    "exercise": str,
    "load_kg": MAYBE,
    "start_s": NUMBER,
    "end_s": NUMBER,
    "reps": list,
    "creep_deg_per_rep": MAYBE,
    "good_reps": int,
    "creep": {"sd_deg_per_rep": MAYBE, "added_deg": MAYBE, "severity": (str, type(None))},
    "consistency": {"lumbar_at_bottom_sd_deg": MAYBE, "hip_max_sd_deg": MAYBE, "tempo_sd_s": MAYBE},
}
SUMMARY = {
    "imu_hinge": str,
    "contract": int,
    "recording": str,
    "clips": list,
    "quality": {"calibration": str, "clock_residual_ms": MAYBE, "warnings": list, "clips": dict},
    "sets": list,
}
HEADER = (
    "time_s,thigh_pitch_deg,pelvis_pitch_deg,back_pitch_deg,"
    "hip_flexion_deg,hip_flexion_sd_deg,lumbar_flexion_deg,lumbar_flexion_sd_deg"
)


def check(value: Any, wanted: Any, path: str) -> None:
    if not isinstance(wanted, dict):
        assert isinstance(value, wanted), f"{path} is {value!r}"
        assert isinstance(value, bool) == (wanted is bool), path
        return
    assert isinstance(value, dict), path
    for key, inner in wanted.items():
        assert key in value, f"{path}.{key}"
        check(value[key], inner, f"{path}.{key}")


def checked(content: dict[str, Any]) -> dict[str, Any]:
    check(content, SUMMARY, "summary")
    assert content["contract"] == 1
    assert content["quality"]["calibration"] in ("full", "partial", "minimal")
    for name, clip in content["quality"]["clips"].items():
        check(clip, CLIP, name)
    for s in content["sets"]:
        check(s, SET, "set")
        for index, rep in enumerate(s["reps"], 1):
            check(rep, REP, "rep")
            assert rep["index"] == index
            assert rep["start_s"] < rep["bottom_s"] < rep["end_s"]
            assert rep["verdict"] in ("good", "faulty", "cannot_tell")
            assert rep["cannot_tell"] == (rep["lumbar_flexion_deg"]["at_bottom"] is None)
            for fault in rep["faults"]:
                check(fault, FAULT, "fault")
                assert fault["name"] in FAULTS
                assert fault["severity"] in ("amber", "red")
                assert 0.0 <= fault["probability"] <= 1.0
        assert s["good_reps"] == sum(rep["verdict"] == "good" for rep in s["reps"])
    return content


@pytest.mark.parametrize("clips", [None, ("thigh", "back"), ("thigh", "pelvis"), ("pelvis", "back")])
def test_the_summary_has_every_key_of_the_contract(clips: tuple[str, ...] | None, short_session: SessionOf) -> None:
    result = analyze(short_session().recording, clips)
    content = checked(json.loads(summary_json(result)))
    assert content == json.loads(json.dumps(summary(result)))
    assert content["clips"] == list(clips or ("thigh", "pelvis", "back"))
    assert len(content["sets"][0]["reps"]) == 3
    assert content["sets"][0]["reps"][-1]["tempo_s"]["top"] is None


def test_gaps_and_found_sets_fit_the_contract_too(result_of: Callable[..., SessionResult]) -> None:
    for name in ("dropouts", "unannounced_sets", "swapped"):
        content = checked(json.loads(summary_json(result_of(name, 1))))
        assert content["sets"]
        assert "NaN" not in summary_json(result_of(name, 1))


def test_a_rounded_rep_is_faulty_and_the_good_ones_are_not(short_session: SessionOf) -> None:
    reps = json.loads(summary_json(analyze(short_session().recording)))["sets"][0]["reps"]
    assert [rep["verdict"] for rep in reps] == ["good", "faulty", "good"]
    assert [fault["name"] for fault in reps[1]["faults"]] == ["rounded_back"]


def test_parameters_travel_with_the_result(short_session: SessionOf) -> None:
    content = json.loads(summary_json(analyze(short_session().recording)))
    assert content["params"]["session"]["orientation"]["filter"] == "vqf"
    assert content["params"]["rate_hz"] == 100.0


def test_angles_have_the_header_of_the_contract_and_empty_cells(short_session: SessionOf) -> None:
    lines = angles_csv(analyze(short_session(True).recording).angles).splitlines()
    assert lines[0] == HEADER
    cells = [line.split(",") for line in lines[1:]]
    assert {len(row) for row in cells} == {8}
    assert any("" in row for row in cells)
    assert not any(word in line.lower() for line in lines[1:] for word in ("nan", "inf", "null"))
    time_s = np.array([float(row[0]) for row in cells])
    assert np.allclose(np.diff(time_s), 0.01, atol=1e-6)


def test_a_clip_not_worn_has_an_empty_column(short_session: SessionOf) -> None:
    lines = angles_csv(analyze(short_session().recording, ("thigh", "back")).angles).splitlines()
    assert lines[0] == HEADER
    for line in lines[1:]:
        cells = line.split(",")
        assert cells[2] == ""


def test_results_are_written_under_their_names_and_nothing_else(tmp_path: Path) -> None:
    paths = write_outputs(tmp_path / "a" / "b", {"x.json": "{}\n", "y.csv": "t\n"})
    assert [path.name for path in paths] == ["x.json", "y.csv"]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["x.json", "y.csv"]
    assert paths[0].stat().st_mode & 0o777 == 0o644
    assert paths[1].read_bytes() == b"t\n"


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_failing_rename_leaves_everything_as_it_was(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("a.json", "b.csv", "c.html")
    out = tmp_path / "out"
    write_outputs(out, dict.fromkeys(names, "old"))
    done = []
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if (
            len(done) == failing
            and target.name in names
            and self.name.startswith(".")
            and not self.name.endswith(".before")
        ):
            raise OSError(28, "No space left on device")
        done.append(target)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left"):
        write_outputs(out, dict.fromkeys(names, "new"))
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert {path.read_text() for path in out.iterdir()} == {"old"}


def test_what_is_removed_comes_back_when_the_rest_fails(tmp_path: Path) -> None:
    write_outputs(tmp_path, {"a": "old", "b": "old"})
    (tmp_path / "c").mkdir()
    with pytest.raises(OutputError, match="c: cannot be written"):
        write_outputs(tmp_path, {"a": "new"}, remove=["b", "c"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]
    assert {(tmp_path / name).read_text() for name in "ab"} == {"old"}
    paths = write_outputs(tmp_path, {"a": "new"}, remove=["b", "d"])
    assert [path.read_text() for path in paths] == ["new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]


def test_a_failing_first_run_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("imu_hinge.recording.atomic.os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_outputs(tmp_path / "out", {"a": "b"})
    assert list(tmp_path.iterdir()) == []


def test_clip_calibrations_are_found_by_serial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMU_HINGE_HOME", str(tmp_path))
    assert clip_store() == tmp_path / "clips"
    monkeypatch.delenv("IMU_HINGE_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "x"))
    assert clip_store() == tmp_path / "x" / "imu_hinge" / "clips"
    assert store_name("C4:27/../3") == "C4_27_.._3.json"
    assert not store_name("../../etc").startswith(".")
    assert load_for({}, tmp_path) == {}


def test_the_clocks_of_a_live_recording_are_told(session_of: SessionOf) -> None:
    recording = session_of("rdl_good", 1).recording
    noted = {"clip.thigh.clock_residual_ms": "0.310", "clip.back.clock_residual_ms": "0.420"}
    live = replace(recording, header={**recording.header, **noted})
    assert summary(analyze(live))["quality"]["clock_residual_ms"] == 0.42
    assert summary(analyze(live, clips=("thigh", "pelvis")))["quality"]["clock_residual_ms"] == 0.31
    assert summary(analyze(recording))["quality"]["clock_residual_ms"] is None
