/*
 * tokens/tpm/guard_make.c: a new area's part in the TPM: the SO object, the PIN index (locked, until the SO has set a
 * PIN), the sealed area key, the counter.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/policy.h"
#include "tokens/tpm/sealed.h"
#include "tokens/vault/key.h"

#define HANDLE_TRIES 16
#define POINT_LEN (1 + 2 * GUARD_COORDINATE)

struct maker {
	const struct backend_env *env;
	const struct guard_spec *spec;
	struct tpm_guard *guard;
	struct guard_auth so;
	struct secret kek; /* what the SO object holds */
	struct secret area_key;
	struct secret pin;           /* a value that nobody knows */
	struct secret authenticator; /* its value */
	bool pin_sent;
	bool authenticator_sent;
};

static void
maker_clear(struct maker *m)
{
	secret_wipe(&m->so.value);
	secret_wipe(&m->kek);
	secret_wipe(&m->pin);
	secret_wipe(&m->authenticator);
	free(m->guard);
}

/* ---- The SO object ---------------------------------------------------------------------- */

static enum token_result
so_job(struct tpm *tpm, void *arg)
{
	struct maker *m = arg;
	/* A code that cannot be guessed needs no dictionary attack protection, and mistyping it locks nobody else out. */
	const TPMA_OBJECT attributes = TPMA_OBJECT_USERWITHAUTH | (m->spec->weak_so ? 0 : TPMA_OBJECT_NODA);
	struct guard_data *data = &m->guard->data;
	const TPM2B_DIGEST none = { .size = 0 };
	struct tpm_ref srk;
	struct tpm_blob blob;
	TSS2_RC rc;

	rc = tpm_srk(tpm, &srk);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_seal_new(tpm, attributes, &none, m->so.value, m->kek, &blob);
	if (rc != TSS2_RC_SUCCESS)
		return guard_no_pin(tpm_result(rc));
	m->guard->srk = srk.name; /* from here on no other TPM will do */
	data->srk.len = srk.name.size;
	memcpy(data->srk.bytes, srk.name.name, srk.name.size);
	m->so.private_area = blob.private_area;
	return guard_put_public(&blob.public_area, &data->so) ? TOKEN_OK : TOKEN_ERR_DEVICE;
}

static enum token_result
make_so(struct maker *m, struct secret so_pin)
{
	const struct seal_ctx *seal = m->env->seal;
	enum token_result res;

	m->so.role = BACKEND_SO;
	res = guard_value(seal, m->spec->serial, so_pin, &m->so.value);
	if (res == TOKEN_OK)
		res = seal_random_secret(seal, GUARD_SECRET_LEN, &m->kek);
	if (res == TOKEN_OK)
		res = guard_random_value(seal, &m->pin);
	if (res == TOKEN_OK && m->spec->authenticator.ptr != NULL)
		res = guard_value(seal, m->spec->serial, m->spec->authenticator, &m->authenticator);
	return res != TOKEN_OK ? res : tpm_do(m->env->tpm, so_job, m);
}

/* ---- PIN indices ------------------------------------------------------------------------ */

/* A key that signs once, for one policy, and is forgotten: nobody can ever approve another. */
static enum token_result
approve(struct maker *m)
{
	struct guard_data *data = &m->guard->data;
	const struct seal_ctx *seal = m->env->seal;
	uint8_t point[POINT_LEN], digest[32];
	size_t point_len = sizeof(point);
	struct token_key *key = NULL;
	enum token_result res;

	data->approval.len = 2 * GUARD_COORDINATE;
	res = vault_key_generate(seal_ctx_libctx(seal), TOKEN_P256, &key);
	if (res == TOKEN_OK)
		res = token_key_point(key, point, &point_len);
	if (res != TOKEN_OK)
		goto out;
	data->authoriser.len = 2 * GUARD_COORDINATE;
	memcpy(data->authoriser.bytes, point + 1, data->authoriser.len);
	res = guard_derive(seal, m->guard); /* the policy names the index, whose Name covers this key */
	if (res == TOKEN_OK)
		res = seal_sha256(seal, m->guard->approved.buffer, m->guard->approved.size, digest);
	if (res == TOKEN_OK)
		res = token_key_sign(key, digest, sizeof(digest), data->approval.bytes, &data->approval.len);
	if (res == TOKEN_OK)
		res = guard_derive(seal, m->guard);
out:
	token_key_free(key);
	return res;
}

static enum token_result
remove_indices_job(struct tpm *tpm, void *arg)
{
	struct maker *m = arg;
	const struct tpm_guard *guard = m->guard;

	if (m->pin_sent)
		(void)guard_index_remove(tpm, &guard->pin.index, guard->pin.index.nvIndex);
	if (m->authenticator_sent)
		(void)guard_index_remove(tpm, &guard->authenticator.index, guard->authenticator.index.nvIndex);
	return TOKEN_OK;
}

