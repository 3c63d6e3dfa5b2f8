/*
 * mdoc/verify/verify_internal.h: what the verify_*.c files share. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_VERIFY_INTERNAL_H
#define MDOC_VERIFY_INTERNAL_H

#include "mdoc/base/internal.h"
#include "mdoc/response/response_internal.h"
#include <mdoc/verify.h>

/* One verification: rows are written in order into a table that has room for all of them. */
struct mdoci_verifier {
	const struct mdoc_context *context;
	const struct mdoc_verify_options *options;
	struct mdoc_bytes input; /* offsets count from here */
	struct mdoc_verdict *verdict;
	size_t room;
	size_t document;        /* of the rows being written; SIZE_MAX: none */
	enum mdoc_result fatal; /* MDOC_OK, or why there is no verdict */
};

/* Where a check looked: a path, and the bytes there. */
struct mdoci_place {
	char path[MDOCI_PATH_MAX];
	struct mdoc_bytes bytes; /* inside the input; ptr NULL: no place in it */
};

/* "base.member" at these bytes. */
struct mdoci_place mdoci_place_of(const char *base, const char *member, struct mdoc_bytes bytes);

/* Rows. A failed one takes path and offset from `place` unless `why` has its own offset, of
 * which the path is then relative to `base`; base NULL: why's path is whole. */
void mdoci_row_passed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place);
void mdoci_row_not_done(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place);
void mdoci_row_failed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected);

/* The row for a result of another part of libmdoc. MEMORY, CRYPTO and ARG end the
 * verification, since they say nothing about the input. */
void mdoci_row_result(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const struct mdoc_error *why);

/* ISSUER_AUTH to DIGESTS of one IssuerSigned; base is its path. */
void mdoci_verify_issuer_signed(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, const char *base);

/* DEVICE_AUTH and KEY_AUTHORIZATIONS; base is the path of the document. */
void mdoci_verify_device_signed(struct mdoci_verifier *v, const struct mdoc_document *doc, const char *base);

/* deviceMac over DeviceAuthenticationBytes. MDOC_ERR_SIGNATURE: another tag. */
enum mdoc_result mdoci_device_mac_verify(const struct mdoci_verifier *v, const struct mdoc_document *doc,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_error *why);

#endif
