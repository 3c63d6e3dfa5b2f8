/*
 * tokens/tpm/guard.c: a PIN that the TPM itself counts. The area key is sealed in the TPM under PolicySecret of one NV
 * index (PIN FAIL), whose authValue is the PIN and which only the SO's object can write.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/nv.h"
#include "tokens/tpm/policy.h"
#include "tokens/tpm/sealed.h"

const TPM2B_DIGEST *
tpm_guard_policy(const struct tpm_guard *guard)
{
	return &guard->policy;
}

bool
tpm_guard_shares_lockout(const struct tpm_guard *guard)
{
	return guard->kind == GUARD_OBJECT;
}

void
tpm_guard_parts(const struct tpm_guard *guard, struct tpm_guard_parts *parts)
{
	const bool index = guard->kind == GUARD_INDEX;

	*parts = (struct tpm_guard_parts){
		.so_object = &guard->so,
		.authoriser = index ? &guard->authoriser : NULL,
		.pin = index ? &guard->pin.index : NULL,
		.pin_object = index ? NULL : &guard->pin.object,
		.authenticator = index && guard->has_authenticator ? &guard->authenticator.index : NULL,
		.authenticator_object = !index && guard->has_authenticator ? &guard->authenticator.object : NULL,
	};
}

enum token_result
guard_no_pin(enum token_result res)
{
	return res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED ? TOKEN_ERR_DEVICE : res;
}

static enum token_result
check_device(const struct tpm_guard *guard, struct tpm *tpm, struct tpm_ref *srk)
{
	TSS2_RC rc;

	rc = tpm_srk(tpm, srk);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	if (srk->name.size != guard->srk.size || memcmp(srk->name.name, guard->srk.name, guard->srk.size) != 0)
		return TOKEN_ERR_OTHER_DEVICE;
	return TOKEN_OK;
}

/* The SRK is known since we connected; a TPM that was cleared or provisioned since then has another, or none. */
static bool
is_still_there(struct tpm *tpm, const struct tpm_ref *srk)
{
	const struct tpm_ref *const refs[] = { srk };
	TPM2B_PUBLIC area = { 0 };
	TPM2B_NAME name = { 0 }, qualified = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_ReadPublic_Prepare(tpm_sys(tpm), srk->handle);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, NULL, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_ReadPublic_Complete(tpm_sys(tpm), &area, &name, &qualified);
	return rc == TSS2_RC_SUCCESS && name.size == srk->name.size &&
		memcmp(name.name, srk->name.name, name.size) == 0;
}

struct outer_job {
	const struct tpm_guard *guard;
	tpm_job *job;
	void *arg;
};

static enum token_result
outer_job(struct tpm *tpm, void *arg)
{
	const struct outer_job *outer = arg;
	struct tpm_ref srk = { .handle = 0 };
	enum token_result res;

	res = check_device(outer->guard, tpm, &srk);
	if (res == TOKEN_OK)
		res = outer->job(tpm, outer->arg);
	if ((res == TOKEN_ERR_OTHER_DEVICE || res == TOKEN_ERR_INDEX_LOST || res == TOKEN_ERR_DEVICE) &&
		srk.handle != 0 && !is_still_there(tpm, &srk))
		tpm_distrust(tpm);
	return res;
}

enum token_result
tpm_guard_do(const struct tpm_guard *guard, struct tpm *tpm, tpm_job *job, void *arg)
{
	struct outer_job outer = { .guard = guard, .job = job, .arg = arg };

	return tpm_do(tpm, outer_job, &outer);
}

const struct guard_lock *
guard_lock(const struct tpm_guard *guard, enum backend_role role)
{
	if (role == BACKEND_USER)
		return &guard->pin;
	return role == BACKEND_AUTHENTICATOR && guard->has_authenticator ? &guard->authenticator : NULL;
}

enum token_result
guard_lock_result(struct tpm *tpm, const struct guard_lock *lock, TSS2_RC rc)
{
	enum token_result res = tpm_result(rc);
	enum token_result there;

	if (res == TOKEN_OK || lock->index.nvIndex == 0)
		return res;
	if (tpm_rc_is(rc, TPM2_RC_HANDLE))
		return TOKEN_ERR_INDEX_LOST;
	if (res != TOKEN_ERR_PIN && res != TOKEN_ERR_PIN_LOCKED)
		return res;
	/* An index that is not ours, or not yet written, refuses with the same codes. */
	there = guard_index_check(tpm, &lock->index, &lock->name);
	return there == TOKEN_ERR_INDEX_LOST ? there : res;
}

