/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "imuh_bytes.h"
#include "imuh_clip.h"
#include "imuh_crc32.h"
#include "session_script.h"

#ifndef SESSION_SAMPLES_MAX
#define SESSION_SAMPLES_MAX 65535u /* the fuzzer takes less, to run more */
#endif
#define RING_SAMPLES (30u * 208u)
#define FLASH_BYTES 32768u
#define SECTOR_BYTES 4096u

static struct {
    session_tell tell;
    void *user;
    uint64_t now_us;
    uint32_t room;
    uint32_t counter;
    uint16_t payload;
    bool sensor;
    uint16_t boots;
    struct imuh_saved saved;
    struct imuh_clip clip;
    struct imuh_log log;
    uint8_t ring[IMUH_RING_BYTES(RING_SAMPLES)];
    uint8_t flash[FLASH_BYTES];
} world;

static const uint16_t rates[] = {26u, 52u, 104u, 208u, 416u};
static const struct imuh_range acc_ranges[] = {
    {2u, 0.000598205605f, 32767u}, {4u, 0.00119641121f, 32767u}, {8u, 0.00239282242f, 32767u}, {16u, 0.00478564484f, 32767u}};
static const struct imuh_range gyr_ranges[] = {{125u, 0.0000763581548f, 32767u},
                                               {250u, 0.00015271631f, 32767u},
                                               {500u, 0.000305432619f, 32767u},
                                               {1000u, 0.000610865238f, 32767u},
                                               {2000u, 0.00122173048f, 32767u}};

static uint64_t now_us(void *user)
{
    (void)user;
    return world.now_us;
}

static bool send(void *user, enum imuh_characteristic characteristic, const uint8_t *bytes, uint16_t length)
{
    static const char *const names[IMUH_CHAR_COUNT] = {"imu", "control", "transfer", "event"};
    (void)user;
    if (length == 0u || length > IMUH_PACKET_BYTES_MAX || (length > world.payload && length > IMUH_PAYLOAD_MIN)) {
        abort(); /* longer than the link can carry */
    }
    if (world.room == 0u) {
        return false;
    }
    if (world.room != 0xFFFFu) {
        world.room--;
    }
    world.tell(world.user, names[characteristic], bytes, length);
    return true;
}

static bool sensor_set(void *user, const struct imuh_config *config)
{
    (void)user;
    (void)config;
    return world.sensor;
}

static void sensor_stop(void *user)
{
    (void)user;
    world.tell(world.user, "sensor_stop", NULL, 0u);
}

static void identify(void *user, uint8_t pattern, uint8_t seconds)
{
    uint8_t bytes[2];
    (void)user;
    bytes[0] = pattern;
    bytes[1] = seconds;
    world.tell(world.user, "identify", bytes, 2u);
}

static void save(void *user, const struct imuh_saved *saved)
{
    (void)user;
    world.saved = *saved;
}

static void sleep_now(void *user)
{
    (void)user;
    world.tell(world.user, "sleep", NULL, 0u);
}

static bool flash_read(void *user, uint32_t at, uint8_t *bytes, uint32_t length)
{
    (void)user;
    if (at > FLASH_BYTES || length > FLASH_BYTES - at) {
        abort();
    }
    memcpy(bytes, world.flash + at, length);
    return true;
}

static bool flash_program(void *user, uint32_t at, const uint8_t *bytes, uint32_t length)
{
    uint32_t i;
    (void)user;
    if (at > FLASH_BYTES || length > FLASH_BYTES - at || at % 4u != 0u || length % 4u != 0u) {
        abort();
    }
    for (i = 0u; i < length; i++) {
        if (world.flash[at + i] != 0xFFu) {
            abort(); /* programmed twice */
        }
        world.flash[at + i] = bytes[i];
    }
    return true;
}

static bool flash_erase(void *user, uint32_t at)
{
    (void)user;
    if (at >= FLASH_BYTES || at % SECTOR_BYTES != 0u) {
        abort();
    }
    memset(world.flash + at, 0xFF, SECTOR_BYTES);
    return true;
}

static void power_on(void)
{
    static const uint8_t serial[IMUH_SERIAL_BYTES] = {0xA0, 0xB1, 0xC2, 0xD3, 0xE4, 0xF5};
    struct imuh_clip_settings settings;
    struct imuh_port port;
    struct imuh_flash flash;
    memset(&settings, 0, sizeof settings);
    memset(&port, 0, sizeof port);
    memset(&flash, 0, sizeof flash);
    flash.bytes = FLASH_BYTES;
    flash.sector_bytes = SECTOR_BYTES;
    flash.read = flash_read;
    flash.program = flash_program;
    flash.erase = flash_erase;
    if (!imuh_log_init(&world.log, &flash)) {
        abort();
    }
    port.now_us = now_us;
    port.send = send;
    port.sensor_configure = sensor_set;
    port.sensor_start = sensor_set;
    port.sensor_stop = sensor_stop;
    port.identify = identify;
    port.save = save;
    port.sleep = sleep_now;
    port.log = &world.log;
    settings.sensor.rates_hz = rates;
    settings.sensor.rates = 5u;
    settings.sensor.acc = acc_ranges;
    settings.sensor.accs = 4u;
    settings.sensor.gyr = gyr_ranges;
    settings.sensor.gyrs = 5u;
    settings.saved = world.saved;
    memcpy(settings.serial, serial, sizeof serial);
    settings.boot_id = ++world.boots;
    settings.button = true;
    settings.live_packets = 4u;
    world.now_us = 0u;
    world.payload = IMUH_PAYLOAD_MIN;
    if (!imuh_clip_init(&world.clip, &port, &settings, world.ring, sizeof world.ring)) {
        abort();
    }
}

