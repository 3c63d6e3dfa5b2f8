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

struct mdoc_asked {
	struct mdoc_bytes ns;
	struct mdoc_bytes element;
	bool intent_to_retain;
};

struct mdoc_doc_request {
	struct mdoc_bytes items_request_bytes; /* the tag-24 item as received */
	struct mdoc_bytes doc_type;
	struct mdoc_asked *asked;
	size_t count;
	bool has_reader_auth;
	struct mdoc_sign1 reader_auth;
	struct mdoc_cbor *scan;
};

struct mdoc_request {
	struct mdoc_bytes input;
	struct mdoc_bytes version;
	struct mdoc_doc_request *docs;
	size_t count;
	struct mdoc_cbor *scan;
};

/* Bare DeviceRequest. Version 1.x; unknown keys are tolerated. `input` must outlive *out. */
enum mdoc_result mdoc_request_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_request *out, struct mdoc_error *error);
void mdoc_request_clear(struct mdoc_request *request);

/*
 * The signature of one docRequest's readerAuth, with the key of its own certificate. Says
 * nothing about trust in that certificate.
 * transcript  SessionTranscript, bare
 * MDOC_OK also when there is no readerAuth (look at has_reader_auth). MDOC_ERR_READER_AUTH.
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

/* transcript: bare SessionTranscript, needed only with a signer. Nothing is appended to out
 * unless the result is MDOC_OK. MDOC_ERR_ARG: nothing asked, an element asked twice, a signer
 * without certificate or transcript. */
enum mdoc_result mdoc_request_build(const struct mdoc_ask *docs, size_t count, struct mdoc_bytes transcript,
	struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
