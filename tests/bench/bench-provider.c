/*
 * What it costs to use a token through the OpenSSL provider: TLS 1.3 handshakes of a server whose key is in a token
 * beside one whose key is in a file, and signatures beside the same by PKCS#11 alone. All take turns in short rounds,
 * so that what disturbs the machine disturbs all alike; a figure is the median.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <math.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/handshakes.h"

#define THREADS 2
#define ROUNDS 15
#define QUICK_ROUNDS 3
#define PATH_SIZE 160

static const CK_BYTE data[32] = "what is signed in this benchmark";

/* ---- The token and its keys ---- */

enum key_name { KEY_P256, KEY_PIN, KEY_PIN_FILE, KEY_ED25519, KEYS };

struct key {
	CK_OBJECT_HANDLE handle;
	EVP_PKEY *pkey; /* the same key, through the provider */
};

static const struct key_kind {
	const char *label;
	CK_MECHANISM_TYPE generate, sign;
	const CK_BYTE *params;
	CK_ULONG params_len;
	bool authenticate; /* the PIN for each signature */
	bool pin_value;    /* it is in memory, as for PKCS#11 alone; else it is read from a file */
} kinds[KEYS] = {
#define P256 (const CK_BYTE[]){ 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 10
#define ED25519 (const CK_BYTE[]){ 0x06, 0x03, 0x2b, 0x65, 0x70 }, 5
	[KEY_P256] = { "p256", CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, P256, false, false },
	[KEY_PIN] = { "pin", CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, P256, true, true },
	[KEY_PIN_FILE] = { "pin-file", CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, P256, true, false },
	[KEY_ED25519] = { "ed25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, ED25519, false, false },
};

struct files {
	char pin[PATH_SIZE], config[PATH_SIZE], no_config[PATH_SIZE];
	char token_certificate[PATH_SIZE], certificate[PATH_SIZE], key[PATH_SIZE];
};

struct bench {
	struct bench_module module;
	struct files files;
	OSSL_LIB_CTX *libctx; /* with the provider, by files.config */
	struct key keys[KEYS];
	struct handshake_server token_server, pem_server;
};

static void
openssl_need(bool good, const char *what)
{
	if (!good)
		ERR_print_errors_fp(stderr);
	bench_need(good, what);
}

static void
make_pair(const struct bench_module *m, CK_SESSION_HANDLE session, const struct key_kind *kind, CK_BYTE id,
	CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle)
{
	CK_MECHANISM mechanism = { kind->generate, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, always = kind->authenticate ? CK_TRUE : CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_LABEL, (void *)(uintptr_t)kind->label, strlen(kind->label) },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) },
	};
	CK_ATTRIBUTE public_template[] = {
		template[0],
		template [1],
		template [2],
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)kind->params, kind->params_len },
	};

	bench_ok(m->f->C_GenerateKeyPair(session, &mechanism, public_template, 5, template, 6, public_handle,
			 private_handle),
		"C_GenerateKeyPair");
}

/* An OpenSSL key of the default library context: only for the certificate. */
static EVP_PKEY *
public_key(const struct bench_module *m, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
	CK_BYTE der[80];
	CK_ATTRIBUTE point = { CKA_EC_POINT, der, sizeof(der) };
	char group[] = "P-256";
	OSSL_PARAM params[3] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	bench_ok(m->f->C_GetAttributeValue(session, handle, &point, 1), "CKA_EC_POINT");
	bench_need(point.ulValueLen == 67, "CKA_EC_POINT"); /* an OCTET STRING of 65 bytes */
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, der + 2, 65);
	openssl_need(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
			EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1,
		"the public key");
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* ---- Files that the servers read ---- */

static FILE *
create(char path[PATH_SIZE], const char *name)
{
	FILE *file;

	(void)snprintf(path, PATH_SIZE, "%s/%s", bench_folder(), name);
	file = fopen(path, "w");
	bench_need(file != NULL, "cannot write a file");
	return file;
}

static void
write_certificate(char path[PATH_SIZE], const char *name, EVP_PKEY *subject, EVP_PKEY *signer)
{
	X509 *certificate = X509_new();
	X509_NAME *dn = X509_NAME_new();
	FILE *file = create(path, name);

	openssl_need(certificate != NULL && dn != NULL &&
			X509_NAME_add_entry_by_txt(dn, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
				0) == 1 &&
			X509_set_version(certificate, X509_VERSION_3) == 1 &&
			ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
			X509_set_subject_name(certificate, dn) == 1 && X509_set_issuer_name(certificate, dn) == 1 &&
			X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL &&
			X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) != NULL &&
			X509_set_pubkey(certificate, subject) == 1 &&
			X509_sign(certificate, signer, EVP_sha256()) > 0 && PEM_write_X509(file, certificate) == 1,
		"a certificate");
	(void)fclose(file);
	X509_NAME_free(dn);
	X509_free(certificate);
}

