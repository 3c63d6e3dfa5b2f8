/*
 * register.h: the issuer's register: people and their cards, enrolled devices and the state of their records, nonces,
 * batches and copies with their places in status lists, enrolled TPMs, notices that wait, grants of the issuer's
 * server, revoked certificates, and a log that only grows.
 *
 * One database, SQLite or PostgreSQL. Every write is one transaction: wholly there or wholly absent after a crash. A
 * handle belongs to one thread; others open their own. Texts in results are owned by the result, which has a
 * …_clear(); texts in arguments are borrowed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_H
#define ISSUER_REGISTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/issuer/register/state.h"

#define REGISTER_VERSION 4
#define REGISTER_APPLICATION_ID 0x6D646F63 /* "mdoc" */

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
	REGISTER_PERSON_UNKNOWN,
	REGISTER_PERSON_KNOWN,   /* there is one with this reference already */
	REGISTER_PERSON_CHANGED, /* the register has something else of them than the copies were made of */
	REGISTER_DEVICE_UNKNOWN, /* no such enrolment */
	REGISTER_DEVICE_LIVE,    /* the person has a live one already (R-CARD-24): supersede it, or revoke it first */
	REGISTER_DEVICE_SEEN,    /* its attestation key belongs to an enrolment already */
	REGISTER_NOT_ALLOWED,    /* the act is not possible in this state */
	REGISTER_SIGNER_REVOKED, /* the document signer's key is compromised (R-REV-04) */
	REGISTER_IACA_REVOKED,   /* the IACA's, and with it every one below */
	REGISTER_GRANT_UNKNOWN,
	REGISTER_GRANT_USED,
	REGISTER_GRANT_OLD,
	REGISTER_END,     /* no more */
	REGISTER_NEWER,   /* written by a newer version of this program */
	REGISTER_FOREIGN, /* a file or database that is no register */
	REGISTER_BUSY,    /* others held it for longer than DB_BUSY_MS */
	REGISTER_ERROR    /* the database said so: register_reason() */
};

struct register_db;

/*
 * Make a new register. REGISTER_ERROR also when it is there already.
 *
 * where  path of a file (made with mode 0600) or postgresql://… of an empty database, as db_open() takes it
 * *db    register_close(), on every result (it may hold the reason)
 */
enum register_result register_create(const char *where, struct register_db **db);

/* Open an existing one for reading and writing; one of an older version becomes one of this. */
enum register_result register_open(const char *where, struct register_db **db);
void register_close(struct register_db *db);

/* Undo register_create() of a register with nothing but events in it, on a server; a file is for the caller to remove. */
void register_discard(struct register_db *db);

/* The database's or the system's reason for the last REGISTER_ERROR; never NULL. */
const char *register_reason(const struct register_db *db);

/* A sentence for a result, untranslated N_() text; never NULL. */
const char *register_sentence(enum register_result result);

/* Who acts: every event from now on has this name (R-IKC-02). Borrowed; NULL: nobody in particular. */
void register_set_operator(struct register_db *db, const char *operator_);

/* ---- The log: log.c ---- */

/* What an event is about, which decides how long it is kept (R-RET-01). */
enum register_category {
	REGISTER_ISSUE,    /* offers, batches, deliveries */
	REGISTER_STATUS,   /* suspended, revoked, lapsed …, lists */
	REGISTER_PERSON,   /* what the register knows of people */
	REGISTER_KEY,      /* the issuer's keys and certificates, TPMs */
	REGISTER_OPERATOR, /* logins and what was refused */
	REGISTER_NOTICE,   /* notices to devices and municipalities */
	REGISTER_CATEGORY_COUNT
};
const char *register_category_name(enum register_category category);
bool register_category_from(const char *name, enum register_category *category);

/* How long events of a category are kept from now on, in days from the event; for events that are written later. */
void register_set_retention(struct register_db *db, enum register_category category, int64_t days);

