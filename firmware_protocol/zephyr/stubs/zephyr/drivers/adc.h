/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_DRIVERS_ADC_H
#define STUB_DRIVERS_ADC_H

#include <zephyr/device.h>

struct adc_dt_spec {
	const struct device *dev;
	uint8_t channel_id;
};
struct adc_sequence {
	uint32_t channels;
	void *buffer;
	size_t buffer_size;
	uint8_t resolution;
};
#define ADC_DT_SPEC_GET(node) {&stub_device, 7}
bool adc_is_ready_dt(const struct adc_dt_spec *spec);
int adc_channel_setup_dt(const struct adc_dt_spec *spec);
int adc_sequence_init_dt(const struct adc_dt_spec *spec, struct adc_sequence *seq);
int adc_read_dt(const struct adc_dt_spec *spec, const struct adc_sequence *sequence);
int adc_raw_to_millivolts_dt(const struct adc_dt_spec *spec, int32_t *valp);

#endif
