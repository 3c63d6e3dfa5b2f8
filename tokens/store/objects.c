/*
 * Object rows and tombstones.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/store_priv.h"

#define ROW_COLUMNS "id, generation, kind, flags, copy, state, value_len"
#define COLUMN_ATTRS 7

/* A cursor is the statement itself. */
static sqlite3_stmt *
statement(struct store_cursor *cursor)
{
	return (sqlite3_stmt *)(void *)cursor;
}

enum token_result
store_rows(struct store *store, struct store_cursor **cursor)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	res = db_keep(&store->db, &query, "SELECT " ROW_COLUMNS ", attrs, attrs_tag FROM object ORDER BY id", "");
	*cursor = (struct store_cursor *)(void *)query;
	return res;
}

static bool
row_from_columns(sqlite3_stmt *query, struct store_row *row)
{
	int64_t n[COLUMN_ATTRS];

	for (int i = 0; i < COLUMN_ATTRS; i++) {
		n[i] = sqlite3_column_int64(query, i);
		if (sqlite3_column_type(query, i) != SQLITE_INTEGER || n[i] < 0 || n[i] > INT64_MAX / 2)
			return false;
	}
	if (n[0] == 0 || n[2] > TOKEN_OBJECT_RECORD || n[3] > 0xff || n[5] > STORE_BOUND ||
		n[6] > (int64_t)TOKEN_VALUE_MAX)
		return false;
	*row = (struct store_row){
		.id = (uint64_t)n[0],
		.generation = (uint64_t)n[1],
		.kind = (uint8_t)n[2],
		.flags = (uint8_t)n[3],
		.copy = (uint64_t)n[4],
		.state = (uint8_t)n[5],
		.value_len = (uint64_t)n[6],
	};
	return true;
}

enum token_result
store_rows_next(struct store_cursor *cursor, struct store_row *row)
{
	const enum token_result res = db_step(statement(cursor));

	if (res != TOKEN_OK)
		return res;
	return row_from_columns(statement(cursor), row) ? TOKEN_OK : TOKEN_ERR_DAMAGED;
}

static void
column_blob(struct store_cursor *cursor, int column, struct store_blob *blob)
{
	blob->ptr = sqlite3_column_blob(statement(cursor), column);
	blob->len = (size_t)sqlite3_column_bytes(statement(cursor), column);
}

void
store_rows_attrs(struct store_cursor *cursor, struct store_blob *attrs, struct store_blob *tag)
{
	column_blob(cursor, COLUMN_ATTRS, attrs);
	column_blob(cursor, COLUMN_ATTRS + 1, tag);
}

void
store_rows_end(struct store *store, struct store_cursor *cursor)
{
	db_release(&store->db, statement(cursor));
}

enum token_result
store_row_blobs(struct store *store, uint64_t id, struct store_cursor **cursor, struct store_blob *attrs,
	struct store_blob *value, struct store_blob *value_tag)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	res = db_keep(&store->db, &query, "SELECT attrs, value, value_tag FROM object WHERE id=?", "i", (int64_t)id);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res != TOKEN_OK) {
		db_release(&store->db, query);
		return res;
	}
	*cursor = (struct store_cursor *)(void *)query;
	column_blob(*cursor, 0, attrs);
	column_blob(*cursor, 1, value);
	column_blob(*cursor, 2, value_tag);
	return TOKEN_OK;
}

enum token_result
store_next_id(struct store *store, uint64_t *id)
{
	int64_t last = 0;
	enum token_result res;

	res = db_number(&store->db,
		"SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name='object'), 0),"
		" coalesce((SELECT max(id) FROM object), 0))",
		&last);
	if (res == TOKEN_OK && (last < 0 || last >= INT64_MAX / 2))
		res = TOKEN_ERR_DAMAGED;
	*id = (uint64_t)last + 1;
	return res;
}

enum token_result
store_row_write(struct store *store, const struct store_row *row, struct store_blob attrs, struct store_blob attrs_tag,
	struct store_blob value, struct store_blob value_tag)
{
	return db_run(&store->db, NULL,
		"INSERT OR REPLACE INTO object (" ROW_COLUMNS
		", attrs, attrs_tag, value, value_tag) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
		"iiiiiiibbbb", (int64_t)row->id, (int64_t)row->generation, (int64_t)row->kind, (int64_t)row->flags,
		(int64_t)row->copy, (int64_t)row->state, (int64_t)row->value_len, (const void *)attrs.ptr, attrs.len,
		(const void *)attrs_tag.ptr, attrs_tag.len, (const void *)value.ptr, value.len,
		(const void *)value_tag.ptr, value_tag.len);
}

enum token_result
store_row_delete(struct store *store, uint64_t id)
{
	int64_t changes = 0;
	enum token_result res;

	res = db_run(&store->db, &changes, "DELETE FROM object WHERE id=?", "i", (int64_t)id);
	return res == TOKEN_OK && changes != 1 ? TOKEN_ERR_DAMAGED : res;
}

enum token_result
store_tombstone(struct store *store, uint64_t copy, int64_t when)
{
	return db_run(&store->db, NULL, "INSERT INTO tombstone (copy, spent_at) VALUES (?,?)", "ii", (int64_t)copy,
		when);
}
