/*
 * Rows of named users; the provisioner is one of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/store_priv.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS "id, name, rights, state, tries_left, tries_max, generation"

static bool
read_row(sqlite3_stmt *row, struct store_named *named)
{
	const char *name = (const char *)sqlite3_column_text(row, 1);
	const int64_t id = sqlite3_column_int64(row, 0);
	const int64_t rights = sqlite3_column_int64(row, 2);
	const int64_t state = sqlite3_column_int64(row, 3);
	const int64_t left = sqlite3_column_int64(row, 4);
	const int64_t max = sqlite3_column_int64(row, 5);
	const int64_t generation = sqlite3_column_int64(row, 6);

	if (name == NULL || strlen(name) >= sizeof(named->name) || id < 1 || rights < 0 || rights > UINT16_MAX ||
		max < 1 || max > PIN_TRIES_MAX || left < 0 || left > max || generation < 0 ||
		(state != TOKEN_PIN_OPERATIONAL && state != TOKEN_PIN_LOCKED))
		return false;
	memcpy(named->name, name, strlen(name) + 1);
	named->id = (uint64_t)id;
	named->rights = (unsigned)rights;
	named->state = (enum token_pin_state)state;
	named->tries_left = (unsigned)left;
	named->tries_max = (unsigned)max;
	named->generation = (uint64_t)generation;
	return true;
}

static enum token_result
take_wrap(sqlite3_stmt *row, int column, struct store_named *named)
{
	const size_t len = (size_t)sqlite3_column_bytes(row, column);

	if (len == 0)
		return TOKEN_OK;
	named->wrap = malloc(len);
	if (named->wrap == NULL)
		return TOKEN_ERR_MEMORY;
	memcpy(named->wrap, sqlite3_column_blob(row, column), len);
	named->wrap_len = len;
	return TOKEN_OK;
}

enum token_result
store_named_read(struct store *store, const char *name, struct store_named *named)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*named = (struct store_named){ .state = TOKEN_PIN_NONE };
	res = db_query(&store->db, &query, "SELECT " COLUMNS ", wrap FROM named WHERE name=?", "t", name);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK && !read_row(query, named))
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK)
		res = take_wrap(query, 7, named);
	(void)sqlite3_finalize(query);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
}

enum token_result
store_named_list(struct store *store, struct store_named **list, size_t *count)
{
	sqlite3_stmt *query = NULL;
	struct store_named *rows = NULL;
	size_t n = 0;
	enum token_result res;

	res = db_query(&store->db, &query, "SELECT " COLUMNS " FROM named WHERE name<>? ORDER BY id", "t",
		STORE_PROVISIONER);
	while (res == TOKEN_OK && (res = db_step(query)) == TOKEN_OK) {
		struct store_named *more = realloc(rows, (n + 1) * sizeof(*rows));

		if (more == NULL) {
			res = TOKEN_ERR_MEMORY;
			break;
		}
		rows = more;
		rows[n] = (struct store_named){ .wrap = NULL };
		if (!read_row(query, &rows[n++]))
			res = TOKEN_ERR_DAMAGED;
	}
	(void)sqlite3_finalize(query);
	if (res != TOKEN_ERR_NOT_FOUND) {
		free(rows);
		return res;
	}
	*list = rows;
	*count = n;
	return TOKEN_OK;
}

enum token_result
store_named_replace(struct store *store, struct store_named *named)
{
	enum token_result res = store_named_delete(store, named->name);

	if (res != TOKEN_OK && res != TOKEN_ERR_NOT_FOUND)
		return res;
	res = db_run(&store->db, NULL,
		"INSERT INTO named (name, rights, state, tries_left, tries_max, generation, wrap) VALUES "
		"(?,?,?,?,?,?,?)",
		"tiiiiib", named->name, (int64_t)named->rights, (int64_t)named->state, (int64_t)named->tries_left,
		(int64_t)named->tries_max, (int64_t)named->generation, (const void *)named->wrap, named->wrap_len);
	named->id = (uint64_t)sqlite3_last_insert_rowid(store->db.sq);
	return res;
}

enum token_result
store_named_write(struct store *store, const struct store_named *named)
{
	int64_t changes = 0;
	const enum token_result res = db_run(&store->db, &changes,
		"UPDATE named SET state=?, tries_left=?, wrap=? WHERE id=?", "iibi", (int64_t)named->state,
		(int64_t)named->tries_left, (const void *)named->wrap, named->wrap_len, (int64_t)named->id);

	return res == TOKEN_OK && changes != 1 ? TOKEN_ERR_NOT_FOUND : res;
}

enum token_result
store_named_delete(struct store *store, const char *name)
{
	int64_t changes = 0;
	const enum token_result res = db_run(&store->db, &changes, "DELETE FROM named WHERE name=?", "t", name);

	return res == TOKEN_OK && changes == 0 ? TOKEN_ERR_NOT_FOUND : res;
}

void
store_named_clear(struct store_named *named)
{
	free(named->wrap);
	named->wrap = NULL;
	named->wrap_len = 0;
}
