/*
 * tests/unit/test_cose.c: COSE_Key and COSE_Sign1.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"
#include "tests/unit/mdoc_test.h"
#include <openssl/ec.h>
#include <string.h>

extern CU_TestInfo cose_tests[];

/* Every curve, points first, and by whether it signs. */
static const char *const groups[] = { "P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP320r1",
	"brainpoolP384r1", "brainpoolP512r1", "ED25519", "ED448", "X25519", "X448" };

#define POINTS 7  /* the first groups have compressed points */
#define SIGNING 9 /* the first groups sign */
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static enum mdoc_result
parse_key(struct mdoc_bytes input, struct mdoc_public_key *key)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_error error;
	enum mdoc_result res;

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
	res = mdoc_key_parse(NULL, mdoc_cbor_root(scan), key, NULL, &error);
	mdoc_cbor_free(scan);
	return res;
}

/* {1: kty, -1: crv, -2: x, -3: y} with whatever lengths; a bool y when y is NULL. */
static void
put_raw_key(struct mdoc_buf *buf, int64_t kty, int64_t crv, struct mdoc_bytes x, const struct mdoc_bytes *y, bool odd)
{
	mdoc_put_map(buf, 4);
	mdoc_put_int(buf, 1);
	mdoc_put_int(buf, kty);
	mdoc_put_int(buf, -1);
	mdoc_put_int(buf, crv);
	mdoc_put_int(buf, -2);
	mdoc_put_bstr(buf, x);
	mdoc_put_int(buf, -3);
	if (y != NULL)
		mdoc_put_bstr(buf, *y);
	else
		mdoc_put_bool(buf, odd);
}

/* A signature would be checked with a key that nobody can own, or with another one. */
static void
key_refuses(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_public_key key;
	struct soft_key soft;
	uint8_t off[66];

	CU_ASSERT_TRUE_FATAL(soft_key_make(&soft, "P-256"));
	memcpy(off, soft.pub.point + 33, 32);
	off[31] ^= 1;
	const struct mdoc_bytes x = mdoc_bytes_of(soft.pub.point + 1, 32);
	const struct mdoc_bytes y = mdoc_bytes_of(soft.pub.point + 33, 32);
	const struct mdoc_bytes y_off = mdoc_bytes_of(off, 32);
	const struct mdoc_bytes y_short = mdoc_bytes_of(off, 31);
	const struct mdoc_bytes x_long = mdoc_bytes_of(soft.pub.point, 33);
	const struct {
		int64_t kty, crv;
		struct mdoc_bytes x;
		const struct mdoc_bytes *y;
	} rows[] = {
		{ 2, 1, x, &y_off },
		{ 2, 1, x, &y_short },
		{ 2, 1, x_long, &y },
		{ 1, 1, x, &y },
		{ 2, 0, x, &y },
		{ 2, 2, x, &y },
		{ 2, 4, x, &y },
		{ 2, 6, x, &y },
		{ 2, 256, x, &y },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_raw_key(&buf, rows[i].kty, rows[i].crv, rows[i].x, rows[i].y, false);
		CU_ASSERT_EQUAL(parse_key(mdoc_buf_bytes(&buf), &key), MDOC_ERR_KEY);
		CU_ASSERT_EQUAL(key.point_len, 0);
		mdoc_buf_clear(&buf);
	}
	memset(off, 0, sizeof(off));
	put_raw_key(&buf, 2, 1, mdoc_bytes_of(off, 32), &y_off, false); /* (0, y) is on no NIST curve with this y */
	CU_ASSERT_EQUAL(parse_key(mdoc_buf_bytes(&buf), &key), MDOC_ERR_KEY);
	mdoc_buf_clear(&buf);
	mdoc_put_array(&buf, 0);
	CU_ASSERT_EQUAL(parse_key(mdoc_buf_bytes(&buf), &key), MDOC_ERR_TYPE);
	mdoc_buf_clear(&buf);
	soft_key_clear(&soft);
}