static void sample(uint32_t period_us, bool stuck)
{
    int16_t acc[3];
    int16_t gyr[3];
    const uint32_t k = stuck ? 7u : world.counter++;
    const int32_t low = (int32_t)(k % 20000u);
    acc[0] = (int16_t)low;
    acc[1] = (int16_t)-low;
    acc[2] = 2048;
    gyr[0] = (int16_t)(low / 2);
    gyr[1] = 5;
    gyr[2] = (int16_t)(100 - low);
    world.now_us += period_us;
    imuh_clip_sample(&world.clip, acc, gyr, world.now_us - period_us / 2u);
    (void)imuh_clip_poll(&world.clip);
}

static void act(uint8_t action, struct script *script)
{
    struct imuh_clip *clip = &world.clip;
    uint8_t bytes[256];
    int16_t axes[6];
    uint32_t count;
    uint32_t value;
    uint8_t which;
    switch (action) {
    case ACT_CONNECTED:
        world.payload = take16(script);
        imuh_clip_connected(clip, world.payload);
        break;
    case ACT_DISCONNECTED:
        world.payload = IMUH_PAYLOAD_MIN;
        imuh_clip_disconnected(clip);
        break;
    case ACT_SUBSCRIBED:
        which = (uint8_t)(take8(script) % IMUH_CHAR_COUNT);
        imuh_clip_subscribed(clip, (enum imuh_characteristic)which, take8(script) != 0u);
        break;
    case ACT_CONTROL:
        which = take8(script);
        for (count = 0u; count < which; count++) {
            bytes[count] = take8(script);
        }
        if (!imuh_clip_control_ready(clip)) {
            world.tell(world.user, "att_fd", NULL, 0u);
        } else if (!imuh_clip_control(clip, bytes, which, world.now_us)) {
            world.tell(world.user, "att_fe", NULL, 0u);
        }
        break;
    case ACT_SAMPLES:
    case ACT_STUCK:
        count = take16(script);
        if (count > SESSION_SAMPLES_MAX) {
            count = SESSION_SAMPLES_MAX;
        }
        for (value = take32(script); count > 0u; count--) {
            sample(value, action == ACT_STUCK);
        }
        break;
    case ACT_LOST:
        imuh_clip_samples_lost(clip, take16(script));
        break;
    case ACT_WAIT:
        world.now_us += take32(script);
        (void)imuh_clip_poll(clip);
        break;
    case ACT_ROOM:
        world.room = take16(script);
        break;
    case ACT_BUTTON:
        imuh_clip_button(clip, take8(script));
        break;
    case ACT_BATTERY:
        imuh_clip_battery(clip, take8(script));
        break;
    case ACT_PAYLOAD:
        world.payload = take16(script);
        imuh_clip_payload(clip, world.payload);
        break;
    case ACT_SENSOR:
        world.sensor = take8(script) != 0u;
        break;
    case ACT_PAIR:
        imuh_clip_pair(clip);
        break;
    case ACT_ALONE:
        if (take8(script) != 0u) {
            bytes[0] = imuh_clip_start_alone(clip);
            world.tell(world.user, "alone", bytes, 1u);
        } else {
            imuh_clip_stop_alone(clip);
        }
        break;
    case ACT_TELL:
        imuh_clip_info(clip, bytes);
        world.tell(world.user, "info", bytes, IMUH_INFO_SIZE);
        imuh_clip_service_data(clip, bytes);
        world.tell(world.user, "service_data", bytes, IMUH_SERVICE_DATA_SIZE);
        break;
    case ACT_SAMPLE:
        take_sample(script, axes, &which);
        imuh_clip_sample(clip, (which & 1u) != 0u ? axes : NULL, (which & 2u) != 0u ? axes + 3 : NULL, world.now_us);
        break;
    case ACT_RESET:
        power_on();
        break;
    case ACT_FAILED:
        imuh_clip_sensor_failed(clip, take8(script));
        break;
    case ACT_CLOCK:
        value = take32(script);
        world.now_us = value | ((uint64_t)take32(script) << 32);
        break;
    case ACT_CRC:
        which = take8(script);
        for (count = 0u; count < which; count++) {
            bytes[count] = take8(script);
        }
        value = imuh_crc32(0u, bytes, which);
        imuh_put_u32(bytes, value);
        world.tell(world.user, "crc32", bytes, 4u);
        break;
    case ACT_PARSE:
        session_parse(script, world.tell, world.user);
        break;
    case ACT_PACKETS:
        session_packets(script, world.tell, world.user);
        break;
    case ACT_RING:
        /* The clip's ring is lent, its clip begun anew. */
        session_ring(script, world.ring, world.tell, world.user);
        power_on();
        break;
    default:
        break;
    }
}

void session_run(const uint8_t *bytes, size_t length, session_tell tell, void *user)
{
    struct script script;
    script.bytes = bytes;
    script.left = length;
    memset(world.flash, 0xFF, sizeof world.flash);
    memset(&world.saved, 0, sizeof world.saved);
    world.tell = tell;
    world.user = user;
    world.room = 0xFFFFu;
    world.counter = 0u;
    world.boots = 0u;
    world.sensor = true;
    power_on();
    while (script.left > 0u) {
        act(take8(&script), &script);
    }
}
