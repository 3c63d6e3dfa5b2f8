/*
 * issuance.h: from a Credential Request to signed copies: what "issue", "renew", bulk issue and "serve" share.
 *
 * An order goes through three steps, each of which may refuse it: it is checked (every proof, the device, the person,
 * the claims, the nonce), its copies are signed, and the batch is entered in the register. Only what came out of the
 * third may leave the issuer (R-ISS-01, R-EXH-02). Nothing here asks, prints a result or reads a clock.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_ISSUANCE_H
#define ISSUER_ISSUANCE_H

#include <jansson.h>
#include "tools/issuer/issuer.h"

#define ISSUANCE_NOTIFICATION_LEN 22 /* characters of a notification id: 128 bits, base64url */
#define ISSUANCE_DETAIL_MAX 160      /* characters */

/* What OpenID4VCI 1.0, 8.3.1.2 calls a refusal. */
enum issuance_code {
	ISSUANCE_DONE,
	ISSUANCE_BAD_REQUEST,       /* invalid_credential_request */
	ISSUANCE_BAD_CONFIGURATION, /* unknown_credential_configuration */
	ISSUANCE_BAD_PROOF,         /* invalid_proof */
	ISSUANCE_BAD_NONCE,         /* invalid_nonce */
	ISSUANCE_BAD_ENCRYPTION,    /* invalid_encryption_parameters */
	ISSUANCE_DENIED,            /* credential_request_denied */
	ISSUANCE_BAD_CLAIMS,        /* server_error: claims that are no claims; the issuer's input, not theirs */
	ISSUANCE_TROUBLE            /* none of theirs: the issuer's own trouble, of which they learn no more */
};

/* "invalid_proof"; "server_error" for ISSUANCE_TROUBLE; never NULL. */
const char *issuance_error(enum issuance_code code);

/* Why nothing was issued. The texts are untranslated N_() texts without names of people or of files. */
struct issuance_refusal {
	enum issuance_code code;
	const char *what;                     /* one sentence */
	const char *why;                      /* NULL: nothing more is known */
	const char *advice;                   /* what to do next; NULL: nothing */
	size_t number;                        /* of the proof or key that is meant, from 1; 0: none in particular */
	char detail[ISSUANCE_DETAIL_MAX + 1]; /* a name from the request or the claims, or a time; "": none */
};

/* Say it on stderr, translated. What ISSUANCE_TROUBLE is about has been said already. */
void issuance_say(const struct issuance_refusal *refusal);

/* EXIT_STATUS_OK, EXIT_STATUS_INPUT for what cannot be read as a request, EXIT_STATUS_NO or EXIT_STATUS_TROUBLE. */
enum exit_status issuance_status(const struct issuance_refusal *refusal);

/* The same as {"error": …, "error_description": …}, in English; NULL: memory. */
json_t *issuance_json(const struct issuance_refusal *refusal);

/* What an issuer asks of every order beside what issuer.json says. */
struct issuance_rules {
	bool require_attestation; /* keys that a TPM is shown to hold */
	bool require_bound;       /* a device whose token says that it cannot be copied (R-KEY-02) */
	const char *edition;      /* "2021+status", "2021"; NULL: that of issuer.json, else the first */
	const char *policy;       /* file with dates of algorithms (R-FUT-05); NULL: that of issuer.json, if any */
};

/* An issuer that is ready to sign. */
struct issuance;

/*
 * Find the keys and certificates.
 *
 * issuer  open; its register is used by this engine alone: a thread that issues beside another one opens its own
 * token   logged in; the same holds for its session. NULL: orders can be checked, not signed
 * rules   NULL: none. Borrowed during the call
 * *out    issuance_close(), in any case; borrows issuer and token until then
 *
 * EXIT_STATUS_OK, or what is wrong with the issuer (said)
 */
enum exit_status issuance_open(struct issuer *issuer, struct issuer_token *token, const struct issuance_rules *rules,
	struct issuance **out);
void issuance_close(struct issuance *issuance); /* NULL is fine */

struct issuance_order {
	const json_t *request;     /* Credential Request of OpenID4VCI 1.0, 8.2 */
	const json_t *claims;      /* {namespace: {element: value}}; NULL: what the register has of the person */
	const char *claims_folder; /* of {"file": …} in claims; NULL: no such claims */
	const char *person;        /* the issuer's reference; NULL: the device's, or none */
	const char *device; /* attestation thumbprint of the device that the line was shown to belong to; NULL: any */
	const char *grant;  /* the hash of what an enrolment uses up with its batch; NULL: nothing */
	const char *operator_; /* for the log; NULL: "service" */
	int64_t now;
	bool renewal;   /* only by a registered device, and sealed (R-REN-01) */
	bool sealed;    /* refuse a request that asks for no encryption */
	bool supersede; /* a new device may take the place of the person's live one */
};

/* What may be handed out. */
struct issuance_answer {
	json_t *response; /* {"credentials": [{"credential": …}], "notification_id": …}; NULL: it is sealed */
	char *jwe;        /* the same encrypted to the key that was asked for; NULL: it is not */
	char *signature;  /* compact JWS by the messages key over the JWE's digest; with jwe */
	char notification_id[ISSUANCE_NOTIFICATION_LEN + 1];
	size_t copies;
	int64_t valid_until, expected_update;
	bool attested; /* by a TPM */
};
void issuance_answer_clear(struct issuance_answer *answer);

/* {"credential_response": JWE, "signature": JWS}: the file of a sealed answer. NULL: memory */
json_t *issuance_sealed_json(const struct issuance_answer *answer);

/*
 * All three steps. What was signed and could not be entered in the register is thrown away.
 *
 * answer   issuance_answer_clear(), on every result; filled in with ISSUANCE_DONE only
 * refusal  written on every result
 *
 * true: ISSUANCE_DONE
 */
bool issuance_run(struct issuance *issuance, const struct issuance_order *order, struct issuance_answer *answer,
	struct issuance_refusal *refusal);

/* ---- Step by step, for many at once ---- */

/* An order on its way. Its steps may run in any thread, one at a time. */
struct issuance_work;

/* Check an order; *work: issuance_work_free(), on every result. Borrows the order's members until then. */
bool issuance_check(struct issuance *issuance, const struct issuance_order *order, struct issuance_work **work,
	struct issuance_refusal *refusal);

/* Sign its copies and make the answer of them, which the work keeps. */
bool issuance_sign(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal);

/* Enter the batch in the register, in a transaction of its own. */
bool issuance_enter(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal);

/*
 * The same for several orders in one transaction; some may be refused, each for itself.
 *
 * false: the register could not be used (said); nothing was entered
 */
bool issuance_enter_many(struct issuance *issuance, struct issuance_work *const *works, size_t count,
	struct issuance_refusal *refusals);

/* The answer, once. It is handed out only after issuance_enter(). The caller owns it from now on. */
void issuance_take(struct issuance_work *work, struct issuance_answer *answer);

size_t issuance_copies(const struct issuance_work *work);
const char *issuance_notification(const struct issuance_work *work);

/* Whether copies have an entry of a status list each; and entries for one order that were drawn before, of which as many
 * are copied as it has copies, so that issuance_sign() draws none. False: memory. */
bool issuance_wants_places(const struct issuance *issuance);
bool issuance_give_places(struct issuance_work *work, const struct register_place *places);
void issuance_work_free(struct issuance_work *work);

#endif
