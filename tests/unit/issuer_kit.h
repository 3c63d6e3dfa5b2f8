/*
 * tests/unit/issuer_kit.h: an issuer and a reader with software keys, so that a test is about its
 * subject only. Every function ends the test program when it fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_ISSUER_KIT_H
#define TESTS_ISSUER_KIT_H

#include <mdoc/mdoc.h>

#define KIT_DOCTYPE "org.iso.23220.1.jp.mnc"
#define KIT_NS "org.iso.23220.1.jp"

struct issuer_kit {
	struct mdoc_context *context;
	EVP_PKEY *iaca_key, *ds_key, *reader_key;
	struct mdoc_buf iaca, ds, reader; /* certificates, DER */
	struct mdoc_trust *trust;
	int64_t now;
};

void issuer_kit_new(struct issuer_kit *kit);
void issuer_kit_free(struct issuer_kit *kit);

/* A fresh P-256 key with its public half; EVP_PKEY_free(). */
EVP_PKEY *kit_key(struct mdoc_public_key *public_key);

/* ES256 over an EVP_PKEY. */
struct mdoc_signer kit_signer(EVP_PKEY *key);

/* IssuerSigned with full_name_unicode, individual_number_unicode and portrait (of portrait_len
 * bytes) in KIT_NS, valid from..until. */
void kit_record(const struct issuer_kit *kit, const char *doc_type, const struct mdoc_public_key *device_key,
	int64_t from, int64_t until, size_t portrait_len, struct mdoc_buf *out);

/* IssuerSigned without elements, whose MSO lets the device key sign all of namespace `ns` and
 * one element of namespace "other". */
void kit_record_authorizing(const struct issuer_kit *kit, const struct mdoc_public_key *device_key, const char *ns,
	const char *element, struct mdoc_buf *out);

/* A bare SessionTranscript; number makes it different from others. */
void kit_transcript(unsigned number, struct mdoc_buf *out);

/* A bare DeviceRequest for elements of KIT_NS (NULL at the end); reader_auth: signed for
 * that transcript. */
void kit_request(const struct issuer_kit *kit, const char *doc_type, const char *const *elements,
	const struct mdoc_buf *reader_auth, struct mdoc_buf *out);

/* [#6.24(transcript), #6.24(request), ? {KIT_NS: agreed}]; agreed NULL: left out. */
void kit_response_input(const struct mdoc_buf *transcript, const struct mdoc_buf *request, const char *const *agreed,
	struct mdoc_buf *out);

/* DeviceAuthenticationBytes; namespaces: the bare DeviceNameSpaces map, NULL: empty. */
void kit_device_authentication(const struct mdoc_buf *transcript, const char *doc_type,
	const struct mdoc_buf *namespaces, struct mdoc_buf *out);

/* mdoc_verify with the kit's trust; MDOC_OK only when every check passed. Prints the rows that
 * failed. */
enum mdoc_result kit_verify(const struct issuer_kit *kit, struct mdoc_bytes response, const struct mdoc_buf *transcript,
	size_t *elements);

#endif
