/*
 * tests/unit/test_cose_known.c: signatures, tags and secrets that others have published: the examples of the COSE
 * working group (cose-wg/Examples), RFC 8032, 7.1 and 7.4, and RFC 7748, 6.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <openssl/err.h>
#include <string.h>

extern CU_TestInfo cose_known_tests[];

/* COSE_Key and tagged COSE_Sign1 of ecdsa-examples/ecdsa-sig-01 to 03 and eddsa-examples/eddsa-sig-02. */
static const struct {
	const char *key, *hex;
} signed_ones[] = {
	{ "a401022001215820bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"
	  "22582020138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e",
		"d28445a201260300a10442313154546869732069732074686520636f6e74656e742e5840eae868ec"
		"c176883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e172727f48461fabbba2e34349"
		"2ddecac3983686250bc68e9f1a7a07d41225b59f" },
	{ "a4010220022158309132723f6292b010619dbe248d698c17b58756c639e7150f81bee4eb8ac37236"
	  "ad0a1a19d67be32a66263e1e524d129c22583098cd3078c554d832ac603c4326410ff61662459b41"
	  "f1f3df5dbcc83598ff7c5ed8411ca735679d1c4cb3009397d9ef2c",
		"d28444a1013822a104445033383454546869732069732074686520636f6e74656e742e5860b8f85e"
		"ff78c88f5351ced2f1887b79b296490795594b62e41e22529bb90208b7d8cddd4a46d0e9c986464d"
		"83d0a5d1edf39b3e2c5750364230d0e8d76460d8808e76c83830fbbd1978cc174066eb437f178879"
		"79ecf027dcc9d51baf6c4fd8c0" },
	{ "a4010220032158420072992cb3ac08ecf3e5c63dedec0d51a8c1f79ef2f82f94f3c737bf5de79866"
	  "71eac625fe8257bbd0394644caaa3aaf8f27a4585fbbcad0f2457620085e5c8f42ad22584201dca6"
	  "947bce88bc5790485ac97427342bc35f887d86d65a089377e247e60baa55e4e8501e2ada5724ac51"
	  "d6909008033ebc10ac999b9d7f5cc2519f3fe1ea1d9475",
		"d28444a1013823a104581e62696c626f2e62616767696e7340686f626269746f6e2e6578616d706c"
		"6554546869732069732074686520636f6e74656e742e5884000f348009badc7da478150aa7fa06df"
		"d812cdf826344f17c7330563573d8f97f7a966924c3d88b108907235476e3f6bea9f3890027792b0"
		"f94e905c217227cf064e00a6bc6a5187d0df9b1db7675aecfc678ce4692a8121eb8170f3592a859d"
		"518fd3b823091aab22e6c41eb97ed92127ce8c46dcc715a247cb78921fad1e19133afc30" },
	{ "a3010120072158395fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
	  "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
		"d28443a10127a10445336434343854546869732069732074686520636f6e74656e742e5872988240"
		"a3a2f189bd486de14aa77f54686c576a09f2e7ed9bae910df9139c2ac3be7c27b7e10a20fa17c9d5"
		"7d3510a2cf1f634bc0345ab9be00849842171d1e9e98b2674c0e38bfcf6c557a1692b01b71015a47"
		"ac9f7748840cad1da80cbb5b349309febb912672b377c8b2072af1598b3700" },
};

/* RFC 8032 */
static const struct {
	const char *type, *seed, *key, *message, *signature;
} eddsa[] = {
	{ "ED25519", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
		"c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "ED25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
		"458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "ED448",
		"6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e"
		"39a3fc5b94492f8f032e7549a20098f95b",
		"5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c706"
		"1bd6783df1e50f6cd1fa1abeafe8256180",
		"",
		"533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281"
		"f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b41"
		"04852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600" },
	{ "ED448",
		"c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c"
		"5e3bc397a659949ef8021e954e0a12274e",
		"43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802"
		"b8438ea4cb82169c235160627b4c3a9480",
		"03",
		"26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7"
		"e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336"
		"c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00" },
};

/* RFC 7748: a private key, the other's public key, and what they agree on. */
static const struct {
	const char *type, *own, *peer, *shared;
} agreed[] = {
	{ "X25519", "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ "X25519", "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ "X448",
		"9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391"
		"006382a6f127ab1d9ac2d8c0a598726b",
		"3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13c"
		"a706dcb57aec3dae07bdc1c67bf33609",
		"07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936"
		"521c24403085d59a449a5037514a879d" },
	{ "X448",
		"1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21"
		"374c9c921b09d1b0366f10b65173992d",
		"9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d4"
		"0c5b12da88120d53177f80e532c41fa0",
		"07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936"
		"521c24403085d59a449a5037514a879d" },
};

