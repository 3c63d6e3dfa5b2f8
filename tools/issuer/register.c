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
#include "tools/issuer/register_internal.h"
#include "tools/issuer/register_schema.h"

static const char *const schema[REGISTER_VERSION] = { REGISTER_SCHEMA_1, REGISTER_SCHEMA_2 };

static const char *const sentences[] = {
	[REGISTER_OK] = N_("done"),
	[REGISTER_NONCE_UNKNOWN] = N_("the nonce of the request was never offered by this issuer"),
	[REGISTER_NONCE_USED] = N_("the nonce of the request was used before"),
	[REGISTER_KEY_SEEN] = N_("a device key of the request was certified before"),
	[REGISTER_TPM_UNKNOWN] = N_("the TPM of the request is not enrolled with this issuer"),
	[REGISTER_TPM_REVOKED] = N_("the TPM of the request was enrolled, and is not trusted any more"),
	[REGISTER_CHALLENGE_UNKNOWN] = N_("the answer is to a challenge that this issuer never made"),
	[REGISTER_CHALLENGE_USED] = N_("the challenge was answered before"),
	[REGISTER_CHALLENGE_OLD] = N_("the challenge is too old"),
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

enum register_result
register_failure(struct register_db *db, int code)
{
	if (db->sqlite != NULL && sqlite3_extended_errcode(db->sqlite) != SQLITE_OK)
		snprintf(db->reason, sizeof(db->reason), "%s", sqlite3_errmsg(db->sqlite));
	else
		snprintf(db->reason, sizeof(db->reason), "%s", sqlite3_errstr(code));
	if ((code & 0xFF) == SQLITE_BUSY)
		return REGISTER_BUSY;
	return (code & 0xFF) == SQLITE_NOTADB ? REGISTER_FOREIGN : REGISTER_ERROR;
}

enum register_result
register_execute(struct register_db *db, const char *sql)
{
	int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? REGISTER_OK : register_failure(db, code);
}

enum register_result
register_finish(struct register_db *db, enum register_result res)
{
	if (res == REGISTER_OK)
		res = register_execute(db, "COMMIT");
	if (res != REGISTER_OK && !sqlite3_get_autocommit(db->sqlite))
		(void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
	return res;
}

enum register_result
register_run(struct register_db *db, const char *sql, const struct register_parameter *parameters, size_t n,
	enum register_row *row, int64_t *value)
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
		res = register_failure(db, code);
	}
	sqlite3_finalize(statement);
	return res;
}

