/*
 * tests/unit/test_context.c: what a context keeps, and what it limits.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/builders.h"
#include <CUnit/CUnit.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

extern CU_TestInfo context_tests[];

static const char *const groups[] = { "P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP320r1",
	"brainpoolP384r1", "brainpoolP512r1", "ED25519", "ED448", "X25519", "X448" };

#define GROUPS (sizeof(groups) / sizeof(groups[0]))
#define POINTS 7 /* the first groups have points that may be off their curve */
#define THREADS 4

struct maker {
	const struct mdoc_context *context;
	const struct soft_key *keys;
	size_t wrong;
};

/* No assertions of CUnit: it is used by several threads. */
static void *
make_keys(void *arg)
{
	struct maker *maker = arg;

	for (size_t round = 0; round < 3; round++) {
		for (size_t g = 0; g < GROUPS; g++) {
			struct mdoc_public_key off = maker->keys[g].pub;
			EVP_PKEY *pkey = NULL;

			maker->wrong += mdoc_key_to_evp(maker->context, &maker->keys[g].pub, &pkey) != MDOC_OK ||
				EVP_PKEY_eq(pkey, maker->keys[g].pkey) != 1;
			EVP_PKEY_free(pkey);
			off.point[off.point_len - 1] ^= 1;
			if (g >= POINTS)
				continue;
			maker->wrong += mdoc_key_to_evp(maker->context, &off, &pkey) != MDOC_ERR_KEY || pkey != NULL;
			maker->wrong += ERR_peek_error() != 0;
		}
	}
	return NULL;
}

/* Threads that share a context would get another's key, or a point off the curve would be taken. */
static void
keys_by_several_threads(void)
{
	struct soft_key keys[GROUPS];
	struct mdoc_context *context = NULL;
	struct maker makers[THREADS];
	pthread_t threads[THREADS];

	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	for (size_t g = 0; g < GROUPS; g++)
		CU_ASSERT_TRUE_FATAL(soft_key_make(&keys[g], groups[g]));
	for (size_t t = 0; t < THREADS; t++) {
		makers[t] = (struct maker){ context, keys, 0 };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[t], NULL, make_keys, &makers[t]), 0);
	}
	for (size_t t = 0; t < THREADS; t++) {
		CU_ASSERT_EQUAL(pthread_join(threads[t], NULL), 0);
		CU_ASSERT_EQUAL(makers[t].wrong, 0);
	}
	for (size_t g = 0; g < GROUPS; g++)
		soft_key_clear(&keys[g]);
	mdoc_context_free(context);
}

/* ---- Limits ---- */

static struct mdoc_buf made; /* what the row before made of it is cleared by the one who asks for the next */

static struct mdoc_bytes
input(const char *name)
{
	mdoc_buf_clear(&made);
	made = builders_make(name);
	return mdoc_buf_bytes(&made);
}

static enum mdoc_result
scan(const struct mdoc_context *context, size_t *size)
{
	const struct mdoc_bytes bytes = input("record");
	struct mdoc_cbor *cbor = NULL;
	const enum mdoc_result res = mdoc_cbor_scan(context, bytes, 0, &cbor, NULL);

	*size = bytes.len;
	mdoc_cbor_free(cbor);
	return res;
}

static enum mdoc_result
record(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_issuer_signed *is = NULL;
	const enum mdoc_result res = mdoc_issuer_signed_parse(context, input("record"), &is, NULL);

	(void)size;
	mdoc_issuer_signed_free(is);
	return res;
}

static enum mdoc_result
issue(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	size_t i = 0;
	enum mdoc_result res;

	(void)size;
	while (strcmp(builders[i].name, "record") != 0)
		i++;
	res = builders[i].build(context, &out);
	CU_ASSERT_EQUAL(out.len > 0, res == MDOC_OK);
	mdoc_buf_clear(&out);
	return res;
}

static enum mdoc_result
request(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_request *parsed = NULL;
	const enum mdoc_result res = mdoc_request_parse(context, input("request"), &parsed, NULL);

	(void)size;
	mdoc_request_free(parsed);
	return res;
}

