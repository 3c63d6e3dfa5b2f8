/*
 * mdoc/request/request_fields.c: the parts of a parsed DeviceRequest.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"

struct mdoc_bytes
mdoc_request_version(const struct mdoc_request *request)
{
	return request->version;
}

size_t
mdoc_request_count(const struct mdoc_request *request)
{
	return request->count;
}

const struct mdoc_doc_request *
mdoc_request_doc(const struct mdoc_request *request, size_t i)
{
	return i < request->count ? &request->docs[i] : NULL;
}

unsigned
mdoc_request_warnings(const struct mdoc_request *request)
{
	return request->warnings;
}

const struct mdoc_use_case *
mdoc_request_use_case(const struct mdoc_request *request, size_t i)
{
	return i < request->use_case_count ? &request->use_cases[i] : NULL;
}

size_t
mdoc_request_auth_all_count(const struct mdoc_request *request)
{
	return request->auth_all_count;
}

struct mdoc_bytes
mdoc_doc_request_type(const struct mdoc_doc_request *doc)
{
	return doc->doc_type;
}

size_t
mdoc_doc_request_count(const struct mdoc_doc_request *doc)
{
	return doc->count;
}

const struct mdoc_asked *
mdoc_doc_request_asked(const struct mdoc_doc_request *doc, size_t i)
{
	return i < doc->count ? &doc->asked[i] : NULL;
}

const struct mdoc_request_info *
mdoc_doc_request_info(const struct mdoc_doc_request *doc)
{
	return doc->info;
}

static bool
certificate(const struct mdoci_reader_sign1 *auth, size_t i, struct mdoc_bytes *der)
{
	return auth->res == MDOC_OK && mdoc_sign1_certificate(&auth->sign1, i, der);
}

bool
mdoc_request_auth_all_certificate(const struct mdoc_request *request, size_t signature, size_t i,
	struct mdoc_bytes *der)
{
	return signature < request->auth_all_count && certificate(&request->auth_all[signature], i, der);
}

struct mdoc_bytes
mdoc_doc_request_legal_basis(const struct mdoc_doc_request *doc)
{
	return doc->legal_basis;
}

bool
mdoc_doc_request_is_signed(const struct mdoc_doc_request *doc)
{
	return doc->has_reader_auth;
}

bool
mdoc_doc_request_certificate(const struct mdoc_doc_request *doc, size_t i, struct mdoc_bytes *der)
{
	return doc->has_reader_auth && certificate(&doc->reader_auth, i, der);
}
