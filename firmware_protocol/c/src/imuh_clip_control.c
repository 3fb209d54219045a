/* SPDX-License-Identifier: MIT */
/* What requests do: PROTOCOL.md sections 6 to 10. Each handler begins its response with the status. */
#include <string.h>

#include "imuh_bytes.h"
#include "imuh_clip_internal.h"

static void answer(struct imuh_clip *clip, const struct imuh_request *request, uint8_t status)
{
    imuh_response_begin(&clip->response, request, status);
}

static bool logging(const struct imuh_clip *clip)
{
    return clip->port.log != NULL && imuh_log_active(clip->port.log);
}

static void identify(struct imuh_clip *clip, const struct imuh_request *request)
{
    clip->port.identify(clip->port.user, request->args.identify.pattern, request->args.identify.seconds);
    answer(clip, request, IMUH_STATUS_OK);
}

static void configure(struct imuh_clip *clip, const struct imuh_request *request)
{
    struct imuh_config config = clip->config;
    uint8_t before[IMUH_CONFIG_SIZE];
    uint8_t after[IMUH_CONFIG_SIZE];
    if (!imuh_clip_choose(clip, &request->args.configure, &config)) {
        answer(clip, request, IMUH_STATUS_OUT_OF_RANGE);
        return;
    }
    if (clip->sampling) {
        answer(clip, request, IMUH_STATUS_INVALID_STATE);
        return;
    }
    if (clip->transfer.running) {
        answer(clip, request, IMUH_STATUS_BUSY);
        return;
    }
    if (clip->port.sensor_configure != NULL && !clip->port.sensor_configure(clip->port.user, &config)) {
        answer(clip, request, IMUH_STATUS_SENSOR);
        return;
    }
    imuh_config_put(before, &clip->config);
    imuh_config_put(after, &config);
    if (memcmp(before, after, IMUH_CONFIG_SIZE) != 0) {
        config.epoch = (uint8_t)((config.epoch + 1u) & 15u);
        clip->config = config;
        imuh_clip_saved(clip);
    }
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_config(&clip->response, &clip->config);
}

static void start(struct imuh_clip *clip, const struct imuh_request *request)
{
    const bool log = (request->args.start_flags & IMUH_START_FLAGS_LOG) != 0u;
    const bool resume = (request->args.start_flags & IMUH_START_FLAGS_RESUME) != 0u;
    const bool resumed = clip->sampling;
    if (resumed && (!resume || (log && !logging(clip)))) {
        answer(clip, request, IMUH_STATUS_INVALID_STATE);
        return;
    }
    if (resumed) {
        if (!clip->attached) {
            clip->attached = true;
            imuh_clip_live_restart(clip);
        }
        clip->lingering = false;
    } else {
        const uint8_t status = imuh_clip_begin_stream(clip, log);
        if (status != IMUH_STATUS_OK) {
            answer(clip, request, status);
            return;
        }
        clip->attached = true;
    }
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u16(&clip->response, clip->stream_id);
    imuh_response_u8(&clip->response, resumed ? 1u : 0u);
    imuh_response_u16(&clip->response, imuh_clip_next_index(clip));
    imuh_response_u32(&clip->response, (uint32_t)(clip->port.now_us(clip->port.user) & 0xFFFFFFFFu));
}

static void stop(struct imuh_clip *clip, const struct imuh_request *request)
{
    if (clip->transfer.running && clip->transfer.type == IMUH_PACKET_TYPE_REFILL) {
        imuh_clip_transfer_abort(clip);
    }
    imuh_clip_end_stream(clip, true);
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u16(&clip->response, clip->stream_id);
    imuh_response_u32(&clip->response, clip->ring.next);
}

static void ping(struct imuh_clip *clip, const struct imuh_request *request)
{
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u32(&clip->response, request->args.cookie);
    imuh_response_u32(&clip->response, (uint32_t)(clip->received_us & 0xFFFFFFFFu));
    imuh_response_u32(&clip->response, 0u); /* sent_us: put in when it is sent */
}

static void mark(struct imuh_clip *clip, const struct imuh_request *request)
{
    imuh_clip_event(clip, IMUH_EVENT_TYPE_MARK, request->args.mark_code, clip->received_us);
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u16(&clip->response, imuh_clip_next_index(clip));
    imuh_response_u32(&clip->response, (uint32_t)(clip->received_us & 0xFFFFFFFFu));
}

