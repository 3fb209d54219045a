/* SPDX-License-Identifier: MIT */
/*
 * One button. One to three presses are an event, two and three also begin and end training without a host (main.c);
 * holding it for 3 s opens the pairing window.
 */
#include <zephyr/drivers/gpio.h>
#include <zephyr/kernel.h>

#include "app.h"

#define DEBOUNCE K_MSEC(20)
#define HOLD K_SECONDS(3)
#define PRESSES_OVER K_MSEC(400)
#define PRESSES_MAX 3u

static const struct gpio_dt_spec button = GPIO_DT_SPEC_GET_OR(DT_ALIAS(sw0), gpios, {0});
static struct gpio_callback callback;
static struct k_work_delayable settle_work;
static struct k_work_delayable hold_work;
static struct k_work_delayable count_work;
/* Below: only the system work queue. */
static bool down;
static bool held;
static uint8_t presses;

static void on_edge(const struct device *port, struct gpio_callback *edge, gpio_port_pins_t pins)
{
	ARG_UNUSED(port);
	ARG_UNUSED(edge);
	ARG_UNUSED(pins);
	(void)k_work_reschedule(&settle_work, DEBOUNCE);
}

static void settle(struct k_work *work)
{
	const bool now = gpio_pin_get_dt(&button) > 0;

	ARG_UNUSED(work);
	if (now == down) {
		return;
	}
	down = now;
	if (down) {
		held = false;
		(void)k_work_reschedule(&hold_work, HOLD);
		(void)k_work_cancel_delayable(&count_work);
		return;
	}
	(void)k_work_cancel_delayable(&hold_work);
	if (!held) {
		presses = (uint8_t)MIN(presses + 1u, PRESSES_MAX);
		(void)k_work_reschedule(&count_work, PRESSES_OVER);
	}
}

static void hold(struct k_work *work)
{
	const struct app_message message = {.kind = APP_PAIR};

	ARG_UNUSED(work);
	held = true;
	presses = 0u;
	(void)app_post(&message);
	advertising_fast();
}

static void counted(struct k_work *work)
{
	const struct app_message message = {.kind = APP_BUTTON, .value = presses};

	ARG_UNUSED(work);
	presses = 0u;
	(void)app_post(&message);
}

bool button_init(void)
{
	if (button.port == NULL || !gpio_is_ready_dt(&button) || gpio_pin_configure_dt(&button, GPIO_INPUT) != 0) {
		return false;
	}
	k_work_init_delayable(&settle_work, settle);
	k_work_init_delayable(&hold_work, hold);
	k_work_init_delayable(&count_work, counted);
	gpio_init_callback(&callback, on_edge, BIT(button.pin));
	return gpio_add_callback(button.port, &callback) == 0 &&
	       gpio_pin_interrupt_configure_dt(&button, GPIO_INT_EDGE_BOTH) == 0;
}

void button_arm_wake(void)
{
	(void)gpio_pin_interrupt_configure_dt(&button, GPIO_INT_LEVEL_ACTIVE);
}
