"""Records out of a clip's flash into recordings: in parts, resumed where they broke off, verified before all else."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from imu_hinge.conventions import SITES
from imu_hinge.errors import OutputError, PacketError, ProtocolError
from imu_hinge.protocol.definitions import PacketType
from imu_hinge.protocol.ledger import unwrap
from imu_hinge.protocol.packets import SamplePacket, decode_packet, to_physical
from imu_hinge.recording.model import ClipSamples, FloatArray, Recording
from imu_hinge.recording.writer import recording_text, write_recording
from imu_hinge.sensors.drivers.imu_hinge_records import ClipRecord, Logbook

__all__ = ["Download", "download", "file_name", "samples_of"]

PART: Final = 4000
"""Instants asked for at once, 20 s at 200 Hz: what a link that breaks may cost."""
_LENGTH: Final = struct.Struct("<H")
_TURN: Final = 1 << 16
_TIME_TURN: Final = 1 << 32
_ROWS_CRC: Final = "record.rows_crc32"


@dataclass(frozen=True)
class Download:
    """A record that is on disk and was found to agree with the clip: its recording, how many samples that has, and
    whether it is ``new``, not downloaded before."""

    path: Path
    samples: int
    record: ClipRecord
    new: bool = True


async def download(
    logbook: Logbook,
    record: ClipRecord,
    folder: Path,
    serial: str,
    clip: str,
    progress: Callable[[int], None] = lambda instants: None,
) -> Download:
    """Fetch a record into ``folder``; what an earlier attempt left there is not fetched again.

    The clip's whole CRC-32 must agree before the recording appears; a part file that leads to another one is thrown
    away. A recording that is there already is read through, and is done where it is this record, all of it. Raises
    ProtocolError where a check sum does not agree, LinkError where the link fails (ask again then), OutputError where
    something else has the recording's name or it cannot be written.
    """
    path = folder / file_name(serial, record)
    part = path.with_suffix(f".{record.boot_id:04x}{record.crc32:08x}.part")
    if await asyncio.to_thread(path.exists):
        there = await asyncio.to_thread(_verified, path, record)
        await asyncio.to_thread(part.unlink, missing_ok=True)
        return Download(path, there, record, new=False)
    packets = await asyncio.to_thread(_read_part, part)
    done = _instants_of(packets, record)
    while done < record.samples:
        fetched = await logbook.read(record, done, min(PART, record.samples - done))
        await asyncio.to_thread(_append_part, part, fetched)
        packets += fetched
        # A damaged stretch gives nothing; the next part lies behind it.
        done = max(_instants_of(packets, record), min(done + PART, record.samples))
        progress(done)
    crc = zlib.crc32(b"".join(payload[8:] for payload in packets))
    # A damaged record's sum covers what cannot be read any more; each transfer's own sum was checked.
    if crc != record.crc32 and not record.damaged:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        raise ProtocolError(
            f"record {record.record_id} does not agree with its check sum",
            clip=serial,
            advice="Download it again; it is still on the clip.",
        )
    samples = samples_of(packets, record, clip, serial)
    recording = Recording(path.stem, _header(record, clip), {clip: samples})
    await asyncio.to_thread(_write, recording, path)
    await asyncio.to_thread(part.unlink, missing_ok=True)
    return Download(path, len(samples), record)


def file_name(serial: str, record: ClipRecord) -> str:
    """A record's file: serial, date where the clip knew it, and number."""
    date = "undated"
    if record.unix_ms:
        date = datetime.fromtimestamp(record.unix_ms / 1000, UTC).strftime("%Y-%m-%dT%H%M%SZ")
    return f"{serial}_{date}_{record.record_id:05d}.csv"


def samples_of(packets: Sequence[bytes], record: ClipRecord, clip: str, serial: str) -> ClipSamples:
    """A record's measured samples in SI; time 0 is its first sample. Raises ProtocolError for packets that are none.

    Between two packets the period is their times' difference over their numbers', after the last one the one before.
    """
    decoded = _decoded(packets)
    numbers, times = _unwrapped(decoded, record)
    if not decoded:
        raise ProtocolError(f"record {record.record_id} holds no samples", clip=serial, advice="Delete it.")
    nominal_s = 1.0 / record.config.rate_hz
    steps = np.diff(times) / np.maximum(np.diff(numbers), 1)
    periods = np.append(steps, steps[-1] if len(steps) else nominal_s)
    # A clip's oscillator is off by some percent at most; a step beyond that spans a disturbance.
    periods = np.where(np.abs(periods - nominal_s) < 0.1 * nominal_s, periods, nominal_s)
    time_s: list[FloatArray] = [
        begin + period * np.arange(len(packet)) for packet, begin, period in zip(decoded, times, periods, strict=True)
    ]
    physical = to_physical(np.concatenate([packet.raw for packet in decoded]), record.config)
    keep = physical.measured
    return ClipSamples(
        clip,
        SITES[clip][0],
        np.ascontiguousarray(np.concatenate(time_s)[keep]),
        np.ascontiguousarray(physical.acc_m_s2[keep]),
        np.ascontiguousarray(physical.gyr_rad_s[keep]),
        serial=serial,
    )


