/* SPDX-License-Identifier: MIT */
#include "imuh_control.h"

#include <string.h>

#include "imuh_bytes.h"

/* Length of the arguments and the capability needed, by opcode. */
struct command {
    uint8_t opcode;
    uint8_t bytes;
    uint8_t capability;
};

static const struct command commands[] = {
    {IMUH_OPCODE_IDENTIFY, IMUH_IDENTIFY_REQUEST_SIZE, IMUH_CAPABILITY_LED},
    {IMUH_OPCODE_CONFIGURE, IMUH_CONFIGURE_REQUEST_SIZE, 0u},
    {IMUH_OPCODE_START, IMUH_START_REQUEST_SIZE, 0u},
    {IMUH_OPCODE_STOP, 0u, 0u},
    {IMUH_OPCODE_PING, IMUH_PING_REQUEST_SIZE, 0u},
    {IMUH_OPCODE_MARK, IMUH_MARK_REQUEST_SIZE, 0u},
    {IMUH_OPCODE_REFILL, IMUH_REFILL_REQUEST_SIZE, 0u},
    {IMUH_OPCODE_SET_ROLE, IMUH_SET_ROLE_REQUEST_SIZE, 0u},
    {IMUH_OPCODE_SET_TIME, IMUH_SET_TIME_REQUEST_SIZE, 0u},
    {IMUH_OPCODE_SLEEP, 0u, IMUH_CAPABILITY_SLEEP},
    {IMUH_OPCODE_RECORD_COUNT, 0u, IMUH_CAPABILITY_LOG},
    {IMUH_OPCODE_RECORD_INFO, IMUH_RECORD_INFO_REQUEST_SIZE, IMUH_CAPABILITY_LOG},
    {IMUH_OPCODE_RECORD_READ, IMUH_RECORD_READ_REQUEST_SIZE, IMUH_CAPABILITY_LOG},
    {IMUH_OPCODE_RECORD_DELETE, IMUH_RECORD_DELETE_REQUEST_SIZE, IMUH_CAPABILITY_LOG},
    {IMUH_OPCODE_ABORT, 0u, 0u},
};

static const struct command *find(uint8_t opcode)
{
    size_t i;
    for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].opcode == opcode) {
            return &commands[i];
        }
    }
    return NULL;
}

