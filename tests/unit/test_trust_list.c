/*
 * tests/unit/test_trust_list.c: VICAL and RICAL, parsed, checked and built.
 *
 * If these fail, a reader trusts an authority that nobody vouched for, or a real provider's list cannot be
 * read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"
#include "tests/unit/lists_world.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#define MDL "org.iso.18013.5.1.mDL"
#define JP "org.iso.23220.1.jp.mnc"

static struct lists_provider {
	struct soft_key ca_key, key;
	struct mdoc_buf ca, signer;
	struct mdoc_bytes x5chain[2], doc_types[2];
	struct mdoc_trust_entry_spec entries[2];
} provider;

static int
init(void)
{
	if (lists_world_init() != 0 || !soft_key_make(&provider.ca_key, "P-384") ||
		!soft_key_make(&provider.key, "P-256"))
		return 1;
	return soft_certificate(MDOC_CERT_READER_CA, "Provider", &provider.ca_key, NULL, NULL, &provider.ca, NULL) !=
		MDOC_OK ||
		soft_certificate(LISTS_PROVIDER, "Signer", &provider.key, &provider.ca, &provider.ca_key,
			&provider.signer, NULL) != MDOC_OK;
}

static int
clear(void)
{
	mdoc_buf_clear(&provider.ca);
	mdoc_buf_clear(&provider.signer);
	soft_key_clear(&provider.ca_key);
	soft_key_clear(&provider.key);
	return lists_world_clear();
}

/* Two IACAs, of which the second is for one document type. */
static struct mdoc_trust_list_spec
good_spec(enum mdoc_trust_list_kind kind)
{
	struct mdoc_trust_list_spec spec = {
		.kind = kind,
		.provider = mdoc_text("Provider"),
		.date = lists_world.now - 1000,
		.has_next_update = true,
		.next_update = lists_world.now + 1000,
		.has_id = true,
		.id = 42,
		.entries = provider.entries,
		.entry_count = 2,
		.x5chain = provider.x5chain,
		.x5chain_count = 1,
		.signer = &provider.key.signer,
	};

	provider.x5chain[0] = mdoc_buf_bytes(&provider.signer);
	provider.x5chain[1] = mdoc_buf_bytes(&provider.ca);
	provider.doc_types[0] = mdoc_text(MDL);
	provider.doc_types[1] = mdoc_text(JP);
	memset(provider.entries, 0, sizeof(provider.entries));
	provider.entries[0].certificate = mdoc_buf_bytes(&lists_world.iaca);
	provider.entries[1].certificate = mdoc_buf_bytes(&lists_world.other);
	provider.entries[1].issuing_authority = mdoc_text("Other Authority");
	if (kind == MDOC_VICAL) {
		provider.entries[0].doc_types = provider.doc_types;
		provider.entries[0].doc_type_count = 2;
		provider.entries[1].doc_types = provider.doc_types + 1;
		provider.entries[1].doc_type_count = 1;
	} else {
		spec.type = mdoc_text("org.iso.18013.5.1.reader_authentication");
		spec.has_not_after = true;
		spec.not_after = lists_world.now + 2000;
		spec.url = mdoc_text("https://provider.example/rical");
	}
	return spec;
}

static struct mdoc_bytes anchors[1];

static struct mdoc_trust_list_policy
good_policy(void)
{
	anchors[0] = mdoc_buf_bytes(&provider.ca);
	return (struct mdoc_trust_list_policy){ .anchors = anchors, .anchor_count = 1, .now = lists_world.now };
}

/* Sign this payload. */
static void
put_list(struct mdoc_buf *out, const struct mdoc_buf *payload, bool tagged, bool protected_)
{
	const struct mdoci_envelope_form form = { .tagged = tagged, .x5chain_protected = protected_ };

	(void)good_spec(MDOC_VICAL);
	CU_ASSERT_EQUAL(mdoci_envelope_put(out, &form, &provider.key.signer, provider.x5chain, 1,
				mdoc_buf_bytes(payload)),
		MDOC_OK);
}

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
			put_list(&input, &payload, form & 1, form & 2);
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
	struct mdoc_trust_list_spec spec = good_spec(MDOC_VICAL);
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
		spec = good_spec(kind); \
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
	NOT_BUILT(MDOC_VICAL, provider.entries[1].doc_type_count = 0, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_VICAL, provider.entries[1].certificate = mdoc_text("x"), MDOC_ERR_CERTIFICATE);
	NOT_BUILT(MDOC_VICAL, spec.next_update = spec.date, MDOC_ERR_VALIDITY);
	NOT_BUILT(MDOC_VICAL, spec.date = -1, MDOC_ERR_VALUE);
	NOT_BUILT(MDOC_RICAL, spec.type = MDOC_NO_BYTES, MDOC_ERR_ARG);
	NOT_BUILT(MDOC_RICAL, spec.not_after = spec.date, MDOC_ERR_VALIDITY);
	NOT_BUILT(MDOC_RICAL,
		(provider.entries[0].doc_types = provider.doc_types, provider.entries[0].doc_type_count = 1),
		MDOC_ERR_ARG);
