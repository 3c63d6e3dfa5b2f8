/*
 * The provisioner's keys, and who may look at what renewal needs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/provision_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tokens/vault/key.h"

#define FOR_HOLDER 0 /* the purpose of the row that has the provisioner's key under the area key */
#define SCALAR_LEN 32
#define AAD_NAME "mdoc-pkcs11 provisioner key"
#define AAD_LEN (sizeof(AAD_NAME) - 1 + TOKEN_SERIAL_LEN + 1 + TOKEN_PURPOSE_POINT)

/* Area, purpose and public half; all of them are of one length, the holder's row has none. */
static void
make_aad(const struct token *token, unsigned purpose, const uint8_t *point, uint8_t aad[AAD_LEN])
{
	uint8_t *out = aad;

	memset(aad, 0, AAD_LEN);
	memcpy(out, AAD_NAME, sizeof(AAD_NAME) - 1);
	out += sizeof(AAD_NAME) - 1;
	memcpy(out, token->serial, TOKEN_SERIAL_LEN);
	out += TOKEN_SERIAL_LEN;
	*out++ = (uint8_t)purpose;
	if (point != NULL)
		memcpy(out, point, TOKEN_PURPOSE_POINT);
}

static enum token_result
seal_row(const struct token *token, struct secret under, const char *label, struct secret plain,
	struct store_provisioner_key *row)
{
	struct secret key = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	res = seal_subkey(token->env->seal, under, label, &key);
	if (res == TOKEN_OK) {
		make_aad(token, row->purpose, row->attrs.ptr, aad);
		res = seal_bytes(token->env->seal, key, aad, sizeof(aad), plain.ptr, plain.len, &row->sealed.ptr,
			&row->sealed.len);
	}
	secret_wipe(&key);
	return res;
}

static enum token_result
open_row(const struct token *token, struct secret under, const char *label, const struct store_provisioner_key *row,
	struct secret *plain)
{
	const size_t point_len = row->purpose == FOR_HOLDER ? 0 : TOKEN_PURPOSE_POINT;
	struct secret key = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	if (row->attrs.len != point_len)
		return TOKEN_ERR_DAMAGED;
	res = seal_subkey(token->env->seal, under, label, &key);
	if (res == TOKEN_OK) {
		make_aad(token, row->purpose, point_len > 0 ? row->attrs.ptr : NULL, aad);
		res = seal_open(token->env->seal, key, aad, sizeof(aad), row->sealed.ptr, row->sealed.len, plain);
	}
	secret_wipe(&key);
	return res;
}

#define UNDER_PROVISIONER "provisioner's keys"
#define UNDER_AREA "provisioner's key"

static enum token_result
make_key(const struct token *token, struct secret under, struct store_provisioner_key *row)
{
	struct token_key *key = NULL;
	struct secret scalar = SECRET_NONE;
	enum token_result res;

	row->attrs.ptr = malloc(TOKEN_POINT_MAX);
	if (row->attrs.ptr == NULL)
		return TOKEN_ERR_MEMORY;
	res = vault_key_generate(token->env->libctx, TOKEN_P256, &key);
	if (res == TOKEN_OK)
		res = token_key_point(key, row->attrs.ptr, &row->attrs.len);
	if (res == TOKEN_OK)
		res = token_key_scalar(key, &scalar);
	if (res == TOKEN_OK)
		res = seal_row(token, under, UNDER_PROVISIONER, scalar, row);
	secret_wipe(&scalar);
	token_key_free(key);
	return res;
}