static void
remove_indices(struct maker *m)
{
	if (m->pin_sent || m->authenticator_sent)
		(void)tpm_guard_do(m->guard, m->env->tpm, remove_indices_job, m);
	m->pin_sent = m->authenticator_sent = false;
}

static enum token_result
indices_job(struct tpm *tpm, void *arg)
{
	struct maker *m = arg;
	const struct tpm_guard *guard = m->guard;
	enum token_result res;

	res = guard_index_define(tpm, &guard->pin.index, m->pin, &m->pin_sent);
	if (res == TOKEN_OK)
		res = guard_so_lock(tpm, guard, &m->so, &guard->pin);
	if (res != TOKEN_OK || !guard->has_authenticator)
		return guard_no_pin(res);
	res = guard_index_define(tpm, &guard->authenticator.index, m->pin, &m->authenticator_sent);
	if (res == TOKEN_OK)
		res = guard_so_lock(tpm, guard, &m->so, &guard->authenticator);
	if (res == TOKEN_OK)
		res = guard_so_give(tpm, guard, &m->so, &guard->authenticator, m->authenticator);
	return guard_no_pin(res);
}

/* At the handles that are in the data already, if they are, else at free ones. */
static enum token_result
indices_once(struct maker *m, bool fresh)
{
	struct guard_data *data = &m->guard->data;
	const bool authenticator = m->authenticator.ptr != NULL;
	enum token_result res = TOKEN_OK;

	if (fresh || data->pin_index == 0)
		res = guard_random_handle(m->env->seal, &data->pin_index);
	if (!authenticator)
		data->authenticator_index = 0;
	else if (res == TOKEN_OK && (fresh || data->authenticator_index == 0))
		res = guard_random_handle(m->env->seal, &data->authenticator_index);
	if (res == TOKEN_OK)
		res = approve(m);
	if (res == TOKEN_OK)
		res = tpm_guard_do(m->guard, m->env->tpm, indices_job, m);
	if (res != TOKEN_OK)
		remove_indices(m);
	return res;
}

static enum token_result
make_indices(struct maker *m)
{
	enum token_result res = TOKEN_ERR_EXISTS;

	m->guard->data.kind = GUARD_INDEX;
	for (int i = 0; i < HANDLE_TRIES && res == TOKEN_ERR_EXISTS; i++)
		res = indices_once(m, i > 0);
	return res;
}

/* ---- Objects instead, where the TPM has no such indices --------------------------------- */

static enum token_result
lock_object(struct tpm *tpm, const struct maker *m, struct secret value, struct wire_bytes *out)
{
	TPM2B_DIGEST policy = TPM_POLICY_EMPTY;
	struct secret nothing = SECRET_NONE;
	struct tpm_blob blob;
	enum token_result res;

	res = tpm_policy_secret(m->env->seal, &m->guard->so_name, &policy);
	if (res == TOKEN_OK)
		res = tpm_policy_code(m->env->seal, TPM2_CC_ObjectChangeAuth, &policy);
	if (res == TOKEN_OK)
		res = seal_random_secret(m->env->seal, GUARD_SECRET_LEN, &nothing);
	if (res == TOKEN_OK)
		res = guard_no_pin(
			tpm_result(tpm_seal_new(tpm, TPMA_OBJECT_USERWITHAUTH, &policy, value, nothing, &blob)));
	if (res == TOKEN_OK && !guard_put_blob(&blob, out))
		res = TOKEN_ERR_DEVICE;
	secret_wipe(&nothing);
	return res;
}

static enum token_result
objects_job(struct tpm *tpm, void *arg)
{
	struct maker *m = arg;
	struct guard_data *data = &m->guard->data;
	enum token_result res;

	res = lock_object(tpm, m, m->pin, &data->pin_object);
	if (res == TOKEN_OK && m->authenticator.ptr != NULL)
		res = lock_object(tpm, m, m->authenticator, &data->authenticator_object);
	return res;
}

static enum token_result
make_objects(struct maker *m)
{
	struct guard_data *data = &m->guard->data;
	TPM2B_PUBLIC *so = &m->guard->so;
	enum token_result res;
	size_t at = 0;

	data->kind = GUARD_OBJECT;
	data->pin_index = data->authenticator_index = 0;
	data->authoriser.len = data->approval.len = 0;
	res = guard_get_public(&data->so, &at, so) ? TOKEN_OK : TOKEN_ERR_DEVICE;
	if (res == TOKEN_OK && tpm_public_name(m->env->seal, &so->publicArea, &m->guard->so_name) != TSS2_RC_SUCCESS)
		res = TOKEN_ERR_CRYPTO;
	if (res == TOKEN_OK)
		res = tpm_guard_do(m->guard, m->env->tpm, objects_job, m);
	return res != TOKEN_OK ? res : guard_derive(m->env->seal, m->guard);
}

