/* SPDX-License-Identifier: MIT */
/* CRC-32 of IEEE 802.3, zlib and PNG: reflected, polynomial 0xEDB88320. "123456789" gives 0xCBF43926. */
#ifndef IMUH_CRC32_H
#define IMUH_CRC32_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** CRC-32 of `length` bytes that follow those of which `crc` is the CRC-32; begin with 0. */
uint32_t imuh_crc32(uint32_t crc, const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
