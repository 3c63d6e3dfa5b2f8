/*
 * tests/unit/test_issue.c: every field of an MSO, written and read, and templates.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <mdoc/status.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo issue_tests[];

static const uint8_t yes[] = { 0xf5 };
static const struct mdoc_claim claims[] = {
	{ { (const uint8_t *)"ns", 2 }, { (const uint8_t *)"b", 1 }, { yes, 1 } },
	{ { (const uint8_t *)"ns", 2 }, { (const uint8_t *)"a", 1 }, { yes, 1 } },
};

/* A kit whose issue has no profile's rules. */
static void
plain_kit(struct kit *kit)
{
	kit_make(kit, "P-256");
	kit->issue.doc_type = mdoc_text("x.y");
	kit->issue.claims = claims;
	kit->issue.claim_count = 2;
}

static struct mdoc_issuer_signed *
issue_and_parse(const struct mdoc_issue *issue, struct mdoc_buf *out)
{
	struct mdoc_issuer_signed *is = NULL;
	struct mdoc_error error = { .code = MDOC_OK };

	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_build(NULL, issue, out, &error), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(out), &is, &error), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_OK);
	return is;
}

static bool
is_text(struct mdoc_node node, const char *text)
{
	struct mdoc_bytes bytes;

	return mdoc_node_tstr(node, &bytes) && mdoc_bytes_is_text(bytes, text);
}

