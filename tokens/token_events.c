/*
 * The log of an area. Each line hashes the one before, so that one that was changed, taken out or put in shows.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_LEN (TOKEN_EVENT_WHAT_MAX + TOKEN_CHECK_TEXT_MAX)

static uint8_t *
put_number(uint8_t *out, uint64_t number)
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(number >> (56 - 8 * i));
	return out + 8;
}

static uint8_t *
put_text(uint8_t *out, const char *text)
{
	const size_t len = strlen(text);

	out = put_number(out, len);
	memcpy(out, text, len);
	return out + len;
}

/* serial || hash before || id || time || length and text of both */
static enum token_result
link_hash(const struct token *token, const uint8_t before[32], const struct token_event *event, uint8_t hash[32])
{
	uint8_t bytes[TOKEN_SERIAL_LEN + 32 + 4 * 8 + TEXT_LEN];
	uint8_t *out = bytes;

	memcpy(out, token->serial, TOKEN_SERIAL_LEN);
	memcpy(out + TOKEN_SERIAL_LEN, before, 32);
	out = put_number(out + TOKEN_SERIAL_LEN + 32, event->id);
	out = put_number(out, (uint64_t)event->at);
	out = put_text(out, event->what);
	out = put_text(out, event->detail);
	return seal_sha256(token->env->seal, bytes, (size_t)(out - bytes), hash);
}

/* A line of that time, which the area has then seen. */
static enum token_result
add(struct token *token, int64_t when, const char *what, const char *detail, uint64_t *id)
{
	struct store_event last = { 0 };
	struct store_event next = { .event = { .at = when } };
	uint64_t given = 0;
	enum token_result res;

	(void)snprintf(next.event.what, sizeof(next.event.what), "%s", what);
	(void)snprintf(next.event.detail, sizeof(next.event.detail), "%s", detail);
	res = store_event_last(token->store, &last, &given);
	/* not the number of a line that was taken away, whose place would then look filled */
	next.event.id = (given > last.event.id ? given : last.event.id) + 1;
	if (res == TOKEN_OK)
		res = link_hash(token, last.hash, &next.event, next.hash);
	if (res == TOKEN_OK)
		res = store_event_add(token->store, &next);
	if (res == TOKEN_OK && id != NULL)
		*id = next.event.id;
	return res;
}

enum token_result
event_add(struct token *token, const char *what, const char *detail, uint64_t *id)
{
	return add(token, time(NULL), what, detail, id);
}

/* ---- What is written into an area, and what leaves it (R-CARD-37) ---- */

/* A system's name is what the security officer has made it: nothing that a log could not show. */
static const char *
shown_name(const char *name)
{
	for (const char *at = name; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			return "a named user";
	return name;
}

static const char *
who(const struct token *token)
{
	const enum token_role role = token_who(token).role;

	switch (role) {
	case TOKEN_USER:
		return "the holder";
	case TOKEN_SO:
		return "the security officer";
	case TOKEN_PROVISIONER:
		return "the provisioner";
	case TOKEN_NAMED:
		return shown_name(token->named.name);
	case TOKEN_NOBODY:
		break;
	}
	return "nobody who has logged in";
}

enum token_result
event_count(struct token *token, const char *what, size_t count, const char *one, const char *more)
{
	char detail[64] = "";

	(void)snprintf(detail, sizeof(detail), "%zu %s", count, count == 1 ? one : more);
	return event_add(token, what, detail, NULL);
}

enum token_result
event_imported(struct token *token, size_t copies)
{
	return event_count(token, EVENT_IMPORTED, copies, "copy", "copies");
}

enum token_result
event_copy(struct token *token, const char *what, uint64_t copy, int64_t when)
{
	char detail[64] = "";

	(void)snprintf(detail, sizeof(detail), "copy %llu", (unsigned long long)copy);
	return add(token, when, what, detail, NULL);
}

enum token_result
event_name(struct token *token, const char *what, const char *name)
{
	return event_add(token, what, shown_name(name), NULL);
}

/* Not its label, which is sealed in the row. */
static const char *
class_word(CK_OBJECT_CLASS object_class)
{
	switch (object_class) {
	case CKO_CERTIFICATE:
		return "certificate";
	case CKO_PRIVATE_KEY:
	case CKO_PUBLIC_KEY:
		return "key";
	default:
		return "data";
	}
}

enum token_result
event_item(struct token *token, const struct token_attrs *attrs, const char *done)
{
	char detail[TOKEN_CHECK_TEXT_MAX + 1] = "";

	if (!token->preset->card)
		return TOKEN_OK;
	(void)snprintf(detail, sizeof(detail), "%s %s by %s", class_word(attrs_ulong(attrs, CKA_CLASS, CKO_DATA)), done,
		who(token));
	return event_add(token, "personalised", detail, NULL);
}

static bool
is_holders(const char *what)
{
	static const char *const kinds[] = { EVENT_IMPORTED, EVENT_SPENT, EVENT_DESTROYED, EVENT_OPENED };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(what, kinds[i]) == 0)
			return true;
	return false;
}

/* The id of the first line that is not as it was written; 0: none. */
static enum token_result
find_break(const struct token *token, const struct store_event *events, size_t count, uint64_t given, uint64_t *broken)
{
	static const uint8_t nothing[32];
	uint8_t hash[32];
	enum token_result res;

	for (size_t i = 0; i < count; i++) {
		res = link_hash(token, i > 0 ? events[i - 1].hash : nothing, &events[i].event, hash);
		if (res != TOKEN_OK)
			return res;
		if (events[i].event.id != i + 1 || !seal_equal(hash, events[i].hash, sizeof(hash))) {
			*broken = i + 1;
			return TOKEN_OK;
		}
	}
	*broken = given != count ? count + 1 : 0;
	return TOKEN_OK;
}

enum token_result
token_events(struct token *token, struct token_event **out, size_t *count, uint64_t *broken)
{
	struct store_area area = { 0 };
	struct store_event *rows = NULL;
	struct token_event *events = NULL;
	uint64_t given = 0;
	enum token_result res;

	*count = 0;
	(void)pthread_mutex_lock(&token->lock);
	res = store_begin(token->store, false);
	if (res == TOKEN_OK) {
		res = store_area_read(token->store, &area); /* or it has been erased */
		if (res == TOKEN_OK)
			res = store_events(token->store, &rows, count, &given);
		res = store_end(token->store, res);
	}
	(void)pthread_mutex_unlock(&token->lock);
	if (res == TOKEN_OK)
		res = find_break(token, rows, *count, given, broken);
	if (res != TOKEN_OK)
		goto out;
	events = calloc(*count + 1, sizeof(*events));
	if (events == NULL) {
		res = TOKEN_ERR_MEMORY;
		goto out;
	}
	for (size_t i = 0; i < *count; i++) {
		events[i] = rows[i].event;
		events[i].holders = is_holders(events[i].what);
	}
	*out = events;
out:
	free(rows);
	return res;
}
