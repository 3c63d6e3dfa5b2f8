/*
 * issuance_internal.h: what the files of the issuance share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_ISSUANCE_INTERNAL_H
#define ISSUER_ISSUANCE_INTERNAL_H

#include <mdoc/status.h>
#include <mdoc/x509.h>
#include "tools/common/algorithms.h"
#include "tools/common/jwe.h"
#include "tools/issuer/claims.h"
#include "tools/issuer/device_attestation.h"
#include "tools/issuer/issuance.h"

struct issuance {
	struct issuer *issuer;
	struct issuer_token *token; /* NULL: nothing is signed */
	bool require_attestation, require_bound;
	const char *edition;
	bool with_status; /* of the edition: copies name their entry of a status list */
	struct algorithm_policy policy;
	char serial[ISSUER_SERIAL_TEXT]; /* of the document signer */
	int64_t from[2], until[2];       /* validity of IACA and document signer */
	const char *curves[2];           /* their curves */
	struct mdoc_bytes chain;
	struct mdoc_p11_key ds_key, messages_key;
	struct mdoc_public_key ds, messages;
	EVP_PKEY *ds_pkey;               /* public */
	struct mdoc_signer token_signer; /* the document signer's key in the token; ds_signer checks what it makes */
	struct mdoc_signer ds_signer, messages_signer;
	bool seals; /* there is a messages key */
};

struct issuance_work {
	struct issuance_order order;
	/* the request */
	struct proofs proofs;
	struct evidence evidence; /* count 0: none was given */
	char tpm_name[2 * PART_NAME_LEN + 1], tpm_certificate[2 * EVIDENCE_SERIAL_MAX + 1];
	struct device_claim claim;
	bool claims_device; /* there is such a claim */
	bool sealed;
	struct mdoc_public_key recipient;
	char recipient_thumbprint[THUMBPRINT_TEXT + 1];
	char *kid;
	enum jwe_enc enc;
	/* whom it is for */
	struct register_device device; /* of a renewal; an enrolment: what is registered, borrowed from claim */
	struct register_person person;
	bool has_device, has_person;
	/* what is signed */
	json_t *json; /* claims, with ages as of now */
	struct claims claims;
	int64_t valid_until, expected_update;
	const char **thumbprints;
	struct register_place *places; /* NULL: copies have none */
	json_t *credentials;
	size_t size; /* of the credentials */
	char notification[ISSUANCE_NOTIFICATION_LEN + 1];
	struct register_issued issued; /* after the third step */
	struct issuance_answer answer;
};

/* ---- issuance_refusal.c ---- */

/* Fill in a refusal; always false. */
bool issuance_refuse(struct issuance_refusal *refusal, enum issuance_code code, const char *what, const char *why,
	const char *advice);
/* The same about proof or key `number`, counted from 0. */
bool issuance_refuse_number(struct issuance_refusal *refusal, enum issuance_code code, const char *what,
	const char *why, size_t number);
/* What was said on stderr already. */
bool issuance_trouble(struct issuance_refusal *refusal);
bool issuance_no_memory(struct issuance_refusal *refusal);
/* A name from outside, without what a terminal or JSON would trip over. */
void issuance_detail(struct issuance_refusal *refusal, const char *text);
/* What the register says. key: index with REGISTER_KEY_SEEN */
bool issuance_register(struct issuance *issuance, struct issuance_refusal *refusal, enum register_result res,
	size_t key);

/* ---- issuance_request.c: proofs, device and encryption ---- */
bool issuance_read_request(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal);

/* ---- issuance_record.c: person, claims and validity ---- */
bool issuance_read_record(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal);

/* ---- issuance_sign.c: a mdoc_signer's callback over token_signer; arg is the issuance ---- */
bool issuance_sign_checked(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX]);

/* ---- issuance_seal.c ---- */
bool issuance_make_answer(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal);

/* What register_issue() gets. */
struct register_batch issuance_batch(const struct issuance *issuance, const struct issuance_work *work);

#endif
