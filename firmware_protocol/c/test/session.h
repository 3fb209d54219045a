/* SPDX-License-Identifier: MIT */
/*
 * Runs a script of what happens to a clip and tells what it does: the same on a host, under sanitizers, in the fuzzer and
 * on a microcontroller. A script is bytes: an action, then its arguments, little endian; missing bytes read as 0.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stddef.h>
#include <stdint.h>

/* Actions; the comments name their arguments. vectors/maker/session.py has the same list. */
enum session_action {
    ACT_CONNECTED = 1,    /* u16 payload */
    ACT_DISCONNECTED = 2, /* */
    ACT_SUBSCRIBED = 3,   /* u8 characteristic, u8 on */
    ACT_CONTROL = 4,      /* u8 length, bytes */
    ACT_SAMPLES = 5,      /* u16 count, u32 period_us: of a pattern */
    ACT_LOST = 6,         /* u16 instants */
    ACT_WAIT = 7,         /* u32 us, then a poll */
    ACT_ROOM = 8,         /* u16 packets the radio still takes; 65535: any */
    ACT_BUTTON = 9,       /* u8 presses */
    ACT_BATTERY = 10,     /* u8 percent */
    ACT_PAYLOAD = 11,     /* u16 payload */
    ACT_SENSOR = 12,      /* u8 answers */
    ACT_PAIR = 13,        /* */
    ACT_ALONE = 14,       /* u8 1: start, 0: stop */
    ACT_TELL = 15,        /* info and service data */
    ACT_SAMPLE = 16,      /* u8 1: acc, 2: gyr; six i16 */
    ACT_RESET = 17,       /* power off and on; flash and settings stay */
    ACT_STUCK = 18,       /* u16 count, u32 period_us: the same sample again and again */
    ACT_FAILED = 19,      /* u8 code */
    ACT_CLOCK = 20,       /* u64 us: device time jumps on to this, without a poll */
    ACT_CRC = 32,         /* u8 length, bytes */
    ACT_PARSE = 33,       /* u8 capabilities, u8 length, bytes */
    ACT_PACKETS = 34,     /* u16 payload, u16 most samples, u8 type, u8 epoch, u16 count; each: u32 index, u32 time_us,
                             u8 flags, u8 1: acc, 2: gyr, six i16 */
    ACT_RING = 35         /* u16 capacity, u16 count; each: u8 op, u32 argument: 0 put, 1 skip, 2 get, 3 locate */
};

/* What was told: a name and bytes. */
typedef void (*session_tell)(void *user, const char *name, const uint8_t *bytes, uint16_t length);

/** Run a script on a fresh clip with empty flash. */
void session_run(const uint8_t *script, size_t length, session_tell tell, void *user);

#endif
