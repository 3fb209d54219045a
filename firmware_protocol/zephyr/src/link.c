/* SPDX-License-Identifier: MIT */
/* The connection: parameters, MTU, and pairing by LE Secure Connections after a physical action. Section 4. */
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/hci.h>
#include <zephyr/kernel.h>
#include <zephyr/settings/settings.h>
#include <zephyr/sys/atomic.h>

#include "app.h"

#define ATT_HEADER 3u
#define ENCRYPT_WITHIN K_SECONDS(30)
#define PAIRING_LOOK_AGAIN K_SECONDS(1)
/* In units of 1.25 ms and 10 ms. */
#define INTERVAL_MIN (IMUH_CONN_INTERVAL_MIN_MS * 4u / 5u)
#define INTERVAL_MAX (IMUH_CONN_INTERVAL_MAX_MS * 4u / 5u)
#define TIMEOUT (IMUH_CONN_SUPERVISION_TIMEOUT_MS / 10u)

static struct k_spinlock lock;
static struct bt_conn *current;
static struct k_work_delayable ask_work;
static struct k_work_delayable stranger_work;
static atomic_t pairing; /* a pairing was accepted and is not over */

struct bt_conn *link_conn(void)
{
	k_spinlock_key_t key = k_spin_lock(&lock);
	struct bt_conn *conn = current != NULL ? bt_conn_ref(current) : NULL;

	k_spin_unlock(&lock, key);
	return conn;
}

uint16_t link_payload(void)
{
	struct bt_conn *conn = link_conn();
	uint16_t payload = 0u;

	if (conn != NULL) {
		payload = (uint16_t)(bt_gatt_get_mtu(conn) - ATT_HEADER);
		bt_conn_unref(conn);
	}
	return payload;
}

void link_drop(void)
{
	struct bt_conn *conn = link_conn();

	if (conn != NULL) {
		(void)bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
		bt_conn_unref(conn);
	}
}

static void ask_for_parameters(struct k_work *work)
{
	const struct bt_le_conn_param wanted = {
		.interval_min = INTERVAL_MIN,
		.interval_max = INTERVAL_MAX,
		.latency = IMUH_CONN_LATENCY,
		.timeout = TIMEOUT,
	};
	struct bt_conn *conn = link_conn();

	ARG_UNUSED(work);
	if (conn != NULL) {
		(void)bt_conn_le_param_update(conn, &wanted);
		bt_conn_unref(conn);
	}
}

/* A link that is not encrypted in time, and is not being paired, is ended: a stranger must not keep bonded hosts away. */
static void end_stranger(struct k_work *work)
{
	struct bt_conn *conn = link_conn();

	ARG_UNUSED(work);
	if (conn == NULL) {
		return;
	}
	if (bt_conn_get_security(conn) < BT_SECURITY_L2) {
		if (atomic_get(&pairing) != 0) {
			(void)k_work_reschedule(&stranger_work, PAIRING_LOOK_AGAIN);
		} else {
			(void)bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
		}
	}
	bt_conn_unref(conn);
}

static void on_connected(struct bt_conn *conn, uint8_t err)
{
	const struct app_message message = {.kind = APP_CONNECTED};
	k_spinlock_key_t key;

	if (err != 0u) {
		advertising_fast();
		return;
	}
	key = k_spin_lock(&lock);
	current = bt_conn_ref(conn);
	k_spin_unlock(&lock, key);
	(void)atomic_set(&pairing, 0);
	(void)k_work_reschedule(&ask_work, K_SECONDS(1));
	(void)k_work_reschedule(&stranger_work, ENCRYPT_WITHIN);
	/* The thread must learn of it: while the inbox is full it takes a few milliseconds. */
	while (!app_post(&message)) {
		k_sleep(K_MSEC(1));
	}
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
	const struct app_message message = {.kind = APP_DISCONNECTED};
	k_spinlock_key_t key = k_spin_lock(&lock);

	ARG_UNUSED(reason);
	current = NULL;
	k_spin_unlock(&lock, key);
	bt_conn_unref(conn);
	(void)k_work_cancel_delayable(&ask_work);
	(void)k_work_cancel_delayable(&stranger_work);
	while (!app_post(&message)) {
		k_sleep(K_MSEC(1));
	}
}

/* Encrypted, or a pairing failed: the stack calls it for a timeout of pairing too. */
static void on_security(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
	ARG_UNUSED(conn);
	ARG_UNUSED(level);
	ARG_UNUSED(err);
	(void)atomic_set(&pairing, 0);
	app_wake();
}

/* Only now is the connection's memory free, without which a connectable advertisement cannot begin. */
static void on_recycled(void)
{
	advertising_fast();
}

BT_CONN_CB_DEFINE(link_callbacks) = {
	.recycled = on_recycled,
	.connected = on_connected,
	.disconnected = on_disconnected,
	.security_changed = on_security,
};

static void on_mtu(struct bt_conn *conn, uint16_t tx, uint16_t rx)
{
	ARG_UNUSED(conn);
	ARG_UNUSED(tx);
	ARG_UNUSED(rx);
	app_wake();
}

static struct bt_gatt_cb gatt_callbacks = {.att_mtu_updated = on_mtu};

/* Anybody may ask to pair; it is accepted only in the window after a physical action. */
static enum bt_security_err on_pairing(struct bt_conn *conn, const struct bt_conn_pairing_feat *const feat)
{
	ARG_UNUSED(conn);
	ARG_UNUSED(feat);
	if ((app_state() & IMUH_STATE_PAIRING) == 0u) {
		return BT_SECURITY_ERR_PAIR_NOT_ALLOWED;
	}
	(void)atomic_set(&pairing, 1);
	return BT_SECURITY_ERR_SUCCESS;
}

static const struct bt_conn_auth_cb auth_callbacks = {.pairing_accept = on_pairing};

int link_init(void)
{
	int err;

	k_work_init_delayable(&ask_work, ask_for_parameters);
	k_work_init_delayable(&stranger_work, end_stranger);
	err = bt_enable(NULL);
	if (err != 0) {
		return err;
	}
	bt_gatt_cb_register(&gatt_callbacks);
	err = bt_conn_auth_cb_register(&auth_callbacks);
	if (err != 0) {
		return err;
	}
	err = settings_load_subtree("bt"); /* identities, bonds, and the name it last had */
	if (err != 0) {
		return err;
	}
	return bt_set_name(advertising_name()); /* GAP says what the advertisement says */
}