#undef NOT_BUILT
}

static void
built_and_read(void)
{
	for (int kind = MDOC_VICAL; kind <= MDOC_RICAL; kind++) {
		const struct mdoc_trust_list_spec spec = good_spec((enum mdoc_trust_list_kind)kind);
		const struct mdoc_trust_list_policy policy = good_policy();
		struct mdoc_trust_list_info info;
		struct mdoc_trust_entry entry;
		struct mdoc_trust_list *list = NULL;
		struct mdoci_listed listed;
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
		CU_ASSERT_EQUAL_FATAL(mdoci_listed_read(NULL, entry.certificate, &listed), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(entry.certificate, mdoc_buf_bytes(&lists_world.other)));
		CU_ASSERT_TRUE(mdoc_bytes_equal(entry.ski, listed.ski));
		CU_ASSERT_TRUE(mdoc_bytes_equal(entry.serial, mdoci_number(listed.serial)));
		CU_ASSERT_TRUE(mdoc_bytes_is_text(entry.issuing_country, "JP"));
		CU_ASSERT_TRUE(mdoc_bytes_is_text(entry.issuing_authority, "Other Authority"));
		CU_ASSERT_EQUAL(entry.doc_type_count, kind == MDOC_VICAL ? 1 : 0);
		CU_ASSERT_TRUE(kind == MDOC_RICAL || mdoc_bytes_is_text(entry.doc_types[0], JP));
		CU_ASSERT_FALSE(entry.no_anchor || entry.constrained);
		CU_ASSERT_FALSE(mdoc_trust_list_entry(list, 2, &entry));
		/* One kind is not taken for the other. */
		CU_ASSERT_EQUAL(parsed(kind == MDOC_VICAL ? MDOC_RICAL : MDOC_VICAL, mdoc_buf_bytes(&out)),
			MDOC_ERR_MISSING);
		mdoci_listed_clear(&listed);
		mdoc_trust_list_free(list);
		mdoc_buf_clear(&out);
	}
}

static void
whose_list(void)
{
	struct mdoc_trust_list_spec spec = good_spec(MDOC_VICAL);
	struct mdoc_trust_list_policy policy = good_policy();
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	spec.x5chain_count = 2; /* with the root itself */
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	policy.anchor_count = 0;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_ARG);
	policy.anchor_count = 1;
	policy.clock_skew = INT64_MAX;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_ARG);
	policy = good_policy();
	anchors[0] = mdoc_text("x");
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_CERTIFICATE);
	anchors[0] = mdoc_buf_bytes(&provider.signer); /* the signer is known itself */
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	anchors[0] = mdoc_buf_bytes(&lists_world.iaca);
	CU_ASSERT_NOT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	policy = good_policy();
	policy.now = soft_2026 + 1000 * SOFT_DAY;
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_VALIDITY);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);

	spec = good_spec(MDOC_VICAL);
	spec.signer = &provider.ca_key.signer; /* another key than that of the certificate */
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	policy = good_policy();
	CU_ASSERT_EQUAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_ERR_ALGORITHM);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);
}

