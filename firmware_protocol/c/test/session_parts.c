/* SPDX-License-Identifier: MIT */
/* Single parts of the core: the parser, packets, the ring. */
#include <string.h>

#include "imuh_control.h"
#include "imuh_packet.h"
#include "imuh_ring.h"
#include "session_script.h"

void session_parse(struct script *script, session_tell tell, void *user)
{
    uint8_t bytes[256];
    uint8_t told[14];
    struct imuh_request request;
    const uint8_t capabilities = take8(script);
    const uint8_t length = take8(script);
    unsigned i;
    memset(told, 0, sizeof told);
    for (i = 0u; i < length; i++) {
        bytes[i] = take8(script);
    }
    told[0] = imuh_control_parse(bytes, length, capabilities, &request);
    told[1] = request.opcode;
    told[2] = request.tag;
    switch (told[0] == IMUH_STATUS_OK ? request.opcode : 0u) {
    case IMUH_OPCODE_IDENTIFY:
        told[3] = request.args.identify.pattern;
        told[4] = request.args.identify.seconds;
        break;
    case IMUH_OPCODE_CONFIGURE:
        imuh_put_u16(told + 3, request.args.configure.rate_hz);
        told[5] = request.args.configure.acc_range_g;
        imuh_put_u16(told + 6, request.args.configure.gyr_range_dps);
        told[8] = request.args.configure.batch_ms;
        break;
    case IMUH_OPCODE_START:
        told[3] = request.args.start_flags;
        break;
    case IMUH_OPCODE_PING:
        imuh_put_u32(told + 3, request.args.cookie);
        break;
    case IMUH_OPCODE_MARK:
        told[3] = request.args.mark_code;
        break;
    case IMUH_OPCODE_REFILL:
        imuh_put_u16(told + 3, request.args.refill.first_index);
        imuh_put_u16(told + 5, request.args.refill.count);
        break;
    case IMUH_OPCODE_SET_ROLE:
        told[3] = request.args.role;
        break;
    case IMUH_OPCODE_SET_TIME:
        imuh_put_u64(told + 3, request.args.unix_ms);
        break;
    case IMUH_OPCODE_RECORD_INFO:
        imuh_put_u16(told + 3, request.args.record_info.position);
        told[5] = request.args.record_info.page;
        break;
    case IMUH_OPCODE_RECORD_READ:
        imuh_put_u16(told + 3, request.args.record_read.record_id);
        imuh_put_u32(told + 5, request.args.record_read.first);
        imuh_put_u32(told + 9, request.args.record_read.count);
        break;
    case IMUH_OPCODE_RECORD_DELETE:
        imuh_put_u16(told + 3, request.args.record_delete.record_id);
        imuh_put_u32(told + 5, request.args.record_delete.crc32);
        break;
    default:
        break;
    }
    tell(user, "parsed", told, (uint16_t)sizeof told);
}

static struct imuh_packet packet;

void session_packets(struct script *script, session_tell tell, void *user)
{
    struct imuh_packet_settings settings;
    uint16_t count;
    settings.payload_bytes = take16(script);
    settings.samples_max = take16(script);
    settings.type = take8(script);
    settings.epoch = take8(script);
    imuh_packet_init(&packet, &settings);
    for (count = take16(script); count > 0u && script->left > 0u; count--) {
        const uint32_t index = take32(script);
        const uint32_t time_us = take32(script);
        const uint8_t flags = take8(script);
        uint8_t packed[IMUH_SAMPLE_BYTES];
        int16_t axes[6];
        uint8_t which;
        take_sample(script, axes, &which);
        imuh_sample_pack(packed, (which & 1u) != 0u ? axes : NULL, (which & 2u) != 0u ? axes + 3 : NULL, 32767u, 32767u);
        if (!imuh_packet_add(&packet, index, time_us, flags, packed)) {
            tell(user, "packet", packet.bytes, packet.length);
            imuh_packet_clear(&packet);
            (void)imuh_packet_add(&packet, index, time_us, flags, packed);
        }
    }
    if (packet.length > 0u) {
        tell(user, "packet", packet.bytes, packet.length);
    }
}

void session_ring(struct script *script, uint8_t *storage, session_tell tell, void *user)
{
    struct imuh_ring some;
    struct imuh_ring_sample found;
    uint8_t told[20];
    uint8_t packed[IMUH_SAMPLE_BYTES];
    uint32_t index;
    uint16_t count;
    const uint16_t capacity = take16(script);
    const uint32_t samples = capacity > SESSION_RING_SAMPLES ? SESSION_RING_SAMPLES : capacity;
    if (!imuh_ring_init(&some, storage, IMUH_RING_BYTES(samples))) {
        tell(user, "no_ring", NULL, 0u);
        return;
    }
    for (count = take16(script); count > 0u && script->left > 0u; count--) {
        const uint8_t op = take8(script);
        const uint32_t argument = take32(script);
        memset(told, 0, sizeof told);
        switch (op) {
        case 0u: /* put: values and time follow from the argument */
            imuh_put_u32(packed, argument);
            imuh_put_u32(packed + 4, ~argument);
            imuh_put_u32(packed + 8, argument ^ 0x55AA55AAu);
            imuh_ring_put(&some, packed, argument * 5000u, (argument & 1u) != 0u);
            break;
        case 1u:
            imuh_ring_skip(&some, argument);
            break;
        case 2u:
            if (imuh_ring_get(&some, argument, &found)) {
                told[0] = 1u;
                memcpy(told + 1, found.bytes, IMUH_SAMPLE_BYTES);
                imuh_put_u32(told + 13, found.time_us);
                told[17] = found.settling ? 1u : 0u;
            }
            tell(user, "got", told, 18u);
            break;
        default:
            if (imuh_ring_locate(&some, (uint16_t)(argument & 0xFFFFu), &index)) {
                told[0] = 1u;
                imuh_put_u32(told + 1, index);
            }
            tell(user, "located", told, 5u);
            break;
        }
    }
}
