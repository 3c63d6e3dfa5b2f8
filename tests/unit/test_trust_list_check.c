/*
 * tests/unit/test_trust_list_check.c: VICAL and RICAL, checked and taken for trust anchors.
 *
 * If these fail, a reader trusts an authority that nobody vouched for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/lists_provider.h"

#include <CUnit/Basic.h>
#include <string.h>

static enum mdoc_result
checked_by(struct mdoc_trust_list *list, const struct mdoc_buf *anchor, enum mdoc_cert_profile profile)
{
	struct mdoc_trust_list_policy policy = lists_good_policy();
	struct mdoc_trust *trust = lists_trusting(anchor, profile);
	enum mdoc_result res;

	policy.anchors = trust;
	res = mdoc_trust_list_check(NULL, list, &policy, NULL);
	mdoc_trust_free(trust);
	return res;
}

static void
whose_list(void)
{
	struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	struct mdoc_trust_list_policy policy = lists_good_policy();
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	spec.x5chain_count = 2; /* with the root itself */
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	policy.anchors = NULL;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_ARG);
	policy = lists_good_policy();
	policy.clock_skew = INT64_MAX;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(checked_by(list, &lists_provider.signer, MDOC_CERT_VICAL), MDOC_OK); /* known itself */
	CU_ASSERT_EQUAL(checked_by(list, &lists_provider.signer, MDOC_CERT_RICAL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(checked_by(list, &lists_world.iaca, MDOC_CERT_IACA), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(checked_by(list, &lists_world.iaca, MDOC_CERT_LIST_CA), MDOC_ERR_CHAIN);
	policy = lists_good_policy();
	policy.now = soft_2026 + 1000 * SOFT_DAY;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_VALIDITY);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);

	spec = lists_good_spec(MDOC_VICAL);
	spec.signer = &lists_provider.ca_key.signer; /* another key than that of the certificate */
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	policy = lists_good_policy();
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_ALGORITHM);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);
}

/* Lists of a provider with a CA between its root and its signer would be unknown, or any CA could stand there. */
static void
certificate_between(void)
{
	struct lists_provider *p = &lists_provider;
	struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	struct mdoc_trust_list_policy policy = lists_good_policy();
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	spec.x5chain_count = 2;
	p->x5chain[0] = mdoc_buf_bytes(&p->low);
	for (int above = 0; above < 2; above++) {
		p->x5chain[1] = mdoc_buf_bytes(above == 0 ? &p->between : &p->signer);
		CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL),
			MDOC_OK);
		policy.crl_required = false;
		CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL),
			above == 0 ? MDOC_OK : MDOC_ERR_CERTIFICATE);
		policy.crl_required = true;
		CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL),
			above == 0 ? MDOC_ERR_UNDETERMINED : MDOC_ERR_CERTIFICATE);
		CU_ASSERT_EQUAL(checked_by(list, &p->between, MDOC_CERT_LIST_CA), MDOC_OK);
		mdoc_trust_list_free(list);
		mdoc_buf_clear(&out);
	}
}

/* A DS of any authority could say whom to trust. */
static void
signer_profile(void)
{
	struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	lists_provider.x5chain[0] = mdoc_buf_bytes(&lists_world.ds);
	spec.signer = &lists_world.ds_key.signer;
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(checked_by(list, &lists_world.iaca, MDOC_CERT_LIST_CA), MDOC_ERR_CERTIFICATE);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);
}

/* A provider takes a signer back, and its lists would still be believed. */
static void
revoked_signer(void)
{
	const struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	struct mdoc_trust_list_policy policy = lists_good_policy();
	struct mdoc_trust *trust = lists_trusting(&lists_provider.ca, MDOC_CERT_LIST_CA);
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	policy.anchors = trust;
	policy.crl_required = true;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_UNDETERMINED);
	CU_ASSERT_TRUE(lists_add_crl(trust, &lists_provider.ca, &lists_provider.ca_key, NULL));
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	CU_ASSERT_TRUE(lists_add_crl(trust, &lists_provider.ca, &lists_provider.ca_key, &lists_provider.signer));
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_REVOKED);
	policy.crl_required = false;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_REVOKED);
	mdoc_trust_list_free(list);
	mdoc_trust_free(trust);
	mdoc_buf_clear(&out);
}

