/*
 * tokens/tpm/guard_pin.c: the user's PIN (and the authenticator's): setting, changing, tries left. Nothing that the PIN
 * opens changes with it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <string.h>

#include "tokens/tpm/nv.h"
#include "tokens/tpm/policy.h"
#include "tokens/tpm/sealed.h"

struct pin_job {
	const struct tpm_guard *guard;
	const struct guard_lock *lock;
	const struct guard_auth *by;
	struct secret value; /* the new one */
	TPMT_TK_VERIFIED ticket;
	bool sent;
	TPM2B_PRIVATE private_area; /* of an object with the new value */
};

/* ---- By the SO -------------------------------------------------------------------------- */

static enum token_result
so_index_job(struct tpm *tpm, void *arg)
{
	struct pin_job *job = arg;
	const struct guard_lock *lock = job->lock;
	enum token_result res;

	res = guard_index_check(tpm, &lock->index, &lock->name);
	return res != TOKEN_OK ? res : guard_so_give(tpm, job->guard, job->by, lock, job->value);
}

/* From the private area that was made first; it still opens with the value that nobody knows. */
static enum token_result
so_object_job(struct tpm *tpm, void *arg)
{
	struct pin_job *job = arg;
	const struct guard_lock *lock = job->lock;
	struct tpm_auth by = { .session = NULL };
	struct tpm_ref object;
	enum token_result res;
	TSS2_RC rc;

	res = guard_so_policy(tpm, job->guard, job->by, TPM2_CC_ObjectChangeAuth, NULL, &by.session);
	if (res != TOKEN_OK)
		return res;
	tpm_object_forget(tpm, &lock->name);
	rc = tpm_object(tpm, &lock->object, &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_seal_change_auth(tpm, &object, by, job->value, &job->private_area);
	tpm_object_forget(tpm, &lock->name);
	return guard_no_pin(tpm_result(rc));
}

/* ---- By the user ------------------------------------------------------------------------ */

/* The TPM's word that the authorising key has signed the policy for this. */
static enum token_result
approval_ticket(struct tpm *tpm, const struct tpm_guard *guard, TPMT_TK_VERIFIED *ticket)
{
	struct tpm_ref key = { .name = guard->authoriser_name };
	const struct tpm_ref *const refs[] = { &key };
	TPM2B_DIGEST digest = { .size = TPM_POLICY_LEN };
	TPM2B_NAME name = { 0 };
	enum token_result res;
	TSS2_RC rc;

	memset(ticket, 0, sizeof(*ticket));
	res = seal_sha256(tpm_seal(tpm), guard->approved.buffer, guard->approved.size, digest.buffer);
	if (res != TOKEN_OK)
		return res;
	/* Not in the null hierarchy: that gives no tickets. */
	rc = Tss2_Sys_LoadExternal_Prepare(tpm_sys(tpm), NULL, &guard->authoriser, TPM2_RH_OWNER);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, NULL, 0, NULL, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_LoadExternal_Complete(tpm_sys(tpm), &key.handle, &name);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	rc = Tss2_Sys_VerifySignature_Prepare(tpm_sys(tpm), key.handle, &digest, &guard->approval);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, NULL, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_VerifySignature_Complete(tpm_sys(tpm), ticket);
	(void)tpm_flush(tpm, key.handle);
	return guard_no_pin(tpm_result(rc));
}

static enum token_result
user_policy(struct tpm *tpm, const struct pin_job *job, struct secret value, struct tpm_session **policy)
{
	const struct guard_lock *lock = job->lock;
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = lock->name };
	TSS2_RC rc;

	rc = tpm_policy_session(tpm, policy);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	return guard_lock_result(tpm, lock, tpm_satisfy_secret(tpm, *policy, &index, value));
}

static enum token_result
user_index_job(struct tpm *tpm, void *arg)
{
	struct pin_job *job = arg;
	const struct tpm_guard *guard = job->guard;
	const struct guard_lock *lock = job->lock;
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = lock->name };
	struct tpm_session *policy = NULL;
	enum token_result res;
	TSS2_RC rc;

	res = approval_ticket(tpm, guard, &job->ticket);
	if (res != TOKEN_OK)
		return res;
	/* The line broke when the new value was on its way: it may be the PIN already. */
	if (job->sent && user_policy(tpm, job, job->value, &policy) == TOKEN_OK)
		return TOKEN_OK;
	res = user_policy(tpm, job, job->by->value, &policy);
	if (res != TOKEN_OK)
		return res;
	rc = tpm_satisfy_code(tpm, policy, TPM2_CC_NV_ChangeAuth);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_authorized(tpm, policy, &guard->approved, &guard->authoriser_name, &job->ticket);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_or(tpm, policy, &lock->branches);
	if (rc == TSS2_RC_SUCCESS) {
		job->sent = true;
		rc = tpm_nv_change_auth(tpm, &index, policy, job->value);
	}
	return guard_no_pin(tpm_result(rc));
}

