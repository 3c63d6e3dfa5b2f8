/*
 * Named users: the systems of the access matrix, each with a random credential, and the gates of the card's face, whose
 * credentials are collation numbers (R-CARD-10 to -15, -18 to -20). The provisioner's wrap is in token_provisioner.c;
 * its tries are counted here.
 *
 * What a credential opens is the area key, for the rights that the wrap is bound to; token_access.c holds its owner to
 * them. With the right to set the PIN comes what the device wants of the security officer for that. The wrap is
 *
 *   version (1) || KDF parameters of a number, else zeros || salt (16) || length of what the device keeps (2) || that ||
 *   sealed: area key (32) || the officer's auth
 *
 * under HKDF of the credential, of argon2id of a number, or of what the device gives for the one or the other. Who
 * changes a row's name or rights makes its wrap open nothing. A row is not under the root, for its tries are counted
 * before anybody has a key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tokens/vault/kdf.h"

#define VERSION 1
#define SALT_LEN 16
#define HEAD_LEN (1 + VAULT_KDF_PARAMS_LEN + SALT_LEN + 2)
#define BOUND_MAX 4096
#define PURPOSE "mdoc-pkcs11 named"
#define PURPOSE_LEN (sizeof(PURPOSE) - 1)
#define AAD_LEN (PURPOSE_LEN + TOKEN_SERIAL_LEN + VAULT_BOX_KEY_LEN + TOKEN_NAME_MAX + 2 + 8 + HEAD_LEN)

/* What a wrap begins with. */
struct head {
	uint8_t bytes[HEAD_LEN];
};

static uint8_t *
salt_of(struct head *head)
{
	return head->bytes + 1 + VAULT_KDF_PARAMS_LEN;
}

static void
make_aad(const struct store_area *area, const struct store_named *row, const struct head *head, uint8_t aad[AAD_LEN])
{
	uint8_t *out = aad;

	memset(aad, 0, AAD_LEN);
	memcpy(out, PURPOSE, PURPOSE_LEN);
	out += PURPOSE_LEN;
	memcpy(out, area->serial, TOKEN_SERIAL_LEN);
	out += TOKEN_SERIAL_LEN;
	memcpy(out, area->seal_public, VAULT_BOX_KEY_LEN);
	out += VAULT_BOX_KEY_LEN;
	memcpy(out, row->name, strlen(row->name));
	out += TOKEN_NAME_MAX;
	*out++ = (uint8_t)(row->rights >> 8);
	*out++ = (uint8_t)row->rights;
	for (int i = 0; i < 8; i++)
		*out++ = (uint8_t)(row->generation >> (56 - 8 * i));
	memcpy(out, head->bytes, HEAD_LEN);
}

/* A number is stretched; a random credential has no need of that. */
static enum token_result
stretch(const struct head *head, struct secret credential, struct secret *strong)
{
	static const uint8_t none[VAULT_KDF_PARAMS_LEN];
	struct vault_kdf_params params;
	enum token_result res;

	if (memcmp(head->bytes + 1, none, sizeof(none)) == 0)
		return secret_copy(credential.ptr, credential.len, strong) ? TOKEN_OK : TOKEN_ERR_MEMORY;
	res = vault_kdf_params_read(head->bytes + 1, VAULT_KDF_PARAMS_LEN, &params);
	return res == TOKEN_OK ? vault_kdf(&params, credential, strong) : res;
}

static enum token_result
derive(const struct token *token, struct secret from, struct head *head, struct secret *kek)
{
	return seal_hkdf(token->env->seal, from, salt_of(head), SALT_LEN, PURPOSE, PURPOSE_LEN, SEAL_KEY_LEN, kek);
}

