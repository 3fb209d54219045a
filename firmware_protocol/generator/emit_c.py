"""The C header: numbers and offsets, so that no compiler has to agree with us about packing."""

from __future__ import annotations

from collections.abc import Iterator

from generator.spec import Spec

__all__ = ["c_header"]


def c_header(spec: Spec) -> str:
    """The text of ``imuh_protocol.h``: C99 and C++11, constants only."""
    return "\n".join(_lines(spec)) + "\n"


def _lines(spec: Spec) -> Iterator[str]:
    yield "/* Generated from firmware_protocol/imu_hinge.yaml by generate.py; do not edit. */"
    yield "/* SPDX-License-Identifier: MIT */"
    yield "#ifndef IMUH_PROTOCOL_H"
    yield "#define IMUH_PROTOCOL_H"
    yield ""
    yield f"#define IMUH_VERSION_MAJOR {spec.major}u"
    yield f"#define IMUH_VERSION_MINOR {spec.minor}u"
    yield ""
    yield "/* UUIDs as text, and as the sixteen bytes that go over the air (little endian). */"
    for part in (spec.service, *spec.characteristics):
        name = part.name.upper()
        octets = ", ".join(f"0x{byte:02x}" for byte in reversed(bytes.fromhex(part.uuid.replace("-", ""))))
        yield f'#define IMUH_UUID_{name} "{part.uuid}"'
        yield f"#define IMUH_UUID_{name}_BYTES {{{octets}}}"
    yield ""
    yield "/* Limits */"
    for limit in spec.limits:
        value = f"({limit.value})" if limit.value < 0 else str(limit.value)
        suffix = "" if limit.name in ("invalid", "overrange") else "u"
        yield f"#define IMUH_{limit.name.upper()} {value}{suffix} /* {limit.doc} */"
    yield ""
    yield "/* Connection parameters to ask for */"
    for key, value in spec.connection.items():
        yield f"#define IMUH_CONN_{key.upper()} {value}u"
    for enum in spec.enums:
        yield ""
        yield f"/* {enum.doc} */"
        for value in enum.values:
            number = f"0x{value.value:02x}u" if enum.name in ("opcode", "status") or enum.flags else f"{value.value}u"
            yield f"#define IMUH_{enum.name.upper()}_{value.name.upper()} {number} /* {value.doc} */"
    for struct in spec.structs:
        yield ""
        prefix = f"IMUH_{struct.name.upper()}"
        if struct.doc:
            yield f"/* {struct.doc} */"
        yield f"#define {prefix}_SIZE {struct.size}u"
        for field in struct.fields:
            yield f"#define {prefix}_AT_{field.name.upper()} {field.offset}u /* {field.type}: {field.doc} */"
    yield ""
    yield "#endif"