static enum token_result
make_locks(struct maker *m)
{
	const enum token_tpm_pin place = m->env->tpm_pin;
	enum token_result res = TOKEN_ERR_UNSUPPORTED;

	if (place != TOKEN_TPM_PIN_OBJECT)
		res = make_indices(m);
	if (res == TOKEN_ERR_UNSUPPORTED && place != TOKEN_TPM_PIN_INDEX)
		res = make_objects(m);
	return res;
}

/* ---- The area key ----------------------------------------------------------------------- */

static enum token_result
key_job(struct tpm *tpm, void *arg)
{
	struct maker *m = arg;
	struct tpm_guard *guard = m->guard;
	enum token_result res;

	res = guard_no_pin(
		tpm_result(tpm_seal_new(tpm, TPMA_OBJECT_NODA, &guard->policy, SECRET_NONE, m->area_key, &guard->key)));
	if (res != TOKEN_OK)
		return res;
	return guard_put_blob(&guard->key, &guard->data.key) ? TOKEN_OK : TOKEN_ERR_DEVICE;
}

static enum token_result
encode(const struct maker *m, struct guard_made *made)
{
	const struct backend_pin id = {
		.role = BACKEND_SO,
		.serial = m->spec->serial,
		.generation = m->spec->so_generation,
	};
	struct wire_bytes sealed;
	enum token_result res;

	res = guard_so_wrap(m->env->seal, &id, m->kek, m->area_key, &sealed);
	if (res == TOKEN_OK)
		res = guard_wrap_encode(&m->so.private_area, &sealed, &made->so_wrap);
	if (res == TOKEN_OK)
		res = guard_data_encode(&m->guard->data, &made->data);
	if (res != TOKEN_OK) {
		free(made->so_wrap.ptr);
		made->so_wrap = (struct backend_bytes){ NULL, 0 };
	}
	return res;
}

/* old: handles to be used again; NULL: none. */
static enum token_result
make(const struct backend_env *env, const struct guard_spec *spec, const struct guard_data *old, struct secret so_pin,
	struct secret area_key, struct guard_made *made)
{
	struct maker m = { .env = env, .spec = spec, .area_key = area_key };
	struct guard_data *data;
	enum token_result res;

	memset(made, 0, sizeof(*made));
	m.guard = calloc(1, sizeof(*m.guard));
	if (m.guard == NULL)
		return TOKEN_ERR_MEMORY;
	data = &m.guard->data;
	data->limit = spec->user_tries;
	if (old != NULL) {
		data->pin_index = old->pin_index;
		data->authenticator_index = old->authenticator_index;
	}
	res = make_so(&m, so_pin);
	if (res == TOKEN_OK)
		res = make_locks(&m);
	if (res == TOKEN_OK)
		res = tpm_guard_do(m.guard, env->tpm, key_job, &m);
	if (res == TOKEN_OK)
		res = guard_counter_new(env, m.guard, area_key, old != NULL ? old->counter : 0, spec->generation, data);
	if (res != TOKEN_OK)
		goto out;
	res = encode(&m, made);
	if (res != TOKEN_OK)
		guard_counter_remove(env, m.guard, data->counter);
out:
	if (res != TOKEN_OK)
		remove_indices(&m);
	maker_clear(&m);
	return res;
}

enum token_result
guard_make(const struct backend_env *env, const struct guard_spec *spec, struct secret so_pin, struct secret area_key,
	struct guard_made *made)
{
	return make(env, spec, NULL, so_pin, area_key, made);
}

/* ---- Taking away ------------------------------------------------------------------------ */

static enum token_result
drop_job(struct tpm *tpm, void *arg)
{
	const struct tpm_guard *guard = arg;

	if (guard->kind == GUARD_INDEX)
		(void)guard_index_remove(tpm, &guard->pin.index, guard->pin.index.nvIndex);
	if (guard->kind == GUARD_INDEX && guard->has_authenticator)
		(void)guard_index_remove(tpm, &guard->authenticator.index, guard->authenticator.index.nvIndex);
	(void)guard_index_remove(tpm, &guard->counter, guard->counter.nvIndex);
	return TOKEN_OK;
}

void
guard_drop(struct backend_area *area)
{
	if (area->guard != NULL)
		(void)tpm_guard_do(area->guard, area->env->tpm, drop_job, area->guard);
}

/*
 * With another SO object and another authorising key the index has another Name, at the same handle: what the old one
 * opened is closed for good. Nothing is left over when the store is not written afterwards: the SO can repair the old.
 */
enum token_result
guard_remake(struct backend_area *area, const struct guard_spec *spec, struct secret auth, struct secret so_pin,
	struct secret area_key, struct guard_made *made)
{
	const struct tpm_guard *guard = area->guard;
	struct guard_auth so;
	enum token_result res;

	memset(made, 0, sizeof(*made));
	res = guard_auth_read(auth, BACKEND_SO, &so);
	if (res != TOKEN_OK)
		return res;
	guard_drop(area);
	return make(area->env, spec, &guard->data, so_pin, area_key, made);
}
