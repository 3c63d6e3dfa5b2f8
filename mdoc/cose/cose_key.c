/*
 * mdoc/cose/cose_key.c: COSE_Key of the NIST curves, and the way to and from OpenSSL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/cose.h>
#include "mdoc/base/internal.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#define LABEL_KTY 1
#define LABEL_CRV (-1)
#define LABEL_X (-2)
#define LABEL_Y (-3)
#define KTY_EC2 2

/* "EC" by object identifier: by that name OpenSSL would ask an ENGINE that the application made its default. */
#define EC_TYPE "1.2.840.10045.2.1"

#define POINT_UNCOMPRESSED 0x04
#define POINT_COMPRESSED 0x02 /* | 1 when y is odd */

static const struct {
	enum mdoc_curve curve;
	size_t size;
	enum mdoc_alg alg;
	const char *group; /* OpenSSL's name on the way in */
	const char *name;  /* and on the way out */
} curves[] = {
	{ MDOC_CURVE_P256, 32, MDOC_ALG_ES256, "P-256", "prime256v1" },
	{ MDOC_CURVE_P384, 48, MDOC_ALG_ES384, "P-384", "secp384r1" },
	{ MDOC_CURVE_P521, 66, MDOC_ALG_ES512, "P-521", "secp521r1" },
};

#define CURVE_COUNT (sizeof(curves) / sizeof(curves[0]))

static size_t
curve_row(enum mdoc_curve curve)
{
	size_t i = 0;

	while (i < CURVE_COUNT && curves[i].curve != curve)
		i++;
	return i;
}

size_t
mdoc_curve_size(enum mdoc_curve curve)
{
	const size_t row = curve_row(curve);

	return row < CURVE_COUNT ? curves[row].size : 0;
}

enum mdoc_alg
mdoc_curve_alg(enum mdoc_curve curve)
{
	const size_t row = curve_row(curve);

	return row < CURVE_COUNT ? curves[row].alg : MDOC_ALG_NONE;
}

bool
mdoc_key_equal(const struct mdoc_public_key *a, const struct mdoc_public_key *b)
{
	return a->curve == b->curve && a->point_len == b->point_len && memcmp(a->point, b->point, a->point_len) == 0;
}

/* An EVP_PKEY from an encoded point, compressed or not. OpenSSL refuses one off the curve. */
static enum mdoc_result
evp_from_point(OSSL_LIB_CTX *libctx, enum mdoc_curve curve, const uint8_t *point, size_t len, EVP_PKEY **pkey)
{
	const size_t row = curve_row(curve);
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY_CTX *check = NULL;
	EVP_PKEY *made = NULL;
	char group[8] = "";
	uint8_t copy[MDOC_POINT_MAX];
	OSSL_PARAM params[3];
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	*pkey = NULL;
	if (row == CURVE_COUNT || len > sizeof(copy))
		return MDOC_ERR_KEY;
	memcpy(group, curves[row].group, strlen(curves[row].group));
	memcpy(copy, point, len);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, len);
	params[2] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(libctx, EC_TYPE, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	res = MDOC_ERR_KEY;
	if (EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
		goto out;
	check = EVP_PKEY_CTX_new_from_pkey(libctx, made, NULL);
	if (check == NULL) {
		res = MDOC_ERR_CRYPTO;
		goto out;
	}
	if (EVP_PKEY_public_check_quick(check) != 1)
		goto out;
	*pkey = made;
	made = NULL;
	res = MDOC_OK;
out:
	EVP_PKEY_free(made);
	EVP_PKEY_CTX_free(check);
	EVP_PKEY_CTX_free(ctx);
	return res;
}

enum mdoc_result
mdoc_key_to_evp(const struct mdoc_context *context, const struct mdoc_public_key *key, EVP_PKEY **pkey)
{
	const size_t size = mdoc_curve_size(key->curve);

	*pkey = NULL;
	if (size == 0 || key->point_len != 1 + 2 * size || key->point[0] != POINT_UNCOMPRESSED)
		return MDOC_ERR_KEY;
	return evp_from_point(mdoc_context_libctx(context), key->curve, key->point, key->point_len, pkey);
}

static bool
put_coordinate(const EVP_PKEY *pkey, const char *param, uint8_t *out, size_t size)
{
	BIGNUM *number = NULL;
	const bool ok =
		EVP_PKEY_get_bn_param(pkey, param, &number) == 1 && BN_bn2binpad(number, out, (int)size) == (int)size;

	BN_free(number);
	return ok;
}

enum mdoc_result
mdoc_key_from_evp(const EVP_PKEY *pkey, struct mdoc_public_key *key)
{
	char group[64];
	size_t row = 0;
	size_t size;

	memset(key, 0, sizeof(*key));
	if (EVP_PKEY_is_a(pkey, "EC") != 1 ||
		EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) != 1)
		return MDOC_ERR_KEY;
	while (row < CURVE_COUNT && strcmp(group, curves[row].name) != 0 && strcmp(group, curves[row].group) != 0)
		row++;
	if (row == CURVE_COUNT)
		return MDOC_ERR_KEY;
	size = curves[row].size;
	key->point[0] = POINT_UNCOMPRESSED;
	if (!put_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->point + 1, size) ||
		!put_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->point + 1 + size, size)) {
		memset(key, 0, sizeof(*key));
		return MDOC_ERR_KEY;
	}
	key->curve = curves[row].curve;
	key->point_len = 1 + 2 * size;
	return MDOC_OK;
}

