/*
 * evidence.h: what a token's device says of keys, for an issuer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_EVIDENCE_H
#define TOOLS_TOKEN_EVIDENCE_H

#include "tools/common/p11.h"

/* The claim of a key attestation that holds the evidence, base64url. */
#define EVIDENCE_CLAIM "mdoc_tpm_evidence"

/*
 * Evidence about private keys of the token, CBOR, appended to out; the user is logged in.
 *
 * nonce  the issuer's, at most MDOC_ATTEST_NONCE_MAX bytes
 *
 * EXIT_STATUS_NO: the token is in no device that can tell (said)
 */
enum exit_status evidence_get(const struct p11_token *token, const CK_OBJECT_HANDLE *keys, size_t count,
	struct mdoc_bytes nonce, struct mdoc_buf *out);

/* Is the token in a device that can tell, whatever it may lack yet? key: a private key of the token */
bool evidence_possible(const struct p11_token *token, CK_OBJECT_HANDLE key);

/* The vendor interface of a token that is ours; NULL: another module's (said, EXIT_STATUS_NO). */
const CK_MDOC_FUNCTION_LIST *evidence_vendor(const struct p11_token *token);

/* What a refusal means: rv of C_MDOC_Attest and its sisters. */
enum exit_status evidence_error(const char *what, CK_RV rv);

#endif