static void read_args(struct imuh_request *request, const uint8_t *args)
{
    switch (request->opcode) {
    case IMUH_OPCODE_IDENTIFY:
        request->args.identify.pattern = args[IMUH_IDENTIFY_REQUEST_AT_PATTERN];
        request->args.identify.seconds = args[IMUH_IDENTIFY_REQUEST_AT_SECONDS];
        break;
    case IMUH_OPCODE_CONFIGURE:
        request->args.configure.rate_hz = imuh_get_u16(args + IMUH_CONFIGURE_REQUEST_AT_RATE_HZ);
        request->args.configure.acc_range_g = args[IMUH_CONFIGURE_REQUEST_AT_ACC_RANGE_G];
        request->args.configure.gyr_range_dps = imuh_get_u16(args + IMUH_CONFIGURE_REQUEST_AT_GYR_RANGE_DPS);
        request->args.configure.batch_ms = args[IMUH_CONFIGURE_REQUEST_AT_BATCH_MS];
        break;
    case IMUH_OPCODE_START:
        request->args.start_flags = args[IMUH_START_REQUEST_AT_FLAGS];
        break;
    case IMUH_OPCODE_PING:
        request->args.cookie = imuh_get_u32(args + IMUH_PING_REQUEST_AT_COOKIE);
        break;
    case IMUH_OPCODE_MARK:
        request->args.mark_code = args[IMUH_MARK_REQUEST_AT_CODE];
        break;
    case IMUH_OPCODE_REFILL:
        request->args.refill.first_index = imuh_get_u16(args + IMUH_REFILL_REQUEST_AT_FIRST_INDEX);
        request->args.refill.count = imuh_get_u16(args + IMUH_REFILL_REQUEST_AT_COUNT);
        break;
    case IMUH_OPCODE_SET_ROLE:
        request->args.role = args[IMUH_SET_ROLE_REQUEST_AT_ROLE];
        break;
    case IMUH_OPCODE_SET_TIME:
        request->args.unix_ms = imuh_get_u64(args + IMUH_SET_TIME_REQUEST_AT_UNIX_MS);
        break;
    case IMUH_OPCODE_RECORD_INFO:
        request->args.record_info.position = imuh_get_u16(args + IMUH_RECORD_INFO_REQUEST_AT_POSITION);
        request->args.record_info.page = args[IMUH_RECORD_INFO_REQUEST_AT_PAGE];
        break;
    case IMUH_OPCODE_RECORD_READ:
        request->args.record_read.record_id = imuh_get_u16(args + IMUH_RECORD_READ_REQUEST_AT_RECORD_ID);
        request->args.record_read.first = imuh_get_u32(args + IMUH_RECORD_READ_REQUEST_AT_FIRST);
        request->args.record_read.count = imuh_get_u32(args + IMUH_RECORD_READ_REQUEST_AT_COUNT);
        break;
    case IMUH_OPCODE_RECORD_DELETE:
        request->args.record_delete.record_id = imuh_get_u16(args + IMUH_RECORD_DELETE_REQUEST_AT_RECORD_ID);
        request->args.record_delete.crc32 = imuh_get_u32(args + IMUH_RECORD_DELETE_REQUEST_AT_CRC32);
        break;
    default:
        break;
    }
}

static bool in_range(const struct imuh_request *request)
{
    switch (request->opcode) {
    case IMUH_OPCODE_IDENTIFY:
        return request->args.identify.pattern == IMUH_IDENTIFY_PATTERN_OFF ||
               (request->args.identify.pattern <= IMUH_IDENTIFY_PATTERN_SOLID &&
                request->args.identify.seconds >= 1u && request->args.identify.seconds <= IMUH_IDENTIFY_S_MAX);
    case IMUH_OPCODE_CONFIGURE:
        return request->args.configure.rate_hz >= IMUH_RATE_HZ_MIN &&
               request->args.configure.rate_hz <= IMUH_RATE_HZ_MAX &&
               request->args.configure.batch_ms >= IMUH_BATCH_MS_MIN &&
               request->args.configure.batch_ms <= IMUH_BATCH_MS_MAX;
    case IMUH_OPCODE_REFILL:
        return request->args.refill.count > 0u;
    case IMUH_OPCODE_SET_ROLE:
        return request->args.role <= IMUH_ROLE_PELVIS;
    case IMUH_OPCODE_RECORD_INFO:
        return request->args.record_info.page <= 2u;
    default:
        return true;
    }
}

uint8_t imuh_control_parse(const uint8_t *data, size_t length, uint8_t capabilities, struct imuh_request *request)
{
    const struct command *command;
    memset(request, 0, sizeof *request);
    request->opcode = length > 0u ? data[0] : 0u;
    request->tag = length > 1u ? data[1] : 0u;
    if (length < IMUH_REQUEST_HEADER_SIZE) {
        return IMUH_STATUS_MALFORMED;
    }
    command = find(request->opcode);
    if (command == NULL) {
        return IMUH_STATUS_UNKNOWN_OPCODE;
    }
    if (length - IMUH_REQUEST_HEADER_SIZE < command->bytes) {
        return IMUH_STATUS_MALFORMED;
    }
    read_args(request, data + IMUH_REQUEST_HEADER_SIZE);
    if ((command->capability & capabilities) != command->capability) {
        return IMUH_STATUS_NOT_SUPPORTED;
    }
    if (request->opcode == IMUH_OPCODE_START && (request->args.start_flags & IMUH_START_FLAGS_LOG) != 0u &&
        (capabilities & IMUH_CAPABILITY_LOG) == 0u) {
        return IMUH_STATUS_NOT_SUPPORTED;
    }
    return (uint8_t)(in_range(request) ? IMUH_STATUS_OK : IMUH_STATUS_OUT_OF_RANGE);
}

