/* SPDX-License-Identifier: MIT */
/*
 * Records in flash: PROTOCOL.md section 10. Blocks of 512 bytes, each with its own CRC-32, found again by a scan after a
 * reset; a loss of power at any byte costs at most the block being written. One record is written at a time; while one is
 * written none is read (they share a buffer). Nothing is overwritten: full flash ends the record.
 */
#ifndef IMUH_LOG_H
#define IMUH_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "imuh_control.h"
#include "imuh_protocol.h"

/** Bytes of a block; sectors are whole multiples of it. */
#define IMUH_LOG_BLOCK_BYTES 512
/** Samples in a full block. */
#define IMUH_LOG_BLOCK_SAMPLES 39
/** Most records kept. */
#ifndef IMUH_LOG_RECORDS
#define IMUH_LOG_RECORDS 32
#endif
/** Most erase sectors used: 512 of 4 KiB are 2 MiB. Three bytes of RAM each. */
#ifndef IMUH_LOG_SECTORS
#define IMUH_LOG_SECTORS 512
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Flash as the log needs it: NOR, erased bytes read 0xFF. Each call returns false where it failed. */
struct imuh_flash {
    void *user;
    uint32_t bytes;        /* size of the area */
    uint32_t sector_bytes; /* what one erase erases; a multiple of 512 */
    bool (*read)(void *user, uint32_t at, uint8_t *bytes, uint32_t length);
    /* `at` and `length` are multiples of 4; the bytes are erased, each word is programmed once. */
    bool (*program)(void *user, uint32_t at, const uint8_t *bytes, uint32_t length);
    bool (*erase)(void *user, uint32_t at); /* the sector that begins at `at` */
};

/** A record. */
struct imuh_log_record {
    uint64_t start_us; /* device time of its first sample, us */
    uint64_t unix_ms;  /* date of its first sample; 0 when not known */
    uint32_t sequence; /* rises from record to record */
    uint32_t blocks;   /* blocks, with the head; also those damaged */
    uint32_t samples;  /* sampling instants from its first to its last sample */
    uint32_t crc32;    /* of all its samples that can be read, 12 bytes each */
    uint16_t record_id;
    uint16_t boot_id;
    struct imuh_config config;
    uint8_t flags; /* IMUH_RECORD_FLAGS_... */
    bool used;
};

/** What begins a record. */
struct imuh_log_start {
    uint16_t record_id; /* not used before; where it is, the next free one is taken */
    uint16_t boot_id;
    struct imuh_config config;
};

/** The log. All fields are its own. */
struct imuh_log {
    struct imuh_flash flash;
    struct imuh_log_record records[IMUH_LOG_RECORDS];
    uint8_t owner[IMUH_LOG_SECTORS];
    uint16_t part[IMUH_LOG_SECTORS]; /* which part of its record a sector is */
    uint16_t sectors;
    uint16_t cursor; /* where the next free sector is looked for */
    uint16_t writing_sector;
    uint8_t writing; /* record being written */
    bool active;     /* a record is begun */
    bool headed;     /* and has its head in flash */
    uint32_t first_index;
    uint32_t block_number; /* number of the first sample in the buffer */
    uint64_t block_time_us;
    uint32_t block_span_us;
    uint8_t block_count;
    uint8_t loaded; /* record and block in the buffer, for reading */
    uint32_t loaded_block;
    uint8_t block[IMUH_LOG_BLOCK_BYTES];
};

/** Where a download stands. May be copied, to go back to. */
struct imuh_log_reader {
    uint32_t block;
    uint32_t next; /* number of the next sample wanted */
    uint32_t end;  /* number behind the last wanted */
    uint8_t record;
    bool damaged; /* a block could not be read */
};

/** A sample out of a record. */
struct imuh_log_sample {
    const uint8_t *bytes; /* 12 bytes; valid until the next call about the log */
    uint64_t time_us;     /* exact for the first of each block, in between evenly spaced */
    uint32_t number;
};

/** Scan the flash: reads all of it; what no record owns is erased by polls. Returns false where it cannot be used. */
bool imuh_log_init(struct imuh_log *log, const struct imuh_flash *flash);

/** Begin a record. IMUH_STATUS_STORAGE where there is no room. Nothing is written before the first sample. */
uint8_t imuh_log_begin(struct imuh_log *log, const struct imuh_log_start *start);

/**
 * Add a sample. index: its sampling instant in the stream; those in between were not measured.
 * unix_ms: its date, 0 if not known; only that of the first sample counts.
 * IMUH_STATUS_STORAGE where flash is full or failed: the record is ended.
 */
uint8_t imuh_log_add(struct imuh_log *log, uint32_t index, uint64_t time_us, uint64_t unix_ms,
                     const uint8_t sample[IMUH_SAMPLE_BYTES]);

/** End the record. complete: by a stop. Safe when none is begun. */
uint8_t imuh_log_end(struct imuh_log *log, bool complete);

/** Whether a record is being written. */
bool imuh_log_active(const struct imuh_log *log);

/** Erase one sector of deleted records, if there is one. Returns whether there is more to do. */
bool imuh_log_poll(struct imuh_log *log);

/** Records in flash. */
uint16_t imuh_log_count(const struct imuh_log *log);

/** Samples that still fit. */
uint32_t imuh_log_free_samples(const struct imuh_log *log);

/** The record at a position, 0 is the oldest; NULL where there is none. */
const struct imuh_log_record *imuh_log_at(const struct imuh_log *log, uint16_t position);

/** The record of that name; NULL where there is none. */
const struct imuh_log_record *imuh_log_find(const struct imuh_log *log, uint16_t record_id);

/** Delete a record: not_found, crc_mismatch, storage or ok. It is gone at once; its sectors are erased by polls. */
uint8_t imuh_log_delete(struct imuh_log *log, uint16_t record_id, uint32_t crc32);

/** Begin to read `count` instants from `first` on; both must lie in the record. */
void imuh_log_seek(struct imuh_log *log, struct imuh_log_reader *reader, const struct imuh_log_record *record,
                   uint32_t first, uint32_t count);

/** The next sample; false at the end. */
bool imuh_log_next(struct imuh_log *log, struct imuh_log_reader *reader, struct imuh_log_sample *sample);

#ifdef __cplusplus
}
#endif

#endif
