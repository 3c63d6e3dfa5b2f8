/* device.c: enrolments in the register, and the acts that change their state. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/issuer/register/internal.h"

#define FROM_DEVICES \
	"SELECT d.id, d.person, p.reference, d.serial, d.backend, d.attestation, d.attestation_thumbprint, " \
	"d.response," \
	" d.response_thumbprint, d.notice, d.tls, d.bound, d.state, d.since, d.created, d.reason" \
	" FROM devices AS d LEFT JOIN people AS p ON p.id = d.person "
#define LIVE_FIRST \
	" ORDER BY CASE d.state WHEN 'ACTIVE' THEN 0 WHEN 'SUSPENDED' THEN 0 WHEN 'REVOKED' THEN 2 ELSE 1 END, d.id " \
	"DESC" \
	" LIMIT 1"

void
register_device_clear(struct register_device *device)
{
	char *const texts[] = { device->reference, device->serial, device->backend, device->attestation,
		device->attestation_thumbprint, device->response, device->response_thumbprint, device->notice,
		device->tls, device->reason };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	*device = (struct register_device){ .id = 0 };
}

static bool
read_device(const struct db_rows *rows, struct register_device *out)
{
	struct {
		int column;
		char **text;
	} texts[] = { { 2, &out->reference }, { 3, &out->serial }, { 4, &out->backend }, { 5, &out->attestation },
		{ 6, &out->attestation_thumbprint }, { 7, &out->response }, { 8, &out->response_thumbprint },
		{ 9, &out->notice }, { 10, &out->tls }, { 15, &out->reason } };

	out->id = db_number(rows, 0);
	out->person = db_number(rows, 1);
	out->bound = db_number(rows, 11) != 0;
	out->since = db_number(rows, 13);
	out->created = db_number(rows, 14);
	if (!register_state_from(db_text(rows, 12), &out->state))
		return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!register_copy(rows, texts[i].column, texts[i].text))
			return false;
	return true;
}

struct looked_for {
	const char *sql;
	struct db_value values[2];
	size_t count;
	struct register_device *out;
	enum register_result none;
};

static enum register_result
find_inside(struct register_db *db, void *arg)
{
	const struct looked_for *what = arg;
	enum register_result res = REGISTER_OK;
	struct db_rows rows;
	enum db_result row;

	register_device_clear(what->out);
	row = db_query(db->db, what->sql, what->values, what->count, &rows);
	if (row == DB_NONE)
		res = what->none;
	else if (row != DB_OK)
		res = register_failure(db, row);
	else if (!read_device(&rows, what->out))
		res = register_wrong(db, "an enrolment is damaged");
	db_end(&rows);
	return res;
}

static enum register_result
find(struct register_db *db, const char *sql, struct db_value value, enum register_result none,
	struct register_device *out)
{
	struct looked_for what = { sql, { value }, 1, out, none };

	*out = (struct register_device){ .id = 0 };
	return register_transact(db, false, find_inside, &what);
}

enum register_result
register_device_find(struct register_db *db, int64_t id, struct register_device *out)
{
	return find(db, FROM_DEVICES "WHERE d.id = $1", (struct db_value)DB_INT(id), REGISTER_DEVICE_UNKNOWN, out);
}

enum register_result
register_device_by_attestation(struct register_db *db, const char *thumbprint, struct register_device *out)
{
	return find(db, FROM_DEVICES "WHERE d.attestation_thumbprint = $1" LIVE_FIRST,
		(struct db_value)DB_TEXT(thumbprint), REGISTER_DEVICE_UNKNOWN, out);
}

enum register_result
register_device_by_tls(struct register_db *db, const char *hash, int64_t person, struct register_device *out)
{
	struct looked_for what = { FROM_DEVICES "WHERE d.tls = $1 AND coalesce(d.person, 0) = $2" LIVE_FIRST,
		{ DB_TEXT(hash), DB_INT(person) }, 2, out, REGISTER_DEVICE_UNKNOWN };

	*out = (struct register_device){ .id = 0 };
	return register_transact(db, false, find_inside, &what);
}

enum register_result
register_device_of_person(struct register_db *db, const char *reference, struct register_device *out)
{
	return find(db, FROM_DEVICES "WHERE p.reference = $1" LIVE_FIRST, (struct db_value)DB_TEXT(reference),
		REGISTER_DEVICE_UNKNOWN, out);
}

struct namesakes {
	const char *serial;
	int64_t live;
};

static enum register_result
namesakes_inside(struct register_db *db, void *arg)
{
	struct namesakes *namesakes = arg;
	const struct db_value values[] = { DB_TEXT(namesakes->serial) };

	return register_ask(db, "SELECT count(*) FROM devices WHERE serial = $1 AND state IN ('ACTIVE', 'SUSPENDED')",
		values, 1, NULL, &namesakes->live);
}

enum register_result
register_device_by_serial(struct register_db *db, const char *serial, struct register_device *out)
{
	struct namesakes namesakes = { serial, 0 };
	enum register_result res;

	*out = (struct register_device){ .id = 0 };
	res = register_transact(db, false, namesakes_inside, &namesakes);
	if (res == REGISTER_OK && namesakes.live > 1)
		return REGISTER_NOT_ALLOWED;
	return res != REGISTER_OK ? res
				  : find(db, FROM_DEVICES "WHERE d.serial = $1" LIVE_FIRST,
					    (struct db_value)DB_TEXT(serial), REGISTER_DEVICE_UNKNOWN, out);
}

enum register_result
register_device_next(struct register_db *db, int64_t id, struct register_device *out)
{
	return find(db, FROM_DEVICES "WHERE d.id > $1 ORDER BY d.id LIMIT 1", (struct db_value)DB_INT(id), REGISTER_END,
		out);
}

struct until {
	int64_t id, valid_until;
};

static enum register_result
until_inside(struct register_db *db, void *arg)
{
	struct until *until = arg;
	const struct db_value values[] = { DB_INT(until->id) };

	return register_ask(db, "SELECT max(valid_until) FROM batches WHERE device = $1 AND ended IS NULL", values, 1,
		NULL, &until->valid_until);
}

enum register_result
register_device_valid_until(struct register_db *db, int64_t id, int64_t *valid_until)
{
	struct until until = { id, 0 };
	const enum register_result res = register_transact(db, false, until_inside, &until);

	*valid_until = until.valid_until;
	return res;
}

/* ---- Acts ---- */

