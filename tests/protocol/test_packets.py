"""Sample packets: what a clip packs comes out as it went in; whatever else comes is samples or a PacketError."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imu_hinge.errors import PacketError
from imu_hinge.protocol.definitions import Config, PacketFlags, PacketType, Status, TransferEnd
from imu_hinge.protocol.packets import (
    SamplePacket,
    crc32,
    decode_batch,
    decode_packet,
    encode_packet,
    to_physical,
)

CONFIG = Config(200, 16, 2000, 50, 3, 0.00478564, 0.00122173)
SAMPLES = hnp.arrays(np.int16, st.tuples(st.integers(1, 40), st.just(6)))
KINDS = st.sampled_from([PacketType.LIVE, PacketType.REFILL, PacketType.RECORD])
FLAGS = st.integers(0, 15).map(PacketFlags)


def outcome(payload: bytes) -> SamplePacket | TransferEnd | PacketError | None:
    try:
        return decode_packet(payload)
    except PacketError as error:
        return error


@given(KINDS, st.integers(0, 15), FLAGS, st.integers(0, 2**40), st.integers(0, 2**60), SAMPLES)
def test_what_a_clip_packs_comes_out_as_it_went_in(kind, epoch, flags, index, time_us, raw):
    packet = decode_packet(encode_packet(kind, epoch, flags, index, time_us, raw))
    assert isinstance(packet, SamplePacket)
    assert (packet.kind, packet.epoch, packet.flags) == (kind, epoch, flags)
    assert (packet.index, packet.time_us) == (index % 2**16, time_us % 2**32)
    assert np.array_equal(packet.raw, raw)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_packet_or_a_packet_error(payload):
    packet = outcome(payload)
    if isinstance(packet, PacketError):
        assert packet.payload == payload
    elif isinstance(packet, SamplePacket):
        assert len(packet) == (len(payload) - 8) // 12
    else:
        assert packet is None or packet.pack() == payload[:12]


@given(
    st.lists(
        st.binary(max_size=60) | SAMPLES.map(lambda raw: encode_packet(PacketType.LIVE, 1, PacketFlags(0), 7, 9, raw))
    )
)
def test_many_at_once_are_what_one_at_a_time_are(payloads):
    batch = decode_batch(payloads)
    rows = iter(range(len(batch.position)))
    refused = dict(batch.refused)
    ends = dict(batch.ends)
    for position, payload in enumerate(payloads):
        one = outcome(payload)
        if isinstance(one, PacketError):
            assert str(refused.pop(position)) == str(one)
        elif isinstance(one, TransferEnd):
            assert ends.pop(position) == one
        elif one is not None:
            row = next(rows)
            begin = batch.start[row]
            assert batch.position[row] == position
            assert (batch.kind[row], batch.epoch[row], batch.flags[row]) == (one.kind, one.epoch, one.flags)
            assert (batch.index[row], batch.time_us[row]) == (one.index, one.time_us)
            assert np.array_equal(batch.raw[begin : begin + len(one)], one.raw)
    assert next(rows, None) is None
    assert not refused
    assert not ends


def test_the_packet_of_the_specification():
    payload = bytes.fromhex("1012FFFF40420F00 000000000108 0A00F6FF0000 FF7F00000108 0A00F6FF0000".replace(" ", ""))
    packet = decode_packet(payload)
    assert isinstance(packet, SamplePacket)
    assert (packet.epoch, packet.index, packet.time_us) == (1, 65535, 1_000_000)
    assert packet.flags is PacketFlags.ACC_OVERRANGE
    assert packet.raw.tolist() == [[0, 0, 2049, 10, -10, 0], [32767, 0, 2049, 10, -10, 0]]


def test_another_major_version_is_refused_with_what_to_do():
    with pytest.raises(PacketError, match=r"version 2 instead of 1.*update the older side"):
        decode_packet(b"\x20" + bytes(19))


def test_a_packet_type_of_a_later_minor_version_is_skipped():
    assert decode_packet(b"\x17" + bytes(30)) is None


def test_the_end_of_a_transfer_says_how_it_went():
    end = TransferEnd(0x1F, Status.ABORTED, 0, 60, 0x89ABCDEF)
    assert decode_packet(end.pack()) == end


def test_an_axis_that_was_not_measured_is_nan_and_one_beyond_its_range_is_marked():
    raw = np.array([[0, 0, 2049, 0, 0, 0], [-32768, 0, 0, 0, 0, 0], [0, -32767, 0, 0, 0, 32767]], np.int16)
    physical = to_physical(raw, CONFIG)
    assert physical.acc_m_s2[0] == pytest.approx([0.0, 0.0, 9.80577], abs=1e-4)
    assert np.isnan(physical.acc_m_s2[1, 0])
    assert np.isfinite(physical.gyr_rad_s[1]).all()
    assert physical.measured.tolist() == [True, False, True]
    assert physical.overrange.tolist() == [False, False, True]
    assert physical.gyr_rad_s[2, 2] == pytest.approx(np.deg2rad(70e-3) * 32767, rel=1e-4)


@given(SAMPLES, st.integers(0, 40))
def test_the_checksum_of_a_whole_is_that_of_its_parts_in_order(raw, cut):
    assert crc32(raw[cut:], crc32(raw[:cut])) == crc32(raw)


def test_decoded_samples_do_not_change_when_the_radio_uses_its_buffer_again():
    buffer = bytearray(encode_packet(PacketType.LIVE, 0, PacketFlags(0), 0, 0, np.ones((2, 6), np.int16)))
    packet = decode_packet(buffer)
    buffer[:] = bytes(len(buffer))
    assert isinstance(packet, SamplePacket)
    assert (packet.raw == 1).all()


@pytest.mark.parametrize(("raw", "epoch"), [(np.empty((0, 6), np.int16), 0), (np.ones((1, 6), np.int16), 16)])
def test_a_packet_that_cannot_be_is_a_programming_error(raw, epoch):
    with pytest.raises(ValueError, match="samples and an epoch"):
        encode_packet(PacketType.LIVE, epoch, PacketFlags(0), 0, 0, raw)
