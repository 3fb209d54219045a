"""The C core through cffi: built with the system's gcc, its structs read from its own headers.

Nothing here knows the layout of a struct or the value of a constant: cffi is given the preprocessed headers, so
that a change of the C shows here as an error, not as wrong bytes.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import cffi  # type: ignore[import-untyped, unused-ignore]

__all__ = [
    "CHARACTERISTICS",
    "C_DIR",
    "STRICT",
    "CClip",
    "Characteristic",
    "Core",
    "Flash",
    "Saved",
    "SensorRange",
    "build",
    "core",
    "missing_tool",
]

C_DIR: Final = Path(__file__).resolve().parents[2] / "firmware_protocol" / "c"
STRICT: Final = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wpedantic", "-Werror")

Characteristic = Literal["imu", "control", "transfer", "event"]
CHARACTERISTICS: Final[tuple[Characteristic, ...]] = ("imu", "control", "transfer", "event")
SensorRange = tuple[int, float]
"""A range (g or deg/s) and what one bit means (m/s2 or rad/s)."""

G: Final = 9.80665
DPS: Final = 0.017453292519943295
LSM6DSL_RATES: Final = (26, 52, 104, 208, 416)
LSM6DSL_ACC: Final = tuple((g, g / 2 * 61e-6 * G) for g in (2, 4, 8, 16))
LSM6DSL_GYR: Final = tuple((dps, dps / 125 * 4.375e-3 * DPS) for dps in (125, 250, 500, 1000, 2000))


def missing_tool(*names: str) -> str | None:
    """Why a test cannot run here: the first tool that is not installed, or None."""
    return next((f"{name} is not installed" for name in names if shutil.which(name) is None), None)


def sources() -> list[Path]:
    """Every C file of the core."""
    return sorted((C_DIR / "src").glob("*.c"))


def build(flags: Sequence[str] = (), *, compiler: str = "gcc") -> Path:
    """A shared library of the core; built once for each state of the sources and each set of flags."""
    files = [*sources(), *sorted((C_DIR / "include").glob("*.h")), *sorted((C_DIR / "src").glob("*.h"))]
    digest = hashlib.sha256(repr((compiler, tuple(flags))).encode())
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    folder = Path(tempfile.gettempdir()) / f"imuh_core_{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    library = folder / f"imuh_{digest.hexdigest()[:20]}.so"
    if not library.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = Path(scratch) / library.name
            command = [compiler, "-std=c99", "-O2", "-g", "-shared", "-fPIC", *STRICT, *flags]
            command += [f"-I{C_DIR / 'include'}", "-o", str(made), *map(str, sources())]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
            made.replace(library)
    return library


def _declarations(flags: Sequence[str]) -> str:
    """The headers as cffi reads them: preprocessed, without the system's own."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("stdint.h", "stdbool.h", "stddef.h", "string.h"):
            (Path(scratch) / name).touch()
        headers = [f"imuh_{name}.h" for name in ("crc32", "packet", "ring", "control", "log", "clip")]
        text = "".join(f'#include "{header}"\n' for header in headers)
        defines = [flag for flag in flags if flag.startswith("-D")]
        command = ["gcc", "-std=c99", "-E", "-P", "-nostdinc", *defines, f"-I{scratch}", f"-I{C_DIR / 'include'}", "-"]
        done = subprocess.run(command, input=text, check=True, capture_output=True, text=True, timeout=60)
    return re.sub(r"(?<=\d)u\b", "", done.stdout)


class Core:
    """The library and its declarations."""

    def __init__(self, library: Path, flags: Sequence[str] = ()) -> None:
        self.ffi: Any = cffi.FFI()
        self.ffi.cdef(_declarations(flags))
        self.lib: Any = self.ffi.dlopen(str(library))
        header = (C_DIR / "include" / "imuh_protocol.h").read_text(encoding="utf-8")
        found = re.findall(r"^#define IMUH_(\w+) \(?(-?(?:0x[0-9a-f]+|\d+))u?\)?(?: /\*|$)", header, re.M)
        self.constants: dict[str, int] = {name: int(value, 0) for name, value in found}

    def __getitem__(self, name: str) -> int:
        """A constant of imuh_protocol.h, named without IMUH_."""
        return self.constants[name]


