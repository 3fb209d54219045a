"""The control point: requests and answers byte for byte, refusals in words, garbage as a typed error."""

from __future__ import annotations

import contextlib
import dataclasses
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.errors import ProtocolError, RefusedError
from imu_hinge.protocol import definitions
from imu_hinge.protocol.control import (
    decode_event,
    decode_info,
    decode_response,
    decode_service_data,
    encode_request,
)
from imu_hinge.protocol.definitions import (
    Config,
    ConfigureRequest,
    Info,
    Opcode,
    PingRequest,
    PingResponse,
    RecordPage1,
    RefillRequest,
    RefillResponse,
    StartResponse,
    Status,
)

INFO = Info(1, 0, 2, 0, Config(208, 16, 2000, 50, 1, 0.00478564, 0.00122173), 15, 9, 77, 6240, 416, b"\1\2\3\4\5\6")


def test_the_exchanges_of_the_specification():
    assert encode_request(Opcode.PING, 7, PingRequest(0x11223344)) == bytes.fromhex("0507 44332211")
    answer = decode_response(bytes.fromhex("850700 44332211 404B4C00 B84B4C00"))
    assert (answer.tag, answer.read(PingResponse)) == (7, PingResponse(0x11223344, 5_000_000, 5_000_120))
    assert encode_request(Opcode.CONFIGURE, 1, ConfigureRequest(200, 16, 2000, 50)) == bytes.fromhex("0201C80010D00732")
    start = decode_response(bytes.fromhex("83020009000000 00808D5B00")).read(StartResponse)
    assert start == StartResponse(9, 0, 0, 6_000_000)
    assert encode_request(Opcode.REFILL, 3, RefillRequest(65500, 60)) == bytes.fromhex("0703DCFF3C00")
    assert decode_response(bytes.fromhex("870300DCFF3C00")).read(RefillResponse) == RefillResponse(65500, 60)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_every_refusal_says_what_to_do(status):
    answer = decode_response(bytes([0x80 | Opcode.START, 1, status]))
    with pytest.raises(RefusedError) as refusal:
        answer.read(StartResponse, "thigh")
    assert refusal.value.status == status
    assert refusal.value.advice
    assert str(refusal.value).startswith("clip thigh: the clip ")


def test_an_answer_with_more_than_we_know_is_read_as_far_as_we_know():
    data = StartResponse(1, 0, 2, 3).pack() + b"later"
    assert decode_response(bytes([0x83, 0, 0]) + data).read(StartResponse) == StartResponse(1, 0, 2, 3)


def test_an_answer_with_less_is_an_error():
    with pytest.raises(ProtocolError, match="answer to start has 2 bytes instead of 9"):
        decode_response(bytes([0x83, 0, 0, 1, 2])).read(StartResponse)


def test_a_record_page_tells_which_it_is():
    page = RecordPage1(1, 1_790_000_000_000, 0xCBF43926, 1)
    assert decode_response(bytes([0x91, 0, 0]) + page.pack()).record_page() == page
    with pytest.raises(ProtocolError, match="nobody asked for"):
        decode_response(bytes([0x91, 0, 0, 9])).record_page()


def test_what_a_clip_says_of_itself_comes_out_as_it_went_in():
    read = decode_info(INFO.pack() + b"more of a later version")
    assert read.config.acc_scale == pytest.approx(0.00478564)
    assert dataclasses.replace(read, config=INFO.config) == INFO


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_scales_that_cannot_be_are_refused(scale):
    with pytest.raises(ProtocolError, match="scales"):
        decode_info(dataclasses.replace(INFO, config=dataclasses.replace(INFO.config, gyr_scale=scale)).pack())


@given(st.binary(max_size=60), st.sampled_from([decode_response, decode_info, decode_service_data, decode_event]))
def test_any_bytes_are_an_answer_or_a_protocol_error(payload, decode):
    with contextlib.suppress(ProtocolError):
        decode(payload)


STRUCTS = [each for name in definitions.__all__ if dataclasses.is_dataclass(each := getattr(definitions, name))]


@pytest.mark.parametrize("layout", STRUCTS, ids=lambda each: each.__name__)
@given(data=st.data())
def test_every_struct_comes_out_as_it_went_in(layout, data):
    payload = data.draw(st.binary(min_size=layout.LAYOUT.size, max_size=layout.LAYOUT.size))
    packed = layout.unpack(payload).pack()
    # NaN payloads may be quietened on their way through a float; everything else is bit for bit.
    assert packed == payload or "f" in layout.LAYOUT.format
    assert layout.unpack(packed).pack() == packed


def test_too_few_bytes_for_a_struct_are_an_error_of_struct():
    with pytest.raises(struct.error):
        Info.unpack(b"")
