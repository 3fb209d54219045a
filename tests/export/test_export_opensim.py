"""What OpenSim gets is what the clips saw, in its frames, with gaps left as gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from export.opensim_tables import OpenSimTable, read_table
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.kinematics import segment_motion
from imu_hinge.errors import ClipError
from imu_hinge.export import export_files
from imu_hinge.export.files import earlier_pieces
from imu_hinge.export.opensim_angles import joint_coordinates, mot_text
from imu_hinge.export.opensim_orientations import body_orientations, segment_quaternion, sto_text
from imu_hinge.export.stretches import complete_stretches, numbered
from imu_hinge.session.results import AngleSeries

Made = Any
ExportOf = Callable[..., Made]
TO_OPENSIM = Rotation.from_euler("x", -90, degrees=True)
"""What docs/EXPORTS.md has the user enter as sensor_to_opensim_rotations."""


def rotations(table: OpenSimTable, name: str) -> Rotation:
    return Rotation.from_quat(table.column(name)[:, [1, 2, 3, 0]])


def bodies_as_opensense_places_them(table: OpenSimTable, standing: OpenSimTable, name: str) -> Rotation:
    """Body orientations in OpenSim's ground: IMU Placer takes the first row of the placement for the default pose, in
    which every body's axes are the ground's; Inverse Kinematics then lets the body follow its IMU exactly."""
    offset = TO_OPENSIM * rotations(standing, name)[0]
    return TO_OPENSIM * rotations(table, name) * offset.inv()


def about_z_deg(rotation: Rotation) -> NDArray[np.float64]:
    """First angle of the sequence z, x, y of the models' joints."""
    angles: NDArray[np.float64] = rotation.as_euler("ZXY", degrees=True)[:, 0]
    return angles


def test_opensense_comes_to_the_angles_of_the_motion_file(export_of: ExportOf) -> None:
    made = export_of()
    motion, standing = read_table(made.text("angles.mot")), read_table(made.text("placement.sto"))
    table = read_table(made.text("orientations.sto"))
    assert table.columns == ["femur_r_imu", "pelvis_imu", "torso_imu"]
    np.testing.assert_array_equal(table.time_s, motion.time_s)
    body = {name: bodies_as_opensense_places_them(table, standing, name) for name in table.columns}
    pelvis = about_z_deg(body["pelvis_imu"])
    np.testing.assert_allclose(pelvis, motion.column("pelvis_tilt"), atol=0.6)
    hip = about_z_deg(body["pelvis_imu"].inv() * body["femur_r_imu"])
    # The motion file's angles went through the smoother, which weighs the clips against the chain.
    np.testing.assert_allclose(hip, motion.column("hip_flexion_r"), atol=3.0)
    lumbar = about_z_deg(body["pelvis_imu"].inv() * body["torso_imu"])
    np.testing.assert_allclose(lumbar, motion.column("lumbar_extension"), atol=3.0)
    assert motion.column("hip_flexion_r").max() > 60.0
    assert motion.column("pelvis_tilt").min() < -45.0
    assert motion.column("lumbar_extension").min() < -15.0


@given(
    st.floats(-1.5, 1.5), st.floats(-1.2, 1.2), st.floats(-3.1, 3.1), st.lists(st.floats(-1, 1), min_size=3, max_size=3)
)
def test_a_segments_orientation_is_the_clips_without_mounting_and_heading(
    pitch: float, roll: float, heading: float, mounting: list[float]
) -> None:
    segment = Rotation.from_rotvec([roll, 0, 0]) * Rotation.from_rotvec([0, pitch, 0])
    mount = Rotation.from_rotvec(mounting)
    sensor = Rotation.from_rotvec([0, 0, heading]) * segment * mount
    alignment = ClipAlignment("back", mount.inv().apply([0, 0, 1]), mount.inv().apply([0, 1, 0]), 0, 0, "movement")
    motion = segment_motion(sensor.as_quat()[[3, 0, 1, 2]][None], np.zeros((1, 3)), alignment)
    quat = segment_quaternion(motion.pitch_rad, motion.roll_rad)
    found = Rotation.from_quat(quat[:, [1, 2, 3, 0]])[0]
    assert (found.inv() * segment).magnitude() < 1e-6