static enum token_result
user_object_job(struct tpm *tpm, void *arg)
{
	struct pin_job *job = arg;
	struct tpm_blob blob = job->lock->object;
	struct tpm_auth by = { .value = job->by->value };
	struct tpm_ref object;
	TSS2_RC rc;

	blob.private_area = job->by->private_area;
	tpm_object_forget(tpm, &blob.name);
	rc = tpm_object(tpm, &blob, &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &by.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_seal_change_auth(tpm, &object, by, job->value, &job->private_area);
	tpm_object_forget(tpm, &blob.name);
	return tpm_result(rc);
}

/* An authenticator is the SO's to change. */
static tpm_job *
job_for(enum guard_kind kind, enum backend_role role, enum backend_role by)
{
	if (by == BACKEND_SO)
		return kind == GUARD_INDEX ? so_index_job : so_object_job;
	if (by != BACKEND_USER || role != BACKEND_USER)
		return NULL;
	return kind == GUARD_INDEX ? user_index_job : user_object_job;
}

enum token_result
guard_pin_set(struct backend_area *area, const struct backend_pin *id, enum backend_role by, struct secret auth,
	struct secret pin, struct backend_bytes *wrap)
{
	const struct tpm_guard *guard = area->guard;
	struct guard_auth whose;
	struct pin_job job = { .guard = guard, .lock = guard_lock(guard, id->role), .by = &whose };
	tpm_job *run = job_for(guard->kind, id->role, by);
	enum token_result res;

	if (run == NULL || job.lock == NULL)
		return TOKEN_ERR_ARG;
	res = guard_auth_read(auth, by, &whose);
	if (res != TOKEN_OK)
		return res;
	res = guard_value(area->env->seal, area->serial, pin, &job.value);
	if (res == TOKEN_OK)
		res = tpm_guard_do(guard, area->env->tpm, run, &job);
	secret_wipe(&job.value);
	if (res == TOKEN_OK && guard->kind == GUARD_OBJECT)
		res = guard_wrap_encode(&job.private_area, NULL, wrap);
	return res;
}

/* ---- Tries left ------------------------------------------------------------------------- */

struct tries_job {
	const struct tpm_guard *guard;
	unsigned left;
};

static uint32_t
get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static enum token_result
index_tries_job(struct tpm *tpm, void *arg)
{
	struct tries_job *job = arg;
	const struct guard_lock *lock = &job->guard->pin;
	const struct tpm_ref index = { .handle = lock->index.nvIndex, .name = lock->name };
	struct tpm_auth by = { .session = NULL };
	uint8_t bytes[GUARD_PIN_WRITTEN];
	enum token_result res;
	TSS2_RC rc;

	rc = tpm_policy_session(tpm, &by.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_code(tpm, by.session, TPM2_CC_NV_Read);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_or(tpm, by.session, &lock->branches);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	res = guard_no_pin(guard_lock_result(tpm, lock, tpm_nv_read(tpm, &index, &by, bytes, sizeof(bytes))));
	if (res != TOKEN_OK)
		return res;
	job->left = get_u32(bytes) < get_u32(bytes + 4) ? get_u32(bytes + 4) - get_u32(bytes) : 0;
	return TOKEN_OK;
}

static TSS2_RC
get_property(struct tpm *tpm, TPM2_PT property, uint32_t *value)
{
	TPMI_YES_NO more = TPM2_NO;
	TPMS_CAPABILITY_DATA data;
	TSS2_RC rc;

	memset(&data, 0, sizeof(data));
	rc = Tss2_Sys_GetCapability_Prepare(tpm_sys(tpm), TPM2_CAP_TPM_PROPERTIES, property, 1);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, NULL, 0, NULL, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_GetCapability_Complete(tpm_sys(tpm), &more, &data);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if (data.data.tpmProperties.count != 1 || data.data.tpmProperties.tpmProperty[0].property != property)
		return TSS2_SYS_RC_MALFORMED_RESPONSE;
	*value = data.data.tpmProperties.tpmProperty[0].value;
	return rc;
}

/* Those of the whole TPM: it does not count by key. Nothing has failed: none are missing, however few it grants. */
static enum token_result
object_tries_job(struct tpm *tpm, void *arg)
{
	struct tries_job *job = arg;
	uint32_t failed = 0, most = 0;
	TSS2_RC rc;

	rc = get_property(tpm, TPM2_PT_LOCKOUT_COUNTER, &failed);
	if (rc == TSS2_RC_SUCCESS)
		rc = get_property(tpm, TPM2_PT_MAX_AUTH_FAIL, &most);
	job->left = failed < most ? most - failed : 0;
	if (failed == 0 && most > 1)
		job->left = UINT32_MAX;
	return guard_no_pin(tpm_result(rc));
}

enum token_result
guard_tries(struct backend_area *area, unsigned *left)
{
	struct tries_job job = { .guard = area->guard };
	enum token_result res;

	res = tpm_guard_do(job.guard, area->env->tpm,
		job.guard->kind == GUARD_INDEX ? index_tries_job : object_tries_job, &job);
	if (res == TOKEN_OK)
		*left = job.left;
	return res;
}
