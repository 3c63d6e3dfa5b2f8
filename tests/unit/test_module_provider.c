/*
 * tests/unit/test_module_provider.c: the module under the calls of pkcs11-provider. If one of these tests failed,
 * OpenSSL with pkcs11-provider could not use a key of ours, or would fall over it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/conf.h>
#include <openssl/core_dispatch.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/provider_kit.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS certificate = CKO_CERTIFICATE, public_key = CKO_PUBLIC_KEY, private_key = CKO_PRIVATE_KEY,
		       secret_key = CKO_SECRET_KEY;
static CK_KEY_TYPE ec = CKK_EC, generic = CKK_GENERIC_SECRET;
static CK_CERTIFICATE_TYPE x509 = CKC_X_509;
static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

/* Were it otherwise, the provider would not come up, or not without another try at another interface. */
static void
comes_up(void)
{
	static CK_VERSION versions[] = { { 3, 2 }, { 3, 0 } }, later = { 3, 9 };
	CK_INTERFACE *found = NULL;
	CK_SESSION_HANDLE session, other;
	CK_SESSION_INFO info;
	size_t i;

	for (i = 0; i < COUNT(versions); i++) {
		CU_ASSERT_EQUAL(p11->C_GetInterface((CK_UTF8CHAR *)"PKCS 11", &versions[i], &found, 0), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_GetInterface(NULL, &versions[i], &found, 0), CKR_OK);
		CU_ASSERT_EQUAL(memcmp(found->pFunctionList, &versions[i], sizeof(versions[i])), 0);
	}
	/* "not supported" would mean that there are none at all */
	CU_ASSERT_EQUAL(p11->C_GetInterface((CK_UTF8CHAR *)"PKCS 11", &later, &found, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetInterface(NULL, NULL, &found, 0), CKR_OK);

	(void)p11_token("pkcs11-provider");
	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	other = prov_open(CKF_SERIAL_SESSION, CKS_RO_USER_FUNCTIONS);
	CU_ASSERT_NOT_EQUAL(other, CK_INVALID_HANDLE);
	CU_ASSERT_EQUAL(p11_login(other, CKU_USER, USER_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(other), CKR_OK);
	CU_ASSERT_NOT_EQUAL(p11->C_GetSessionInfo(other, &info), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetSessionInfo(session, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.state, CKS_RO_USER_FUNCTIONS);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, `openssl genpkey` could make no key in a token, or nothing could be done with what it made. */
static void
key_pairs(void)
{
	CK_OBJECT_HANDLE pub, priv, found[64];
	CK_SESSION_HANDLE session;
	EVP_PKEY *one, *other;
	CK_BYTE id[16];
	CK_ULONG count, i;

	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	for (i = 0; i < (test_can(TEST_EDWARDS) ? COUNT(prov_pairs) : 3); i++) {
		const char *label = i % 2 == 0 ? "a key" : "";

		memset(id, (int)(0x20 + i), sizeof(id));
		prov_generate(&prov_pairs[i], id, label, &pub, &priv);
		one = prov_load(session, pub, prov_pairs[i].name, id, label);
		other = prov_load(session, priv, prov_pairs[i].name, id, label);
		CU_ASSERT_EQUAL(EVP_PKEY_eq(one, other), 1);
		EVP_PKEY_free(one);
		EVP_PKEY_free(other);
		/* by a URI, as the other half, and after a fork: then an empty label is looked for as well */
		CU_ASSERT(prov_find(session, &private_key, id, NULL, found, 64) == 1 && found[0] == priv);
		CU_ASSERT(prov_find(session, &public_key, id, NULL, found, 1) == 1 && found[0] == pub);
		CU_ASSERT(prov_find(session, &private_key, id, label, found, 1) == 1 && found[0] == priv);
	}
	/* A URI that names nothing: all that there is, in lots of 64, and every one must answer. */
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, NULL, 0), CKR_OK);
	do {
		CU_ASSERT_EQUAL_FATAL(p11->C_FindObjects(session, found, 64, &count), CKR_OK);
		for (i = 0; i < count; i++)
			(void)prov_look(session, found[i]);
	} while (count != 0);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, storeutl and TLS servers would not find a certificate, nor know whose it is. */
static void
certificates(void)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_SUBJECT, CKA_ID, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_VALUE,
		CKA_PUBLIC_KEY_INFO, CKA_CERTIFICATE_TYPE, CKA_TRUSTED, CKA_CERTIFICATE_CATEGORY };
	EVP_PKEY *key = EVP_EC_gen("P-256"), *shown;
	X509 *cert = X509_new();
	unsigned char *der = NULL;
	const unsigned char *at;
	CK_BYTE id[16] = { 'c' };
	CK_ATTRIBUTE template[] = { { CKA_CLASS, OF(certificate) }, { CKA_CERTIFICATE_TYPE, OF(x509) },
		{ CKA_TOKEN, OF(yes) }, { CKA_ID, OF(id) }, { CKA_VALUE, NULL, 0 } };
	CK_ATTRIBUTE got[COUNT(types)];
	CK_SESSION_HANDLE session, rw;
	CK_OBJECT_HANDLE object, found;
	ASN1_INTEGER *serial;

	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	rw = prov_open(CKF_SERIAL_SESSION | CKF_RW_SESSION, CKS_RW_USER_FUNCTIONS);
	CU_ASSERT(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
			  (const unsigned char *)"me", -1, -1, 0) == 1 &&
		X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL &&
		X509_gmtime_adj(X509_getm_notAfter(cert), 86400) != NULL &&
		ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x80) == 1 && X509_set_pubkey(cert, key) == 1 &&
		X509_sign(cert, key, EVP_sha256()) > 0);
	template[4].ulValueLen = (CK_ULONG)i2d_X509(cert, &der);
	template[4].pValue = der;
	CU_ASSERT_EQUAL_FATAL(p11->C_CreateObject(rw, template, 5, &object), CKR_OK);
	CU_ASSERT(prov_find(session, &certificate, id, NULL, &found, 1) == 1 && found == object);
	prov_fetch(session, object, types, COUNT(types), got);
	CU_ASSERT_TRUE(prov_same(der, template[4].ulValueLen, &got[4]));
	CU_ASSERT(
		got[0].ulValueLen == got[2].ulValueLen && memcmp(got[0].pValue, got[2].pValue, got[0].ulValueLen) == 0);
	at = got[3].pValue;
	serial = d2i_ASN1_INTEGER(NULL, &at, (long)got[3].ulValueLen);
	CU_ASSERT_EQUAL(ASN1_INTEGER_get(serial), 0x80);
	at = got[5].pValue;
	shown = d2i_PUBKEY(NULL, &at, (long)got[5].ulValueLen);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(shown, key), 1);
	CU_ASSERT(got[6].ulValueLen == sizeof(CK_ULONG) && got[7].ulValueLen == 1 &&
		got[8].ulValueLen == sizeof(CK_ULONG));
	ASN1_INTEGER_free(serial);
	OPENSSL_free(der);
	X509_free(cert);
	EVP_PKEY_free(shown);
	EVP_PKEY_free(key);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(prov_slot), CKR_OK);
}

