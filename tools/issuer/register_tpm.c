/* register_tpm.c: enrolment of TPMs in the register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tools/issuer/register_internal.h"

enum register_result
register_challenge(struct register_db *db, const struct register_challenge *challenge, int64_t when)
{
	const struct register_parameter row[] = { TEXT(challenge->id), NUMBER(when), TEXT(challenge->serial),
		TEXT(challenge->ek), TEXT(challenge->ak), TEXT(challenge->ak_area), TEXT(challenge->secret) };
	enum register_result res;

	res = register_execute(db, "BEGIN IMMEDIATE");
	if (res == REGISTER_OK)
		res = register_run(db,
			"INSERT INTO challenges (id, created, serial, ek, ak, ak_area, secret)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			row, 7, NULL, NULL);
	if (res == REGISTER_OK)
		res = register_append(db, when, "challenge", 0, challenge->id);
	return register_finish(db, res);
}

/* A column that fits; false: it is no text, or longer. */
static bool
read_text(sqlite3_stmt *statement, int column, char *out, size_t room)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text != NULL && snprintf(out, room, "%s", (const char *)text) < (int)room;
}

static bool
read_challenge(sqlite3_stmt *statement, struct register_challenge *out)
{
	return read_text(statement, 2, out->serial, sizeof(out->serial)) &&
		read_text(statement, 3, out->ek, sizeof(out->ek)) &&
		read_text(statement, 4, out->ak, sizeof(out->ak)) &&
		read_text(statement, 5, out->ak_area, sizeof(out->ak_area)) &&
		read_text(statement, 6, out->secret, sizeof(out->secret));
}

enum register_result
register_find_challenge(struct register_db *db, const char *id, int64_t when, struct register_challenge *out)
{
	sqlite3_stmt *statement = NULL;
	enum register_result res = REGISTER_OK;
	int code;

	memset(out, 0, sizeof(*out));
	snprintf(out->id, sizeof(out->id), "%s", id);
	code = sqlite3_prepare_v2(db->sqlite,
		"SELECT created, answered, serial, ek, ak, ak_area, secret FROM challenges WHERE id = ?1", -1,
		&statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_DONE)
		res = REGISTER_CHALLENGE_UNKNOWN;
	else if (code != SQLITE_ROW)
		res = register_failure(db, code);
	else if (sqlite3_column_type(statement, 1) != SQLITE_NULL)
		res = REGISTER_CHALLENGE_USED;
	else if (when - sqlite3_column_int64(statement, 0) > REGISTER_CHALLENGE_AGE_MAX)
		res = REGISTER_CHALLENGE_OLD;
	else if (!read_challenge(statement, out))
		res = register_failure(db, SQLITE_CORRUPT);
	sqlite3_finalize(statement);
	return res;
}

/* Inside a transaction: it may have been answered since it was looked at. */
static enum register_result
check_open(struct register_db *db, const char *id)
{
	const struct register_parameter parameters[] = { TEXT(id) };
	enum register_result res;
	enum register_row row;

	res = register_run(db, "SELECT answered FROM challenges WHERE id = ?1", parameters, 1, &row, NULL);
	if (res != REGISTER_OK || row == ROW_NULL)
		return res;
	return row == ROW_NONE ? REGISTER_CHALLENGE_UNKNOWN : REGISTER_CHALLENGE_USED;
}

enum register_result
register_enrol(struct register_db *db, const char *id, const char *certificate, int64_t when, int64_t valid_until)
{
	const struct register_parameter answered[] = { NUMBER(when), TEXT(id) };
	const struct register_parameter row[] = { TEXT(id), TEXT(certificate), NUMBER(when), NUMBER(valid_until) };
	enum register_result res;

	res = register_execute(db, "BEGIN IMMEDIATE");
	if (res == REGISTER_OK)
		res = check_open(db, id);
	if (res == REGISTER_OK)
		res = register_run(db, "UPDATE challenges SET answered = ?1 WHERE id = ?2", answered, 2, NULL, NULL);
	if (res == REGISTER_OK)
		res = register_run(db,
			"INSERT INTO tpms (challenge, certificate, enrolled, valid_until) VALUES (?1, ?2, ?3, ?4)", row,
			4, NULL, NULL);
	if (res == REGISTER_OK)
		res = register_append(db, when, "enrol", 0, certificate);
	return register_finish(db, res);
}

enum register_result
register_check_tpm(struct register_db *db, const struct register_tpm *tpm)
{
	const struct register_parameter parameters[] = { TEXT(tpm->certificate), TEXT(tpm->name) };
	enum register_result res;
	enum register_row row;
	int64_t enrolled = 0;

	res = register_run(db,
		"SELECT tpms.state = 'enrolled' FROM tpms JOIN challenges ON challenges.id = tpms.challenge"
		" WHERE tpms.certificate = ?1 AND challenges.ak = ?2",
		parameters, 2, &row, &enrolled);
	if (res != REGISTER_OK)
		return res;
	if (row == ROW_NONE)
		return REGISTER_TPM_UNKNOWN;
	return enrolled != 0 ? REGISTER_OK : REGISTER_TPM_REVOKED;
}
