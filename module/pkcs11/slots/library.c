/*
 * library.c: C_Initialize, C_Finalize and fork.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/library.h"

#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>

#include "module/pkcs11/shell/rv.h"
#include "module/pkcs11/slots/session.h"
#include "module/pkcs11/shell/trace.h"

static atomic_uint forks;
static _Atomic(struct library *) current;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;
static bool watching;

/* Whoever compares the numbers later sees the fork; no call is under way then (tokens/gate.h). */
static void
count_fork(void)
{
	atomic_fetch_add(&forks, 1);
}

static void
watch_forks(void)
{
	watching = pthread_atfork(NULL, NULL, count_fork) == 0;
}

unsigned
library_forks(void)
{
	return atomic_load(&forks);
}

/* After OPENSSL_cleanup nothing of OpenSSL may be used any more. */
static bool
openssl_is_gone(void)
{
	return OPENSSL_init_crypto(0, NULL) == 0;
}

static OSSL_LIB_CTX *
new_libctx(void)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	if (ctx != NULL && OSSL_PROVIDER_load(ctx, "default") == NULL) {
		OSSL_LIB_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

/* A lock that many readers at a time, one after another, cannot keep from a writer. Nobody takes it twice. */
static bool
new_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;
	bool good;

	if (pthread_rwlockattr_init(&attr) != 0)
		return false;
	good = pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0 &&
		pthread_rwlock_init(lock, &attr) == 0;
	pthread_rwlockattr_destroy(&attr);
	return good;
}

/* A condition whose waits are not upset by somebody who sets the clock. */
static bool
new_clock(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	bool good;

	if (pthread_condattr_init(&attr) != 0)
		return false;
	good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(cond, &attr) == 0;
	pthread_condattr_destroy(&attr);
	return good;
}

static void
library_free(struct library *lib)
{
	pthread_cond_destroy(&lib->finalized);
	pthread_mutex_destroy(&lib->rest);
	pthread_mutex_destroy(&lib->refresh);
	pthread_rwlock_destroy(&lib->table);
	pthread_rwlock_destroy(&lib->life);
	free(lib);
}

static struct library *
library_new(struct library *inherited)
{
	struct library *lib = calloc(1, sizeof(*lib));

	if (lib == NULL)
		return NULL;
	lib->fork = library_forks();
	lib->inherited = inherited;
	if (!new_lock(&lib->life))
		goto no_life;
	if (!new_lock(&lib->table))
		goto no_table;
	if (pthread_mutex_init(&lib->refresh, NULL) != 0)
		goto no_refresh;
	if (pthread_mutex_init(&lib->rest, NULL) != 0)
		goto no_rest;
	if (!new_clock(&lib->finalized))
		goto no_clock;
	return lib;
no_clock:
	pthread_mutex_destroy(&lib->rest);
no_rest:
	pthread_mutex_destroy(&lib->refresh);
no_refresh:
	pthread_rwlock_destroy(&lib->table);
no_table:
	pthread_rwlock_destroy(&lib->life);
no_life:
	free(lib);
	return NULL;
}

/* This process's library: made by the first thread that needs it. In a forked child the
 * parent's is left as it is, for its locks may be held by threads that are no more. */
static struct library *
library_of_process(void)
{
	struct library *lib = atomic_load(&current);
	struct library *fresh;

	if (lib != NULL && lib->fork == library_forks())
		return lib;
	fresh = library_new(lib);
	if (fresh == NULL)
		return NULL;
	if (atomic_compare_exchange_strong(&current, &lib, fresh))
		return fresh;
	library_free(fresh);
	return lib;
}

CK_RV
library_enter(struct library **library)
{
	struct library *lib = atomic_load(&current);

	*library = NULL;
	if (lib == NULL || lib->fork != library_forks() || openssl_is_gone())
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	pthread_rwlock_rdlock(&lib->life);
	if (!lib->initialised) {
		pthread_rwlock_unlock(&lib->life);
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	}
	*library = lib;
	return CKR_OK;
}

void
library_leave(struct library *library)
{
	if (library != NULL)
		pthread_rwlock_unlock(&library->life);
}

