/* SPDX-License-Identifier: MIT */
/* The control point's bytes: PROTOCOL.md section 6. Requests are read, responses written; what they do is imuh_clip. */
#ifndef IMUH_CONTROL_H
#define IMUH_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imuh_protocol.h"

/** Longest response, bytes: fits the smallest MTU. */
#define IMUH_RESPONSE_BYTES_MAX 20

#ifdef __cplusplus
extern "C" {
#endif

/** How a clip samples. */
struct imuh_config {
    uint16_t rate_hz;       /* nominal rate, Hz */
    uint16_t acc_range_g;   /* +- g; at most 255 */
    uint16_t gyr_range_dps; /* +- deg/s */
    uint8_t batch_ms;       /* longest time a live packet collects samples, ms */
    uint8_t epoch;          /* 0-15 */
    float acc_scale;        /* m/s2 per bit */
    float gyr_scale;        /* rad/s per bit */
};

/** Arguments of `identify`. */
struct imuh_identify {
    uint8_t pattern; /* IMUH_IDENTIFY_PATTERN_... */
    uint8_t seconds; /* 1-30; anything for `off` */
};

/** Arguments of `configure`. */
struct imuh_configure {
    uint16_t rate_hz;
    uint16_t gyr_range_dps;
    uint8_t acc_range_g;
    uint8_t batch_ms;
};

/** Arguments of `refill`. */
struct imuh_refill {
    uint16_t first_index;
    uint16_t count;
};

/** Arguments of `record_info`. */
struct imuh_record_info {
    uint16_t position;
    uint8_t page;
};

/** Arguments of `record_read`. */
struct imuh_record_read {
    uint32_t first;
    uint32_t count;
    uint16_t record_id;
};

/** Arguments of `record_delete`. */
struct imuh_record_delete {
    uint32_t crc32;
    uint16_t record_id;
};

/** A request; `opcode` tells which argument there is. */
struct imuh_request {
    uint8_t opcode;
    uint8_t tag;
    union {
        struct imuh_identify identify;
        struct imuh_configure configure;
        struct imuh_refill refill;
        struct imuh_record_info record_info;
        struct imuh_record_read record_read;
        struct imuh_record_delete record_delete;
        uint64_t unix_ms;    /* set_time */
        uint32_t cookie;     /* ping */
        uint8_t start_flags; /* start */
        uint8_t mark_code;   /* mark */
        uint8_t role;        /* set_role */
    } args;
};

/** A response: send `length` bytes. */
struct imuh_response {
    uint8_t length;
    uint8_t bytes[IMUH_RESPONSE_BYTES_MAX];
};

/**
 * Read a request. Checks in the order of section 6: length of the header, known opcode, length of the arguments,
 * capability, and those ranges that need no knowledge of the sensor. Surplus bytes are ignored.
 * Returns IMUH_STATUS_OK, or the status to answer with; opcode and tag are set in any case.
 */
uint8_t imuh_control_parse(const uint8_t *data, size_t length, uint8_t capabilities, struct imuh_request *request);

/** Begin a response; with IMUH_STATUS_OK data may follow. */
void imuh_response_begin(struct imuh_response *response, const struct imuh_request *request, uint8_t status);

/** Append a byte; beyond 20 bytes nothing happens. */
void imuh_response_u8(struct imuh_response *response, uint8_t value);

/** Append 16 bits. */
void imuh_response_u16(struct imuh_response *response, uint16_t value);

/** Append 32 bits. */
void imuh_response_u32(struct imuh_response *response, uint32_t value);

/** Append 64 bits. */
void imuh_response_u64(struct imuh_response *response, uint64_t value);

/** Append a `config`. */
void imuh_response_config(struct imuh_response *response, const struct imuh_config *config);

/** A `config` as it goes over the air. */
void imuh_config_put(uint8_t out[IMUH_CONFIG_SIZE], const struct imuh_config *config);

/** A `config` out of its bytes. */
void imuh_config_get(struct imuh_config *config, const uint8_t bytes[IMUH_CONFIG_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
