/*
 * tokens/tpm/srk.c: the storage root key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tokens/tpm/device_priv.h"

#define SRK_PERSISTENT 0x81000001
#define OWNER_AUTH_MAX 64

static const TPM2B_PUBLIC template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
			TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		.parameters.eccDetail = {
			.symmetric = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB },
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	},
};

static bool
is_like_template(const TPMT_PUBLIC *area)
{
	const TPMT_PUBLIC *want = &template.publicArea;
	const TPMT_SYM_DEF_OBJECT *symmetric = &area->parameters.eccDetail.symmetric;

	return area->type == want->type && area->nameAlg == want->nameAlg &&
		area->objectAttributes == want->objectAttributes && area->authPolicy.size == 0 &&
		area->parameters.eccDetail.curveID == want->parameters.eccDetail.curveID &&
		symmetric->algorithm == TPM2_ALG_AES && symmetric->keyBits.aes == 128 &&
		symmetric->mode.aes == TPM2_ALG_CFB;
}

/* Its Name is what we make of its public area, whatever the TPM says. */
static TSS2_RC
take(struct tpm *tpm, TPM2_HANDLE handle)
{
	TSS2_RC rc;

	rc = tpm_public_name(tpm->seal, &tpm->srk_public.publicArea, &tpm->srk.name);
	tpm->srk.handle = rc == TSS2_RC_SUCCESS ? handle : 0;
	return rc;
}

/* TSS2_RC_SUCCESS with handle 0: there is none, or another one. */
static TSS2_RC
read_persistent(struct tpm *tpm)
{
	TPM2B_NAME name = { 0 }, qualified = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_ReadPublic_Prepare(tpm->sys, SRK_PERSISTENT);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, NULL, 0, NULL, 0);
	if (tpm_rc_is(rc, TPM2_RC_HANDLE))
		return TSS2_RC_SUCCESS;
	memset(&tpm->srk_public, 0, sizeof(tpm->srk_public));
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_ReadPublic_Complete(tpm->sys, &tpm->srk_public, &name, &qualified);
	if (rc == TSS2_RC_SUCCESS && is_like_template(&tpm->srk_public.publicArea))
		rc = take(tpm, SRK_PERSISTENT);
	return rc;
}

/* A storage key of this template in a hierarchy. */
static TSS2_RC
create_primary(struct tpm *tpm, TPM2_HANDLE hierarchy, const struct tpm_auth *auth, TPM2_HANDLE *handle,
	TPM2B_PUBLIC *area)
{
	const struct tpm_ref ref = tpm_permanent(hierarchy);
	const struct tpm_ref *const refs[] = { &ref };
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	const TPM2B_DATA outside = { 0 };
	TPM2B_CREATION_DATA data = { 0 };
	TPMT_TK_CREATION ticket = { 0 };
	TPM2B_DIGEST hash = { 0 };
	TPM2B_NAME name = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_CreatePrimary_Prepare(tpm->sys, hierarchy, &sensitive, &template, &outside, &pcrs);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, auth, 1);
	memset(area, 0, sizeof(*area));
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_CreatePrimary_Complete(tpm->sys, handle, area, &data, &hash, &ticket, &name);
	if (rc == TSS2_RC_SUCCESS && !is_like_template(&area->publicArea))
		rc = TSS2_SYS_RC_MALFORMED_RESPONSE;
	return rc;
}

/* There is no root key yet to salt a session with: one of the null hierarchy, which is anybody's, hides the value from
 * who only listens. */
static TSS2_RC
create_as_owner(struct tpm *tpm, struct secret value, TPM2_HANDLE *handle)
{
	const struct tpm_auth nobody = { 0 };
	struct tpm_session session = { 0 };
	TPM2_HANDLE helper = 0;
	TPM2B_PUBLIC area;
	TSS2_RC rc;

	if (value.len == 0)
		return create_primary(tpm, TPM2_RH_OWNER, &nobody, handle, &tpm->srk_public);
	rc = create_primary(tpm, TPM2_RH_NULL, &nobody, &helper, &area);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_session_start(tpm, TPM2_SE_HMAC, helper, &area.publicArea, &session);
	const struct tpm_auth owner = { .session = &session, .value = value };
	if (rc == TSS2_RC_SUCCESS)
		rc = create_primary(tpm, TPM2_RH_OWNER, &owner, handle, &tpm->srk_public);
	if (session.handle != 0)
		(void)line_flush(&tpm->line, session.handle);
	if (helper != 0)
		(void)line_flush(&tpm->line, helper);
	tpm_session_forget(&session);
	return rc;
}

static TSS2_RC
make(struct tpm *tpm)
{
	struct secret value = SECRET_NONE;
	TPM2_HANDLE handle = 0;
	TSS2_RC rc;

	if (tpm_owner_auth(tpm, &value) != TOKEN_OK)
		return TPM_RC_OWNER_AUTH;
	rc = create_as_owner(tpm, value, &handle);
	secret_wipe(&value);
	/* Nobody's PIN */
	if (tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL) ||
		tpm_rc_is(rc, TPM2_RC_AUTH_UNAVAILABLE))
		return TPM_RC_OWNER_AUTH;
	return rc == TSS2_RC_SUCCESS ? take(tpm, handle) : rc;
}

TSS2_RC
tpm_srk_find(struct tpm *tpm)
{
	TSS2_RC rc;

	if (tpm->srk.handle != 0)
		return TSS2_RC_SUCCESS;
	rc = read_persistent(tpm);
	if (rc == TSS2_RC_SUCCESS && tpm->srk.handle == 0)
		rc = make(tpm);
	return rc;
}

TSS2_RC
tpm_srk(struct tpm *tpm, struct tpm_ref *srk)
{
	TSS2_RC rc = tpm_srk_find(tpm);

	*srk = tpm->srk;
	return rc;
}

TSS2_RC
tpm_srk_said(TSS2_RC rc)
{
	return tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL) ? TPM_RC_OWNER_AUTH : rc;
}

enum token_result
tpm_owner_auth(struct tpm *tpm, struct secret *value)
{
	enum token_result res = TOKEN_ERR_IO;
	struct secret read_in = SECRET_NONE;
	size_t len = 0;
	ssize_t got;
	int fd = -1;

	*value = SECRET_NONE;
	if (tpm->owner_auth_file == NULL)
		return TOKEN_OK;
	if (!secret_alloc(OWNER_AUTH_MAX + 2, &read_in)) {
		res = TOKEN_ERR_MEMORY;
		goto out;
	}
	fd = open(tpm->owner_auth_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		goto out;
	do {
		got = read(fd, read_in.ptr + len, read_in.len - len);
		if (got > 0)
			len += (size_t)got;
	} while (len < read_in.len && (got > 0 || (got < 0 && errno == EINTR)));
	if (got < 0)
		goto out;
	if (len > 0 && read_in.ptr[len - 1] == '\n')
		len--;
	if (len > OWNER_AUTH_MAX)
		goto out;
	res = secret_copy(read_in.ptr, len, value) ? TOKEN_OK : TOKEN_ERR_MEMORY;
out:
	if (fd >= 0)
		(void)close(fd);
	secret_wipe(&read_in);
	return res;
}