/* Were it otherwise, dgst, req, cms and TLS could not sign, or a session given up half-way would never sign again. */
static void
signatures(void)
{
	CK_EDDSA_PARAMS pure = { CK_FALSE, 0, NULL };
	CK_MECHANISM ed448 = { CKM_EDDSA, OF(pure) };
	CK_BYTE sig[167], id[16] = { 's' };
	CK_OBJECT_HANDLE pub, priv;
	CK_SESSION_HANDLE session;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY *pkey = NULL;
	CK_ULONG len = 0;

	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	prov_generate(&prov_pairs[0], id, "", &pub, &priv);
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa, priv, NULL, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 64);
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa_sha256, priv, NULL, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(prov_verify(session, pub, sig, len), CKR_OK);
	sig[9] ^= 1;
	CU_ASSERT_EQUAL(prov_verify(session, pub, sig, len), CKR_SIGNATURE_INVALID);
	/* a context that is copied: a signature has no state to save, and must go on */
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &prov_ecdsa_sha256, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetOperationState(session, NULL, &len), CKR_STATE_UNSAVEABLE);
	CU_ASSERT_EQUAL(p11->C_SignUpdate(session, prov_message, 100), CKR_OK);
	/* one that is freed too early, in the two ways there are */
	CU_ASSERT_EQUAL(p11->C_SignInit(session, NULL, CK_INVALID_HANDLE), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, &prov_ecdsa_sha256, pub), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, NULL, CK_INVALID_HANDLE), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &prov_ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SessionCancel(session, CKF_SIGN), CKR_OK);
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa, priv, NULL, sig, &len), CKR_OK);
	if (!test_can(TEST_EDWARDS))
		goto out;
	prov_generate(&prov_pairs[3], id, "ed", &pub, &priv);
	pkey = prov_load(session, priv, "ED25519", id, "ed");
	CU_ASSERT_EQUAL(prov_sign(session, &prov_eddsa, priv, NULL, sig, &len), CKR_OK);
	CU_ASSERT(EVP_DigestVerifyInit(md, NULL, NULL, NULL, pkey) == 1 &&
		EVP_DigestVerify(md, sig, len, prov_message, 100) == 1);
	prov_generate(&prov_pairs[4], id, "ed", &pub, &priv);
	CU_ASSERT_EQUAL(prov_sign(session, &ed448, priv, NULL, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 114);
out:
	EVP_PKEY_free(pkey);
	EVP_MD_CTX_free(md);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, the copies in memory that the provider signs with would fail where the key does not, or a holder
 * key would leave an error at each use: it says that it cannot be copied, and is not. */
static void
copies(void)
{
	static char name[] = "Internal Session Only Copy";
	CK_ATTRIBUTE in_memory[] = { { CKA_TOKEN, OF(no) }, { CKA_ID, "", 0 }, { CKA_LABEL, name, sizeof(name) - 1 } };
	CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, OF(yes) };
	CK_OBJECT_HANDLE pub, priv, copied, found[2];
	CK_SESSION_HANDLE session, other;
	CK_BYTE sig[167], id[16] = { 'm' };
	CK_ULONG count, len;

	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	prov_generate(&prov_pairs[0], id, "copied", &pub, &priv);
	if (!test_can(TEST_EXPORT)) {
		CU_ASSERT_EQUAL(prov_look(session, priv).copyable, CK_FALSE);
		CU_ASSERT_EQUAL(p11->C_CopyObject(session, priv, in_memory, 1, &copied), CKR_ACTION_PROHIBITED);
	}
	/* older releases give the first attribute only */
	for (count = 1; count <= 3 && test_can(TEST_EXPORT); count += 2) {
		CU_ASSERT_EQUAL_FATAL(p11->C_CopyObject(session, priv, in_memory, count, &copied), CKR_OK);
		other = prov_open(CKF_SERIAL_SESSION, CKS_RO_USER_FUNCTIONS);
		CU_ASSERT_EQUAL(prov_sign(other, &prov_ecdsa_sha256, copied, NULL, sig, &len), CKR_OK);
		CU_ASSERT_EQUAL(prov_verify(other, pub, sig, len), CKR_OK);
		CU_ASSERT_EQUAL(prov_find(other, &private_key, id, NULL, found, 2), count == 1 ? 2 : 1);
		CU_ASSERT_EQUAL(p11->C_DestroyObject(other, copied), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_CloseSession(other), CKR_OK);
	}
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa, priv, NULL, sig, &len), CKR_OK);
	other = prov_open(CKF_SERIAL_SESSION | CKF_RW_SESSION, CKS_RW_USER_FUNCTIONS);
	CU_ASSERT_EQUAL_FATAL(p11_pair(other, true, &holder, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(prov_look(session, priv).copyable, CK_FALSE);
	CU_ASSERT_EQUAL(prov_look(session, pub).copyable, CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, priv, in_memory, 1, &copied), CKR_ACTION_PROHIBITED);
	/* and each signature of it has its own PIN */
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa_sha256, priv, NULL, sig, &len), CKR_USER_NOT_LOGGED_IN);
	/* the session goes back into the pool with its operation, to be the next that is taken */
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa_sha256, priv, "not-the-pin", sig, &len), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa_sha256, priv, USER_PIN, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(prov_verify(session, pub, sig, len), CKR_OK);
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa, priv, USER_PIN, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(prov_slot), CKR_OK);
}