/* What an issuer asked for would not be in what it signed. */
static void
optional_fields(void)
{
	static const uint8_t info[] = { 0xa1, 0x20, 0x63, 'h', 's', 'm' };
	const struct mdoc_bytes elements[] = { mdoc_text("one"), mdoc_text("two") };
	const struct mdoc_key_authorization rows[] = {
		{ mdoc_text("some"), elements, 2 },
		{ mdoc_text("whole"), NULL, 0 },
	};
	const struct mdoc_status status = { .list_uri = mdoc_text("https://x.y/1"), .list_idx = 77 };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_issuer_signed *is;
	const struct mdoc_mso *mso;
	struct mdoc_status got;
	struct mdoc_node node;
	struct kit kit;
	int64_t when = 0;

	plain_kit(&kit);
	is = issue_and_parse(&kit.issue, &out);
	mso = mdoc_issuer_signed_mso(is);
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_mso_key_authorizations(mso)));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_mso_key_info(mso)));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_mso_status(mso)));
	CU_ASSERT_FALSE(mdoc_mso_expected_update(mso, &when));
	mdoc_issuer_signed_free(is);
	mdoc_buf_clear(&out);

	kit.issue.authorizations = rows;
	kit.issue.authorization_count = 2;
	kit.issue.key_info = mdoc_bytes_of(info, sizeof(info));
	kit.issue.expected_update = kit.issue.signed_ + SOFT_DAY;
	kit.issue.status = &status;
	kit.issue.edition = MDOC_EDITION_2;
	is = issue_and_parse(&kit.issue, &out);
	mso = mdoc_issuer_signed_mso(is);
	node = mdoc_mso_key_authorizations(mso);
	CU_ASSERT_EQUAL(mdoc_node_count(node), 2);
	CU_ASSERT_TRUE(is_text(mdoc_node_at(mdoc_map_text(node, "nameSpaces"), 0), "whole"));
	CU_ASSERT_EQUAL(mdoc_node_count(mdoc_map_text(node, "nameSpaces")), 1);
	CU_ASSERT_TRUE(is_text(mdoc_node_at(mdoc_map_text(mdoc_map_text(node, "dataElements"), "some"), 1), "two"));
	CU_ASSERT_EQUAL(mdoc_node_count(mdoc_map_text(node, "dataElements")), 1);
	CU_ASSERT_TRUE(is_text(mdoc_map_int(mdoc_mso_key_info(mso), -1), "hsm"));
	CU_ASSERT_TRUE(mdoc_mso_expected_update(mso, &when));
	CU_ASSERT_EQUAL(when, kit.issue.expected_update);
	CU_ASSERT_EQUAL(mdoc_status_read(mdoc_mso_status(mso), "status", &got, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(got.list_idx, 77);
	CU_ASSERT_TRUE(is_text(mdoc_map_text(mdoc_mso_root(mso), "docType"), "x.y"));
	mdoc_issuer_signed_free(is);
	mdoc_buf_clear(&out);
	kit_clear(&kit);
}

/* An issuer would sign a keyAuthorizations that readers take for something else, or a field out of its edition. */
static void
bad_fields(void)
{
	static const uint8_t text_key[] = { 0xa1, 0x61, 'x', 0x01 }, no_map[] = { 0x80 };
	const struct mdoc_bytes twice[] = { mdoc_text("one"), mdoc_text("one") }, empty = mdoc_text("");
	const struct mdoc_bytes one = mdoc_text("one"), latin = mdoc_bytes_of("\xe9", 1);
	const struct mdoc_key_authorization both[] = { { mdoc_text("n"), &one, 1 }, { mdoc_text("n"), NULL, 0 } };
	const struct mdoc_key_authorization doubled = { mdoc_text("n"), twice, 2 }, nameless = { empty, NULL, 0 };
	const struct mdoc_key_authorization blank = { mdoc_text("n"), &empty, 1 }, no_utf8 = { latin, NULL, 0 };
	const struct mdoc_status status = { .list_uri = mdoc_text("https://x.y/1") }, nowhere = { .list_idx = 1 };
	const struct {
		const struct mdoc_key_authorization *rows;
		size_t count;
		struct mdoc_bytes key_info;
		const struct mdoc_status *status;
		enum mdoc_edition edition;
		int64_t update;
		enum mdoc_result want;
	} cases[] = {
		{ .rows = both, .count = 2, .want = MDOC_ERR_ARG },
		{ .rows = &doubled, .count = 1, .want = MDOC_ERR_ARG },
		{ .rows = &nameless, .count = 1, .want = MDOC_ERR_ARG },
		{ .rows = &blank, .count = 1, .want = MDOC_ERR_ARG },
		{ .rows = &no_utf8, .count = 1, .want = MDOC_ERR_UTF8 },
		{ .key_info = mdoc_bytes_of(text_key, sizeof(text_key)), .want = MDOC_ERR_TYPE },
		{ .key_info = mdoc_bytes_of(no_map, sizeof(no_map)), .want = MDOC_ERR_TYPE },
		{ .key_info = mdoc_bytes_of(text_key, 3), .want = MDOC_ERR_TRUNCATED },
		{ .status = &status, .want = MDOC_ERR_ARG },
		{ .status = &nowhere, .edition = MDOC_EDITION_2, .want = MDOC_ERR_ARG },
		{ .update = 1, .want = MDOC_ERR_VALIDITY },
	};
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct kit kit;

	plain_kit(&kit);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kit.issue.authorizations = cases[i].rows;
		kit.issue.authorization_count = cases[i].count;
		kit.issue.key_info = cases[i].key_info;
		kit.issue.status = cases[i].status;
		kit.issue.edition = cases[i].edition;
		kit.issue.expected_update = cases[i].update;
		CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &kit.issue, &out, NULL), cases[i].want);
		CU_ASSERT_EQUAL(out.len, 0);
	}
	kit_clear(&kit);
}

/* Refused both as a record and as a template, and nothing of it is left. */
static void
refused(const struct mdoc_issue *issue, enum mdoc_result want, const char *path, const char *expected)
{
	struct mdoc_template *of = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK };

	CU_ASSERT_EQUAL(mdoc_template_new(NULL, issue, &of, NULL), want);
	CU_ASSERT_PTR_NULL(of);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, issue, &out, &error), want);
	CU_ASSERT_EQUAL(out.len, 0);
	CU_ASSERT_EQUAL(error.code, want);
	CU_ASSERT_STRING_EQUAL(error.path, path);
	CU_ASSERT_STRING_EQUAL(error.expected, expected);
	mdoc_template_free(of);
	mdoc_buf_clear(&out);
}

