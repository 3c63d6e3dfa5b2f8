/*
 * attest_ca.h: the issuer's attestation CA: certifies the attestation keys of TPMs that answered a challenge, and
 * knows its own certificates again. Its key is on P-256 and lives beside the issuer's other keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_ATTEST_CA_H
#define ISSUER_ATTEST_CA_H

#include <mdoc/cose.h>
#include "tools/issuer/evidence.h"

struct attest_ca_spec {
	struct mdoc_bytes ca;             /* DER of the CA's certificate */
	const struct mdoc_signer *signer; /* its key: ES256 */
	struct mdoc_public_key key;       /* the attestation key */
	const char *token;                /* serial number of its token, UTF-8 */
	int64_t not_before, not_after;
};

/*
 * Make the certificate of an attestation key: DER appended to out. Extended key usage CHAIN_EKU_AK, no CA.
 *
 * serial  its number, big endian
 *
 * MDOC_ERR_CERTIFICATE: ca is none; MDOC_ERR_VALUE: token is empty or longer than 64 characters;
 * MDOC_ERR_ALGORITHM, MDOC_ERR_CALLBACK: the signer; MDOC_ERR_KEY, MDOC_ERR_CRYPTO, MDOC_ERR_MEMORY
 */
enum mdoc_result attest_ca_certify(const struct mdoc_context *context, const struct attest_ca_spec *spec,
	struct mdoc_buf *out, uint8_t serial[EVIDENCE_SERIAL_MAX]);

/*
 * Is this a certificate of an attestation key by that CA?
 *
 * key     of the certificate
 * serial  its number, serial_len bytes
 *
 * EVIDENCE_CERTIFICATE, EVIDENCE_CHAIN, EVIDENCE_VALIDITY, EVIDENCE_MEMORY
 */
enum evidence_result attest_ca_check(const struct mdoc_context *context, struct mdoc_bytes ca, struct mdoc_bytes der,
	int64_t now, struct mdoc_public_key *key, uint8_t serial[EVIDENCE_SERIAL_MAX], size_t *serial_len);

#endif
