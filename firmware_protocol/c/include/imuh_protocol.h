/* Generated from firmware_protocol/imu_hinge.yaml by generate.py; do not edit. */
/* SPDX-License-Identifier: MIT */
#ifndef IMUH_PROTOCOL_H
#define IMUH_PROTOCOL_H

#define IMUH_VERSION_MAJOR 1u
#define IMUH_VERSION_MINOR 0u

/* UUIDs as text, and as the sixteen bytes that go over the air (little endian). */
#define IMUH_UUID_SERVICE "2e290001-de55-4c6b-8e89-49657c260bb0"
#define IMUH_UUID_SERVICE_BYTES {0xb0, 0x0b, 0x26, 0x7c, 0x65, 0x49, 0x89, 0x8e, 0x6b, 0x4c, 0x55, 0xde, 0x01, 0x00, 0x29, 0x2e}
#define IMUH_UUID_INFO "2e290002-de55-4c6b-8e89-49657c260bb0"
#define IMUH_UUID_INFO_BYTES {0xb0, 0x0b, 0x26, 0x7c, 0x65, 0x49, 0x89, 0x8e, 0x6b, 0x4c, 0x55, 0xde, 0x02, 0x00, 0x29, 0x2e}
#define IMUH_UUID_IMU "2e290003-de55-4c6b-8e89-49657c260bb0"
#define IMUH_UUID_IMU_BYTES {0xb0, 0x0b, 0x26, 0x7c, 0x65, 0x49, 0x89, 0x8e, 0x6b, 0x4c, 0x55, 0xde, 0x03, 0x00, 0x29, 0x2e}
#define IMUH_UUID_CONTROL "2e290004-de55-4c6b-8e89-49657c260bb0"
#define IMUH_UUID_CONTROL_BYTES {0xb0, 0x0b, 0x26, 0x7c, 0x65, 0x49, 0x89, 0x8e, 0x6b, 0x4c, 0x55, 0xde, 0x04, 0x00, 0x29, 0x2e}
#define IMUH_UUID_TRANSFER "2e290005-de55-4c6b-8e89-49657c260bb0"
#define IMUH_UUID_TRANSFER_BYTES {0xb0, 0x0b, 0x26, 0x7c, 0x65, 0x49, 0x89, 0x8e, 0x6b, 0x4c, 0x55, 0xde, 0x05, 0x00, 0x29, 0x2e}
#define IMUH_UUID_EVENT "2e290006-de55-4c6b-8e89-49657c260bb0"
#define IMUH_UUID_EVENT_BYTES {0xb0, 0x0b, 0x26, 0x7c, 0x65, 0x49, 0x89, 0x8e, 0x6b, 0x4c, 0x55, 0xde, 0x06, 0x00, 0x29, 0x2e}

/* Limits */
#define IMUH_SAMPLE_BYTES 12u /* Bytes of one sample: six i16. */
#define IMUH_PACKET_HEADER_BYTES 8u /* Bytes before the first sample of a packet. */
#define IMUH_PACKET_SAMPLES 255u /* Most samples in one packet, whatever the MTU. */
#define IMUH_PAYLOAD_MIN 20u /* Smallest ATT payload (MTU 23 - 3); every message but `info` fits it. */
#define IMUH_RESPONSE_DATA_MAX 17u /* Most bytes of data in a response. */
#define IMUH_BATCH_MS_DEFAULT 50u /* Longest time, ms, the first sample of a live packet waits for the last. */
#define IMUH_BATCH_MS_MIN 5u /* Smallest batch_ms a clip accepts. */
#define IMUH_BATCH_MS_MAX 250u /* Largest batch_ms a clip accepts. */
#define IMUH_RATE_HZ_MIN 25u /* Lowest rate a host may ask for. */
#define IMUH_RATE_HZ_MAX 416u /* Highest rate a host may ask for. */
#define IMUH_RING_S 30u /* The ring buffer holds at least this many seconds at the configured rate. */
#define IMUH_LINGER_S 30u /* Seconds a streaming clip goes on sampling into its ring after the link was lost. */
#define IMUH_PAIRING_WINDOW_S 60u /* Seconds after the physical action during which pairing is accepted. */
#define IMUH_IDENTIFY_S_MAX 30u /* Longest identification, s. */
#define IMUH_SERIAL_BYTES 6u /* Bytes of a serial number; written as 12 hexadecimal digits in capitals. */
#define IMUH_CONTROL_TIMEOUT_MS 3000u /* A host that has no response after this long gives the request up. */
#define IMUH_INVALID (-32768) /* An axis that was not measured. */
#define IMUH_OVERRANGE 32767 /* An axis beyond its range reads plus or minus this. */
#define IMUH_INDEX_MODULUS 65536u /* The sample index wraps here. */

