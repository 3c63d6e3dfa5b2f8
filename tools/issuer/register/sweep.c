/* sweep.c: ends that come to many records at once: lapse, and a compromised key. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "tools/issuer/register/internal.h"

#define STEP 200 /* enrolments in one transaction */

/* Which enrolments an act comes to: of those with an id above $1, at most $2, those to which $3 applies. */
struct sweep {
	const char *sql;
	struct db_value value;
	enum register_act act;
	const char *reason; /* NULL: in the second column */
	int64_t when, after, done;
	bool more;
};

struct found {
	int64_t device[STEP];
	char reason[STEP][32];
	size_t count;
};

static enum register_result
find(struct register_db *db, const struct sweep *sweep, struct found *found)
{
	const struct db_value values[] = { DB_INT(sweep->after), DB_INT(STEP), sweep->value };
	struct db_rows rows;
	enum db_result row;

	found->count = 0;
	for (row = db_query(db->db, sweep->sql, values, 3, &rows); row == DB_OK && found->count < STEP;
		row = db_next(&rows)) {
		found->device[found->count] = db_number(&rows, 0);
		snprintf(found->reason[found->count], sizeof(found->reason[0]), "%s",
			sweep->reason != NULL ? sweep->reason : db_text(&rows, 1));
		found->count++;
	}
	db_end(&rows);
	return register_failure(db, row);
}

static enum register_result
step(struct register_db *db, void *arg)
{
	struct sweep *sweep = arg;
	enum register_result res;
	struct found found;

	res = find(db, sweep, &found);
	for (size_t i = 0; i < found.count && res == REGISTER_OK; i++) {
		const struct register_change change = { found.device[i], sweep->act, found.reason[i], sweep->when };

		res = register_change_inside(db, &change, NULL);
	}
	sweep->more = found.count == STEP;
	if (res == REGISTER_OK && found.count > 0) {
		sweep->after = found.device[found.count - 1];
		sweep->done += (int64_t)found.count;
	}
	return res;
}

static enum register_result
run(struct register_db *db, struct sweep *sweep)
{
	enum register_result res;
	struct sweep before;

	do {
		before = *sweep; /* a step that failed counts for nothing */
		res = register_transact(db, true, step, sweep);
		if (res != REGISTER_OK)
			*sweep = before;
	} while (res == REGISTER_OK && sweep->more);
	return res;
}

/* An exhausted record lapses only for a reason that is not its own: its renewal stays open otherwise. */
#define LAPSING \
	"SELECT d.id, CASE WHEN p.card_status <> 'operating' THEN 'card'" \
	" WHEN p.card_until < $3 THEN 'card' WHEN p.signature_until < $3 THEN 'signature-certificate'" \
	" ELSE 'validity' END FROM devices AS d LEFT JOIN people AS p ON p.id = d.person" \
	" WHERE d.id > $1 AND d.state IN ('ACTIVE', 'EXHAUSTED') AND (p.card_status <> 'operating'" \
	" OR p.card_until < $3 OR p.signature_until < $3 OR (d.state = 'ACTIVE' AND NOT EXISTS (SELECT 1 FROM batches" \
	" AS b WHERE b.device = d.id AND b.ended IS NULL AND b.valid_until >= $3))) ORDER BY d.id LIMIT $2"

enum register_result
register_lapse(struct register_db *db, int64_t when, int64_t *lapsed)
{
	struct sweep sweep = { .sql = LAPSING, .value = DB_INT(when), .act = REGISTER_ACT_LAPSE, .when = when };
	const enum register_result res = run(db, &sweep);

	*lapsed = sweep.done;
	return res;
}

struct compromise {
	const char *serial; /* NULL: all */
	int reason;
	int64_t when;
};

/* The certificate first: from this moment on nothing under it is valid on a list, and nothing more is issued. */
static enum register_result
mark(struct register_db *db, void *arg)
{
	const struct compromise *compromise = arg;
	const char *serial = compromise->serial != NULL ? compromise->serial : "iaca";
	const struct db_value row[] = { DB_TEXT(serial), DB_TEXT(compromise->serial != NULL ? "ds" : "iaca"),
		DB_INT(compromise->when), DB_INT(compromise->reason) };
	const struct db_value when[] = { DB_INT(compromise->when), DB_INT(compromise->reason) };
	enum register_result res;

	res = register_do(db,
		"INSERT INTO revoked_certificates (serial, kind, at, reason) VALUES ($1, $2, $3, $4)"
		" ON CONFLICT (serial) DO NOTHING",
		row, DB_COUNT(row));
	if (res == REGISTER_OK && compromise->serial == NULL)
		res = register_do(db,
			"INSERT INTO revoked_certificates (serial, kind, at, reason)"
			" SELECT DISTINCT ds_serial, 'ds', CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM batches"
			" WHERE TRUE ON CONFLICT (serial) DO NOTHING",
			when, 2);
	return res == REGISTER_OK ? register_append(db, compromise->when, "compromise", 0, 0, serial) : res;
}

