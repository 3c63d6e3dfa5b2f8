/*
 * tokens/tpm/guard_counter.c: how an older store is noticed. The TPM's counter never goes back, and only who has the
 * area open can step it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include "tokens/tpm/nv.h"

#define HANDLE_TRIES 16

struct counter_job {
	const struct tpm_guard *guard; /* of an area that is there already; NULL: none yet */
	TPMS_NV_PUBLIC index;
	TPM2B_NAME name;
	struct secret value;
	uint64_t generation;
	uint64_t count;
	bool sent;
};

static uint64_t
get_u64(const uint8_t *at)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | at[i];
	return number;
}

/* HMAC of a wrong Name and of a wrong value are refused alike: either way it is not ours. */
static enum token_result
counter_result(TSS2_RC rc)
{
	enum token_result res = rc == TSS2_RC_SUCCESS ? TOKEN_OK : tpm_result(rc);

	if (res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED || tpm_rc_is(rc, TPM2_RC_HANDLE) ||
		rc == TPM2_RC_NV_UNINITIALIZED || rc == TPM2_RC_NV_AUTHORIZATION)
		return TOKEN_ERR_INDEX_LOST;
	return res;
}

static enum token_result
read_count(struct tpm *tpm, const struct counter_job *job, const struct tpm_auth *by, uint64_t *count)
{
	const struct tpm_ref index = { .handle = job->index.nvIndex, .name = job->name };
	uint8_t bytes[GUARD_COUNTER_LEN];
	enum token_result res;

	res = counter_result(tpm_nv_read(tpm, &index, by, bytes, sizeof(bytes)));
	if (res == TOKEN_OK)
		*count = get_u64(bytes);
	return res;
}

/* ---- A new one -------------------------------------------------------------------------- */

static enum token_result
new_job(struct tpm *tpm, void *arg)
{
	struct counter_job *job = arg;
	struct tpm_auth by = { .value = job->value };
	struct tpm_ref unwritten = { .handle = job->index.nvIndex };
	TPMS_NV_PUBLIC there = job->index;
	enum token_result res;
	TSS2_RC rc;

	res = guard_index_define(tpm, &job->index, job->value, &job->sent);
	if (res != TOKEN_OK)
		return res;
	there.attributes &= ~(TPMA_NV)TPMA_NV_WRITTEN;
	rc = tpm_nv_name(tpm_seal(tpm), &there, &unwritten.name);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &by.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_nv_increment(tpm, &unwritten, &by);
	res = counter_result(rc);
	return res != TOKEN_OK ? res : read_count(tpm, job, &by, &job->count);
}

static enum token_result
remove_job(struct tpm *tpm, void *arg)
{
	const struct counter_job *job = arg;

	return guard_index_remove(tpm, &job->index, job->index.nvIndex);
}

void
guard_counter_remove(const struct backend_env *env, const struct tpm_guard *guard, uint64_t handle)
{
	struct counter_job job = { .value = SECRET_NONE };

	if (guard_counter_index(env->seal, handle, &job.index, &job.name) == TOKEN_OK)
		(void)tpm_guard_do(guard, env->tpm, remove_job, &job);
}

static enum token_result
new_at(const struct backend_env *env, const struct tpm_guard *guard, struct counter_job *job, uint64_t handle)
{
	enum token_result res;

	job->sent = false;
	res = guard_counter_index(env->seal, handle, &job->index, &job->name);
	if (res != TOKEN_OK)
		return res;
	res = tpm_guard_do(guard, env->tpm, new_job, job);
	if (res != TOKEN_OK && job->sent)
		(void)tpm_guard_do(guard, env->tpm, remove_job, job);
	return res;
}

enum token_result
guard_counter_new(const struct backend_env *env, const struct tpm_guard *guard, struct secret area_key, uint64_t handle,
	uint64_t generation, struct guard_data *data)
{
	struct counter_job job = { .value = SECRET_NONE };
	enum token_result res;

	res = guard_counter_value(env->seal, area_key, &job.value);
	if (res != TOKEN_OK)
		return res;
	res = handle != 0 ? new_at(env, guard, &job, handle) : TOKEN_ERR_EXISTS;
	for (int i = 0; i < HANDLE_TRIES && res == TOKEN_ERR_EXISTS; i++) {
		res = guard_random_handle(env->seal, &handle);
		if (res == TOKEN_OK)
			res = new_at(env, guard, &job, handle);
	}
	secret_wipe(&job.value);
	if (res != TOKEN_OK)
		return res;
	data->counter = handle;
	data->counter_base = job.count - generation;
	return TOKEN_OK;
}

/* ---- Stepping --------------------------------------------------------------------------- */

static enum token_result
reach_job(struct tpm *tpm, void *arg)
{
	struct counter_job *job = arg;
	const struct tpm_ref index = { .handle = job->index.nvIndex, .name = job->name };
	struct tpm_auth by = { .value = job->value };
	uint64_t behind = 0;
	enum token_result res;
	TSS2_RC rc;

	rc = tpm_hmac_session(tpm, &by.session);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	res = read_count(tpm, job, &by, &job->count);
	if (res != TOKEN_OK)
		return res;
	behind = job->guard->data.counter_base + job->generation - job->count;
	if (behind == 0)
		return TOKEN_OK;
	/* More than one step behind: not what this area has counted with. */
	if (behind != 1)
		return behind > UINT64_MAX / 2 ? TOKEN_ERR_ROLLED_BACK : TOKEN_ERR_INDEX_LOST;
	return counter_result(tpm_nv_increment(tpm, &index, &by));
}

enum token_result
guard_reach(struct backend_area *area, struct secret area_key, uint64_t generation)
{
	const struct tpm_guard *guard = area->guard;
	struct counter_job job = {
		.guard = guard,
		.index = guard->counter,
		.name = guard->counter_name,
		.generation = generation,
	};
	enum token_result res;

	res = guard_counter_value(area->env->seal, area_key, &job.value);
	if (res == TOKEN_OK)
		res = tpm_guard_do(guard, area->env->tpm, reach_job, &job);
	secret_wipe(&job.value);
	return res;
}
