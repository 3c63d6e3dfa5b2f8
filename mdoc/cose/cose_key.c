/*
 * mdoc/cose/cose_key.c: COSE_Key of all curves, and the way to and from OpenSSL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/context.h"
#include "mdoc/cose/cose_internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#define LABEL_KTY 1
#define LABEL_CRV (-1)
#define LABEL_X (-2)
#define LABEL_Y (-3)
#define KTY_EC2 2

#define KTY_OKP 1

#define POINT_UNCOMPRESSED 0x04
#define POINT_COMPRESSED 0x02 /* | 1 when y is odd */

bool
mdoc_key_equal(const struct mdoc_public_key *a, const struct mdoc_public_key *b)
{
	return a->curve == b->curve && a->point_len == b->point_len && memcmp(a->point, b->point, a->point_len) == 0;
}

/* By the name of the curve, with a point or without. OpenSSL refuses a point off its curve. */
static enum mdoc_result
from_name(OSSL_LIB_CTX *libctx, const struct mdoci_curve *row, const uint8_t *point, size_t len, EVP_PKEY **pkey)
{
	const int what = point != NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEY_PARAMETERS;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, row->type, NULL);
	enum mdoc_result res = MDOC_ERR_CRYPTO;
	OSSL_PARAM params[3];
	size_t n = 0;

	*pkey = NULL;
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	if (!row->okp)
		params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
			(char *)(uintptr_t)row->openssl, 0);
	if (point != NULL)
		params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, len);
	params[n] = OSSL_PARAM_construct_end();
	res = EVP_PKEY_fromdata(ctx, pkey, what, params) == 1 ? MDOC_OK : MDOC_ERR_KEY;
out:
	EVP_PKEY_CTX_free(ctx);
	return res;
}

/* A copy of the context's key of this curve, still without a point; NULL: it keeps none. */
static EVP_PKEY *
copy_group(const struct mdoc_context *context, const struct mdoci_curve *row)
{
	EVP_PKEY *made = NULL, *others = NULL;
	_Atomic(EVP_PKEY *) *slot;

	if (context == NULL || row->okp)
		return NULL;
	slot = &context->groups->of[mdoci_curve_row(row)];
	made = atomic_load(slot);
	if (made == NULL && from_name(context->libctx, row, NULL, 0, &made) == MDOC_OK &&
		!atomic_compare_exchange_strong(slot, &others, made)) {
		EVP_PKEY_free(made); /* another thread was first */
		made = others;
	}
	return made != NULL ? EVP_PKEY_dup(made) : NULL;
}

/* An EVP_PKEY from an encoded point, compressed or not, or from an OKP key. */
static enum mdoc_result
evp_from_point(const struct mdoc_context *context, const struct mdoci_curve *row, const uint8_t *point, size_t len,
	EVP_PKEY **pkey)
{
	enum mdoc_result res = MDOC_OK;

	ERR_set_mark();
	*pkey = copy_group(context, row);
	if (*pkey == NULL) {
		res = from_name(mdoc_context_libctx(context), row, point, len, pkey);
	} else if (EVP_PKEY_set1_encoded_public_key(*pkey, point, len) != 1) {
		EVP_PKEY_free(*pkey);
		*pkey = NULL;
		res = MDOC_ERR_KEY;
	}
	ERR_pop_to_mark();
	return res;
}

static size_t
point_size(const struct mdoci_curve *row)
{
	return row->okp ? row->size : 1 + 2 * row->size;
}

enum mdoc_result
mdoc_key_to_evp(const struct mdoc_context *context, const struct mdoc_public_key *key, EVP_PKEY **pkey)
{
	const struct mdoci_curve *row = mdoci_curve(key->curve);

	*pkey = NULL;
	if (row == NULL || key->point_len != point_size(row) || (!row->okp && key->point[0] != POINT_UNCOMPRESSED))
		return MDOC_ERR_KEY;
	return evp_from_point(context, row, key->point, key->point_len, pkey);
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
	const struct mdoci_curve *row = mdoci_curve_of_evp(pkey);
	size_t size, len = 0;
	bool good;

	memset(key, 0, sizeof(*key));
	if (row == NULL)
		return MDOC_ERR_KEY;
	size = row->size;
	if (row->okp) {
		good = EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, key->point, size, &len) == 1 &&
			len == size;
	} else {
		/* Not the encoded key, which may be a compressed point. */
		key->point[0] = POINT_UNCOMPRESSED;
		good = put_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->point + 1, size) &&
			put_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->point + 1 + size, size);
	}
	if (!good) {
		memset(key, 0, sizeof(*key));
		return MDOC_ERR_KEY;
	}
	key->curve = row->curve;
	key->point_len = point_size(row);
	return MDOC_OK;
}

