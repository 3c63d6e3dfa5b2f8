/*
 * library.h: the module as a whole: C_Initialize, C_Finalize, fork, and the locks at the top.
 *
 * Order of waiting, outermost first; nobody waits for an outer one while holding an inner one:
 *   library life (read during every call, write in C_Initialize and C_Finalize)
 *   -> claim of a session (session.h: one call at a time)
 *   -> refresh (the listing of slots) -> table (slots and sessions; short) -> slot (short) -> the token's own locks.
 * No lock but life is held over cryptography, key derivation or storage of another token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_LIBRARY_H
#define MODULE_LIBRARY_H

#include <p11-kit/pkcs11.h>
#include <openssl/types.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <mdoc/context.h>
#include "tokens/token.h"

struct slot;
struct session;

/* One for each process that called C_Initialize; a forked child makes its own and leaves the
 * parent's alone. Never freed, so that C_Finalize may come as late as it likes. */
struct library {
	unsigned fork;             /* library_forks() when it was made */
	struct library *inherited; /* what the parent had; kept reachable, never used */
	bool parent_forgotten;
	pthread_rwlock_t life;
	bool initialised;
	OSSL_LIB_CTX *libctx;      /* default provider only, no configuration; for the process's life */
	struct mdoc_context *mdoc; /* libmdoc's, for as long */
	struct token_env *env;
	unsigned starts;          /* how often it was initialised */
	pthread_mutex_t rest;     /* of `finalized` only, and held for nothing else */
	pthread_cond_t finalized; /* C_Finalize is coming */
	pthread_mutex_t refresh;  /* one listing of the slots at a time; guards the two below */
	bool listed;
	struct token_stamp stamp; /* of the listing that the table shows */
	pthread_rwlock_t table;   /* guards the rest */
	struct slot **slots;      /* in order of id; a slot lives until C_Finalize */
	size_t slot_count;
	struct session **sessions; /* in order of handle */
	size_t session_count;
	CK_SESSION_HANDLE last_session;
};

/* How often this process's line has forked since the module was loaded. */
unsigned library_forks(void);

/*
 * Take part in the library for one call: a read lock on its life.
 * CKR_CRYPTOKI_NOT_INITIALIZED also in a forked child and after OPENSSL_cleanup.
 */
CK_RV library_enter(struct library **library);
void library_leave(struct library *library);

/* C_Initialize and C_Finalize themselves. */
CK_RV library_initialize(const CK_C_INITIALIZE_ARGS *args);
CK_RV library_finalize(void *reserved);

/* Wait ms milliseconds, or until somebody calls C_Finalize; outside of any call. */
void library_rest(struct library *library, unsigned ms);

/* The library's OpenSSL context; only between library_enter() and library_leave(). */
OSSL_LIB_CTX *library_libctx(void);
const struct mdoc_context *library_mdoc(void);

/* Cryptographically strong random bytes from it. */
CK_RV library_random(CK_BYTE *out, CK_ULONG len);

#endif
