/* SPDX-License-Identifier: MIT */
/* Reading a script, and the actions that need no clip. */
#ifndef SESSION_SCRIPT_H
#define SESSION_SCRIPT_H

#include "imuh_bytes.h"
#include "session.h"

#define SESSION_RING_SAMPLES 4000u

struct script {
    const uint8_t *bytes;
    size_t left;
};

static inline uint8_t take8(struct script *script)
{
    if (script->left == 0u) {
        return 0u;
    }
    script->left--;
    return *script->bytes++;
}

static inline uint16_t take16(struct script *script)
{
    const uint8_t low = take8(script);
    return (uint16_t)(low | ((uint32_t)take8(script) << 8));
}

static inline uint32_t take32(struct script *script)
{
    const uint16_t low = take16(script);
    return low | ((uint32_t)take16(script) << 16);
}

static inline void take_sample(struct script *script, int16_t axes[6], uint8_t *which)
{
    unsigned i;
    *which = take8(script);
    for (i = 0u; i < 6u; i++) {
        const uint16_t bits = take16(script);
        uint8_t bytes[2];
        imuh_put_u16(bytes, bits);
        axes[i] = imuh_get_i16(bytes);
    }
}

/* Their arguments: session.h. */
void session_parse(struct script *script, session_tell tell, void *user);
void session_packets(struct script *script, session_tell tell, void *user);
/* storage: for up to SESSION_RING_SAMPLES */
void session_ring(struct script *script, uint8_t *storage, session_tell tell, void *user);

#endif
