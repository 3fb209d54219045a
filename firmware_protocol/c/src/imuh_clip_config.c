/* SPDX-License-Identifier: MIT */
/* Which settings the sensor has, and which of them a host gets. */
#include <string.h>

#include "imuh_clip_internal.h"

/* More packets than this in a second do not pass a connection interval of 15 ms at three packets each. */
#define PACKETS_PER_S_MAX 200u

uint16_t imuh_clip_max_rate(const struct imuh_clip *clip)
{
    const struct imuh_sensor *sensor = &clip->settings.sensor;
    uint16_t best = 0u;
    uint8_t i;
    for (i = 0u; i < sensor->rates; i++) {
        const uint16_t rate = sensor->rates_hz[i];
        if (rate >= IMUH_RATE_HZ_MIN && (uint32_t)rate * IMUH_RING_S <= clip->ring.capacity && rate > best) {
            best = rate;
        }
    }
    return best;
}

static const struct imuh_range *range_from(const struct imuh_range *ranges, uint8_t count, uint16_t wanted)
{
    uint8_t i;
    for (i = 0u; i < count; i++) {
        if (ranges[i].range >= wanted) {
            return &ranges[i];
        }
    }
    return NULL;
}

bool imuh_clip_choose(const struct imuh_clip *clip, const struct imuh_configure *wanted, struct imuh_config *config)
{
    const struct imuh_sensor *sensor = &clip->settings.sensor;
    const struct imuh_range *acc = range_from(sensor->acc, sensor->accs, wanted->acc_range_g);
    const struct imuh_range *gyr = range_from(sensor->gyr, sensor->gyrs, wanted->gyr_range_dps);
    const uint16_t max_rate = imuh_clip_max_rate(clip);
    uint16_t rate = 0u;
    uint8_t i;
    for (i = 0u; i < sensor->rates && rate == 0u; i++) {
        if (sensor->rates_hz[i] >= wanted->rate_hz && sensor->rates_hz[i] <= max_rate) {
            rate = sensor->rates_hz[i];
        }
    }
    if (rate == 0u || acc == NULL || gyr == NULL) {
        return false;
    }
    if (rate > PACKETS_PER_S_MAX * imuh_packet_live_samples(rate, wanted->batch_ms)) {
        return false;
    }
    config->rate_hz = rate;
    config->acc_range_g = acc->range;
    config->gyr_range_dps = gyr->range;
    config->batch_ms = wanted->batch_ms;
    config->acc_scale = acc->per_bit;
    config->gyr_scale = gyr->per_bit;
    return true;
}

void imuh_clip_default_config(struct imuh_clip *clip)
{
    const struct imuh_sensor *sensor = &clip->settings.sensor;
    const struct imuh_config *saved = &clip->settings.saved.config;
    struct imuh_configure wanted;
    struct imuh_config config = *saved;
    wanted.rate_hz = saved->rate_hz;
    wanted.acc_range_g = (uint8_t)saved->acc_range_g;
    wanted.gyr_range_dps = saved->gyr_range_dps;
    wanted.batch_ms = saved->batch_ms;
    if (saved->rate_hz != 0u && saved->batch_ms >= IMUH_BATCH_MS_MIN && saved->batch_ms <= IMUH_BATCH_MS_MAX &&
        imuh_clip_choose(clip, &wanted, &config)) {
        config.epoch = (uint8_t)(saved->epoch & 15u);
        clip->config = config;
        return;
    }
    wanted.rate_hz = 200u;
    wanted.acc_range_g = 16u;
    wanted.gyr_range_dps = 2000u;
    wanted.batch_ms = IMUH_BATCH_MS_DEFAULT;
    config.epoch = 0u;
    if (wanted.rate_hz > imuh_clip_max_rate(clip)) {
        wanted.rate_hz = imuh_clip_max_rate(clip);
    }
    if (wanted.acc_range_g > sensor->acc[sensor->accs - 1u].range) {
        wanted.acc_range_g = (uint8_t)sensor->acc[sensor->accs - 1u].range;
    }
    if (wanted.gyr_range_dps > sensor->gyr[sensor->gyrs - 1u].range) {
        wanted.gyr_range_dps = sensor->gyr[sensor->gyrs - 1u].range;
    }
    (void)imuh_clip_choose(clip, &wanted, &config);
    clip->config = config;
}

void imuh_clip_ends(struct imuh_clip *clip)
{
    const struct imuh_sensor *sensor = &clip->settings.sensor;
    const struct imuh_range *acc = range_from(sensor->acc, sensor->accs, clip->config.acc_range_g);
    const struct imuh_range *gyr = range_from(sensor->gyr, sensor->gyrs, clip->config.gyr_range_dps);
    clip->acc_end = acc != NULL ? acc->end_bits : (uint16_t)IMUH_OVERRANGE;
    clip->gyr_end = gyr != NULL ? gyr->end_bits : (uint16_t)IMUH_OVERRANGE;
}
