/*
 * Key pairs, keys ready for use, and spending a copy.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_objects.h"

#include <stdlib.h>
#include <string.h>

/* CKA_EC_POINT (the point in a DER OCTET STRING) and CKA_PUBLIC_KEY_INFO. */
enum token_result
object_add_point(const struct token_key *key, struct token_attrs *attrs)
{
	uint8_t der[TOKEN_POINT_MAX + 3] = { 0x04 };
	uint8_t point[TOKEN_POINT_MAX];
	uint8_t info[TOKEN_INFO_MAX];
	size_t head = 1, len = 0, info_len;
	enum token_result res;

	res = token_key_point(key, point, &len);
	if (res != TOKEN_OK)
		return res;
	info_len = token_public_info(token_key_curve(key), point, len, info);
	if (len > 127)
		der[head++] = 0x81;
	der[head++] = (uint8_t)len;
	memcpy(der + head, point, len);
	return attrs_set(attrs, CKA_EC_POINT, der, head + len) && attrs_set(attrs, CKA_PUBLIC_KEY_INFO, info, info_len)
		? TOKEN_OK
		: TOKEN_ERR_MEMORY;
}

static enum token_result
with_point(const struct token_attrs *attrs, const struct token_key *key, struct token_attrs **out)
{
	*out = attrs_dup(attrs);
	return *out != NULL ? object_add_point(key, *out) : TOKEN_ERR_MEMORY;
}

struct pair {
	struct secret value;
	struct token_attrs *public_attrs;
	struct token_attrs *private_attrs;
	struct store_row public_row;
	struct store_row private_row;
	const struct token_object *public_object;
	const struct token_object *private_object;
};

static void
pair_clear(struct pair *pair)
{
	secret_wipe(&pair->value);
	attrs_free(pair->public_attrs);
	attrs_free(pair->private_attrs);
	token_object_unref(pair->public_object);
	token_object_unref(pair->private_object);
}

/* The slow part, without locks. */
static enum token_result
make_pair(struct token *token, enum token_curve curve, const struct token_object_spec *public_spec,
	const struct token_object_spec *private_spec, struct pair *pair)
{
	struct backend_area *area = backend_ref(token);
	struct token_key *key = NULL;
	enum token_result res;

	res = token->backend->keys->generate(area, curve, &key, &pair->value);
	if (res == TOKEN_OK)
		res = with_point(public_spec->attrs, key, &pair->public_attrs);
	if (res == TOKEN_OK)
		res = with_point(private_spec->attrs, key, &pair->private_attrs);
	token_key_free(key);
	backend_area_free(area);
	return res;
}

static enum token_result
insert_pair(struct token *token, bool holder, struct pair *pair)
{
	const enum token_object_kind private_kind = (enum token_object_kind)pair->private_row.kind;
	const enum token_object_kind public_kind = (enum token_object_kind)pair->public_row.kind;
	const bool private_ = (pair->private_row.flags & STORE_PRIVATE) != 0;
	const bool public_private = (pair->public_row.flags & STORE_PRIVATE) != 0;
	enum token_result res;

	res = access_make(token, pair->private_attrs, private_kind, private_);
	if (res == TOKEN_OK)
		res = access_make(token, pair->public_attrs, public_kind, public_private);
	if (res == TOKEN_OK)
		res = access_admit(token, pair->private_attrs, private_kind, private_, NULL, 0, 0);
	if (res == TOKEN_OK)
		res = access_admit(token, pair->public_attrs, public_kind, public_private, NULL, 0, 0);
	if (res != TOKEN_OK)
		return res;
	res = change_insert(token, &pair->private_row, pair->private_attrs, pair->value.ptr, pair->value.len,
		&pair->private_object);
	pair->private_object = token_object_ref(pair->private_object);
	if (res != TOKEN_OK)
		return res;
	if (holder)
		pair->public_row.copy = pair->private_row.id;
	res = change_insert(token, &pair->public_row, pair->public_attrs, NULL, 0, &pair->public_object);
	pair->public_object = token_object_ref(pair->public_object);
	if (res == TOKEN_OK)
		res = event_item(token, pair->private_attrs, "made");
	return res;
}

