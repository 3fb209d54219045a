/* SPDX-License-Identifier: MIT */
/* Writing, deleting, and what is asked about records. The format is in imuh_log_format.h. */
#include "imuh_log.h"

#include <string.h>

#include "imuh_bytes.h"
#include "imuh_crc32.h"
#include "imuh_log_format.h"

uint32_t imuh_log_blocks_per_sector(const struct imuh_log *log)
{
    return log->flash.sector_bytes / IMUH_LOG_BLOCK_BYTES;
}

bool imuh_log_erase(struct imuh_log *log, uint16_t sector)
{
    if (!log->flash.erase(log->flash.user, sector * log->flash.sector_bytes)) {
        return false;
    }
    log->owner[sector] = IMUH_LOG_FREE;
    return true;
}

bool imuh_log_poll(struct imuh_log *log)
{
    /* Heads last, so that no record comes back to life without its mark of deletion. */
    uint16_t found = log->sectors;
    uint16_t more = 0u;
    uint16_t i;
    for (i = 0u; i < log->sectors; i++) {
        if (log->owner[i] != IMUH_LOG_DIRTY && log->owner[i] != IMUH_LOG_DIRTY_HEAD) {
            continue;
        }
        more++;
        if (found == log->sectors || (log->owner[found] == IMUH_LOG_DIRTY_HEAD && log->owner[i] == IMUH_LOG_DIRTY)) {
            found = i;
        }
    }
    if (found == log->sectors) {
        return false;
    }
    if (!imuh_log_erase(log, found)) {
        log->owner[found] = IMUH_LOG_BAD;
    }
    return more > 1u;
}

bool imuh_log_active(const struct imuh_log *log)
{
    return log->active;
}

static uint32_t count_free(const struct imuh_log *log)
{
    uint32_t free_sectors = 0u;
    uint16_t i;
    for (i = 0u; i < log->sectors; i++) {
        const uint8_t owner = log->owner[i];
        if (owner == IMUH_LOG_FREE || owner == IMUH_LOG_DIRTY || owner == IMUH_LOG_DIRTY_HEAD) {
            free_sectors++;
        }
    }
    return free_sectors;
}

static uint8_t free_record(const struct imuh_log *log)
{
    uint8_t i;
    for (i = 0u; i < IMUH_LOG_RECORDS; i++) {
        if (!log->records[i].used) {
            return i;
        }
    }
    return IMUH_LOG_FREE;
}

uint32_t imuh_log_free_samples(const struct imuh_log *log)
{
    uint32_t blocks = count_free(log) * imuh_log_blocks_per_sector(log);
    if (log->active) {
        const uint32_t used = log->records[log->writing].blocks % imuh_log_blocks_per_sector(log);
        blocks += used > 0u ? imuh_log_blocks_per_sector(log) - used : 0u;
    } else if (blocks > 0u) {
        blocks = free_record(log) == IMUH_LOG_FREE ? 0u : blocks - 1u; /* the head */
    }
    return blocks * IMUH_LOG_BLOCK_SAMPLES;
}

/* A sector for the record being written, erased. */
static bool take_sector(struct imuh_log *log)
{
    uint16_t i;
    uint8_t pass;
    for (pass = 0u; pass < 2u; pass++) {
        for (i = 0u; i < log->sectors; i++) {
            const uint16_t sector = (uint16_t)((log->cursor + i) % log->sectors);
            if (pass == 1u && (log->owner[sector] == IMUH_LOG_DIRTY || log->owner[sector] == IMUH_LOG_DIRTY_HEAD)) {
                if (!imuh_log_erase(log, sector)) {
                    log->owner[sector] = IMUH_LOG_BAD;
                }
            }
            if (log->owner[sector] == IMUH_LOG_FREE) {
                log->owner[sector] = log->writing;
                log->part[sector] =
                    (uint16_t)(log->records[log->writing].blocks / imuh_log_blocks_per_sector(log));
                log->cursor = (uint16_t)((sector + 1u) % log->sectors);
                log->writing_sector = sector;
                return true;
            }
        }
    }
    return false;
}

