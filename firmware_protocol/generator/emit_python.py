"""The Python definitions: enums, and a frozen dataclass with its ``struct`` layout for every struct."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from generator.spec import Enum, Field, Spec, Struct

__all__ = ["python_module"]

_TYPES = {"u8": "int", "u16": "int", "u32": "int", "u64": "int", "i16": "int", "f32": "float"}
_LINE = 120


def python_module(spec: Spec) -> str:
    """The text of ``imu_hinge/protocol/definitions.py``."""
    return "\n".join(_lines(spec)) + "\n"


def _lines(spec: Spec) -> Iterator[str]:
    yield '"""Numbers and layouts of the clip protocol.'
    yield ""
    yield "Generated from firmware_protocol/imu_hinge.yaml by generate.py; do not edit. PROTOCOL.md there is the"
    yield "specification."
    yield '"""'
    yield ""
    yield "from __future__ import annotations"
    yield ""
    yield "from dataclasses import dataclass"
    yield "from enum import IntEnum, IntFlag"
    yield "from struct import Struct"
    yield "from typing import ClassVar, Final"
    yield ""
    yield "__all__ = ["
    yield from (f'    "{name}",' for name in _exported(spec))
    yield "]"
    yield ""
    yield f"VERSION_MAJOR: Final = {spec.major}"
    yield f"VERSION_MINOR: Final = {spec.minor}"
    yield ""
    for part in (spec.service, *spec.characteristics):
        yield f'{part.name.upper()}_UUID: Final = "{part.uuid}"'
        yield from _doc(part.doc, "")
    yield ""
    for limit in spec.limits:
        yield f"{limit.name.upper()}: Final = {limit.value}"
        yield from _doc(limit.doc, "")
    for key, value in spec.connection.items():
        yield f"CONNECTION_{key.upper()}: Final = {value}"
    for enum in spec.enums:
        yield from _enum(enum)
    for struct in spec.structs:
        yield from _struct(struct)


def _exported(spec: Spec) -> list[str]:
    names = ["VERSION_MAJOR", "VERSION_MINOR"]
    names += [f"{part.name.upper()}_UUID" for part in (spec.service, *spec.characteristics)]
    names += [limit.name.upper() for limit in spec.limits]
    names += [f"CONNECTION_{key.upper()}" for key in spec.connection]
    constants = sorted(names)
    return constants + sorted(_camel(each.name) for each in (*spec.enums, *spec.structs))


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _doc(text: str, indent: str) -> Iterator[str]:
    lines = textwrap.wrap(f'"""{text}"""', _LINE - len(indent) - 8)
    if len(lines) == 1:
        yield f"{indent}{lines[0]}"
        return
    yield from (f"{indent}{line}" for line in [*lines[:-1], lines[-1].removesuffix('"""')])
    yield f'{indent}"""'


def _enum(enum: Enum) -> Iterator[str]:
    yield ""
    yield ""
    yield f"class {_camel(enum.name)}({'IntFlag' if enum.flags else 'IntEnum'}):"
    yield from _doc(enum.doc, "    ")
    yield ""
    for value in enum.values:
        yield f"    {value.name.upper()} = 0x{value.value:02X}"
        yield from _doc(value.doc, "    ")


def _struct(struct: Struct) -> Iterator[str]:
    name = _camel(struct.name)
    yield ""
    yield ""
    yield "@dataclass(frozen=True, slots=True)"
    yield f"class {name}:"
    yield from _doc(struct.doc or f"{struct.name.replace('_', ' ').capitalize()}.", "    ")
    yield ""
    yield f'    LAYOUT: ClassVar[Struct] = Struct("<{struct.letters}")'
    yield ""
    for field in struct.fields:
        yield f"    {field.name}: {_annotation(field)}"
        yield from _doc(field.doc, "    ")
    yield ""
    yield "    def pack(self) -> bytes:"
    yield '        """The bytes that go over the air."""'
    yield from _call("        return self.LAYOUT.pack(", [leaf for f in struct.fields for leaf in _leaves(f, "self")])
    yield ""
    yield "    @classmethod"
    yield f"    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> {name}:"
    yield '        """Read the first bytes of ``data``; raises struct.error where there are too few."""'
    yield "        v = cls.LAYOUT.unpack_from(data, offset)"
    yield from _call("        return cls(", _arguments(struct))


def _call(opening: str, arguments: list[str]) -> Iterator[str]:
    """A call as the formatter of this project would break it."""
    joined = ", ".join(arguments)
    if len(opening) + len(joined) + 1 <= _LINE:
        yield f"{opening}{joined})"
        return
    yield opening
    if len(joined) + 12 <= _LINE:
        yield f"            {joined}"
    else:
        yield from (f"            {argument}," for argument in arguments)
    yield "        )"


def _annotation(field: Field) -> str:
    if field.struct is not None:
        return _camel(field.struct.name)
    if field.type.startswith("bytes"):
        return "bytes"
    if field.values > 1:
        return f"tuple[{', '.join(['int'] * field.values)}]"
    return _TYPES[field.type]


def _leaves(field: Field, owner: str) -> Iterator[str]:
    here = f"{owner}.{field.name}"
    if field.struct is not None:
        for inner in field.struct.fields:
            yield from _leaves(inner, here)
    elif field.values > 1:
        yield f"*{here}"
    else:
        yield here


def _arguments(struct: Struct) -> list[str]:
    arguments, at = [], 0
    for field in struct.fields:
        if field.struct is not None:
            arguments.append(f"{_camel(field.struct.name)}(*v[{at}:{at + field.values}])")
        elif field.values > 1:
            arguments.append(f"({', '.join(f'v[{at + i}]' for i in range(field.values))})")
        else:
            arguments.append(f"v[{at}]")
        at += field.values
    return arguments
