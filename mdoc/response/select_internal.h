/*
 * mdoc/response/select_internal.h: the inside of a selection, and the parts that make one. Not installed.
 *
 * Costs: a record's names are hashed once, and each name that is asked for is looked up.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SELECT_INTERNAL_H
#define MDOC_SELECT_INTERNAL_H

#include "mdoc/base/internal.h"
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include <mdoc/select.h>

#define MDOCI_NONE SIZE_MAX

/* An element of a record, or one that its device signs. */
struct mdoci_ref {
	struct mdoc_bytes ns, element;
	struct mdoc_bytes value;
	const struct mdoc_namespace *space;
	const struct mdoc_item *item; /* NULL: the device signs it */
	size_t place;                 /* in the order of the record; what the device signs comes after it */
	uint64_t hash;                /* of both names */
};

/* A held record: its elements in their order, and a table of them by their names. */
struct mdoci_index {
	struct mdoci_ref *refs;
	size_t count;
	uint32_t *slots; /* place + 1, or 0; open addressing, at most half full */
	size_t mask;
};

/* An element that was asked for; links[link…] are the rows that answer it, none when nothing does. */
struct mdoci_ask {
	struct mdoc_asked asked;
	size_t link, links;
};

struct mdoci_row {
	struct mdoc_choice choice;
	const struct mdoc_item *item; /* what the issuer signed; otherwise NULL */
	const struct mdoc_namespace *space;
};

struct mdoci_selected {
	size_t held;
	const struct mdoc_issuer_signed *record;
	struct mdoci_row *rows;
	size_t count;
	struct mdoci_ask *asks; /* those of a namespace together, and those of a name in it */
	size_t ask_count;
	size_t *links;
	size_t leaving;   /* rows that do */
	uint64_t maximum; /* bytes of the Document; 0: any */
	bool too_large;
};

struct mdoc_selection {
	const struct mdoc_context *context;
	struct mdoci_selected *docs;
	size_t count;
	struct mdoc_bytes *unanswered; /* docTypes, sorted, once each */
	size_t unanswered_count;
	size_t *sets; /* for each use case */
	size_t use_cases;
};

/* Which record answers which docRequest. */
struct mdoci_match {
	const struct mdoc_context *context;
	const struct mdoc_request *request;
	const struct mdoc_held *held;
	size_t held_count;
	const struct mdoc_select_options *options;
	struct mdoci_index *indexes; /* one a record, made when it is first looked at */
	size_t *record;              /* for each docRequest: the record, MDOCI_NONE: none */
	bool *wanted;                /* … it is to be answered */
	bool *spared;                /* … a use case that names it was fulfilled */
	size_t *sets;
	size_t use_cases;
};

/* Fill in indexes, record, wanted, sets. Cleared by the caller, also after an error. */
enum mdoc_result mdoci_match_make(struct mdoci_match *match, struct mdoc_error *error);
void mdoci_match_clear(struct mdoci_match *match);

enum mdoc_result mdoci_index_make(const struct mdoc_context *context, const struct mdoc_held *held,
	struct mdoci_index *index, struct mdoc_error *error);
void mdoci_index_clear(struct mdoci_index *index);

/* What answers an element, the age_over_NN rule included; NULL: nothing. */
const struct mdoci_ref *mdoci_index_find(const struct mdoci_index *index, struct mdoc_bytes ns,
	struct mdoc_bytes element);

/* alternativeDataElements of a docRequest, sorted by what they stand for. */
struct mdoci_alternatives {
	const struct mdoc_alternative **sorted;
	size_t count;
};

enum mdoc_result mdoci_alternatives_make(const struct mdoc_doc_request *doc, struct mdoci_alternatives *alternatives);

/* The first set of alternatives that is held as a whole; NULL: none. */
const struct mdoc_element_set *mdoci_alternative_find(const struct mdoci_index *index,
	const struct mdoci_alternatives *alternatives, const struct mdoc_asked *asked);

/* Device-signed elements against keyAuthorizations of their record. */
enum mdoc_result mdoci_claims_check(const struct mdoc_context *context, const struct mdoc_issuer_signed *record,
	const struct mdoc_claim *claims, size_t count, struct mdoc_error *error);

/* DeviceNameSpacesBytes of claims, in tag 24; sorts them by namespace. */
void mdoci_put_device_namespaces(struct mdoc_buf *buf, struct mdoc_claim *claims, size_t count);

/* One document with its rows, from the docRequests that take record `held`. */
enum mdoc_result mdoci_selected_make(const struct mdoci_match *match, size_t held, const struct mdoc_agreed *agreed,
	struct mdoci_selected *out);
void mdoci_selected_clear(struct mdoci_selected *doc);

/* Bytes of the Document, signed. 0: no memory. */
size_t mdoci_document_size(const struct mdoci_selected *doc);

/* After its rows changed. */
void mdoci_selected_settle(struct mdoci_selected *doc);

static inline bool
mdoci_selected_leaves(const struct mdoci_selected *doc)
{
	return doc->leaving > 0 && !doc->too_large;
}

#endif
