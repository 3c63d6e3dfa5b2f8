/*
 * proofs.h: new holder keys, and what they sign to show that the token has them (R-ENR-01: public keys are all that
 * leaves).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_PROOFS_H
#define TOOLS_TOKEN_PROOFS_H

#include "tools/common/copies.h"

/* Make a holder key: its id, private key and public key are filled in. On an error the private key is
 * CK_INVALID_HANDLE. */
CK_RV proofs_make_key(const struct p11_token *token, enum mdoc_curve curve, struct copy *copy);

/* A JWS by such a key, appended to `proofs`. Takes header and claims, of which NULL is an error. */
enum exit_status proofs_sign(struct p11_token *token, const struct copy *copy, json_t *header, json_t *claims,
	json_t *proofs);

/* Take the keys away again. */
void proofs_destroy(const struct p11_token *token, const struct copy *made, size_t count);

#endif
