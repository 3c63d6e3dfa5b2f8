/*
 * tests/unit/test_trust_list.c: VICAL and RICAL, parsed and built.
 *
 * If these fail, a real provider's list cannot be read, or nobody can read ours.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/lists_provider.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static enum mdoc_result
parsed(enum mdoc_trust_list_kind kind, struct mdoc_bytes input)
{
	struct mdoc_trust_list *list = NULL;
	const enum mdoc_result res = mdoc_trust_list_parse(NULL, kind, input, &list, NULL);

	CU_ASSERT_EQUAL(res == MDOC_OK, list != NULL);
	mdoc_trust_list_free(list);
	return res;
}

/* A VICAL with one member of the payload or of its only entry left out or replaced. */
struct change {
	const char *key;   /* which */
	const char *value; /* encoded; NULL: left out */
	size_t len;
	enum mdoc_result res;
};

static bool
replaced(struct mdoc_buf *out, const struct change *change, const char *key)
{
	if (change == NULL || strcmp(change->key, key) != 0)
		return false;
	if (change->value != NULL) {
		mdoc_put_text(out, key);
		mdoc_buf_append(out, mdoc_bytes_of(change->value, change->len));
	}
	return true;
}

static void
put_vical(struct mdoc_buf *out, const struct change *change)
{
	static const char *const head[] = { "version", "vicalProvider" };
	static const char *const values[] = { "1.0", "P" };
	static const char *const entry[] = { "certificate", "ski" };
	const struct mdoc_bytes bytes[] = { mdoc_buf_bytes(&lists_world.iaca), mdoc_text("ski") };

	mdoc_buf_append(out, mdoc_text("\xbf"));
	for (size_t i = 0; i < 2; i++) {
		if (replaced(out, change, head[i]))
			continue;
		mdoc_put_text(out, head[i]);
		mdoc_put_text(out, values[i]);
	}
	if (!replaced(out, change, "date")) {
		mdoc_put_text(out, "date");
		mdoc_put_tdate(out, lists_world.now);
	}
	(void)replaced(out, change, "nextUpdate");
	(void)replaced(out, change, "vicalIssueID");
	if (!replaced(out, change, "certificateInfos")) {
		mdoc_put_text(out, "certificateInfos");
		mdoc_put_array(out, 1);
		mdoc_buf_append(out, mdoc_text("\xbf"));
		for (size_t i = 0; i < 2; i++) {
			if (replaced(out, change, entry[i]))
				continue;
			mdoc_put_text(out, entry[i]);
			mdoc_put_bstr(out, bytes[i]);
		}
		if (!replaced(out, change, "serialNumber")) {
			mdoc_put_text(out, "serialNumber");
			mdoc_put_tag(out, 2);
			mdoc_put_bstr(out, mdoc_text("\x01"));
		}
		if (!replaced(out, change, "docType")) {
			mdoc_put_text(out, "docType");
			mdoc_put_array(out, 1);
			mdoc_put_text(out, MDL);
		}
		(void)replaced(out, change, "issuingCountry");
		(void)replaced(out, change, "Extensions");
		mdoc_buf_append(out, mdoc_text("\xff"));
	}
	mdoc_buf_append(out, mdoc_text("\xff"));
}

#define BYTES(text) (text), sizeof(text) - 1

