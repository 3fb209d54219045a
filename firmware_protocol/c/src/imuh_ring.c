/* SPDX-License-Identifier: MIT */
#include "imuh_ring.h"

#include <string.h>

#include "imuh_bytes.h"
#include "imuh_packet.h"

#define SLOT_BYTES 16u
#define SLOT_TIME 12u

bool imuh_ring_init(struct imuh_ring *ring, uint8_t *storage, uint32_t storage_bytes)
{
    /* A sample takes 129 eighths of a byte; where the eighths end within a byte there is room for it. */
    const uint32_t capacity = storage == NULL ? 0u : storage_bytes / 129u * 8u + storage_bytes % 129u * 8u / 129u;
    ring->storage = storage;
    ring->capacity = capacity;
    imuh_ring_clear(ring);
    return capacity > 0u;
}

void imuh_ring_clear(struct imuh_ring *ring)
{
    ring->next = 0u;
    ring->held = 0u;
    ring->head = 0u;
}

static void store(struct imuh_ring *ring, const uint8_t *sample, uint32_t time_us, bool settling)
{
    uint8_t *slot = ring->storage + (size_t)ring->head * SLOT_BYTES;
    uint8_t *bits = ring->storage + (size_t)ring->capacity * SLOT_BYTES + ring->head / 8u;
    const uint8_t bit = (uint8_t)(1u << (ring->head % 8u));
    memcpy(slot, sample, IMUH_SAMPLE_BYTES);
    imuh_put_u32(slot + SLOT_TIME, time_us);
    *bits = (uint8_t)(settling ? (*bits | bit) : (*bits & (uint8_t)~bit));
    ring->head = ring->head + 1u == ring->capacity ? 0u : ring->head + 1u;
    ring->next++;
    if (ring->held < ring->capacity) {
        ring->held++;
    }
}

void imuh_ring_put(struct imuh_ring *ring, const uint8_t sample[IMUH_SAMPLE_BYTES], uint32_t time_us, bool settling)
{
    store(ring, sample, time_us, settling);
}

void imuh_ring_skip(struct imuh_ring *ring, uint32_t instants)
{
    uint8_t absent[IMUH_SAMPLE_BYTES];
    imuh_sample_pack(absent, NULL, NULL, 0u, 0u);
    if (instants > ring->capacity) {
        /* More than the ring: the older ones leave no trace but the count. */
        ring->next += instants - ring->capacity;
        instants = ring->capacity;
    }
    for (; instants > 0u; instants--) {
        store(ring, absent, 0u, false);
    }
}

bool imuh_ring_holds(const struct imuh_ring *ring, uint32_t index)
{
    const uint32_t age = ring->next - index;
    return age >= 1u && age <= ring->held;
}

bool imuh_ring_get(const struct imuh_ring *ring, uint32_t index, struct imuh_ring_sample *sample)
{
    const uint32_t age = ring->next - index;
    uint32_t at;
    uint32_t bits;
    const uint8_t *slot;
    if (!imuh_ring_holds(ring, index)) {
        return false;
    }
    at = ring->head >= age ? ring->head - age : ring->head + ring->capacity - age;
    slot = ring->storage + (size_t)at * SLOT_BYTES;
    if (imuh_sample_absent(slot)) {
        return false;
    }
    sample->bytes = slot;
    sample->time_us = imuh_get_u32(slot + SLOT_TIME);
    bits = ring->storage[(size_t)ring->capacity * SLOT_BYTES + at / 8u];
    sample->settling = ((bits >> (at % 8u)) & 1u) != 0u;
    return true;
}

bool imuh_ring_locate(const struct imuh_ring *ring, uint16_t index16, uint32_t *index)
{
    /* Going back from the newest: 0 to 65535 instants before it. */
    const uint32_t newest = ring->next - 1u;
    const uint32_t back = (newest - index16) & 0xFFFFu;
    if (ring->next == 0u || back > newest) {
        return false;
    }
    *index = newest - back;
    return true;
}
