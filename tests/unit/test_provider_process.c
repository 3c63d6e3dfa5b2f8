/*
 * tests/unit/test_provider_process.c: threads, forks, and somebody else in the process who uses the module too.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/ossl_kit.h"

#define THREADS 8
#define ROUNDS 15

static EVP_PKEY *shared, *stated;
static const char *own_uri;
static atomic_int losses;
static atomic_bool over;

static void
run_threads(void *(*run)(void *))
{
	pthread_t threads[THREADS];
	int i;

	atomic_store(&losses, 0);
	for (i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, NULL), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&losses), 0);
}

static void *
sign_with_shared(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++)
		if (!provider_signs(shared, "SHA256", stated))
			atomic_fetch_add(&losses, 1);
	return NULL;
}

static void *
load_and_sign(void *arg)
{
	EVP_PKEY *key;
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		key = provider_key(provider_lib, own_uri, NULL);
		if (key == NULL || !provider_signs(key, "SHA256", stated))
			atomic_fetch_add(&losses, 1);
		EVP_PKEY_free(key);
	}
	return NULL;
}

/* Were it otherwise, a server with threads would mix its signatures, or fail under load. */
static void
threads(void)
{
	char uri[512];

	stated = provider_public("p256");
	snprintf(uri, sizeof(uri), "%s", provider_with_pin(PRIVATE("p256"), "pin", USER_PIN));
	own_uri = uri;
	provider_logout();
	run_threads(load_and_sign); /* who log in at once, too */
	shared = provider_need(PRIVATE("p256"));
	run_threads(sign_with_shared);
	EVP_PKEY_free(shared);
	EVP_PKEY_free(stated);
	ERR_clear_error();
}

static int
sign_in_child(void *arg)
{
	EVP_PKEY *key = arg;

	ERR_clear_error();
	if (!provider_signs(key, "SHA256", stated))
		return provider_error("") ? 1 : 2;
	return 0;
}

/* Were it otherwise, the workers of a web server could not sign, or would sign in their parent's name. */
static void
fork_with_pin_source(void)
{
	EVP_PKEY *key = provider_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	stated = provider_public("p256");
	for (i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(p11_fork(sign_in_child, key), 0);
		CU_ASSERT(provider_signs(key, "SHA256", stated));
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(stated);
	ERR_clear_error();
}

static int
fork_again(void *arg)
{
	int code = p11_fork(sign_in_child, arg);

	return code != 0 ? code : sign_in_child(arg);
}

/* Were it otherwise, what was configured would not reach workers, or their children. */
static void
fork_with_pin_file(void)
{
	char setting[256];
	OSSL_LIB_CTX *lib;
	EVP_PKEY *key;

	snprintf(setting, sizeof(setting), "pin-file = %s", provider_file("configured", USER_PIN "\n"));
	lib = provider_context(setting);
	provider_logout();
	key = provider_key(lib, PRIVATE("p256"), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	stated = provider_public("p256");
	CU_ASSERT_EQUAL(p11_fork(sign_in_child, key), 0);
	CU_ASSERT_EQUAL(p11_fork(fork_again, key), 0);
	CU_ASSERT(provider_signs(key, "SHA256", stated));
	EVP_PKEY_free(key);
	EVP_PKEY_free(stated);
	OSSL_LIB_CTX_free(lib);
	ERR_clear_error();
}

/* Were it otherwise, a PIN that was typed would be kept, and be at hand in every child. */
static void
fork_without_pin(void)
{
	EVP_PKEY *key;

	provider_logout();
	key = provider_need(PRIVATE("p256"));
	stated = provider_public("p256");
	CU_ASSERT_EQUAL(p11_fork(sign_in_child, key), 1);
	CU_ASSERT(provider_signs(key, "SHA256", stated));
	CU_ASSERT(!provider_wrong_pin_was_given());
	EVP_PKEY_free(key);
	EVP_PKEY_free(stated);
	ERR_clear_error();
}

static int
sign_often_in_child(void *arg)
{
	int i;

	ERR_clear_error();
	for (i = 0; i < 30; i++)
		if (provider_signs(arg, "SHA256", NULL) || !provider_error("PIN is wrong"))
			return 1;
	return 0;
}

/* Were it otherwise, each visitor of a web server with a wrong PIN would cost a try, and soon the token is locked. */
static void
fork_with_wrong_pin(void)
{
	EVP_PKEY *key = provider_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	(void)provider_file("pin", WRONG_PIN);
	CU_ASSERT_EQUAL(p11_fork(sign_often_in_child, key), 0);
	CU_ASSERT(provider_wrong_pin_was_given());
	CU_ASSERT((p11_token_flags(provider_slot) & CKF_USER_PIN_LOCKED) == 0);
	EVP_PKEY_free(key);
	provider_logout();
	key = provider_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
	CU_ASSERT_PTR_NOT_NULL(key);
	CU_ASSERT(!provider_wrong_pin_was_given());
	EVP_PKEY_free(key);
	ERR_clear_error();
}

static void *
sign_until_over(void *arg)
{
	(void)arg;
	while (!atomic_load(&over))
		if (!provider_signs(shared, "SHA256", stated))
			atomic_fetch_add(&losses, 1);
	return NULL;
}

/* Were it otherwise, a child of a busy server would hang for ever in a lock that nobody holds. */
static void
fork_while_others_sign(void)
{
	pthread_t workers[3];
	int i;

#ifdef __SANITIZE_ADDRESS__ /* whose allocator's own locks do not go with fork */
	return;
#endif
	shared = provider_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(shared);
	stated = provider_public("p256");
	atomic_store(&losses, 0);
	atomic_store(&over, false);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[i], NULL, sign_until_over, NULL), 0);
	for (i = 0; i < 12; i++)
		CU_ASSERT_EQUAL(p11_fork(sign_in_child, shared), 0);
	atomic_store(&over, true);
	for (i = 0; i < 3; i++)
		pthread_join(workers[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&losses), 0);
	EVP_PKEY_free(shared);
	EVP_PKEY_free(stated);
	ERR_clear_error();
}

