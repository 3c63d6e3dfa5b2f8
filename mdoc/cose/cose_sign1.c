/*
 * mdoc/cose/cose_sign1.c: COSE_Sign1 (RFC 9052, 4.2), read, checked and written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/cose.h>
#include "mdoc/base/internal.h"
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#define HEADER_ALG 1
#define HEADER_CRIT 2
#define HEADER_X5CHAIN 33

#define SIGN1_ITEMS 4

static const struct {
	enum mdoc_alg alg;
	enum mdoc_curve curve; /* the only one that ISO/IEC 18013-5 lets it go with */
	const char *hash;
} algorithms[] = {
	{ MDOC_ALG_ES256, MDOC_CURVE_P256, "SHA256" },
	{ MDOC_ALG_ESP256, MDOC_CURVE_P256, "SHA256" },
	{ MDOC_ALG_ES384, MDOC_CURVE_P384, "SHA384" },
	{ MDOC_ALG_ES512, MDOC_CURVE_P521, "SHA512" },
	{ MDOC_ALG_EDDSA, MDOC_CURVE_NONE, NULL },
};

#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

static size_t
alg_row(enum mdoc_alg alg)
{
	size_t i = 0;

	while (i < ALGORITHM_COUNT && algorithms[i].alg != alg)
		i++;
	return i;
}

size_t
mdoc_alg_sig_size(enum mdoc_alg alg)
{
	const size_t row = alg_row(alg);

	return row < ALGORITHM_COUNT ? 2 * mdoc_curve_size(algorithms[row].curve) : 0;
}

const char *
mdoc_alg_hash(enum mdoc_alg alg)
{
	const size_t row = alg_row(alg);

	return row < ALGORITHM_COUNT ? algorithms[row].hash : NULL;
}

/* alg of the protected header; its map lies inside a bstr and so has a scan of its own. */
static enum mdoc_result
read_protected(struct mdoc_node item, struct mdoc_bytes bytes, size_t offset, const char *path, enum mdoc_alg *alg,
	struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root, node;
	enum mdoc_result res;
	int64_t value;

	if (bytes.len == 0) /* how an empty header is written */
		return mdoci_fail(error, MDOC_ERR_MISSING, offset, path, "alg (1) in the protected header");
	res = mdoc_cbor_scan(mdoci_scan_context(item), bytes, offset, &scan, error);
	if (res != MDOC_OK) {
		mdoci_error_prefix(error, path);
		return res;
	}
	root = mdoc_cbor_root(scan);
	node = mdoc_map_int(root, HEADER_ALG);
	if (mdoc_node_type(root) != MDOC_CBOR_MAP)
		res = mdoci_fail(error, MDOC_ERR_TYPE, offset, path, "a map as the protected header");
	else if (!mdoc_node_present(node))
		res = mdoci_fail(error, MDOC_ERR_MISSING, offset, path, "alg (1) in the protected header");
	else if (!mdoc_node_int(node, &value) || value < INT32_MIN || value > INT32_MAX ||
		alg_row((enum mdoc_alg)value) == ALGORITHM_COUNT)
		res = mdoci_fail(error, MDOC_ERR_ALGORITHM, mdoc_node_offset(node), path,
			"alg ES256, ES384, ES512, ESP256 or EdDSA");
	else if (mdoc_node_present(mdoc_map_int(root, HEADER_CRIT)))
		res = mdoci_fail(error, MDOC_ERR_VALUE, offset, path, "no critical header (2): none is known here");
	else
		*alg = (enum mdoc_alg)value;
	mdoc_cbor_free(scan);
	return res;
}

/* The four items by their types. */
static enum mdoc_result
read_items(struct mdoc_node node, const char *path, struct mdoc_node items[SIGN1_ITEMS], struct mdoc_sign1 *sign1,
	struct mdoc_error *error)
{
	struct mdoc_node item = mdoc_node_first(node);

