/* SPDX-License-Identifier: MIT */
/* What outlives power: role, configuration, number of the last stream, number of the boot. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/settings/settings.h>

#include "app.h"

/* As bytes of our own, so that another compiler or version reads them too. */
#define SAVED_BYTES (IMUH_CONFIG_SIZE + 3u)

static struct imuh_saved saved;
static uint16_t boot_id;

static int on_set(const char *key, size_t length, settings_read_cb read, void *argument)
{
	uint8_t bytes[SAVED_BYTES];
	const char *next;

	if (settings_name_steq(key, "saved", &next) != 0 && next == NULL && length == sizeof(bytes)) {
		if (read(argument, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes)) {
			return -EIO;
		}
		imuh_config_get(&saved.config, bytes);
		saved.stream_id = (uint16_t)(bytes[IMUH_CONFIG_SIZE] | (bytes[IMUH_CONFIG_SIZE + 1u] << 8));
		saved.role = bytes[IMUH_CONFIG_SIZE + 2u];
		return 0;
	}
	if (settings_name_steq(key, "boot", &next) != 0 && next == NULL && length == sizeof(boot_id)) {
		return read(argument, &boot_id, sizeof(boot_id)) == (ssize_t)sizeof(boot_id) ? 0 : -EIO;
	}
	return -ENOENT;
}

SETTINGS_STATIC_HANDLER_DEFINE(imu_hinge, "ih", NULL, on_set, NULL, NULL);

int store_init(void)
{
	int err = settings_subsys_init();

	if (err == 0) {
		err = settings_load_subtree("ih");
	}
	boot_id++;
	if (err == 0) {
		err = settings_save_one("ih/boot", &boot_id, sizeof(boot_id));
	}
	return err;
}

const struct imuh_saved *store_saved(void)
{
	return &saved;
}

uint16_t store_boot_id(void)
{
	return boot_id;
}

void store_save(const struct imuh_saved *now)
{
	uint8_t bytes[SAVED_BYTES];

	saved = *now;
	imuh_config_put(bytes, &saved.config);
	bytes[IMUH_CONFIG_SIZE] = (uint8_t)(saved.stream_id & 0xFFu);
	bytes[IMUH_CONFIG_SIZE + 1u] = (uint8_t)(saved.stream_id >> 8);
	bytes[IMUH_CONFIG_SIZE + 2u] = saved.role;
	(void)settings_save_one("ih/saved", bytes, sizeof(bytes));
}

void store_serial_text(const uint8_t serial[IMUH_SERIAL_BYTES])
{
	char text[2 * IMUH_SERIAL_BYTES + 1];
	size_t i;

	for (i = 0; i < IMUH_SERIAL_BYTES; i++) {
		(void)snprintf(&text[2u * i], 3u, "%02X", serial[i]);
	}
	(void)settings_runtime_set("bt/dis/serial", text, sizeof(text));
}