enum register_result
register_check_signer(struct register_db *db, const char *serial)
{
	const struct db_value values[] = { DB_TEXT(serial) };
	enum register_result res;
	int64_t worst;

	res = register_ask(db,
		"SELECT coalesce(max(CASE kind WHEN 'iaca' THEN 2 ELSE 1 END), 0) FROM revoked_certificates"
		" WHERE serial = $1 OR kind = 'iaca'",
		values, 1, NULL, &worst);
	if (res != REGISTER_OK || worst == 0)
		return res;
	return worst == 1 ? REGISTER_SIGNER_REVOKED : REGISTER_IACA_REVOKED;
}

static enum register_result
signer_inside(struct register_db *db, void *arg)
{
	const char *const *serial = arg;

	return register_check_signer(db, *serial);
}

enum register_result
register_signer(struct register_db *db, const char *serial)
{
	return register_transact(db, false, signer_inside, &serial);
}

#define UNDER_KEY \
	"SELECT d.id FROM devices AS d WHERE d.id > $1 AND d.state <> 'REVOKED' AND EXISTS (SELECT 1 FROM batches" \
	" AS b WHERE b.device = d.id AND b.ended IS NULL AND ($3 IS NULL OR b.ds_serial = $3))" \
	" ORDER BY d.id LIMIT $2"

enum register_result
register_compromise(struct register_db *db, const char *serial, int reason, int64_t when, int64_t *revoked)
{
	struct compromise compromise = { serial, reason, when };
	struct sweep sweep = { .sql = UNDER_KEY,
		.value = DB_TEXT(serial),
		.act = REGISTER_ACT_COMPROMISE,
		.reason = REGISTER_REASON_ISSUER_KEY,
		.when = when };
	enum register_result res;

	res = register_transact(db, true, mark, &compromise);
	if (res == REGISTER_OK)
		res = run(db, &sweep);
	*revoked = sweep.done;
	return res;
}

struct next {
	const char *serial;
	struct register_revoked *out;
};

static enum register_result
next_inside(struct register_db *db, void *arg)
{
	const struct next *next = arg;
	const struct db_value values[] = { DB_TEXT(next->serial) };
	enum register_result res = REGISTER_OK;
	struct db_rows rows;
	enum db_result row;

	row = db_query(db->db,
		"SELECT serial, at, reason FROM revoked_certificates WHERE kind = 'ds' AND serial > $1 ORDER BY serial"
		" LIMIT 1",
		values, 1, &rows);
	if (row != DB_OK) {
		res = row == DB_NONE ? REGISTER_END : register_failure(db, row);
	} else if (snprintf(next->out->serial, sizeof(next->out->serial), "%s", db_text(&rows, 0)) >=
		(int)sizeof(next->out->serial)) {
		res = register_wrong(db, "a serial number is too long");
	} else {
		next->out->when = db_number(&rows, 1);
		next->out->reason = (int)db_number(&rows, 2);
	}
	db_end(&rows);
	return res;
}

enum register_result
register_next_revoked(struct register_db *db, const char *serial, struct register_revoked *out)
{
	char from[sizeof(out->serial)];
	struct next next = { from, out };

	snprintf(from, sizeof(from), "%s", serial);
	return register_transact(db, false, next_inside, &next);
}

struct counted {
	const char *name;
	int64_t *number;
};

static enum register_result
count_inside(struct register_db *db, void *arg)
{
	const struct counted *counted = arg;
	const struct db_value values[] = { DB_TEXT(counted->name) };
	enum register_result res;

	res = register_do(db,
		"INSERT INTO counters (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value ="
		" counters.value + 1",
		values, 1);
	return res == REGISTER_OK
		? register_ask(db, "SELECT value FROM counters WHERE name = $1", values, 1, NULL, counted->number)
		: res;
}

enum register_result
register_count(struct register_db *db, const char *name, int64_t *number)
{
	struct counted counted = { name, number };

	return register_transact(db, true, count_inside, &counted);
}
