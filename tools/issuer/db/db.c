/* db.c: what both databases have in common. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/issuer/db/db_internal.h"

#define ID "@ID"

bool
db_is_server(const char *where)
{
	return strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
}

bool
db_server(const struct db *db)
{
	return db->driver == &db_driver_server;
}

enum db_result
db_open(const char *where, bool create, struct db **out)
{
	struct db *db = calloc(1, sizeof(*db));

	*out = db;
	if (db == NULL)
		return DB_ERROR;
	return db_is_server(where) ? db_server_open(where, db) : db_sqlite_open(where, create, db);
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_forget_statements(db);
	if (db->driver != NULL)
		db->driver->close(db);
	free(db);
}

const char *
db_reason(const struct db *db)
{
	return db != NULL ? db->reason : strerror(ENOMEM);
}

struct db_statement *
db_statement_place(struct db *db, const char *sql, bool *known)
{
	struct db_statement *place;

	*known = true;
	for (size_t i = 0; i < db->statement_count; i++)
		if (strcmp(db->statements[i].sql, sql) == 0)
			return &db->statements[i];
	*known = false;
	if (db->statement_count == DB_STATEMENTS_MAX) {
		snprintf(db->reason, sizeof(db->reason), "more than %d statements", DB_STATEMENTS_MAX);
		return NULL;
	}
	place = &db->statements[db->statement_count];
	memset(place, 0, sizeof(*place));
	place->sql = strdup(sql);
	if (place->sql == NULL) {
		snprintf(db->reason, sizeof(db->reason), "%s", strerror(ENOMEM));
		return NULL;
	}
	db->statement_count++;
	return place;
}

void
db_forget_statements(struct db *db)
{
	for (size_t i = 0; i < db->statement_count; i++) {
		sqlite3_finalize(db->statements[i].sqlite);
		free(db->statements[i].sql);
	}
	db->statement_count = 0;
}

enum db_result
db_begin(struct db *db, bool write)
{
	return db->driver->begin(db, write);
}

enum db_result
db_commit(struct db *db)
{
	return db->driver->commit(db);
}

void
db_rollback(struct db *db)
{
	db->driver->rollback(db);
}

/* The text with the database's own type for "@ID". free() by the caller. */
static char *
with_types(const char *sql, const char *type)
{
	const char *at = sql;
	size_t n = 0, grown;
	char *out, *to;

	while ((at = strstr(at, ID)) != NULL) {
		n++;
		at += strlen(ID);
	}
	grown = strlen(sql) + n * strlen(type) + 1;
	out = to = malloc(grown);
	if (out == NULL)
		return NULL;
	for (at = strstr(sql, ID); at != NULL; at = strstr(sql, ID)) {
		to += snprintf(to, grown - (size_t)(to - out), "%.*s%s", (int)(at - sql), sql, type);
		sql = at + strlen(ID);
	}
	snprintf(to, grown - (size_t)(to - out), "%s", sql);
	return out;
}

enum db_result
db_script(struct db *db, const char *sql)
{
	char *text = with_types(sql, db->driver->id_type);
	enum db_result res;

	if (text == NULL) {
		snprintf(db->reason, sizeof(db->reason), "%s", strerror(ENOMEM));
		return DB_ERROR;
	}
	res = db->driver->script(db, text);
	free(text);
	return res;
}

enum db_result
db_execute(struct db *db, const char *sql, const struct db_value *values, size_t n, int64_t *changed)
{
	struct db_rows rows = { .db = NULL };
	enum db_result res;
	int64_t count = 0;

	res = db->driver->query(db, sql, values, n, &rows, &count);
	db_end(&rows);
	if (changed != NULL)
		*changed = count;
	return res == DB_NONE ? DB_OK : res;
}

enum db_result
db_query(struct db *db, const char *sql, const struct db_value *values, size_t n, struct db_rows *rows)
{
	enum db_result res;

	*rows = (struct db_rows){ .db = NULL };
	res = db->driver->query(db, sql, values, n, rows, NULL);
	rows->row = res == DB_OK;
	return res;
}

bool
db_has_row(const struct db_rows *rows)
{
	return rows->row;
}

enum db_result
db_next(struct db_rows *rows)
{
	const enum db_result res = rows->db->driver->next(rows);

	rows->row = res == DB_OK;
	return res;
}

void
db_end(struct db_rows *rows)
{
	if (rows->db != NULL)
		rows->db->driver->end(rows);
	*rows = (struct db_rows){ .db = NULL };
}

bool
db_null(const struct db_rows *rows, int column)
{
	return db_text(rows, column) == NULL;
}

int64_t
db_number(const struct db_rows *rows, int column)
{
	const char *text = db_text(rows, column);

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

const char *
db_text(const struct db_rows *rows, int column)
{
	return rows->db->driver->text(rows, column);
}

enum db_result
db_ask(struct db *db, const char *sql, const struct db_value *values, size_t n, int64_t *number)
{
	struct db_rows rows;
	enum db_result res;

	*number = 0;
	res = db_query(db, sql, values, n, &rows);
	if (res == DB_OK)
		*number = db_number(&rows, 0);
	db_end(&rows);
	return res;
}

enum db_result
db_version(struct db *db, int64_t *application, int64_t *version)
{
	return db->driver->version(db, application, version);
}

enum db_result
db_set_version(struct db *db, int64_t application, int64_t version)
{
	return db->driver->set_version(db, application, version);
}
