/*
 * tests/unit/test_provider_key.c: token keys in EVP: sign, verify, derive, compare, copy, ask, generate.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/ossl_kit.h"

static const unsigned char hash[64] = { 4, 8, 15, 16, 23, 42 };

/* Were it otherwise, nobody could check what a token key signed, or a digest would be another than was asked for. */
static void
digest_sign(void)
{
	static const struct {
		const char *label, *digest;
	} cases[] = {
		{ "p256", "SHA256" },
		{ "p256", "SHA512" },
		{ "p256", "SHA1" },
		{ "p256", "SHA3-256" },
		{ "p256", NULL },
		{ "p384", "SHA384" },
		{ "p384", "SHA256" },
		{ "ed25519", NULL },
	};
	char uri[96];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EVP_PKEY *stated, *key;

		if (!provider_has(cases[i].label))
			continue;
		stated = provider_public(cases[i].label);
		snprintf(uri, sizeof(uri), TOKEN ";object=%s;type=private", cases[i].label);
		key = provider_need(uri);
		CU_ASSERT(provider_signs(key, cases[i].digest, stated));
		if (provider_error(""))
			fprintf(stderr, "%s with %s\n", uri, cases[i].digest == NULL ? "none" : cases[i].digest);
		EVP_PKEY_free(key);
		EVP_PKEY_free(stated);
	}
}

/* Were it otherwise, a wrong use of a key would crash, or give something that looks like a signature. */
static void
wrong_uses(void)
{
	EVP_PKEY *p256 = provider_need(PRIVATE("p256")), *ed25519 = NULL, *x25519 = NULL;
	struct loaded public_half = provider_load_all(provider_lib, PUBLIC("p256"), 0, NULL);
	EVP_PKEY_CTX *ctx;

	CU_ASSERT_PTR_NOT_NULL_FATAL(public_half.key);
	CU_ASSERT(!provider_signs(p256, "no-such-digest", NULL));
	CU_ASSERT(provider_error(""));
	CU_ASSERT(!provider_signs(public_half.key, "SHA256", NULL));
	CU_ASSERT(provider_error(""));
	if (provider_has("ed25519")) {
		ed25519 = provider_need(PRIVATE("ed25519"));
		x25519 = provider_need(PRIVATE("x25519"));
		CU_ASSERT(!provider_signs(ed25519, "SHA256", NULL));
		CU_ASSERT(provider_error(""));
		CU_ASSERT(!provider_signs(x25519, NULL, NULL));
		CU_ASSERT(!provider_signs(x25519, "SHA256", NULL));
		CU_ASSERT(provider_error(""));
		ctx = EVP_PKEY_CTX_new_from_pkey(provider_lib, ed25519, NULL);
		CU_ASSERT(ctx == NULL || EVP_PKEY_derive_init(ctx) <= 0);
		EVP_PKEY_CTX_free(ctx);
	}
	ctx = EVP_PKEY_CTX_new_from_pkey(provider_lib, p256, NULL);
	CU_ASSERT(ctx == NULL || EVP_PKEY_encrypt_init(ctx) <= 0);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	loaded_free(&public_half);
	EVP_PKEY_free(x25519);
	EVP_PKEY_free(ed25519);
	EVP_PKEY_free(p256);
}

