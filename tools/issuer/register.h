/*
 * register.h: the issuer's register: which nonces were offered, which keys were ever certified,
 * what was issued when and until when, and a log of events that only grows.
 *
 * One SQLite database (WAL, synchronous FULL). Every write is one transaction: wholly there or
 * wholly absent after a crash.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_H
#define ISSUER_REGISTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTER_VERSION 1
#define REGISTER_BUSY_MS 10000 /* wait for another process's transaction */

enum register_result {
	REGISTER_OK,
	REGISTER_NONCE_UNKNOWN, /* never offered */
	REGISTER_NONCE_USED,    /* an earlier request consumed it */
	REGISTER_KEY_SEEN,      /* a device key is in the register already (R-ENR-01) */
	REGISTER_NEWER,         /* written by a newer version of this program */
	REGISTER_FOREIGN,       /* a file that is no register */
	REGISTER_BUSY,          /* another process held it longer than REGISTER_BUSY_MS */
	REGISTER_ERROR          /* SQLite said so: register_reason() */
};

struct register_db;

/*
 * Make a new register, mode 0600. REGISTER_ERROR also when the file exists.
 * *db: register_close(), on every result (it may hold the reason).
 */
enum register_result register_create(const char *path, struct register_db **db);

/* Open an existing one for reading and writing. */
enum register_result register_open(const char *path, struct register_db **db);
void register_close(struct register_db *db);

/* SQLite's or the system's reason for the last REGISTER_ERROR; never NULL. */
const char *register_reason(const struct register_db *db);

/* A sentence for a result, untranslated N_() text; never NULL. */
const char *register_sentence(enum register_result result);

/* Remember a nonce that is offered. */
enum register_result register_offer(struct register_db *db, const char *nonce, int64_t when);

struct register_batch {
	const char *nonce;
	const char *doc_type;
	const char *person;             /* the issuer's own reference to a person or card; NULL: none */
	const char *ds_serial;          /* hexadecimal, of the document signer that signed */
	int64_t issued, valid_until;    /* seconds since the epoch */
	const char *const *thumbprints; /* RFC 7638, base64url, of the device keys */
	size_t count;
};

/* Would register_issue() accept this batch now? Changes nothing. *key: index of the key that
 * was seen before, with REGISTER_KEY_SEEN. */
enum register_result register_check(struct register_db *db, const struct register_batch *batch, size_t *key);

/*
 * Consume the nonce and enter the batch with all its copies, in one transaction committed to
 * disk; only after REGISTER_OK may anything of it leave the issuer. On any other result nothing
 * was changed.
 */
enum register_result register_issue(struct register_db *db, const struct register_batch *batch, size_t *key);

/* Append an event; detail may be NULL and holds no personal data. */
enum register_result register_log(struct register_db *db, int64_t when, const char *event, const char *detail);

#endif
