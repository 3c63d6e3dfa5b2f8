/*
 * The inbox: what the provisioner brings lies here until the holder has entered his PIN.
 *
 * An entry has a box, sealed for the area, which nobody but the holder opens, and attributes under the provisioner's
 * key, whose associated data are the entry and the digest of its box. So an entry is whole and from somebody who had
 * the credential, or it is refused.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/provision_priv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define AAD_NAME "mdoc-pkcs11 inbox"
#define AAD_NAME_LEN (sizeof(AAD_NAME) - 1)
#define DIGEST_LEN 32
#define AAD_LEN (AAD_NAME_LEN + TOKEN_SERIAL_LEN + 1 + 8 + DIGEST_LEN)
#define BOX_AAD_LEN (AAD_LEN - DIGEST_LEN)
#define LABEL "inbox"

static void
make_aad(const struct token *token, const struct store_inbox *entry, uint8_t aad[BOX_AAD_LEN])
{
	const uint64_t received = (uint64_t)entry->received;
	uint8_t *out = aad;

	memcpy(out, AAD_NAME, AAD_NAME_LEN);
	out += AAD_NAME_LEN;
	memcpy(out, token->serial, TOKEN_SERIAL_LEN);
	out += TOKEN_SERIAL_LEN;
	*out++ = (uint8_t)entry->kind;
	for (int i = 7; i >= 0; i--)
		*out++ = (uint8_t)(received >> (8 * i));
}

/* The key and the associated data of an entry's attributes. */
static enum token_result
attrs_key(const struct token *token, const struct provision_view *view, const struct store_inbox *entry,
	uint8_t aad[AAD_LEN], struct secret *key)
{
	enum token_result res;

	if (view->key.ptr == NULL)
		return TOKEN_ERR_DAMAGED; /* nobody there could have put it in */
	make_aad(token, entry, aad);
	res = seal_sha256(token->env->seal, entry->box.ptr, entry->box.len, aad + BOX_AAD_LEN);
	return res == TOKEN_OK ? seal_subkey(token->env->seal, view->key, LABEL, key) : res;
}

enum token_result
inbox_seal(const struct token *token, const struct provision_view *view, struct store_inbox *entry,
	const uint8_t *attrs, size_t attrs_len, const uint8_t *bytes, size_t len)
{
	struct secret key = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	make_aad(token, entry, aad);
	res = vault_box_seal(token->env->seal, view->seal_public, aad, BOX_AAD_LEN, bytes, len, &entry->box.ptr,
		&entry->box.len);
	if (res == TOKEN_OK)
		res = attrs_key(token, view, entry, aad, &key);
	if (res == TOKEN_OK)
		res = seal_bytes(token->env->seal, key, aad, sizeof(aad), attrs, attrs_len, &entry->attrs.ptr,
			&entry->attrs.len);
	secret_wipe(&key);
	return res;
}

enum token_result
inbox_open_attrs(const struct token *token, const struct provision_view *view, const struct store_inbox *entry,
	uint8_t **attrs, size_t *len)
{
	struct secret key = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	res = attrs_key(token, view, entry, aad, &key);
	if (res == TOKEN_OK)
		res = seal_open_bytes(token->env->seal, key, aad, sizeof(aad), entry->attrs.ptr, entry->attrs.len,
			attrs, len);
	secret_wipe(&key);
	return res;
}

enum token_result
inbox_private(const struct token *token, const struct provision_view *view, struct secret *key)
{
	if (view->role != TOKEN_USER)
		return TOKEN_ERR_NOT_LOGGED_IN;
	return vault_box_pair_open(token->env->seal, view->area, view->row.serial, view->row.seal_public,
		view->row.seal_private, sizeof(view->row.seal_private), key);
}

enum token_result
inbox_open_box(const struct token *token, const struct provision_view *view, struct secret seal_private,
	const struct store_inbox *entry, struct secret *bytes)
{
	uint8_t aad[BOX_AAD_LEN];

	make_aad(token, entry, aad);
	return vault_box_open(token->env->seal, seal_private, view->seal_public, aad, sizeof(aad), entry->box.ptr,
		entry->box.len, bytes);
}