/* Connection parameters to ask for */
#define IMUH_CONN_INTERVAL_MIN_MS 15u
#define IMUH_CONN_INTERVAL_MAX_MS 30u
#define IMUH_CONN_LATENCY 0u
#define IMUH_CONN_SUPERVISION_TIMEOUT_MS 4000u

/* Low four bits of a packet's first byte; the high four are the protocol's major version. */
#define IMUH_PACKET_TYPE_LIVE 0u /* Samples as they were measured, on `imu`. */
#define IMUH_PACKET_TYPE_REFILL 1u /* Samples out of the ring, on `transfer`. */
#define IMUH_PACKET_TYPE_RECORD 2u /* Samples out of a record in flash, on `transfer`. */
#define IMUH_PACKET_TYPE_END 15u /* The end of a transfer: a `transfer_end`. */

/* Low four bits of a sample packet's second byte; the high four are the configuration epoch. */
#define IMUH_PACKET_FLAGS_LOST_BEFORE 0x01u /* The clip could not measure, or could not queue, what belongs right before this packet. */
#define IMUH_PACKET_FLAGS_ACC_OVERRANGE 0x02u /* An accelerometer axis of a sample in this packet was beyond its range. */
#define IMUH_PACKET_FLAGS_GYR_OVERRANGE 0x04u /* A gyroscope axis of a sample in this packet was beyond its range. */
#define IMUH_PACKET_FLAGS_SETTLING 0x08u /* The sensor was switched on or reconfigured less than 200 ms before a sample in this packet. */

/* First byte of a request. */
#define IMUH_OPCODE_IDENTIFY 0x01u /* Blink the LED (and buzz, if there is a motor) so that a person sees which clip this is. */
#define IMUH_OPCODE_CONFIGURE 0x02u /* Set rate, ranges and batching. The clip takes the nearest setting that is not lower and answers with it. Not while sampling (`invalid_state`) or transferring (`busy`). */
#define IMUH_OPCODE_START 0x03u /* Start sampling, or go on with what runs (flag `resume`). */
#define IMUH_OPCODE_STOP 0x04u /* Send what is packed so far, then stop sampling and logging. */
#define IMUH_OPCODE_PING 0x05u /* Ask the clip's time. */
#define IMUH_OPCODE_MARK 0x06u /* Put a mark at this instant: an `event`. */
#define IMUH_OPCODE_REFILL 0x07u /* Send samples again out of the ring, of the stream that runs or ran last. */
#define IMUH_OPCODE_SET_ROLE 0x08u /* Remember where the clip is worn, over power cycles. */
#define IMUH_OPCODE_SET_TIME 0x09u /* Tell the clip the date, for its records. */
#define IMUH_OPCODE_SLEEP 0x0au /* Answer, disconnect and switch off until the button is pressed. Not while sampling. */
#define IMUH_OPCODE_RECORD_COUNT 0x10u /* How many records are in flash, and how much room. */
#define IMUH_OPCODE_RECORD_INFO 0x11u /* One page about one record. */
#define IMUH_OPCODE_RECORD_READ 0x12u /* Send a part of a record. Not while logging. */
#define IMUH_OPCODE_RECORD_DELETE 0x13u /* Delete a record; its CRC-32 proves that the host has it. Not while logging. */
#define IMUH_OPCODE_ABORT 0x14u /* End the transfer that runs (its `transfer_end` says `aborted`); ok also when none does. */