/* The area key of a role that is logged in. */
static enum token_result
copy_area_key(struct token *token, enum token_role role, struct secret *key)
{
	enum token_result res = TOKEN_ERR_NOT_LOGGED_IN;

	(void)pthread_mutex_lock(&token->lock);
	if (token->role == role)
		res = secret_copy(token->keys.area.ptr, token->keys.area.len, key) ? TOKEN_OK : TOKEN_ERR_MEMORY;
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

enum token_result
provision_make(struct token *token, struct secret key, struct provision_rows *made)
{
	struct secret area = SECRET_NONE;
	enum token_result res;

	*made = (struct provision_rows){ 0 };
	res = copy_area_key(token, TOKEN_SO, &area);
	for (unsigned purpose = 1; purpose <= TOKEN_PURPOSES && res == TOKEN_OK; purpose++) {
		made->rows[purpose].purpose = purpose;
		res = make_key(token, key, &made->rows[purpose]);
	}
	made->rows[FOR_HOLDER].purpose = FOR_HOLDER;
	if (res == TOKEN_OK)
		res = seal_row(token, area, UNDER_AREA, key, &made->rows[FOR_HOLDER]);
	secret_wipe(&area);
	return res;
}

void
provision_rows_clear(struct provision_rows *made)
{
	for (size_t i = 0; i < PROVISION_ROWS; i++)
		store_provisioner_key_clear(&made->rows[i]);
}

enum token_result
provision_write(struct token *token, uint64_t provisioner, const struct provision_rows *made)
{
	enum token_result res = store_provision_empty(token->store);

	for (size_t i = 0; i < PROVISION_ROWS && res == TOKEN_OK; i++)
		res = store_provisioner_key_add(token->store, provisioner, &made->rows[i]);
	return res;
}

/* ---- Who looks ---- */

static enum token_role
role_now(const struct token *token)
{
	if (token->provisioner != 0)
		return TOKEN_PROVISIONER;
	return token->role == TOKEN_USER ? TOKEN_USER : TOKEN_NOBODY;
}

enum token_result
provision_begin(struct token *token, bool write, enum token_role *role)
{
	enum token_result res = TOKEN_OK;

	(void)pthread_mutex_lock(&token->lock);
	if (role_now(token) == TOKEN_NOBODY)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	else
		res = store_begin(token->store, write);
	if (res != TOKEN_OK) {
		(void)pthread_mutex_unlock(&token->lock);
		return res;
	}
	res = cache_refresh(token);
	*role = role_now(token);
	if (res == TOKEN_OK && *role == TOKEN_NOBODY)
		res = TOKEN_ERR_NOT_LOGGED_IN; /* revoked, or the area was made anew */
	if (res == TOKEN_OK)
		res = pin_opens_inside(token);
	if (res == TOKEN_OK && write && token->life != TOKEN_LIFE_ACTIVE)
		res = TOKEN_ERR_RETIRED;
	return res == TOKEN_OK ? TOKEN_OK : provision_end(token, res);
}

enum token_result
provision_end(struct token *token, enum token_result res)
{
	res = store_end(token->store, res);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* What a user goes by: the row under the root, and the provisioner's key in its row. */
static enum token_result
read_for_user(struct token *token, struct provision_view *view, struct store_provisioner_key *sealed)
{
	struct store_named row = { .wrap = NULL };
	uint8_t digest[sizeof(token->settings)];
	enum token_result res;

	res = store_area_read(token->store, &view->row);
	if (res == TOKEN_OK)
		res = root_settings(token->env->seal, &view->row, &token->guard_data, digest);
	if (res == TOKEN_OK && !seal_equal(digest, token->settings, sizeof(digest)))
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK && !secret_copy(token->keys.area.ptr, token->keys.area.len, &view->area))
		res = TOKEN_ERR_MEMORY;
	memcpy(view->seal_public, view->row.seal_public, sizeof(view->seal_public));
	if (res == TOKEN_OK)
		res = store_named_read(token->store, STORE_PROVISIONER, &row);
	view->provisioner = row.id;
	store_named_clear(&row);
	if (res != TOKEN_OK || view->provisioner == 0)
		return res;
	res = store_provisioner_key_read(token->store, view->provisioner, FOR_HOLDER, sealed);
	if (res == TOKEN_ERR_NOT_FOUND) {
		view->provisioner = 0; /* made before it had keys */
		res = TOKEN_OK;
	}
	return res;
}

enum token_result
provision_view(struct token *token, struct provision_view *view)
{
	struct store_provisioner_key sealed = { 0 };
	enum token_result res;

	*view = PROVISION_VIEW_NONE;
	res = provision_begin(token, false, &view->role);
	if (res != TOKEN_OK)
		return res;
	if (view->role == TOKEN_USER) {
		res = read_for_user(token, view, &sealed);
	} else {
		view->provisioner = token->provisioner;
		memcpy(view->seal_public, token->provisioner_seal, sizeof(view->seal_public));
		if (!secret_copy(token->provisioner_key.ptr, token->provisioner_key.len, &view->key))
			res = TOKEN_ERR_MEMORY;
	}
	res = provision_end(token, res);
	if (res == TOKEN_OK && sealed.sealed.ptr != NULL)
		res = open_row(token, view->area, UNDER_AREA, &sealed, &view->key);
	if (res == TOKEN_OK && view->key.len != 0 && view->key.len != SEAL_KEY_LEN)
		res = TOKEN_ERR_DAMAGED;
	store_provisioner_key_clear(&sealed);
	return res;
}

void
provision_view_clear(struct provision_view *view)
{
	secret_wipe(&view->key);
	secret_wipe(&view->area);
}

/* ---- The keys in use ---- */

/* One key opened; the scalar is thrown away where only the point is wanted, so that no row passes that was not made
 * with the provisioner's key. */
static enum token_result
read_key(struct token *token, const struct provision_view *view, unsigned purpose, uint8_t point[TOKEN_PURPOSE_POINT],
	struct secret *scalar)
{
	struct store_provisioner_key row = { 0 };
	enum token_role role;
	enum token_result res;

	if (view->key.ptr == NULL)
		return TOKEN_ERR_PIN_NOT_SET;
	res = provision_begin(token, false, &role);
	if (res == TOKEN_OK)
		res = provision_end(token, store_provisioner_key_read(token->store, view->provisioner, purpose, &row));
	if (res == TOKEN_OK)
		res = open_row(token, view->key, UNDER_PROVISIONER, &row, scalar);
	if (res == TOKEN_OK && scalar->len != SCALAR_LEN)
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK)
		memcpy(point, row.attrs.ptr, TOKEN_PURPOSE_POINT);
	store_provisioner_key_clear(&row);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_ERR_PIN_NOT_SET : res;
}

