/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_LOGGING_LOG_H
#define STUB_LOGGING_LOG_H

#define LOG_LEVEL_INF 3
#define LOG_MODULE_REGISTER(name, level) extern int stub_log_##name
void stub_log(const char *text, ...);
#define LOG_ERR(...) stub_log(__VA_ARGS__)

#endif
