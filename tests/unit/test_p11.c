/*
 * tests/unit/test_p11.c: libmdoc-p11 over a module that misbehaves; real ones are in test_p11_tokens.c and test_p11_device.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/p11_fake.h"
#include "tests/unit/p11_world.h"
#include "tests/unit/soft.h"

#include <CUnit/Basic.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static CK_RV
good_login(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session)
{
	unsigned *calls = arg;

	(void)p11;
	(void)session;
	(*calls)++;
	fake.logged_in = true;
	return CKR_OK;
}

static CK_RV
bad_login(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session)
{
	(void)arg;
	(void)p11;
	(void)session;
	return CKR_PIN_INCORRECT;
}

/* If this failed, a program would send a vendor mechanism to modules that have none. */
static void
test_vendor_is_listed(void)
{
	fake_reset();
	CU_ASSERT_EQUAL(mdoc_p11_offers(&fake_module, 1), 0);
	CU_ASSERT_EQUAL(mdoc_p11_offers(&fake_module, 0), 0);
	fake.listed = CKM_MDOC_DEVICE_SIGN;
	CU_ASSERT_EQUAL(mdoc_p11_offers(&fake_module, 0), MDOC_P11_DEVICE_SIGN);
	fake.listed = CKM_MDOC_DEVICE_MAC;
	CU_ASSERT_EQUAL(mdoc_p11_offers(&fake_module, 0), MDOC_P11_DEVICE_MAC);
}

/* If this failed, a refused PIN would sign, or leave the session unusable. */
static void
test_login_refused(void)
{
	struct mdoc_p11_key key = { .p11 = &fake_module, .private_key = 1, .login = bad_login };
	struct mdoc_signer signer;
	uint8_t sig[MDOC_SIG_MAX];
	unsigned calls = 0;

	fake_reset();
	fake.always = true;
	mdoc_p11_signer(&key, MDOC_CURVE_P256, &signer);
	CU_ASSERT_FALSE(signer.sign(signer.arg, MDOC_ALG_ES256, mdoc_text("x"), sig));
	CU_ASSERT_EQUAL(key.rv, CKR_PIN_INCORRECT);
	CU_ASSERT_FALSE(fake.active);
	CU_ASSERT_EQUAL(fake.signatures, 0);
	key.login = good_login;
	key.login_arg = &calls;
	CU_ASSERT_TRUE(signer.sign(signer.arg, MDOC_ALG_ES256, mdoc_text("x"), sig));
	CU_ASSERT_TRUE(signer.sign(signer.arg, MDOC_ALG_ES256, mdoc_text("x"), sig));
	CU_ASSERT_EQUAL(calls, 2); /* one PIN check each */
	CU_ASSERT_EQUAL(key.rv, CKR_OK);
	fake.always = false;
	CU_ASSERT_TRUE(signer.sign(signer.arg, MDOC_ALG_ES256, mdoc_text("x"), sig));
	CU_ASSERT_EQUAL(calls, 2);
}

/* If this failed, a module's refusal or odd answer would become a signature. */
static void
test_module_errors(void)
{
	struct mdoc_p11_key key = { .p11 = &fake_module, .private_key = 1 };
	struct mdoc_signer signer;
	uint8_t sig[MDOC_SIG_MAX];

	fake_reset();
	mdoc_p11_signer(&key, MDOC_CURVE_P256, &signer);
	fake.sign_rv = CKR_DEVICE_ERROR;
	CU_ASSERT_FALSE(signer.sign(signer.arg, MDOC_ALG_ES256, mdoc_text("x"), sig));
	CU_ASSERT_EQUAL(key.rv, CKR_DEVICE_ERROR);
	fake.sign_rv = CKR_OK;
	fake.sig_len = 96; /* a P-384 key */
	CU_ASSERT_FALSE(signer.sign(signer.arg, MDOC_ALG_ES256, mdoc_text("x"), sig));
	CU_ASSERT_EQUAL(key.rv, CKR_SIGNATURE_LEN_RANGE);
	CU_ASSERT_FALSE(signer.sign(signer.arg, MDOC_ALG_EDDSA, mdoc_text("x"), sig));
	CU_ASSERT_EQUAL(key.rv, CKR_MECHANISM_INVALID);
	fake.active = true;
	fake.sig_len = 64;
	CU_ASSERT_FALSE(signer.sign(signer.arg, MDOC_ALG_ES256, mdoc_text("x"), sig));
	CU_ASSERT_EQUAL(key.rv, CKR_OPERATION_ACTIVE);
}

