/*
 * tests/unit/test_tpm_device.c: were the sessions wrong, PINs would be refused, go over the bus in clear, or a forged
 * answer would be believed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/tpm_kit.h"

#define INDEX 0x01801000

struct nv_case {
	struct tpm_ref nv;
	uint8_t data[32];
	TSS2_RC wrong, wrong_read;
};

static enum token_result
use_nv(struct tpm *tpm, void *arg)
{
	struct secret right = kit_value("right"), wrong = kit_value("wrong");
	struct nv_case *nv = arg;
	uint8_t data[32];
	TSS2_RC rc;

	memset(data, 0x77, sizeof(data));
	rc = kit_nv_define(tpm, INDEX, "right", &nv->nv);
	if (rc == TSS2_RC_SUCCESS)
		nv->wrong = kit_nv_write(tpm, &nv->nv, wrong, data);
	if (rc == TSS2_RC_SUCCESS)
		rc = kit_nv_write(tpm, &nv->nv, right, data);
	kit_nv_written(&nv->nv);
	if (rc == TSS2_RC_SUCCESS)
		nv->wrong_read = kit_nv_read(tpm, &nv->nv, wrong, nv->data);
	if (rc == TSS2_RC_SUCCESS)
		rc = kit_nv_read(tpm, &nv->nv, right, nv->data);
	if (rc == TSS2_RC_SUCCESS)
		rc = kit_nv_undefine(tpm, &nv->nv);
	secret_wipe(&right);
	secret_wipe(&wrong);
	return tpm_result(rc);
}

static void
test_sessions(void)
{
	struct tpm *tpm = kit_tpm(swtpm_tcti());
	struct nv_case nv = { 0 };
	uint8_t want[32];

	memset(want, 0x77, sizeof(want));
	CU_ASSERT_EQUAL(tpm_do(tpm, use_nv, &nv), TOKEN_OK);
	CU_ASSERT_TRUE(tpm_rc_is(nv.wrong, TPM2_RC_BAD_AUTH));
	CU_ASSERT_EQUAL(tpm_result(nv.wrong), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(tpm_result(nv.wrong_read), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(memcmp(nv.data, want, 32), 0);
	tpm_free(tpm);
	CU_ASSERT_EQUAL(kit_left(), 0);
}

struct sign_case {
	struct tpm_ref nv;
	struct tpm_blob blob;
	TPMT_SIGNATURE signature;
	TSS2_RC empty, wrong, twice;
	uint64_t commands[3];
};

/* A key whose policy is PolicySecret of an index, as those of a token are. */
static TSS2_RC
sign_by_policy(struct tpm *tpm, struct sign_case *c, struct secret value)
{
	struct tpm_session *policy;
	struct tpm_ref key;
	TSS2_RC rc;

	rc = tpm_object(tpm, &c->blob, &key);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_policy_session(tpm, &policy);
	if (rc == TSS2_RC_SUCCESS && value.len > 0)
		rc = kit_policy_secret(tpm, &c->nv, value, policy);
	return rc == TSS2_RC_SUCCESS ? kit_sign(tpm, &key, policy, &c->signature) : rc;
}

static enum token_result
make_key(struct tpm *tpm, void *arg)
{
	struct secret right = kit_value("right");
	struct sign_case *c = arg;
	uint8_t data[32] = { 0 };
	TPM2B_DIGEST policy;
	TSS2_RC rc;

	rc = kit_nv_define(tpm, INDEX, "right", &c->nv);
	if (rc == TSS2_RC_SUCCESS)
		rc = kit_nv_write(tpm, &c->nv, right, data);
	kit_nv_written(&c->nv);
	kit_policy_of(&c->nv.name, &policy);
	if (rc == TSS2_RC_SUCCESS)
		rc = kit_key(tpm, &policy, &c->blob);
	secret_wipe(&right);
	return tpm_result(rc);
}

static enum token_result
sign_in_ways(struct tpm *tpm, void *arg)
{
	struct secret right = kit_value("right"), wrong = kit_value("wrong");
	struct sign_case *c = arg;
	TSS2_RC rc;
	int i;

	c->empty = sign_by_policy(tpm, c, SECRET_NONE);
	c->wrong = sign_by_policy(tpm, c, wrong);
	rc = sign_by_policy(tpm, c, right);
	for (i = 0; i < 3 && rc == TSS2_RC_SUCCESS; i++) {
		c->commands[i] = tpm_command_count(tpm);
		rc = sign_by_policy(tpm, c, right);
		c->commands[i] = tpm_command_count(tpm) - c->commands[i];
	}
	c->twice = rc == TSS2_RC_SUCCESS ? sign_by_policy(tpm, c, SECRET_NONE) : rc;
	secret_wipe(&right);
	secret_wipe(&wrong);
	return tpm_result(rc);
}

static enum token_result
undefine(struct tpm *tpm, void *arg)
{
	return tpm_result(kit_nv_undefine(tpm, arg));
}

static void
test_policy(void)
{
	struct tpm *tpm = kit_tpm(swtpm_tcti());
	struct sign_case c = { 0 };
	int i;

	CU_ASSERT_EQUAL_FATAL(tpm_do(tpm, make_key, &c), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_in_ways, &c), TOKEN_OK);
	CU_ASSERT_TRUE(tpm_rc_is(c.empty, TPM2_RC_POLICY_FAIL));
	CU_ASSERT_TRUE(tpm_rc_is(c.wrong, TPM2_RC_BAD_AUTH));
	CU_ASSERT_TRUE(tpm_rc_is(c.twice, TPM2_RC_POLICY_FAIL));
	CU_ASSERT_TRUE(kit_verifies(&c.blob.public_area.publicArea, &c.signature));
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(c.commands[i], 2);
	CU_ASSERT_EQUAL(tpm_do(tpm, undefine, &c.nv), TOKEN_OK);
	tpm_free(tpm);
	CU_ASSERT_EQUAL(kit_left(), 0);
}

