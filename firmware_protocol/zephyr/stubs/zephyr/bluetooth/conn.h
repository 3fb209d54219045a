/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_BLUETOOTH_CONN_H
#define STUB_BLUETOOTH_CONN_H

#include <zephyr/kernel.h>

struct bt_conn;
typedef enum {
	BT_SECURITY_L0,
	BT_SECURITY_L1,
	BT_SECURITY_L2,
	BT_SECURITY_L3,
	BT_SECURITY_L4,
} bt_security_t;
enum bt_security_err {
	BT_SECURITY_ERR_SUCCESS,
	BT_SECURITY_ERR_AUTH_FAIL,
	BT_SECURITY_ERR_PIN_OR_KEY_MISSING,
	BT_SECURITY_ERR_OOB_NOT_AVAILABLE,
	BT_SECURITY_ERR_AUTH_REQUIREMENT,
	BT_SECURITY_ERR_PAIR_NOT_SUPPORTED,
	BT_SECURITY_ERR_PAIR_NOT_ALLOWED,
};
struct bt_le_conn_param {
	uint16_t interval_min;
	uint16_t interval_max;
	uint16_t latency;
	uint16_t timeout;
};
struct bt_conn_pairing_feat {
	uint8_t io_capability;
	uint8_t oob_data_flag;
	uint8_t auth_req;
	uint8_t max_enc_key_size;
	uint8_t init_key_dist;
	uint8_t resp_key_dist;
};
struct bt_conn_cb {
	void (*connected)(struct bt_conn *conn, uint8_t err);
	void (*disconnected)(struct bt_conn *conn, uint8_t reason);
	void (*recycled)(void);
	void (*security_changed)(struct bt_conn *conn, bt_security_t level, enum bt_security_err err);
};
struct bt_conn_auth_cb {
	enum bt_security_err (*pairing_accept)(struct bt_conn *conn, const struct bt_conn_pairing_feat *const feat);
};
#define BT_CONN_CB_DEFINE(name) \
	extern const struct bt_conn_cb name; \
	const struct bt_conn_cb name
struct bt_conn *bt_conn_ref(struct bt_conn *conn);
void bt_conn_unref(struct bt_conn *conn);
int bt_conn_disconnect(struct bt_conn *conn, uint8_t reason);
int bt_conn_le_param_update(struct bt_conn *conn, const struct bt_le_conn_param *param);
bt_security_t bt_conn_get_security(const struct bt_conn *conn);
int bt_conn_auth_cb_register(const struct bt_conn_auth_cb *cb);

#endif
