/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_BLUETOOTH_GATT_H
#define STUB_BLUETOOTH_GATT_H

#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/kernel.h>

#define BT_GATT_ERR(att_err) (-(att_err))
#define BT_ATT_ERR_INVALID_OFFSET 0x07
#define BT_ATT_ERR_INSUFFICIENT_RESOURCES 0x11
#define BT_GATT_CHRC_READ 0x02
#define BT_GATT_CHRC_WRITE 0x08
#define BT_GATT_CHRC_NOTIFY 0x10
#define BT_GATT_CHRC_INDICATE 0x20
#define BT_GATT_PERM_NONE 0
#define BT_GATT_PERM_READ BIT(0)
#define BT_GATT_PERM_WRITE BIT(1)
#define BT_GATT_PERM_READ_ENCRYPT BIT(2)
#define BT_GATT_PERM_WRITE_ENCRYPT BIT(3)
#define BT_GATT_CCC_NOTIFY 0x0001
#define BT_GATT_CCC_INDICATE 0x0002

struct bt_gatt_attr;
typedef ssize_t (*bt_gatt_attr_read_func_t)(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
					    uint16_t len, uint16_t offset);
typedef ssize_t (*bt_gatt_attr_write_func_t)(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
					     uint16_t len, uint16_t offset, uint8_t flags);
struct bt_gatt_attr {
	const struct bt_uuid *uuid;
	bt_gatt_attr_read_func_t read;
	bt_gatt_attr_write_func_t write;
	void *user_data;
	uint16_t handle;
	uint16_t perm;
};
struct bt_gatt_service_static {
	const struct bt_gatt_attr *attrs;
	size_t attr_count;
};
typedef void (*stub_ccc_changed_t)(const struct bt_gatt_attr *attr, uint16_t value);
/* As in Zephyr: a service or CCC is one attribute, a characteristic two. */
#define BT_GATT_PRIMARY_SERVICE(service) {(const struct bt_uuid *)(const void *)(service), NULL, NULL, NULL, 0, 0}
#define BT_GATT_CHARACTERISTIC(uuid, props, perm, read, write, data) \
	{(uuid), NULL, NULL, NULL, 0, (props)}, {(uuid), (read), (write), (data), 0, (uint16_t)(perm)}
#define BT_GATT_CCC(changed, perm) {NULL, NULL, NULL, (void *)(stub_ccc_changed_t)(changed), 0, (uint16_t)(perm)}
#define BT_GATT_SERVICE_DEFINE(name, ...) \
	static const struct bt_gatt_attr stub_attrs_##name[] = {__VA_ARGS__}; \
	static const struct bt_gatt_service_static name = {stub_attrs_##name, ARRAY_SIZE(stub_attrs_##name)}

typedef void (*bt_gatt_complete_func_t)(struct bt_conn *conn, void *user_data);
struct bt_gatt_notify_params {
	const struct bt_uuid *uuid;
	const struct bt_gatt_attr *attr;
	const void *data;
	uint16_t len;
	bt_gatt_complete_func_t func;
	void *user_data;
};
struct bt_gatt_indicate_params;
typedef void (*bt_gatt_indicate_func_t)(struct bt_conn *conn, struct bt_gatt_indicate_params *params, uint8_t err);
typedef void (*bt_gatt_indicate_params_destroy_t)(struct bt_gatt_indicate_params *params);
struct bt_gatt_indicate_params {
	const struct bt_uuid *uuid;
	const struct bt_gatt_attr *attr;
	bt_gatt_indicate_func_t func;
	bt_gatt_indicate_params_destroy_t destroy;
	const void *data;
	uint16_t len;
};
struct bt_gatt_cb {
	void (*att_mtu_updated)(struct bt_conn *conn, uint16_t tx, uint16_t rx);
};
void bt_gatt_cb_register(struct bt_gatt_cb *cb);
ssize_t bt_gatt_attr_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf, uint16_t buf_len,
			  uint16_t offset, const void *value, uint16_t value_len);
bool bt_gatt_is_subscribed(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t ccc_type);
uint16_t bt_gatt_get_mtu(struct bt_conn *conn);
int bt_gatt_notify_cb(struct bt_conn *conn, struct bt_gatt_notify_params *params);
int bt_gatt_indicate(struct bt_conn *conn, struct bt_gatt_indicate_params *params);

#endif
