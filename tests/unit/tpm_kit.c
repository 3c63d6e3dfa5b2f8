/*
 * tests/unit/tpm_kit.c: commands for tests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/tpm_kit.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tokens/tpm/line.h"

#define NV_ATTRIBUTES (TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA)

struct tpm *
kit_tpm(const char *tcti)
{
	const struct tpm_options options = { .tcti = tcti };
	struct tpm *tpm = NULL;

	CU_ASSERT_EQUAL_FATAL(tpm_new(kit_seal, &options, &tpm), TOKEN_OK);
	return tpm;
}

struct secret
kit_value(const char *text)
{
	struct secret value;

	if (!secret_copy(text, strlen(text), &value))
		abort();
	return value;
}

TSS2_RC
kit_nv_define(struct tpm *tpm, TPM2_HANDLE index, const char *value, struct tpm_ref *nv)
{
	const TPM2B_NV_PUBLIC public = { .nvPublic = { .nvIndex = index,
						 .nameAlg = TPM2_ALG_SHA256,
						 .attributes = NV_ATTRIBUTES,
						 .dataSize = 32 } };
	const struct tpm_ref owner = tpm_permanent(TPM2_RH_OWNER), *const refs[] = { &owner };
	TPM2B_AUTH auth_value = { .size = (UINT16)strlen(value) };
	struct tpm_session *session;
	TSS2_RC rc;

	memcpy(auth_value.buffer, value, auth_value.size);
	rc = tpm_hmac_session(tpm, &session);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_NV_DefineSpace_Prepare(tpm_sys(tpm), TPM2_RH_OWNER, &auth_value, &public);
	const struct tpm_auth auth = { .session = session, .crypt = TPMA_SESSION_DECRYPT };
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, &auth, 1);
	nv->handle = index;
	return rc == TSS2_RC_SUCCESS ? tpm_nv_name(kit_seal, &public.nvPublic, &nv->name) : rc;
}

void
kit_nv_written(struct tpm_ref *nv)
{
	const TPMS_NV_PUBLIC public = { .nvIndex = nv->handle,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = NV_ATTRIBUTES | TPMA_NV_WRITTEN,
		.dataSize = 32 };

	if (tpm_nv_name(kit_seal, &public, &nv->name) != TSS2_RC_SUCCESS)
		abort();
}

TSS2_RC
kit_nv_undefine(struct tpm *tpm, const struct tpm_ref *nv)
{
	const struct tpm_ref owner = tpm_permanent(TPM2_RH_OWNER), *const refs[] = { &owner, nv };
	const struct tpm_auth auth = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_NV_UndefineSpace_Prepare(tpm_sys(tpm), TPM2_RH_OWNER, nv->handle);
	return rc == TSS2_RC_SUCCESS ? tpm_execute(tpm, refs, 2, &auth, 1) : rc;
}

TSS2_RC
kit_nv_write(struct tpm *tpm, const struct tpm_ref *nv, struct secret value, const uint8_t data[32])
{
	const struct tpm_ref *const refs[] = { nv, nv };
	TPM2B_MAX_NV_BUFFER buffer = { .size = 32 };
	struct tpm_session *session;
	TSS2_RC rc;

	memcpy(buffer.buffer, data, 32);
	rc = tpm_hmac_session(tpm, &session);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_NV_Write_Prepare(tpm_sys(tpm), nv->handle, nv->handle, &buffer, 0);
	const struct tpm_auth auth = { .session = session, .value = value, .crypt = TPMA_SESSION_DECRYPT };
	return rc == TSS2_RC_SUCCESS ? tpm_execute(tpm, refs, 2, &auth, 1) : rc;
}

TSS2_RC
kit_nv_read(struct tpm *tpm, const struct tpm_ref *nv, struct secret value, uint8_t data[32])
{
	const struct tpm_ref *const refs[] = { nv, nv };
	TPM2B_MAX_NV_BUFFER buffer = { 0 };
	struct tpm_session *session;
	TSS2_RC rc;

	rc = tpm_hmac_session(tpm, &session);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_NV_Read_Prepare(tpm_sys(tpm), nv->handle, nv->handle, 32, 0);
	const struct tpm_auth auth = { .session = session, .value = value, .crypt = TPMA_SESSION_ENCRYPT };
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 2, &auth, 1);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_NV_Read_Complete(tpm_sys(tpm), &buffer);
	if (rc == TSS2_RC_SUCCESS)
		memcpy(data, buffer.buffer, 32);
	return rc;
}

TSS2_RC
kit_key(struct tpm *tpm, const TPM2B_DIGEST *policy, struct tpm_blob *blob)
{
	TPM2B_PUBLIC area = { .publicArea = { .type = TPM2_ALG_ECC,
				      .nameAlg = TPM2_ALG_SHA256,
				      .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					      TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_SIGN_ENCRYPT |
					      TPMA_OBJECT_DECRYPT,
				      .parameters.eccDetail = { .symmetric.algorithm = TPM2_ALG_NULL,
					      .scheme.scheme = TPM2_ALG_NULL,
					      .curveID = TPM2_ECC_NIST_P256,
					      .kdf.scheme = TPM2_ALG_NULL } } };
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	const TPM2B_DATA outside = { 0 };
	const struct tpm_auth auth = { 0 };
	TPM2B_CREATION_DATA data = { 0 };
	TPMT_TK_CREATION ticket = { 0 };
	TPM2B_DIGEST hash = { 0 };
	struct tpm_ref srk;
	TSS2_RC rc;

	memset(blob, 0, sizeof(*blob));
	if (policy != NULL)
		area.publicArea.authPolicy = *policy;
	else
		area.publicArea.objectAttributes |=
			TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA; /* wrong ones lock nothing */
	rc = tpm_srk(tpm, &srk);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Create_Prepare(tpm_sys(tpm), srk.handle, &sensitive, &area, &outside, &pcrs);
	const struct tpm_ref *const refs[] = { &srk };
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, &auth, 1);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Create_Complete(tpm_sys(tpm), &blob->private_area, &blob->public_area, &data, &hash,
			&ticket);
	return rc == TSS2_RC_SUCCESS ? tpm_public_name(kit_seal, &blob->public_area.publicArea, &blob->name) : rc;
}

