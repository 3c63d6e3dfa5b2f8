/*
 * tests/unit/ossl_kit.c: a token, library contexts with the provider, loading by URI, errors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/backend.h"
#include "tests/unit/ossl_kit.h"

#define P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define P384 "\x06\x05\x2b\x81\x04\x00\x22"
#define ED25519 "\x06\x03\x2b\x65\x70"
#define X25519 "\x06\x03\x2b\x65\x6e"

OSSL_LIB_CTX *provider_lib, *soft_lib;
CK_SLOT_ID provider_slot;
const char *provider_folder;

static char folder[160];
static UI_METHOD *method;

static void
need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "unit-provider: %s\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

/* --- The user ------------------------------------------------------------------------------------ */

static int
read_answer(UI *ui, UI_STRING *uis)
{
	struct asker *asker = UI_get0_user_data(ui);

	if (UI_get_string_type(uis) != UIT_PROMPT)
		return 1;
	asker->asked++;
	snprintf(asker->prompt, sizeof(asker->prompt), "%s", UI_get0_output_string(uis));
	if (asker->pin == NULL)
		return -1;
	return UI_set_result(ui, uis, asker->pin) == 0;
}

/* --- The token ----------------------------------------------------------------------------------- */

void
provider_make(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, const char *params, const char *label, CK_BYTE id, bool always)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, every = always ? CK_TRUE : CK_FALSE, signs, derives;
	CK_OBJECT_HANDLE pub, priv;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_ID, &id, 1 },
		{ CKA_EC_PARAMS, (void *)params, (CK_ULONG)params[1] + 2 },
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_ID, &id, 1 },
		{ CKA_ALWAYS_AUTHENTICATE, &every, 1 },
		{ CKA_SIGN, &signs, 1 },
		{ CKA_DERIVE, &derives, 1 },
	};

	signs = type == CKM_EC_MONTGOMERY_KEY_PAIR_GEN ? CK_FALSE : CK_TRUE;
	derives = type == CKM_EC_EDWARDS_KEY_PAIR_GEN ? CK_FALSE : CK_TRUE;
	need(p11->C_GenerateKeyPair(session, &mechanism, public_template, 4, private_template, 6, &pub, &priv) ==
			CKR_OK,
		"C_GenerateKeyPair failed");
	need(p11->C_Logout(session) == CKR_OK && p11->C_CloseSession(session) == CKR_OK, "C_CloseSession failed");
}

bool
provider_has(const char *label)
{
	return strstr(label, "25519") == NULL || test_can(TEST_EDWARDS);
}

EVP_PKEY *
provider_public(const char *label)
{
	CK_SESSION_HANDLE session = p11_session(provider_slot);
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	CK_BYTE info[256];
	CK_ATTRIBUTE value = { CKA_PUBLIC_KEY_INFO, info, sizeof(info) };
	const unsigned char *at = info;
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	CK_ULONG found = 0;
	EVP_PKEY *key;

	need(p11->C_FindObjectsInit(session, template, 2) == CKR_OK &&
			p11->C_FindObjects(session, &handle, 1, &found) == CKR_OK && found == 1 &&
			p11->C_FindObjectsFinal(session) == CKR_OK,
		"no such public key");
	need(p11->C_GetAttributeValue(session, handle, &value, 1) == CKR_OK, "no CKA_PUBLIC_KEY_INFO");
	key = d2i_PUBKEY_ex(NULL, &at, (long)value.ulValueLen, soft_lib, NULL);
	need(key != NULL && p11->C_CloseSession(session) == CKR_OK, "no public key");
	return key;
}

/* A certificate for p256, signed by a key that is thrown away. */
static void
make_certificate(void)
{
	CK_SESSION_HANDLE session = p11_session(provider_slot);
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BYTE id = 1;
	CK_BBOOL yes = CK_TRUE;
	EVP_PKEY *issuer = EVP_PKEY_Q_keygen(soft_lib, NULL, "EC", "P-256"), *subject = provider_public("p256");
	X509 *certificate = X509_new_ex(soft_lib, NULL);
	X509_NAME *name = X509_get_subject_name(certificate);
	unsigned char *der = NULL, *subject_der = NULL;
	CK_OBJECT_HANDLE handle;
	int len, subject_len;

	need(X509_set_version(certificate, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7) == 1 &&
			X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
			X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) != NULL &&
			X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"unit", -1, -1,
				0) == 1 &&
			X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, subject) == 1 &&
			X509_sign(certificate, issuer, EVP_sha256()) > 0,
		"no certificate");
	len = i2d_X509(certificate, &der);
	subject_len = i2d_X509_NAME(name, &subject_der);
	need(len > 0 && subject_len > 0, "no certificate");
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_LABEL, (void *)"p256", 4 },
		{ CKA_ID, &id, 1 },
		{ CKA_SUBJECT, subject_der, (CK_ULONG)subject_len },
		{ CKA_VALUE, der, (CK_ULONG)len },
	};
	need(p11_login(session, CKU_USER, USER_PIN) == CKR_OK &&
			p11->C_CreateObject(session, template, 7, &handle) == CKR_OK &&
			p11->C_Logout(session) == CKR_OK && p11->C_CloseSession(session) == CKR_OK,
		"the certificate cannot be stored");
	OPENSSL_free(subject_der);
	OPENSSL_free(der);
	X509_free(certificate);
	EVP_PKEY_free(subject);
	EVP_PKEY_free(issuer);
}

