/*
 * register_internal.h: what the files of the register share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_INTERNAL_H
#define ISSUER_REGISTER_INTERNAL_H

#include <sqlite3.h>
#include "tools/issuer/register.h"

struct register_db {
	sqlite3 *sqlite;
	char reason[200];
};

/* A parameter of a statement: 'i' a number, 't' text or NULL. */
struct register_parameter {
	char type;
	int64_t number;
	const char *text;
};

#define NUMBER(n) \
	{ \
		'i', (n), NULL \
	}
#define TEXT(t) \
	{ \
		't', 0, (t) \
	}

enum register_row { ROW_NONE, ROW_NULL, ROW_NUMBER };

/* A SQLite result as ours; keeps the reason before another call changes it. */
enum register_result register_failure(struct register_db *db, int code);

/* Statements without parameters. */
enum register_result register_execute(struct register_db *db, const char *sql);

/* End of a transaction: commit when all went well, otherwise leave nothing of it. */
enum register_result register_finish(struct register_db *db, enum register_result res);

/*
 * Run one statement with its parameters.
 * row    first column of the first row, if any; NULL: a row is not expected
 * value  the number in it; NULL: not wanted
 */
enum register_result register_run(struct register_db *db, const char *sql, const struct register_parameter *parameters,
	size_t n, enum register_row *row, int64_t *value);

/* Inside a transaction: append an event. batch 0: none */
enum register_result register_append(struct register_db *db, int64_t when, const char *event, int64_t batch,
	const char *detail);

/* Inside a transaction: is this TPM enrolled? REGISTER_TPM_UNKNOWN, REGISTER_TPM_REVOKED. */
enum register_result register_check_tpm(struct register_db *db, const struct register_tpm *tpm);

#endif
