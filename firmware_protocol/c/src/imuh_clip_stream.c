/* SPDX-License-Identifier: MIT */
/* Sampling: begin and end of a stream, samples into ring and flash, a sensor that fails. */
#include <string.h>

#include "imuh_clip_internal.h"

#define SILENT_US 1000000u
#define STUCK_US 1000000u
#define RETRY_US 1000000u

static void log_begin(struct imuh_clip *clip, uint8_t *status)
{
    struct imuh_log_start start;
    start.record_id = (uint16_t)(clip->stream_id + 1u);
    start.boot_id = clip->settings.boot_id;
    start.config = clip->config;
    *status = imuh_log_begin(clip->port.log, &start);
}

uint8_t imuh_clip_begin_stream(struct imuh_clip *clip, bool log)
{
    const uint64_t now = clip->port.now_us(clip->port.user);
    uint8_t status = IMUH_STATUS_OK;
    /* A new stream empties the ring, a new record takes the flash: what reads them ends. */
    if (clip->transfer.running && (clip->transfer.type == IMUH_PACKET_TYPE_REFILL || log)) {
        imuh_clip_transfer_abort(clip);
    }
    if (log) {
        log_begin(clip, &status);
        if (status != IMUH_STATUS_OK) {
            return status;
        }
    }
    if (!clip->port.sensor_start(clip->port.user, &clip->config)) {
        if (log) {
            (void)imuh_log_end(clip->port.log, false);
        }
        if (!clip->fault) {
            imuh_clip_event(clip, IMUH_EVENT_TYPE_SENSOR_FAULT, IMUH_FAULT_SILENT, now);
        }
        clip->fault = true;
        return IMUH_STATUS_SENSOR;
    }
    imuh_ring_clear(&clip->ring);
    imuh_clip_live_restart(clip);
    imuh_clip_ends(clip);
    clip->stream_id++;
    clip->stream_epoch = clip->config.epoch;
    clip->sampling = true;
    clip->lingering = false;
    clip->fault = false;
    clip->stuck = false;
    clip->any_sample = false;
    clip->last_index = 0u - 1u;
    clip->last_time_us = now;
    clip->heard_us = now;
    clip->settled_us = now + IMUH_SETTLING_US;
    clip->delay_us = 0u;
    imuh_clip_saved(clip);
    return IMUH_STATUS_OK;
}

void imuh_clip_end_stream(struct imuh_clip *clip, bool complete)
{
    if (!clip->sampling) {
        return;
    }
    clip->live_flush = imuh_clip_live_flows(clip);
    clip->sampling = false;
    clip->lingering = false;
    clip->fault = false;
    clip->stuck = false;
    clip->port.sensor_stop(clip->port.user);
    if (clip->port.log != NULL) {
        (void)imuh_log_end(clip->port.log, complete);
    }
}

/* Flash is full or failed. The stream goes on; without a host it has the time of one that lost its link. */
void imuh_clip_log_ended(struct imuh_clip *clip)
{
    if (!clip->attached) {
        clip->lingering = true;
    }
    clip->linger_since_us = clip->port.now_us(clip->port.user);
}

static void skip(struct imuh_clip *clip, uint32_t instants)
{
    if (instants == 0u) {
        return;
    }
    if (imuh_clip_live_flows(clip)) {
        const uint32_t waiting = clip->ring.next - clip->live_next;
        if (instants > clip->ring.capacity || waiting > clip->ring.capacity - instants) {
            imuh_clip_live_drop(clip, waiting);
        }
        if (!clip->live_gap || clip->live_gap_at - clip->live_next > waiting) {
            clip->live_gap_at = clip->ring.next;
            clip->live_gap = true;
        }
    }
    imuh_ring_skip(&clip->ring, instants);
    if (!imuh_clip_live_flows(clip)) {
        clip->live_next = clip->ring.next;
    }
}

/* Sampling periods in the time since the last sample, by the stream's own rate once it is known. */
static uint32_t periods_since(const struct imuh_clip *clip, uint64_t time_us, bool nearest)
{
    const uint32_t instants = clip->last_index - clip->first_index;
    uint64_t per = IMUH_SECOND_US;
    uint64_t rate = clip->config.rate_hz;
    uint64_t elapsed;
    if (time_us <= clip->last_time_us) {
        return 0u;
    }
    if (clip->any_sample && instants >= clip->config.rate_hz && clip->last_time_us > clip->first_time_us) {
        per = clip->last_time_us - clip->first_time_us;
        rate = instants;
    }
    elapsed = (time_us - clip->last_time_us) * rate;
    return (uint32_t)((elapsed + (nearest ? per / 2u : 0u)) / per);
}

static void faulted(struct imuh_clip *clip, uint8_t code, uint64_t now)
{
    if (clip->fault) {
        return;
    }
    clip->fault = true;
    clip->stuck = code == IMUH_FAULT_STUCK;
    clip->retry_us = now + RETRY_US;
    imuh_clip_event(clip, IMUH_EVENT_TYPE_SENSOR_FAULT, code, now);
}

void imuh_clip_sensor_failed(struct imuh_clip *clip, uint8_t code)
{
    if (clip->sampling) {
        faulted(clip, code, clip->port.now_us(clip->port.user));
    }
    imuh_clip_pump(clip);
}

void imuh_clip_samples_lost(struct imuh_clip *clip, uint32_t instants)
{
    if (clip->sampling) {
        skip(clip, instants);
    }
    imuh_clip_pump(clip);
}

