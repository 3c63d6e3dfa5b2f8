/*
 * tokens/tpm/device_priv.h: the inside of struct tpm, for its own files.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_DEVICE_PRIV_H
#define TOKENS_TPM_DEVICE_PRIV_H

#include <openssl/types.h>
#include <pthread.h>
#include <sys/types.h>

#include "tokens/tpm/device.h"
#include "tokens/tpm/kdf.h"
#include "tokens/tpm/line.h"

#define TPM_HASH_LEN 32
#define TPM_LOADED_MAX 12

/* Algorithms and contexts that are kept: nothing is fetched for a command. */
struct tpm_crypto {
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	EVP_MAC *hmac;
	EVP_MAC_CTX *mac;
	EVP_CIPHER *cfb;
	EVP_CIPHER_CTX *cipher;
};

struct tpm_session {
	TPMI_SH_AUTH_SESSION handle; /* 0: not started */
	bool policy;
	bool used; /* its policy may be not empty */
	TPM2B_NONCE nonce_tpm, nonce_caller;
	struct secret key;
};

struct tpm_loaded {
	struct tpm_ref ref;
	uint64_t used; /* tick of its last use */
};

struct tpm {
	const struct seal_ctx *seal;
	char *tcti, *owner_auth_file; /* NULL: see tpm_options */
	bool no_threads;
	pid_t pid;

	pthread_mutex_t lock; /* of all that follows; held during a job */
	pthread_cond_t changed;
	struct tpm_crypto crypto;
	struct line line;
	struct secret context; /* where SAPI works; plaintext of answers is there until the job ends */
	TSS2_SYS_CONTEXT *sys;
	bool plain;     /* there is some */
	bool lost;      /* what was in the TPM is gone, or the line broke */
	bool leftovers; /* the line broke: we may have left something in the TPM */
	struct tpm_session hmac, policy;
	struct tpm_ref srk; /* handle 0: not looked for */
	TPM2B_PUBLIC srk_public;
	struct tpm_loaded loaded[TPM_LOADED_MAX];
	size_t loaded_count;
	uint64_t ticks;

	/* Letting go, in milliseconds of the monotonic clock. */
	int64_t connected_at, used_at;
	int64_t silent_until; /* a TPM that did not answer is not asked before that */
	pthread_t thread;
	bool thread_made, thread_ended, closing;
};

/* crypto.c. False: OpenSSL failed. */
bool tpm_crypto_new(const struct seal_ctx *seal, struct tpm_crypto *crypto);
void tpm_crypto_free(struct tpm_crypto *crypto);
bool tpm_sha256(struct tpm_crypto *crypto, const struct tpm_bytes *parts, size_t count, uint8_t digest[TPM_HASH_LEN]);
bool tpm_hmac(struct tpm_crypto *crypto, struct secret key, const struct tpm_bytes *parts, size_t count,
	uint8_t mac[TPM_HASH_LEN]);
bool tpm_cfb(struct tpm_crypto *crypto, struct secret key_iv, bool encrypt, const uint8_t *in, uint8_t *out,
	size_t len);

/* session.c: one more session, salted with that key; to be flushed and forgotten by the caller. */
TSS2_RC tpm_session_start(struct tpm *tpm, TPM2_SE type, TPM2_HANDLE salt_key, const TPMT_PUBLIC *salt_public,
	struct tpm_session *session);
void tpm_session_forget(struct tpm_session *session);

/* srk.c: of a public area just read. */
TSS2_RC tpm_srk_find(struct tpm *tpm);

/* objects.c: the line's room function; arg: struct tpm */
bool tpm_make_room(void *arg, TSS2_RC code, const uint8_t *command, size_t len);

void tpm_flush_strays(struct tpm *tpm); /* what a job has left behind */

/* execute.c: what an answer's code says of what we have in the TPM. */
void tpm_note_failure(struct tpm *tpm, TSS2_RC rc);

/* idle.c: with the lock. */
int64_t tpm_now_ms(void);
void tpm_let_go(struct tpm *tpm);
void tpm_watch_idle(struct tpm *tpm); /* after a connect */
void tpm_end_of_job(struct tpm *tpm);
void tpm_idle_join(struct tpm *tpm); /* without the lock; closing is set */

#endif
