/*
 * tokens/preset.h: what areas are for: PIN policy, flags, a closed list of what one may hold, and which other systems
 * may be let in (the access matrix of the card standard, R-CARD-10 to -15; the record's area has none, R-MED-08).
 *
 * All of it is data in preset.c. An area keeps its preset's name, under the MAC of its root.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_PRESET_H
#define TOKENS_PRESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/attrs.h"
#include "tokens/token.h"

#define PRESET_ITEMS_MAX 8
#define PRESET_GRANTS_MAX 4

/* One line of the closed list (R-CARD-27, -51 to -65). */
struct preset_item {
	CK_OBJECT_CLASS object_class;
	enum token_object_kind kind;
	const char *application;                         /* of a data object */
	const char *label;                               /* NULL: any */
	unsigned most;                                   /* how many of them; 0: any number */
	bool public_;                                    /* it need not be private */
	bool front;                                      /* collation number B shows it (R-CARD-19) */
	bool (*value)(const uint8_t *value, size_t len); /* NULL: any */
};

/* A cell of the matrix: who may be let in, and what for. */
struct preset_grant {
	const char *name; /* "ordinance-*": any name that begins so, and no more than one of them */
	unsigned rights;  /* TOKEN_RIGHT_* */
	unsigned digits;  /* 0: a system with a random credential; else a collation number of so many digits */
	unsigned tries;   /* what is granted when nobody says otherwise */
};

struct token_preset {
	const char *name;
	bool law;     /* closed: nothing that is not on the list, and nobody writes who is not logged in */
	bool card;    /* a card may have one */
	bool several; /* or more */
	bool no_pin;  /* nobody is its user */
	struct token_pin_policy user; /* zero: the caller's, or the backend's */
	bool allow_weak_pin, must_change, identity_check, transport, single_use;
	struct preset_item items[PRESET_ITEMS_MAX]; /* the first without a class ends it */
	struct preset_grant grants[PRESET_GRANTS_MAX];
};

/* NULL and "": the general one. NULL: no such preset. */
const struct token_preset *preset_find(const char *name);

/* As preset_find(), for a name that is stored: of one that this version does not know nothing is allowed. Never NULL. */
const struct token_preset *preset_of_area(const char *name);

/* Put the preset's policy and flags where the spec leaves them open. TOKEN_ERR_ARG: the spec says otherwise. */
enum token_result preset_apply(const struct token_preset *preset, struct token_area_spec *spec);

/*
 * The line of the list for such an object; static.
 *
 * value  NULL: it is not looked at
 *
 * TOKEN_ERR_NOT_HERE  there is none, or the object is not as the line wants it; *item NULL with TOKEN_OK: no list
 */
enum token_result preset_admits(const struct token_preset *preset, const struct token_attrs *attrs,
	enum token_object_kind kind, bool private_, const uint8_t *value, size_t len, const struct preset_item **item);

/* Does this stored object fall under the line? */
bool preset_item_is(const struct preset_item *item, const struct token_object *object);

/* The cell for a user of that name; NULL: the matrix has none. */
const struct preset_grant *preset_grant_find(const struct token_preset *preset, const char *name);

#endif
