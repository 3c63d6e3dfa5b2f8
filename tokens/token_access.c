/*
 * The access table asked for this token and who is logged in, and its preset's closed list.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

struct access_who
token_who(const struct token *token)
{
	return (struct access_who){ token->provisioner != 0 ? TOKEN_PROVISIONER : token->role,
		atomic_load(&token->rights) };
}

/* As those see it who do not have the token's lock. */
static struct access_who
shown(const struct token *token)
{
	return (struct access_who){ atomic_load(&token->shown), atomic_load(&token->rights) };
}

bool
token_is_closed(const struct token *token)
{
	return token->preset->law;
}

static bool
is_front(const struct token *token, const struct token_attrs *attrs, enum token_object_kind kind)
{
	const struct preset_item *item = NULL;

	return preset_admits(token->preset, attrs, kind, true, NULL, 0, &item) == TOKEN_OK && item != NULL &&
		item->front;
}

static enum token_access
object_access(const struct token *token, const struct token_object *object)
{
	return access_of(object->attrs, object->kind, object->private_, object->authenticated,
		is_front(token, object->attrs, object->kind));
}

bool
token_may(struct token *token, enum token_access what, unsigned operations)
{
	return access_allows(shown(token), what, operations, token_is_closed(token));
}

bool
token_may_object(struct token *token, const struct token_object *object, unsigned operations)
{
	return token_may(token, object_access(token, object), operations);
}

bool
token_may_make(struct token *token, const struct token_attrs *attrs, bool holder, bool private_)
{
	const enum token_object_kind kind = holder ? TOKEN_OBJECT_HOLDER_PRIVATE : TOKEN_OBJECT_ORDINARY;

	return token_may(token, access_of(attrs, kind, private_, false, is_front(token, attrs, kind)), TOKEN_CREATE);
}

bool
token_wants_private(const struct token *token, const struct token_attrs *attrs)
{
	const struct preset_item *item = NULL;

	return preset_admits(token->preset, attrs, TOKEN_OBJECT_ORDINARY, true, NULL, 0, &item) == TOKEN_OK &&
		item != NULL && !item->public_;
}

bool
access_object(const struct token *token, const struct token_object *object, unsigned operations)
{
	return access_allows(token_who(token), object_access(token, object), operations, token_is_closed(token));
}

enum token_result
access_make(const struct token *token, const struct token_attrs *attrs, enum token_object_kind kind, bool private_)
{
	const enum token_access what = access_of(attrs, kind, private_, false, is_front(token, attrs, kind));

	return access_allows(token_who(token), what, TOKEN_CREATE, token_is_closed(token)) ? TOKEN_OK
											   : TOKEN_ERR_NOT_LOGGED_IN;
}

enum token_result
access_admit(const struct token *token, const struct token_attrs *attrs, enum token_object_kind kind, bool private_,
	const uint8_t *value, size_t len, uint64_t instead)
{
	const struct preset_item *item = NULL;
	size_t others = 0;
	enum token_result res;

	res = preset_admits(token->preset, attrs, kind, private_, value, len, &item);
	if (res != TOKEN_OK || item == NULL || item->most == 0)
		return res;
	for (size_t i = 0; i < token->count; i++) {
		const struct token_object *object = token->rows[i].object;

		if (object != NULL && object->id != instead && preset_item_is(item, object))
			others++;
	}
	return others < item->most ? TOKEN_OK : TOKEN_ERR_NOT_HERE;
}
