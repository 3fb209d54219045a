"""The protocol as ``imu_hinge.yaml`` describes it, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

__all__ = ["Enum", "EnumValue", "Field", "Limit", "Part", "Spec", "SpecError", "Struct", "load", "parse"]

SCALARS: Final[Mapping[str, tuple[int, str]]] = {
    "u8": (1, "B"),
    "u16": (2, "H"),
    "u32": (4, "I"),
    "u64": (8, "Q"),
    "i16": (2, "h"),
    "f32": (4, "f"),
}
"""Scalar types: bytes and ``struct`` letter."""

_ARRAY: Final = re.compile(r"(?:(?P<bytes>bytes)(?P<length>\d+)|(?P<scalar>i16)x(?P<count>\d+))")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class SpecError(ValueError):
    """The source of truth contradicts itself; the message says where."""


@dataclass(frozen=True)
class Field:
    """A field of a struct: where it begins, how many bytes it takes, and the struct inside, if it is one."""

    name: str
    type: str
    doc: str
    offset: int
    size: int
    struct: Struct | None = None

    @property
    def letters(self) -> str:
        """The field in the letters of Python's ``struct``."""
        if self.struct is not None:
            return self.struct.letters
        if self.type in SCALARS:
            return SCALARS[self.type][1]
        match = _ARRAY.fullmatch(self.type)
        assert match is not None
        return f"{match['length']}s" if match["bytes"] else f"{match['count']}h"

    @property
    def values(self) -> int:
        """How many Python values the letters give."""
        if self.struct is not None:
            return sum(field.values for field in self.struct.fields)
        match = _ARRAY.fullmatch(self.type)
        return int(match["count"]) if match and match["count"] else 1


