/*
 * The provisioner (design: Roles): a credential that the security officer makes, and its login.
 *
 * What its credential opens is a key of its own, for the keys that will be the provisioner's; the area key is none
 * of them. So who has it reads nothing here. The credential has 128 random bits: no slow derivation is needed, and
 * the counter of tries is for who would use up the machine.
 *
 * Where there is a device the key is sealed to that, too (guard->bind): store and credential on another machine log
 * nobody in and attest nothing (R-KEY-02). The wrap is
 *
 *   salt (16) || what the device keeps, to the rest's beginning || sealed key (32)
 *
 * The row is not under the area's root, for its tries are counted before anybody has a key. The wrap is bound to the
 * public half of the area's seal pair: another one in its place, and the credential opens nothing, so that a
 * provisioner never seals what it brings for somebody else.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/provision_priv.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 10
#define RANDOM_LEN (TOKEN_CREDENTIAL_LEN / 2)
#define SALT_LEN 16
#define WRAP_LEN (SALT_LEN + SEAL_KEY_LEN + SEAL_OVERHEAD) /* and what the device keeps */
#define BOUND_MAX 4096
#define PURPOSE "mdoc-pkcs11 provisioner"
#define PURPOSE_LEN (sizeof(PURPOSE) - 1)
#define AAD_LEN (PURPOSE_LEN + TOKEN_SERIAL_LEN + VAULT_BOX_KEY_LEN + SALT_LEN)

static void
make_aad(const struct store_area *area, const uint8_t salt[SALT_LEN], uint8_t aad[AAD_LEN])
{
	uint8_t *out = aad;

	memcpy(out, PURPOSE, PURPOSE_LEN);
	out += PURPOSE_LEN;
	memcpy(out, area->serial, TOKEN_SERIAL_LEN);
	out += TOKEN_SERIAL_LEN;
	memcpy(out, area->seal_public, VAULT_BOX_KEY_LEN);
	memcpy(out + VAULT_BOX_KEY_LEN, salt, SALT_LEN);
}

static enum token_result
derive(const struct token *token, struct secret from, const uint8_t salt[SALT_LEN], struct secret *kek)
{
	return seal_hkdf(token->env->seal, from, salt, SALT_LEN, PURPOSE, PURPOSE_LEN, SEAL_KEY_LEN, kek);
}

static enum token_result
seal_wrap(const struct token *token, const struct store_area *area, struct secret from,
	const struct backend_bytes *bound, struct secret key, struct store_named *row)
{
	const struct seal_ctx *seal = token->env->seal;
	struct secret kek = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	if (bound->len > BOUND_MAX)
		return TOKEN_ERR_ARG;
	row->wrap_len = WRAP_LEN + bound->len;
	row->wrap = malloc(row->wrap_len);
	if (row->wrap == NULL)
		return TOKEN_ERR_MEMORY;
	res = seal_random(seal, row->wrap, SALT_LEN);
	if (res == TOKEN_OK)
		res = derive(token, from, row->wrap, &kek);
	if (res == TOKEN_OK) {
		if (bound->len > 0)
			memcpy(row->wrap + SALT_LEN, bound->ptr, bound->len);
		make_aad(area, row->wrap, aad);
		res = seal_into(seal, kek, aad, sizeof(aad), key.ptr, key.len, row->wrap + SALT_LEN + bound->len);
	}
	secret_wipe(&kek);
	return res;
}

/* A device may take its time: without locks. */
static enum token_result
wrap_new_key(struct token *token, const struct store_area *area, struct secret credential, struct store_named *row,
	struct secret *key)
{
	const struct token_guard *guard = token->backend->guard;
	struct backend_area *backend = NULL;
	struct backend_bytes bound = { NULL, 0 };
	struct secret from = SECRET_NONE;
	enum token_result res;

	res = seal_random_secret(token->env->seal, SEAL_KEY_LEN, key);
	if (res == TOKEN_OK && guard->bind != NULL) {
		backend = backend_ref(token);
		res = guard->bind(backend, credential, &from, &bound);
	}
	if (res == TOKEN_OK)
		res = seal_wrap(token, area, guard->bind != NULL ? from : credential, &bound, *key, row);
	secret_wipe(&from);
	free(bound.ptr);
	backend_area_free(backend);
	return res;
}

/* TOKEN_ERR_PIN: another credential's. */
static enum token_result
open_wrap(struct token *token, struct backend_area *backend, const struct store_area *area, struct secret credential,
	const struct store_named *row, struct secret *key)
{
	const struct token_guard *guard = token->backend->guard;
	const size_t bound = row->wrap_len < WRAP_LEN ? 0 : row->wrap_len - WRAP_LEN;
	struct secret from = SECRET_NONE, kek = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res = TOKEN_OK;

	if (row->wrap == NULL || row->wrap_len < WRAP_LEN || bound > BOUND_MAX || (bound > 0) != (guard->bind != NULL))
		return TOKEN_ERR_DAMAGED;
	if (credential.len != TOKEN_CREDENTIAL_LEN)
		return TOKEN_ERR_PIN;
	if (bound > 0)
		res = guard->unbind(backend, credential, row->wrap + SALT_LEN, bound, &from);
	if (res == TOKEN_OK)
		res = derive(token, bound > 0 ? from : credential, row->wrap, &kek);
	if (res != TOKEN_OK)
		goto out;
	make_aad(area, row->wrap, aad);
	res = seal_open(token->env->seal, kek, aad, sizeof(aad), row->wrap + SALT_LEN + bound,
		row->wrap_len - SALT_LEN - bound, key);
	if (res == TOKEN_ERR_DAMAGED)
		res = TOKEN_ERR_PIN;
out:
	secret_wipe(&kek);
	secret_wipe(&from);
	return res;
}

