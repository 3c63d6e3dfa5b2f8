/*
 * mdoc/request.h: DeviceRequest, parsed and built, with reader authentication per docRequest.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_REQUEST_H
#define MDOC_REQUEST_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One element that is asked for. */
struct mdoc_asked {
	struct mdoc_bytes ns;
	struct mdoc_bytes element;
	bool intent_to_retain;
};

struct mdoc_request;
struct mdoc_doc_request; /* one docRequest of it, borrowed */

/*
 * Read a bare DeviceRequest (8.3.2.1.2.1). Version 1.x; unknown keys are tolerated.
 *
 * input     must outlive *request, which borrows from it
 * *request  free with mdoc_request_free(); NULL unless the result is MDOC_OK
 *
 * Results of a scan, MDOC_ERR_TYPE, MISSING, VALUE, VERSION, SIZE, MEMORY.
 */
enum mdoc_result mdoc_request_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_request **request, struct mdoc_error *error);

/* NULL is fine. */
void mdoc_request_free(struct mdoc_request *request);

/* Of the request: its version ("1.0"), how many docRequests, and one of them (NULL after the last). */
struct mdoc_bytes mdoc_request_version(const struct mdoc_request *request);
size_t mdoc_request_count(const struct mdoc_request *request);
const struct mdoc_doc_request *mdoc_request_doc(const struct mdoc_request *request, size_t i);

/* Of one docRequest: its docType, how many elements it asks for, and one of them (NULL after the last). */
struct mdoc_bytes mdoc_doc_request_type(const struct mdoc_doc_request *doc);
size_t mdoc_doc_request_count(const struct mdoc_doc_request *doc);
const struct mdoc_asked *mdoc_doc_request_asked(const struct mdoc_doc_request *doc, size_t i);

/* Is there a readerAuth? Certificate i of its x5chain, DER, the reader's first; false: none. */
bool mdoc_doc_request_is_signed(const struct mdoc_doc_request *doc);
bool mdoc_doc_request_certificate(const struct mdoc_doc_request *doc, size_t i, struct mdoc_bytes *der);

/*
 * The signature of one docRequest's readerAuth, with the key of its own certificate. Says
 * nothing about trust in that certificate.
 * transcript  SessionTranscript, bare
 * MDOC_OK also when there is no readerAuth (ask mdoc_doc_request_is_signed()). MDOC_ERR_READER_AUTH.
 */
enum mdoc_result mdoc_reader_auth_verify(const struct mdoc_context *context, const struct mdoc_doc_request *doc,
	struct mdoc_bytes transcript, struct mdoc_error *error);

/* ---- Building (reader) ---- */

struct mdoc_ask {
	struct mdoc_bytes doc_type;
	const struct mdoc_asked *asked;
	size_t count;
	const struct mdoc_signer *signer; /* NULL: no readerAuth */
	const struct mdoc_bytes *x5chain; /* reader certificate first */
	size_t x5chain_count;
};

/* Of a request as a whole. Zeroed: no transcript. */
struct mdoc_request_options {
	struct mdoc_bytes transcript; /* bare SessionTranscript, needed only with a signer */
};

/*
 * Write a DeviceRequest. Nothing is appended to out unless the result is MDOC_OK.
 *
 * docs     `count` docRequests, one or more
 * options  NULL: all zero
 *
 * MDOC_ERR_ARG: nothing asked, an element asked twice, a signer without certificate or transcript.
 * MDOC_ERR_CALLBACK: the signer refused.
 */
enum mdoc_result mdoc_request_build(const struct mdoc_context *context, const struct mdoc_ask *docs, size_t count,
	const struct mdoc_request_options *options, struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
