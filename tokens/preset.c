/*
 * The presets. Policies of the physical card are those that are published for it; what the areas hold and who may be
 * let in is the card standard's (R-CARD-10 to -15, -27, -51 to -65).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/preset.h"

#include <string.h>

#define DATA(application_, label_, most_, value_) \
	{ \
		.object_class = CKO_DATA, .application = (application_), .label = (label_), .most = (most_), \
		.value = (value_) \
	}
#define FRONT(application_, label_) \
	{ \
		.object_class = CKO_DATA, .application = (application_), .label = (label_), .most = 1, .front = true \
	}
#define ITEM(class_, label_, most_) \
	{ \
		.object_class = (class_), .label = (label_), .most = (most_) \
	}

#define RW (TOKEN_RIGHT_READ | TOKEN_RIGHT_WRITE)
#define DIGITS_4_OF_3 \
	{ \
		.min_len = 4, .max_len = 4, .tries = 3, .alphabet = TOKEN_PIN_DIGITS \
	}
#define OF_LAW .law = true, .must_change = true, .identity_check = true, .transport = true, .single_use = true
#define OF_CARD OF_LAW, .card = true
#define SYSTEM(name_, rights_) \
	{ \
		.name = (name_), .rights = (rights_), .tries = 10 \
	}
#define ORDINANCE "ordinance-*"

static bool
is_digits(const uint8_t *value, size_t len, size_t count)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] < '0' || value[i] > '9')
			return false;
	return len == count;
}

/* 住民票コード */
static bool
resident_code(const uint8_t *value, size_t len)
{
	return is_digits(value, len, 11);
}

/* Never a resident code (R-CARD-65), whatever its check digit and however it is laid out. */
static bool
user_number(const uint8_t *value, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += value[i] >= '0' && value[i] <= '9' ? 1 : 0;
	return len >= 1 && len <= 64 && digits != 11;
}

static const struct token_preset presets[] = {
	{ .name = "general" },
	{ .name = "mnc",
		OF_LAW,
		.items = { { .object_class = CKO_DATA,
				   .kind = TOKEN_OBJECT_RECORD,
				   .application = "mdoc",
				   .label = "org.iso.23220.1.jp.mnc" },
			DATA("mdoc-batch", "batch", 0, NULL), /* which notices were shown with a batch (R-NOT-01) */
			{ .object_class = CKO_PRIVATE_KEY, .kind = TOKEN_OBJECT_HOLDER_PRIVATE },
			{ .object_class = CKO_PUBLIC_KEY, .kind = TOKEN_OBJECT_HOLDER_PUBLIC },
			{ .object_class = CKO_CERTIFICATE, .public_ = true } } },
	{ .name = "jk",
		OF_CARD,
		.user = DIGITS_4_OF_3,
		.allow_weak_pin = true,
		.items = { DATA("jk", "juminhyo-code", 1, resident_code) },
		.grants = { SYSTEM("juki-net", RW), SYSTEM("jpki", TOKEN_RIGHT_READ | TOKEN_RIGHT_PIN),
			SYSTEM(ORDINANCE, TOKEN_RIGHT_READ) } },
	{ .name = "kk",
		OF_CARD,
		.no_pin = true,
		.items = { FRONT("kk", "front"), DATA("kk", "back", 1, NULL) },
		.grants = { SYSTEM("juki-net", RW), SYSTEM("kk", RW),
			{ .name = "collation-a", .rights = TOKEN_RIGHT_READ, .digits = 12, .tries = 10 },
			{ .name = "collation-b", .rights = TOKEN_RIGHT_FRONT, .digits = 14, .tries = 10 } } },
	{ .name = "kh",
		OF_CARD,
		.user = DIGITS_4_OF_3,
		.allow_weak_pin = true,
		.items = { DATA("kh", "input-support", 1, NULL), DATA("kh", "signed-face", 1, NULL) },
		.grants = { SYSTEM("juki-net", RW), SYSTEM("kh", RW), SYSTEM("jpki", TOKEN_RIGHT_PIN) } },
	{ .name = "jp-auth",
		OF_CARD,
		.user = DIGITS_4_OF_3,
		.allow_weak_pin = true,
		.items = { ITEM(CKO_PRIVATE_KEY, "user-authentication", 2),
			ITEM(CKO_PUBLIC_KEY, "user-authentication", 2), ITEM(CKO_CERTIFICATE, "user-authentication", 2),
			ITEM(CKO_CERTIFICATE, "ca", 2) },
		.grants = { SYSTEM("juki-net", TOKEN_RIGHT_READ | TOKEN_RIGHT_PIN), SYSTEM("jpki", RW) } },
	{ .name = "jp-sign",
		OF_CARD,
		.user = { .min_len = 6, .max_len = 16, .tries = 5, .alphabet = TOKEN_PIN_ALNUM_UPPER },
		.allow_weak_pin = true,
		.items = { ITEM(CKO_PRIVATE_KEY, "digital-signature", 2), ITEM(CKO_PUBLIC_KEY, "digital-signature", 2),
			ITEM(CKO_CERTIFICATE, "digital-signature", 2), ITEM(CKO_CERTIFICATE, "ca", 2) },
		.grants = { SYSTEM("juki-net", TOKEN_RIGHT_READ | TOKEN_RIGHT_PIN), SYSTEM("jpki", RW) } },
	{ .name = "jo",
		OF_CARD,
		.several = true,
		.user = DIGITS_4_OF_3,
		.allow_weak_pin = true,
		.items = { DATA("jo", "user-number", 1, user_number) },
		.grants = { SYSTEM(ORDINANCE, RW) } },
};

