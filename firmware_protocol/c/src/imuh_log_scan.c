/* SPDX-License-Identifier: MIT */
/* Finding records again after a reset. */
#include <string.h>

#include "imuh_bytes.h"
#include "imuh_crc32.h"
#include "imuh_log_format.h"

static bool good(const uint8_t *block)
{
    return imuh_get_u32(block + IMUH_LOG_AT_MAGIC) == IMUH_LOG_MAGIC &&
           block[IMUH_LOG_AT_COUNT] <= IMUH_LOG_BLOCK_SAMPLES &&
           imuh_get_u32(block + IMUH_LOG_AT_CRC) == imuh_crc32(0u, block, IMUH_LOG_AT_CRC);
}

static bool blank(const uint8_t *block)
{
    uint32_t i;
    for (i = 0u; i < IMUH_LOG_BLOCK_BYTES; i++) {
        if (block[i] != 0xFFu) {
            return false;
        }
    }
    return true;
}

uint16_t imuh_log_sector_of(const struct imuh_log *log, uint8_t record, uint32_t part)
{
    uint16_t i;
    for (i = 0u; i < log->sectors; i++) {
        if (log->owner[i] == record && log->part[i] == part) {
            return i;
        }
    }
    return log->sectors;
}

bool imuh_log_load(struct imuh_log *log, uint8_t record, uint32_t block)
{
    const uint32_t per_sector = imuh_log_blocks_per_sector(log);
    uint16_t sector;
    if (log->loaded == record && log->loaded_block == block) {
        return true;
    }
    log->loaded = IMUH_LOG_FREE;
    sector = imuh_log_sector_of(log, record, block / per_sector);
    if (sector == log->sectors ||
        !log->flash.read(log->flash.user,
                         sector * log->flash.sector_bytes + block % per_sector * IMUH_LOG_BLOCK_BYTES, log->block,
                         IMUH_LOG_BLOCK_BYTES)) {
        return false;
    }
    if (!good(log->block) || imuh_get_u16(log->block + IMUH_LOG_AT_RECORD) != log->records[record].record_id ||
        imuh_get_u32(log->block + IMUH_LOG_AT_BLOCK) != block) {
        return false;
    }
    log->loaded = record;
    log->loaded_block = block;
    return true;
}

void imuh_log_disown(struct imuh_log *log, uint8_t record)
{
    uint16_t i;
    for (i = 0u; i < log->sectors; i++) {
        if (log->owner[i] == record) {
            log->owner[i] = log->part[i] == 0u ? IMUH_LOG_DIRTY_HEAD : IMUH_LOG_DIRTY;
        }
    }
    log->records[record].used = false;
}

static void read_head(struct imuh_log *log, struct imuh_log_record *record)
{
    const uint8_t *head = log->block + IMUH_LOG_AT_SAMPLES;
    record->boot_id = imuh_get_u16(log->block + IMUH_LOG_AT_BOOT);
    record->start_us = imuh_get_u64(log->block + IMUH_LOG_AT_TIME);
    record->sequence = imuh_get_u32(head + IMUH_LOG_HEAD_SEQUENCE);
    record->unix_ms = imuh_get_u64(head + IMUH_LOG_HEAD_UNIX);
    imuh_config_get(&record->config, head + IMUH_LOG_HEAD_CONFIG);
}

