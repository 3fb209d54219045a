"""Section 15 of PROTOCOL.md, byte for byte, and each message by the emulator itself."""

from __future__ import annotations

import pytest

from .emulated_clip import EmulatedClip
from .hardware import ClipModel, Settings
from .wire import Capability, Config, Event, Info, Packet, PacketFlags, PacketType, Role, State, f32
from .world import LOG, SECOND, World, hexadecimal

SERIAL = "0A1B2C3D4E5F"
FIRST, SECOND_SAMPLE = (0, 0, 2049, 10, -10, 0), (32767, 0, 2049, 10, -10, 0)
SAMPLES = "0000000001080A00F6FF0000 FF7F000001080A00F6FF0000"
CRC = "B6305309"


class Example(World):
    """The clip of the examples, a minute after it was switched on, with its host."""

    def __init__(self, stream_id: int = 8) -> None:
        super().__init__(ClipModel())
        model = self.clip.model
        config = model.config(208, 16, 2000, 50, 1)
        settings = Settings(bytes.fromhex(SERIAL), config, Role.BACK, boot_id=76, stream_id=stream_id)
        self.clip = EmulatedClip(SERIAL, lambda: self.time_us, self.sample, model, settings, self.faults)
        self.first_index = 0
        self.raw: list[bytes] = []
        self.connect()

    def sample(self, index: int) -> tuple[int, ...] | None:
        """Nothing but the two samples of the examples is measured."""
        return {self.first_index: FIRST, self.first_index + 1: SECOND_SAMPLE}.get(index)

    def at(self, device_us: int) -> Example:
        """Let device time be this."""
        self.wait(device_us - self.time_us, step_us=SECOND)
        return self

    def start_so_that(self, index: int, time_us: int, flags: int = 0) -> Example:
        """Start a stream whose instant `index` is measured at `time_us`, and take it and the next."""
        self.first_index = index
        period = 1e6 / 208
        self.time_us = time_us - round((index + 1) * period) + round(period / 2)
        self.start(flags)
        stream = self.clip.sampling.stream
        assert stream
        if index > 1000:  # what was long before is of no interest here
            stream.next_index = index
        self.time_us = time_us + round(period * 1.6)
        self.receive()
        return self

    def says(self, written: str, *answers: str) -> None:
        """Write a request; what comes, in this order, are these bytes on channels other than `event`."""
        self.raw.clear()
        self.clip.write_control(hexadecimal(written))
        while message := self.clip.poll():
            if message.channel.value != "event":
                self.raw.append(message.value)
        assert [value.hex() for value in self.raw] == [hexadecimal(answer).hex() for answer in answers]


def test_service_data_of_the_scan_response() -> None:
    world = Example()
    world.at(60 * SECOND).clip.set_battery(87)
    assert world.clip.service_data == hexadecimal("01 02 00 57 0A1B2C3D4E5F")
    assert world.clip.local_name.encode() == hexadecimal("49482D4434453546")


def test_info_while_it_samples() -> None:
    world = Example().at(60 * SECOND)
    world.start()
    written = "01 00 02 01 D000 10 D007 32 01 E7D09C3B 7922A03A 0F 0900 4D00 C0300000 A001 0A1B2C3D4E5F"
    assert world.clip.info == hexadecimal(written)
    config = Config(208, 16, 2000, 50, 1, f32(0.0047856452), f32(0.0012217305))
    serial = bytes.fromhex(SERIAL)
    assert Info.unpack(world.clip.info) == (
        *(1, 0, Role.BACK, State.SAMPLING, config, Capability(15), 9, 77, 12_480, 416),
        serial,
    )


def test_a_live_packet() -> None:
    written = hexadecimal("10 12 FFFF 40420F00" + SAMPLES)
    packet = Packet(1, PacketType.LIVE, 1, PacketFlags.ACC_OVERRANGE, 65535, 1_000_000, (FIRST, SECOND_SAMPLE))
    assert packet.pack() == written
    assert Packet.unpack(written) == packet
    assert round(2049 * f32(0.0047856452), 3) == 9.806


def test_a_live_packet_by_a_clip_then_stop_and_refill() -> None:
    world = Example().start_so_that(65535, 2**32 + 1_000_000)
    live = "10 12 FFFF 40420F00" + SAMPLES
    world.says("04 08", live, "84 08 00 0900 01000100")
    refilled = "11 12 FFFF 40420F00" + SAMPLES
    world.says("07 03 FFFF 0200", "87 03 00 FFFF 0200", refilled, "1F 00 0000 02000000" + CRC)


def test_ping() -> None:
    world = Example().at(5_000_000)
    world.clip.write_control(hexadecimal("05 07 44332211"))
    world.time_us += 120
    world.receive()
    assert world.responses == [hexadecimal("85 07 00 44332211 404B4C00 B84B4C00")]


def test_configure() -> None:
    Example().says("02 01 C800 10 D007 32", "82 01 00 D000 10 D007 32 01 E7D09C3B 7922A03A")


def test_start() -> None:
    Example().at(6_000_000).says("03 02 00", "83 02 00 0900 00 0000 808D5B00")


def test_set_time() -> None:
    Example().says("09 04 00A8DA769B010000", "89 04 00")


def test_a_mark_and_its_event() -> None:
    world = Example().start_so_that(98, 7_000_000 - 8_000).at(7_000_000)
    world.events.clear()
    assert world.write(hexadecimal("06 05 03")) == hexadecimal("86 05 00 6400 C0CF6A00")
    assert world.events == [Event.unpack(hexadecimal("02 03 6400 C0CF6A00"))]
    assert world.events[0].pack() == hexadecimal("02 03 6400 C0CF6A00")


def test_a_record() -> None:
    # Instants before the first that was measured do not count, so the sensor may have settled before it.
    world = Example()
    world.clip.flash._last_id = 4
    world.start_so_that(100, 1_000_000, LOG)
    world.stop()
    world.says("11 06 0000 00", "91 06 00 00 0500 4D00 02000000 40420F0000000000")
    world.says("11 07 0000 01", "91 07 00 01 0000000000000000" + CRC + "01")
    packet = "12 12 0000 40420F00" + SAMPLES
    world.says("12 08 0500 00000000 00000000", "92 08 00 02000000", packet, "1F 00 0000 02000000" + CRC)
    world.says("13 09 0500" + CRC, "93 09 00")
    world.says("10 0A", "90 0A 00 0000 20A10700")


@pytest.mark.parametrize(
    ("written", "answer"), [("7E 04", "FE 04 01"), ("05", "85 00 02"), ("05 07 4433", "85 07 02"), ("", "80 00 02")]
)
def test_what_is_no_request(written: str, answer: str) -> None:
    Example().says(written, answer)


def test_opcodes_from_0x80_on_come_back_as_they_are() -> None:
    Example().says("85 07", "85 07 01")
