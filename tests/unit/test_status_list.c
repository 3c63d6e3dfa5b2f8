/*
 * tests/unit/test_status_list.c: status lists: what is refused, what leaves a document undetermined.
 *
 * If these fail, somebody else than the issuer says whose document is revoked, or a fault on the way
 * counts as a revocation.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/compress.h"
#include "tests/unit/lists_world.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t packed[] = { 0x01, 0x80 }; /* entries 0 and 15 are revoked */

static const struct mdoc_status status = { .list_uri = { (const uint8_t *)LISTS_URI, sizeof(LISTS_URI) - 1 } };

static void
put_list(struct mdoc_buf *out, unsigned bits, struct mdoc_bytes entries)
{
	struct mdoc_buf lst = MDOC_BUF_EMPTY;

	mdoci_deflate(&lst, entries);
	lists_put_status_list(out, bits, mdoc_buf_bytes(&lst));
	mdoc_buf_clear(&lst);
}

/* Parse and check; *list is freed with mdoc_status_list_free(), NULL unless MDOC_OK. */
static enum mdoc_result
open_list(const struct mdoc_buf *input, const struct mdoc_list_trust *trust, struct mdoc_status_list **list)
{
	const struct mdoc_list_trust anchors = { .anchors = lists_world.trust, .now = lists_world.now };
	enum mdoc_result res = mdoc_status_list_parse(NULL, mdoc_buf_bytes(input), list, NULL);

	if (res == MDOC_OK)
		res = mdoc_status_list_check(NULL, *list, trust != NULL ? trust : &anchors, NULL);
	if (res != MDOC_OK) {
		mdoc_status_list_free(*list);
		*list = NULL;
	}
	return res;
}

static enum mdoc_result
opened(const struct lists_token *token)
{
	struct mdoc_buf input = MDOC_BUF_EMPTY;
	struct mdoc_status_list *list = NULL;
	enum mdoc_result res;

	lists_put_token(&input, token);
	res = open_list(&input, NULL, &list);
	mdoc_status_list_free(list);
	mdoc_buf_clear(&input);
	return res;
}

static void
refused_claims(void)
{
	struct mdoc_buf good = MDOC_BUF_EMPTY;
	struct lists_token token;

	put_list(&good, 1, mdoc_bytes_of(packed, sizeof(packed)));
#define REFUSED(change, result) \
	do { \
		token = lists_status_token(mdoc_buf_bytes(&good)); \
		change; \
		CU_ASSERT_EQUAL(opened(&token), result); \
	} while (0)
	REFUSED(token.type = NULL, MDOC_ERR_MISSING);
	REFUSED((token.type = NULL, token.claimed_type = "application/statuslist+cwt"), MDOC_ERR_MISSING);
	REFUSED(token.type = "application/identifierlist+cwt", MDOC_ERR_VALUE);
	REFUSED(token.type = "application/statuslist+jwt", MDOC_ERR_VALUE);
	REFUSED(token.sub = NULL, MDOC_ERR_MISSING);
	REFUSED(token.sub = "", MDOC_ERR_TYPE);
	REFUSED(token.exp = 0, MDOC_ERR_MISSING);
	REFUSED(token.iat = 0, MDOC_ERR_MISSING);
	REFUSED(token.exp = token.iat, MDOC_ERR_VALUE);
	REFUSED(token.list = MDOC_NO_BYTES, MDOC_ERR_MISSING);
	REFUSED(token.list = mdoc_text("\x01"), MDOC_ERR_TYPE);
	REFUSED(token.list_claim = 65530, MDOC_ERR_MISSING);
	REFUSED(token.more = mdoc_bytes_of("\x02\x61x", 3), MDOC_ERR_DUPLICATE_KEY); /* sub again */
	REFUSED(token.more = mdoc_bytes_of("\x19\xff\xfe\x20", 4), MDOC_ERR_TYPE);   /* ttl -1 */
#undef REFUSED
	mdoc_buf_clear(&good);
}