/* A secret that may be read, in a session object, for a point without its DER. */
static CK_RV
agree(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ECDH1_DERIVE_PARAMS *params, CK_BYTE *out, CK_ULONG len)
{
	CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, params, sizeof(*params) };
	CK_ATTRIBUTE template[] = { { CKA_CLASS, OF(secret_key) }, { CKA_KEY_TYPE, OF(generic) },
		{ CKA_SENSITIVE, OF(no) }, { CKA_EXTRACTABLE, OF(yes) }, { CKA_VALUE_LEN, OF(len) },
		{ CKA_TOKEN, OF(no) } };
	CK_ATTRIBUTE value = { CKA_VALUE, out, len };
	CK_OBJECT_HANDLE made;
	CK_RV rv = p11->C_DeriveKey(session, &ecdh, key, template, 6, &made);

	if (rv == CKR_OK)
		rv = p11->C_GetAttributeValue(session, made, &value, 1);
	return rv == CKR_OK && value.ulValueLen != len ? CKR_GENERAL_ERROR : rv;
}

/* Were it otherwise, pkeyutl -derive would fail, or get another secret than the other side. */
static void
agreements(void)
{
	static const CK_ULONG which[] = { 0, 2, 7 };
	CK_BYTE point[200], ours[66], theirs[66], ukm[] = "of both", id[16] = { 'd' };
	CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, 0, point };
	CK_OBJECT_HANDLE pub, priv;
	CK_SESSION_HANDLE session;
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *mine, *peer;
	size_t len, size;
	CK_ULONG i;

	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	for (i = 0; i < (test_can(TEST_EDWARDS) ? COUNT(which) : 2); i++) {
		const char *name = prov_pairs[which[i]].name;

		prov_generate(&prov_pairs[which[i]], id, "derive", &pub, &priv);
		mine = prov_load(session, priv, name, id, "derive");
		peer = i == 2 ? EVP_PKEY_Q_keygen(NULL, NULL, name) : EVP_EC_gen(name);
		CU_ASSERT_EQUAL(EVP_PKEY_get_octet_string_param(peer, "pub", point, sizeof(point), &len), 1);
		params = (CK_ECDH1_DERIVE_PARAMS){ CKD_NULL, 0, NULL, len, point };
		ctx = EVP_PKEY_CTX_new(peer, NULL);
		size = sizeof(theirs);
		CU_ASSERT(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, mine) == 1 &&
			EVP_PKEY_derive(ctx, theirs, &size) == 1);
		CU_ASSERT_EQUAL(agree(session, priv, &params, ours, size), CKR_OK);
		CU_ASSERT_EQUAL(memcmp(ours, theirs, size), 0);
		params = (CK_ECDH1_DERIVE_PARAMS){ CKD_SHA256_KDF, sizeof(ukm), ukm, len, point };
		CU_ASSERT_EQUAL(agree(session, priv, &params, ours, 48), CKR_OK);
		EVP_PKEY_CTX_free(ctx);
		EVP_PKEY_free(peer);
		EVP_PKEY_free(mine);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, OpenSSL could not check a peer's signature in the token, or use a key of a file there: a big
 * number comes without its leading zeros. A secret for HKDF and HMAC comes before any login. */
