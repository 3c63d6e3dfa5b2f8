/*
 * life.c: the vendor calls about the life of a token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/life.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/shell/rv.h"
#include "tokens/life.h"

CK_RV
life_record_check(struct session *session, const CK_UTF8CHAR *text, CK_ULONG len)
{
	CK_RV rv;

	if (text == NULL)
		return CKR_ARGUMENTS_BAD;
	pthread_mutex_lock(&session->slot->login);
	rv = rv_from_token(token_record_check(session->slot->token, (const char *)text, len));
	pthread_mutex_unlock(&session->slot->login);
	return rv;
}

/* One act at a time with logins. */
static CK_RV
act(struct session *session, enum token_result (*what)(struct token *token))
{
	struct slot *slot = session->slot;
	CK_RV rv;

	pthread_mutex_lock(&slot->login);
	rv = rv_from_token(what(slot->token));
	if (rv == CKR_OK && what == token_retire)
		(void)slot_logout(slot);
	pthread_mutex_unlock(&slot->login);
	return rv;
}

CK_RV
life_disable_pin(struct session *session)
{
	return act(session, token_disable_pin);
}

CK_RV
life_suspend(struct session *session)
{
	return act(session, token_suspend);
}

CK_RV
life_resume(struct session *session)
{
	return act(session, token_resume);
}

CK_RV
life_retire(struct session *session)
{
	if (session->batch != NULL)
		token_batch_rollback(session->batch);
	session->batch = NULL;
	return act(session, token_retire);
}

/* Who is not the holder sees his lines counted as none: what is missing would tell how often something was presented. */
static json_t *
list_of(const struct token_event *events, size_t count, uint64_t broken, bool holder)
{
	json_t *list = json_array();
	json_int_t seen = 0, at = 0;

	for (size_t i = 0; list != NULL && i < count; i++) {
		if (broken == i + 1)
			at = seen + 1;
		if (events[i].holders && !holder)
			continue;
		seen++;
		(void)json_array_append_new(list,
			json_pack("{s:I, s:I, s:s, s:s}", "id", seen, "at", (json_int_t)events[i].at, "what",
				events[i].what, "detail", events[i].detail));
	}
	if (broken == 0)
		at = seen;
	else if (broken > count)
		at = seen + 1;
	(void)json_array_append_new(list, json_pack("{s:s, s:I}", "chain", broken == 0 ? "whole" : "broken", "at", at));
	return list;
}

/* Not through the slot's own token: nobody who logs in there is waited for. */
static CK_RV
read_events(struct slot *slot, json_t **list)
{
	struct token *token = NULL;
	struct token_event *events = NULL;
	uint64_t broken = 0;
	size_t count = 0;
	enum token_result res;

	res = token_open(slot->library->env, slot->id, &token);
	if (res == TOKEN_ERR_NOT_FOUND)
		return CKR_TOKEN_NOT_RECOGNIZED;
	if (res == TOKEN_OK)
		res = token_events(token, &events, &count, &broken);
	token_close(token);
	if (res == TOKEN_OK)
		*list = list_of(events, count, broken, slot_role(slot) == TOKEN_USER);
	free(events);
	return rv_from_token(res);
}

CK_RV
life_events(struct slot *slot, CK_UTF8CHAR *json, CK_ULONG *len)
{
	json_t *list = NULL;
	size_t need;
	CK_RV rv;

	if (len == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = read_events(slot, &list);
	if (rv != CKR_OK)
		return rv;
	need = json_dumpb(list, NULL, 0, JSON_COMPACT);
	if (need == 0)
		rv = CKR_HOST_MEMORY;
	else if (json != NULL && *len < need)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (json != NULL)
		(void)json_dumpb(list, (char *)json, need, JSON_COMPACT);
	*len = need;
	json_decref(list);
	return rv;
}