/* Were it otherwise, a program that loads a provider when it needs one could do so once. */
static void
load_and_unload(void)
{
	OSSL_LIB_CTX *lib;
	EVP_PKEY *key;
	int i;

	stated = provider_public("p256");
	for (i = 0; i < 4; i++) {
		lib = provider_context("");
		CU_ASSERT_PTR_NOT_NULL_FATAL(lib);
		key = provider_key(lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(key);
		CU_ASSERT(provider_signs(key, "SHA256", stated));
		EVP_PKEY_free(key);
		OSSL_LIB_CTX_free(lib);
	}
	/* the default context too */
	CU_ASSERT(provider_configure(NULL, ""));
	key = provider_key(NULL, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
	CU_ASSERT_PTR_NOT_NULL(key);
	EVP_PKEY_free(key);
	EVP_PKEY_free(stated);
	ERR_clear_error();
}

static CK_RV
log_out(void)
{
	CK_SESSION_HANDLE session = p11_session(provider_slot);
	CK_RV rv = p11->C_Logout(session);

	return rv != CKR_OK ? rv : p11->C_CloseSession(session);
}

static CK_RV
close_all(void)
{
	return p11->C_CloseAllSessions(provider_slot);
}

static CK_RV
finalize(void)
{
	CK_RV rv = p11->C_Finalize(NULL);

	return rv != CKR_OK ? rv : p11->C_Initialize(NULL);
}

static CK_RV
finalize_for_good(void)
{
	return p11->C_Finalize(NULL);
}

/* Were it otherwise, a server would fail for good once another library in it has cleaned up after itself. */
static void
others_end_it(void)
{
	CK_RV (*const ends[])(void) = { log_out, close_all, finalize, finalize_for_good };
	EVP_PKEY *key, *typed;
	size_t i;
	CK_RV rv;

	stated = provider_public("p256");
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		key = provider_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(key);
		CU_ASSERT(provider_signs(key, "SHA256", stated));
		CU_ASSERT_EQUAL(ends[i](), CKR_OK);
		CU_ASSERT(provider_signs(key, "SHA256", stated));
		if (provider_error(""))
			fprintf(stderr, "after end %zu\n", i);
		EVP_PKEY_free(key);
		/* a search comes upon sessions that are no more; without a key nobody is logged in */
		(void)p11->C_Initialize(NULL);
		rv = ends[i]();
		CU_ASSERT(rv == CKR_OK || (i == 0 && rv == CKR_USER_NOT_LOGGED_IN));
		key = provider_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
		CU_ASSERT_PTR_NOT_NULL(key);
		EVP_PKEY_free(key);
		/* without a way to the PIN: an error, no try spent, and good again after the next login */
		(void)p11->C_Initialize(NULL);
		provider_logout();
		typed = provider_need(PRIVATE("p256"));
		CU_ASSERT(provider_signs(typed, "SHA256", stated));
		CU_ASSERT_EQUAL(ends[i](), CKR_OK);
		ERR_clear_error();
		CU_ASSERT(!provider_signs(typed, "SHA256", NULL));
		CU_ASSERT(provider_error("PIN"));
		(void)p11->C_Initialize(NULL);
		CU_ASSERT(!provider_wrong_pin_was_given());
		key = provider_need(PRIVATE("p384"));
		CU_ASSERT(provider_signs(typed, "SHA256", stated));
		EVP_PKEY_free(key);
		EVP_PKEY_free(typed);
		ERR_clear_error();
	}
	EVP_PKEY_free(stated);
}

/* Were it otherwise, a key that was erased would sign, or a new one in its place would sign in its name. */
static void
key_goes_away(void)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_LABEL, (void *)"brief", 5 } };
	static const char p256[] = "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE handle;
	CK_ULONG found = 0;
	EVP_PKEY *key, *old;

	provider_logout();
	provider_make(provider_slot, CKM_EC_KEY_PAIR_GEN, p256, "brief", 0x60, false);
	old = provider_public("brief");
	key = provider_need(PRIVATE("brief"));
	CU_ASSERT(provider_signs(key, "SHA256", old));
	session = p11_session(provider_slot);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, template, 2), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &handle, 1, &found), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(found, 1);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT(!provider_signs(key, "SHA256", NULL));
	CU_ASSERT(provider_error(""));
	EVP_PKEY_free(old);
	EVP_PKEY_free(key);
}

