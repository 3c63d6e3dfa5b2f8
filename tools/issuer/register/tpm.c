/* tpm.c: enrolment of TPMs in the register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tools/issuer/register/internal.h"

struct challenged {
	const struct register_challenge *challenge;
	int64_t when;
};

/* Of a challenge n: the same TPM, as its endorsement key or its attestation key tells it, is not trusted any more. */
#define NOT_TRUSTED \
	"EXISTS (SELECT 1 FROM tpms AS t JOIN challenges AS c ON c.id = t.challenge" \
	" WHERE t.state = 'revoked' AND (c.ek = n.ek OR c.ak = n.ak))"

/* Such a TPM does not come back by enrolling again: whoever marked it takes that back. */
static enum register_result
check_trusted(struct register_db *db, const char *id)
{
	const struct db_value values[] = { DB_TEXT(id) };
	enum register_result res;
	int64_t n;

	res = register_ask(db, "SELECT count(*) FROM challenges AS n WHERE n.id = $1 AND " NOT_TRUSTED, values, 1, NULL,
		&n);
	return res == REGISTER_OK && n != 0 ? REGISTER_TPM_REVOKED : res;
}

static enum register_result
insert_challenge(struct register_db *db, void *arg)
{
	const struct challenged *what = arg;
	const struct register_challenge *challenge = what->challenge;
	const struct db_value row[] = { DB_TEXT(challenge->id), DB_INT(what->when), DB_TEXT(challenge->serial),
		DB_TEXT(challenge->ek), DB_TEXT(challenge->ak), DB_TEXT(challenge->ak_area),
		DB_TEXT(challenge->secret) };
	enum register_result res;

	res = register_do(db,
		"INSERT INTO challenges (id, created, serial, ek, ak, ak_area, secret)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		row, DB_COUNT(row));
	if (res == REGISTER_OK)
		res = check_trusted(db, challenge->id);
	return res == REGISTER_OK ? register_append(db, what->when, "challenge", 0, 0, challenge->id) : res;
}

enum register_result
register_challenge(struct register_db *db, const struct register_challenge *challenge, int64_t when)
{
	struct challenged what = { challenge, when };

	return register_transact(db, true, insert_challenge, &what);
}

/* A column that fits; false: it is no text, or longer. */
static bool
read_text(const struct db_rows *rows, int column, char *out, size_t room)
{
	const char *text = db_text(rows, column);

	return text != NULL && snprintf(out, room, "%s", text) < (int)room;
}

static bool
read_challenge(const struct db_rows *rows, struct register_challenge *out)
{
	return read_text(rows, 2, out->serial, sizeof(out->serial)) && read_text(rows, 3, out->ek, sizeof(out->ek)) &&
		read_text(rows, 4, out->ak, sizeof(out->ak)) &&
		read_text(rows, 5, out->ak_area, sizeof(out->ak_area)) &&
		read_text(rows, 6, out->secret, sizeof(out->secret));
}

struct found {
	struct register_challenge *challenge;
	int64_t when;
};

static enum register_result
find_inside(struct register_db *db, void *arg)
{
	const struct found *found = arg;
	const struct db_value id[] = { DB_TEXT(found->challenge->id) };
	enum register_result res = REGISTER_OK;
	struct db_rows rows;
	enum db_result row;

	row = db_query(db->db,
		"SELECT created, answered, serial, ek, ak, ak_area, secret FROM challenges WHERE id = $1", id, 1,
		&rows);
	if (row == DB_NONE)
		res = REGISTER_CHALLENGE_UNKNOWN;
	else if (row != DB_OK)
		res = register_failure(db, row);
	else if (!db_null(&rows, 1))
		res = REGISTER_CHALLENGE_USED;
	else if (found->when - db_number(&rows, 0) > REGISTER_CHALLENGE_AGE_MAX)
		res = REGISTER_CHALLENGE_OLD;
	else if (!read_challenge(&rows, found->challenge))
		res = register_wrong(db, "a challenge is damaged");
	db_end(&rows);
	return res;
}

enum register_result
register_find_challenge(struct register_db *db, const char *id, int64_t when, struct register_challenge *out)
{
	struct found found = { out, when };

	memset(out, 0, sizeof(*out));
	snprintf(out->id, sizeof(out->id), "%s", id);
	return register_transact(db, false, find_inside, &found);
}

/* It may have been answered since it was looked at. */
static enum register_result
check_open(struct register_db *db, const char *id)
{
	const struct db_value values[] = { DB_TEXT(id) };
	enum register_result res;
	int64_t answered;
	bool there;

	res = register_ask(db, "SELECT coalesce(answered, -1) FROM challenges WHERE id = $1", values, 1, &there,
		&answered);
	if (res != REGISTER_OK || (there && answered == -1))
		return res;
	return there ? REGISTER_CHALLENGE_USED : REGISTER_CHALLENGE_UNKNOWN;
}

struct enrolled {
	const char *id, *certificate;
	int64_t when, valid_until;
};

static enum register_result
enrol_inside(struct register_db *db, void *arg)
{
	const struct enrolled *enrolled = arg;
	const struct db_value answered[] = { DB_INT(enrolled->when), DB_TEXT(enrolled->id) };
	const struct db_value row[] = { DB_TEXT(enrolled->id), DB_TEXT(enrolled->certificate), DB_INT(enrolled->when),
		DB_INT(enrolled->valid_until) };
	enum register_result res;

	res = check_open(db, enrolled->id);
	if (res == REGISTER_OK)
		res = check_trusted(db, enrolled->id);
	if (res == REGISTER_OK)
		res = register_do(db, "UPDATE challenges SET answered = $1 WHERE id = $2", answered, 2);
	if (res == REGISTER_OK)
		res = register_do(db,
			"INSERT INTO tpms (challenge, certificate, enrolled, valid_until) VALUES ($1, $2, $3, $4)", row,
			DB_COUNT(row));
	return res == REGISTER_OK ? register_append(db, enrolled->when, "enrol", 0, 0, enrolled->certificate) : res;
}

enum register_result
register_enrol(struct register_db *db, const char *id, const char *certificate, int64_t when, int64_t valid_until)
{
	struct enrolled enrolled = { id, certificate, when, valid_until };

	return register_transact(db, true, enrol_inside, &enrolled);
}

enum register_result
register_check_tpm(struct register_db *db, const struct register_tpm *tpm)
{
	const struct db_value values[] = { DB_TEXT(tpm->certificate), DB_TEXT(tpm->name) };
	enum register_result res;
	int64_t enrolled;
	bool there;

	res = register_ask(db,
		"SELECT CASE WHEN " NOT_TRUSTED
		" THEN 0 ELSE 1 END FROM tpms JOIN challenges AS n ON n.id = tpms.challenge"
		" WHERE tpms.certificate = $1 AND n.ak = $2",
		values, 2, &there, &enrolled);
	if (res != REGISTER_OK)
		return res;
	if (!there)
		return REGISTER_TPM_UNKNOWN;
	return enrolled != 0 ? REGISTER_OK : REGISTER_TPM_REVOKED;
}
