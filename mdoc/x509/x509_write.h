/*
 * mdoc/x509/x509_write.h: what making certificates and making CRLs share. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_X509_WRITE_H
#define MDOC_X509_WRITE_H

#include "mdoc/x509/x509_internal.h"

/* What a certificate of a profile is written with. */
struct mdoci_profile_form {
	bool ca;
	bool issuer_alt_name, crl_points; /* are mandatory */
	uint32_t usage;                   /* KU_… */
	uint8_t eku;                      /* last byte of 1.0.18013.5.1.x; 0: none */
	bool eku_mail;                    /* emailProtection */
};

void mdoci_profile_form(enum mdoc_cert_profile profile, struct mdoci_profile_form *form);

/* OpenSSL's number of the signature algorithm for a key on this curve; NID_undef: they don't fit. */
int mdoci_sig_nid(enum mdoc_alg alg, enum mdoc_curve curve);

/* AlgorithmIdentifier, whole, for the signer on this curve; MDOC_NO_BYTES: they don't fit. */
struct mdoc_bytes mdoci_sig_identifier(enum mdoc_alg alg, enum mdoc_curve curve);

/*
 * Have a whole TBSCertificate or TBSCertList signed, and append what it is then.
 * curve  of the issuer's key
 * MDOC_ERR_ALGORITHM: the signer's does not fit it; MDOC_ERR_CALLBACK, MDOC_ERR_CRYPTO, MDOC_ERR_MEMORY
 */
enum mdoc_result mdoci_put_signed(struct mdoc_buf *out, const struct mdoc_signer *signer, enum mdoc_curve curve,
	struct mdoc_bytes tbs, struct mdoc_error *error);

#endif