static void
pair_rows(bool holder, const struct token_object_spec *public_spec, const struct token_object_spec *private_spec,
	struct pair *pair)
{
	if (holder) {
		pair->private_row = (struct store_row){ .kind = TOKEN_OBJECT_HOLDER_PRIVATE,
			.flags = STORE_PRIVATE,
			.state = STORE_UNBOUND,
			.copy = COPY_SELF };
		pair->public_row = (struct store_row){ .kind = TOKEN_OBJECT_HOLDER_PUBLIC,
			.flags = STORE_PRIVATE,
			.state = STORE_UNBOUND };
		return;
	}
	pair->private_row.flags = private_spec->private_ ? STORE_PRIVATE : 0;
	pair->public_row.flags = public_spec->private_ ? STORE_PRIVATE : 0;
}

enum token_result
object_insert_holder(struct token *token, const struct token_attrs *public_attrs,
	const struct token_attrs *private_attrs, struct secret value)
{
	struct pair pair = { .value = value };
	enum token_result res;

	pair_rows(true, NULL, NULL, &pair);
	pair.public_attrs = attrs_dup(public_attrs);
	pair.private_attrs = attrs_dup(private_attrs);
	res = pair.public_attrs != NULL && pair.private_attrs != NULL ? insert_pair(token, true, &pair)
								      : TOKEN_ERR_MEMORY;
	pair.value = SECRET_NONE; /* the caller's */
	pair_clear(&pair);
	return res;
}

enum token_result
token_generate_pair(struct token *token, enum token_curve curve, bool holder,
	const struct token_object_spec *public_spec, const struct token_object_spec *private_spec,
	const struct token_object **public_object, const struct token_object **private_object)
{
	struct pair pair = { .value = SECRET_NONE };
	bool private;
	enum token_result res;

	pair_rows(holder, public_spec, private_spec, &pair);
	private = ((pair.private_row.flags | pair.public_row.flags) & STORE_PRIVATE) != 0;
	if (private && token_get_role(token) == TOKEN_NOBODY)
		return TOKEN_ERR_NOT_LOGGED_IN;
	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = make_pair(token, curve, public_spec, private_spec, &pair);
	if (res == TOKEN_OK)
		res = change_begin(token, TOKEN_NOBODY);
	if (res != TOKEN_OK)
		goto out;
	res = change_end(token, insert_pair(token, holder, &pair));
	if (res != TOKEN_OK)
		goto out;
	*public_object = pair.public_object;
	*private_object = pair.private_object;
	pair.public_object = NULL;
	pair.private_object = NULL;
out:
	pair_clear(&pair);
	return res;
}

/* What a key is made from: the row as it is now, and when that was seen. */
struct wanted {
	struct store_row row;
	uint64_t forgotten;
	const struct token_object *object; /* with a reference */
	struct backend_area *area;         /* so is this */
};

/* A suspended card signs nothing, with no private key that it keeps (R-CARD-41, R-SUS-01), nor does one whose PIN is
 * locked (R-CARD-05); holder keys are looked at by who uses them. Token lock held, by who may use keys. */
static enum token_result
check_state(struct token *token)
{
	const enum token_result res = pin_look(token, token->role);

	if (res == TOKEN_OK && token->seen.suspended)
		return TOKEN_ERR_SUSPENDED;
	return res == TOKEN_OK ? pin_opens(token) : res;
}

