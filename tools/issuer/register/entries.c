/* entries.c: status lists as they are published. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include "tools/issuer/register/internal.h"

/* How long a copy stays on a list after its end, for readers whose clock is slow. */
#define GRACE ((int64_t)86400)

#define INVALID \
	" FROM copies AS c JOIN batches AS b ON b.id = c.batch JOIN devices AS d ON d.id = b.device" \
	" WHERE c.list = $1 AND b.valid_until >= $2 AND (d.state <> 'ACTIVE' OR b.ended IS NOT NULL" \
	" OR b.ds_serial IN (SELECT serial FROM revoked_certificates))"

struct next {
	int64_t id, now;
	struct register_list *out;
};

static enum register_result
next_inside(struct register_db *db, void *arg)
{
	const struct next *next = arg;
	const struct db_value values[] = { DB_INT(next->id), DB_INT(next->now - GRACE) };
	enum register_result res = REGISTER_OK;
	struct db_rows rows;
	enum db_result row;

	row = db_query(db->db,
		"SELECT id, size, bits, uri FROM lists WHERE id > $1 AND valid_until >= $2 ORDER BY id LIMIT 1", values,
		2, &rows);
	if (row == DB_NONE) {
		res = REGISTER_END;
	} else if (row != DB_OK) {
		res = register_failure(db, row);
	} else {
		next->out->id = db_number(&rows, 0);
		next->out->size = db_number(&rows, 1);
		next->out->bits = db_number(&rows, 2);
		snprintf(next->out->uri, sizeof(next->out->uri), "%s", db_text(&rows, 3));
	}
	db_end(&rows);
	return res;
}

enum register_result
register_next_list(struct register_db *db, int64_t id, int64_t now, struct register_list *out)
{
	struct next next = { id, now, out };

	return register_transact(db, false, next_inside, &next);
}

struct taken {
	int64_t list, now;
	bool (*take)(void *arg, uint64_t idx);
	void *arg;
};

static enum register_result
entries_inside(struct register_db *db, void *arg)
{
	const struct taken *taken = arg;
	const struct db_value values[] = { DB_INT(taken->list), DB_INT(taken->now - GRACE) };
	struct db_rows rows;
	enum db_result row;
	bool go_on = true;

	for (row = db_query(db->db, "SELECT c.idx" INVALID, values, 2, &rows); row == DB_OK && go_on;
		row = db_next(&rows))
		go_on = taken->take(taken->arg, (uint64_t)db_number(&rows, 0));
	db_end(&rows);
	return go_on ? register_failure(db, row) : register_wrong(db, "an entry is beyond the end of its list");
}

enum register_result
register_list_entries(struct register_db *db, int64_t list, int64_t now, bool (*take)(void *arg, uint64_t idx),
	void *arg)
{
	struct taken taken = { list, now, take, arg };

	return register_transact(db, false, entries_inside, &taken);
}
