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

/* The digest of an id; false: the MSO has none. */
bool mdoci_mso_digest(const struct mdoc_mso *mso, struct mdoc_bytes ns, uint64_t id, struct mdoc_bytes *digest);

/* As the MSO names it: "SHA-256"; NULL: not one of them. */
const char *mdoci_digest_text(enum mdoc_digest_alg alg);

#endif