TSS2_RC
kit_policy_secret(struct tpm *tpm, const struct tpm_ref *what, struct secret value, struct tpm_session *policy)
{
	const struct tpm_ref session_ref = { .handle = tpm_session_handle(policy),
		.name = tpm_permanent(tpm_session_handle(policy)).name };
	const struct tpm_ref *const refs[] = { what, &session_ref };
	const TPM2B_NONCE none = { 0 };
	const TPM2B_DIGEST empty = { 0 };
	struct tpm_session *session;
	TSS2_RC rc;

	rc = tpm_hmac_session(tpm, &session);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_PolicySecret_Prepare(tpm_sys(tpm), what->handle, session_ref.handle, &none, &empty, &none,
			0);
	const struct tpm_auth auth = { .session = session, .value = value };
	return rc == TSS2_RC_SUCCESS ? tpm_execute(tpm, refs, 2, &auth, 1) : rc;
}

TSS2_RC
kit_sign(struct tpm *tpm, const struct tpm_ref *key, struct tpm_session *policy, TPMT_SIGNATURE *signature)
{
	const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 };
	const TPMT_TK_HASHCHECK ticket = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	const struct tpm_auth auth = { .session = policy, .crypt = policy != NULL ? TPMA_SESSION_DECRYPT : 0 };
	const struct tpm_ref *const refs[] = { key };
	TPM2B_DIGEST digest = { .size = 32 };
	TSS2_RC rc;

	memset(digest.buffer, 0x5a, 32);
	rc = Tss2_Sys_Sign_Prepare(tpm_sys(tpm), key->handle, &digest, &scheme, &ticket);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, &auth, 1);
	return rc == TSS2_RC_SUCCESS ? Tss2_Sys_Sign_Complete(tpm_sys(tpm), signature) : rc;
}