/* Third byte of a response, and second of a `transfer_end`. */
#define IMUH_STATUS_OK 0x00u /* Done. */
#define IMUH_STATUS_UNKNOWN_OPCODE 0x01u /* This clip does not know the request; an older minor version may not. */
#define IMUH_STATUS_MALFORMED 0x02u /* The request has too few bytes. */
#define IMUH_STATUS_OUT_OF_RANGE 0x03u /* An argument is outside what this clip can do. */
#define IMUH_STATUS_INVALID_STATE 0x04u /* Not now: see the state machine. */
#define IMUH_STATUS_BUSY 0x05u /* A transfer runs; wait for its end or abort it. */
#define IMUH_STATUS_NOT_FOUND 0x06u /* No such record. */
#define IMUH_STATUS_GONE 0x07u /* The ring holds none of these samples any more. */
#define IMUH_STATUS_STORAGE 0x08u /* Flash failed, is full, or a block of the record is damaged. */
#define IMUH_STATUS_CRC_MISMATCH 0x09u /* The CRC-32 given is not the record's. */
#define IMUH_STATUS_NOT_SUPPORTED 0x0au /* This clip has no such part (no flash, no LED). */
#define IMUH_STATUS_ABORTED 0x0bu /* The transfer was ended by `abort`, `stop` or `start`. */
#define IMUH_STATUS_SENSOR 0x0cu /* The motion sensor does not answer. */

/* What the clip is doing, in `info`, advertisements and events. */
#define IMUH_STATE_SAMPLING 0x01u /* Samples are taken and go to the ring, and over the air while connected. */
#define IMUH_STATE_LOGGING 0x02u /* Samples go to flash. */
#define IMUH_STATE_TRANSFERRING 0x04u /* A transfer runs. */
#define IMUH_STATE_LINGERING 0x08u /* The link was lost while sampling; the ring still fills. */
#define IMUH_STATE_PAIRING 0x10u /* Pairing is accepted now. */
#define IMUH_STATE_SENSOR_FAULT 0x20u /* The motion sensor does not answer, or repeats itself. */
#define IMUH_STATE_BATTERY_LOW 0x40u /* Less than 10 % are left. */

/* Where the clip is worn. */
#define IMUH_ROLE_NONE 0u /* Not said yet. */
#define IMUH_ROLE_THIGH 1u /* Lateral thigh, lower third. */
#define IMUH_ROLE_BACK 2u /* Over the spine, lower back. */
#define IMUH_ROLE_PELVIS 3u /* Over the sacrum. */

/* What the clip has, in `info`. */
#define IMUH_CAPABILITY_LOG 0x01u /* Flash for records. */
#define IMUH_CAPABILITY_LED 0x02u /* An LED to identify it by. */
#define IMUH_CAPABILITY_BUTTON 0x04u /* A button to mark with. */
#define IMUH_CAPABILITY_SLEEP 0x08u /* It can switch itself off. */

/* Flags of `start`. */
#define IMUH_START_FLAGS_LOG 0x01u /* Record to flash too. */
#define IMUH_START_FLAGS_RESUME 0x02u /* If samples are being taken, go on with them; if not, start. */

/* How the LED shows itself. */
#define IMUH_IDENTIFY_PATTERN_OFF 0u /* Dark. */
#define IMUH_IDENTIFY_PATTERN_BLINK 1u /* Twice a second. */
#define IMUH_IDENTIFY_PATTERN_SOLID 2u /* Lit. */

/* First byte of an `event`. */
#define IMUH_EVENT_TYPE_BUTTON 1u /* The button was pressed; `value` counts the presses (1-3). */
#define IMUH_EVENT_TYPE_MARK 2u /* A host made a mark; `value` is its code. */
#define IMUH_EVENT_TYPE_STATE 3u /* The state changed; `value` is the new one. */
#define IMUH_EVENT_TYPE_OVERFLOW 4u /* Live packets were thrown away because the link was too slow; `value` counts their samples (255: or more). They are still in the ring. */
#define IMUH_EVENT_TYPE_SENSOR_FAULT 5u /* The motion sensor failed; `value` is a fault code. */
#define IMUH_EVENT_TYPE_BATTERY 6u /* The battery is low; `value` is what is left, %. */

/* Fault codes of the event `sensor_fault`; those below 254 are the maker's own. */
#define IMUH_FAULT_SILENT 254u /* The sensor does not answer. */
#define IMUH_FAULT_STUCK 255u /* The sensor repeats itself. */

/* State of a record. */
#define IMUH_RECORD_FLAGS_COMPLETE 0x01u /* It was ended by a stop, not by an empty battery or a reset. */
#define IMUH_RECORD_FLAGS_DAMAGED 0x02u /* At least one block fails its CRC-32; its samples are left out. */

/* One sample, in least significant bits; times `acc_scale` and `gyr_scale` of the configuration it is m/s2 and rad/s. Right-handed axes of the clip's case; specific force: at rest the axis that points up reads +g. */
#define IMUH_SAMPLE_SIZE 12u
#define IMUH_SAMPLE_AT_ACC 0u /* i16x3: Specific force x, y, z. */
#define IMUH_SAMPLE_AT_GYR 6u /* i16x3: Angular rate about x, y, z. */