static void
imports(void)
{
	CK_BYTE id[16] = { 'i' }, scalar[31] = { 1, 2, 3 }, sig[167], secret[20] = { 7 };
	CK_OBJECT_HANDLE pub, priv, theirs;
	CK_SESSION_HANDLE session, rw;
	CK_ATTRIBUTE got[2],
		in_file[] = { { CKA_CLASS, OF(private_key) }, { CKA_KEY_TYPE, OF(ec) }, { CKA_ID, OF(id) },
			{ CKA_SENSITIVE, OF(yes) }, { CKA_EXTRACTABLE, OF(no) }, { CKA_TOKEN, OF(no) },
			{ CKA_DERIVE, OF(yes) }, { CKA_SIGN, OF(yes) }, { CKA_EC_PARAMS, OF(p256) },
			{ CKA_VALUE, OF(scalar) } };
	CK_ATTRIBUTE peers[] = { { CKA_CLASS, OF(public_key) }, { CKA_KEY_TYPE, OF(ec) }, { CKA_DERIVE, OF(yes) },
		{ CKA_VERIFY, OF(yes) }, { CKA_EC_PARAMS, OF(p256) }, { CKA_EC_POINT, NULL, 0 },
		{ CKA_TOKEN, OF(no) } };
	CK_ATTRIBUTE secrets[] = { { CKA_CLASS, OF(secret_key) }, { CKA_KEY_TYPE, OF(generic) }, { CKA_TOKEN, OF(no) },
		{ CKA_DERIVE, OF(yes) }, { CKA_VALUE, OF(secret) } };
	CK_HKDF_PARAMS hkdf = { CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_NULL, NULL, 0, 0, NULL, 0 };
	CK_MECHANISM derive = { CKM_HKDF_DERIVE, OF(hkdf) };
	CK_ULONG len = 42;
	CK_ATTRIBUTE derived[] = { secrets[0], secrets[1], { CKA_SENSITIVE, OF(no) }, { CKA_EXTRACTABLE, OF(yes) },
		{ CKA_VALUE_LEN, OF(len) } };

	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	rw = prov_open(CKF_SERIAL_SESSION | CKF_RW_SESSION, CKS_RW_USER_FUNCTIONS);
	CU_ASSERT_EQUAL_FATAL(p11->C_CreateObject(rw, in_file, 10, &priv), CKR_OK);
	prov_fetch(rw, priv, (const CK_ATTRIBUTE_TYPE[]){ CKA_EC_POINT, CKA_ID }, 2, got);
	peers[5] = got[0];
	CU_ASSERT_EQUAL_FATAL(p11->C_CreateObject(rw, peers, 7, &theirs), CKR_OK);
	CU_ASSERT_EQUAL(prov_sign(session, &prov_ecdsa_sha256, priv, NULL, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(prov_verify(session, theirs, sig, len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(prov_slot), CKR_OK);
	session = prov_open(CKF_SERIAL_SESSION, CKS_RO_PUBLIC_SESSION);
	CU_ASSERT_EQUAL_FATAL(p11->C_CreateObject(session, secrets, 5, &priv), CKR_OK);
	prov_fetch(session, priv, (const CK_ATTRIBUTE_TYPE[]){ CKA_ID, CKA_LABEL }, 2, got);
	len = 42;
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &derive, priv, derived, 5, &pub), CKR_OK);
	prov_fetch(session, pub, (const CK_ATTRIBUTE_TYPE[]){ CKA_VALUE }, 1, got);
	CU_ASSERT_EQUAL(got[0].ulValueLen, 42);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_SESSION_HANDLE left;
static CK_OBJECT_HANDLE left_copy;
static bool torn_down;

static int
child(void *arg)
{
	CK_BYTE sig[167];
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE session;
	CK_ULONG len;

	if (!prov_begin(&session) || prov_find(session, &private_key, arg, "forked", &key, 1) != 1)
		return 1;
	return prov_sign(session, &prov_ecdsa_sha256, key, NULL, sig, &len) == CKR_OK ? 0 : 2;
}

static void
tear_down(void *ctx)
{
	(void)ctx;
	(void)p11->C_DestroyObject(left, left_copy);
	(void)p11->C_CloseSession(left);
	(void)p11->C_Finalize(NULL);
	torn_down = true;
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **ctx)
{
	static const OSSL_DISPATCH functions[] = { { OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))tear_down },
		{ 0, NULL } };

	(void)handle;
	(void)in;
	*out = functions;
	*ctx = &left;
	return 1;
}