static void
dates(void)
{
	const struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_RICAL);
	const struct {
		int64_t now, skew;
		bool overdue;
		enum mdoc_result res;
	} cases[] = {
		{ spec.date - 1, 0, false, MDOC_ERR_VALIDITY },
		{ spec.date - 1, 1, false, MDOC_OK },
		{ spec.next_update, 0, false, MDOC_OK },
		{ spec.next_update + 1, 0, false, MDOC_ERR_VALIDITY },
		{ spec.next_update + 1, 1, false, MDOC_OK },
		{ spec.next_update + 1, 0, true, MDOC_OK },
		{ spec.not_after, 0, true, MDOC_OK },
		{ spec.not_after + 1, 0, true, MDOC_ERR_VALIDITY },
	};
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_RICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mdoc_trust_list_policy policy = lists_good_policy();

		policy.now = cases[i].now;
		policy.clock_skew = cases[i].skew;
		policy.accept_overdue = cases[i].overdue;
		CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), cases[i].res);
	}
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);
}

/* No bit of a list may change unnoticed. */
static void
every_byte(void)
{
	const struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	const struct mdoc_trust_list_policy policy = lists_good_policy();
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	size_t taken = 0;

	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	for (size_t i = 0; i < out.len; i++) {
		struct mdoc_trust_list *list = NULL;

		out.ptr[i] ^= 0x01;
		if (mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL) == MDOC_OK)
			taken += mdoc_trust_list_check(NULL, list, &policy, NULL) == MDOC_OK;
		mdoc_trust_list_free(list);
		out.ptr[i] ^= 0x01;
	}
	CU_ASSERT_EQUAL(taken, 0);
	mdoc_buf_clear(&out);
}

static void
count_left(void *arg, size_t i, const struct mdoc_error *why)
{
	unsigned *codes = arg;

	codes[i] = why->code;
}

static enum mdoc_result
into(const struct mdoc_trust_list *list, struct mdoc_trust *trust, size_t *added, unsigned codes[2])
{
	codes[0] = codes[1] = MDOC_OK;
	return mdoc_trust_list_into_trust(NULL, list, trust, 0, added, count_left, codes, NULL);
}

/* For which of the two types the issuer of this DS counts: bit 0 and bit 1. */
static unsigned
counts_for(const struct mdoc_trust *trust, const struct mdoc_buf *der)
{
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = mdoc_cert_parse(NULL, mdoc_buf_bytes(der), &cert, NULL);

	if (res == MDOC_OK)
		res = mdoc_trust_find(trust, cert, MDOC_CERT_DS, 0, lists_world.now, &anchor, NULL);
	mdoc_cert_free(cert);
	CU_ASSERT_EQUAL(res, MDOC_OK);
	if (res != MDOC_OK)
		return 8;
	CU_ASSERT_FALSE(mdoc_anchor_allows(anchor, mdoc_text("x")));
	return (mdoc_anchor_allows(anchor, mdoc_text(MDL)) ? 1U : 0U) |
		(mdoc_anchor_allows(anchor, mdoc_text(JP)) ? 2U : 0U);
}