def test_the_side_is_the_recordings_and_else_the_one_that_is_said(export_of: ExportOf) -> None:
    made = export_of()
    thigh = made.recording.clips["thigh"]
    silent = replace(made.recording, clips=made.recording.clips | {"thigh": replace(thigh, side=None)})
    with pytest.raises(ClipError, match="--side left or --side right"):
        export_files("x", made.result, silent, ("mot",))
    left = export_files("x", made.result, silent, ("mot",), "left").files["angles.mot"]
    assert "hip_flexion_l" in str(left)
    assert set(export_files("x", made.result, silent, ("json",)).files) == {"session.json"}


def test_what_these_clips_cannot_tell_has_no_column(export_of: ExportOf) -> None:
    made = export_of(("thigh", "pelvis"))
    table = read_table(made.text("angles.mot"))
    assert table.columns == ["pelvis_tilt", "hip_flexion_r"]
    assert read_table(made.text("orientations.sto")).columns == ["femur_r_imu", "pelvis_imu"]


def test_a_back_clip_amid_the_lumbar_spine_is_on_no_body(export_of: ExportOf) -> None:
    angles = export_of().result.angles
    sites = {"thigh": "thigh", "pelvis": "S1", "back": "L3"}
    found, left_out = body_orientations(angles, sites, "right")
    assert set(found) == {"femur_r_imu", "pelvis_imu"}
    assert left_out == ["back"]


def test_a_back_clip_on_the_sacrum_is_the_pelvis(export_of: ExportOf) -> None:
    angles = export_of().result.angles
    found, _ = body_orientations(angles, {"thigh": "thigh", "back": "S1"}, "left")
    assert set(found) == {"femur_l_imu", "pelvis_imu"}
    tilt = joint_coordinates(angles, {"thigh": "thigh", "back": "S1"}, "left")["pelvis_tilt"]
    np.testing.assert_array_equal(tilt, -angles.pitch_deg["back"])


def with_hole(angles: AngleSeries, start_s: float, end_s: float) -> AngleSeries:
    hole = (angles.time_s > start_s) & (angles.time_s < end_s)

    def emptied(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(hole, np.nan, values)

    return replace(
        angles,
        hip_flexion_deg=emptied(angles.hip_flexion_deg),
        lumbar_flexion_deg=emptied(angles.lumbar_flexion_deg),
        pitch_deg=angles.pitch_deg | {"thigh": emptied(angles.pitch_deg["thigh"])},
    )


def test_a_gap_cuts_the_files_and_is_told(export_of: ExportOf) -> None:
    made = export_of()
    holed = replace(made.result, angles=with_hole(made.result.angles, 35.0, 37.0))
    exported = export_files("x", holed, made.recording, ("mot", "sto"))
    assert set(exported.files) == {
        "angles_1.mot", "angles_2.mot", "orientations_1.sto", "orientations_2.sto", "placement.sto"
    }  # fmt: skip
    first, second = (read_table(str(exported.files[f"angles_{i}.mot"])) for i in (1, 2))
    assert first.time_s[-1] == 35.0
    assert second.time_s[0] == 37.0
    assert any("in 2 files" in note and "2.0 s of" in note for note in exported.notes)


def test_nothing_known_is_no_file(export_of: ExportOf) -> None:
    made = export_of()
    nothing = replace(made.result, angles=with_hole(made.result.angles, -1.0, 1e9))
    with pytest.raises(ClipError, match="nothing to write"):
        export_files("x", nothing, made.recording, ("mot", "sto"))


def test_stretches_are_the_longest_without_an_empty_cell() -> None:
    columns = np.ones((300, 2))
    columns[100, 0] = columns[120, 1] = np.nan
    assert complete_stretches(columns, 100.0) == [slice(0, 100), slice(121, 300)]
    assert complete_stretches(np.full((300, 1), np.nan), 100.0) == []
    assert numbered("angles", ".mot", 1) == ["angles.mot"]
    assert numbered("angles", ".mot", 2) == ["angles_1.mot", "angles_2.mot"]


def test_pieces_of_an_earlier_export_do_not_stay() -> None:
    present = ["angles.mot", "angles_3.mot", "orientations_2.sto", "angles_x.mot", "my.mot", "recording.csv"]
    assert earlier_pieces(present, ("mot",), ["angles_1.mot"]) == ["angles.mot", "angles_3.mot"]


def test_empty_cells_are_a_programming_error() -> None:
    nan = np.array([np.nan])
    with pytest.raises(ValueError, match="empty"):
        mot_text(np.zeros(1), {"pelvis_tilt": nan})
    with pytest.raises(ValueError, match="empty"):
        sto_text([0.0], {"pelvis_imu": np.full((1, 4), np.nan)}, 100.0)