static enum token_result
new_head(const struct token *token, bool number, struct head *head)
{
	struct vault_kdf_params params;
	enum token_result res = TOKEN_OK;

	*head = (struct head){ .bytes = { VERSION } };
	if (number)
		res = vault_kdf_params_new(token->env->seal, &params);
	if (number && res == TOKEN_OK)
		vault_kdf_params_write(&params, head->bytes + 1);
	return res == TOKEN_OK ? seal_random(token->env->seal, salt_of(head), SALT_LEN) : res;
}

/* Area key and auth in one piece. */
static bool
join(struct secret area_key, struct secret auth, struct secret *payload)
{
	if (!secret_alloc(area_key.len + auth.len, payload))
		return false;
	memcpy(payload->ptr, area_key.ptr, area_key.len);
	if (auth.len > 0)
		memcpy(payload->ptr + area_key.len, auth.ptr, auth.len);
	return true;
}

static enum token_result
seal_wrap(const struct token *token, const struct store_area *area, struct secret kek, struct secret payload,
	struct head *head, const struct backend_bytes *bound, struct store_named *row)
{
	uint8_t aad[AAD_LEN];
	const size_t len = HEAD_LEN + bound->len + payload.len + SEAL_OVERHEAD;
	enum token_result res;

	if (bound->len > BOUND_MAX)
		return TOKEN_ERR_ARG;
	head->bytes[HEAD_LEN - 2] = (uint8_t)(bound->len >> 8);
	head->bytes[HEAD_LEN - 1] = (uint8_t)bound->len;
	row->wrap = malloc(len);
	if (row->wrap == NULL)
		return TOKEN_ERR_MEMORY;
	memcpy(row->wrap, head->bytes, HEAD_LEN);
	if (bound->len > 0)
		memcpy(row->wrap + HEAD_LEN, bound->ptr, bound->len);
	make_aad(area, row, head, aad);
	res = seal_into(token->env->seal, kek, aad, sizeof(aad), payload.ptr, payload.len,
		row->wrap + HEAD_LEN + bound->len);
	row->wrap_len = len;
	return res;
}

/* The security officer gives what he has opened, for this credential. Slow; without locks. */
static enum token_result
make_wrap(const struct token *token, const struct store_area *area, const struct pin_checked *so,
	struct secret credential, bool number, struct store_named *row)
{
	const struct token_guard *guard = token->backend->guard;
	const struct secret auth = (row->rights & TOKEN_RIGHT_PIN) != 0 ? so->auth : SECRET_NONE;
	struct backend_bytes bound = { NULL, 0 };
	struct secret strong = SECRET_NONE, from = SECRET_NONE, kek = SECRET_NONE, payload = SECRET_NONE;
	struct head head;
	enum token_result res;

	res = new_head(token, number, &head);
	if (res == TOKEN_OK)
		res = stretch(&head, credential, &strong);
	if (res == TOKEN_OK && guard->bind != NULL)
		res = guard->bind(so->backend, strong, &from, &bound);
	if (res == TOKEN_OK)
		res = derive(token, guard->bind != NULL ? from : strong, &head, &kek);
	if (res == TOKEN_OK && !join(so->area_key, auth, &payload))
		res = TOKEN_ERR_MEMORY;
	if (res == TOKEN_OK)
		res = seal_wrap(token, area, kek, payload, &head, &bound, row);
	secret_wipe(&payload);
	secret_wipe(&kek);
	secret_wipe(&from);
	secret_wipe(&strong);
	free(bound.ptr);
	return res;
}

static bool
split(struct secret payload, struct pin_checked *checked)
{
	const size_t rest = payload.len - BACKEND_AREA_KEY_LEN;

	return secret_copy(payload.ptr, BACKEND_AREA_KEY_LEN, &checked->area_key) &&
		(rest == 0 || secret_copy(payload.ptr + BACKEND_AREA_KEY_LEN, rest, &checked->auth));
}

