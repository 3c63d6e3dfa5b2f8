/*
 * mdoc/verify.h: a reader's verdict on a DeviceResponse (ISO/IEC 18013-5, 9.3.1), as one named row for
 * each check, of which the result is the summary. What does not depend on a failed check is still done,
 * so that a caller can show everything that is wrong and not only the first thing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_VERIFY_H
#define MDOC_VERIFY_H

#include <mdoc/response.h>
#include <mdoc/status.h>
#include <mdoc/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The checks, in the order of their rows: first four of the response as a whole, then, for each
 * document, all of the others. */
enum mdoc_check {
	MDOC_CHECK_STRUCTURE,             /* whole input, limits, no duplicate keys */
	MDOC_CHECK_VERSION,               /* major version 1 */
	MDOC_CHECK_STATUS,                /* status 0 */
	MDOC_CHECK_DOCUMENTS,             /* at least one */
	MDOC_CHECK_DOCTYPE,               /* document and MSO agree */
	MDOC_CHECK_DOCTYPE_REQUESTED,     /* … and the request asks for it */
	MDOC_CHECK_ISSUER_AUTH,           /* structure of issuerAuth, alg in the protected header, payload */
	MDOC_CHECK_X5CHAIN,               /* the certificate of the DS is there */
	MDOC_CHECK_DS_PROFILE,            /* DS certificate against Annex B */
	MDOC_CHECK_CHAIN,                 /* DS issued by a trusted IACA: key identifier, name, signature */
	MDOC_CHECK_CERTIFICATE_VALIDITY,  /* DS and IACA valid now */
	MDOC_CHECK_CRL,                   /* DS not revoked, by the CRLs that the trust store has */
	MDOC_CHECK_ANCHOR_DOCTYPE,        /* the IACA may issue this docType, as a VICAL says it */
	MDOC_CHECK_ISSUER_ALGORITHM,      /* alg of issuerAuth fits the DS key */
	MDOC_CHECK_ISSUER_SIGNATURE,      /* R-VX-02 */
	MDOC_CHECK_MSO,                   /* version, digest algorithm, device key */
	MDOC_CHECK_VALIDITY_INFO,         /* signed <= validFrom <= validUntil */
	MDOC_CHECK_SIGNED_IN_DS,          /* signed while the DS certificate was valid */
	MDOC_CHECK_VALIDITY,              /* validFrom <= now <= validUntil */
	MDOC_CHECK_UNTIL_IN_DS,           /* validUntil not after the DS certificate's end; at most a warning */
	MDOC_CHECK_LAW_VALIDITY,          /* validity not over the law's month (R-VAL-01) */
	MDOC_CHECK_DIGESTS,               /* every returned item is one that the MSO has (R-REC-01) */
	MDOC_CHECK_RANDOM_LENGTH,         /* 16 bytes or more in each */
	MDOC_CHECK_DUPLICATES,            /* no element and no digest id twice */
	MDOC_CHECK_DEVICE_AUTH_FORM,      /* signature or MAC, as it is allowed here (R-TX-01), without its payload */
	MDOC_CHECK_DEVICE_AUTH_ALGORITHM, /* its algorithm fits the device key */
	MDOC_CHECK_DEVICE_AUTH,           /* it is over our transcript (R-VX-01) */
	MDOC_CHECK_KEY_AUTHORIZATIONS,    /* device-signed elements are those that the issuer allows */
	MDOC_CHECK_DEVICE_ELEMENTS,       /* … and none stands for one that the issuer signed */
	MDOC_CHECK_ISSUING_COUNTRY,       /* element issuing_country of an mDL is the C of the DS */
	MDOC_CHECK_ISSUING_JURISDICTION,  /* so is its issuing_jurisdiction the ST, when both are there */
	MDOC_CHECK_REQUESTED_ELEMENTS,    /* nothing was returned that was not asked for */
	MDOC_CHECK_RETENTION,             /* what the caller keeps was asked for with intentToRetain */
	MDOC_CHECK_AGE_OVER,              /* age_over_NN contradict neither each other nor the rule of 7.2.5 */
	MDOC_CHECK_ELEMENT_PROFILE,       /* values as the docType has them; a warning for an element that it has not */
	MDOC_CHECK_KEY_PROFILE,           /* so are the curves of the DS and the device key (R-CRY-01) */
	MDOC_CHECK_REVOCATION,            /* not revoked, by the lists that MSO.status names (second edition) */
	MDOC_CHECK_ALGORITHM_POLICY,      /* algorithms, curves and digests are good at this date (R-FUT-05) */
	MDOC_CHECK_COUNT
};

enum mdoc_outcome {
	MDOC_PASSED,
	MDOC_FAILED,
	MDOC_NOT_DONE,       /* an earlier failure prevents it, or what it takes was not handed in */
	MDOC_NOT_APPLICABLE, /* there is nothing that it could be about */
	MDOC_WARNING         /* found wrong or not found out, and yet no reason to refuse */
};

/* "issuer_signature"; "unknown" for no check. Stable, for programs and tests. */
const char *mdoc_check_name(enum mdoc_check check);

/* "passed", "failed", "not_done", "not_applicable", "warning". */
const char *mdoc_outcome_name(enum mdoc_outcome outcome);

struct mdoc_check_row {
	enum mdoc_check check;
	enum mdoc_outcome outcome;
	size_t document; /* SIZE_MAX: the response as a whole */
	/* Path and offset of what was looked at; code MDOC_OK unless failed or warning, or not done because it
	 * could not be found out (MDOC_ERR_UNDETERMINED). */
	struct mdoc_error error;
};

/* What to make of a revocation that cannot be found out: the second edition leaves it to the reader, who may be
 * offline. */
