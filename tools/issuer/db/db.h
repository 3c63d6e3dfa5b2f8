/*
 * db.h: the register's database: SQLite or PostgreSQL behind one small set of calls.
 *
 * Both take the same SQL with placeholders $1, $2, …, which are bound by type: numbers of 64 bits and text. Statements
 * are prepared once for each connection. One handle belongs to one thread; other threads and processes open their own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_DB_H
#define ISSUER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_BUSY_MS 10000 /* wait for another process's transaction */
#define DB_VALUES_MAX 24 /* placeholders of a statement */

enum db_result {
	DB_OK,
	DB_NONE,      /* no row, or no more */
	DB_DUPLICATE, /* a unique value is there already */
	DB_REFUSED,   /* a constraint or trigger says no: db_reason() */
	DB_BUSY,      /* others held it for longer than DB_BUSY_MS */
	DB_AGAIN,     /* the transaction did not happen, and may be done again from its beginning */
	DB_FOREIGN,   /* a file that is no database */
	DB_ERROR      /* db_reason() */
};

struct db;

/* A value that is bound to a placeholder; borrowed during the call. */
struct db_value {
	char type; /* 'i' a number, 't' text */
	bool null;
	int64_t number;
	const char *text;
};

#define DB_INT(n) \
	{ \
		'i', false, (n), NULL \
	}
#define DB_NO_INT \
	{ \
		'i', true, 0, NULL \
	}
/* 0 is written as NULL */
#define DB_ID(n) \
	{ \
		'i', (n) == 0, (n), NULL \
	}
/* NULL is written as NULL */
#define DB_TEXT(t) \
	{ \
		't', (t) == NULL, 0, (t) \
	}
#define DB_COUNT(values) (sizeof(values) / sizeof((values)[0]))

/* "postgresql://…" and "postgres://…" are PostgreSQL, everything else is a file. */
bool db_is_server(const char *where);

/*
 * Open a database. *db: db_close() on every result (it may hold the reason).
 *
 * where   path of a file that is there, or a connection URI of libpq without a password (DB_REFUSED: PostgreSQL takes
 *         it from ~/.pgpass or the service file, so that it stands in no configuration of ours)
 * create  SQLite: make the file, mode 0600, which must not be there
 */
enum db_result db_open(const char *where, bool create, struct db **db);
void db_close(struct db *db);

/* The database's or the system's reason for the last result that was neither DB_OK nor DB_NONE; never NULL. */
const char *db_reason(const struct db *db);

/* Whether it is PostgreSQL. */
bool db_server(const struct db *db);

/*
 * Begin a transaction. One that writes excludes others that write until it ends, here as there, so that none has
 * to be undone because of another; one that reads sees one moment. A lost connection is made anew.
 */
enum db_result db_begin(struct db *db, bool write);

/* On any result but DB_OK nothing of the transaction is there, unless the connection was lost just then: DB_ERROR. */
enum db_result db_commit(struct db *db);
void db_rollback(struct db *db);

/* Statements without placeholders. "@ID" stands for the type of a number that identifies a row and is given out. */
enum db_result db_script(struct db *db, const char *sql);

/* One statement that gives no rows. changed: rows it changed; NULL: not wanted */
enum db_result db_execute(struct db *db, const char *sql, const struct db_value *values, size_t n, int64_t *changed);

/* Rows of one statement; zeroed before the first use. */
struct db_rows {
	struct db *db;
	void *rows; /* of the database */
	int at, count;
	bool row; /* one is there */
};

/*
 * The first row. DB_NONE: there is none. db_end() on every result.
 * The statement must not be asked again before db_end().
 */
enum db_result db_query(struct db *db, const char *sql, const struct db_value *values, size_t n, struct db_rows *rows);
enum db_result db_next(struct db_rows *rows);
void db_end(struct db_rows *rows);

/* Whether a row is there: the result of the last call, for those who ask later. */
bool db_has_row(const struct db_rows *rows);

/* Columns of the row, from 0. NULL: 0, and NULL, which is borrowed until db_next() or db_end(). */
bool db_null(const struct db_rows *rows, int column);
int64_t db_number(const struct db_rows *rows, int column);
const char *db_text(const struct db_rows *rows, int column);

/* The number in the first column of the first row. DB_NONE: no row. A NULL is 0. */
enum db_result db_ask(struct db *db, const char *sql, const struct db_value *values, size_t n, int64_t *number);

/* Whose data it is, and in which version: PRAGMAs of SQLite, a table of PostgreSQL. 0, 0: an empty database. */
enum db_result db_version(struct db *db, int64_t *application, int64_t *version);
enum db_result db_set_version(struct db *db, int64_t application, int64_t version);

#endif
