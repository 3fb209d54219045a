"""The error tree.

::

    ImuHingeError                    anything a user can cause and cure; the CLI prints one line and exits with 2
    ├── RecordingError               a file of samples is not what it should be (path, line)
    │   ├── FormatError              not a recording, or not in the version we read
    │   ├── SampleError              a row that cannot be: letters in a number, NaN, time going backwards
    │   ├── UnitError                a row that can be, in another unit (g, deg/s)
    │   └── ImportRefusedError       a foreign file that lacks what we need, or whose columns we cannot tell
    ├── ClipError                    a clip is missing, silent, stuck, or never overlaps the others (clip)
    ├── CalibrationError             a calibration movement does not show what it must (clip)
    ├── AthleteError                 an athlete's file is none, is of somebody else, or has nothing to learn from (path)
    ├── LinkError                    a clip cannot be found, reached or kept on the air (clip)
    │   ├── AdapterError             this computer's Bluetooth is missing, off, or not ours to use
    │   └── VersionError             it speaks another major version of the protocol (theirs, ours)
    ├── ProtocolError                bytes from a clip are not what the protocol says (clip, payload)
    │   ├── PacketError              a notification that is no packet
    │   └── RefusedError             the clip says no to a request (status)
    ├── ScenarioError                the simulator was asked for something it does not know
    ├── LibraryError                 no such session, more than one, or the library of sessions is in use or broken
    ├── PageError                    the page of a live session cannot be served (port)
    ├── WorkersError                 the processes or the cluster of a batch cannot be had or used (address)
    └── OutputError                  a result cannot be written (path)

Programming errors (wrong shapes, wrong types) are ``ValueError`` and ``TypeError`` and are not caught by the CLI.
"""

from __future__ import annotations

from unicodedata import category

__all__ = [
    "AdapterError",
    "AthleteError",
    "CalibrationError",
    "ClipError",
    "FormatError",
    "ImportRefusedError",
    "ImuHingeError",
    "LibraryError",
    "LinkError",
    "OutputError",
    "PacketError",
    "PageError",
    "ProtocolError",
    "RecordingError",
    "RefusedError",
    "SampleError",
    "ScenarioError",
    "UnitError",
    "VersionError",
    "WorkersError",
    "one_line",
    "visible",
]


class ImuHingeError(Exception):
    """What happened, where, and what to do about it.

    ``what`` is a clause without a full stop, ``where`` the file, line or clip, ``advice`` a sentence.
    """

    def __init__(self, what: str, *, where: str | None = None, advice: str | None = None) -> None:
        self.what = what
        self.where = where
        self.advice = advice
        super().__init__(self.one_line())

    def one_line(self) -> str:
        """The message as the CLI prints it: where, what, advice, in one line of characters that can be seen."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{head}. {self.advice}" if self.advice else head
        return one_line(text)


def one_line(text: str) -> str:
    """Text from anywhere in one line, and harmless to a terminal: what cannot be seen is written as an escape."""
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """Text from anywhere, every space kept, and what cannot be seen or written (control characters, direction marks,
    bytes of a file name that are no text) as an escape."""
    return "".join(
        c if c.isprintable() or category(c) == "Zs" else c.encode("unicode_escape").decode("ascii") for c in text
    )


class RecordingError(ImuHingeError):
    """A file of samples is not what it should be; ``path`` and, where there is one, ``line`` (from 1) say where."""

    def __init__(
        self, what: str, *, path: str | None = None, line: int | None = None, advice: str | None = None
    ) -> None:
        self.path = path
        self.line = line
        where = None if path is None else path if line is None else f"{path}, line {line}"
        super().__init__(what, where=where, advice=advice)


class FormatError(RecordingError):
    """Not a recording, or not in a version we read."""


class SampleError(RecordingError):
    """A row that cannot be: letters in a number, NaN, time going backwards, a repeated sample."""


class UnitError(RecordingError):
    """Samples in another unit than the format says; ``unit`` names the unit they seem to be in."""

    def __init__(self, what: str, *, unit: str, path: str | None = None, advice: str | None = None) -> None:
        self.unit = unit
        super().__init__(what, path=path, advice=advice)


class ImportRefusedError(RecordingError):
    """A foreign file that lacks what we need, or whose columns we cannot tell."""


class ClipError(ImuHingeError):
    """A clip is missing, silent, stuck, or never overlaps the others; ``clip`` names it."""

    def __init__(
        self, what: str, *, clip: str | None = None, where: str | None = None, advice: str | None = None
    ) -> None:
        self.clip = clip
        super().__init__(what, where=where, advice=advice)


class CalibrationError(ClipError):
    """A calibration movement does not show what it must."""


class AthleteError(ImuHingeError):
    """An athlete's file is none, is of somebody else, or there is nothing to learn for it; ``path`` says where."""

    def __init__(self, what: str, *, path: str | None = None, advice: str | None = None) -> None:
        self.path = path
        super().__init__(what, where=path, advice=advice)


