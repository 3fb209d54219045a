/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_BLUETOOTH_SERVICES_BAS_H
#define STUB_BLUETOOTH_SERVICES_BAS_H

#include <stdint.h>

int bt_bas_set_battery_level(uint8_t level);

#endif