/* Append an event. Its category follows from its name (log.c), "operator" for one that is not known there.
 * detail: may be NULL; it is removed when its time is over, its hash stays */
enum register_result register_log(struct register_db *db, int64_t when, const char *event, const char *detail);

struct register_chain {
	int64_t events;    /* in the log, and of those: */
	int64_t purged;    /* without their detail, whose time was over */
	char hash[65];     /* of the last one: whoever keeps it can tell later that nothing before was changed */
	int64_t bad;       /* the first event that is not what was written; 0: none */
	const char *fault; /* untranslated sentence; NULL: none */
};

/*
 * Follow the whole chain and replay the states of all enrolments.
 *
 * now       for details that are missing before their time
 * known     an earlier hash that has to be in the chain at event `known_at`; NULL: none
 */
enum register_result register_verify_log(struct register_db *db, int64_t now, int64_t known_at, const char *known,
	struct register_chain *chain);

/* Remove details whose time is over and claims of people who have had no record for as long as issues are kept. */
enum register_result register_purge(struct register_db *db, int64_t now, int64_t *details, int64_t *people);

/* ---- People: people.c ---- */

struct register_person {
	int64_t id;
	char *reference;  /* the issuer's own */
	char *claims;     /* JSON {namespace: {element: value}} with all bytes inlined; NULL: purged or never given */
	char *birth_date; /* YYYY-MM-DD; NULL: not known */
	enum register_law card_status;       /* of the physical card */
	int64_t card_until, signature_until; /* end of the card, of its signature certificate; 0: not known */
	char *municipality;                  /* whom notices go to; NULL: nobody */
	int64_t updated;
	bool exists; /* of find: there is such a person */
};

/* A new person; id is filled in. REGISTER_PERSON_KNOWN. */
enum register_result register_person_add(struct register_db *db, const struct register_person *person, int64_t when);

/*
 * Write all of a person anew. When the claims change, what was issued with the old ones ends (R-CARD-40): the live
 * record lapses, and a renewal makes a new one.
 * seen     what it was made of; NULL: whatever is there is overwritten. REGISTER_PERSON_CHANGED: somebody else has been
 *          at it since
 * *lapsed  the enrolment whose record lapsed; 0: none
 */
enum register_result register_person_update(struct register_db *db, const struct register_person *person,
	const struct register_person *seen, int64_t when, int64_t *lapsed);

/* REGISTER_PERSON_UNKNOWN. register_person_clear() on every result. */
enum register_result register_person_find(struct register_db *db, const char *reference, struct register_person *out);
void register_person_clear(struct register_person *person);

/* ---- Devices, that is enrolments: device.c ---- */

struct register_device {
	int64_t id, person;                         /* person 0: none */
	char *reference;                            /* of the person; NULL: none */
	char *serial, *backend;                     /* of the token, as it says; may be NULL */
	char *attestation, *attestation_thumbprint; /* JWK of its attestation key; RFC 7638 */
	char *response, *response_thumbprint;       /* JWK that responses are encrypted to */
	char *notice;                               /* JWK that notices are encrypted to */
	char *tls;                                  /* base64url SHA-256 of its TLS key's SubjectPublicKeyInfo */
	bool bound;                                 /* its keys are shown to be in a device */
	enum register_state state;
	int64_t since, created;
	char *reason; /* of the state; NULL: none */
};

/* REGISTER_DEVICE_UNKNOWN. register_device_clear() on every result. */
enum register_result register_device_find(struct register_db *db, int64_t id, struct register_device *out);
enum register_result register_device_by_attestation(struct register_db *db, const char *thumbprint,
	struct register_device *out);
/* Of this person (0: of nobody): with a file anybody can name any key as that of the line. */
enum register_result register_device_by_tls(struct register_db *db, const char *hash, int64_t person,
	struct register_device *out);
/* The live one of a person, otherwise the last one. */
enum register_result register_device_of_person(struct register_db *db, const char *reference,
	struct register_device *out);
