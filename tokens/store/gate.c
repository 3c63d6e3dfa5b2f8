/*
 * The gate that a fork closes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the next two; held over a fork */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned inside;
static bool closing;
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
	closing = true;
	while (inside > own && pthread_cond_timedwait(&changed, &lock, &until) != ETIMEDOUT)
		;
}

static void
open_gate(void)
{
	closing = false;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
}

/* Of the parent's threads only this one is here: those that waited or were inside are no more. */
static void
open_in_child(void)
{
	changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	inside = depth() > 0 ? 1 : 0;
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

void
gate_enter(void)
{
	(void)pthread_once(&once, watch_forks);
	if (!watching || step(1) > 0)
		return;
	(void)pthread_mutex_lock(&lock);
	while (closing)
		(void)pthread_cond_wait(&changed, &lock);
	inside++;
	(void)pthread_mutex_unlock(&lock);
}

void
gate_leave(void)
{
	if (!watching || step(-1) > 1)
		return;
	(void)pthread_mutex_lock(&lock);
	inside--;
	if (closing)
		(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
}
