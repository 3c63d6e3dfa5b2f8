/*
 * tests/unit/test_tpm_policy.c: an index or a key would be bound to a policy that nobody can satisfy, or that anybody
 * can, if the digests that we compute were others than the TPM's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/tpm_guard_kit.h"
#include "tokens/tpm/policy.h"

static const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };

static TPM2B_DIGEST expected, found;

static TSS2_RC
trial(struct tpm *tpm, TPMI_SH_AUTH_SESSION *session)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_NONCE nonce = { .size = 16 };
	const TPM2B_ENCRYPTED_SECRET no_salt = { .size = 0 };
	TPM2B_NONCE answer = { 0 };

	return Tss2_Sys_StartAuthSession(tpm_sys(tpm), TPM2_RH_NULL, TPM2_RH_NULL, NULL, &nonce, &no_salt,
		TPM2_SE_TRIAL, &none, TPM2_ALG_SHA256, session, &answer, NULL);
}

static TSS2_RC
finish(struct tpm *tpm, TPMI_SH_AUTH_SESSION session, TSS2_RC rc)
{
	memset(&found, 0, sizeof(found));
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_PolicyGetDigest(tpm_sys(tpm), session, NULL, &found, NULL);
	(void)Tss2_Sys_FlushContext(tpm_sys(tpm), session);
	return rc;
}

/* PolicySecret of the owner hierarchy, whose Name is its handle, then a command. */
static TSS2_RC
secret_and_code(struct tpm *tpm, struct guard_world *w)
{
	const TSS2L_SYS_AUTH_COMMAND by = { .count = 1, .auths = { { .sessionHandle = TPM2_RS_PW } } };
	const struct tpm_ref owner = tpm_permanent(TPM2_RH_OWNER);
	TPMI_SH_AUTH_SESSION session = 0;
	TSS2_RC rc;

	rc = trial(tpm, &session);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_PolicySecret(tpm_sys(tpm), TPM2_RH_OWNER, session, &by, NULL, NULL, NULL, 0, NULL, NULL, NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_PolicyCommandCode(tpm_sys(tpm), session, NULL, TPM2_CC_NV_Write, NULL);
	expected = TPM_POLICY_EMPTY;
	CU_ASSERT_EQUAL(tpm_policy_secret(w->env.seal, &owner.name, &expected), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_policy_code(w->env.seal, TPM2_CC_NV_Write, &expected), TOKEN_OK);
	return finish(tpm, session, rc);
}

static TSS2_RC
either(struct tpm *tpm, struct guard_world *w)
{
	const TPML_DIGEST *branches = &guard_of(w)->pin.branches;
	TPMI_SH_AUTH_SESSION session = 0;
	TSS2_RC rc;

	rc = trial(tpm, &session);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_PolicyOR(tpm_sys(tpm), session, NULL, branches, NULL);
	CU_ASSERT_EQUAL(tpm_policy_or(w->env.seal, branches, &expected), TOKEN_OK);
	return finish(tpm, session, rc);
}

static TSS2_RC
authorized(struct tpm *tpm, struct guard_world *w)
{
	const TPMT_TK_VERIFIED ticket = { .tag = TPM2_ST_VERIFIED, .hierarchy = TPM2_RH_NULL };
	const TPM2B_DIGEST approved = { .size = 0 };
	const TPM2B_NAME *key = &guard_of(w)->authoriser_name;
	TPMI_SH_AUTH_SESSION session = 0;
	TSS2_RC rc;

	rc = trial(tpm, &session);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_PolicyAuthorize(tpm_sys(tpm), session, NULL, &approved, NULL, key, &ticket, NULL);
	CU_ASSERT_EQUAL(tpm_policy_authorize(w->env.seal, key, &expected), TOKEN_OK);
	return finish(tpm, session, rc);
}

static void
compare(struct guard_world *w, TSS2_RC (*run)(struct tpm *tpm, struct guard_world *w))
{
	CU_ASSERT_EQUAL(guard_run(w, run), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(found.size, TPM_POLICY_LEN);
	CU_ASSERT_EQUAL(found.size, expected.size);
	CU_ASSERT_EQUAL(memcmp(found.buffer, expected.buffer, TPM_POLICY_LEN), 0);
}

static void
test_trial_sessions(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	compare(&w, secret_and_code);
	compare(&w, either);
	compare(&w, authorized);
	guard_end(&w);
}

/* A digest of another length, or one branch, would give a policy of something else. */
static void
test_refused(void)
{
	struct guard_world w;
	const struct tpm_ref owner = tpm_permanent(TPM2_RH_OWNER);
	TPM2B_DIGEST digest = { .size = 20 };
	TPML_DIGEST branches = { .count = 1, .digests = { TPM_POLICY_EMPTY } };

	CU_ASSERT_TRUE_FATAL(guard_begin_empty(&w, &plain));
	CU_ASSERT_EQUAL(tpm_policy_secret(w.env.seal, &owner.name, &digest), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_policy_code(w.env.seal, TPM2_CC_NV_Read, &digest), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_policy_or(w.env.seal, &branches, &digest), TOKEN_ERR_ARG);
	branches.count = 9;
	CU_ASSERT_EQUAL(tpm_policy_or(w.env.seal, &branches, &digest), TOKEN_ERR_ARG);
	branches.count = 2;
	CU_ASSERT_EQUAL(tpm_policy_or(w.env.seal, &branches, &digest), TOKEN_ERR_ARG); /* the second has no bytes */
	guard_end(&w);
}

CU_TestInfo tests_tpm_policy[] = {
	{ "as trial sessions say", test_trial_sessions },
	{ "refused", test_refused },
	CU_TEST_INFO_NULL,
};