@functools.cache
def core() -> Core:
    """The core built as a firmware would build it."""
    return Core(build())


class Flash:
    """NOR flash in memory: programming clears bits, erasing sets a sector's to one; the power may fail at any byte.

    ``left`` is how many bytes may still be programmed or erased before the power fails (None: it never does); from then
    on every call fails and changes nothing.
    """

    def __init__(self, size: int = 64 * 1024, sector: int = 4096, content: bytes | None = None) -> None:
        self.sector = sector
        self.bytes = bytearray(content if content is not None else b"\xff" * size)
        self.left: int | None = None
        self.written = 0
        self.broken = False

    def read(self, at: int, length: int) -> bytes | None:
        """Bytes, or None where the power is gone."""
        assert 0 <= at <= at + length <= len(self.bytes)
        return None if self.broken else bytes(self.bytes[at : at + length])

    def program(self, at: int, data: bytes) -> bool:
        """Clear bits; the contract of imuh_flash is checked."""
        assert at % 4 == 0
        assert len(data) % 4 == 0
        assert at + len(data) <= len(self.bytes)
        assert all(self.bytes[at + i] == 0xFF for i in range(len(data))) or self.broken, "programmed twice"
        return self._change(at, data)

    def erase(self, at: int) -> bool:
        """Set a sector's bits."""
        assert at % self.sector == 0
        assert at < len(self.bytes)
        return self._change(at, b"\xff" * self.sector, erase=True)

    def _change(self, at: int, data: bytes, *, erase: bool = False) -> bool:
        if self.broken:
            return False
        count = len(data) if self.left is None else min(len(data), self.left)
        for i in range(count):
            self.bytes[at + i] = data[i] if erase else self.bytes[at + i] & data[i]
        self.written += count
        if self.left is not None:
            self.left -= count
        self.broken = count < len(data)
        return not self.broken


def make_flash(binding: Core, flash: Flash) -> tuple[Any, list[Any]]:
    """A ``struct imuh_flash`` for a Flash, and what must stay alive with it."""
    ffi = binding.ffi

    def read(_user: Any, at: int, to: Any, length: int) -> bool:
        data = flash.read(at, length)
        if data is not None:
            ffi.memmove(to, data, length)
        return data is not None

    def program(_user: Any, at: int, data: Any, length: int) -> bool:
        return flash.program(at, bytes(ffi.buffer(data, length)))

    def erase(_user: Any, at: int) -> bool:
        return flash.erase(at)

    calls = [
        ffi.callback("bool(void *, uint32_t, uint8_t *, uint32_t)", read, error=False),
        ffi.callback("bool(void *, uint32_t, const uint8_t *, uint32_t)", program, error=False),
        ffi.callback("bool(void *, uint32_t)", erase, error=False),
    ]
    struct = ffi.new("struct imuh_flash *")
    struct.bytes, struct.sector_bytes = len(flash.bytes), flash.sector
    struct.read, struct.program, struct.erase = calls
    return struct, calls


