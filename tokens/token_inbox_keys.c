/*
 * Holder keys that are made without the PIN and used with it: the provisioner lets the backend generate them, and the
 * holder takes them over (R-REN-03, R-KEY-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/provision_priv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/token_objects.h"

#define LEN_SIZE 4

/* Both lists, as length of the first || the first || the second. */
static enum token_result
pack_attrs(const struct token_attrs *first, const struct token_attrs *second, uint8_t **bytes, size_t *len)
{
	uint8_t *a = NULL, *b = NULL;
	size_t a_len = 0, b_len = 0;
	enum token_result res;

	res = attrs_encode(first, &a, &a_len);
	if (res == TOKEN_OK)
		res = attrs_encode(second, &b, &b_len);
	*bytes = res == TOKEN_OK ? malloc(LEN_SIZE + a_len + b_len) : NULL;
	if (*bytes != NULL) {
		for (size_t i = 0; i < LEN_SIZE; i++)
			(*bytes)[i] = (uint8_t)(a_len >> (8 * (LEN_SIZE - 1 - i)));
		memcpy(*bytes + LEN_SIZE, a, a_len);
		memcpy(*bytes + LEN_SIZE + a_len, b, b_len);
		*len = LEN_SIZE + a_len + b_len;
	} else if (res == TOKEN_OK) {
		res = TOKEN_ERR_MEMORY;
	}
	free(a);
	free(b);
	return res;
}

static enum token_result
unpack_attrs(const uint8_t *bytes, size_t len, struct token_attrs **first, struct token_attrs **second)
{
	size_t first_len = 0;
	enum token_result res;

	*first = NULL;
	*second = NULL;
	if (len < LEN_SIZE)
		return TOKEN_ERR_DAMAGED;
	for (size_t i = 0; i < LEN_SIZE; i++)
		first_len = first_len << 8 | bytes[i];
	if (first_len > len - LEN_SIZE)
		return TOKEN_ERR_DAMAGED;
	res = attrs_decode(bytes + LEN_SIZE, first_len, first);
	if (res == TOKEN_OK)
		res = attrs_decode(bytes + LEN_SIZE + first_len, len - LEN_SIZE - first_len, second);
	if (res != TOKEN_OK) {
		attrs_free(*first);
		*first = NULL;
	}
	return res;
}

/* The slow part, without locks: the backend makes the key, and its point goes into both lists. */
static enum token_result
generate(struct token *token, enum token_curve curve, struct token_attrs *public_attrs,
	struct token_attrs *private_attrs, struct secret *value)
{
	struct backend_area *area = NULL;
	struct token_key *key = NULL;
	enum token_result res;

	res = backend_current(token, &area);
	if (res == TOKEN_OK)
		res = token->backend->keys->generate(area, curve, &key, value);
	if (res == TOKEN_OK)
		res = object_add_point(key, public_attrs);
	if (res == TOKEN_OK)
		res = object_add_point(key, private_attrs);
	token_key_free(key);
	backend_area_free(area);
	return res;
}

/* Looked at before a key is made in vain; inbox_add() counts again. */
static enum token_result
check_early(struct token *token, struct provision_view *view)
{
	struct store_inbox_sum sum;
	enum token_role role;
	enum token_result res;

	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = provision_view(token, view);
	if (res == TOKEN_OK && view->role != TOKEN_PROVISIONER)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK)
		res = provision_begin(token, false, &role);
	if (res == TOKEN_OK)
		res = provision_end(token, store_inbox_sum(token->store, TOKEN_INBOX_KEY, &sum));
	return res == TOKEN_OK && sum.count >= TOKEN_INBOX_KEYS_MAX ? TOKEN_ERR_INBOX_FULL : res;
}

enum token_result
token_inbox_generate(struct token *token, enum token_curve curve, struct token_attrs *public_attrs,
	struct token_attrs *private_attrs, int64_t when, uint64_t *id)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	struct store_inbox entry = { .kind = TOKEN_INBOX_KEY, .received = when };
	struct secret value = SECRET_NONE;
	uint8_t *attrs = NULL;
	size_t attrs_len = 0;
	enum token_result res;

	res = check_early(token, &view);
	if (res == TOKEN_OK)
		res = generate(token, curve, public_attrs, private_attrs, &value);
	if (res == TOKEN_OK)
		res = pack_attrs(public_attrs, private_attrs, &attrs, &attrs_len);
	if (res == TOKEN_OK)
		res = inbox_seal(token, &view, &entry, attrs, attrs_len, value.ptr, value.len);
	if (res == TOKEN_OK)
		res = inbox_add(token, &view, &entry);
	if (res == TOKEN_OK)
		*id = entry.id;
	free(attrs);
	secret_wipe(&value);
	store_inbox_clear(&entry);
	provision_view_clear(&view);
	return res;
}