/* Were it otherwise, pkeyutl and programs that hash themselves could not sign, or would overrun their buffer. */
static void
sign_hashes(void)
{
	EVP_PKEY *key = provider_need(PRIVATE("p256")), *stated = provider_public("p256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(provider_lib, key, NULL), *check;
	unsigned char sig[160];
	size_t len = 0, room;
	int i;

	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_sign_init(ctx), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, NULL, &len, hash, 32), 1);
	CU_ASSERT(len >= 70 && len <= (size_t)EVP_PKEY_get_size(key));
	for (i = 0; i < 3; i++) {
		room = len;
		memset(sig, 0xa5, sizeof(sig));
		CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &room, hash, 32), 1);
		CU_ASSERT(room <= len);
		CU_ASSERT_EQUAL(sig[len], 0xa5);
		check = EVP_PKEY_CTX_new_from_pkey(soft_lib, stated, NULL);
		CU_ASSERT_EQUAL(EVP_PKEY_verify_init(check), 1);
		CU_ASSERT_EQUAL(EVP_PKEY_verify(check, sig, room, hash, 32), 1);
		EVP_PKEY_CTX_free(check);
	}
	room = 16;
	memset(sig, 0xa5, sizeof(sig));
	CU_ASSERT(EVP_PKEY_sign(ctx, sig, &room, hash, 32) <= 0);
	CU_ASSERT_EQUAL(sig[16], 0xa5);
	CU_ASSERT(provider_error(""));
	EVP_PKEY_CTX_free(ctx);

	/* with a digest named, its length is checked */
	ctx = EVP_PKEY_CTX_new_from_pkey(provider_lib, key, NULL);
	CU_ASSERT_EQUAL(EVP_PKEY_sign_init(ctx), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha384()), 1);
	room = sizeof(sig);
	CU_ASSERT(EVP_PKEY_sign(ctx, sig, &room, hash, 32) <= 0);
	room = sizeof(sig);
	CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &room, hash, 48), 1);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	EVP_PKEY_free(stated);
	EVP_PKEY_free(key);
}

/* Were it otherwise, a message in parts would get the signature of another, and a copied context of its twin. */
static void
parts_and_copies(void)
{
	EVP_PKEY *key = provider_need(PRIVATE("p256")), *stated = provider_public("p256");
	EVP_MD_CTX *one = EVP_MD_CTX_new(), *two = EVP_MD_CTX_new(), *gone = EVP_MD_CTX_new();
	unsigned char sig[160];
	size_t len = sizeof(sig);

	CU_ASSERT_EQUAL_FATAL(EVP_DigestSignInit_ex(one, NULL, "SHA256", provider_lib, NULL, key, NULL), 1);
	CU_ASSERT_EQUAL(EVP_DigestSignUpdate(one, "two ", 4), 1);
	CU_ASSERT_EQUAL(EVP_MD_CTX_copy_ex(two, one), 1);
	CU_ASSERT_EQUAL(EVP_MD_CTX_copy_ex(gone, one), 1);
	EVP_MD_CTX_free(gone);
	CU_ASSERT_EQUAL(EVP_DigestSignUpdate(one, "parts", 5), 1);
	CU_ASSERT_EQUAL(EVP_DigestSignUpdate(two, "pieces", 6), 1);
	CU_ASSERT_EQUAL(EVP_DigestSignFinal(one, sig, &len), 1);
	CU_ASSERT(provider_verifies(stated, soft_lib, "SHA256", "two parts", sig, len));
	EVP_MD_CTX_free(one);
	EVP_PKEY_free(key); /* the contexts hold it */
	len = sizeof(sig);
	CU_ASSERT_EQUAL(EVP_DigestSignFinal(two, sig, &len), 1);
	CU_ASSERT(provider_verifies(stated, soft_lib, "SHA256", "two pieces", sig, len));
	EVP_MD_CTX_free(two);
	ERR_clear_error();
	EVP_PKEY_free(stated);
}

/* Were it otherwise, the program that signed could not check a signature with the key that it has. */
static void
verify(void)
{
	static const char *const uris[] = { PRIVATE("p256"), PRIVATE("ed25519") };
	static const char *const digests[] = { "SHA256", NULL };
	unsigned char sig[160];
	size_t i, len;

	for (i = 0; i < (provider_has("ed25519") ? 2 : 1); i++) {
		EVP_PKEY *key = provider_need(uris[i]);
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		len = sizeof(sig);
		CU_ASSERT_EQUAL(EVP_DigestSignInit_ex(ctx, NULL, digests[i], provider_lib, NULL, key, NULL), 1);
		CU_ASSERT_EQUAL(EVP_DigestSign(ctx, sig, &len, (const unsigned char *)"message", 7), 1);
		EVP_MD_CTX_free(ctx);
		CU_ASSERT(provider_verifies(key, provider_lib, digests[i], "message", sig, len));
		CU_ASSERT(!provider_verifies(key, provider_lib, digests[i], "massage", sig, len));
		sig[len - 1] ^= 1;
		CU_ASSERT(!provider_verifies(key, provider_lib, digests[i], "message", sig, len));
		sig[len - 1] ^= 1;
		CU_ASSERT(!provider_verifies(key, provider_lib, digests[i], "message", sig, len - 1));
		EVP_PKEY_free(key);
	}
	ERR_clear_error();
}

