/*
 * tests/unit/test_cose_algs.c: every algorithm with every curve, and every form of a COSE_Sign1.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <string.h>

extern CU_TestInfo cose_algs_tests[];

static const char *const groups[] = { "P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP320r1",
	"brainpoolP384r1", "brainpoolP512r1", "ED25519", "ED448", "X25519", "X448" };

#define GROUPS (sizeof(groups) / sizeof(groups[0]))
#define ECDSA 7   /* the first groups */
#define SIGNING 9 /* and two more */

/* Numbers and curves of RFC 9053 and RFC 9864, and what ISO/IEC 18013-5 adds: brainpool with ES256 to ES512. */
static const struct {
	enum mdoc_alg alg;
	int number;
	const char *name;
	const char *with[3];
} algorithms[] = {
	{ MDOC_ALG_ES256, -7, "ES256", { "P-256", "brainpoolP256r1", "brainpoolP320r1" } },
	{ MDOC_ALG_ES384, -35, "ES384", { "P-384", "brainpoolP384r1", "brainpoolP320r1" } },
	{ MDOC_ALG_ES512, -36, "ES512", { "P-521", "brainpoolP512r1", NULL } },
	{ MDOC_ALG_EDDSA, -8, "EdDSA", { "ED25519", "ED448", NULL } },
	{ MDOC_ALG_ESP256, -9, "ESP256", { "P-256", NULL, NULL } },
	{ MDOC_ALG_ESP384, -51, "ESP384", { "P-384", NULL, NULL } },
	{ MDOC_ALG_ESP512, -52, "ESP512", { "P-521", NULL, NULL } },
	{ MDOC_ALG_ESB256, -265, "ESB256", { "brainpoolP256r1", NULL, NULL } },
	{ MDOC_ALG_ESB320, -266, "ESB320", { "brainpoolP320r1", NULL, NULL } },
	{ MDOC_ALG_ESB384, -267, "ESB384", { "brainpoolP384r1", NULL, NULL } },
	{ MDOC_ALG_ESB512, -268, "ESB512", { "brainpoolP512r1", NULL, NULL } },
	{ MDOC_ALG_ED25519, -19, "Ed25519", { "ED25519", NULL, NULL } },
	{ MDOC_ALG_ED448, -53, "Ed448", { "ED448", NULL, NULL } },
	{ MDOC_ALG_HMAC_256, 5, "HMAC 256/256", { NULL, NULL, NULL } },
	{ MDOC_ALG_NONE, 0, NULL, { NULL, NULL, NULL } },
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static bool
goes_with(size_t alg, const char *group)
{
	for (size_t i = 0; i < 3; i++)
		if (algorithms[alg].with[i] != NULL && strcmp(algorithms[alg].with[i], group) == 0)
			return true;
	return false;
}

static enum mdoc_result
verify(const struct soft_key *key, enum mdoc_alg alg, const uint8_t *sig, size_t len)
{
	return mdoc_signature_verify(NULL, alg, key->pub.curve, key->pkey, mdoc_text("message"),
		mdoc_bytes_of(sig, len));
}

/* (r, n - s): the other signature that the same holder of the key could have made. */
static void
other_s(const struct soft_key *key, uint8_t *sig, size_t half)
{
	BIGNUM *order = NULL, *s = BN_bin2bn(sig + half, (int)half, NULL);

	CU_ASSERT_TRUE_FATAL(EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_ORDER, &order) == 1 && s != NULL);
	CU_ASSERT_TRUE(BN_sub(s, order, s) == 1 && BN_bn2binpad(s, sig + half, (int)half) == (int)half);
	BN_free(order);
	BN_free(s);
}