@dataclass(frozen=True)
class Struct:
    """A packed little-endian struct."""

    name: str
    doc: str
    fields: tuple[Field, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(field.size for field in self.fields)

    @property
    def letters(self) -> str:
        """The struct in the letters of Python's ``struct``, without the byte order."""
        return "".join(field.letters for field in self.fields)


@dataclass(frozen=True)
class EnumValue:
    """A named number; ``request`` and ``response`` name structs where the enum lists commands."""

    name: str
    value: int
    doc: str
    request: str | None = None
    response: str | None = None


@dataclass(frozen=True)
class Enum:
    """Named numbers of one kind; ``flags`` where they may be added up."""

    name: str
    doc: str
    flags: bool
    values: tuple[EnumValue, ...]


@dataclass(frozen=True)
class Part:
    """The service or a characteristic."""

    name: str
    uuid: str
    doc: str
    properties: tuple[str, ...] = ()
    security: str = ""


@dataclass(frozen=True)
class Limit:
    """A number both sides rely on."""

    name: str
    value: int
    doc: str


@dataclass(frozen=True)
class Spec:
    """The whole protocol."""

    name: str
    major: int
    minor: int
    service: Part
    characteristics: tuple[Part, ...]
    limits: tuple[Limit, ...]
    connection: Mapping[str, int]
    enums: tuple[Enum, ...]
    structs: tuple[Struct, ...]

    def limit(self, name: str) -> int:
        """A limit's value."""
        return next(limit.value for limit in self.limits if limit.name == name)

    def enum(self, name: str) -> Enum:
        """An enum by its name."""
        return next(enum for enum in self.enums if enum.name == name)

    def struct(self, name: str) -> Struct:
        """A struct by its name."""
        return next(struct for struct in self.structs if struct.name == name)


def load(path: Path) -> Spec:
    """Read and check a protocol file; raises SpecError."""
    return parse(yaml.safe_load(path.read_text(encoding="utf-8")))


def parse(tree: Mapping[str, Any]) -> Spec:
    """Check a protocol; raises SpecError naming what contradicts what."""
    base = tree["uuids"]["base"]
    parts = [_part(name, base, value) for name, value in tree["uuids"].items() if name != "base"]
    if len({part.uuid for part in parts}) != len(parts):
        raise SpecError("two parts have the same uuid")
    enums = tuple(_enum(name, value) for name, value in tree["enums"].items())
    structs: dict[str, Struct] = {}
    for name, value in tree["structs"].items():
        structs[name] = _struct(name, value, structs)
    limits = tuple(Limit(_name(name), v["value"], v["doc"]) for name, v in tree["limits"].items())
    protocol = tree["protocol"]
    spec = Spec(
        protocol["name"],
        protocol["major"],
        protocol["minor"],
        next(part for part in parts if part.name == "service"),
        tuple(part for part in parts if part.name != "service"),
        limits,
        dict(tree["connection"]),
        enums,
        tuple(structs.values()),
    )
    _check(spec)
    return spec


def _part(name: str, base: str, value: Mapping[str, Any]) -> Part:
    uuid = base.replace("NNNN", f"{value['id']:04x}")
    return Part(_name(name), uuid, value["doc"], tuple(value.get("properties", ())), value.get("security", ""))


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SpecError(f"{name!r} is not a name: small letters, digits, underscores")
    return name


def _enum(name: str, tree: Mapping[str, Any]) -> Enum:
    values = tuple(
        EnumValue(_name(key), v["value"], v["doc"], v.get("request"), v.get("response"))
        for key, v in tree["values"].items()
    )
    numbers = [v.value for v in values]
    if len(set(numbers)) != len(numbers):
        raise SpecError(f"two values of {name} are the same number")
    flags = bool(tree.get("flags", False))
    if flags and any(number & (number - 1) or not number for number in numbers):
        raise SpecError(f"a flag of {name} is not a single bit")
    if any(not 0 <= number <= 255 for number in numbers):
        raise SpecError(f"a value of {name} does not fit a byte")
    return Enum(_name(name), tree["doc"], flags, values)


def _struct(name: str, tree: Mapping[str, Any], known: Mapping[str, Struct]) -> Struct:
    fields: list[Field] = []
    for entry in tree["fields"]:
        kind = entry["type"]
        offset = fields[-1].offset + fields[-1].size if fields else 0
        if kind in known:
            fields.append(Field(_name(entry["name"]), kind, entry["doc"], offset, known[kind].size, known[kind]))
            continue
        fields.append(Field(_name(entry["name"]), kind, entry["doc"], offset, _size(name, kind)))
    if len({field.name for field in fields}) != len(fields):
        raise SpecError(f"two fields of {name} have the same name")
    return Struct(_name(name), tree["doc"], tuple(fields))


def _size(struct: str, kind: str) -> int:
    if kind in SCALARS:
        return SCALARS[kind][0]
    match = _ARRAY.fullmatch(kind)
    if match is None:
        raise SpecError(f"{struct} has a field of the unknown type {kind!r}; nested structs come before their users")
    return int(match["length"]) if match["bytes"] else 2 * int(match["count"])


def _check(spec: Spec) -> None:
    for command in spec.enum("opcode").values:
        if command.value >= 0x80:
            raise SpecError(f"opcode {command.name} collides with the responses (0x80 and up)")
    for struct in _in_commands(spec, "response"):
        if struct.size > spec.limit("response_data_max"):
            raise SpecError(f"{struct.name} is longer than a response may be")
    for struct in _in_commands(spec, "request"):
        if spec.struct("request_header").size + struct.size > spec.limit("payload_min"):
            raise SpecError(f"{struct.name} does not fit the smallest MTU")
    if spec.struct("sample").size != spec.limit("sample_bytes"):
        raise SpecError("sample_bytes is not the size of sample")
    if spec.struct("packet_header").size != spec.limit("packet_header_bytes"):
        raise SpecError("packet_header_bytes is not the size of packet_header")


def _in_commands(spec: Spec, side: str) -> Iterator[Struct]:
    names = {getattr(command, side) for command in spec.enum("opcode").values} - {None}
    if side == "response" and "record_page" in names:
        names = names - {"record_page"} | {s.name for s in spec.structs if s.name.startswith("record_page_")}
    missing = names - {struct.name for struct in spec.structs}
    if missing:
        raise SpecError(f"a command names the unknown struct {sorted(missing)[0]}")
    return (struct for struct in spec.structs if struct.name in names)
