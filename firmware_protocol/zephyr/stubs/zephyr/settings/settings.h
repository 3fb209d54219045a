/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_SETTINGS_SETTINGS_H
#define STUB_SETTINGS_SETTINGS_H

#include <zephyr/kernel.h>

typedef ssize_t (*settings_read_cb)(void *cb_arg, void *data, size_t len);
struct stub_settings_handler {
	const char *name;
	int (*h_get)(const char *key, char *val, int val_len_max);
	int (*h_set)(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg);
	int (*h_commit)(void);
	int (*h_export)(int (*export_func)(const char *name, const void *val, size_t val_len));
};
#define SETTINGS_STATIC_HANDLER_DEFINE(hname, tree, get, set, commit, export_) \
	extern const struct stub_settings_handler stub_settings_##hname; \
	const struct stub_settings_handler stub_settings_##hname = {tree, get, set, commit, export_}
int settings_subsys_init(void);
int settings_load_subtree(const char *subtree);
int settings_save_one(const char *name, const void *value, size_t val_len);
int settings_runtime_set(const char *name, const void *data, size_t len);
int settings_name_steq(const char *name, const char *key, const char **next);

#endif
