"""Fetches what the machine is made of: Debian's stock kernel, its Bluetooth modules, bluetoothd, busybox.

Everything stays in a cache folder outside the tree (IMU_HINGE_CACHE, or ~/.cache/imu_hinge); nothing is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import lzma
import os
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Parts", "UnavailableError", "parts"]

INIT = Path(__file__).with_name("init.sh")
WANTED = ("bluez", "dbus-daemon", "busybox-static")
"""Fetched with whatever they need that this machine has not got."""
MODULES = ("drivers/virtio", "drivers/char/virtio_console.ko*", "crypto", "lib/crypto", "lib/crc16.ko*", "net/rfkill",
           "net/bluetooth/bluetooth.ko*", "drivers/bluetooth", "drivers/tty/serial")  # fmt: skip
PROGRAMS = ("usr/libexec/bluetooth/bluetoothd", "usr/bin/btattach")
XZ = b"\xfd7zXZ"


class UnavailableError(Exception):
    """This computer cannot have the machine; the text says why."""


@dataclass(frozen=True)
class Parts:
    """Files of the machine."""

    kernel: Path
    initramfs: Path
    dbus_daemon: Path
    libraries: Path


def parts() -> Parts:
    """The machine's parts, fetched the first time (about 90 MB)."""
    for program in ("qemu-system-x86_64", "apt-get", "dpkg-deb", "ldd"):
        if not shutil.which(program):
            raise UnavailableError(f"{program} is not installed")
    if os.geteuid():
        raise UnavailableError("needs root: the machine's bluetoothd says on the bus that it is root")
    cache = Path(os.environ.get("IMU_HINGE_CACHE", "~/.cache/imu_hinge")).expanduser() / "bluez"
    cache.mkdir(parents=True, exist_ok=True)
    recipe = hashlib.sha256(Path(__file__).read_bytes() + INIT.read_bytes()).hexdigest()
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = cache / "recipe"
        if not stamp.exists() or stamp.read_text() != recipe:
            stamp.unlink(missing_ok=True)
            _build(cache)
            stamp.write_text(recipe)
    layer = cache / "layer"
    daemon = shutil.which("dbus-daemon") or str(layer / "usr/bin/dbus-daemon")
    return Parts(cache / "vmlinux", cache / "initramfs", Path(daemon), _libraries(layer))


def _run(*command: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> bytes:
    """What the command prints; `UnavailableError` where it fails."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, cwd=cwd, input=stdin, env=environment, capture_output=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{command[0]} took more than 300 s") from None
    if done.returncode:
        raise UnavailableError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout


def _packages() -> tuple[str, list[str]]:
    """Names of the kernel's package and of all others."""
    found = re.search(r"Depends: (linux-image-\S+)", _run("apt-cache", "depends", "linux-image-amd64").decode())
    if not found:
        raise UnavailableError("apt knows no kernel")
    plan = _run("apt-get", "-s", "-o", "Debug::NoLocking=1", "install", "--no-install-recommends", *WANTED).decode()
    needed = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
    return found[1], sorted({*WANTED, *needed})


def _build(cache: Path) -> None:
    work = cache / "work"
    shutil.rmtree(work, ignore_errors=True)
    debs, layer, kernel, root = (work / name for name in ("debs", "layer", "kernel", "root"))
    for folder in (debs, layer, kernel, root):
        folder.mkdir(parents=True)
    try:
        image, others = _packages()
    except UnavailableError:
        _run("apt-get", "update", "-qq")
        image, others = _packages()
    download = ("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", image, *others)
    try:
        _run(*download, cwd=debs)
    except UnavailableError:  # the lists are old
        _run("apt-get", "update", "-qq")
        _run(*download, cwd=debs)

    for deb in debs.glob("*.deb"):
        _run("dpkg-deb", "-x", deb, kernel if deb.name.startswith("linux-image") else layer)
    _unpack_kernel(next(kernel.glob("boot/vmlinuz-*")), work / "vmlinux")
    _fill_root(layer, kernel, root)
    names = b"\n".join(bytes(path.relative_to(root)) for path in sorted(root.rglob("*")))
    (work / "initramfs").write_bytes(_run(root / "bin/busybox", "cpio", "-o", "-H", "newc", cwd=root, stdin=names))

    for name in ("layer", "vmlinux", "initramfs"):
        target = cache / name
        if target.is_dir():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
        (work / name).rename(target)
    shutil.rmtree(work)


def _unpack_kernel(image: Path, vmlinux: Path) -> None:
    """The kernel out of its self-unpacking file (see the x86 boot protocol): emulated unpacking takes seconds."""
    data = image.read_bytes()
    offset, length = struct.unpack_from("<II", data, 584)
    start = (data[497] + 1) * 512 + offset
    payload = data[start : start + length]
    vmlinux.write_bytes(lzma.LZMADecompressor().decompress(payload) if payload.startswith(XZ) else data)


def _libraries(layer: Path) -> Path:
    return next((path.parent for path in layer.glob("usr/lib/*/libdbus-1.so.3")), layer / "usr/lib")


def _fill_root(layer: Path, kernel: Path, root: Path) -> None:
    for name in ("bin", "dev", "proc", "sys", "run", "root", "var/lib/bluetooth"):
        (root / name).mkdir(parents=True)
    busybox = next(path for path in (layer / "bin/busybox", layer / "usr/bin/busybox") if path.exists())
    shutil.copy(busybox, root / "bin/busybox")
    shutil.copy(INIT, root / "init")
    (root / "init").chmod(0o755)

    modules = next(path for place in ("lib", "usr/lib") for path in kernel.glob(f"{place}/modules/*"))
    target = root / "lib/modules" / modules.name
    target.mkdir(parents=True)
    for path in modules.glob("modules.*"):
        shutil.copy(path, target)
    for place in MODULES:
        for path in modules.glob(f"kernel/{place}"):
            for file in [path] if path.is_file() else path.rglob("*.ko*"):
                copy = target / file.relative_to(modules)
                copy.parent.mkdir(parents=True, exist_ok=True)
                data = file.read_bytes()
                if data.startswith(XZ):
                    copy, data = copy.with_suffix(""), lzma.decompress(data)
                copy.write_bytes(data)
    _run(root / "bin/busybox", "depmod", "-b", root, modules.name)

    os.environ["LD_LIBRARY_PATH"] = f"{_libraries(layer)}"
    try:
        for program in PROGRAMS:
            _copy(layer / program, root / program)
            for library in re.findall(r"(/\S+) \(0x", _run("ldd", layer / program).decode()):
                inside = library.removeprefix(str(layer)).lstrip("/")
                _copy(Path(library), root / inside)
    finally:
        del os.environ["LD_LIBRARY_PATH"]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
