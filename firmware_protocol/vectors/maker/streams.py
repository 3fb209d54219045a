"""Sessions about samples: gaps, the ring, outages, a sensor that fails."""

# ruff: noqa: D103  (a session says what it is in its second argument)
from __future__ import annotations

import struct

from .session import (
    ACC,
    ANY,
    CONFIG_208,
    CONTROL,
    EVENT,
    FREE,
    GYR,
    IMU,
    INVALID,
    LOST,
    PERIOD,
    SERIAL,
    SETTLING,
    TRANSFER,
    Session,
    live,
)


def gaps() -> Session:
    s = Session("gaps", "Instants that were not measured close the packet; the next says lost_before, also refilled.")
    s.link().start().state(1).do("samples", 45, PERIOD)
    live(s, 0, 40)
    s.do("lost", 3).packet(40, 5, SETTLING).do("samples", 10, PERIOD).packet(48, 10, LOST)
    s.do("lost", 70).do("lost", 5).do("samples", 10, PERIOD).packet(133, 10, LOST)
    s.ask(7, struct.pack("<HH", 42, 96), 0, struct.pack("<HH", 42, 96)).state(5, 143)
    s.packet(42, 3, 0, 1).packet(48, 10, LOST, 1).packet(133, 5, LOST, 1).end([(42, 45), (48, 58), (133, 138)])
    return s.state(1, 143)


def invalid_and_overrange() -> Session:
    s = Session(
        "invalid_and_overrange", "Axes not measured read -32768, axes beyond their range +-32767 with the flag."
    )
    s.link(244, (IMU, CONTROL)).start()
    rows = [
        (3, (1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 6)),
        (1, (1, 2, 3, 4, 5, 6), (1, 2, 3, -32768, -32768, -32768)),
        (2, (1, 2, 3, 4, 5, 7), (-32768, -32768, -32768, 4, 5, 7)),
        (3, (32767, 2, 3, 4, 5, 6), (32767, 2, 3, 4, 5, 6)),
        (3, (1, -32768, 3, 4, 5, 8), (1, -32767, 3, 4, 5, 8)),
        (0, (1, 2, 3, 4, 5, 6), None),
        (3, (1, 2, 3, 4, -32767, 6), (1, 2, 3, 4, -32767, 6)),
    ]
    for which, raw, sent in rows:
        s.do("wait", PERIOD).do("sample", which, *raw)
        s.log.append((s.now, struct.pack("<6h", *sent) if sent else INVALID))
        if sent is None:
            s.packet(0, 5, SETTLING | ACC)
    s.request(4).told("sensor_stop").packet(6, 1, LOST | SETTLING | GYR).response(4, 0, struct.pack("<HI", 1, 7))
    return s


def slow_link() -> Session:
    s = Session("slow_link", "A radio without room: the oldest live packet goes, then overflow and lost_before.")
    s.link().start().state(1).do("samples", 10, PERIOD).packet(0, 10, SETTLING)
    s.do("room", 0).do("samples", 55, PERIOD).do("room", ANY).do("wait", 100)
    # Four packets may wait; the 41st and the 51st waiting sample each cost ten.
    s.packet(30, 10, SETTLING | LOST).packet(40, 10, SETTLING).packet(50, 10)
    s.event(4, 20, 65)
    s.do("samples", 5, PERIOD).packet(60, 10)
    s.ask(7, struct.pack("<HH", 10, 20), 0, struct.pack("<HH", 10, 20)).state(5, 70)
    s.packet(10, 19, SETTLING, 1).packet(29, 1, SETTLING, 1).end([(10, 30)]).state(1, 70)
    # Four packets that wait are no overflow.
    s.do("room", 0).do("samples", 40, PERIOD).do("room", ANY).do("wait", 100)
    for i in range(70, 110, 10):
        s.packet(i, 10)
    return s


