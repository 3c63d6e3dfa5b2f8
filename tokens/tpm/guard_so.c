/*
 * tokens/tpm/guard_so.c: the SO object, a sealed key whose authValue is the SO's code: it opens the area key for the SO,
 * and nothing else can write a PIN index.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <string.h>

#include "tokens/tpm/nv.h"
#include "tokens/tpm/policy.h"
#include "tokens/tpm/sealed.h"

TSS2_RC
guard_so_object(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so, struct tpm_ref *object)
{
	const struct tpm_blob blob = {
		.public_area = guard->so,
		.private_area = so->private_area,
		.name = guard->so_name,
	};

	return tpm_object(tpm, &blob, object);
}

enum token_result
guard_so_policy(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so, TPM2_CC code,
	const TPML_DIGEST *branches, struct tpm_session **policy)
{
	struct tpm_ref object;
	TSS2_RC rc;

	rc = guard_so_object(tpm, guard, so, &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_policy_session(tpm, policy);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_secret(tpm, *policy, &object, so->value);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_code(tpm, *policy, code);
	if (rc == TSS2_RC_SUCCESS && branches != NULL)
		rc = tpm_satisfy_or(tpm, *policy, branches);
	return rc == TSS2_RC_SUCCESS ? TOKEN_OK : tpm_result(rc);
}

static void
put_u32(uint8_t *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* name: of the index, as it must be for this to be done at all. */
static TSS2_RC
write_index(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_lock *lock, const TPM2B_NAME *name,
	struct tpm_session *policy, uint32_t used)
{
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = *name };
	const struct tpm_auth by = { .session = policy };
	uint8_t bytes[GUARD_PIN_WRITTEN];

	put_u32(bytes, used);
	put_u32(bytes + 4, (uint32_t)guard->data.limit);
	return tpm_nv_write(tpm, &index, &by, bytes, sizeof(bytes));
}

enum token_result
guard_so_lock(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so,
	const struct guard_lock *lock)
{
	TPMS_NV_PUBLIC unwritten = lock->index;
	struct tpm_session *policy = NULL;
	TPM2B_NAME name;
	enum token_result res;

	/* The Name is another one before the first write. */
	unwritten.attributes &= ~(TPMA_NV)TPMA_NV_WRITTEN;
	if (tpm_nv_name(tpm_seal(tpm), &unwritten, &name) != TSS2_RC_SUCCESS)
		return TOKEN_ERR_CRYPTO;
	res = guard_so_policy(tpm, guard, so, TPM2_CC_NV_Write, &lock->branches, &policy);
	if (res != TOKEN_OK)
		return res;
	res = tpm_result(write_index(tpm, guard, lock, &name, policy, (uint32_t)guard->data.limit));
	return res != TOKEN_OK ? guard_no_pin(res) : guard_index_check(tpm, &lock->index, &lock->name);
}

enum token_result
guard_so_give(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so,
	const struct guard_lock *lock, struct secret value)
{
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = lock->name };
	struct tpm_session *policy = NULL;
	enum token_result res;

	res = guard_so_policy(tpm, guard, so, TPM2_CC_NV_ChangeAuth, &lock->branches, &policy);
	if (res != TOKEN_OK)
		return res;
	/* In this order: what happens in between leaves the index locked, if it was. */
	res = guard_no_pin(guard_lock_result(tpm, lock, tpm_nv_change_auth(tpm, &index, policy, value)));
	if (res == TOKEN_OK)
		res = guard_so_policy(tpm, guard, so, TPM2_CC_NV_Write, &lock->branches, &policy);
	if (res != TOKEN_OK)
		return res;
	return guard_no_pin(guard_lock_result(tpm, lock, write_index(tpm, guard, lock, &lock->name, policy, 0)));
}

/* ---- The SO's wrap ---------------------------------------------------------------------- */

#define PURPOSE "mdoc-pkcs11 tpm so"
#define PURPOSE_LEN (sizeof(PURPOSE) - 1)
#define AAD_LEN (PURPOSE_LEN + TOKEN_SERIAL_LEN + 8)

/* purpose || serial || generation, big endian */
static void
make_aad(const struct backend_pin *id, uint8_t aad[AAD_LEN])
{
	memset(aad, 0, AAD_LEN);
	memcpy(aad, PURPOSE, PURPOSE_LEN);
	memcpy(aad + PURPOSE_LEN, id->serial, strnlen(id->serial, TOKEN_SERIAL_LEN));
	for (unsigned i = 0; i < 8; i++)
		aad[PURPOSE_LEN + TOKEN_SERIAL_LEN + i] = (uint8_t)(id->generation >> (56 - 8 * i));
}