/* The document of Annex D, twice. */
static enum mdoc_result
response(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_buf vector = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY;
	struct mdoc_response *parsed = NULL;
	struct mdoc_cbor *cbor = NULL;
	struct mdoc_node document;
	enum mdoc_result res;

	(void)size;
	CU_ASSERT_TRUE_FATAL(soft_vector("annexD/device_response.cbor", &vector));
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&vector), 0, &cbor, NULL), MDOC_OK);
	document = mdoc_node_at(mdoc_map_text(mdoc_cbor_root(cbor), "documents"), 0);
	mdoc_put_map(&out, 3);
	mdoc_put_text(&out, "version");
	mdoc_put_text(&out, "1.0");
	mdoc_put_text(&out, "documents");
	mdoc_put_array(&out, BUILDERS_DOCS);
	mdoc_put_raw(&out, mdoc_node_span(document));
	mdoc_put_raw(&out, mdoc_node_span(document));
	mdoc_put_text(&out, "status");
	mdoc_put_uint(&out, 0);
	res = mdoc_response_parse(context, mdoc_buf_bytes(&out), &parsed, NULL);
	mdoc_response_free(parsed);
	mdoc_cbor_free(cbor);
	mdoc_buf_clear(&vector);
	mdoc_buf_clear(&out);
	return res;
}

/* keyAuthorizations that are larger than what the device signs. */
static enum mdoc_result
device_names(const struct mdoc_context *context, size_t *size)
{
	static const uint8_t namespaces[] = { 0xa1, 0x65, 'o', 't', 'h', 'e', 'r', 0xa1, 0x61, 'q', 0xf5 };
	struct mdoc_issuer_signed *is = NULL;
	struct mdoc_cbor *cbor = NULL;
	enum mdoc_result res;

	(void)size;
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(context, input("record"), &is, NULL), MDOC_OK);
	res = mdoc_cbor_scan(context, mdoc_bytes_of(namespaces, sizeof(namespaces)), 0, &cbor, NULL);
	if (res == MDOC_OK)
		res = mdoc_device_namespaces_check(is, cbor, NULL);
	mdoc_cbor_free(cbor);
	mdoc_issuer_signed_free(is);
	return res;
}

static enum mdoc_result
chain(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_sign1 *sign1 = NULL;
	const enum mdoc_result res = mdoc_sign1_parse(context, input("sign1"), NULL, &sign1, NULL);

	*size = builders_world.ds.len; /* the longest one of it */
	mdoc_sign1_free(sign1);
	return res;
}

static enum mdoc_result
certificate(const struct mdoc_context *context, size_t *size)
{
	const struct mdoc_bytes der = input("certificate");
	struct mdoc_cert *cert = NULL;
	const enum mdoc_result res = mdoc_cert_parse(context, der, &cert, NULL);

	*size = der.len;
	mdoc_cert_free(cert);
	return res;
}

static enum mdoc_result
crl(const struct mdoc_context *context, size_t *size)
{
	const struct mdoc_bytes der = input("crl");
	struct mdoc_crl *list = NULL;
	const enum mdoc_result res = mdoc_crl_parse(context, der, &list, NULL);

	*size = der.len;
	mdoc_crl_free(list);
	return res;
}

/* A few hundred bytes that inflate to BUILDERS_PACKED. */
static enum mdoc_result
status_list(const struct mdoc_context *context, size_t *size)
{
	const struct mdoc_list_trust trust = { .certificate = mdoc_buf_bytes(&builders_world.iaca),
		.now = soft_2026 + SOFT_DAY / 2 };
	struct mdoc_status_list *list = NULL;
	enum mdoc_result res;

	(void)size;
	CU_ASSERT_EQUAL_FATAL(mdoc_status_list_parse(context, input("status list"), &list, NULL), MDOC_OK);
	CU_ASSERT_TRUE(made.len < 2000);
	res = mdoc_status_list_check(context, list, &trust, NULL);
	mdoc_status_list_free(list);
	return res;
}

