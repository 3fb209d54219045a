-- Generated from firmware_protocol/imu_hinge.yaml by generate.py; do not edit.
-- SPDX-License-Identifier: MIT
-- Wireshark: copy into the personal Lua plugins folder, or tshark -X lua_script:imu_hinge.lua
local proto = Proto("imu_hinge", "imu_hinge clip")
local fields, values, structs = {}, {}, {}
local HEADER, SAMPLE = 8, 12

local uuids = {
  info = "2e290002-de55-4c6b-8e89-49657c260bb0",
  imu = "2e290003-de55-4c6b-8e89-49657c260bb0",
  control = "2e290004-de55-4c6b-8e89-49657c260bb0",
  transfer = "2e290005-de55-4c6b-8e89-49657c260bb0",
  event = "2e290006-de55-4c6b-8e89-49657c260bb0",
}
values.packet_type = {
  [0] = "live",
  [1] = "refill",
  [2] = "record",
  [15] = "end",
}
values.packet_type.reverse = {["live"] = 0, ["refill"] = 1, ["record"] = 2, ["end"] = 15}
values.packet_flags = {
  [1] = "lost_before",
  [2] = "acc_overrange",
  [4] = "gyr_overrange",
  [8] = "settling",
}
values.opcode = {
  [1] = "identify",
  [2] = "configure",
  [3] = "start",
  [4] = "stop",
  [5] = "ping",
  [6] = "mark",
  [7] = "refill",
  [8] = "set_role",
  [9] = "set_time",
  [10] = "sleep",
  [16] = "record_count",
  [17] = "record_info",
  [18] = "record_read",
  [19] = "record_delete",
  [20] = "abort",
}
values.status = {
  [0] = "ok",
  [1] = "unknown_opcode",
  [2] = "malformed",
  [3] = "out_of_range",
  [4] = "invalid_state",
  [5] = "busy",
  [6] = "not_found",
  [7] = "gone",
  [8] = "storage",
  [9] = "crc_mismatch",
  [10] = "not_supported",
  [11] = "aborted",
  [12] = "sensor",
}
values.state = {
  [1] = "sampling",
  [2] = "logging",
  [4] = "transferring",
  [8] = "lingering",
  [16] = "pairing",
  [32] = "sensor_fault",
  [64] = "battery_low",
}
values.role = {
  [0] = "none",
  [1] = "thigh",
  [2] = "back",
  [3] = "pelvis",
}
values.capability = {
  [1] = "log",
  [2] = "led",
  [4] = "button",
  [8] = "sleep",
}
values.start_flags = {
  [1] = "log",
  [2] = "resume",
}
values.identify_pattern = {
  [0] = "off",
  [1] = "blink",
  [2] = "solid",
}
values.event_type = {
  [1] = "button",
  [2] = "mark",
  [3] = "state",
  [4] = "overflow",
  [5] = "sensor_fault",
  [6] = "battery",
}
values.fault = {
  [254] = "silent",
  [255] = "stuck",
}
values.record_flags = {
  [1] = "complete",
  [2] = "damaged",
}
structs.sample = {
  {"acc", 0, 6, nil, 3},
  {"gyr", 6, 6, nil, 3},
}
fields.sample = {
  acc = ProtoField.int16("imu_hinge.sample.acc", "acc"),
  gyr = ProtoField.int16("imu_hinge.sample.gyr", "gyr"),
}
structs.packet_header = {
  {"version_type", 0, 1, nil, nil},
  {"epoch_flags", 1, 1, nil, nil},
  {"index", 2, 2, nil, nil},
  {"time_us", 4, 4, nil, nil},
}
fields.packet_header = {
  version_type = ProtoField.uint8("imu_hinge.packet_header.version_type", "version_type"),
  epoch_flags = ProtoField.uint8("imu_hinge.packet_header.epoch_flags", "epoch_flags"),
  index = ProtoField.uint16("imu_hinge.packet_header.index", "index"),
  time_us = ProtoField.uint32("imu_hinge.packet_header.time_us", "time_us"),
}
structs.transfer_end = {
  {"version_type", 0, 1, nil, nil},
  {"status", 1, 1, nil, nil},
  {"reserved", 2, 2, nil, nil},
  {"samples", 4, 4, nil, nil},
  {"crc32", 8, 4, nil, nil},
}
fields.transfer_end = {
  version_type = ProtoField.uint8("imu_hinge.transfer_end.version_type", "version_type"),
  status = ProtoField.uint8("imu_hinge.transfer_end.status", "status", base.DEC, values.status),
  reserved = ProtoField.uint16("imu_hinge.transfer_end.reserved", "reserved"),
  samples = ProtoField.uint32("imu_hinge.transfer_end.samples", "samples"),
  crc32 = ProtoField.uint32("imu_hinge.transfer_end.crc32", "crc32"),
}
structs.event = {
  {"event_type", 0, 1, nil, nil},
  {"value", 1, 1, nil, nil},
  {"index", 2, 2, nil, nil},
  {"time_us", 4, 4, nil, nil},
}
fields.event = {
  event_type = ProtoField.uint8("imu_hinge.event.event_type", "event_type", base.DEC, values.event_type),
  value = ProtoField.uint8("imu_hinge.event.value", "value"),
  index = ProtoField.uint16("imu_hinge.event.index", "index"),
  time_us = ProtoField.uint32("imu_hinge.event.time_us", "time_us"),
}
structs.config = {
  {"rate_hz", 0, 2, nil, nil},
  {"acc_range_g", 2, 1, nil, nil},
  {"gyr_range_dps", 3, 2, nil, nil},
  {"batch_ms", 5, 1, nil, nil},
  {"epoch", 6, 1, nil, nil},
  {"acc_scale", 7, 4, nil, nil},
  {"gyr_scale", 11, 4, nil, nil},
}
fields.config = {
  rate_hz = ProtoField.uint16("imu_hinge.config.rate_hz", "rate_hz"),
  acc_range_g = ProtoField.uint8("imu_hinge.config.acc_range_g", "acc_range_g"),
  gyr_range_dps = ProtoField.uint16("imu_hinge.config.gyr_range_dps", "gyr_range_dps"),
  batch_ms = ProtoField.uint8("imu_hinge.config.batch_ms", "batch_ms"),
  epoch = ProtoField.uint8("imu_hinge.config.epoch", "epoch"),
  acc_scale = ProtoField.float("imu_hinge.config.acc_scale", "acc_scale"),
  gyr_scale = ProtoField.float("imu_hinge.config.gyr_scale", "gyr_scale"),
}
structs.info = {
  {"major", 0, 1, nil, nil},
  {"minor", 1, 1, nil, nil},
  {"role", 2, 1, nil, nil},
  {"state", 3, 1, nil, nil},
  {"config", 4, 15, "config", nil},
  {"capabilities", 19, 1, nil, nil},
  {"stream_id", 20, 2, nil, nil},
  {"boot_id", 22, 2, nil, nil},
  {"ring_samples", 24, 4, nil, nil},
  {"max_rate_hz", 28, 2, nil, nil},
  {"serial", 30, 6, nil, nil},
}
fields.info = {
  major = ProtoField.uint8("imu_hinge.info.major", "major"),
  minor = ProtoField.uint8("imu_hinge.info.minor", "minor"),
  role = ProtoField.uint8("imu_hinge.info.role", "role", base.DEC, values.role),
  state = ProtoField.uint8("imu_hinge.info.state", "state"),
  capabilities = ProtoField.uint8("imu_hinge.info.capabilities", "capabilities"),
  stream_id = ProtoField.uint16("imu_hinge.info.stream_id", "stream_id"),
  boot_id = ProtoField.uint16("imu_hinge.info.boot_id", "boot_id"),
  ring_samples = ProtoField.uint32("imu_hinge.info.ring_samples", "ring_samples"),
  max_rate_hz = ProtoField.uint16("imu_hinge.info.max_rate_hz", "max_rate_hz"),
  serial = ProtoField.bytes("imu_hinge.info.serial", "serial"),
}
structs.service_data = {
  {"major", 0, 1, nil, nil},
  {"role", 1, 1, nil, nil},
  {"state", 2, 1, nil, nil},
  {"battery_percent", 3, 1, nil, nil},
  {"serial", 4, 6, nil, nil},
}
fields.service_data = {
  major = ProtoField.uint8("imu_hinge.service_data.major", "major"),
  role = ProtoField.uint8("imu_hinge.service_data.role", "role", base.DEC, values.role),
  state = ProtoField.uint8("imu_hinge.service_data.state", "state"),
  battery_percent = ProtoField.uint8("imu_hinge.service_data.battery_percent", "battery_percent"),
  serial = ProtoField.bytes("imu_hinge.service_data.serial", "serial"),
}
structs.request_header = {
  {"opcode", 0, 1, nil, nil},
  {"tag", 1, 1, nil, nil},
}
fields.request_header = {
  opcode = ProtoField.uint8("imu_hinge.request_header.opcode", "opcode"),
  tag = ProtoField.uint8("imu_hinge.request_header.tag", "tag"),
}
structs.response_header = {
  {"opcode", 0, 1, nil, nil},
  {"tag", 1, 1, nil, nil},
  {"status", 2, 1, nil, nil},
}
fields.response_header = {
  opcode = ProtoField.uint8("imu_hinge.response_header.opcode", "opcode"),
  tag = ProtoField.uint8("imu_hinge.response_header.tag", "tag"),
  status = ProtoField.uint8("imu_hinge.response_header.status", "status", base.DEC, values.status),
}
structs.identify_request = {
  {"pattern", 0, 1, nil, nil},
  {"seconds", 1, 1, nil, nil},
}
fields.identify_request = {
  pattern = ProtoField.uint8("imu_hinge.identify_request.pattern", "pattern", base.DEC, values.identify_pattern),
  seconds = ProtoField.uint8("imu_hinge.identify_request.seconds", "seconds"),
}
structs.configure_request = {
  {"rate_hz", 0, 2, nil, nil},
  {"acc_range_g", 2, 1, nil, nil},
  {"gyr_range_dps", 3, 2, nil, nil},
  {"batch_ms", 5, 1, nil, nil},
}
fields.configure_request = {
  rate_hz = ProtoField.uint16("imu_hinge.configure_request.rate_hz", "rate_hz"),
  acc_range_g = ProtoField.uint8("imu_hinge.configure_request.acc_range_g", "acc_range_g"),
  gyr_range_dps = ProtoField.uint16("imu_hinge.configure_request.gyr_range_dps", "gyr_range_dps"),
  batch_ms = ProtoField.uint8("imu_hinge.configure_request.batch_ms", "batch_ms"),
}
structs.start_request = {
  {"flags", 0, 1, nil, nil},
}
fields.start_request = {
  flags = ProtoField.uint8("imu_hinge.start_request.flags", "flags"),
}
structs.start_response = {
  {"stream_id", 0, 2, nil, nil},
  {"resumed", 2, 1, nil, nil},
  {"next_index", 3, 2, nil, nil},
  {"time_us", 5, 4, nil, nil},
}
fields.start_response = {
  stream_id = ProtoField.uint16("imu_hinge.start_response.stream_id", "stream_id"),
  resumed = ProtoField.uint8("imu_hinge.start_response.resumed", "resumed"),
  next_index = ProtoField.uint16("imu_hinge.start_response.next_index", "next_index"),
  time_us = ProtoField.uint32("imu_hinge.start_response.time_us", "time_us"),
}
structs.stop_response = {
  {"stream_id", 0, 2, nil, nil},
  {"samples", 2, 4, nil, nil},
}
fields.stop_response = {
  stream_id = ProtoField.uint16("imu_hinge.stop_response.stream_id", "stream_id"),
  samples = ProtoField.uint32("imu_hinge.stop_response.samples", "samples"),
}
structs.ping_request = {
  {"cookie", 0, 4, nil, nil},
}
fields.ping_request = {
  cookie = ProtoField.uint32("imu_hinge.ping_request.cookie", "cookie"),
}
structs.ping_response = {
  {"cookie", 0, 4, nil, nil},
  {"received_us", 4, 4, nil, nil},
  {"sent_us", 8, 4, nil, nil},
}
fields.ping_response = {
  cookie = ProtoField.uint32("imu_hinge.ping_response.cookie", "cookie"),
  received_us = ProtoField.uint32("imu_hinge.ping_response.received_us", "received_us"),
  sent_us = ProtoField.uint32("imu_hinge.ping_response.sent_us", "sent_us"),
}
structs.mark_request = {
  {"code", 0, 1, nil, nil},
}
fields.mark_request = {
  code = ProtoField.uint8("imu_hinge.mark_request.code", "code"),
}
structs.mark_response = {
  {"index", 0, 2, nil, nil},
  {"time_us", 2, 4, nil, nil},
}
fields.mark_response = {
  index = ProtoField.uint16("imu_hinge.mark_response.index", "index"),
  time_us = ProtoField.uint32("imu_hinge.mark_response.time_us", "time_us"),
}
structs.refill_request = {
  {"first_index", 0, 2, nil, nil},
  {"count", 2, 2, nil, nil},
}
fields.refill_request = {
  first_index = ProtoField.uint16("imu_hinge.refill_request.first_index", "first_index"),
  count = ProtoField.uint16("imu_hinge.refill_request.count", "count"),
}
structs.refill_response = {
  {"first_index", 0, 2, nil, nil},
  {"count", 2, 2, nil, nil},
}
fields.refill_response = {
  first_index = ProtoField.uint16("imu_hinge.refill_response.first_index", "first_index"),
  count = ProtoField.uint16("imu_hinge.refill_response.count", "count"),
}
structs.set_role_request = {
  {"role", 0, 1, nil, nil},
}
fields.set_role_request = {
  role = ProtoField.uint8("imu_hinge.set_role_request.role", "role", base.DEC, values.role),
}
structs.set_time_request = {
  {"unix_ms", 0, 8, nil, nil},
}
fields.set_time_request = {
  unix_ms = ProtoField.uint64("imu_hinge.set_time_request.unix_ms", "unix_ms"),
}
structs.record_count_response = {
  {"records", 0, 2, nil, nil},
  {"free_samples", 2, 4, nil, nil},
}
fields.record_count_response = {
  records = ProtoField.uint16("imu_hinge.record_count_response.records", "records"),
  free_samples = ProtoField.uint32("imu_hinge.record_count_response.free_samples", "free_samples"),
}
structs.record_info_request = {
  {"position", 0, 2, nil, nil},
  {"page", 2, 1, nil, nil},
}
fields.record_info_request = {
  position = ProtoField.uint16("imu_hinge.record_info_request.position", "position"),
  page = ProtoField.uint8("imu_hinge.record_info_request.page", "page"),
}
structs.record_page_0 = {
  {"page", 0, 1, nil, nil},
  {"record_id", 1, 2, nil, nil},
  {"boot_id", 3, 2, nil, nil},
  {"samples", 5, 4, nil, nil},
  {"start_us", 9, 8, nil, nil},
}
fields.record_page_0 = {
  page = ProtoField.uint8("imu_hinge.record_page_0.page", "page"),
  record_id = ProtoField.uint16("imu_hinge.record_page_0.record_id", "record_id"),
  boot_id = ProtoField.uint16("imu_hinge.record_page_0.boot_id", "boot_id"),
  samples = ProtoField.uint32("imu_hinge.record_page_0.samples", "samples"),
  start_us = ProtoField.uint64("imu_hinge.record_page_0.start_us", "start_us"),
}
structs.record_page_1 = {
  {"page", 0, 1, nil, nil},
  {"unix_ms", 1, 8, nil, nil},
  {"crc32", 9, 4, nil, nil},
  {"flags", 13, 1, nil, nil},
}
fields.record_page_1 = {
  page = ProtoField.uint8("imu_hinge.record_page_1.page", "page"),
  unix_ms = ProtoField.uint64("imu_hinge.record_page_1.unix_ms", "unix_ms"),
  crc32 = ProtoField.uint32("imu_hinge.record_page_1.crc32", "crc32"),
  flags = ProtoField.uint8("imu_hinge.record_page_1.flags", "flags"),
}
structs.record_page_2 = {
  {"page", 0, 1, nil, nil},
  {"config", 1, 15, "config", nil},
}
fields.record_page_2 = {
  page = ProtoField.uint8("imu_hinge.record_page_2.page", "page"),
}
structs.record_read_request = {
  {"record_id", 0, 2, nil, nil},
  {"first", 2, 4, nil, nil},
  {"count", 6, 4, nil, nil},
}
fields.record_read_request = {
  record_id = ProtoField.uint16("imu_hinge.record_read_request.record_id", "record_id"),
  first = ProtoField.uint32("imu_hinge.record_read_request.first", "first"),
  count = ProtoField.uint32("imu_hinge.record_read_request.count", "count"),
}
structs.record_read_response = {
  {"count", 0, 4, nil, nil},
}
fields.record_read_response = {
  count = ProtoField.uint32("imu_hinge.record_read_response.count", "count"),
}
structs.record_delete_request = {
  {"record_id", 0, 2, nil, nil},
  {"crc32", 2, 4, nil, nil},
}
fields.record_delete_request = {
  record_id = ProtoField.uint16("imu_hinge.record_delete_request.record_id", "record_id"),
  crc32 = ProtoField.uint32("imu_hinge.record_delete_request.crc32", "crc32"),
}
local requests = {
  ["identify"] = "identify_request",
  ["configure"] = "configure_request",
  ["start"] = "start_request",
  ["ping"] = "ping_request",
  ["mark"] = "mark_request",
  ["refill"] = "refill_request",
  ["set_role"] = "set_role_request",
  ["set_time"] = "set_time_request",
  ["record_info"] = "record_info_request",
  ["record_read"] = "record_read_request",
  ["record_delete"] = "record_delete_request",
}
local responses = {
  ["configure"] = "config",
  ["start"] = "start_response",
  ["stop"] = "stop_response",
  ["ping"] = "ping_response",
  ["mark"] = "mark_response",
  ["refill"] = "refill_response",
  ["record_count"] = "record_count_response",
  ["record_info"] = "record_page",
  ["record_read"] = "record_read_response",
}

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