enum mdoc_undetermined {
	MDOC_UNDETERMINED_WARNS = 0,
	MDOC_UNDETERMINED_IGNORED, /* the row is "not done" */
	MDOC_UNDETERMINED_FAILS
};

/*
 * Until when something is good enough, by whoever decides that for the caller (R-FUT-04 to R-FUT-06): an algorithm
 * ("ES256", as mdoc_alg_name()), a curve ("P-256", as mdoc_curve_name()) or the MSO's digest ("SHA-256").
 */
struct mdoc_algorithm_rule {
	const char *name;
	int64_t warn_from;   /* from this second on a warning; INT64_MAX: never */
	int64_t reject_from; /* from this one on a failure; INT64_MAX: never */
};

/* Zeroed fields are the defaults. Everything pointed to is borrowed until the verdict is freed. */
struct mdoc_verify_options {
	struct mdoc_bytes transcript;   /* our own SessionTranscript, bare; mdoc_verify() needs it */
	const struct mdoc_trust *trust; /* IACA certificates; NULL: nobody is trusted */
	int64_t now;                    /* seconds since the epoch */
	int64_t clock_skew;             /* seconds that a clock may be off, either way; 0 is strict, 60 is common */
	unsigned relax;                 /* MDOC_RELAX_* for DS certificates */
	/*
	 * What was asked for: a document or an element beyond it fails (what must not be had must not be
	 * shown, either). NULL: whatever came was wanted.
	 */
	const struct mdoc_request *request;
	bool retain;                               /* the caller keeps what it gets; looked at with a request only */
	const struct mdoc_agreement *reader;       /* by EReaderKey, for a deviceMac; NULL: none can be checked */
	const struct mdoc_revocation_lists *lists; /* checked ones; NULL: none */
	enum mdoc_undetermined undetermined;       /* of MSO.status, and of CRLs that the trust store has */
	bool crl_required; /* a DS of which no CRL says that it is good fails; else the row is "not done" without a CRL */
	bool crl_expected; /* a DS that names where its CRL is, and of which no CRL tells, is undetermined, never "not done" */
	const struct mdoc_algorithm_rule *algorithms; /* looked at as of now; what none of them names is good */
	size_t algorithm_count;
	bool mac_allowed; /* never for org.iso.23220.1.jp.mnc, whatever it says (R-TX-01) */
};

struct mdoc_verdict;

/*
 * Verify a DeviceResponse. There is a row for each check of each document, in the order of enum
 * mdoc_check.
 *
 * input     bare DeviceResponse; must outlive *verdict
 * *verdict  free with mdoc_verdict_free(); NULL when there is none
 *
 * MDOC_OK: no check failed. MDOC_ERR_MEMORY, MDOC_ERR_ARG, MDOC_ERR_CRYPTO with *verdict NULL: no
 * verdict. Otherwise the code of the first failed row.
 */
enum mdoc_result mdoc_verify(const struct mdoc_context *context, struct mdoc_bytes input,
	const struct mdoc_verify_options *options, struct mdoc_verdict **verdict);

/*
 * The issuer's part only, for a holder that imports a record: ISSUER_AUTH to DUPLICATES and the checks
 * of elements that need no request. Results as above; `record` must outlive *verdict.
 */
enum mdoc_result mdoc_verify_record(const struct mdoc_context *context, const struct mdoc_issuer_signed *record,
	const struct mdoc_verify_options *options, struct mdoc_verdict **verdict);

/* NULL is fine. */
void mdoc_verdict_free(struct mdoc_verdict *verdict);

/* What mdoc_verify() returned. */
enum mdoc_result mdoc_verdict_result(const struct mdoc_verdict *verdict);

/* Row i; false after the last. */
bool mdoc_verdict_row(const struct mdoc_verdict *verdict, size_t i, struct mdoc_check_row *row);

/* The row of a check, of one document or of the whole (SIZE_MAX); false when there is none. */
bool mdoc_verdict_find(const struct mdoc_verdict *verdict, enum mdoc_check check, size_t document,
	struct mdoc_check_row *row);

/*
 * Documents that were judged, and the result of each: MDOC_OK only when neither a row of its own nor
 * one of the whole response failed. Then, and only then, it may be shown as fact, whatever the others
 * are. MDOC_ERR_ARG: no such document.
 */
size_t mdoc_verdict_documents(const struct mdoc_verdict *verdict);
enum mdoc_result mdoc_verdict_document_result(const struct mdoc_verdict *verdict, size_t document);

/* What was judged, borrowed from the verdict; NULL when it could not be read, or for a record. */
const struct mdoc_response *mdoc_verdict_response(const struct mdoc_verdict *verdict);

/* DER of the IACA certificate that a document hangs on, borrowed from the trust store; MDOC_NO_BYTES: none. */
struct mdoc_bytes mdoc_verdict_anchor(const struct mdoc_verdict *verdict, size_t document);

/*
 * Every device-signed element stands in the MSO's keyAuthorizations and replaces no issuer-signed
 * one. For a holder's device before it signs; mdoc_verify() has two rows for it.
 *
 * is                 NULL: of a record without keyAuthorizations, which therefore allow nothing
 * device_namespaces  scan of the bare DeviceNameSpaces
 *
 * MDOC_ERR_AUTHORIZATION; MDOC_ERR_TYPE, MDOC_ERR_VALUE: not {namespace: {element: value}}, or
 * keyAuthorizations themselves are wrong; MDOC_ERR_SIZE: more names than MDOC_LIMIT_DEVICE_NAMES
 */
enum mdoc_result mdoc_device_namespaces_check(const struct mdoc_issuer_signed *is,
	const struct mdoc_cbor *device_namespaces, struct mdoc_error *why);

#ifdef __cplusplus
}
#endif
#endif
