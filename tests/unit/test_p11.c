/*
 * tests/unit/test_p11.c: libmdoc-p11 over SoftHSM 2 and over a module that misbehaves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/soft.h"

#include <CUnit/Basic.h>
#include <dlfcn.h>
#include <mdoc/p11/p11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mdoc-pkcs11.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

/* ---- A module that answers what the test tells it to ---- */

static struct {
	bool always;    /* CKA_ALWAYS_AUTHENTICATE */
	bool logged_in; /* by the callback */
	bool active;
	CK_RV sign_rv;
	CK_ULONG sig_len;
	CK_MECHANISM_TYPE mechanism;
	CK_MECHANISM_TYPE listed;
	CK_BYTE params[10];
	CK_BYTE point[80];
	size_t point_len;
	bool point_on_private;
	bool differ; /* the second public key has another point */
	CK_ULONG public_keys;
	unsigned signatures; /* made */
} fake;

static CK_RV
fake_get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attr, CK_ULONG count)
{
	const void *value = NULL;
	size_t len = 0;
	const CK_BBOOL always = fake.always ? CK_TRUE : CK_FALSE;
	static const CK_BYTE id[] = { 7 };
	static const CK_KEY_TYPE type = CKK_EC;

	(void)session;
	CU_ASSERT_EQUAL(count, 1);
	switch (attr->type) {
	case CKA_ALWAYS_AUTHENTICATE:
		value = &always;
		len = sizeof(always);
		break;
	case CKA_KEY_TYPE:
		value = &type;
		len = sizeof(type);
		break;
	case CKA_EC_PARAMS:
		value = fake.params;
		len = sizeof(fake.params);
		break;
	case CKA_ID:
		value = id;
		len = sizeof(id);
		break;
	case CKA_EC_POINT:
		value = object == 1 && !fake.point_on_private ? NULL : fake.point;
		len = fake.point_len;
		break;
	default:
		break;
	}
	if (value == NULL) {
		attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (attr->ulValueLen < len)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(attr->pValue, value, len);
	if (fake.differ && attr->type == CKA_EC_POINT && object == 3)
		((CK_BYTE *)attr->pValue)[len - 1] ^= 1;
	attr->ulValueLen = len;
	return CKR_OK;
}

static CK_RV
fake_find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attr, CK_ULONG count)
{
	(void)session;
	(void)attr;
	(void)count;
	return CKR_OK;
}

static CK_RV
fake_find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *object, CK_ULONG max, CK_ULONG *count)
{
	(void)session;
	*count = fake.public_keys < max ? fake.public_keys : max;
	for (CK_ULONG i = 0; i < *count; i++)
		object[i] = 2 + i;
	return CKR_OK;
}

static CK_RV
fake_find_final(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV
fake_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE object)
{
	(void)session;
	(void)object;
	if (fake.active)
		return CKR_OPERATION_ACTIVE;
	fake.active = true;
	fake.mechanism = mechanism->mechanism;
	return CKR_OK;
}

static CK_RV
fake_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig, CK_ULONG *sig_len)
{
	(void)session;
	(void)data;
	(void)len;
	if (!fake.active)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (sig == NULL) {
		*sig_len = fake.sig_len;
		return CKR_OK;
	}
	fake.active = false;
	if (fake.always && !fake.logged_in)
		return CKR_USER_NOT_LOGGED_IN;
	fake.logged_in = false;
	if (fake.sign_rv != CKR_OK)
		return fake.sign_rv;
	memset(sig, 0xa5, fake.sig_len);
	*sig_len = fake.sig_len;
	fake.signatures++;
	return CKR_OK;
}

static CK_RV
fake_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	if (slot != 0)
		return CKR_SLOT_ID_INVALID;
	if (list != NULL) {
		list[0] = CKM_ECDSA;
		list[1] = fake.listed;
	}
	*count = 2;
	return CKR_OK;
}

static CK_FUNCTION_LIST fake_module = {
	.version = { 2, 40 },
	.C_GetAttributeValue = fake_get_attributes,
	.C_FindObjectsInit = fake_find_init,
	.C_FindObjects = fake_find,
	.C_FindObjectsFinal = fake_find_final,
	.C_SignInit = fake_sign_init,
	.C_Sign = fake_sign,
	.C_GetMechanismList = fake_mechanisms,
};

