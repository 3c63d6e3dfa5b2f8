/* test_tools_card_plan.c: a plan for a card holds what the card will take. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <mdoc/base64url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/unit_tools.h"
#include "tokens/preset.h"
#include "tools/common/card_plan.h"

/* The areas of a card, by the names of their presets, and one that is none. */
static const char *const areas[] = { "jk", "kk", "kh", "jp-auth", "jp-sign", "jo", "mnc" };
#define AREAS (sizeof(areas) / sizeof(areas[0]))

static const char *const values[] = { "1", "1234567890", "12345678901", "123456789012", "1234567890a",
	"12345678901-ordinance", "no number at all",
	"0123456789abcdef-0123456789abcdef-0123456789abcdef-0123456789abcdef" };
#define VALUES (sizeof(values) / sizeof(values[0]))

/* The name of an area in a plan. */
static const char *
in_plan(const char *area)
{
	return strcmp(area, "jo") == 0 ? "jo-library" : area;
}

/* Does the tools' list take so many of this? */
static bool
plan_takes(const char *area, const char *label, bool certificate, const char *value, unsigned count)
{
	struct mdoc_buf coded = MDOC_BUF_EMPTY;
	struct card_plan plan;
	json_t *items = json_array(), *json = NULL;
	char *text = NULL;
	enum exit_status status;

	mdoc_base64url_encode(&coded, mdoc_text(value));
	CU_ASSERT_EQUAL(coded.err, MDOC_OK);
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(items,
			certificate ? json_pack("{s:s, s:s%}", "label", label, "certificate", coded.ptr, coded.len)
				    : json_pack("{s:s, s:s}", "label", label, "text", value));
	json = json_pack("{s:s, s:i, s:s, s:{s:o}}", "typ", "mdoc-card-plan", "version", 1, "card", "card", "areas",
		in_plan(area), items);
	text = json_dumps(json, JSON_COMPACT);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	unit_tools_hush();
	status = card_plan_read(mdoc_text(text), "plan", &plan);
	unit_tools_speak();
	card_plan_clear(&plan);
	json_decref(json);
	free(text);
	mdoc_buf_clear(&coded);
	return status == EXIT_STATUS_OK;
}

/* Attributes as personalise writes them. */
static struct token_attrs *
attrs_of(const char *area, const char *label, bool certificate)
{
	struct token_attrs *attrs = attrs_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(attrs);
	CU_ASSERT_TRUE_FATAL(attrs_set_ulong(attrs, CKA_CLASS, certificate ? CKO_CERTIFICATE : CKO_DATA));
	CU_ASSERT_TRUE_FATAL(attrs_set(attrs, CKA_LABEL, label, strlen(label)));
	CU_ASSERT_TRUE_FATAL(certificate || attrs_set(attrs, CKA_APPLICATION, area, strlen(area)));
	return attrs;
}

/* Does the token's list, and how many of it? 0: it doesn't. */
static unsigned
token_takes(const char *area, const char *label, bool certificate, const char *value)
{
	const struct token_preset *preset = preset_find(area);
	struct token_attrs *attrs = attrs_of(area, label, certificate);
	const struct preset_item *item = NULL;
	enum token_result res;

	CU_ASSERT_PTR_NOT_NULL_FATAL(preset);
	res = preset_admits(preset, attrs, TOKEN_OBJECT_ORDINARY, true, (const uint8_t *)value, strlen(value), &item);
	attrs_free(attrs);
	if (res != TOKEN_OK || item == NULL || !preset->card)
		return 0;
	return item->most;
}

static void
compare(const char *area, const char *label, bool certificate)
{
	for (size_t v = 0; v < VALUES; v++) {
		const unsigned most = token_takes(area, label, certificate, values[v]);
		const bool one = plan_takes(area, label, certificate, values[v], 1);

		if (one != (most > 0))
			printf("    %s, %s, \"%s\": %u and %d\n", area, label, values[v], most, one);
		CU_ASSERT_EQUAL(one, most > 0);
		if (most == 0)
			continue;
		CU_ASSERT(plan_takes(area, label, certificate, values[v], most));
		CU_ASSERT_FALSE(plan_takes(area, label, certificate, values[v], most + 1));
	}
}

/* A plan would be refused in the middle of a card that is half written, or one that fits never be made. */
static void
test_same_lists(void)
{
	size_t labels = 0;

	for (size_t from = 0; from < AREAS; from++) {
		const struct token_preset *preset = preset_find(areas[from]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(preset);
		for (size_t i = 0; i < PRESET_ITEMS_MAX; i++) {
			const char *label = preset->items[i].label;

			if (label == NULL)
				continue;
			labels++;
			/* each label of each list in every area: what one takes another may not */
			for (size_t a = 0; a < AREAS; a++) {
				compare(areas[a], label, false);
				compare(areas[a], label, true);
			}
		}
	}
	CU_ASSERT(labels >= 10);
	for (size_t a = 0; a < AREAS; a++)
		compare(areas[a], "a label that no list has", false);
}

CU_TestInfo card_plan_tests[] = {
	{ "R-CARD-27, -51 to -65: the same closed lists", test_same_lists },
	CU_TEST_INFO_NULL,
};
