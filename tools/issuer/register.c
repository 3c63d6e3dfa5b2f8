/* register.c: the issuer's register in SQLite. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/message.h"
#include "tools/issuer/register.h"
#include "tools/issuer/register_schema.h"

struct register_db {
	sqlite3 *sqlite;
	char reason[200];
};

static const char *const sentences[] = {
	[REGISTER_OK] = N_("done"),
	[REGISTER_NONCE_UNKNOWN] = N_("the nonce of the request was never offered by this issuer"),
	[REGISTER_NONCE_USED] = N_("the nonce of the request was used before"),
	[REGISTER_KEY_SEEN] = N_("a device key of the request was certified before"),
	[REGISTER_NEWER] = N_("the register was written by a newer version of this program"),
	[REGISTER_FOREIGN] = N_("the file is not a register of this program"),
	[REGISTER_BUSY] = N_("another process holds the register"),
	[REGISTER_ERROR] = N_("the register could not be read or written"),
};

const char *
register_sentence(enum register_result result)
{
	return (size_t)result < sizeof(sentences) / sizeof(sentences[0]) ? sentences[result] : "?";
}

const char *
register_reason(const struct register_db *db)
{
	return db != NULL ? db->reason : strerror(ENOMEM);
}

/* A SQLite result as ours; keeps the reason before another call changes it. */
static enum register_result
failure(struct register_db *db, int code)
{
	if (db->sqlite != NULL && sqlite3_extended_errcode(db->sqlite) != SQLITE_OK)
		snprintf(db->reason, sizeof(db->reason), "%s", sqlite3_errmsg(db->sqlite));
	else
		snprintf(db->reason, sizeof(db->reason), "%s", sqlite3_errstr(code));
	if ((code & 0xFF) == SQLITE_BUSY)
		return REGISTER_BUSY;
	return (code & 0xFF) == SQLITE_NOTADB ? REGISTER_FOREIGN : REGISTER_ERROR;
}

static enum register_result
execute(struct register_db *db, const char *sql)
{
	int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? REGISTER_OK : failure(db, code);
}

/* End of a transaction: commit when all went well, otherwise leave nothing of it. */
static enum register_result
finish(struct register_db *db, enum register_result res)
{
	if (res == REGISTER_OK)
		res = execute(db, "COMMIT");
	if (res != REGISTER_OK && !sqlite3_get_autocommit(db->sqlite))
		(void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
	return res;
}

/*
 * Run one statement with its parameters: 'i' int64_t, 't' text or NULL.
 * row  first column of the first row, if any; NULL: a row is not expected
 */
struct parameter {
	char type;
	int64_t number;
	const char *text;
};

#define NUMBER(n) \
	{ \
		'i', (n), NULL \
	}
#define TEXT(t) \
	{ \
		't', 0, (t) \
	}

enum row { ROW_NONE, ROW_NULL, ROW_NUMBER };

static enum register_result
run(struct register_db *db, const char *sql, const struct parameter *parameters, size_t n, enum row *row,
	int64_t *value)
{
	sqlite3_stmt *statement = NULL;
	enum register_result res = REGISTER_OK;
	int code;

	code = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL);
	for (size_t i = 0; i < n && code == SQLITE_OK; i++) {
		if (parameters[i].type == 'i')
			code = sqlite3_bind_int64(statement, (int)i + 1, parameters[i].number);
		else
			code = sqlite3_bind_text(statement, (int)i + 1, parameters[i].text, -1, SQLITE_STATIC);
	}
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (row != NULL)
		*row = ROW_NONE;
	if (code == SQLITE_ROW && row != NULL) {
		*row = sqlite3_column_type(statement, 0) == SQLITE_NULL ? ROW_NULL : ROW_NUMBER;
		if (value != NULL)
			*value = sqlite3_column_int64(statement, 0);
	} else if (code != SQLITE_DONE && code != SQLITE_ROW) {
		res = failure(db, code);
	}
	sqlite3_finalize(statement);
	return res;
}

static enum register_result
pragma_number(struct register_db *db, const char *sql, int64_t *value)
{
	enum row row;

	*value = 0;
	return run(db, sql, NULL, 0, &row, value);
}

static enum register_result
connect_to(const char *path, struct register_db **out)
{
	struct register_db *db = NULL;
	int code;

	*out = NULL;
	db = calloc(1, sizeof(*db));
	if (db == NULL)
		return REGISTER_ERROR;
	*out = db;
	code = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
	if (code != SQLITE_OK)
		return failure(db, code);
	sqlite3_busy_timeout(db->sqlite, REGISTER_BUSY_MS);
	return execute(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
}

enum register_result
register_create(const char *path, struct register_db **db)
{
	char sql[96];
	enum register_result res;
	int fd;

	*db = NULL;
	/* SQLite gives its own files the mode of the database. */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		*db = calloc(1, sizeof(**db));
		if (*db != NULL)
			snprintf((*db)->reason, sizeof((*db)->reason), "%s", strerror(errno));
		return REGISTER_ERROR;
	}
	close(fd);
	res = connect_to(path, db);
	if (res == REGISTER_OK)
		res = execute(*db, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE;" REGISTER_SCHEMA_1);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", REGISTER_APPLICATION_ID,
		REGISTER_VERSION);
	if (res == REGISTER_OK)
		res = execute(*db, sql);
	return *db != NULL && (*db)->sqlite != NULL ? finish(*db, res) : res;
}

