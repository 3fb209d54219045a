/* SPDX-License-Identifier: MIT */
/* The clip thread: takes messages one by one, runs the core, and lets time pass in between. */
#include <string.h>

#include <zephyr/drivers/hwinfo.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/sys/atomic.h>
#include <zephyr/sys/poweroff.h>

#include "app.h"

LOG_MODULE_REGISTER(clip, LOG_LEVEL_INF);

/* 30 s at 208 Hz. 416 Hz would need another 100 KiB; the core then offers no more than 208. */
#define RING_SAMPLES (30u * 208u)
#define SLEEP_AFTER K_MSEC(300)
/* Resets that somebody made: power, the reset pin, the button that wakes it. */
#define PHYSICAL_RESETS (RESET_POR | RESET_PIN | RESET_LOW_POWER_WAKE)

K_MSGQ_DEFINE(inbox, sizeof(struct app_message), 24, 8);

static struct imuh_clip clip;
static uint8_t ring[IMUH_RING_BYTES(RING_SAMPLES)];
static struct k_spinlock shared_lock;
static uint8_t shared_info[IMUH_INFO_SIZE];
static atomic_t shared_battery = ATOMIC_INIT(255);
static struct app_message held; /* a request the core could not take yet */
static bool holding;
static uint32_t half_period_us;

uint64_t app_now_us(void)
{
	return k_ticks_to_us_floor64((uint64_t)k_uptime_ticks());
}

bool app_post(const struct app_message *message)
{
	return k_msgq_put(&inbox, message, K_NO_WAIT) == 0;
}

void app_wake(void)
{
	const struct app_message message = {.kind = APP_WAKE};

	/* Where the inbox is full the thread is awake anyway. */
	(void)app_post(&message);
}

void app_info(uint8_t out[IMUH_INFO_SIZE])
{
	k_spinlock_key_t key = k_spin_lock(&shared_lock);

	memcpy(out, shared_info, IMUH_INFO_SIZE);
	k_spin_unlock(&shared_lock, key);
}

uint8_t app_state(void)
{
	uint8_t info[IMUH_INFO_SIZE];

	app_info(info);
	return info[IMUH_INFO_AT_STATE];
}

uint8_t app_battery_percent(void)
{
	return (uint8_t)atomic_get(&shared_battery);
}

static void share(void)
{
	uint8_t info[IMUH_INFO_SIZE];
	k_spinlock_key_t key;

	imuh_clip_info(&clip, info);
	key = k_spin_lock(&shared_lock);
	memcpy(shared_info, info, IMUH_INFO_SIZE);
	k_spin_unlock(&shared_lock, key);
}

/* The port: what the core asks for, in the clip thread. */

static uint64_t port_now_us(void *user)
{
	ARG_UNUSED(user);
	return app_now_us();
}

static bool port_send(void *user, enum imuh_characteristic characteristic, const uint8_t *bytes, uint16_t length)
{
	ARG_UNUSED(user);
	return service_send(characteristic, bytes, length);
}

static bool port_sensor_configure(void *user, const struct imuh_config *config)
{
	ARG_UNUSED(user);
	return imu_configure(config);
}

static bool port_sensor_start(void *user, const struct imuh_config *config)
{
	ARG_UNUSED(user);
	half_period_us = 500000u / config->rate_hz;
	return imu_start(config);
}

static void port_sensor_stop(void *user)
{
	ARG_UNUSED(user);
	imu_stop();
}

static void port_identify(void *user, uint8_t pattern, uint8_t seconds)
{
	ARG_UNUSED(user);
	led_show(pattern, seconds);
}

static void port_save(void *user, const struct imuh_saved *saved)
{
	ARG_UNUSED(user);
	store_save(saved);
}

static void port_sleep(void *user)
{
	ARG_UNUSED(user);
	k_sleep(SLEEP_AFTER); /* the response goes out */
	link_drop();
	k_sleep(SLEEP_AFTER);
	button_arm_wake();
	sys_poweroff();
}

static void port_changed(void *user)
{
	uint8_t data[IMUH_SERVICE_DATA_SIZE];

	ARG_UNUSED(user);
	imuh_clip_service_data(&clip, data);
	advertising_data(data);
}

static void request(const struct app_message *message)
{
	holding = !imuh_clip_control(&clip, message->bytes, message->length, message->time_us);
	if (holding) {
		held = *message;
	} else {
		app_control_done();
	}
}

