/* jwt.c: JWK of EC keys and compact JWS. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/jwt.h"
#include "tools/common/json.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>

struct curve_row {
	enum mdoc_curve curve;
	enum mdoc_alg alg;
	const char *crv;
	const char *alg_name;
};

static const struct curve_row curves[] = {
	{ MDOC_CURVE_P256, MDOC_ALG_ES256, "P-256", "ES256" },
	{ MDOC_CURVE_P384, MDOC_ALG_ES384, "P-384", "ES384" },
	{ MDOC_CURVE_P521, MDOC_ALG_ES512, "P-521", "ES512" },
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))

json_t *
jwk_from_key(const struct mdoc_public_key *key)
{
	const size_t size = mdoc_curve_size(key->curve);
	const char *crv = NULL;

	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].curve == key->curve)
			crv = curves[i].crv;
	if (crv == NULL || key->point_len != 1 + 2 * size)
		return NULL;
	return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", crv, "x",
		json_base64url(mdoc_bytes_of(key->point + 1, size)), "y",
		json_base64url(mdoc_bytes_of(key->point + 1 + size, size)));
}

static bool
coordinate(const json_t *jwk, const char *name, size_t size, uint8_t *out)
{
	const json_t *text = json_object_get(jwk, name);
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	bool good = false;

	if (json_is_string(text) &&
		mdoc_base64url_decode(mdoc_bytes_of(json_string_value(text), json_string_length(text)), &bytes) ==
			MDOC_OK &&
		bytes.len == size) {
		memcpy(out, bytes.ptr, size);
		good = true;
	}
	mdoc_buf_clear(&bytes);
	return good;
}

enum mdoc_result
jwk_to_key(const struct mdoc_context *context, const json_t *jwk, struct mdoc_public_key *key)
{
	const char *kty = json_string_value(json_object_get(jwk, "kty"));
	const char *crv = json_string_value(json_object_get(jwk, "crv"));
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;
	size_t size;

	memset(key, 0, sizeof(*key));
	if (kty == NULL || crv == NULL || strcmp(kty, "EC") != 0 || json_object_get(jwk, "d") != NULL)
		return MDOC_ERR_KEY;
	for (size_t i = 0; i < CURVES; i++)
		if (strcmp(curves[i].crv, crv) == 0)
			key->curve = curves[i].curve;
	if (key->curve == MDOC_CURVE_NONE)
		return MDOC_ERR_KEY;
	size = mdoc_curve_size(key->curve);
	key->point[0] = 4;
	key->point_len = 1 + 2 * size;
	if (!coordinate(jwk, "x", size, key->point + 1) || !coordinate(jwk, "y", size, key->point + 1 + size))
		return MDOC_ERR_KEY;
	res = mdoc_key_to_evp(context, key, &pkey); /* refuses points that are not on the curve */
	EVP_PKEY_free(pkey);
	return res;
}

/* base64url of the compact JSON text of a value. */
static enum mdoc_result
append_json(struct mdoc_buf *out, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	if (text == NULL)
		return MDOC_ERR_MEMORY;
	mdoc_base64url_encode(out, mdoc_text(text));
	free(text);
	return out->err;
}

enum mdoc_result
jwt_sign(json_t *header, const json_t *claims, const struct mdoc_signer *signer, struct mdoc_buf *jws)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	uint8_t sig[MDOC_SIG_MAX];
	size_t sig_len = 0;
	const char *name = NULL;
	enum mdoc_result res;

	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].alg == signer->alg)
			name = curves[i].alg_name;
	if (name == NULL)
		return MDOC_ERR_ALGORITHM;
	if (json_object_set_new(header, "alg", json_string(name)) != 0)
		return MDOC_ERR_MEMORY;
	res = append_json(&text, header);
	if (res != MDOC_OK)
		goto out;
	mdoc_buf_append(&text, mdoc_text("."));
	res = append_json(&text, claims);
	if (res != MDOC_OK)
		goto out;
	res = mdoc_sign(signer, mdoc_buf_bytes(&text), sig, &sig_len);
	if (res != MDOC_OK)
		goto out;
	mdoc_buf_append(&text, mdoc_text("."));
	mdoc_base64url_encode(&text, mdoc_bytes_of(sig, sig_len));
	if (text.err == MDOC_OK)
		mdoc_buf_append(jws, mdoc_buf_bytes(&text));
	res = text.err != MDOC_OK ? text.err : jws->err;
