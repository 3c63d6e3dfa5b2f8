/* jwt.c: JWK and compact JWS. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/jwt.h"
#include "tools/common/json.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>

struct curve_row {
	enum mdoc_curve curve;
	const char *kty; /* RFC 7518, 6.2; RFC 8037, 2 */
	const char *crv;
};

static const struct curve_row curves[] = {
	{ MDOC_CURVE_P256, "EC", "P-256" },
	{ MDOC_CURVE_P384, "EC", "P-384" },
	{ MDOC_CURVE_P521, "EC", "P-521" },
	{ MDOC_CURVE_ED25519, "OKP", "Ed25519" },
	{ MDOC_CURVE_ED448, "OKP", "Ed448" },
	{ MDOC_CURVE_X25519, "OKP", "X25519" },
	{ MDOC_CURVE_X448, "OKP", "X448" },
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))

/* What a JWS may be signed with; the names are those of COSE. */
static const enum mdoc_alg algorithms[] = { MDOC_ALG_ES256, MDOC_ALG_ES384, MDOC_ALG_ES512, MDOC_ALG_EDDSA,
	MDOC_ALG_ED25519, MDOC_ALG_ED448 };
#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static const struct curve_row *
row_of(enum mdoc_curve curve)
{
	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].curve == curve)
			return &curves[i];
	return NULL;
}

static bool
is_okp(const struct curve_row *row)
{
	return strcmp(row->kty, "OKP") == 0;
}

json_t *
jwk_from_key(const struct mdoc_public_key *key)
{
	const size_t size = mdoc_curve_size(key->curve);
	const struct curve_row *row = row_of(key->curve);

	if (row == NULL || key->point_len != (is_okp(row) ? size : 1 + 2 * size))
		return NULL;
	if (is_okp(row))
		return json_pack("{s:s, s:s, s:o}", "kty", row->kty, "crv", row->crv, "x",
			json_base64url(mdoc_bytes_of(key->point, size)));
	return json_pack("{s:s, s:s, s:o, s:o}", "kty", row->kty, "crv", row->crv, "x",
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

static bool
read_point(const json_t *jwk, const struct curve_row *row, struct mdoc_public_key *key)
{
	const size_t size = mdoc_curve_size(row->curve);

	key->curve = row->curve;
	if (is_okp(row)) {
		key->point_len = size;
		return coordinate(jwk, "x", size, key->point);
	}
	key->point[0] = 4;
	key->point_len = 1 + 2 * size;
	return coordinate(jwk, "x", size, key->point + 1) && coordinate(jwk, "y", size, key->point + 1 + size);
}

enum mdoc_result
jwk_to_key(const struct mdoc_context *context, const json_t *jwk, struct mdoc_public_key *key)
{
	const char *kty = json_string_value(json_object_get(jwk, "kty"));
	const char *crv = json_string_value(json_object_get(jwk, "crv"));
	const struct curve_row *row = NULL;
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	memset(key, 0, sizeof(*key));
	if (kty == NULL || crv == NULL || json_object_get(jwk, "d") != NULL)
		return MDOC_ERR_KEY;
	for (size_t i = 0; i < CURVES; i++)
		if (strcmp(curves[i].crv, crv) == 0 && strcmp(curves[i].kty, kty) == 0)
			row = &curves[i];
	if (row == NULL || !read_point(jwk, row, key))
		return MDOC_ERR_KEY;
	res = mdoc_key_to_evp(context, key, &pkey); /* refuses points that are not on the curve */
	EVP_PKEY_free(pkey);
	return res;
}

static enum mdoc_alg
algorithm_of(const char *name)
{
	for (size_t i = 0; name != NULL && i < ALGORITHMS; i++)
		if (strcmp(mdoc_alg_name(algorithms[i]), name) == 0)
			return algorithms[i];
	return MDOC_ALG_NONE;
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
	const char *name = mdoc_alg_name(signer->alg);
	enum mdoc_result res;

	if (algorithm_of(name) == MDOC_ALG_NONE || row_of(signer->curve) == NULL)
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

static bool
is_signature_size(enum mdoc_alg alg, size_t size)
{
	for (size_t i = 0; i < CURVES; i++)
		if (mdoc_alg_fits(alg, curves[i].curve) && mdoc_curve_sig_size(curves[i].curve) == size)
			return true;
	return false;
}

static enum mdoc_result
parse_signature(struct mdoc_bytes part, struct jwt *jwt)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	jwt->alg = algorithm_of(json_string_value(json_object_get(jwt->header, "alg")));
	if (jwt->alg == MDOC_ALG_NONE)
		return MDOC_ERR_ALGORITHM;
	res = mdoc_base64url_decode(part, &bytes);
	if (res == MDOC_OK && !is_signature_size(jwt->alg, bytes.len))
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

	if (!mdoc_alg_fits(jwt->alg, key->curve) || json_object_get(jwt->header, "crit") != NULL)
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
