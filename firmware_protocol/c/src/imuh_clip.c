/* SPDX-License-Identifier: MIT */
/* The clip as a whole: link, events, state, time, and what goes to the radio in which order. */
#include "imuh_clip.h"

#include <string.h>

#include "imuh_bytes.h"
#include "imuh_clip_internal.h"

#define BATTERY_UNKNOWN 255u
#define BATTERY_LOW_PERCENT 10u

bool imuh_clip_init(struct imuh_clip *clip, const struct imuh_port *port, const struct imuh_clip_settings *settings,
                    uint8_t *ring_storage, uint32_t ring_bytes)
{
    memset(clip, 0, sizeof *clip);
    clip->port = *port;
    clip->settings = *settings;
    clip->payload_bytes = IMUH_PAYLOAD_MIN;
    clip->battery_percent = BATTERY_UNKNOWN;
    clip->battery_told = BATTERY_UNKNOWN;
    clip->stream_id = settings->saved.stream_id;
    clip->role = (uint8_t)(settings->saved.role <= IMUH_ROLE_PELVIS ? settings->saved.role : IMUH_ROLE_NONE);
    clip->role_told = clip->role;
    if (!imuh_ring_init(&clip->ring, ring_storage, ring_bytes) || settings->sensor.rates == 0u ||
        settings->sensor.accs == 0u || settings->sensor.gyrs == 0u || imuh_clip_max_rate(clip) == 0u) {
        return false;
    }
    imuh_clip_default_config(clip);
    imuh_clip_ends(clip);
    return true;
}

uint8_t imuh_clip_capabilities(const struct imuh_clip *clip)
{
    uint32_t capabilities = 0u;
    capabilities |= clip->port.log != NULL ? IMUH_CAPABILITY_LOG : 0u;
    capabilities |= clip->port.identify != NULL ? IMUH_CAPABILITY_LED : 0u;
    capabilities |= clip->settings.button ? IMUH_CAPABILITY_BUTTON : 0u;
    capabilities |= clip->port.sleep != NULL ? IMUH_CAPABILITY_SLEEP : 0u;
    return (uint8_t)capabilities;
}

uint16_t imuh_clip_next_index(const struct imuh_clip *clip)
{
    return (uint16_t)(clip->sampling ? clip->ring.next & 0xFFFFu : 0u);
}

void imuh_clip_saved(struct imuh_clip *clip)
{
    struct imuh_saved *saved = &clip->settings.saved;
    saved->config = clip->config;
    saved->stream_id = clip->stream_id;
    saved->role = clip->role;
    if (clip->port.save != NULL) {
        clip->port.save(clip->port.user, saved);
    }
}

/* Events: kept while a host listens, the oldest goes when there are too many. */

void imuh_clip_event(struct imuh_clip *clip, uint8_t type, uint8_t value, uint64_t time_us)
{
    uint8_t *event;
    if (!clip->connected || !clip->subscribed[IMUH_CHAR_EVENT]) {
        return;
    }
    if (clip->events_count == IMUH_EVENTS_MAX) {
        clip->events_first = (uint8_t)((clip->events_first + 1u) % IMUH_EVENTS_MAX);
        clip->events_count--;
    }
    event = clip->events[(clip->events_first + clip->events_count) % IMUH_EVENTS_MAX];
    event[IMUH_EVENT_AT_EVENT_TYPE] = type;
    event[IMUH_EVENT_AT_VALUE] = value;
    imuh_put_u16(event + IMUH_EVENT_AT_INDEX, imuh_clip_next_index(clip));
    imuh_put_u32(event + IMUH_EVENT_AT_TIME_US, (uint32_t)(time_us & 0xFFFFFFFFu));
    clip->events_count++;
}

static void send_events(struct imuh_clip *clip)
{
    while (clip->events_count > 0u) {
        if (!clip->port.send(clip->port.user, IMUH_CHAR_EVENT, clip->events[clip->events_first], IMUH_EVENT_SIZE)) {
            return;
        }
        clip->events_first = (uint8_t)((clip->events_first + 1u) % IMUH_EVENTS_MAX);
        clip->events_count--;
    }
}

