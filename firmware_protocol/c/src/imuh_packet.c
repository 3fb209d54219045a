/* SPDX-License-Identifier: MIT */
#include "imuh_packet.h"

#include <string.h>

#include "imuh_bytes.h"

const struct imuh_packet_settings imuh_packet_settings_default = {
    IMUH_PAYLOAD_MIN,
    10u,
    IMUH_PACKET_TYPE_LIVE,
    0u,
};

void imuh_packet_init(struct imuh_packet *packet, const struct imuh_packet_settings *settings)
{
    uint16_t fit;
    packet->settings = *settings;
    if (packet->settings.payload_bytes > IMUH_PACKET_BYTES_MAX) {
        packet->settings.payload_bytes = IMUH_PACKET_BYTES_MAX;
    }
    if (packet->settings.payload_bytes < IMUH_PAYLOAD_MIN) {
        packet->settings.payload_bytes = IMUH_PAYLOAD_MIN;
    }
    fit = (uint16_t)((packet->settings.payload_bytes - IMUH_PACKET_HEADER_BYTES) / IMUH_SAMPLE_BYTES);
    if (packet->settings.samples_max > fit) {
        packet->settings.samples_max = fit;
    }
    if (packet->settings.samples_max > IMUH_PACKET_SAMPLES) {
        packet->settings.samples_max = IMUH_PACKET_SAMPLES;
    }
    if (packet->settings.samples_max == 0u) {
        packet->settings.samples_max = 1u;
    }
    imuh_packet_clear(packet);
}

void imuh_packet_clear(struct imuh_packet *packet)
{
    packet->next_index = 0u;
    packet->samples = 0u;
    packet->length = 0u;
}

bool imuh_packet_full(const struct imuh_packet *packet)
{
    return packet->samples >= packet->settings.samples_max;
}

bool imuh_packet_add(struct imuh_packet *packet, uint32_t index, uint32_t time_us, uint8_t flags,
                     const uint8_t sample[IMUH_SAMPLE_BYTES])
{
    uint8_t *bytes = packet->bytes;
    if (packet->samples > 0u && (imuh_packet_full(packet) || index != packet->next_index)) {
        return false;
    }
    if (packet->samples == 0u) {
        bytes[IMUH_PACKET_HEADER_AT_VERSION_TYPE] =
            (uint8_t)((IMUH_VERSION_MAJOR << 4) | (packet->settings.type & 15u));
        bytes[IMUH_PACKET_HEADER_AT_EPOCH_FLAGS] =
            (uint8_t)(((packet->settings.epoch & 15u) << 4) | (flags & IMUH_PACKET_FLAGS_LOST_BEFORE));
        imuh_put_u16(bytes + IMUH_PACKET_HEADER_AT_INDEX, (uint16_t)(index & 0xFFFFu));
        imuh_put_u32(bytes + IMUH_PACKET_HEADER_AT_TIME_US, time_us);
        packet->length = IMUH_PACKET_HEADER_BYTES;
    }
    bytes[IMUH_PACKET_HEADER_AT_EPOCH_FLAGS] =
        (uint8_t)(bytes[IMUH_PACKET_HEADER_AT_EPOCH_FLAGS] | (flags & IMUH_PACKET_FLAGS_SETTLING) |
                  imuh_sample_flags(sample));
    memcpy(bytes + packet->length, sample, IMUH_SAMPLE_BYTES);
    packet->length = (uint16_t)(packet->length + IMUH_SAMPLE_BYTES);
    packet->samples++;
    packet->next_index = index + 1u;
    return true;
}

uint16_t imuh_packet_live_samples(uint16_t rate_hz, uint8_t batch_ms)
{
    const uint32_t samples = (uint32_t)batch_ms * rate_hz / 1000u;
    if (samples == 0u) {
        return 1u;
    }
    return (uint16_t)(samples > IMUH_PACKET_SAMPLES ? IMUH_PACKET_SAMPLES : samples);
}

static void pack(uint8_t *out, const int16_t *axes, uint16_t end)
{
    unsigned i;
    for (i = 0; i < 3u; i++) {
        int32_t value = IMUH_INVALID;
        if (axes != NULL) {
            value = axes[i];
            if (value >= (int32_t)end) {
                value = IMUH_OVERRANGE;
            } else if (value <= -(int32_t)end) {
                value = -IMUH_OVERRANGE;
            }
        }
        imuh_put_i16(out + 2u * i, (int16_t)value);
    }
}

void imuh_sample_pack(uint8_t out[IMUH_SAMPLE_BYTES], const int16_t *acc, const int16_t *gyr, uint16_t acc_end,
                      uint16_t gyr_end)
{
    /* An end of 0 would call everything overrange, one above 32767 would let -32768 through: neither is meant. */
    const uint16_t most = (uint16_t)IMUH_OVERRANGE;
    pack(out + IMUH_SAMPLE_AT_ACC, acc, acc_end == 0u || acc_end > most ? most : acc_end);
    pack(out + IMUH_SAMPLE_AT_GYR, gyr, gyr_end == 0u || gyr_end > most ? most : gyr_end);
}

static bool beyond(const uint8_t *axes)
{
    unsigned i;
    for (i = 0; i < 3u; i++) {
        const int16_t value = imuh_get_i16(axes + 2u * i);
        if (value == IMUH_OVERRANGE || value == -IMUH_OVERRANGE) {
            return true;
        }
    }
    return false;
}

uint8_t imuh_sample_flags(const uint8_t sample[IMUH_SAMPLE_BYTES])
{
    const uint32_t acc = beyond(sample + IMUH_SAMPLE_AT_ACC) ? IMUH_PACKET_FLAGS_ACC_OVERRANGE : 0u;
    const uint32_t gyr = beyond(sample + IMUH_SAMPLE_AT_GYR) ? IMUH_PACKET_FLAGS_GYR_OVERRANGE : 0u;
    return (uint8_t)(acc | gyr);
}

bool imuh_sample_absent(const uint8_t sample[IMUH_SAMPLE_BYTES])
{
    unsigned i;
    for (i = 0; i < IMUH_SAMPLE_BYTES; i += 2u) {
        if (imuh_get_i16(sample + i) != IMUH_INVALID) {
            return false;
        }
    }
    return true;
}