static size_t
agree(OSSL_LIB_CTX *lib, EVP_PKEY *key, EVP_PKEY *peer, unsigned char *secret, size_t room)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(lib, key, NULL);
	size_t len = room;
	bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		EVP_PKEY_derive(ctx, secret, &len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good ? len : 0;
}

/* What the other side sends. */
static EVP_PKEY *
public_half(EVP_PKEY *pair)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	int len = i2d_PUBKEY(pair, &der);
	EVP_PKEY *half;

	at = der;
	half = d2i_PUBKEY_ex(NULL, &at, len, provider_lib, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(half);
	OPENSSL_free(der);
	return half;
}

/* Were it otherwise, two sides would not agree on a secret, or a point off the curve would pull at the key. */
static void
derive(void)
{
	static const struct {
		const char *label, *type, *group;
		size_t len;
	} cases[] = { { "p256", "EC", "P-256", 32 }, { "p384", "EC", "P-384", 48 }, { "x25519", "X25519", NULL, 32 } };
	unsigned char ours[96], theirs[96];
	char uri[96];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EVP_PKEY *key, *stated = provider_has(cases[i].label) ? provider_public(cases[i].label) : NULL;
		EVP_PKEY *peer = EVP_PKEY_Q_keygen(soft_lib, NULL, cases[i].type, cases[i].group);
		EVP_PKEY *other = EVP_PKEY_Q_keygen(soft_lib, NULL, "EC", "P-521");
		EVP_PKEY *half = public_half(peer), *other_half = public_half(other);

		snprintf(uri, sizeof(uri), TOKEN ";object=%s;type=private", cases[i].label);
		key = stated == NULL ? NULL : provider_need(uri);
		if (key == NULL)
			goto next;
		CU_ASSERT_EQUAL(agree(provider_lib, key, half, ours, sizeof(ours)), cases[i].len);
		CU_ASSERT_EQUAL(agree(soft_lib, peer, stated, theirs, sizeof(theirs)), cases[i].len);
		CU_ASSERT_EQUAL(memcmp(ours, theirs, cases[i].len), 0);
		CU_ASSERT_EQUAL(ERR_peek_error(), 0);
		CU_ASSERT_EQUAL(agree(provider_lib, key, other_half, ours, sizeof(ours)), 0);
		CU_ASSERT_EQUAL(agree(provider_lib, key, half, ours, cases[i].len - 1), 0);
		CU_ASSERT(provider_error(""));
	next:
		EVP_PKEY_free(other_half);
		EVP_PKEY_free(half);
		EVP_PKEY_free(other);
		EVP_PKEY_free(peer);
		EVP_PKEY_free(stated);
		EVP_PKEY_free(key);
	}
}

/* Were it otherwise, a program that keeps a copy of its key would sign with a key that is gone. */
static void
copies(void)
{
	EVP_PKEY *key = provider_need(PRIVATE("p256")), *copy = EVP_PKEY_dup(key), *stated = provider_public("p256");

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(key, copy), 1);
	EVP_PKEY_free(key);
	CU_ASSERT(provider_signs(copy, "SHA256", stated));
	EVP_PKEY_free(copy);
	EVP_PKEY_free(stated);
}

