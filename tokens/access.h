/*
 * tokens/access.h: who may do what with which kind of thing: one table (R-MED-07, R-CARD-08), which the module and
 * tokens/ ask. What is not in it is denied.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_ACCESS_H
#define TOKENS_ACCESS_H

#include <stdbool.h>

#include "tokens/preset.h"
#include "tokens/token.h"

/* A named user, who has rights, sees beside them what everybody sees. */
struct access_who {
	enum token_role role;
	unsigned rights; /* TOKEN_RIGHT_*, of TOKEN_NAMED */
};

/* May they do all of these? closed: the area has a closed list of contents. */
bool access_allows(struct access_who who, enum token_access what, unsigned operations, bool closed);

/* The kind of an object; front: the preset's list marks it so. */
enum token_access access_of(const struct token_attrs *attrs, enum token_object_kind kind, bool private_,
	bool authenticated, bool front);

/* Can a private object be anything that they may find? For rows whose attributes nobody has looked at yet. */
bool access_finds_private(struct access_who who, enum token_object_kind kind);

#endif
