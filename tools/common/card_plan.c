/* card_plan.c: what is to be written into a card. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/card_plan.h"
#include "tools/common/message.h"
#include <mdoc/base64url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYP "mdoc-card-plan"
#define ORDINANCE "jo-"

static size_t
digits(struct mdoc_bytes value)
{
	size_t count = 0;

	for (size_t i = 0; i < value.len; i++)
		count += value.ptr[i] >= '0' && value.ptr[i] <= '9' ? 1 : 0;
	return count;
}

/* 住民票コード */
static bool
resident_code(struct mdoc_bytes value)
{
	return value.len == 11 && digits(value) == 11;
}

/* Never a resident code, however it is laid out (R-CARD-65). */
static bool
user_number(struct mdoc_bytes value)
{
	return value.len >= 1 && value.len <= 64 && digits(value) != 11;
}

static bool
anything(struct mdoc_bytes value)
{
	return value.len > 0;
}

/* The closed list; the module has its own, which decides. Keys are on neither: they are made in the card. */
static const struct line {
	const char *area, *label, *system;
	bool certificate;
	size_t most;
	bool (*good)(struct mdoc_bytes value);
} lines[] = {
	{ "jk", "juminhyo-code", "juki-net", false, 1, resident_code },
	{ "kk", "front", "juki-net", false, 1, anything },
	{ "kk", "back", "juki-net", false, 1, anything },
	{ "kh", "input-support", "juki-net", false, 1, anything },
	{ "kh", "signed-face", "juki-net", false, 1, anything },
	{ "jp-auth", "user-authentication", "jpki", true, 2, anything },
	{ "jp-auth", "ca", "jpki", true, 2, anything },
	{ "jp-sign", "digital-signature", "jpki", true, 2, anything },
	{ "jp-sign", "ca", "jpki", true, 2, anything },
	{ "jo", "user-number", "ordinance-", false, 1, user_number },
};

static bool
is_ordinance(const char *area)
{
	const size_t prefix = strlen(ORDINANCE);

	return strncmp(area, ORDINANCE, prefix) == 0 && area[prefix] != '\0' && strlen(area) <= 20 + prefix &&
		strspn(area + prefix, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(area + prefix);
}

static const struct line *
find_line(const char *area, const char *label)
{
	const char *preset = is_ordinance(area) ? "jo" : strcmp(area, "jo") == 0 ? "" : area;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(lines[i].area, preset) == 0 && strcmp(lines[i].label, label) == 0)
			return &lines[i];
	return NULL;
}

static enum exit_status
malformed(const char *name, const char *what)
{
	tool_error(_("%s is no plan for a card: %s"), name, what);
	return EXIT_STATUS_INPUT;
}

/* One value in one of three forms. */
static bool
take_value(const json_t *item, bool certificate, struct mdoc_buf *value)
{
	const json_t *text = json_object_get(item, "text");
	const char *coded = json_string_value(json_object_get(item, certificate ? "certificate" : "base64url"));

	if (json_object_size(item) != 2 || (text != NULL && certificate))
		return false;
	if (json_is_string(text))
		mdoc_buf_append(value, mdoc_bytes_of(json_string_value(text), json_string_length(text)));
	else if (coded == NULL || mdoc_base64url_decode(mdoc_text(coded), value) != MDOC_OK)
		return false;
	return value->err == MDOC_OK && value->len <= CARD_PLAN_ITEM_MAX;
}

static enum exit_status
not_on_list(const char *area, const char *label)
{
	tool_error(_("area %s may not hold \"%s\", or no such value, or no more of them"), area, label);
	tool_why("%s", _("Nothing of the plan was written."));
	return EXIT_STATUS_NO;
}

static enum exit_status
take_item(const json_t *json, const char *area, const char *name, struct card_plan *plan)
{
	const char *label = json_string_value(json_object_get(json, "label"));
	const struct line *line;
	struct card_plan_item *item;
	size_t same = 0;

	if (label == NULL)
		return malformed(name, _("an item without a label"));
	line = find_line(area, label);
	if (line == NULL)
		return not_on_list(area, label);
	for (size_t i = 0; i < plan->count; i++)
		same += strcmp(plan->items[i].area, area) == 0 && strcmp(plan->items[i].label, label) == 0 ? 1 : 0;
	item = &plan->items[plan->count++];
	memset(item, 0, sizeof(*item));
	item->value = (struct mdoc_buf)MDOC_BUF_EMPTY;
	snprintf(item->area, sizeof(item->area), "%s", area);
	snprintf(item->system, sizeof(item->system), "%s%s", line->system,
		is_ordinance(area) ? area + strlen(ORDINANCE) : "");
	item->application = line->certificate ? NULL : line->area;
	item->label = line->label;
	if (!take_value(json, line->certificate, &item->value))
		return malformed(name, _("an item without a value, or with one of another form"));
	if (same >= line->most || !line->good(mdoc_buf_bytes(&item->value)))
		return not_on_list(area, label);
	return EXIT_STATUS_OK;
}

static enum exit_status
take_areas(const json_t *areas, const char *name, struct card_plan *plan)
{
	enum exit_status status = EXIT_STATUS_OK;
	const char *area;
	const json_t *list;
	json_t *item;
	size_t i, count = 0;

	json_object_foreach((json_t *)(uintptr_t)areas, area, list) count += json_array_size(list);
	plan->items = calloc(count + 1, sizeof(*plan->items));
	if (plan->items == NULL)
		return tool_no_memory();
	json_object_foreach((json_t *)(uintptr_t)areas, area, list)
	{
		if (!json_is_array(list))
			return malformed(name, _("an area is a list of items"));
		if (strlen(area) > CARD_PLAN_NAME_MAX || (json_array_size(list) == 0 && !is_ordinance(area)))
			return not_on_list(area, "");
		json_array_foreach(list, i, item)
		{
			status = take_item(item, area, name, plan);
			if (status != EXIT_STATUS_OK)
				return status;
		}
	}
	return plan->count > 0 ? status : malformed(name, _("it is empty"));
}

enum exit_status
card_plan_read(struct mdoc_bytes text, const char *name, struct card_plan *plan)
{
	json_t *json = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	const char *typ = json_string_value(json_object_get(json, "typ"));
	const char *card = json_string_value(json_object_get(json, "card"));
	const json_t *areas = json_object_get(json, "areas");
	enum exit_status status;

	memset(plan, 0, sizeof(*plan));
	if (typ == NULL || strcmp(typ, TYP) != 0 || json_integer_value(json_object_get(json, "version")) != 1 ||
		card == NULL || strlen(card) > CARD_PLAN_NAME_MAX || !json_is_object(areas) ||
		json_object_size(json) != 4) {
		status = malformed(name, _("typ, version, card and areas are wanted, and nothing else"));
	} else {
		memcpy(plan->card, card, strlen(card) + 1);
		status = take_areas(areas, name, plan);
	}
	json_decref(json);
	return status;
}

void
card_plan_clear(struct card_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		mdoc_buf_clear(&plan->items[i].value);
	free(plan->items);
	plan->items = NULL;
	plan->count = 0;
}
