/*
 * server.c: the register's database in PostgreSQL, by libpq.
 *
 * Whoever writes holds one advisory lock until the end of the transaction, as SQLite's writers do: the log is one
 * chain, so that writers would undo each other otherwise. Readers wait for nobody.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/issuer/db/db_internal.h"

#define OID_INT8 20
#define OID_TEXT 25
#define WRITER "SELECT pg_advisory_xact_lock(1835298659)" /* "mdoc" */
#define SESSION \
	"SET synchronous_commit = on; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on;" \
	"SET client_min_messages = warning; SET lock_timeout = 10000; SET idle_in_transaction_session_timeout = " \
	"60000;"
#define CREATE "CREATE TABLE register_version (application BIGINT NOT NULL, version BIGINT NOT NULL)"

static void
keep_reason(struct db *db, const char *text)
{
	size_t len = strcspn(text, "\n");

	if (len >= sizeof(db->reason))
		len = sizeof(db->reason) - 1;
	memcpy(db->reason, text, len);
	db->reason[len] = '\0';
}

/* SQLSTATE as ours. */
static enum db_result
failure(struct db *db, const PGresult *result)
{
	static const struct {
		const char *state;
		enum db_result res;
	} states[] = {
		{ "23505", DB_DUPLICATE }, { "23", DB_REFUSED }, /* integrity constraints */
		{ "P0001", DB_REFUSED },                         /* raised by a trigger */
		{ "40", DB_AGAIN },                              /* serialisation failure, deadlock */
		{ "55P03", DB_BUSY },                            /* lock_timeout */
		{ "57P0", DB_AGAIN },                            /* the server is shutting down, or starts */
		{ "08", DB_AGAIN },                              /* connection */
	};
	const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	keep_reason(db, primary != NULL ? primary : PQerrorMessage(db->server));
	if (PQstatus(db->server) != CONNECTION_OK) {
		db->lost = true;
		return DB_AGAIN;
	}
	for (size_t i = 0; state != NULL && i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
			return states[i].res;
	return DB_ERROR;
}

static enum db_result
script(struct db *db, const char *sql)
{
	PGresult *result = PQexec(db->server, sql);
	const ExecStatusType status = PQresultStatus(result);
	enum db_result res = DB_OK;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		res = failure(db, result);
	PQclear(result);
	return res;
}

/* Notices of the server are for its log. */
static void
silent(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static enum db_result
connected(struct db *db)
{
	db->lost = false;
	db_forget_statements(db);
	if (PQstatus(db->server) != CONNECTION_OK) {
		keep_reason(db, PQerrorMessage(db->server));
		return DB_ERROR;
	}
	PQsetNoticeProcessor(db->server, silent, NULL);
	return script(db, SESSION);
}

static enum db_result
begin(struct db *db, bool write)
{
	enum db_result res = DB_OK;

	if (db->lost || PQstatus(db->server) != CONNECTION_OK) {
		PQreset(db->server);
		res = connected(db);
	}
	if (res == DB_OK)
		res = script(db,
			write ? "BEGIN ISOLATION LEVEL READ COMMITTED"
			      : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	if (res == DB_OK && write)
		res = script(db, WRITER);
	return res;
}

static void
rollback(struct db *db)
{
	if (!db->lost && PQtransactionStatus(db->server) != PQTRANS_IDLE)
		PQclear(PQexec(db->server, "ROLLBACK"));
}

/* COMMIT of a transaction that failed before is answered as a ROLLBACK, which is no success. */
static enum db_result
commit(struct db *db)
{
	PGresult *result = PQexec(db->server, "COMMIT");
	enum db_result res = DB_OK;

	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		res = failure(db, result);
		if (db->lost)
			res = DB_ERROR; /* it may have been committed: not to be done twice */
	} else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
		keep_reason(db, "the transaction was rolled back");
		res = DB_ERROR;
	}
	PQclear(result);
	if (res != DB_OK)
		rollback(db);
	return res;
}

static enum db_result
prepare(struct db *db, const char *name, const char *sql, const struct db_value *values, size_t n)
{
	Oid types[DB_VALUES_MAX];
	enum db_result res = DB_OK;
	PGresult *result;

	for (size_t i = 0; i < n; i++)
		types[i] = values[i].type == 'i' ? OID_INT8 : OID_TEXT;
	result = PQprepare(db->server, name, sql, (int)n, types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		res = failure(db, result);
	PQclear(result);
	return res;
}

static enum db_result
run(struct db *db, const char *name, const struct db_value *values, size_t n, PGresult **result)
{
	const char *texts[DB_VALUES_MAX];
	char numbers[DB_VALUES_MAX][24];
	ExecStatusType status;

	for (size_t i = 0; i < n; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)values[i].number);
		texts[i] = values[i].null ? NULL : values[i].type == 'i' ? numbers[i] : values[i].text;
	}
	*result = PQexecPrepared(db->server, name, (int)n, texts, NULL, NULL, 0);
	status = PQresultStatus(*result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? DB_OK : failure(db, *result);
}

static enum db_result
query(struct db *db, const char *sql, const struct db_value *values, size_t n, struct db_rows *rows, int64_t *changed)
{
	struct db_statement *place;
	PGresult *result = NULL;
	enum db_result res = DB_OK;
	char name[16];
	bool known;

	if (n > DB_VALUES_MAX)
		return DB_ERROR;
	place = db_statement_place(db, sql, &known);
	if (place == NULL)
		return DB_ERROR;
	snprintf(name, sizeof(name), "s%zu", (size_t)(place - db->statements));
	if (place->types[0] == '\0') {
		res = prepare(db, name, sql, values, n);
		if (res == DB_OK)
			place->types[0] = 'p';
	}
	if (res == DB_OK)
		res = run(db, name, values, n, &result);
	rows->db = db;
	rows->rows = result;
	rows->at = 0;
	rows->count = result == NULL ? 0 : PQntuples(result);
	if (changed != NULL)
		*changed = result == NULL ? 0 : strtoll(PQcmdTuples(result), NULL, 10);
	if (res == DB_OK && rows->count == 0)
		res = DB_NONE;
	return res;
}

static enum db_result
next(struct db_rows *rows)
{
	return ++rows->at < rows->count ? DB_OK : DB_NONE;
}

static void
end(struct db_rows *rows)
{
	PQclear(rows->rows);
}

static const char *
text(const struct db_rows *rows, int column)
{
	return PQgetisnull(rows->rows, rows->at, column) ? NULL : PQgetvalue(rows->rows, rows->at, column);
}

static void
close_connection(struct db *db)
{
	PQfinish(db->server);
}

/* No password in a configuration file of ours, nor in a process's arguments. */
static enum db_result
check_uri(struct db *db, const char *uri)
{
	enum db_result res = DB_OK;
	PQconninfoOption *options;
	char *error = NULL;

	options = PQconninfoParse(uri, &error);
	if (options == NULL) {
		keep_reason(db, error != NULL ? error : "the URI cannot be read");
		res = DB_ERROR;
	}
	for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
		if (strstr(option->keyword, "password") == NULL || option->val == NULL ||
			strcmp(option->keyword, "passfile") == 0)
			continue;
		keep_reason(db, "the URI has a password: put it into ~/.pgpass (mode 0600)");
		res = DB_REFUSED;
	}
	PQconninfoFree(options);
	PQfreemem(error);
	return res;
}

