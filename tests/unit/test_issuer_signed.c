/*
 * tests/unit/test_issuer_signed.c: records read, checked and built (R-REC-01, R-REC-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "tests/unit/mdoc_test.h"
#include <string.h>

extern CU_TestInfo issuer_signed_tests[];

/* An altered element would be shown as the issuer's. */
static void
altered_items_are_found(void)
{
	struct mdoc_issuer_signed *is;
	struct mdoc_error error = { 0 };
	struct kit kit;
	size_t found = 0, tried = 0;

	kit_make(&kit, "P-256");
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&kit.record), &is, NULL), MDOC_OK);
	for (size_t n = 0; n < is->count; n++) {
		for (size_t i = 0; i < is->namespaces[n].count; i++) {
			const struct mdoc_item *item = &is->namespaces[n].items[i];
			uint8_t *byte = kit.record.ptr + (item->value.ptr - kit.record.ptr);

			*byte ^= 1;
			tried++;
			found += mdoc_item_check(NULL, is, &is->namespaces[n], item) == MDOC_ERR_DIGEST;
			CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, &error), MDOC_ERR_DIGEST);
			CU_ASSERT_EQUAL(error.offset, item->offset);
			*byte ^= 1;
		}
	}
	CU_ASSERT_EQUAL(tried, kit.issue.claim_count);
	CU_ASSERT_EQUAL(found, tried);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_OK);
	mdoc_issuer_signed_free(is);
	kit_clear(&kit);
}

/* A short random would let elements be guessed; an element twice would have two values. */
static void
weak_items_are_found(void)
{
	struct mdoc_issuer_signed *is;
	struct mdoc_namespace *ns;
	struct mdoc_item kept;
	struct kit kit;

	kit_make(&kit, "P-256");
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&kit.record), &is, NULL), MDOC_OK);
	ns = &is->namespaces[0];
	kept = ns->items[1];
	ns->items[1].random.len = MDOC_RANDOM_MIN - 1;
	CU_ASSERT_EQUAL(mdoc_item_check(NULL, is, ns, &ns->items[1]), MDOC_ERR_VALUE);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_ERR_VALUE);
	ns->items[1] = ns->items[0];
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_ERR_VALUE);
	ns->items[1] = kept;
	ns->items[1].digest_id = 1000;
	CU_ASSERT_EQUAL(mdoc_item_check(NULL, is, ns, &ns->items[1]), MDOC_ERR_DIGEST);
	ns->items[1].digest_id = UINT64_MAX;
	CU_ASSERT_EQUAL(mdoc_item_check(NULL, is, ns, &ns->items[1]), MDOC_ERR_DIGEST);
	ns->items[1] = kept;
	ns->name = mdoc_text("another namespace");
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_ERR_DIGEST);
	mdoc_issuer_signed_free(is);
	kit_clear(&kit);
}

/* What was issued could not be read, or would say something else. */
static void
built_record_reads_back(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521" };
	static const enum mdoc_digest_alg algs[] = { MDOC_SHA256, MDOC_SHA384, MDOC_SHA512 };
	struct mdoc_issuer_signed *is;
	struct kit kit;

	for (size_t g = 0; g < 3; g++) {
		kit_make(&kit, groups[g]);
		mdoc_buf_clear(&kit.record);
		kit.issue.digest_alg = algs[g];
		CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &kit.issue, &kit.record, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&kit.record), &is, NULL), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_is_text(is->mso.doc_type, KIT_DOCTYPE));
		CU_ASSERT_TRUE(mdoc_bytes_is_text(is->mso.version, "1.0"));
		CU_ASSERT_EQUAL(is->mso.digest_alg, algs[g]);
		CU_ASSERT_TRUE(mdoc_key_equal(&is->mso.device_key, &kit.device.pub));
		CU_ASSERT_EQUAL(is->mso.signed_, kit.issue.signed_);
		CU_ASSERT_EQUAL(is->mso.valid_until, kit.issue.valid_until);
		CU_ASSERT_EQUAL(is->count, 2);
		CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &is->issuer_auth, &kit.issuer.pub, MDOC_NO_BYTES), MDOC_OK);
		for (size_t c = 0; c < kit.issue.claim_count; c++) {
			const struct mdoc_claim *claim = &kit.issue.claims[c];
			const struct mdoc_namespace *ns = mdoc_find_namespace(is, claim->ns);
			const struct mdoc_item *item;

			CU_ASSERT_PTR_NOT_NULL_FATAL(ns);
			item = mdoc_find_item(ns, claim->element);
			CU_ASSERT_PTR_NOT_NULL_FATAL(item);
			CU_ASSERT_TRUE(mdoc_bytes_equal(item->value, claim->value));
			CU_ASSERT_EQUAL(item->random.len, MDOC_RANDOM_LEN);
		}
		mdoc_issuer_signed_free(is);
		kit_clear(&kit);
	}
}

