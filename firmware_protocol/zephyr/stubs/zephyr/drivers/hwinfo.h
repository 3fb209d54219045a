/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_DRIVERS_HWINFO_H
#define STUB_DRIVERS_HWINFO_H

#include <zephyr/kernel.h>

#define RESET_PIN BIT(0)
#define RESET_POR BIT(3)
#define RESET_LOW_POWER_WAKE BIT(7)
ssize_t hwinfo_get_device_id(uint8_t *buffer, size_t length);
int hwinfo_get_reset_cause(uint32_t *cause);
int hwinfo_clear_reset_cause(void);

#endif
