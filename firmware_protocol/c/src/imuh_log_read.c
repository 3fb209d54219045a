/* SPDX-License-Identifier: MIT */
/* Reading a record. */
#include "imuh_bytes.h"
#include "imuh_log_format.h"

void imuh_log_seek(struct imuh_log *log, struct imuh_log_reader *reader, const struct imuh_log_record *record,
                   uint32_t first, uint32_t count)
{
    const uint32_t per_sector = imuh_log_blocks_per_sector(log);
    uint32_t block;
    reader->record = (uint8_t)(record - log->records);
    reader->block = 1u;
    reader->next = first;
    reader->end = first + count;
    reader->damaged = false;
    /* Go by sectors as long as they do not begin behind the first wanted. */
    for (block = per_sector; block < record->blocks; block += per_sector) {
        if (!imuh_log_load(log, reader->record, block)) {
            continue;
        }
        if (imuh_get_u32(log->block + IMUH_LOG_AT_NUMBER) > first) {
            break;
        }
        reader->block = block;
    }
}

bool imuh_log_next(struct imuh_log *log, struct imuh_log_reader *reader, struct imuh_log_sample *sample)
{
    const struct imuh_log_record *record = &log->records[reader->record];
    for (; reader->next != reader->end && reader->block < record->blocks; reader->block++) {
        const uint8_t *block = log->block;
        uint32_t first;
        uint32_t count;
        uint32_t at;
        if (!imuh_log_load(log, reader->record, reader->block)) {
            reader->damaged = true;
            continue;
        }
        first = imuh_get_u32(block + IMUH_LOG_AT_NUMBER);
        count = block[IMUH_LOG_AT_COUNT];
        if (first + count <= reader->next) {
            continue;
        }
        at = first > reader->next ? 0u : reader->next - first;
        if (first + at >= reader->end) {
            reader->next = reader->end;
            return false;
        }
        sample->bytes = block + IMUH_LOG_AT_SAMPLES + (size_t)at * IMUH_SAMPLE_BYTES;
        sample->number = first + at;
        sample->time_us = imuh_get_u64(block + IMUH_LOG_AT_TIME);
        if (at > 0u) {
            sample->time_us += (uint64_t)imuh_get_u32(block + IMUH_LOG_AT_SPAN) * at / (count - 1u);
        }
        reader->next = first + at + 1u;
        return true;
    }
    return false;
}
