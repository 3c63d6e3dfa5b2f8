/*
 * mdoc/verify/verify_internal.h: what the verify_*.c files share. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_VERIFY_INTERNAL_H
#define MDOC_VERIFY_INTERNAL_H

#include "mdoc/base/internal.h"
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/response/response_internal.h"
#include <mdoc/verify.h>

/* From which of these a path is told. */
enum mdoci_part { MDOCI_PART_TOP, MDOCI_PART_DOCUMENT, MDOCI_PART_ISSUER };

/* Where a check looked. Nothing is formatted before somebody asks: most rows are never printed. */
struct mdoci_place {
	enum mdoci_part part;
	const char *member;      /* static text: the path from there */
	struct mdoc_bytes bytes; /* inside the input; ptr NULL: no place in it */
};

struct mdoci_row {
	enum mdoc_check check;
	enum mdoc_outcome outcome;
	enum mdoci_part part;
	const char *member;
	size_t document;
	size_t offset;
	struct mdoc_error *why; /* owned; NULL unless failed or warning */
};

struct mdoci_judged {
	enum mdoc_result result;
	struct mdoc_bytes anchor;
};

struct mdoc_verdict {
	struct mdoci_row *rows;
	size_t count, room;
	bool record; /* of an IssuerSigned alone: paths start there */
	enum mdoc_result result;
	struct mdoci_judged *documents;
	size_t document_count;
	struct mdoc_response *response; /* NULL: it did not parse, or there is none */
};

/* One verification: rows are written in order into a table that has room for all of them. */
struct mdoci_verifier {
	const struct mdoc_context *context;
	const struct mdoc_verify_options *options;
	struct mdoc_bytes input; /* offsets count from here */
	struct mdoc_verdict *verdict;
	size_t document;        /* of the rows being written; SIZE_MAX: none */
	struct mdoc_cert *ds;   /* of the document at hand, owned; NULL: none, or not one */
	enum mdoc_result fatal; /* MDOC_OK, or why there is no verdict */
};

/* ---- verify_rows.c ---- */

/* Room for so many rows and documents; MDOC_ERR_MEMORY. */
enum mdoc_result mdoci_verdict_new(size_t rows, size_t documents, struct mdoc_verdict **verdict);

/* The results of the rows and documents, when all rows are there. */
enum mdoc_result mdoci_verdict_close(struct mdoc_verdict *verdict);

void mdoci_row_passed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place);
void mdoci_row_not_done(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place);
void mdoci_row_not_applicable(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place);
void mdoci_row_failed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected);
void mdoci_row_warning(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected);

/* Passed, or failed because of that code. */
void mdoci_row_if(struct mdoci_verifier *v, bool passed, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected);

/* The row for a result of another part of libmdoc, whose path and offset are taken when it has both: the
 * path from place->part on. MEMORY, CRYPTO and ARG end the verification, since they say nothing about the
 * input. */
void mdoci_row_result(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const struct mdoc_error *why);

/* The failed row whose place is known as it is. */
void mdoci_row_error(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoc_error *why);

/* Not done, and why. */
void mdoci_row_unknown(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	const char *expected);

/* What could not be found out, by the caller's policy. */
void mdoci_row_undetermined(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	const char *expected);

/* ---- The checks of one document ---- */

/* ISSUER_AUTH to DUPLICATES of one IssuerSigned. */
void mdoci_verify_issuer_signed(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is);

/* VALIDITY_INFO to LAW_VALIDITY; ds_from, ds_to: of the DS certificate, when known. */
void mdoci_verify_dates(struct mdoci_verifier *v, const struct mdoc_mso *mso, bool ds_known, int64_t ds_from,
	int64_t ds_to);

/* DIGESTS to DUPLICATES. */
void mdoci_verify_digests(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is);

/* DEVICE_AUTH_FORM to DEVICE_ELEMENTS. */
void mdoci_verify_device_signed(struct mdoci_verifier *v, const struct mdoc_document *doc);

/* ISSUING_COUNTRY to AGE_OVER; doc NULL: a record that nobody asked for. */
void mdoci_verify_elements(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is,
	const struct mdoc_document *doc);

/* ELEMENT_PROFILE and KEY_PROFILE. */
void mdoci_verify_profile(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is);

/* REVOCATION. */
void mdoci_verify_status(struct mdoci_verifier *v, const struct mdoc_mso *mso);

/* ALGORITHM_POLICY; doc NULL: a record that nobody presented. */
void mdoci_verify_algorithms(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is,
	const struct mdoc_document *doc);

/* The two halves of mdoc_device_namespaces_check(): what the issuer allows, and what it has signed itself. */
enum mdoc_result mdoci_authorizations_check(const struct mdoc_issuer_signed *is,
	const struct mdoc_cbor *device_namespaces, struct mdoc_error *why);
enum mdoc_result mdoci_replacement_check(const struct mdoc_issuer_signed *is, const struct mdoc_cbor *device_namespaces,
	struct mdoc_error *why);

#endif