static EVP_PKEY *
key_of(const TPMT_PUBLIC *area)
{
	char group[] = "P-256";
	uint8_t point[65] = { 4 };
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(kit_libctx, "EC", NULL);
	const TPM2B_ECC_PARAMETER *x = &area->unique.ecc.x, *y = &area->unique.ecc.y;
	EVP_PKEY *key = NULL;

	if (x->size > 32 || y->size > 32)
		abort();
	memcpy(point + 33 - x->size, x->buffer, x->size);
	memcpy(point + 65 - y->size, y->buffer, y->size);
	if (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

bool
kit_verifies(const TPMT_PUBLIC *area, const TPMT_SIGNATURE *signature)
{
	const TPMS_SIGNATURE_ECC *ecdsa = &signature->signature.ecdsa;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_PKEY *key = key_of(area);
	EVP_PKEY_CTX *ctx = key != NULL ? EVP_PKEY_CTX_new_from_pkey(kit_libctx, key, NULL) : NULL;
	uint8_t digest[32], *der = NULL;
	int der_len;
	bool ok;

	memset(digest, 0x5a, sizeof(digest));
	(void)ECDSA_SIG_set0(sig, BN_bin2bn(ecdsa->signatureR.buffer, ecdsa->signatureR.size, NULL),
		BN_bin2bn(ecdsa->signatureS.buffer, ecdsa->signatureS.size, NULL));
	der_len = i2d_ECDSA_SIG(sig, &der);
	ok = ctx != NULL && der_len > 0 && EVP_PKEY_verify_init(ctx) == 1 &&
		EVP_PKEY_verify(ctx, der, (size_t)der_len, digest, sizeof(digest)) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

void
kit_policy_of(const TPM2B_NAME *name, TPM2B_DIGEST *policy)
{
	uint8_t text[32 + 4 + sizeof(name->name)] = { [34] = 0x01, [35] = 0x51 }; /* TPM2_CC_PolicySecret */

	memcpy(text + 36, name->name, name->size);
	if (seal_sha256(kit_seal, text, 36u + name->size, policy->buffer) != TOKEN_OK ||
		seal_sha256(kit_seal, policy->buffer, 32, policy->buffer) != TOKEN_OK)
		abort();
	policy->size = 32;
}

/* ---- From outside ---------------------------------------------------------------------------- */

static bool
no_room(void *arg, TSS2_RC code, const uint8_t *command, size_t len)
{
	(void)arg;
	(void)code;
	(void)command;
	(void)len;
	return false;
}

/* One GetCapability(TPM2_CAP_HANDLES); minus 1: no answer. */
static int
count_of(struct line *line, TPM2_HANDLE first)
{
	uint8_t command[22] = { 0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a, 0, 0, 0, 1, (uint8_t)(first >> 24), 0, 0, 0,
		0, 0, 0, 32 };
	TSS2_TCTI_CONTEXT *tcti = (TSS2_TCTI_CONTEXT *)(void *)&line->tcti;
	uint8_t answer[LINE_BUFFER];
	size_t len = sizeof(answer);

	if (Tss2_Tcti_Transmit(tcti, sizeof(command), command) != TSS2_RC_SUCCESS ||
		Tss2_Tcti_Receive(tcti, &len, answer, -1) != TSS2_RC_SUCCESS || line_u32(answer + 6) != 0 || len < 19)
		return -1;
	return (int)line_u32(answer + 15);
}

int
kit_left(void)
{
	int objects = -1, sessions = -1;
	struct line line;

	line_begin(&line, no_room, NULL);
	if (line_open(&line, swtpm_tcti()) == TOKEN_OK) {
		objects = count_of(&line, LINE_TRANSIENT);
		sessions = count_of(&line, LINE_LOADED_SESSION);
	}
	line_close(&line);
	return objects < 0 || sessions < 0 ? -1 : objects + sessions;
}
