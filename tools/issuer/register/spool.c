/* spool.c: notices that wait to be made and delivered (R-NTF-01, R-REV-05). SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/issuer/register/internal.h"

#define NOTICE_LEN 16 /* bytes of a notice's id */

struct recipients {
	int64_t device;
	bool has_key;
	char municipality[128];
};

static enum register_result
read_recipients(struct register_db *db, struct recipients *out)
{
	const struct db_value values[] = { DB_INT(out->device) };
	enum register_result res = REGISTER_OK;
	struct db_rows rows;
	enum db_result row;

	row = db_query(db->db,
		"SELECT CASE WHEN d.notice IS NULL THEN 0 ELSE 1 END, p.municipality"
		" FROM devices AS d LEFT JOIN people AS p ON p.id = d.person WHERE d.id = $1",
		values, 1, &rows);
	if (row != DB_OK) {
		res = row == DB_NONE ? REGISTER_DEVICE_UNKNOWN : register_failure(db, row);
	} else {
		out->has_key = db_number(&rows, 0) != 0;
		if (!db_null(&rows, 1) &&
			snprintf(out->municipality, sizeof(out->municipality), "%s", db_text(&rows, 1)) >=
				(int)sizeof(out->municipality))
			res = register_wrong(db, "the name of a municipality is too long");
	}
	db_end(&rows);
	return res;
}

static enum register_result
put(struct register_db *db, const char *recipient, int64_t device, const char *kind, const char *reason, int64_t when)
{
	char id[2 * NOTICE_LEN + 1];
	enum register_result res;

	res = register_random(db, NOTICE_LEN, id);
	if (res != REGISTER_OK)
		return res;
	const struct db_value row[] = { DB_TEXT(id), DB_TEXT(recipient), DB_TEXT(kind), DB_INT(device), DB_TEXT(reason),
		DB_INT(when) };

	return register_do(db,
		"INSERT INTO spool (notice, recipient, kind, device, reason, created) VALUES ($1, $2, $3, $4, $5, $6)",
		row, DB_COUNT(row));
}

enum register_result
register_notify(struct register_db *db, int64_t device, const char *kind, const char *reason, int64_t when)
{
	struct recipients to = { .device = device };
	enum register_result res;
	char recipient[160];

	if (kind == NULL)
		return REGISTER_OK;
	res = read_recipients(db, &to);
	if (res == REGISTER_OK && to.has_key && strcmp(kind, "ISSUED") != 0) {
		snprintf(recipient, sizeof(recipient), "device:%" PRId64, device);
		res = put(db, recipient, device, kind, reason, when);
	}
	if (res == REGISTER_OK && to.municipality[0] != '\0') {
		snprintf(recipient, sizeof(recipient), "municipality:%s", to.municipality);
		res = put(db, recipient, device, kind, reason, when);
	}
	return res;
}

void
register_notice_clear(struct register_notice *notice)
{
	free(notice->recipient);
	free(notice->kind);
	free(notice->reason);
	free(notice->document);
	*notice = (struct register_notice){ .id = 0 };
}

struct waiting {
	int64_t after;
	struct register_notice *out;
};

static enum register_result
next_inside(struct register_db *db, void *arg)
{
	const struct waiting *waiting = arg;
	const struct db_value values[] = { DB_INT(waiting->after) };
	struct register_notice *out = waiting->out;
	enum register_result res = REGISTER_OK;
	struct db_rows rows;
	enum db_result row;

	register_notice_clear(out);
	row = db_query(db->db,
		"SELECT id, notice, recipient, kind, reason, document, device, created FROM spool"
		" WHERE delivered IS NULL AND id > $1 ORDER BY id LIMIT 1",
		values, 1, &rows);
	if (row != DB_OK) {
		res = row == DB_NONE ? REGISTER_END : register_failure(db, row);
	} else {
		out->id = db_number(&rows, 0);
		snprintf(out->notice, sizeof(out->notice), "%s", db_text(&rows, 1));
		out->device = db_number(&rows, 6);
		out->created = db_number(&rows, 7);
		if (!register_copy(&rows, 2, &out->recipient) || !register_copy(&rows, 3, &out->kind) ||
			!register_copy(&rows, 4, &out->reason) || !register_copy(&rows, 5, &out->document))
			res = register_wrong(db, "out of memory");
	}
	db_end(&rows);
	return res;
}

enum register_result
register_notice_next(struct register_db *db, int64_t id, struct register_notice *out)
{
	struct waiting waiting = { id, out };

	*out = (struct register_notice){ .id = 0 };
	return register_transact(db, false, next_inside, &waiting);
}

struct kept {
	int64_t id, when;
	const char *document;
};

static enum register_result
document_inside(struct register_db *db, void *arg)
{
	const struct kept *kept = arg;
	const struct db_value values[] = { DB_TEXT(kept->document), DB_INT(kept->id) };
	enum register_result res;
	int64_t changed = 0;

	res = register_failure(db,
		db_execute(db->db,
			"UPDATE spool SET document = $1 WHERE id = $2 AND document IS NULL AND delivered IS NULL",
			values, 2, &changed));
	return res == REGISTER_OK && changed == 0 ? REGISTER_END : res;
}

enum register_result
register_notice_document(struct register_db *db, int64_t id, const char *document)
{
	struct kept kept = { id, 0, document };

	return register_transact(db, true, document_inside, &kept);
}

static enum register_result
delivered_inside(struct register_db *db, void *arg)
{
	const struct kept *kept = arg;
	const struct db_value values[] = { DB_INT(kept->when), DB_INT(kept->id) };
	enum register_result res;
	int64_t changed = 0, device = 0;

	res = register_failure(db,
		db_execute(db->db, "UPDATE spool SET delivered = $1 WHERE id = $2 AND delivered IS NULL", values, 2,
			&changed));
	if (res == REGISTER_OK && changed == 0)
		return REGISTER_END;
	if (res == REGISTER_OK)
		res = register_ask(db, "SELECT device FROM spool WHERE id = $1", values + 1, 1, NULL, &device);
	return res == REGISTER_OK ? register_append(db, kept->when, "notice-delivered", device, 0, NULL) : res;
}

enum register_result
register_notice_delivered(struct register_db *db, int64_t id, int64_t when)
{
	struct kept kept = { id, when, NULL };

	return register_transact(db, true, delivered_inside, &kept);
}
