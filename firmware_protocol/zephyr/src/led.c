/* SPDX-License-Identifier: MIT */
/* The LED of `identify`. */
#include <zephyr/drivers/gpio.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/atomic.h>

#include "app.h"

#define BLINK_HALF K_MSEC(250)
#define HALVES_PER_S 4

static const struct gpio_dt_spec led = GPIO_DT_SPEC_GET_OR(DT_ALIAS(led0), gpios, {0});
static struct k_work_delayable step_work;
static atomic_t halves; /* left to show */
static atomic_t blinks;

static void step(struct k_work *work)
{
	const atomic_val_t left = atomic_get(&halves);

	ARG_UNUSED(work);
	if (left <= 0) {
		(void)gpio_pin_set_dt(&led, 0);
		return;
	}
	(void)gpio_pin_set_dt(&led, atomic_get(&blinks) != 0 ? (int)(left & 1) : 1);
	(void)atomic_dec(&halves);
	(void)k_work_reschedule(&step_work, BLINK_HALF);
}

bool led_init(void)
{
	k_work_init_delayable(&step_work, step);
	return led.port != NULL && gpio_is_ready_dt(&led) && gpio_pin_configure_dt(&led, GPIO_OUTPUT_INACTIVE) == 0;
}

void led_show(uint8_t pattern, uint8_t seconds)
{
	(void)atomic_set(&blinks, pattern == IMUH_IDENTIFY_PATTERN_BLINK ? 1 : 0);
	(void)atomic_set(&halves, pattern == IMUH_IDENTIFY_PATTERN_OFF ? 0 : HALVES_PER_S * (atomic_val_t)seconds);
	(void)k_work_reschedule(&step_work, K_NO_WAIT);
}