/* Complete the block in the buffer, program it, compare what is in flash. */
static bool write_block(struct imuh_log *log, uint8_t kind, uint8_t flags)
{
    struct imuh_log_record *record = &log->records[log->writing];
    const uint32_t slot = record->blocks % imuh_log_blocks_per_sector(log);
    uint8_t *block = log->block;
    uint32_t at;
    uint32_t i;
    if (slot == 0u && !take_sector(log)) {
        return false;
    }
    imuh_put_u32(block + IMUH_LOG_AT_MAGIC, IMUH_LOG_MAGIC);
    imuh_put_u16(block + IMUH_LOG_AT_RECORD, record->record_id);
    imuh_put_u16(block + IMUH_LOG_AT_BOOT, record->boot_id);
    imuh_put_u32(block + IMUH_LOG_AT_BLOCK, record->blocks);
    imuh_put_u32(block + IMUH_LOG_AT_NUMBER, log->block_number);
    imuh_put_u64(block + IMUH_LOG_AT_TIME, log->block_time_us);
    imuh_put_u32(block + IMUH_LOG_AT_SPAN, log->block_span_us);
    block[IMUH_LOG_AT_COUNT] = log->block_count;
    block[IMUH_LOG_AT_KIND] = kind;
    block[IMUH_LOG_AT_FLAGS] = flags;
    block[IMUH_LOG_AT_FLAGS + 1u] = 0u;
    imuh_put_u32(block + IMUH_LOG_AT_CRC, imuh_crc32(0u, block, IMUH_LOG_AT_CRC));
    record->blocks++;
    at = log->writing_sector * log->flash.sector_bytes + slot * IMUH_LOG_BLOCK_BYTES;
    if (!log->flash.program(log->flash.user, at, block, IMUH_LOG_AT_DELETED)) {
        return false;
    }
    for (i = 0u; i < IMUH_LOG_AT_DELETED; i += 16u) {
        uint8_t back[16];
        const uint32_t length = IMUH_LOG_AT_DELETED - i < 16u ? IMUH_LOG_AT_DELETED - i : 16u;
        if (!log->flash.read(log->flash.user, at + i, back, length) || memcmp(back, block + i, length) != 0) {
            return false;
        }
    }
    memset(block, 0, IMUH_LOG_BLOCK_BYTES);
    log->block_count = 0u;
    log->block_span_us = 0u;
    return true;
}

static bool write_head(struct imuh_log *log)
{
    const struct imuh_log_record *record = &log->records[log->writing];
    uint8_t *head = log->block + IMUH_LOG_AT_SAMPLES;
    imuh_put_u32(head + IMUH_LOG_HEAD_SEQUENCE, record->sequence);
    imuh_put_u64(head + IMUH_LOG_HEAD_UNIX, record->unix_ms);
    imuh_config_put(head + IMUH_LOG_HEAD_CONFIG, &record->config);
    log->headed = true;
    return write_block(log, IMUH_LOG_KIND_HEAD, 0u);
}

uint8_t imuh_log_begin(struct imuh_log *log, const struct imuh_log_start *start)
{
    struct imuh_log_record *record;
    const uint8_t slot = free_record(log);
    uint32_t sequence = 0u;
    uint8_t i;
    if (log->active) {
        return IMUH_STATUS_INVALID_STATE;
    }
    if (slot == IMUH_LOG_FREE || count_free(log) == 0u) {
        return IMUH_STATUS_STORAGE;
    }
    for (i = 0u; i < IMUH_LOG_RECORDS; i++) {
        if (log->records[i].used && log->records[i].sequence >= sequence) {
            sequence = log->records[i].sequence + 1u;
        }
    }
    record = &log->records[slot];
    memset(record, 0, sizeof *record);
    record->record_id = start->record_id;
    while (imuh_log_find(log, record->record_id) != NULL) {
        record->record_id++;
    }
    record->boot_id = start->boot_id;
    record->config = start->config;
    record->sequence = sequence;
    log->writing = slot;
    log->active = true;
    log->headed = false;
    log->loaded = IMUH_LOG_FREE;
    log->block_count = 0u;
    log->block_span_us = 0u;
    log->block_number = 0u;
    memset(log->block, 0, sizeof log->block);
    return IMUH_STATUS_OK;
}

static uint8_t failed(struct imuh_log *log)
{
    /* What is in flash stays; what was in the buffer is lost, and no longer counted. */
    struct imuh_log_record *record = &log->records[log->writing];
    log->active = false;
    log->block_count = 0u;
    if (record->used && !imuh_log_examine(log, log->writing)) {
        imuh_log_disown(log, log->writing);
    }
    return IMUH_STATUS_STORAGE;
}

static void put_sample(struct imuh_log *log, const uint8_t *sample)
{
    struct imuh_log_record *record = &log->records[log->writing];
    memcpy(log->block + IMUH_LOG_AT_SAMPLES + (size_t)log->block_count * IMUH_SAMPLE_BYTES, sample, IMUH_SAMPLE_BYTES);
    record->crc32 = imuh_crc32(record->crc32, sample, IMUH_SAMPLE_BYTES);
    log->block_count++;
    record->samples = log->block_number + log->block_count;
}

static bool begin_record(struct imuh_log *log, uint32_t index, uint64_t time_us, uint64_t unix_ms)
{
    struct imuh_log_record *record = &log->records[log->writing];
    log->first_index = index;
    log->block_time_us = time_us;
    record->start_us = time_us;
    record->unix_ms = unix_ms;
    record->used = true;
    return write_head(log);
}

