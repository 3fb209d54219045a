"""Getting the bytes of a recording: from a file, a pipe or standard input, never more than is sane."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final

from imu_hinge.errors import FormatError, RecordingError

__all__ = ["LIMIT_BYTES", "RawFile", "load"]

LIMIT_BYTES: Final = 1 << 30
"""Largest file read, bytes: 1 GiB is 17 hours of two clips at 100 Hz, and takes 4 GiB of memory."""

_HEAD_BYTES: Final = 1 << 16
_BOM: Final = b"\xef\xbb\xbf"
_PACKED: Final = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"(\xb5/\xfd": "zstd"}
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class RawFile:
    """A file's bytes (without byte-order mark), its ``name``, and ``path`` as messages should call it."""

    data: bytes
    name: str
    path: str


def load(source: str | Path | BinaryIO, *, limit_bytes: int = LIMIT_BYTES) -> RawFile:
    """Read a path, ``-`` (standard input) or a binary stream whole.

    The first 64 KiB are looked at before the rest is read. Raises RecordingError where the file cannot be
    read and FormatError where it is binary, empty or larger than ``limit_bytes``.
    """
    if not isinstance(source, (str, Path)):
        name = getattr(source, "name", None)
        label = name if isinstance(name, str) else "stream"
        return RawFile(_read_stream(source, label, limit_bytes), Path(label).name, label)
    if str(source) == "-":
        return RawFile(_read_stream(sys.stdin.buffer, "standard input", limit_bytes), "-", "standard input")
    path = Path(source)
    try:
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                data = _read_stream(file, str(path), limit_bytes)
            else:
                head = file.read(_HEAD_BYTES) or b""
                _check_head(head, str(path))
                _check_size(status.st_size, str(path), limit_bytes)
                file.seek(0)
                data = file.read(status.st_size) or b""
    except OSError as error:
        raise _unreadable(error, path) from error
    except ValueError as error:  # open() says this of a NUL inside a path
        raise RecordingError(f"not a file name: {error}", path=ascii(str(path))) from error
    return RawFile(_without_bom(data), path.name, str(path))


def _read_stream(stream: BinaryIO | FileIO, label: str, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(_HEAD_BYTES):
        if not chunks:
            _check_head(chunk, label)
        size += len(chunk)
        _check_size(size, label, limit_bytes)
        chunks.append(chunk)
    if not chunks:
        _check_head(b"", label)
    return _without_bom(b"".join(chunks))


def _check_head(head: bytes, path: str) -> None:
    if not head.removeprefix(_BOM).strip():
        if len(head) == _HEAD_BYTES:
            raise FormatError("begins with blank space only", path=path, advice="Give a recording CSV.")
        raise FormatError("the file is empty", path=path, advice="Record again, or check that copying has finished.")
    for magic, packer in _PACKED.items():
        if head.startswith(magic):
            raise FormatError(f"this is a {packer} file", path=path, advice="Unpack it first.")
    if head.startswith(_UTF16):
        raise FormatError("the text is UTF-16, not UTF-8", path=path, advice="Save it again as UTF-8.")
    if b"\0" in head and not head.removeprefix(_BOM).lstrip().startswith(b"#"):
        raise FormatError(
            "this is a binary file, not a recording CSV",
            path=path,
            advice="Give a recording CSV; files of other tools are turned into one by 'imu-hinge convert'.",
        )


def _check_size(size: int, path: str, limit_bytes: int) -> None:
    if size > limit_bytes:
        raise FormatError(
            f"the file is larger than {_binary_size(limit_bytes)}",
            path=path,
            advice="Split it ('split -l 5000000') and put the header and column row on top of each part.",
        )


def _binary_size(size: int) -> str:
    return f"{size / (1 << 30):g} GiB" if size >= 1 << 30 else f"{size:,} bytes"


def _unreadable(error: OSError, path: Path) -> RecordingError:
    if isinstance(error, FileNotFoundError):
        return RecordingError("no such file", path=str(path), advice="Check the name.")
    if isinstance(error, IsADirectoryError):
        return RecordingError("this is a folder", path=str(path), advice="Name one recording in it.")
    if isinstance(error, PermissionError):
        return RecordingError("no permission to read it", path=str(path), advice="Check who owns the file.")
    return RecordingError(f"cannot be read ({error.strerror or error})", path=str(path))


def _without_bom(data: bytes) -> bytes:
    return data[len(_BOM) :] if data.startswith(_BOM) else data