/* A point written short would be another key, or none. */
static void
key_reads_compressed_points(void)
{
	for (size_t g = 0; g < POINTS; g++) {
		struct mdoc_buf buf = MDOC_BUF_EMPTY;
		struct mdoc_public_key key;
		struct soft_key soft;
		size_t size;
		bool odd;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&soft, groups[g]));
		size = mdoc_curve_size(soft.pub.curve);
		odd = (soft.pub.point[soft.pub.point_len - 1] & 1) != 0;
		put_raw_key(&buf, 2, soft.pub.curve, mdoc_bytes_of(soft.pub.point + 1, size), NULL, odd);
		CU_ASSERT_EQUAL(parse_key(mdoc_buf_bytes(&buf), &key), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_key_equal(&key, &soft.pub));
		mdoc_buf_clear(&buf);
		put_raw_key(&buf, 2, soft.pub.curve, mdoc_bytes_of(soft.pub.point + 1, size), NULL, !odd);
		CU_ASSERT_EQUAL(parse_key(mdoc_buf_bytes(&buf), &key), MDOC_OK);
		CU_ASSERT_FALSE(mdoc_key_equal(&key, &soft.pub));
		mdoc_buf_clear(&buf);
		soft_key_clear(&soft);
	}
}

/* The key in a record would not be the key of the token. */
static void
key_there_and_back(void)
{
	for (size_t g = 0; g < GROUPS; g++) {
		struct mdoc_buf buf = MDOC_BUF_EMPTY;
		struct mdoc_public_key key;
		EVP_PKEY *pkey = NULL;
		struct soft_key soft;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&soft, groups[g]));
		mdoc_put_key(&buf, &soft.pub);
		CU_ASSERT_EQUAL(parse_key(mdoc_buf_bytes(&buf), &key), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_key_equal(&key, &soft.pub));
		CU_ASSERT_EQUAL(mdoc_key_to_evp(NULL, &key, &pkey), MDOC_OK);
		CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, soft.pkey), 1);
		EVP_PKEY_free(pkey);
		key.point[5] ^= 1;
		CU_ASSERT_EQUAL(mdoc_key_to_evp(NULL, &key, &pkey), g < POINTS ? MDOC_ERR_KEY : MDOC_OK);
		EVP_PKEY_free(pkey);
		key.point_len--;
		CU_ASSERT_EQUAL(mdoc_key_to_evp(NULL, &key, &pkey), MDOC_ERR_KEY);
		mdoc_buf_clear(&buf);
		soft_key_clear(&soft);
	}
	CU_ASSERT_EQUAL(mdoc_curve_size(MDOC_CURVE_NONE), 0);
	CU_ASSERT_EQUAL(mdoc_curve_alg(MDOC_CURVE_P521), MDOC_ALG_ES512);
	CU_ASSERT_EQUAL(mdoc_curve_alg(MDOC_CURVE_X448), MDOC_ALG_NONE);
	CU_ASSERT_EQUAL(mdoc_curve_sig_size(MDOC_CURVE_P521), 132);
	CU_ASSERT_EQUAL(mdoc_curve_sig_size(MDOC_CURVE_ED448), 114);
	CU_ASSERT_EQUAL(mdoc_curve_sig_size(MDOC_CURVE_X25519), 0);
	CU_ASSERT_PTR_NULL(mdoc_alg_hash(MDOC_ALG_NONE));
}

/* A curve that no mdoc has would be taken for one of ours. */
static void
key_refuses_other_evp(void)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	struct mdoc_public_key key;

	CU_ASSERT_EQUAL(mdoc_key_from_evp(pkey, &key), MDOC_ERR_KEY);
	EVP_PKEY_free(pkey);
	pkey = EVP_EC_gen("secp256k1");
	CU_ASSERT_EQUAL(mdoc_key_from_evp(pkey, &key), MDOC_ERR_KEY);
	EVP_PKEY_free(pkey);
}