/* A record of the Japanese type would carry what it must not (R-MIN-01), or a value that its readers refuse. */
static void
profile_elements(void)
{
	static const uint8_t text[] = { 0x63, 'y', 'e', 's' }, six[] = { 0x66, '1', '3', '1', '0', '4', '1' };
	static const struct {
		const char *ns, *element;
		struct mdoc_bytes value;
		const char *expected; /* NULL: taken */
	} rows[] = {
		{ KIT_JP, "blood_type", { text, 4 }, "an element of this docType" },
		{ KIT_JP, "sex", { yes, 1 }, "an element of this docType" },
		{ "ns", "age_over_20", { yes, 1 }, "an element of this docType" },
		{ KIT_ISO, "age_over_2", { yes, 1 }, "an element of this docType" },
		{ KIT_ISO, "age_over_20", { text, 4 }, "true or false" },
		{ KIT_JP, "portrait", { text, 4 }, "a byte string that is not empty" },
		{ KIT_JP, "local_gov_code_unicode", { six, 7 }, "text of 5 digits" },
		{ KIT_ISO, "age_over_20", { yes, 1 }, NULL },
		{ KIT_JP, "full_name_unicode", { text, 4 }, NULL },
	};
	struct mdoc_claim pair[2];
	struct kit kit;

	kit_make(&kit, "P-256");
	pair[0] = kit.issue.claims[0];
	kit.issue.claims = pair;
	kit.issue.claim_count = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_buf out = MDOC_BUF_EMPTY;
		char path[80];

		(void)snprintf(path, sizeof(path), "%s.%s", rows[i].ns, rows[i].element);
		pair[1] = (struct mdoc_claim){ mdoc_text(rows[i].ns), mdoc_text(rows[i].element), rows[i].value };
		kit.issue.doc_type = mdoc_text(KIT_DOCTYPE);
		if (rows[i].expected != NULL)
			refused(&kit.issue, MDOC_ERR_ELEMENT, path, rows[i].expected);
		else
			mdoc_issuer_signed_free(issue_and_parse(&kit.issue, &out));
		mdoc_buf_clear(&out);
		kit.issue.doc_type = mdoc_text("x.y"); /* which has no rules */
		mdoc_issuer_signed_free(issue_and_parse(&kit.issue, &out));
		mdoc_buf_clear(&out);
	}
	kit_clear(&kit);
}

/* An issuer would sign with a key that its own readers refuse for its size (R-CRY-01). */
static void
profile_issuer_keys(void)
{
	static const char *const big[] = { "P-384", "P-521", "ED448" };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct soft_key key;
	struct kit kit;

	kit_make(&kit, "P-256");
	CU_ASSERT_TRUE_FATAL(soft_key_make(&key, "ED25519"));
	kit.issue.signer = &key.signer;
	refused(&kit.issue, MDOC_ERR_KEY, "", "an issuer key of 256 bits or more");
	kit.issue.doc_type = mdoc_text("x.y"); /* which has no rules */
	mdoc_issuer_signed_free(issue_and_parse(&kit.issue, &out));
	mdoc_buf_clear(&out);
	kit.issue.doc_type = mdoc_text(KIT_DOCTYPE);
	soft_key_clear(&key);
	for (size_t i = 0; i < sizeof(big) / sizeof(big[0]); i++) {
		CU_ASSERT_TRUE_FATAL(soft_key_make(&key, big[i]));
		kit.issue.signer = &key.signer;
		mdoc_issuer_signed_free(issue_and_parse(&kit.issue, &out));
		mdoc_buf_clear(&out);
		soft_key_clear(&key);
	}
	kit_clear(&kit);
}

/* Pieces of an MSO beside what it must have: encoded, and how many. */
struct odd {
	const char *digests, *key, *validity, *mso;
	size_t digest_pairs, key_pairs, validity_pairs, mso_pairs;
};

static void
put_hex(struct mdoc_buf *buf, const char *hex)
{
	const struct mdoc_bytes bytes = hex_load(hex != NULL ? hex : "");

	mdoc_buf_append(buf, bytes);
	bytes_free(bytes);
}

