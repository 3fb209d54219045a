"""Records in flash: nothing that was written whole is lost, whatever moment the power fails at."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest

from tests.firmware.core import Core, Flash, core, make_flash

BLOCK = 39


def sample(i: int) -> bytes:
    return struct.pack("<6h", i % 30000, 1, 2, 3, 4, i % 777)


class Log:
    """A log over a flash."""

    def __init__(self, flash: Flash, binding: Core | None = None) -> None:
        self.flash = flash
        self.core = binding or core()
        self.struct, self._keep = make_flash(self.core, flash)
        self.log: Any = self.core.ffi.new("struct imuh_log *")
        self.lib = self.core.lib
        assert self.lib.imuh_log_init(self.log, self.struct)

    def begin(self, record: int) -> int:
        start = self.core.ffi.new("struct imuh_log_start *")
        start.record_id, start.boot_id = record, 9
        start.config.rate_hz = 208
        return int(self.lib.imuh_log_begin(self.log, start))

    def add(self, i: int) -> int:
        return int(self.lib.imuh_log_add(self.log, i, 1000 + 5000 * i, 77, sample(i)))

    def end(self, complete: bool = True) -> int:
        return int(self.lib.imuh_log_end(self.log, complete))

    def records(self) -> list[Any]:
        count = self.lib.imuh_log_count(self.log)
        assert self.lib.imuh_log_at(self.log, count) == self.core.ffi.NULL
        return [self.lib.imuh_log_at(self.log, i) for i in range(count)]

    def read(self, record: Any, first: int = 0, count: int | None = None) -> tuple[list[tuple[int, int, bytes]], bool]:
        reader = self.core.ffi.new("struct imuh_log_reader *")
        found = self.core.ffi.new("struct imuh_log_sample *")
        self.lib.imuh_log_seek(self.log, reader, record, first, record.samples - first if count is None else count)
        out = []
        while self.lib.imuh_log_next(self.log, reader, found):
            out.append((found.number, found.time_us, bytes(self.core.ffi.buffer(found.bytes, 12))))
        return out, bool(reader.damaged)

    def clean(self) -> None:
        while self.lib.imuh_log_poll(self.log):
            pass


def check(log: Log, record: Any) -> list[int]:
    """A record reads back as it says; returns its numbers."""
    rows, _ = log.read(record)
    assert zlib.crc32(b"".join(data for _, _, data in rows)) == record.crc32
    for number, time, data in rows:
        assert data == sample(number)
        assert time == 1000 + 5000 * number
    return [number for number, _, _ in rows]


def test_several_records_and_any_part_of_them() -> None:
    log = Log(Flash(128 * 1024))
    for record, count in ((5, 1), (6, BLOCK), (7, BLOCK + 1), (8, 1000)):
        assert log.begin(record) == 0
        assert [log.add(i) for i in range(count)] == [0] * count
        assert log.end() == 0
    for again in (log, Log(log.flash)):
        assert [r.record_id for r in again.records()] == [5, 6, 7, 8]
        assert [r.samples for r in again.records()] == [1, BLOCK, BLOCK + 1, 1000]
        assert {(r.flags, r.boot_id, r.unix_ms, r.start_us, r.config.rate_hz) for r in again.records()} == {
            (1, 9, 77, 1000, 208)
        }
        for record in again.records():
            assert check(again, record) == list(range(record.samples))
        big = again.records()[3]
        for first, count in ((0, 1), (38, 2), (39, 1), (311, 5), (312, 700), (999, 1)):
            rows, damaged = again.read(big, first, count)
            assert [row[0] for row in rows] == list(range(first, min(1000, first + count)))
            assert not damaged


def test_deleted_records_make_room() -> None:
    log = Log(Flash(32 * 1024))
    for turn in range(20):
        assert log.begin(turn) == 0
        assert {log.add(i) for i in range(1500)} == {0}
        assert log.end() == 0
        (record,) = log.records()
        assert log.lib.imuh_log_delete(log.log, turn, record.crc32 ^ 1) == 9
        assert log.lib.imuh_log_delete(log.log, turn, record.crc32) == 0
        if turn % 3 == 0:
            log.clean()
        if turn % 3 == 1:
            log = Log(log.flash)
        assert log.records() == []
        assert log.lib.imuh_log_free_samples(log.log) == 63 * BLOCK


def test_the_head_of_a_deleted_record_is_erased_last() -> None:
    """Otherwise a torn erase could leave blocks, or a head, without the mark of deletion."""
    log = Log(Flash())
    log.begin(1)
    for i in range(800):
        log.add(i)
    log.end()
    assert log.lib.imuh_log_delete(log.log, 1, log.records()[0].crc32) == 0
    left = []
    while log.lib.imuh_log_poll(log.log):
        left.append([log.flash.bytes[at : at + 4] == b"IHB1" for at in range(0, 4096 * 3, 4096)])
    assert left == [[True, False, True], [True, False, False]]
    assert log.flash.bytes[:4] == b"\xff" * 4


def test_as_many_samples_fit_as_promised() -> None:
    log = Log(Flash(16 * 1024))
    promised = log.lib.imuh_log_free_samples(log.log)
    assert log.begin(1) == 0
    assert [log.add(i) for i in range(promised)] == [0] * promised
    assert log.lib.imuh_log_free_samples(log.log) == 0
    statuses = [log.add(promised + i) for i in range(BLOCK)]
    assert statuses == [0] * (BLOCK - 1) + [8]
    assert not log.lib.imuh_log_active(log.log)
    (record,) = log.records()
    assert check(log, record) == list(range(promised))
    assert record.flags == 0
    assert log.begin(2) == 8


def test_a_name_in_use_is_not_used_twice() -> None:
    log = Log(Flash())
    for _ in range(3):
        assert log.begin(65535) == 0
        log.add(0)
        log.end()
    assert [r.record_id for r in log.records()] == [65535, 0, 1]


def test_too_many_records() -> None:
    log = Log(Flash(256 * 1024))
    for i in range(32):
        assert log.begin(i) == 0
        log.add(0)
        log.end()
    assert log.begin(99) == 8
    assert log.lib.imuh_log_free_samples(log.log) == 0


def test_a_damaged_block_is_left_out_and_told() -> None:
    log = Log(Flash())
    log.begin(1)
    for i in range(10 * BLOCK):
        log.add(i)
    log.end()
    log.flash.bytes[512 * 4 + 100] ^= 0x10
    before, damaged = log.read(log.records()[0])
    assert damaged
    again = Log(log.flash)
    (record,) = again.records()
    assert record.flags == 3
    expected = [i for i in range(10 * BLOCK) if not 3 * BLOCK <= i < 4 * BLOCK]
    assert check(again, record) == expected
    assert [row[0] for row in before] == expected
    assert [row[0] for row in again.read(record, 3 * BLOCK - 1, 3)[0]] == [3 * BLOCK - 1]


def history(flash: Flash, acknowledged: list[tuple[str, int, int]]) -> None:
    """A life of a log; what is in ``acknowledged`` was promised to last."""
    log = Log(flash)
    log.clean()
    for record, count in ((1, 100), (2, 60)):
        if log.begin(record) != 0:
            return
        for i in range(count):
            if log.add(i) != 0:
                return
            if (i + 1) % BLOCK == 0:
                acknowledged.append(("samples", record, i + 1))
        if log.end() != 0:
            return
        acknowledged.append(("complete", record, count))
    first = log.records()[0]
    if log.lib.imuh_log_delete(log.log, first.record_id, first.crc32) != 0:
        acknowledged.append(("deleting", 1, 0))
        return
    acknowledged.append(("deleted", 1, 0))
    log.clean()
    if log.begin(3) != 0:
        return
    for i in range(400):
        if log.add(i) != 0:
            return
        if (i + 1) % BLOCK == 0:
            acknowledged.append(("samples", 3, i + 1))
    if log.end() == 0:
        acknowledged.append(("complete", 3, 400))


def survive(left: int, content: bytes | None = None) -> int:
    """Cut the power after so many bytes; check what a fresh start finds; returns the bytes a whole life writes."""
    flash = Flash(16 * 1024, content=content)
    flash.left = left
    acknowledged: list[tuple[str, int, int]] = []
    history(flash, acknowledged)
    written = flash.written
    flash.left, flash.broken = None, False
    log = Log(flash)
    found = {record.record_id: record for record in log.records()}
    gone = any(kind == "deleted" for kind, _, _ in acknowledged)
    going = gone or any(kind == "deleting" for kind, _, _ in acknowledged)
    for kind, name, count in acknowledged:
        if name == 1 and going:
            continue
        if kind in ("samples", "complete"):
            assert name in found, (left, acknowledged)
            assert found[name].samples >= count
            if kind == "complete":
                assert found[name].flags == 1
    assert not (gone and 1 in found), left
    for record in found.values():
        assert check(log, record) == list(range(record.samples)), left
        assert not record.flags & 2, "a torn block is no damage"
    # And it goes on working.
    log.clean()
    assert log.begin(50) == 0
    assert [log.add(i) for i in range(50)] == [0] * 50
    assert log.end() == 0
    assert check(log, log.lib.imuh_log_find(log.log, 50)) == list(range(50))
    return written


@pytest.mark.slow
def test_the_power_may_fail_at_any_byte() -> None:
    whole = survive(10**9)
    assert whole > 10_000
    for left in range(whole):
        survive(left)


def test_the_power_may_fail_at_some_bytes() -> None:
    for left in [*range(0, 1100, 53), *range(1100, 12_000, 487)]:
        survive(left)