static void tell_overflow(struct imuh_clip *clip)
{
    if (clip->overflow > 0u) {
        const uint8_t samples = (uint8_t)(clip->overflow > 255u ? 255u : clip->overflow);
        clip->overflow = 0u;
        imuh_clip_event(clip, IMUH_EVENT_TYPE_OVERFLOW, samples, clip->port.now_us(clip->port.user));
    }
}

uint8_t imuh_clip_state(const struct imuh_clip *clip)
{
    uint32_t state = 0u;
    state |= clip->sampling ? IMUH_STATE_SAMPLING : 0u;
    state |= clip->port.log != NULL && imuh_log_active(clip->port.log) ? IMUH_STATE_LOGGING : 0u;
    state |= clip->transfer.running ? IMUH_STATE_TRANSFERRING : 0u;
    state |= clip->lingering ? IMUH_STATE_LINGERING : 0u;
    state |= clip->pairing ? IMUH_STATE_PAIRING : 0u;
    state |= clip->fault ? IMUH_STATE_SENSOR_FAULT : 0u;
    state |= clip->battery_percent < BATTERY_LOW_PERCENT ? IMUH_STATE_BATTERY_LOW : 0u;
    return (uint8_t)state;
}

static void tell_state(struct imuh_clip *clip)
{
    const uint8_t state = imuh_clip_state(clip);
    const bool changed =
        state != clip->state_told || clip->battery_percent != clip->battery_told || clip->role != clip->role_told;
    if (state != clip->state_told) {
        imuh_clip_event(clip, IMUH_EVENT_TYPE_STATE, state, clip->port.now_us(clip->port.user));
    }
    clip->state_told = state;
    clip->battery_told = clip->battery_percent;
    clip->role_told = clip->role;
    if (changed && clip->port.changed != NULL) {
        clip->port.changed(clip->port.user);
    }
}

/* Responses, then events, then live packets, then a transfer; but what waited for live packets follows them at once. */
void imuh_clip_pump(struct imuh_clip *clip)
{
    tell_state(clip);
    if (!clip->connected) {
        return;
    }
    imuh_clip_send_response(clip);
    send_events(clip);
    if (imuh_clip_send_live(clip)) {
        tell_overflow(clip); /* there is room again */
    }
    imuh_clip_send_response(clip);
    imuh_clip_send_transfer(clip);
    tell_state(clip);
    send_events(clip);
}

/* The link */

static void forget_link(struct imuh_clip *clip)
{
    memset(clip->subscribed, 0, sizeof clip->subscribed);
    clip->attached = false;
    clip->response_waits = false;
    clip->events_count = 0u;
    clip->payload_bytes = IMUH_PAYLOAD_MIN;
    imuh_clip_live_restart(clip);
    imuh_clip_transfer_forget(clip);
}

void imuh_clip_connected(struct imuh_clip *clip, uint16_t att_payload)
{
    forget_link(clip);
    clip->connected = true;
    clip->payload_bytes = att_payload;
    imuh_clip_pump(clip);
}

void imuh_clip_payload(struct imuh_clip *clip, uint16_t att_payload)
{
    if (!clip->connected || clip->payload_bytes == att_payload) {
        return;
    }
    clip->payload_bytes = att_payload;
    imuh_clip_pump(clip);
}

void imuh_clip_disconnected(struct imuh_clip *clip)
{
    const bool sleep = clip->sleep_waits;
    if (!clip->connected) {
        return;
    }
    forget_link(clip);
    clip->connected = false;
    clip->sleep_waits = false;
    imuh_clip_link_lost(clip);
    imuh_clip_pump(clip);
    if (sleep) {
        clip->port.sleep(clip->port.user);
    }
}

void imuh_clip_subscribed(struct imuh_clip *clip, enum imuh_characteristic characteristic, bool on)
{
    if (!clip->connected || (unsigned)characteristic >= (unsigned)IMUH_CHAR_COUNT ||
        clip->subscribed[characteristic] == on) {
        return;
    }
    clip->subscribed[characteristic] = on;
    if (characteristic == IMUH_CHAR_IMU) {
        imuh_clip_live_restart(clip);
    } else if (characteristic == IMUH_CHAR_TRANSFER && !on) {
        imuh_clip_transfer_forget(clip);
    } else if (characteristic == IMUH_CHAR_EVENT && !on) {
        clip->events_count = 0u;
    } else if (characteristic == IMUH_CHAR_CONTROL && !on) {
        clip->response_waits = false;
    }
    imuh_clip_pump(clip);
}

