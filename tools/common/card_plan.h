/*
 * card_plan.h: what is to be written into the areas of a card, checked against the closed lists of the card standard
 * (R-CARD-27, -51 to -65): the resident code goes to the base area alone, the card's face and its support data to theirs,
 * certificates to the certification areas, a user number to an ordinance's, and nothing else anywhere.
 *
 * A plan is one JSON object:
 *
 *   {"typ": "mdoc-card-plan", "version": 1, "card": NAME, "areas": {AREA: [ITEM, …], …}}
 *
 * AREA is "jk", "kk", "kh", "jp-auth", "jp-sign" or "jo-NAME"; an ITEM has "label" and one of "text", "base64url" and
 * "certificate" (DER as base64url).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_CARD_PLAN_H
#define TOOLS_CARD_PLAN_H

#include <jansson.h>
#include <mdoc/bytes.h>
#include <stdbool.h>
#include "tools/common/exit.h"

#define CARD_PLAN_ITEM_MAX ((size_t)1024 * 1024) /* bytes of a value */
#define CARD_PLAN_NAME_MAX 32

struct card_plan_item {
	char area[CARD_PLAN_NAME_MAX + 1];
	char system[CARD_PLAN_NAME_MAX + 1]; /* who may write it: "juki-net", "jpki", "ordinance-NAME" */
	const char *application;             /* CKA_APPLICATION of a data object; NULL: a certificate */
	const char *label;
	struct mdoc_buf value;
};

struct card_plan {
	char card[CARD_PLAN_NAME_MAX + 1];
	struct card_plan_item *items; /* those of an area are beside each other */
	size_t count;
};

/*
 * Read and check a whole plan.
 *
 * name  for messages
 *
 * EXIT_STATUS_INPUT: no plan, or something in it is of the wrong form; EXIT_STATUS_NO: something is not on the closed
 * lists; said with area and label, never with a value. card_plan_clear() in any case; it wipes the values.
 */
enum exit_status card_plan_read(struct mdoc_bytes text, const char *name, struct card_plan *plan);
void card_plan_clear(struct card_plan *plan);

#endif