/* Points of small order: 0, 1, p - 1, p, p + 1 of both curves, and those of order 8 of Curve25519. */
static const struct {
	const char *type, *point;
} low_order[] = {
	{ "X25519", "0000000000000000000000000000000000000000000000000000000000000000" },
	{ "X25519", "0100000000000000000000000000000000000000000000000000000000000000" },
	{ "X25519", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
	{ "X25519", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
	{ "X25519", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
	{ "X448",
		"00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000" },
	{ "X448",
		"01000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000" },
	{ "X448",
		"fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffffff" },
	{ "X448",
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffffff" },
	{ "X448",
		"00000000000000000000000000000000000000000000000000000000ffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffffff" },
	{ "X25519", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800" },
	{ "X25519", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157" },
};

static void
read_key(const char *hex, struct mdoc_public_key *key)
{
	struct mdoc_bytes input = hex_load(hex);
	struct mdoc_cbor *scan = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_key_parse(NULL, mdoc_cbor_root(scan), key, NULL, NULL), MDOC_OK);
	mdoc_cbor_free(scan);
	bytes_free(input);
}

/* Signatures of others would not verify here. */
static void
signatures_of_others_verify(void)
{
	const struct mdoc_sign1_form tagged = { MDOC_COSE_TAGGED, MDOC_X5CHAIN_UNPROTECTED };

	for (size_t i = 0; i < sizeof(signed_ones) / sizeof(signed_ones[0]); i++) {
		struct mdoc_bytes input = hex_load(signed_ones[i].hex);
		struct mdoc_sign1 *sign1 = NULL;
		struct mdoc_public_key key;
		struct mdoc_bytes payload;

		read_key(signed_ones[i].key, &key);
		CU_ASSERT_EQUAL_FATAL(mdoc_sign1_parse(NULL, input, &tagged, &sign1, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_sign1_alg(sign1), mdoc_curve_alg(key.curve));
		payload = mdoc_sign1_payload(sign1);
		CU_ASSERT_TRUE(mdoc_bytes_is_text(payload, "This is the content."));
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, sign1, &key, MDOC_NO_BYTES), MDOC_OK);
		mdoc_sign1_free(sign1);
		((uint8_t *)(uintptr_t)payload.ptr)[0] ^= 1;
		CU_ASSERT_EQUAL_FATAL(mdoc_sign1_parse(NULL, input, &tagged, &sign1, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, sign1, &key, MDOC_NO_BYTES), MDOC_ERR_SIGNATURE);
		mdoc_sign1_free(sign1);
		bytes_free(input);
	}
}

/* A tag of others would not be theirs here (mac0-tests/HMac-01, inside tag 17). */
static void
tag_of_others_verifies(void)
{
	struct mdoc_bytes input = hex_load("d1 84 43 a10105 a0 54 546869732069732074686520636f6e74656e742e"
					   "5820 a1a848d3471f9d61ee49018d244c824772f223ad4f935293f1789fc3a08d8c58");
	struct mdoc_bytes key = hex_load("849b57219dae48de646d07dbb533566e976686457c1491be3a76dcea6c427188");
	struct mdoc_buf own = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node array;
	struct mdoc_mac0 mac0;
	uint64_t tag = 0;

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_mac0_parse(mdoc_cbor_root(scan), "", &mac0, NULL), MDOC_ERR_TYPE);
	CU_ASSERT_TRUE_FATAL(mdoc_node_tag(mdoc_cbor_root(scan), &tag, &array) && tag == 17);
	CU_ASSERT_EQUAL_FATAL(mdoc_mac0_parse(array, "", &mac0, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_mac0_verify(NULL, &mac0, key.ptr, MDOC_NO_BYTES), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_mac0_put(NULL, &own, key.ptr, mdoc_text("This is the content.")), MDOC_OK);
	CU_ASSERT_TRUE(memcmp(own.ptr + own.len - MDOC_MAC_LEN, mac0.tag.ptr, MDOC_MAC_LEN) == 0);
	((uint8_t *)(uintptr_t)key.ptr)[31] ^= 1;
	CU_ASSERT_EQUAL(mdoc_mac0_verify(NULL, &mac0, key.ptr, MDOC_NO_BYTES), MDOC_ERR_SIGNATURE);
	mdoc_buf_clear(&own);
	mdoc_cbor_free(scan);
	bytes_free(input);
	bytes_free(key);
}

/* A MAC whose maker wants something understood that nobody here understands would be taken all the same. */
static void
headers_of_a_tag(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
	} rows[] = {
		{ "84 43 a10105 a0 f6", MDOC_OK },
		{ "84 43 a10105 a1 04 00 f6", MDOC_OK },
		{ "84 46 a201050281 04 a0 f6", MDOC_ERR_VALUE },
		{ "84 43 a10105 a1 02 81 04 f6", MDOC_ERR_VALUE },
		{ "84 43 a10105 a1 01 05 f6", MDOC_ERR_DUPLICATE_KEY },
		{ "84 43 a10104 a0 f6", MDOC_ERR_ALGORITHM },
		{ "84 40 a1 01 05 f6", MDOC_ERR_MISSING },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t tag[2 + MDOC_MAC_LEN] = { 0x58, MDOC_MAC_LEN };
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_buf whole = MDOC_BUF_EMPTY;
		struct mdoc_cbor *scan = NULL;
		struct mdoc_mac0 mac0;

		mdoc_buf_append(&whole, input);
		mdoc_buf_append(&whole, mdoc_bytes_of(tag, sizeof(tag)));
		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&whole), 0, &scan, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_mac0_parse(mdoc_cbor_root(scan), "", &mac0, NULL), rows[i].res);
		mdoc_cbor_free(scan);
		mdoc_buf_clear(&whole);
		bytes_free(input);
	}
}

/* An EdDSA of another kind (with a context, or over a digest) would be made or accepted. */
static void
eddsa_is_that_of_rfc_8032(void)
{
	for (size_t i = 0; i < sizeof(eddsa) / sizeof(eddsa[0]); i++) {
		struct mdoc_bytes seed = hex_load(eddsa[i].seed), message = hex_load(eddsa[i].message);
		struct mdoc_bytes key = hex_load(eddsa[i].key), signature = hex_load(eddsa[i].signature);
		EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, eddsa[i].type, NULL, seed.ptr, seed.len);
		struct mdoc_public_key pub;
		struct mdoc_signer signer;
		uint8_t sig[MDOC_SIG_MAX];
		size_t len = 0;

		CU_ASSERT_EQUAL_FATAL(mdoc_key_from_evp(pkey, &pub), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_bytes_of(pub.point, pub.point_len), key));
		CU_ASSERT_EQUAL_FATAL(mdoc_signer_from_evp(NULL, pkey, &signer), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_sign(&signer, message, sig, &len), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_bytes_of(sig, len), signature));
		CU_ASSERT_EQUAL(mdoc_signature_verify(NULL, MDOC_ALG_EDDSA, pub.curve, pkey, message, signature),
			MDOC_OK);
		mdoc_signer_clear(&signer);
		EVP_PKEY_free(pkey);
		bytes_free(seed);
		bytes_free(message);
		bytes_free(key);
		bytes_free(signature);
	}
}

