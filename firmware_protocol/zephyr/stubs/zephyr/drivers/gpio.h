/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_DRIVERS_GPIO_H
#define STUB_DRIVERS_GPIO_H

#include <zephyr/device.h>

typedef uint8_t gpio_pin_t;
typedef uint16_t gpio_dt_flags_t;
typedef uint32_t gpio_flags_t;
typedef uint32_t gpio_port_pins_t;
struct gpio_dt_spec {
	const struct device *port;
	gpio_pin_t pin;
	gpio_dt_flags_t dt_flags;
};
#define GPIO_DT_SPEC_GET(node, prop) {&stub_device, (node), 0}
#ifdef STUB_WITHOUT_OPTIONAL_PARTS
#define GPIO_DT_SPEC_GET_OR(node, prop, default_value) default_value
#else
#define GPIO_DT_SPEC_GET_OR(node, prop, default_value) GPIO_DT_SPEC_GET(node, prop)
#endif
struct gpio_callback;
typedef void (*gpio_callback_handler_t)(const struct device *port, struct gpio_callback *cb, gpio_port_pins_t pins);
struct gpio_callback {
	gpio_callback_handler_t handler;
	gpio_port_pins_t pin_mask;
};
#define GPIO_INPUT (1U << 16)
#define GPIO_OUTPUT_INACTIVE (1U << 17)
#define GPIO_INT_DISABLE (1U << 21)
#define GPIO_INT_EDGE_TO_ACTIVE (1U << 22)
#define GPIO_INT_EDGE_BOTH (1U << 23)
#define GPIO_INT_LEVEL_ACTIVE (1U << 24)
bool gpio_is_ready_dt(const struct gpio_dt_spec *spec);
int gpio_pin_configure_dt(const struct gpio_dt_spec *spec, gpio_flags_t extra_flags);
int gpio_pin_interrupt_configure_dt(const struct gpio_dt_spec *spec, gpio_flags_t flags);
int gpio_pin_get_dt(const struct gpio_dt_spec *spec);
int gpio_pin_set_dt(const struct gpio_dt_spec *spec, int value);
void gpio_init_callback(struct gpio_callback *callback, gpio_callback_handler_t handler, gpio_port_pins_t pin_mask);
int gpio_add_callback(const struct device *port, struct gpio_callback *callback);

#endif
