/*
 * The gate that a fork closes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of waiting; held over a fork */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_uint inside; /* threads; also those that will see that the gate closes, and step back */
static atomic_bool closing;
static bool watching;        /* else there is no gate */
static pthread_key_t depths; /* how often a thread is inside; leak checkers can't bear _Thread_local here */

static uintptr_t
depth(void)
{
	return (uintptr_t)pthread_getspecific(depths);
}

/* Before the fork, in the thread that forks. */
static void
close_gate(void)
{
	const unsigned own = depth() > 0 ? 1 : 0;
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += GATE_WAIT_S;
	(void)pthread_mutex_lock(&lock);
	atomic_store(&closing, true);
	while (atomic_load(&inside) > own && pthread_cond_timedwait(&changed, &lock, &until) != ETIMEDOUT)
		;
}

static void
open_gate(void)
{
	atomic_store(&closing, false);
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
}

/* Of the parent's threads only this one is here: those that waited or were inside are no more. */
static void
open_in_child(void)
{
	changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	atomic_store(&inside, depth() > 0 ? 1 : 0);
	open_gate();
}

static void
watch_forks(void)
{
	watching = pthread_key_create(&depths, NULL) == 0 && pthread_atfork(close_gate, open_gate, open_in_child) == 0;
}

/* One more or one less; how often it was before. */
static uintptr_t
step(intptr_t by)
{
	const uintptr_t before = depth();

	(void)pthread_setspecific(depths, (void *)(before + (uintptr_t)by));
	return before;
}

/* The fork may have waited for this thread alone. */
static void
step_out(void)
{
	atomic_fetch_sub(&inside, 1);
	if (!atomic_load(&closing))
		return;
	(void)pthread_mutex_lock(&lock);
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
}

static void
wait_for_fork(void)
{
	(void)pthread_mutex_lock(&lock);
	while (atomic_load(&closing))
		(void)pthread_cond_wait(&changed, &lock);
	(void)pthread_mutex_unlock(&lock);
}

void
gate_enter(void)
{
	(void)pthread_once(&once, watch_forks);
	if (!watching || step(1) > 0)
		return;
	for (;;) {
		/* First in, then look: so either this thread sees that the gate closes, or the fork sees it. */
		atomic_fetch_add(&inside, 1);
		if (!atomic_load(&closing))
			return;
		step_out();
		wait_for_fork();
	}
}

void
gate_leave(void)
{
	if (watching && step(-1) == 1)
		step_out();
}