/* If this failed, a foreign token's key could not be matched with MSO.deviceKey. */
static void
test_points(void)
{
	struct soft_key soft;
	struct mdoc_public_key key;

	CU_ASSERT_FATAL(soft_key_make(&soft, "P-256"));
	fake_reset();
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_ATTRIBUTE_TYPE_INVALID);
	fake.public_keys = 1;
	memcpy(fake.point, soft.pub.point, soft.pub.point_len); /* bare */
	fake.point_len = soft.pub.point_len;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	CU_ASSERT_TRUE(mdoc_key_equal(&key, &soft.pub));
	fake.point[0] = 0x04; /* DER */
	fake.point[1] = 65;
	memcpy(fake.point + 2, soft.pub.point, soft.pub.point_len);
	fake.point_len = soft.pub.point_len + 2;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	CU_ASSERT_TRUE(mdoc_key_equal(&key, &soft.pub));
	fake.point_on_private = true;
	fake.public_keys = 0;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	fake.point_len--;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	fake.point_on_private = false;
	fake.public_keys = 2;
	fake.point_len++;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	fake.differ = true; /* which one is ours? */
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_ATTRIBUTE_TYPE_INVALID);
	fake.params[9] = 0x01; /* P-192 */
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_CURVE_NOT_SUPPORTED);
	soft_key_clear(&soft);
}

/* If this failed, our own token would be asked for a raw signature, or its PIN check would be
 * spent on input that it refuses. */
static void
test_vendor_device_signed(void)
{
	struct mdoc_p11_key key = { .p11 = &fake_module, .private_key = 1, .offers = MDOC_P11_DEVICE_SIGN };
	struct mdoc_p11_device_signer state = { .key = &key, .curve = MDOC_CURVE_P256 };
	struct mdoc_device_signer signer;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	fake_reset();
	fake.sig_len = 200;
	mdoc_p11_device_signer(&state, &signer);
	CU_ASSERT_TRUE(signer.sign(signer.arg, mdoc_text("anything"), &out));
	CU_ASSERT_EQUAL(fake.mechanism, CKM_MDOC_DEVICE_SIGN);
	CU_ASSERT_EQUAL(out.len, 200);
	mdoc_buf_clear(&out);
	fake.sign_rv = 0xCD440201UL; /* CKR_MDOC_DOCTYPE */
	CU_ASSERT_FALSE(signer.sign(signer.arg, mdoc_text("anything"), &out));
	CU_ASSERT_EQUAL(key.rv, 0xCD440201UL);
	CU_ASSERT_EQUAL(out.len, 0);
	key.offers = 0;
	CU_ASSERT_FALSE(signer.sign(signer.arg, mdoc_text("no CBOR"), &out));
	CU_ASSERT_EQUAL(key.rv, CKR_DATA_INVALID);
	CU_ASSERT_EQUAL(fake.signatures, 1);
	mdoc_buf_clear(&out);
}

/* If this failed, a refused PIN would leave an operation active whose answer is longer than a signature. */
static void
test_vendor_login_refused(void)
{
	struct mdoc_p11_key key = { .p11 = &fake_module,
		.private_key = 1,
		.offers = MDOC_P11_DEVICE_SIGN,
		.login = bad_login };
	struct mdoc_p11_device_signer state = { .key = &key, .curve = MDOC_CURVE_P256 };
	struct mdoc_device_signer signer;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	fake_reset();
	fake.always = true;
	fake.sig_len = 5000;
	mdoc_p11_device_signer(&state, &signer);
	CU_ASSERT_FALSE(signer.sign(signer.arg, mdoc_text("anything"), &out));
	CU_ASSERT_EQUAL(key.rv, CKR_PIN_INCORRECT);
	CU_ASSERT_FALSE(fake.active);
	fake.sig_len = 0; /* a DeviceSigned of no bytes: before a PIN is asked for */
	CU_ASSERT_FALSE(signer.sign(signer.arg, mdoc_text("anything"), &out));
	CU_ASSERT_EQUAL(key.rv, CKR_DATA_LEN_RANGE);
	CU_ASSERT_FALSE(fake.active);
	CU_ASSERT_EQUAL(fake.signatures, 0);
	mdoc_buf_clear(&out);
}