static void
write_files(struct bench *bench, EVP_PKEY *token_key, const char *module)
{
	struct files *files = &bench->files;
	const char *provider = getenv("MDOC_OSSL_MODULES");
	EVP_PKEY *pem_key = EVP_EC_gen("P-256");
	FILE *file = create(files->pin, "pin");

	(void)fputs(BENCH_USER_PIN "\n", file);
	(void)fclose(file);
	file = create(files->config, "provider.cnf");
	(void)fprintf(file,
		"openssl_conf = init\n[init]\nproviders = providers\n"
		"[providers]\ndefault = builtin\nmdoc-pkcs11-provider = token\n"
		"[builtin]\nactivate = 1\n"
		"[token]\nactivate = 1\nmodule = %s/mdoc-pkcs11-provider.so\npkcs11-module = %s\n",
		provider != NULL ? provider : PROVIDER_DIR, module);
	(void)fclose(file);
	(void)fclose(create(files->no_config, "empty.cnf"));
	openssl_need(pem_key != NULL, "EVP_EC_gen");
	file = create(files->key, "key.pem");
	openssl_need(PEM_write_PrivateKey(file, pem_key, NULL, NULL, 0, NULL, NULL) == 1, "a key file");
	(void)fclose(file);
	write_certificate(files->certificate, "certificate.pem", pem_key, pem_key);
	write_certificate(files->token_certificate, "token-certificate.pem", token_key, pem_key);
	EVP_PKEY_free(pem_key);
}

static void
key_uri(const struct bench *bench, const struct key_kind *kind, char *uri, size_t size)
{
	(void)snprintf(uri, size, "pkcs11:token=benchmark%%201;object=%s;type=private?pin-%s=%s", kind->label,
		kind->pin_value ? "value" : "source", kind->pin_value ? BENCH_USER_PIN : bench->files.pin);
}

static EVP_PKEY *
load_key(const struct bench *bench, const struct key_kind *kind)
{
	OSSL_STORE_CTX *store = NULL;
	OSSL_STORE_INFO *info = NULL;
	EVP_PKEY *pkey = NULL;
	char uri[2 * PATH_SIZE];

	key_uri(bench, kind, uri, sizeof(uri));
	store = OSSL_STORE_open_ex(uri, bench->libctx, NULL, NULL, NULL, NULL, NULL, NULL);
	openssl_need(store != NULL, "OSSL_STORE_open_ex");
	while (pkey == NULL && !OSSL_STORE_eof(store)) {
		info = OSSL_STORE_load(store);
		if (info != NULL)
			pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	openssl_need(pkey != NULL, "a key through the provider");
	(void)OSSL_STORE_close(store);
	return pkey;
}

static void
prepare(struct bench *bench, const char *module)
{
	CK_OBJECT_HANDLE publics[KEYS];
	CK_SESSION_HANDLE session;
	EVP_PKEY *token_key;
	char uri[2 * PATH_SIZE];

	bench_need(bench_load(module, &bench->module), "no module");
	bench_token(&bench->module);
	session = bench_session(&bench->module, true);
	for (size_t i = 0; i < KEYS; i++)
		make_pair(&bench->module, session, &kinds[i], (CK_BYTE)(i + 1), &publics[i], &bench->keys[i].handle);
	token_key = public_key(&bench->module, session, publics[KEY_P256]);
	write_files(bench, token_key, module);
	EVP_PKEY_free(token_key);
	bench->libctx = OSSL_LIB_CTX_new();
	openssl_need(bench->libctx != NULL && OSSL_LIB_CTX_load_config(bench->libctx, bench->files.config) == 1,
		"the provider");
	for (size_t i = 0; i < KEYS; i++)
		bench->keys[i].pkey = load_key(bench, &kinds[i]);
	key_uri(bench, &kinds[KEY_P256], uri, sizeof(uri));
	handshake_server_start(&bench->token_server, bench->files.token_certificate, uri, bench->files.config);
	handshake_server_start(&bench->pem_server, bench->files.certificate, bench->files.key, bench->files.no_config);
}

/* ---- Signatures ---- */

/* One thread's part. */
struct worker {
	const struct bench *bench;
	void (*sign)(const struct worker *w);
	enum key_name key;
	CK_SESSION_HANDLE session; /* of those that sign directly */
	double seconds;
	double rate;
};

static void
sign_by(const struct worker *w, CK_MECHANISM_TYPE type)
{
	CK_FUNCTION_LIST *p11 = w->bench->module.f;
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_BYTE sig[80];
	CK_ULONG len = sizeof(sig);

	bench_ok(p11->C_SignInit(w->session, &mechanism, w->bench->keys[w->key].handle), "C_SignInit");
	if (kinds[w->key].authenticate)
		bench_ok(p11->C_Login(w->session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)BENCH_USER_PIN,
				 strlen(BENCH_USER_PIN)),
			"context-specific login");
	bench_ok(p11->C_Sign(w->session, (CK_BYTE *)(uintptr_t)data, sizeof(data), sig, &len), "C_Sign");
}