class Saved:
    """What a clip keeps over power cycles, as the C struct's bytes; give it to the next CClip."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.writes = 0


class CClip:
    """A clip run by the C core.

    send(characteristic, data) takes a notification, or an indication on "control"; False where there is no room now.
    now_us() is device time. The other callbacks are optional. An exception in a callback comes out of the method that
    led to it. One thread; no method may be called from within a callback except info, service_data and state.
    """

    def __init__(
        self,
        send: Callable[[Characteristic, bytes], bool],
        now_us: Callable[[], int],
        *,
        serial: bytes = bytes.fromhex("A0B1C2D3E4F5"),
        boot_id: int = 1,
        rates_hz: Sequence[int] = LSM6DSL_RATES,
        acc: Sequence[SensorRange] = LSM6DSL_ACC,
        gyr: Sequence[SensorRange] = LSM6DSL_GYR,
        end_bits: int = 32767,
        ring_samples: int = 30 * 416,
        live_packets: int = 0,
        button: bool = True,
        saved: Saved | None = None,
        flash: Flash | None = None,
        sensor_configure: Callable[[], bool] | None = None,
        sensor_start: Callable[[], bool] | None = None,
        sensor_stop: Callable[[], None] | None = None,
        identify: Callable[[int, int], None] | None = None,
        sleep: Callable[[], None] | None = None,
        changed: Callable[[], None] | None = None,
        binding: Core | None = None,
    ) -> None:
        self.core = binding or core()
        ffi = self._ffi = self.core.ffi
        self._lib = self.core.lib
        self._errors: list[BaseException] = []
        self._keep: list[Any] = []
        self.saved = saved or Saved()
        self.sensor_on = False

        port = ffi.new("struct imuh_port *")

        def started(_user: Any, _config: Any) -> bool:
            self.sensor_on = sensor_start() if sensor_start else True
            return self.sensor_on

        def stopped(_user: Any) -> None:
            self.sensor_on = False
            if sensor_stop:
                sensor_stop()

        def keep(_user: Any, struct: Any) -> None:
            self.saved.content = bytes(ffi.buffer(struct, ffi.sizeof("struct imuh_saved")))
            self.saved.writes += 1

        port.now_us = self._callback("uint64_t(void *)", lambda _user: now_us())
        port.send = self._callback(
            "bool(void *, enum imuh_characteristic, const uint8_t *, uint16_t)",
            lambda _user, which, data, length: send(CHARACTERISTICS[which], bytes(ffi.buffer(data, length))),
        )
        port.sensor_start = self._callback("bool(void *, const struct imuh_config *)", started)
        port.sensor_stop = self._callback("void(void *)", stopped)
        port.save = self._callback("void(void *, const struct imuh_saved *)", keep)
        if sensor_configure:
            port.sensor_configure = self._callback(
                "bool(void *, const struct imuh_config *)", lambda _user, _config: sensor_configure()
            )
        if identify:
            port.identify = self._callback("void(void *, uint8_t, uint8_t)", lambda _user, p, s: identify(p, s))
        if sleep:
            port.sleep = self._callback("void(void *)", lambda _user: sleep())
        if changed:
            port.changed = self._callback("void(void *)", lambda _user: changed())
        if flash is not None:
            struct, calls = make_flash(self.core, flash)
            log = ffi.new("struct imuh_log *")
            self._keep += [struct, calls, log]
            if not self._lib.imuh_log_init(log, struct):
                raise ValueError("the flash cannot hold a log")
            port.log = log

        settings = ffi.new("struct imuh_clip_settings *")
        settings.serial = list(serial)
        settings.boot_id, settings.button, settings.live_packets = boot_id, button, live_packets
        sensor = settings.sensor
        lists = (
            ffi.new("uint16_t[]", list(rates_hz)),
            ffi.new("struct imuh_range[]", [(value, scale, end_bits) for value, scale in acc]),
            ffi.new("struct imuh_range[]", [(value, scale, end_bits) for value, scale in gyr]),
        )
        sensor.rates_hz, sensor.acc, sensor.gyr = lists
        sensor.rates, sensor.accs, sensor.gyrs = len(rates_hz), len(acc), len(gyr)
        if self.saved.content is not None:
            ffi.memmove(ffi.addressof(settings, "saved"), self.saved.content, len(self.saved.content))
        self.ring_bytes = ring_samples * 16 + (ring_samples + 7) // 8
        ring = ffi.new("uint8_t[]", self.ring_bytes)
        self._keep += [port, settings, lists, ring]
        self.struct = ffi.new("struct imuh_clip *")
        """The C struct, for tests that look inside."""
        if not self._call(self._lib.imuh_clip_init, self.struct, port, settings, ring, self.ring_bytes):
            raise ValueError("the core refuses these settings")

    def _callback(self, signature: str, function: Callable[..., Any]) -> Any:
        def failed(_kind: type[BaseException], error: BaseException, _trace: Any) -> None:
            self._errors.append(error)

        result = signature.partition("(")[0]
        extra = {} if result == "void" else {"error": 0}
        made = self._ffi.callback(signature, function, onerror=failed, **extra)
        self._keep.append(made)
        return made

    def _call(self, function: Any, *arguments: Any) -> Any:
        result = function(*arguments)
        if self._errors:
            error = self._errors[0]
            self._errors.clear()
            raise error
        return result

    def connected(self, att_payload: int = 20) -> None:
        """A host connected; att_payload is MTU - 3."""
        self._call(self._lib.imuh_clip_connected, self.struct, att_payload)

    def payload(self, att_payload: int) -> None:
        """The MTU changed."""
        self._call(self._lib.imuh_clip_payload, self.struct, att_payload)

    def disconnected(self) -> None:
        """The link is gone."""
        self._call(self._lib.imuh_clip_disconnected, self.struct)

    def subscribed(self, characteristic: Characteristic, on: bool = True) -> None:
        """The host wrote a Client Characteristic Configuration."""
        self._call(self._lib.imuh_clip_subscribed, self.struct, CHARACTERISTICS.index(characteristic), on)

    def control_ready(self) -> bool:
        """Whether a write to control may be taken; else answer with ATT error 0xFD."""
        return bool(self._call(self._lib.imuh_clip_control_ready, self.struct))

    def control(self, data: bytes, received_us: int) -> bool:
        """A write to control; False: a response still waits, answer with ATT error 0xFE."""
        return bool(self._call(self._lib.imuh_clip_control, self.struct, data, len(data), received_us))

    def sample(self, acc: Sequence[int] | None, gyr: Sequence[int] | None, time_us: int) -> None:
        """The sample of the next instant, raw; None where not measured."""
        null = self._ffi.NULL
        a = null if acc is None else self._ffi.new("int16_t[3]", acc)
        g = null if gyr is None else self._ffi.new("int16_t[3]", gyr)
        self._call(self._lib.imuh_clip_sample, self.struct, a, g, time_us)

    def samples_lost(self, instants: int) -> None:
        """Instants that could not be measured."""
        self._call(self._lib.imuh_clip_samples_lost, self.struct, instants)

    def sensor_failed(self, code: int) -> None:
        """The sensor does not answer."""
        self._call(self._lib.imuh_clip_sensor_failed, self.struct, code)

    def button(self, presses: int) -> None:
        """The button was pressed."""
        self._call(self._lib.imuh_clip_button, self.struct, presses)

    def start_alone(self) -> int:
        """Begin a recorded stream without a host; returns the status."""
        return int(self._call(self._lib.imuh_clip_start_alone, self.struct))

    def stop_alone(self) -> None:
        """End it."""
        self._call(self._lib.imuh_clip_stop_alone, self.struct)

    def battery(self, percent: int) -> None:
        """What is left."""
        self._call(self._lib.imuh_clip_battery, self.struct, percent)

    def pair(self) -> None:
        """A physical action: open the pairing window."""
        self._call(self._lib.imuh_clip_pair, self.struct)

    def may_pair(self) -> bool:
        """Whether pairing is accepted now."""
        return bool(self._call(self._lib.imuh_clip_may_pair, self.struct))

    def poll(self) -> int:
        """Let time pass, offer again what waits; returns the microseconds until the next poll at the latest."""
        return int(self._call(self._lib.imuh_clip_poll, self.struct))

    @property
    def state(self) -> int:
        """What the clip is doing."""
        return int(self._call(self._lib.imuh_clip_state, self.struct))

    def info(self) -> bytes:
        """The value of info."""
        out = self._ffi.new("uint8_t[]", self.core["INFO_SIZE"])
        self._call(self._lib.imuh_clip_info, self.struct, out)
        return bytes(out)

    def service_data(self) -> bytes:
        """The service data of the scan response, without the UUID."""
        out = self._ffi.new("uint8_t[]", self.core["SERVICE_DATA_SIZE"])
        self._call(self._lib.imuh_clip_service_data, self.struct, out)
        return bytes(out)
