/* SPDX-License-Identifier: MIT */
/* No firmware update while sampling or below 30 % battery: PROTOCOL.md section 3. */
#include <zephyr/init.h>
#include <zephyr/kernel.h>
#include <zephyr/mgmt/mcumgr/grp/img_mgmt/img_mgmt.h>
#include <zephyr/mgmt/mcumgr/mgmt/callbacks.h>
#include <zephyr/mgmt/mcumgr/mgmt/mgmt.h>

#include "app.h"

#define BATTERY_MIN_PERCENT 30u

static enum mgmt_cb_return on_chunk(uint32_t event, enum mgmt_cb_return before, int32_t *rc, uint16_t *group,
				    bool *abort_more, void *data, size_t size)
{
	ARG_UNUSED(event);
	ARG_UNUSED(before);
	ARG_UNUSED(group);
	ARG_UNUSED(abort_more);
	ARG_UNUSED(data);
	ARG_UNUSED(size);
	/* 255, not known, passes: such a clip hangs on a cable. */
	if ((app_state() & IMUH_STATE_SAMPLING) != 0u || app_battery_percent() < BATTERY_MIN_PERCENT) {
		*rc = MGMT_ERR_EBUSY;
		return MGMT_CB_ERROR_RC;
	}
	return MGMT_CB_OK;
}

static struct mgmt_callback chunk_callback = {
	.callback = on_chunk,
	.event_id = MGMT_EVT_OP_IMG_MGMT_DFU_CHUNK,
};

static int update_init(void)
{
	mgmt_callback_register(&chunk_callback);
	return 0;
}

SYS_INIT(update_init, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);
