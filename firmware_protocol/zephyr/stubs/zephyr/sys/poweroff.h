/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_SYS_POWEROFF_H
#define STUB_SYS_POWEROFF_H

__attribute__((noreturn)) void sys_poweroff(void);

#endif
