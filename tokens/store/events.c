/*
 * The log of an area: rows that are only added.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
take_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	const int written = text != NULL ? snprintf(out, size, "%s", text) : -1;

	return written >= 0 && (size_t)written < size;
}

static bool
take_row(sqlite3_stmt *row, struct store_event *event)
{
	const void *hash = sqlite3_column_blob(row, 4);

	event->event.id = (uint64_t)sqlite3_column_int64(row, 0);
	event->event.at = sqlite3_column_int64(row, 1);
	if (!take_text(row, 2, event->event.what, sizeof(event->event.what)) ||
		!take_text(row, 3, event->event.detail, sizeof(event->event.detail)) || hash == NULL ||
		sqlite3_column_bytes(row, 4) != (int)sizeof(event->hash))
		return false;
	memcpy(event->hash, hash, sizeof(event->hash));
	return true;
}

/* The highest id that was ever given out; 0: none. */
static enum token_result
last_given(struct store *store, uint64_t *id)
{
	int64_t number = 0;
	enum token_result res = db_number(&store->db, "SELECT seq FROM sqlite_sequence WHERE name='event'", &number);

	*id = (uint64_t)number;
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
}

enum token_result
store_event_last(struct store *store, struct store_event *event, uint64_t *given)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*event = (struct store_event){ 0 };
	res = last_given(store, given);
	if (res == TOKEN_OK)
		res = db_query(&store->db, &query,
			"SELECT id, at, what, detail, hash FROM event ORDER BY id DESC LIMIT 1", "");
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK && !take_row(query, event))
		res = TOKEN_ERR_DAMAGED;
	(void)sqlite3_finalize(query);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
}

enum token_result
store_event_add(struct store *store, const struct store_event *event)
{
	const enum token_result res =
		db_run(&store->db, NULL, "INSERT INTO event (id, at, what, detail, hash) VALUES (?,?,?,?,?)", "iittb",
			(int64_t)event->event.id, event->event.at, event->event.what, event->event.detail,
			(const void *)event->hash, sizeof(event->hash));

	return res == TOKEN_OK ? store_latest(store, event->event.at) : res;
}

enum token_result
store_latest(struct store *store, int64_t when)
{
	return db_run(&store->db, NULL, "UPDATE area SET latest=?1 WHERE latest<?1", "i", when);
}

enum token_result
store_events(struct store *store, struct store_event **out, size_t *count, uint64_t *given)
{
	sqlite3_stmt *query = NULL;
	struct store_event *events = NULL;
	size_t room = 0;
	size_t n = 0;
	enum token_result res;

	res = last_given(store, given);
	if (res == TOKEN_OK)
		res = db_query(&store->db, &query, "SELECT id, at, what, detail, hash FROM event ORDER BY id", "");
	while (res == TOKEN_OK && (res = db_step(query)) == TOKEN_OK) {
		if (n == room) {
			struct store_event *grown = NULL;

			room = room == 0 ? 32 : room * 2;
			grown = realloc(events, room * sizeof(*events));
			if (grown == NULL) {
				res = TOKEN_ERR_MEMORY;
				break;
			}
			events = grown;
		}
		if (!take_row(query, &events[n]))
			memset(events[n].hash, 0, sizeof(events[n].hash)); /* no hash of anything */
		n++;
	}
	(void)sqlite3_finalize(query);
	if (res == TOKEN_ERR_NOT_FOUND) {
		*out = events;
		*count = n;
		return TOKEN_OK;
	}
	free(events);
	return res;
}
