"""Messages of a Movella DOT's message service: an identifier, a length, data, and a byte that makes the sum zero.

Source: "Xsens DOT BLE Services Specifications" (XD0506P, revision F), section 5. Two of the messages printed there
(starting a recording, and its answer) have another sum; the other thirteen are as the text says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from imu_hinge.errors import PacketError

__all__ = ["Message", "MessageId", "acknowledges", "decode_message", "encode_message"]

_LONGEST: Final = 0xFF


class MessageId(IntEnum):
    """What a message is about."""

    RECORDING = 1
    SYNC = 2


@dataclass(frozen=True)
class Message:
    """A message; the first byte of its ``data`` says which request or answer it is."""

    message_id: int
    data: bytes

    @property
    def code(self) -> int | None:
        """The request or answer; None in an empty message."""
        return self.data[0] if self.data else None


def encode_message(message: Message) -> bytes:
    """A message as it is written. ValueError where its data do not fit."""
    if len(message.data) > _LONGEST:
        raise ValueError(f"{len(message.data)} bytes do not fit into a message")
    head = bytes([message.message_id, len(message.data)]) + message.data
    return head + bytes([-sum(head) & 0xFF])


def decode_message(payload: bytes) -> Message:
    """A message that was read or notified; zeros that fill a characteristic may follow. Raises PacketError."""
    if len(payload) < 3 or len(payload) < 3 + payload[1]:
        raise PacketError("a message is cut off", payload=payload)
    end = 3 + payload[1]
    if sum(payload[:end]) & 0xFF or any(payload[end:]):
        raise PacketError("a message's sum is wrong", payload=payload)
    return Message(payload[0], bytes(payload[2 : end - 1]))


def acknowledges(answer: Message, request: Message) -> int | None:
    """The result in an answer to this request, 0 where all is well; None where it answers something else.

    An answer to synchronization has an identifier of its own (03 for a start), then the result.
    """
    if answer.message_id != request.message_id or len(answer.data) < 2:
        return None
    return answer.data[1]