/* What PolicySecret names: the index, or the object with the private area of this auth. */
static TSS2_RC
lock_ref(struct tpm *tpm, const struct guard_lock *lock, const struct guard_auth *auth, struct tpm_ref *ref)
{
	struct tpm_blob blob;

	if (lock->index.nvIndex != 0) {
		*ref = (struct tpm_ref){ .handle = lock->index.nvIndex, .name = lock->name };
		return TSS2_RC_SUCCESS;
	}
	blob = lock->object;
	blob.private_area = auth->private_area;
	return tpm_object(tpm, &blob, ref);
}

static enum token_result
authorise(const struct tpm_guard *guard, struct tpm *tpm, const struct guard_auth *auth, struct tpm_session *policy)
{
	const struct guard_lock *lock = guard_lock(guard, auth->role);
	struct tpm_ref ref;
	enum token_result res;
	TSS2_RC rc;

	if (lock == NULL)
		return TOKEN_ERR_NOT_LOGGED_IN;
	rc = lock_ref(tpm, lock, auth, &ref);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	res = guard_lock_result(tpm, lock, tpm_satisfy_secret(tpm, policy, &ref, auth->value));
	if (res == TOKEN_OK && guard->has_authenticator)
		res = guard_no_pin(tpm_result(tpm_satisfy_or(tpm, policy, &guard->openers)));
	return res;
}

static enum token_result
read_opener(struct secret secret, struct guard_auth *auth)
{
	enum backend_role role = BACKEND_USER;
	enum token_result res;

	res = guard_auth_role(secret, &role);
	return res != TOKEN_OK ? res : guard_auth_read(secret, role, auth);
}

enum token_result
tpm_guard_authorise(const struct tpm_guard *guard, struct tpm *tpm, struct secret secret, struct tpm_session *policy)
{
	struct guard_auth auth;
	enum token_result res;

	res = read_opener(secret, &auth);
	return res != TOKEN_OK ? res : authorise(guard, tpm, &auth, policy);
}

enum token_result
tpm_guard_pin_object(const struct tpm_guard *guard, struct tpm *tpm, struct secret secret, struct tpm_ref *object,
	struct tpm_auth *by)
{
	struct guard_auth auth;
	enum token_result res;
	TSS2_RC rc;

	*by = (struct tpm_auth){ .session = NULL };
	if (guard->kind != GUARD_OBJECT)
		return TOKEN_ERR_UNSUPPORTED;
	res = guard_auth_read(secret, BACKEND_USER, &auth);
	if (res != TOKEN_OK)
		return res;
	by->value = auth.value;
	rc = lock_ref(tpm, &guard->pin, &auth, object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &by->session);
	return guard_no_pin(tpm_result(rc));
}

enum token_result
tpm_guard_may_certify(const struct tpm_guard *guard, struct tpm *tpm, bool authenticator, struct tpm_session **policy)
{
	const struct guard_lock *lock = guard_lock(guard, authenticator ? BACKEND_AUTHENTICATOR : BACKEND_USER);
	TSS2_RC rc;

	if (lock == NULL || guard->kind != GUARD_INDEX)
		return TOKEN_ERR_UNSUPPORTED;
	rc = tpm_policy_session(tpm, policy);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_code(tpm, *policy, TPM2_CC_NV_Certify);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_satisfy_or(tpm, *policy, &lock->branches);
	return guard_no_pin(tpm_result(rc));
}

/* ---- The table's functions -------------------------------------------------------------- */

static enum token_result
guard_open(struct backend_area *area, const uint8_t *bytes, size_t len)
{
	struct tpm_guard *guard = calloc(1, sizeof(*guard));
	enum token_result res;

	if (guard == NULL)
		return TOKEN_ERR_MEMORY;
	res = guard_data_decode(bytes, len, &guard->data);
	if (res == TOKEN_OK)
		res = guard_derive(area->env->seal, guard);
	if (res == TOKEN_OK)
		res = guard_derive_key(area->env->seal, guard);
	if (res != TOKEN_OK)
		goto out;
	area->guard = guard;
	guard = NULL;
out:
	free(guard);
	return res;
}

static void
guard_close(struct backend_area *area)
{
	free(area->guard);
	area->guard = NULL;
}

struct unwrap_job {
	const struct tpm_guard *guard;
	const struct guard_auth *auth;
	struct secret area_key;
};

