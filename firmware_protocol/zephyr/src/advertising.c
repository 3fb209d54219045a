/* SPDX-License-Identifier: MIT */
/* Advertising: PROTOCOL.md section 2. Runs on the system work queue. */
#include <stdio.h>
#include <string.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/kernel.h>

#include "app.h"

#define FAST_FOR K_SECONDS(30)
/* In units of 0.625 ms. */
#define FAST_MIN 160u /* 100 ms */
#define FAST_MAX 176u
#define SLOW_MIN 800u /* 500 ms */
#define SLOW_MAX 840u
/* Connectable, and over once connected: BT_LE_ADV_OPT_CONN, which Zephyr 3.7 does not have under this name. */
#define CONNECTABLE_ONCE (BIT(0) | BIT(1))

static const uint8_t service_uuid[16] = IMUH_UUID_SERVICE_BYTES;
static const uint8_t flags[1] = {BT_LE_AD_GENERAL | BT_LE_AD_NO_BREDR};
static char name[9];
static uint8_t scan_bytes[16 + IMUH_SERVICE_DATA_SIZE];
static struct k_spinlock lock;
static uint8_t latest[IMUH_SERVICE_DATA_SIZE];
static struct k_work begin_work;
static struct k_work renew_work;
static struct k_work_delayable slow_work;

static const struct bt_data advertisement[] = {
	BT_DATA(BT_DATA_FLAGS, flags, sizeof(flags)),
	BT_DATA(BT_DATA_UUID128_ALL, service_uuid, sizeof(service_uuid)),
	BT_DATA(BT_DATA_NAME_COMPLETE, name, sizeof(name) - 1),
};
static const struct bt_data scan_response[] = {
	BT_DATA(BT_DATA_SVC_DATA128, scan_bytes, sizeof(scan_bytes)),
};

static void take_latest(void)
{
	k_spinlock_key_t key = k_spin_lock(&lock);

	memcpy(scan_bytes, service_uuid, sizeof(service_uuid));
	memcpy(scan_bytes + sizeof(service_uuid), latest, sizeof(latest));
	k_spin_unlock(&lock, key);
}

static void begin(uint16_t interval_min, uint16_t interval_max)
{
	struct bt_le_adv_param param = {
		.id = BT_ID_DEFAULT,
		.options = CONNECTABLE_ONCE,
		.interval_min = interval_min,
		.interval_max = interval_max,
	};

	(void)bt_le_adv_stop();
	if (link_payload() != 0u) {
		return; /* a connected clip does not advertise */
	}
	take_latest();
	(void)bt_le_adv_start(&param, advertisement, ARRAY_SIZE(advertisement), scan_response,
			      ARRAY_SIZE(scan_response));
}

static void begin_fast(struct k_work *work)
{
	ARG_UNUSED(work);
	begin(FAST_MIN, FAST_MAX);
	(void)k_work_reschedule(&slow_work, FAST_FOR);
}

static void begin_slow(struct k_work *work)
{
	ARG_UNUSED(work);
	begin(SLOW_MIN, SLOW_MAX);
}

static void renew(struct k_work *work)
{
	ARG_UNUSED(work);
	take_latest();
	/* Not advertising: the next begin takes it. */
	(void)bt_le_adv_update_data(advertisement, ARRAY_SIZE(advertisement), scan_response,
				    ARRAY_SIZE(scan_response));
}

void advertising_init(const uint8_t serial[IMUH_SERIAL_BYTES])
{
	(void)snprintf(name, sizeof(name), "IH-%01X%02X%02X", serial[3] & 15u, serial[4], serial[5]);
	k_work_init(&begin_work, begin_fast);
	k_work_init(&renew_work, renew);
	k_work_init_delayable(&slow_work, begin_slow);
}

const char *advertising_name(void)
{
	return name;
}

void advertising_data(const uint8_t service_data[IMUH_SERVICE_DATA_SIZE])
{
	k_spinlock_key_t key = k_spin_lock(&lock);

	memcpy(latest, service_data, IMUH_SERVICE_DATA_SIZE);
	k_spin_unlock(&lock, key);
	(void)k_work_submit(&renew_work);
}

void advertising_fast(void)
{
	(void)k_work_submit(&begin_work);
}
