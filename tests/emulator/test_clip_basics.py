"""Sections 1 to 4 of PROTOCOL.md, asked of the emulator: conventions, advertising, info, pairing."""

from __future__ import annotations

import pytest

from .emulated_clip import NotSubscribedError
from .wire import (
    ARGUMENTS,
    INFO_BYTES,
    MARK_RESPONSE,
    PING_RESPONSE,
    RECORD_PAGE_0,
    RECORD_PAGE_1,
    SERVICE_DATA,
    START_RESPONSE,
    STOP_RESPONSE,
    EventType,
    Info,
    Opcode,
    State,
    crc32,
    request,
)
from .world import (
    RESUME,
    SECOND,
    SERIAL,
    World,
    hexadecimal,
    idle,
    sampling,
)

CONFIG_BYTES = 15


class TestConventions:
    """Section 1."""

    def test_crc_of_the_nine_digits(self) -> None:
        assert crc32(b"123456789") == 0xCBF43926

    def test_every_message_but_info_fits_the_smallest_payload(self) -> None:
        data = [CONFIG_BYTES, START_RESPONSE.size, STOP_RESPONSE.size, PING_RESPONSE.size, RECORD_PAGE_0.size]
        assert max([*data, RECORD_PAGE_1.size, 1 + CONFIG_BYTES]) == 17
        assert max(2 + layout.size for layout in ARGUMENTS.values()) <= 20
        assert INFO_BYTES == 36

    def test_messages_carry_the_low_32_bits_of_device_time(self) -> None:
        world = idle().wait(2**32 + 7, step_us=2**32)
        assert MARK_RESPONSE.unpack(world.ask(Opcode.MARK, 1)) == (0, 7)
        assert world.clip.device_us() == 2**32 + 7


class TestAdvertising:
    """Section 2."""

    def test_service_data_and_name(self) -> None:
        clip = World().clip
        assert clip.service_data == hexadecimal("01 00 10 64 A1B2C3D4E5F6")
        assert clip.local_name == "IH-4E5F6"

    def test_battery_not_known_is_255(self) -> None:
        world = World()
        world.clip.set_battery(None)
        assert SERVICE_DATA.unpack(world.clip.service_data)[3] == 255

    def test_fast_for_30_s_after_power_on_button_and_lost_link(self) -> None:
        world = World()
        assert world.clip.advertising_interval_ms == 100
        world.time_us = 30 * SECOND
        assert world.clip.advertising_interval_ms == 500
        world.clip.press_button()
        assert world.clip.advertising_interval_ms == 100
        world.time_us = 70 * SECOND
        world.connect()
        world.clip.disconnect()
        assert world.clip.advertising_interval_ms == 100

    def test_changes_of_role_state_and_battery_renew_the_service_data(self) -> None:
        world = idle()
        seen: list[bytes] = []
        world.clip.on_change = lambda: seen.append(world.clip.service_data)
        world.ask(Opcode.SET_ROLE, 2)
        world.start()
        world.clip.set_battery(55)
        assert [SERVICE_DATA.unpack(s)[1:4] for s in seen] == [(2, 0x10, 100), (2, 0x11, 100), (2, 0x11, 55)]


class TestInfo:
    """Section 3."""

    def test_fields(self) -> None:
        world = World()
        info = world.info
        assert (info.major, info.minor, info.role, info.state) == (1, 0, 0, State.PAIRING)
        assert info.config[:5] == (200, 16, 2000, 50, 0)
        assert (info.capabilities, info.stream_id, info.boot_id) == (15, 0, 1)
        assert info.ring_samples >= 30 * info.max_rate_hz
        assert info.serial.hex().upper() == SERIAL == world.clip.serial
        assert len(world.clip.info) == 36
        assert Info.unpack(info.pack()) == info

    def test_stream_id_rises_with_each_stream_but_not_with_resume(self) -> None:
        world = idle()
        assert world.start()[0] == 1
        assert world.start(RESUME)[0] == 1
        world.stop()
        assert world.start(RESUME)[0] == 2
        assert world.info.stream_id == 2

    def test_another_boot_has_another_boot_id(self) -> None:
        world = World()
        before = world.info.boot_id
        world.clip.reset()
        assert world.info.boot_id != before

    def test_a_later_minor_version_appends(self) -> None:
        world = World()
        world.faults.info_tail = b"\x01\x02"
        assert len(world.clip.info) == 38
        assert world.info.serial.hex().upper() == SERIAL

    def test_another_major_version_is_in_info_service_data_and_packets(self) -> None:
        world = idle()
        world.faults.major = 2
        world.start()
        world.wait(SECOND)
        world.refill(0, 10)
        assert world.info.major == SERVICE_DATA.unpack(world.clip.service_data)[0] == 2
        assert {p.major for p in world.live + world.transferred} | {world.ends[-1].major} == {2}


class TestPairing:
    """Section 4."""

    def test_pairing_is_accepted_for_60_s_after_switching_on_and_after_holding_the_button(self) -> None:
        world = idle()
        assert world.clip.state == State.PAIRING
        world.wait(60 * SECOND - 1, SECOND)
        assert world.clip.state == State.PAIRING
        world.wait(1)
        assert world.clip.state == State.IDLE
        assert world.event_values(EventType.STATE) == [0]
        world.clip.hold_button()
        assert world.clip.state == State.PAIRING

    def test_a_reset_by_the_watchdog_opens_no_window_but_the_button_that_wakes_does(self) -> None:
        world = idle()
        world.clip.reset(physical=False)
        assert world.clip.state == State.IDLE
        world.connect().ask(Opcode.SLEEP)
        world.clip.press_button()
        assert world.clip.state == State.PAIRING

    def test_a_connection_that_is_not_encrypted_within_30_s_is_ended(self) -> None:
        world = World()
        world.clip.connect(247, encrypted=False)
        world.wait(30 * SECOND - 1, SECOND)
        assert not world.clip.hang_up
        world.wait(1)
        assert world.clip.hang_up
        world.clip.disconnect()
        world.clip.connect(247, encrypted=False)
        world.clip.set_encrypted()
        world.wait(40 * SECOND, SECOND)
        assert not world.clip.hang_up

    def test_subscriptions_end_with_the_connection(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.clip.connect(247)
        with pytest.raises(NotSubscribedError):
            world.clip.write_control(request(Opcode.ABORT))
