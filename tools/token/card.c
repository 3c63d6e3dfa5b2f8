/* card.c: the areas of a card. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/card.h"
#include "tools/common/message.h"
#include "tools/token/doctor.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* What the module says of a slot; one that cannot be read is of no card. */
static enum exit_status
look(const struct p11 *p11, CK_SLOT_ID slot, struct card *card)
{
	struct card_area *more = NULL, *area;
	CK_TOKEN_INFO info;
	json_t *said;
	CK_RV rv;

	if (p11->list->C_GetTokenInfo(slot, &info) != CKR_OK)
		return EXIT_STATUS_OK;
	said = doctor_diagnose(p11, slot, &rv);
	if (said == NULL || strcmp(member(said, "card"), card->name) != 0) {
		json_decref(said);
		return rv == CKR_HOST_MEMORY ? tool_no_memory() : EXIT_STATUS_OK;
	}
	more = realloc(card->areas, (card->count + 1) * sizeof(*more));
	if (more == NULL) {
		json_decref(said);
		return tool_no_memory();
	}
	card->areas = more;
	area = &more[card->count++];
	memset(area, 0, sizeof(*area));
	area->slot = slot;
	p11_label(info.label, area->label);
	snprintf(area->preset, sizeof(area->preset), "%s", member(said, "preset"));
	snprintf(area->pin, sizeof(area->pin), "%s", member(said, "user_pin"));
	area->blank = strcmp(member(said, "life"), "blank") == 0;
	area->retired = strcmp(member(said, "life"), "retired") == 0;
	area->so_fresh = (info.flags & CKF_SO_PIN_TO_BE_CHANGED) != 0;
	json_decref(said);
	return EXIT_STATUS_OK;
}

enum exit_status
card_load(const struct p11 *p11, const char *name, struct card *card)
{
	enum exit_status status = EXIT_STATUS_OK;
	CK_SLOT_ID *slots = NULL;
	CK_ULONG count = 0;
	CK_RV rv;

	*card = (struct card){ .name = name };
	rv = p11->list->C_GetSlotList(CK_TRUE, NULL, &count);
	if (rv == CKR_OK && count > 0) {
		slots = calloc(count, sizeof(*slots));
		rv = slots == NULL ? CKR_HOST_MEMORY : p11->list->C_GetSlotList(CK_TRUE, slots, &count);
	}
	if (rv != CKR_OK)
		status = tool_rv_error(_("cannot list the tokens"), rv);
	for (CK_ULONG i = 0; status == EXIT_STATUS_OK && i < count; i++)
		status = look(p11, slots[i], card);
	free(slots);
	return status;
}

void
card_clear(struct card *card)
{
	free(card->areas);
	card->areas = NULL;
	card->count = 0;
}

enum exit_status
card_check(const struct command *command, const char *name)
{
	const size_t len = strlen(name);
	json_t *text = json_string(name); /* NULL when it is not UTF-8 */
	bool good = text != NULL && len >= 1 && len <= CARD_NAME_MAX && name[len - 1] != ' ';

	for (size_t i = 0; i < len; i++)
		good = good && (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
	json_decref(text);
	if (good)
		return EXIT_STATUS_GO_ON;
	return options_wrong(command, _("a card's name has 1 to %d bytes of UTF-8 and no space at its end"),
		CARD_NAME_MAX);
}

enum exit_status
card_module(const struct p11 *p11)
{
	return p11->vendor != NULL ? EXIT_STATUS_OK
				   : tool_rv_error(_("this module knows no cards"), CKR_FUNCTION_NOT_SUPPORTED);
}

bool
card_label(const char *card, const char *area, char label[33])
{
	const int len = snprintf(label, 33, "%s-%s", card, area);

	return len > 0 && len <= 32;
}

const struct card_area *
card_find(const struct card *card, const char *area)
{
	const bool ordinance = strncmp(area, CARD_ORDINANCE, strlen(CARD_ORDINANCE)) == 0;
	char label[33];

	if (!card_label(card->name, area, label))
		return NULL;
	for (size_t i = 0; i < card->count; i++) {
		if (strcmp(card->areas[i].preset, ordinance ? MDOC_PRESET_JO : area) == 0 &&
			(!ordinance || strcmp(card->areas[i].label, label) == 0))
			return &card->areas[i];
	}
	return NULL;
}