def reconnect() -> Session:
    s = Session("reconnect", "The link is lost: the clip lingers; resume goes on, refill brings what is missing.")
    s.link().start().state(1).do("samples", 50, PERIOD)
    live(s, 0, 50)
    s.do("samples", 5, PERIOD).do("disconnected").do("samples", 45, PERIOD)
    s.do("tell")
    head = bytes([1, 0, 0, 9]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL
    s.told("info", head).told("service_data", bytes([1, 0, 9, 255]) + SERIAL)
    s.link().do("samples", 3, PERIOD)  # no live packets before `start`
    s.ask(3, b"\x00", 4)
    s.start(2, 1, 1, 103).state(1, 103)
    s.do("samples", 10, PERIOD).packet(103, 10)
    s.ask(7, struct.pack("<HH", 50, 53), 0, struct.pack("<HH", 50, 53)).state(5, 113)
    return s.packet(50, 19, 0, 1).packet(69, 19, 0, 1).packet(88, 15, 0, 1).end([(50, 103)]).state(1, 113)


def linger_ends() -> Session:
    s = Session("linger_ends", "Without a host for 30 s the stream ends; the ring keeps it; resume begins a new one.")
    s.link().start().state(1).do("samples", 10, PERIOD).packet(0, 10, SETTLING).do("disconnected")
    s.do("samples", 6240, PERIOD).do("wait", 30_000_000 - 6240 * PERIOD - 1).do("tell")
    s.told("info", bytes([1, 0, 0, 9]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 0, 9, 255]) + SERIAL)
    s.do("wait", 1).told("sensor_stop")
    s.link(20, (CONTROL, TRANSFER)).ask(7, struct.pack("<HH", 6248, 9), 0, struct.pack("<HH", 6248, 2))
    s.packet(6248, 1, 0, 1).packet(6249, 1, 0, 1).end([(6248, 6250)])
    s.ask(7, struct.pack("<HH", 6250, 1), 3).ask(7, struct.pack("<HH", 0, 10), 7)
    s.start(2, 2, 0, 0)
    return s


def linger_waits() -> Session:
    s = Session("linger_waits", "The 30 s do not run out while a host is connected; the link's end ends the stream.")
    s.link().start().state(1).do("samples", 10, PERIOD).packet(0, 10, SETTLING).do("disconnected")
    s.do("samples", 6240, PERIOD).link().do("samples", 250, PERIOD)  # 31.152 s after the loss
    s.start(2, 1, 1, 6500).state(1, 6500).do("samples", 10, PERIOD).packet(6500, 10).do("disconnected")
    # The loss that counts is the first since the resume; without another resume the next link ends it.
    s.do("samples", 3000, PERIOD).link().do("disconnected").do("samples", 3000, PERIOD).link()
    s.do("samples", 250, PERIOD).do("tell")
    s.told("info", bytes([1, 0, 0, 9]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 0, 9, 255]) + SERIAL)
    s.do("disconnected").told("sensor_stop").link(20, (CONTROL, TRANSFER))
    s.ask(7, struct.pack("<HH", 12758, 9), 0, struct.pack("<HH", 12758, 2))
    s.packet(12758, 1, 0, 1).packet(12759, 1, 0, 1).end([(12758, 12760)])
    s.ask(4, b"", 0, struct.pack("<HI", 1, 12760))
    # Logged: the 30 s count from when flash is full, 39 samples after the last it took; they too wait for a host.
    s.do("disconnected").link(244, (CONTROL,)).start(1, 2).do("samples", 2000, PERIOD).do("disconnected")
    s.do("samples", FREE + 39 + 6000 - 2000, PERIOD).link(244, (CONTROL,)).do("samples", 300, PERIOD).do("disconnected")
    return s.told("sensor_stop")


def ring_limits() -> Session:
    s = Session("ring_limits", "A refill is cut at the front by what the ring has lost, at the back by the present.")
    s.link(244, (CONTROL, TRANSFER)).start().do("samples", 7000, PERIOD)  # the ring holds 760 to 6999
    s.ask(7, struct.pack("<HH", 0, 760), 7)
    s.ask(7, struct.pack("<HH", 0, 765), 0, struct.pack("<HH", 760, 5)).packet(760, 5, 0, 1).end([(760, 765)])
    s.ask(7, struct.pack("<HH", 6990, 1000), 0, struct.pack("<HH", 6990, 10)).packet(6990, 10, 0, 1)
    s.end([(6990, 7000)])
    s.ask(7, struct.pack("<HH", 6999, 2), 0, struct.pack("<HH", 6999, 1)).packet(6999, 1, 0, 1).end([(6999, 7000)])
    return s.ask(7, struct.pack("<HH", 7000, 1), 3)


def index_wrap() -> Session:
    s = Session("index_wrap", "The index wraps at 65 536; refills find the latest instant with these 16 bits.")
    s.link(244, (CONTROL, TRANSFER)).start().do("samples", 65530, PERIOD).do("subscribed", IMU, 1)
    s.do("samples", 20, PERIOD).packet(65530, 10).packet(65540, 10)
    s.ask(7, struct.pack("<HH", 65530, 12), 0, struct.pack("<HH", 65530, 12)).packet(65530, 12, 0, 1)
    s.end([(65530, 65542)])
    s.ask(7, struct.pack("<HH", 14, 1), 7)  # 14 is not measured yet in this turn; in the last one it is gone
    s.ask(7, struct.pack("<HH", 13, 5), 0, struct.pack("<HH", 13, 1)).packet(65549, 1, 0, 1).end([(65549, 65550)])
    s.request(4).told("sensor_stop")
    return s.response(4, 0, struct.pack("<HI", 1, 65550))


