/*
 * mdoc/request/reader_auth_internal.h: what a reader signs, and what its signatures say. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_READER_AUTH_INTERNAL_H
#define MDOC_READER_AUTH_INTERNAL_H

#include "mdoc/base/internal.h"
#include <mdoc/reader_auth.h>

/* What one signature says. */
struct mdoci_reader_judgement {
	enum mdoc_reader_standing standing; /* never MDOC_READER_NONE */
	bool unknown_algorithm;             /* FAILED for no other reason */
	struct mdoc_bytes der;              /* the reader's certificate */
};

struct mdoc_reader_auth {
	struct mdoc_reader_row *rows;
	size_t row_count;
	struct mdoci_reader_judgement *of_docs; /* by docRequest, everything considered */
	size_t count;
	struct mdoci_reader_judgement *of_all; /* by signature of readerAuthAll */
};

/* ReaderAuthenticationBytes: both parts spliced in as they are. */
void mdoci_put_reader_authentication_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript,
	struct mdoc_bytes items_request_bytes);

/* Elements of ReaderAuthenticationAll. */
enum mdoci_reader_all { MDOCI_READER_ALL_THREE = 3, MDOCI_READER_ALL_FOUR = 4 };

/*
 * ReaderAuthenticationAllBytes.
 *
 * items  ItemsRequestBytes of all docRequests, one after the other; count of them
 * info   DeviceRequestInfoBytes as received; none: null. Not used by the form of three
 */
void mdoci_put_reader_authentication_all_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript,
	struct mdoc_bytes items, size_t count, enum mdoci_reader_all form, struct mdoc_bytes info);

#endif
