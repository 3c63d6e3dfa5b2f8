/*
 * request_object.h: the authorization request of OpenID4VP 1.0 as a signed request object (RFC 9101), as HAIP 1.0 wants
 * it: response_type vp_token, DCQL, an x5c whose first certificate is the client's, direct_post or direct_post.jwt.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENID4VP_REQUEST_OBJECT_H
#define OPENID4VP_REQUEST_OBJECT_H

#include <mdoc/transcript.h>
#include "tools/openid4vp/dcql.h"
#include "tools/common/jwe.h"

#define VP_REQUEST_TYPE "oauth-authz-req+jwt"
#define VP_REQUEST_MEDIA_TYPE "application/oauth-authz-req+jwt"
#define VP_AUDIENCE "https://self-issued.me/v2" /* 5.8, static discovery */
#define VP_LEGAL_BASIS "urn:mdoc-pkcs11:legal-basis"
#define VP_CLOCK_SKEW 60 /* seconds that clocks may differ */
#define VP_REQUEST_MAX ((size_t)1024 * 1024)

enum vp_mode { VP_DIRECT_POST, VP_DIRECT_POST_JWT };

/* ---- Reading (holder) ---- */

/* What the caller knows beside the object. */
struct vp_expect {
	const char *client_id;    /* of the URI around it; NULL: not said there */
	const char *wallet_nonce; /* that was sent for this request; NULL: none */
	int64_t now;              /* seconds since the epoch */
	bool plain_http;          /* as client_id_check_uri() */
};

/* A request. Texts borrow from claims. */
struct vp_request {
	json_t *claims;
	const char *client_id, *response_uri, *nonce;
	const char *state; /* NULL: none */
	enum vp_mode mode;
	struct dcql dcql;
	/* The response's encryption; with VP_DIRECT_POST_JWT only */
	struct mdoc_public_key key;
	const char *kid;
	enum jwe_enc enc;
	uint8_t thumbprint[MDOC_THUMBPRINT_SIZE];
	/* The signer: x5c as DER, the one of the key first */
	struct mdoc_buf *chain;
	size_t chain_count;
	bool genuine; /* signed by the certificate, which is the client's, and response_uri is one of its own: errors may
	               * be sent there */
	struct vp_problem problem;
};

/*
 * Read and check a compact JWS: header, signature by x5c[0], client id, audience, times, and every parameter.
 * Whether the certificate is trusted is the caller's to find out.
 *
 * EXIT_STATUS_NO     not signed by whom it says, not for us, not now, not ours (wallet_nonce)
 * EXIT_STATUS_INPUT  no request object, or one that wants what is not supported
 * EXIT_STATUS_TROUBLE
 *
 * All said; request->problem has what to tell the verifier if request->genuine. vp_request_clear() in any case.
 */
enum exit_status vp_request_read(const struct mdoc_context *context, struct mdoc_bytes text,
	const struct vp_expect *expect, struct vp_request *request);
void vp_request_clear(struct vp_request *request);

/* The legal basis that the verifier states for a credential of its query (verifier_info); NULL: none. Borrowed. */
const char *vp_request_legal_basis(const struct vp_request *request, const char *credential);

/* ---- Making (verifier) ---- */

/* What goes into a request object; texts are copied. */
struct vp_offer {
	const char *client_id, *response_uri, *nonce;
	const char *state;        /* NULL: none */
	const char *wallet_nonce; /* as the wallet sent it; NULL: it did not */
	const char *legal_basis;  /* NULL: none */
	json_t *dcql;             /* borrowed */
	/* The response's encryption; NULL: direct_post */
	const struct mdoc_public_key *key;
	const char *kid;
	int64_t now, expires; /* iat, exp */
};

/*
 * A signed request object.
 *
 * x5c  `count` certificates as DER, that of the signer first, without the trust anchor (HAIP 1.0)
 * jws  appended to, nothing unless MDOC_OK
 *
 * MDOC_ERR_ARG: no certificate, or a key without kid; MDOC_ERR_KEY: a key without a JWK; those of jwt_sign()
 */
enum mdoc_result vp_request_make(const struct vp_offer *offer, const struct mdoc_signer *signer,
	const struct mdoc_bytes *x5c, size_t count, struct mdoc_buf *jws);

/* ---- Both ---- */

/* Append the SessionTranscript (B.2.6.1), bare. thumbprint: MDOC_THUMBPRINT_SIZE bytes; NULL: not encrypted. */
enum mdoc_result vp_transcript(const struct mdoc_context *context, const char *client_id, const char *nonce,
	const char *response_uri, const uint8_t *thumbprint, struct mdoc_buf *out, struct mdoc_error *error);

#endif
