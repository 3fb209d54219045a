/* SPDX-License-Identifier: MIT */
/*
 * The parts of the application. Only the clip thread (main.c) touches the core; everything else, interrupts and Bluetooth
 * callbacks among them, posts a message to it.
 */
#ifndef APP_H
#define APP_H

#include <stdbool.h>
#include <stdint.h>

#include "imuh_clip.h"

/** What is posted to the clip thread. */
enum app_kind {
	APP_WAKE,         /* something may have changed: subscriptions, MTU, room in the radio */
	APP_CONNECTED,
	APP_DISCONNECTED,
	APP_CONTROL,      /* bytes, time */
	APP_DATA_READY,   /* time of the interrupt, count of interrupts */
	APP_BUTTON,       /* value: presses */
	APP_PAIR,
	APP_BATTERY,      /* value: percent */
};

struct app_message {
	uint64_t time_us;
	uint32_t count;
	uint8_t kind;
	uint8_t value;
	uint8_t length;
	uint8_t bytes[IMUH_PAYLOAD_MIN + 1];
};

/* main.c */
uint64_t app_now_us(void);
bool app_post(const struct app_message *message); /* from anywhere, interrupts too; false: no room */
void app_wake(void);
uint8_t app_state(void);                          /* the clip's state, from any thread */
uint8_t app_battery_percent(void);
void app_info(uint8_t out[IMUH_INFO_SIZE]);       /* from any thread */
void app_control_done(void);

/* imu.c: called by the clip thread */
extern const struct imuh_sensor imu_sensor;
int imu_init(void);
bool imu_configure(const struct imuh_config *config);
bool imu_start(const struct imuh_config *config);
void imu_stop(void);
bool imu_read(uint32_t count, int16_t acc[3], int16_t gyr[3]); /* false: failed, or another is there already */
uint32_t imu_missed(void); /* interrupts that could not be posted, since the last call */

/* service.c: called by the clip thread */
bool service_send(enum imuh_characteristic characteristic, const uint8_t *bytes, uint16_t length);
void service_link(bool up);
bool service_subscribed(enum imuh_characteristic characteristic);

/* link.c */
int link_init(void);
uint16_t link_payload(void); /* ATT payload of the link, 0 when there is none */
struct bt_conn;
struct bt_conn *link_conn(void); /* NULL when there is none; unreference it */
void link_drop(void);

/* advertising.c */
void advertising_init(const uint8_t serial[IMUH_SERIAL_BYTES]);
void advertising_data(const uint8_t service_data[IMUH_SERVICE_DATA_SIZE]); /* renew */
void advertising_fast(void);                                             /* begin, fast for 30 s */
const char *advertising_name(void);                                      /* IH-xxxxx */

/* store.c */
int store_init(void);
const struct imuh_saved *store_saved(void);
uint16_t store_boot_id(void);
void store_save(const struct imuh_saved *saved);
void store_serial_text(const uint8_t serial[IMUH_SERIAL_BYTES]); /* into Device Information */

/* record_flash.c */
struct imuh_log *record_flash_init(void); /* NULL: there is none */

/* led.c, button.c, battery.c, update.c */
bool led_init(void);
void led_show(uint8_t pattern, uint8_t seconds);
bool button_init(void);
void button_arm_wake(void);
void battery_init(void);

#endif
