/*
 * tests/unit/test_tpm_guard_object.c: other ways to open an area. A TPM without PIN indices would be of no use, or its
 * PIN no PIN, if the first of these failed; an area whose PIN is disabled would be lost without the second; and an area
 * that was emptied would still open with what it held before without the third.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/swtpm.h"
#include "tests/unit/tpm_guard_kit.h"
#include "tokens/tpm/sealed.h"

static const struct guard_setup object = { .place = TOKEN_TPM_PIN_OBJECT };
static const struct guard_setup object_srk = { .place = TOKEN_TPM_PIN_OBJECT, .persistent = true };

/* The TPM's lockout counts, for everybody: swtpm's is 3 tries. */
static void
object_pin(const struct guard_setup *setup)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, setup));
	CU_ASSERT_TRUE(tpm_guard.shares_lockout(w.area));
	CU_ASSERT_EQUAL(guard_handles(&w, TPM2_NV_INDEX_FIRST), w.indices + 1); /* the counter */
	CU_ASSERT_EQUAL(guard_left(&w), UINT32_MAX); /* nothing has failed: none is missing */
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(w.user_wrap.ptr);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1235"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_property(&w, TPM2_PT_LOCKOUT_COUNTER), 1);
	CU_ASSERT_EQUAL(guard_left(&w), 2);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_USER, "5678"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "5678"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN);
	CU_ASSERT_TRUE(guard_so_sets(&w, "2468"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "2468"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "5678"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "2468"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_left(&w), 0);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK); /* its object is not under the lockout */
	guard_end(&w);
}

static void
test_object_pin(void)
{
	object_pin(&object);
	object_pin(&object_srk);
}

/* ---- The authenticator ------------------------------------------------------------------- */

static enum token_result
open_job(struct tpm *tpm, void *arg)
{
	struct guard_world *w = arg;
	struct tpm_auth by = { .session = NULL };
	struct secret area_key = SECRET_NONE;
	struct tpm_ref key;
	enum token_result res;

	if (tpm_policy_session(tpm, &by.session) != TSS2_RC_SUCCESS)
		return TOKEN_ERR_DEVICE;
	res = tpm_guard_authorise(guard_of(w), tpm, w->auth, by.session);
	if (res != TOKEN_OK)
		return res;
	if (tpm_object(tpm, &guard_of(w)->key, &key) != TSS2_RC_SUCCESS ||
		tpm_unseal(tpm, &key, by, &area_key) != TSS2_RC_SUCCESS)
		return TOKEN_ERR_DEVICE;
	CU_ASSERT_TRUE(secret_equal(area_key, w->area_key));
	secret_wipe(&area_key);
	return TOKEN_OK;
}

/* What keys do, with the auth of whoever is logged in. */
static enum token_result
use(struct guard_world *w)
{
	return tpm_do(w->env.tpm, open_job, w);
}

static void
authenticator(enum token_tpm_pin place)
{
	const struct guard_setup setup = { .place = place, .authenticator = "a long secret of a device" };
	const bool index = place == TOKEN_TPM_PIN_INDEX;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &setup));
	/* While there is no PIN at all. */
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_AUTHENTICATOR, setup.authenticator), TOKEN_OK);
	CU_ASSERT_EQUAL(use(&w), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_AUTHENTICATOR, "1234"), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_AUTHENTICATOR, BACKEND_AUTHENTICATOR, "1"), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_AUTHENTICATOR, "1234"), TOKEN_ERR_PIN);
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(use(&w), TOKEN_ERR_NOT_LOGGED_IN); /* the SO's auth opens no key */
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(use(&w), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_AUTHENTICATOR, BACKEND_USER, "1234"), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_AUTHENTICATOR, BACKEND_SO, "another device"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_AUTHENTICATOR, "another device"), TOKEN_OK);
	CU_ASSERT_EQUAL(use(&w), TOKEN_OK);
	if (index) { /* its wrong tries are its own */
		for (unsigned i = 0; i < GUARD_LIMIT; i++)
			CU_ASSERT_EQUAL(guard_login(&w, BACKEND_AUTHENTICATOR, "x"), TOKEN_ERR_PIN);
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_AUTHENTICATOR, "another device"), TOKEN_ERR_PIN_LOCKED);
		CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	}
	guard_end(&w);
}

static void
test_authenticator(void)
{
	authenticator(TOKEN_TPM_PIN_INDEX);
	authenticator(TOKEN_TPM_PIN_OBJECT);
}

/* ---- An area that is emptied ------------------------------------------------------------- */

static void
remake(enum token_tpm_pin place)
{
	const struct guard_setup setup = { .place = place };
	struct guard_world w;
	struct guard_made made = { .data = { NULL, 0 } }, old;
	struct secret so_pin = guard_pin_of(GUARD_SO_CODE);
	unsigned indices;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &setup));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	indices = guard_handles(&w, TPM2_NV_INDEX_FIRST);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	old = w.made;
	secret_wipe(&w.area_key);
	CU_ASSERT_EQUAL(seal_random_secret(w.env.seal, BACKEND_AREA_KEY_LEN, &w.area_key), TOKEN_OK);
	w.spec.so_generation = w.so_generation = 2;
	CU_ASSERT_EQUAL_FATAL(tpm_guard.remake(w.area, &w.spec, w.auth, so_pin, w.area_key, &made), TOKEN_OK);
	free(w.so_wrap.ptr);
	w.so_wrap = made.so_wrap;
	CU_ASSERT_EQUAL(guard_handles(&w, TPM2_NV_INDEX_FIRST), indices);
	/* What the old data opened stays closed. */
	if (place == TOKEN_TPM_PIN_INDEX)
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_INDEX_LOST);
	w.made = made;
	CU_ASSERT_TRUE_FATAL(guard_reopen(&w));
	if (place == TOKEN_TPM_PIN_INDEX)
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_TRUE(guard_so_sets(&w, "5678"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "5678"), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 2), TOKEN_OK);
	free(old.data.ptr);
	secret_wipe(&so_pin);
	guard_end(&w);
}

static void
test_remake(void)
{
	remake(TOKEN_TPM_PIN_INDEX);
	remake(TOKEN_TPM_PIN_OBJECT);
}

/* The store could not be written after all: the SO gets the old area back. */
static void
test_remake_in_vain(void)
{
	const struct guard_setup setup = { .place = TOKEN_TPM_PIN_INDEX };
	struct guard_world w;
	struct guard_made made = { .data = { NULL, 0 } };
	struct backend_bytes data = { NULL, 0 };
	struct secret so_pin = guard_pin_of(GUARD_SO_CODE), other = SECRET_NONE;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &setup));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(seal_random_secret(w.env.seal, BACKEND_AREA_KEY_LEN, &other), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_guard.remake(w.area, &w.spec, w.auth, so_pin, other, &made), TOKEN_OK);
	free(made.so_wrap.ptr);
	free(made.data.ptr);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_guard.repair(w.area, w.auth, w.area_key, 7, &data), TOKEN_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(data.ptr);
	free(w.made.data.ptr);
	w.made.data = data;
	CU_ASSERT_TRUE_FATAL(guard_reopen(&w));
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 7), TOKEN_OK);
	secret_wipe(&so_pin);
	secret_wipe(&other);
	guard_end(&w);
}

CU_TestInfo tests_tpm_guard_object[] = {
	{ "PIN of an object", test_object_pin },
	{ "authenticator", test_authenticator },
	{ "an emptied area", test_remake },
	{ "emptied in vain", test_remake_in_vain },
	CU_TEST_INFO_NULL,
};
