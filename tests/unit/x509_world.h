/*
 * tests/unit/x509_world.h: two roots and what they signed, and copies of it with one thing
 * changed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TESTS_X509_WORLD_H
#define MDOC_TESTS_X509_WORLD_H

#include "tests/unit/soft.h"

#include <openssl/x509.h>

extern struct x509_world {
	struct soft_key iaca_key, other_key, ds_key, reader_ca_key, reader_key;
	struct mdoc_buf iaca, ds, reader_ca, reader, vical, messages,
		status; /* the last three signed by iaca_key, too */
	/* of the mutation at hand */
	EVP_PKEY *new_pkey;
	EVP_PKEY *signing_pkey;
	const char *digest_name;
} world;

int x509_world_init(void);
int x509_world_clear(void);

/* A copy of `from` after change(), signed again. */
void x509_mutate(const struct mdoc_buf *from, struct soft_key *signer, void (*change)(X509 *), struct mdoc_buf *out);

/* Changes. An extension's value as openssl.cnf has it, NULL: none. */
void x509_set_extension(X509 *x, int nid, const char *value);
void x509_set_name(X509 *x, const char *country, const char *common);
void x509_new_key(X509 *x, EVP_PKEY *pkey); /* takes pkey */
void x509_nothing(X509 *x);
void x509_no_aki(X509 *x);
void x509_rsa(X509 *x);
void x509_brainpool(X509 *x);

enum mdoc_result x509_find(const struct mdoc_trust *trust, const struct mdoc_buf *leaf, int64_t when,
	struct mdoc_error *error);
/* Parsed and checked, parsed for its key. */
enum mdoc_result x509_check(struct mdoc_bytes der, enum mdoc_cert_profile profile, unsigned relax,
	struct mdoc_error *error);
enum mdoc_result x509_key(struct mdoc_bytes der, struct mdoc_public_key *key);
void x509_trust(struct mdoc_trust *trust, const struct mdoc_buf *der);

/* Suites. */
void x509_profile_tests(void);
void x509_path_tests(void);
void x509_crl_tests(void);
void x509_judge_tests(void);

#endif
