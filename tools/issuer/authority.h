/*
 * authority.h: the issuer's attestation CA: its key in the issuer's token, its certificate in the issuer's folder.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_AUTHORITY_H
#define ISSUER_AUTHORITY_H

#include "tools/issuer/issuer.h"

struct authority {
	struct mdoc_buf certificate; /* DER */
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
};

/*
 * The CA with its key; made now when this issuer has none. authority_close() in any case.
 *
 * token  logged in; stays open as long as the key is used
 */
enum exit_status authority_open(struct issuer *issuer, struct issuer_token *token, int64_t now,
	struct authority *authority);
void authority_close(struct authority *authority);

/* Its certificate alone, appended to der. EXIT_STATUS_NO: no TPM was ever enrolled (said). */
enum exit_status authority_certificate(const struct issuer *issuer, struct mdoc_buf *der);

#endif
