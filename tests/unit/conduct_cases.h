/*
 * tests/unit/conduct_cases.h: what a function answers in each state of a session and of its token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_CONDUCT_CASES_H
#define TESTS_UNIT_CONDUCT_CASES_H

#include "tests/unit/conduct_world.h"

/* Beside these: not initialised, a session that is none, and a forked child, where one answer fits all. */
enum conduct_state {
	STATE_RO_PUBLIC,
	STATE_RW_PUBLIC,
	STATE_RO_USER,
	STATE_RW_USER,
	STATE_SO,
	STATE_PROVISIONER, /* R/W, logged in with C_LoginUser */
	STATE_LOCKED,      /* R/W public, and the user's PIN is locked */
	STATE_READ_ONLY,   /* R/O public, and the store cannot be written to */
	STATE_ERASED,      /* R/W user, and another process has erased the token since */
	STATES
};

struct conduct_case {
	const char *name;
	const char *what; /* makes cases of one function different; NULL: the only one */
	struct conduct_sane sane;
	CK_RV rv[STATES];
};

extern const struct conduct_case conduct_cases[];
extern const size_t conduct_case_count;

#endif