static void
refused_lists(void)
{
	static const uint8_t zeros[100000];
	static const unsigned bits[] = { 0, 3, 5, 16 };
	struct mdoc_buf lst = MDOC_BUF_EMPTY, list = MDOC_BUF_EMPTY;
	struct lists_token token;

	mdoci_deflate(&lst, mdoc_bytes_of(zeros, sizeof(zeros)));
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		lists_put_status_list(&list, bits[i], mdoc_buf_bytes(&lst));
		token = lists_status_token(mdoc_buf_bytes(&list));
		CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_VALUE);
		mdoc_buf_clear(&list);
	}
	lists_put_status_list(&list, 1, mdoc_bytes_of(lst.ptr, lst.len - 1));
	token = lists_status_token(mdoc_buf_bytes(&list));
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_TRUNCATED);
	mdoc_buf_clear(&list);
	mdoc_buf_append(&lst, mdoc_text("more"));
	lists_put_status_list(&list, 1, mdoc_buf_bytes(&lst));
	token = lists_status_token(mdoc_buf_bytes(&list));
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_TRAILING);
	mdoc_buf_clear(&list);
	mdoc_buf_clear(&lst);
	token = lists_status_token(mdoc_bytes_of("\xa1\x64"
						 "bits\x01",
		7));
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_MISSING);
	token = lists_status_token(mdoc_bytes_of("\xa2\x64"
						 "bits\x01\x63lst\x61x",
		13));
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_TYPE);
}

/* A list above the limit is refused when it is checked, and only then is anything inflated. */
static void
bomb(void)
{
	const size_t len = (size_t)20 * 1024 * 1024;
	const struct mdoc_list_trust trust = { .anchors = lists_world.trust, .now = lists_world.now };
	struct mdoc_buf list_bytes = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
	struct mdoc_status_list *list = NULL;
	uint8_t *zeros = calloc(1, len);
	struct lists_token token;

	CU_ASSERT_PTR_NOT_NULL_FATAL(zeros);
	put_list(&list_bytes, 1, mdoc_bytes_of(zeros, len));
	free(zeros);
	token = lists_status_token(mdoc_buf_bytes(&list_bytes));
	lists_put_token(&input, &token);
	CU_ASSERT_EQUAL_FATAL(mdoc_status_list_parse(NULL, mdoc_buf_bytes(&input), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_status_list_check(NULL, list, &trust, NULL), MDOC_ERR_SIZE);
	mdoc_status_list_free(list);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&list_bytes);
}

static void
signers(void)
{
	struct mdoc_buf good = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
	struct mdoc_list_trust trust = { .now = lists_world.now };
	struct mdoc_status_list *list = NULL;
	struct lists_token token;

	put_list(&good, 1, mdoc_bytes_of(packed, sizeof(packed)));
	token = lists_status_token(mdoc_buf_bytes(&good));
	token.key = &lists_world.ds_key; /* not the key of the certificate */
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_SIGNATURE);
	token = lists_status_token(mdoc_buf_bytes(&good));
	token.x5 = &lists_world.iaca; /* the root itself */
	token.key = &lists_world.iaca_key;
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_CERTIFICATE);

	token = lists_status_token(mdoc_buf_bytes(&good));
	lists_put_token(&input, &token);
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_ERR_ARG);
	trust.certificate = mdoc_buf_bytes(&lists_world.other);
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_ERR_CHAIN);
	trust.certificate = mdoc_buf_bytes(&lists_world.iaca);
	trust.now = lists_world.now + 1000 * SOFT_DAY;
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_ERR_VALIDITY);
	trust.now = lists_world.now;
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_OK);
	mdoc_status_list_free(list);
	trust.anchors = lists_world.trust;
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_ERR_ARG);
	for (size_t i = 0; i < input.len; i++) { /* no bit may change unnoticed, in tags and heads or anywhere */
		trust = (struct mdoc_list_trust){ .anchors = lists_world.trust, .now = lists_world.now };
		input.ptr[i] ^= 0x01;
		CU_ASSERT_NOT_EQUAL(open_list(&input, &trust, &list), MDOC_OK);
		input.ptr[i] ^= 0x01;
	}
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&good);
}

/* Who took the signer's key could say for ever whose document is good. */
static void
revoked_signer(void)
{
	struct mdoc_list_trust trust = { .now = lists_world.now, .crl_required = true };
	struct mdoc_trust *anchors = mdoc_trust_new();
	struct mdoc_buf good = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
	struct mdoc_status_list *list = NULL;
	struct lists_token token;

	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, anchors, mdoc_buf_bytes(&lists_world.iaca), MDOC_CERT_IACA, 0, NULL),
		MDOC_OK);
	trust.anchors = anchors;
	put_list(&good, 1, mdoc_bytes_of(packed, sizeof(packed)));
	token = lists_status_token(mdoc_buf_bytes(&good));
	lists_put_token(&input, &token);
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_ERR_UNDETERMINED);
	CU_ASSERT_TRUE(lists_add_crl(anchors, &lists_world.iaca, &lists_world.iaca_key, &lists_world.ds));
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_OK);
	mdoc_status_list_free(list);
	CU_ASSERT_TRUE(lists_add_crl(anchors, &lists_world.iaca, &lists_world.iaca_key, &lists_world.signer));
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_ERR_REVOKED);
	trust.crl_required = false;
	CU_ASSERT_EQUAL(open_list(&input, &trust, &list), MDOC_ERR_REVOKED);
	mdoc_trust_free(anchors);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&good);
}