/* Before the samples of every sample packet. The packet's length tells how many follow: (length - 8) / 12. */
#define IMUH_PACKET_HEADER_SIZE 8u
#define IMUH_PACKET_HEADER_AT_VERSION_TYPE 0u /* u8: Major version << 4 | packet type. */
#define IMUH_PACKET_HEADER_AT_EPOCH_FLAGS 1u /* u8: Configuration epoch << 4 | packet flags. */
#define IMUH_PACKET_HEADER_AT_INDEX 2u /* u16: Index of the first sample, its low 16 bits. */
#define IMUH_PACKET_HEADER_AT_TIME_US 4u /* u32: Device time of the first sample, at the middle of its integration window, us, low 32 bits. */

/* Closes a transfer. */
#define IMUH_TRANSFER_END_SIZE 12u
#define IMUH_TRANSFER_END_AT_VERSION_TYPE 0u /* u8: Major version << 4 | `end`. */
#define IMUH_TRANSFER_END_AT_STATUS 1u /* u8: How it ended. */
#define IMUH_TRANSFER_END_AT_RESERVED 2u /* u16: 0. */
#define IMUH_TRANSFER_END_AT_SAMPLES 4u /* u32: Samples sent in this transfer. */
#define IMUH_TRANSFER_END_AT_CRC32 8u /* u32: CRC-32 of their 12-byte samples, in the order sent. */

/* Something happened on the clip. */
#define IMUH_EVENT_SIZE 8u
#define IMUH_EVENT_AT_EVENT_TYPE 0u /* u8: Which. */
#define IMUH_EVENT_AT_VALUE 1u /* u8: See the event. */
#define IMUH_EVENT_AT_INDEX 2u /* u16: Index of the next sample at that instant (0 when not sampling). */
#define IMUH_EVENT_AT_TIME_US 4u /* u32: Device time of the event, us, low 32 bits. */

/* How a clip samples. */
#define IMUH_CONFIG_SIZE 15u
#define IMUH_CONFIG_AT_RATE_HZ 0u /* u16: Nominal rate. */
#define IMUH_CONFIG_AT_ACC_RANGE_G 2u /* u8: Accelerometer range, +- g. */
#define IMUH_CONFIG_AT_GYR_RANGE_DPS 3u /* u16: Gyroscope range, +- deg/s. */
#define IMUH_CONFIG_AT_BATCH_MS 5u /* u8: Longest time a live packet collects samples, ms. */
#define IMUH_CONFIG_AT_EPOCH 6u /* u8: Configuration epoch, 0-15; one more (15 is followed by 0) whenever a field of this struct changes. */
#define IMUH_CONFIG_AT_ACC_SCALE 7u /* f32: m/s2 per bit. Never infer it from the range: 16 g parts come with 0.488 mg and with 0.48828 mg. */
#define IMUH_CONFIG_AT_GYR_SCALE 11u /* f32: rad/s per bit. Likewise: 2000 deg/s parts come with 70 mdeg/s and with 61.04. */

/* What a clip is. A later minor version may append fields. */
#define IMUH_INFO_SIZE 36u
#define IMUH_INFO_AT_MAJOR 0u /* u8: Protocol version: must be equal. */
#define IMUH_INFO_AT_MINOR 1u /* u8: Protocol version: may differ. */
#define IMUH_INFO_AT_ROLE 2u /* u8: Where it is worn. */
#define IMUH_INFO_AT_STATE 3u /* u8: What it is doing. */
#define IMUH_INFO_AT_CONFIG 4u /* config: How it samples. */
#define IMUH_INFO_AT_CAPABILITIES 19u /* u8: What it has. */
#define IMUH_INFO_AT_STREAM_ID 20u /* u16: Number of the current or last stream; one more whenever a stream begins, also over resets. */
#define IMUH_INFO_AT_BOOT_ID 22u /* u16: Another number after each reset, so that a host knows that device time began anew. */
#define IMUH_INFO_AT_RING_SAMPLES 24u /* u32: Samples the ring holds when full. */
#define IMUH_INFO_AT_MAX_RATE_HZ 28u /* u16: Highest rate it can do. */
#define IMUH_INFO_AT_SERIAL 30u /* bytes6: Serial number; the same as in Device Information (2A25) and in advertisements. */

