/*
 * mdoc/reader_auth.h: who asks. Reader authentication of a DeviceRequest (ISO/IEC 18013-5, 9.1.4, and
 * readerAuthAll of the second edition), found out by the holder's side before anything is disclosed.
 *
 * A reader's signature is checked, its certificate held against the profile of Annex B, its issuer looked for
 * among the reader CAs that are trusted. Each docRequest is judged by itself: by its own readerAuth and by the
 * signatures of readerAuthAll, which cover all of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_READER_AUTH_H
#define MDOC_READER_AUTH_H

#include <mdoc/request.h>
#include <mdoc/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is looked at for each signature, in this order. */
enum mdoc_reader_check {
	MDOC_READER_STRUCTURE, /* a detached COSE_Sign1 with a known alg and a certificate in x5chain */
	MDOC_READER_SIGNATURE, /* over this session's transcript and what is asked, by the certificate's key */
	MDOC_READER_PROFILE,   /* the certificate against Annex B: key usage, 1.0.18013.5.1.6 and the rest */
	MDOC_READER_PATH,      /* issued by a trusted reader CA: authority key identifier, name, signature */
	MDOC_READER_VALIDITY,  /* certificate and reader CA both valid now */
	MDOC_READER_CRL,       /* not revoked, by the CRL of the reader CA that the trust store has */
	MDOC_READER_CHECK_COUNT
};

/* "profile"; stable, for --json and tests. */
const char *mdoc_reader_check_name(enum mdoc_reader_check check);

struct mdoc_reader_row {
	enum mdoc_reader_check check;
	enum mdoc_outcome outcome;
	size_t doc;              /* whose readerAuth; SIZE_MAX: one of readerAuthAll */
	size_t signature;        /* which of readerAuthAll, from 0; 0 for a readerAuth */
	struct mdoc_error error; /* code MDOC_OK unless failed, or MDOC_ERR_UNDETERMINED: no CRL says anything */
};

/* What a docRequest's reader has shown of itself. */
enum mdoc_reader_standing {
	MDOC_READER_NONE,    /* there is no signature: anybody may be asking */
	MDOC_READER_FAILED,  /* a signature does not hold, cannot be understood, or its certificate is revoked */
	MDOC_READER_SIGNED,  /* it holds, but nobody who is trusted stands behind the certificate */
	MDOC_READER_TRUSTED, /* it holds, and everything about the certificate is in order */
};

/* "trusted"; stable, for --json and tests. */
const char *mdoc_reader_standing_name(enum mdoc_reader_standing standing);

/* Which readers are answered. A signature that fails is a forgery or another session's request, and one by a
 * revoked certificate may be a thief's: they are answered under none of them. */
enum mdoc_reader_policy {
	MDOC_READER_POLICY_ANY,    /* also one that does not say who it is */
	MDOC_READER_POLICY_SIGNED, /* one whose signature holds */
	MDOC_READER_POLICY_TRUSTED /* one that a trusted reader CA stands behind */
};

/* Zeroed but for the transcript: signatures only, and nobody is trusted. */
struct mdoc_reader_auth_options {
	struct mdoc_bytes transcript; /* SessionTranscript, bare */
	/* Of MDOC_CERT_READER_CA, with their CRLs if there are any; NULL: the certificate is not looked at. */
	const struct mdoc_trust *trust;
	int64_t now;       /* seconds since the epoch */
	unsigned relax;    /* MDOC_RELAX_* for reader certificates */
	bool crl_required; /* a reader of which no CRL says that it is good is not trusted; a revoked one has failed */
};

struct mdoc_reader_auth;

/*
 * Look at every signature of a request. What is wrong with one reader is a row of it, and no error.
 *
 * A signature of readerAuthAll is over four elements, the last one DeviceRequestInfoBytes or null. One over
 * the first three is accepted too, as older versions of multipaz made it, but only where there is no
 * deviceRequestInfo, which it would leave unsigned. x5chain is looked for in the protected header, too.
 *
 * A docRequest with a failed signature over it has failed, with one exception: a signature whose algorithm is
 * unknown here is passed over where another one holds, since a reader may sign for several families of
 * holders. Otherwise the best of its signatures counts. A signature by a certificate that a CRL of the trust
 * store names has failed, although it holds; that no CRL says anything is no such failure.
 *
 * request  must outlive *auth
 * *auth    free with mdoc_reader_auth_free(); NULL unless the result is MDOC_OK
 *
 * MDOC_OK       looked at, whatever was found
 * MDOC_ERR_ARG  a signature but no transcript, or a trust store of another profile than MDOC_CERT_READER_CA
 * MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoc_reader_auth_check(const struct mdoc_context *context, const struct mdoc_request *request,
	const struct mdoc_reader_auth_options *options, struct mdoc_reader_auth **auth, struct mdoc_error *error);

/* NULL is fine. */
void mdoc_reader_auth_free(struct mdoc_reader_auth *auth);

/* A row for each check of each signature: those of the docRequests, then those of readerAuthAll; NULL after the
 * last. */
const struct mdoc_reader_row *mdoc_reader_auth_row(const struct mdoc_reader_auth *auth, size_t i);

/* Of a docRequest; MDOC_READER_NONE for one that the request does not have. */
enum mdoc_reader_standing mdoc_reader_auth_standing(const struct mdoc_reader_auth *auth, size_t doc);

/*
 * May this docRequest be answered? To be asked before disclosure, for each docRequest that is answered.
 *
 * False also for a docRequest that the request does not have.
 */
bool mdoc_reader_auth_allows(const struct mdoc_reader_auth *auth, size_t doc, enum mdoc_reader_policy policy);

/* The reader's certificate, DER, behind the standing of a docRequest; false: none, or the standing is neither
 * MDOC_READER_SIGNED nor MDOC_READER_TRUSTED. */
bool mdoc_reader_auth_certificate(const struct mdoc_reader_auth *auth, size_t doc, struct mdoc_bytes *der);

/*
 * The subject of that certificate on one line of UTF-8, "C = JP, CN = ...", appended to out, for the holder's
 * consent. It is what the reader says of itself unless the standing is MDOC_READER_TRUSTED.
 *
 * MDOC_ERR_MISSING: there is no such certificate; MDOC_ERR_CERTIFICATE: a name that cannot be shown;
 * MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_reader_auth_subject(const struct mdoc_context *context, const struct mdoc_reader_auth *auth,
	size_t doc, struct mdoc_buf *out);

/*
 * The signatures over a request alone, at their cheapest: is there one that is wrong?
 *
 * transcript  SessionTranscript, bare
 *
 * MDOC_OK               none is; there may be none at all. Nothing is said about trust
 * MDOC_ERR_READER_AUTH  one is, or is not understood; the exception of mdoc_reader_auth_check() holds
 * MDOC_ERR_ARG, MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoc_reader_auth_verify(const struct mdoc_context *context, const struct mdoc_request *request,
	struct mdoc_bytes transcript, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