bool imuh_log_examine(struct imuh_log *log, uint8_t slot)
{
    struct imuh_log_record *record = &log->records[slot];
    const uint32_t per_sector = imuh_log_blocks_per_sector(log);
    uint32_t blocks = 0u;
    uint32_t missing = 0u;
    uint32_t block;
    uint16_t i;
    for (i = 0u; i < log->sectors; i++) {
        if (log->owner[i] == slot && (log->part[i] + 1u) * per_sector > blocks) {
            blocks = (log->part[i] + 1u) * per_sector;
        }
    }
    log->loaded = IMUH_LOG_FREE;
    if (blocks == 0u || !imuh_log_load(log, slot, 0u) || log->block[IMUH_LOG_AT_KIND] != IMUH_LOG_KIND_HEAD ||
        imuh_get_u32(log->block + IMUH_LOG_AT_DELETED) != 0xFFFFFFFFu) {
        return false;
    }
    read_head(log, record);
    record->samples = 0u;
    record->crc32 = 0u;
    record->flags = 0u;
    record->blocks = 1u;
    for (block = 1u; block < blocks; block++) {
        uint32_t count;
        if (!imuh_log_load(log, slot, block)) {
            missing++;
            continue;
        }
        /* Something that cannot be read is damage if something follows; otherwise it is where the power went. */
        if (missing > 0u) {
            record->flags = (uint8_t)(record->flags | IMUH_RECORD_FLAGS_DAMAGED);
            missing = 0u;
        }
        count = log->block[IMUH_LOG_AT_COUNT];
        record->blocks = block + 1u;
        record->crc32 = imuh_crc32(record->crc32, log->block + IMUH_LOG_AT_SAMPLES, (size_t)count * IMUH_SAMPLE_BYTES);
        if (count > 0u) {
            record->samples = imuh_get_u32(log->block + IMUH_LOG_AT_NUMBER) + count;
        }
        if ((log->block[IMUH_LOG_AT_FLAGS] & IMUH_LOG_FLAG_COMPLETE) != 0u) {
            record->flags = (uint8_t)(record->flags | IMUH_RECORD_FLAGS_COMPLETE);
        }
    }
    return record->samples > 0u;
}

/* The record of that name while scanning; IMUH_LOG_DIRTY where there are too many. */
static uint8_t slot_for(struct imuh_log *log, uint16_t record_id)
{
    const struct imuh_log_record *known = imuh_log_find(log, record_id);
    uint8_t i;
    if (known != NULL) {
        return (uint8_t)(known - log->records);
    }
    for (i = 0u; i < IMUH_LOG_RECORDS; i++) {
        if (!log->records[i].used) {
            log->records[i].used = true;
            log->records[i].record_id = record_id;
            return i;
        }
    }
    return IMUH_LOG_DIRTY;
}

static void scan_sector(struct imuh_log *log, uint16_t sector)
{
    const uint32_t per_sector = imuh_log_blocks_per_sector(log);
    uint32_t i;
    bool erased = true;
    for (i = 0u; i < per_sector; i++) {
        if (!log->flash.read(log->flash.user, sector * log->flash.sector_bytes + i * IMUH_LOG_BLOCK_BYTES, log->block,
                             IMUH_LOG_BLOCK_BYTES)) {
            log->owner[sector] = IMUH_LOG_BAD;
            return;
        }
        if (good(log->block) && imuh_get_u32(log->block + IMUH_LOG_AT_BLOCK) % per_sector == i) {
            log->part[sector] = (uint16_t)(imuh_get_u32(log->block + IMUH_LOG_AT_BLOCK) / per_sector);
            log->owner[sector] = slot_for(log, imuh_get_u16(log->block + IMUH_LOG_AT_RECORD));
            return;
        }
        erased = erased && blank(log->block);
    }
    log->owner[sector] = erased ? IMUH_LOG_FREE : IMUH_LOG_DIRTY;
}

bool imuh_log_init(struct imuh_log *log, const struct imuh_flash *flash)
{
    uint32_t sectors;
    uint16_t sector;
    uint8_t slot;
    memset(log, 0, sizeof *log);
    log->flash = *flash;
    log->loaded = IMUH_LOG_FREE;
    if (flash->sector_bytes == 0u || flash->sector_bytes % IMUH_LOG_BLOCK_BYTES != 0u) {
        return false;
    }
    sectors = flash->bytes / flash->sector_bytes;
    if (sectors == 0u) {
        return false;
    }
    log->sectors = (uint16_t)(sectors > IMUH_LOG_SECTORS ? IMUH_LOG_SECTORS : sectors);
    for (sector = 0u; sector < log->sectors; sector++) {
        scan_sector(log, sector);
        if (log->owner[sector] < IMUH_LOG_RECORDS) {
            log->cursor = (uint16_t)((sector + 1u) % log->sectors);
        }
    }
    for (slot = 0u; slot < IMUH_LOG_RECORDS; slot++) {
        if (log->records[slot].used && !imuh_log_examine(log, slot)) {
            imuh_log_disown(log, slot);
        }
    }
    return true;
}
