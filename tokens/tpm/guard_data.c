/*
 * tokens/tpm/guard_data.c: what the store keeps of a guard, and all that follows from it: the public areas, Names and
 * policies are computed, so that nothing can be stored that does not fit together.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tokens/tpm/policy.h"

#define FIELD(key, type, optional, member) \
	{ \
		key, type, optional, offsetof(struct guard_data, member) \
	}

static const struct wire_field data_fields[] = {
	FIELD(2, WIRE_UINT, false, kind),
	FIELD(3, WIRE_UINT, false, limit),
	FIELD(4, WIRE_BYTES, false, srk),
	FIELD(5, WIRE_BYTES, false, so),
	FIELD(6, WIRE_BYTES, false, key),
	FIELD(7, WIRE_UINT, false, counter),
	FIELD(8, WIRE_UINT, false, counter_base),
	FIELD(9, WIRE_UINT, true, pin_index),
	FIELD(10, WIRE_BYTES, true, authoriser),
	FIELD(11, WIRE_BYTES, true, approval),
	FIELD(12, WIRE_BYTES, true, pin_object),
	FIELD(13, WIRE_UINT, true, authenticator_index),
	FIELD(14, WIRE_BYTES, true, authenticator_object),
};

static const struct wire_field wrap_fields[] = {
	{ 2, WIRE_BYTES, false, offsetof(struct guard_wrap, private_area) },
	{ 3, WIRE_BYTES, true, offsetof(struct guard_wrap, sealed) },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum token_result
guard_data_encode(const struct guard_data *data, struct backend_bytes *out)
{
	return wire_encode(data_fields, COUNT(data_fields), data, out);
}

enum token_result
guard_data_decode(const uint8_t *bytes, size_t len, struct guard_data *data)
{
	return wire_decode(data_fields, COUNT(data_fields), bytes, len, data);
}

/* ---- TPM structures as bytes ------------------------------------------------------------ */

bool
guard_put_public(const TPM2B_PUBLIC *area, struct wire_bytes *out)
{
	out->len = 0;
	return Tss2_MU_TPM2B_PUBLIC_Marshal(area, out->bytes, sizeof(out->bytes), &out->len) == TSS2_RC_SUCCESS;
}

bool
guard_put_blob(const struct tpm_blob *blob, struct wire_bytes *out)
{
	return guard_put_public(&blob->public_area, out) &&
		Tss2_MU_TPM2B_PRIVATE_Marshal(&blob->private_area, out->bytes, sizeof(out->bytes), &out->len) ==
		TSS2_RC_SUCCESS;
}

bool
guard_get_public(const struct wire_bytes *in, size_t *at, TPM2B_PUBLIC *area)
{
	memset(area, 0, sizeof(*area));
	return Tss2_MU_TPM2B_PUBLIC_Unmarshal(in->bytes, in->len, at, area) == TSS2_RC_SUCCESS;
}

static bool
get_private(const struct wire_bytes *in, size_t *at, TPM2B_PRIVATE *area)
{
	memset(area, 0, sizeof(*area));
	return Tss2_MU_TPM2B_PRIVATE_Unmarshal(in->bytes, in->len, at, area) == TSS2_RC_SUCCESS && *at == in->len;
}

/* A data object under this policy. */
static enum token_result
get_blob(const struct seal_ctx *seal, const struct wire_bytes *in, const TPM2B_DIGEST *policy, struct tpm_blob *blob)
{
	const TPMT_PUBLIC *area = &blob->public_area.publicArea;
	size_t at = 0;

	if (!guard_get_public(in, &at, &blob->public_area) || !get_private(in, &at, &blob->private_area) ||
		area->type != TPM2_ALG_KEYEDHASH || area->nameAlg != TPM2_ALG_SHA256 ||
		area->authPolicy.size != policy->size ||
		memcmp(area->authPolicy.buffer, policy->buffer, policy->size) != 0)
		return TOKEN_ERR_DAMAGED;
	return tpm_public_name(seal, area, &blob->name) == TSS2_RC_SUCCESS ? TOKEN_OK : TOKEN_ERR_DAMAGED;
}

/* ---- The wraps of PIN rows --------------------------------------------------------------- */

enum token_result
guard_wrap_encode(const TPM2B_PRIVATE *private_area, const struct wire_bytes *sealed, struct backend_bytes *out)
{
	struct guard_wrap *wrap = calloc(1, sizeof(*wrap));
	enum token_result res = TOKEN_ERR_ARG;

	if (wrap == NULL)
		return TOKEN_ERR_MEMORY;
	if (sealed != NULL)
		wrap->sealed = *sealed;
	if (Tss2_MU_TPM2B_PRIVATE_Marshal(private_area, wrap->private_area.bytes, sizeof(wrap->private_area.bytes),
		    &wrap->private_area.len) == TSS2_RC_SUCCESS)
		res = wire_encode(wrap_fields, COUNT(wrap_fields), wrap, out);
	free(wrap);
	return res;
}

