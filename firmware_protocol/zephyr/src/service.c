/* SPDX-License-Identifier: MIT */
/* The GATT service: PROTOCOL.md section 3. */
#include <string.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/atomic.h>

#include "app.h"

/* Notifications handed to the stack and not yet sent. Fewer than it has buffers: with none free it would wait. */
#define UNDER_WAY_MAX 6
#define ATT_CCC_IMPROPER 0xFD
#define ATT_IN_PROGRESS 0xFE

static const struct bt_uuid_128 uuid_service = {.uuid = {BT_UUID_TYPE_128}, .val = IMUH_UUID_SERVICE_BYTES};
static const struct bt_uuid_128 uuid_info = {.uuid = {BT_UUID_TYPE_128}, .val = IMUH_UUID_INFO_BYTES};
static const struct bt_uuid_128 uuid_imu = {.uuid = {BT_UUID_TYPE_128}, .val = IMUH_UUID_IMU_BYTES};
static const struct bt_uuid_128 uuid_control = {.uuid = {BT_UUID_TYPE_128}, .val = IMUH_UUID_CONTROL_BYTES};
static const struct bt_uuid_128 uuid_transfer = {.uuid = {BT_UUID_TYPE_128}, .val = IMUH_UUID_TRANSFER_BYTES};
static const struct bt_uuid_128 uuid_event = {.uuid = {BT_UUID_TYPE_128}, .val = IMUH_UUID_EVENT_BYTES};

static atomic_t under_way;
static atomic_t generation; /* of links; a late callback of an old link counts for nothing */
static atomic_t indicating;
static atomic_t request_waits;
static struct bt_gatt_indicate_params indication;
static uint8_t indication_bytes[IMUH_RESPONSE_BYTES_MAX];
static uint8_t info_read[IMUH_INFO_SIZE]; /* as it was when the read began; only read_info touches it */
static bool info_taken;

static ssize_t read_info(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
			 uint16_t offset)
{
	/* A long read comes in parts, which must fit together. There is one link, so one snapshot does. */
	if (offset == 0u || !info_taken) {
		app_info(info_read);
		info_taken = true;
	}
	return bt_gatt_attr_read(conn, attr, buf, len, offset, info_read, sizeof(info_read));
}

static ssize_t write_control(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf, uint16_t len,
			     uint16_t offset, uint8_t flags)
{
	struct app_message message = {.kind = APP_CONTROL, .time_us = app_now_us()};

	ARG_UNUSED(flags);
	if (offset != 0u) {
		return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
	}
	if (!bt_gatt_is_subscribed(conn, attr, BT_GATT_CCC_INDICATE)) {
		return BT_GATT_ERR(ATT_CCC_IMPROPER);
	}
	if (atomic_set(&request_waits, 1) != 0) {
		return BT_GATT_ERR(ATT_IN_PROGRESS);
	}
	/* Surplus bytes are ignored by the protocol; no request is longer than these. */
	message.length = (uint8_t)MIN(len, sizeof(message.bytes));
	memcpy(message.bytes, buf, message.length);
	if (!app_post(&message)) {
		(void)atomic_set(&request_waits, 0);
		return BT_GATT_ERR(BT_ATT_ERR_INSUFFICIENT_RESOURCES);
	}
	return len;
}

void app_control_done(void)
{
	(void)atomic_set(&request_waits, 0);
}

static void subscription_changed(const struct bt_gatt_attr *attr, uint16_t value)
{
	ARG_UNUSED(attr);
	ARG_UNUSED(value);
	app_wake();
}

#define CCC BT_GATT_CCC(subscription_changed, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE_ENCRYPT)

