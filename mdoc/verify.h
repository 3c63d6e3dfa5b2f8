/*
 * mdoc/verify.h: a reader's verdict on a DeviceResponse: mdoc-spec.md section 12, items 1 to 7,
 * as a list of checks of which the return value is the summary.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_VERIFY_H
#define MDOC_VERIFY_H

#include <mdoc/response.h>
#include <mdoc/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mdoc_check {
	MDOC_CHECK_STRUCTURE,          /* whole input, limits, no duplicate keys */
	MDOC_CHECK_VERSION,            /* major version 1 */
	MDOC_CHECK_STATUS,             /* status 0 */
	MDOC_CHECK_DOCUMENTS,          /* at least one */
	MDOC_CHECK_DOCTYPE,            /* document and MSO agree, and were requested */
	MDOC_CHECK_ISSUER_AUTH,        /* structure of issuerAuth, alg, x5chain present */
	MDOC_CHECK_DS_PROFILE,         /* DS certificate against Annex B */
	MDOC_CHECK_CHAIN,              /* DS issued by a trusted IACA, both valid now */
	MDOC_CHECK_ISSUER_SIGNATURE,   /* R-VX-02 */
	MDOC_CHECK_MSO,                /* version, digest algorithm, device key */
	MDOC_CHECK_VALIDITY_INFO,      /* signed <= validFrom <= validUntil, signed inside DS validity */
	MDOC_CHECK_VALIDITY,           /* validFrom <= now <= validUntil (R-VAL-01) */
	MDOC_CHECK_DIGESTS,            /* every returned item (R-REC-01) */
	MDOC_CHECK_DEVICE_AUTH,        /* signature over our transcript (R-VX-01) */
	MDOC_CHECK_KEY_AUTHORIZATIONS, /* device-signed elements allowed, none replaces an issuer's */
	MDOC_CHECK_COUNT
};

enum mdoc_outcome { MDOC_PASSED, MDOC_FAILED, MDOC_NOT_DONE /* an earlier failure prevents it */ };

struct mdoc_check_row {
	enum mdoc_check check;
	enum mdoc_outcome outcome;
	size_t document;         /* SIZE_MAX: the response as a whole */
	struct mdoc_error error; /* code MDOC_OK unless failed; path and offset of what was looked at */
};

struct mdoc_verify_options {
	struct mdoc_bytes transcript; /* SessionTranscript, bare */
	const struct mdoc_trust *trust;
	int64_t now;
	int64_t clock_skew;                 /* seconds either way */
	unsigned relax;                     /* MDOC_RELAX_* for DS certificates */
	const struct mdoc_request *request; /* NULL: any docType is fine */
	const EVP_PKEY *reader_key;         /* EReaderKey's private half, for a deviceMac; NULL */
	bool mac_allowed;                   /* never for org.iso.23220.1.jp.mnc, whatever it says (R-TX-01) */
};

struct mdoc_verdict {
	struct mdoc_check_row *rows;
	size_t count;
	struct mdoc_response
		*response; /* NULL: it did not parse; may be shown as fact only where the verdict is MDOC_OK */
};

/*
 * Verify. There is a row for each check of each document, in the order of enum mdoc_check; what
 * does not depend on a failed check is still done. `input` must outlive *verdict; free with mdoc_verdict_clear().
 * MDOC_OK: every check of every document passed. Otherwise the code of the first failed row;
 * MDOC_ERR_MEMORY, MDOC_ERR_ARG, MDOC_ERR_CRYPTO: no verdict.
 */
enum mdoc_result mdoc_verify(const struct mdoc_context *context, struct mdoc_bytes input,
	const struct mdoc_verify_options *options, struct mdoc_verdict *verdict);
void mdoc_verdict_clear(struct mdoc_verdict *verdict);

/* "issuer_signature"; stable, for --json and tests. */
const char *mdoc_check_name(enum mdoc_check check);

/* Issuer part only (items 3 to 5, without device authentication), for a holder that imports a
 * record: signature, profile, chain, validity, digests, with the same rows. */
enum mdoc_result mdoc_verify_record(const struct mdoc_context *context, const struct mdoc_issuer_signed *record,
	const struct mdoc_verify_options *options, struct mdoc_verdict *verdict);

/*
 * Every device-signed element stands in the MSO's keyAuthorizations and replaces no issuer-signed
 * one. For readers, and for a holder's device before it signs.
 * is                 NULL: of a record without keyAuthorizations, which therefore allow nothing
 * device_namespaces  scan of the bare DeviceNameSpaces
 * MDOC_ERR_AUTHORIZATION; MDOC_ERR_TYPE, MDOC_ERR_VALUE: not {namespace: {element: value}}, or
 * keyAuthorizations themselves are wrong; MDOC_ERR_SIZE: more than MDOC_DEVICE_NAMES_MAX names
 */
enum mdoc_result mdoc_device_namespaces_check(const struct mdoc_issuer_signed *is,
	const struct mdoc_cbor *device_namespaces, struct mdoc_error *why);

#ifdef __cplusplus
}
#endif
#endif
