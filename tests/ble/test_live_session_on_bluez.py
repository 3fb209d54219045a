"""A whole live session through the real stack: kernel, bluetoothd, bleak, two clips on our C core, cues, report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from imu_hinge.live.cue_sink import RecordedCues
from imu_hinge.live.plan import Command, Order, Plan
from imu_hinge.live.runner import RECORDING_NAME, LiveRun, Setup
from imu_hinge.protocol.definitions import Role
from imu_hinge.recording import read_arrivals, read_recording
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.sensors.ble_source import BleParams, BleSource
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.roles import RoleStore
from imu_hinge.session.guide import GuideParams, Step
from imu_hinge.session.output import write_outputs
from imu_hinge.session.params import SessionParams
from imu_hinge.simulation import find_scenario, simulate_session, with_clips

from .air import Air
from .virtual_clip import VirtualClip, play

if TYPE_CHECKING:
    from .bluez.machine import Machine

ROLES = {"thigh": Role.THIGH, "back": Role.BACK}
STANDS_S = 25.0
"""The athlete stands for so long before anything: until then the clips are connected and their clocks learnt."""


@pytest.mark.bluez
@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_whole_live_session(machine: Machine, tmp_path: Path, record_property: Any) -> None:
    simulated = simulate_session(with_clips(find_scenario("rdl_rounding"), tuple(ROLES)), 0)
    labels = [rep.label for rep in simulated.truth.reps if rep.kind == "rdl"]
    header = {k: v for k, v in simulated.recording.header.items() if k.startswith(("athlete.", "measure."))}
    folder, sink = tmp_path / "session", RecordedCues()

    def save(made: Path) -> tuple[str, ...]:
        result = result_of(read_arrivals(made / RECORDING_NAME), None, SessionParams(), None, None)
        return tuple(str(path) for path in write_outputs(made, result_files(result)))

    source = BleSource(tuple(ROLES), BleParams(Wanted(rate_hz=100)), RoleStore(tmp_path / "roles.json"))
    plan = Plan("rdl", guide=GuideParams(steps=(Step.STAND, Step.HINGES, Step.TOUCH)), header=header)
    run = LiveRun(source, Setup(plan, folder, by_radio=True), sink, save)
    air = Air()
    async with machine.adapter(air):
        begin_s = asyncio.get_running_loop().time() + STANDS_S
        clips = {
            name: VirtualClip(air, f"A0B1C2D3E5{n:02X}", role=role, clock_ppm=30.0 * (-1) ** n)
            for n, (name, role) in enumerate(ROLES.items())
        }
        for name, clip in clips.items():
            clip.conditions.interval_ms = None
            clip.source = play(simulated.recording.clips[name], begin_s)
            await clip.power_on()
        training = asyncio.create_task(asyncio.to_thread(run.run))
        await asyncio.sleep(begin_s + simulated.recording.end_s + 4.0 - asyncio.get_running_loop().time())
        run.order(Command(Order.STOP))
        await training
    figures = await asyncio.to_thread(check, run, sink, folder, [label != "good" for label in labels])
    for name, value in figures.items():
        record_property(name, value)


def check(run: LiveRun, sink: RecordedCues, folder: Path, rounds: list[bool]) -> dict[str, str]:
    """Cues fell in the right reps, the recording is complete, the report is written; looks into files, so it runs in a
    thread."""
    assert run.failure is None, run.failure
    assert run.session is not None
    (trained,) = run.session.book.sets
    rounded = [any(fault.name == "rounded_back" for fault in rep.faults) for rep in trained.reps]
    assert rounded == rounds
    assert ("rounded_back", "red") in sink.taken
    recording = read_recording(folder / RECORDING_NAME)
    for clip in recording.clips.values():
        assert np.diff(clip.time_s).max() < 0.0105
    assert [recording.header[f"clip.{name}.samples_lost"] for name in ROLES] == ["0", "0"]
    assert {"summary.json", "angles.csv", "report.html"} <= {file.name for file in folder.iterdir()}
    samples = ", ".join(f"{name} {len(clip)}" for name, clip in recording.clips.items())
    return {"reps": f"{len(rounded)}, {sum(rounded)} of them rounded and cued", "samples": f"{samples}, none missing"}