static void sample(const struct app_message *message)
{
	int16_t acc[3];
	int16_t gyr[3];
	const uint32_t missed = imu_missed();

	if (missed > 0u) {
		imuh_clip_samples_lost(&clip, missed);
	}
	if (!imu_read(message->count, acc, gyr)) {
		imuh_clip_samples_lost(&clip, 1u);
		return;
	}
	/* The sensor does not tell its filters' delay: half a period before data-ready, PROTOCOL.md section 5. */
	imuh_clip_sample(&clip, acc, gyr, message->time_us - half_period_us);
}

static void button(uint8_t presses)
{
	imuh_clip_button(&clip, presses);
	/* Training without a host: two presses begin, three end. */
	if (presses == 2u && link_payload() == 0u) {
		(void)imuh_clip_start_alone(&clip);
	} else if (presses == 3u && link_payload() == 0u) {
		imuh_clip_stop_alone(&clip);
	}
	advertising_fast();
}

static void handle(const struct app_message *message)
{
	switch (message->kind) {
	case APP_CONNECTED:
		service_link(true);
		imuh_clip_connected(&clip, link_payload());
		break;
	case APP_DISCONNECTED:
		holding = false;
		app_control_done();
		service_link(false);
		imuh_clip_disconnected(&clip);
		advertising_fast();
		break;
	case APP_CONTROL:
		request(message);
		break;
	case APP_DATA_READY:
		sample(message);
		break;
	case APP_BUTTON:
		button(message->value);
		break;
	case APP_PAIR:
		imuh_clip_pair(&clip);
		break;
	case APP_BATTERY:
		atomic_set(&shared_battery, message->value);
		imuh_clip_battery(&clip, message->value);
		break;
	default:
		break;
	}
}

/*
 * Subscriptions are asked for, not followed: Zephyr restores a bonded host's at a moment of its own, and tells nothing
 * when the host then writes the same value again.
 */
static void follow_link(void)
{
	uint8_t i;
	const uint16_t payload = link_payload();

	if (payload == 0u) {
		return;
	}
	imuh_clip_payload(&clip, payload);
	for (i = 0u; i < IMUH_CHAR_COUNT; i++) {
		imuh_clip_subscribed(&clip, (enum imuh_characteristic)i,
				     service_subscribed((enum imuh_characteristic)i));
	}
}

/*
 * Whether somebody switched it on: not the watchdog, a crash, an update. The flags add up over resets, so they are cleared.
 * An nRF52 has none after power-on, nor after a brown-out. Where the cause cannot be told, the button opens the window.
 */
static bool switched_on(void)
{
	uint32_t cause = 0u;

	if (hwinfo_get_reset_cause(&cause) != 0) {
		return false;
	}
	(void)hwinfo_clear_reset_cause();
	return (cause & ~(uint32_t)PHYSICAL_RESETS) == 0u;
}

static int set_up(void)
{
	struct imuh_clip_settings settings = {0};
	struct imuh_port port = {
		.now_us = port_now_us,
		.send = port_send,
		.sensor_configure = port_sensor_configure,
		.sensor_start = port_sensor_start,
		.sensor_stop = port_sensor_stop,
		.save = port_save,
		.changed = port_changed,
	};
	uint8_t id[8] = {0};

	if (store_init() != 0) {
		LOG_ERR("settings cannot be read; the defaults hold");
	}
	(void)hwinfo_get_device_id(id, sizeof(id));
	memcpy(settings.serial, id, IMUH_SERIAL_BYTES);
	settings.saved = *store_saved();
	settings.boot_id = store_boot_id();
	settings.sensor = imu_sensor;
	settings.button = button_init();
	if (led_init()) {
		port.identify = port_identify;
	}
	if (settings.button) {
		port.sleep = port_sleep; /* nothing else could wake it */
	}
	port.log = record_flash_init();
	if (imu_init() != 0) {
		LOG_ERR("the motion sensor does not answer");
	}
	if (!imuh_clip_init(&clip, &port, &settings, ring, sizeof(ring))) {
		return -EINVAL;
	}
	share();
	store_serial_text(settings.serial);
	advertising_init(settings.serial);
	return link_init();
}

int main(void)
{
	struct app_message message;
	uint32_t wait_us = 0u;

	if (set_up() != 0) {
		LOG_ERR("no clip");
		return 0;
	}
	port_changed(NULL);
	battery_init();
	if (switched_on()) {
		imuh_clip_pair(&clip);
	}
	advertising_fast();
	for (;;) {
		if (k_msgq_get(&inbox, &message, K_USEC(wait_us)) == 0) {
			handle(&message);
		}
		follow_link();
		wait_us = imuh_clip_poll(&clip);
		if (holding) {
			const struct app_message again = held;

			request(&again);
		}
		share();
	}
	return 0;
}