/* TOKEN_ERR_PIN: another credential's. */
static enum token_result
open_wrap(const struct token *token, const struct store_named *row, struct secret credential,
	struct pin_checked *checked)
{
	const struct token_guard *guard = token->backend->guard;
	struct secret strong = SECRET_NONE, from = SECRET_NONE, kek = SECRET_NONE, payload = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	struct head head;
	size_t bound;
	enum token_result res;

	if (credential.len == 0 || credential.len > PIN_BYTES_MAX)
		return TOKEN_ERR_PIN;
	if (row->wrap_len < HEAD_LEN || row->wrap[0] != VERSION)
		return TOKEN_ERR_DAMAGED;
	memcpy(head.bytes, row->wrap, HEAD_LEN);
	bound = (size_t)head.bytes[HEAD_LEN - 2] << 8 | head.bytes[HEAD_LEN - 1];
	if (row->wrap_len < HEAD_LEN + bound + BACKEND_AREA_KEY_LEN + SEAL_OVERHEAD ||
		(bound > 0) != (guard->bind != NULL))
		return TOKEN_ERR_DAMAGED;
	res = stretch(&head, credential, &strong);
	if (res == TOKEN_OK && bound > 0)
		res = guard->unbind(checked->backend, strong, row->wrap + HEAD_LEN, bound, &from);
	if (res == TOKEN_OK)
		res = derive(token, bound > 0 ? from : strong, &head, &kek);
	if (res != TOKEN_OK)
		goto out;
	make_aad(&checked->area, row, &head, aad);
	res = seal_open(token->env->seal, kek, aad, sizeof(aad), row->wrap + HEAD_LEN + bound,
		row->wrap_len - HEAD_LEN - bound, &payload);
	if (res == TOKEN_ERR_DAMAGED)
		res = TOKEN_ERR_PIN;
	if (res == TOKEN_OK && !split(payload, checked))
		res = TOKEN_ERR_MEMORY;
out:
	secret_wipe(&payload);
	secret_wipe(&kek);
	secret_wipe(&from);
	secret_wipe(&strong);
	return res;
}

/* Whose credential opens another wrap (token_provisioner.c). */
static bool
is_provisioner(const char *name)
{
	return strcmp(name, STORE_PROVISIONER) == 0;
}

/* ---- Granting and revoking ---------------------------------------------------------------- */

static enum token_result
check_number(const struct preset_grant *grant, struct secret number)
{
	const struct token_pin_policy policy = { .min_len = grant->digits,
		.max_len = grant->digits,
		.alphabet = TOKEN_PIN_DIGITS };

	if (grant->digits == 0)
		return number.len == 0 ? TOKEN_OK : TOKEN_ERR_NO_RIGHT;
	return pin_check_new(&policy, number);
}

/* The cell of the matrix, asked for as it is. */
static enum token_result
check_spec(const struct token *token, const struct token_grant_spec *spec, const struct preset_grant **grant)
{
	*grant = preset_grant_find(token->preset, spec->name);
	if (*grant == NULL || strlen(spec->name) > TOKEN_NAME_MAX ||
		(spec->rights != 0 && spec->rights != (*grant)->rights))
		return TOKEN_ERR_NO_RIGHT;
	if (spec->tries > PIN_TRIES_MAX)
		return TOKEN_ERR_ARG;
	return check_number(*grant, spec->number);
}

/* What the security officer has opened; copies, for they may log out meanwhile. */
static enum token_result
officer(struct token *token, struct pin_checked *so)
{
	enum token_result res;

	res = token_lock_fresh(token);
	if (res == TOKEN_OK && !access_allows(token_who(token), TOKEN_ACCESS_AREA, TOKEN_GRANT, token_is_closed(token)))
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK &&
		(!secret_copy(token->keys.area.ptr, token->keys.area.len, &so->area_key) ||
			(token->keys.auth.len > 0 &&
				!secret_copy(token->keys.auth.ptr, token->keys.auth.len, &so->auth))))
		res = TOKEN_ERR_MEMORY;
	if (res == TOKEN_OK)
		so->backend = backend_area_ref(token->area);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* Of the names that one line of the matrix stands for there is one in an area (R-CARD-63). */