static void
asked(const struct mdoc_status_list *list, const struct mdoc_revocation_query *query, enum mdoc_revocation revocation,
	enum mdoc_result code)
{
	struct mdoc_error why = { 0 };

	CU_ASSERT_EQUAL(mdoc_status_list_ask(list, query, &why), revocation);
	CU_ASSERT_EQUAL(why.code, code);
}

static void
undetermined(void)
{
	const enum mdoc_revocation unknown = MDOC_REVOCATION_UNDETERMINED;
	struct mdoc_buf good = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
	struct mdoc_status other = status;
	struct mdoc_revocation_query query = lists_query(&other);
	struct mdoc_status_list *list = NULL;
	struct lists_token token;

	put_list(&good, 1, mdoc_bytes_of(packed, sizeof(packed)));
	token = lists_status_token(mdoc_buf_bytes(&good));
	lists_put_token(&input, &token);
	CU_ASSERT_EQUAL_FATAL(mdoc_status_list_parse(NULL, mdoc_buf_bytes(&input), &list, NULL), MDOC_OK);
	asked(list, &query, unknown, MDOC_ERR_ARG); /* not checked */
	mdoc_status_list_free(list);
	CU_ASSERT_EQUAL_FATAL(open_list(&input, NULL, &list), MDOC_OK);
	asked(list, &query, MDOC_REVOCATION_REVOKED, MDOC_ERR_REVOKED);
	other.list_idx = 16;
	asked(list, &query, unknown, MDOC_ERR_VALUE);
	other.list_idx = UINT64_C(1) << 40;
	asked(list, &query, unknown, MDOC_ERR_VALUE);
	other.list_idx = UINT64_MAX;
	asked(list, &query, unknown, MDOC_ERR_VALUE);
	other = status;
	other.list_uri = mdoc_text("https://issuer.example/other");
	asked(list, &query, unknown, MDOC_ERR_VALUE);
	other.list_uri = MDOC_NO_BYTES;
	asked(list, &query, unknown, MDOC_ERR_MISSING);
	other = status;
	other.list_certificate = mdoc_buf_bytes(&lists_world.other);
	asked(list, &query, unknown, MDOC_ERR_CHAIN);
	other.list_certificate = mdoc_buf_bytes(&lists_world.iaca);
	query.iaca = mdoc_buf_bytes(&lists_world.other);
	asked(list, &query, MDOC_REVOCATION_REVOKED, MDOC_ERR_REVOKED);
	other = status;
	asked(list, &query, unknown, MDOC_ERR_CHAIN); /* the list of another authority */
	query = lists_query(&other);
	query.ds = &lists_world.signer_key.pub; /* the DS speaks for itself */
	asked(list, &query, unknown, MDOC_ERR_CHAIN);
	query.ds = NULL;
	asked(list, &query, unknown, MDOC_ERR_ARG);
	mdoc_status_list_free(list);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&good);
}

static void
times(void)
{
	struct mdoc_buf good = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
	struct mdoc_revocation_query query = lists_query(&status);
	struct mdoc_status_list *list = NULL;
	struct lists_token token;

	put_list(&good, 1, mdoc_bytes_of(packed, sizeof(packed)));
	token = lists_status_token(mdoc_buf_bytes(&good));
	token.nbf = lists_world.now - 500;
	lists_put_token(&input, &token);
	CU_ASSERT_EQUAL_FATAL(open_list(&input, NULL, &list), MDOC_OK);
	for (int skew = 0; skew <= 60; skew += 60) {
		query.clock_skew = skew;
		query.now = token.exp + skew;
		asked(list, &query, MDOC_REVOCATION_UNDETERMINED, MDOC_ERR_VALIDITY);
		query.now = token.exp + skew - 1;
		asked(list, &query, MDOC_REVOCATION_REVOKED, MDOC_ERR_REVOKED);
		query.now = token.nbf - skew - 1;
		asked(list, &query, MDOC_REVOCATION_UNDETERMINED, MDOC_ERR_VALIDITY);
		query.now = token.nbf - skew;
		asked(list, &query, MDOC_REVOCATION_REVOKED, MDOC_ERR_REVOKED);
	}
	query.clock_skew = -1;
	asked(list, &query, MDOC_REVOCATION_UNDETERMINED, MDOC_ERR_ARG);
	query.clock_skew = INT64_MAX;
	asked(list, &query, MDOC_REVOCATION_UNDETERMINED, MDOC_ERR_ARG);
	mdoc_status_list_free(list);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&good);
}

