/*
 * mdoc/issuer/mso.h: the mobile security object inside issuerAuth. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_MSO_H
#define MDOC_MSO_H

#include "mdoc/issuer/issuer_signed_internal.h"

/* Parse the payload of issuerAuth. path: that of the IssuerSigned. */
enum mdoc_result mdoci_mso_parse(const struct mdoc_context *context, const struct mdoc_sign1 *issuer_auth,
	const char *path, struct mdoc_mso *mso, struct mdoc_error *error);
void mdoci_mso_clear(struct mdoc_mso *mso);

/* As the MSO names it: "SHA-256". */
const char *mdoci_digest_text(enum mdoc_digest_alg alg);

#endif
