/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_BLUETOOTH_BLUETOOTH_H
#define STUB_BLUETOOTH_BLUETOOTH_H

#include <zephyr/kernel.h>

#define BT_ID_DEFAULT 0
#define BT_LE_AD_GENERAL 0x02
#define BT_LE_AD_NO_BREDR 0x04
#define BT_DATA_FLAGS 0x01
#define BT_DATA_UUID128_ALL 0x07
#define BT_DATA_NAME_COMPLETE 0x09
#define BT_DATA_SVC_DATA128 0x21
typedef void (*bt_ready_cb_t)(int err);
struct bt_data {
	uint8_t type;
	uint8_t data_len;
	const uint8_t *data;
};
#define BT_DATA(type_, data_, length_) {.type = (type_), .data_len = (length_), .data = (const uint8_t *)(data_)}
typedef struct {
	uint8_t type;
	uint8_t a[6];
} bt_addr_le_t;
struct bt_le_adv_param {
	uint8_t id;
	uint8_t sid;
	uint8_t secondary_max_skip;
	uint32_t options;
	uint32_t interval_min;
	uint32_t interval_max;
	const bt_addr_le_t *peer;
};
int bt_enable(bt_ready_cb_t cb);
int bt_set_name(const char *name);
int bt_le_adv_start(const struct bt_le_adv_param *param, const struct bt_data *ad, size_t ad_len,
		    const struct bt_data *sd, size_t sd_len);
int bt_le_adv_update_data(const struct bt_data *ad, size_t ad_len, const struct bt_data *sd, size_t sd_len);
int bt_le_adv_stop(void);

#endif
