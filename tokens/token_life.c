/*
 * The life of an area: identity checks, suspension, and its end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <string.h>
#include <time.h>

#include "tokens/pin/policy.h"

enum token_result
life_admits(const struct store_area *area, enum token_role role)
{
	if (area->life == TOKEN_LIFE_BLANK)
		return TOKEN_ERR_BLANK;
	return area->life == TOKEN_LIFE_RETIRED && role != TOKEN_SO ? TOKEN_ERR_RETIRED : TOKEN_OK;
}

/* Text that a log can show: UTF-8 without control characters. */
static bool
is_plain_text(const char *text, size_t len)
{
	const struct secret bytes = { (uint8_t *)(uintptr_t)text, len };

	return len > 0 && len <= TOKEN_CHECK_TEXT_MAX && pin_is_text(bytes);
}

enum token_result
token_record_check(struct token *token, const char *text, size_t len)
{
	struct store_area area = { 0 };
	char detail[TOKEN_CHECK_TEXT_MAX + 1] = "";
	enum token_result res;

	if (text == NULL || !is_plain_text(text, len))
		return TOKEN_ERR_ARG;
	memcpy(detail, text, len);
	res = change_begin(token, TOKEN_NOBODY);
	if (res != TOKEN_OK)
		return res;
	if (!access_allows(token_who(token), TOKEN_ACCESS_AREA, TOKEN_CHECK, token_is_closed(token)))
		return change_end(token, TOKEN_ERR_NOT_LOGGED_IN);
	res = event_add(token, "identity-checked", detail, &token->checked);
	if (res == TOKEN_OK)
		res = store_area_read(token->store, &area);
	area.checked = token->checked;
	if (res == TOKEN_OK)
		res = store_area_write(token->store, &area);
	return change_end(token, res);
}

/* Who may is logged in: the SO, or where may_provisioner the provisioner, whose role is not that of a change. */
static enum token_result
set_suspended(struct token *token, bool suspended, bool may_provisioner)
{
	const bool provisioner = may_provisioner && token_get_role(token) == TOKEN_PROVISIONER;
	struct store_area area = { 0 };
	enum token_result res;

	res = change_begin(token, provisioner ? TOKEN_NOBODY : TOKEN_SO);
	if (res != TOKEN_OK)
		return res;
	if (provisioner && token->provisioner == 0)
		res = TOKEN_ERR_NOT_LOGGED_IN; /* revoked meanwhile */
	if (res == TOKEN_OK)
		res = store_area_read(token->store, &area);
	if (res != TOKEN_OK || (suspended && area.suspended))
		return change_end(token, res);
	area.suspended = suspended;
	if (!suspended)
		area.latest = time(NULL);
	res = store_area_write(token->store, &area);
	if (res == TOKEN_OK)
		res = event_add(token, suspended ? "suspended" : "resumed",
			provisioner ? "by the provisioner" : "by the security officer", NULL);
	return change_end(token, res);
}

enum token_result
token_suspend(struct token *token)
{
	return set_suspended(token, true, true);
}

enum token_result
token_resume(struct token *token)
{
	return set_suspended(token, false, false);
}

/* What is private, a key, or a part of a copy. */
static bool
goes(const struct store_row *row)
{
	return (row->flags & (STORE_PRIVATE | STORE_SEALED)) != 0 || row->kind != TOKEN_OBJECT_ORDINARY;
}

static enum token_result
destroy_all(struct token *token)
{
	enum token_result res = TOKEN_OK;

	for (size_t i = token->count; i-- > 0 && res == TOKEN_OK;)
		if (goes(&token->rows[i].row))
			res = change_delete(token, &token->rows[i]);
	return res;
}

static enum token_result
write_retired(struct token *token, enum token_role by)
{
	struct store_area area = { 0 };
	enum token_result res = store_area_read(token->store, &area);

	if (res != TOKEN_OK)
		return res;
	area.life = TOKEN_LIFE_RETIRED;
	area.checked = 0;
	res = destroy_all(token);
	if (res == TOKEN_OK)
		res = store_end_of_life(token->store);
	if (res == TOKEN_OK)
		res = store_area_write(token->store, &area);
	return res == TOKEN_OK
		? event_add(token, "retired", by == TOKEN_SO ? "by the security officer" : "by the holder", NULL)
		: res;
}

enum token_result
token_retire(struct token *token)
{
	const enum token_role by = token_get_role(token);
	enum token_result res;

	if (by != TOKEN_USER && by != TOKEN_SO)
		return TOKEN_ERR_NOT_LOGGED_IN;
	res = change_begin(token, by);
	if (res != TOKEN_OK)
		return res;
	res = change_end_counted(token, write_retired(token, by));
	if (res != TOKEN_OK)
		return res;
	(void)pthread_mutex_lock(&token->lock);
	token_forget_role(token);
	cache_clear(token);
	(void)pthread_mutex_unlock(&token->lock);
	store_checkpoint(token->store); /* no wrap is left in the log */
	return TOKEN_OK;
}
