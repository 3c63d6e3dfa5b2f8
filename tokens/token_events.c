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

enum token_result
event_add(struct token *token, const char *what, const char *detail, uint64_t *id)
{
	struct store_event last = { 0 };
	struct store_event next = { .event = { .at = time(NULL) } };
	enum token_result res;

	(void)snprintf(next.event.what, sizeof(next.event.what), "%s", what);
	(void)snprintf(next.event.detail, sizeof(next.event.detail), "%s", detail);
	res = store_event_last(token->store, &last);
	next.event.id = last.event.id + 1;
	if (res == TOKEN_OK)
		res = link_hash(token, last.hash, &next.event, next.hash);
	if (res == TOKEN_OK)
		res = store_event_add(token->store, &next);
	if (res == TOKEN_OK && id != NULL)
		*id = next.event.id;
	return res;
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
	struct store_event *rows = NULL;
	struct token_event *events = NULL;
	uint64_t given = 0;
	enum token_result res;

	*count = 0;
	(void)pthread_mutex_lock(&token->lock);
	res = store_begin(token->store, false);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_events(token->store, &rows, count, &given));
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
	for (size_t i = 0; i < *count; i++)
		events[i] = rows[i].event;
	*out = events;
out:
	free(rows);
	return res;
}
