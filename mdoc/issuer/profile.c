/*
 * mdoc/issuer/profile.c: the rules that a docType has of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/issuer/issuer_signed_internal.h"
#include <mdoc/japan.h>
#include <string.h>

#define TAG_FULL_DATE 1004 /* RFC 8943 */
#define AGE_MAX 150
#define AGE_PATTERN "age_over_NN"
#define AGE_PREFIX_LEN (sizeof(AGE_PATTERN) - 3)

struct mdoc_profile {
	const char *doc_type;
	const struct mdoc_element_rule *rules;
	size_t count;
	int64_t (*latest)(int64_t signed_); /* validUntil, at most */
	const int *curves;                  /* COSE identifiers; a 0 ends them */
	bool takes_mac;
};

static const struct mdoc_element_rule japan_rules[] = {
	{ MDOC_JP_NAMESPACE, "full_name_unicode", "氏名", MDOC_FORM_TEXT, 0, 0 },
	{ MDOC_JP_NAMESPACE, "resident_address_unicode", "住所", MDOC_FORM_TEXT, 0, 0 },
	{ MDOC_JP_NAMESPACE, "local_gov_code_unicode", "市町村コード", MDOC_FORM_DIGITS, 5, 6 },
	{ MDOC_JP_NAMESPACE, "individual_number_unicode", "個人番号", MDOC_FORM_DIGITS, 12, 12 },
	{ MDOC_JP_NAMESPACE, "portrait", "顔写真", MDOC_FORM_BYTES, 0, 0 },
	{ MDOC_JP_NAMESPACE, "sex_unicode", "性別", MDOC_FORM_TEXT, 0, 0 },
	{ MDOC_JP_NAMESPACE, "birth_date_unicode", "生年月日", MDOC_FORM_TEXT, 0, 0 },
	{ MDOC_JP_NAMESPACE_GENERIC, "sex", "性別", MDOC_FORM_SEX, 0, 0 },
	{ MDOC_JP_NAMESPACE_GENERIC, "birth_date", "生年月日", MDOC_FORM_BIRTH_DATE, 0, 0 },
	{ MDOC_JP_NAMESPACE_GENERIC, "age_in_years", "年齢", MDOC_FORM_AGE, 0, 0 },
	{ MDOC_JP_NAMESPACE_GENERIC, AGE_PATTERN, "歳以上", MDOC_FORM_BOOL, 0, 0 },
};

/* P-256, P-384, P-521, Ed448, brainpoolP256r1, P320r1, P384r1 and P512r1. */
static const int big_curves[] = { 1, 2, 3, 7, 256, 257, 258, 259, 0 };

static const struct mdoc_profile profiles[] = {
	{ MDOC_JP_DOCTYPE, japan_rules, sizeof(japan_rules) / sizeof(japan_rules[0]), mdoc_law_valid_until, big_curves,
		false },
};

const struct mdoc_profile *
mdoc_profile_find(struct mdoc_bytes doc_type)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (mdoc_bytes_is_text(doc_type, profiles[i].doc_type))
			return &profiles[i];
	}
	return NULL;
}

static bool
is_digits(struct mdoc_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	}
	return true;
}

static bool
name_fits(const char *rule, struct mdoc_bytes element)
{
	if (strcmp(rule, AGE_PATTERN) != 0)
		return mdoc_bytes_is_text(element, rule);
	return element.len == AGE_PREFIX_LEN + 2 && memcmp(element.ptr, rule, AGE_PREFIX_LEN) == 0 &&
		is_digits(mdoc_bytes_of(element.ptr + AGE_PREFIX_LEN, 2));
}

const struct mdoc_element_rule *
mdoc_profile_element(const struct mdoc_profile *profile, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	for (size_t i = 0; profile != NULL && i < profile->count; i++) {
		if (mdoc_bytes_is_text(ns, profile->rules[i].ns) && name_fits(profile->rules[i].element, element))
			return &profile->rules[i];
	}
	return NULL;
}

const struct mdoc_element_rule *
mdoc_profile_rule(const struct mdoc_profile *profile, size_t i)
{
	return profile != NULL && i < profile->count ? &profile->rules[i] : NULL;
}

static bool
is_full_date(struct mdoc_node node)
{
	struct mdoc_node content;
	struct mdoc_bytes text;
	uint64_t tag;

	return mdoc_node_tag(node, &tag, &content) && tag == TAG_FULL_DATE && mdoc_node_tstr(content, &text) &&
		mdoc_full_date_valid(text);
}

