"""A machine with a real kernel and bluetoothd, in QEMU by plain emulation; everything else stays outside.

bleak, the tests and the virtual clips run here, at full speed. The machine's bluetoothd is org.bluez on a private bus
(DBUS_SYSTEM_BUS_ADDRESS), and `Machine.adapter` puts a controller of an `Air` on the line that its kernel takes for
an adapter. No file descriptor can cross this bus: bleak's AcquireNotify and mtu_size do not work, StartNotify (its
default) does. To look inside: Machine.log, and the environment's IMU_HINGE_BLUETOOTHD=-d for all it says.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from ..air import Air, Radio, bluez_adapter
from .agent import offer_agent
from .fetch import Parts, UnavailableError, parts

__all__ = ["Machine", "UnavailableError"]

BOOT_S = 60.0
ADAPTER_S = 20.0
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type><auth>EXTERNAL</auth><listen>unix:path={}</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/>
    <allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""
# Without 57-bit addresses, which TCG's "max" offers and which cost time; with the host's clock as the processor's.
MACHINE = ["-M", "pc", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max,la57=off", "-smp", "1", "-m", "384"]
KERNEL = (
    "console=ttyS0 quiet oops=panic panic=-1 mitigations=off nokaslr audit=0 apparmor=0 cryptomgr.notests "
    "random.trust_cpu=on rcupdate.rcu_expedited=1 no_timer_check tsc=reliable"
)


class Machine:
    """Boots when made; ``close`` ends it. Raises `UnavailableError` where it cannot be had."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="imu_hinge_bluez_"))
        self.address = f"unix:path={self.folder / 'bus'}"
        self._ended: list[subprocess.Popen[bytes]] = []
        self._control: socket.socket | None = None
        self._adapters = itertools.count(1)
        begin = time.monotonic()
        try:
            self._boot(parts())
        except BaseException:
            self.close()
            raise
        self.boot_s = time.monotonic() - begin

    @property
    def log(self) -> str:
        """What kernel and bluetoothd have said."""
        console = self.folder / "console"
        return console.read_text(errors="replace") if console.exists() else ""

    @property
    def crashed(self) -> bool:
        """Whether its kernel has crashed, or QEMU."""
        return any(process.poll() is not None for process in self._ended)

    def _boot(self, made_of: Parts) -> None:
        config = self.folder / "bus.conf"
        config.write_text(BUS.format(self.folder / "bus"))
        libraries = {**os.environ, "LD_LIBRARY_PATH": str(made_of.libraries)}
        with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []  # QEMU ends by itself
        command = [*with_us, made_of.dbus_daemon, f"--config-file={config}", "--nofork", "--nopidfile"]
        self._start([str(word) for word in command], "bus.log", libraries)
        self._wait(lambda: (self.folder / "bus").exists(), "the bus", 10)

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.folder / "control"))
            listener.listen()
            listener.settimeout(10)
            self._start(self._qemu(made_of), "qemu.log", dict(os.environ))
            try:
                self._control, _ = listener.accept()
            except TimeoutError:
                raise UnavailableError(
                    f"QEMU does not start: {(self.folder / 'qemu.log').read_text()[-300:]}"
                ) from None
        self._expect("ready", BOOT_S)
        asyncio.run(asyncio.wait_for(self._owned(), 20))

    def _qemu(self, made_of: Parts) -> list[str]:
        append = f"{KERNEL} bluetoothd={os.environ.get('IMU_HINGE_BLUETOOTHD', '')}"
        files = [("hci", "server=on,wait=off", "virtconsole"), ("bus", "", "virtserialport")]
        files.append(("control", "", "virtserialport"))
        lines = []
        for name, options, device in files:
            lines += ["-chardev", f"socket,id={name},path={self.folder / name}{options and ','}{options}"]
            lines += ["-device", f"{device},chardev={name},name={name}"]
        return [
            *("qemu-system-x86_64", *MACHINE, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-kernel", str(made_of.kernel), "-initrd", str(made_of.initramfs), "-append", append),
            *("-serial", f"file:{self.folder / 'console'}", "-device", "virtio-serial-pci", *lines),
        ]

    def _start(self, command: list[str], log: str, environment: dict[str, str]) -> None:
        with (self.folder / log).open("wb") as file:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, start_new_session=True
            )
        self._ended.append(process)

    def _wait(self, there: object, what: str, seconds: float) -> None:
        assert callable(there)
        until = time.monotonic() + seconds
        while not there():
            if time.monotonic() > until:
                raise UnavailableError(f"{what} did not come up in {seconds:.0f} s")
            time.sleep(0.01)

    def _expect(self, word: str, seconds: float) -> None:
        assert self._control
        self._control.settimeout(seconds)
        try:
            said = self._control.recv(100).decode().split()
        except TimeoutError:
            said = []
        if word not in said:
            raise UnavailableError(f"the machine did not say {word} in {seconds:.0f} s: {self.log[-500:]}")

    async def _owned(self) -> None:
        """Until bluetoothd is on the bus."""
        async with self.bus() as bus:
            question = Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="NameHasOwner",
                signature="s",
                body=["org.bluez"],
            )
            while True:
                reply = await bus.call(question)
                if reply and reply.body[0]:
                    return
                await asyncio.sleep(0.02)

    @contextlib.asynccontextmanager
    async def bus(self) -> AsyncIterator[MessageBus]:
        """A connection to the machine's bus."""
        bus = MessageBus(bus_address=self.address, bus_type=BusType.SYSTEM)
        try:
            await bus.connect()
            yield bus
        finally:
            bus.disconnect()
            with contextlib.suppress(EOFError, OSError):
                await bus.wait_for_disconnect()

    @contextlib.asynccontextmanager
    async def adapter(self, air: Air, agent: bool = True) -> AsyncIterator[Radio]:
        """A powered adapter hci0 in ``air``, and a desktop's pairing agent.

        Each adapter has its own address, so that BlueZ remembers nothing of the last one.
        """
        address = f"00:AA:01:00:00:{next(self._adapters):02X}"
        async with self.bus() as bus, bluez_adapter(air, f"unix:{self.folder / 'hci'}", address) as radio:
            if agent:
                await offer_agent(bus)
            await self._tell("plug")
            try:
                await asyncio.wait_for(self._power(bus), ADAPTER_S)
                yield radio
            finally:
                if not self.crashed:
                    await self._tell("unplug")
                    assert self._control
                    await asyncio.to_thread(self._expect, "unplugged", ADAPTER_S)
                    await asyncio.wait_for(self._gone(bus), ADAPTER_S)
        if self.crashed:
            raise RuntimeError(f"the machine has crashed: {self.log[-3000:]}")

    async def _tell(self, word: str) -> None:
        assert self._control
        await asyncio.to_thread(self._control.sendall, f"{word}\n".encode())

    async def _properties(self, bus: MessageBus, member: str, signature: str, *body: object) -> bool:
        reply = await bus.call(
            Message(
                destination="org.bluez",
                path="/org/bluez/hci0",
                interface="org.freedesktop.DBus.Properties",
                member=member,
                signature=signature,
                body=["org.bluez.Adapter1", *body],
            )
        )
        return reply is not None and reply.message_type != MessageType.ERROR

    async def _power(self, bus: MessageBus) -> None:
        while not await self._properties(bus, "Set", "ssv", "Powered", Variant("b", True)):
            await asyncio.sleep(0.03)

    async def _gone(self, bus: MessageBus) -> None:
        while await self._properties(bus, "GetAll", "s"):
            await asyncio.sleep(0.03)

    def close(self) -> None:
        """End the machine and its bus."""
        if self._control:
            self._control.close()
        for process in reversed(self._ended):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)
