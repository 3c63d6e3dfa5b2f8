/*
 * tests/unit/lists_world.h: what the tests of revocation lists and trust lists share: two IACAs and who
 * signs below them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TESTS_LISTS_WORLD_H
#define MDOC_TESTS_LISTS_WORLD_H

#include "tests/unit/soft.h"

#define LISTS_URI "https://issuer.example/list"

extern struct lists_world {
	struct soft_key iaca_key, other_key, ds_key, signer_key;
	struct mdoc_buf iaca, other, ds, other_ds; /* other_ds: ds's key, below other */
	struct mdoc_buf signer, other_signer;      /* the same */
	struct mdoc_trust *trust;                  /* both IACAs */
	int64_t now;
} lists_world;

int lists_world_init(void);
int lists_world_clear(void);

/* Give a store a CRL of this anchor that names one certificate, or none (NULL); good for the whole year. */
bool lists_add_crl(struct mdoc_trust *trust, const struct mdoc_buf *ca, const struct soft_key *key,
	const struct mdoc_buf *revoked);

/* A CWT with these claims. */
struct lists_token {
	const char *type;           /* typ (16), protected; NULL: none */
	const char *claimed_type;   /* typ as a claim; NULL: none */
	const char *sub;            /* NULL: none */
	int64_t iat, exp;           /* 0: none */
	int64_t nbf;                /* 0: none */
	int64_t list_claim;         /* its key */
	struct mdoc_bytes list;     /* its value, encoded */
	struct mdoc_bytes more;     /* encoded key and value of one more claim; none */
	const struct mdoc_buf *x5;  /* NULL: signer's certificate */
	const struct soft_key *key; /* NULL: signer's key */
	bool untagged, tag_61, unprotected;
};

/* What is good, to be changed in one place. */
struct lists_token lists_status_token(struct mdoc_bytes list);
struct lists_token lists_identifier_token(struct mdoc_bytes list);
void lists_put_token(struct mdoc_buf *out, const struct lists_token *token);

/* StatusList with `lst` as it is. */
void lists_put_status_list(struct mdoc_buf *out, unsigned bits, struct mdoc_bytes lst);

struct mdoc_revocation_query lists_query(const struct mdoc_status *status);
struct mdoc_list_spec lists_spec(struct mdoc_bytes x5chain[1]);

/* Suites. */
void lists_status_tests(void);
void lists_compress_tests(void);
void lists_vector_tests(void);
void lists_token_tests(void);
void lists_identifier_tests(void);
void lists_trust_tests(void);
void lists_trust_check_tests(void);
void lists_hostile_tests(void);

#endif
