"""The generated dissector in a real tshark."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firmware.btsnoop import Capture
from tests.firmware.core import C_DIR

LUA = C_DIR.parent / "wireshark" / "imu_hinge.lua"
PARTS = {
    "info": (0x12, 0x02),
    "imu": (0x14, 0x10),
    "control": (0x17, 0x28),
    "transfer": (0x1A, 0x10),
    "event": (0x1D, 0x10),
}


def uuid(number: int) -> bytes:
    return bytes.fromhex(f"2e29{number:04x}de554c6b8e8949657c260bb0")[::-1]


def capture() -> Capture:
    made = Capture()
    parts = [(handle, properties, uuid(i)) for i, (handle, properties) in enumerate(PARTS.values(), 2)]
    made.discover(uuid(1), parts)
    return made


def decode(path: Path, *fields: str) -> list[dict[str, list[str]]]:
    command = [
        "tshark",
        "-r",
        str(path),
        "-X",
        f"lua_script:{LUA}",
        "-Y",
        "imu_hinge",
        "-T",
        "fields",
        "-E",
        "separator=|",
    ]
    wanted = ["_ws.col.Info", *fields]
    for field in wanted:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Lua" not in done.stderr, done.stderr
    rows = [line.split("|") for line in done.stdout.splitlines()]
    return [{name: value.split(",") for name, value in zip(wanted, row, strict=True)} for row in rows]


@pytest.mark.slow
def test_tshark_reads_every_message(need: Callable[..., None], tmp_path: Path) -> None:
    need("tshark")
    made = capture()
    samples = [(1, -2, 2048, 4, 5, -6), (7, 8, 2047, -32768, -32768, -32768)]
    body = b"".join(struct.pack("<6h", *sample) for sample in samples)
    made.notify(PARTS["imu"][0], struct.pack("<BBHI", 0x10, 0x38, 65535, 1_000_000) + body)
    made.write_request(PARTS["control"][0], bytes.fromhex("0507") + struct.pack("<I", 0x11223344))
    made.indicate(PARTS["control"][0], bytes.fromhex("850700") + struct.pack("<III", 0x11223344, 5_000_000, 5_000_120))
    made.indicate(PARTS["control"][0], bytes.fromhex("fe0401"))
    made.notify(PARTS["transfer"][0], struct.pack("<BBHI", 0x11, 0x30, 9, 77) + body[:12])
    made.notify(PARTS["transfer"][0], struct.pack("<BBHII", 0x1F, 0, 0, 60, 0x89ABCDEF))
    made.notify(PARTS["event"][0], struct.pack("<BBHI", 4, 20, 65, 312_100))
    made.indicate(PARTS["control"][0], bytes.fromhex("910900") + struct.pack("<BHHIQ", 0, 3, 1, 400, 2_400))
    path = made.save(tmp_path / "clip.btsnoop")
    head = "imu_hinge.packet_header."
    fields = [head + "index", head + "time_us", "imu_hinge.sample.acc", "imu_hinge.sample.gyr"]
    fields += ["imu_hinge.ping_request.cookie", "imu_hinge.ping_response.sent_us", "imu_hinge.response_header.status"]
    fields += ["imu_hinge.transfer_end.crc32", "imu_hinge.event.event_type", "imu_hinge.record_page_0.start_us"]
    rows = decode(path, *fields)
    assert len(rows) == 8
    live, ping, pong, refused, refill, end, event, page = rows
    assert live[head + "index"] == ["65535"]
    assert live[head + "time_us"] == ["1000000"]
    assert live["imu_hinge.sample.acc"] == [str(v) for sample in samples for v in sample[:3]]
    assert live["imu_hinge.sample.gyr"] == [str(v) for sample in samples for v in sample[3:]]
    assert ping["imu_hinge.ping_request.cookie"] == [str(0x11223344)]
    assert pong["imu_hinge.ping_response.sent_us"] == ["5000120"]
    assert refused["imu_hinge.response_header.status"] == ["1"]
    assert refill[head + "index"] == ["9"]
    assert end["imu_hinge.transfer_end.crc32"] == [str(0x89ABCDEF)]
    assert event["imu_hinge.event.event_type"] == ["4"]
    assert page["imu_hinge.record_page_0.start_us"] == ["2400"]
    told = [row["_ws.col.Info"][0] for row in rows]
    assert told[0] == "imu_hinge live: index 65535"
    assert told[1:4] == [
        "imu_hinge request ping",
        "imu_hinge response ping: ok",
        "imu_hinge response ?: unknown_opcode",
    ]
    assert told[5:7] == ["imu_hinge transfer end: ok", "imu_hinge event overflow: 20"]


@pytest.mark.slow
def test_info_is_read_field_by_field(need: Callable[..., None], tmp_path: Path) -> None:
    need("tshark")
    made = capture()
    config = struct.pack("<HBHBBff", 208, 16, 2000, 50, 3, 0.004785, 0.0012217)
    info = bytes([1, 0, 2, 9]) + config + struct.pack("<BHHIH", 15, 7, 3, 6240, 208) + bytes.fromhex("A0B1C2D3E4F5")
    made.read(PARTS["info"][0], info)
    names = ["info.role", "config.rate_hz", "config.acc_scale", "info.ring_samples", "info.serial"]
    fields = [f"imu_hinge.{name}" for name in names]
    (row,) = decode(made.save(tmp_path / "info.btsnoop"), *fields)
    assert [row[field][0] for field in fields[:2]] == ["2", "208"]
    assert float(row[fields[2]][0]) == pytest.approx(0.004785)
    assert row[fields[3]] == ["6240"]
    assert row[fields[4]][0].replace(":", "") == "a0b1c2d3e4f5"


@pytest.mark.slow
def test_garbage_does_not_break_it(need: Callable[..., None], tmp_path: Path) -> None:
    need("tshark")
    made = capture()
    for handle in (handle for name, (handle, _) in PARTS.items() if name != "info"):
        for length in (0, 1, 2, 3, 7, 8, 9, 20, 21, 33):
            made.notify(handle, b"\xff" * length)
            made.notify(handle, bytes([0x1F, 9] * 20)[:length])
            made.notify(handle, bytes([0x91, 9, 0, 9, 9] * 20)[:length])
    path = made.save(tmp_path / "garbage.btsnoop")
    assert len(decode(path)) > 80
    command = ["tshark", "-r", str(path), "-X", f"lua_script:{LUA}", "-V", "-Y", "imu_hinge"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "Lua Error" not in done.stdout