/* --- Keys that want the PIN for each use --------------------------------------------------------- */

static int
sign_without_terminal(void *arg)
{
	ERR_clear_error();
	if (setsid() < 0)
		return 3;
	return sign_in_child(arg);
}

static int
load_and_sign_without_terminal(void *arg)
{
	struct asker asker = { .pin = USER_PIN };
	EVP_PKEY *key;

	(void)arg;
	if (setsid() < 0)
		return 3;
	key = provider_key(provider_lib, PRIVATE("always"), &asker);
	return key == NULL ? 4 : sign_in_child(key);
}

/* Were it otherwise, one PIN would do for many signatures, or a key that cannot ask would spend the tries. */
static void
pin_for_each_use(void)
{
	EVP_PKEY *key;
	int i;

	stated = provider_public("always");
	key = provider_key(provider_lib, provider_with_pin(PRIVATE("always"), "pin", USER_PIN), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	for (i = 0; i < 3; i++)
		CU_ASSERT(provider_signs(key, "SHA256", stated));
	CU_ASSERT_EQUAL(p11_fork(sign_without_terminal, key), 0);
	/* a file is read for each signature: what was right once is not kept */
	(void)provider_file("pin", WRONG_PIN);
	ERR_clear_error();
	CU_ASSERT(!provider_signs(key, "SHA256", NULL));
	CU_ASSERT(provider_error("CKR_PIN_INCORRECT"));
	EVP_PKEY_free(key);
	key = provider_key(provider_lib, provider_with_pin(PRIVATE("always"), "pin", USER_PIN), NULL);
	CU_ASSERT(provider_signs(key, "SHA256", stated));
	CU_ASSERT(!provider_wrong_pin_was_given());
	EVP_PKEY_free(key);
	/* a PIN that was typed for the login does for no signature */
	CU_ASSERT_EQUAL(p11_fork(load_and_sign_without_terminal, NULL), 1);
	CU_ASSERT(!provider_wrong_pin_was_given());
	EVP_PKEY_free(stated);
	ERR_clear_error();
}

CU_TestInfo tests_provider_process[] = {
	{ "threads", threads },
	{ "a PIN for each use", pin_for_each_use },
	{ "fork with pin-source", fork_with_pin_source },
	{ "fork with pin-file", fork_with_pin_file },
	{ "fork without a PIN", fork_without_pin },
	{ "fork with a wrong PIN", fork_with_wrong_pin },
	{ "fork while others sign", fork_while_others_sign },
	{ "loaded and unloaded", load_and_unload },
	{ "others log out and finalize", others_end_it },
	{ "the key goes away", key_goes_away },
	CU_TEST_INFO_NULL,
};