/* Our own locks come from the system: an application that only offers its own is refused. */
static CK_RV
check_args(const CK_C_INITIALIZE_ARGS *args)
{
	int given;

	if (args == NULL)
		return CKR_OK;
	if (args->pReserved != NULL)
		return CKR_ARGUMENTS_BAD;
	given = (args->CreateMutex != NULL) + (args->DestroyMutex != NULL) + (args->LockMutex != NULL) +
		(args->UnlockMutex != NULL);
	if (given != 0 && given != 4)
		return CKR_ARGUMENTS_BAD;
	if (given == 4 && (args->flags & CKF_OS_LOCKING_OK) == 0)
		return CKR_CANT_LOCK;
	return CKR_OK;
}

/* Once in a forked child, before anything of tokens/ is used: forget the parent's arena and files. */
static void
forget_parent(struct library *lib)
{
	if (lib->inherited == NULL || lib->parent_forgotten)
		return;
	arena_after_fork();
	if (lib->inherited->env != NULL)
		token_env_abandon(lib->inherited->env);
	lib->inherited->env = NULL;
	lib->parent_forgotten = true;
}

static CK_RV
start(struct library *lib, const CK_C_INITIALIZE_ARGS *args)
{
	struct token_config config = { 0 };
	enum token_result res;
	char why[200] = "";

	if (lib->libctx == NULL)
		lib->libctx = new_libctx();
	if (lib->libctx == NULL || (lib->mdoc == NULL && mdoc_context_new(lib->libctx, &lib->mdoc) != MDOC_OK))
		return CKR_HOST_MEMORY;
	res = token_config_load(&config, why, sizeof(why));
	if (res == TOKEN_ERR_ARG)
		trace_fault("configuration: %s", why);
	config.no_threads = args != NULL && (args->flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS) != 0;
	if (res == TOKEN_OK || res == TOKEN_ERR_ARG)
		res = token_env_new(&config, lib->libctx, &lib->env);
	token_config_clear(&config);
	return rv_from_token(res);
}

CK_RV
library_initialize(const CK_C_INITIALIZE_ARGS *args)
{
	struct library *lib;
	CK_RV rv;

	rv = check_args(args);
	if (rv != CKR_OK)
		return rv;
	pthread_once(&watch_once, watch_forks);
	if (!watching || openssl_is_gone())
		return CKR_GENERAL_ERROR;
	if (library_enter(&lib) == CKR_OK) { /* nobody's calls are waited for, or have to wait */
		library_leave(lib);
		return CKR_CRYPTOKI_ALREADY_INITIALIZED;
	}
	lib = library_of_process();
	if (lib == NULL)
		return CKR_HOST_MEMORY;
	pthread_rwlock_wrlock(&lib->life);
	if (lib->initialised) {
		rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;
		goto out;
	}
	trace_open();
	forget_parent(lib);
	rv = start(lib, args);
	lib->initialised = rv == CKR_OK;
	lib->starts++;
out:
	pthread_rwlock_unlock(&lib->life);
	return rv;
}

CK_RV
library_finalize(void *reserved)
{
	struct library *lib = atomic_load(&current);
	CK_RV rv = CKR_OK;
	bool gone;

	if (lib == NULL || lib->fork != library_forks())
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	gone = openssl_is_gone();
	pthread_rwlock_wrlock(&lib->life);
	if (!lib->initialised)
		rv = CKR_CRYPTOKI_NOT_INITIALIZED;
	else if (reserved != NULL)
		rv = CKR_ARGUMENTS_BAD;
	if (rv != CKR_OK)
		goto out;
	session_table_free(lib, gone);
	slot_table_free(lib, gone);
	if (gone)
		token_env_abandon(lib->env);
	else
		token_env_free(lib->env);
	lib->env = NULL;
	lib->listed = false;
	lib->initialised = false;
	pthread_mutex_lock(&lib->rest);
	pthread_cond_broadcast(&lib->finalized);
	pthread_mutex_unlock(&lib->rest);
out:
	pthread_rwlock_unlock(&lib->life);
	return rv;
}

void
library_rest(struct library *lib, unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lib->rest);
	(void)pthread_cond_timedwait(&lib->finalized, &lib->rest, &until);
	pthread_mutex_unlock(&lib->rest);
}

OSSL_LIB_CTX *
library_libctx(void)
{
	return atomic_load(&current)->libctx;
}

const struct mdoc_context *
library_mdoc(void)
{
	return atomic_load(&current)->mdoc;
}

CK_RV
library_random(CK_BYTE *out, CK_ULONG len)
{
	if (out == NULL && len != 0)
		return CKR_ARGUMENTS_BAD;
	return len == 0 || RAND_bytes_ex(library_libctx(), out, len, 0) == 1 ? CKR_OK : CKR_DEVICE_ERROR;
}
