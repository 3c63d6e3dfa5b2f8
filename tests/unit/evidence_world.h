/*
 * tests/unit/evidence_world.h: evidence of a TPM without a TPM: an attestation key in software signs what a TPM would
 * say of structures that are made here, so that one thing at a time can be other than it should be, and all that
 * depends on it agrees with it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_EVIDENCE_WORLD_H
#define TESTS_EVIDENCE_WORLD_H

#include <tss2/tss2_tpm2_types.h>
#include "tools/issuer/evidence.h"

#define EVIDENCE_WORLD_NOW 1767225600 /* 2026-01-01 */
#define EVIDENCE_WORLD_KEYS 3

/* When a test may bend what is being made. */
enum bend {
	BEND_PARTS,      /* public areas, before any Name or policy */
	BEND_INDEX,      /* the PIN's index or object with its policy, before its Name */
	BEND_KEYS,       /* the keys with their policy, before their Names */
	BEND_STATEMENTS, /* what the TPM says, before it is signed */
	BEND_SIGNED,     /* bytes and signatures */
	BEND_CBOR        /* the whole */
};

struct evidence_statement_made {
	TPMS_ATTEST attest;
	struct mdoc_buf info, sig;
};

struct evidence_world {
	const struct mdoc_context *context;
	EVP_PKEY *ca_key, *foreign_ca_key, *ak_key, *other_ak_key, *authorizer_key, *keys_[EVIDENCE_WORLD_KEYS];
	struct mdoc_buf ca, foreign_ca; /* DER */

	const char *nonce;
	int64_t certified_from, certified_until;
	EVP_PKEY *certifier;    /* ca_key */
	EVP_PKEY *certified;    /* ak_key */
	EVP_PKEY *signer;       /* ak_key */
	bool shared;            /* a TPM without PIN indices */
	bool with_second;       /* an authenticator */
	bool second_changeable; /* by what the authorizer approves, too */
	bool with_auth_value;   /* a branch PolicyAuthValue in the index's policy */
	bool swapped_branches;  /* the last two branches of it the other way round */
	TPM2_CC branch[4];      /* commands of the first four branches */
	size_t count;           /* keys */
	size_t chain;           /* certificates in x5c */
	UINT32 pin_count, pin_limit;
	const char *fmt, *ver;
	int64_t alg;
	const char *omit, *extra; /* a member of the whole, of "pin" and of each key that is left out, or is too many */

	TPMT_PUBLIC ak, officer, authorizer, object, keys[EVIDENCE_WORLD_KEYS];
	TPMS_NV_PUBLIC index, second;
	struct mdoc_buf certificate;
	struct evidence_statement_made pin, of_keys[EVIDENCE_WORLD_KEYS];
	struct mdoc_buf cbor;
};

typedef void evidence_bend(struct evidence_world *world, enum bend when);

/* Keys and certificate authorities, the same each time; evidence_world_free(). Ends the program when it cannot. */
void evidence_world_new(struct evidence_world *world);
void evidence_world_free(struct evidence_world *world);

/* Make evidence in world->cbor; bend NULL: good one. */
void evidence_world_make(struct evidence_world *world, evidence_bend *bend);

/* What such evidence is checked with when nothing else is said. */
struct evidence_rules evidence_world_rules(const struct evidence_world *world);

/* A certificate of an attestation key by one of the two authorities. */
void evidence_world_certify(struct evidence_world *world, EVP_PKEY *certifier, EVP_PKEY *key, int64_t from,
	int64_t until, struct mdoc_buf *out);

/* The point of a software key into a public area on P-256; and the bytes of structures, appended. */
void evidence_world_point(EVP_PKEY *key, TPMT_PUBLIC *area);
void evidence_world_public(const TPMT_PUBLIC *area, struct mdoc_buf *out);
void evidence_world_index(const TPMS_NV_PUBLIC *index, struct mdoc_buf *out);

#endif
