"""Sessions about the link, the control point and its requests."""

# ruff: noqa: D103  (a session says what it is in its second argument)
from __future__ import annotations

import struct

from .session import ANY, CONFIG_208, CONTROL, EVENT, IMU, PERIOD, SERIAL, SETTLING, TRANSFER, Session, live


def basics() -> Session:
    s = Session("basics", "Connect, read, start, ping, mark, stop: the packet being filled comes before the response.")
    s.do("tell")
    head = bytes([1, 0, 0, 0]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 0, 1, 6240, 208) + SERIAL
    s.told("info", head).told("service_data", bytes([1, 0, 0, 255]) + SERIAL)
    s.link().start().state(1)
    s.do("samples", 20, PERIOD)
    live(s, 0, 20)
    s.do("samples", 5, PERIOD)
    s.ask(5, b"\x44\x33\x22\x11", 0, struct.pack("<4sII", b"\x44\x33\x22\x11", s.now, s.now))
    s.ask(6, b"\x07", 0, struct.pack("<HI", 25, s.now)).event(2, 7, 25)
    s.request(4).told("sensor_stop").state(0).packet(20, 5, SETTLING)
    s.response(4, 0, struct.pack("<HI", 1, 25))
    s.ask(4, b"", 0, struct.pack("<HI", 1, 25))
    s.do("tell")
    head = bytes([1, 0, 0, 0]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL
    return s.told("info", head).told("service_data", bytes([1, 0, 0, 255]) + SERIAL)


def small_link() -> Session:
    s = Session("small_link", "The smallest MTU: a packet for each sample; every message but info fits.")
    s.link(20).start().state(1).do("samples", 4, PERIOD)
    for i in range(4):
        s.packet(i, 1, SETTLING)
    s.ask(7, struct.pack("<HH", 1, 3), 0, struct.pack("<HH", 1, 3)).state(5, 4)
    for i in range(1, 4):
        s.packet(i, 1, SETTLING, kind=1)
    return s.end([(1, 4)]).state(1, 4)


def refusals() -> Session:
    s = Session("refusals", "Every check of section 6, in its order.")
    s.do("connected", 244).do("control", "0501").told("att_fd")
    s.do("subscribed", CONTROL, 1)
    s.do("control", "").told("control", bytes([0x80, 0, 2]))
    s.do("control", "05").told("control", bytes([0x85, 0, 2]))
    s.do("control", "7e04").told("control", bytes([0xFE, 4, 1]))
    s.do("control", "fe04").told("control", bytes([0xFE, 4, 1]))
    s.do("control", "0004").told("control", bytes([0x80, 4, 1]))
    s.ask(5, b"\0\0\0", 2).ask(2, b"\0" * 5, 2).ask(0x12, b"\0" * 9, 2).ask(9, b"\0" * 7, 2)
    s.ask(1, b"\x03\x05", 3).ask(1, b"\x01\x00", 3).ask(1, b"\x01\x1f", 3)
    s.request(1, b"\x00\xff").told("identify", b"\x00\xff").response(1)
    s.request(1, b"\x02\x1e\x99\x99").told("identify", b"\x02\x1e").response(1)
    s.ask(8, b"\x04", 3).ask(7, struct.pack("<HH", 0, 0), 3)
    s.ask(7, struct.pack("<HH", 0, 1), 4)  # transfer is not subscribed
    s.ask(0x11, struct.pack("<HB", 0, 3), 3).ask(0x11, struct.pack("<HB", 0, 2), 6)
    s.ask(0x12, struct.pack("<HII", 1, 0, 0), 4)
    s.do("subscribed", TRANSFER, 1)
    s.ask(0x12, struct.pack("<HII", 1, 0, 0), 6).ask(0x13, struct.pack("<HI", 1, 0), 6)
    s.ask(7, struct.pack("<HH", 0, 1), 3)  # nothing was ever measured
    s.ask(0x14).ask(4, b"", 0, struct.pack("<HI", 0, 0))
    s.start()
    s.ask(3, b"\x00", 4).ask(3, b"\x03", 4).ask(0x0A, b"", 4)
    # Ranges are looked at before the state.
    s.ask(2, struct.pack("<HBHB", 24, 16, 2000, 50), 3).ask(2, struct.pack("<HBHB", 417, 16, 2000, 50), 3)
    s.ask(2, struct.pack("<HBHB", 200, 17, 2000, 50), 3).ask(2, struct.pack("<HBHB", 200, 16, 2001, 50), 3)
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 4), 3).ask(2, struct.pack("<HBHB", 200, 16, 2000, 251), 3)
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 50), 4)
    return s.ask(7, struct.pack("<HH", 0, 1), 3)


def one_response_at_a_time() -> Session:
    s = Session("one_response_at_a_time", "A response the radio has no room for waits; sent_us is when it is taken.")
    s.link(244, (CONTROL,)).do("room", 0)
    received = s.now
    s.request(5, b"ABCD").do("control", "0563").told("att_fe")
    s.do("wait", 3000).do("room", ANY).do("wait", 2000)
    s.response(5, 0, struct.pack("<4sII", b"ABCD", received, s.now))
    return s.ask(0x14)


