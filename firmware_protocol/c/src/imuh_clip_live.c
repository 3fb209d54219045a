/* SPDX-License-Identifier: MIT */
/*
 * Live packets. What waits for the radio is the part of the ring from live_next to its end, so that the queue takes no
 * memory of its own and a packet is made when it can be sent.
 */
#include "imuh_clip_internal.h"

#define QUEUE_DEFAULT 16u

bool imuh_clip_live_flows(const struct imuh_clip *clip)
{
    return clip->connected && clip->attached && clip->subscribed[IMUH_CHAR_IMU] &&
           (clip->sampling || clip->live_flush);
}

/* Only what is measured from now on goes out. */
void imuh_clip_live_restart(struct imuh_clip *clip)
{
    clip->live_next = clip->ring.next;
    clip->live_flush = false;
    clip->live_lost = false;
    clip->live_gap = false;
    clip->overflow = 0u;
}

static void begin_packet(struct imuh_clip *clip)
{
    struct imuh_packet_settings settings;
    settings.payload_bytes = clip->payload_bytes;
    settings.samples_max = imuh_packet_live_samples(clip->config.rate_hz, clip->config.batch_ms);
    settings.type = IMUH_PACKET_TYPE_LIVE;
    settings.epoch = clip->stream_epoch;
    imuh_packet_init(&clip->packet, &settings);
}

/* What waits but is no longer in the ring: an outage longer than the ring. */
static void skip_forgotten(struct imuh_clip *clip)
{
    if (clip->ring.next - clip->live_next > clip->ring.held) {
        clip->live_next = clip->ring.next - clip->ring.held;
        clip->live_lost = true;
    }
}

/* Throw the oldest `instants` away; they stay in the ring. Takes time up to the ring's capacity. */
void imuh_clip_live_drop(struct imuh_clip *clip, uint32_t instants)
{
    struct imuh_ring_sample sample;
    skip_forgotten(clip);
    for (; instants > 0u && clip->live_next != clip->ring.next; instants--) {
        if (imuh_ring_get(&clip->ring, clip->live_next, &sample)) {
            clip->overflow++;
            clip->live_lost = true;
        }
        clip->live_next++;
    }
}

/* Keep the queue within its bound. */
void imuh_clip_live_bound(struct imuh_clip *clip)
{
    const uint32_t waiting = clip->ring.next - clip->live_next;
    uint32_t packets = clip->settings.live_packets != 0u ? clip->settings.live_packets : QUEUE_DEFAULT;
    uint32_t most;
    begin_packet(clip);
    most = packets * clip->packet.settings.samples_max;
    if (most > clip->ring.capacity) {
        most = clip->ring.capacity;
    }
    if (waiting > most) {
        imuh_clip_live_drop(clip, clip->packet.settings.samples_max);
    }
}

/* Go over what was not measured. */
static void skip_absent(struct imuh_clip *clip)
{
    struct imuh_ring_sample sample;
    skip_forgotten(clip);
    while (clip->live_next != clip->ring.next && !imuh_ring_get(&clip->ring, clip->live_next, &sample)) {
        clip->live_next++;
        clip->live_lost = true;
    }
}

bool imuh_clip_live_waits(struct imuh_clip *clip)
{
    struct imuh_ring_sample sample;
    uint32_t waiting;
    uint32_t gap;
    if (!imuh_clip_live_flows(clip)) {
        return false;
    }
    skip_absent(clip);
    waiting = clip->ring.next - clip->live_next;
    if (waiting == 0u) {
        return false;
    }
    if (clip->live_flush) {
        return true;
    }
    begin_packet(clip);
    if (waiting >= clip->packet.settings.samples_max) {
        return true;
    }
    gap = clip->live_gap_at - clip->live_next;
    if (clip->live_gap && gap > 0u && gap < waiting) {
        return true;
    }
    if (!imuh_ring_get(&clip->ring, clip->live_next, &sample)) {
        return false;
    }
    return (uint32_t)(clip->port.now_us(clip->port.user) & 0xFFFFFFFFu) - sample.time_us - clip->delay_us + 0x1000u >=
           (uint32_t)clip->config.batch_ms * 1000u + 0x1000u;
}

static void fill(struct imuh_clip *clip)
{
    struct imuh_ring_sample sample;
    uint32_t index = clip->live_next;
    begin_packet(clip);
    while (index != clip->ring.next && imuh_ring_get(&clip->ring, index, &sample)) {
        uint8_t flags = (uint8_t)(sample.settling ? IMUH_PACKET_FLAGS_SETTLING : 0u);
        if (clip->live_lost) {
            flags = (uint8_t)(flags | IMUH_PACKET_FLAGS_LOST_BEFORE);
        }
        if (!imuh_packet_add(&clip->packet, index, sample.time_us, flags, sample.bytes)) {
            return;
        }
        index++;
    }
}

bool imuh_clip_send_live(struct imuh_clip *clip)
{
    bool sent = false;
    /* `start` is answered before its samples come. */
    if (clip->response_waits && clip->response.bytes[0] == (IMUH_OPCODE_START | 0x80u)) {
        return false;
    }
    while (imuh_clip_live_waits(clip)) {
        fill(clip);
        if (!clip->port.send(clip->port.user, IMUH_CHAR_IMU, clip->packet.bytes, clip->packet.length)) {
            return sent;
        }
        sent = true;
        clip->live_next = clip->packet.next_index;
        clip->live_lost = false;
    }
    if (clip->live_flush && (!imuh_clip_live_flows(clip) || clip->live_next == clip->ring.next)) {
        clip->live_flush = false;
    }
    return sent;
}
