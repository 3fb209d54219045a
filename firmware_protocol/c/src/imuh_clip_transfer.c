/* SPDX-License-Identifier: MIT */
/* Refills out of the ring, downloads out of flash: one at a time, and only when no live packet waits. */
#include "imuh_bytes.h"
#include "imuh_clip_internal.h"
#include "imuh_crc32.h"

/* Packets handed over in one go, so that a call takes bounded time. */
#define PACKETS_AT_ONCE 8u

static void begin(struct imuh_clip *clip, uint8_t type)
{
    clip->transfer.type = type;
    clip->transfer.samples = 0u;
    clip->transfer.crc32 = 0u;
    clip->transfer.status = IMUH_STATUS_OK;
    clip->transfer.running = true;
    clip->transfer.ending = false;
}

void imuh_clip_transfer_refill(struct imuh_clip *clip, uint32_t first, uint32_t end)
{
    clip->transfer.next = first;
    clip->transfer.end = end;
    begin(clip, IMUH_PACKET_TYPE_REFILL);
}

void imuh_clip_transfer_record(struct imuh_clip *clip, const struct imuh_log_record *record, uint32_t first,
                               uint32_t count)
{
    imuh_log_seek(clip->port.log, &clip->transfer.reader, record, first, count);
    begin(clip, IMUH_PACKET_TYPE_RECORD);
}

void imuh_clip_transfer_abort(struct imuh_clip *clip)
{
    if (clip->transfer.running && !clip->transfer.ending) {
        clip->transfer.status = IMUH_STATUS_ABORTED;
        clip->transfer.ending = true;
    }
}

void imuh_clip_transfer_forget(struct imuh_clip *clip)
{
    clip->transfer.running = false;
    clip->transfer.ending = false;
}

static void begin_packet(struct imuh_clip *clip, uint8_t epoch)
{
    struct imuh_packet_settings settings;
    settings.payload_bytes = clip->payload_bytes;
    settings.samples_max = IMUH_PACKET_SAMPLES;
    settings.type = clip->transfer.type;
    settings.epoch = epoch;
    imuh_packet_init(&clip->packet, &settings);
}

/* Fill the packet; returns the index to go on from. */
static uint32_t fill_refill(struct imuh_clip *clip)
{
    struct imuh_ring_sample sample;
    uint32_t index = clip->transfer.next;
    begin_packet(clip, clip->stream_epoch);
    if (index != clip->transfer.end && !imuh_ring_holds(&clip->ring, index)) {
        /* The ring went over it while the radio was slow. */
        const uint32_t oldest = clip->ring.next - clip->ring.held;
        clip->transfer.status = IMUH_STATUS_GONE;
        index = clip->transfer.end - oldest < 0x80000000u ? oldest : clip->transfer.end;
    }
    for (; index != clip->transfer.end; index++) {
        uint8_t flags = 0u;
        if (!imuh_ring_get(&clip->ring, index, &sample)) {
            if (clip->packet.samples > 0u) {
                break;
            }
            continue;
        }
        if (sample.settling) {
            flags = IMUH_PACKET_FLAGS_SETTLING;
        }
        if (clip->packet.samples == 0u && imuh_ring_holds(&clip->ring, index - 1u)) {
            struct imuh_ring_sample before;
            if (!imuh_ring_get(&clip->ring, index - 1u, &before)) {
                flags = (uint8_t)(flags | IMUH_PACKET_FLAGS_LOST_BEFORE);
            }
        }
        if (!imuh_packet_add(&clip->packet, index, sample.time_us, flags, sample.bytes)) {
            break;
        }
    }
    return index;
}

/* Fill the packet; returns where to go on from. */
static struct imuh_log_reader fill_record(struct imuh_clip *clip)
{
    struct imuh_log *log = clip->port.log;
    struct imuh_log_reader reader = clip->transfer.reader;
    struct imuh_log_sample sample;
    const struct imuh_log_record *record = &log->records[reader.record];
    begin_packet(clip, record->config.epoch);
    while (!imuh_packet_full(&clip->packet)) {
        struct imuh_log_reader after = reader;
        const uint32_t wanted = reader.next;
        uint8_t flags = 0u;
        if (!imuh_log_next(log, &after, &sample)) {
            reader = after;
            break;
        }
        if (sample.number != wanted) {
            flags = IMUH_PACKET_FLAGS_LOST_BEFORE;
        }
        if (sample.time_us - record->start_us < IMUH_SETTLING_US) {
            flags = (uint8_t)(flags | IMUH_PACKET_FLAGS_SETTLING);
        }
        if (!imuh_packet_add(&clip->packet, sample.number, (uint32_t)(sample.time_us & 0xFFFFFFFFu), flags,
                             sample.bytes)) {
            break;
        }
        reader = after;
    }
    return reader;
}

static bool send_end(struct imuh_clip *clip)
{
    uint8_t end[IMUH_TRANSFER_END_SIZE];
    end[IMUH_TRANSFER_END_AT_VERSION_TYPE] = (uint8_t)((IMUH_VERSION_MAJOR << 4) | IMUH_PACKET_TYPE_END);
    end[IMUH_TRANSFER_END_AT_STATUS] = clip->transfer.status;
    imuh_put_u16(end + IMUH_TRANSFER_END_AT_RESERVED, 0u);
    imuh_put_u32(end + IMUH_TRANSFER_END_AT_SAMPLES, clip->transfer.samples);
    imuh_put_u32(end + IMUH_TRANSFER_END_AT_CRC32, clip->transfer.crc32);
    if (!clip->port.send(clip->port.user, IMUH_CHAR_TRANSFER, end, IMUH_TRANSFER_END_SIZE)) {
        return false;
    }
    imuh_clip_transfer_forget(clip);
    return true;
}

static bool send_packet(struct imuh_clip *clip)
{
    const bool refill = clip->transfer.type == IMUH_PACKET_TYPE_REFILL;
    struct imuh_log_reader reader = clip->transfer.reader;
    uint32_t index = clip->transfer.next;
    if (refill) {
        index = fill_refill(clip);
    } else {
        reader = fill_record(clip);
    }
    if (clip->packet.samples > 0u &&
        !clip->port.send(clip->port.user, IMUH_CHAR_TRANSFER, clip->packet.bytes, clip->packet.length)) {
        return false;
    }
    clip->transfer.next = index;
    clip->transfer.reader = reader;
    if (reader.damaged && !refill) {
        clip->transfer.status = IMUH_STATUS_STORAGE;
    }
    if (clip->packet.samples == 0u) {
        clip->transfer.ending = true;
        return true;
    }
    clip->transfer.samples += clip->packet.samples;
    clip->transfer.crc32 = imuh_crc32(clip->transfer.crc32, clip->packet.bytes + IMUH_PACKET_HEADER_BYTES,
                                      (size_t)clip->packet.length - IMUH_PACKET_HEADER_BYTES);
    return true;
}

void imuh_clip_send_transfer(struct imuh_clip *clip)
{
    uint32_t left = PACKETS_AT_ONCE;
    if (clip->response_waits || !clip->transfer.running) {
        return;
    }
    for (; left > 0u && clip->transfer.running; left--) {
        if (imuh_clip_live_waits(clip)) {
            return;
        }
        if (!(clip->transfer.ending ? send_end(clip) : send_packet(clip))) {
            return;
        }
    }
}
