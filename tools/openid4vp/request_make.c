/* request_make.c: making a signed request object. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/request_object.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* x5c has base64 with padding (RFC 7515, 4.1.6), unlike everything else. */
static json_t *
certificate_json(struct mdoc_bytes der)
{
	const size_t size = (der.len + 2) / 3 * 4 + 1;
	uint8_t *text = der.len <= MDOC_CERT_MAX ? malloc(size) : NULL;
	json_t *json = NULL;

	if (text != NULL)
		json = json_stringn((const char *)text, (size_t)EVP_EncodeBlock(text, der.ptr, (int)der.len));
	free(text);
	return json;
}

static json_t *
header_json(const struct mdoc_bytes *x5c, size_t count)
{
	json_t *chain = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(chain, certificate_json(x5c[i]));
	if (json_array_size(chain) != count) {
		json_decref(chain);
		return NULL;
	}
	return json_pack("{s:s, s:o}", "typ", VP_REQUEST_TYPE, "x5c", chain);
}

static json_t *
metadata_json(const struct vp_offer *offer)
{
	json_t *metadata = json_pack("{s:{s:{}}}", "vp_formats_supported", DCQL_MDOC);
	json_t *jwk;

	if (metadata == NULL || offer->key == NULL)
		return metadata;
	jwk = jwk_from_key(offer->key);
	if (jwk != NULL &&
		json_object_update_new(jwk,
			json_pack("{s:s, s:s, s:s}", "use", "enc", "alg", "ECDH-ES", "kid", offer->kid)) == 0 &&
		json_object_update_new(metadata,
			json_pack("{s:{s:[O]}, s:[s, s]}", "jwks", "keys", jwk,
				"encrypted_response_enc_values_supported", jwe_enc_name(JWE_A128GCM),
				jwe_enc_name(JWE_A256GCM))) == 0) {
		json_decref(jwk);
		return metadata;
	}
	json_decref(jwk);
	json_decref(metadata);
	return NULL;
}

static json_t *
claims_json(const struct vp_offer *offer)
{
	json_t *claims = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:o, s:I, s:I, s:s*, s:s*}", "aud", VP_AUDIENCE,
		"response_type", "vp_token", "response_mode", offer->key != NULL ? "direct_post.jwt" : "direct_post",
		"client_id", offer->client_id, "response_uri", offer->response_uri, "nonce", offer->nonce, "dcql_query",
		offer->dcql, "client_metadata", metadata_json(offer), "iat", (json_int_t)offer->now, "exp",
		(json_int_t)offer->expires, "state", offer->state, "wallet_nonce", offer->wallet_nonce);

	if (claims == NULL || offer->legal_basis == NULL)
		return claims;
	if (json_object_set_new(claims, "verifier_info",
		    json_pack("[{s:s, s:{s:s}}]", "format", VP_LEGAL_BASIS, "data", "text", offer->legal_basis)) != 0) {
		json_decref(claims);
		return NULL;
	}
	return claims;
}

enum mdoc_result
vp_request_make(const struct vp_offer *offer, const struct mdoc_signer *signer, const struct mdoc_bytes *x5c,
	size_t count, struct mdoc_buf *jws)
{
	json_t *header = NULL, *claims = NULL, *jwk = NULL;
	enum mdoc_result res = MDOC_ERR_ARG;

	if (count == 0 || (offer->key != NULL && offer->kid == NULL))
		return res;
	if (offer->key != NULL) {
		jwk = jwk_from_key(offer->key);
		json_decref(jwk);
		if (jwk == NULL || !mdoc_curve_agrees(offer->key->curve))
			return MDOC_ERR_KEY;
	}
	header = header_json(x5c, count);
	claims = claims_json(offer);
	res = header != NULL && claims != NULL ? jwt_sign(header, claims, signer, jws) : MDOC_ERR_MEMORY;
	json_decref(header);
	json_decref(claims);
	return res;
}

enum mdoc_result
vp_transcript(const struct mdoc_context *context, const char *client_id, const char *nonce, const char *response_uri,
	const uint8_t *thumbprint, struct mdoc_buf *out, struct mdoc_error *error)
{
	const struct mdoc_transcript_spec spec = {
		.handover = MDOC_HANDOVER_OPENID4VP,
		.client_id = mdoc_text(client_id),
		.nonce = mdoc_text(nonce),
		.response_uri = mdoc_text(response_uri),
		.thumbprint = thumbprint != NULL ? mdoc_bytes_of(thumbprint, MDOC_THUMBPRINT_SIZE) : MDOC_NO_BYTES,
	};

	return mdoc_transcript_build(context, &spec, out, error);
}
