/* people.c: people and their cards in the register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/issuer/register/internal.h"

enum register_result
register_person_id(struct register_db *db, const char *reference, int64_t when, int64_t *id)
{
	const struct db_value values[] = { DB_TEXT(reference), DB_INT(when) };
	enum register_result res;

	*id = 0;
	if (reference == NULL)
		return REGISTER_OK;
	res = register_do(db,
		"INSERT INTO people (reference, updated) VALUES ($1, $2) ON CONFLICT (reference) DO NOTHING", values,
		2);
	return res == REGISTER_OK ? register_ask(db, "SELECT id FROM people WHERE reference = $1", values, 1, NULL, id)
				  : res;
}

void
register_person_clear(struct register_person *person)
{
	free(person->reference);
	free(person->claims);
	free(person->birth_date);
	free(person->municipality);
	*person = (struct register_person){ .id = 0 };
}

struct looked_for {
	const char *reference;
	struct register_person *out;
};

static enum register_result
find_inside(struct register_db *db, void *arg)
{
	const struct looked_for *what = arg;
	const struct db_value values[] = { DB_TEXT(what->reference) };
	enum register_result res = REGISTER_OK;
	struct register_person *out = what->out;
	struct db_rows rows;
	enum db_result row;

	register_person_clear(out);
	row = db_query(db->db,
		"SELECT id, reference, claims, birth_date, card_status, card_until, signature_until, municipality, "
		"updated"
		" FROM people WHERE reference = $1",
		values, 1, &rows);
	if (row == DB_NONE) {
		res = REGISTER_PERSON_UNKNOWN;
	} else if (row != DB_OK) {
		res = register_failure(db, row);
	} else {
		out->id = db_number(&rows, 0);
		(void)register_law_from(db_text(&rows, 4), &out->card_status);
		out->card_until = db_number(&rows, 5);
		out->signature_until = db_number(&rows, 6);
		out->updated = db_number(&rows, 8);
		out->exists = true;
		if (!register_copy(&rows, 1, &out->reference) || !register_copy(&rows, 2, &out->claims) ||
			!register_copy(&rows, 3, &out->birth_date) || !register_copy(&rows, 7, &out->municipality))
			res = register_wrong(db, "out of memory");
	}
	db_end(&rows);
	return res;
}

enum register_result
register_person_find(struct register_db *db, const char *reference, struct register_person *out)
{
	struct looked_for what = { reference, out };

	*out = (struct register_person){ .id = 0 };
	return register_transact(db, false, find_inside, &what);
}

static bool
same(const char *a, const char *b)
{
	return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What is checked of them and is in the copies. */
static bool
same_person(const struct register_person *a, const struct register_person *b)
{
	return same(a->claims, b->claims) && same(a->birth_date, b->birth_date) && a->card_status == b->card_status &&
		a->card_until == b->card_until && a->signature_until == b->signature_until;
}

/* Without a look at where notices go. */
enum register_result
register_person_same(struct register_db *db, const struct register_person *seen)
{
	struct register_person now = { .id = 0 };
	struct looked_for what = { seen->reference, &now };
	enum register_result res = find_inside(db, &what);

	if (res == REGISTER_OK && !same_person(&now, seen))
		res = REGISTER_PERSON_CHANGED;
	register_person_clear(&now);
	return res;
}

struct written {
	const struct register_person *person, *seen;
	int64_t when, lapsed;
};

