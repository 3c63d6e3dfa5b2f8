/*
 * Attributes and values of rows, as they are stored: sealed when private; in clear with a
 * tag when public and authenticated, so that anybody can read and a role that is logged in
 * can check; in clear when made with nobody logged in. The value of a private or secret key
 * is sealed, also where its attributes are public.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_VALUE_MAX ((uint64_t)256 * 1024) /* larger values go to the heap: locked memory is scarce */

struct counted_object {
	atomic_uint references; /* in front: it is used whenever the object is */
	struct token_object object;
};

bool
object_is_key(const struct token_attrs *attrs)
{
	const CK_ULONG object_class = attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

	return object_class == CKO_PRIVATE_KEY || object_class == CKO_SECRET_KEY;
}

enum token_result
object_new(const struct store_row *row, struct token_attrs *attrs, const struct token_object **object)
{
	struct counted_object *counted = calloc(1, sizeof(*counted));

	if (counted == NULL) {
		attrs_free(attrs);
		return TOKEN_ERR_MEMORY;
	}
	atomic_init(&counted->references, 1);
	counted->object = (struct token_object){
		.id = row->id,
		.generation = row->generation,
		.kind = (enum token_object_kind)row->kind,
		.private_ = (row->flags & STORE_PRIVATE) != 0,
		.authenticated = (row->flags & STORE_AUTHENTICATED) != 0,
		.reusable = (row->flags & STORE_REUSABLE) != 0,
		.copy = row->state == STORE_BOUND ? row->copy : 0,
		.value_len = row->value_len,
		.attrs = attrs,
	};
	*object = &counted->object;
	return TOKEN_OK;
}

/* The count is the only part of an object that changes. */
static struct counted_object *
counted(const struct token_object *object)
{
	return (struct counted_object *)((uintptr_t)object - offsetof(struct counted_object, object));
}

const struct token_object *
token_object_ref(const struct token_object *object)
{
	if (object != NULL)
		(void)atomic_fetch_add(&counted(object)->references, 1);
	return object;
}

void
token_object_unref(const struct token_object *object)
{
	if (object == NULL || atomic_fetch_sub(&counted(object)->references, 1) != 1)
		return;
	attrs_free((struct token_attrs *)(uintptr_t)object->attrs);
	free(counted(object));
}

void
blob_clear(struct blob *blob)
{
	if (blob->bytes != NULL)
		OPENSSL_cleanse(blob->bytes, blob->len);
	free(blob->bytes);
	free(blob->tag);
	*blob = (struct blob){ 0 };
}

/* What a tag is over: the row, then the bytes in clear. */
static uint8_t *
tagged(const struct token *token, const struct store_row *row, enum store_blob_kind kind, const uint8_t *plain,
	size_t len)
{
	uint8_t *bytes = malloc(ROW_AAD_LEN + len);

	if (bytes == NULL)
		return NULL;
	row_aad(token->serial, row, kind, bytes);
	if (len > 0)
		memcpy(bytes + ROW_AAD_LEN, plain, len);
	return bytes;
}

static enum token_result
make_tag(const struct token *token, const struct store_row *row, enum store_blob_kind kind, const uint8_t *plain,
	size_t len, struct blob *blob)
{
	uint8_t *aad = tagged(token, row, kind, plain, len);
	enum token_result res = TOKEN_ERR_MEMORY;

	if (aad != NULL)
		res = seal_bytes(token->env->seal, token->keys.seal, aad, ROW_AAD_LEN + len, NULL, 0, &blob->tag,
			&blob->tag_len);
	free(aad);
	return res;
}

static enum token_result
check_tag(const struct token *token, const struct store_row *row, enum store_blob_kind kind, struct store_blob bytes,
	struct store_blob tag)
{
	uint8_t *aad = tagged(token, row, kind, bytes.ptr, bytes.len);
	uint8_t *nothing = NULL;
	size_t len = 0;
	enum token_result res = TOKEN_ERR_MEMORY;

	if (aad != NULL)
		res = seal_open_bytes(token->env->seal, token->keys.seal, aad, ROW_AAD_LEN + bytes.len, tag.ptr,
			tag.len, &nothing, &len);
	free(nothing);
	free(aad);
	return res;
}

enum token_result
blob_make(const struct token *token, const struct store_row *row, enum store_blob_kind kind, const uint8_t *plain,
	size_t len, struct blob *blob)
{
	uint8_t aad[ROW_AAD_LEN];

	if ((row->flags & STORE_PRIVATE) != 0 || (kind == STORE_VALUE && (row->flags & STORE_SEALED) != 0)) {
		row_aad(token->serial, row, kind, aad);
		return seal_bytes(token->env->seal, token->keys.seal, aad, sizeof(aad), plain, len, &blob->bytes,
			&blob->len);
	}
	blob->bytes = malloc(len);
	if (blob->bytes == NULL)
		return TOKEN_ERR_MEMORY;
	memcpy(blob->bytes, plain, len);
	blob->len = len;
	if ((row->flags & STORE_AUTHENTICATED) == 0)
		return TOKEN_OK;
	return make_tag(token, row, kind, plain, len, blob);
}