/* By a token's serial number, which is its own word: the last one. REGISTER_NOT_ALLOWED: two live ones say that it is
 * theirs. */
enum register_result register_device_by_serial(struct register_db *db, const char *serial, struct register_device *out);
/* The next after `id`, in order of ids. REGISTER_END. */
enum register_result register_device_next(struct register_db *db, int64_t id, struct register_device *out);
void register_device_clear(struct register_device *device);

/* The end of its newest batch that was not ended before, in seconds since the epoch; 0: it has none. */
enum register_result register_device_valid_until(struct register_db *db, int64_t id, int64_t *valid_until);

struct register_change {
	int64_t device;
	enum register_act act;
	const char *reason; /* of register_reason_word(), or another ground; may be NULL */
	int64_t when;
};

/*
 * One act on one enrolment: its new state, its event, and the notices that the act causes, in one transaction. What
 * ends a record ends its batches too, whose copies are then invalid on the status list. A refusal is logged.
 *
 * *before  the state before; may be NULL
 * REGISTER_DEVICE_UNKNOWN, REGISTER_NOT_ALLOWED
 */
enum register_result register_change_state(struct register_db *db, const struct register_change *change,
	enum register_state *before);

/* ---- Batches and copies: batch.c ---- */

/* The attestation key behind a batch, lower-case hexadecimal; certificate NULL: none. */
struct register_tpm {
	const char *name;        /* its Name */
	const char *certificate; /* the serial number of its certificate */
};

/* An entry of a status list. */
struct register_place {
	int64_t list; /* 0: none */
	char uri[256];
	uint64_t idx;
};

#define REGISTER_LIST_SIZE_MIN 1024  /* fewer hide nobody */
#define REGISTER_LIST_SIZE (1 << 20) /* entries of a new status list */

/*
 * Entries for `n` copies, drawn without repetition in an order that nobody can foretell (entries one after the other
 * would link the copies of a batch). They are taken, whether copies follow or not.
 *
 * base  lists are named base/status/N; size: of a list that has to be made
 */
enum register_result register_places(struct register_db *db, const char *base, int64_t size, size_t n, int64_t when,
	struct register_place *places);

struct register_batch {
	const char *nonce;
	const char *doc_type;
	const char *person;             /* the issuer's own reference to a person or card; NULL: none. One that is not
	                                 * there yet is entered. */
	const char *ds_serial;          /* hexadecimal, of the document signer that signed */
	const char *edition;            /* of the MSO; NULL: 2021 */
	int64_t issued, valid_until;    /* seconds since the epoch */
	const char *const *thumbprints; /* RFC 7638, base64url, of the device keys */
	const struct register_place *places; /* one a copy; NULL: none */
	size_t count;
	struct register_tpm tpm;
	/*
	 * A renewal: the id is that of the enrolment, whose state has to allow it. An enrolment: id 0, and its keys are
	 * entered from here. NULL: an enrolment without keys, which cannot be renewed.
	 */
	const struct register_device *device;
	bool supersede;                     /* an enrolment: end the live one of this person (R-CARD-24) */
	const char *notification;           /* OpenID4VCI notification_id; NULL: none */
	const char *grant;                  /* the hash of what this batch uses up, once; NULL: nothing */
	const struct register_person *seen; /* the person as the copies were made of; NULL: of nobody's entry */
};

/* What register_issue() made. */
struct register_issued {
	int64_t batch, device, generation;
	int64_t superseded; /* the enrolment that ended; 0: none */
};

/* Would register_issue() accept this batch now? Changes nothing. *key: index of the key that
 * was seen before, with REGISTER_KEY_SEEN. */
enum register_result register_check(struct register_db *db, const struct register_batch *batch, size_t *key);