/* NULL: as it should be; else what should have been there. */
static const char *
wrong(const struct mdoc_element_rule *rule, size_t most, struct mdoc_node value)
{
	struct mdoc_bytes bytes;
	uint64_t number;
	bool truth;

	switch (rule->form) {
	case MDOC_FORM_TEXT:
		return mdoc_node_tstr(value, &bytes) && bytes.len > 0 ? NULL : "text that is not empty";
	case MDOC_FORM_DIGITS:
		if (mdoc_node_tstr(value, &bytes) && bytes.len >= rule->written && bytes.len <= most &&
			is_digits(bytes))
			return NULL;
		return rule->written == 12 ? "text of 12 digits" : "text of 5 digits";
	case MDOC_FORM_BIRTH_DATE:
		return is_full_date(value) || is_full_date(mdoc_map_text(value, "birth_date"))
			? NULL
			: "a full-date, or a map with a full-date as birth_date";
	case MDOC_FORM_SEX:
		return mdoc_node_uint(value, &number) && (number <= 2 || number == 9) ? NULL : "0, 1, 2 or 9";
	case MDOC_FORM_AGE:
		return mdoc_node_uint(value, &number) && number <= AGE_MAX ? NULL : "a whole number from 0 to 150";
	case MDOC_FORM_BOOL:
		return mdoc_node_bool(value, &truth) ? NULL : "true or false";
	case MDOC_FORM_BYTES:
		return mdoc_node_bstr(value, &bytes) && bytes.len > 0 ? NULL : "a byte string that is not empty";
	case MDOC_FORM_ANY:
		break;
	}
	return NULL;
}

static enum mdoc_result
fail_element(struct mdoc_error *error, struct mdoc_bytes ns, struct mdoc_bytes element, size_t offset,
	const char *expected)
{
	char path[MDOCI_PATH_MAX];

	mdoci_path(path, "", "%.*s.%.*s", ns.len > 50 ? 50 : (int)ns.len, (const char *)ns.ptr,
		element.len > 50 ? 50 : (int)element.len, (const char *)element.ptr);
	return mdoci_fail(error, MDOC_ERR_ELEMENT, offset, path, "%s", expected);
}

enum mdoc_result
mdoc_profile_check_element(const struct mdoc_profile *profile, struct mdoc_bytes ns, struct mdoc_bytes element,
	struct mdoc_node value, struct mdoc_error *error)
{
	const struct mdoc_element_rule *rule = mdoc_profile_element(profile, ns, element);
	const char *expected = rule != NULL ? wrong(rule, rule->read, value) : NULL;

	if (expected == NULL)
		return MDOC_OK;
	return fail_element(error, ns, element, mdoc_node_offset(value), expected);
}

enum mdoc_result
mdoc_profile_check_claim(const struct mdoc_context *context, const struct mdoc_profile *profile,
	const struct mdoc_claim *claim, struct mdoc_error *error)
{
	const struct mdoc_element_rule *rule = mdoc_profile_element(profile, claim->ns, claim->element);
	struct mdoc_cbor *scan = NULL;
	const char *expected = NULL;
	enum mdoc_result res;

	if (profile != NULL && rule == NULL)
		return fail_element(error, claim->ns, claim->element, SIZE_MAX, "an element of this docType");
	res = mdoc_cbor_scan(context, claim->value, 0, &scan, error);
	if (res == MDOC_OK && rule != NULL)
		expected = wrong(rule, rule->written, mdoc_cbor_root(scan));
	if (expected != NULL)
		res = fail_element(error, claim->ns, claim->element, SIZE_MAX, expected);
	mdoc_cbor_free(scan);
	return res;
}

enum mdoc_result
mdoc_profile_check_validity(const struct mdoc_profile *profile, int64_t signed_, int64_t valid_until,
	struct mdoc_error *error)
{
	if (profile == NULL)
		return MDOC_OK;
	if (signed_ >= 0 && signed_ <= MDOCI_WHEN_MAX && valid_until <= profile->latest(signed_))
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "issuerAuth.validityInfo.validUntil",
		"at most one month from the day of issue");
}

bool
mdoc_profile_takes_curve(const struct mdoc_profile *profile, enum mdoc_curve curve)
{
	if (profile == NULL)
		return true;
	for (const int *at = profile->curves; *at != 0; at++) {
		if (*at == (int)curve)
			return true;
	}
	return false;
}

bool
mdoc_profile_takes_mac(const struct mdoc_profile *profile)
{
	return profile == NULL || profile->takes_mac;
}

static enum mdoc_result
check_item(const struct mdoc_context *context, const struct mdoc_profile *profile, struct mdoc_bytes ns,
	const struct mdoc_item *item, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	if (mdoc_profile_element(profile, ns, item->element) == NULL)
		return fail_element(error, ns, item->element, item->offset, "an element of this docType");
	res = mdoci_scan_at(context, item->value, item->value_origin, &scan, error);
	if (res == MDOC_OK)
		res = mdoc_profile_check_element(profile, ns, item->element, mdoc_cbor_root(scan), error);
	mdoc_cbor_free(scan);
	return res;
}

enum mdoc_result
mdoc_profile_check_record(const struct mdoc_context *context, const struct mdoc_profile *profile,
	const struct mdoc_issuer_signed *record, struct mdoc_error *error)
{
	enum mdoc_result res;

	res = mdoc_profile_check_validity(profile, record->mso.signed_, record->mso.valid_until, error);
	for (size_t n = 0; profile != NULL && n < record->count; n++) {
		const struct mdoc_namespace *ns = &record->namespaces[n];

		for (size_t i = 0; res == MDOC_OK && i < ns->count; i++)
			res = check_item(context, profile, ns->name, &ns->items[i], error);
	}
	return res;
}
