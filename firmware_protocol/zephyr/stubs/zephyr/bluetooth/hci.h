/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_BLUETOOTH_HCI_H
#define STUB_BLUETOOTH_HCI_H

#define BT_HCI_ERR_REMOTE_USER_TERM_CONN 0x13

#endif
