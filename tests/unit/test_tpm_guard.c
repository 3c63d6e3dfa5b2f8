/*
 * tests/unit/test_tpm_guard.c: who holds the file, and even the TPM, could try PINs for as long as he likes, if these
 * failed: the TPM counts, and nothing but the SO's code gives tries back.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/swtpm.h"
#include "tests/unit/tpm_guard_kit.h"
#include "tokens/tpm/nv.h"
#include "tokens/tpm/policy.h"

static const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };
static const struct guard_setup with_srk = { .place = TOKEN_TPM_PIN_INDEX, .persistent = true };

/* A user whom nobody has given a PIN yet is no way in, whatever is tried. */
static void
test_new_area_is_locked(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_EQUAL(guard_left(&w), 0);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, ""), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_AUTHENTICATOR, "1234"), TOKEN_ERR_ARG);
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	guard_end(&w);
}

static void
count_to_the_limit(const struct guard_setup *setup)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, setup));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1235"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT - 1);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	for (unsigned i = 0; i < GUARD_LIMIT; i++) {
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "0000"), TOKEN_ERR_PIN);
		CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT - 1 - i);
	}
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "0000"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_property(&w, TPM2_PT_LOCKOUT_COUNTER), 0);
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	guard_end(&w);
}

static void
test_wrong_pins_count(void)
{
	count_to_the_limit(&plain);
	count_to_the_limit(&with_srk);
}

/* A hundred guesses are as many as the limit. */
static void
test_hundred_wrong_pins(void)
{
	struct guard_world w;
	unsigned judged = 0, refused = 0;
	char pin[16];

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "4711"));
	for (int i = 0; i < 100; i++) {
		(void)snprintf(pin, sizeof(pin), "%04d", i);
		switch (guard_login(&w, BACKEND_USER, pin)) {
		case TOKEN_ERR_PIN:
			judged++;
			break;
		case TOKEN_ERR_PIN_LOCKED:
			refused++;
			break;
		default:
			CU_FAIL("neither wrong nor locked");
		}
	}
	CU_ASSERT_EQUAL(judged, GUARD_LIMIT);
	CU_ASSERT_EQUAL(refused, 100 - GUARD_LIMIT);
	CU_ASSERT_EQUAL(guard_property(&w, TPM2_PT_LOCKOUT_COUNTER), 0);
	guard_end(&w);
}

/* Locked stays locked: switching the machine off, or putting old files back, gives no try. */
static void
test_locked_stays(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	for (unsigned i = 0; i < GUARD_LIMIT; i++)
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "0000"), TOKEN_ERR_PIN);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_left(&w), 0);
	CU_ASSERT_TRUE_FATAL(guard_reopen(&w)); /* these are the bytes of when it was made */
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_TRUE(guard_so_sets(&w, "9876"));
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "9876"), TOKEN_OK);
	guard_end(&w);
}

/* The user's own change: the old PIN is checked and counted, and no stored byte has to be another. */
static void
test_user_changes_pin(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_USER, "5678"), TOKEN_ERR_NOT_LOGGED_IN); /* the SO's auth */
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_SO, BACKEND_USER, "x"), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_USER, "5678"), TOKEN_OK);
	CU_ASSERT_PTR_NULL(w.user_wrap.ptr);
	/* The auth of before is stale: a change with it is a wrong try. */
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_USER, "9999"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT - 1);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "5678"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	for (unsigned i = 0; i < GUARD_LIMIT; i++)
		(void)guard_login(&w, BACKEND_USER, "0000");
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_USER, "4321"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "4321"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_TRUE(guard_so_sets(&w, "2468"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "2468"), TOKEN_OK);
	guard_end(&w);
}

/* A strong SO code mistyped must not lock other people's keys; a weak one must count somewhere. */
static void
so_code_counts(bool weak)
{
	const struct guard_setup setup = { .place = TOKEN_TPM_PIN_INDEX, .weak_so = weak };
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &setup));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, "SO-ABCD-EFGH-JKLM-NPQS"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_property(&w, TPM2_PT_LOCKOUT_COUNTER), weak ? 1 : 0);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	guard_end(&w);
}

