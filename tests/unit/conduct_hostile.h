/*
 * tests/unit/conduct_hostile.h: arguments that a program gets wrong, or an attacker right. All memory in them is valid.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_CONDUCT_HOSTILE_H
#define TESTS_UNIT_CONDUCT_HOSTILE_H

#include "tests/unit/conduct_world.h"

/* A template that no function may take; made from `good` (what the function would take). */
struct conduct_hostile_template {
	const char *what;
	CK_ULONG count; /* 0: one more than the good one has */
	CK_ATTRIBUTE more;
	bool fine_for_search; /* C_FindObjectsInit may take it: it matches nothing */
};

extern const struct conduct_hostile_template conduct_hostile_templates[];
extern const size_t conduct_hostile_template_count;

/* The good attributes, and the bad one at their end; borrowed until the next call. */
struct conduct_template conduct_hostile(const struct conduct_template *good,
	const struct conduct_hostile_template *bad);

extern CK_MECHANISM conduct_hostile_mechanisms[];
extern const size_t conduct_hostile_mechanism_count;

#endif