/* The point as the COSE_Key has it: uncompressed, or compressed when y is only its sign. */
static enum mdoc_result
read_point(struct mdoc_node node, enum mdoc_curve curve, uint8_t point[MDOC_POINT_MAX], size_t *len,
	struct mdoc_error *error)
{
	const struct mdoc_node y_node = mdoc_map_int(node, LABEL_Y);
	const size_t size = mdoc_curve_size(curve);
	struct mdoc_bytes x, y;
	bool odd;

	if (!mdoc_node_bstr(mdoc_map_int(node, LABEL_X), &x) || x.len != size)
		return mdoci_fail(error, MDOC_ERR_KEY, mdoc_node_offset(node), "", "x (-2) of %zu bytes", size);
	memcpy(point + 1, x.ptr, size);
	if (mdoc_node_bool(y_node, &odd)) {
		point[0] = (uint8_t)(POINT_COMPRESSED | (odd ? 1 : 0));
		*len = 1 + size;
		return MDOC_OK;
	}
	if (!mdoc_node_bstr(y_node, &y) || y.len != size)
		return mdoci_fail(error, MDOC_ERR_KEY, mdoc_node_offset(node), "", "y (-3) of %zu bytes, or a bool",
			size);
	point[0] = POINT_UNCOMPRESSED;
	memcpy(point + 1 + size, y.ptr, size);
	*len = 1 + 2 * size;
	return MDOC_OK;
}

static enum mdoc_result
read_curve(struct mdoc_node node, enum mdoc_curve *curve, struct mdoc_error *error)
{
	int64_t kty, crv;

	if (!mdoc_node_present(node) || mdoc_node_type(node) != MDOC_CBOR_MAP)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), "", "a COSE_Key map");
	if (!mdoc_node_int(mdoc_map_int(node, LABEL_KTY), &kty) || kty != KTY_EC2)
		return mdoci_fail(error, MDOC_ERR_KEY, mdoc_node_offset(node), "", "kty (1) 2, EC2");
	if (!mdoc_node_int(mdoc_map_int(node, LABEL_CRV), &crv) || crv < MDOC_CURVE_P256 || crv > MDOC_CURVE_P521)
		return mdoci_fail(error, MDOC_ERR_KEY, mdoc_node_offset(node), "", "crv (-1) P-256, P-384 or P-521");
	*curve = (enum mdoc_curve)crv;
	return MDOC_OK;
}

enum mdoc_result
mdoc_key_parse(const struct mdoc_context *context, struct mdoc_node node, struct mdoc_public_key *key,
	struct mdoc_error *error)
{
	uint8_t point[MDOC_POINT_MAX];
	enum mdoc_curve curve = MDOC_CURVE_NONE;
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;
	size_t len = 0;

	memset(key, 0, sizeof(*key));
	res = read_curve(node, &curve, error);
	if (res == MDOC_OK)
		res = read_point(node, curve, point, &len, error);
	if (res != MDOC_OK)
		return res;
	res = evp_from_point(mdoc_context_libctx(context), curve, point, len, &pkey);
	if (res == MDOC_OK && point[0] == POINT_UNCOMPRESSED) {
		/* It has been checked as it is: nothing to work out. */
		key->curve = curve;
		key->point_len = len;
		memcpy(key->point, point, len);
	} else if (res == MDOC_OK) {
		res = mdoc_key_from_evp(pkey, key);
	}
	EVP_PKEY_free(pkey);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, mdoc_node_offset(node), "", "a point on the curve");
	return MDOC_OK;
}

void
mdoc_put_key(struct mdoc_buf *buf, const struct mdoc_public_key *key)
{
	const size_t size = mdoc_curve_size(key->curve);

	if (size == 0 || key->point_len != 1 + 2 * size) {
		if (buf->err == MDOC_OK)
			buf->err = MDOC_ERR_KEY;
		return;
	}
	mdoc_put_map(buf, 4);
	mdoc_put_int(buf, LABEL_KTY);
	mdoc_put_int(buf, KTY_EC2);
	mdoc_put_int(buf, LABEL_CRV);
	mdoc_put_int(buf, key->curve);
	mdoc_put_int(buf, LABEL_X);
	mdoc_put_bstr(buf, mdoc_bytes_of(key->point + 1, size));
	mdoc_put_int(buf, LABEL_Y);
	mdoc_put_bstr(buf, mdoc_bytes_of(key->point + 1 + size, size));
}
