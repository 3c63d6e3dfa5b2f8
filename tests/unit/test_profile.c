/*
 * tests/unit/test_profile.c: the rules of the Japanese docType, row by row.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <mdoc/japan.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo profile_tests[];

#define JP MDOC_JP_NAMESPACE
#define ISO MDOC_JP_NAMESPACE_GENERIC

/* A value as text, or encoded, against both checks. */
static const struct {
	const char *ns, *element;
	const char *text; /* NULL: hex instead */
	const char *hex;
	enum mdoc_result read, written;
} values[] = {
	{ JP, "full_name_unicode", "番号　花子", NULL, MDOC_OK, MDOC_OK },
	{ JP, "full_name_unicode", "\xf0\xa0\xae\xb7\xe9\x87\x8e", NULL, MDOC_OK, MDOC_OK }, /* U+20BB7 */
	{ JP, "full_name_unicode", "\xe8\xbe\xbb\xf3\xa0\x84\x81", NULL, MDOC_OK, MDOC_OK }, /* an IVS */
	{ JP, "full_name_unicode", "", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "full_name_unicode", NULL, "41 41", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "full_name_unicode", NULL, "07", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "resident_address_unicode", "〇〇県△△市□□町１−２−３", NULL, MDOC_OK, MDOC_OK },
	{ JP, "resident_address_unicode", "", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "local_gov_code_unicode", "14364", NULL, MDOC_OK, MDOC_OK },
	{ JP, "local_gov_code_unicode", "143642", NULL, MDOC_OK, MDOC_ERR_ELEMENT },
	{ JP, "local_gov_code_unicode", "1436", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "local_gov_code_unicode", "1436421", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "local_gov_code_unicode", "1436x", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "local_gov_code_unicode", NULL, "19 381c", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "individual_number_unicode", "123456789012", NULL, MDOC_OK, MDOC_OK }, /* a wrong check digit */
	{ JP, "individual_number_unicode", "123456789018", NULL, MDOC_OK, MDOC_OK },
	{ JP, "individual_number_unicode", "12345678901", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "individual_number_unicode", "1234567890123", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "individual_number_unicode", "１２３４", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "individual_number_unicode", NULL, "1b 0000001cbe991a14", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "portrait", NULL, "44 ffd8ffd9", MDOC_OK, MDOC_OK },
	{ JP, "portrait", NULL, "40", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "portrait", "ffd8", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "sex_unicode", "女", NULL, MDOC_OK, MDOC_OK },
	{ JP, "sex_unicode", NULL, "02", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ JP, "birth_date_unicode", "1971年9月1日", NULL, MDOC_OK, MDOC_OK },
	{ JP, "birth_date_unicode", "", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "sex", NULL, "00", MDOC_OK, MDOC_OK },
	{ ISO, "sex", NULL, "02", MDOC_OK, MDOC_OK },
	{ ISO, "sex", NULL, "18 09", MDOC_OK, MDOC_OK },
	{ ISO, "sex", NULL, "03", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "sex", NULL, "20", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "sex", "2", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "birth_date", NULL, "d903ec 6a 323030302d30322d3239", MDOC_OK, MDOC_OK },
	{ ISO, "birth_date", NULL, "a1 6a 62697274685f64617465 d903ec 6a 323030302d30322d3239", MDOC_OK, MDOC_OK },
	{ ISO, "birth_date", NULL, "a2 61 78 01 6a 62697274685f64617465 d903ec 6a 323030302d30322d3239", MDOC_OK,
		MDOC_OK },
	{ ISO, "birth_date", NULL, "a1 61 78 d903ec 6a 323030302d30322d3239", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "birth_date", NULL, "a1 6a 62697274685f64617465 6a 323030302d30322d3239", MDOC_ERR_ELEMENT,
		MDOC_ERR_ELEMENT },
	{ ISO, "birth_date", "2000-02-29", NULL, MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },                     /* no tag */
	{ ISO, "birth_date", NULL, "d903ec 6a 323030312d30322d3239", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT }, /* 2001 */
	{ ISO, "birth_date", NULL, "c0 6a 323030302d30322d3239", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "age_in_years", NULL, "00", MDOC_OK, MDOC_OK },
	{ ISO, "age_in_years", NULL, "18 96", MDOC_OK, MDOC_OK },
	{ ISO, "age_in_years", NULL, "18 97", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "age_in_years", NULL, "20", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	{ ISO, "age_over_00", NULL, "f5", MDOC_OK, MDOC_OK },
	{ ISO, "age_over_99", NULL, "f4", MDOC_OK, MDOC_OK },
	{ ISO, "age_over_20", NULL, "01", MDOC_ERR_ELEMENT, MDOC_ERR_ELEMENT },
	/* Named by no rule: a reader takes it, an issuer does not. */
	{ ISO, "age_over_NN", NULL, "f5", MDOC_OK, MDOC_ERR_ELEMENT },
	{ ISO, "age_over_2", NULL, "f5", MDOC_OK, MDOC_ERR_ELEMENT },
	{ ISO, "age_over_100", NULL, "f5", MDOC_OK, MDOC_ERR_ELEMENT },
	{ JP, "age_over_20", NULL, "f5", MDOC_OK, MDOC_ERR_ELEMENT },
	{ JP, "sex", NULL, "07", MDOC_OK, MDOC_ERR_ELEMENT },
	{ ISO, "full_name_unicode", "x", NULL, MDOC_OK, MDOC_ERR_ELEMENT },
	{ JP, "health_insurance", "x", NULL, MDOC_OK, MDOC_ERR_ELEMENT },
	{ "org.iso.18013.5.1", "family_name", "x", NULL, MDOC_OK, MDOC_ERR_ELEMENT },
};

/* A reader would refuse a real record, or an issuer sign what the public was told is not in it (R-MIN-01). */
static void
element_rows(void)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(MDOC_JP_DOCTYPE));

	CU_ASSERT_PTR_NOT_NULL_FATAL(profile);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct mdoc_bytes hex = hex_load(values[i].hex != NULL ? values[i].hex : "");
		struct mdoc_buf value = MDOC_BUF_EMPTY;
		struct mdoc_cbor *scan = NULL;
		struct mdoc_error error = { .code = MDOC_OK };
		struct mdoc_claim claim;
		enum mdoc_result res;

		if (values[i].text != NULL)
			mdoc_put_text(&value, values[i].text);
		else
			mdoc_put_raw(&value, hex);
		claim = (struct mdoc_claim){ mdoc_text(values[i].ns), mdoc_text(values[i].element),
			mdoc_buf_bytes(&value) };
		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, claim.value, 0, &scan, NULL), MDOC_OK);
		res = mdoc_profile_check_element(profile, claim.ns, claim.element, mdoc_cbor_root(scan), &error);
		if (res != values[i].read)
			printf("\nrow %zu: %s\n", i, values[i].element);
		CU_ASSERT_EQUAL(res, values[i].read);
		CU_ASSERT_EQUAL(error.code, values[i].read);
		CU_ASSERT_EQUAL(strstr(error.path, values[i].element) != NULL, res != MDOC_OK);
		res = mdoc_profile_check_claim(NULL, profile, &claim, NULL);
		if (res != values[i].written)
			printf("\nrow %zu: %s\n", i, values[i].element);
		CU_ASSERT_EQUAL(res, values[i].written);
		/* Without a profile nothing but well-formed CBOR is asked for. */
		CU_ASSERT_EQUAL(mdoc_profile_check_claim(NULL, NULL, &claim, NULL), MDOC_OK);
		mdoc_cbor_free(scan);
		mdoc_buf_clear(&value);
		bytes_free(hex);
	}
}

