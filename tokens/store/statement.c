/*
 * Statements: preparing, keeping and running them, and SQLite's result codes as token results.
 *
 * What runs with every search, signature or commit is prepared once for each handle and kept.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/db.h"

#include <errno.h>
#include <stdarg.h>

static const struct {
	int code;
	enum token_result res;
} results[] = {
	{ SQLITE_OK, TOKEN_OK },
	{ SQLITE_ROW, TOKEN_OK },
	{ SQLITE_DONE, TOKEN_OK },
	{ SQLITE_FULL, TOKEN_ERR_FULL },
	{ SQLITE_BUSY, TOKEN_ERR_BUSY },
	{ SQLITE_LOCKED, TOKEN_ERR_BUSY },
	{ SQLITE_PROTOCOL, TOKEN_ERR_BUSY },
	{ SQLITE_READONLY, TOKEN_ERR_READ_ONLY },
	{ SQLITE_NOMEM, TOKEN_ERR_MEMORY },
	{ SQLITE_TOOBIG, TOKEN_ERR_TOO_LARGE },
	/* Our statements fit our tables; what does not fit came from outside. */
	{ SQLITE_CORRUPT, TOKEN_ERR_DAMAGED },
	{ SQLITE_NOTADB, TOKEN_ERR_DAMAGED },
	{ SQLITE_ERROR, TOKEN_ERR_DAMAGED },
	{ SQLITE_SCHEMA, TOKEN_ERR_DAMAGED },
	{ SQLITE_MISMATCH, TOKEN_ERR_DAMAGED },
	{ SQLITE_CONSTRAINT, TOKEN_ERR_DAMAGED },
};

/* sq says what the system said, for what SQLite calls an I/O error on a full disk. */
enum token_result
db_result(sqlite3 *sq, int code)
{
	const int error = sq != NULL ? sqlite3_system_errno(sq) : 0;

	if (((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN) && (error == ENOSPC || error == EDQUOT))
		return TOKEN_ERR_FULL;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (results[i].code == (code & 0xff))
			return results[i].res;
	}
	return TOKEN_ERR_IO;
}

enum token_result
db_exec(struct db *db, const char *sql)
{
	return db_result(db->sq, sqlite3_exec(db->sq, sql, NULL, NULL, NULL));
}

static int
bind_all(sqlite3_stmt *query, const char *format, va_list args)
{
	int rc = SQLITE_OK;

	for (int i = 1; *format != '\0' && rc == SQLITE_OK; format++, i++) {
		if (*format == 'i') {
			rc = sqlite3_bind_int64(query, i, va_arg(args, int64_t));
		} else if (*format == 't') {
			rc = sqlite3_bind_text(query, i, va_arg(args, const char *), -1, SQLITE_STATIC);
		} else {
			const void *bytes = va_arg(args, const void *);
			const size_t len = va_arg(args, size_t);

			rc = sqlite3_bind_blob64(query, i, bytes, len, SQLITE_STATIC);
		}
	}
	return rc;
}

static enum token_result
prepare(struct db *db, sqlite3_stmt **query, const char *sql, unsigned flags, const char *format, va_list args)
{
	int rc = SQLITE_OK;

	if (*query == NULL)
		rc = sqlite3_prepare_v3(db->sq, sql, -1, flags, query, NULL);
	if (rc == SQLITE_OK)
		rc = bind_all(*query, format, args);
	return db_result(db->sq, rc);
}

enum token_result
db_query(struct db *db, sqlite3_stmt **query, const char *sql, const char *format, ...)
{
	enum token_result res;
	va_list args;

	*query = NULL;
	va_start(args, format);
	res = prepare(db, query, sql, 0, format, args);
	va_end(args);
	if (res == TOKEN_OK)
		return TOKEN_OK;
	(void)sqlite3_finalize(*query);
	*query = NULL;
	return res;
}

/* The place of a text; where there is none left, statements are prepared anew each time. */
static struct db_kept *
kept_place(struct db *db, const char *sql)
{
	struct db_kept *place = NULL;

	for (size_t i = 0; i < DB_KEPT_MAX && place == NULL; i++) {
		if (db->kept[i].sql == sql || db->kept[i].sql == NULL)
			place = &db->kept[i];
	}
	return place;
}

static enum token_result
keep(struct db *db, sqlite3_stmt **query, const char *sql, const char *format, va_list args)
{
	struct db_kept *place = kept_place(db, sql);
	sqlite3_stmt *statement = NULL;
	enum token_result res;

	*query = NULL;
	if (place != NULL && !place->taken)
		statement = place->statement;
	res = prepare(db, &statement, sql, SQLITE_PREPARE_PERSISTENT, format, args);
	if (place != NULL && !place->taken && statement != NULL)
		*place = (struct db_kept){ .sql = sql, .statement = statement, .taken = true };
	if (res == TOKEN_OK)
		*query = statement;
	else
		db_release(db, statement);
	return res;
}

enum token_result
db_keep(struct db *db, sqlite3_stmt **query, const char *sql, const char *format, ...)
{
	enum token_result res;
	va_list args;

	va_start(args, format);
	res = keep(db, query, sql, format, args);
	va_end(args);
	return res;
}

void
db_release(struct db *db, sqlite3_stmt *query)
{
	if (query == NULL)
		return;
	for (size_t i = 0; i < DB_KEPT_MAX; i++) {
		if (db->kept[i].statement != query)
			continue;
		(void)sqlite3_reset(query);
		(void)sqlite3_clear_bindings(query);
		db->kept[i].taken = false;
		return;
	}
	(void)sqlite3_finalize(query);
}

void
db_forget_kept(struct db *db)
{
	for (size_t i = 0; i < DB_KEPT_MAX; i++) {
		(void)sqlite3_finalize(db->kept[i].statement);
		db->kept[i] = (struct db_kept){ 0 };
	}
}

enum token_result
db_step(sqlite3_stmt *query)
{
	const int rc = sqlite3_step(query);

	return rc == SQLITE_DONE ? TOKEN_ERR_NOT_FOUND : db_result(sqlite3_db_handle(query), rc);
}

enum token_result
db_run(struct db *db, int64_t *changes, const char *sql, const char *format, ...)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;
	va_list args;

	va_start(args, format);
	res = keep(db, &query, sql, format, args);
	va_end(args);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_ERR_NOT_FOUND)
		res = TOKEN_OK;
	if (res == TOKEN_OK && changes != NULL)
		*changes = sqlite3_changes(db->sq);
	db_release(db, query);
	return res;
}

enum token_result
db_number(struct db *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	res = db_keep(db, &query, sql, "");
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK)
		*number = sqlite3_column_int64(query, 0);
	db_release(db, query);
	return res;
}
