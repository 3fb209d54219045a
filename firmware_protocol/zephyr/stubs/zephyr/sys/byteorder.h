/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_SYS_BYTEORDER_H
#define STUB_SYS_BYTEORDER_H

#include <stdint.h>

uint16_t sys_get_le16(const uint8_t src[2]);

#endif
