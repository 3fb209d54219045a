/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes are a script. Nothing may crash, leave its bounds, or send more than the link carries. */
#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(void *user, const char *name, const uint8_t *bytes, uint16_t length)
{
    volatile uint8_t sink = 0u;
    uint16_t i;
    (void)user;
    (void)name;
    for (i = 0u; i < length; i++) {
        sink = (uint8_t)(sink ^ bytes[i]); /* every byte told is initialised and readable */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    session_run(data, size, tell, NULL);
    return 0;
}
