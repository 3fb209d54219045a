/* SPDX-License-Identifier: MIT */
/* Sample packets: PROTOCOL.md section 5. Integers only; no state outside the structs. */
#ifndef IMUH_PACKET_H
#define IMUH_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "imuh_protocol.h"

/** Longest packet this build can make, bytes. 244 is enough up to MTU 247; no attribute is longer than 512. */
#ifndef IMUH_PACKET_BYTES_MAX
#define IMUH_PACKET_BYTES_MAX 512
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What the packets are to look like. */
struct imuh_packet_settings {
    uint16_t payload_bytes; /* most bytes of a packet: the ATT payload, MTU - 3 */
    uint16_t samples_max;   /* most samples of a packet; see imuh_packet_live_samples() */
    uint8_t type;           /* IMUH_PACKET_TYPE_... */
    uint8_t epoch;          /* configuration epoch, 0-15 */
};

/** Live packets at 200 Hz and 50 ms with the smallest MTU. */
extern const struct imuh_packet_settings imuh_packet_settings_default;

/** A packet being filled. Read `bytes` and `length`; leave the rest alone. */
struct imuh_packet {
    struct imuh_packet_settings settings;
    uint32_t next_index; /* index of the sample that would continue it */
    uint16_t samples;    /* samples in it */
    uint16_t length;     /* bytes in it; 0 when empty */
    uint8_t bytes[IMUH_PACKET_BYTES_MAX];
};

/** Begin with an empty packet. Bounds that make no sense are brought to the nearest that do. */
void imuh_packet_init(struct imuh_packet *packet, const struct imuh_packet_settings *settings);

/** Empty it: it was sent, or is thrown away. */
void imuh_packet_clear(struct imuh_packet *packet);

/** Whether no further sample fits. */
bool imuh_packet_full(const struct imuh_packet *packet);

/**
 * Add a sample of imuh_sample_pack().
 * index: sampling instant, not wrapped.  time_us: device time at the middle of its window, low 32 bits.
 * flags: IMUH_PACKET_FLAGS_SETTLING where it holds, and for a packet's first sample IMUH_PACKET_FLAGS_LOST_BEFORE;
 * the overrange flags are found from the values.
 * Returns false, and changes nothing, where the packet is full or `index` does not continue it: send it, clear it,
 * add again.
 */
bool imuh_packet_add(struct imuh_packet *packet, uint32_t index, uint32_t time_us, uint8_t flags,
                     const uint8_t sample[IMUH_SAMPLE_BYTES]);

/** Most samples a live packet may hold: max(1, floor(batch_ms * rate_hz / 1000)), and no more than 255. */
uint16_t imuh_packet_live_samples(uint16_t rate_hz, uint8_t batch_ms);

/**
 * A sample as it goes over the air. acc, gyr: three raw values in the case's axes, least significant bits; NULL where
 * not measured. acc_end, gyr_end: the magnitude from which on the sensor is at its end of scale (32767 for most); such
 * an axis becomes plus or minus 32767.
 */
void imuh_sample_pack(uint8_t out[IMUH_SAMPLE_BYTES], const int16_t *acc, const int16_t *gyr, uint16_t acc_end,
                      uint16_t gyr_end);

/** The overrange flags of a packed sample. */
uint8_t imuh_sample_flags(const uint8_t sample[IMUH_SAMPLE_BYTES]);

/** Whether nothing at all was measured. */
bool imuh_sample_absent(const uint8_t sample[IMUH_SAMPLE_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