static enum mdoc_result
identifier_list(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_identifier_list *list = NULL;
	const enum mdoc_result res = mdoc_identifier_list_parse(context, input("identifier list"), &list, NULL);

	(void)size;
	mdoc_identifier_list_free(list);
	return res;
}

static enum mdoc_result
engagement(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_engagement *parsed = NULL;
	const enum mdoc_result res = mdoc_engagement_parse(context, input("engagement"), &parsed, NULL);

	(void)size;
	mdoc_engagement_free(parsed);
	return res;
}

static enum mdoc_result
vical(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_trust_list *list = NULL;
	const enum mdoc_result res = mdoc_trust_list_parse(context, MDOC_VICAL, input("vical"), &list, NULL);

	(void)size;
	mdoc_trust_list_free(list);
	return res;
}

static enum mdoc_result
anchors(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	enum mdoc_result res = MDOC_OK;

	(void)size;
	for (size_t i = 0; i < BUILDERS_ENTRIES && res == MDOC_OK; i++) {
		struct mdoc_buf der = MDOC_BUF_EMPTY;

		CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_IACA, "IACA", &builders_world.iaca_key, NULL, NULL, &der,
					NULL),
			MDOC_OK);
		res = mdoc_trust_add(context, trust, mdoc_buf_bytes(&der), MDOC_CERT_IACA, 0, NULL);
		mdoc_buf_clear(&der);
	}
	mdoc_trust_free(trust);
	return res;
}

/* Judged again and again; how many are kept is nobody's business but the store's. */
static enum mdoc_result
cache(const struct mdoc_context *context, size_t *size)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	enum mdoc_result res;

	(void)size;
	res = mdoc_trust_add(context, trust, mdoc_buf_bytes(&builders_world.iaca), MDOC_CERT_IACA, 0, NULL);
	if (res == MDOC_OK)
		res = mdoc_trust_use_cache(context, trust);
	for (size_t i = 0; i < 6 && res == MDOC_OK; i++) {
		const struct mdoc_buf *der = i % 2 == 0 ? &builders_world.ds : &builders_world.list_signer;
		struct mdoc_judged judged;

		res = mdoc_trust_judge(context, trust, mdoc_buf_bytes(der),
			i % 2 == 0 ? MDOC_CERT_DS : MDOC_CERT_STATUS, 0, soft_2026 + SOFT_DAY, &judged);
		mdoc_judged_clear(&judged);
	}
	mdoc_trust_free(trust);
	return res;
}

/* What is inside a limit is taken, and one more is not; enough 0: run() says how much it takes. */
static const struct {
	enum mdoc_limit limit;
	size_t enough;
	enum mdoc_result beyond;
	enum mdoc_result (*run)(const struct mdoc_context *context, size_t *size);
} limits[] = {
	{ MDOC_LIMIT_INPUT, 0, MDOC_ERR_SIZE, scan },
	{ MDOC_LIMIT_DEPTH, 5, MDOC_ERR_DEPTH, record },
	{ MDOC_LIMIT_ITEMS, BUILDERS_ITEMS, MDOC_ERR_SIZE, record },
	{ MDOC_LIMIT_ITEMS, BUILDERS_ITEMS, MDOC_ERR_ARG, issue },
	{ MDOC_LIMIT_ASKED, BUILDERS_ASKED, MDOC_ERR_SIZE, request },
	{ MDOC_LIMIT_DOCUMENTS, BUILDERS_DOCS, MDOC_ERR_SIZE, request },
	{ MDOC_LIMIT_DOCUMENTS, BUILDERS_DOCS, MDOC_ERR_SIZE, response },
	{ MDOC_LIMIT_DEVICE_NAMES, BUILDERS_NAMES, MDOC_ERR_SIZE, device_names },
	{ MDOC_LIMIT_CERTIFICATES, BUILDERS_CHAIN, MDOC_ERR_SIZE, chain },
	{ MDOC_LIMIT_CERTIFICATE, 0, MDOC_ERR_SIZE, chain },
	{ MDOC_LIMIT_CERTIFICATE, 0, MDOC_ERR_SIZE, certificate },
	{ MDOC_LIMIT_CRL, 0, MDOC_ERR_SIZE, crl },
	{ MDOC_LIMIT_STATUS_LIST, BUILDERS_PACKED, MDOC_ERR_SIZE, status_list },
	{ MDOC_LIMIT_TRUST_ENTRIES, BUILDERS_ENTRIES, MDOC_ERR_SIZE, vical },
	{ MDOC_LIMIT_TRUST_ENTRIES, BUILDERS_ENTRIES, MDOC_ERR_SIZE, anchors },
	{ MDOC_LIMIT_RETRIEVALS, BUILDERS_ORIGINS, MDOC_ERR_SIZE, engagement },
	{ MDOC_LIMIT_IDENTIFIERS, BUILDERS_IDENTIFIERS, MDOC_ERR_SIZE, identifier_list },
	{ MDOC_LIMIT_CACHE, 2, MDOC_OK, cache },
};