/* --- Contexts -------------------------------------------------------------------------------------- */

const char *
provider_file(const char *name, const char *text)
{
	static char path[224];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	need(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "a file cannot be written");
	return path;
}

const char *
provider_with_pin(const char *uri, const char *name, const char *pin)
{
	static char with[512];

	snprintf(with, sizeof(with), "%s?pin-source=file:%s", uri, provider_file(name, pin));
	return with;
}

bool
provider_configure(OSSL_LIB_CTX *lib, const char *settings)
{
	const char *built = getenv("UNIT_PROVIDER") != NULL ? getenv("UNIT_PROVIDER") : PROVIDER_PATH;
	char text[2048];

	snprintf(text, sizeof(text),
		"openssl_conf = init\n[init]\nproviders = providers\n"
		"[providers]\ndefault = plain\nmdoc-pkcs11-provider = token\n[plain]\nactivate = 1\n"
		"[token]\nmodule = %s\nactivate = 1\npkcs11-module = %s\n%s\n",
		built, p11_path, settings);
	return OSSL_LIB_CTX_load_config(lib, provider_file("openssl.cnf", text)) == 1 &&
		OSSL_PROVIDER_available(lib, "mdoc-pkcs11-provider") == 1;
}

OSSL_LIB_CTX *
provider_context(const char *settings)
{
	OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();

	if (provider_configure(lib, settings))
		return lib;
	OSSL_LIB_CTX_free(lib);
	return NULL;
}

int
provider_start(void)
{
	/* A child of ours works inside our store, which we take away. */
	const char *parent = getenv("UNIT_MODULE_STORE");

	unsetenv("MDOC_PKCS11_MODULE");
	unsetenv("MDOC_PKCS11_PIN");
	unsetenv("MDOC_PKCS11_PIN_FILE");
	snprintf(folder, sizeof(folder), "%s-files-XXXXXX", parent == NULL ? "/tmp/unit-provider" : parent);
	if (p11_start() != 0 || mkdtemp(folder) == NULL)
		return 1;
	provider_folder = folder;
	soft_lib = OSSL_LIB_CTX_new();
	provider_slot = p11_token("unit");
	provider_make(provider_slot, CKM_EC_KEY_PAIR_GEN, P256, "p256", 1, false);
	provider_make(provider_slot, CKM_EC_KEY_PAIR_GEN, P384, "p384", 2, false);
	if (test_can(TEST_EDWARDS)) {
		provider_make(provider_slot, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519, "ed25519", 3, false);
		provider_make(provider_slot, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519, "x25519", 4, false);
	}
	provider_make(provider_slot, CKM_EC_KEY_PAIR_GEN, P256, "always", 5, true);
	make_certificate();
	method = UI_create_method("a user of the tests");
	need(UI_method_set_reader(method, read_answer) == 0, "no UI");
	provider_lib = provider_context("");
	need(provider_lib != NULL, "the provider cannot be loaded");
	ERR_clear_error();
	return 0;
}

int
provider_stop(void)
{
	char command[192];

	OSSL_LIB_CTX_free(provider_lib);
	OSSL_LIB_CTX_free(soft_lib);
	UI_destroy_method(method);
	provider_lib = soft_lib = NULL;
	method = NULL;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command) == 0 && p11_stop() == 0 ? 0 : 1;
}

void
provider_logout(void)
{
	CK_SESSION_HANDLE session = p11_session(provider_slot);

	(void)p11->C_Logout(session);
	(void)p11->C_CloseSession(session);
}