/* The ready key of this object, or NULL and what is wanted. */
static enum token_result
find_key(struct token *token, uint64_t id, struct wanted *wanted, struct token_key **key)
{
	const struct cached *c = NULL;
	enum token_result res;

	res = token_lock_fresh(token);
	if (res == TOKEN_OK)
		res = pin_follow(token);
	if (res == TOKEN_OK) {
		c = cache_find(token, id);
		res = c != NULL && c->object != NULL ? TOKEN_OK : TOKEN_ERR_NOT_FOUND;
	}
	if (res == TOKEN_OK && !access_object(token, c->object, TOKEN_USE))
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK && c->row.kind == TOKEN_OBJECT_ORDINARY)
		res = check_state(token);
	if (res == TOKEN_OK) {
		*key = ready_find(token, &c->row);
		if (*key == NULL)
			*wanted = (struct wanted){ c->row, token->forgotten, token_object_ref(c->object),
				backend_area_ref(token->area) };
	}
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* A single-use key signs once: it is not kept. What changed while it was loaded is not kept either. */
static void
keep_key(struct token *token, const struct wanted *wanted, struct token_key *key)
{
	const struct cached *c = NULL;

	if (wanted->row.kind == TOKEN_OBJECT_HOLDER_PRIVATE && (wanted->row.flags & STORE_REUSABLE) == 0)
		return;
	if (token_lock_fresh(token) == TOKEN_OK && token->forgotten == wanted->forgotten)
		c = cache_find(token, wanted->row.id);
	if (c != NULL && c->row.generation == wanted->row.generation)
		ready_keep(token, &c->row, key);
	(void)pthread_mutex_unlock(&token->lock);
}

static enum token_result
load_key(struct token *token, const struct wanted *wanted, struct token_key **key)
{
	const struct token_attrs *attrs = wanted->object->attrs;
	const CK_ATTRIBUTE *params = attrs_find(attrs, CKA_EC_PARAMS);
	struct token_value value = { 0 };
	enum token_curve curve = TOKEN_CURVE_NONE;
	enum token_result res;

	if (wanted->row.kind != TOKEN_OBJECT_HOLDER_PRIVATE &&
		attrs_ulong(attrs, CKA_CLASS, CKO_DATA) != CKO_PRIVATE_KEY)
		return TOKEN_ERR_ARG;
	if (params != NULL)
		curve = token_curve_from_params(params->pValue, params->ulValueLen);
	if (curve == TOKEN_CURVE_NONE)
		return TOKEN_ERR_CURVE;
	res = object_read_value(token, wanted->row.id, &value);
	if (res == TOKEN_OK)
		res = token->backend->keys->load(wanted->area, curve, value.ptr, value.len, key);
	token_value_clear(&value);
	return res;
}

enum token_result
token_key_load(struct token *token, const struct token_object *object, struct token_key **key)
{
	struct wanted wanted = { 0 };
	enum token_result res;

	*key = NULL;
	res = find_key(token, object->id, &wanted, key);
	if (res != TOKEN_OK || *key != NULL)
		return res;
	res = load_key(token, &wanted, key);
	if (res == TOKEN_OK)
		keep_key(token, &wanted, *key);
	token_object_unref(wanted.object);
	backend_area_free(wanted.area);
	return res;
}

bool
token_exports_keys(const struct token *token)
{
	return token->backend->keys->exports;
}

enum token_result
token_key_export(struct token *token, const struct token_object *object, struct secret *scalar)
{
	struct token_value value = { 0 };
	enum token_result res;

	if (object->kind != TOKEN_OBJECT_ORDINARY ||
		attrs_ulong(object->attrs, CKA_CLASS, CKO_DATA) != CKO_PRIVATE_KEY || !token_exports_keys(token))
		return TOKEN_ERR_UNSUPPORTED;
	res = token_lock_fresh(token);
	if (res == TOKEN_OK)
		res = token->role == TOKEN_USER || token->role == TOKEN_SO ? check_state(token)
									   : TOKEN_ERR_NOT_LOGGED_IN;
	(void)pthread_mutex_unlock(&token->lock);
	if (res == TOKEN_OK)
		res = object_read_value(token, object->id, &value);
	if (res == TOKEN_OK && !secret_copy(value.ptr, value.len, scalar))
		res = TOKEN_ERR_MEMORY;
	token_value_clear(&value);
	return res;
}