static void
dates(void)
{
	const struct mdoc_trust_list_spec spec = good_spec(MDOC_RICAL);
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
		struct mdoc_trust_list_policy policy = good_policy();

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
	const struct mdoc_trust_list_spec spec = good_spec(MDOC_VICAL);
	const struct mdoc_trust_list_policy policy = good_policy();
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
into(const struct mdoc_trust_list *list, const char *doc_type, struct mdoc_trust *trust, size_t *added,
	unsigned codes[2])
{
	codes[0] = codes[1] = MDOC_OK;
	return mdoc_trust_list_into_trust(NULL, list, doc_type != NULL ? mdoc_text(doc_type) : MDOC_NO_BYTES, trust, 0,
		added, count_left, codes, NULL);
}

static enum mdoc_result
found(const struct mdoc_trust *trust, const struct mdoc_buf *der)
{
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = mdoc_cert_parse(NULL, mdoc_buf_bytes(der), &cert, NULL);

	if (res == MDOC_OK)
		res = mdoc_trust_find(trust, cert, MDOC_CERT_DS, 0, lists_world.now, &anchor, NULL);
	mdoc_cert_free(cert);
	return res;
}

/* An authority issues only what the list says that it may. */
static void
anchors_for_a_type(void)
{
	const struct mdoc_trust_list_spec spec = good_spec(MDOC_VICAL);
	const struct mdoc_trust_list_policy policy = good_policy();
	struct mdoc_trust *trust = mdoc_trust_new(), *all = mdoc_trust_new();
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	unsigned codes[2];
	size_t added = 9;

	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(into(list, MDL, trust, &added, codes), MDOC_ERR_ARG); /* not checked */
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(into(list, NULL, trust, &added, codes), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(into(list, "x", trust, &added, codes), MDOC_OK);
	CU_ASSERT(added == 0 && codes[0] == MDOC_ERR_AUTHORIZATION && codes[1] == MDOC_ERR_AUTHORIZATION);
	CU_ASSERT_EQUAL(into(list, MDL, trust, &added, codes), MDOC_OK);
	CU_ASSERT(added == 1 && codes[0] == MDOC_OK && codes[1] == MDOC_ERR_AUTHORIZATION);
	CU_ASSERT_EQUAL(found(trust, &lists_world.ds), MDOC_OK);
	CU_ASSERT_EQUAL(found(trust, &lists_world.other_signer), MDOC_ERR_CHAIN);
	CU_ASSERT_EQUAL(into(list, JP, all, &added, codes), MDOC_OK);
	CU_ASSERT_EQUAL(added, 2);
	CU_ASSERT_EQUAL(mdoc_trust_list_add_entry(NULL, list, 2, mdoc_text(JP), all, 0, NULL), MDOC_ERR_ARG);
	mdoc_trust_free(all);
	mdoc_trust_free(trust);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&out);
}

/* Entries of a RICAL by hand: of the five, only the last is an anchor. */
static void
entries_left_out(void)
{
	static const enum mdoc_result expected[] = { MDOC_ERR_AUTHORIZATION, MDOC_ERR_AUTHORIZATION,
		MDOC_ERR_CERTIFICATE, MDOC_ERR_CERTIFICATE, MDOC_OK };
	const struct mdoc_trust_list_policy policy = good_policy();
	struct mdoc_buf payload = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY;
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_trust_list *list = NULL;
	struct mdoci_listed listed;
	uint8_t wrapped[2 + 64] = { 0x04 };

	CU_ASSERT_EQUAL_FATAL(mdoci_listed_read(NULL, mdoc_buf_bytes(&provider.ca), &listed), MDOC_OK);
	wrapped[1] = (uint8_t)listed.ski.len;
	memcpy(wrapped + 2, listed.ski.ptr, listed.ski.len);
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
		mdoc_put_bstr(&payload, mdoc_buf_bytes(&provider.ca));
		mdoc_put_text(&payload, "serialNumber");
		mdoc_put_tag(&payload, 2);
		mdoc_put_bstr(&payload, i == 2 ? mdoc_text("2") : listed.serial);
		mdoc_put_text(&payload, "ski"); /* the last as one provider writes it */
		mdoc_put_bstr(&payload,
			i == 3           ? mdoc_text("s")
				: i == 4 ? mdoc_bytes_of(wrapped, 2 + listed.ski.len)
					 : listed.ski);
		if (i == 0) {
			mdoc_put_text(&payload, "isTrustAnchor");
			mdoc_put_bool(&payload, false);
		} else if (i == 1) {
			mdoc_put_text(&payload, "trustConstraints");
			mdoc_put_array(&payload, 0);
		}
	}
	put_list(&out, &payload, false, true);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_parse(NULL, MDOC_RICAL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_check(NULL, list, &policy, NULL), MDOC_OK);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(mdoc_trust_list_add_entry(NULL, list, i, MDOC_NO_BYTES, trust, 0, NULL), expected[i]);
	mdoci_listed_clear(&listed);
	mdoc_trust_free(trust);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&payload);
	mdoc_buf_clear(&out);
}

void
lists_trust_tests(void)
{
	CU_pSuite suite = CU_add_suite("trust lists", init, clear);

	CU_add_test(suite, "structure", structure);
	CU_add_test(suite, "limits", limits);
	CU_add_test(suite, "what is not built", not_built);
	CU_add_test(suite, "built and read", built_and_read);
	CU_add_test(suite, "whose list it is", whose_list);
	CU_add_test(suite, "dates", dates);
	CU_add_test(suite, "every byte", every_byte);
	CU_add_test(suite, "anchors for a document type", anchors_for_a_type);
	CU_add_test(suite, "entries that are left out", entries_left_out);
}