static enum db_result
version_of(struct db *db, int64_t *application, int64_t *version)
{
	struct db_rows rows;
	enum db_result res;
	int64_t there;

	*application = *version = 0;
	res = db_ask(db,
		"SELECT count(*) FROM information_schema.tables WHERE table_name = 'register_version'"
		" AND table_schema = current_schema()",
		NULL, 0, &there);
	if (res != DB_OK || there == 0)
		return res;
	res = db_query(db, "SELECT application, version FROM register_version", NULL, 0, &rows);
	if (res == DB_OK) {
		*application = db_number(&rows, 0);
		*version = db_number(&rows, 1);
	}
	db_end(&rows);
	return res == DB_NONE ? DB_OK : res;
}

static enum db_result
set_version(struct db *db, int64_t application, int64_t version)
{
	const struct db_value values[] = { DB_INT(application), DB_INT(version) };
	int64_t was_application, was_version;
	enum db_result res;

	res = version_of(db, &was_application, &was_version);
	if (res == DB_OK && was_application == 0)
		res = script(db, CREATE);
	if (res == DB_OK)
		res = script(db, "DELETE FROM register_version");
	if (res == DB_OK)
		res = db_execute(db, "INSERT INTO register_version (application, version) VALUES ($1, $2)", values, 2,
			NULL);
	return res;
}

const struct db_driver db_driver_server = {
	.close = close_connection,
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
	.id_type = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
};

enum db_result
db_server_open(const char *uri, struct db *db)
{
	enum db_result res;

	db->driver = &db_driver_server;
	res = check_uri(db, uri);
	if (res != DB_OK)
		return res;
	db->server = PQconnectdb(uri);
	return connected(db);
}
