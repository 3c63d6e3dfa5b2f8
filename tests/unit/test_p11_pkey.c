/*
 * tests/unit/test_p11_pkey.c: OpenSSL's CMS, certificates and TLS with keys in tokens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/unit_custody.h"

#include "tests/unit/p11_world.h"
#include "tools/common/context.h"
#include "tools/common/p11_pkey.h"

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define THREADS 4
#define ROUNDS 20

struct pair {
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
	EVP_PKEY *pkey;
	X509 *certificate;
};

/* In OpenSSL's own context, where others' programs have theirs, too. */
static OSSL_LIB_CTX *
context_of(size_t which)
{
	return which == 0 ? mdoc_context_libctx(tool_context()) : NULL;
}

/* A certificate that the key signs itself, read again, so that its key is one of OpenSSL's own. */
static X509 *
self_signed(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
	X509 *certificate = X509_new_ex(libctx, NULL), *again = X509_new_ex(libctx, NULL);
	X509_NAME *name = X509_get_subject_name(certificate);
	unsigned char *der = NULL;
	const unsigned char *at;
	int len;

	CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"unit", -1, -1, 0),
		1);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_set_version(certificate, X509_VERSION_3);
	X509_set_issuer_name(certificate, name);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	CU_ASSERT_EQUAL(X509_set_pubkey(certificate, pkey), 1);
	CU_ASSERT_TRUE(X509_sign(certificate, pkey, EVP_sha256()) > 0);
	len = i2d_X509(certificate, &der);
	at = der;
	CU_ASSERT_PTR_NOT_NULL_FATAL(d2i_X509(&again, &at, len));
	OPENSSL_free(der);
	X509_free(certificate);
	return again;
}

static bool
make(struct p11_world *world, enum mdoc_curve curve, OSSL_LIB_CTX *libctx, struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	if (world->p11 == NULL)
		return false;
	CU_ASSERT_EQUAL_FATAL(p11_world_pair(world, curve, PAIR_SIGN | PAIR_DERIVE, &pair->key, NULL), CKR_OK);
	pair->key.context = tool_context();
	CU_ASSERT_EQUAL_FATAL(mdoc_p11_public_key(tool_context(), pair->key.p11, pair->key.session,
				      pair->key.private_key, &pair->public_key),
		CKR_OK);
	pair->pkey = p11_pkey_new(libctx, &pair->key, &pair->public_key, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pair->pkey);
	pair->certificate = self_signed(libctx, pair->pkey);
	return true;
}

static void
clear(struct pair *pair)
{
	X509_free(pair->certificate);
	EVP_PKEY_free(pair->pkey);
}

/* If this failed, other keys of the process would be handled by the provider of tokens, or a token's key could be
 * had outside it. */