const struct token_preset *
preset_find(const char *name)
{
	if (name == NULL || name[0] == '\0')
		return &presets[0];
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(presets[i].name, name) == 0)
			return &presets[i];
	return NULL;
}

const struct token_preset *
preset_of_area(const char *name)
{
	static const struct token_preset unknown = { .name = "", .law = true };
	const struct token_preset *preset = preset_find(name);

	return preset != NULL ? preset : &unknown;
}

/* What the preset leaves open is the caller's, and what it says the caller may only repeat. */
static bool
settle(unsigned preset, unsigned *said)
{
	if (preset == 0 || *said == preset)
		return true;
	if (*said != 0)
		return false;
	*said = preset;
	return true;
}

enum token_result
preset_apply(const struct token_preset *preset, struct token_area_spec *spec)
{
	unsigned alphabet = (unsigned)spec->user.alphabet;

	if (!settle(preset->user.min_len, &spec->user.min_len) || !settle(preset->user.max_len, &spec->user.max_len) ||
		!settle(preset->user.tries, &spec->user.tries) || !settle((unsigned)preset->user.alphabet, &alphabet))
		return TOKEN_ERR_ARG;
	if (preset->law && spec->raw_sign)
		return TOKEN_ERR_ARG;
	spec->user.alphabet = (enum token_pin_alphabet)alphabet;
	spec->allow_weak_pin = spec->allow_weak_pin || preset->allow_weak_pin;
	spec->must_change = spec->must_change || preset->must_change;
	spec->identity_check = spec->identity_check || preset->identity_check;
	spec->transport = spec->transport || preset->transport;
	spec->single_use = spec->single_use || preset->single_use;
	return TOKEN_OK;
}

static bool
says(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const char *text)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, type);

	if (text == NULL)
		return true;
	return attr != NULL && attr->ulValueLen == strlen(text) && memcmp(attr->pValue, text, attr->ulValueLen) == 0;
}

static bool
is_item(const struct preset_item *item, const struct token_attrs *attrs, enum token_object_kind kind)
{
	const CK_OBJECT_CLASS object_class = attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

	return item->object_class == object_class && item->kind == kind &&
		says(attrs, CKA_APPLICATION, item->application) && says(attrs, CKA_LABEL, item->label);
}

/* The class 0 is CKO_DATA, so that a line is none when it says nothing else either. */
static bool
is_line(const struct preset_item *item)
{
	return item->object_class != CKO_DATA || item->application != NULL;
}

bool
preset_item_is(const struct preset_item *item, const struct token_object *object)
{
	return is_item(item, object->attrs, object->kind);
}

enum token_result
preset_admits(const struct token_preset *preset, const struct token_attrs *attrs, enum token_object_kind kind,
	bool private_, const uint8_t *value, size_t len, const struct preset_item **found)
{
	*found = NULL;
	if (!preset->law)
		return TOKEN_OK;
	for (size_t i = 0; i < PRESET_ITEMS_MAX && is_line(&preset->items[i]); i++) {
		const struct preset_item *item = &preset->items[i];

		if (!is_item(item, attrs, kind))
			continue;
		if ((!private_ && !item->public_) || (item->value != NULL && value != NULL && !item->value(value, len)))
			return TOKEN_ERR_NOT_HERE;
		*found = item;
		return TOKEN_OK;
	}
	return TOKEN_ERR_NOT_HERE;
}

const struct preset_grant *
preset_grant_find(const struct token_preset *preset, const char *name)
{
	for (size_t i = 0; i < PRESET_GRANTS_MAX && preset->grants[i].name != NULL; i++) {
		const struct preset_grant *grant = &preset->grants[i];
		const size_t len = strlen(grant->name);

		if (strcmp(grant->name, name) == 0 && grant->name[len - 1] != '*')
			return grant;
		if (grant->name[len - 1] == '*' && strncmp(grant->name, name, len - 1) == 0 && strlen(name) >= len)
			return grant;
	}
	return NULL;
}