static enum token_result
check_room(struct store *store, const struct store_inbox *entry)
{
	struct store_inbox_sum sums[TOKEN_INBOX_NOTICE];
	const struct store_inbox_sum *own = &sums[entry->kind - 1];
	const uint64_t most = entry->kind == TOKEN_INBOX_KEY ? TOKEN_INBOX_KEYS_MAX : TOKEN_INBOX_ENTRIES_MAX;
	uint64_t bytes = entry->box.len + entry->attrs.len;
	enum token_result res = TOKEN_OK;

	for (unsigned kind = TOKEN_INBOX_KEY; kind <= TOKEN_INBOX_NOTICE && res == TOKEN_OK; kind++) {
		res = store_inbox_sum(store, kind, &sums[kind - 1]);
		if (kind != TOKEN_INBOX_KEY)
			bytes += sums[kind - 1].bytes;
	}
	if (res != TOKEN_OK)
		return res;
	if (own->count >= most || (entry->kind != TOKEN_INBOX_KEY && bytes > TOKEN_INBOX_BYTES_MAX))
		return TOKEN_ERR_INBOX_FULL;
	return TOKEN_OK;
}

enum token_result
inbox_add(struct token *token, const struct provision_view *view, struct store_inbox *entry)
{
	enum token_role role;
	enum token_result res;

	res = provision_begin(token, true, &role);
	if (res != TOKEN_OK)
		return res;
	if (role != TOKEN_PROVISIONER || token->provisioner != view->provisioner)
		res = TOKEN_ERR_NOT_LOGGED_IN; /* it was another, whose key has sealed this */
	if (res == TOKEN_OK)
		res = check_room(token->store, entry);
	if (res == TOKEN_OK)
		res = store_inbox_add(token->store, entry);
	return provision_end(token, res);
}

static enum token_result
view_of(struct token *token, enum token_role role, struct provision_view *view)
{
	const enum token_result res = provision_view(token, view);

	return res == TOKEN_OK && view->role != role ? TOKEN_ERR_NOT_LOGGED_IN : res;
}

enum token_result
token_inbox_put(struct token *token, enum token_inbox_kind kind, const uint8_t *bytes, size_t len, int64_t when,
	uint64_t *id)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	struct store_inbox entry = { .kind = kind, .received = when };
	enum token_result res;

	if ((kind != TOKEN_INBOX_RESPONSE && kind != TOKEN_INBOX_NOTICE) || len == 0)
		return TOKEN_ERR_ARG;
	if (len > TOKEN_VALUE_MAX)
		return TOKEN_ERR_TOO_LARGE;
	res = view_of(token, TOKEN_PROVISIONER, &view);
	if (res == TOKEN_OK)
		res = inbox_seal(token, &view, &entry, NULL, 0, bytes, len);
	if (res == TOKEN_OK)
		res = inbox_add(token, &view, &entry);
	if (res == TOKEN_OK)
		*id = entry.id;
	store_inbox_clear(&entry);
	provision_view_clear(&view);
	return res;
}

enum token_result
token_inbox_list(struct token *token, struct token_inbox_entry **entries, size_t *count)
{
	struct store_inbox_line *lines = NULL;
	enum token_role role;
	enum token_result res;

	*entries = NULL;
	*count = 0;
	res = provision_begin(token, false, &role);
	if (res == TOKEN_OK)
		res = provision_end(token, store_inbox_list(token->store, 0, &lines, count));
	if (res != TOKEN_OK)
		return res;
	*entries = calloc(*count + 1, sizeof(**entries));
	for (size_t i = 0; i < *count && *entries != NULL; i++)
		(*entries)[i] = (struct token_inbox_entry){ .id = lines[i].id,
			.kind = (enum token_inbox_kind)lines[i].kind,
			.received = lines[i].received,
			.len = lines[i].kind == TOKEN_INBOX_KEY || lines[i].box_len < VAULT_BOX_OVERHEAD
				? 0
				: lines[i].box_len - VAULT_BOX_OVERHEAD };
	free(lines);
	return *entries != NULL ? TOKEN_OK : TOKEN_ERR_MEMORY;
}