/* Attributes of a key that this provisioner has put there. */
static enum token_result
open_lists(const struct token *token, const struct provision_view *view, const struct store_inbox *entry,
	struct token_attrs **public_attrs, struct token_attrs **private_attrs)
{
	uint8_t *attrs = NULL;
	size_t len = 0;
	enum token_result res;

	res = inbox_open_attrs(token, view, entry, &attrs, &len);
	if (res == TOKEN_OK)
		res = unpack_attrs(attrs, len, public_attrs, private_attrs);
	free(attrs);
	return res;
}

enum token_result
token_inbox_key(struct token *token, uint64_t id, struct token_attrs **public_attrs, struct token_attrs **private_attrs)
{
	struct provision_view view = PROVISION_VIEW_NONE;
	struct store_inbox entry = { 0 };
	enum token_role role;
	enum token_result res;

	res = provision_view(token, &view);
	if (res == TOKEN_OK && view.role != TOKEN_PROVISIONER)
		res = TOKEN_ERR_NOT_FOUND;
	if (res == TOKEN_OK)
		res = provision_begin(token, false, &role);
	if (res == TOKEN_OK)
		res = provision_end(token, store_inbox_read(token->store, id, &entry));
	if (res == TOKEN_OK && entry.kind != TOKEN_INBOX_KEY)
		res = TOKEN_ERR_NOT_FOUND;
	if (res == TOKEN_OK)
		res = open_lists(token, &view, &entry, public_attrs, private_attrs);
	store_inbox_clear(&entry);
	provision_view_clear(&view);
	return res;
}

enum token_result
token_inbox_range(struct token *token, uint64_t *first, uint64_t *last)
{
	struct store_inbox_sum sum = { 0 };
	enum token_role role = TOKEN_NOBODY;
	enum token_result res;

	*first = 0;
	*last = 0;
	res = provision_begin(token, false, &role);
	if (res == TOKEN_OK && role == TOKEN_PROVISIONER)
		res = store_inbox_sum(token->store, TOKEN_INBOX_KEY, &sum);
	if (role != TOKEN_NOBODY)
		res = provision_end(token, res);
	if (res == TOKEN_OK && role == TOKEN_PROVISIONER) {
		*first = sum.first;
		*last = sum.last;
	}
	return res;
}

/* ---- The holder takes them over ---- */

struct waiting {
	uint64_t id;
	struct token_attrs *public_attrs, *private_attrs;
	struct secret value;
};

struct opening {
	struct provision_view view;
	struct secret seal_private;
	struct backend_area *area;
	struct waiting *keys;
	size_t count;
};

static void
opening_clear(struct opening *o)
{
	for (size_t i = 0; i < o->count; i++) {
		attrs_free(o->keys[i].public_attrs);
		attrs_free(o->keys[i].private_attrs);
		secret_wipe(&o->keys[i].value);
	}
	free(o->keys);
	backend_area_free(o->area);
	secret_wipe(&o->seal_private);
	provision_view_clear(&o->view);
}

/* Does the value make the key that the attributes speak of, and does it sign? */
static enum token_result
test_key(const struct token *token, const struct opening *o, const struct waiting *w)
{
	static const uint8_t digest[32] = "pairwise consistency when opened";
	const CK_ATTRIBUTE *params = attrs_find(w->private_attrs, CKA_EC_PARAMS);
	const CK_ATTRIBUTE *said = attrs_find(w->private_attrs, CKA_EC_POINT);
	uint8_t point[TOKEN_POINT_MAX], sig[TOKEN_SIG_MAX];
	size_t point_len = 0, sig_len = 0;
	enum token_curve curve = TOKEN_CURVE_NONE;
	struct token_key *key = NULL;
	bool good = false;
	enum token_result res;

	if (params != NULL)
		curve = token_curve_from_params(params->pValue, params->ulValueLen);
	if (curve == TOKEN_CURVE_NONE || curve > TOKEN_P521 || said == NULL)
		return TOKEN_ERR_DAMAGED;
	res = token->backend->keys->load(o->area, curve, w->value.ptr, w->value.len, &key);
	if (res == TOKEN_OK)
		res = token_key_point(key, point, &point_len);
	if (res == TOKEN_OK &&
		(said->ulValueLen < point_len ||
			memcmp((const uint8_t *)said->pValue + said->ulValueLen - point_len, point, point_len) != 0))
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK)
		res = token_key_sign(key, digest, sizeof(digest), sig, &sig_len);
	if (res == TOKEN_OK)
		res = token_public_verify(token->env->libctx, curve, point, point_len, digest, sizeof(digest), sig,
			sig_len, &good);
	token_key_free(key);
	return res == TOKEN_OK && !good ? TOKEN_ERR_DAMAGED : res;
}

