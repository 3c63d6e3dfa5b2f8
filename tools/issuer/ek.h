/*
 * ek.h: a TPM's endorsement key and the certificate that its maker gave it (TCG EK Credential Profile for TPM
 * Family 2.0; templates L-1, RSA 2048, L-2, ECC P-256, and H-3, ECC P-384).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_EK_H
#define ISSUER_EK_H

#include "tools/issuer/chain.h"
#include "tools/issuer/tpm_parts.h"

enum ek_result {
	EK_OK,
	EK_MEMORY,
	EK_CRYPTO,
	EK_STRUCTURE,      /* not a public area */
	EK_TEMPLATE,       /* not made from a template of the TCG */
	EK_NO_CERTIFICATE, /* the TPM holds none */
	EK_CERTIFICATE,    /* not the certificate of an endorsement key */
	EK_CHAIN,          /* no certificate authority that was named issued it */
	EK_VALIDITY,       /* it, or one above it, has expired or is not yet valid */
	EK_KEY             /* it is for another key */
};

/*
 * Is this an endorsement key that a maker whom we trust put into a TPM?
 *
 * area         its public area, TPMT_PUBLIC
 * certificate  DER; ptr NULL: none
 * anchors      DER of the makers' certificate authorities
 * ek           for credential_make()
 */
enum ek_result ek_check(const struct mdoc_context *context, struct mdoc_bytes area, struct mdoc_bytes certificate,
	const struct mdoc_bytes *anchors, size_t count, int64_t now, TPMT_PUBLIC *ek);

/* Untranslated N_() text; never NULL. */
const char *ek_sentence(enum ek_result result);

#endif