enum token_result
token_provision_read(struct token *token, struct token_provision *provision)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	struct secret scalar = SECRET_NONE;
	enum token_result res;

	res = provision_view(token, &view);
	memcpy(provision->inbox, view.seal_public, sizeof(provision->inbox));
	for (unsigned purpose = 1; purpose <= TOKEN_PURPOSES && res == TOKEN_OK; purpose++) {
		res = read_key(token, &view, purpose, provision->points[purpose - 1], &scalar);
		secret_wipe(&scalar);
	}
	provision_view_clear(&view);
	return res;
}

enum token_result
token_provisioner_key(struct token *token, enum token_purpose purpose, struct secret *scalar)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	uint8_t point[TOKEN_PURPOSE_POINT];
	enum token_result res;

	*scalar = SECRET_NONE;
	if (purpose != TOKEN_PURPOSE_TLS && purpose != TOKEN_PURPOSE_NOTICES)
		return TOKEN_ERR_UNSUPPORTED;
	res = provision_view(token, &view);
	if (res == TOKEN_OK && view.role != TOKEN_PROVISIONER)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK)
		res = read_key(token, &view, purpose, point, scalar);
	provision_view_clear(&view);
	return res;
}

enum token_result
token_attestation_sign(struct token *token, const uint8_t digest[32], uint8_t sig[TOKEN_SIG_MAX], size_t *sig_len)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	struct secret scalar = SECRET_NONE;
	struct token_key *key = NULL;
	uint8_t point[TOKEN_PURPOSE_POINT];
	enum token_result res;

	res = provision_view(token, &view);
	if (res == TOKEN_OK)
		res = read_key(token, &view, TOKEN_PURPOSE_ATTESTATION, point, &scalar);
	if (res == TOKEN_OK)
		res = vault_key_from_scalar(token->env->libctx, TOKEN_P256, scalar.ptr, scalar.len, &key);
	if (res == TOKEN_OK)
		res = token_key_sign(key, digest, 32, sig, sig_len);
	token_key_free(key);
	secret_wipe(&scalar);
	provision_view_clear(&view);
	return res;
}
