/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_DRIVERS_I2C_H
#define STUB_DRIVERS_I2C_H

#include <zephyr/device.h>

struct i2c_dt_spec {
	const struct device *bus;
	uint16_t addr;
};
#define I2C_DT_SPEC_GET(node) {&stub_device, 0x6a}
bool i2c_is_ready_dt(const struct i2c_dt_spec *spec);
int i2c_reg_read_byte_dt(const struct i2c_dt_spec *spec, uint8_t reg_addr, uint8_t *value);
int i2c_reg_write_byte_dt(const struct i2c_dt_spec *spec, uint8_t reg_addr, uint8_t value);
int i2c_burst_read_dt(const struct i2c_dt_spec *spec, uint8_t start_addr, uint8_t *buf, uint32_t num_bytes);

#endif
