/* SPDX-License-Identifier: MIT */
/* The newest samples of a stream with the time of each, for gap fill: PROTOCOL.md section 8. */
#ifndef IMUH_RING_H
#define IMUH_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "imuh_protocol.h"

/** Bytes of storage for `samples` samples: 12 of values and 4 of time each, and a bit for `settling`. */
#define IMUH_RING_BYTES(samples) ((samples) * 16u + ((samples) + 7u) / 8u)

#ifdef __cplusplus
extern "C" {
#endif

/** A ring over storage of the caller. Indexes count from 0 in each stream and are not wrapped to 16 bits. */
struct imuh_ring {
    uint8_t *storage;
    uint32_t capacity; /* samples */
    uint32_t next;     /* index of the next instant */
    uint32_t held;     /* instants held, up to capacity; those left out count */
    uint32_t head;     /* slot of the next instant */
};

/** A sample out of the ring. */
struct imuh_ring_sample {
    const uint8_t *bytes; /* 12 bytes as they go over the air; valid until the next put or skip */
    uint32_t time_us;     /* device time, low 32 bits */
    bool settling;
};

/** An empty ring over `storage_bytes` bytes of any alignment. Returns false where not even one sample fits. */
bool imuh_ring_init(struct imuh_ring *ring, uint8_t *storage, uint32_t storage_bytes);

/** Forget all; the next index is 0. */
void imuh_ring_clear(struct imuh_ring *ring);

/** Keep the sample of the next instant. */
void imuh_ring_put(struct imuh_ring *ring, const uint8_t sample[IMUH_SAMPLE_BYTES], uint32_t time_us, bool settling);

/** The next `instants` instants were not measured. Takes time up to the ring's capacity, whatever `instants`. */
void imuh_ring_skip(struct imuh_ring *ring, uint32_t instants);

/** Whether the ring still knows about this instant. */
bool imuh_ring_holds(const struct imuh_ring *ring, uint32_t index);

/** Get a sample. Returns false where the ring does not hold it or nothing was measured then. */
bool imuh_ring_get(const struct imuh_ring *ring, uint32_t index, struct imuh_ring_sample *sample);

/** The latest instant before the next whose low 16 bits are `index16`. Returns false where there was none yet. */
bool imuh_ring_locate(const struct imuh_ring *ring, uint16_t index16, uint32_t *index);

#ifdef __cplusplus
}
#endif

#endif