/* An element of the table could be forgotten by its own test. */
static void
every_rule_has_a_row(void)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(MDOC_JP_DOCTYPE));
	const struct mdoc_element_rule *rule;
	size_t count = 0;

	for (size_t i = 0; (rule = mdoc_profile_rule(profile, i)) != NULL; i++) {
		bool good = false, bad = false;

		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			if (mdoc_profile_element(profile, mdoc_text(values[k].ns), mdoc_text(values[k].element)) !=
				rule)
				continue;
			good |= values[k].written == MDOC_OK;
			bad |= values[k].read != MDOC_OK;
		}
		CU_ASSERT_TRUE(good && bad);
		count++;
	}
	CU_ASSERT_EQUAL(count, 11);
	CU_ASSERT_PTR_NULL(mdoc_profile_find(mdoc_text("org.iso.18013.5.1.mDL")));
	CU_ASSERT_PTR_NULL(mdoc_profile_find(mdoc_text("org.iso.23220.1.jp.mn")));
	CU_ASSERT_PTR_NULL(mdoc_profile_element(NULL, mdoc_text(JP), mdoc_text("portrait")));
	CU_ASSERT_PTR_NULL(mdoc_profile_rule(NULL, 0));
}

/* A record would outlive the law's month (R-VAL-01); by a second is enough. */
static void
law_month(void)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(MDOC_JP_DOCTYPE));
	const int64_t last = mdoc_law_valid_until(soft_2026);
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_issuer_signed *is = NULL;
	struct kit kit;

	CU_ASSERT_EQUAL(mdoc_profile_check_validity(profile, soft_2026, last, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_profile_check_validity(profile, soft_2026, last + 1, NULL), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(mdoc_profile_check_validity(profile, INT64_MAX, INT64_MAX, NULL), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(mdoc_profile_check_validity(profile, -1, 0, NULL), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(mdoc_profile_check_validity(NULL, soft_2026, INT64_MAX, NULL), MDOC_OK);
	kit_make_bad(&kit);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&kit.record), &is, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_profile_check_record(NULL, profile, is, NULL), MDOC_ERR_ELEMENT);
	CU_ASSERT_EQUAL(mdoc_profile_check_record(NULL, NULL, is, NULL), MDOC_OK);
	mdoc_issuer_signed_free(is);
	kit_clear(&kit);
	kit_make(&kit, "P-256");
	kit.issue.valid_until = last;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &kit.issue, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&out), &is, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_profile_check_record(NULL, profile, is, NULL), MDOC_OK);
	mdoc_issuer_signed_free(is);
	mdoc_buf_clear(&out);
	kit.issue.valid_until = last + 1;
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &kit.issue, &out, NULL), MDOC_ERR_VALIDITY);
	kit.issue.doc_type = mdoc_text("x.y");
	CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &kit.issue, &out, NULL), MDOC_OK);
	mdoc_buf_clear(&out);
	kit_clear(&kit);
}