static void
put_odd_mso(struct mdoc_buf *mso, const struct kit *kit, const struct odd *odd)
{
	mdoc_put_map(mso, 6 + odd->mso_pairs);
	put_hex(mso, odd->mso);
	mdoc_put_text(mso, "validityInfo");
	mdoc_put_map(mso, 3 + odd->validity_pairs);
	put_hex(mso, odd->validity);
	mdoc_put_text(mso, "validUntil");
	mdoc_put_tdate(mso, soft_2026 + SOFT_DAY);
	mdoc_put_text(mso, "validFrom");
	mdoc_put_tdate(mso, soft_2026);
	mdoc_put_text(mso, "signed");
	mdoc_put_tdate(mso, soft_2026);
	mdoc_put_text(mso, "docType");
	mdoc_put_text(mso, "x.y");
	mdoc_put_text(mso, "deviceKeyInfo");
	mdoc_put_map(mso, 1 + odd->key_pairs);
	put_hex(mso, odd->key);
	mdoc_put_text(mso, "deviceKey");
	mdoc_put_key(mso, &kit->device.pub);
	mdoc_put_text(mso, "valueDigests");
	mdoc_put_map(mso, 1 + odd->digest_pairs);
	put_hex(mso, odd->digests);
	mdoc_put_text(mso, "ns");
	put_hex(mso, "a2 00 40 01 40");
	mdoc_put_text(mso, "digestAlgorithm");
	mdoc_put_text(mso, "SHA-384");
	mdoc_put_text(mso, "version");
	mdoc_put_text(mso, "1.0");
}

/* An IssuerSigned without nameSpaces. */
static enum mdoc_result
parse_odd(const struct kit *kit, const struct odd *odd, struct mdoc_buf *out, struct mdoc_issuer_signed **is)
{
	struct mdoc_buf mso = MDOC_BUF_EMPTY, payload = MDOC_BUF_EMPTY;

	put_odd_mso(&mso, kit, odd);
	mdoc_put_embedded(&payload, mdoc_buf_bytes(&mso));
	mdoc_put_map(out, 1);
	mdoc_put_text(out, "issuerAuth");
	/* A record's own issuerAuth, with another payload: nobody looks at the signature here. */
	mdoc_put_array(out, 4);
	put_hex(out, "43 a1 01 26 a0");
	mdoc_put_bstr(out, mdoc_buf_bytes(&payload));
	mdoc_put_bstr(out, mdoc_bytes_of(kit->device.pub.point, 64));
	mdoc_buf_clear(&mso);
	mdoc_buf_clear(&payload);
	return mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(out), is, NULL);
}