/* A clock that is behind what the area has seen judges no validity (R-VAL-01). */
#define CLOCK_SLACK 300

static bool
is_behind(int64_t latest, int64_t when)
{
	return latest > CLOCK_SLACK && when < latest - CLOCK_SLACK;
}

static enum token_result
check_clock(struct token *token, int64_t when)
{
	struct store_area area = { 0 };
	const enum token_result res = store_area_read(token->store, &area);

	return res == TOKEN_OK && is_behind(area.latest, when) ? TOKEN_ERR_CLOCK_BACK : res;
}

/* Inside a change: everything that a spend depends on is read in its transaction. */
static enum token_result
spend(struct token *token, uint64_t id, int64_t when)
{
	const struct cached *key = cache_find(token, id);
	enum token_result res;

	res = pin_state_usable(token);
	if (res != TOKEN_OK)
		return res;
	if (key == NULL)
		return TOKEN_ERR_SPENT;
	if (key->row.kind != TOKEN_OBJECT_HOLDER_PRIVATE || key->row.state != STORE_BOUND)
		return TOKEN_ERR_ARG;
	if ((key->row.flags & STORE_REUSABLE) != 0)
		return TOKEN_OK;
	res = check_clock(token, when);
	if (res == TOKEN_OK)
		res = change_delete_copy(token, id);
	if (res == TOKEN_OK)
		res = event_copy(token, EVENT_SPENT, id, when); /* the area has seen that time, too */
	return res == TOKEN_OK ? store_tombstone(token->store, id, when) : res;
}

/* A reusable copy stays: nothing is written, and as long as nobody has committed nothing is read. */
static enum token_result
look_at_reusable(struct token *token, uint64_t id, int64_t when, bool *reusable)
{
	const struct cached *key = NULL;
	enum token_result res;

	*reusable = false;
	res = token_lock_fresh(token);
	if (res == TOKEN_OK && token->role == TOKEN_USER)
		key = cache_find(token, id);
	if (key != NULL && key->row.kind == TOKEN_OBJECT_HOLDER_PRIVATE && key->row.state == STORE_BOUND)
		*reusable = (key->row.flags & STORE_REUSABLE) != 0;
	if (*reusable)
		res = pin_follow(token);
	if (*reusable && res == TOKEN_OK)
		res = pin_look(token, TOKEN_USER);
	if (*reusable && res == TOKEN_OK)
		res = pin_seen_usable(&token->seen);
	if (*reusable && res == TOKEN_OK && is_behind(token->seen.latest, when))
		res = TOKEN_ERR_CLOCK_BACK;
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

enum token_result
token_copy_spend(struct token *token, const struct token_object *private_key, int64_t when)
{
	bool reusable = false;
	enum token_result res;

	res = look_at_reusable(token, private_key->id, when, &reusable);
	if (res == TOKEN_OK && !reusable)
		res = change_begin(token, TOKEN_USER);
	if (res != TOKEN_OK || reusable)
		return res;
	/* The device has counted it before anybody signs: an older store never has the copy again. */
	return change_end_counted(token, spend(token, private_key->id, when));
}

enum token_result
token_copy_record(struct token *token, const struct token_object *private_key, const struct token_object **record)
{
	const struct cached *c = NULL;
	enum token_result res;

	res = token_lock_fresh(token);
	if (res != TOKEN_OK)
		goto out;
	res = TOKEN_ERR_NOT_FOUND;
	/* It was made after the key that it is bound to, and most often next to it. */
	c = cache_find(token, private_key->id);
	for (; c != NULL && c < token->rows + token->count; c++) {
		if (c->row.kind != TOKEN_OBJECT_RECORD || c->row.copy != private_key->id || c->object == NULL)
			continue;
		*record = token_object_ref(c->object);
		res = TOKEN_OK;
		break;
	}
out:
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}