static void
structure(void)
{
	static const struct change changes[] = {
		{ "version", NULL, 0, MDOC_ERR_MISSING },
		{ "version",
			BYTES("\x63"
			      "2.0"),
			MDOC_ERR_VERSION },
		{ "version",
			BYTES("\x62"
			      "10"),
			MDOC_ERR_VERSION },
		{ "version", BYTES("\x60"), MDOC_ERR_VERSION },
		{ "version", BYTES("\x01"), MDOC_ERR_TYPE },
		{ "vicalProvider", NULL, 0, MDOC_ERR_MISSING },
		{ "date", NULL, 0, MDOC_ERR_MISSING },
		{ "date",
			BYTES("\x74"
			      "2026-01-01T00:00:00Z"),
			MDOC_ERR_TYPE },
		{ "date",
			BYTES("\xc0\x6a"
			      "2026-01-01"),
			MDOC_ERR_VALUE },
		{ "nextUpdate", BYTES("\x01"), MDOC_ERR_TYPE },
		{ "vicalIssueID", BYTES("\x20"), MDOC_ERR_TYPE },
		{ "certificateInfos", NULL, 0, MDOC_ERR_MISSING },
		{ "certificateInfos", BYTES("\xa0"), MDOC_ERR_TYPE },
		{ "certificateInfos", BYTES("\x81\x01"), MDOC_ERR_TYPE },
		{ "certificate", NULL, 0, MDOC_ERR_MISSING },
		{ "certificate", BYTES("\x61x"), MDOC_ERR_TYPE },
		{ "serialNumber", NULL, 0, MDOC_ERR_MISSING },
		{ "serialNumber", BYTES("\xc3\x41x"), MDOC_ERR_TYPE },
		{ "serialNumber", BYTES("\x61x"), MDOC_ERR_TYPE },
		{ "ski", NULL, 0, MDOC_ERR_MISSING },
		{ "docType", NULL, 0, MDOC_ERR_MISSING },
		{ "docType", BYTES("\x61x"), MDOC_ERR_TYPE },
		{ "docType", BYTES("\x80"), MDOC_ERR_VALUE },
		{ "docType", BYTES("\x81\x60"), MDOC_ERR_VALUE },
		{ "docType", BYTES("\x81\x41x"), MDOC_ERR_TYPE },
		{ "issuingCountry", BYTES("\x41x"), MDOC_ERR_TYPE },
		/* read all the same */
		{ "certificateInfos", BYTES("\x80"), MDOC_OK },
		{ "version",
			BYTES("\x63"
			      "1.1"),
			MDOC_OK },
		{ "version",
			BYTES("\x61"
			      "1"),
			MDOC_OK },
		{ "serialNumber", BYTES("\x19\x01\x02"), MDOC_OK },
		{ "ski", BYTES("\x44\x04\x02\x01\x02"), MDOC_OK },
		{ "Extensions", BYTES("\xa1\x61x\xf6"), MDOC_OK },
		{ "issuingCountry", BYTES("\x62JP"), MDOC_OK },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		for (unsigned form = 0; form < 4; form++) {
			struct mdoc_buf payload = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;

			put_vical(&payload, &changes[i]);
			lists_put_signed(&input, &payload, form & 1, form & 2);
			CU_ASSERT_EQUAL(parsed(MDOC_VICAL, mdoc_buf_bytes(&input)), changes[i].res);
			mdoc_buf_clear(&payload);
			mdoc_buf_clear(&input);
		}
	}
	CU_ASSERT_EQUAL(parsed(MDOC_VICAL, mdoc_text("\x80")), MDOC_ERR_TYPE);
	CU_ASSERT_EQUAL(parsed((enum mdoc_trust_list_kind)2, mdoc_text("\x80")), MDOC_ERR_ARG);
}

static void
limits(void)
{
	struct mdoc_buf payload = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY;
	struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	struct mdoc_context *context = NULL;
	struct mdoc_trust_list *list = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(context, &spec, &input, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_TRUST_ENTRIES, 3), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_list_parse(context, MDOC_VICAL, mdoc_buf_bytes(&input), &list, NULL), MDOC_OK);
	mdoc_trust_list_free(list);
	/* two entries, three document types */
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_TRUST_ENTRIES, 2), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_list_parse(context, MDOC_VICAL, mdoc_buf_bytes(&input), &list, NULL), MDOC_ERR_SIZE);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_TRUST_ENTRIES, 1), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_list_build(context, &spec, &out, NULL), MDOC_ERR_SIZE);
	CU_ASSERT_EQUAL(out.len, 0);
	mdoc_context_free(context);
	mdoc_buf_clear(&payload);
	mdoc_buf_clear(&input);
}