static void refill(struct imuh_clip *clip, const struct imuh_request *request)
{
    const struct imuh_ring *ring = &clip->ring;
    uint32_t count = request->args.refill.count;
    uint32_t first = 0u;
    uint32_t age;
    if (!clip->subscribed[IMUH_CHAR_TRANSFER]) {
        answer(clip, request, IMUH_STATUS_INVALID_STATE);
        return;
    }
    if (clip->transfer.running) {
        answer(clip, request, IMUH_STATUS_BUSY);
        return;
    }
    if (!imuh_ring_locate(ring, request->args.refill.first_index, &first)) {
        answer(clip, request, IMUH_STATUS_OUT_OF_RANGE);
        return;
    }
    age = ring->next - first; /* 1 to 65536 instants back */
    if (count > age) {
        count = age;
    }
    if (age > ring->held) {
        const uint32_t lost = age - ring->held;
        if (lost >= count) {
            answer(clip, request, IMUH_STATUS_GONE);
            return;
        }
        first += lost;
        count -= lost;
    }
    if (count > 0xFFFFu) {
        count = 0xFFFFu;
    }
    imuh_clip_transfer_refill(clip, first, first + count);
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u16(&clip->response, (uint16_t)(first & 0xFFFFu));
    imuh_response_u16(&clip->response, (uint16_t)count);
}

static void set_role(struct imuh_clip *clip, const struct imuh_request *request)
{
    if (clip->role != request->args.role) {
        clip->role = request->args.role;
        imuh_clip_saved(clip);
    }
    answer(clip, request, IMUH_STATUS_OK);
}

static void set_time(struct imuh_clip *clip, const struct imuh_request *request)
{
    clip->unix_known = true;
    clip->unix_ms = request->args.unix_ms;
    clip->unix_at_us = clip->received_us;
    answer(clip, request, IMUH_STATUS_OK);
}

static void power_off(struct imuh_clip *clip, const struct imuh_request *request)
{
    uint8_t status = IMUH_STATUS_OK;
    if (clip->sampling) {
        status = IMUH_STATUS_INVALID_STATE;
    } else if (clip->transfer.running) {
        status = IMUH_STATUS_BUSY;
    }
    clip->sleep_waits = status == IMUH_STATUS_OK;
    answer(clip, request, status);
}

static void record_count(struct imuh_clip *clip, const struct imuh_request *request)
{
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u16(&clip->response, imuh_log_count(clip->port.log));
    imuh_response_u32(&clip->response, imuh_log_free_samples(clip->port.log));
}

static void record_info(struct imuh_clip *clip, const struct imuh_request *request)
{
    const struct imuh_log_record *record = imuh_log_at(clip->port.log, request->args.record_info.position);
    const uint8_t page = request->args.record_info.page;
    struct imuh_response *response = &clip->response;
    if (record == NULL) {
        answer(clip, request, IMUH_STATUS_NOT_FOUND);
        return;
    }
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u8(response, page);
    if (page == 0u) {
        imuh_response_u16(response, record->record_id);
        imuh_response_u16(response, record->boot_id);
        imuh_response_u32(response, record->samples);
        imuh_response_u64(response, record->start_us);
    } else if (page == 1u) {
        imuh_response_u64(response, record->unix_ms);
        imuh_response_u32(response, record->crc32);
        imuh_response_u8(response, record->flags);
    } else {
        imuh_response_config(response, &record->config);
    }
}

static void record_read(struct imuh_clip *clip, const struct imuh_request *request)
{
    const struct imuh_log_record *record;
    const uint32_t first = request->args.record_read.first;
    uint32_t count = request->args.record_read.count;
    if (logging(clip) || !clip->subscribed[IMUH_CHAR_TRANSFER]) {
        answer(clip, request, IMUH_STATUS_INVALID_STATE);
        return;
    }
    if (clip->transfer.running) {
        answer(clip, request, IMUH_STATUS_BUSY);
        return;
    }
    record = imuh_log_find(clip->port.log, request->args.record_read.record_id);
    if (record == NULL) {
        answer(clip, request, IMUH_STATUS_NOT_FOUND);
        return;
    }
    if (first >= record->samples) {
        answer(clip, request, IMUH_STATUS_OUT_OF_RANGE);
        return;
    }
    if (count == 0u || count > record->samples - first) {
        count = record->samples - first;
    }
    imuh_clip_transfer_record(clip, record, first, count);
    answer(clip, request, IMUH_STATUS_OK);
    imuh_response_u32(&clip->response, count);
}