/* Service data (128-bit UUID) in the scan response. */
#define IMUH_SERVICE_DATA_SIZE 10u
#define IMUH_SERVICE_DATA_AT_MAJOR 0u /* u8: Protocol version. */
#define IMUH_SERVICE_DATA_AT_ROLE 1u /* u8: Where it is worn. */
#define IMUH_SERVICE_DATA_AT_STATE 2u /* u8: What it is doing. */
#define IMUH_SERVICE_DATA_AT_BATTERY_PERCENT 3u /* u8: 0-100; 255 when not known. */
#define IMUH_SERVICE_DATA_AT_SERIAL 4u /* bytes6: Serial number. */

/* Before the arguments of every request. */
#define IMUH_REQUEST_HEADER_SIZE 2u
#define IMUH_REQUEST_HEADER_AT_OPCODE 0u /* u8: What to do. */
#define IMUH_REQUEST_HEADER_AT_TAG 1u /* u8: Any number; the response repeats it. Take another one for each request. */

/* Before the data of every response. */
#define IMUH_RESPONSE_HEADER_SIZE 3u
#define IMUH_RESPONSE_HEADER_AT_OPCODE 0u /* u8: The request's opcode | 0x80. */
#define IMUH_RESPONSE_HEADER_AT_TAG 1u /* u8: The request's tag. */
#define IMUH_RESPONSE_HEADER_AT_STATUS 2u /* u8: Whether it was done. Data follow only with `ok`. */

#define IMUH_IDENTIFY_REQUEST_SIZE 2u
#define IMUH_IDENTIFY_REQUEST_AT_PATTERN 0u /* u8: How. */
#define IMUH_IDENTIFY_REQUEST_AT_SECONDS 1u /* u8: How long, 1-30 (ignored for `off`). */

#define IMUH_CONFIGURE_REQUEST_SIZE 6u
#define IMUH_CONFIGURE_REQUEST_AT_RATE_HZ 0u /* u16: At least this rate. */
#define IMUH_CONFIGURE_REQUEST_AT_ACC_RANGE_G 2u /* u8: At least this range. */
#define IMUH_CONFIGURE_REQUEST_AT_GYR_RANGE_DPS 3u /* u16: At least this range. */
#define IMUH_CONFIGURE_REQUEST_AT_BATCH_MS 5u /* u8: Exactly this, 5-250. */

#define IMUH_START_REQUEST_SIZE 1u
#define IMUH_START_REQUEST_AT_FLAGS 0u /* u8: See start flags. */

#define IMUH_START_RESPONSE_SIZE 9u
#define IMUH_START_RESPONSE_AT_STREAM_ID 0u /* u16: The stream that runs now. */
#define IMUH_START_RESPONSE_AT_RESUMED 2u /* u8: 1: it ran already and goes on. 0: it began now. */
#define IMUH_START_RESPONSE_AT_NEXT_INDEX 3u /* u16: Index of the next sample to be measured. */
#define IMUH_START_RESPONSE_AT_TIME_US 5u /* u32: Device time now. */

#define IMUH_STOP_RESPONSE_SIZE 6u
#define IMUH_STOP_RESPONSE_AT_STREAM_ID 0u /* u16: The stream that ended. */
#define IMUH_STOP_RESPONSE_AT_SAMPLES 2u /* u32: How many sampling instants it had: its last index + 1, not wrapped. */

#define IMUH_PING_REQUEST_SIZE 4u
#define IMUH_PING_REQUEST_AT_COOKIE 0u /* u32: Any number; the response repeats it. */

#define IMUH_PING_RESPONSE_SIZE 12u
#define IMUH_PING_RESPONSE_AT_COOKIE 0u /* u32: The request's. */
#define IMUH_PING_RESPONSE_AT_RECEIVED_US 4u /* u32: Device time when the write came in, taken first of all. */
#define IMUH_PING_RESPONSE_AT_SENT_US 8u /* u32: Device time when this response was handed to the radio, taken last of all. */

#define IMUH_MARK_REQUEST_SIZE 1u
#define IMUH_MARK_REQUEST_AT_CODE 0u /* u8: What the mark means; the host's own. */

#define IMUH_MARK_RESPONSE_SIZE 6u
#define IMUH_MARK_RESPONSE_AT_INDEX 0u /* u16: Index of the next sample at that instant. */
#define IMUH_MARK_RESPONSE_AT_TIME_US 2u /* u32: Device time of the mark. */

