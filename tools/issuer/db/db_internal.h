/*
 * db_internal.h: what the two databases give to db.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_DB_INTERNAL_H
#define ISSUER_DB_INTERNAL_H

#include <libpq-fe.h>
#include <sqlite3.h>
#include "tools/issuer/db/db.h"

#define DB_STATEMENTS_MAX 128

/* A statement that was prepared; sql is ours. */
struct db_statement {
	char *sql;
	sqlite3_stmt *sqlite;
	char types[DB_VALUES_MAX + 1]; /* PostgreSQL's: of the values it was prepared for */
};

struct db_driver {
	void (*close)(struct db *db);
	enum db_result (*begin)(struct db *db, bool write);
	enum db_result (*commit)(struct db *db);
	void (*rollback)(struct db *db);
	enum db_result (*script)(struct db *db, const char *sql);
	enum db_result (*query)(struct db *db, const char *sql, const struct db_value *values, size_t n,
		struct db_rows *rows, int64_t *changed);
	enum db_result (*next)(struct db_rows *rows);
	void (*end)(struct db_rows *rows);
	const char *(*text)(const struct db_rows *rows, int column);
	enum db_result (*version)(struct db *db, int64_t *application, int64_t *version);
	enum db_result (*set_version)(struct db *db, int64_t application, int64_t version);
	const char *id_type; /* for "@ID" */
};

struct db {
	const struct db_driver *driver;
	sqlite3 *sqlite;
	PGconn *server;
	bool lost; /* the connection was lost inside this transaction */
	struct db_statement statements[DB_STATEMENTS_MAX];
	size_t statement_count;
	char reason[300];
};

extern const struct db_driver db_driver_sqlite, db_driver_server;

/* The place of a statement, made when it is new. *known: it was prepared. NULL: memory, or too many statements. */
struct db_statement *db_statement_place(struct db *db, const char *sql, bool *known);
void db_forget_statements(struct db *db);

enum db_result db_sqlite_open(const char *path, bool create, struct db *db);
enum db_result db_server_open(const char *uri, struct db *db);

#endif