out:
	mdoc_buf_clear(&text);
	return res;
}

/* The JSON object behind one base64url part. */
static enum mdoc_result
parse_part(struct mdoc_bytes part, json_t **object)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	enum mdoc_result res = mdoc_base64url_decode(part, &bytes);

	if (res == MDOC_OK) {
		*object = json_loadb((const char *)bytes.ptr, bytes.len, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(*object))
			res = MDOC_ERR_MALFORMED;
	}
	mdoc_buf_clear(&bytes);
	return res;
}

static enum mdoc_result
parse_signature(struct mdoc_bytes part, struct jwt *jwt)
{
	const char *name = json_string_value(json_object_get(jwt->header, "alg"));
	enum mdoc_curve curve = MDOC_CURVE_NONE;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	for (size_t i = 0; name != NULL && i < CURVES; i++)
		if (strcmp(curves[i].alg_name, name) == 0)
			curve = curves[i].curve;
	jwt->alg = mdoc_curve_alg(curve);
	if (jwt->alg == MDOC_ALG_NONE)
		return MDOC_ERR_ALGORITHM;
	res = mdoc_base64url_decode(part, &bytes);
	if (res == MDOC_OK && bytes.len != mdoc_curve_sig_size(curve))
		res = MDOC_ERR_MALFORMED;
	if (res == MDOC_OK) {
		memcpy(jwt->signature, bytes.ptr, bytes.len);
		jwt->signature_len = bytes.len;
	}
	mdoc_buf_clear(&bytes);
	return res;
}

enum mdoc_result
jwt_parse(struct mdoc_bytes text, struct jwt *jwt)
{
	const uint8_t *first, *second;
	enum mdoc_result res;
	size_t left;

	memset(jwt, 0, sizeof(*jwt));
	first = text.len > 0 ? memchr(text.ptr, '.', text.len) : NULL;
	if (first == NULL)
		return MDOC_ERR_MALFORMED;
	left = text.len - (size_t)(first - text.ptr) - 1;
	second = left > 0 ? memchr(first + 1, '.', left) : NULL;
	if (second == NULL)
		return MDOC_ERR_MALFORMED;
	res = parse_part(mdoc_bytes_of(text.ptr, (size_t)(first - text.ptr)), &jwt->header);
	if (res == MDOC_OK)
		res = parse_part(mdoc_bytes_of(first + 1, (size_t)(second - first) - 1), &jwt->claims);
	if (res == MDOC_OK)
		res = parse_signature(mdoc_bytes_of(second + 1, text.len - (size_t)(second - text.ptr) - 1), jwt);
	jwt->signing_input = mdoc_bytes_of(text.ptr, (size_t)(second - text.ptr));
	if (res != MDOC_OK)
		jwt_clear(jwt);
	return res;
}

enum mdoc_result
jwt_verify(const struct mdoc_context *context, const struct jwt *jwt, const struct mdoc_public_key *key)
{
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	if (mdoc_curve_alg(key->curve) != jwt->alg)
		return MDOC_ERR_ALGORITHM;
	res = mdoc_key_to_evp(context, key, &pkey);
	if (res == MDOC_OK)
		res = mdoc_signature_verify(context, jwt->alg, key->curve, pkey, jwt->signing_input,
			mdoc_bytes_of(jwt->signature, jwt->signature_len));
	EVP_PKEY_free(pkey);
	return res;
}

void
jwt_clear(struct jwt *jwt)
{
	json_decref(jwt->header);
	json_decref(jwt->claims);
	memset(jwt, 0, sizeof(*jwt));
}
