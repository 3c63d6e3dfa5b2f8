/*
 * tests/unit/soft.h: keys in software, files and dates, so that a test is about its subject.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TESTS_SOFT_H
#define MDOC_TESTS_SOFT_H

#include <mdoc/mdoc.h>
#include <openssl/evp.h>

#define SOFT_DAY 86400

struct soft_key {
	EVP_PKEY *pkey;
	struct mdoc_public_key pub;
	struct mdoc_signer signer;       /* zeroed: it does not sign */
	struct mdoc_agreement agreement; /* zeroed: it does not agree */
};

/* group: "P-256", "brainpoolP320r1", "ED25519", "X448", …. Free with soft_key_clear(). */
bool soft_key_make(struct soft_key *key, const char *group);
void soft_key_clear(struct soft_key *key);

/* DeviceSigned with a software key. */
void soft_device_signer(struct soft_key *key, struct mdoc_device_signer *signer);

/* A file of tests/vectors as bytes; false and a printed line when it is not there. */
bool soft_vector(const char *name, struct mdoc_buf *out);

/* Roots and what they sign, at 2026-01-01 for a year; country JP. issuer and issuer_key NULL: a root. */
enum mdoc_result soft_certificate(enum mdoc_cert_profile profile, const char *name, struct soft_key *key,
	const struct mdoc_buf *issuer, struct soft_key *issuer_key, struct mdoc_buf *out, struct mdoc_error *error);

extern const int64_t soft_2026; /* 2026-01-01T00:00:00Z */

#endif
