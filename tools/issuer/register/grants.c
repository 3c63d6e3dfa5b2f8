/* grants.c: codes and tokens of the issuer's server. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include "tools/issuer/register/internal.h"

void
register_grant_clear(struct register_grant *grant)
{
	free(grant->kind);
	free(grant->tls);
	free(grant->secret);
	free(grant->detail);
	*grant = (struct register_grant){ .person = 0 };
}

static enum register_result
put_inside(struct register_db *db, void *arg)
{
	const struct register_grant *grant = arg;
	const struct db_value row[] = { DB_TEXT(grant->hash), DB_TEXT(grant->kind), DB_ID(grant->person),
		DB_ID(grant->device), DB_TEXT(grant->tls), DB_TEXT(grant->secret), DB_INT(grant->tries_left),
		DB_INT(grant->created), DB_INT(grant->expires), DB_TEXT(grant->detail) };

	return register_do(db,
		"INSERT INTO grants (hash, kind, person, device, tls, secret, tries_left, created, expires, detail)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		row, DB_COUNT(row));
}

enum register_result
register_grant_put(struct register_db *db, const struct register_grant *grant)
{
	struct register_grant copy = *grant;

	return register_transact(db, true, put_inside, &copy);
}

struct asked {
	const char *hash;
	int64_t when, tries_left;
	struct register_grant *out;
};

static bool
read_grant(const struct db_rows *rows, struct register_grant *out)
{
	out->person = db_number(rows, 2);
	out->device = db_number(rows, 3);
	out->tries_left = db_number(rows, 6);
	out->created = db_number(rows, 7);
	out->expires = db_number(rows, 8);
	return register_copy(rows, 1, &out->kind) && register_copy(rows, 4, &out->tls) &&
		register_copy(rows, 5, &out->secret) && register_copy(rows, 9, &out->detail);
}

/* Inside a transaction: may it be used now? out: filled in where it may; NULL: not wanted */
static enum register_result
check(struct register_db *db, const struct asked *asked)
{
	const struct db_value values[] = { DB_TEXT(asked->hash) };
	enum register_result res = REGISTER_OK;
	struct db_rows rows;
	enum db_result row;

	row = db_query(db->db,
		"SELECT used, kind, person, device, tls, secret, tries_left, created, expires, detail FROM grants"
		" WHERE hash = $1",
		values, 1, &rows);
	if (row == DB_NONE)
		res = REGISTER_GRANT_UNKNOWN;
	else if (row != DB_OK)
		res = register_failure(db, row);
	else if (!db_null(&rows, 0))
		res = REGISTER_GRANT_USED;
	else if (asked->when >= db_number(&rows, 8))
		res = REGISTER_GRANT_OLD;
	else if (asked->out != NULL && !read_grant(&rows, asked->out))
		res = register_wrong(db, "out of memory");
	db_end(&rows);
	return res;
}

static enum register_result
find_inside(struct register_db *db, void *arg)
{
	const struct asked *asked = arg;

	register_grant_clear(asked->out);
	snprintf(asked->out->hash, sizeof(asked->out->hash), "%s", asked->hash);
	return check(db, asked);
}

enum register_result
register_grant_find(struct register_db *db, const char *hash, int64_t when, struct register_grant *out)
{
	struct asked asked = { hash, when, 0, out };

	*out = (struct register_grant){ .person = 0 };
	return register_transact(db, false, find_inside, &asked);
}

static enum register_result
mark_used(struct register_db *db, const struct asked *asked)
{
	const struct db_value values[] = { DB_INT(asked->when), DB_TEXT(asked->hash) };

	return register_do(db, "UPDATE grants SET used = $1 WHERE hash = $2", values, 2);
}

enum register_result
register_grant_check_inside(struct register_db *db, const char *hash, int64_t when)
{
	const struct asked asked = { hash, when, 0, NULL };

	return check(db, &asked);
}

enum register_result
register_grant_use_inside(struct register_db *db, const char *hash, int64_t when)
{
	const struct asked asked = { hash, when, 0, NULL };

	return mark_used(db, &asked);
}

static enum register_result
use_inside(struct register_db *db, void *arg)
{
	const enum register_result res = check(db, arg);

	return res == REGISTER_OK ? mark_used(db, arg) : res;
}

enum register_result
register_grant_use(struct register_db *db, const char *hash, int64_t when)
{
	struct asked asked = { hash, when, 0, NULL };

	return register_transact(db, true, use_inside, &asked);
}

static enum register_result
try_inside(struct register_db *db, void *arg)
{
	struct asked *asked = arg;
	const struct db_value values[] = { DB_TEXT(asked->hash) };
	enum register_result res;
	int64_t left = 0;

	res = check(db, asked);
	if (res == REGISTER_OK)
		res = register_ask(db, "SELECT tries_left FROM grants WHERE hash = $1", values, 1, NULL, &left);
	asked->tries_left = left - 1;
	if (res == REGISTER_OK && left <= 0)
		return mark_used(db, asked); /* whoever had the last try was cut off */
	return res == REGISTER_OK
		? register_do(db, "UPDATE grants SET tries_left = tries_left - 1 WHERE hash = $1", values, 1)
		: res;
}

enum register_result
register_grant_try(struct register_db *db, const char *hash, int64_t when, int64_t *tries_left)
{
	struct asked asked = { hash, when, 0, NULL };
	const enum register_result res = register_transact(db, true, try_inside, &asked);

	*tries_left = asked.tries_left > 0 ? asked.tries_left : 0;
	return res == REGISTER_OK && asked.tries_left < 0 ? REGISTER_GRANT_USED : res;
}

static enum register_result
sweep_inside(struct register_db *db, void *arg)
{
	const int64_t *when = arg;
	const struct db_value values[] = { DB_INT(*when) };

	return register_do(db, "DELETE FROM grants WHERE expires < $1", values, 1);
}

enum register_result
register_grant_sweep(struct register_db *db, int64_t when)
{
	return register_transact(db, true, sweep_inside, &when);
}
