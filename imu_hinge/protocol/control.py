"""The control point, events and what a clip says of itself; any bytes give an answer or a ProtocolError.

Specification: firmware_protocol/PROTOCOL.md, sections 2, 3, 6, 10 and 11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Final, Protocol, Self, TypeVar

from imu_hinge.errors import ProtocolError, RefusedError
from imu_hinge.protocol.definitions import (
    Event,
    Info,
    Opcode,
    RecordPage0,
    RecordPage1,
    RecordPage2,
    RequestHeader,
    ResponseHeader,
    ServiceData,
    Status,
)

__all__ = [
    "Arguments",
    "Response",
    "decode_event",
    "decode_info",
    "decode_response",
    "decode_service_data",
    "encode_request",
]

_ANSWER: Final = 0x80
_OPCODES: Final = frozenset(opcode.value for opcode in Opcode)
_STATUSES: Final = frozenset(status.value for status in Status)
_WORDS: Final[Mapping[Status, tuple[str, str]]] = {
    Status.UNKNOWN_OPCODE: ("does not know this request", "Update the clip's firmware."),
    Status.MALFORMED: ("found the request too short", "Update the older of the two sides."),
    Status.OUT_OF_RANGE: ("cannot do what was asked for", "Ask for another rate, range or batch."),
    Status.INVALID_STATE: ("cannot do that now", "Stop streaming or logging first."),
    Status.BUSY: ("is still sending something else", "Wait for it, or abort it."),
    Status.NOT_FOUND: ("has no such record", "List its records."),
    Status.GONE: ("does not hold these samples any more", "They are lost; the gap stays."),
    Status.STORAGE: ("has trouble with its flash", "Download what can be read, then delete it."),
    Status.CRC_MISMATCH: ("does not believe that the record was downloaded", "Download it again before deleting it."),
    Status.NOT_SUPPORTED: ("has no such part", "Leave this out."),
    Status.ABORTED: ("ended the transfer", "Ask again."),
    Status.SENSOR: (
        "gets no answer from its motion sensor",
        "Switch it off and on; if that does not help it is broken.",
    ),
}


class Arguments(Protocol):
    """A request's arguments: any struct of ``definitions``."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""


class _Layouted(Protocol):
    LAYOUT: ClassVar[Struct]

    @classmethod
    def unpack(cls, data: bytes, offset: int = 0) -> Self: ...


T = TypeVar("T", bound=_Layouted)


@dataclass(frozen=True, slots=True)
class Response:
    """A clip's answer; ``data`` is empty unless ``status`` is OK."""

    opcode: Opcode
    tag: int
    status: Status
    data: bytes

    def check(self, clip: str | None = None) -> Response:
        """Itself; raises RefusedError with what to do about it where the status is not OK."""
        if self.status is not Status.OK:
            what, advice = _WORDS[self.status]
            request = self.opcode.name.lower().replace("_", " ")
            raise RefusedError(f"the clip {what} ({request})", status=self.status, clip=clip, advice=advice)
        return self

    def read(self, kind: type[T], clip: str | None = None) -> T:
        """The data as a struct; raises RefusedError like ``check``, ProtocolError where they are too few."""
        self.check(clip)
        return _read(kind, self.data, f"the answer to {self.opcode.name.lower()}")

    def record_page(self) -> RecordPage0 | RecordPage1 | RecordPage2:
        """The answer to ``record_info``, whichever page it is; raises like ``read``."""
        self.check()
        page = self.data[:1]
        if page == b"\x00":
            return _read(RecordPage0, self.data, "a record's first page")
        if page == b"\x01":
            return _read(RecordPage1, self.data, "a record's second page")
        if page == b"\x02":
            return _read(RecordPage2, self.data, "a record's third page")
        raise ProtocolError("a page of a record that nobody asked for", payload=self.data)


def encode_request(opcode: Opcode, tag: int, arguments: Arguments | None = None) -> bytes:
    """A request as it is written to the control point."""
    return RequestHeader(opcode, tag & 0xFF).pack() + (b"" if arguments is None else arguments.pack())


def decode_response(payload: bytes | bytearray) -> Response:
    """An indication of the control point; raises ProtocolError for anything else.

    A status unknown to this version raises too: a clip may only use it in answer to requests we do not make.
    """
    data = bytes(payload)
    header = _read(ResponseHeader, data, "an answer")
    opcode, status = header.opcode & ~_ANSWER, header.status
    if not header.opcode & _ANSWER or opcode not in _OPCODES or status not in _STATUSES:
        # An answer to an opcode we do not know is not for us; the clip echoes what was asked.
        raise ProtocolError("an answer to nothing that was asked, or with an unknown status", payload=data)
    return Response(Opcode(opcode), header.tag, Status(status), data[ResponseHeader.LAYOUT.size :])


def decode_info(payload: bytes | bytearray) -> Info:
    """The ``info`` characteristic; raises ProtocolError where it is too short or its scales are no numbers."""
    info = _read(Info, bytes(payload), "what the clip says of itself")
    scales = (info.config.acc_scale, info.config.gyr_scale)
    if not all(0.0 < scale < 10.0 for scale in scales) or not info.config.rate_hz:
        raise ProtocolError(
            "the clip's scales or rate cannot be", payload=bytes(payload), advice="Update its firmware."
        )
    return info


def decode_service_data(payload: bytes | bytearray) -> ServiceData:
    """Service data of an advertisement; raises ProtocolError where they are too few."""
    return _read(ServiceData, bytes(payload), "an advertisement")


def decode_event(payload: bytes | bytearray) -> Event:
    """A notification of ``event``; raises ProtocolError where it is too short.

    Types unknown to this version are for the caller to skip.
    """
    return _read(Event, bytes(payload), "an event")


def _read(kind: type[T], data: bytes, what: str) -> T:
    size = kind.LAYOUT.size
    if len(data) < size:
        raise ProtocolError(f"{what} has {len(data)} bytes instead of {size}", payload=data)
    return kind.unpack(data)
