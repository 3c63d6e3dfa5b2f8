/*
 * register_kit.h: registers for tests, in SQLite and in a PostgreSQL server of the test's own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_REGISTER_KIT_H
#define TESTS_REGISTER_KIT_H

#include <CUnit/CUnit.h>
#include "tools/issuer/register/register.h"

#define KIT_NOW 1767225600 /* 2026-01-01 */

/* A suite for each database that is there: what is added to one is added to all. */
struct kit_suite {
	CU_pSuite suite[2];
	size_t count;
};
struct kit_suite kit_suites(const char *name);
void kit_add(const struct kit_suite *suites, const char *name, CU_TestFunc test);

/* A new register, and its end. The suite's database. */
struct register_db *kit_fresh(void);
void kit_drop(struct register_db *db);

/* Where it is, for another handle. */
const char *kit_where(void);
bool kit_is_server(void);

/* Beside the register: the first number of a query, -1: it failed; and a script, true: it was done. */
int64_t kit_count(const char *sql);
bool kit_execute(const char *sql);

/* As whoever owns the database could: without the triggers of this table. */
bool kit_force(const char *table, const char *sql);

/* End every connection of a server. */
void kit_restart(void);

/*
 * Issue a batch of n copies with keys NAME-0, NAME-1 … for a nonce NAME.
 * person NULL: nobody; device 0: an enrolment; list_size 0: no places
 */
struct kit_issue {
	const char *name, *person, *ds, *notification, *grant, *tls;
	const struct register_person *seen;
	int64_t device, at, list_size;
	size_t n;
	bool supersede, with_key;
};
enum register_result kit_issue(struct register_db *db, const struct kit_issue *what, struct register_issued *issued);

#endif