static bool repeats(struct imuh_clip *clip, const uint8_t *sample, uint64_t time_us)
{
    if (!clip->any_sample || memcmp(clip->same, sample, IMUH_SAMPLE_BYTES) != 0) {
        memcpy(clip->same, sample, IMUH_SAMPLE_BYTES);
        clip->same_since_us = time_us;
        return false;
    }
    return time_us - clip->same_since_us >= STUCK_US;
}

static void to_log(struct imuh_clip *clip, const uint8_t *sample, uint64_t time_us)
{
    uint64_t unix_ms = 0u;
    if (clip->port.log == NULL || !imuh_log_active(clip->port.log)) {
        return;
    }
    if (clip->unix_known && time_us >= clip->unix_at_us) {
        unix_ms = clip->unix_ms + (time_us - clip->unix_at_us) / 1000u;
    } else if (clip->unix_known) {
        unix_ms = clip->unix_ms - (clip->unix_at_us - time_us) / 1000u;
    }
    if (imuh_log_add(clip->port.log, clip->ring.next, time_us, unix_ms, sample) != IMUH_STATUS_OK) {
        imuh_clip_log_ended(clip);
    }
}

void imuh_clip_sample(struct imuh_clip *clip, const int16_t *acc, const int16_t *gyr, uint64_t time_us)
{
    uint8_t sample[IMUH_SAMPLE_BYTES];
    const uint64_t now = clip->port.now_us(clip->port.user);
    if (!clip->sampling) {
        return;
    }
    if (acc == NULL && gyr == NULL) {
        imuh_clip_samples_lost(clip, 1u);
        return;
    }
    imuh_sample_pack(sample, acc, gyr, clip->acc_end, clip->gyr_end);
    clip->heard_us = now;
    if (repeats(clip, sample, time_us)) {
        faulted(clip, IMUH_FAULT_STUCK, now);
        skip(clip, 1u);
        imuh_clip_pump(clip);
        return;
    }
    if (clip->fault) {
        if (!clip->stuck) {
            const uint32_t periods = periods_since(clip, time_us, true);
            const uint32_t index = clip->last_index + (periods > 0u ? periods : 1u);
            const uint32_t behind = index - clip->ring.next;
            skip(clip, behind < 0x80000000u ? behind : 0u);
        }
        clip->fault = false;
        clip->stuck = false;
        clip->settled_us = time_us + IMUH_SETTLING_US;
    }
    if (!clip->any_sample) {
        clip->any_sample = true;
        clip->first_index = clip->ring.next;
        clip->first_time_us = time_us;
    }
    clip->last_index = clip->ring.next;
    clip->last_time_us = time_us;
    clip->delay_us = now > time_us && now - time_us < IMUH_SECOND_US ? (uint32_t)(now - time_us) : 0u;
    to_log(clip, sample, time_us);
    imuh_ring_put(&clip->ring, sample, (uint32_t)(time_us & 0xFFFFFFFFu), time_us < clip->settled_us);
    if (imuh_clip_live_flows(clip)) {
        imuh_clip_live_bound(clip);
    } else {
        clip->live_next = clip->ring.next;
    }
    imuh_clip_pump(clip);
}

/* The time without a host is over. While one is connected it may still resume the stream. */
static bool linger_over(const struct imuh_clip *clip, uint64_t now_us)
{
    const bool logging = clip->port.log != NULL && imuh_log_active(clip->port.log);
    return clip->lingering && !clip->connected && !logging &&
           now_us - clip->linger_since_us >= (uint64_t)IMUH_LINGER_S * IMUH_SECOND_US;
}

void imuh_clip_link_lost(struct imuh_clip *clip)
{
    const uint64_t now = clip->port.now_us(clip->port.user);
    if (clip->sampling && !clip->lingering) {
        clip->lingering = true;
        clip->linger_since_us = now;
    }
    if (linger_over(clip, now)) {
        imuh_clip_end_stream(clip, false);
    }
}

void imuh_clip_stream_poll(struct imuh_clip *clip, uint64_t now_us)
{
    if (!clip->sampling) {
        return;
    }
    if (linger_over(clip, now_us)) {
        imuh_clip_end_stream(clip, false);
        return;
    }
    if (now_us - clip->heard_us >= SILENT_US) {
        faulted(clip, IMUH_FAULT_SILENT, now_us);
        clip->stuck = false;
    }
    if (clip->fault && !clip->stuck) {
        const uint32_t behind = clip->last_index + periods_since(clip, now_us, false) - clip->ring.next;
        skip(clip, behind < 0x80000000u ? behind : 0u);
    }
    if (clip->fault && now_us >= clip->retry_us) {
        clip->retry_us = now_us + RETRY_US;
        (void)clip->port.sensor_start(clip->port.user, &clip->config);
    }
}

uint8_t imuh_clip_start_alone(struct imuh_clip *clip)
{
    uint8_t status = IMUH_STATUS_INVALID_STATE;
    if (clip->port.log == NULL) {
        status = IMUH_STATUS_NOT_SUPPORTED;
    } else if (!clip->sampling) {
        clip->attached = false;
        status = imuh_clip_begin_stream(clip, true);
    }
    imuh_clip_pump(clip);
    return status;
}

void imuh_clip_stop_alone(struct imuh_clip *clip)
{
    imuh_clip_end_stream(clip, true);
    imuh_clip_pump(clip);
}
