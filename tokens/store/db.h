/*
 * tokens/store/db.h: SQLite as the store uses it: open modes, files for their owner only,
 * short statements, and its result codes as token results.
 *
 * A handle is not thread safe; the store has a lock around it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_DB_H
#define TOKENS_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/result.h"

/*
 * A locked database is waited for as long as those who have it commit, each within the first
 * time, and not longer than the second.
 */
#define DB_STUCK_MS 5000
#define DB_BUSY_MS 60000

/* One kind of database file: its mark, its version and its tables, and how they come from those of the version before. */
struct db_schema {
	int32_t application_id;
	int version;
	bool wal;                       /* WAL while it is in use; else a rollback journal */
	const char *const *ddl;         /* ends with NULL */
	const struct db_schema *before; /* NULL: this is the first */
	const char *const *upgrade;     /* statements that make this of the one before; ends with NULL */
};

/* A statement that is prepared once. Found again by the address of its text. */
#define DB_KEPT_MAX 20
struct db_kept {
	const char *sql;
	sqlite3_stmt *statement;
	bool taken;
};

struct db {
	sqlite3 *sq;
	bool read_only;
	int anchors[2];     /* see anchor.h; -1: none */
	const void *header; /* see watch.h; NULL: none */
	struct {
		int64_t since, moved; /* ms: when the waiting began, and when somebody last committed */
		uint32_t commits;
	} wait;
	struct db_kept kept[DB_KEPT_MAX];
};

#define DB_NONE ((struct db){ .anchors = { -1, -1 } })

/* A folder for its owner only, whatever the umask says; one that is there is fine. With
 * parents, the missing ones are made too. */
enum token_result db_make_folder(const char *path, bool parents);

/*
 * Make or complete a database: the file (0600), its settings and its tables in one transaction.
 * A complete one is left as it is.
 */
enum token_result db_create(const char *path, const struct db_schema *schema);

/*
 * Open a database. Where file or folder cannot be written it is opened for reading. One of an older version becomes
 * ours, wholly or not at all.
 *
 * TOKEN_ERR_NOT_FOUND  there is no such file, or nothing in it yet
 * TOKEN_ERR_NEWER      its version is above ours; nothing was touched
 * TOKEN_ERR_DAMAGED    not a database, another program's, or with tables that are not ours
 * TOKEN_ERR_READ_ONLY  an older version, and it cannot be written
 */
enum token_result db_open(const char *path, const struct db_schema *schema, struct db *db);

/* What db_open() asks of the version and the tables, again, where ours is the only good one; no transaction may be open. */
enum token_result db_check(struct db *db, const struct db_schema *schema);
void db_close(struct db *db); /* DB_NONE is fine */

/* sq, which may be NULL, says what the system said, for what SQLite calls an I/O error on a full disk. */
enum token_result db_result(sqlite3 *sq, int code);

/* Any number of statements, each to its end, without parameters. */
enum token_result db_exec(struct db *db, const char *sql);

/*
 * Run one statement to its end. It is kept: sql is a literal. format has a letter for each parameter: i int64_t, t text,
 * b blob (const void *, size_t; NULL gives a NULL). *changes may be NULL.
 */
enum token_result db_run(struct db *db, int64_t *changes, const char *sql, const char *format, ...);

/* Prepare a query; parameters as in db_run(). Finish with sqlite3_finalize(). */
enum token_result db_query(struct db *db, sqlite3_stmt **query, const char *sql, const char *format, ...);

/* The same, for what runs often: kept, so sql is a literal. Give back with db_release(), NULL is fine. */
enum token_result db_keep(struct db *db, sqlite3_stmt **query, const char *sql, const char *format, ...);
void db_release(struct db *db, sqlite3_stmt *query);
void db_forget_kept(struct db *db);

/* The next row: TOKEN_OK, or TOKEN_ERR_NOT_FOUND after the last. */
enum token_result db_step(sqlite3_stmt *query);

/* The first column of the first row as a number; kept as by db_keep(). TOKEN_ERR_NOT_FOUND: no row. */
enum token_result db_number(struct db *db, const char *sql, int64_t *number);

#endif