static const CK_BYTE p256_params[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

static void
fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.sig_len = 64;
	memcpy(fake.params, p256_params, sizeof(p256_params));
}

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

/* ---- SoftHSM 2 ---- */

static CK_FUNCTION_LIST *hsm;
static CK_SESSION_HANDLE session;
static char hsm_dir[] = "/tmp/mdoc-p11-XXXXXX";
static CK_UTF8CHAR pin[] = "12345678";

static bool
hsm_token(void)
{
	CK_UTF8CHAR label[32];
	CK_SLOT_ID slots[4];
	CK_ULONG count = 4;

	memset(label, ' ', sizeof(label));
	return hsm->C_Initialize(NULL) == CKR_OK && hsm->C_GetSlotList(CK_FALSE, slots, &count) == CKR_OK &&
		hsm->C_InitToken(slots[0], pin, 8, label) == CKR_OK && (count = 4) &&
		hsm->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK &&
		hsm->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK &&
		hsm->C_Login(session, CKU_SO, pin, 8) == CKR_OK && hsm->C_InitPIN(session, pin, 8) == CKR_OK &&
		hsm->C_Logout(session) == CKR_OK && hsm->C_Login(session, CKU_USER, pin, 8) == CKR_OK;
}

static bool
hsm_open(void)
{
	CK_C_GetFunctionList get = NULL;
	char path[64];
	FILE *conf = NULL;
	void *library = access(SOFTHSM, R_OK) == 0 ? dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL) : NULL;

	if (library == NULL || mkdtemp(hsm_dir) == NULL)
		return false;
	snprintf(path, sizeof(path), "%s/tokens", hsm_dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/conf", hsm_dir);
	conf = fopen(path, "w");
	if (conf == NULL)
		return false;
	fprintf(conf, "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", hsm_dir);
	fclose(conf);
	setenv("SOFTHSM2_CONF", path, 1);
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	return get != NULL && get(&hsm) == CKR_OK && hsm_token();
}

static void
hsm_close(void)
{
	char command[96];

	if (hsm != NULL) {
		hsm->C_CloseSession(session);
		hsm->C_Finalize(NULL);
	}
	snprintf(command, sizeof(command), "rm -rf '%s'", hsm_dir);
	if (strchr(hsm_dir, 'X') == NULL && system(command) != 0)
		printf("left behind: %s\n", hsm_dir);
}

static CK_OBJECT_HANDLE
hsm_key(bool always, CK_BYTE id)
{
	CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL each = always ? CK_TRUE : CK_FALSE;
	CK_BYTE params[sizeof(p256_params)];
	CK_ATTRIBUTE public_template[] = { { CKA_EC_PARAMS, params, sizeof(params) }, { CKA_ID, &id, 1 },
		{ CKA_VERIFY, &yes, sizeof(yes) } };
	CK_ATTRIBUTE private_template[] = { { CKA_ID, &id, 1 }, { CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) }, { CKA_ALWAYS_AUTHENTICATE, &each, sizeof(each) } };
	CK_OBJECT_HANDLE public_key = 0;
	CK_OBJECT_HANDLE private_key = 0;

	memcpy(params, p256_params, sizeof(params));
	CU_ASSERT_EQUAL_FATAL(hsm->C_GenerateKeyPair(session, &generate, public_template, 3, private_template, 4,
				      &public_key, &private_key),
		CKR_OK);
	return private_key;
}

static CK_RV
hsm_login(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE at)
{
	return p11->C_Login(at, CKU_CONTEXT_SPECIFIC, arg, (CK_ULONG)strlen(arg));
}

