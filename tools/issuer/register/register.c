/* register.c: the issuer's register: opening, transactions, sentences. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/issuer/register/internal.h"

#define RANDOM_MAX 64

static const char *const sentences[] = {
	[REGISTER_OK] = N_("done"),
	[REGISTER_NONCE_UNKNOWN] = N_("the nonce of the request was never offered by this issuer"),
	[REGISTER_NONCE_USED] = N_("the nonce of the request was used before"),
	[REGISTER_KEY_SEEN] = N_("a device key of the request was certified before"),
	[REGISTER_TPM_UNKNOWN] = N_("the TPM of the request is not enrolled with this issuer"),
	[REGISTER_TPM_REVOKED] = N_("the TPM was enrolled, and is not trusted any more"),
	[REGISTER_CHALLENGE_UNKNOWN] = N_("the answer is to a challenge that this issuer never made"),
	[REGISTER_CHALLENGE_USED] = N_("the challenge was answered before"),
	[REGISTER_CHALLENGE_OLD] = N_("the challenge is too old"),
	[REGISTER_PERSON_UNKNOWN] = N_("the register has no such person"),
	[REGISTER_PERSON_KNOWN] = N_("the register has a person with this reference already"),
	[REGISTER_PERSON_CHANGED] = N_("what the register has of the person was changed meanwhile"),
	[REGISTER_DEVICE_UNKNOWN] = N_("the register has no such enrolment"),
	[REGISTER_DEVICE_LIVE] = N_("the person has an enrolment that is in operation or suspended"),
	[REGISTER_DEVICE_SEEN] = N_("the attestation key of the request belongs to an enrolment already"),
	[REGISTER_NOT_ALLOWED] = N_("the state of the record does not allow it"),
	[REGISTER_SIGNER_REVOKED] = N_("the key of the document signer is compromised"),
	[REGISTER_IACA_REVOKED] = N_("the key of the IACA is compromised"),
	[REGISTER_GRANT_UNKNOWN] = N_("this issuer never gave out such a code"),
	[REGISTER_GRANT_USED] = N_("the code was used before"),
	[REGISTER_GRANT_OLD] = N_("the code is too old"),
	[REGISTER_END] = N_("there is no more"),
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

void
register_set_operator(struct register_db *db, const char *operator_)
{
	db->operator_ = operator_;
}

enum register_result
register_failure(struct register_db *db, enum db_result res)
{
	if (res == DB_OK || res == DB_NONE)
		return REGISTER_OK;
	snprintf(db->reason, sizeof(db->reason), "%s", db_reason(db->db));
	db->again = res == DB_AGAIN;
	if (res == DB_BUSY)
		return REGISTER_BUSY;
	return res == DB_FOREIGN ? REGISTER_FOREIGN : REGISTER_ERROR;
}

enum register_result
register_wrong(struct register_db *db, const char *why)
{
	snprintf(db->reason, sizeof(db->reason), "%s", why);
	return REGISTER_ERROR;
}

static enum register_result
attempt(struct register_db *db, bool write, register_body body, void *arg)
{
	enum register_result res;

	db->again = false;
	res = register_failure(db, db_begin(db->db, write));
	if (res == REGISTER_OK)
		res = body(db, arg);
	if (res == REGISTER_OK)
		res = register_failure(db, db_commit(db->db));
	if (res != REGISTER_OK)
		db_rollback(db->db);
	return res;
}

enum register_result
register_transact(struct register_db *db, bool write, register_body body, void *arg)
{
	enum register_result res;

	for (unsigned i = 1;; i++) {
		res = attempt(db, write, body, arg);
		if (res == REGISTER_OK || !db->again || i == REGISTER_ATTEMPTS)
			return res;
		usleep(20000u << i);
	}
}

enum register_result
register_do(struct register_db *db, const char *sql, const struct db_value *values, size_t n)
{
	return register_failure(db, db_execute(db->db, sql, values, n, NULL));
}

enum register_result
register_ask(struct register_db *db, const char *sql, const struct db_value *values, size_t n, bool *there,
	int64_t *number)
{
	const enum db_result res = db_ask(db->db, sql, values, n, number);

	if (there != NULL)
		*there = res == DB_OK;
	else if (res == DB_NONE)
		return register_wrong(db, "a row is missing");
	return register_failure(db, res);
}

bool
register_copy(const struct db_rows *rows, int column, char **out)
{
	const char *text = db_text(rows, column);

	*out = text == NULL ? NULL : strdup(text);
	return text == NULL || *out != NULL;
}

enum register_result
register_random(struct register_db *db, size_t len, char *text)
{
	uint8_t bytes[RANDOM_MAX];

	if (len > sizeof(bytes) || tool_context() == NULL ||
		RAND_priv_bytes_ex(mdoc_context_libctx(tool_context()), bytes, len, 0) != 1)
		return register_wrong(db, "no random bytes could be got");
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return REGISTER_OK;
}

static enum register_result
connect_to(const char *where, bool create, struct register_db **out)
{
	struct register_db *db = calloc(1, sizeof(*db));

	*out = db;
	if (db == NULL)
		return REGISTER_ERROR;
	register_default_retention(db);
	return register_failure(db, db_open(where, create, &db->db));
}

struct versions {
	int64_t application, version;
};

static enum register_result
read_versions(struct register_db *db, void *arg)
{
	struct versions *versions = arg;

	return register_failure(db, db_version(db->db, &versions->application, &versions->version));
}

/* Another process may have been first. */
static enum register_result
make_current(struct register_db *db, void *arg)
{
	struct versions *expected = arg, found = { 0, 0 };
	enum register_result res;

	res = read_versions(db, &found);
	if (res == REGISTER_OK && expected->version == 0 && found.application != 0)
		return register_wrong(db, "there is a register already");
	if (res == REGISTER_OK && found.version < REGISTER_VERSION)
		res = register_take_steps(db, found.version);
	if (res == REGISTER_OK)
		res = register_failure(db, db_set_version(db->db, REGISTER_APPLICATION_ID, REGISTER_VERSION));
	return res;
}

