/* SPDX-License-Identifier: MIT */
/* The battery each minute, where the devicetree says how to measure it (zephyr,user with io-channels). */
#include <zephyr/bluetooth/services/bas.h>
#include <zephyr/drivers/adc.h>
#include <zephyr/drivers/gpio.h>
#include <zephyr/kernel.h>

#include "app.h"

#define USER_NODE DT_PATH(zephyr_user)

#if DT_NODE_HAS_PROP(USER_NODE, io_channels)

#define EACH K_SECONDS(60)
/* 1 MOhm over 510 kOhm. */
#define DIVIDER_OF 1510
#define DIVIDER_BY 510

/* A lithium cell at rest: mV and percent. */
static const struct {
	int32_t mv;
	int32_t percent;
} curve[] = {{3300, 0}, {3600, 10}, {3700, 30}, {3800, 55}, {3950, 80}, {4150, 100}};

static const struct adc_dt_spec channel = ADC_DT_SPEC_GET(USER_NODE);
static const struct gpio_dt_spec enable = GPIO_DT_SPEC_GET_OR(USER_NODE, battery_enable_gpios, {0});
static struct k_work_delayable measure_work;

static uint8_t percent_of(int32_t mv)
{
	size_t i;

	if (mv <= curve[0].mv) {
		return 0u;
	}
	for (i = 1; i < ARRAY_SIZE(curve); i++) {
		if (mv < curve[i].mv) {
			const int32_t span = curve[i].mv - curve[i - 1].mv;
			const int32_t rise = curve[i].percent - curve[i - 1].percent;

			return (uint8_t)(curve[i - 1].percent + (mv - curve[i - 1].mv) * rise / span);
		}
	}
	return 100u;
}

static bool measure_mv(int32_t *mv)
{
	int16_t raw = 0;
	struct adc_sequence sequence = {.buffer = &raw, .buffer_size = sizeof(raw)};
	bool good;

	if (adc_sequence_init_dt(&channel, &sequence) != 0) {
		return false;
	}
	if (enable.port != NULL) {
		(void)gpio_pin_set_dt(&enable, 1);
		k_sleep(K_MSEC(5));
	}
	good = adc_read_dt(&channel, &sequence) == 0;
	if (enable.port != NULL) {
		(void)gpio_pin_set_dt(&enable, 0);
	}
	*mv = raw;
	if (!good || adc_raw_to_millivolts_dt(&channel, mv) != 0) {
		return false;
	}
	*mv = *mv * DIVIDER_OF / DIVIDER_BY;
	return true;
}

static void measure(struct k_work *work)
{
	struct app_message message = {.kind = APP_BATTERY};
	int32_t mv = 0;

	ARG_UNUSED(work);
	if (measure_mv(&mv)) {
		message.value = percent_of(mv);
		(void)bt_bas_set_battery_level(message.value);
		(void)app_post(&message);
	}
	(void)k_work_reschedule(&measure_work, EACH);
}

void battery_init(void)
{
	if (!adc_is_ready_dt(&channel) || adc_channel_setup_dt(&channel) != 0) {
		return;
	}
	if (enable.port != NULL) {
		(void)gpio_pin_configure_dt(&enable, GPIO_OUTPUT_INACTIVE);
	}
	k_work_init_delayable(&measure_work, measure);
	(void)k_work_reschedule(&measure_work, K_NO_WAIT);
}

#else

void battery_init(void)
{
}

#endif
