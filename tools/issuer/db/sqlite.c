/* sqlite.c: the register's database in a file: WAL, synchronous FULL. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/issuer/db/db_internal.h"

/* SQLite's result as ours; keeps the reason before another call changes it. */
static enum db_result
failure(struct db *db, int code)
{
	const int extended = db->sqlite == NULL ? code : sqlite3_extended_errcode(db->sqlite);

	if (db->sqlite != NULL && extended != SQLITE_OK)
		snprintf(db->reason, sizeof(db->reason), "%s", sqlite3_errmsg(db->sqlite));
	else
		snprintf(db->reason, sizeof(db->reason), "%s", sqlite3_errstr(code));
	switch (code & 0xFF) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DB_BUSY;
	case SQLITE_NOTADB:
		return DB_FOREIGN;
	case SQLITE_CONSTRAINT:
		return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ? DB_DUPLICATE
													: DB_REFUSED;
	default:
		return DB_ERROR;
	}
}

static enum db_result
script(struct db *db, const char *sql)
{
	const int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? DB_OK : failure(db, code);
}

static enum db_result
begin(struct db *db, bool write)
{
	return script(db, write ? "BEGIN IMMEDIATE" : "BEGIN");
}

static void
rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sqlite))
		(void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static enum db_result
commit(struct db *db)
{
	const enum db_result res = script(db, "COMMIT");

	if (res != DB_OK)
		rollback(db);
	return res;
}

static int
bind(sqlite3_stmt *statement, const struct db_value *values, size_t n)
{
	int code = SQLITE_OK, place;
	char name[24];

	sqlite3_clear_bindings(statement);
	for (size_t i = 0; i < n && code == SQLITE_OK; i++) {
		snprintf(name, sizeof(name), "$%zu", i + 1);
		place = sqlite3_bind_parameter_index(statement, name);
		if (place == 0)
			code = SQLITE_RANGE;
		else if (values[i].null)
			code = sqlite3_bind_null(statement, place);
		else if (values[i].type == 'i')
			code = sqlite3_bind_int64(statement, place, values[i].number);
		else
			code = sqlite3_bind_text(statement, place, values[i].text, -1, SQLITE_STATIC);
	}
	return code;
}

static enum db_result
step(struct db *db, sqlite3_stmt *statement)
{
	const int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return DB_OK;
	return code == SQLITE_DONE ? DB_NONE : failure(db, code);
}

static enum db_result
query(struct db *db, const char *sql, const struct db_value *values, size_t n, struct db_rows *rows, int64_t *changed)
{
	struct db_statement *place;
	enum db_result res;
	bool known;
	int code;

	place = db_statement_place(db, sql, &known);
	if (place == NULL)
		return DB_ERROR;
	if (place->sqlite == NULL) {
		code = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &place->sqlite, NULL);
		if (code != SQLITE_OK)
			return failure(db, code);
	}
	rows->db = db;
	rows->rows = place->sqlite;
	code = bind(place->sqlite, values, n);
	if (code != SQLITE_OK)
		return failure(db, code);
	res = step(db, place->sqlite);
	if (changed != NULL)
		*changed = sqlite3_changes(db->sqlite);
	return res;
}

static enum db_result
next(struct db_rows *rows)
{
	return step(rows->db, rows->rows);
}

static void
end(struct db_rows *rows)
{
	sqlite3_reset(rows->rows);
	sqlite3_clear_bindings(rows->rows);
}

static const char *
text(const struct db_rows *rows, int column)
{
	return (const char *)sqlite3_column_text(rows->rows, column);
}

static void
close_file(struct db *db)
{
	sqlite3_close_v2(db->sqlite);
}

static enum db_result
pragma(struct db *db, const char *name, int64_t *value)
{
	sqlite3_stmt *statement = NULL;
	enum db_result res = DB_OK;
	char sql[48];
	int code;

	snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	code = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*value = sqlite3_column_int64(statement, 0);
	else
		res = failure(db, code);
	sqlite3_finalize(statement);
	return res;
}

static enum db_result
version_of(struct db *db, int64_t *application, int64_t *version)
{
	const enum db_result res = pragma(db, "application_id", application);

	return res == DB_OK ? pragma(db, "user_version", version) : res;
}

static enum db_result
set_version(struct db *db, int64_t application, int64_t version)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", (int)application,
		(int)version);
	return script(db, sql);
}

const struct db_driver db_driver_sqlite = {
	.close = close_file,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.script = script,
	.query = query,
	.next = next,
	.end = end,
	.text = text,
	.version = version_of,
	.set_version = set_version,
	.id_type = "INTEGER PRIMARY KEY",
};

enum db_result
db_sqlite_open(const char *path, bool create, struct db *db)
{
	enum db_result res;
	int code, fd;

	db->driver = &db_driver_sqlite;
	if (create) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0) {
			snprintf(db->reason, sizeof(db->reason), "%s", strerror(errno));
			return DB_ERROR;
		}
		close(fd);
	}
	code = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
	if (code != SQLITE_OK)
		return failure(db, code);
	sqlite3_busy_timeout(db->sqlite, DB_BUSY_MS);
	res = script(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
	if (res == DB_OK && create)
		res = script(db, "PRAGMA journal_mode = WAL");
	return res;
}
