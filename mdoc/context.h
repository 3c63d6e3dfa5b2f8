/*
 * mdoc/context.h: what libmdoc is given from outside once: OpenSSL's library context, a source of
 * random bytes, and how much of an untrusted input it may believe.
 *
 * A context is set up by one thread and may then be used by several. NULL stands for one with
 * every default in all functions that take a `const struct mdoc_context *`.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_CONTEXT_H
#define MDOC_CONTEXT_H

#include <mdoc/bytes.h>
#include <openssl/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mdoc_context;

/* Which edition of ISO/IEC 18013-5 a structure is written for. Reading takes both. */
enum mdoc_edition { MDOC_EDITION_2021 = 0, MDOC_EDITION_2 };

/*
 * What an input may make libmdoc do or allocate; more is MDOC_ERR_SIZE (MDOC_ERR_DEPTH).
 *
 * Nothing is allocated for a number that an input announces: parsing takes at most MDOC_PARSE_MULTIPLE bytes for
 * each byte that is there (cbor.h), a certificate is copied once, a status list inflates up to its own limit, what
 * is decrypted has no more bytes than the message, and a verdict has a row for each check and document. Time grows
 * with n log n at most. No function calls itself, so that the stack does not depend on the input.
 */
enum mdoc_limit {
	MDOC_LIMIT_INPUT,         /* bytes of one structure: MDOC_INPUT_MAX */
	MDOC_LIMIT_DEPTH,         /* nested containers and tags: MDOC_DEPTH_MAX, which no setting exceeds */
	MDOC_LIMIT_ITEMS,         /* items, and digests, of one IssuerSigned: MDOC_ITEMS_MAX */
	MDOC_LIMIT_ASKED,         /* elements of one DeviceRequest: MDOC_ASKED_MAX */
	MDOC_LIMIT_DOCUMENTS,     /* documents of one DeviceResponse, docRequests of a request: MDOC_DOCUMENTS_MAX */
	MDOC_LIMIT_DEVICE_NAMES,  /* names in keyAuthorizations, device-signed names: MDOC_DEVICE_NAMES_MAX */
	MDOC_LIMIT_CERTIFICATES,  /* certificates of one x5chain: MDOC_CERTIFICATES_MAX */
	MDOC_LIMIT_CERTIFICATE,   /* bytes of one certificate: MDOC_CERT_MAX */
	MDOC_LIMIT_CRL,           /* bytes of one CRL: MDOC_CRL_MAX */
	MDOC_LIMIT_STATUS_LIST,   /* bytes of a status list, inflated: MDOC_STATUS_LIST_MAX */
	MDOC_LIMIT_TRUST_ENTRIES, /* anchors of a store, entries of a VICAL or RICAL: MDOC_TRUST_ENTRIES_MAX */
	MDOC_LIMIT_CACHE,         /* judged certificates that a trust store keeps: MDOC_CACHE_MAX */
	MDOC_LIMIT_RETRIEVALS,    /* retrieval methods, and origins, of a DeviceEngagement: MDOC_RETRIEVALS_MAX */
	MDOC_LIMIT_IDENTIFIERS,   /* of an identifier list: MDOC_IDENTIFIERS_MAX */
	MDOC_LIMIT_COUNT
};

#define MDOC_INPUT_MAX ((size_t)16 * 1024 * 1024)
#define MDOC_DEPTH_MAX 32
#define MDOC_ITEMS_MAX 4096
#define MDOC_ASKED_MAX 4096
#define MDOC_DOCUMENTS_MAX 256
#define MDOC_DEVICE_NAMES_MAX 1024
#define MDOC_CERTIFICATES_MAX 8
#define MDOC_CERT_MAX 16384 /* real ones have 500 to 1500 */
#define MDOC_CRL_MAX ((size_t)16 * 1024 * 1024)
#define MDOC_STATUS_LIST_MAX ((size_t)16 * 1024 * 1024)
#define MDOC_TRUST_ENTRIES_MAX 100000
#define MDOC_CACHE_MAX 1024
#define MDOC_RETRIEVALS_MAX 16
#define MDOC_IDENTIFIERS_MAX 1000000

/*
 * A context with every default.
 *
 * libctx    borrowed, must outlive the context; NULL: OpenSSL's default one
 * *context  free with mdoc_context_free()
 *
 * MDOC_ERR_MEMORY; MDOC_ERR_CRYPTO: the library context has no SHA-2
 */
enum mdoc_result mdoc_context_new(OSSL_LIB_CTX *libctx, struct mdoc_context **context);

/* NULL is fine. */
void mdoc_context_free(struct mdoc_context *context);

/* Random bytes for building, instead of RAND_bytes_ex(); false: none, which ends the call with
 * MDOC_ERR_CALLBACK. Several threads may call it at once when they share the context. */
void mdoc_context_set_random(struct mdoc_context *context, bool (*random)(void *arg, uint8_t *out, size_t len),
	void *arg);

/* MDOC_ERR_ARG: no such limit, 0, a depth above MDOC_DEPTH_MAX, or an input of UINT32_MAX bytes or more. */
enum mdoc_result mdoc_context_set_limit(struct mdoc_context *context, enum mdoc_limit limit, size_t value);
size_t mdoc_context_limit(const struct mdoc_context *context, enum mdoc_limit limit);

enum mdoc_digest_alg { MDOC_SHA256, MDOC_SHA384, MDOC_SHA512 };

#define MDOC_DIGEST_MAX 64

/*
 * One digest.
 *
 * digest  MDOC_DIGEST_MAX bytes
 * len     how many of them were written: 32, 48 or 64
 *
 * MDOC_ERR_ALGORITHM: none of the three; MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoc_digest(const struct mdoc_context *context, enum mdoc_digest_alg alg, struct mdoc_bytes bytes,
	uint8_t *digest, size_t *len);

/* The library context it was made with; NULL: OpenSSL's default one. */
OSSL_LIB_CTX *mdoc_context_libctx(const struct mdoc_context *context);

#ifdef __cplusplus
}
#endif
#endif
