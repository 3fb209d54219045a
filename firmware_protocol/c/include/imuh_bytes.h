/* SPDX-License-Identifier: MIT */
/* Little-endian numbers in byte buffers, whatever the machine's own order and alignment. */
#ifndef IMUH_BYTES_H
#define IMUH_BYTES_H

#include <stdint.h>
#include <string.h>

/** Write 16 bits at `to`. */
static inline void imuh_put_u16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value & 0xFFu);
    to[1] = (uint8_t)(value >> 8);
}

/** Write 32 bits at `to`. */
static inline void imuh_put_u32(uint8_t *to, uint32_t value)
{
    imuh_put_u16(to, (uint16_t)(value & 0xFFFFu));
    imuh_put_u16(to + 2, (uint16_t)(value >> 16));
}

/** Write 64 bits at `to`. */
static inline void imuh_put_u64(uint8_t *to, uint64_t value)
{
    imuh_put_u32(to, (uint32_t)(value & 0xFFFFFFFFu));
    imuh_put_u32(to + 4, (uint32_t)(value >> 32));
}

/** Write 16 bits of two's complement at `to`. */
static inline void imuh_put_i16(uint8_t *to, int16_t value)
{
    imuh_put_u16(to, (uint16_t)value);
}

/** Write an IEEE 754 single at `to`; moves bits, computes nothing. */
static inline void imuh_put_f32(uint8_t *to, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    imuh_put_u32(to, bits);
}

/** Read 16 bits. */
static inline uint16_t imuh_get_u16(const uint8_t *from)
{
    return (uint16_t)(from[0] | ((uint32_t)from[1] << 8));
}

/** Read 32 bits. */
static inline uint32_t imuh_get_u32(const uint8_t *from)
{
    return (uint32_t)imuh_get_u16(from) | ((uint32_t)imuh_get_u16(from + 2) << 16);
}

/** Read 64 bits. */
static inline uint64_t imuh_get_u64(const uint8_t *from)
{
    return (uint64_t)imuh_get_u32(from) | ((uint64_t)imuh_get_u32(from + 4) << 32);
}

/** Read 16 bits of two's complement. */
static inline int16_t imuh_get_i16(const uint8_t *from)
{
    const uint16_t bits = imuh_get_u16(from);
    return (int16_t)(bits < 0x8000u ? (int32_t)bits : (int32_t)bits - 0x10000);
}

/** Read an IEEE 754 single. */
static inline float imuh_get_f32(const uint8_t *from)
{
    const uint32_t bits = imuh_get_u32(from);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
