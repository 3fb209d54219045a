/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_MGMT_MCUMGR_GRP_IMG_MGMT_IMG_MGMT_H
#define STUB_MGMT_MCUMGR_GRP_IMG_MGMT_IMG_MGMT_H

#include <stdint.h>

#endif