static void
test_stays_apart(void)
{
	EVP_KEYMGMT *keymgmt;
	EVP_PKEY *other;
	struct pair pair;
	BIGNUM *secret = NULL;
	BIO *bio = BIO_new(BIO_s_mem());

	for (size_t c = 0; c < 2; c++) {
		if (!make(&p11_worlds[0], MDOC_CURVE_P256, context_of(c), &pair))
			continue;
		keymgmt = EVP_KEYMGMT_fetch(context_of(c), "EC", NULL);
		CU_ASSERT_STRING_EQUAL(OSSL_PROVIDER_get0_name(EVP_KEYMGMT_get0_provider(keymgmt)), "default");
		EVP_KEYMGMT_free(keymgmt);
		other = EVP_PKEY_Q_keygen(context_of(c), NULL, "EC", "P-256");
		CU_ASSERT_PTR_NOT_NULL(other);
		CU_ASSERT_NOT_EQUAL(EVP_PKEY_eq(other, pair.pkey), 1);
		CU_ASSERT_EQUAL(X509_check_private_key(pair.certificate, pair.pkey), 1);
		CU_ASSERT_NOT_EQUAL(X509_check_private_key(pair.certificate, other), 1);
		CU_ASSERT_NOT_EQUAL(EVP_PKEY_get_bn_param(pair.pkey, OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
		CU_ASSERT_NOT_EQUAL(PEM_write_bio_PrivateKey(bio, pair.pkey, NULL, NULL, 0, NULL, NULL), 1);
		CU_ASSERT_EQUAL(BIO_pending(bio), 0);
		ERR_clear_error();
		EVP_PKEY_free(other);
		clear(&pair);
	}
	BIO_free(bio);
}

/* If this failed, keys that the law does not take, or that do not sign, would be accepted. */
static void
test_other_curves(void)
{
	struct mdoc_public_key key = { .curve = MDOC_CURVE_ED25519, .point_len = 32 };
	struct mdoc_p11_key none = { .context = tool_context() };

	CU_ASSERT_PTR_NULL(p11_pkey_new(NULL, &none, &key, NULL));
	key = (struct mdoc_public_key){ .curve = MDOC_CURVE_P256, .point = { 4 }, .point_len = 65 };
	CU_ASSERT_PTR_NULL(p11_pkey_new(NULL, &none, &key, NULL));
	ERR_clear_error();
}

/* If this failed, a verdict, bundle or notice could not be signed by a key in a token, or what was changed would pass. */
static void
cms_signs(struct p11_world *world, enum mdoc_curve curve, OSSL_LIB_CTX *libctx)
{
	static const char text[] = "what is signed";
	struct pair pair;
	BIO *in = BIO_new_mem_buf(text, sizeof(text)), *wrong = BIO_new_mem_buf("something else", 14);
	CMS_ContentInfo *cms;

	if (make(world, curve, libctx, &pair)) {
		cms = CMS_sign_ex(pair.certificate, pair.pkey, NULL, in, CMS_BINARY | CMS_DETACHED, libctx, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cms);
		CU_ASSERT_EQUAL(BIO_reset(in), 1);
		CU_ASSERT_EQUAL(CMS_verify(cms, NULL, NULL, in, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY), 1);
		CU_ASSERT_NOT_EQUAL(CMS_verify(cms, NULL, NULL, wrong, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY),
			1);
		CMS_ContentInfo_free(cms);
		clear(&pair);
	}
	BIO_free(in);
	BIO_free(wrong);
	ERR_clear_error();
}

static void
test_cms_signs(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++)
		for (size_t c = 0; c < 2; c++) {
			cms_signs(&p11_worlds[w], MDOC_CURVE_P256, context_of(c));
			cms_signs(&p11_worlds[w], MDOC_CURVE_P384, context_of(c));
		}
	cms_signs(&p11_worlds[0], MDOC_CURVE_P521, context_of(0));
	cms_signs(&p11_worlds[0], MDOC_CURVE_BP256, context_of(0));
}

/* If this failed, a maker or municipality could not keep its key in a token, or a bundle would open with another. */
static void
cms_opens(struct p11_world *world, enum mdoc_curve curve, OSSL_LIB_CTX *libctx)
{
	static const char text[] = "what is encrypted";
	struct pair pair, other;
	STACK_OF(X509) *recipients = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(text, sizeof(text)), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	char *got;

	if (make(world, curve, libctx, &pair) && make(world, curve, libctx, &other)) {
		sk_X509_push(recipients, pair.certificate);
		cms = CMS_encrypt_ex(recipients, in, EVP_aes_256_cbc(), CMS_BINARY, libctx, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cms);
		CU_ASSERT_NOT_EQUAL(CMS_decrypt(cms, other.pkey, NULL, NULL, out, CMS_BINARY), 1);
		CU_ASSERT_EQUAL(BIO_reset(out), 1);
		CU_ASSERT_EQUAL(CMS_decrypt(cms, pair.pkey, pair.certificate, NULL, out, CMS_BINARY), 1);
		CU_ASSERT_EQUAL(BIO_get_mem_data(out, &got), (long)sizeof(text));
		CU_ASSERT_EQUAL(memcmp(got, text, sizeof(text)), 0);
		CMS_ContentInfo_free(cms);
		clear(&pair);
		clear(&other);
	}
	sk_X509_free(recipients);
	BIO_free(in);
	BIO_free(out);
	ERR_clear_error();
}

static void
test_cms_opens(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++)
		for (size_t c = 0; c < 2; c++)
			cms_opens(&p11_worlds[w], MDOC_CURVE_P256, context_of(c));
	cms_opens(&p11_worlds[0], MDOC_CURVE_P384, context_of(0));
	cms_opens(&p11_worlds[0], MDOC_CURVE_BP256, context_of(0));
}

static int
accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static SSL *
tls_side(OSSL_LIB_CTX *libctx, bool client, int version, const struct pair *pair, SSL_CTX **ctx)
{
	SSL *ssl;

	*ctx = SSL_CTX_new_ex(libctx, NULL, client ? TLS_client_method() : TLS_server_method());
	CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(*ctx, version), 1);
	CU_ASSERT_EQUAL(SSL_CTX_use_certificate(*ctx, pair->certificate), 1);
	CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey(*ctx, pair->pkey), 1);
	SSL_CTX_set_verify(*ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
	ssl = SSL_new(*ctx);
	if (client)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	return ssl;
}