/* Trust is only what a security officer marked, and only the tag says that he did: without it or the key to
 * check it the mark is worth nothing. */
static enum token_result
distrust(struct token_attrs *attrs)
{
	if (attrs_find(attrs, CKA_TRUSTED) == NULL || attrs_set_bool(attrs, CKA_TRUSTED, false))
		return TOKEN_OK;
	return TOKEN_ERR_MEMORY;
}

static enum token_result
open_private_attrs(const struct token *token, struct seal_many *seal_key, const struct store_row *row,
	struct store_blob bytes, struct token_attrs **attrs)
{
	uint8_t aad[ROW_AAD_LEN];
	const uint8_t *plain = NULL;
	size_t len = 0;
	enum token_result res;

	row_aad(token->serial, row, STORE_ATTRS, aad);
	res = seal_many_open(seal_key, aad, sizeof(aad), NULL, 0, bytes.ptr, bytes.len, &plain, &len);
	return res == TOKEN_OK ? attrs_decode(plain, len, attrs) : res;
}

static enum token_result
check_attrs_tag(const struct token *token, struct seal_many *seal_key, const struct store_row *row,
	struct store_blob bytes, struct store_blob tag)
{
	uint8_t aad[ROW_AAD_LEN];
	const uint8_t *nothing = NULL;
	size_t len = 0;

	row_aad(token->serial, row, STORE_ATTRS, aad);
	return seal_many_open(seal_key, aad, sizeof(aad), bytes.ptr, bytes.len, tag.ptr, tag.len, &nothing, &len);
}

enum token_result
blob_attrs(const struct token *token, struct seal_many *seal_key, const struct store_row *row, struct store_blob bytes,
	struct store_blob tag, struct token_attrs **out, bool *checked)
{
	const bool authenticated = (row->flags & STORE_AUTHENTICATED) != 0;
	struct token_attrs *attrs = NULL;
	enum token_result res;

	*checked = false;
	if ((row->flags & STORE_PRIVATE) != 0) {
		res = open_private_attrs(token, seal_key, row, bytes, &attrs);
		*checked = true;
	} else {
		res = attrs_decode(bytes.ptr, bytes.len, &attrs);
		if (res == TOKEN_OK && authenticated && seal_key != NULL) {
			res = check_attrs_tag(token, seal_key, row, bytes, tag);
			*checked = true;
		}
		if (res == TOKEN_OK && !*checked)
			res = distrust(attrs);
	}
	if (res != TOKEN_OK)
		goto out;
	*out = attrs;
	attrs = NULL;
out:
	attrs_free(attrs);
	return res;
}

static enum token_result
open_private_value(const struct token *token, const struct store_row *row, struct store_blob bytes,
	struct token_value *value)
{
	const struct seal_ctx *ctx = token->env->seal;
	uint8_t aad[ROW_AAD_LEN];
	enum token_result res = TOKEN_ERR_MEMORY;

	row_aad(token->serial, row, STORE_VALUE, aad);
	if (row->value_len <= ARENA_VALUE_MAX)
		res = seal_open_value(ctx, token->keys.seal, aad, sizeof(aad), bytes.ptr, bytes.len, true, value);
	if (res == TOKEN_ERR_MEMORY)
		res = seal_open_value(ctx, token->keys.seal, aad, sizeof(aad), bytes.ptr, bytes.len, false, value);
	return res;
}

static enum token_result
copy_value(const struct token *token, const struct store_row *row, struct store_blob bytes, struct store_blob tag,
	struct token_value *value)
{
	enum token_result res = TOKEN_OK;

	if ((row->flags & STORE_AUTHENTICATED) != 0 && token->role != TOKEN_NOBODY)
		res = check_tag(token, row, STORE_VALUE, bytes, tag);
	if (res != TOKEN_OK || bytes.len == 0)
		return res;
	value->ptr = malloc(bytes.len);
	if (value->ptr == NULL)
		return TOKEN_ERR_MEMORY;
	memcpy(value->ptr, bytes.ptr, bytes.len);
	value->len = bytes.len;
	return TOKEN_OK;
}

enum token_result
blob_value(const struct token *token, const struct store_row *row, struct token_value *value)
{
	struct store_cursor *cursor = NULL;
	struct store_blob attrs = { 0 };
	struct store_blob bytes = { 0 };
	struct store_blob tag = { 0 };
	enum token_result res;

	*value = (struct token_value){ 0 };
	if (row->value_len == 0)
		return TOKEN_OK;
	if ((row->flags & STORE_SEALED) != 0 && token->role == TOKEN_NOBODY)
		return TOKEN_ERR_NOT_LOGGED_IN;
	res = store_row_blobs(token->store, row->id, &cursor, &attrs, &bytes, &tag);
	if (res != TOKEN_OK)
		return res;
	if ((row->flags & (STORE_PRIVATE | STORE_SEALED)) != 0)
		res = open_private_value(token, row, bytes, value);
	else
		res = copy_value(token, row, bytes, tag, value);
	store_rows_end(token->store, cursor);
	if (res == TOKEN_OK && value->len != row->value_len) {
		token_value_clear(value);
		res = TOKEN_ERR_DAMAGED;
	}
	return res;
}