class LinkError(ImuHingeError):
    """A clip cannot be found, reached or kept on the air; ``clip`` names it by role or serial number."""

    def __init__(self, what: str, *, clip: str | None = None, advice: str | None = None) -> None:
        self.clip = clip
        super().__init__(what, where=None if clip is None else f"clip {clip}", advice=advice)


class AdapterError(LinkError):
    """This computer's Bluetooth is missing, switched off, or may not be used by this program."""

    def __init__(self, what: str, *, advice: str | None = None) -> None:
        super().__init__(what, advice=advice)


class VersionError(LinkError):
    """A clip speaks another major version of the protocol: ``theirs`` and ``ours``."""

    def __init__(self, theirs: int, ours: int, *, clip: str | None = None) -> None:
        self.theirs = theirs
        self.ours = ours
        older = "the clip's firmware" if theirs < ours else "imu_hinge"
        super().__init__(
            f"it speaks version {theirs} of the clip protocol, this program version {ours}",
            clip=clip,
            advice=f"Update {older}.",
        )


class ProtocolError(ImuHingeError):
    """Bytes from a clip are not what the protocol says; ``payload`` holds them, ``clip`` names the clip."""

    def __init__(self, what: str, *, payload: bytes = b"", clip: str | None = None, advice: str | None = None) -> None:
        self.payload = payload
        self.clip = clip
        super().__init__(what, where=None if clip is None else f"clip {clip}", advice=advice)


class PacketError(ProtocolError):
    """A notification that is no packet."""


class RefusedError(ProtocolError):
    """The clip says no to a request; ``status`` is its status code."""

    def __init__(self, what: str, *, status: int, clip: str | None = None, advice: str | None = None) -> None:
        self.status = status
        super().__init__(what, clip=clip, advice=advice)


class ScenarioError(ImuHingeError):
    """The simulator was asked for something it does not know."""


class LibraryError(ImuHingeError):
    """There is no such session, there are several, or the library of sessions is in use or cannot be kept."""


class PageError(ImuHingeError):
    """The page of a live session cannot be served; ``port`` is the one asked for, None where it is not about that."""

    def __init__(self, what: str, *, port: int | None = None, advice: str | None = None) -> None:
        self.port = port
        super().__init__(what, where="page", advice=advice)


class WorkersError(ImuHingeError):
    """What a batch is to run on cannot be had, or is not as it must be; ``address`` is the scheduler's, or None."""

    def __init__(self, what: str, *, address: str | None = None, advice: str | None = None) -> None:
        self.address = address
        super().__init__(what, where=address, advice=advice)


class OutputError(ImuHingeError):
    """A result cannot be written; ``path`` says where."""

    def __init__(self, what: str, *, path: str, advice: str | None = None) -> None:
        self.path = path
        super().__init__(what, where=path, advice=advice)
