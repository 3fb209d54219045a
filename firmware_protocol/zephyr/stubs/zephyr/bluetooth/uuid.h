/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_BLUETOOTH_UUID_H
#define STUB_BLUETOOTH_UUID_H

#include <stdint.h>

enum {
	BT_UUID_TYPE_16,
	BT_UUID_TYPE_32,
	BT_UUID_TYPE_128,
};
struct bt_uuid {
	uint8_t type;
};
struct bt_uuid_128 {
	struct bt_uuid uuid;
	uint8_t val[16];
};

#endif
