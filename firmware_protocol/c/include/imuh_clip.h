/* SPDX-License-Identifier: MIT */
/*
 * A whole clip: everything in PROTOCOL.md sections 5 to 12 that is neither radio nor sensor. Firmware writes the glue.
 *
 * Threads. Nothing here locks. Call every function from one thread or work queue, never from an interrupt, and from no
 * callback of the port except imuh_clip_info(), imuh_clip_service_data() and imuh_clip_state(). An interrupt takes the
 * time and hands over; a write to `control` takes the time (received_us) in the Bluetooth callback and hands over.
 * Callbacks are called from within the functions. None blocks, except the flash's.
 */
#ifndef IMUH_CLIP_H
#define IMUH_CLIP_H

#include <stdbool.h>
#include <stdint.h>

#include "imuh_control.h"
#include "imuh_log.h"
#include "imuh_packet.h"
#include "imuh_protocol.h"
#include "imuh_ring.h"

/** Events that wait for the radio; the oldest goes when one more comes. */
#define IMUH_EVENTS_MAX 8

#ifdef __cplusplus
extern "C" {
#endif

/** Characteristics the core sends on or is asked about. */
enum imuh_characteristic {
    IMUH_CHAR_IMU = 0,      /* notify */
    IMUH_CHAR_CONTROL = 1,  /* indicate */
    IMUH_CHAR_TRANSFER = 2, /* notify */
    IMUH_CHAR_EVENT = 3,    /* notify */
    IMUH_CHAR_COUNT = 4
};

/** What outlives a power cycle. */
struct imuh_saved {
    struct imuh_config config; /* a rate of 0: none saved */
    uint16_t stream_id;        /* of the last stream */
    uint8_t role;              /* IMUH_ROLE_... */
};

/** What the core needs from the firmware. */
struct imuh_port {
    void *user; /* first argument of all below */
    /* Microseconds since reset; never steps. */
    uint64_t (*now_us)(void *user);
    /* Hand a notification (or, on control, an indication) to the radio. The bytes are copied before it returns. false: no
     * room now, nothing was taken; it is offered again on imuh_clip_poll(). false on control until the last indication
     * was confirmed. */
    bool (*send)(void *user, enum imuh_characteristic characteristic, const uint8_t *bytes, uint16_t length);
    /* Set the sensor's rate and ranges; off or idle afterwards. false: it does not answer. May be NULL. */
    bool (*sensor_configure)(void *user, const struct imuh_config *config);
    /* Switch it on; also called once a second to bring a faulty one back. false: it does not answer. */
    bool (*sensor_start)(void *user, const struct imuh_config *config);
    /* Switch it off. */
    void (*sensor_stop)(void *user);
    /* Show the LED; NULL: there is none. */
    void (*identify)(void *user, uint8_t pattern, uint8_t seconds);
    /* Keep this over power cycles. May be NULL. */
    void (*save)(void *user, const struct imuh_saved *saved);
    /* The answer to `sleep` was handed to the radio: let it go out, disconnect, switch off. NULL: not possible. */
    void (*sleep)(void *user);
    /* Role, state or battery changed: renew the advertised service data. May be NULL. */
    void (*changed)(void *user);
    /* Records; initialised with imuh_log_init(). NULL: there is no flash. */
    struct imuh_log *log;
};

/** A range the sensor has, and its scale. */
struct imuh_range {
    uint16_t range;    /* +- g or +- deg/s */
    float per_bit;     /* m/s2 or rad/s per bit */
    uint16_t end_bits; /* magnitude of the end of scale, bits; 32767 for most */
};

/** What the sensor can do; each list rises. The lists must stay where they are. */
struct imuh_sensor {
    const uint16_t *rates_hz;
    const struct imuh_range *acc;
    const struct imuh_range *gyr;
    uint8_t rates;
    uint8_t accs;
    uint8_t gyrs;
};

/** How this clip is made. */
struct imuh_clip_settings {
    struct imuh_sensor sensor;
    struct imuh_saved saved;             /* as last given to port.save(); all 0 the first time */
    uint8_t serial[IMUH_SERIAL_BYTES];   /* serial number */
    uint16_t boot_id;                    /* another one after each reset */
    uint8_t live_packets;                /* live packets that may wait for the radio; 0: 16 */
    bool button;                         /* it has one */
};

/** A transfer that runs. */
struct imuh_transfer {
    uint32_t next; /* refill: index of the next instant */
    uint32_t end;  /* refill: index behind the last */
    uint32_t samples;
    uint32_t crc32;
    struct imuh_log_reader reader; /* record */
    uint8_t type;                  /* IMUH_PACKET_TYPE_REFILL or _RECORD */
    uint8_t status;
    bool running;
    bool ending; /* only its end is still to be sent */
};

/** The clip. All fields are its own. */
struct imuh_clip {
    struct imuh_port port;
    struct imuh_clip_settings settings;
    struct imuh_ring ring;
    struct imuh_packet packet; /* the one being sent */
    struct imuh_transfer transfer;
    struct imuh_config config;
    uint8_t role;
    uint8_t battery_percent;
    uint8_t state_told;
    uint8_t battery_told;
    uint8_t role_told;
    /* link */
    bool connected;
    bool attached; /* this link's host began or resumed the stream */
    bool subscribed[IMUH_CHAR_COUNT];
    uint16_t payload_bytes;
    bool response_waits;
    bool sleep_waits;
    struct imuh_response response;
    uint64_t received_us;
    uint8_t events[IMUH_EVENTS_MAX][IMUH_EVENT_SIZE];
    uint8_t events_first;
    uint8_t events_count;
    /* stream */
    bool sampling;
    bool lingering;
    uint64_t linger_since_us;
    uint16_t stream_id;
    uint8_t stream_epoch;
    uint16_t acc_end;
    uint16_t gyr_end;
    uint64_t settled_us; /* samples before it are settling */
    bool any_sample;
    uint64_t first_time_us;
    uint64_t last_time_us; /* of the last sample measured */
    uint32_t first_index;
    uint32_t last_index;
    uint32_t delay_us; /* from the middle of a window to imuh_clip_sample() */
    uint64_t heard_us; /* when the sensor last said something */
    uint8_t same[IMUH_SAMPLE_BYTES];
    uint64_t same_since_us;
    /* fault */
    bool fault;
    bool stuck;
    uint64_t retry_us;
    /* live: what waits is the ring from live_next to its end */
    bool live_flush; /* the stream ended: send the rest */
    bool live_lost;  /* say so in the next packet */
    bool live_gap;   /* live_gap_at holds */
    uint32_t live_next;
    uint32_t live_gap_at;
    uint32_t overflow;
    /* the rest */
    bool pairing;
    uint64_t pairing_until_us;
    bool unix_known;
    uint64_t unix_ms;
    uint64_t unix_at_us;
};

/**
 * Begin, idle. ring_storage: see IMUH_RING_BYTES(); 30 s at the fastest rate that shall be possible, and it must stay
 * where it is. Returns false where the sensor's lists are empty or the ring holds less than 30 s at its slowest rate.
 */
bool imuh_clip_init(struct imuh_clip *clip, const struct imuh_port *port, const struct imuh_clip_settings *settings,
                    uint8_t *ring_storage, uint32_t ring_bytes);

/** A host connected. att_payload: MTU - 3, 20 until an exchange. */
void imuh_clip_connected(struct imuh_clip *clip, uint16_t att_payload);

/** The MTU is another one now. */
void imuh_clip_payload(struct imuh_clip *clip, uint16_t att_payload);

/** The link is gone. */
void imuh_clip_disconnected(struct imuh_clip *clip);

/** The host switched notifications (indications) on or off. */
void imuh_clip_subscribed(struct imuh_clip *clip, enum imuh_characteristic characteristic, bool on);

/** Whether indications of control are on: a write without is answered with ATT error 0xFD, by the glue. */
bool imuh_clip_control_ready(const struct imuh_clip *clip);

/**
 * A write to control. received_us: device time, taken first of all in the Bluetooth callback.
 * Returns false where the last response could not be handed to the radio yet: nothing is done; answer the write with ATT
 * error 0xFE (procedure already in progress), or keep it and call again.
 */
bool imuh_clip_control(struct imuh_clip *clip, const uint8_t *data, uint16_t length, uint64_t received_us);

/**
 * The sample of the next sampling instant, raw, in the case's axes. acc, gyr: three values each, NULL where not measured.
 * time_us: device time at the middle of its integration window, not wrapped.
 */
void imuh_clip_sample(struct imuh_clip *clip, const int16_t *acc, const int16_t *gyr, uint64_t time_us);

/** `instants` sampling instants went by without a sample: FIFO overrun, reading failed. */
void imuh_clip_samples_lost(struct imuh_clip *clip, uint32_t instants);

/** The sensor does not answer. code: the maker's, 0-253. The core tries port.sensor_start() each second. */
void imuh_clip_sensor_failed(struct imuh_clip *clip, uint8_t code);

/** The button was pressed `presses` times, 1-3. */
void imuh_clip_button(struct imuh_clip *clip, uint8_t presses);

/** Begin a stream with a record, without a host. Returns the status, as `start` would. */
uint8_t imuh_clip_start_alone(struct imuh_clip *clip);

/** End the stream, as `stop` would. */
void imuh_clip_stop_alone(struct imuh_clip *clip);

/** What is left in the battery, 0-100 %; 255 when not known. 0 ends the stream. */
void imuh_clip_battery(struct imuh_clip *clip, uint8_t percent);

/** A physical action: pairing is accepted for 60 s. */
void imuh_clip_pair(struct imuh_clip *clip);

/** Whether pairing is accepted now. */
bool imuh_clip_may_pair(const struct imuh_clip *clip);

/**
 * Let time pass, offer again what the radio had no room for. Call it when there is room again, and at the latest after the
 * microseconds it returned.
 */
uint32_t imuh_clip_poll(struct imuh_clip *clip);

/** What the clip is doing: IMUH_STATE_... */
uint8_t imuh_clip_state(const struct imuh_clip *clip);

/** The value of the characteristic `info`. */
void imuh_clip_info(const struct imuh_clip *clip, uint8_t out[IMUH_INFO_SIZE]);

/** The service data of the scan response, without the UUID. */
void imuh_clip_service_data(const struct imuh_clip *clip, uint8_t out[IMUH_SERVICE_DATA_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