static enum token_result
unwrap_job(struct tpm *tpm, void *arg)
{
	struct unwrap_job *job = arg;
	const struct tpm_guard *guard = job->guard;
	struct tpm_auth by = { .session = NULL };
	struct tpm_ref object;
	enum token_result res;
	TSS2_RC rc;

	secret_wipe(&job->area_key);
	/* What is loaded may have an older private area, with another PIN. */
	if (guard->kind == GUARD_OBJECT)
		tpm_object_forget(tpm, &guard_lock(guard, job->auth->role)->name);
	rc = tpm_policy_session(tpm, &by.session);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	res = authorise(guard, tpm, job->auth, by.session);
	if (res != TOKEN_OK)
		return res;
	rc = tpm_object(tpm, &guard->key, &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_unseal(tpm, &object, by, &job->area_key);
	return guard_no_pin(tpm_result(rc));
}

static enum token_result
lock_unwrap(struct backend_area *area, enum backend_role role, const uint8_t *wrap, size_t wrap_len, struct secret pin,
	struct secret *area_key, struct secret *auth)
{
	const struct tpm_guard *guard = area->guard;
	const bool object = guard->kind == GUARD_OBJECT;
	struct guard_auth it = { .role = role };
	struct unwrap_job job = { .guard = guard, .auth = &it };
	struct wire_bytes unused;
	enum token_result res = TOKEN_OK;

	if (guard_lock(guard, role) == NULL)
		return TOKEN_ERR_ARG;
	/* An authenticator needs no wrap before its first change. */
	if (object && role == BACKEND_AUTHENTICATOR && wrap_len == 0)
		it.private_area = guard->authenticator.object.private_area;
	else if (object)
		res = guard_wrap_decode(wrap, wrap_len, &it.private_area, &unused);
	if (res == TOKEN_OK)
		res = guard_value(area->env->seal, area->serial, pin, &it.value);
	if (res == TOKEN_OK)
		res = tpm_guard_do(guard, area->env->tpm, unwrap_job, &job);
	if (res == TOKEN_OK && job.area_key.len != BACKEND_AREA_KEY_LEN)
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK)
		res = guard_auth_make(role, it.value, object ? &it.private_area : NULL, auth);
	if (res == TOKEN_OK)
		*area_key = secret_move(&job.area_key);
	secret_wipe(&job.area_key);
	secret_wipe(&it.value);
	return res;
}

static enum token_result
guard_unwrap(struct backend_area *area, const struct backend_pin *id, const uint8_t *wrap, size_t wrap_len,
	struct secret pin, struct secret *area_key, struct secret *auth)
{
	*area_key = SECRET_NONE;
	*auth = SECRET_NONE;
	if (id->role == BACKEND_SO)
		return guard_so_unwrap(area, id, wrap, wrap_len, pin, area_key, auth);
	return lock_unwrap(area, id->role, wrap, wrap_len, pin, area_key, auth);
}

static enum token_result
guard_set_pin(struct backend_area *area, const struct backend_pin *id, enum backend_role by, struct secret auth,
	struct secret pin, struct secret area_key, struct backend_bytes *wrap)
{
	if (id->role != BACKEND_SO)
		return guard_pin_set(area, id, by, auth, pin, wrap);
	return by == BACKEND_SO ? guard_so_set_pin(area, id, auth, pin, area_key, wrap) : TOKEN_ERR_ARG;
}

static bool
guard_shares_lockout(struct backend_area *area)
{
	return tpm_guard_shares_lockout(area->guard);
}

static enum token_result
check_job(struct tpm *tpm, void *arg)
{
	const struct tpm_guard *guard = arg;
	const bool index = guard->kind == GUARD_INDEX;
	enum token_result res = TOKEN_OK;

	if (index)
		res = guard_index_check(tpm, &guard->pin.index, &guard->pin.name);
	if (res == TOKEN_OK && index && guard->has_authenticator)
		res = guard_index_check(tpm, &guard->authenticator.index, &guard->authenticator.name);
	return res != TOKEN_OK ? res : guard_index_check(tpm, &guard->counter, &guard->counter_name);
}

static enum token_result
guard_check(struct backend_area *area)
{
	return tpm_guard_do(area->guard, area->env->tpm, check_job, area->guard);
}

const struct token_guard tpm_guard = {
	.user = &pin_limits_tpm_user,
	.so = &pin_limits_tpm_so,
	.counts = true,
	.make = guard_make,
	.remake = guard_remake,
	.drop = guard_drop,
	.open = guard_open,
	.close = guard_close,
	.unwrap = guard_unwrap,
	.set_pin = guard_set_pin,
	.tries = guard_tries,
	.shares_lockout = guard_shares_lockout,
	.check = guard_check,
	.reach = guard_reach,
	.repair = guard_repair,
	.bind = guard_bind,
	.unbind = guard_unbind,
};
