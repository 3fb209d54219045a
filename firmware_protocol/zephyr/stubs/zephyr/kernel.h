/* SPDX-License-Identifier: MIT */
/* A stub: only what the application names, to check that it compiles. See stubs/README.md. */
#ifndef STUB_KERNEL_H
#define STUB_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARG_UNUSED(x) (void)(x)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1UL << (n))
#define MIN(a, b) (((a) < (b)) ? (a) : (b))

typedef struct {
	int64_t ticks;
} k_timeout_t;
#define STUB_TIMEOUT(t) ((k_timeout_t){(int64_t)(t)})
#define K_NO_WAIT STUB_TIMEOUT(0)
#define K_FOREVER STUB_TIMEOUT(-1)
#define K_USEC(t) STUB_TIMEOUT(t)
#define K_MSEC(t) STUB_TIMEOUT(t)
#define K_SECONDS(t) STUB_TIMEOUT(t)
int32_t k_sleep(k_timeout_t timeout);
int64_t k_uptime_ticks(void);
uint64_t k_ticks_to_us_floor64(uint64_t t);

struct k_msgq {
	int used;
};
#define K_MSGQ_DEFINE(name, msg_size, max_msgs, align) struct k_msgq name
int k_msgq_put(struct k_msgq *msgq, const void *data, k_timeout_t timeout);
int k_msgq_get(struct k_msgq *msgq, void *data, k_timeout_t timeout);

struct k_spinlock {
	int held;
};
typedef struct {
	int key;
} k_spinlock_key_t;
k_spinlock_key_t k_spin_lock(struct k_spinlock *l);
void k_spin_unlock(struct k_spinlock *l, k_spinlock_key_t key);

struct k_work;
typedef void (*k_work_handler_t)(struct k_work *work);
struct k_work {
	k_work_handler_t handler;
};
struct k_work_delayable {
	struct k_work work;
};
void k_work_init(struct k_work *work, k_work_handler_t handler);
int k_work_submit(struct k_work *work);
void k_work_init_delayable(struct k_work_delayable *dwork, k_work_handler_t handler);
int k_work_reschedule(struct k_work_delayable *dwork, k_timeout_t delay);
int k_work_cancel_delayable(struct k_work_delayable *dwork);

#endif