static void
test_so_code(void)
{
	so_code_counts(false);
	so_code_counts(true);
}

/* Somebody else's wrong codes lock the TPM: whoever has a PIN of his own is not concerned. */
static void
test_lockout_of_others(void)
{
	const struct guard_setup setup = { .place = TOKEN_TPM_PIN_INDEX, .weak_so = true };
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &setup));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	for (int i = 0; i < 3; i++) /* swtpm's limit */
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1235"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_USER, "5678"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "5678"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 2), TOKEN_OK);
	guard_end(&w);
}

/* The SO's new code: the old one opens neither with the new wrap, nor the new one with the old. */
static void
test_so_changes_code(void)
{
	struct guard_world w;
	struct backend_bytes old;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &with_srk));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	old = w.so_wrap;
	w.so_wrap = (struct backend_bytes){ NULL, 0 };
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_SO, BACKEND_SO, "SO-2222-3333-4444-5555"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, GUARD_SO_CODE), TOKEN_ERR_PIN);
	w.so_code = "SO-2222-3333-4444-5555";
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	free(w.so_wrap.ptr);
	w.so_wrap = old; /* of an older generation */
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, GUARD_SO_CODE), TOKEN_ERR_DAMAGED);
	guard_end(&w);
}

/* ---- Ways around ------------------------------------------------------------------------- */

/* A policy session that has said PolicyAuthValue and the command, as if the PIN index had such a branch. */
static TSS2_RC
auth_value_branch(struct tpm *tpm, struct guard_world *w)
{
	const struct guard_lock *lock = &guard_of(w)->pin;
	struct tpm_session *policy = NULL;
	TSS2_RC rc;

	rc = tpm_policy_session(tpm, &policy);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_PolicyAuthValue(tpm_sys(tpm), tpm_session_handle(policy), NULL, NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_code(tpm, policy, TPM2_CC_NV_ChangeAuth);
	return rc != TSS2_RC_SUCCESS ? rc : tpm_satisfy_or(tpm, policy, &lock->branches);
}

static TSS2_RC
change_with_no_policy(struct tpm *tpm, struct guard_world *w)
{
	const struct guard_lock *lock = &guard_of(w)->pin;
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = lock->name };
	struct tpm_session *policy = NULL;
	struct secret value = guard_pin_of("value");
	TSS2_RC rc;

	rc = tpm_policy_session(tpm, &policy);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_nv_change_auth(tpm, &index, policy, value);
	secret_wipe(&value);
	return rc;
}

/* The branch that anybody may satisfy, used for something else. */
static TSS2_RC
read_branch_for_change(struct tpm *tpm, struct guard_world *w)
{
	const struct guard_lock *lock = &guard_of(w)->pin;
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = lock->name };
	struct tpm_session *policy = NULL;
	struct secret value = guard_pin_of("value");
	TSS2_RC rc;

	rc = tpm_policy_session(tpm, &policy);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_code(tpm, policy, TPM2_CC_NV_Read);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_or(tpm, policy, &lock->branches);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_nv_change_auth(tpm, &index, policy, value);
	secret_wipe(&value);
	return rc;
}

/* PolicySecret of the PIN index, authorised by the branch that anybody may satisfy, for a policy that opens the area. */
static TSS2_RC
read_branch_for_secret(struct tpm *tpm, struct guard_world *w)
{
	const struct guard_lock *lock = &guard_of(w)->pin;
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = lock->name };
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_NONCE nonce = { .size = 16 };
	const TPM2B_ENCRYPTED_SECRET no_salt = { .size = 0 };
	struct tpm_auth by = { .session = NULL };
	TPM2B_NONCE answer = { 0 };
	TPMI_SH_AUTH_SESSION other = 0;
	struct tpm_ref target;
	TSS2_RC rc;

	rc = Tss2_Sys_StartAuthSession(tpm_sys(tpm), TPM2_RH_NULL, TPM2_RH_NULL, NULL, &nonce, &no_salt, TPM2_SE_POLICY,
		&none, TPM2_ALG_SHA256, &other, &answer, NULL);
	CU_ASSERT_EQUAL_FATAL(rc, TSS2_RC_SUCCESS);
	target = tpm_permanent(other);
	rc = tpm_policy_session(tpm, &by.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_code(tpm, by.session, TPM2_CC_NV_Read);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_or(tpm, by.session, &lock->branches);
	CU_ASSERT_EQUAL(rc, TSS2_RC_SUCCESS);
	rc = Tss2_Sys_PolicySecret_Prepare(tpm_sys(tpm), index.handle, other, NULL, NULL, NULL, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, (const struct tpm_ref *const[]){ &index, &target }, 2, &by, 1);
	(void)tpm_flush(tpm, other);
	return rc;
}