static void record_delete(struct imuh_clip *clip, const struct imuh_request *request)
{
    uint8_t status;
    if (logging(clip)) {
        status = IMUH_STATUS_INVALID_STATE;
    } else if (clip->transfer.running) {
        status = IMUH_STATUS_BUSY;
    } else {
        status = imuh_log_delete(clip->port.log, request->args.record_delete.record_id,
                                 request->args.record_delete.crc32);
    }
    answer(clip, request, status);
}

static void end_transfer(struct imuh_clip *clip, const struct imuh_request *request)
{
    imuh_clip_transfer_abort(clip);
    answer(clip, request, IMUH_STATUS_OK);
}

static void handle(struct imuh_clip *clip, const struct imuh_request *request)
{
    switch (request->opcode) {
    case IMUH_OPCODE_IDENTIFY:
        identify(clip, request);
        break;
    case IMUH_OPCODE_CONFIGURE:
        configure(clip, request);
        break;
    case IMUH_OPCODE_START:
        start(clip, request);
        break;
    case IMUH_OPCODE_STOP:
        stop(clip, request);
        break;
    case IMUH_OPCODE_PING:
        ping(clip, request);
        break;
    case IMUH_OPCODE_MARK:
        mark(clip, request);
        break;
    case IMUH_OPCODE_REFILL:
        refill(clip, request);
        break;
    case IMUH_OPCODE_SET_ROLE:
        set_role(clip, request);
        break;
    case IMUH_OPCODE_SET_TIME:
        set_time(clip, request);
        break;
    case IMUH_OPCODE_SLEEP:
        power_off(clip, request);
        break;
    case IMUH_OPCODE_RECORD_COUNT:
        record_count(clip, request);
        break;
    case IMUH_OPCODE_RECORD_INFO:
        record_info(clip, request);
        break;
    case IMUH_OPCODE_RECORD_READ:
        record_read(clip, request);
        break;
    case IMUH_OPCODE_RECORD_DELETE:
        record_delete(clip, request);
        break;
    default: /* IMUH_OPCODE_ABORT: the parser lets no other through */
        end_transfer(clip, request);
        break;
    }
}

bool imuh_clip_control(struct imuh_clip *clip, const uint8_t *data, uint16_t length, uint64_t received_us)
{
    struct imuh_request request;
    uint8_t status;
    if (!imuh_clip_control_ready(clip)) {
        return true; /* there is nowhere to answer; the glue refuses such a write */
    }
    if (clip->response_waits) {
        imuh_clip_pump(clip);
        if (clip->response_waits) {
            return false;
        }
    }
    clip->received_us = received_us;
    status = imuh_control_parse(data, length, imuh_clip_capabilities(clip), &request);
    if (status == IMUH_STATUS_OK) {
        handle(clip, &request);
    } else {
        answer(clip, &request, status);
    }
    clip->response_waits = true;
    imuh_clip_pump(clip);
    return true;
}

void imuh_clip_send_response(struct imuh_clip *clip)
{
    uint8_t *bytes = clip->response.bytes;
    const uint8_t opcode = (uint8_t)(bytes[IMUH_RESPONSE_HEADER_AT_OPCODE] & 0x7Fu);
    const bool ok = bytes[IMUH_RESPONSE_HEADER_AT_STATUS] == IMUH_STATUS_OK;
    if (!clip->response_waits || !clip->subscribed[IMUH_CHAR_CONTROL]) {
        return;
    }
    if (opcode == IMUH_OPCODE_STOP && clip->live_flush) {
        return; /* the packet being filled goes first */
    }
    if (opcode == IMUH_OPCODE_PING && ok) {
        imuh_put_u32(bytes + IMUH_RESPONSE_HEADER_SIZE + IMUH_PING_RESPONSE_AT_SENT_US,
                     (uint32_t)(clip->port.now_us(clip->port.user) & 0xFFFFFFFFu));
    }
    if (!clip->port.send(clip->port.user, IMUH_CHAR_CONTROL, bytes, clip->response.length)) {
        return;
    }
    clip->response_waits = false;
    if (clip->sleep_waits) {
        clip->sleep_waits = false;
        clip->port.sleep(clip->port.user);
    }
}
