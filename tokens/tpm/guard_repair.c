/*
 * tokens/tpm/guard_repair.c: what the owner of a TPM has taken away, made again by the SO. The PIN index gets its old
 * Name back, and so opens what it opened; a counter is another one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <stdlib.h>

struct repair_job {
	const struct tpm_guard *guard;
	const struct guard_lock *lock;
	struct guard_auth so;
	struct secret value; /* that nobody knows */
	bool sent;
};

static enum token_result
repair_job(struct tpm *tpm, void *arg)
{
	struct repair_job *job = arg;
	const struct guard_lock *lock = job->lock;
	enum token_result res;

	res = guard_index_check(tpm, &lock->index, &lock->name);
	if (res != TOKEN_ERR_INDEX_LOST)
		return res;
	res = guard_index_remove(tpm, NULL, lock->index.nvIndex);
	if (res == TOKEN_OK)
		res = guard_index_define(tpm, &lock->index, job->value, &job->sent);
	if (res == TOKEN_OK) /* locked, until the SO sets a PIN */
		res = guard_so_lock(tpm, job->guard, &job->so, lock);
	return guard_no_pin(res);
}

static enum token_result
repair_locks(struct backend_area *area, struct secret auth)
{
	struct repair_job job = { .guard = area->guard };
	enum token_result res;

	if (job.guard->kind != GUARD_INDEX)
		return TOKEN_OK;
	res = guard_auth_read(auth, BACKEND_SO, &job.so);
	if (res == TOKEN_OK)
		res = guard_random_value(area->env->seal, &job.value);
	if (res != TOKEN_OK)
		return res;
	job.lock = &job.guard->pin;
	res = tpm_guard_do(job.guard, area->env->tpm, repair_job, &job);
	if (res == TOKEN_OK && job.guard->has_authenticator) {
		job.lock = &job.guard->authenticator;
		job.sent = false;
		res = tpm_guard_do(job.guard, area->env->tpm, repair_job, &job);
	}
	secret_wipe(&job.value);
	return res;
}

/*
 * A counter that is ahead is not lost: that store is an old one, and stays refused. So the new one gets another handle:
 * at the old one it would have the old Name and value, and be ahead of the old data when these are not replaced.
 */
static enum token_result
repair_counter(struct backend_area *area, struct secret area_key, uint64_t generation, struct backend_bytes *out)
{
	const struct tpm_guard *guard = area->guard;
	struct guard_data *data = NULL;
	enum token_result res;

	res = guard_reach(area, area_key, generation);
	if (res != TOKEN_ERR_INDEX_LOST)
		return res;
	data = malloc(sizeof(*data));
	if (data == NULL)
		return TOKEN_ERR_MEMORY;
	*data = guard->data;
	guard_counter_remove(area->env, guard, data->counter);
	res = guard_counter_new(area->env, guard, area_key, 0, generation, data);
	if (res == TOKEN_OK)
		res = guard_data_encode(data, out);
	free(data);
	return res;
}

enum token_result
guard_repair(struct backend_area *area, struct secret auth, struct secret area_key, uint64_t generation,
	struct backend_bytes *data)
{
	enum token_result res;

	*data = (struct backend_bytes){ NULL, 0 };
	res = repair_locks(area, auth);
	return res != TOKEN_OK ? res : repair_counter(area, area_key, generation, data);
}
