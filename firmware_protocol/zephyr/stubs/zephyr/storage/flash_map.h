/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_STORAGE_FLASH_MAP_H
#define STUB_STORAGE_FLASH_MAP_H

#include <zephyr/kernel.h>

struct flash_area {
	uint8_t fa_id;
	off_t fa_off;
	size_t fa_size;
};
#ifdef STUB_WITHOUT_OPTIONAL_PARTS
#define FIXED_PARTITION_EXISTS(label) 0
#else
#define FIXED_PARTITION_EXISTS(label) 1
#endif
#define FIXED_PARTITION_ID(label) 5
int flash_area_open(uint8_t id, const struct flash_area **fa);
int flash_area_read(const struct flash_area *fa, off_t off, void *dst, size_t len);
int flash_area_write(const struct flash_area *fa, off_t off, const void *src, size_t len);
int flash_area_erase(const struct flash_area *fa, off_t off, size_t len);

#endif