/* Were it otherwise, a caller would get, or believe to have, a private key that must not leave the token. */
static void
nothing_private_leaves(void)
{
	static const char *const uris[] = { PRIVATE("p256"), PRIVATE("ed25519"), PRIVATE("x25519") };
	unsigned char raw[64];
	size_t i;

	for (i = 0; i < (provider_has("ed25519") ? 3 : 1); i++) {
		EVP_PKEY *key = provider_need(uris[i]);
		OSSL_PARAM *params = NULL;
		BIGNUM *number = NULL;
		size_t len = sizeof(raw);

		CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 0);
		CU_ASSERT_EQUAL(EVP_PKEY_get_raw_private_key(key, raw, &len), 0);
		CU_ASSERT_EQUAL(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params), 0);
		CU_ASSERT_PTR_NULL(params);
		CU_ASSERT_EQUAL(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params), 1);
		CU_ASSERT_PTR_NULL(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PRIV_KEY));
		CU_ASSERT_PTR_NOT_NULL(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PUB_KEY));
		OSSL_PARAM_free(params);
		BN_free(number);
		EVP_PKEY_free(key);
		ERR_clear_error();
	}
}

/* Were it otherwise, TLS and certificates would take the key for another kind, and name its curve by numbers. */
static void
parameters(void)
{
	static const struct {
		const char *label, *type, *group, *digest;
		int bits, strength, size;
	} cases[] = {
		{ "p256", "EC", "prime256v1", "SHA256", 256, 128, 72 },
		{ "p384", "EC", "secp384r1", "SHA256", 384, 192, 104 },
		{ "ed25519", "ED25519", NULL, NULL, 256, 128, 64 },
		{ "x25519", "X25519", NULL, NULL, 253, 128, 32 },
	};
	char text[96];
	size_t i, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EVP_PKEY *key, *stated;
		unsigned char *ours = NULL, *theirs = NULL;

		if (!provider_has(cases[i].label))
			continue;
		stated = provider_public(cases[i].label);
		snprintf(text, sizeof(text), TOKEN ";object=%s;type=private", cases[i].label);
		key = provider_need(text);
		CU_ASSERT_EQUAL(EVP_PKEY_is_a(key, cases[i].type), 1);
		CU_ASSERT_EQUAL(EVP_PKEY_get_base_id(key), EVP_PKEY_get_base_id(stated));
		CU_ASSERT_EQUAL(EVP_PKEY_get_bits(key), cases[i].bits);
		CU_ASSERT_EQUAL(EVP_PKEY_get_security_bits(key), cases[i].strength);
		CU_ASSERT_EQUAL(EVP_PKEY_get_size(key), cases[i].size);
		if (cases[i].group != NULL) {
			CU_ASSERT_EQUAL(EVP_PKEY_get_group_name(key, text, sizeof(text), &len), 1);
			CU_ASSERT_STRING_EQUAL(text, cases[i].group);
		}
		if (cases[i].digest != NULL) {
			CU_ASSERT(EVP_PKEY_get_default_digest_name(key, text, sizeof(text)) > 0);
			CU_ASSERT_STRING_EQUAL(text, cases[i].digest);
		}
		len = EVP_PKEY_get1_encoded_public_key(stated, &theirs);
		CU_ASSERT_EQUAL(EVP_PKEY_get1_encoded_public_key(key, &ours), len);
		CU_ASSERT(len == 0 || memcmp(ours, theirs, len) == 0); /* Ed25519 has none */
		OPENSSL_free(ours);
		OPENSSL_free(theirs);
		/* the same SubjectPublicKeyInfo, with the curve by name */
		ours = theirs = NULL;
		len = (size_t)i2d_PUBKEY(stated, &theirs);
		CU_ASSERT_EQUAL((size_t)i2d_PUBKEY(key, &ours), len);
		CU_ASSERT(ours != NULL && memcmp(ours, theirs, len) == 0);
		OPENSSL_free(ours);
		OPENSSL_free(theirs);
		EVP_PKEY_free(stated);
		EVP_PKEY_free(key);
	}
	ERR_clear_error();
}