/* Only the reference is in the log: the claims are not (R-MIN-01). */
static enum register_result
insert(struct register_db *db, void *arg)
{
	const struct written *written = arg;
	const struct register_person *person = written->person;
	const struct db_value row[] = { DB_TEXT(person->reference), DB_TEXT(person->claims),
		DB_TEXT(person->birth_date), DB_TEXT(register_law_word(person->card_status)), DB_ID(person->card_until),
		DB_ID(person->signature_until), DB_TEXT(person->municipality), DB_INT(written->when) };
	enum register_result res;
	int64_t there;

	res = register_ask(db, "SELECT count(*) FROM people WHERE reference = $1", row, 1, NULL, &there);
	if (res == REGISTER_OK && there != 0)
		return REGISTER_PERSON_KNOWN;
	if (res == REGISTER_OK)
		res = register_do(db,
			"INSERT INTO people (reference, claims, birth_date, card_status, card_until, signature_until,"
			" municipality, updated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			row, DB_COUNT(row));
	return res == REGISTER_OK ? register_append(db, written->when, "person-add", 0, 0, person->reference) : res;
}

enum register_result
register_person_add(struct register_db *db, const struct register_person *person, int64_t when)
{
	struct written written = { person, NULL, when, 0 };

	return register_transact(db, true, insert, &written);
}

/* R-CARD-40: the live record lapses, unless it is suspended, which keeps its renewal shut. */
static enum register_result
lapse_record(struct register_db *db, struct written *written, int64_t person)
{
	const struct db_value values[] = { DB_INT(person) };
	struct register_change change = { 0, REGISTER_ACT_LAPSE, "claims-changed", written->when };
	enum register_result res;
	bool there;

	res = register_ask(db, "SELECT id FROM devices WHERE person = $1 AND state = 'ACTIVE'", values, 1, &there,
		&change.device);
	if (res != REGISTER_OK || !there)
		return res;
	written->lapsed = change.device;
	return register_change_inside(db, &change, NULL);
}

/* What was issued to a suspended enrolment with the old claims ends as well. */
static enum register_result
end_suspended(struct register_db *db, int64_t person, int64_t when)
{
	const struct db_value values[] = { DB_INT(when), DB_INT(person) };

	return register_do(db,
		"UPDATE batches SET ended = $1, ended_reason = 'claims-changed' WHERE ended IS NULL AND device IN"
		" (SELECT id FROM devices WHERE person = $2 AND state = 'SUSPENDED')",
		values, 2);
}

static enum register_result
update(struct register_db *db, void *arg)
{
	struct written *written = arg;
	const struct register_person *person = written->person;
	struct register_person old = { .id = 0 };
	struct looked_for what = { person->reference, &old };
	enum register_result res;
	bool changed;

	written->lapsed = 0;
	res = find_inside(db, &what);
	if (res == REGISTER_OK && written->seen != NULL &&
		(!same_person(&old, written->seen) || !same(old.municipality, written->seen->municipality)))
		res = REGISTER_PERSON_CHANGED;
	if (res != REGISTER_OK)
		goto out;
	changed = !same(old.claims, person->claims);
	const struct db_value row[] = { DB_TEXT(person->claims), DB_TEXT(person->birth_date),
		DB_TEXT(register_law_word(person->card_status)), DB_ID(person->card_until),
		DB_ID(person->signature_until), DB_TEXT(person->municipality), DB_INT(written->when), DB_INT(old.id) };

	res = register_do(db,
		"UPDATE people SET claims = $1, birth_date = $2, card_status = $3, card_until = $4,"
		" signature_until = $5, municipality = $6, updated = $7 WHERE id = $8",
		row, DB_COUNT(row));
	if (res == REGISTER_OK)
		res = register_append(db, written->when, changed ? "person-claims" : "person-update", 0, 0,
			person->reference);
	if (res == REGISTER_OK && changed)
		res = lapse_record(db, written, old.id);
	if (res == REGISTER_OK && changed)
		res = end_suspended(db, old.id, written->when);
out:
	register_person_clear(&old);
	return res;
}

enum register_result
register_person_update(struct register_db *db, const struct register_person *person, const struct register_person *seen,
	int64_t when, int64_t *lapsed)
{
	struct written written = { person, seen, when, 0 };
	enum register_result res;

	res = register_transact(db, true, update, &written);
	if (lapsed != NULL)
		*lapsed = written.lapsed;
	return res;
}
