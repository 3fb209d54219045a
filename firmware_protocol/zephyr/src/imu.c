/* SPDX-License-Identifier: MIT */
/*
 * LSM6DSL, LSM6DS3TR-C and LSM6DSO, by registers the three have in common. The time is taken in the data-ready interrupt;
 * the values are read by the clip thread.
 */
#include <zephyr/device.h>
#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/i2c.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/atomic.h>
#include <zephyr/sys/byteorder.h>

#include "app.h"

#define IMU_NODE DT_ALIAS(imu)

#define REG_DRDY_PULSE 0x0Bu
#define REG_INT1_CTRL 0x0Du
#define REG_WHO_AM_I 0x0Fu
#define REG_CTRL1_XL 0x10u
#define REG_CTRL2_G 0x11u
#define REG_CTRL3_C 0x12u
#define REG_OUT_G 0x22u /* gyroscope, then accelerometer */

#define WHO_LSM6DSL 0x6Au /* LSM6DS3TR-C too */
#define WHO_LSM6DSO 0x6Cu
#define DRDY_PULSED 0x80u
#define INT1_DRDY_G 0x02u
#define CTRL3_BDU_IF_INC 0x44u
#define CTRL3_RESET 0x01u

struct code {
	uint16_t value;
	uint8_t bits;
};

static const struct i2c_dt_spec bus = I2C_DT_SPEC_GET(IMU_NODE);
static const struct gpio_dt_spec ready = GPIO_DT_SPEC_GET(IMU_NODE, irq_gpios);
static struct gpio_callback ready_callback;
static atomic_t missed;
static atomic_t interrupts;

static const uint16_t rates[] = {26u, 52u, 104u, 208u, 416u};
static const struct code rate_codes[] = {{26u, 0x20u}, {52u, 0x30u}, {104u, 0x40u}, {208u, 0x50u}, {416u, 0x60u}};
static const struct code acc_codes[] = {{2u, 0x00u}, {4u, 0x08u}, {8u, 0x0Cu}, {16u, 0x04u}};
static const struct code gyr_codes[] = {{125u, 0x02u}, {250u, 0x00u}, {500u, 0x04u}, {1000u, 0x08u}, {2000u, 0x0Cu}};

/* 0.061 mg a bit at 2 g; 4.375 mdps a bit at 125 deg/s; as the data sheets say. */
static const struct imuh_range acc_ranges[] = {
	{2u, 0.000598206f, 32767u}, {4u, 0.00119641f, 32767u}, {8u, 0.00239282f, 32767u}, {16u, 0.00478565f, 32767u}};
static const struct imuh_range gyr_ranges[] = {{125u, 0.0000763582f, 32767u},
					       {250u, 0.000152716f, 32767u},
					       {500u, 0.000305433f, 32767u},
					       {1000u, 0.000610865f, 32767u},
					       {2000u, 0.00122173f, 32767u}};

const struct imuh_sensor imu_sensor = {
	.rates_hz = rates,
	.acc = acc_ranges,
	.gyr = gyr_ranges,
	.rates = ARRAY_SIZE(rates),
	.accs = ARRAY_SIZE(acc_ranges),
	.gyrs = ARRAY_SIZE(gyr_ranges),
};

static uint8_t code_of(const struct code *codes, size_t count, uint16_t value)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (codes[i].value == value) {
			return codes[i].bits;
		}
	}
	return 0u;
}

static void on_ready(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	const struct app_message message = {
		.kind = APP_DATA_READY,
		.time_us = app_now_us(),
		.count = (uint32_t)atomic_inc(&interrupts) + 1u,
	};

	ARG_UNUSED(port);
	ARG_UNUSED(callback);
	ARG_UNUSED(pins);
	if (!app_post(&message)) {
		(void)atomic_inc(&missed);
	}
}

uint32_t imu_missed(void)
{
	return (uint32_t)atomic_set(&missed, 0);
}

