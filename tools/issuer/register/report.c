/* report.c: what the register has, in numbers, and its events, for a ledger. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/issuer/register/log.h"

#define PAGE 1000

static enum register_result
tally_inside(struct register_db *db, void *arg)
{
	struct register_tally *tally = arg;
	const struct {
		const char *sql;
		int64_t *number;
	} rows[] = {
		{ "SELECT count(*) FROM people", &tally->people },
		{ "SELECT count(*) FROM batches", &tally->batches },
		{ "SELECT count(*) FROM copies", &tally->copies },
		{ "SELECT coalesce(sum(size), 0) FROM batches", &tally->copies_said },
		{ "SELECT count(*) FROM events WHERE event = 'issue'", &tally->issues_logged },
		{ "SELECT count(*) FROM offers WHERE used IS NOT NULL", &tally->nonces_used },
		{ "SELECT count(*) FROM spool WHERE delivered IS NULL", &tally->notices_waiting },
		{ "SELECT last FROM chain WHERE id = 1", &tally->events },
	};
	enum register_result res = REGISTER_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && res == REGISTER_OK; i++)
		res = register_ask(db, rows[i].sql, NULL, 0, NULL, rows[i].number);
	for (unsigned i = 0; i < REGISTER_STATE_COUNT && res == REGISTER_OK; i++) {
		const struct db_value state[] = { DB_TEXT(register_state_name((enum register_state)i)) };

		res = register_ask(db, "SELECT count(*) FROM devices WHERE state = $1", state, 1, NULL,
			&tally->devices[i]);
	}
	return res;
}

enum register_result
register_tally(struct register_db *db, struct register_tally *tally)
{
	*tally = (struct register_tally){ .people = 0 };
	return register_transact(db, false, tally_inside, tally);
}

struct taken {
	int64_t from, until, after;
	bool (*take)(void *arg, const struct register_event *event);
	void *arg;
	bool more;
};

static enum register_result
page_inside(struct register_db *db, void *arg)
{
	struct taken *taken = arg;
	const struct db_value values[] = { DB_INT(taken->after), DB_INT(taken->from), DB_INT(taken->until),
		DB_INT(PAGE) };
	struct db_rows rows;
	enum db_result row;
	bool go_on = true;
	int n = 0;

	for (row = db_query(db->db,
		     "SELECT id, at, event, category, operator, device, batch FROM events"
		     " WHERE id > $1 AND at >= $2 AND at < $3 ORDER BY id LIMIT $4",
		     values, 4, &rows);
		row == DB_OK && go_on; row = db_next(&rows)) {
		const struct register_event event = { db_number(&rows, 0), db_number(&rows, 1), db_text(&rows, 2),
			db_text(&rows, 3), db_text(&rows, 4), db_number(&rows, 5), db_number(&rows, 6) };

		go_on = taken->take(taken->arg, &event);
		taken->after = event.id;
		n++;
	}
	taken->more = n == PAGE;
	db_end(&rows);
	return go_on ? register_failure(db, row) : register_wrong(db, "out of memory");
}

enum register_result
register_events(struct register_db *db, int64_t from, int64_t until,
	bool (*take)(void *arg, const struct register_event *event), void *arg)
{
	struct taken taken = { from, until, 0, take, arg, false };
	enum register_result res;

	do {
		res = register_transact(db, false, page_inside, &taken);
	} while (res == REGISTER_OK && taken.more);
	return res;
}
