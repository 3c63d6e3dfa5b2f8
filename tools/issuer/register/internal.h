/*
 * internal.h: what the files of the register share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_INTERNAL_H
#define ISSUER_REGISTER_INTERNAL_H

#include "tools/issuer/db/db.h"
#include "tools/issuer/register/register.h"

#define REGISTER_ATTEMPTS 5 /* at a transaction that the database undid */
#define REGISTER_HASH_LEN 32

struct register_db {
	struct db *db;
	const char *operator_;
	int64_t retention[REGISTER_CATEGORY_COUNT]; /* seconds */
	bool again;                                 /* the transaction may be done again */
	char reason[300];
};

/* What one transaction does; done again from its beginning when the database undid it. */
typedef enum register_result (*register_body)(struct register_db *db, void *arg);
enum register_result register_transact(struct register_db *db, bool write, register_body body, void *arg);

/* A database's result as ours; keeps the reason. DB_NONE is REGISTER_OK. */
enum register_result register_failure(struct register_db *db, enum db_result res);

/* A sentence of ours as the reason of a REGISTER_ERROR. */
enum register_result register_wrong(struct register_db *db, const char *why);

/* Inside a transaction: one statement that gives no rows. */
enum register_result register_do(struct register_db *db, const char *sql, const struct db_value *values, size_t n);

/* Inside a transaction: the number in the first row. *there: there was a row; NULL: one has to be */
enum register_result register_ask(struct register_db *db, const char *sql, const struct db_value *values, size_t n,
	bool *there, int64_t *number);

/* A copy of a column, NULL for NULL. False: memory. */
bool register_copy(const struct db_rows *rows, int column, char **out);

/* Random bytes as lower-case hexadecimal: 2 * len + 1 characters. */
enum register_result register_random(struct register_db *db, size_t len, char *text);

/* ---- log.c ---- */

/* Inside a transaction: append an event. device, batch 0: none */
enum register_result register_append(struct register_db *db, int64_t when, const char *event, int64_t device,
	int64_t batch, const char *detail);
void register_default_retention(struct register_db *db);

/* ---- device.c ---- */

/* Inside a transaction: the act, as register_change_state(), without a log of what is refused. */
enum register_result register_change_inside(struct register_db *db, const struct register_change *change,
	enum register_state *before);

/* ---- spool.c ---- */

/* Inside a transaction: the notices that an act causes, to the device (unless it is an ISSUED) and to the municipality
 * of its person, where there are such. */
enum register_result register_notify(struct register_db *db, int64_t device, const char *kind, const char *reason,
	int64_t when);

/* ---- people.c ---- */

/* Inside a transaction: the id of a person, who is entered when there is none; 0 for NULL. */
enum register_result register_person_id(struct register_db *db, const char *reference, int64_t when, int64_t *id);

/* Inside a transaction: is a person still what was read of them? REGISTER_PERSON_CHANGED. */
enum register_result register_person_same(struct register_db *db, const struct register_person *seen);

/* ---- grants.c ---- */

/* Inside a transaction: may it be used; and use it, which may be. REGISTER_GRANT_UNKNOWN, _USED, _OLD. */
enum register_result register_grant_check_inside(struct register_db *db, const char *hash, int64_t when);
enum register_result register_grant_use_inside(struct register_db *db, const char *hash, int64_t when);

/* ---- tpm.c ---- */

/* Inside a transaction: is this TPM enrolled? REGISTER_TPM_UNKNOWN, REGISTER_TPM_REVOKED. */
enum register_result register_check_tpm(struct register_db *db, const struct register_tpm *tpm);

/* ---- sweep.c ---- */

/* Inside a transaction: nothing more under a key that is not the issuer's alone (R-REV-04). As register_signer(). */
enum register_result register_check_signer(struct register_db *db, const char *serial);

/* ---- upgrade.c ---- */

/* Inside a transaction: from this version to REGISTER_VERSION; 0: an empty database. */
enum register_result register_take_steps(struct register_db *db, int64_t version);

#endif
