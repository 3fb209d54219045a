"""The Wireshark dissector: every characteristic by its UUID, every struct field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.spec import Enum, Field, Spec, Struct

__all__ = ["lua_dissector"]

_KINDS: Final = {"u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "i16": "int16", "f32": "float"}
_ENUM_OF: Final = {
    ("transfer_end", "status"): "status",
    ("response_header", "status"): "status",
    ("event", "event_type"): "event_type",
    ("info", "role"): "role",
    ("service_data", "role"): "role",
    ("set_role_request", "role"): "role",
    ("identify_request", "pattern"): "identify_pattern",
}
_HEAD: Final = """\
-- Generated from firmware_protocol/imu_hinge.yaml by generate.py; do not edit.
-- SPDX-License-Identifier: MIT
-- Wireshark: copy into the personal Lua plugins folder, or tshark -X lua_script:imu_hinge.lua
local proto = Proto("imu_hinge", "imu_hinge clip")
local fields, values, structs = {}, {}, {}
local HEADER, SAMPLE = __HEADER__, __SAMPLE__
"""
_TAIL: Final = """\
proto.fields = {}
for _, by_name in pairs(fields) do
  for _, field in pairs(by_name) do table.insert(proto.fields, field) end
end

local function show(name, buffer, tree, offset)
  for _, entry in ipairs(structs[name]) do
    local at, size = offset + entry[2], entry[3]
    if at + size > buffer:len() then return false end
    if entry[4] then
      show(entry[4], buffer, tree:add(proto, buffer(at, size), entry[1]), at)
    elseif entry[5] then
      for i = 0, entry[5] - 1 do tree:add_le(fields[name][entry[1]], buffer(at + 2 * i, 2)) end
    else
      tree:add_le(fields[name][entry[1]], buffer(at, size))
    end
  end
  return true
end

local function samples(buffer, tree, pinfo)
  if buffer:len() < 2 then return end
  local kind = bit32 and bit32.band(buffer(0, 1):uint(), 15) or buffer(0, 1):uint() % 16
  if kind == values.packet_type.reverse["end"] then
    show("transfer_end", buffer, tree, 0)
    pinfo.cols.info = "imu_hinge transfer end: " .. (values.status[buffer(1, 1):uint()] or "?")
    return
  end
  if not show("packet_header", buffer, tree, 0) then return end
  local count = math.floor((buffer:len() - HEADER) / SAMPLE)
  pinfo.cols.info = string.format("imu_hinge %s: index %d, %d samples, %d us",
    values.packet_type[kind] or "?", buffer(2, 2):le_uint(), count, buffer(4, 4):le_uint())
  for i = 0, count - 1 do
    local at = HEADER + i * SAMPLE
    show("sample", buffer, tree:add(proto, buffer(at, SAMPLE), "sample " .. i), at)
  end
end

local function control(buffer, tree, pinfo)
  if buffer:len() < 2 then return end
  local opcode = buffer(0, 1):uint()
  local answer = opcode >= 128
  local name = values.opcode[opcode % 128] or "?"
  show(answer and "response_header" or "request_header", buffer, tree, 0)
  local text = "imu_hinge " .. (answer and "response " or "request ") .. name
  if answer and buffer:len() > 2 then text = text .. ": " .. (values.status[buffer(2, 1):uint()] or "?") end
  pinfo.cols.info = text
  local body = (answer and responses or requests)[name]
  local header = answer and 3 or 2
  if answer and name == "record_info" and buffer:len() > 3 then body = "record_page_" .. buffer(3, 1):uint() end
  if body and structs[body] and buffer:len() > header then
    show(body, buffer, tree:add(proto, buffer(header), body), header)
  end
end

local function one(name)
  return function(buffer, tree, pinfo)
    pinfo.cols.info = "imu_hinge " .. name
    show(name, buffer, tree, 0)
  end
end

local function event(buffer, tree, pinfo)
  if buffer:len() < 2 then return end
  show("event", buffer, tree, 0)
  pinfo.cols.info = string.format("imu_hinge event %s: %d",
    values.event_type[buffer(0, 1):uint()] or "?", buffer(1, 1):uint())
end

local handlers = {
  imu = samples, transfer = samples, control = control, info = one("info"), event = event,
}
for name, uuid in pairs(uuids) do
  local part = Proto("imu_hinge_" .. name, "imu_hinge " .. name)
  function part.dissector(buffer, pinfo, tree)
    pinfo.cols.protocol = "IMUH"
    handlers[name](buffer, tree:add(proto, buffer(), "imu_hinge " .. name), pinfo)
  end
  DissectorTable.get("bluetooth.uuid"):add(uuid, part)
end
"""


def lua_dissector(spec: Spec) -> str:
    """The text of ``imu_hinge.lua``."""
    head = _HEAD.replace("__HEADER__", str(spec.limit("packet_header_bytes")))
    head = head.replace("__SAMPLE__", str(spec.limit("sample_bytes")))
    return head + "\n" + "\n".join(_lines(spec)) + "\n\n" + _TAIL


def _lines(spec: Spec) -> Iterator[str]:
    yield "local uuids = {"
    for part in spec.characteristics:
        yield f'  {part.name} = "{part.uuid}",'
    yield "}"
    for enum in spec.enums:
        yield from _enum(enum)
    for struct in spec.structs:
        yield from _struct(struct)
    for side in ("request", "response"):
        yield f"local {side}s = {{"
        for command in spec.enum("opcode").values:
            if name := getattr(command, side):
                yield f'  ["{command.name}"] = "{name}",'
        yield "}"


def _enum(enum: Enum) -> Iterator[str]:
    yield f"values.{enum.name} = {{"
    for value in enum.values:
        yield f'  [{value.value}] = "{value.name}",'
    yield "}"
    if enum.name == "packet_type":
        pairs = ", ".join(f'["{value.name}"] = {value.value}' for value in enum.values)
        yield f"values.{enum.name}.reverse = {{{pairs}}}"


def _struct(struct: Struct) -> Iterator[str]:
    yield f"structs.{struct.name} = {{"
    for field in struct.fields:
        inner = f'"{field.struct.name}"' if field.struct else "nil"
        array = str(field.values) if field.struct is None and field.values > 1 else "nil"
        yield f'  {{"{field.name}", {field.offset}, {field.size}, {inner}, {array}}},'
    yield "}"
    yield f"fields.{struct.name} = {{"
    for field in struct.fields:
        if field.struct is None:
            yield f"  {field.name} = {_proto_field(struct, field)},"
    yield "}"


def _proto_field(struct: Struct, field: Field) -> str:
    path = f'"imu_hinge.{struct.name}.{field.name}", "{field.name}"'
    if field.type.startswith("bytes"):
        return f"ProtoField.bytes({path})"
    kind = _KINDS["i16" if field.values > 1 else field.type]
    if enum := _ENUM_OF.get((struct.name, field.name)):
        return f"ProtoField.{kind}({path}, base.DEC, values.{enum})"
    return f"ProtoField.{kind}({path})"
