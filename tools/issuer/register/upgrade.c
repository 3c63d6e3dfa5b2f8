/* upgrade.c: the register of an older version becomes one of this. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/issuer/register/internal.h"
#include "tools/issuer/register/schema.h"
#include "tools/issuer/register/schema_old.h"

static enum register_result
script(struct register_db *db, const char *sql)
{
	return register_failure(db, db_script(db->db, sql));
}

static enum register_result
make_tables(struct register_db *db)
{
	return script(db, REGISTER_TABLES);
}

/* With the log that was taken over they would refuse what they should refuse only from now on. */
static enum register_result
make_triggers(struct register_db *db)
{
	return script(db, db_server(db->db) ? REGISTER_TRIGGERS_SERVER : REGISTER_TRIGGERS_SQLITE);
}

/* One old event as the next of the chain. *last: its id; 0: there was none */
static enum register_result
move_event(struct register_db *db, int64_t *last)
{
	const struct db_value after[] = { DB_INT(*last) };
	enum register_result res;
	struct db_rows rows;

	res = register_failure(db,
		db_query(db->db,
			"SELECT id, at, event, batch, detail FROM old_events WHERE id > $1 ORDER BY id LIMIT 1", after,
			1, &rows));
	*last = 0;
	if (res == REGISTER_OK && db_has_row(&rows)) {
		*last = db_number(&rows, 0);
		res = register_append(db, db_number(&rows, 1), db_text(&rows, 2), db_number(&rows, 3),
			db_number(&rows, 3), db_text(&rows, 4));
	}
	db_end(&rows);
	return res;
}

/* An enrolment that is not in operation any more: the log says so too. *last: its id; 0: there was none */
static enum register_result
move_state(struct register_db *db, int64_t *last)
{
	const struct db_value after[] = { DB_INT(*last) };
	enum register_result res;
	struct db_rows rows;

	res = register_failure(db,
		db_query(db->db,
			"SELECT id, since, CASE state WHEN 'SUSPENDED' THEN 'suspend' ELSE 'revoke' END, reason"
			" FROM devices WHERE state <> 'ACTIVE' AND id > $1 ORDER BY id LIMIT 1",
			after, 1, &rows));
	*last = 0;
	if (res == REGISTER_OK && db_has_row(&rows)) {
		*last = db_number(&rows, 0);
		res = register_append(db, db_number(&rows, 1), db_text(&rows, 2), *last, 0, db_text(&rows, 3));
	}
	db_end(&rows);
	return res;
}

/* One row after the other, until there is none. */
static enum register_result
move_all(struct register_db *db, enum register_result (*move)(struct register_db *db, int64_t *last))
{
	enum register_result res;
	int64_t last = 0;

	do {
		res = move(db, &last);
	} while (res == REGISTER_OK && last != 0);
	return res;
}

static enum register_result
from_2(struct register_db *db)
{
	enum register_result res;

	res = script(db, REGISTER_ASIDE_2);
	if (res == REGISTER_OK)
		res = make_tables(db);
	if (res == REGISTER_OK)
		res = script(db, REGISTER_MOVE_2);
	if (res == REGISTER_OK)
		res = move_all(db, move_event);
	if (res == REGISTER_OK)
		res = move_all(db, move_state);
	if (res == REGISTER_OK)
		res = script(db, REGISTER_DROP_2);
	return res == REGISTER_OK ? make_triggers(db) : res;
}

enum register_result
register_take_steps(struct register_db *db, int64_t version)
{
	enum register_result res = REGISTER_OK;

	if (version == 0) {
		res = make_tables(db);
		return res == REGISTER_OK ? make_triggers(db) : res;
	}
	if (version == 3)
		return script(db, REGISTER_INDEXES_4);
	if (version == 1)
		res = script(db, REGISTER_SCHEMA_2);
	return res == REGISTER_OK ? from_2(db) : res;
}
