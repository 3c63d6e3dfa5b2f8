/* tests/unit/test_tools_batch.c: what must hold of records before they are kept, and how they are
 * shown. SPDX-License-Identifier: BSD-2-Clause */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "tests/unit/soft.h"
#include "tests/unit/unit_tools.h"
#include "tools/common/value.h"
#include "tools/token/batch.h"
#include <stdlib.h>
#include <string.h>

#define UNTIL_LAW 1769871599 /* 2026-01-31T14:59:59Z, the last second of 1 January's month */

static const uint8_t yes[] = { 0xF5 };
static const uint8_t name[] = { 0x63, 'H', 'a', 'n' };

struct made {
	struct mdoc_buf bytes;
	struct mdoc_issuer_signed *parsed;
};

/* libmdoc issues no record that is not as the law wants it: one of a type without rules becomes it. */
#define JP_TWIN "org.iso.23220.1.jp.mnd"

static void
rename_twin(struct mdoc_buf *bytes)
{
	const size_t len = sizeof(JP_TWIN) - 1;

	for (size_t i = 0; i + len <= bytes->len; i++)
		if (memcmp(bytes->ptr + i, JP_TWIN, len) == 0)
			memcpy(bytes->ptr + i, JP_DOCTYPE, len);
}

static void
make_record(struct made *made, const char *doc_type, const char *ns, const char *element, int64_t until)
{
	struct mdoc_claim claims[] = {
		{ mdoc_text(ns), mdoc_text(element), mdoc_bytes_of(yes, sizeof(yes)) },
		{ mdoc_text(JP_NAMESPACE), mdoc_text("full_name_unicode"), mdoc_bytes_of(name, sizeof(name)) },
	};
	struct mdoc_buf cert = MDOC_BUF_EMPTY;
	struct soft_key issuer, device;
	struct mdoc_bytes chain;
	struct mdoc_issue issue;
	struct mdoc_error error;

	memset(made, 0, sizeof(*made));
	memset(&issue, 0, sizeof(issue));
	CU_ASSERT_TRUE_FATAL(soft_key_make(&issuer, "P-256") && soft_key_make(&device, "P-256"));
	CU_ASSERT_EQUAL_FATAL(soft_certificate(MDOC_CERT_IACA, "root", &issuer, NULL, NULL, &cert, &error), MDOC_OK);
	chain = mdoc_buf_bytes(&cert);
	issue.doc_type = mdoc_text(doc_type);
	issue.claims = claims;
	issue.claim_count = 2;
	issue.device_key = device.pub;
	issue.digest_alg = MDOC_SHA256;
	issue.signed_ = issue.valid_from = soft_2026;
	issue.valid_until = until;
	issue.x5chain = &chain;
	issue.x5chain_count = 1;
	issue.signer = &issuer.signer;
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_build(NULL, &issue, &made->bytes, &error), MDOC_OK);
	rename_twin(&made->bytes);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&made->bytes), &made->parsed, &error),
		MDOC_OK);
	mdoc_buf_clear(&cert);
	soft_key_clear(&issuer);
	soft_key_clear(&device);
}

static void
clear_record(struct made *made)
{
	mdoc_issuer_signed_free(made->parsed);
	mdoc_buf_clear(&made->bytes);
}