def time_wrap() -> Session:
    s = Session("time_wrap", "The time's low 32 bits wrap; a packet is neither held back nor hurried by it.")
    s.do("clock", 2**32 - 7 * PERIOD).link(244, (IMU, CONTROL)).start().do("samples", 20, PERIOD)
    return s.packet(0, 10, SETTLING).packet(10, 10, SETTLING)


def stuck() -> Session:
    s = Session(
        "stuck", "A sensor that repeats itself for a second: fault, samples left out, settling when it is back."
    )
    s.link().start().state(1).do("stuck", 220, PERIOD)
    # 1 s / 4800 us: the 210th sample is the first that is a second older than the first.
    live(s, 0, 200)
    fault = 210 * PERIOD
    s.event(5, 255, 209, fault).event(3, 0x21, 210, fault).packet(200, 9)
    s.log[209:] = [(0, INVALID)] * 11
    s.do("samples", 10, PERIOD)
    first = 220 * PERIOD + PERIOD
    s.event(3, 0x01, 221, first)
    return s.packet(220, 10, LOST | SETTLING)


def silent() -> Session:
    s = Session("silent", "A sensor that says nothing for a second: fault; the index goes on with the time.")
    s.link().start().state(1).do("samples", 230, PERIOD)
    live(s, 0, 230)
    s.do("wait", 999_999).do("wait", 1)
    s.event(5, 254, 230).event(3, 0x21, 230 + 1_002_400 // PERIOD - 1)
    quiet = 480_000 * 3 - 1_000_000  # back 300 periods after the last sample
    s.do("wait", quiet - 9 * PERIOD)
    s.log += [(0, INVALID)] * 299
    # Played with `sample` to choose the instant.
    s.do("wait", 9 * PERIOD - 2400).do("sample", 3, 1, 2, 3, 4, 5, 6)
    s.log[529:] = [(s.now, struct.pack("<6h", 1, 2, 3, 4, 5, 6))]
    s.state(1, 530)
    s.request(4)
    s.expected.append(["sensor_stop", ""])
    s.state(0).packet(529, 1, LOST | SETTLING)
    return s.response(4, 0, struct.pack("<HI", 1, 530))


def fails_to_start() -> Session:
    s = Session("fails_to_start", "A sensor that does not answer `start`.")
    s.link(244, (CONTROL, EVENT)).do("sensor", 0).ask(3, b"\x01", 12).event(5, 254, 0).state(0x20)
    s.do("sensor", 1).start().state(1)
    s.do("failed", 17).event(5, 17, 0).state(0x21)
    s.do("wait", 10_000).do("sample", 3, 1, 2, 3, 4, 5, 6)
    return s.state(1, 2)  # 10 ms after the start: two periods


def late_subscription() -> Session:
    s = Session("late_subscription", "Live samples are those measured after the subscription and after `start`.")
    s.link(244, (CONTROL,)).start().do("samples", 44, PERIOD).do("subscribed", IMU, 1).do("samples", 13, PERIOD)
    s.packet(44, 10).do("subscribed", IMU, 0).do("samples", 5, PERIOD).do("subscribed", IMU, 1)
    s.do("samples", 10, PERIOD).packet(62, 10)
    return s


def batch_deadline() -> Session:
    s = Session("batch_deadline", "A packet that does not fill goes when its first sample has waited batch_ms.")
    s.link(244, (IMU, CONTROL)).start().do("samples", 3, PERIOD)
    s.do("wait", 50_000 - 2 * PERIOD - 1).do("wait", 1).packet(0, 3, SETTLING)
    return s


def overtaken() -> Session:
    s = Session("overtaken", "The ring goes over what is still to be sent: the rest is sent, it ends as gone.")
    s.link(20, (CONTROL, TRANSFER)).start().do("samples", 6240, PERIOD)
    s.do("room", 3).request(7, struct.pack("<HH", 0, 20)).response(7, 0, struct.pack("<HH", 0, 20))
    s.packet(0, 1, SETTLING, 1).packet(1, 1, SETTLING, 1)
    s.do("samples", 15, PERIOD).do("room", ANY).do("wait", 100)
    for i in range(15, 20):
        s.packet(i, 1, SETTLING, 1)
    s.end([(0, 2), (15, 20)], 7)
    s.do("room", 2).request(7, struct.pack("<HH", 15, 20)).response(7, 0, struct.pack("<HH", 15, 20))
    return s.packet(15, 1, SETTLING, 1).do("samples", 50, PERIOD).do("room", ANY).do("wait", 100).end([(15, 16)], 7)
