/*
 * mdoc/result.h: results and places of errors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_RESULT_H
#define MDOC_RESULT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mdoc_result {
	MDOC_OK = 0,
	MDOC_ERR_ARG, /* the caller broke the contract */
	MDOC_ERR_MEMORY,
	MDOC_ERR_CRYPTO,   /* the cryptographic library failed, for no fault of the data */
	MDOC_ERR_CALLBACK, /* a callback (signer, key agreement, random) failed */
	MDOC_ERR_BUFFER,   /* the caller's own buffer is too small; its len says what it takes */
	/* CBOR */
	MDOC_ERR_TRUNCATED, /* input ends inside an item */
	MDOC_ERR_TRAILING,  /* bytes after the item */
	MDOC_ERR_MALFORMED, /* reserved head, stray break, … */
	MDOC_ERR_DEPTH,     /* nested deeper than MDOC_LIMIT_DEPTH */
	MDOC_ERR_SIZE,      /* larger than a stated limit */
	MDOC_ERR_DUPLICATE_KEY,
	MDOC_ERR_UTF8,
	/* structure */
	MDOC_ERR_TYPE,    /* another CBOR type was expected */
	MDOC_ERR_MISSING, /* a mandatory element is absent */
	MDOC_ERR_VALUE,   /* a value outside its range */
	MDOC_ERR_VERSION,
	MDOC_ERR_STATUS, /* DeviceResponse status other than 0 */
	/* meaning */
	MDOC_ERR_ALGORITHM, /* unknown, not allowed, or not fitting the key */
	MDOC_ERR_KEY,       /* not a valid public key */
	MDOC_ERR_SIGNATURE,
	MDOC_ERR_DIGEST,
	MDOC_ERR_CERTIFICATE, /* against its profile */
	MDOC_ERR_CHAIN,       /* no trusted IACA for it */
	MDOC_ERR_VALIDITY,    /* expired, not yet valid, or times out of order */
	MDOC_ERR_DOCTYPE,
	MDOC_ERR_NOTHING, /* nothing to disclose */
	MDOC_ERR_READER_AUTH,
	MDOC_ERR_AUTHORIZATION, /* a device-signed element that keyAuthorizations does not allow */
	MDOC_ERR_REVOKED,       /* by a status list, an identifier list or a CRL */
	MDOC_ERR_UNDETERMINED,  /* whether it is revoked could not be found out */
	MDOC_ERR_ELEMENT,       /* not what the profile of the docType says of an element */
	MDOC_ERR_SESSION,       /* a session message that cannot be decrypted, or after the end */
	MDOC_RESULT_COUNT
};

/* Where and why; filled in by every function that takes one (NULL is fine). What is no fault of the input
 * (MDOC_ERR_MEMORY, CRYPTO, CALLBACK, BUFFER) may leave it as it was. */
struct mdoc_error {
	enum mdoc_result code;
	size_t offset;      /* bytes from the start of the caller's input; SIZE_MAX: no place in it */
	char path[120];     /* "documents[0].issuerSigned.issuerAuth", "" at the top */
	char expected[120]; /* what should have been there, English, for logs and messages */
};

/* "a digest that is not the one in the MSO": English, for people; never NULL. */
const char *mdoc_result_text(enum mdoc_result code);

/* "MDOC_ERR_DIGEST"; never NULL. */
const char *mdoc_result_name(enum mdoc_result code);

#ifdef __cplusplus
}
#endif
#endif