/* If this failed, a record could carry medical or tax data (R-MIN-01), or outlive its month (R-VAL-01). */
static void
keeps_the_law(void)
{
	static const struct {
		const char *doc_type, *ns, *element;
		int64_t until;
		enum mdoc_result want;
	} rows[] = {
		{ JP_DOCTYPE, JP_NAMESPACE_GENERIC, "age_over_20", UNTIL_LAW, MDOC_OK },
		{ JP_TWIN, JP_NAMESPACE_GENERIC, "age_over_20", UNTIL_LAW + 1, MDOC_ERR_VALIDITY },
		{ JP_TWIN, JP_NAMESPACE_GENERIC, "age_over_2", UNTIL_LAW, MDOC_ERR_ELEMENT },
		{ JP_TWIN, JP_NAMESPACE_GENERIC, "age_over_200", UNTIL_LAW, MDOC_ERR_ELEMENT },
		{ JP_TWIN, JP_NAMESPACE_GENERIC, "age_over_xx", UNTIL_LAW, MDOC_ERR_ELEMENT },
		{ JP_TWIN, JP_NAMESPACE, "blood_type", UNTIL_LAW, MDOC_ERR_ELEMENT },
		{ JP_TWIN, JP_NAMESPACE, "sex", UNTIL_LAW, MDOC_ERR_ELEMENT },             /* of the other namespace */
		{ JP_TWIN, "org.iso.23220.1.jp.mnc", "sex", UNTIL_LAW, MDOC_ERR_ELEMENT }, /* the docType is none */
		{ "org.iso.18013.5.1.mDL", "x", "anything", UNTIL_LAW + 86400, MDOC_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_error error;
		struct made made;

		make_record(&made, rows[i].doc_type, rows[i].ns, rows[i].element, rows[i].until);
		CU_ASSERT_EQUAL(batch_check_law(made.parsed, &error), rows[i].want);
		clear_record(&made);
	}
}

/* If this failed, two readers could find out by comparing copies that they saw the same holder. */
static void
copies_share_nothing(void)
{
	struct mdoc_issuer_signed *records[2];
	struct mdoc_error error;
	struct mdoc_node digests;
	struct made a, b;
	struct mdoc_public_key key;

	make_record(&a, JP_DOCTYPE, JP_NAMESPACE_GENERIC, "age_over_20", UNTIL_LAW);
	make_record(&b, JP_DOCTYPE, JP_NAMESPACE_GENERIC, "age_over_20", UNTIL_LAW);
	records[0] = a.parsed;
	records[1] = b.parsed;
	CU_ASSERT_EQUAL(batch_check_unlinkable(records, 2, &error), MDOC_OK);
	CU_ASSERT_EQUAL(batch_check_unlinkable(records, 0, &error), MDOC_OK);
	/* the same key */
	key = b.parsed->mso.device_key;
	b.parsed->mso.device_key = a.parsed->mso.device_key;
	CU_ASSERT_EQUAL(batch_check_unlinkable(records, 2, &error), MDOC_ERR_VALUE);
	CU_ASSERT_STRING_EQUAL(error.path, "issuerAuth.deviceKeyInfo.deviceKey");
	b.parsed->mso.device_key = key;
	/* the same digests */
	digests = b.parsed->mso.value_digests;
	b.parsed->mso.value_digests = a.parsed->mso.value_digests;
	CU_ASSERT_EQUAL(batch_check_unlinkable(records, 2, &error), MDOC_ERR_VALUE);
	CU_ASSERT_STRING_EQUAL(error.path, "issuerAuth.valueDigests");
	b.parsed->mso.value_digests = digests;
	/* one random the same */
	b.parsed->namespaces[0].items[0].random = a.parsed->namespaces[0].items[0].random;
	CU_ASSERT_EQUAL(batch_check_unlinkable(records, 2, &error), MDOC_ERR_VALUE);
	CU_ASSERT_STRING_EQUAL(error.path, "nameSpaces");
	clear_record(&a);
	clear_record(&b);
}

/* If this failed, a copy that says something else would be kept without having been shown (R-NOT-01). */
static void
compares_contents(void)
{
	struct made a, b, other, later;

	make_record(&a, JP_DOCTYPE, JP_NAMESPACE_GENERIC, "age_over_20", UNTIL_LAW);
	make_record(&b, JP_DOCTYPE, JP_NAMESPACE_GENERIC, "age_over_20", UNTIL_LAW);
	make_record(&other, JP_DOCTYPE, JP_NAMESPACE_GENERIC, "age_over_18", UNTIL_LAW);
	make_record(&later, JP_DOCTYPE, JP_NAMESPACE_GENERIC, "age_over_20", UNTIL_LAW - 1);
	CU_ASSERT_TRUE(record_same_content(a.parsed, b.parsed));
	CU_ASSERT_FALSE(record_same_content(a.parsed, other.parsed));
	CU_ASSERT_FALSE(record_same_content(a.parsed, later.parsed));
	b.parsed->namespaces[0].items[0].value = mdoc_bytes_of("\xF4", 1);
	CU_ASSERT_FALSE(record_same_content(a.parsed, b.parsed));
	clear_record(&a);
	clear_record(&b);
	clear_record(&other);
	clear_record(&later);
}

CU_TestInfo batch_tests[] = {
	{ "keeps the law", keeps_the_law },
	{ "copies share nothing", copies_share_nothing },
	{ "compares contents", compares_contents },
	CU_TEST_INFO_NULL,
};

static void
prints(const char *element, struct mdoc_bytes value, const char *want)
{
	char *shown = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&shown, &len);

	value_print(to, mdoc_text(element), value);
	fclose(to);
	CU_ASSERT_STRING_EQUAL(shown, want);
	free(shown);
}

/* If this failed, the holder would agree to something else than what leaves. */
static void
shows_values(void)
{
	prints("x", mdoc_bytes_of(name, sizeof(name)), "Han");
	prints("age_over_20", mdoc_bytes_of(yes, sizeof(yes)), "yes");
	prints("sex", mdoc_bytes_of("\x02", 1), "2 (female)");
	prints("age_in_years", mdoc_bytes_of("\x18\x1e", 2), "30");
	prints("weight", mdoc_bytes_of("\xfa\x42\x5e\x00\x00", 5), "55.5");
	prints("birth_date",
		mdoc_bytes_of("\xd9\x03\xec\x6a"
			      "2000-03-31",
			14),
		"2000-03-31");
	prints("birth_date",
		mdoc_bytes_of("\xa1\x61"
			      "d\xd9\x03\xec\x6a"
			      "2000-03-31",
			17),
		"{d: 2000-03-31}");
	prints("portrait", mdoc_bytes_of("\x44\xff\xd8\xff\xe0", 5), "(4 bytes, JPEG image)");
	prints("x", mdoc_bytes_of("\x63\x1b[2", 4), "?[2");
	prints("x", mdoc_bytes_of("\x63", 1), "(a value that cannot be shown)");
}

CU_TestInfo value_tests[] = {
	{ "shows values", shows_values },
	CU_TEST_INFO_NULL,
};
