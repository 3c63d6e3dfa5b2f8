/*
 * notice.h: notices of what became of a record (R-REV-05, R-NTF-01), as they leave the issuer: never in plain text.
 *
 * To the device: a JWE (ECDH-ES, A256GCM) to its provisioner's key for notices, of a JWS by the issuer's messages key,
 * type "mdoc-notice+jwt", with the claims iss, aud (thumbprint of the key for notices), sub (serial number of the
 * token), jti (id of the notice), iat, event, ? reason. To a municipality: CMS of JSON {"type": "mdoc-notice", "iss",
 * "aud" (its name), "sub" (the issuer's reference to the person), "jti", "iat", "event", ? "reason"}. No more is said.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_NOTICE_H
#define ISSUER_NOTICE_H

#include <openssl/evp.h>
#include "tools/issuer/issuer.h"

#define NOTICE_TYPE "mdoc-notice+jwt"

struct notice_maker {
	const struct issuer *issuer;
	struct mdoc_p11_key *key; /* for messages */
	struct mdoc_signer signer;
	EVP_PKEY *pkey; /* the same key */
};

/* Is it for a device, or for a municipality? */
bool notice_is_for_device(const struct register_notice *notice);

/*
 * The document of a notice: a compact JWE, or CMS in base64 without line ends.
 *
 * *text  free() by the caller
 *
 * EXIT_STATUS_NO (said): its recipient has no key or certificate that can be used; the notice stays where it is
 */
enum exit_status notice_make(const struct notice_maker *maker, const struct register_notice *notice, char **text);

#endif