static enum register_result
pragma_number(struct register_db *db, const char *sql, int64_t *value)
{
	enum register_row row;

	*value = 0;
	return register_run(db, sql, NULL, 0, &row, value);
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
		return register_failure(db, code);
	sqlite3_busy_timeout(db->sqlite, REGISTER_BUSY_MS);
	return register_execute(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
}

/* From one version to this one, inside a transaction. */
static enum register_result
take_steps(struct register_db *db, int64_t version)
{
	enum register_result res = REGISTER_OK;
	char sql[64];

	for (; version < REGISTER_VERSION && res == REGISTER_OK; version++)
		res = register_execute(db, schema[version]);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", REGISTER_VERSION);
	return res == REGISTER_OK ? register_execute(db, sql) : res;
}

/* A register of an older version becomes one of this, in one transaction; another process may have been first. */
static enum register_result
upgrade(struct register_db *db)
{
	int64_t version = REGISTER_VERSION;
	enum register_result res;

	res = register_execute(db, "BEGIN IMMEDIATE");
	if (res == REGISTER_OK)
		res = pragma_number(db, "PRAGMA user_version", &version);
	if (res == REGISTER_OK && version < REGISTER_VERSION)
		res = take_steps(db, version);
	return register_finish(db, res);
}

enum register_result
register_create(const char *path, struct register_db **db)
{
	enum register_result res;
	char sql[64];
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
		res = register_execute(*db, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", REGISTER_APPLICATION_ID);
	if (res == REGISTER_OK)
		res = register_execute(*db, sql);
	if (res == REGISTER_OK)
		res = take_steps(*db, 0);
	return *db != NULL && (*db)->sqlite != NULL ? register_finish(*db, res) : res;
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
	if (version > REGISTER_VERSION)
		return REGISTER_NEWER;
	return version < REGISTER_VERSION ? upgrade(*db) : REGISTER_OK;
}

void
register_close(struct register_db *db)
{
	if (db == NULL)
		return;
	sqlite3_close_v2(db->sqlite);
	free(db);
}

enum register_result
register_append(struct register_db *db, int64_t when, const char *event, int64_t batch, const char *detail)
{
	const struct register_parameter parameters[] = { NUMBER(when), TEXT(event), NUMBER(batch), TEXT(detail) };

	return register_run(db, "INSERT INTO events (at, event, batch, detail) VALUES (?1, ?2, nullif(?3, 0), ?4)",
		parameters, 4, NULL, NULL);
}

enum register_result
register_log(struct register_db *db, int64_t when, const char *event, const char *detail)
{
	return register_append(db, when, event, 0, detail);
}

enum register_result
register_offer(struct register_db *db, const char *nonce, int64_t when)
{
	const struct register_parameter parameters[] = { TEXT(nonce), NUMBER(when) };
	enum register_result res;

	res = register_execute(db, "BEGIN IMMEDIATE");
	if (res == REGISTER_OK)
		res = register_run(db, "INSERT INTO offers (nonce, created) VALUES (?1, ?2)", parameters, 2, NULL,
			NULL);
	if (res == REGISTER_OK)
		res = register_append(db, when, "offer", 0, NULL);
	return register_finish(db, res);
}

/* Inside a transaction: is the nonce offered and unused, are all keys new? */
static enum register_result
check_batch(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	const struct register_parameter nonce[] = { TEXT(batch->nonce) };
	enum register_result res;
	enum register_row row;

	res = register_run(db, "SELECT used FROM offers WHERE nonce = ?1", nonce, 1, &row, NULL);
	if (res != REGISTER_OK)
		return res;
	if (row != ROW_NULL)
		return row == ROW_NONE ? REGISTER_NONCE_UNKNOWN : REGISTER_NONCE_USED;
	for (size_t i = 0; i < batch->count; i++) {
		const struct register_parameter thumbprint[] = { TEXT(batch->thumbprints[i]) };

		res = register_run(db, "SELECT id FROM copies WHERE thumbprint = ?1", thumbprint, 1, &row, NULL);
		if (res == REGISTER_OK && row != ROW_NONE) {
			*key = i;
			res = REGISTER_KEY_SEEN;
		}
		if (res != REGISTER_OK)
			return res;
	}
	return batch->tpm.certificate != NULL ? register_check_tpm(db, &batch->tpm) : REGISTER_OK;
}

enum register_result
register_check(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	enum register_result res;

	res = register_execute(db, "BEGIN");
	if (res == REGISTER_OK)
		res = check_batch(db, batch, key);
	return register_finish(db, res);
}

static enum register_result
insert_person(struct register_db *db, const char *reference, int64_t *id)
{
	const struct register_parameter parameters[] = { TEXT(reference) };
	enum register_result res;
	enum register_row row;

	*id = 0;
	if (reference == NULL)
		return REGISTER_OK;
	res = register_run(db, "INSERT INTO people (reference) VALUES (?1) ON CONFLICT (reference) DO NOTHING",
		parameters, 1, NULL, NULL);
	if (res == REGISTER_OK)
		res = register_run(db, "SELECT id FROM people WHERE reference = ?1", parameters, 1, &row, id);
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
	const struct register_parameter row[] = { TEXT(batch->nonce), NUMBER(person), TEXT(batch->doc_type),
		NUMBER(batch->issued), NUMBER(batch->valid_until), TEXT(batch->ds_serial),
		TEXT(batch->tpm.certificate) };
	res = register_run(db,
		"INSERT INTO batches (nonce, person, doc_type, issued, valid_until, ds_serial, tpm)"
		" VALUES (?1, nullif(?2, 0), ?3, ?4, ?5, ?6, (SELECT id FROM tpms WHERE certificate = ?7))",
		row, 7, NULL, NULL);
	if (res != REGISTER_OK)
		return res;
	id = sqlite3_last_insert_rowid(db->sqlite);
	for (size_t i = 0; i < batch->count && res == REGISTER_OK; i++) {
		const struct register_parameter copy[] = { NUMBER(id), TEXT(batch->thumbprints[i]) };

		res = register_run(db, "INSERT INTO copies (batch, thumbprint) VALUES (?1, ?2)", copy, 2, NULL, NULL);
	}
	if (res == REGISTER_OK)
		res = register_append(db, batch->issued, "issue", id, NULL);
	return res;
}

enum register_result
register_issue(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	const struct register_parameter used[] = { NUMBER(batch->issued), TEXT(batch->nonce) };
	enum register_result res;

	res = register_execute(db, "BEGIN IMMEDIATE");
	if (res == REGISTER_OK)
		res = check_batch(db, batch, key);
	if (res == REGISTER_OK)
		res = register_run(db, "UPDATE offers SET used = ?1 WHERE nonce = ?2", used, 2, NULL, NULL);
	if (res == REGISTER_OK)
		res = insert_batch(db, batch);
	return register_finish(db, res);
}