/* A list may outlive the certificate of who signed it: then nothing holds it any more. */
static void
signer_runs_out(void)
{
	struct mdoc_buf good = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
	struct mdoc_revocation_query query = lists_query(&status);
	struct mdoc_status_list *list = NULL;
	struct lists_token token;

	put_list(&good, 1, mdoc_bytes_of(packed, sizeof(packed)));
	token = lists_status_token(mdoc_buf_bytes(&good));
	token.exp = soft_2026 + 3000 * SOFT_DAY;
	lists_put_token(&input, &token);
	CU_ASSERT_EQUAL_FATAL(open_list(&input, NULL, &list), MDOC_OK);
	query.now = soft_2026 + 365 * SOFT_DAY;
	asked(list, &query, MDOC_REVOCATION_REVOKED, MDOC_ERR_REVOKED);
	query.now++;
	asked(list, &query, MDOC_REVOCATION_UNDETERMINED, MDOC_ERR_VALIDITY);
	mdoc_status_list_free(list);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&good);
}

static void
values(void)
{
	static const enum mdoc_revocation expected[] = { MDOC_REVOCATION_VALID, MDOC_REVOCATION_REVOKED,
		MDOC_REVOCATION_SUSPENDED, MDOC_REVOCATION_UNDETERMINED };
	static const enum mdoc_result codes[] = { MDOC_OK, MDOC_ERR_REVOKED, MDOC_ERR_REVOKED, MDOC_ERR_VALUE };

	for (unsigned bits = 2; bits <= 8; bits *= 2) {
		struct mdoc_buf good = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
		struct mdoc_status asked_for = status;
		const struct mdoc_revocation_query query = lists_query(&asked_for);
		struct mdoc_status_list *list = NULL;
		struct lists_token token;
		uint8_t bytes[4] = { 0 };

		for (unsigned i = 0; i < 4; i++)
			CU_ASSERT_TRUE(mdoc_status_set(bytes, sizeof(bytes), bits, i, i));
		put_list(&good, bits, mdoc_bytes_of(bytes, sizeof(bytes)));
		token = lists_status_token(mdoc_buf_bytes(&good));
		lists_put_token(&input, &token);
		CU_ASSERT_EQUAL_FATAL(open_list(&input, NULL, &list), MDOC_OK);
		for (unsigned i = 0; i < 4; i++) {
			asked_for.list_idx = i;
			asked(list, &query, expected[i], codes[i]);
		}
		mdoc_status_list_free(list);
		mdoc_buf_clear(&input);
		mdoc_buf_clear(&good);
	}
}

/* What others write and we don't. */
static void
liberal(void)
{
	struct mdoc_buf good = MDOC_BUF_EMPTY;
	struct lists_token token;

	put_list(&good, 1, mdoc_bytes_of(packed, sizeof(packed)));
#define TAKEN(change) \
	do { \
		token = lists_status_token(mdoc_buf_bytes(&good)); \
		change; \
		CU_ASSERT_EQUAL(opened(&token), MDOC_OK); \
	} while (0)
	TAKEN(token.untagged = true);
	TAKEN(token.tag_61 = true);
	TAKEN(token.unprotected = true);
	TAKEN(token.type = "statuslist+cwt");
	TAKEN(token.more = mdoc_bytes_of("\x39\xff\xff\xf6", 4)); /* an unknown claim */
	TAKEN(token.x5 = &lists_world.other_signer);
#undef TAKEN
	mdoc_buf_clear(&good);
}

void
lists_token_tests(void)
{
	CU_pSuite suite = CU_add_suite("status list tokens", lists_world_init, lists_world_clear);

	CU_add_test(suite, "refused claims", refused_claims);
	CU_add_test(suite, "refused lists", refused_lists);
	CU_add_test(suite, "a bomb", bomb);
	CU_add_test(suite, "signers", signers);
	CU_add_test(suite, "revoked signer", revoked_signer);
	CU_add_test(suite, "what leaves it undetermined", undetermined);
	CU_add_test(suite, "times", times);
	CU_add_test(suite, "the signer's certificate runs out", signer_runs_out);
	CU_add_test(suite, "values", values);
	CU_add_test(suite, "what is read liberally", liberal);
}
