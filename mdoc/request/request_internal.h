/*
 * mdoc/request/request_internal.h: the inside of a parsed DeviceRequest. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_REQUEST_INTERNAL_H
#define MDOC_REQUEST_INTERNAL_H

#include "mdoc/cose/cose_internal.h"
#include <mdoc/request.h>

/* A reader's signature: what was read, or why it was not. */
struct mdoci_reader_sign1 {
	struct mdoc_sign1 sign1;    /* filled in when res is MDOC_OK */
	enum mdoc_result res;       /* of reading it */
	struct mdoc_error *problem; /* NULL when res is MDOC_OK */
	struct mdoc_node node;
};

struct mdoc_doc_request {
	struct mdoc_bytes items_request_bytes; /* the tag-24 item as received */
	struct mdoc_bytes doc_type;
	struct mdoc_asked *asked;
	size_t count;
	bool has_reader_auth;
	struct mdoci_reader_sign1 reader_auth;
	const struct mdoc_request_info *info;
	struct mdoc_bytes legal_basis;
	struct mdoc_cbor *scan, *encryption_scan;
};

struct mdoci_block; /* memory that lives as long as the request */

struct mdoc_request {
	const struct mdoc_context *context;
	struct mdoc_bytes input;
	struct mdoc_bytes version;
	bool second_edition; /* version 1.1 or later */
	unsigned warnings;
	struct mdoc_doc_request *docs;
	size_t count;
	size_t named;                               /* names and indexes so far, of MDOC_LIMIT_ASKED */
	struct mdoc_bytes device_request_info_item; /* as received, tag and all; none: absent or ignored */
	const struct mdoc_use_case *use_cases;
	size_t use_case_count;
	struct mdoci_reader_sign1 *auth_all;
	size_t auth_all_count;
	struct mdoc_cbor *scan, *info_scan;
	struct mdoci_block *blocks;
};

/* count zeroed elements, freed with the request; count 0 gives a pointer, too. NULL: no memory. */
void *mdoci_request_alloc(struct mdoc_request *request, size_t count, size_t size);

/* One more name or index. MDOC_ERR_SIZE at the limit. */
enum mdoc_result mdoci_request_count_name(struct mdoc_request *request, struct mdoc_node node, const char *path,
	struct mdoc_error *error);

/* Whether a container has no more members than there may be names, before room is made for them. */
enum mdoc_result mdoci_request_may_name(const struct mdoc_request *request, struct mdoc_node container,
	const char *path, struct mdoc_error *error);

/* An array's items into a fresh zeroed array: its count is that of the node. MDOC_ERR_TYPE: no array; MDOC_ERR_SIZE:
 * one of more items than there may be names. */
enum mdoc_result mdoci_request_list(struct mdoc_request *request, struct mdoc_node list, size_t size, const char *path,
	void **items, struct mdoc_error *error);

/* requestInfo into doc->info, which stays NULL below version 1.1, and doc->legal_basis. */
enum mdoc_result mdoci_read_request_info(struct mdoc_request *request, struct mdoc_node map, const char *path,
	struct mdoc_doc_request *doc, struct mdoc_error *error);

/* deviceRequestInfo, after the docRequests. */
enum mdoc_result mdoci_read_device_request_info(struct mdoc_request *request, struct mdoc_node item,
	struct mdoc_error *error);

/* Writers, after the checks below. requestInfo: of an ask that has something to say there. */
void mdoci_put_request_info(struct mdoc_buf *buf, const struct mdoc_ask *ask);
void mdoci_put_device_request_info(struct mdoc_buf *buf, const struct mdoc_request_options *options); /* tag 24 */

/* MDOC_ERR_ARG for what reads back but says nothing: empty lists, alternatives for what is not asked.
 * sorted: what is asked, in order of namespace and element. */
enum mdoc_result mdoci_check_request_info(const struct mdoc_ask *ask, const struct mdoc_asked *const *sorted,
	struct mdoc_error *error);
enum mdoc_result mdoci_check_use_cases(const struct mdoc_request_options *options, size_t count,
	struct mdoc_error *error);

#define MDOCI_AGE_OVER_LEN 11 /* bytes of "age_over_NN" */

/* NN of "age_over_NN"; -1: another name. */
int mdoci_age_over(struct mdoc_bytes element);

/* "age_over_NN" in room, for an age of up to 99. */
struct mdoc_bytes mdoci_age_over_name(unsigned age, uint8_t room[MDOCI_AGE_OVER_LEN]);

#endif
