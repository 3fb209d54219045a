"""Sessions that our clips logged in their flash: listed, read in parts, deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imu_hinge.errors import ProtocolError
from imu_hinge.protocol.definitions import (
    Config,
    Opcode,
    RecordCountResponse,
    RecordDeleteRequest,
    RecordFlags,
    RecordInfoRequest,
    RecordPage0,
    RecordPage1,
    RecordPage2,
    RecordReadRequest,
    RecordReadResponse,
    Status,
)
from imu_hinge.sensors.drivers.imu_hinge_control import ControlPoint
from imu_hinge.sensors.drivers.imu_hinge_transfer import Transfers

__all__ = ["ClipRecord", "Logbook"]


@dataclass(frozen=True)
class ClipRecord:
    """One record: ``samples`` instants from ``start_us`` of boot ``boot_id`` on, begun at ``unix_ms`` (0: not known).

    ``crc32`` is of all its samples; ``complete`` unless a reset or an empty battery ended it, ``damaged`` where blocks
    of it cannot be read any more.
    """

    record_id: int
    boot_id: int
    samples: int
    start_us: int
    unix_ms: int
    crc32: int
    complete: bool
    damaged: bool
    config: Config


class Logbook:
    """The records of one clip over one connection."""

    def __init__(self, control: ControlPoint, transfers: Transfers, clip: str) -> None:
        self._control = control
        self._transfers = transfers
        self._clip = clip

    async def count(self) -> RecordCountResponse:
        """How many records there are, and how many samples still fit. Raises RefusedError for a clip without flash."""
        answer = await self._control.ask(Opcode.RECORD_COUNT)
        return answer.response.read(RecordCountResponse, self._clip)

    async def records(self) -> tuple[ClipRecord, ...]:
        """All records, the oldest first."""
        return tuple([await self._record(position) for position in range((await self.count()).records)])

    async def read(
        self, record: ClipRecord, first: int, count: int, on_packet: Callable[[bytes], None] | None = None
    ) -> list[bytes]:
        """Packets of ``count`` instants from number ``first`` on, verified by this transfer's CRC-32."""
        statuses = (Status.OK, Status.STORAGE) if record.damaged else (Status.OK,)
        request = RecordReadRequest(record.record_id, first, count)
        response, packets = await self._transfers.fetch(Opcode.RECORD_READ, request, self._clip, on_packet, statuses)
        response.read(RecordReadResponse, self._clip)
        return packets

    async def delete(self, record: ClipRecord) -> None:
        """Delete a record; its CRC-32 tells the clip that it was downloaded."""
        request = RecordDeleteRequest(record.record_id, record.crc32)
        (await self._control.ask(Opcode.RECORD_DELETE, request)).response.check(self._clip)

    async def _record(self, position: int) -> ClipRecord:
        pages = []
        for number in range(3):
            answer = await self._control.ask(Opcode.RECORD_INFO, RecordInfoRequest(position, number))
            pages.append(answer.response.record_page())
        what, sums, how = pages
        if not (isinstance(what, RecordPage0) and isinstance(sums, RecordPage1) and isinstance(how, RecordPage2)):
            raise ProtocolError("it answers with another page of a record", clip=self._clip, advice="Ask again.")
        return ClipRecord(
            what.record_id,
            what.boot_id,
            what.samples,
            what.start_us,
            sums.unix_ms,
            sums.crc32,
            bool(sums.flags & RecordFlags.COMPLETE),
            bool(sums.flags & RecordFlags.DAMAGED),
            how.config,
        )
