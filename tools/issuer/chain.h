/*
 * chain.h: certificates of TPMs, which are none of ISO/IEC 18013-5: endorsement keys (by the TPM's maker) and
 * attestation keys (by this issuer), told apart by their extended key usage.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_CHAIN_H
#define ISSUER_CHAIN_H

#include <mdoc/context.h>
#include <openssl/x509.h>

#define CHAIN_EKU_EK "2.23.133.8.1" /* TCG: tcg-kp-EKCertificate */
#define CHAIN_EKU_AK "2.23.133.8.3" /* TCG: tcg-kp-AIKCertificate */

enum chain_result {
	CHAIN_OK,
	CHAIN_MEMORY,
	CHAIN_MALFORMED, /* not one DER certificate, or one of another size than any real one */
	CHAIN_PURPOSE,   /* without this extended key usage, or that of a CA */
	CHAIN_UNTRUSTED, /* none of the anchors issued it */
	CHAIN_VALIDITY   /* it, or one above it, has expired or is not yet valid */
};

struct chain_rules {
	const struct mdoc_bytes *anchors; /* DER; each is trusted, whether it is a root or stands below one */
	size_t count;
	const char *purpose; /* CHAIN_EKU_… */
	int64_t now;
};

/*
 * Check one certificate. A critical subjectAltName, and a subject that is empty, are as good as any: a TPM's maker
 * writes model and version of the TPM there, and no name of anybody.
 *
 * *certificate  X509_free(); NULL unless CHAIN_OK
 */
enum chain_result chain_check(const struct mdoc_context *context, struct mdoc_bytes der,
	const struct chain_rules *rules, X509 **certificate);

/* One DER certificate that fills the bytes; NULL: it does not, or no memory. */
X509 *chain_decode(const struct mdoc_context *context, struct mdoc_bytes der);

#endif