#define IMUH_REFILL_REQUEST_SIZE 4u
#define IMUH_REFILL_REQUEST_AT_FIRST_INDEX 0u /* u16: The first sample wanted. */
#define IMUH_REFILL_REQUEST_AT_COUNT 2u /* u16: How many, 1 or more. Must lie in the past. */

#define IMUH_REFILL_RESPONSE_SIZE 4u
#define IMUH_REFILL_RESPONSE_AT_FIRST_INDEX 0u /* u16: The first that will be sent: later than wanted if the ring has lost some. */
#define IMUH_REFILL_RESPONSE_AT_COUNT 2u /* u16: How many instants will be sent. */

#define IMUH_SET_ROLE_REQUEST_SIZE 1u
#define IMUH_SET_ROLE_REQUEST_AT_ROLE 0u /* u8: Where it is worn. */

#define IMUH_SET_TIME_REQUEST_SIZE 8u
#define IMUH_SET_TIME_REQUEST_AT_UNIX_MS 0u /* u64: Milliseconds since 1970-01-01 UTC. */

#define IMUH_RECORD_COUNT_RESPONSE_SIZE 6u
#define IMUH_RECORD_COUNT_RESPONSE_AT_RECORDS 0u /* u16: Records in flash. */
#define IMUH_RECORD_COUNT_RESPONSE_AT_FREE_SAMPLES 2u /* u32: Samples that still fit. */

#define IMUH_RECORD_INFO_REQUEST_SIZE 3u
#define IMUH_RECORD_INFO_REQUEST_AT_POSITION 0u /* u16: 0: the oldest record. */
#define IMUH_RECORD_INFO_REQUEST_AT_PAGE 2u /* u8: 0, 1 or 2. */

/* Page 0 of a record. */
#define IMUH_RECORD_PAGE_0_SIZE 17u
#define IMUH_RECORD_PAGE_0_AT_PAGE 0u /* u8: 0. */
#define IMUH_RECORD_PAGE_0_AT_RECORD_ID 1u /* u16: Its name for reading and deleting; never used twice until it wraps. */
#define IMUH_RECORD_PAGE_0_AT_BOOT_ID 3u /* u16: The boot whose device time it has. */
#define IMUH_RECORD_PAGE_0_AT_SAMPLES 5u /* u32: Sampling instants from its first to its last sample. */
#define IMUH_RECORD_PAGE_0_AT_START_US 9u /* u64: Device time of its first sample, us, not wrapped. */

/* Page 1 of a record. */
#define IMUH_RECORD_PAGE_1_SIZE 14u
#define IMUH_RECORD_PAGE_1_AT_PAGE 0u /* u8: 1. */
#define IMUH_RECORD_PAGE_1_AT_UNIX_MS 1u /* u64: Date of its first sample, ms since 1970-01-01 UTC; 0 when the clip was not told the time. */
#define IMUH_RECORD_PAGE_1_AT_CRC32 9u /* u32: CRC-32 of all its 12-byte samples in order. */
#define IMUH_RECORD_PAGE_1_AT_FLAGS 13u /* u8: See record flags. */

/* Page 2 of a record. */
#define IMUH_RECORD_PAGE_2_SIZE 16u
#define IMUH_RECORD_PAGE_2_AT_PAGE 0u /* u8: 2. */
#define IMUH_RECORD_PAGE_2_AT_CONFIG 1u /* config: The configuration it was made with. */

#define IMUH_RECORD_READ_REQUEST_SIZE 10u
#define IMUH_RECORD_READ_REQUEST_AT_RECORD_ID 0u /* u16: Which. */
#define IMUH_RECORD_READ_REQUEST_AT_FIRST 2u /* u32: Number of the first sample, 0: the record's first. A resumed download begins after the last sample it has. */
#define IMUH_RECORD_READ_REQUEST_AT_COUNT 6u /* u32: How many instants; 0: all that follow. */

#define IMUH_RECORD_READ_RESPONSE_SIZE 4u
#define IMUH_RECORD_READ_RESPONSE_AT_COUNT 0u /* u32: How many instants will be sent. */

#define IMUH_RECORD_DELETE_REQUEST_SIZE 6u
#define IMUH_RECORD_DELETE_REQUEST_AT_RECORD_ID 0u /* u16: Which. */
#define IMUH_RECORD_DELETE_REQUEST_AT_CRC32 2u /* u32: The record's CRC-32. */

#endif