/* If this failed, an IACA in an HSM could sign nothing that OpenSSL accepts. */
static void
test_hsm_certificate(void)
{
	struct mdoc_p11_key key = { .p11 = hsm, .session = session, .login = hsm_login, .login_arg = pin };
	struct mdoc_signer signer;
	struct mdoc_cert_spec spec = {
		.profile = MDOC_CERT_IACA,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text("IACA"),
		.not_before = soft_2026,
		.not_after = soft_2026 + SOFT_DAY,
		.issuer_alt_uri = "https://a.example/",
		.crl_uri = "https://a.example/crl",
		.signer = &signer,
	};
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	struct mdoc_error error = { 0 };

	key.private_key = hsm_key(false, 1);
	CU_ASSERT_EQUAL(mdoc_p11_offers(hsm, 0), 0);
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, hsm, session, key.private_key, &spec.key), CKR_OK);
	mdoc_p11_signer(&key, spec.key.curve, &signer);
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &der, &error), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&der), &cert, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_cert_check(cert, MDOC_CERT_IACA, 0, NULL), MDOC_OK);
	mdoc_cert_free(cert);
	mdoc_buf_clear(&der);
}

/* DeviceSigned for a made-up session, checked with the key's public half. */
static enum mdoc_result
present(struct mdoc_device_signer *signer, const struct mdoc_public_key *public_key)
{
	static const uint8_t transcript[] = { 0x83, 0xf6, 0xf6, 0xf6 };
	static const uint8_t namespaces[] = { 0xd8, 0x18, 0x41, 0xa0 };
	const struct mdoc_bytes ns = mdoc_bytes_of(namespaces, sizeof(namespaces));
	struct mdoc_buf input = MDOC_BUF_EMPTY;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_device_signed *parsed = NULL;
	enum mdoc_result res = MDOC_ERR_CALLBACK;

	mdoc_put_device_authentication_bytes(&input, mdoc_bytes_of(transcript, sizeof(transcript)), mdoc_text("x.y"),
		ns);
	if (!signer->sign(signer->arg, mdoc_buf_bytes(&input), &out))
		goto out;
	res = mdoc_device_signed_parse(NULL, mdoc_buf_bytes(&out), &parsed, NULL);
	if (res == MDOC_OK)
		res = mdoc_sign1_verify(NULL, mdoc_device_signed_signature(parsed), public_key, mdoc_buf_bytes(&input));
out:
	mdoc_device_signed_free(parsed);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&out);
	return res;
}

/* If this failed, the tools would work on no token but ours, or without a PIN check each. */
static void
test_hsm_device_signed(void)
{
	struct mdoc_p11_key key = { .p11 = hsm, .session = session, .login = hsm_login, .login_arg = pin };
	struct mdoc_p11_device_signer state = { .key = &key, .curve = MDOC_CURVE_P256 };
	struct mdoc_device_signer signer;
	struct mdoc_public_key public_key;
	char wrong[] = "87654321";

	key.private_key = hsm_key(true, 2);
	mdoc_p11_device_signer(&state, &signer);
	CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, hsm, session, key.private_key, &public_key), CKR_OK);
	key.login = NULL;
	CU_ASSERT_EQUAL(present(&signer, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_USER_NOT_LOGGED_IN);
	key.login = hsm_login;
	key.login_arg = wrong;
	CU_ASSERT_EQUAL(present(&signer, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_PIN_INCORRECT);
	key.login_arg = pin;
	CU_ASSERT_EQUAL(present(&signer, &public_key), MDOC_OK);
	CU_ASSERT_EQUAL(present(&signer, &public_key), MDOC_OK);
	CU_ASSERT_EQUAL(key.rv, CKR_OK);
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

int
main(void)
{
	unsigned failures;
	CU_pSuite suite = NULL;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite("p11", NULL, NULL);
	CU_ADD_TEST(suite, test_vendor_is_listed);
	CU_ADD_TEST(suite, test_login_refused);
	CU_ADD_TEST(suite, test_module_errors);
	CU_ADD_TEST(suite, test_points);
	CU_ADD_TEST(suite, test_vendor_device_signed);
	if (hsm_open()) {
		CU_ADD_TEST(suite, test_hsm_certificate);
		CU_ADD_TEST(suite, test_hsm_device_signed);
	} else {
		printf("skipped: tests over SoftHSM 2, which is not at " SOFTHSM "\n");
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	hsm_close();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