/* A reader would refuse what a later edition adds, or take what two readers understand differently. */
static void
odd_msos(void)
{
	/* validityInfo: "expectedUpdate" */
#define UPDATE "6e 6578706563746564557064617465 "
#define STATUS "66 737461747573 "
	static const struct {
		const char *what;
		struct odd odd;
		enum mdoc_result want;
	} cases[] = {
		{ "any key order, no nameSpaces", { .mso = NULL }, MDOC_OK },
		{ "reserved keys everywhere",
			{ .mso = "61 7a 01",
				.mso_pairs = 1,
				.key = "61 7a 80",
				.key_pairs = 1,
				.validity = "61 7a f6",
				.validity_pairs = 1 },
			MDOC_OK },
		{ "a status of no known kind", { .mso = STATUS "01", .mso_pairs = 1 }, MDOC_OK },
		{ "an expected update",
			{ .validity = UPDATE "c0 74 323032362d30312d30315430303a30303a30305a", .validity_pairs = 1 },
			MDOC_OK },
		{ "with a fraction",
			{ .validity = UPDATE "c0 76 323032362d30312d30315430303a30303a30302e305a",
				.validity_pairs = 1 },
			MDOC_ERR_VALUE },
		{ "with an offset",
			{ .validity = UPDATE "c0 78 19 323032362d30312d30315430303a30303a30302b30303a3030",
				.validity_pairs = 1 },
			MDOC_ERR_VALUE },
		{ "without its tag",
			{ .validity = UPDATE "74 323032362d30312d30315430303a30303a30305a", .validity_pairs = 1 },
			MDOC_ERR_TYPE },
		{ "keyInfo is a map", { .key = "67 6b6579496e666f a0", .key_pairs = 1 }, MDOC_OK },
		{ "keyInfo is no map", { .key = "67 6b6579496e666f 80", .key_pairs = 1 }, MDOC_ERR_TYPE },
		{ "keyAuthorizations are no map", { .key = "71 6b6579417574686f72697a6174696f6e73 80", .key_pairs = 1 },
			MDOC_ERR_TYPE },
		{ "another namespace without digests", { .digests = "61 7a a0", .digest_pairs = 1 }, MDOC_OK },
		{ "a namespace twice in two lengths", { .digests = "78 02 6e73 a0", .digest_pairs = 1 },
			MDOC_ERR_DUPLICATE_KEY },
		{ "an id twice in two lengths", { .digests = "61 7a a2 05 40 18 05 40", .digest_pairs = 1 },
			MDOC_ERR_DUPLICATE_KEY },
		{ "an id that is text", { .digests = "61 7a a1 61 35 40", .digest_pairs = 1 }, MDOC_ERR_TYPE },
		{ "a digest that is text", { .digests = "61 7a a1 05 60", .digest_pairs = 1 }, MDOC_ERR_TYPE },
	};
	struct kit kit;

	plain_kit(&kit);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mdoc_issuer_signed *is = NULL;
		struct mdoc_buf out = MDOC_BUF_EMPTY;
		enum mdoc_result res;

		res = parse_odd(&kit, &cases[i].odd, &out, &is);
		if (res != cases[i].want)
			printf("\n%s: %s\n", cases[i].what, mdoc_result_name(res));
		CU_ASSERT_EQUAL(res, cases[i].want);
		CU_ASSERT_EQUAL(is != NULL, res == MDOC_OK);
		if (is != NULL) {
			CU_ASSERT_EQUAL(mdoc_issuer_signed_count(is), 0);
			CU_ASSERT_PTR_NULL(mdoc_issuer_signed_namespace(is, 0));
			CU_ASSERT_PTR_NULL(mdoc_find_namespace(is, mdoc_text("ns")));
			CU_ASSERT_EQUAL(mdoc_mso_digest_alg(mdoc_issuer_signed_mso(is)), MDOC_SHA384);
			CU_ASSERT_EQUAL(mdoc_node_present(
						mdoc_map_text(mdoc_mso_root(mdoc_issuer_signed_mso(is)), "z")),
				i == 1);
		}
		mdoc_issuer_signed_free(is);
		mdoc_buf_clear(&out);
	}
	kit_clear(&kit);
}

static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

#define PROPERTY_CLAIMS 60

/* For records of all shapes: what is read is not what was written. */
static void
read_is_written(void)
{
	static const enum mdoc_digest_alg algs[] = { MDOC_SHA256, MDOC_SHA384, MDOC_SHA512 };
	struct mdoc_claim many[PROPERTY_CLAIMS];
	struct mdoc_buf values[PROPERTY_CLAIMS];
	char names[PROPERTY_CLAIMS][2][16];
	static uint8_t filler[70000];
	uint32_t state = 2026;
	struct kit kit;

	plain_kit(&kit);
	kit.issue.claims = many;
	for (size_t round = 0; round < 40; round++) {
		struct mdoc_buf out = MDOC_BUF_EMPTY;
		struct mdoc_issuer_signed *is;
		size_t seen = 0;

		kit.issue.claim_count = 1 + next_number(&state) % PROPERTY_CLAIMS;
		kit.issue.digest_alg = algs[round % 3];
		for (size_t i = 0; i < kit.issue.claim_count; i++) {
			const size_t len = next_number(&state) % 300 + (i == 7 ? 65600 : 0);

			values[i] = MDOC_BUF_EMPTY;
			mdoc_put_bstr(&values[i], mdoc_bytes_of(filler, len));
			(void)snprintf(names[i][0], 16, "ns%u", next_number(&state) % 5);
			(void)snprintf(names[i][1], 16, "e%u", (unsigned)i);
			many[i] = (struct mdoc_claim){ mdoc_text(names[i][0]), mdoc_text(names[i][1]),
				mdoc_buf_bytes(&values[i]) };
		}
		is = issue_and_parse(&kit.issue, &out);
		for (size_t i = 0; i < kit.issue.claim_count; i++) {
			const struct mdoc_namespace *ns = mdoc_find_namespace(is, many[i].ns);
			const struct mdoc_item *item = ns != NULL ? mdoc_find_item(ns, many[i].element) : NULL;

			CU_ASSERT_PTR_NOT_NULL_FATAL(item);
			CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_item_value(item), many[i].value));
			CU_ASSERT_TRUE(mdoc_item_digest_id(item) < mdoc_namespace_count(ns));
			CU_ASSERT_PTR_NULL(mdoc_find_item(ns, mdoc_text("e")));
		}
		for (size_t n = 0; n < mdoc_issuer_signed_count(is); n++)
			seen += mdoc_namespace_count(mdoc_issuer_signed_namespace(is, n));
		CU_ASSERT_EQUAL(seen, kit.issue.claim_count);
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, mdoc_issuer_signed_auth(is), &kit.issuer.pub, MDOC_NO_BYTES),
			MDOC_OK);
		mdoc_issuer_signed_free(is);
		mdoc_buf_clear(&out);
		for (size_t i = 0; i < kit.issue.claim_count; i++)
			mdoc_buf_clear(&values[i]);
	}
	kit_clear(&kit);
}

