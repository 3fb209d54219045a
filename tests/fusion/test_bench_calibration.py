"""Six still positions give an accelerometer's bias and scale, or say what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import CalibrationError, FormatError, OutputError
from imu_hinge.fusion.bench import BenchCalibration, fit_six_positions, load_bench, save_benches

FloatArray = NDArray[np.float64]
BIAS = np.array([0.25, -0.40, 0.15])
SCALE = np.array([1.02, 0.985, 1.01])
FACES = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))


def bench(
    faces: tuple[tuple[int, int, int], ...] = FACES, bias: FloatArray = BIAS
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each face up for three seconds on a table that is not quite level, turned by hand in between."""
    rng = np.random.default_rng(6)
    acc, gyr = [], []
    for face in faces:
        up = np.array(face, float) + 0.02 * rng.normal(size=3)
        still = GRAVITY_M_S2 * up / np.linalg.norm(up) / SCALE + bias
        acc += [np.tile(still, (300, 1)), still + 4.0 * rng.normal(size=(60, 3))]
        gyr += [np.tile(np.deg2rad([0.5, -0.2, 0.1]), (300, 1)), rng.normal(size=(60, 3))]
    both = np.vstack(acc), np.vstack(gyr)
    noise = rng.normal(size=(2, *both[0].shape))
    return np.arange(len(both[0])) / 100.0, both[0] + 0.01 * noise[0], both[1] + 0.001 * noise[1]


def test_bias_and_scale_are_recovered() -> None:
    time_s, acc, gyr = bench()
    fitted = fit_six_positions("thigh", time_s, acc, gyr)
    assert np.allclose(fitted.bias_m_s2, BIAS, atol=0.005)
    assert np.allclose(fitted.scale, SCALE, atol=0.0005)
    assert fitted.residual_m_s2 < 0.005
    assert fitted.positions == 6
    lengths = np.linalg.norm(fitted.apply(acc[100:250]), axis=1)
    assert lengths.mean() == pytest.approx(GRAVITY_M_S2, abs=0.003)


def test_a_missing_face_is_named() -> None:
    with pytest.raises(CalibrationError, match=r"thigh clip never lay still with -y, \+z up") as caught:
        fit_six_positions("thigh", *bench(FACES[:3] + FACES[5:]))
    assert caught.value.clip == "thigh"
    assert "three seconds" in str(caught.value)


def test_a_faulty_accelerometer_is_not_corrected_away() -> None:
    with pytest.raises(CalibrationError, match=r"seems off by 3\.\d m/s2"):
        fit_six_positions("back", *bench(bias=np.array([0.0, 3.0, 0.0])))


def test_a_calibration_survives_the_file(tmp_path: Path) -> None:
    fitted = fit_six_positions("thigh", *bench())
    save_benches({tmp_path / "new" / "A1.json": fitted})
    assert load_bench(tmp_path / "new" / "A1.json") == fitted


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"imu_hinge_bench": 2}', '{"imu_hinge_bench": 1, "clip": "x"}'])
def test_what_is_no_calibration_is_refused_with_the_way_to_make_one(text: str, tmp_path: Path) -> None:
    path = tmp_path / "A1.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"A1\.json: not a bench calibration\. Make one with"):
        load_bench(path)
    path.unlink()
    with pytest.raises(FormatError, match="cannot read the calibration"):
        load_bench(path)


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    calibration = BenchCalibration("x", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.0, 6)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        save_benches({tmp_path / "a.json": calibration, tmp_path / "file" / "b.json": calibration})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
