/*
 * tokens/tpm/device.c: connect, do a job, and do it again when the connection or what was in the TPM is lost.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/device_priv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPTS 2
#define SILENCE_MS 10000

static bool
copy_string(const char *from, char **to)
{
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL;
}

static bool
make_locks(struct tpm *tpm)
{
	pthread_condattr_t attributes;
	bool made;

	if (pthread_condattr_init(&attributes) != 0)
		return false;
	made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
		pthread_cond_init(&tpm->changed, &attributes) == 0;
	(void)pthread_condattr_destroy(&attributes);
	if (made && pthread_mutex_init(&tpm->lock, NULL) != 0) {
		(void)pthread_cond_destroy(&tpm->changed);
		made = false;
	}
	return made;
}

static void
release(struct tpm *tpm)
{
	tpm_crypto_free(&tpm->crypto);
	free(tpm->tcti);
	free(tpm->owner_auth_file);
	free(tpm);
}

enum token_result
tpm_new(const struct seal_ctx *seal, const struct tpm_options *options, struct tpm **out)
{
	struct tpm *tpm;

	*out = NULL;
	tpm = calloc(1, sizeof(*tpm));
	if (tpm == NULL)
		return TOKEN_ERR_MEMORY;
	tpm->seal = seal;
	tpm->no_threads = options->no_threads;
	tpm->pid = getpid();
	line_begin(&tpm->line, tpm_make_room, tpm);
	if (!copy_string(options->tcti, &tpm->tcti) || !copy_string(options->owner_auth_file, &tpm->owner_auth_file))
		goto out;
	if (!make_locks(tpm))
		goto out;
	*out = tpm;
	return TOKEN_OK;
out:
	release(tpm);
	return TOKEN_ERR_MEMORY;
}

void
tpm_free(struct tpm *tpm)
{
	/* A child has the parent's connection and, it may be, a lock that nobody will ever release. */
	if (tpm == NULL || tpm->pid != getpid())
		return;
	(void)pthread_mutex_lock(&tpm->lock);
	tpm->closing = true;
	tpm_let_go(tpm);
	(void)pthread_mutex_unlock(&tpm->lock);
	tpm_idle_join(tpm);
	(void)pthread_mutex_destroy(&tpm->lock);
	(void)pthread_cond_destroy(&tpm->changed);
	release(tpm);
}

static enum token_result
start_sapi(struct tpm *tpm)
{
	TSS2_ABI_VERSION version = TSS2_ABI_VERSION_CURRENT;
	TSS2_SYS_CONTEXT *sys;

	sys = (TSS2_SYS_CONTEXT *)(void *)tpm->context.ptr;
	if (Tss2_Sys_Initialize(sys, tpm->context.len, (TSS2_TCTI_CONTEXT *)(void *)&tpm->line.tcti, &version) !=
		TSS2_RC_SUCCESS)
		return TOKEN_ERR_DEVICE;
	tpm->sys = sys;
	return TOKEN_OK;
}

static enum token_result
connect_tpm(struct tpm *tpm)
{
	enum token_result res;

	if (tpm->sys != NULL)
		return TOKEN_OK;
	/* Kept from then on; most applications never need it. */
	if (tpm->crypto.cipher == NULL && !tpm_crypto_new(tpm->seal, &tpm->crypto)) {
		tpm_crypto_free(&tpm->crypto);
		return TOKEN_ERR_CRYPTO;
	}
	res = line_open(&tpm->line, tpm->tcti);
	if (res != TOKEN_OK)
		return res;
	if (!secret_alloc(Tss2_Sys_GetContextSize(0), &tpm->context))
		res = TOKEN_ERR_MEMORY;
	else
		res = start_sapi(tpm);
	if (res != TOKEN_OK) {
		secret_wipe(&tpm->context);
		line_close(&tpm->line);
		return res;
	}
	if (tpm->leftovers)
		(void)line_sweep(&tpm->line);
	tpm->leftovers = false;
	tpm->connected_at = tpm->used_at = tpm_now_ms();
	tpm_watch_idle(tpm);
	return TOKEN_OK;
}

/* An unsealed secret must not wait in SAPI's buffer for the next command. */
static void
clean_up(struct tpm *tpm)
{
	if (!tpm->plain || tpm->sys == NULL)
		return;
	tpm->plain = false;
	OPENSSL_cleanse(tpm->context.ptr, tpm->context.len);
	tpm->sys = NULL;
	if (start_sapi(tpm) != TOKEN_OK)
		tpm->lost = true;
}

void
tpm_distrust(struct tpm *tpm)
{
	tpm->lost = true;
}

/* Whoever asks several things in a row waits once. */
static void
remember_silence(struct tpm *tpm)
{
	const int64_t pause = tpm->line.patience_ms < SILENCE_MS ? tpm->line.patience_ms : SILENCE_MS;

	tpm->silent_until = tpm_now_ms() + pause;
}

enum token_result
tpm_do(struct tpm *tpm, tpm_job *job, void *arg)
{
	enum token_result res = TOKEN_ERR_DEVICE;
	unsigned attempt;

	if (tpm->pid != getpid())
		return TOKEN_ERR_DEVICE;
	(void)pthread_mutex_lock(&tpm->lock);
	for (attempt = 0; attempt < ATTEMPTS && tpm_now_ms() >= tpm->silent_until; attempt++) {
		res = connect_tpm(tpm);
		if (res != TOKEN_OK)
			break;
		tpm->lost = false;
		res = job(tpm, arg);
		clean_up(tpm);
		if (!tpm->lost && !tpm->line.broken)
			break;
		tpm_let_go(tpm);
		if (tpm->line.silent)
			remember_silence(tpm);
		if (res == TOKEN_OK)
			break;
	}
	tpm_end_of_job(tpm);
	(void)pthread_mutex_unlock(&tpm->lock);
	return res;
}

TSS2_SYS_CONTEXT *
tpm_sys(struct tpm *tpm)
{
	return tpm->sys;
}

const struct seal_ctx *
tpm_seal(const struct tpm *tpm)
{
	return tpm->seal;
}

uint64_t
tpm_command_count(const struct tpm *tpm)
{
	return atomic_load_explicit(&tpm->line.commands, memory_order_relaxed);
}