void imuh_response_begin(struct imuh_response *response, const struct imuh_request *request, uint8_t status)
{
    response->length = IMUH_RESPONSE_HEADER_SIZE;
    response->bytes[IMUH_RESPONSE_HEADER_AT_OPCODE] = (uint8_t)(request->opcode | 0x80u);
    response->bytes[IMUH_RESPONSE_HEADER_AT_TAG] = request->tag;
    response->bytes[IMUH_RESPONSE_HEADER_AT_STATUS] = status;
}

static uint8_t *append(struct imuh_response *response, uint8_t bytes)
{
    uint8_t *to = response->bytes + response->length;
    if (response->length + bytes > IMUH_RESPONSE_BYTES_MAX) {
        return NULL;
    }
    response->length = (uint8_t)(response->length + bytes);
    return to;
}

void imuh_response_u8(struct imuh_response *response, uint8_t value)
{
    uint8_t *to = append(response, 1u);
    if (to != NULL) {
        *to = value;
    }
}

void imuh_response_u16(struct imuh_response *response, uint16_t value)
{
    uint8_t *to = append(response, 2u);
    if (to != NULL) {
        imuh_put_u16(to, value);
    }
}

void imuh_response_u32(struct imuh_response *response, uint32_t value)
{
    uint8_t *to = append(response, 4u);
    if (to != NULL) {
        imuh_put_u32(to, value);
    }
}

void imuh_response_u64(struct imuh_response *response, uint64_t value)
{
    uint8_t *to = append(response, 8u);
    if (to != NULL) {
        imuh_put_u64(to, value);
    }
}

void imuh_response_config(struct imuh_response *response, const struct imuh_config *config)
{
    uint8_t *to = append(response, IMUH_CONFIG_SIZE);
    if (to != NULL) {
        imuh_config_put(to, config);
    }
}

void imuh_config_put(uint8_t out[IMUH_CONFIG_SIZE], const struct imuh_config *config)
{
    imuh_put_u16(out + IMUH_CONFIG_AT_RATE_HZ, config->rate_hz);
    out[IMUH_CONFIG_AT_ACC_RANGE_G] = (uint8_t)config->acc_range_g;
    imuh_put_u16(out + IMUH_CONFIG_AT_GYR_RANGE_DPS, config->gyr_range_dps);
    out[IMUH_CONFIG_AT_BATCH_MS] = config->batch_ms;
    out[IMUH_CONFIG_AT_EPOCH] = config->epoch;
    imuh_put_f32(out + IMUH_CONFIG_AT_ACC_SCALE, config->acc_scale);
    imuh_put_f32(out + IMUH_CONFIG_AT_GYR_SCALE, config->gyr_scale);
}

void imuh_config_get(struct imuh_config *config, const uint8_t bytes[IMUH_CONFIG_SIZE])
{
    config->rate_hz = imuh_get_u16(bytes + IMUH_CONFIG_AT_RATE_HZ);
    config->acc_range_g = bytes[IMUH_CONFIG_AT_ACC_RANGE_G];
    config->gyr_range_dps = imuh_get_u16(bytes + IMUH_CONFIG_AT_GYR_RANGE_DPS);
    config->batch_ms = bytes[IMUH_CONFIG_AT_BATCH_MS];
    config->epoch = bytes[IMUH_CONFIG_AT_EPOCH];
    config->acc_scale = imuh_get_f32(bytes + IMUH_CONFIG_AT_ACC_SCALE);
    config->gyr_scale = imuh_get_f32(bytes + IMUH_CONFIG_AT_GYR_SCALE);
}