	if (!mdoc_node_present(node) || mdoc_node_type(node) != MDOC_CBOR_ARRAY || mdoc_node_count(node) != SIGN1_ITEMS)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path,
			"an untagged COSE_Sign1, an array of four");
	for (size_t i = 0; i < SIGN1_ITEMS; i++, item = mdoc_node_next(item))
		items[i] = item;
	if (!mdoc_node_bstr(items[0], &sign1->protected_))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[0]), path,
			"a byte string: the protected header");
	if (mdoc_node_type(items[1]) != MDOC_CBOR_MAP)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[1]), path,
			"a map: the unprotected header");
	if (!mdoc_node_is_null(items[2]) && !mdoc_node_bstr(items[2], &sign1->payload))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[2]), path,
			"a byte string or null: the payload");
	if (!mdoc_node_bstr(items[3], &sign1->signature))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[3]), path,
			"a byte string: the signature");
	return MDOC_OK;
}

/* Absent, one certificate, or an array of some. */
static enum mdoc_result
check_x5chain(struct mdoc_node chain, const char *path, struct mdoc_error *error)
{
	struct mdoc_bytes der;
	bool ok = !mdoc_node_present(chain) || mdoc_node_bstr(chain, &der);

	if (!ok && mdoc_node_type(chain) == MDOC_CBOR_ARRAY) {
		struct mdoc_node item = mdoc_node_first(chain);

		ok = mdoc_node_present(item);
		for (; ok && mdoc_node_present(item); item = mdoc_node_next(item))
			ok = mdoc_node_bstr(item, &der);
	}
	if (ok)
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(chain), path,
		"x5chain (33): a byte string or an array of them");
}

enum mdoc_result
mdoc_sign1_parse(struct mdoc_node node, const char *path, struct mdoc_sign1 *sign1, struct mdoc_error *error)
{
	struct mdoc_node items[SIGN1_ITEMS];
	enum mdoc_result res;
	size_t offset;

	memset(sign1, 0, sizeof(*sign1));
	sign1->node = node;
	res = read_items(node, path, items, sign1, error);
	if (res != MDOC_OK)
		return res;
	sign1->x5chain = mdoc_map_int(items[1], HEADER_X5CHAIN);
	res = check_x5chain(sign1->x5chain, path, error);
	if (res != MDOC_OK)
		return res;
	offset = mdoc_node_offset(items[0]) + (size_t)(sign1->protected_.ptr - mdoc_node_span(items[0]).ptr);
	return read_protected(items[0], sign1->protected_, offset, path, &sign1->alg, error);
}

bool
mdoc_sign1_certificate(const struct mdoc_sign1 *sign1, size_t i, struct mdoc_bytes *der)
{
	if (i == 0 && mdoc_node_bstr(sign1->x5chain, der))
		return true;
	return mdoc_node_bstr(mdoc_node_at(sign1->x5chain, i), der);
}

void
mdoc_sig_structure(struct mdoc_buf *buf, struct mdoc_bytes protected_, struct mdoc_bytes payload)
{
	mdoc_put_array(buf, 4);
	mdoc_put_text(buf, "Signature1");
	mdoc_put_bstr(buf, protected_);
	mdoc_put_bstr(buf, MDOC_NO_BYTES);
	mdoc_put_bstr(buf, payload);
}

/* r||s to the DER that OpenSSL wants. *der is freed with OPENSSL_free(). */
static enum mdoc_result
der_signature(struct mdoc_bytes raw, unsigned char **der, int *len)
{
	const int half = (int)(raw.len / 2);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.ptr, half, NULL);
	BIGNUM *s = BN_bin2bn(raw.ptr + half, half, NULL);
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
		goto out;
	r = NULL; /* now the signature's */
	s = NULL;
	*len = i2d_ECDSA_SIG(sig, der);
	if (*len > 0)
		res = MDOC_OK;
out:
	BN_free(s);
	BN_free(r);
	ECDSA_SIG_free(sig);
	return res;
}

static enum mdoc_result
verify_der(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, const char *hash, struct mdoc_bytes tbs, struct mdoc_bytes der)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (ctx == NULL || EVP_DigestVerifyInit_ex(ctx, NULL, hash, libctx, NULL, pkey, NULL) != 1)
		goto out;
	res = EVP_DigestVerify(ctx, der.ptr, der.len, tbs.ptr, tbs.len) == 1 ? MDOC_OK : MDOC_ERR_SIGNATURE;