def _write(recording: Recording, path: Path) -> None:
    """Write it with the sum of its rows, by which ``_verified`` knows them again."""
    _, _, rows_crc = _contents("".join(recording_text(recording)).encode("utf-8").splitlines())
    write_recording(replace(recording, header={**recording.header, _ROWS_CRC: f"{rows_crc:08x}"}), path)


def _verified(path: Path, record: ClipRecord) -> int:
    """How many samples a recording has that is this record and nobody changed; header lines may have been added.

    Raises OutputError where it is anything else.
    """
    try:
        with path.open("rb") as file:
            said, rows, rows_crc = _contents(file)
    except OSError as error:
        raise OutputError(
            f"cannot be read ({error.strerror or error})", path=str(path), advice="Move it away, then download again."
        ) from error
    wanted = {**_identity(record), _ROWS_CRC: f"{rows_crc:08x}"}
    if any(said.get(key) != value for key, value in wanted.items()):
        raise OutputError(
            f"is there already, and is not record {record.record_id} as the clip has it",
            path=str(path),
            advice="Move it away, then download again.",
        )
    return rows


def _contents(lines: Iterable[bytes]) -> tuple[dict[str, str], int, int]:
    """Of a recording: what its header says, how many samples it has, and the CRC-32 of its rows."""
    said: dict[str, str] = {}
    rows, crc = -1, 0  # the names of the columns are no sample
    for line in lines:
        text = line.rstrip(b"\r\n")
        if text.startswith(b"#"):
            key, _, value = text[1:].decode("utf-8", errors="replace").partition(":")
            said[key.strip()] = value.strip()
        else:
            crc = zlib.crc32(text + b"\n", crc)
            rows += 1
    return said, rows, crc


def _identity(record: ClipRecord) -> dict[str, str]:
    return {
        "record.id": str(record.record_id),
        "record.boot": str(record.boot_id),
        "record.crc32": f"{record.crc32:08x}",
    }


def _header(record: ClipRecord, clip: str) -> dict[str, str]:
    header = {f"clip.{clip}.nominal_rate_hz": str(record.config.rate_hz), **_identity(record)}
    if record.unix_ms:
        header["record.started"] = datetime.fromtimestamp(record.unix_ms / 1000, UTC).isoformat()
    if not record.complete:
        header["record.incomplete"] = "ended by an empty battery or a reset"
    if record.damaged:
        header["record.damaged"] = "blocks of the clip's memory could not be read; their samples are missing"
    return header


def _decoded(packets: Sequence[bytes]) -> list[SamplePacket]:
    return [packet for packet in map(decode_packet, packets) if isinstance(packet, SamplePacket)]


def _unwrapped(packets: Sequence[SamplePacket], record: ClipRecord) -> tuple[FloatArray, FloatArray]:
    """Number and time, s from the record's start, of each packet's first sample."""
    numbers, times = np.empty(len(packets)), np.empty(len(packets))
    number, time_us = 0, record.start_us
    for i, packet in enumerate(packets):
        # The time decides between turns of the number, and the number's rate between turns of the time.
        at_us = unwrap(packet.time_us, _TIME_TURN, time_us)
        number = unwrap(packet.index, _TURN, number + (at_us - time_us) * 1e-6 * record.config.rate_hz)
        time_us = at_us
        numbers[i], times[i] = number, (time_us - record.start_us) * 1e-6
    return numbers, times


def _instants_of(packets: Sequence[bytes], record: ClipRecord) -> int:
    """Number after the last sample that is there."""
    decoded = _decoded(packets)
    if not decoded:
        return 0
    numbers, _ = _unwrapped(decoded, record)
    return int(numbers[-1]) + len(decoded[-1])


def _read_part(part: Path) -> list[bytes]:
    """What an earlier attempt got. From the first packet on that was cut off or is none, the part file is cut:
    a program that was killed leaves half a packet, a power cut also zeros or whatever the disk held there before."""
    try:
        data = part.read_bytes()
        packets, at = _whole_packets(data)
        if at < len(data):
            with part.open("r+b") as file:
                file.truncate(at)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unwritable(part, error) from error
    return packets


def _whole_packets(data: bytes) -> tuple[list[bytes], int]:
    """Packets of a record up to the first that is none, and where that begins."""
    packets, at = [], 0
    while at + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        packet = data[at + _LENGTH.size : at + _LENGTH.size + length]
        if len(packet) < length or not _is_record(packet):
            break
        packets.append(packet)
        at += _LENGTH.size + length
    return packets, at


def _is_record(packet: bytes) -> bool:
    try:
        decoded = decode_packet(packet)
    except PacketError:
        return False
    return isinstance(decoded, SamplePacket) and decoded.kind is PacketType.RECORD


def _append_part(part: Path, packets: Sequence[bytes]) -> None:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            file.write(b"".join(_LENGTH.pack(len(packet)) + packet for packet in packets))
    except OSError as error:
        raise _unwritable(part, error) from error


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written ({error.strerror or error})", path=str(path), advice="Check the folder and free space."
    )