static void
issue_from(const struct mdoc_template *of, const struct mdoc_public_key *key, struct mdoc_buf *out)
{
	struct mdoc_issuer_signed *is = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_template_issue(of, key, NULL, out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(out), &is, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_key_equal(mdoc_mso_device_key(mdoc_issuer_signed_mso(is)), key));
	mdoc_issuer_signed_free(is);
}

/* Copies of a batch would have the first one's key, or a key that is none. */
static void
templates(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521" };
	struct mdoc_context *context = NULL;
	struct mdoc_template *of = NULL;
	struct mdoc_public_key bad;
	struct kit kit;

	plain_kit(&kit);
	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_template_new(context, &kit.issue, &of, NULL), MDOC_OK);
	bad = kit.issue.device_key;
	bad.point[bad.point_len - 1] ^= 1;
	for (size_t i = 0; i < 4; i++) {
		struct mdoc_buf out = MDOC_BUF_EMPTY;
		struct soft_key key;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&key, groups[i % 3]));
		issue_from(of, &key.pub, &out);
		mdoc_buf_clear(&out);
		issue_from(of, &kit.device.pub, &out);
		mdoc_buf_clear(&out);
		CU_ASSERT_EQUAL(mdoc_template_issue(of, &bad, NULL, &out, NULL), MDOC_ERR_KEY);
		key.pub.point[5] ^= 1;
		CU_ASSERT_EQUAL(mdoc_template_issue(of, &key.pub, NULL, &out, NULL), MDOC_ERR_KEY);
		CU_ASSERT_EQUAL(out.len, 0);
		soft_key_clear(&key);
	}
	mdoc_template_free(of);
	/* Without a sample, and with one that is none. */
	memset(&kit.issue.device_key, 0, sizeof(kit.issue.device_key));
	CU_ASSERT_EQUAL_FATAL(mdoc_template_new(context, &kit.issue, &of, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_template_issue(of, &bad, NULL, &kit.record, NULL), MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(mdoc_template_issue(of, &kit.issue.device_key, NULL, &kit.record, NULL), MDOC_ERR_KEY);
	mdoc_template_free(of);
	kit.issue.device_key = bad;
	CU_ASSERT_EQUAL(mdoc_template_new(context, &kit.issue, &of, NULL), MDOC_ERR_KEY);
	CU_ASSERT_PTR_NULL(of);
	mdoc_template_free(NULL);
	mdoc_context_free(context);
	kit_clear(&kit);
}

CU_TestInfo issue_tests[] = {
	{ "optional fields are read as written", optional_fields },
	{ "wrong optional fields are refused", bad_fields },
	{ "elements that the docType does not take are refused", profile_elements },
	{ "issuer keys that the docType does not take are refused", profile_issuer_keys },
	{ "odd security objects", odd_msos },
	{ "what is read is what was written", read_is_written },
	{ "templates", templates },
	CU_TEST_INFO_NULL,
};