/* Activated by a configuration, which is what makes OPENSSL_cleanup() tear it down. */
static int
ending_child(void *arg)
{
	static const char activate[] =
		"init = top\n[top]\nproviders = all\n[all]\nends = section\n[section]\nactivate = 1\n";
	BIO *text = BIO_new_mem_buf(activate, -1);
	CK_ATTRIBUTE in_memory = { CKA_TOKEN, OF(no) };
	CONF *conf = NCONF_new(NULL);
	CK_OBJECT_HANDLE key;

	OPENSSL_load_builtin_modules();
	if (OSSL_PROVIDER_add_builtin(NULL, "ends", provider_init) != 1 || NCONF_load_bio(conf, text, NULL) != 1 ||
		CONF_modules_load(conf, "init", 0) != 1)
		return 1;
	NCONF_free(conf);
	BIO_free(text);
	if (!prov_begin(&left) || prov_find(left, &private_key, arg, NULL, &key, 1) != 1)
		return 2;
	if (test_can(TEST_EXPORT) && p11->C_CopyObject(left, key, &in_memory, 1, &left_copy) != CKR_OK)
		return 2;
	OPENSSL_cleanup();
	return torn_down ? 0 : 3;
}

/* Were it otherwise, nginx's workers could not sign after their fork, and every program would crash at its end: then
 * the provider is torn down from inside OPENSSL_cleanup(), and calls us. */
static void
processes(void)
{
	CK_BYTE id[16] = { 'f' };
	CK_OBJECT_HANDLE pub, priv;
	CK_SESSION_HANDLE session;

	CU_ASSERT_TRUE_FATAL(prov_begin(&session));
	prov_generate(&prov_pairs[0], id, "forked", &pub, &priv);
	CU_ASSERT_EQUAL(p11_fork(child, id), 0);
	CU_ASSERT_EQUAL(p11_fork(ending_child, id), 0);
	CU_ASSERT_EQUAL(prov_notified, 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_provider[] = {
	{ "comes up", comes_up },
	{ "key prov_pairs", key_pairs },
	{ "certificates", certificates },
	{ "signatures", signatures },
	{ "copies in memory, and none", copies },
	{ "agreements", agreements },
	{ "imports", imports },
	{ "fork and end", processes },
	CU_TEST_INFO_NULL,
};