/* A structure of another shape would be taken for a signature. */
static void
sign1_refuses(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
	} rows[] = {
		{ "a0", MDOC_ERR_TYPE }, { "83 43a10126 a0 f6", MDOC_ERR_TYPE },
		{ "85 43a10126 a0 f6 40 40", MDOC_ERR_TYPE },
		{ "d2 84 43a10126 a0 f6 40", MDOC_ERR_TYPE }, /* tagged 18 */
		{ "84 a10126 a0 f6 40", MDOC_ERR_TYPE }, { "84 43a10126 80 f6 40", MDOC_ERR_TYPE },
		{ "84 43a10126 a0 00 40", MDOC_ERR_TYPE }, { "84 43a10126 a0 f6 60", MDOC_ERR_TYPE },
		{ "84 43a10126 a0 7f ff 40", MDOC_ERR_TYPE }, { "84 40 a0 f6 40", MDOC_ERR_MISSING },
		{ "84 41a0 a10126 f6 40", MDOC_ERR_MISSING }, /* alg unprotected only */
		{ "84 4180 a0 f6 40", MDOC_ERR_TYPE }, { "84 44a1012600 a0 f6 40", MDOC_ERR_TRAILING },
		{ "84 45a201260126 a0 f6 40", MDOC_ERR_DUPLICATE_KEY }, { "84 43a10101 a0 f6 40", MDOC_ERR_ALGORITHM },
		{ "84 44a1013824 a0 f6 40", MDOC_ERR_ALGORITHM },               /* PS256 */
		{ "84 4ba1013b00000000ffffff06 a0 f6 40", MDOC_ERR_ALGORITHM }, /* not -7 after a cast */
		{ "84 4ba1013b0000000100000006 a0 f6 40", MDOC_ERR_ALGORITHM },
		{ "84 43a10161 a0 f6 40", MDOC_ERR_TRUNCATED }, { "84 44a1016161 a0 f6 40", MDOC_ERR_ALGORITHM },
		{ "84 47a2012602811820 a0 f6 40", MDOC_ERR_VALUE }, /* crit */
		{ "84 43a10126 a11821 00 f6 40", MDOC_ERR_TYPE },
		{ "84 43a10126 a1182180 f6 40", MDOC_ERR_TYPE }, /* empty chain */
		{ "84 43a10126 a118218100 f6 40", MDOC_ERR_TYPE }, { "84 43a10126 a0 f6 40", MDOC_OK },
		{ "84 5f 41a1 42 0126 ff a0 5f ff 5f 41 00 ff", MDOC_OK }, /* in pieces */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_cbor *scan = NULL;
		struct mdoc_sign1 sign1;
		struct mdoc_error error = { 0 };

		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoci_sign1_read(mdoc_cbor_root(scan), "x", NULL, &sign1, &error), rows[i].res);
		if (rows[i].res != MDOC_OK)
			CU_ASSERT_EQUAL(error.path[0], 'x');
		mdoc_cbor_free(scan);
		bytes_free(input);
	}
}

struct signed_text {
	struct mdoc_buf buf;
	struct mdoc_cbor *scan;
	struct mdoc_sign1 sign1;
};

static void
sign_text(struct signed_text *out, const struct mdoc_signer *signer, const char *text, bool detached,
	const struct mdoc_bytes *chain, size_t n)
{
	const struct mdoc_sign1_options options = { .detached = detached, .x5chain = chain, .x5chain_count = n };

	memset(out, 0, sizeof(*out));
	CU_ASSERT_EQUAL_FATAL(mdoc_sign1_put(&out->buf, signer, mdoc_text(text), &options), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&out->buf), 0, &out->scan, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoci_sign1_read(mdoc_cbor_root(out->scan), "", NULL, &out->sign1, NULL), MDOC_OK);
}

static void
signed_text_clear(struct signed_text *s)
{
	mdoc_cbor_free(s->scan);
	mdoc_buf_clear(&s->buf);
}

/* A forged signature would be believed, or a good one not. */
static void
sign1_verifies(void)
{
	for (size_t g = 0; g < SIGNING; g++) {
		struct soft_key soft, other;
		struct signed_text s;
		struct mdoc_sign1 bad;
		uint8_t copy[MDOC_SIG_MAX + 1];

		CU_ASSERT_TRUE_FATAL(soft_key_make(&soft, groups[g]) && soft_key_make(&other, groups[g]));
		sign_text(&s, &soft.signer, "payload", true, NULL, 0);
		CU_ASSERT_PTR_NULL(s.sign1.payload.ptr);
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &s.sign1, &soft.pub, mdoc_text("Payload")), MDOC_ERR_SIGNATURE);
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &s.sign1, &other.pub, mdoc_text("payload")),
			MDOC_ERR_SIGNATURE);
		bad = s.sign1;
		memcpy(copy, bad.signature.ptr, bad.signature.len);
		for (size_t i = 0; i < bad.signature.len; i += 7) {
			copy[i] ^= 0x10;
			bad.signature.ptr = copy;
			CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &bad, &soft.pub, mdoc_text("payload")),
				MDOC_ERR_SIGNATURE);
			copy[i] ^= 0x10;
		}
		bad.signature.len--;
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &bad, &soft.pub, mdoc_text("payload")), MDOC_ERR_SIGNATURE);
		bad.signature.len += 2;
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &bad, &soft.pub, mdoc_text("payload")), MDOC_ERR_SIGNATURE);
		memset(copy, 0, sizeof(copy));
		bad.signature.len--;
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &bad, &soft.pub, mdoc_text("payload")), MDOC_ERR_SIGNATURE);
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &s.sign1, &soft.pub, mdoc_text("payload")), MDOC_OK);
		signed_text_clear(&s);
		soft_key_clear(&soft);
		soft_key_clear(&other);
	}
}