/* Does this act end what was issued? */
static bool
ends_batches(enum register_act act)
{
	return act != REGISTER_ACT_SUSPEND && act != REGISTER_ACT_RESUME && act != REGISTER_ACT_RENEW;
}

static enum register_result
read_state(struct register_db *db, int64_t device, enum register_state *state)
{
	const struct db_value values[] = { DB_INT(device) };
	enum register_result res;
	struct db_rows rows;
	enum db_result row;

	row = db_query(db->db, "SELECT state FROM devices WHERE id = $1", values, 1, &rows);
	if (row != DB_OK)
		res = row == DB_NONE ? REGISTER_DEVICE_UNKNOWN : register_failure(db, row);
	else
		res = register_state_from(db_text(&rows, 0), state) ? REGISTER_OK
								    : register_wrong(db, "a state is damaged");
	db_end(&rows);
	return res;
}

static enum register_result
end_batches(struct register_db *db, const struct register_change *change)
{
	const char *reason = change->reason != NULL ? change->reason : register_act_name(change->act);
	const struct db_value values[] = { DB_INT(change->when), DB_TEXT(reason), DB_INT(change->device) };

	return register_do(db, "UPDATE batches SET ended = $1, ended_reason = $2 WHERE device = $3 AND ended IS NULL",
		values, 3);
}

enum register_result
register_change_inside(struct register_db *db, const struct register_change *change, enum register_state *before)
{
	enum register_state from = REGISTER_REVOKED, to = REGISTER_REVOKED;
	enum register_result res;

	res = read_state(db, change->device, &from);
	if (before != NULL)
		*before = from;
	if (res != REGISTER_OK)
		return res;
	if (!register_next_state(from, change->act, &to))
		return REGISTER_NOT_ALLOWED;
	const struct db_value values[] = { DB_TEXT(register_state_name(to)), DB_INT(change->when),
		DB_TEXT(change->reason), DB_INT(change->device) };

	res = register_do(db, "UPDATE devices SET state = $1, since = $2, reason = $3 WHERE id = $4", values, 4);
	if (res == REGISTER_OK && ends_batches(change->act))
		res = end_batches(db, change);
	if (res == REGISTER_OK)
		res = register_append(db, change->when, register_act_name(change->act), change->device, 0,
			change->reason);
	if (res == REGISTER_OK)
		res = register_notify(db, change->device, register_act_notice(change->act), change->reason,
			change->when);
	return res;
}

struct changed {
	const struct register_change *change;
	enum register_state before;
};

static enum register_result
change_inside(struct register_db *db, void *arg)
{
	struct changed *changed = arg;

	return register_change_inside(db, changed->change, &changed->before);
}

static enum register_result
log_refused(struct register_db *db, void *arg)
{
	const struct changed *changed = arg;
	char detail[96];

	snprintf(detail, sizeof(detail), "%s %s", register_act_name(changed->change->act),
		register_state_name(changed->before));
	return register_append(db, changed->change->when, "refused", changed->change->device, 0, detail);
}

enum register_result
register_change_state(struct register_db *db, const struct register_change *change, enum register_state *before)
{
	struct changed changed = { change, REGISTER_REVOKED };
	enum register_result res, logged;

	res = register_transact(db, true, change_inside, &changed);
	if (res == REGISTER_NOT_ALLOWED) {
		logged = register_transact(db, true, log_refused, &changed);
		if (logged != REGISTER_OK)
			res = logged;
	}
	if (before != NULL)
		*before = changed.before;
	return res;
}