static void
sign_digest(const struct worker *w)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(w->bench->libctx, w->bench->keys[w->key].pkey, NULL);
	unsigned char sig[80];
	size_t len = sizeof(sig);

	openssl_need(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
			EVP_PKEY_sign(ctx, sig, &len, data, sizeof(data)) == 1,
		"EVP_PKEY_sign");
	EVP_PKEY_CTX_free(ctx);
}

/* Without the provider: what is signed is a digest for CKM_ECDSA, and a message for CKM_EDDSA. */
static void
sign_directly(const struct worker *w)
{
	sign_by(w, kinds[w->key].sign);
}

static void
hash_directly(const struct worker *w)
{
	sign_by(w, CKM_ECDSA_SHA256);
}

/* As TLS does it, with a context for each signature. */
static void
sign_message(const struct worker *w)
{
	const char *md = kinds[w->key].sign == CKM_ECDSA ? "SHA256" : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[80];
	size_t len = sizeof(sig);

	openssl_need(ctx != NULL &&
			EVP_DigestSignInit_ex(ctx, NULL, md, w->bench->libctx, NULL, w->bench->keys[w->key].pkey,
				NULL) == 1 &&
			EVP_DigestSign(ctx, sig, &len, data, sizeof(data)) == 1,
		"EVP_DigestSign");
	EVP_MD_CTX_free(ctx);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	const double begin = bench_now();
	double now = begin;
	size_t done = 0;

	while (now < begin + w->seconds) {
		for (int i = 0; i < 32; i++, done++)
			w->sign(w);
		now = bench_now();
	}
	w->rate = (double)done / (now - begin);
	return NULL;
}

/* The workers of one case. */
struct crew {
	struct worker workers[THREADS];
	size_t count;
};

static double
run_crew(void *arg, double seconds)
{
	struct crew *crew = arg;
	pthread_t threads[THREADS];
	double rate = 0;

	for (size_t i = 0; i < crew->count; i++)
		crew->workers[i].seconds = seconds;
	for (size_t i = 1; i < crew->count; i++)
		bench_need(pthread_create(&threads[i], NULL, work, &crew->workers[i]) == 0, "pthread_create");
	(void)work(&crew->workers[0]);
	for (size_t i = 0; i < crew->count; i++) {
		if (i > 0)
			(void)pthread_join(threads[i], NULL);
		rate += crew->workers[i].rate;
	}
	return rate;
}

/* ---- Rounds and the table ---- */

enum {
	TLS_PEM,
	TLS_TOKEN,
	DIRECT,
	DIGEST,
	DIRECT_MESSAGE,
	MESSAGE,
	DIRECT_MESSAGE_2,
	MESSAGE_2,
	DIRECT_PIN,
	DIGEST_PIN,
	DIGEST_PIN_FILE,
	DIRECT_ED,
	MESSAGE_ED,
	CASES,
};

static const struct signing {
	size_t which, threads;
	void (*sign)(const struct worker *w);
	enum key_name key;
} signings[] = {
	{ DIRECT, 1, sign_directly, KEY_P256 },
	{ DIGEST, 1, sign_digest, KEY_P256 },
	{ DIRECT_MESSAGE, 1, hash_directly, KEY_P256 },
	{ MESSAGE, 1, sign_message, KEY_P256 },
	{ DIRECT_MESSAGE_2, 2, hash_directly, KEY_P256 },
	{ MESSAGE_2, 2, sign_message, KEY_P256 },
	{ DIRECT_PIN, 1, sign_directly, KEY_PIN },
	{ DIGEST_PIN, 1, sign_digest, KEY_PIN },
	{ DIGEST_PIN_FILE, 1, sign_digest, KEY_PIN_FILE },
	{ DIRECT_ED, 1, sign_directly, KEY_ED25519 },
	{ MESSAGE_ED, 1, sign_message, KEY_ED25519 },
};