static bool
shake(SSL *client, SSL *server)
{
	BIO *one = NULL, *other = NULL;

	if (BIO_new_bio_pair(&one, 0, &other, 0) != 1)
		return false;
	SSL_set_bio(client, one, one);
	SSL_set_bio(server, other, other);
	for (size_t i = 0; i < 20 && (!SSL_is_init_finished(client) || !SSL_is_init_finished(server)); i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	return SSL_is_init_finished(client) == 1 && SSL_is_init_finished(server) == 1;
}

/* If this failed, a token's key could not show an HTTPS server whose device asks (R-CARD-07), in TLS 1.3 or 1.2. */
static void
test_tls(void)
{
	static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };
	SSL_CTX *client_ctx, *server_ctx;
	SSL *client, *server;
	struct pair pair;
	X509 *seen;

	for (size_t i = 0; i < 4; i++) {
		OSSL_LIB_CTX *libctx = context_of(i / 2);

		if (!make(&p11_worlds[i % 2], MDOC_CURVE_P256, libctx, &pair))
			continue;
		for (size_t v = 0; v < 2; v++) {
			client = tls_side(libctx, true, versions[v], &pair, &client_ctx);
			server = tls_side(libctx, false, versions[v], &pair, &server_ctx);
			CU_ASSERT_TRUE(shake(client, server));
			seen = SSL_get1_peer_certificate(server);
			CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
			CU_ASSERT_EQUAL(X509_cmp(seen, pair.certificate), 0);
			X509_free(seen);
			SSL_free(client);
			SSL_free(server);
			SSL_CTX_free(client_ctx);
			SSL_CTX_free(server_ctx);
		}
		clear(&pair);
	}
	ERR_clear_error();
}

/* If this failed, a token's refusal would pass as a signature, or nobody would learn what it refused. */
static void
test_refused(void)
{
	unsigned char sig[256];
	struct pair pair;
	size_t len;

	for (size_t w = 0; w < P11_WORLDS; w++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		if (make(&p11_worlds[w], MDOC_CURVE_P256, NULL, &pair)) {
			CU_ASSERT_EQUAL(pair.key.p11->C_DestroyObject(pair.key.session, pair.key.private_key), CKR_OK);
			len = sizeof(sig);
			CU_ASSERT_EQUAL(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, pair.pkey, NULL), 1);
			CU_ASSERT_NOT_EQUAL(EVP_DigestSign(ctx, sig, &len, (const unsigned char *)"x", 1), 1);
			CU_ASSERT_TRUE(
				pair.key.rv == CKR_KEY_HANDLE_INVALID || pair.key.rv == CKR_OBJECT_HANDLE_INVALID);
			clear(&pair);
		}
		EVP_MD_CTX_free(ctx);
	}
	ERR_clear_error();
}

static void *
sign_often(void *arg)
{
	static const unsigned char text[] = "what is signed";
	EVP_PKEY *pkey = arg;
	intptr_t good = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		unsigned char sig[256];
		size_t len = sizeof(sig);

		if (EVP_DigestSignInit_ex(ctx, NULL, i % 2 == 0 ? "SHA256" : "SHA512", NULL, NULL, pkey, NULL) == 1 &&
			EVP_DigestSign(ctx, sig, &len, text, sizeof(text)) == 1)
			good++;
		EVP_MD_CTX_free(ctx);
	}
	return (void *)good;
}

/* If this failed, connections of a server that use one session at a time would break each other's signatures. */
static void
test_threads(void)
{
	pthread_t threads[THREADS];
	struct pair pair;
	void *good;

	for (size_t w = 0; w < P11_WORLDS; w++) {
		if (!make(&p11_worlds[w], MDOC_CURVE_P256, NULL, &pair))
			continue;
		for (size_t i = 0; i < THREADS; i++)
			CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, sign_often, pair.pkey), 0);
		for (size_t i = 0; i < THREADS; i++) {
			CU_ASSERT_EQUAL(pthread_join(threads[i], &good), 0);
			CU_ASSERT_EQUAL((intptr_t)good, ROUNDS);
		}
		clear(&pair);
	}
}

CU_TestInfo tests_p11_pkey[] = {
	{ "a token's key stays apart from all others, and in its token", test_stays_apart },
	{ "keys on other curves are refused", test_other_curves },
	{ "CMS is signed by a token's key", test_cms_signs },
	{ "CMS is opened by a token's key", test_cms_opens },
	{ "R-CARD-07: TLS 1.3 and 1.2 with a token's key on both sides", test_tls },
	{ "a token's refusal is no signature", test_refused },
	{ "threads take turns at one session", test_threads },
	CU_TEST_INFO_NULL,
};
