/*
 * tokens/tpm/attest_cbor.h: the CBOR (RFC 8949) of evidence and enrolment: writing with preferred lengths, and reading
 * an issuer's challenge.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_ATTEST_CBOR_H
#define TOKENS_TPM_ATTEST_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_tpm2_types.h>

#include "tokens/backend.h"

/* Zero to begin with. A failure is kept: the calls after it do nothing. */
struct cbor_writer {
	struct backend_bytes bytes;
	size_t room;
	bool failed;
};

/* The caller gives as many pairs or items after it, and map keys in the order of RFC 8949, 4.2.1. */
void put_map(struct cbor_writer *to, size_t pairs);
void put_array(struct cbor_writer *to, size_t items);
void put_text(struct cbor_writer *to, const char *text);
void put_bytes(struct cbor_writer *to, const void *bytes, size_t len);
void put_number(struct cbor_writer *to, int64_t number);

/* A text key and its value. */
void put_text_at(struct cbor_writer *to, const char *key, const char *text);
void put_bytes_at(struct cbor_writer *to, const char *key, const void *bytes, size_t len);

/* The same of TPM structures, as they are without the length of a TPM2B. */
void put_public_at(struct cbor_writer *to, const char *key, const TPMT_PUBLIC *area);
void put_nv_public_at(struct cbor_writer *to, const char *key, const TPMS_NV_PUBLIC *index);
void put_signature_at(struct cbor_writer *to, const char *key, const TPMT_SIGNATURE *signature);

/* What has been written, for the caller to free; the writer is empty afterwards. TOKEN_ERR_MEMORY. */
enum token_result put_end(struct cbor_writer *to, struct backend_bytes *out);

#define CHALLENGE_ID_MAX 64

struct challenge {
	uint8_t id[CHALLENGE_ID_MAX];
	size_t id_len;
	TPM2B_ID_OBJECT credential;
	TPM2B_ENCRYPTED_SECRET secret;
};

/*
 * {"type": "mdoc-tpm-challenge", "ver": 1, "id": bstr, "credentialBlob": bstr, "secret": bstr}, of definite lengths and
 * in any order; nothing else in it or after it. TOKEN_ERR_ARG: anything else.
 */
enum token_result read_challenge(const uint8_t *bytes, size_t len, struct challenge *challenge);

#endif