static EVP_PKEY *
generate(const char *propquery, const char *type, const char *group, const char *uri)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(provider_lib, type, propquery);
	OSSL_PARAM params[3], *next = params;
	EVP_PKEY *key = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
	if (group != NULL)
		*next++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0);
	if (uri != NULL)
		*next++ = OSSL_PARAM_construct_utf8_string("pkcs11_uri", (char *)uri, 0);
	*next = OSSL_PARAM_construct_end();
	if (EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_params(ctx, params) == 1)
		(void)EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Were it otherwise, a key would be made outside the token, or in place of one that is in use. */
static void
generation(void)
{
	const char *ours = "provider=mdoc-pkcs11-provider";
	EVP_PKEY *key, *stated;
	char uri[512];

	snprintf(uri, sizeof(uri), "%s", provider_with_pin(TOKEN ";object=made;id=%50", "pin", USER_PIN));
	provider_logout();
	CU_ASSERT_PTR_NULL(generate(ours, "EC", "P-256", provider_with_pin(TOKEN ";object=never", "wrong", WRONG_PIN)));
	CU_ASSERT(provider_error("CKR_PIN_INCORRECT"));
	CU_ASSERT_PTR_NULL(generate(ours, "EC", "P-256", "pkcs11:token=absent;object=never"));
	CU_ASSERT_PTR_NULL(generate(ours, "EC", "no-such-curve", uri));
	CU_ASSERT(provider_error(""));
	key = generate(ours, "EC", "P-256", uri);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	stated = provider_public("made");
	CU_ASSERT(provider_signs(key, "SHA256", stated));
	EVP_PKEY_free(stated);
	EVP_PKEY_free(key);
	ERR_clear_error();
	CU_ASSERT_PTR_NULL(generate(ours, "EC", "P-256", uri));
	CU_ASSERT(provider_error(""));
	key = provider_need(PRIVATE("made"));
	EVP_PKEY_free(key);
}

/* Were it otherwise, a program that makes keys of its own would fail once the provider is configured. */
static void
software_keys(void)
{
	static const struct {
		const char *type, *group;
	} cases[] = { { "EC", "P-256" }, { "ED25519", NULL }, { "X25519", NULL } };
	static const char *const queries[] = { NULL, "provider=default", "?provider=default" };
	unsigned char ours[64], theirs[64];
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (j = 0; j < 3; j++) {
			EVP_PKEY *key = generate(queries[j], cases[i].type, cases[i].group, NULL);
			EVP_PKEY *peer = generate("provider=default", cases[i].type, cases[i].group, NULL);

			CU_ASSERT_PTR_NOT_NULL_FATAL(key);
			if (strcmp(cases[i].type, "X25519") != 0)
				CU_ASSERT(provider_signs(key, i == 0 ? "SHA256" : NULL, NULL));
			if (strcmp(cases[i].type, "ED25519") != 0) {
				size_t len = agree(provider_lib, key, peer, ours, sizeof(ours));

				CU_ASSERT_EQUAL(len, 32);
				CU_ASSERT_EQUAL(agree(provider_lib, peer, key, theirs, sizeof(theirs)), 32);
				CU_ASSERT_EQUAL(memcmp(ours, theirs, 32), 0);
			}
			EVP_PKEY_free(peer);
			EVP_PKEY_free(key);
		}
	}
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
	ERR_clear_error();
}

CU_TestInfo tests_provider_key[] = {
	{ "wrong uses", wrong_uses },
	{ "digest and sign", digest_sign },
	{ "sign hashes", sign_hashes },
	{ "parts, copies of contexts", parts_and_copies },
	{ "verify", verify },
	{ "derive", derive },
	{ "copies of keys", copies },
	{ "nothing private leaves", nothing_private_leaves },
	{ "parameters", parameters },
	{ "generation", generation },
	{ "software keys beside", software_keys },
	CU_TEST_INFO_NULL,
};