static void
damage(const struct soft_key *key, size_t alg, const uint8_t *good, size_t len, bool ecdsa)
{
	const enum mdoc_alg number = algorithms[alg].alg;
	uint8_t sig[MDOC_SIG_MAX + 2] = { 0 };

	memcpy(sig, good, len);
	CU_ASSERT_EQUAL(verify(key, number, sig, len - 1), MDOC_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(verify(key, number, sig, len + 1), MDOC_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(verify(key, number, sig, len / 2), MDOC_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(verify(key, number, sig, 0), MDOC_ERR_SIGNATURE);
	for (size_t i = 0; i < len; i += 11) {
		sig[i] ^= 0x04;
		CU_ASSERT_EQUAL(verify(key, number, sig, len), MDOC_ERR_SIGNATURE);
		sig[i] ^= 0x04;
	}
	if (ecdsa) {
		other_s(key, sig, len / 2);
		CU_ASSERT_EQUAL(verify(key, number, sig, len), MDOC_OK);
		CU_ASSERT_NOT_EQUAL(memcmp(sig, good, len), 0);
	}
	memcpy(sig, good, len);
	memset(sig, 0, len / 2); /* r = 0 */
	CU_ASSERT_EQUAL(verify(key, number, sig, len), MDOC_ERR_SIGNATURE);
	memcpy(sig, good, len);
	memset(sig + len / 2, 0, len / 2); /* s = 0 */
	CU_ASSERT_EQUAL(verify(key, number, sig, len), MDOC_ERR_SIGNATURE);
	memset(sig, 0xff, len); /* beyond the order */
	CU_ASSERT_EQUAL(verify(key, number, sig, len), MDOC_ERR_SIGNATURE);
}

/* A signature under one name would be as good under all others that the key has: another digest, or another curve. */
static void
try_names(const struct soft_key *key, const char *group, size_t made_as, const uint8_t *sig, size_t len)
{
	for (size_t a = 0; a < ALGORITHMS; a++) {
		const char *hash = mdoc_alg_hash(algorithms[a].alg), *own = mdoc_alg_hash(algorithms[made_as].alg);
		const bool same = (hash == NULL) == (own == NULL) && (hash == NULL || strcmp(hash, own) == 0);

		CU_ASSERT_EQUAL(verify(key, algorithms[a].alg, sig, len),
			!goes_with(a, group) ? MDOC_ERR_ALGORITHM
				: same       ? MDOC_OK
					     : MDOC_ERR_SIGNATURE);
	}
}

/* A signature would be accepted that is none, is another's, or has another strength than it says. */
static void
every_algorithm_with_every_curve(void)
{
	for (size_t g = 0; g < GROUPS; g++) {
		struct soft_key key, other;
		size_t fitting = 0;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&key, groups[g]) && soft_key_make(&other, groups[g]));
		for (size_t a = 0; a < ALGORITHMS; a++) {
			struct mdoc_signer signer = key.signer;
			uint8_t sig[MDOC_SIG_MAX];
			size_t len = 0;
			bool written;

			CU_ASSERT_EQUAL(mdoc_alg_fits(algorithms[a].alg, key.pub.curve), goes_with(a, groups[g]));
			signer.alg = algorithms[a].alg;
			/* It is read, since others write it, and never written. */
			written = goes_with(a, groups[g]) &&
				!(signer.alg == MDOC_ALG_ES256 && key.pub.curve == MDOC_CURVE_BP320);
			CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("message"), sig, &len),
				written ? MDOC_OK : MDOC_ERR_ALGORITHM);
			CU_ASSERT_EQUAL(len, written ? mdoc_curve_sig_size(key.pub.curve) : 0);
			if (!goes_with(a, groups[g]))
				continue;
			fitting++;
			len = mdoc_curve_sig_size(key.pub.curve);
			CU_ASSERT_TRUE(written || signer.sign(signer.arg, signer.alg, mdoc_text("message"), sig));
			CU_ASSERT_EQUAL(verify(&key, signer.alg, sig, len), MDOC_OK);
			CU_ASSERT_EQUAL(verify(&other, signer.alg, sig, len), MDOC_ERR_SIGNATURE);
			try_names(&key, groups[g], a, sig, len);
			damage(&key, a, sig, len, g < ECDSA);
		}
		CU_ASSERT_EQUAL(fitting > 0, g < SIGNING);
		CU_ASSERT_EQUAL(mdoc_curve_sig_size(key.pub.curve) > 0, g < SIGNING);
		soft_key_clear(&key);
		soft_key_clear(&other);
	}
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

/* Others would read another algorithm than was meant. */
static void
numbers_are_the_registered_ones(void)
{
	for (size_t a = 0; a < ALGORITHMS; a++) {
		const char *name = mdoc_alg_name(algorithms[a].alg);

		CU_ASSERT_EQUAL((int)algorithms[a].alg, algorithms[a].number);
		CU_ASSERT_TRUE(algorithms[a].name == NULL ? name == NULL : strcmp(name, algorithms[a].name) == 0);
	}
	for (int number = -300; number < 300; number++) {
		size_t a = 0;

		while (a < ALGORITHMS - 1 && algorithms[a].number != number)
			a++;
		CU_ASSERT_EQUAL(mdoc_alg_name((enum mdoc_alg)number) != NULL, a < ALGORITHMS - 1);
	}
}

