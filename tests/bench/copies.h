/*
 * tests/bench/copies.h: key pairs, and copies of records bound to holder keys, for benchmarks of signatures.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_COPIES_H
#define TESTS_BENCH_COPIES_H

#include "tests/bench/bench.h"
#include "tests/unit/issuer_kit.h"

struct bench_pair {
	const char *label; /* NULL: none */
	bool authenticate; /* CKA_ALWAYS_AUTHENTICATE */
	bool holder;       /* a holder key, which is that anyway */
};

/* A key pair on P-256 of the token; gives the private key. public_key: may be NULL. */
CK_OBJECT_HANDLE bench_pair(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, const struct bench_pair *pair,
	struct mdoc_public_key *public_key);

/* The PIN for one signature. */
void bench_authorise(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session);

/* What signs with copies: a session of a user who is logged in, an issuer, and a DeviceAuthentication. */
struct bench_copies {
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
	struct issuer_kit issuer;
	struct mdoc_buf input;
};

void bench_copies_new(struct bench_copies *copies, const struct bench_module *m);
void bench_copies_free(struct bench_copies *copies);

/* A holder key with a record bound to it. */
CK_OBJECT_HANDLE bench_copy(struct bench_copies *copies, const char *label, bool reusable);

/* A DeviceSigned by that key, with the PIN for it. */
void bench_sign_device(struct bench_copies *copies, CK_OBJECT_HANDLE key);

#endif