enum token_result
guard_wrap_decode(const uint8_t *bytes, size_t len, TPM2B_PRIVATE *private_area, struct wire_bytes *sealed)
{
	struct guard_wrap *wrap = calloc(1, sizeof(*wrap));
	enum token_result res;
	size_t at = 0;

	if (wrap == NULL)
		return TOKEN_ERR_MEMORY;
	res = wire_decode(wrap_fields, COUNT(wrap_fields), bytes, len, wrap);
	if (res != TOKEN_OK)
		goto out;
	if (!get_private(&wrap->private_area, &at, private_area))
		res = TOKEN_ERR_DAMAGED;
	*sealed = wrap->sealed;
out:
	free(wrap);
	return res;
}

/* ---- What follows ----------------------------------------------------------------------- */

/* PolicySecret(SO object) and one command. */
static enum token_result
so_and_code(const struct seal_ctx *seal, const struct tpm_guard *guard, TPM2_CC code, TPM2B_DIGEST *digest)
{
	enum token_result res;

	*digest = TPM_POLICY_EMPTY;
	res = tpm_policy_secret(seal, &guard->so_name, digest);
	return res != TOKEN_OK ? res : tpm_policy_code(seal, code, digest);
}

static enum token_result
code_alone(const struct seal_ctx *seal, TPM2_CC code, TPM2B_DIGEST *digest)
{
	*digest = TPM_POLICY_EMPTY;
	return tpm_policy_code(seal, code, digest);
}

/* Who may do what with a PIN index; the order is part of the format (guard.h). */
static enum token_result
index_branches(const struct seal_ctx *seal, const struct tpm_guard *guard, bool changeable, TPML_DIGEST *branches)
{
	TPM2B_DIGEST *at = branches->digests;
	enum token_result res;

	branches->count = changeable ? 5 : 4;
	res = so_and_code(seal, guard, TPM2_CC_NV_Write, &at[0]);
	if (res == TOKEN_OK)
		res = so_and_code(seal, guard, TPM2_CC_NV_ChangeAuth, &at[1]);
	if (res == TOKEN_OK)
		res = code_alone(seal, TPM2_CC_NV_Read, &at[2]);
	if (res == TOKEN_OK)
		res = code_alone(seal, TPM2_CC_NV_Certify, &at[3]);
	if (res == TOKEN_OK && changeable)
		res = tpm_policy_authorize(seal, &guard->authoriser_name, &at[4]);
	return res;
}

static enum token_result
derive_index(const struct seal_ctx *seal, const struct tpm_guard *guard, uint64_t handle, bool changeable,
	struct guard_lock *lock)
{
	enum token_result res;

	res = index_branches(seal, guard, changeable, &lock->branches);
	return res != TOKEN_OK ? res : guard_pin_index(seal, handle, &lock->branches, &lock->index, &lock->name);
}

static enum token_result
derive_object(const struct seal_ctx *seal, const struct tpm_guard *guard, const struct wire_bytes *bytes,
	struct guard_lock *lock)
{
	TPM2B_DIGEST policy;
	enum token_result res;

	res = so_and_code(seal, guard, TPM2_CC_ObjectChangeAuth, &policy);
	if (res != TOKEN_OK)
		return res;
	res = get_blob(seal, bytes, &policy, &lock->object);
	if (res == TOKEN_OK)
		lock->name = lock->object.name;
	return res;
}

static enum token_result
derive_authoriser(const struct seal_ctx *seal, struct tpm_guard *guard)
{
	const struct guard_data *data = &guard->data;
	TPMT_PUBLIC *area = &guard->authoriser.publicArea;
	TPMS_ECC_POINT *point = &area->unique.ecc;
	TPMS_SIGNATURE_ECDSA *ecdsa = &guard->approval.signature.ecdsa;

	if (data->authoriser.len != 2 * GUARD_COORDINATE || data->approval.len != 2 * GUARD_COORDINATE)
		return TOKEN_ERR_DAMAGED;
	area->type = TPM2_ALG_ECC;
	area->nameAlg = TPM2_ALG_SHA256;
	area->objectAttributes = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT;
	area->parameters.eccDetail = (TPMS_ECC_PARMS){
		.symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
		.curveID = TPM2_ECC_NIST_P256,
		.kdf.scheme = TPM2_ALG_NULL,
	};
	point->x.size = point->y.size = GUARD_COORDINATE;
	memcpy(point->x.buffer, data->authoriser.bytes, GUARD_COORDINATE);
	memcpy(point->y.buffer, data->authoriser.bytes + GUARD_COORDINATE, GUARD_COORDINATE);
	guard->approval.sigAlg = TPM2_ALG_ECDSA;
	ecdsa->hash = TPM2_ALG_SHA256;
	ecdsa->signatureR.size = ecdsa->signatureS.size = GUARD_COORDINATE;
	memcpy(ecdsa->signatureR.buffer, data->approval.bytes, GUARD_COORDINATE);
	memcpy(ecdsa->signatureS.buffer, data->approval.bytes + GUARD_COORDINATE, GUARD_COORDINATE);
	return tpm_public_name(seal, area, &guard->authoriser_name) == TSS2_RC_SUCCESS ? TOKEN_OK : TOKEN_ERR_DAMAGED;
}