/* Two sides would derive two keys, or one on a curve that the other did not mean. */
static void
every_curve_agrees(void)
{
	for (size_t g = 0; g < GROUPS; g++) {
		uint8_t one[MDOC_SHARED_MAX], two[MDOC_SHARED_MAX];
		size_t one_len = 0, two_len = 0;
		struct mdoc_agreement own;
		struct soft_key a, b;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&a, groups[g]) && soft_key_make(&b, groups[g]));
		own = a.agreement;
		own.key = a.pub;
		for (size_t p = 0; p < GROUPS; p++) {
			struct soft_key peer;

			CU_ASSERT_TRUE_FATAL(soft_key_make(&peer, groups[p]));
			if (p != g || !mdoc_curve_agrees(a.pub.curve))
				CU_ASSERT_EQUAL(mdoc_agree(&own, &peer.pub, one, &one_len), MDOC_ERR_KEY);
			CU_ASSERT_EQUAL(one_len, 0);
			soft_key_clear(&peer);
		}
		CU_ASSERT_EQUAL(mdoc_curve_agrees(a.pub.curve), strncmp(groups[g], "ED", 2) != 0);
		if (mdoc_curve_agrees(a.pub.curve)) {
			CU_ASSERT_EQUAL(mdoc_agree(&a.agreement, &b.pub, one, &one_len), MDOC_OK);
			CU_ASSERT_EQUAL(mdoc_agree(&b.agreement, &a.pub, two, &two_len), MDOC_OK);
			CU_ASSERT_EQUAL(one_len, mdoc_curve_size(a.pub.curve));
			CU_ASSERT_TRUE(one_len == two_len && memcmp(one, two, one_len) == 0);
			b.pub.point[1] ^= 1; /* no point; on a Montgomery curve, another */
			CU_ASSERT_EQUAL(mdoc_agree(&a.agreement, &b.pub, two, &two_len),
				g < ECDSA ? MDOC_ERR_KEY : MDOC_OK);
			CU_ASSERT_NOT_EQUAL(memcmp(one, two, one_len), 0);
		}
		soft_key_clear(&a);
		soft_key_clear(&b);
	}
}

static bool
derive_short(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	(void)arg;
	memset(shared, 1, MDOC_SHARED_MAX);
	*len = mdoc_curve_size(peer->curve) - 1;
	return true;
}

static bool
derive_zero(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	(void)arg;
	memset(shared, 0, MDOC_SHARED_MAX);
	*len = mdoc_curve_size(peer->curve);
	return true;
}

/* A token that leaves out leading zeros, or does not look at its result, would give keys that others do not have, or
 * that everybody has. */
static void
a_tokens_secret_is_checked(void)
{
	uint8_t shared[MDOC_SHARED_MAX];
	struct mdoc_agreement own;
	struct soft_key peer;
	size_t len;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&peer, "P-256"));
	own = (struct mdoc_agreement){ peer.pub, derive_short, NULL };
	CU_ASSERT_EQUAL(mdoc_agree(&own, &peer.pub, shared, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_TRUE(len == 0 && shared[0] == 0 && shared[MDOC_SHARED_MAX - 1] == 0);
	own.derive = derive_zero;
	CU_ASSERT_EQUAL(mdoc_agree(&own, &peer.pub, shared, &len), MDOC_ERR_KEY);
	soft_key_clear(&peer);
}

/* ---- Forms of COSE_Sign1 ---- */

/* A structure with the tag, or the certificates, in a place where the standard has none would be taken. */
static void
forms_are_kept(void)
{
	static const enum mdoc_cose_tag tags[] = { MDOC_COSE_UNTAGGED, MDOC_COSE_TAGGED, MDOC_COSE_TAG_EITHER };
	static const enum mdoc_x5chain_place places[] = { MDOC_X5CHAIN_UNPROTECTED, MDOC_X5CHAIN_PROTECTED,
		MDOC_X5CHAIN_EITHER };
	const struct mdoc_bytes chain[] = { mdoc_text("leaf"), mdoc_text("middle") };
	struct soft_key key;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&key, "P-256"));
	for (unsigned n = 0; n < 2 * 2 * 2 * 9; n++) {
		const struct mdoc_sign1_options options = { .tagged = (n & 1) != 0,
			.x5chain_protected = (n & 2) != 0,
			.x5chain = chain,
			.x5chain_count = 1 + (n >> 2) % 2,
			.type = (n & 1) != 0 ? "application/x" : NULL };
		const struct mdoc_sign1_form form = { tags[(n >> 3) % 3], places[(n >> 3) / 3] };
		const bool tag_fits =
			form.tag == MDOC_COSE_TAG_EITHER || options.tagged == (form.tag == MDOC_COSE_TAGGED);
		const bool chain_fits = form.x5chain == MDOC_X5CHAIN_EITHER ||
			options.x5chain_protected == (form.x5chain == MDOC_X5CHAIN_PROTECTED);
		struct mdoc_buf buf = MDOC_BUF_EMPTY;
		struct mdoc_sign1 *sign1 = NULL;
		struct mdoc_bytes der;

		CU_ASSERT_EQUAL(mdoc_sign1_put(&buf, &key.signer, mdoc_text("x"), &options), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_sign1_parse(NULL, mdoc_buf_bytes(&buf), &form, &sign1, NULL),
			tag_fits ? MDOC_OK : MDOC_ERR_TYPE);
		CU_ASSERT_EQUAL(sign1 != NULL, tag_fits);
		if (sign1 != NULL) {
			CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, sign1, &key.pub, MDOC_NO_BYTES), MDOC_OK);
			CU_ASSERT_TRUE(
				mdoc_bytes_is_text(mdoc_sign1_type(sign1), options.type != NULL ? options.type : ""));
			for (size_t i = 0; i < 3; i++) {
				const bool there = chain_fits && i < options.x5chain_count;

				CU_ASSERT_EQUAL(mdoc_sign1_certificate(sign1, i, &der), there);
				CU_ASSERT_TRUE(!there || mdoc_bytes_equal(der, chain[i]));
			}
		}
		mdoc_sign1_free(sign1);
		mdoc_buf_clear(&buf);
	}
	soft_key_clear(&key);
}