bool imuh_clip_control_ready(const struct imuh_clip *clip)
{
    return clip->connected && clip->subscribed[IMUH_CHAR_CONTROL];
}

/* The rest of the world */

void imuh_clip_button(struct imuh_clip *clip, uint8_t presses)
{
    imuh_clip_event(clip, IMUH_EVENT_TYPE_BUTTON, presses, clip->port.now_us(clip->port.user));
    imuh_clip_pump(clip);
}

void imuh_clip_battery(struct imuh_clip *clip, uint8_t percent)
{
    const bool was_low = clip->battery_percent < BATTERY_LOW_PERCENT;
    clip->battery_percent = (uint8_t)(percent > 100u ? BATTERY_UNKNOWN : percent);
    if (clip->battery_percent < BATTERY_LOW_PERCENT && !was_low) {
        imuh_clip_event(clip, IMUH_EVENT_TYPE_BATTERY, percent, clip->port.now_us(clip->port.user));
    }
    if (clip->battery_percent == 0u) {
        imuh_clip_end_stream(clip, false);
    }
    imuh_clip_pump(clip);
}

void imuh_clip_pair(struct imuh_clip *clip)
{
    clip->pairing = true;
    clip->pairing_until_us =
        clip->port.now_us(clip->port.user) + (uint64_t)IMUH_PAIRING_WINDOW_S * IMUH_SECOND_US;
    imuh_clip_pump(clip);
}

bool imuh_clip_may_pair(const struct imuh_clip *clip)
{
    return clip->pairing && clip->port.now_us(clip->port.user) < clip->pairing_until_us;
}

uint32_t imuh_clip_poll(struct imuh_clip *clip)
{
    const uint64_t now = clip->port.now_us(clip->port.user);
    bool erasing = false;
    if (clip->pairing && now >= clip->pairing_until_us) {
        clip->pairing = false;
    }
    imuh_clip_stream_poll(clip, now);
    if (clip->port.log != NULL && !clip->sampling && !clip->transfer.running) {
        erasing = imuh_log_poll(clip->port.log);
    }
    imuh_clip_pump(clip);
    if (clip->transfer.running || erasing) {
        return 2000u;
    }
    if (clip->sampling || clip->response_waits || clip->events_count > 0u) {
        return 10000u;
    }
    return IMUH_SECOND_US / 2u;
}

void imuh_clip_info(const struct imuh_clip *clip, uint8_t out[IMUH_INFO_SIZE])
{
    out[IMUH_INFO_AT_MAJOR] = IMUH_VERSION_MAJOR;
    out[IMUH_INFO_AT_MINOR] = IMUH_VERSION_MINOR;
    out[IMUH_INFO_AT_ROLE] = clip->role;
    out[IMUH_INFO_AT_STATE] = imuh_clip_state(clip);
    imuh_config_put(out + IMUH_INFO_AT_CONFIG, &clip->config);
    out[IMUH_INFO_AT_CAPABILITIES] = imuh_clip_capabilities(clip);
    imuh_put_u16(out + IMUH_INFO_AT_STREAM_ID, clip->stream_id);
    imuh_put_u16(out + IMUH_INFO_AT_BOOT_ID, clip->settings.boot_id);
    imuh_put_u32(out + IMUH_INFO_AT_RING_SAMPLES, clip->ring.capacity);
    imuh_put_u16(out + IMUH_INFO_AT_MAX_RATE_HZ, imuh_clip_max_rate(clip));
    memcpy(out + IMUH_INFO_AT_SERIAL, clip->settings.serial, IMUH_SERIAL_BYTES);
}

void imuh_clip_service_data(const struct imuh_clip *clip, uint8_t out[IMUH_SERVICE_DATA_SIZE])
{
    out[IMUH_SERVICE_DATA_AT_MAJOR] = IMUH_VERSION_MAJOR;
    out[IMUH_SERVICE_DATA_AT_ROLE] = clip->role;
    out[IMUH_SERVICE_DATA_AT_STATE] = imuh_clip_state(clip);
    out[IMUH_SERVICE_DATA_AT_BATTERY_PERCENT] = clip->battery_percent;
    memcpy(out + IMUH_SERVICE_DATA_AT_SERIAL, clip->settings.serial, IMUH_SERIAL_BYTES);
}
