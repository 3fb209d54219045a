/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_MGMT_MCUMGR_MGMT_CALLBACKS_H
#define STUB_MGMT_MCUMGR_MGMT_CALLBACKS_H

#include <zephyr/kernel.h>

enum mgmt_cb_return {
	MGMT_CB_OK,
	MGMT_CB_ERROR_RC,
	MGMT_CB_ERROR_ERR,
};
typedef enum mgmt_cb_return (*mgmt_cb)(uint32_t event, enum mgmt_cb_return prev_status, int32_t *rc, uint16_t *group,
				       bool *abort_more, void *data, size_t data_size);
struct mgmt_callback {
	mgmt_cb callback;
	uint32_t event_id;
};
enum img_mgmt_group_events {
	MGMT_EVT_OP_IMG_MGMT_DFU_CHUNK = 0x00010001,
};
void mgmt_callback_register(struct mgmt_callback *callback);

#endif