out:
	EVP_MD_CTX_free(ctx);
	return res;
}

enum mdoc_result
mdoc_sign1_verify(const struct mdoc_context *context, const struct mdoc_sign1 *sign1, const struct mdoc_public_key *key,
	struct mdoc_bytes detached)
{
	const size_t row = alg_row(sign1->alg);
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	EVP_PKEY *pkey = NULL;
	unsigned char *der = NULL;
	enum mdoc_result res;
	int der_len = 0;

	if (row == ALGORITHM_COUNT || key->curve == MDOC_CURVE_NONE || algorithms[row].curve != key->curve)
		return MDOC_ERR_ALGORITHM;
	if (sign1->signature.len != mdoc_alg_sig_size(sign1->alg))
		return MDOC_ERR_SIGNATURE;
	mdoc_sig_structure(&tbs, sign1->protected_, sign1->payload.ptr != NULL ? sign1->payload : detached);
	res = tbs.err;
	if (res == MDOC_OK)
		res = mdoc_key_to_evp(context, key, &pkey);
	if (res == MDOC_OK)
		res = der_signature(sign1->signature, &der, &der_len);
	if (res == MDOC_OK)
		res = verify_der(mdoc_context_libctx(context), pkey, algorithms[row].hash, mdoc_buf_bytes(&tbs),
			mdoc_bytes_of(der, (size_t)der_len));
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	mdoc_buf_clear(&tbs);
	return res;
}

static void
put_x5chain(struct mdoc_buf *buf, const struct mdoc_bytes *x5chain, size_t n)
{
	mdoc_put_map(buf, n > 0 ? 1 : 0);
	if (n == 0)
		return;
	mdoc_put_int(buf, HEADER_X5CHAIN);
	if (n > 1)
		mdoc_put_array(buf, n);
	for (size_t i = 0; i < n; i++)
		mdoc_put_bstr(buf, x5chain[i]);
}

/* Ask the signer for a signature over the Sig_structure. */
static enum mdoc_result
make_signature(const struct mdoc_signer *signer, struct mdoc_bytes protected_, struct mdoc_bytes payload,
	uint8_t sig[MDOC_SIG_MAX])
{
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_sig_structure(&tbs, protected_, payload);
	res = tbs.err;
	if (res == MDOC_OK && !signer->sign(signer->arg, signer->alg, mdoc_buf_bytes(&tbs), sig))
		res = MDOC_ERR_CALLBACK;
	mdoc_buf_clear(&tbs);
	return res;
}

enum mdoc_result
mdoc_sign1_put(struct mdoc_buf *buf, const struct mdoc_signer *signer, struct mdoc_bytes payload, bool detached,
	const struct mdoc_bytes *x5chain, size_t n)
{
	const size_t sig_size = mdoc_alg_sig_size(signer->alg);
	struct mdoc_buf header = MDOC_BUF_EMPTY;
	uint8_t sig[MDOC_SIG_MAX];
	enum mdoc_result res;

	if (sig_size == 0)
		return MDOC_ERR_ALGORITHM;
	mdoc_put_map(&header, 1);
	mdoc_put_int(&header, HEADER_ALG);
	mdoc_put_int(&header, signer->alg);
	res = header.err;
	if (res == MDOC_OK)
		res = make_signature(signer, mdoc_buf_bytes(&header), payload, sig);
	if (res != MDOC_OK)
		goto out;
	mdoc_put_array(buf, SIGN1_ITEMS);
	mdoc_put_bstr(buf, mdoc_buf_bytes(&header));
	put_x5chain(buf, x5chain, n);
	if (detached)
		mdoc_put_null(buf);
	else
		mdoc_put_bstr(buf, payload);
	mdoc_put_bstr(buf, mdoc_bytes_of(sig, sig_size));
	res = buf->err;
out:
	mdoc_buf_clear(&header);
	return res;
}
