/*
 * tokens/tpm/guard_named.c: a named user's credential bound to the TPM: a sealed secret whose authValue the credential
 * is, so that a copied store opens nothing elsewhere. Wrong ones are counted by the store and do not lock the TPM.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tokens/tpm/sealed.h"

#define ATTRIBUTES (TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA)
#define FIXED (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT)

struct named_job {
	struct secret value; /* the credential as an authValue */
	struct secret secret;
	struct tpm_blob blob;
};

static enum token_result
bind_job(struct tpm *tpm, void *arg)
{
	struct named_job *job = arg;
	const TPM2B_DIGEST none = { .size = 0 };

	return guard_no_pin(tpm_result(tpm_seal_new(tpm, ATTRIBUTES, &none, job->value, job->secret, &job->blob)));
}

static enum token_result
encode(const struct tpm_blob *blob, struct backend_bytes *bound)
{
	struct wire_bytes *bytes = calloc(1, sizeof(*bytes));
	enum token_result res = TOKEN_ERR_MEMORY;

	if (bytes == NULL)
		return res;
	if (!guard_put_blob(blob, bytes))
		res = TOKEN_ERR_DEVICE;
	else
		bound->ptr = malloc(bytes->len);
	if (bound->ptr != NULL) {
		memcpy(bound->ptr, bytes->bytes, bytes->len);
		bound->len = bytes->len;
		res = TOKEN_OK;
	}
	free(bytes);
	return res;
}

enum token_result
guard_bind(struct backend_area *area, struct secret credential, struct secret *secret, struct backend_bytes *bound)
{
	const struct seal_ctx *seal = area->env->seal;
	struct named_job job = { .value = SECRET_NONE, .secret = SECRET_NONE };
	enum token_result res;

	res = guard_value(seal, area->serial, credential, &job.value);
	if (res == TOKEN_OK)
		res = seal_random_secret(seal, GUARD_SECRET_LEN, &job.secret);
	if (res == TOKEN_OK)
		res = tpm_guard_do(area->guard, area->env->tpm, bind_job, &job);
	if (res == TOKEN_OK)
		res = encode(&job.blob, bound);
	if (res == TOKEN_OK)
		*secret = secret_move(&job.secret);
	secret_wipe(&job.secret);
	secret_wipe(&job.value);
	return res;
}

/* A data object that never leaves its TPM, and nothing else. */
static enum token_result
decode(const struct seal_ctx *seal, const uint8_t *bound, size_t len, struct tpm_blob *blob)
{
	const TPMT_PUBLIC *area = &blob->public_area.publicArea;
	size_t at = 0;

	memset(blob, 0, sizeof(*blob));
	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(bound, len, &at, &blob->public_area) != TSS2_RC_SUCCESS ||
		Tss2_MU_TPM2B_PRIVATE_Unmarshal(bound, len, &at, &blob->private_area) != TSS2_RC_SUCCESS || at != len ||
		area->type != TPM2_ALG_KEYEDHASH || area->nameAlg != TPM2_ALG_SHA256 || area->authPolicy.size != 0 ||
		area->objectAttributes != (ATTRIBUTES | FIXED))
		return TOKEN_ERR_DAMAGED;
	return tpm_public_name(seal, area, &blob->name) == TSS2_RC_SUCCESS ? TOKEN_OK : TOKEN_ERR_DAMAGED;
}

static enum token_result
unbind_job(struct tpm *tpm, void *arg)
{
	struct named_job *job = arg;
	struct tpm_auth by = { .value = job->value };
	struct tpm_ref object;
	TSS2_RC rc;

	secret_wipe(&job->secret);
	rc = tpm_object(tpm, &job->blob, &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &by.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_unseal(tpm, &object, by, &job->secret);
	tpm_object_forget(tpm, &job->blob.name);
	return rc == TSS2_RC_SUCCESS ? TOKEN_OK : tpm_result(rc);
}

enum token_result
guard_unbind(struct backend_area *area, struct secret credential, const uint8_t *bound, size_t len,
	struct secret *secret)
{
	const struct seal_ctx *seal = area->env->seal;
	struct named_job job = { .value = SECRET_NONE, .secret = SECRET_NONE };
	enum token_result res;

	res = decode(seal, bound, len, &job.blob);
	if (res == TOKEN_OK)
		res = guard_value(seal, area->serial, credential, &job.value);
	if (res == TOKEN_OK)
		res = tpm_guard_do(area->guard, area->env->tpm, unbind_job, &job);
	if (res == TOKEN_OK)
		*secret = secret_move(&job.secret);
	secret_wipe(&job.secret);
	secret_wipe(&job.value);
	return res;
}
