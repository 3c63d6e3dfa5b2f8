/*
 * context.h: the programs' own OpenSSL library context: default provider only and no
 * openssl.cnf, which might bring our own module in through a PKCS#11 engine or provider.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_CRYPTO_H
#define TOOLS_CRYPTO_H

#include <mdoc/cose.h>

/* For every libmdoc call of a program; lives until exit. One thread only. NULL: memory. */
const struct mdoc_context *tool_context(void);

/*
 * A new key on a curve that agrees on secrets, for one session or one message. mdoc_agreement_clear() by the caller.
 * MDOC_ERR_CRYPTO, MDOC_ERR_MEMORY; MDOC_ERR_KEY: no such curve
 */
enum mdoc_result key_make_ephemeral(const struct mdoc_context *context, enum mdoc_curve curve,
	struct mdoc_agreement *key);

#define THUMBPRINT_LEN 32
#define THUMBPRINT_TEXT 43 /* the same as base64url */

/* RFC 7638 SHA-256 thumbprint of the key's JWK. */
enum mdoc_result key_thumbprint(const struct mdoc_context *context, const struct mdoc_public_key *key,
	uint8_t thumbprint[THUMBPRINT_LEN]);

#endif
