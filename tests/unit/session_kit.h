/*
 * tests/unit/session_kit.h: keys that agree on secrets, made or of a published example.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_SESSION_KIT_H
#define TESTS_UNIT_SESSION_KIT_H

#include "tests/unit/mdoc_test.h"
#include <openssl/evp.h>

/* A private key with its agreement; agreeing_clear() frees it. They abort when OpenSSL does not make it. */
struct agreeing {
	EVP_PKEY *pkey;
	struct mdoc_agreement agreement;
};

void agreeing_make(struct agreeing *key, enum mdoc_curve curve);
void agreeing_p256(struct agreeing *key, const char *d, const char *x, const char *y); /* hexadecimal */
void agreeing_vector(struct agreeing *key, const char *name); /* of Annex D: "ephemeral_reader" */
void agreeing_clear(struct agreeing *key);

/* Hexadecimal text of a file of tests/vectors. */
struct mdoc_bytes vector_hex(const char *name);

#endif
