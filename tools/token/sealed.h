/*
 * sealed.h: a Credential Response that only this token can open: {"credential_response": JWE, "signature": JWS}, as a
 * file or in the inbox. The signature is the issuer's over the ciphertext, so that whoever has no PIN can check where it
 * comes from before it is kept (R-COM-02, R-REN-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_SEALED_H
#define TOOLS_TOKEN_SEALED_H

#include <jansson.h>
#include <mdoc/x509.h>
#include "tools/common/context.h"
#include "tools/common/p11.h"

/* The public half of the inbox key, which anybody may read. EXIT_STATUS_NO: the token has no inbox (said) */
enum exit_status sealed_inbox_key(const struct p11_token *token, struct mdoc_public_key *key);

/* {"jwk": …, "alg": "ECDH-ES", "enc": "A256GCM"} for a Credential Request; NULL: memory */
json_t *sealed_encryption(const struct mdoc_public_key *key);

/*
 * Is it signed by an issuer that the token trusts (a messages certificate below one of its IACAs, valid now), meant
 * for this token, and over just this ciphertext? Needs no login.
 *
 * trust  IACAs; NULL: those that the token has marked, after a login of the user
 *
 * EXIT_STATUS_NO, EXIT_STATUS_INPUT (said)
 */
enum exit_status sealed_check(const struct p11_token *token, const json_t *sealed, const struct mdoc_trust *trust,
	int64_t now);

/* Decrypt it with the private half; the user is logged in. *response: json_decref() */
enum exit_status sealed_open(struct p11_token *token, const json_t *sealed, json_t **response);

#endif
