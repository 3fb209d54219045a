/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_DEVICE_H
#define STUB_DEVICE_H

#include <zephyr/kernel.h>

struct device {
	const char *name;
};

/* A devicetree node is a number here; 0 is none. */
#define DT_ALIAS(alias) STUB_ALIAS_##alias
#define STUB_ALIAS_imu 1
#define STUB_ALIAS_sw0 2
#define STUB_ALIAS_led0 3
#define DT_PATH(...) 4
#ifdef STUB_WITHOUT_OPTIONAL_PARTS
#define DT_NODE_HAS_PROP(node, prop) 0
#else
#define DT_NODE_HAS_PROP(node, prop) 1
#endif
extern const struct device stub_device;

#endif