/* If this failed, tokens that want CK_EDDSA_PARAMS always, or never, could not be used. */
static void
test_eddsa_parameters(void)
{
	struct mdoc_p11_key key = { .p11 = &fake_module, .private_key = 1 };
	struct mdoc_signer signer;
	uint8_t sig[MDOC_SIG_MAX];
	size_t len;

	fake_reset();
	mdoc_p11_signer(&key, MDOC_CURVE_ED25519, &signer);
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), sig, &len), MDOC_OK);
	CU_ASSERT_EQUAL(fake.mechanism, CKM_EDDSA);
	fake.params_rv[0] = CKR_MECHANISM_PARAM_INVALID;
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), sig, &len), MDOC_OK);
	fake.params_rv[1] = CKR_DEVICE_REMOVED;
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), sig, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_DEVICE_REMOVED);
	fake_reset();
	fake.sig_len = 114;
	mdoc_p11_signer(&key, MDOC_CURVE_ED448, &signer);
	fake.params_rv[0] = CKR_MECHANISM_PARAM_INVALID;
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), sig, &len), MDOC_OK);
	fake.params_rv[0] = CKR_OK;
	fake.params_rv[1] = CKR_ARGUMENTS_BAD;
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), sig, &len), MDOC_OK);
	fake.sig_len = 300;
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), sig, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_SIGNATURE_LEN_RANGE);
	CU_ASSERT_FALSE(fake.active);
}

/* If this failed, a secret that the token does not show would be taken for zeros, or stay in the token. */
static void
test_agreed_secrets(void)
{
	struct mdoc_p11_key key = { .p11 = &fake_module, .private_key = 1 };
	struct mdoc_agreement agreement;
	struct soft_key peer;
	uint8_t shared[MDOC_SHARED_MAX];
	size_t len = 0;

	CU_ASSERT_FATAL(soft_key_make(&peer, "P-256"));
	fake_reset();
	fake.sensitive = true;
	mdoc_p11_agreement(&key, &peer.pub, &agreement);
	CU_ASSERT_EQUAL(mdoc_agree(&agreement, &peer.pub, shared, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_ATTRIBUTE_SENSITIVE);
	fake.sensitive = false;
	for (fake.secret_len = 31; fake.secret_len <= 100; fake.secret_len += fake.secret_len == 31 ? 2 : 67) {
		CU_ASSERT_EQUAL(mdoc_agree(&agreement, &peer.pub, shared, &len), MDOC_ERR_CALLBACK);
		CU_ASSERT_EQUAL(key.rv, CKR_KEY_SIZE_RANGE);
	}
	fake.secret_len = 32;
	CU_ASSERT_EQUAL(mdoc_agree(&agreement, &peer.pub, shared, &len), MDOC_OK);
	fake.needs_der = true;
	CU_ASSERT_EQUAL(mdoc_agree(&agreement, &peer.pub, shared, &len), MDOC_OK);
	CU_ASSERT_EQUAL(len, 32);
	CU_ASSERT_EQUAL(key.rv, CKR_OK);
	CU_ASSERT_EQUAL(fake.secrets, 0);
	soft_key_clear(&peer);
}

/* If this failed, a token that shows a key's public half in another place would have no keys for us, or those of others. */
static void
test_other_places(void)
{
	struct soft_key soft, other;
	struct mdoc_public_key key;
	unsigned char *at = fake.info;

	CU_ASSERT_FATAL(soft_key_make(&soft, "P-256") && soft_key_make(&other, "ED25519"));
	fake_reset();
	fake.info_len = (size_t)i2d_PUBKEY(soft.pkey, &at);
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	CU_ASSERT_TRUE(mdoc_key_equal(&key, &soft.pub));
	fake.params_hidden = true;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	fake.params_hidden = false;
	fake.info[0] ^= 1;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	at = fake.info;
	fake.info_len = (size_t)i2d_PUBKEY(other.pkey, &at); /* not the curve that the key says it is on */
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(key.curve, MDOC_CURVE_NONE);
	fake.info_len = 0;
	fake.params_hidden = true; /* the public key's own will do */
	fake.public_keys = 1;
	fake.point_len = soft.pub.point_len;
	memcpy(fake.point, soft.pub.point, soft.pub.point_len);
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	CU_ASSERT_TRUE(mdoc_key_equal(&key, &soft.pub));
	fake.type = CKK_RSA;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_KEY_TYPE_INCONSISTENT);
	soft_key_clear(&soft);
	soft_key_clear(&other);
}