/* The point as the COSE_Key has it: uncompressed, compressed when y is only its sign, or all there is. */
static enum mdoc_result
read_point(struct mdoc_node node, const struct mdoci_curve *row, uint8_t point[MDOC_POINT_MAX], size_t *len,
	struct mdoc_error *error)
{
	const struct mdoc_node y_node = mdoc_map_int(node, LABEL_Y);
	const size_t size = row->size;
	struct mdoc_bytes x, y;
	bool odd;

	if (!mdoc_node_bstr(mdoc_map_int(node, LABEL_X), &x) || x.len != size)
		return mdoci_fail(error, MDOC_ERR_KEY, mdoc_node_offset(node), "", "x (-2) of %zu bytes", size);
	if (row->okp) {
		memcpy(point, x.ptr, size);
		*len = size;
		return MDOC_OK;
	}
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
read_curve(struct mdoc_node node, const struct mdoci_curve **row, struct mdoc_error *error)
{
	int64_t kty, crv = 0;

	if (!mdoc_node_present(node) || mdoc_node_type(node) != MDOC_CBOR_MAP)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), "", "a COSE_Key map");
	if (!mdoc_node_int(mdoc_map_int(node, LABEL_KTY), &kty) || (kty != KTY_EC2 && kty != KTY_OKP))
		return mdoci_fail(error, MDOC_ERR_KEY, mdoc_node_offset(node), "", "kty (1) 2, EC2, or 1, OKP");
	if (mdoc_node_int(mdoc_map_int(node, LABEL_CRV), &crv) && crv > 0 && crv <= INT32_MAX)
		*row = mdoci_curve((enum mdoc_curve)crv);
	if (*row == NULL || (*row)->okp != (kty == KTY_OKP))
		return mdoci_fail(error, MDOC_ERR_KEY, mdoc_node_offset(node), "", "crv (-1), a curve of this kty");
	return MDOC_OK;
}

enum mdoc_result
mdoc_key_parse(const struct mdoc_context *context, struct mdoc_node node, struct mdoc_public_key *key, EVP_PKEY **pkey,
	struct mdoc_error *error)
{
	const struct mdoci_curve *row = NULL;
	uint8_t point[MDOC_POINT_MAX];
	EVP_PKEY *made = NULL;
	enum mdoc_result res;
	size_t len = 0;

	memset(key, 0, sizeof(*key));
	if (pkey != NULL)
		*pkey = NULL;
	res = read_curve(node, &row, error);
	if (res == MDOC_OK)
		res = read_point(node, row, point, &len, error);
	if (res != MDOC_OK)
		return res;
	res = evp_from_point(context, row, point, len, &made);
	if (res == MDOC_OK && len == point_size(row)) {
		/* It has been checked as it is: nothing to work out. */
		key->curve = row->curve;
		key->point_len = len;
		memcpy(key->point, point, len);
	} else if (res == MDOC_OK) {
		res = mdoc_key_from_evp(made, key);
	}
	if (res != MDOC_OK) {
		EVP_PKEY_free(made);
		return mdoci_fail(error, res, mdoc_node_offset(node), "", "a point on the curve");
	}
	if (pkey != NULL)
		*pkey = made;
	else
		EVP_PKEY_free(made);
	return MDOC_OK;
}

void
mdoc_put_key(struct mdoc_buf *buf, const struct mdoc_public_key *key)
{
	const struct mdoci_curve *row = mdoci_curve(key->curve);

	if (row == NULL || key->point_len != point_size(row)) {
		if (buf->err == MDOC_OK)
			buf->err = MDOC_ERR_KEY;
		return;
	}
	mdoc_put_map(buf, row->okp ? 3 : 4);
	mdoc_put_int(buf, LABEL_KTY);
	mdoc_put_int(buf, row->okp ? KTY_OKP : KTY_EC2);
	mdoc_put_int(buf, LABEL_CRV);
	mdoc_put_int(buf, key->curve);
	mdoc_put_int(buf, LABEL_X);
	mdoc_put_bstr(buf, mdoc_bytes_of(row->okp ? key->point : key->point + 1, row->size));
	if (row->okp)
		return;
	mdoc_put_int(buf, LABEL_Y);
	mdoc_put_bstr(buf, mdoc_bytes_of(key->point + 1 + row->size, row->size));
}
