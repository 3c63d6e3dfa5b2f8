/* test_register_log.c: the log of the register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/register_kit.h"
#include "tests/unit/unit_issuer.h"

#define NOW KIT_NOW
#define DAY 86400

/* A register with a dozen events; *device: of a revoked record */
static struct register_db *
with_events(int64_t *device)
{
	struct register_db *db = kit_fresh();
	struct register_issued issued = { .device = 0 };
	const struct kit_issue what = { .name = "a", .n = 1 };
	struct register_change change = { 0, REGISTER_ACT_SUSPEND, NULL, NOW };

	register_set_operator(db, "yamada");
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	change.device = issued.device;
	CU_ASSERT_EQUAL(register_change_state(db, &change, NULL), REGISTER_OK);
	change.act = REGISTER_ACT_REVOKE;
	change.reason = "key-lost";
	CU_ASSERT_EQUAL(register_change_state(db, &change, NULL), REGISTER_OK);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(register_log(db, NOW, "login-failed", i % 2 == 0 ? "token" : NULL), REGISTER_OK);
	*device = issued.device;
	return db;
}

/* The event at which the log is not what was written; 0: it is */
static int64_t
bad_at(struct register_db *db, int64_t now)
{
	struct register_chain chain;

	CU_ASSERT_EQUAL(register_verify_log(db, now, 0, NULL, &chain), REGISTER_OK);
	CU_ASSERT_EQUAL(chain.bad == 0, chain.fault == NULL);
	return chain.bad;
}

/* Otherwise whoever owns the database could change what was done, and nobody would know (R-RET-01, R-IKC-02). */
static void
test_tampering(void)
{
	static const struct {
		const char *table, *sql;
		int64_t bad;
	} rows[] = {
		{ "events", "UPDATE events SET at = at + 1 WHERE id = 3", 3 },
		{ "events", "UPDATE events SET operator = 'sato' WHERE id = 5", 5 },
		{ "events", "UPDATE events SET operator = NULL WHERE id = 5", 5 },
		{ "events", "UPDATE events SET event = 'issue' WHERE id = 6", 6 },
		{ "events", "UPDATE events SET device = NULL WHERE id = 4", 4 },
		{ "events", "UPDATE events SET detail = 'key-leaked' WHERE id = 4", 4 },
		{ "events", "UPDATE events SET detail = NULL, salt = NULL WHERE id = 4", 4 },
		{ "events", "UPDATE events SET retained_until = 1 WHERE id = 4", 4 },
		{ "events", "DELETE FROM events WHERE id = 2", 2 },
		{ "events", "DELETE FROM events WHERE id > 9", 10 },
		{ "events", "DELETE FROM events", 1 },
		{ "events", "UPDATE events SET id = 99 WHERE id = 12", 12 },
		{ "devices", "UPDATE devices SET state = 'ACTIVE'", 1 },
	};
	int64_t device;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct register_db *db = with_events(&device);

		CU_ASSERT_EQUAL(bad_at(db, NOW), 0);
		CU_ASSERT(!kit_execute(rows[i].sql) || strstr(rows[i].sql, "salt = NULL") != NULL);
		CU_ASSERT(kit_force(rows[i].table, rows[i].sql));
		CU_ASSERT_EQUAL(bad_at(db, NOW), rows[i].bad);
		kit_drop(db);
	}
}

/* Otherwise the end of the log could be cut off together with what remembers it, or all of it be written anew. */
static void
test_kept_hash(void)
{
	int64_t device;
	struct register_db *db = with_events(&device);
	struct register_chain kept, chain;

	CU_ASSERT_EQUAL(register_verify_log(db, NOW, 0, NULL, &kept), REGISTER_OK);
	CU_ASSERT_EQUAL(kept.events, 12);
	CU_ASSERT_EQUAL(register_log(db, NOW, "login-failed", NULL), REGISTER_OK);
	CU_ASSERT_EQUAL(register_verify_log(db, NOW, kept.events, kept.hash, &chain), REGISTER_OK);
	CU_ASSERT_PTR_NULL(chain.fault);
	CU_ASSERT(kit_force("events",
		"DELETE FROM events WHERE id > 10; UPDATE chain SET last = 10, hash = (SELECT hash FROM events WHERE "
		"id = "
		"10)"));
	CU_ASSERT_EQUAL(bad_at(db, NOW), 0);
	CU_ASSERT_EQUAL(register_verify_log(db, NOW, kept.events, kept.hash, &chain), REGISTER_OK);
	CU_ASSERT_PTR_NOT_NULL(chain.fault);
	kit_drop(db);
}

/* Otherwise personal detail would be kept for ever, or go before its time, or the log break when it goes (R-RET-01). */
static void
test_retention(void)
{
	struct register_db *db = kit_fresh();
	char reference[] = "p", claims[] = "{}";
	struct register_person person = { .reference = reference, .claims = claims };
	struct register_chain chain;
	int64_t details = 9, people = 9;

	register_set_retention(db, REGISTER_OPERATOR, 10);
	register_set_retention(db, REGISTER_KEY, 30);
	register_set_retention(db, REGISTER_PERSON, 60);
	register_set_retention(db, REGISTER_ISSUE, 60);
	CU_ASSERT_EQUAL(register_log(db, NOW, "login-failed", "short"), REGISTER_OK);
	CU_ASSERT_EQUAL(register_log(db, NOW, "key-backup", "long"), REGISTER_OK);
	CU_ASSERT_EQUAL(register_person_add(db, &person, NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_purge(db, NOW + 10 * DAY, &details, &people), REGISTER_OK);
	CU_ASSERT_EQUAL(details, 0);
	CU_ASSERT_EQUAL(people, 0);
	CU_ASSERT_EQUAL(register_purge(db, NOW + 11 * DAY, &details, &people), REGISTER_OK);
	CU_ASSERT_EQUAL(details, 1);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM events WHERE detail = 'long'"), 1);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM events WHERE detail = 'short'"), 0);
	CU_ASSERT_EQUAL(bad_at(db, NOW + 11 * DAY), 0);
	CU_ASSERT_EQUAL(register_purge(db, NOW + 61 * DAY, &details, &people), REGISTER_OK);
	CU_ASSERT_EQUAL(people, 1);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM people WHERE claims IS NULL"), 1);
	CU_ASSERT_EQUAL(register_verify_log(db, NOW + 61 * DAY, 0, NULL, &chain), REGISTER_OK);
	CU_ASSERT_PTR_NULL(chain.fault);
	CU_ASSERT_EQUAL(chain.purged, 5); /* three of ours and two of the purges before */
	kit_drop(db);
}

void
add_register_log_tests(void)
{
	const struct kit_suite suites = kit_suites("the log");

	kit_add(&suites, "a log that was changed", test_tampering);
	kit_add(&suites, "a log of which the hash was kept", test_kept_hash);
	kit_add(&suites, "details whose time is over", test_retention);
}