/*
 * Consume the nonce and enter the batch with all its copies, in one transaction committed to
 * disk; only after REGISTER_OK may anything of it leave the issuer. On any other result nothing
 * was changed. Of the batches of one enrolment at most two are live: the new one and the one before.
 *
 * issued  may be NULL
 * also REGISTER_SIGNER_REVOKED, REGISTER_IACA_REVOKED, REGISTER_DEVICE_UNKNOWN, REGISTER_DEVICE_LIVE, REGISTER_DEVICE_SEEN,
 * REGISTER_NOT_ALLOWED, REGISTER_PERSON_CHANGED, REGISTER_GRANT_UNKNOWN, _USED, _OLD
 */
enum register_result register_issue(struct register_db *db, const struct register_batch *batch, size_t *key);
enum register_result register_issue_batch(struct register_db *db, const struct register_batch *batch, size_t *key,
	struct register_issued *issued);

/* One of several batches. */
struct register_order {
	struct register_batch batch;
	enum register_result
		result; /* filled in, as are those below: what register_issue_batch() would say of it alone */
	size_t key;
	struct register_issued issued;
};

/* Enter several batches in one transaction; those that are refused do not hinder the others. REGISTER_OK, or nothing
 * was changed. */
enum register_result register_issue_many(struct register_db *db, struct register_order *orders, size_t count);

/* Was a batch with this notification id entered? */
enum register_result register_has_notification(struct register_db *db, const char *notification, bool *there);

/* … and does it belong to the enrolment with this TLS key, or to one that was made without a key? */
enum register_result register_notification_is_of(struct register_db *db, const char *notification, const char *tls,
	bool *is);

/*
 * The holder's program has the batch and has made it its own: its predecessors end.
 * By notification id; REGISTER_END: no such batch. *device: whose; may be NULL
 */
enum register_result register_delivered(struct register_db *db, const char *notification, int64_t when,
	int64_t *device);

/* Remember a nonce that is offered. */
enum register_result register_offer(struct register_db *db, const char *nonce, int64_t when);

/* ---- Ends: sweep.c ---- */

/*
 * Lapse what has no ground any more: every batch's validity is over, the card or its signature certificate is.
 * In steps of some hundred enrolments, each one transaction: what was cut off goes on when it is done again.
 */
enum register_result register_lapse(struct register_db *db, int64_t when, int64_t *lapsed);

/*
 * A document signer's key is not the issuer's alone any more, or gone (R-REV-04): its certificate goes onto the CRL and
 * every record under it is revoked. With the first of its transactions all that is under the key is invalid on the
 * status lists; what was cut off goes on when it is done again.
 *
 * serial  lower-case hexadecimal, of the document signer; NULL: of every one, the key of the IACA itself
 * reason  RFC 5280, 5.3.1
 */
enum register_result register_compromise(struct register_db *db, const char *serial, int reason, int64_t when,
	int64_t *revoked);

/* May this document signer sign, by its serial number? REGISTER_SIGNER_REVOKED, REGISTER_IACA_REVOKED. */
enum register_result register_signer(struct register_db *db, const char *serial);

/* A certificate for the CRL. */
struct register_revoked {
	char serial[41]; /* lower-case hexadecimal */
	int64_t when;
	int reason;
};

/* The next after `serial` ("": the first). REGISTER_END. */
enum register_result register_next_revoked(struct register_db *db, const char *serial, struct register_revoked *out);

/* A number that was never given out under this name: 1, 2, … */
enum register_result register_count(struct register_db *db, const char *name, int64_t *number);

/* ---- Status lists: lists.c ---- */

struct register_list {
	int64_t id, size, bits;
	char uri[256];
};

/* The next list after `id` that has a copy whose validity is not over at `now`. REGISTER_END. */
enum register_result register_next_list(struct register_db *db, int64_t id, int64_t now, struct register_list *out);

/* Every entry of a list whose copy is not valid now: suspended counts as not valid as long as it lasts. */
enum register_result register_list_entries(struct register_db *db, int64_t list, int64_t now,
	bool (*take)(void *arg, uint64_t idx), void *arg);

#include "tools/issuer/register/more.h"

#endif