/* A header would be read for what it is not, or a chain would be as long as an attacker likes. */
static void
headers_are_checked(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
	} rows[] = {
		{ "84 45 a2012610 18 a0 f6 40", MDOC_ERR_TRUNCATED },
		{ "84 45 a20126 1000 a0 f6 40", MDOC_OK }, /* typ as a number */
		{ "84 45 a20126 1020 a0 f6 40", MDOC_ERR_TYPE },
		{ "84 46 a20126 10 4161 a0 f6 40", MDOC_ERR_TYPE },
		{ "84 46 a20126 10 6161 a1 10 6161 f6 40", MDOC_ERR_DUPLICATE_KEY },
		{ "84 47 a20126 1821 4161 a1 1821 4161 f6 40", MDOC_ERR_DUPLICATE_KEY },
		{ "84 43 a10126 a1 01 26 f6 40", MDOC_ERR_DUPLICATE_KEY },
		{ "84 43 a10126 a1 02 80 f6 40", MDOC_ERR_VALUE },
		{ "84 43 a10105 a0 f6 40", MDOC_ERR_ALGORITHM }, /* a MAC is no signature */
		{ "84 44 a1013833 a0 f6 40", MDOC_OK },          /* ESP512, -52 */
		{ "84 44 a1013832 a0 f6 40", MDOC_OK },          /* ESP384, -51 */
		{ "84 44 a1013831 a0 f6 40", MDOC_ERR_ALGORITHM },
		{ "84 45 a101390108 a0 f6 40", MDOC_OK }, /* ESB256, -265 */
		{ "84 45 a101390107 a0 f6 40", MDOC_ERR_ALGORITHM },
		{ "84 43 a10126 a1 1821 88 4161 4161 4161 4161 4161 4161 4161 4161 f6 40", MDOC_OK },
		{ "84 43 a10126 a1 1821 89 4161 4161 4161 4161 4161 4161 4161 4161 4161 f6 40", MDOC_ERR_SIZE },
		{ "84 43 a10126 a1 1821 40 f6 40", MDOC_ERR_TYPE },
		{ "84 43 a10126 a1 1821 82 4161 40 f6 40", MDOC_ERR_TYPE },
		{ "84 43 a10126 a1 1821 a0 f6 40", MDOC_ERR_TYPE },
		{ "d1 84 43 a10126 a0 f6 40", MDOC_ERR_TYPE }, /* COSE_Mac0 */
		{ "d818 84 43 a10126 a0 f6 40", MDOC_ERR_TYPE },
		{ "d2 d2 84 43 a10126 a0 f6 40", MDOC_ERR_TYPE },
		{ "d2 84 43 a10126 a0 f6 40", MDOC_OK },
	};
	const struct mdoc_sign1_form form = { MDOC_COSE_TAG_EITHER, MDOC_X5CHAIN_EITHER };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_sign1 *sign1 = NULL;
		struct mdoc_error error = { 0 };
		const enum mdoc_result res = mdoc_sign1_parse(NULL, input, &form, &sign1, &error);

		CU_ASSERT_EQUAL(res, rows[i].res);
		CU_ASSERT_TRUE(res == MDOC_OK || (error.offset <= input.len && error.expected[0] != '\0'));
		mdoc_sign1_free(sign1);
		bytes_free(input);
	}
}

CU_TestInfo cose_algs_tests[] = {
	{ "every algorithm with every curve", every_algorithm_with_every_curve },
	{ "numbers are the registered ones", numbers_are_the_registered_ones },
	{ "every curve agrees", every_curve_agrees },
	{ "a token's secret is checked", a_tokens_secret_is_checked },
	{ "forms of COSE_Sign1", forms_are_kept },
	{ "headers are checked", headers_are_checked },
	CU_TEST_INFO_NULL,
};