#define OWNER "an owner's own"

static enum token_result
set_owner(struct tpm *tpm, void *unused)
{
	const struct tpm_ref owner = tpm_permanent(TPM2_RH_OWNER), *const refs[] = { &owner };
	const struct tpm_auth nobody = { 0 };
	TPM2B_AUTH value = { .size = sizeof(OWNER) - 1 };
	TSS2_RC rc;

	(void)unused;
	memcpy(value.buffer, OWNER, sizeof(OWNER) - 1);
	rc = Tss2_Sys_HierarchyChangeAuth_Prepare(tpm_sys(tpm), TPM2_RH_OWNER, &value);
	return tpm_result(rc == TSS2_RC_SUCCESS ? tpm_execute(tpm, refs, 1, &nobody, 1) : rc);
}

static enum token_result
sign_as_anybody(struct tpm *tpm, void *arg)
{
	struct tpm_blob *blob = arg;
	TPMT_SIGNATURE signature;
	struct tpm_ref key;
	TSS2_RC rc;

	rc = kit_key(tpm, NULL, blob);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_object(tpm, blob, &key);
	return tpm_result(rc == TSS2_RC_SUCCESS ? kit_sign(tpm, &key, NULL, &signature) : rc);
}

static enum token_result
sign_with_owner_file(const char *path, const char *content)
{
	const struct tpm_options options = { .tcti = swtpm_tcti(), .owner_auth_file = path };
	FILE *file = content != NULL ? fopen(path, "w") : NULL;
	struct tpm_blob blob;
	struct tpm *tpm = NULL;
	enum token_result res;

	if (file != NULL) {
		(void)fputs(content, file);
		(void)fclose(file);
	}
	CU_ASSERT_EQUAL_FATAL(tpm_new(kit_seal, &options, &tpm), TOKEN_OK);
	res = tpm_do(tpm, sign_as_anybody, &blob);
	tpm_free(tpm);
	CU_ASSERT_EQUAL(kit_left(), 0);
	(void)remove(path);
	return res;
}

/* An owner with an authorisation: whoever lacks it is told so, and not that a PIN was wrong. */
static void
test_owner(void)
{
	struct tpm *tpm = kit_tpm(swtpm_tcti());
	char path[200];

	(void)snprintf(path, sizeof(path), "%s.owner", swtpm_path());
	CU_ASSERT_EQUAL(sign_with_owner_file(path, ""), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_do(tpm, set_owner, NULL), TOKEN_OK);
	tpm_free(tpm);
	CU_ASSERT_EQUAL(sign_with_owner_file(path, NULL), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(sign_with_owner_file(path, ""), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(sign_with_owner_file(path, "not that\n"), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(sign_with_owner_file(path, OWNER OWNER OWNER OWNER OWNER OWNER), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(sign_with_owner_file(path, OWNER "\n"), TOKEN_OK);
	CU_ASSERT_EQUAL(sign_with_owner_file(path, OWNER), TOKEN_OK);
	CU_ASSERT_TRUE_FATAL(swtpm_replace());
}

/* The one table that says which code is which result. */
static void
test_results(void)
{
	static const struct {
		TSS2_RC rc;
		enum token_result res;
	} rows[] = {
		{ TSS2_RC_SUCCESS, TOKEN_OK },
		{ 0x9a2, TOKEN_ERR_PIN },          /* BAD_AUTH, first session */
		{ 0x98e, TOKEN_ERR_PIN },          /* AUTH_FAIL */
		{ 0x12f, TOKEN_ERR_PIN_LOCKED },   /* AUTH_UNAVAILABLE */
		{ 0x921, TOKEN_ERR_PIN_LOCKED },   /* LOCKOUT */
		{ 0x1df, TOKEN_ERR_OTHER_DEVICE }, /* INTEGRITY, first parameter */
		{ 0x14b, TOKEN_ERR_FULL },         /* NV_SPACE */
		{ 0x2e6, TOKEN_ERR_CURVE },        /* CURVE, second parameter */
		{ TPM_RC_OWNER_AUTH, TOKEN_ERR_OWNER_AUTH },
		{ TPM_RC_FORGED, TOKEN_ERR_DEVICE },
		{ 0x1c4, TOKEN_ERR_DEVICE },   /* VALUE */
		{ 0xa000a, TOKEN_ERR_DEVICE }, /* the line */
		{ 0x709a2, TOKEN_ERR_DEVICE }, /* another layer's */
		{ 0x101, TOKEN_ERR_DEVICE },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(tpm_result(rows[i].rc), rows[i].res);
	CU_ASSERT_FALSE(tpm_rc_is(TPM2_RC_INITIALIZE, TPM2_RC_FAILURE));
	CU_ASSERT_TRUE(tpm_rc_is(0x28b, TPM2_RC_HANDLE));
}

CU_TestInfo tests_tpm_device[] = {
	{ "right and wrong HMACs, encrypted both ways", test_sessions },
	{ "codes and results", test_results },
	{ "the owner's authorisation", test_owner },
	{ "a policy session, once for each use", test_policy },
	CU_TEST_INFO_NULL,
};
