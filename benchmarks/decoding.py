"""What decoding notifications costs, beside a plain loop over ``struct`` and beside copying the bytes, in one run."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

import numpy as np

from benchmarks.tables import Outcome
from imu_hinge.protocol.definitions import PACKET_HEADER_BYTES, SAMPLE_BYTES, PacketFlags, PacketType
from imu_hinge.protocol.ledger import StreamLedger
from imu_hinge.protocol.packets import SamplePacket, decode_batch, decode_packet, encode_packet

__all__ = ["measure"]

PACKETS = 1000
ROUNDS = 15
RATE_HZ = 200.0


def _packets(sizes: list[int]) -> list[bytes]:
    rng, index, packets = np.random.default_rng(1), 0, []
    for size in sizes:
        raw = rng.integers(-32768, 32768, (size, 6)).astype(np.int16)
        packets.append(encode_packet(PacketType.LIVE, 1, PacketFlags(0), index, round(index * 1e6 / RATE_HZ), raw))
        index += size
    return packets


def _with_struct(packets: list[bytes]) -> None:
    for packet in packets:
        struct.unpack_from("<BBHI", packet)
        [*struct.iter_unpack("<6h", packet[PACKET_HEADER_BYTES:])]


def _one_by_one(packets: list[bytes]) -> None:
    for packet in packets:
        decode_packet(packet)


def _booked(packets: list[bytes]) -> None:
    books = StreamLedger(RATE_HZ, 6000, 0, 0, 0.0)
    for n, payload in enumerate(packets):
        packet = decode_packet(payload)
        assert isinstance(packet, SamplePacket)
        books.place(packet, 0.05 * n)


def measure() -> Outcome:
    """The best of interleaved rounds for packets of one size and of many."""
    rng = np.random.default_rng(2)
    inputs = {
        "19 samples (MTU 247)": _packets([19] * PACKETS),
        "10 samples (50 ms at 200 Hz)": _packets([10] * PACKETS),
        "1 to 19 samples": _packets(rng.integers(1, 20, PACKETS).tolist()),
    }
    ways: dict[str, Callable[[list[bytes]], object]] = {
        "many at once": decode_batch,
        "one at a time": _one_by_one,
        "one at a time, losses booked": _booked,
        "struct, one at a time": _with_struct,
        "copying the bytes": b"".join,
    }
    best = {(what, way): float("inf") for what in inputs for way in ways}
    for _ in range(ROUNDS):
        for what, packets in inputs.items():
            for way, run in ways.items():
                began = time.process_time()
                run(packets)
                best[what, way] = min(best[what, way], time.process_time() - began)
    rows, numbers = [], {}
    for (what, way), seconds in best.items():
        samples = sum((len(packet) - PACKET_HEADER_BYTES) // SAMPLE_BYTES for packet in inputs[what])
        speed, ratio = samples / seconds / 1e6, best[what, "struct, one at a time"] / seconds
        rows.append([what, way, f"{speed:.1f}", f"{ratio:.1f}"])
        numbers[f"{what}: {way}"] = {"million_samples_per_s": speed, "to_struct": ratio}
    return Outcome(
        "decoding",
        "Decoding what clips send",
        "Millions of six-axis samples a second, on one core, the best of interleaved rounds; the last column is the "
        "speed against a loop over Python's struct in the same run. 200 Hz is 0.0002 million samples a second.",
        ("packets of", "decoded", "Msamples/s", "x struct"),
        rows,
        numbers,
    )
