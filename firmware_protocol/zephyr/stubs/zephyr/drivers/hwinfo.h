/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_DRIVERS_HWINFO_H
#define STUB_DRIVERS_HWINFO_H

#include <zephyr/kernel.h>

ssize_t hwinfo_get_device_id(uint8_t *buffer, size_t length);

#endif