enum token_result
credential_new(const struct token *token, struct secret *credential)
{
	static const char digits[] = "0123456789abcdef";
	struct secret bits = SECRET_NONE;
	enum token_result res;

	res = seal_random_secret(token->env->seal, RANDOM_LEN, &bits);
	if (res == TOKEN_OK && !secret_alloc(TOKEN_CREDENTIAL_LEN, credential))
		res = TOKEN_ERR_MEMORY;
	if (res == TOKEN_OK)
		for (size_t i = 0; i < RANDOM_LEN; i++) {
			credential->ptr[2 * i] = (uint8_t)digits[bits.ptr[i] >> 4];
			credential->ptr[2 * i + 1] = (uint8_t)digits[bits.ptr[i] & 0xf];
		}
	secret_wipe(&bits);
	return res;
}

/* Inside a change: the row for a wrap that was made for this area, which is the one under the root, and its keys. */
static enum token_result
put_rows(struct token *token, const struct store_area *area, struct store_named *row, const struct provision_rows *made)
{
	uint8_t digest[sizeof(token->settings)];
	enum token_result res;

	res = root_settings(token->env->seal, area, &token->guard_data, digest);
	if (res == TOKEN_OK && !seal_equal(digest, token->settings, sizeof(digest)))
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK)
		res = store_named_replace(token->store, row);
	if (res == TOKEN_OK)
		res = provision_write(token, row->id, made);
	return res == TOKEN_OK ? event_add(token, "provisioner-made", "", NULL) : res;
}

enum token_result
token_provisioner_make(struct token *token, struct secret *credential)
{
	struct store_named row = { .name = STORE_PROVISIONER,
		.state = TOKEN_PIN_OPERATIONAL,
		.tries_left = TRIES,
		.tries_max = TRIES,
		.generation = 1 };
	struct store_area area = { 0 };
	struct provision_rows made = { 0 };
	struct secret fresh = SECRET_NONE;
	struct secret key = SECRET_NONE;
	enum token_result res;

	res = credential_new(token, &fresh);
	if (res == TOKEN_OK)
		res = named_read_area(token, &area);
	if (res == TOKEN_OK)
		res = wrap_new_key(token, &area, fresh, &row, &key);
	if (res == TOKEN_OK)
		res = provision_make(token, key, &made);
	if (res == TOKEN_OK)
		res = change_begin(token, TOKEN_SO);
	if (res == TOKEN_OK)
		res = change_end(token, put_rows(token, &area, &row, &made));
	if (res != TOKEN_OK)
		goto out;
	store_checkpoint(token->store); /* the old wrap must not outlive its credential in the log */
	*credential = secret_move(&fresh);
out:
	provision_rows_clear(&made);
	store_named_clear(&row);
	secret_wipe(&key);
	secret_wipe(&fresh);
	return res;
}

enum token_result
token_provisioner_revoke(struct token *token)
{
	enum token_result res;

	res = change_begin(token, TOKEN_SO);
	if (res == TOKEN_OK) {
		res = store_named_delete(token->store, STORE_PROVISIONER);
		if (res == TOKEN_OK)
			res = store_provision_empty(token->store);
		if (res == TOKEN_OK)
			res = event_add(token, "provisioner-removed", "", NULL);
		res = change_end(token, res);
	}
	if (res == TOKEN_OK)
		store_checkpoint(token->store);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_ERR_PIN_NOT_SET : res;
}

enum token_result
provisioner_login(struct token *token, struct secret credential)
{
	struct store_area area = { 0 };
	struct store_named row = { .wrap = NULL };
	struct backend_area *backend = NULL;
	struct secret key = SECRET_NONE;
	enum token_result ended;
	enum token_result res;

	res = backend_current(token, &backend);
	if (res == TOKEN_OK)
		res = named_begin_try(token, STORE_PROVISIONER, &area, &row);
	if (res != TOKEN_OK)
		goto out;
	res = open_wrap(token, backend, &area, credential, &row, &key);
	ended = named_end_try(token, &row, res);
	if (res == TOKEN_OK)
		res = ended;
	if (res != TOKEN_OK)
		goto out;
	(void)pthread_mutex_lock(&token->lock);
	if (token->epoch != area.epoch) {
		cache_clear(token);
		token->epoch = area.epoch;
	}
	token->provisioner = row.id;
	secret_wipe(&token->provisioner_key);
	token->provisioner_key = secret_move(&key);
	memcpy(token->provisioner_seal, area.seal_public, sizeof(token->provisioner_seal));
	token->loaded = false; /* the next look finds out whether it has been revoked since */
	atomic_store(&token->shown, TOKEN_PROVISIONER);
	(void)pthread_mutex_unlock(&token->lock);
out:
	secret_wipe(&key);
	store_named_clear(&row);
	backend_area_free(backend);
	return res;
}

enum token_result
provisioner_recheck(struct token *token)
{
	struct store_named row = { .wrap = NULL };
	enum token_result res;

	if (token->provisioner == 0)
		return TOKEN_OK;
	res = store_named_read(token->store, STORE_PROVISIONER, &row);
	if (res == TOKEN_OK && (row.state != TOKEN_PIN_OPERATIONAL || row.id != token->provisioner))
		token_forget_role(token);
	store_named_clear(&row);
	return res;
}
