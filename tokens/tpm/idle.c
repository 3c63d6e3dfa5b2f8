/*
 * tokens/tpm/idle.c: let go of the TPM when nobody needs it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "tokens/gate.h"
#include "tokens/tpm/device_priv.h"

#define EXCLUSIVE_IDLE_MS 200
#define SHARED_IDLE_MS 30000
#define TURN_MS 2000 /* then others have theirs */

int64_t
tpm_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Flush what is ours, and disconnect. Needs no cryptography: also done while the application ends. */
void
tpm_let_go(struct tpm *tpm)
{
	if (!tpm->line.open)
		return;
	if (tpm->line.broken)
		tpm->leftovers = true;
	line_close(&tpm->line);
	if (tpm->sys != NULL)
		Tss2_Sys_Finalize(tpm->sys);
	tpm->sys = NULL;
	secret_wipe(&tpm->context);
	tpm_session_forget(&tpm->hmac);
	tpm_session_forget(&tpm->policy);
	memset(&tpm->srk, 0, sizeof(tpm->srk));
	tpm->loaded_count = 0;
	tpm->plain = false;
}

static int64_t
idle_until(const struct tpm *tpm)
{
	return tpm->used_at + (tpm->line.exclusive ? EXCLUSIVE_IDLE_MS : SHARED_IDLE_MS);
}

static void
sleep_until(struct tpm *tpm, int64_t when)
{
	const struct timespec until = { (time_t)(when / 1000), (long)(when % 1000 * 1000000) };

	(void)pthread_cond_timedwait(&tpm->changed, &tpm->lock, &until);
}

/* Ends when the connection does. */
static void *
watch(void *arg)
{
	struct tpm *tpm = arg;

	/* No fork while this uses libtss2. The gate comes before the lock. */
	(void)pthread_mutex_lock(&tpm->lock);
	while (tpm->line.open && !tpm->closing) {
		if (tpm_now_ms() < idle_until(tpm)) {
			sleep_until(tpm, idle_until(tpm));
			continue;
		}
		(void)pthread_mutex_unlock(&tpm->lock);
		gate_enter();
		if (pthread_mutex_trylock(&tpm->lock) == 0) { /* else somebody needs it */
			if (!tpm->closing && tpm_now_ms() >= idle_until(tpm))
				tpm_let_go(tpm);
			(void)pthread_mutex_unlock(&tpm->lock);
		}
		gate_leave();
		(void)pthread_mutex_lock(&tpm->lock);
	}
	tpm->thread_ended = true;
	(void)pthread_mutex_unlock(&tpm->lock);
	return NULL;
}

/* With the lock: a thread that has ended only has to return. */
void
tpm_watch_idle(struct tpm *tpm)
{
	sigset_t all, before;

	if (tpm->no_threads || (tpm->thread_made && !tpm->thread_ended))
		return;
	if (tpm->thread_made)
		(void)pthread_join(tpm->thread, NULL);
	tpm->thread_ended = false;
	/* The application's signals are for its own threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	tpm->thread_made = pthread_create(&tpm->thread, NULL, watch, tpm) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
tpm_end_of_job(struct tpm *tpm)
{
	const int64_t now = tpm_now_ms();

	tpm->used_at = now;
	if (!tpm->line.open)
		return;
	tpm_flush_strays(tpm);
	if (!tpm->thread_made || (tpm->line.exclusive && now - tpm->connected_at >= TURN_MS))
		tpm_let_go(tpm);
}

void
tpm_idle_join(struct tpm *tpm)
{
	(void)pthread_cond_signal(&tpm->changed);
	if (tpm->thread_made)
		(void)pthread_join(tpm->thread, NULL);
	tpm->thread_made = false;
}
