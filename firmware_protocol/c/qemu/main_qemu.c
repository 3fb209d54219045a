/* SPDX-License-Identifier: MIT */
/* The vectors on a Cortex-M4. scripts.h is made by tests/firmware/test_core_on_target.py. */
#include <stdint.h>

#include "scripts.h"
#include "session.h"

void semihost_write(const char *text);
int main(void);

static void tell(void *user, const char *name, const uint8_t *bytes, uint16_t length)
{
    static const char digits[] = "0123456789abcdef";
    static char line[2048];
    uint16_t at = 0u;
    uint16_t i;
    (void)user;
    while (*name != '\0') {
        line[at++] = *name++;
    }
    line[at++] = ' ';
    for (i = 0u; i < length; i++) {
        line[at++] = digits[bytes[i] >> 4];
        line[at++] = digits[bytes[i] & 15u];
    }
    line[at++] = '\n';
    line[at] = '\0';
    semihost_write(line);
}

int main(void)
{
    uint32_t i;
    for (i = 0u; i < SCRIPTS; i++) {
        session_run(script_bytes + script_begins[i], script_begins[i + 1u] - script_begins[i], tell, 0);
        semihost_write("end\n");
    }
    return 0;
}