static void
agreement_of(const char *type, struct mdoc_bytes secret, struct mdoc_agreement *agreement)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, type, NULL, secret.ptr, secret.len);

	CU_ASSERT_EQUAL_FATAL(mdoc_agreement_from_evp(NULL, pkey, agreement), MDOC_OK);
	EVP_PKEY_free(pkey);
}

/* Two sides by two libraries would not understand each other. */
static void
agreement_is_that_of_rfc_7748(void)
{
	for (size_t i = 0; i < sizeof(agreed) / sizeof(agreed[0]); i++) {
		struct mdoc_bytes own = hex_load(agreed[i].own), peer = hex_load(agreed[i].peer);
		struct mdoc_bytes want = hex_load(agreed[i].shared);
		struct mdoc_agreement agreement;
		struct mdoc_public_key key = { 0 };
		uint8_t shared[MDOC_SHARED_MAX];
		size_t len = 0;

		agreement_of(agreed[i].type, own, &agreement);
		key.curve = agreement.key.curve;
		key.point_len = peer.len;
		memcpy(key.point, peer.ptr, peer.len);
		CU_ASSERT_EQUAL(mdoc_agree(&agreement, &key, shared, &len), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_bytes_of(shared, len), want));
		mdoc_agreement_clear(&agreement);
		bytes_free(own);
		bytes_free(peer);
		bytes_free(want);
	}
}

/* Whoever sends such a point would know the keys of the session without any secret (RFC 7748, 6.1). */
static void
points_of_small_order_are_refused(void)
{
	for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++) {
		struct mdoc_bytes point = hex_load(low_order[i].point);
		struct mdoc_public_key key = { 0 };
		uint8_t shared[MDOC_SHARED_MAX];
		struct soft_key own;
		size_t len = 1;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&own, low_order[i].type));
		key.curve = own.pub.curve;
		key.point_len = point.len;
		memcpy(key.point, point.ptr, point.len);
		CU_ASSERT_EQUAL(mdoc_agree(&own.agreement, &key, shared, &len), MDOC_ERR_KEY);
		CU_ASSERT_EQUAL(len, 0);
		soft_key_clear(&own);
		bytes_free(point);
	}
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

CU_TestInfo cose_known_tests[] = {
	{ "signatures of others", signatures_of_others_verify },
	{ "a tag of others", tag_of_others_verifies },
	{ "headers of a tag", headers_of_a_tag },
	{ "RFC 8032", eddsa_is_that_of_rfc_8032 },
	{ "RFC 7748", agreement_is_that_of_rfc_7748 },
	{ "points of small order", points_of_small_order_are_refused },
	CU_TEST_INFO_NULL,
};