BT_GATT_SERVICE_DEFINE(clip_service,
	BT_GATT_PRIMARY_SERVICE(&uuid_service),
	BT_GATT_CHARACTERISTIC(&uuid_info.uuid, BT_GATT_CHRC_READ, BT_GATT_PERM_READ, read_info, NULL, NULL),
	BT_GATT_CHARACTERISTIC(&uuid_imu.uuid, BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
	CCC,
	BT_GATT_CHARACTERISTIC(&uuid_control.uuid, BT_GATT_CHRC_WRITE | BT_GATT_CHRC_INDICATE,
			       BT_GATT_PERM_WRITE_ENCRYPT, NULL, write_control, NULL),
	CCC,
	BT_GATT_CHARACTERISTIC(&uuid_transfer.uuid, BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
	CCC,
	BT_GATT_CHARACTERISTIC(&uuid_event.uuid, BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
	CCC,
);

/* The values among the attributes: the service, then for each characteristic declaration, value, CCC (info has none). */
static const struct bt_gatt_attr *value_of(enum imuh_characteristic characteristic)
{
	return &clip_service.attrs[4 + 3 * (int)characteristic];
}

static void sent(struct bt_conn *conn, void *user_data)
{
	ARG_UNUSED(conn);
	if ((atomic_val_t)(intptr_t)user_data == atomic_get(&generation)) {
		(void)atomic_dec(&under_way);
		app_wake();
	}
}

static void confirmed(struct bt_conn *conn, struct bt_gatt_indicate_params *params, uint8_t err)
{
	ARG_UNUSED(conn);
	ARG_UNUSED(params);
	ARG_UNUSED(err);
}

static void indication_over(struct bt_gatt_indicate_params *params)
{
	ARG_UNUSED(params);
	(void)atomic_set(&indicating, 0);
	app_wake();
}

static bool indicate(struct bt_conn *conn, const uint8_t *bytes, uint16_t length)
{
	if (length > sizeof(indication_bytes) || atomic_set(&indicating, 1) != 0) {
		return false;
	}
	memcpy(indication_bytes, bytes, length);
	memset(&indication, 0, sizeof(indication));
	indication.attr = value_of(IMUH_CHAR_CONTROL);
	indication.data = indication_bytes;
	indication.len = length;
	indication.func = confirmed;
	indication.destroy = indication_over;
	if (bt_gatt_indicate(conn, &indication) != 0) {
		(void)atomic_set(&indicating, 0);
		return false;
	}
	return true;
}

static bool notify(struct bt_conn *conn, enum imuh_characteristic characteristic, const uint8_t *bytes, uint16_t length)
{
	struct bt_gatt_notify_params params = {
		.attr = value_of(characteristic),
		.data = bytes,
		.len = length,
		.func = sent,
		.user_data = (void *)(intptr_t)atomic_get(&generation),
	};

	if (atomic_get(&under_way) >= UNDER_WAY_MAX) {
		return false;
	}
	(void)atomic_inc(&under_way);
	if (bt_gatt_notify_cb(conn, &params) != 0) {
		(void)atomic_dec(&under_way);
		return false;
	}
	return true;
}

bool service_send(enum imuh_characteristic characteristic, const uint8_t *bytes, uint16_t length)
{
	struct bt_conn *conn = link_conn();
	bool taken = false;

	if (conn == NULL) {
		return false;
	}
	if (characteristic == IMUH_CHAR_CONTROL) {
		taken = indicate(conn, bytes, length);
	} else {
		taken = notify(conn, characteristic, bytes, length);
	}
	bt_conn_unref(conn);
	return taken;
}

void service_link(bool up)
{
	ARG_UNUSED(up);
	(void)atomic_inc(&generation);
	(void)atomic_set(&under_way, 0);
}

bool service_subscribed(enum imuh_characteristic characteristic)
{
	const uint16_t kind = characteristic == IMUH_CHAR_CONTROL ? BT_GATT_CCC_INDICATE : BT_GATT_CCC_NOTIFY;
	struct bt_conn *conn = link_conn();
	bool on = false;

	if (conn != NULL) {
		/* A bonded host's subscriptions are restored before the link is encrypted; they count only after. */
		on = bt_conn_get_security(conn) >= BT_SECURITY_L2 &&
		     bt_gatt_is_subscribed(conn, value_of(characteristic), kind);
		bt_conn_unref(conn);
	}
	return on;
}