/* The policy for the user's own change: PIN right, NV_ChangeAuth. */
static enum token_result
derive_approved(const struct seal_ctx *seal, struct tpm_guard *guard)
{
	enum token_result res;

	guard->approved = TPM_POLICY_EMPTY;
	res = tpm_policy_secret(seal, &guard->pin.name, &guard->approved);
	return res != TOKEN_OK ? res : tpm_policy_code(seal, TPM2_CC_NV_ChangeAuth, &guard->approved);
}

static enum token_result
derive_indices(const struct seal_ctx *seal, struct tpm_guard *guard)
{
	const struct guard_data *data = &guard->data;
	enum token_result res;

	if (data->pin_index == 0 || data->pin_object.len != 0 || data->authenticator_object.len != 0)
		return TOKEN_ERR_DAMAGED;
	guard->has_authenticator = data->authenticator_index != 0;
	res = derive_authoriser(seal, guard);
	if (res == TOKEN_OK)
		res = derive_index(seal, guard, data->pin_index, true, &guard->pin);
	if (res == TOKEN_OK)
		res = derive_approved(seal, guard);
	if (res == TOKEN_OK && guard->has_authenticator)
		res = derive_index(seal, guard, data->authenticator_index, false, &guard->authenticator);
	return res;
}

static enum token_result
derive_objects(const struct seal_ctx *seal, struct tpm_guard *guard)
{
	const struct guard_data *data = &guard->data;
	enum token_result res;

	if (data->pin_index != 0 || data->authenticator_index != 0 || data->authoriser.len != 0)
		return TOKEN_ERR_DAMAGED;
	guard->has_authenticator = data->authenticator_object.len != 0;
	res = derive_object(seal, guard, &data->pin_object, &guard->pin);
	if (res == TOKEN_OK && guard->has_authenticator)
		res = derive_object(seal, guard, &data->authenticator_object, &guard->authenticator);
	return res;
}

static enum token_result
derive_policy(const struct seal_ctx *seal, struct tpm_guard *guard)
{
	TPM2B_DIGEST *opener = guard->openers.digests;
	enum token_result res;

	guard->openers.count = guard->has_authenticator ? 2 : 1;
	opener[0] = opener[1] = TPM_POLICY_EMPTY;
	res = tpm_policy_secret(seal, &guard->pin.name, &opener[0]);
	if (res == TOKEN_OK && guard->has_authenticator)
		res = tpm_policy_secret(seal, &guard->authenticator.name, &opener[1]);
	if (res == TOKEN_OK && guard->has_authenticator)
		return tpm_policy_or(seal, &guard->openers, &guard->policy);
	guard->policy = opener[0];
	return res;
}

enum token_result
guard_derive(const struct seal_ctx *seal, struct tpm_guard *guard)
{
	const struct guard_data *data = &guard->data;
	enum token_result res;
	size_t at = 0;

	if ((data->kind != GUARD_INDEX && data->kind != GUARD_OBJECT) || data->limit == 0 ||
		data->limit > PIN_TRIES_MAX || data->srk.len > sizeof(guard->srk.name) || data->srk.len == 0)
		return TOKEN_ERR_DAMAGED;
	guard->kind = (enum guard_kind)data->kind;
	guard->srk.size = (UINT16)data->srk.len;
	memcpy(guard->srk.name, data->srk.bytes, data->srk.len);
	if (!guard_get_public(&data->so, &at, &guard->so) || at != data->so.len ||
		tpm_public_name(seal, &guard->so.publicArea, &guard->so_name) != TSS2_RC_SUCCESS)
		return TOKEN_ERR_DAMAGED;
	res = guard->kind == GUARD_INDEX ? derive_indices(seal, guard) : derive_objects(seal, guard);
	return res != TOKEN_OK ? res : derive_policy(seal, guard);
}

enum token_result
guard_derive_key(const struct seal_ctx *seal, struct tpm_guard *guard)
{
	enum token_result res;

	res = get_blob(seal, &guard->data.key, &guard->policy, &guard->key);
	if (res != TOKEN_OK)
		return res;
	return guard_counter_index(seal, guard->data.counter, &guard->counter, &guard->counter_name);
}