/* An algorithm of another strength than the key's would be accepted. */
static void
sign1_wants_the_curves_algorithm(void)
{
	static const enum mdoc_alg wrong[] = { MDOC_ALG_NONE, MDOC_ALG_ES384, MDOC_ALG_ES512, MDOC_ALG_EDDSA };
	struct mdoc_public_key none = { 0 };
	struct mdoc_signer esp256;
	struct signed_text s;
	struct soft_key soft;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&soft, "P-256"));
	sign_text(&s, &soft.signer, "payload", false, NULL, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct mdoc_sign1 sign1 = s.sign1;

		sign1.alg = wrong[i];
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &sign1, &soft.pub, MDOC_NO_BYTES), MDOC_ERR_ALGORITHM);
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &sign1, &none, MDOC_NO_BYTES), MDOC_ERR_ALGORITHM);
	}
	CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &s.sign1, &soft.pub, MDOC_NO_BYTES), MDOC_OK);
	signed_text_clear(&s);
	esp256 = soft.signer;
	esp256.alg = MDOC_ALG_ESP256;
	sign_text(&s, &esp256, "payload", false, NULL, 0);
	CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &s.sign1, &soft.pub, MDOC_NO_BYTES), MDOC_OK);
	signed_text_clear(&s);
	soft_key_clear(&soft);
}

static bool
refuse_to_sign(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	(void)arg;
	(void)alg;
	(void)tbs;
	(void)sig;
	return false;
}

/* A token that refuses would leave something that looks signed; chains would lose their order. */
static void
sign1_writes(void)
{
	const struct mdoc_signer refusing = { MDOC_ALG_ES256, MDOC_CURVE_P256, refuse_to_sign, NULL };
	const struct mdoc_signer unknown = { MDOC_ALG_EDDSA, MDOC_CURVE_P256, refuse_to_sign, NULL };
	const struct mdoc_bytes chain[] = { mdoc_text("leaf"), mdoc_text("middle") };
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct signed_text s;
	struct mdoc_bytes der;
	struct soft_key soft;

	CU_ASSERT_EQUAL(mdoc_sign1_put(&buf, &refusing, mdoc_text("x"), NULL), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(mdoc_sign1_put(&buf, &unknown, mdoc_text("x"), NULL), MDOC_ERR_ALGORITHM);
	CU_ASSERT_EQUAL(buf.len, 0);
	CU_ASSERT_TRUE_FATAL(soft_key_make(&soft, "P-384"));
	for (size_t n = 0; n <= 2; n++) {
		sign_text(&s, &soft.signer, "payload", false, chain, n);
		CU_ASSERT_TRUE(mdoc_bytes_is_text(s.sign1.payload, "payload"));
		for (size_t i = 0; i < n; i++)
			CU_ASSERT_TRUE(mdoc_sign1_certificate(&s.sign1, i, &der) && mdoc_bytes_equal(der, chain[i]));
		CU_ASSERT_FALSE(mdoc_sign1_certificate(&s.sign1, n, &der));
		signed_text_clear(&s);
	}
	soft_key_clear(&soft);
}

CU_TestInfo cose_tests[] = {
	{ "a key off its curve is refused", key_refuses },
	{ "compressed points", key_reads_compressed_points },
	{ "keys there and back", key_there_and_back },
	{ "other kinds of key are refused", key_refuses_other_evp },
	{ "another shape is no COSE_Sign1", sign1_refuses },
	{ "forged signatures are found", sign1_verifies },
	{ "the algorithm is the curve's", sign1_wants_the_curves_algorithm },
	{ "signatures are written", sign1_writes },
	CU_TEST_INFO_NULL,
};
