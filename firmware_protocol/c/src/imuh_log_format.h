/* SPDX-License-Identifier: MIT */
/*
 * A block in flash, little endian. A record's sectors hold its blocks 0, 1, 2 ... in order; any free sector may be next.
 * Block 0 is the head; its last word, outside the CRC-32, is programmed to 0 when the record is deleted.
 *
 *   0 u32 magic   4 u16 record  6 u16 boot   8 u32 block   12 u32 number of the first sample   16 u64 its time, us
 *  24 u32 time from the first to the last, us   28 u8 samples   29 u8 kind   30 u8 flags   31 reserved
 *  32 samples, 12 bytes each (head: u32 sequence, u64 unix_ms, config)   504 u32 CRC-32 of 0..503   508 u32 deleted
 */
#ifndef IMUH_LOG_FORMAT_H
#define IMUH_LOG_FORMAT_H

#include "imuh_log.h"

#define IMUH_LOG_MAGIC 0x31424849u /* "IHB1" */
#define IMUH_LOG_AT_MAGIC 0u
#define IMUH_LOG_AT_RECORD 4u
#define IMUH_LOG_AT_BOOT 6u
#define IMUH_LOG_AT_BLOCK 8u
#define IMUH_LOG_AT_NUMBER 12u
#define IMUH_LOG_AT_TIME 16u
#define IMUH_LOG_AT_SPAN 24u
#define IMUH_LOG_AT_COUNT 28u
#define IMUH_LOG_AT_KIND 29u
#define IMUH_LOG_AT_FLAGS 30u
#define IMUH_LOG_AT_SAMPLES 32u
#define IMUH_LOG_AT_CRC 504u
#define IMUH_LOG_AT_DELETED 508u
#define IMUH_LOG_HEAD_SEQUENCE 0u
#define IMUH_LOG_HEAD_UNIX 4u
#define IMUH_LOG_HEAD_CONFIG 12u

#define IMUH_LOG_KIND_HEAD 1u
#define IMUH_LOG_KIND_SAMPLES 2u
#define IMUH_LOG_FLAG_COMPLETE 1u
/* Longer gaps begin a block; shorter ones are filled with -32768. */
#define IMUH_LOG_FILLED_MAX 4u

/* Owners of sectors that are no record. */
#define IMUH_LOG_FREE 0xFFu       /* erased */
#define IMUH_LOG_DIRTY 0xFEu      /* to be erased */
#define IMUH_LOG_DIRTY_HEAD 0xFDu /* to be erased after the others */
#define IMUH_LOG_BAD 0xFCu        /* does not erase */

#ifdef __cplusplus
extern "C" {
#endif

uint32_t imuh_log_blocks_per_sector(const struct imuh_log *log);
bool imuh_log_erase(struct imuh_log *log, uint16_t sector);
/* The sector of a part of a record; the number of sectors where there is none. */
uint16_t imuh_log_sector_of(const struct imuh_log *log, uint8_t record, uint32_t part);
/* Read a record's block into the buffer and check it. */
bool imuh_log_load(struct imuh_log *log, uint8_t record, uint32_t block);
/* Read a whole record: samples, CRC-32, flags. Returns false where it is none: no head, deleted, no samples. */
bool imuh_log_examine(struct imuh_log *log, uint8_t record);
/* The record is no more; its sectors are to be erased. */
void imuh_log_disown(struct imuh_log *log, uint8_t record);

#ifdef __cplusplus
}
#endif

#endif