static bool power_down(void)
{
	return i2c_reg_write_byte_dt(&bus, REG_CTRL1_XL, 0u) == 0 && i2c_reg_write_byte_dt(&bus, REG_CTRL2_G, 0u) == 0;
}

int imu_init(void)
{
	uint8_t who = 0u;

	if (!i2c_is_ready_dt(&bus) || !gpio_is_ready_dt(&ready)) {
		return -ENODEV;
	}
	if (gpio_pin_configure_dt(&ready, GPIO_INPUT) != 0) {
		return -EIO;
	}
	gpio_init_callback(&ready_callback, on_ready, BIT(ready.pin));
	if (gpio_add_callback(ready.port, &ready_callback) != 0) {
		return -EIO;
	}
	if (i2c_reg_read_byte_dt(&bus, REG_WHO_AM_I, &who) != 0 || (who != WHO_LSM6DSL && who != WHO_LSM6DSO)) {
		return -ENODEV;
	}
	return power_down() ? 0 : -EIO;
}

bool imu_configure(const struct imuh_config *config)
{
	ARG_UNUSED(config); /* written when it starts; here it must only answer */
	return power_down();
}

bool imu_start(const struct imuh_config *config)
{
	const uint8_t rate = code_of(rate_codes, ARRAY_SIZE(rate_codes), config->rate_hz);
	const uint8_t acc = code_of(acc_codes, ARRAY_SIZE(acc_codes), config->acc_range_g);
	const uint8_t gyr = code_of(gyr_codes, ARRAY_SIZE(gyr_codes), config->gyr_range_dps);
	uint8_t old[12];

	(void)gpio_pin_interrupt_configure_dt(&ready, GPIO_INT_DISABLE);
	if (i2c_reg_write_byte_dt(&bus, REG_CTRL3_C, CTRL3_RESET) != 0) {
		return false;
	}
	k_sleep(K_MSEC(2));
	if (i2c_reg_write_byte_dt(&bus, REG_CTRL3_C, CTRL3_BDU_IF_INC) != 0 ||
	    i2c_reg_write_byte_dt(&bus, REG_DRDY_PULSE, DRDY_PULSED) != 0 ||
	    i2c_reg_write_byte_dt(&bus, REG_INT1_CTRL, INT1_DRDY_G) != 0 ||
	    i2c_reg_write_byte_dt(&bus, REG_CTRL1_XL, (uint8_t)(rate | acc)) != 0 ||
	    i2c_reg_write_byte_dt(&bus, REG_CTRL2_G, (uint8_t)(rate | gyr)) != 0 ||
	    i2c_burst_read_dt(&bus, REG_OUT_G, old, sizeof(old)) != 0) {
		return false;
	}
	(void)atomic_set(&missed, 0);
	return gpio_pin_interrupt_configure_dt(&ready, GPIO_INT_EDGE_TO_ACTIVE) == 0;
}

void imu_stop(void)
{
	(void)gpio_pin_interrupt_configure_dt(&ready, GPIO_INT_DISABLE);
	(void)power_down();
}

bool imu_read(uint32_t count, int16_t acc[3], int16_t gyr[3])
{
	uint8_t raw[12];
	size_t i;

	/*
	 * The registers hold the newest sample only. Where the thread comes late, or another sample came while it read,
	 * this one is lost; its time must not be given to the values of the next.
	 */
	if (count != (uint32_t)atomic_get(&interrupts) ||
	    i2c_burst_read_dt(&bus, REG_OUT_G, raw, sizeof(raw)) != 0 ||
	    count != (uint32_t)atomic_get(&interrupts)) {
		return false;
	}
	for (i = 0; i < 3u; i++) {
		gyr[i] = (int16_t)sys_get_le16(&raw[2u * i]);
		acc[i] = (int16_t)sys_get_le16(&raw[6u + 2u * i]);
	}
	return true;
}