/* If this failed, a token that names curves in another way than by OID would have none that we know. */
static void
test_curve_names(void)
{
	static const struct {
		enum mdoc_curve curve;
		const char *params;
		size_t point_len;
	} rows[] = {
		{ MDOC_CURVE_ED25519,
			"\x13\x0c"
			"edwards25519",
			32 },
		{ MDOC_CURVE_ED25519, "\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", 32 },
		{ MDOC_CURVE_X448,
			"\x13\x08"
			"curve448",
			56 },
		{ MDOC_CURVE_P256,
			"\x13\x0a"
			"prime256v1",
			65 },
		{ MDOC_CURVE_BP320,
			"\x13\x0f"
			"brainpoolP320r1",
			81 },
		{ MDOC_CURVE_NONE,
			"\x13\x09"
			"secp256k1",
			65 },
		{ MDOC_CURVE_NONE,
			"\x13\x0b"
			"prime256v1",
			65 },
		{ MDOC_CURVE_NONE, "\x05", 65 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mdoc_public_key key;
		CK_RV rv;

		fake_reset();
		fake.point_on_private = true;
		fake.params_len = strlen(rows[i].params);
		memcpy(fake.params, rows[i].params, fake.params_len);
		fake.point_len = rows[i].point_len;
		memset(fake.point, 4, fake.point_len);
		rv = mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key);
		CU_ASSERT_EQUAL(rv, rows[i].curve != MDOC_CURVE_NONE ? CKR_OK : CKR_CURVE_NOT_SUPPORTED);
		CU_ASSERT_EQUAL(key.curve, rows[i].curve);
	}
	fake_reset(); /* as drafts of PKCS#11 3.0 had it: a BIT STRING */
	fake.point_on_private = true;
	fake.params_len = 5;
	memcpy(fake.params, "\x06\x03\x2b\x65\x70", 5);
	fake.point_len = 35;
	memcpy(fake.point, "\x03\x21\x00", 3);
	struct mdoc_public_key key;
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, &fake_module, 1, 1, &key), CKR_OK);
	CU_ASSERT_EQUAL(key.point_len, 32);
}

static CU_TestInfo tests_fake[] = {
	{ "what is listed", test_vendor_is_listed },
	{ "login refused", test_login_refused },
	{ "module errors", test_module_errors },
	{ "points", test_points },
	{ "other places", test_other_places },
	{ "names of curves", test_curve_names },
	{ "parameters of EdDSA", test_eddsa_parameters },
	{ "agreed secrets", test_agreed_secrets },
	{ "our mechanism", test_vendor_device_signed },
	{ "our mechanism, login refused", test_vendor_login_refused },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "a module that misbehaves", NULL, NULL, NULL, NULL, tests_fake },
		{ "real tokens", NULL, NULL, NULL, NULL, tests_p11_tokens },
		{ "device keys in real tokens", NULL, NULL, NULL, NULL, tests_p11_device },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	if (!p11_worlds_open() || CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	p11_worlds_close();
	return failures == 0 ? 0 : 1;
}
