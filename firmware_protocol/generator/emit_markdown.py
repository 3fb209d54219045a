"""The tables of PROTOCOL.md, each between a pair of comments that name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from generator.spec import Enum, Spec, SpecError, Struct

__all__ = ["fill_tables"]

_PLACE: Final = re.compile(r"(<!-- table: (?P<name>[^ ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_RATES_HZ: Final = (50, 100, 200, 400)
_PAYLOADS: Final = (20, 62, 182, 244, 514)


def fill_tables(document: str, spec: Spec) -> str:
    """The document with every table made anew.

    Raises SpecError for a table nobody knows, and for a struct or enum the document leaves out.
    """
    tables = _tables(spec)
    placed: set[str] = set()

    def table(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in tables:
            raise SpecError(f"PROTOCOL.md asks for the unknown table {name!r}")
        placed.add(name)
        return f"{match[1]}{tables[name]()}\n{match[3]}"

    filled = _PLACE.sub(table, document)
    if missing := sorted(tables.keys() - placed):
        raise SpecError(f"PROTOCOL.md has no place for the table {missing[0]!r}")
    return filled


def _tables(spec: Spec) -> Mapping[str, Callable[[], str]]:
    tables: dict[str, Callable[[], str]] = {
        "uuids": lambda: _uuids(spec),
        "limits": lambda: _rows(("name", "value", "meaning"), ((f"`{x.name}`", x.value, x.doc) for x in spec.limits)),
        "commands": lambda: _commands(spec),
        "bandwidth": lambda: _bandwidth(spec),
    }
    for enum in spec.enums:
        if enum.name != "opcode":
            tables[f"enum.{enum.name}"] = lambda enum=enum: _enum(enum)  # type: ignore[misc]
    for struct in spec.structs:
        tables[f"struct.{struct.name}"] = lambda struct=struct: _struct(struct)  # type: ignore[misc]
    return tables


def _rows(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _uuids(spec: Spec) -> str:
    rows = [("service", f"`{spec.service.uuid}`", "", "", spec.service.doc)]
    rows += [(f"`{c.name}`", f"`{c.uuid}`", ", ".join(c.properties), c.security, c.doc) for c in spec.characteristics]
    return _rows(("part", "UUID", "properties", "link", "holds"), rows)


def _enum(enum: Enum) -> str:
    shown = "0x{:02X}" if enum.flags or enum.name == "status" else "{}"
    kind = "bit" if enum.flags else "value"
    return _rows((kind, "name", "meaning"), ((shown.format(v.value), f"`{v.name}`", v.doc) for v in enum.values))


def _struct(struct: Struct) -> str:
    rows = ((field.offset, field.type, f"`{field.name}`", field.doc) for field in struct.fields)
    return f"`{struct.name}`, {struct.size} byte{'s' * (struct.size > 1)}\n\n" + _rows(
        ("offset", "type", "field", "meaning"), rows
    )


def _commands(spec: Spec) -> str:
    def named(name: str | None) -> str:
        if name == "record_page":
            return "`record_page_0`, `_1` or `_2`, as asked"
        return f"`{name}`" if name else "none"

    rows = (
        (f"0x{c.value:02X}", f"`{c.name}`", named(c.request), named(c.response), c.doc)
        for c in spec.enum("opcode").values
    )
    return _rows(("opcode", "name", "arguments", "data of the response", "what it does"), rows)


def _bandwidth(spec: Spec) -> str:
    header, sample = spec.limit("packet_header_bytes"), spec.limit("sample_bytes")
    batch_ms = spec.limit("batch_ms_default")
    rows = []
    for rate in _RATES_HZ:
        cells: list[object] = [rate]
        for payload in _PAYLOADS:
            fits = (payload - header) // sample
            samples = max(1, min(fits, batch_ms * rate // 1000))
            packets = rate / samples
            kilobytes = packets * (header + samples * sample + 7) / 1000
            cells.append(f"{samples} · {packets:.0f}/s · {kilobytes:.1f} kB/s")
        rows.append(tuple(cells))
    return _rows(("Hz", *(f"MTU {payload + 3}" for payload in _PAYLOADS)), rows)
