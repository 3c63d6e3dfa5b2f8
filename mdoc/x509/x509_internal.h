/*
 * mdoc/x509/x509_internal.h: what the x509_*.c files share. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_X509_INTERNAL_H
#define MDOC_X509_INTERNAL_H

#include "mdoc/base/internal.h"
#include <mdoc/x509.h>
#include <openssl/x509v3.h>

#define MDOC_EC_BITS_MIN 256 /* of the group order, R-CRY-01 */

/* Fill in *error (NULL is fine), without a place in the input, and give back the code. */
enum mdoc_result mdoci_x509_fail(struct mdoc_error *error, enum mdoc_result code, const char *expected);

/* One certificate that fills the whole input, in the caller's library context. NULL: it is
 * none. Free with X509_free(). */
X509 *mdoci_x509_decode(const struct mdoc_context *context, struct mdoc_bytes der);

/* EC, named curve, group order of at least MDOC_EC_BITS_MIN bits. */
bool mdoci_x509_key_allowed(X509 *cert);

/* Seconds since the epoch. False: not a time of RFC 5280. */
bool mdoci_x509_times(const X509 *cert, int64_t *not_before, int64_t *not_after);

/* Extension as a decoded structure; NULL when it is absent, there twice, or malformed. */
void *mdoci_x509_extension(const X509 *cert, int nid);

/* The one text of an attribute in a name, e.g. NID_countryName; MDOC_NO_BYTES unless there is
 * exactly one. Borrowed from the name. */
struct mdoc_bytes mdoci_x509_name_text(const X509_NAME *name, int nid);

/* The profile of all anchors of a store; false while it is empty. */
bool mdoci_trust_profile(const struct mdoc_trust *trust, enum mdoc_cert_profile *profile);

#endif
