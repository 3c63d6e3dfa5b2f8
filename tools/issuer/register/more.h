/*
 * more.h: of register.h: enrolment of TPMs, reports, the spool of notices, and the grants of the issuer's server.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_MORE_H
#define ISSUER_REGISTER_MORE_H

#include "tools/issuer/register/register.h"

/* ---- tpm.c: enrolment of TPMs; everything that is bytes is lower-case hexadecimal ---- */

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

/*
 * Remember a challenge; only after REGISTER_OK may it leave the issuer. REGISTER_TPM_REVOKED: one with this endorsement
 * key or this attestation key was enrolled and is not trusted any more.
 */
enum register_result register_challenge(struct register_db *db, const struct register_challenge *challenge,
	int64_t when);

/* One that was made and may still be answered at `when`. REGISTER_CHALLENGE_UNKNOWN, _USED, _OLD. */
enum register_result register_find_challenge(struct register_db *db, const char *id, int64_t when,
	struct register_challenge *out);

/*
 * The challenge was answered: from now on the attestation key counts with this certificate. In one transaction, once:
 * only after REGISTER_OK may the certificate leave the issuer. REGISTER_TPM_REVOKED as register_challenge().
 */
enum register_result register_enrol(struct register_db *db, const char *id, const char *certificate, int64_t when,
	int64_t valid_until);

/* ---- report.c: for reports and their comparison with other ledgers (R-CARD-37) ---- */

struct register_tally {
	int64_t people, devices[REGISTER_STATE_COUNT], batches, events, notices_waiting;
	int64_t copies, copies_said; /* rows, and what the batches say: the same in a register that is right */
	int64_t issues_logged;       /* the same as batches */
	int64_t nonces_used;         /* the same */
};
enum register_result register_tally(struct register_db *db, struct register_tally *tally);

/* An event without its detail; texts are borrowed during the call. */
struct register_event {
	int64_t id, at;
	const char *event, *category, *operator_; /* operator_ may be NULL */
	int64_t device, batch;                    /* 0: none */
};

/* Events from `from` on and before `until`, in order. take: false ends it with REGISTER_ERROR */
enum register_result register_events(struct register_db *db, int64_t from, int64_t until,
	bool (*take)(void *arg, const struct register_event *event), void *arg);

/* ---- spool.c: notices that wait to be made and delivered ---- */

struct register_notice {
	int64_t id;
	char notice[33]; /* its id for the recipient: 128 random bits in hexadecimal */
	char *recipient; /* "device:ID" or "municipality:NAME" */
	char *kind;      /* "ISSUED", "SUSPENDED", "RESUMED", "REVOKED", "LAPSED" */
	char *reason;    /* may be NULL */
	char *document;  /* as it leaves the issuer; NULL: not made yet */
	int64_t device, created;
};

/* The next one after `id` that is not delivered. REGISTER_END. register_notice_clear() on every result. */
enum register_result register_notice_next(struct register_db *db, int64_t id, struct register_notice *out);
void register_notice_clear(struct register_notice *notice);

/* Keep the document before it is sent, so that a second attempt sends the same; REGISTER_END: there is one already,
 * or it was delivered. */
enum register_result register_notice_document(struct register_db *db, int64_t id, const char *document);

/* It was delivered. REGISTER_END: it had been before. */
enum register_result register_notice_delivered(struct register_db *db, int64_t id, int64_t when);

/* ---- grants.c: codes and tokens of the issuer's server, by their SHA-256 ---- */

struct register_grant {
	char hash[65];          /* lower-case hexadecimal */
	char *kind;             /* "offer", "access", "refresh" … */
	int64_t person, device; /* 0: none */
	char *tls;              /* base64url SHA-256 of the key that it is bound to; NULL: none */
	char *secret;           /* hash of a transaction code; NULL: none */
	int64_t tries_left, created, expires;
	char *detail; /* JSON; NULL: none */
};

enum register_result register_grant_put(struct register_db *db, const struct register_grant *grant);

/* One that may be used at `when`. REGISTER_GRANT_UNKNOWN, _USED, _OLD. register_grant_clear() on every result. */
enum register_result register_grant_find(struct register_db *db, const char *hash, int64_t when,
	struct register_grant *out);
void register_grant_clear(struct register_grant *grant);

/* Use it up, once. REGISTER_GRANT_UNKNOWN, _USED, _OLD. */
enum register_result register_grant_use(struct register_db *db, const char *hash, int64_t when);

/*
 * Count a try of the transaction code, durably, before the code is looked at: several servers grant no more tries than
 * one. *tries_left: after this one. REGISTER_GRANT_USED: none was left; the grant is used up. And _UNKNOWN, _OLD.
 */
enum register_result register_grant_try(struct register_db *db, const char *hash, int64_t when, int64_t *tries_left);

/* Forget those whose time is over. */
enum register_result register_grant_sweep(struct register_db *db, int64_t when);

#endif
