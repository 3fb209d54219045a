/* SPDX-License-Identifier: MIT */
/* Scripts from standard input, each a u32 length and its bytes; what the clip did to standard output. */
#include <stdio.h>
#include <stdlib.h>

#include "imuh_bytes.h"
#include "session.h"

static void tell(void *user, const char *name, const uint8_t *bytes, uint16_t length)
{
    uint16_t i;
    (void)user;
    printf("%s ", name);
    for (i = 0u; i < length; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
}

int main(void)
{
    uint8_t head[4];
    while (fread(head, 1u, 4u, stdin) == 4u) {
        const uint32_t length = imuh_get_u32(head);
        uint8_t *script = (uint8_t *)malloc(length > 0u ? length : 1u);
        if (script == NULL || fread(script, 1u, length, stdin) != length) {
            free(script);
            return 1;
        }
        session_run(script, length, tell, NULL);
        printf("end\n");
        free(script);
    }
    return 0;
}