/* The sealed area key with the empty value, and with a policy session that has nothing. */
static TSS2_RC
unseal_without(struct tpm *tpm, struct guard_world *w)
{
	const TSS2L_SYS_AUTH_COMMAND by = { .count = 1, .auths = { { .sessionHandle = TPM2_RS_PW } } };
	TPM2B_SENSITIVE_DATA data = { 0 };
	struct tpm_ref object;
	TSS2_RC rc;

	rc = tpm_object(tpm, &guard_of(w)->key, &object);
	return rc != TSS2_RC_SUCCESS ? rc : Tss2_Sys_Unseal(tpm_sys(tpm), object.handle, &by, &data, NULL);
}

/* A session bound to the PIN index would let a PIN be tried against recorded HMACs, at home. */
static TSS2_RC
bind_to_pin(struct tpm *tpm, struct guard_world *w)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_NONCE nonce = { .size = 16 };
	const TPM2B_ENCRYPTED_SECRET no_salt = { .size = 0 };
	TPM2B_NONCE answer = { 0 };
	TPMI_SH_AUTH_SESSION session = 0;

	return Tss2_Sys_StartAuthSession(tpm_sys(tpm), TPM2_RH_NULL, guard_of(w)->pin.index.nvIndex, NULL, &nonce,
		&no_salt, TPM2_SE_HMAC, &none, TPM2_ALG_SHA256, &session, &answer, NULL);
}

static void
test_no_way_around(void)
{
	static const uint8_t nothing_used[8] = { 0, 0, 0, 0, 0, 0, 0, GUARD_LIMIT };
	struct guard_world w;
	TPM2_HANDLE index;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	for (unsigned i = 0; i < GUARD_LIMIT; i++)
		(void)guard_login(&w, BACKEND_USER, "0000");
	index = guard_of(&w)->pin.index.nvIndex;
	CU_ASSERT_TRUE(tpm_rc_is(guard_run(&w, auth_value_branch), TPM2_RC_VALUE));
	CU_ASSERT_NOT_EQUAL(guard_run(&w, change_with_no_policy), TSS2_RC_SUCCESS);
	CU_ASSERT_NOT_EQUAL(guard_run(&w, read_branch_for_change), TSS2_RC_SUCCESS);
	CU_ASSERT_NOT_EQUAL(guard_run(&w, read_branch_for_secret), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(guard_run(&w, unseal_without), TPM2_RC_AUTH_UNAVAILABLE);
	CU_ASSERT_TRUE(tpm_rc_is(guard_run(&w, bind_to_pin), TPM2_RC_HANDLE));
	CU_ASSERT_EQUAL(guard_write(&w, index, true, NULL, nothing_used, 8), TPM2_RC_NV_AUTHORIZATION);
	CU_ASSERT_EQUAL(guard_write(&w, index, false, "1234", nothing_used, 8), TPM2_RC_AUTH_UNAVAILABLE);
	CU_ASSERT_EQUAL(guard_left(&w), 0);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN_LOCKED);
	guard_end(&w);
}

CU_TestInfo tests_tpm_guard[] = {
	{ "a new area is locked", test_new_area_is_locked },
	{ "wrong PINs count", test_wrong_pins_count },
	{ "a hundred wrong PINs", test_hundred_wrong_pins },
	{ "locked stays locked", test_locked_stays },
	{ "the user changes the PIN", test_user_changes_pin },
	{ "the SO's code", test_so_code },
	{ "a lockout of others", test_lockout_of_others },
	{ "the SO changes the code", test_so_changes_code },
	{ "no way around", test_no_way_around },
	CU_TEST_INFO_NULL,
};
