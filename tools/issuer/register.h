/*
 * register.h: the issuer's register: which nonces were offered, which keys were ever certified, which TPMs are
 * enrolled, what was issued when and until when, and a log of events that only grows.
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

#define REGISTER_VERSION 2
#define REGISTER_BUSY_MS 10000 /* wait for another process's transaction */

enum register_result {
	REGISTER_OK,
	REGISTER_NONCE_UNKNOWN, /* never offered */
	REGISTER_NONCE_USED,    /* an earlier request consumed it */
	REGISTER_KEY_SEEN,      /* a device key is in the register already (R-ENR-01) */
	REGISTER_TPM_UNKNOWN,   /* no such attestation key is enrolled with this certificate */
	REGISTER_TPM_REVOKED,
	REGISTER_CHALLENGE_UNKNOWN,
	REGISTER_CHALLENGE_USED,
	REGISTER_CHALLENGE_OLD,
	REGISTER_NEWER,   /* written by a newer version of this program */
	REGISTER_FOREIGN, /* a file that is no register */
	REGISTER_BUSY,    /* another process held it longer than REGISTER_BUSY_MS */
	REGISTER_ERROR    /* SQLite said so: register_reason() */
};

struct register_db;

/*
 * Make a new register, mode 0600. REGISTER_ERROR also when the file exists.
 * *db: register_close(), on every result (it may hold the reason).
 */
enum register_result register_create(const char *path, struct register_db **db);

/* Open an existing one for reading and writing; one of an older version becomes one of this. */
enum register_result register_open(const char *path, struct register_db **db);
void register_close(struct register_db *db);

/* SQLite's or the system's reason for the last REGISTER_ERROR; never NULL. */
const char *register_reason(const struct register_db *db);

/* A sentence for a result, untranslated N_() text; never NULL. */
const char *register_sentence(enum register_result result);

/* Remember a nonce that is offered. */
enum register_result register_offer(struct register_db *db, const char *nonce, int64_t when);

/* The attestation key behind a batch, lower-case hexadecimal; certificate NULL: none. */
struct register_tpm {
	const char *name;        /* its Name */
	const char *certificate; /* the serial number of its certificate */
};

struct register_batch {
	const char *nonce;
	const char *doc_type;
	const char *person;             /* the issuer's own reference to a person or card; NULL: none */
	const char *ds_serial;          /* hexadecimal, of the document signer that signed */
	int64_t issued, valid_until;    /* seconds since the epoch */
	const char *const *thumbprints; /* RFC 7638, base64url, of the device keys */
	size_t count;
	struct register_tpm tpm;
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

/* ---- register_tpm.c: enrolment of TPMs; everything that is bytes is lower-case hexadecimal ---- */

#define REGISTER_CHALLENGE_AGE_MAX ((int64_t)7 * 86400) /* seconds in which a challenge may be answered */
#define REGISTER_AREA_MAX 1024                          /* bytes of an attestation key's public area */
#define REGISTER_TEXT_MAX 64                            /* of a token's serial number */

struct register_challenge {
	char id[2 * 16 + 1];
	char serial[REGISTER_TEXT_MAX + 1];      /* of the token, as it is */
	char ek[2 * 32 + 1];                     /* SHA-256 of the endorsement key's public area */
	char ak[2 * 34 + 1];                     /* Name of the attestation key */
	char ak_area[2 * REGISTER_AREA_MAX + 1]; /* its public area */
	char secret[2 * 32 + 1];                 /* SHA-256 of the secret */
};

/* Remember a challenge; only after REGISTER_OK may it leave the issuer. */
enum register_result register_challenge(struct register_db *db, const struct register_challenge *challenge,
	int64_t when);

/* One that was made and may still be answered at `when`. REGISTER_CHALLENGE_UNKNOWN, _USED, _OLD. */
enum register_result register_find_challenge(struct register_db *db, const char *id, int64_t when,
	struct register_challenge *out);

/*
 * The challenge was answered: from now on the attestation key counts with this certificate. In one transaction, once:
 * only after REGISTER_OK may the certificate leave the issuer.
 */
enum register_result register_enrol(struct register_db *db, const char *id, const char *certificate, int64_t when,
	int64_t valid_until);

/* Append an event; detail may be NULL and holds no personal data. */
enum register_result register_log(struct register_db *db, int64_t when, const char *event, const char *detail);

#endif