enum register_result
register_open(const char *path, struct register_db **db)
{
	int64_t application, version;
	enum register_result res;

	res = connect_to(path, db);
	if (res == REGISTER_OK)
		res = pragma_number(*db, "PRAGMA application_id", &application);
	if (res == REGISTER_OK)
		res = pragma_number(*db, "PRAGMA user_version", &version);
	if (res != REGISTER_OK)
		return res;
	if (application != REGISTER_APPLICATION_ID || version < 1)
		return REGISTER_FOREIGN;
	return version > REGISTER_VERSION ? REGISTER_NEWER : REGISTER_OK;
}

void
register_close(struct register_db *db)
{
	if (db == NULL)
		return;
	sqlite3_close_v2(db->sqlite);
	free(db);
}

static enum register_result
append_event(struct register_db *db, int64_t when, const char *event, int64_t batch, const char *detail)
{
	const struct parameter parameters[] = { NUMBER(when), TEXT(event), NUMBER(batch), TEXT(detail) };

	return run(db, "INSERT INTO events (at, event, batch, detail) VALUES (?1, ?2, nullif(?3, 0), ?4)", parameters,
		4, NULL, NULL);
}

enum register_result
register_log(struct register_db *db, int64_t when, const char *event, const char *detail)
{
	return append_event(db, when, event, 0, detail);
}

enum register_result
register_offer(struct register_db *db, const char *nonce, int64_t when)
{
	const struct parameter parameters[] = { TEXT(nonce), NUMBER(when) };
	enum register_result res;

	res = execute(db, "BEGIN IMMEDIATE");
	if (res == REGISTER_OK)
		res = run(db, "INSERT INTO offers (nonce, created) VALUES (?1, ?2)", parameters, 2, NULL, NULL);
	if (res == REGISTER_OK)
		res = append_event(db, when, "offer", 0, NULL);
	return finish(db, res);
}

/* Inside a transaction: is the nonce offered and unused, are all keys new? */
static enum register_result
check_batch(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	const struct parameter nonce[] = { TEXT(batch->nonce) };
	enum register_result res;
	enum row row;

	res = run(db, "SELECT used FROM offers WHERE nonce = ?1", nonce, 1, &row, NULL);
	if (res != REGISTER_OK)
		return res;
	if (row != ROW_NULL)
		return row == ROW_NONE ? REGISTER_NONCE_UNKNOWN : REGISTER_NONCE_USED;
	for (size_t i = 0; i < batch->count; i++) {
		const struct parameter thumbprint[] = { TEXT(batch->thumbprints[i]) };

		res = run(db, "SELECT id FROM copies WHERE thumbprint = ?1", thumbprint, 1, &row, NULL);
		if (res == REGISTER_OK && row != ROW_NONE) {
			*key = i;
			res = REGISTER_KEY_SEEN;
		}
		if (res != REGISTER_OK)
			return res;
	}
	return REGISTER_OK;
}

enum register_result
register_check(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	enum register_result res;

	res = execute(db, "BEGIN");
	if (res == REGISTER_OK)
		res = check_batch(db, batch, key);
	return finish(db, res);
}

static enum register_result
insert_person(struct register_db *db, const char *reference, int64_t *id)
{
	const struct parameter parameters[] = { TEXT(reference) };
	enum register_result res;
	enum row row;

	*id = 0;
	if (reference == NULL)
		return REGISTER_OK;
	res = run(db, "INSERT INTO people (reference) VALUES (?1) ON CONFLICT (reference) DO NOTHING", parameters, 1,
		NULL, NULL);
	if (res == REGISTER_OK)
		res = run(db, "SELECT id FROM people WHERE reference = ?1", parameters, 1, &row, id);
	return res;
}

static enum register_result
insert_batch(struct register_db *db, const struct register_batch *batch)
{
	int64_t person = 0, id;
	enum register_result res;

	res = insert_person(db, batch->person, &person);
	if (res != REGISTER_OK)
		return res;
	const struct parameter row[] = { TEXT(batch->nonce), NUMBER(person), TEXT(batch->doc_type),
		NUMBER(batch->issued), NUMBER(batch->valid_until), TEXT(batch->ds_serial) };
	res = run(db,
		"INSERT INTO batches (nonce, person, doc_type, issued, valid_until, ds_serial)"
		" VALUES (?1, nullif(?2, 0), ?3, ?4, ?5, ?6)",
		row, 6, NULL, NULL);
	if (res != REGISTER_OK)
		return res;
	id = sqlite3_last_insert_rowid(db->sqlite);
	for (size_t i = 0; i < batch->count && res == REGISTER_OK; i++) {
		const struct parameter copy[] = { NUMBER(id), TEXT(batch->thumbprints[i]) };

		res = run(db, "INSERT INTO copies (batch, thumbprint) VALUES (?1, ?2)", copy, 2, NULL, NULL);
	}
	if (res == REGISTER_OK)
		res = append_event(db, batch->issued, "issue", id, NULL);
	return res;
}

enum register_result
register_issue(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	const struct parameter used[] = { NUMBER(batch->issued), TEXT(batch->nonce) };
	enum register_result res;

	res = execute(db, "BEGIN IMMEDIATE");
	if (res == REGISTER_OK)
		res = check_batch(db, batch, key);
	if (res == REGISTER_OK)
		res = run(db, "UPDATE offers SET used = ?1 WHERE nonce = ?2", used, 2, NULL, NULL);
	if (res == REGISTER_OK)
		res = insert_batch(db, batch);
	return finish(db, res);
}