enum register_result
register_create(const char *where, struct register_db **db)
{
	struct versions none = { 0, 0 };
	enum register_result res;

	res = connect_to(where, true, db);
	return res == REGISTER_OK ? register_transact(*db, true, make_current, &none) : res;
}

enum register_result
register_open(const char *where, struct register_db **db)
{
	struct versions found = { 0, 0 };
	enum register_result res;

	res = connect_to(where, false, db);
	if (res == REGISTER_OK)
		res = register_transact(*db, false, read_versions, &found);
	if (res != REGISTER_OK)
		return res;
	if (found.application != REGISTER_APPLICATION_ID || found.version < 1)
		return REGISTER_FOREIGN;
	if (found.version > REGISTER_VERSION)
		return REGISTER_NEWER;
	return found.version < REGISTER_VERSION ? register_transact(*db, true, make_current, &found) : REGISTER_OK;
}

static enum register_result
discard_inside(struct register_db *db, void *arg)
{
	enum register_result res;
	int64_t n;

	(void)arg;
	res = register_ask(db, "SELECT count(*) FROM offers", NULL, 0, NULL, &n);
	if (res != REGISTER_OK || n != 0)
		return res;
	return register_failure(db,
		db_script(db->db,
			"DROP TABLE register_version, counters, revoked_certificates, grants, spool, chain, events, "
			"copies,"
			" batches, lists, devices, tpms, challenges, people, offers; DROP FUNCTION register_refuse()"));
}

void
register_discard(struct register_db *db)
{
	if (db != NULL && db->db != NULL && db_server(db->db))
		(void)register_transact(db, true, discard_inside, NULL);
}

void
register_close(struct register_db *db)
{
	if (db == NULL)
		return;
	db_close(db->db);
	free(db);
}