uint8_t imuh_log_add(struct imuh_log *log, uint32_t index, uint64_t time_us, uint64_t unix_ms,
                     const uint8_t sample[IMUH_SAMPLE_BYTES])
{
    static const uint8_t absent[IMUH_SAMPLE_BYTES] = {0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80};
    uint32_t number;
    uint32_t gap;
    if (!log->active) {
        return IMUH_STATUS_INVALID_STATE;
    }
    if (!log->headed && !begin_record(log, index, time_us, unix_ms)) {
        return failed(log);
    }
    number = index - log->first_index;
    gap = number - (log->block_number + log->block_count);
    if (log->block_count > 0u && gap > 0u && gap <= IMUH_LOG_FILLED_MAX &&
        log->block_count + gap < IMUH_LOG_BLOCK_SAMPLES) {
        for (; gap > 0u; gap--) {
            put_sample(log, absent);
        }
    }
    if (log->block_count > 0u && gap > 0u && !write_block(log, IMUH_LOG_KIND_SAMPLES, 0u)) {
        return failed(log);
    }
    if (log->block_count == 0u) {
        log->block_number = number;
        log->block_time_us = time_us;
    }
    put_sample(log, sample);
    log->block_span_us = (uint32_t)(time_us - log->block_time_us);
    if (log->block_count == IMUH_LOG_BLOCK_SAMPLES) {
        if (!write_block(log, IMUH_LOG_KIND_SAMPLES, 0u)) {
            return failed(log);
        }
        log->block_number = number + 1u;
        log->block_time_us = time_us;
    }
    return IMUH_STATUS_OK;
}

uint8_t imuh_log_end(struct imuh_log *log, bool complete)
{
    struct imuh_log_record *record = &log->records[log->writing];
    if (!log->active) {
        return IMUH_STATUS_OK;
    }
    if (!log->headed) {
        log->active = false;
        return IMUH_STATUS_OK;
    }
    if ((log->block_count > 0u || complete) &&
        !write_block(log, IMUH_LOG_KIND_SAMPLES, (uint8_t)(complete ? IMUH_LOG_FLAG_COMPLETE : 0u))) {
        return failed(log);
    }
    log->active = false;
    if (complete) {
        record->flags = (uint8_t)(record->flags | IMUH_RECORD_FLAGS_COMPLETE);
    }
    return IMUH_STATUS_OK;
}

uint16_t imuh_log_count(const struct imuh_log *log)
{
    uint16_t count = 0u;
    uint8_t i;
    for (i = 0u; i < IMUH_LOG_RECORDS; i++) {
        count = (uint16_t)(count + (log->records[i].used ? 1u : 0u));
    }
    return count;
}

const struct imuh_log_record *imuh_log_at(const struct imuh_log *log, uint16_t position)
{
    uint8_t i;
    uint8_t j;
    for (i = 0u; i < IMUH_LOG_RECORDS; i++) {
        uint16_t older = 0u;
        if (!log->records[i].used) {
            continue;
        }
        for (j = 0u; j < IMUH_LOG_RECORDS; j++) {
            if (log->records[j].used && log->records[j].sequence < log->records[i].sequence) {
                older++;
            }
        }
        if (older == position) {
            return &log->records[i];
        }
    }
    return NULL;
}

const struct imuh_log_record *imuh_log_find(const struct imuh_log *log, uint16_t record_id)
{
    uint8_t i;
    for (i = 0u; i < IMUH_LOG_RECORDS; i++) {
        if (log->records[i].used && log->records[i].record_id == record_id) {
            return &log->records[i];
        }
    }
    return NULL;
}

uint8_t imuh_log_delete(struct imuh_log *log, uint16_t record_id, uint32_t crc32)
{
    static const uint8_t deleted[4] = {0u, 0u, 0u, 0u};
    const struct imuh_log_record *record = imuh_log_find(log, record_id);
    uint8_t slot;
    uint16_t head;
    if (record == NULL) {
        return IMUH_STATUS_NOT_FOUND;
    }
    if (record->crc32 != crc32) {
        return IMUH_STATUS_CRC_MISMATCH;
    }
    slot = (uint8_t)(record - log->records);
    head = imuh_log_sector_of(log, slot, 0u);
    if (head == log->sectors || !log->flash.program(log->flash.user,
                                                    head * log->flash.sector_bytes + IMUH_LOG_AT_DELETED, deleted, 4u)) {
        return IMUH_STATUS_STORAGE;
    }
    log->loaded = IMUH_LOG_FREE;
    imuh_log_disown(log, slot);
    return IMUH_STATUS_OK;
}