static enum token_result
open_key(struct token *token, struct opening *o, uint64_t id)
{
	struct waiting *w = &o->keys[o->count];
	struct store_inbox entry = { 0 };
	enum token_role role;
	enum token_result res;

	*w = (struct waiting){ .id = id, .value = SECRET_NONE };
	res = provision_begin(token, false, &role);
	if (res == TOKEN_OK)
		res = provision_end(token, store_inbox_read(token->store, id, &entry));
	if (res == TOKEN_ERR_NOT_FOUND) { /* another process was faster */
		store_inbox_clear(&entry);
		return TOKEN_OK;
	}
	if (res == TOKEN_OK)
		res = open_lists(token, &o->view, &entry, &w->public_attrs, &w->private_attrs);
	if (res == TOKEN_OK)
		res = inbox_open_box(token, &o->view, o->seal_private, &entry, &w->value);
	if (res == TOKEN_OK)
		res = test_key(token, o, w);
	store_inbox_clear(&entry);
	o->count++;
	return res;
}

/* With a PIN that another process has changed a device would count a wrong try. */
static enum token_result
follow_pin(struct token *token)
{
	enum token_result res;

	res = token_lock_fresh(token);
	if (res == TOKEN_OK)
		res = pin_follow(token);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

static enum token_result
open_all(struct token *token, struct opening *o)
{
	struct store_inbox_line *lines = NULL;
	enum token_role role;
	size_t count = 0;
	enum token_result res;

	res = follow_pin(token);
	if (res == TOKEN_OK)
		res = provision_view(token, &o->view);
	if (res == TOKEN_OK && o->view.role != TOKEN_USER)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK)
		res = inbox_private(token, &o->view, &o->seal_private);
	if (res == TOKEN_OK)
		res = backend_current(token, &o->area);
	if (res == TOKEN_OK)
		res = provision_begin(token, false, &role);
	if (res == TOKEN_OK)
		res = provision_end(token, store_inbox_list(token->store, TOKEN_INBOX_KEY, &lines, &count));
	if (res == TOKEN_OK && count > 0) {
		o->keys = calloc(count, sizeof(*o->keys));
		if (o->keys == NULL)
			res = TOKEN_ERR_MEMORY;
	}
	for (size_t i = 0; i < count && res == TOKEN_OK; i++)
		res = open_key(token, o, lines[i].id);
	free(lines);
	return res;
}

/* Inside a change. Whoever was faster has it already. */
static enum token_result
move_key(struct token *token, const struct waiting *w, size_t *moved)
{
	enum token_result res = store_inbox_delete(token->store, w->id);

	if (res == TOKEN_ERR_NOT_FOUND)
		return TOKEN_OK;
	if (res == TOKEN_OK)
		res = object_insert_holder(token, w->public_attrs, w->private_attrs, w->value);
	if (res == TOKEN_OK)
		(*moved)++;
	return res;
}

enum token_result
token_inbox_open(struct token *token, size_t *opened)
{
	struct opening o = { .view = PROVISION_VIEW_NONE, .seal_private = SECRET_NONE };
	size_t moved = 0;
	enum token_result res;

	*opened = 0;
	if (token_get_role(token) != TOKEN_USER)
		return TOKEN_ERR_NOT_LOGGED_IN;
	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = open_all(token, &o);
	if (res != TOKEN_OK || o.count == 0)
		goto out;
	res = change_begin(token, TOKEN_USER);
	if (res != TOKEN_OK)
		goto out;
	for (size_t i = 0; i < o.count && res == TOKEN_OK; i++)
		res = move_key(token, &o.keys[i], &moved);
	if (res == TOKEN_OK && moved > 0)
		res = event_count(token, EVENT_OPENED, moved, "key", "keys");
	res = change_end(token, res);
	if (res != TOKEN_OK)
		goto out;
	*opened = moved;
	store_checkpoint(token->store);
out:
	opening_clear(&o);
	return res;
}