static enum token_result
check_others(struct token *token, const struct preset_grant *grant, const char *name)
{
	struct store_named *list = NULL;
	size_t count = 0;
	enum token_result res = store_named_list(token->store, &list, &count);

	for (size_t i = 0; i < count && res == TOKEN_OK; i++)
		if ((grant->rights & TOKEN_RIGHT_WRITE) != 0 && strcmp(list[i].name, name) != 0 &&
			preset_grant_find(token->preset, list[i].name) == grant)
			res = TOKEN_ERR_NO_RIGHT;
	free(list);
	return res;
}

/* Inside a change: the row for a wrap that was made for this area, which is the one under the root. */
static enum token_result
put_row(struct token *token, const struct store_area *area, const struct preset_grant *grant, struct store_named *row)
{
	uint8_t digest[sizeof(token->settings)];
	enum token_result res;

	res = root_settings(token->env->seal, area, &token->guard_data, digest);
	if (res == TOKEN_OK && !seal_equal(digest, token->settings, sizeof(digest)))
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK)
		res = check_others(token, grant, row->name);
	if (res == TOKEN_OK)
		res = store_named_replace(token->store, row);
	return res == TOKEN_OK ? event_name(token, "granted", row->name) : res;
}

static enum token_result
remove_row(struct token *token, const char *name)
{
	const enum token_result res =
		is_provisioner(name) ? TOKEN_ERR_NOT_FOUND : store_named_delete(token->store, name);

	return res == TOKEN_OK ? event_name(token, "revoked", name) : res;
}

enum token_result
named_read_area(struct token *token, struct store_area *area)
{
	enum token_result res = store_begin(token->store, false);

	return res == TOKEN_OK ? store_end(token->store, store_area_read(token->store, area)) : res;
}

enum token_result
token_grant(struct token *token, const struct token_grant_spec *spec, struct secret *credential)
{
	struct store_named row = { .state = TOKEN_PIN_OPERATIONAL, .generation = 1 };
	struct pin_checked so = PIN_CHECKED_NONE;
	struct store_area area = { 0 };
	struct secret fresh = SECRET_NONE;
	const struct preset_grant *grant = NULL;
	enum token_result res;

	res = check_spec(token, spec, &grant);
	if (res != TOKEN_OK)
		return res;
	memcpy(row.name, spec->name, strlen(spec->name) + 1);
	row.rights = grant->rights;
	row.tries_max = row.tries_left = spec->tries != 0 ? spec->tries : grant->tries;
	res = officer(token, &so);
	if (res == TOKEN_OK && grant->digits == 0)
		res = credential_new(token, &fresh);
	if (res == TOKEN_OK)
		res = named_read_area(token, &area);
	if (res == TOKEN_OK)
		res = make_wrap(token, &area, &so, grant->digits == 0 ? fresh : spec->number, grant->digits != 0, &row);
	if (res == TOKEN_OK)
		res = change_begin(token, TOKEN_SO);
	if (res == TOKEN_OK)
		res = change_end(token, put_row(token, &area, grant, &row));
	if (res != TOKEN_OK)
		goto out;
	store_checkpoint(token->store); /* the old wrap must not outlive its credential in the log */
	*credential = secret_move(&fresh);
out:
	secret_wipe(&fresh);
	store_named_clear(&row);
	pin_checked_clear(&so);
	return res;
}

enum token_result
token_grant_revoke(struct token *token, const char *name)
{
	enum token_result res;

	res = change_begin(token, TOKEN_SO);
	if (res == TOKEN_OK)
		res = change_end(token, remove_row(token, name));
	if (res == TOKEN_OK)
		store_checkpoint(token->store);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_ERR_PIN_NOT_SET : res;
}

/* ---- Logging in --------------------------------------------------------------------------- */