/* An input would make a device do or allocate more than its owner allows; or a legal one would be refused. */
static void
limits_are_kept(void)
{
	unsigned seen = 0;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t enough = limits[i].enough, size = 0;
		struct mdoc_context *context = NULL;

		CU_ASSERT_EQUAL(limits[i].run(NULL, &size), MDOC_OK);
		enough = enough != 0 ? enough : size;
		CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
		CU_ASSERT_EQUAL(limits[i].run(context, &size), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_context_set_limit(context, limits[i].limit, enough), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_context_limit(context, limits[i].limit), enough);
		CU_ASSERT_EQUAL(limits[i].run(context, &size), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_context_set_limit(context, limits[i].limit, enough - 1), MDOC_OK);
		CU_ASSERT_EQUAL(limits[i].run(context, &size), limits[i].beyond);
		mdoc_context_free(context);
		seen |= 1u << limits[i].limit;
	}
	CU_ASSERT_EQUAL(seen, (1u << MDOC_LIMIT_COUNT) - 1);
	mdoc_buf_clear(&made);
}

/* A limit would be none, or one that the code cannot keep. */
static void
settings_are_checked(void)
{
	struct mdoc_context *context = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	for (int limit = 0; limit < MDOC_LIMIT_COUNT; limit++) {
		CU_ASSERT_EQUAL(mdoc_context_set_limit(context, (enum mdoc_limit)limit, 0), MDOC_ERR_ARG);
		CU_ASSERT_TRUE(mdoc_context_limit(context, (enum mdoc_limit)limit) > 0);
		CU_ASSERT_EQUAL(mdoc_context_limit(context, (enum mdoc_limit)limit),
			mdoc_context_limit(NULL, (enum mdoc_limit)limit));
		CU_ASSERT_EQUAL(mdoc_context_set_limit(context, (enum mdoc_limit)limit, 5), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_context_limit(context, (enum mdoc_limit)limit), 5);
	}
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_DEPTH, MDOC_DEPTH_MAX), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_DEPTH, MDOC_DEPTH_MAX + 1), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_INPUT, SIZE_MAX), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_COUNT, 5), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_context_limit(context, MDOC_LIMIT_COUNT), 0);
	CU_ASSERT_PTR_NULL(mdoc_context_libctx(context));
	mdoc_context_free(context);
	mdoc_context_free(NULL);
}

static bool
give_none(void *arg, uint8_t *out, size_t len)
{
	(void)out;
	(void)len;
	(*(size_t *)arg)++;
	return false;
}

/* Without random bytes a record would be made of none. */
static void
no_random_bytes_is_an_error(void)
{
	struct mdoc_context *context = NULL;
	size_t asked = 0, unused = 0;

	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	mdoc_context_set_random(context, give_none, &asked);
	CU_ASSERT_EQUAL(issue(context, &unused), MDOC_ERR_CALLBACK);
	CU_ASSERT_TRUE(asked > 0);
	mdoc_context_free(context);
}

CU_TestInfo context_tests[] = {
	{ "limits are kept", limits_are_kept },
	{ "settings are checked", settings_are_checked },
	{ "no random bytes", no_random_bytes_is_an_error },
	{ "keys by several threads", keys_by_several_threads },
	CU_TEST_INFO_NULL,
};
