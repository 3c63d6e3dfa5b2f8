/*
 * tests/bench/mdoc-cases.h: records, requests and responses of a given size, and what is done with them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_MDOC_CASES_H
#define TESTS_BENCH_MDOC_CASES_H

#include "tests/unit/issuer_kit.h"

/* What all cases share. */
struct mdoc_cases {
	struct issuer_kit kit;
	struct mdoc_trust *keeping; /* the kit's anchor, and what was verified is kept */
	EVP_PKEY *device_key;
	struct mdoc_signer issuer, device;
	struct mdoc_buf transcript;
};

void mdoc_cases_new(struct mdoc_cases *cases);
void mdoc_cases_free(struct mdoc_cases *cases);

/* One record and a response from it. */
struct mdoc_case {
	struct mdoc_cases *all;
	struct mdoc_claim *claims;
	size_t claim_count;
	struct mdoc_buf *texts;
	size_t asked_count;
	struct mdoc_buf record_bytes, request_bytes, response;
	struct mdoc_bytes chain;
	struct mdoc_template *copies;        /* of the record */
	struct mdoc_public_key copy_keys[2]; /* by turns, so that each is checked */
	size_t issued;
	struct mdoc_issuer_signed *record;
	struct mdoc_request *request;
};

/* `elements` in the record, the last of them of `portrait` bytes; `asked` of them in request and response,
 * the last among them. */
void mdoc_case_new(struct mdoc_case *one, struct mdoc_cases *all, size_t elements, size_t asked, size_t portrait);
void mdoc_case_free(struct mdoc_case *one);

/* Of a struct mdoc_case. Each ends the program when it fails. */
void mdoc_case_issue(void *one);       /* one more copy of the record */
void mdoc_case_present(void *one);     /* choose and sign: the response */
void mdoc_case_verify(void *one);      /* the response, as if its signer was new */
void mdoc_case_verify_kept(void *one); /* … as one whose signer was seen before */

#endif