enum token_result
token_inbox_counts(struct token *token, uint64_t counts[3])
{
	struct store_inbox_sum sum;
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = store_begin(token->store, false);
	for (unsigned kind = TOKEN_INBOX_KEY; kind <= TOKEN_INBOX_NOTICE && res == TOKEN_OK; kind++) {
		res = store_inbox_sum(token->store, kind, &sum);
		counts[kind - 1] = sum.count;
		if (res != TOKEN_OK || kind == TOKEN_INBOX_NOTICE)
			res = store_end(token->store, res);
	}
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

static enum token_result
read_entry(struct token *token, uint64_t id, struct store_inbox *entry)
{
	enum token_role role;
	enum token_result res;

	res = provision_begin(token, false, &role);
	return res == TOKEN_OK ? provision_end(token, store_inbox_read(token->store, id, entry)) : res;
}

enum token_result
token_inbox_get(struct token *token, uint64_t id, struct token_value *value)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	struct store_inbox entry = { 0 };
	struct secret seal_private = SECRET_NONE;
	struct secret bytes = SECRET_NONE;
	uint8_t *attrs = NULL;
	size_t attrs_len = 0;
	enum token_result res;

	*value = (struct token_value){ 0 };
	res = view_of(token, TOKEN_USER, &view);
	if (res == TOKEN_OK)
		res = read_entry(token, id, &entry);
	if (res == TOKEN_OK && entry.kind != TOKEN_INBOX_RESPONSE && entry.kind != TOKEN_INBOX_NOTICE)
		res = TOKEN_ERR_ARG;
	if (res == TOKEN_OK)
		res = inbox_open_attrs(token, &view, &entry, &attrs, &attrs_len);
	if (res == TOKEN_OK)
		res = inbox_private(token, &view, &seal_private);
	if (res == TOKEN_OK)
		res = inbox_open_box(token, &view, seal_private, &entry, &bytes);
	if (res == TOKEN_OK)
		*value = (struct token_value){ .ptr = bytes.ptr, .len = bytes.len, .in_arena = true };
	free(attrs);
	secret_wipe(&seal_private);
	store_inbox_clear(&entry);
	provision_view_clear(&view);
	return res;
}

/* Inside a transaction: what has come is the user's, and only he says that he has read it. */
static enum token_result
check_removal(struct store *store, uint64_t id, enum token_role role)
{
	struct store_inbox entry = { 0 };
	enum token_result res = store_inbox_read(store, id, &entry);

	if (res == TOKEN_OK && role != TOKEN_USER && entry.kind != TOKEN_INBOX_KEY)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	store_inbox_clear(&entry);
	return res;
}

enum token_result
token_inbox_remove(struct token *token, uint64_t id)
{
	enum token_role role;
	enum token_result res;

	res = provision_begin(token, true, &role);
	if (res != TOKEN_OK)
		return res;
	res = check_removal(token->store, id, role);
	if (res == TOKEN_OK)
		res = store_inbox_delete(token->store, id);
	return provision_end(token, res);
}

enum token_result
token_inbox_public(struct token *token, uint8_t key[TOKEN_INBOX_KEY_LEN])
{
	struct store_area area = { 0 };
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = store_begin(token->store, false);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_area_read(token->store, &area));
	if (res == TOKEN_OK)
		memcpy(key, token->provisioner != 0 ? token->provisioner_seal : area.seal_public, TOKEN_INBOX_KEY_LEN);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

enum token_result
token_inbox_private(struct token *token, struct secret *key)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	enum token_result res;

	*key = SECRET_NONE;
	res = view_of(token, TOKEN_USER, &view);
	if (res == TOKEN_OK)
		res = inbox_private(token, &view, key);
	provision_view_clear(&view);
	return res;
}