enum token_result
guard_so_wrap(const struct seal_ctx *seal, const struct backend_pin *id, struct secret kek, struct secret area_key,
	struct wire_bytes *sealed)
{
	uint8_t aad[AAD_LEN];

	make_aad(id, aad);
	sealed->len = area_key.len + SEAL_OVERHEAD;
	if (sealed->len > sizeof(sealed->bytes))
		return TOKEN_ERR_ARG;
	return seal_into(seal, kek, aad, sizeof(aad), area_key.ptr, area_key.len, sealed->bytes);
}

struct so_job {
	const struct tpm_guard *guard;
	const struct guard_auth *so;
	struct secret new_value;
	struct secret kek;
	TPM2B_PRIVATE private_area; /* with the new value */
};

/* What the object holds, for the right code. */
static enum token_result
open_object(struct tpm *tpm, const struct so_job *job, struct secret *kek)
{
	struct tpm_auth by = { .value = job->so->value };
	struct tpm_ref object;
	TSS2_RC rc;

	/* What is loaded may have an older private area, with another code. */
	tpm_object_forget(tpm, &job->guard->so_name);
	rc = guard_so_object(tpm, job->guard, job->so, &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &by.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_unseal(tpm, &object, by, kek);
	return rc == TSS2_RC_SUCCESS ? TOKEN_OK : tpm_result(rc);
}

static enum token_result
open_job(struct tpm *tpm, void *arg)
{
	struct so_job *job = arg;

	secret_wipe(&job->kek);
	return open_object(tpm, job, &job->kek);
}

enum token_result
guard_so_unwrap(struct backend_area *area, const struct backend_pin *id, const uint8_t *wrap, size_t wrap_len,
	struct secret pin, struct secret *area_key, struct secret *auth)
{
	const struct seal_ctx *seal = area->env->seal;
	struct guard_auth so = { .role = BACKEND_SO };
	struct so_job job = { .guard = area->guard, .so = &so };
	struct wire_bytes sealed;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	res = guard_wrap_decode(wrap, wrap_len, &so.private_area, &sealed);
	if (res != TOKEN_OK)
		return res;
	res = guard_value(seal, area->serial, pin, &so.value);
	if (res != TOKEN_OK)
		goto out;
	res = tpm_guard_do(job.guard, area->env->tpm, open_job, &job);
	if (res != TOKEN_OK)
		goto out;
	make_aad(id, aad);
	res = seal_open(seal, job.kek, aad, sizeof(aad), sealed.bytes, sealed.len, area_key);
	if (res != TOKEN_OK)
		goto out;
	res = guard_auth_make(BACKEND_SO, so.value, &so.private_area, auth);
	if (res != TOKEN_OK)
		secret_wipe(area_key);
out:
	secret_wipe(&job.kek);
	secret_wipe(&so.value);
	return res;
}

/* ---- Another code ----------------------------------------------------------------------- */

static enum token_result
change_job(struct tpm *tpm, void *arg)
{
	struct so_job *job = arg;
	struct tpm_auth by = { .value = job->so->value };
	struct tpm_ref object;
	enum token_result res;
	TSS2_RC rc;

	secret_wipe(&job->kek);
	res = open_object(tpm, job, &job->kek);
	if (res != TOKEN_OK)
		return res;
	rc = guard_so_object(tpm, job->guard, job->so, &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &by.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_seal_change_auth(tpm, &object, by, job->new_value, &job->private_area);
	tpm_object_forget(tpm, &job->guard->so_name);
	return rc == TSS2_RC_SUCCESS ? TOKEN_OK : tpm_result(rc);
}

enum token_result
guard_so_set_pin(struct backend_area *area, const struct backend_pin *id, struct secret auth, struct secret pin,
	struct secret area_key, struct backend_bytes *wrap)
{
	const struct seal_ctx *seal = area->env->seal;
	struct guard_auth so;
	struct so_job job = { .guard = area->guard, .so = &so };
	struct wire_bytes sealed;
	enum token_result res;

	res = guard_auth_read(auth, BACKEND_SO, &so);
	if (res != TOKEN_OK)
		return res;
	res = guard_value(seal, area->serial, pin, &job.new_value);
	if (res != TOKEN_OK)
		goto out;
	res = tpm_guard_do(job.guard, area->env->tpm, change_job, &job);
	if (res != TOKEN_OK)
		goto out;
	res = guard_so_wrap(seal, id, job.kek, area_key, &sealed);
	if (res != TOKEN_OK)
		goto out;
	res = guard_wrap_encode(&job.private_area, &sealed, wrap);
out:
	secret_wipe(&job.kek);
	secret_wipe(&job.new_value);
	return res;
}
