/*
 * card.h: the areas of one card: tokens of our module that were made with the same card name (R-CARD-60).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_CARD_H
#define TOOLS_TOKEN_CARD_H

#include "tools/common/options.h"
#include "tools/common/p11.h"

#define CARD_NAME_MAX 23 /* bytes; an area's label is the card's name, a hyphen and the area's */
#define CARD_ORDINANCE "jo-"

struct card_area {
	CK_SLOT_ID slot;
	char label[33];
	char preset[MDOC_PRESET_MAX + 1];
	char pin[16];  /* "not set", "operational", "locked", "disabled" */
	bool blank;    /* its transport secret is still the one that it was made with */
	bool so_fresh; /* it is no longer blank, but has that secret for the security officer's code */
	bool retired;
};

struct card {
	const char *name; /* borrowed */
	struct card_area *areas;
	size_t count;
};

/* Those that are there, in the order of their slots; none is no error. EXIT_STATUS_TROUBLE (said). card_clear() in any
 * case. */
enum exit_status card_load(const struct p11 *p11, const char *name, struct card *card);
void card_clear(struct card *card);

/* EXIT_STATUS_USAGE (said): no name that a card may have, or the module knows none. */
enum exit_status card_check(const struct command *command, const char *name);
enum exit_status card_module(const struct p11 *p11);

/* "jk", or "jo-NAME" of an ordinance's area; NULL: the card has no such area. */
const struct card_area *card_find(const struct card *card, const char *area);

/* The same, and its label; false: longer than a label may be. */
bool card_label(const char *card, const char *area, char label[33]);

/* mdoc-token pin disable|enable --card (R-FACE-03). argv as the command has it. */
int card_pin_disable(const struct command *command, int argc, char **argv);
int card_pin_enable(const struct command *command, int argc, char **argv);

#endif