def transfers_end() -> Session:
    s = Session("transfers_end", "Busy while a transfer runs; abort, stop and a new start end it.")
    s.link(20, (CONTROL, TRANSFER)).start().do("samples", 100, PERIOD)

    def running(count: int, stream: int = 1) -> None:
        s.do("room", 1).request(7, struct.pack("<HH", 50, 20)).response(7, 0, struct.pack("<HH", 50, 20))
        s.do("room", 4).do("wait", 100)
        for i in range(50, 54):
            s.packet(i, 1, 0, 1)
        s.do("room", 1)

    running(4)
    s.ask(7, struct.pack("<HH", 60, 2), 5).do("room", 1).ask(0x12, struct.pack("<HII", 1, 0, 0), 5)
    s.do("room", 1).ask(0x13, struct.pack("<HI", 1, 0), 5).do("room", 2).ask(0x14).end([(50, 54)], 11)
    s.do("room", ANY)
    running(4)
    s.do("room", ANY).request(4).told("sensor_stop").response(4, 0, struct.pack("<HI", 1, 100)).end([(50, 54)], 11)
    running(4)
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 50), 5).do("room", 1).ask(0x0A, b"", 5)
    s.do("room", ANY)
    s.tag += 1
    s.do("control", bytes([3, s.tag, 0]).hex()).response(3, 0, struct.pack("<HBHI", 2, 0, 0, s.now))
    return s.end([(50, 54)], 11)


def configuring() -> Session:
    s = Session(
        "configuring", "The next setting that is not lower; the epoch rises only with a change, and outlives power."
    )
    s.link(244, (IMU, CONTROL))
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 50), 0, CONFIG_208)
    changed = struct.pack("<HBHBBff", 104, 4, 500, 100, 1, 0.00119641121, 0.000305432619)
    s.ask(2, struct.pack("<HBHB", 53, 3, 251, 100), 0, changed).ask(
        2, struct.pack("<HBHB", 104, 4, 500, 100), 0, changed
    )
    s.ask(2, struct.pack("<HBHB", 209, 3, 251, 100), 3)  # 416 Hz for 30 s do not fit this ring
    s.ask(2, struct.pack("<HBHB", 208, 3, 251, 5), 3)  # more packets than connection events carry
    s.do("sensor", 0).ask(2, struct.pack("<HBHB", 104, 2, 500, 100), 12).do("sensor", 1)
    for turn in range(15):
        data = struct.pack("<HBHB", 104, 2 if turn % 2 == 0 else 4, 500, 100)
        scale = 0.000598205605 if turn % 2 == 0 else 0.00119641121
        epoch = (2 + turn) % 16
        s.ask(2, data, 0, struct.pack("<HBHBBff", 104, data[2], 500, 100, epoch, scale, 0.000305432619))
    s.ask(8, b"\x02").do("reset").link(244, (IMU, CONTROL)).do("tell")
    config = struct.pack("<HBHBBff", 104, 2, 500, 100, 0, 0.000598205605, 0.000305432619)
    s.told("info", bytes([1, 0, 2, 0]) + config + bytes([15]) + struct.pack("<HHIH", 0, 2, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 2, 0, 255]) + SERIAL)
    s.ask(
        2,
        struct.pack("<HBHB", 26, 2, 125, 5),
        0,
        struct.pack("<HBHBBff", 26, 2, 125, 5, 1, 0.000598205605, 0.0000763581548),
    )
    s.start().do("samples", 2, 38462).packet(0, 1, SETTLING, 0, 1).packet(1, 1, SETTLING, 0, 1)
    return s


def the_rest() -> Session:
    s = Session("the_rest", "Button, battery, pairing window, role, sleep.")
    s.link(244, (CONTROL, EVENT)).do("button", 2).event(1, 2, 0)
    s.do("battery", 55).do("battery", 9).event(6, 9, 0).state(0x40).do("battery", 8)
    s.do("pair").state(0x50).do("wait", 59_999_999).do("wait", 1).state(0x40)
    s.ask(8, b"\x03").ask(6, b"\x01", 0, struct.pack("<HI", 0, s.now)).event(2, 1, 0)
    s.start(0).state(0x41).do("battery", 0).told("sensor_stop").state(0x40)
    s.do("tell")
    s.told("info", bytes([1, 0, 3, 0x40]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 3, 0x40, 0]) + SERIAL)
    s.request(0x0A).response(0x0A)
    return s.told("sleep")


def mtu_changes() -> Session:
    s = Session("mtu_changes", "The MTU grows during a stream; a packet never exceeds what holds when it is sent.")
    s.link(44, (IMU, CONTROL)).start().do("samples", 6, PERIOD).packet(0, 3, SETTLING).packet(3, 3, SETTLING)
    s.do("samples", 1, PERIOD).do("payload", 68).do("samples", 4, PERIOD).packet(6, 5, SETTLING)
    s.do("payload", 514).do("samples", 10, PERIOD).packet(11, 10, SETTLING)
    return s