static const struct row {
	const char *rate, *ratio;
	size_t provider, without;
	double limit; /* of the ratio; 0: none */
} rows[] = {
	{ "TLS 1.3 handshakes, s_server", "  to those with a PEM key", TLS_TOKEN, TLS_PEM, 0.9 },
	{ "ECDSA P-256, EVP_PKEY_sign", "  to C_Sign of the digest", DIGEST, DIRECT, 0.8 },
	{ "ECDSA P-256 with SHA-256, EVP_DigestSign", "  to C_Sign of the message", MESSAGE, DIRECT_MESSAGE, 0.8 },
	{ "the same, two threads with one key", "  to C_Sign of the message, two threads", MESSAGE_2, DIRECT_MESSAGE_2,
		0.8 },
	{ "ECDSA P-256, EVP_PKEY_sign, PIN for each", "  to C_Sign with the PIN for each", DIGEST_PIN, DIRECT_PIN,
		0.8 },
	{ "the same, PIN from a file for each", "  to C_Sign with the PIN in memory", DIGEST_PIN_FILE, DIRECT_PIN, 0 },
	{ "Ed25519, EVP_DigestSign", "  to C_Sign", MESSAGE_ED, DIRECT_ED, 0.8 },
};

struct cases {
	struct {
		double (*run)(void *arg, double seconds); /* operations in a second */
		void *arg;
		double samples[ROUNDS];
	} each[CASES];
	double figures[CASES]; /* medians */
	struct crew crews[CASES];
};

static void
prepare_cases(struct cases *cases, struct bench *bench)
{
	cases->each[TLS_PEM].run = cases->each[TLS_TOKEN].run = handshakes_run;
	cases->each[TLS_PEM].arg = &bench->pem_server;
	cases->each[TLS_TOKEN].arg = &bench->token_server;
	for (size_t i = 0; i < sizeof(signings) / sizeof(signings[0]); i++) {
		const struct signing *signing = &signings[i];
		struct crew *crew = &cases->crews[signing->which];

		crew->count = signing->threads;
		for (size_t j = 0; j < crew->count; j++)
			crew->workers[j] = (struct worker){ .bench = bench,
				.sign = signing->sign,
				.key = signing->key,
				.session = bench_session(&bench->module, false) };
		cases->each[signing->which].run = run_crew;
		cases->each[signing->which].arg = crew;
	}
}

static void
measure(struct cases *cases, bool quick)
{
	const size_t rounds = quick ? QUICK_ROUNDS : ROUNDS;
	const double seconds = quick ? 0.02 : 0.2;

	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < CASES; i++)
			cases->each[i].samples[round] = cases->each[i].run(cases->each[i].arg, seconds);
	}
	for (size_t i = 0; i < CASES; i++)
		cases->figures[i] = bench_median(cases->each[i].samples, rounds);
}

static void
print_server(const struct bench_options *options, const struct bench *bench)
{
	const struct handshake_server *token = &bench->token_server, *pem = &bench->pem_server;
	const struct bench_line line = { "  the server's processor time for each", "us",
		1e6 * token->processor / (double)token->done, NAN, 1e6 * pem->processor / (double)pem->done,
		BENCH_NO_LIMIT, 0 };

	bench_line(options, &line);
}

static void
print_all(const struct bench_options *options, const struct cases *cases, const struct bench *bench)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const double with = cases->figures[row->provider], without = cases->figures[row->without];
		const struct bench_line rate = { row->rate, "/s", with, NAN, without, BENCH_NO_LIMIT, 0 };
		const struct bench_line ratio = { row->ratio, "x", with / without, NAN, 1,
			row->limit > 0 ? BENCH_AT_LEAST : BENCH_NO_LIMIT, row->limit };

		bench_line(options, &rate);
		bench_line(options, &ratio);
		if (row->provider == TLS_TOKEN)
			print_server(options, bench);
	}
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	static struct cases cases;
	struct bench_options options;
	int rest;

	bench_options(argc, argv,
		"Through the OpenSSL provider: handshakes in a second beside those of a server with a key file, and\n"
		"signatures beside PKCS#11 alone; both stand in the column \"raw\".\n",
		&options, &rest);
	(void)setenv("OPENSSL_CONF", "/dev/null", 1);
	prepare(&bench, options.module);
	prepare_cases(&cases, &bench);
	measure(&cases, options.quick);
	print_all(&options, &cases, &bench);
	for (size_t i = 0; i < KEYS; i++)
		EVP_PKEY_free(bench.keys[i].pkey);
	OSSL_LIB_CTX_free(bench.libctx);
	SSL_CTX_free(bench.token_server.client);
	SSL_CTX_free(bench.pem_server.client);
	return bench_end(&options);
}
