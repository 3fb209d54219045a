/* SPDX-License-Identifier: MIT */
/* What the files of imuh_clip share; not for glue. */
#ifndef IMUH_CLIP_INTERNAL_H
#define IMUH_CLIP_INTERNAL_H

#include "imuh_clip.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMUH_SECOND_US 1000000u
#define IMUH_SETTLING_US 200000u

/* imuh_clip.c */
void imuh_clip_pump(struct imuh_clip *clip);
void imuh_clip_event(struct imuh_clip *clip, uint8_t type, uint8_t value, uint64_t time_us);
uint8_t imuh_clip_capabilities(const struct imuh_clip *clip);
uint16_t imuh_clip_next_index(const struct imuh_clip *clip); /* 0 when not sampling */
void imuh_clip_saved(struct imuh_clip *clip);

/* imuh_clip_config.c */
bool imuh_clip_choose(const struct imuh_clip *clip, const struct imuh_configure *wanted, struct imuh_config *config);
void imuh_clip_default_config(struct imuh_clip *clip);
uint16_t imuh_clip_max_rate(const struct imuh_clip *clip);
void imuh_clip_ends(struct imuh_clip *clip); /* find the ends of scale of the configuration */

/* imuh_clip_control.c */
void imuh_clip_send_response(struct imuh_clip *clip);

/* imuh_clip_stream.c */
uint8_t imuh_clip_begin_stream(struct imuh_clip *clip, bool log);
void imuh_clip_end_stream(struct imuh_clip *clip, bool complete);
void imuh_clip_log_ended(struct imuh_clip *clip);
void imuh_clip_link_lost(struct imuh_clip *clip);
void imuh_clip_stream_poll(struct imuh_clip *clip, uint64_t now_us);

/* imuh_clip_live.c */
bool imuh_clip_live_flows(const struct imuh_clip *clip);
void imuh_clip_live_restart(struct imuh_clip *clip);
void imuh_clip_live_bound(struct imuh_clip *clip);
void imuh_clip_live_drop(struct imuh_clip *clip, uint32_t instants);
bool imuh_clip_live_waits(struct imuh_clip *clip);
bool imuh_clip_send_live(struct imuh_clip *clip); /* whether the radio took something */

/* imuh_clip_transfer.c */
void imuh_clip_transfer_refill(struct imuh_clip *clip, uint32_t first, uint32_t end);
void imuh_clip_transfer_record(struct imuh_clip *clip, const struct imuh_log_record *record, uint32_t first,
                               uint32_t count);
void imuh_clip_transfer_abort(struct imuh_clip *clip);
void imuh_clip_transfer_forget(struct imuh_clip *clip);
void imuh_clip_send_transfer(struct imuh_clip *clip);

#ifdef __cplusplus
}
#endif

#endif
