/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_MGMT_MCUMGR_MGMT_MGMT_H
#define STUB_MGMT_MCUMGR_MGMT_MGMT_H

enum mcumgr_err_t {
	MGMT_ERR_EOK,
	MGMT_ERR_EBUSY = 10,
};

#endif
