/* SPDX-License-Identifier: MIT */
/* Records on the partition record_partition; without one the clip has no capability `log`. */
#include <zephyr/kernel.h>
#include <zephyr/storage/flash_map.h>

#include "app.h"

#if FIXED_PARTITION_EXISTS(record_partition)

#define SECTOR_BYTES 4096u

static struct imuh_log log_of_records;

static bool area_read(void *user, uint32_t at, uint8_t *bytes, uint32_t length)
{
	return flash_area_read((const struct flash_area *)user, (off_t)at, bytes, length) == 0;
}

static bool area_program(void *user, uint32_t at, const uint8_t *bytes, uint32_t length)
{
	return flash_area_write((const struct flash_area *)user, (off_t)at, bytes, length) == 0;
}

static bool area_erase(void *user, uint32_t at)
{
	return flash_area_erase((const struct flash_area *)user, (off_t)at, SECTOR_BYTES) == 0;
}

struct imuh_log *record_flash_init(void)
{
	const struct flash_area *area = NULL;
	struct imuh_flash flash = {
		.sector_bytes = SECTOR_BYTES,
		.read = area_read,
		.program = area_program,
		.erase = area_erase,
	};

	if (flash_area_open(FIXED_PARTITION_ID(record_partition), &area) != 0) {
		return NULL;
	}
	flash.user = (void *)area;
	flash.bytes = (uint32_t)area->fa_size;
	return imuh_log_init(&log_of_records, &flash) ? &log_of_records : NULL;
}

#else

struct imuh_log *record_flash_init(void)
{
	return NULL;
}

#endif