/* An authority issues only what the list says that it may. */
static void
anchors_for_types(void)
{
	const struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	const struct mdoc_trust_list_policy policy = lists_good_policy();
	const struct mdoc_bytes twice[] = { mdoc_text(JP), mdoc_text(MDL), mdoc_text(JP) };
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	unsigned codes[2];
	size_t added = 9;

	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(into(list, trust, &added, codes), MDOC_ERR_ARG); /* not checked */
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	for (int again = 0; again < 2; again++) {
		CU_ASSERT_EQUAL(into(list, trust, &added, codes), MDOC_OK);
		CU_ASSERT(added == 2 && codes[0] == MDOC_OK && codes[1] == MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_trust_count(trust), 2);
		CU_ASSERT_EQUAL(counts_for(trust, &lists_world.ds), 3);
		CU_ASSERT_EQUAL(counts_for(trust, &lists_world.other_ds), 2);
	}
	CU_ASSERT_EQUAL(mdoc_trust_list_add_entry(NULL, list, 2, trust, 0, NULL), MDOC_ERR_ARG);
	/* another list adds to what the first one said */
	CU_ASSERT_EQUAL(mdoc_trust_add_for(NULL, trust, mdoc_buf_bytes(&lists_world.other), MDOC_CERT_IACA, 0, twice, 3,
				NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL(counts_for(trust, &lists_world.other_ds), 3);
	mdoc_trust_free(trust);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);
}

/* A store grows without end by what one list says of one authority. */
static void
types_are_bounded(void)
{
	const struct mdoc_bytes three[] = { mdoc_text("a"), mdoc_text("b"), mdoc_text("c") };
	const struct mdoc_bytes iaca = mdoc_buf_bytes(&lists_world.iaca);
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_context *context = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_TRUST_ENTRIES, 2), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_add_for(context, trust, iaca, MDOC_CERT_IACA, 0, three, 3, NULL), MDOC_ERR_SIZE);
	CU_ASSERT_EQUAL(mdoc_trust_count(trust), 0);
	CU_ASSERT_EQUAL(mdoc_trust_add_for(context, trust, iaca, MDOC_CERT_IACA, 0, three, 2, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_add_for(context, trust, iaca, MDOC_CERT_IACA, 0, three + 1, 1, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_add_for(context, trust, iaca, MDOC_CERT_IACA, 0, three + 2, 1, NULL), MDOC_ERR_SIZE);
	mdoc_trust_free(trust);
	mdoc_context_free(context);
}

/* Entries of a RICAL by hand: of the five, only the last is an anchor. */
static void
entries_left_out(void)
{
	static const enum mdoc_result expected[] = { MDOC_ERR_AUTHORIZATION, MDOC_ERR_AUTHORIZATION,
		MDOC_ERR_CERTIFICATE, MDOC_ERR_CERTIFICATE, MDOC_OK };
	const struct mdoc_trust_list_policy policy = lists_good_policy();
	struct mdoc_buf payload = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY;
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_trust_list *list = NULL;
	struct soft_key ca_key;
	struct mdoc_buf ca = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	struct mdoc_bytes ski;
	uint8_t wrapped[2 + 64] = { 0x04 };

	CU_ASSERT_TRUE_FATAL(soft_key_make(&ca_key, "P-256"));
	CU_ASSERT_TRUE_FATAL(lists_make_cert(MDOC_CERT_READER_CA, &ca_key, NULL, NULL, &ca));
	CU_ASSERT_EQUAL_FATAL(mdoci_listed_parse(NULL, mdoc_buf_bytes(&ca), &cert, NULL), MDOC_OK);
	ski = mdoc_cert_key_id(cert);
	wrapped[1] = (uint8_t)ski.len;
	memcpy(wrapped + 2, ski.ptr, ski.len);
	mdoc_put_map(&payload, 5);
	mdoc_put_text(&payload, "version");
	mdoc_put_text(&payload, "1.0");
	mdoc_put_text(&payload, "provider");
	mdoc_put_text(&payload, "P");
	mdoc_put_text(&payload, "date");
	mdoc_put_tdate(&payload, lists_world.now);
	mdoc_put_text(&payload, "type");
	mdoc_put_text(&payload, "t");
	mdoc_put_text(&payload, "certificateInfos");
	mdoc_put_array(&payload, 5);
	for (int i = 0; i < 5; i++) {
		mdoc_put_map(&payload, i < 2 ? 4 : 3);
		mdoc_put_text(&payload, "certificate");
		mdoc_put_bstr(&payload, mdoc_buf_bytes(&ca));
		mdoc_put_text(&payload, "serialNumber");
		mdoc_put_tag(&payload, 2);
		mdoc_put_bstr(&payload, i == 2 ? mdoc_text("2") : mdoc_cert_serial(cert));
		mdoc_put_text(&payload, "ski"); /* the last as one provider writes it */
		mdoc_put_bstr(&payload, i == 3 ? mdoc_text("s") : i == 4 ? mdoc_bytes_of(wrapped, 2 + ski.len) : ski);
		if (i == 0) {
			mdoc_put_text(&payload, "isTrustAnchor");
			mdoc_put_bool(&payload, false);
		} else if (i == 1) {
			mdoc_put_text(&payload, "trustConstraints");
			mdoc_put_array(&payload, 0);
		}
	}
	lists_put_signed(&out, &payload, false, true);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_RICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(mdoc_trust_list_add_entry(NULL, list, i, trust, 0, NULL), expected[i]);
	mdoc_cert_free(cert);
	mdoc_buf_clear(&ca);
	soft_key_clear(&ca_key);
	mdoc_trust_free(trust);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&payload);
	mdoc_buf_clear(&out);
}

void
lists_trust_check_tests(void)
{
	CU_pSuite suite = CU_add_suite("trust lists, checked", lists_provider_init, lists_provider_clear);

	CU_add_test(suite, "whose list it is", whose_list);
	CU_add_test(suite, "dates", dates);
	CU_add_test(suite, "every byte", every_byte);
	CU_add_test(suite, "certificate between", certificate_between);
	CU_add_test(suite, "profile of the signer", signer_profile);
	CU_add_test(suite, "revoked signer", revoked_signer);
	CU_add_test(suite, "anchors for document types", anchors_for_types);
	CU_add_test(suite, "document types are bounded", types_are_bounded);
	CU_add_test(suite, "entries that are left out", entries_left_out);
}
