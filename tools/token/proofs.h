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

/*
 * What the token attests of itself and of these keys, for whoever registers it: a JWT by its provisioner's attestation
 * key (C_MDOC_AttestKeys). The user or the provisioner is logged in.
 *
 * *attestation  a string, json_decref() by the caller; NULL unless EXIT_STATUS_OK
 *
 * EXIT_STATUS_GO_ON: it has no provisioner, or is not ours; nothing is said
 */
enum exit_status proofs_attest(const struct p11_token *token, const struct copy *made, size_t count, const char *nonce,
	const char *audience, json_t **attestation);

/* Take the keys away again. */
void proofs_destroy(const struct p11_token *token, const struct copy *made, size_t count);

#endif
