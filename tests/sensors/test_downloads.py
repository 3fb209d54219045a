"""Records become recordings: what an earlier attempt left is used as far as it is good."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imu_hinge.errors import LinkError, OutputError
from imu_hinge.protocol.definitions import Config, PacketFlags, PacketType
from imu_hinge.protocol.packets import RawSamples, encode_packet
from imu_hinge.sensors.downloads import Download, download, file_name
from imu_hinge.sensors.drivers.imu_hinge_records import ClipRecord, Logbook

SERIAL = "A0B1C2D3E4F1"
CONFIG = Config(200, 16, 2000, 50, 0, 0.004, 0.001)
RAW: RawSamples = np.random.default_rng(0).integers(-2000, 2000, (9000, 6)).astype(np.int16)


def record_of(number: int, raw: RawSamples = RAW) -> ClipRecord:
    crc = zlib.crc32(raw.tobytes())
    return ClipRecord(number, 1, len(raw), 0, 1_700_000_000_000 + number * 1000, crc, True, False, CONFIG)


class Paper(Logbook):
    """Records without a clip; the link breaks after ``reads`` parts."""

    def __init__(self, reads: int = 10**6, raw: RawSamples = RAW) -> None:
        self.reads = reads
        self.raw = raw
        self.asked: list[int] = []

    async def read(
        self, record: ClipRecord, first: int, count: int, on_packet: Callable[[bytes], None] | None = None
    ) -> list[bytes]:
        self.asked.append(first)
        if len(self.asked) > self.reads:
            raise LinkError("the link was lost")
        stop = first + count
        return [
            encode_packet(PacketType.RECORD, 0, PacketFlags(0), i, i * 5000, self.raw[i : min(i + 19, stop)])
            for i in range(first, stop, 19)
        ]


def fetch(book: Paper, record: ClipRecord, folder: Path) -> Download:
    return asyncio.run(download(book, record, folder, SERIAL, "thigh"))


def part_of(folder: Path, record: ClipRecord) -> Path:
    return (folder / file_name(SERIAL, record)).with_suffix(f".{record.boot_id:04x}{record.crc32:08x}.part")


JUNK = encode_packet(PacketType.LIVE, 0, PacketFlags(0), 0, 0, RAW[:1])
LEFT_BEHIND = {
    "half a packet": b"\x14\x00\x13",
    "zeros": bytes(4096),
    "no packet": b"\x03\x00abc",
    "another packet": len(JUNK).to_bytes(2, "little") + JUNK,
}


@pytest.mark.parametrize("begun", [False, True], ids=["at once", "after a part"])
@pytest.mark.parametrize("left", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_what_a_power_cut_left_in_a_part_file_does_not_stop_it(left: bytes, begun: bool, tmp_path: Path) -> None:
    record = record_of(1)
    part = part_of(tmp_path, record)
    if begun:
        with pytest.raises(LinkError):
            fetch(Paper(1), record, tmp_path)
    with part.open("ab") as file:
        file.write(left)
    book = Paper()
    done = fetch(book, record, tmp_path)
    assert book.asked[0] == (4000 if begun else 0)
    assert done.samples == len(RAW)
    assert [path.name for path in tmp_path.iterdir()] == [file_name(SERIAL, record)]


def test_a_part_file_that_cannot_be_had_is_a_line_and_no_traceback(tmp_path: Path) -> None:
    record = record_of(1)
    part_of(tmp_path, record).mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(Paper(), record, tmp_path)


def test_a_recording_that_is_there_is_done_while_it_is_that_record(tmp_path: Path) -> None:
    record = record_of(1)
    path = fetch(Paper(), record, tmp_path).path
    text = path.read_text(encoding="utf-8")
    part_of(tmp_path, record).write_bytes(b"left by a program that ended between the two")
    head, body = text.split("\n", 1)
    path.write_bytes(f"{head}\n# athlete.height_m: 1.78\n{body}".replace("\n", "\r\n").encode())
    book = Paper()
    again = fetch(book, record, tmp_path)
    assert (again.new, again.samples, book.asked) == (False, len(RAW), [])
    assert list(tmp_path.iterdir()) == [path]
    at = text.rindex("\n", 0, len(text) // 2) + 1
    later = record_of(1, np.roll(RAW, 1))
    for changed, asked in (
        (text[:-70], record),
        (text[:at] + text[text.index("\n", at) + 1 :], record),
        (text[:at] + "9" + text[at + 1 :], record),
        ("", record),
        (text, replace(record, boot_id=2)),
        (text, replace(later, unix_ms=record.unix_ms)),
    ):
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(OutputError, match="is not record 1 as the clip has it"):
            fetch(Paper(), asked, tmp_path)
        assert path.read_text(encoding="utf-8") == changed


def test_samples_that_were_not_measured_do_not_keep_a_recording_from_being_known_again(tmp_path: Path) -> None:
    raw = RAW.copy()
    raw[100:120] = -32768
    record = record_of(1, raw)
    first = fetch(Paper(raw=raw), record, tmp_path)
    again = fetch(Paper(raw=raw), record, tmp_path)
    assert first.samples == again.samples == len(RAW) - 20
    assert (first.new, again.new) == (True, False)