/* A signature would rest on a smaller group than the order asks for (R-CRY-01), or be no signature (R-TX-01). */
static void
keys_and_mac(void)
{
	static const int taken[] = { 1, 2, 3, 7, 256, 257, 258, 259 }, refused[] = { 0, 4, 5, 6, 8, 255, 260 };
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(MDOC_JP_DOCTYPE));

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		CU_ASSERT_TRUE(mdoc_profile_takes_curve(profile, (enum mdoc_curve)taken[i]));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		CU_ASSERT_FALSE(mdoc_profile_takes_curve(profile, (enum mdoc_curve)refused[i]));
		CU_ASSERT_TRUE(mdoc_profile_takes_curve(NULL, (enum mdoc_curve)refused[i]));
	}
	CU_ASSERT_FALSE(mdoc_profile_takes_mac(profile));
	CU_ASSERT_TRUE(mdoc_profile_takes_mac(NULL));
	CU_ASSERT_FALSE(mdoc_doc_type_takes_mac(mdoc_text(MDOC_JP_DOCTYPE)));
	CU_ASSERT_TRUE(mdoc_doc_type_takes_mac(mdoc_text("org.iso.18013.5.1.mDL")));
}

CU_TestInfo profile_tests[] = {
	{ "element rows", element_rows },
	{ "every rule has a row", every_rule_has_a_row },
	{ "the law's month", law_month },
	{ "keys and MAC", keys_and_mac },
	CU_TEST_INFO_NULL,
};
