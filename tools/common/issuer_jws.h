/*
 * issuer_jws.h: a compact JWS by an issuer's key for messages, whose certificate (MDOC_CERT_MESSAGES) is in x5c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_ISSUER_JWS_H
#define TOOLS_ISSUER_JWS_H

#include <jansson.h>
#include <mdoc/x509.h>

/*
 * Sign claims.
 *
 * type         typ of the header, which says what it is good for: "mdoc-notice+jwt"
 * certificate  DER of the signer's certificate
 * jws          appended to
 *
 * those of jwt_sign()
 */
enum mdoc_result issuer_jws_sign(const char *type, const json_t *claims, const struct mdoc_signer *signer,
	struct mdoc_bytes certificate, struct mdoc_buf *jws);

/*
 * Check one.
 *
 * trust   anchors of issuing authorities
 * when    seconds since the epoch, for the certificate
 * claims  json_decref() by the caller; NULL unless MDOC_OK
 *
 * MDOC_ERR_MALFORMED: no such JWS, another typ, no certificate; MDOC_ERR_SIGNATURE; and what mdoc_trust_judge() says of
 * the certificate: MDOC_ERR_CERTIFICATE, MDOC_ERR_CHAIN, MDOC_ERR_VALIDITY, MDOC_ERR_REVOKED
 */
enum mdoc_result issuer_jws_verify(const struct mdoc_context *context, struct mdoc_bytes text, const char *type,
	const struct mdoc_trust *trust, int64_t when, json_t **claims);

#endif
