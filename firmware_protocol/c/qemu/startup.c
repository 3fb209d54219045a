/* SPDX-License-Identifier: MIT */
/* Vectors and reset of a bare Cortex-M4; what is printed goes out by semihosting. No C library is linked. */
#include <stddef.h>
#include <stdint.h>

extern uint32_t data_load[], data_begin[], data_end[], bss_begin[], bss_end[];

/* No function: the address where the stack begins, as the first entry of the vectors. */
void stack_end(void);

void reset_handler(void);
void fault_handler(void);
void abort(void);
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);
int main(void);
void semihost_write(const char *text);

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CPACR_FPU (15u << 20)

#define SYS_WRITE0 0x04
#define SYS_EXIT 0x18
#define EXIT_FINE 0x20026
#define EXIT_ERROR 0x20023

static void semihost(uint32_t operation, uint32_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void semihost_write(const char *text)
{
    semihost(SYS_WRITE0, (uint32_t)(uintptr_t)text);
}

void fault_handler(void)
{
    semihost_write("fault\n");
    semihost(SYS_EXIT, EXIT_ERROR);
    for (;;) {
    }
}

void abort(void)
{
    fault_handler();
    for (;;) {
    }
}

void *memcpy(void *to, const void *from, size_t length)
{
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;
    while (length-- > 0u) {
        *out++ = *in++;
    }
    return to;
}

void *memset(void *to, int value, size_t length)
{
    uint8_t *out = (uint8_t *)to;
    while (length-- > 0u) {
        *out++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *left = (const uint8_t *)a;
    const uint8_t *right = (const uint8_t *)b;
    for (; length > 0u; length--, left++, right++) {
        if (*left != *right) {
            return *left < *right ? -1 : 1;
        }
    }
    return 0;
}

void reset_handler(void)
{
    uint32_t *to;
    const uint32_t *from = data_load;
    CPACR |= CPACR_FPU;
    __asm__ volatile("dsb\n isb");
    for (to = data_begin; to < data_end; to++) {
        *to = *from++;
    }
    for (to = bss_begin; to < bss_end; to++) {
        *to = 0u;
    }
    semihost(SYS_EXIT, main() == 0 ? EXIT_FINE : EXIT_ERROR);
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    stack_end, reset_handler, fault_handler, fault_handler, fault_handler, fault_handler,
    fault_handler,             NULL,          NULL,          NULL,          NULL,          fault_handler,
    fault_handler,             NULL,          fault_handler, fault_handler,
};