/* Two copies of one record could be linked by their randoms (R-REC-03). */
static void
copies_share_no_random(void)
{
	struct mdoc_issuer_signed *a, *b;
	struct mdoc_buf second = MDOC_BUF_EMPTY;
	bool shuffled = false;
	struct kit kit;

	kit_make(&kit, "P-256");
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &kit.issue, &second, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&kit.record), &a, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&second), &b, NULL), MDOC_OK);
	for (size_t n = 0; n < a->count; n++) {
		for (size_t i = 0; i < a->namespaces[n].count; i++) {
			for (size_t k = 0; k < b->namespaces[n].count; k++)
				CU_ASSERT_FALSE(mdoc_bytes_equal(a->namespaces[n].items[i].random,
					b->namespaces[n].items[k].random));
			for (size_t k = 0; k < i; k++)
				CU_ASSERT_FALSE(mdoc_bytes_equal(a->namespaces[n].items[i].random,
					a->namespaces[n].items[k].random));
		}
	}
	mdoc_issuer_signed_free(b); /* before its bytes go */
	for (unsigned tries = 0; tries < 20 && !shuffled; tries++) {
		struct mdoc_issuer_signed *c;

		mdoc_buf_clear(&second);
		CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &kit.issue, &second, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&second), &c, NULL), MDOC_OK);
		for (size_t i = 0; i < a->namespaces[0].count; i++)
			shuffled |= a->namespaces[0].items[i].digest_id != c->namespaces[0].items[i].digest_id;
		mdoc_issuer_signed_free(c);
	}
	CU_ASSERT_TRUE(shuffled);
	mdoc_issuer_signed_free(a);
	mdoc_buf_clear(&second);
	kit_clear(&kit);
}

static bool
no_random(void *arg, uint8_t *out, size_t len)
{
	(void)arg;
	memset(out, 0, len);
	return false;
}

/* A record with all-zero randoms, or of nonsense, would be signed. */
static void
building_refuses(void)
{
	struct mdoc_context *dry = NULL;
	static const uint8_t two_items[] = { 0x00, 0x00 };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_claim claims[2];
	struct mdoc_issue issue;
	struct kit kit;

	kit_make(&kit, "P-256");
	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &dry), MDOC_OK);
	mdoc_context_set_random(dry, no_random, NULL);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(dry, &kit.issue, &out, NULL), MDOC_ERR_CALLBACK);
	mdoc_context_free(dry);
	issue = kit.issue;
	issue.claim_count = 0;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_ARG);
	issue = kit.issue;
	issue.x5chain_count = 0;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_ARG);
	issue = kit.issue;
	issue.valid_until = issue.valid_from - 1;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_VALIDITY);
	issue = kit.issue;
	issue.signed_ = issue.valid_from + 1;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_VALIDITY);
	issue = kit.issue;
	issue.device_key.point[7] ^= 1;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_KEY);
	issue = kit.issue;
	claims[0] = claims[1] = kit.issue.claims[0];
	issue.claims = claims;
	issue.claim_count = 2;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_ARG);
	claims[1].element = mdoc_bytes_of("\xff", 1);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_UTF8);
	claims[1].element = mdoc_text("sex");
	claims[1].value = mdoc_bytes_of(two_items, sizeof(two_items));
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_ERR_TRAILING);
	claims[1].value = mdoc_bytes_of(two_items, 1);
	CU_ASSERT_EQUAL(out.len, 0);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &issue, &out, NULL), MDOC_OK);
	mdoc_buf_clear(&out);
	kit_clear(&kit);
}

/* A record of which nothing was disclosed would be refused. */
static void
namespaces_may_be_absent(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_issuer_signed *is;
	struct mdoc_bytes auth;
	struct kit kit;

	kit_make(&kit, "P-256");
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&kit.record), &is, NULL), MDOC_OK);
	auth = mdoc_node_span(is->issuer_auth.node);
	mdoc_put_map(&buf, 1);
	mdoc_put_text(&buf, "issuerAuth");
	mdoc_put_raw(&buf, auth);
	mdoc_issuer_signed_free(is);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&buf), &is, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(is->count, 0);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_OK);
	mdoc_issuer_signed_free(is);
	mdoc_buf_clear(&buf);
	kit_clear(&kit);
}

/* An item that another program wrote in its own way would fail its digest. */
static void
foreign_encoding_is_hashed_as_received(void)
{
	struct mdoc_issuer_signed *is;
	const struct mdoc_namespace *ns;
	const struct mdoc_item *item;
	struct kit kit;

	kit_make(&kit, "P-256");
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&kit.record), &is, NULL), MDOC_OK);
	ns = mdoc_find_namespace(is, mdoc_text(KIT_JP));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ns);
	item = mdoc_find_item(ns, mdoc_text("local_gov_code_unicode"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(item);
	CU_ASSERT_EQUAL(item->value.ptr[0], 0x7f); /* of indefinite length, as it came */
	CU_ASSERT_EQUAL(mdoc_item_check(NULL, is, ns, item), MDOC_OK);
	mdoc_issuer_signed_free(is);
	kit_clear(&kit);
}

CU_TestInfo issuer_signed_tests[] = {
	{ "altered items are found", altered_items_are_found },
	{ "weak and doubled items are found", weak_items_are_found },
	{ "building refuses nonsense", building_refuses },
	{ "a built record reads back", built_record_reads_back },
	{ "copies share no random", copies_share_no_random },
	{ "nameSpaces may be absent", namespaces_may_be_absent },
	{ "foreign encodings are hashed as received", foreign_encoding_is_hashed_as_received },
	CU_TEST_INFO_NULL,
};
