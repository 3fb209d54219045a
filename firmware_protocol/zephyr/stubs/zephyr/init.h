/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_INIT_H
#define STUB_INIT_H

#define CONFIG_APPLICATION_INIT_PRIORITY 90
#define SYS_INIT(init_fn, level, prio) int (*const stub_init_##init_fn)(void) = init_fn

#endif