static void
not_built(void)
{
	struct mdoc_trust_list_spec spec;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

#define NOT_BUILT(kind, change, result) \
	do { \
		spec = lists_good_spec(kind); \
		change; \
		CU_ASSERT_EQUAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), result); \
		CU_ASSERT_EQUAL(out.len, 0); \
	} while (0)
	NOT_BUILT(MDOC_VICAL, spec.provider = MDOC_NO_BYTES, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, spec.entry_count = 0, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, spec.x5chain_count = 0, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, spec.signer = NULL, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, spec.type = mdoc_text("t"), MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, spec.has_not_after = true, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, lists_provider.entries[1].doc_type_count = 0, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, lists_provider.entries[1].certificate = mdoc_text("x"), MDOC_ERR_CERTIFICATE);
	NOT_BUILT(MDOC_VICAL, spec.next_update = spec.date, MDOC_ERR_VALIDITY);
	NOT_BUILT(MDOC_VICAL, spec.date = -1, MDOC_ERR_VALUE);
	NOT_BUILT(MDOC_RICAL, spec.type = MDOC_NO_BYTES, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_RICAL, spec.not_after = spec.date, MDOC_ERR_VALIDITY);
	NOT_BUILT(MDOC_RICAL,
		(lists_provider.entries[0].doc_types = lists_provider.doc_types,
			lists_provider.entries[0].doc_type_count = 1),
		MDOC_ERR_ARG);
#undef NOT_BUILT
}

static void
built_and_read(void)
{
	for (int kind = MDOC_VICAL; kind <= MDOC_RICAL; kind++) {
		const struct mdoc_trust_list_spec spec = lists_good_spec((enum mdoc_trust_list_kind)kind);
		const struct mdoc_trust_list_policy policy = lists_good_policy();
		struct mdoc_trust_list_info info;
		struct mdoc_trust_entry entry;
		struct mdoc_trust_list *list = NULL;
		struct mdoc_cert *cert = NULL;
		struct mdoc_buf out = MDOC_BUF_EMPTY;

		CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, spec.kind, mdoc_buf_bytes(&out), &list, NULL),
			MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
		mdoc_trust_list_info(list, &info);
		CU_ASSERT(info.kind == spec.kind && info.date == spec.date && info.entries == 2);
		CU_ASSERT(info.has_next_update && info.next_update == spec.next_update);
		CU_ASSERT(info.has_id && info.id == 42 && mdoc_bytes_is_text(info.provider, "Provider"));
		CU_ASSERT(info.has_not_after == (kind == MDOC_RICAL) && info.not_after == spec.not_after);
		CU_ASSERT(mdoc_bytes_equal(info.type, spec.type) && mdoc_bytes_equal(info.url, spec.url));
		CU_ASSERT_TRUE_FATAL(mdoc_trust_list_entry(list, 1, &entry));
		CU_ASSERT_EQUAL_FATAL(mdoci_listed_parse(NULL, entry.certificate, &cert, NULL), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(entry.certificate, mdoc_buf_bytes(&lists_world.other)));
		CU_ASSERT_TRUE(mdoc_bytes_equal(entry.ski, mdoc_cert_key_id(cert)));
		CU_ASSERT_TRUE(mdoc_bytes_equal(entry.serial, mdoci_number(mdoc_cert_serial(cert))));
		CU_ASSERT_TRUE(mdoc_bytes_is_text(entry.issuing_country, "JP"));
		CU_ASSERT_TRUE(mdoc_bytes_is_text(entry.issuing_authority, "Other Authority"));
		CU_ASSERT_EQUAL(entry.doc_type_count, kind == MDOC_VICAL ? 1 : 0);
		CU_ASSERT_TRUE(kind == MDOC_RICAL || mdoc_bytes_is_text(entry.doc_types[0], JP));
		CU_ASSERT_FALSE(entry.no_anchor || entry.constrained);
		CU_ASSERT_FALSE(mdoc_trust_list_entry(list, 2, &entry));
		/* One kind is not taken for the other. */
		CU_ASSERT_EQUAL(parsed(kind == MDOC_VICAL ? MDOC_RICAL : MDOC_VICAL, mdoc_buf_bytes(&out)),
			MDOC_ERR_MISSING);
		mdoc_cert_free(cert);
		mdoc_trust_list_free(list);
		mdoc_buf_clear(&out);
	}
}

void
lists_trust_tests(void)
{
	CU_pSuite suite = CU_add_suite("trust lists", lists_provider_init, lists_provider_clear);

	CU_add_test(suite, "structure", structure);
	CU_add_test(suite, "limits", limits);
	CU_add_test(suite, "what is not built", not_built);
	CU_add_test(suite, "built and read", built_and_read);
}