bool
provider_wrong_pin_was_given(void)
{
	return (p11_token_flags(provider_slot) & CKF_USER_PIN_COUNT_LOW) != 0;
}

/* --- Loading and signing --------------------------------------------------------------------------- */

static void
take(struct loaded *loaded, OSSL_STORE_INFO *info)
{
	switch (OSSL_STORE_INFO_get_type(info)) {
	case OSSL_STORE_INFO_PKEY:
		loaded->private_keys++;
		EVP_PKEY_free(loaded->key);
		loaded->key = OSSL_STORE_INFO_get1_PKEY(info);
		break;
	case OSSL_STORE_INFO_PUBKEY:
		loaded->public_keys++;
		EVP_PKEY_free(loaded->key);
		loaded->key = OSSL_STORE_INFO_get1_PUBKEY(info);
		break;
	case OSSL_STORE_INFO_CERT:
		loaded->certificates++;
		X509_free(loaded->certificate);
		loaded->certificate = OSSL_STORE_INFO_get1_CERT(info);
		break;
	default:
		loaded->others++;
	}
	OSSL_STORE_INFO_free(info);
}

struct loaded
provider_load_all(OSSL_LIB_CTX *lib, const char *uri, int expect, struct asker *asker)
{
	struct loaded loaded = { .ended = true };
	OSSL_STORE_CTX *store =
		OSSL_STORE_open_ex(uri, lib, NULL, asker == NULL ? NULL : method, asker, NULL, NULL, NULL);
	OSSL_STORE_INFO *info;
	int rounds;

	if (store == NULL)
		return loaded;
	if (expect != 0)
		need(OSSL_STORE_expect(store, expect) == 1, "OSSL_STORE_expect failed");
	for (rounds = 0; rounds < 100 && OSSL_STORE_eof(store) == 0; rounds++) {
		info = OSSL_STORE_load(store);
		if (info != NULL)
			take(&loaded, info);
	}
	loaded.ended = rounds < 100;
	need(OSSL_STORE_close(store) == 1, "OSSL_STORE_close failed");
	return loaded;
}

void
loaded_free(struct loaded *loaded)
{
	EVP_PKEY_free(loaded->key);
	X509_free(loaded->certificate);
}

EVP_PKEY *
provider_key(OSSL_LIB_CTX *lib, const char *uri, struct asker *asker)
{
	struct loaded loaded = provider_load_all(lib, uri, OSSL_STORE_INFO_PKEY, asker);
	EVP_PKEY *key = NULL;

	need(loaded.ended, "a URI without an end");
	if (loaded.private_keys == 1) {
		key = loaded.key;
		loaded.key = NULL;
	}
	loaded_free(&loaded);
	return key;
}

EVP_PKEY *
provider_need(const char *uri)
{
	struct asker asker = { .pin = USER_PIN };
	EVP_PKEY *key = provider_key(provider_lib, uri, &asker);

	if (key == NULL)
		ERR_print_errors_fp(stderr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	return key;
}

bool
provider_verifies(EVP_PKEY *key, OSSL_LIB_CTX *lib, const char *digest, const char *message, const unsigned char *sig,
	size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit_ex(ctx, NULL, digest, lib, NULL, key, NULL) == 1 &&
		EVP_DigestVerify(ctx, sig, len, (const unsigned char *)message, strlen(message)) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

bool
provider_signs(EVP_PKEY *key, const char *digest, EVP_PKEY *public_key)
{
	static const unsigned char message[] = "message";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[160];
	size_t len = sizeof(sig);
	bool good = EVP_DigestSignInit_ex(ctx, NULL, digest, provider_lib, NULL, key, NULL) == 1 &&
		EVP_DigestSign(ctx, sig, &len, message, 7) == 1 && len <= (size_t)EVP_PKEY_get_size(key);

	EVP_MD_CTX_free(ctx);
	if (good && public_key != NULL)
		good = provider_verifies(public_key, soft_lib, digest, "message", sig, len) &&
			!provider_verifies(public_key, soft_lib, digest, "massage", sig, len);
	return good;
}

bool
provider_error(const char *text)
{
	const char *data, *reason;
	unsigned long code;
	bool found = false;
	int flags;

	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
		reason = ERR_reason_error_string(code);
		found = found || (reason != NULL && strstr(reason, text) != NULL) ||
			((flags & ERR_TXT_STRING) != 0 && strstr(data, text) != NULL);
		if (getenv("UNIT_PROVIDER_SHOW") != NULL)
			fprintf(stderr, "  %s: %s\n", reason == NULL ? "?" : reason, data);
	}
	return found;
}