/* The last try takes the wrap with it. */
static void
lock_row(struct store_named *row)
{
	row->state = TOKEN_PIN_LOCKED;
	row->tries_left = 0;
	store_named_clear(row);
}

enum token_result
named_begin_try(struct token *token, const char *name, struct store_area *area, struct store_named *row)
{
	bool locked = false;
	enum token_result res;

	res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		return res;
	res = store_area_read(token->store, area);
	if (res == TOKEN_OK)
		res = store_named_read(token->store, name, row);
	if (res == TOKEN_OK && row->state == TOKEN_PIN_NONE)
		res = TOKEN_ERR_PIN_NOT_SET;
	if (res == TOKEN_OK && row->state == TOKEN_PIN_LOCKED)
		res = TOKEN_ERR_PIN_LOCKED;
	locked = res == TOKEN_OK && row->tries_left == 0; /* whoever spent the last try was killed */
	if (locked)
		lock_row(row);
	else if (res == TOKEN_OK)
		row->tries_left--;
	if (res == TOKEN_OK)
		res = store_named_write(token->store, row);
	res = store_end(token->store, res);
	if (res == TOKEN_OK && locked)
		store_checkpoint(token->store); /* the wrap has gone, from the log too */
	return res == TOKEN_OK && locked ? TOKEN_ERR_PIN_LOCKED : res;
}

enum token_result
named_end_try(struct token *token, struct store_named *row, enum token_result checked)
{
	enum token_result res;

	if (checked == TOKEN_ERR_PIN && row->tries_left > 0)
		return TOKEN_OK;
	if (checked == TOKEN_ERR_PIN)
		lock_row(row);
	else
		row->tries_left = checked == TOKEN_OK ? row->tries_max : row->tries_left + 1;
	res = store_begin(token->store, true);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_named_write(token->store, row));
	if (res == TOKEN_OK && row->state == TOKEN_PIN_LOCKED)
		store_checkpoint(token->store);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_ERR_PIN_NOT_SET : res; /* revoked meanwhile */
}

/* The login lock is held. */
static enum token_result
named_login(struct token *token, const char *name, struct secret credential)
{
	struct pin_checked checked = PIN_CHECKED_NONE;
	struct store_named row = { .wrap = NULL };
	enum token_result ended;
	enum token_result res;

	res = backend_current(token, &checked.backend);
	if (res == TOKEN_OK && is_provisioner(name))
		res = TOKEN_ERR_PIN_NOT_SET;
	if (res == TOKEN_OK)
		res = named_begin_try(token, name, &checked.area, &row);
	if (res != TOKEN_OK)
		goto out;
	res = open_wrap(token, &row, credential, &checked);
	ended = named_end_try(token, &row, res);
	if (res == TOKEN_OK)
		res = ended;
	checked.named = &row;
	checked.generation = row.generation;
	if (res == TOKEN_OK)
		res = login_enter(token, TOKEN_NAMED, credential, &checked);
out:
	store_named_clear(&row);
	pin_checked_clear(&checked);
	return res;
}

enum token_result
token_login_named(struct token *token, const char *name, struct secret credential)
{
	struct pin_lock lock = PIN_LOCK_NONE;
	enum token_result res;

	res = login_begin(token, TOKEN_NAMED, &lock);
	if (res == TOKEN_OK)
		res = named_login(token, name, credential);
	pin_lock_release(&lock);
	return res;
}

enum token_result
named_recheck(struct token *token)
{
	struct store_named row = { .wrap = NULL };
	enum token_result res;

	if (token->role != TOKEN_NAMED)
		return TOKEN_OK;
	res = store_named_read(token->store, token->named.name, &row);
	if (res == TOKEN_OK &&
		(row.state != TOKEN_PIN_OPERATIONAL || row.id != token->named.id || row.rights != token->named.rights))
		token_forget_role(token);
	store_named_clear(&row);
	return res;
}
