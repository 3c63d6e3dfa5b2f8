/*
 * tests/unit/guard_help.h: what tests of a counting guard have in common.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_GUARD_HELP_H
#define TESTS_UNIT_GUARD_HELP_H

#include "tests/unit/fake_device.h"
#include "tests/unit/tokens_help.h"

/* A fault in the device's next call of this kind but `after`. */
void fault(enum fake_call call, unsigned after, bool dies, bool done);

/* The user's PIN from one to another, with nobody or the user logged in. */
enum token_result change_pin(struct token *token, const char *from, const char *to);

/* The SO sets the user's PIN, and logs out. */
enum token_result reset_pin(struct token *token, const char *pin);

/* Run it as another process: with an environment of its own. */
struct visit {
	struct fixture *f;
	int (*run)(struct token *token);
};
int visit(struct fixture *f, int (*run)(struct token *token));

/* The generation of the root in the store. */
uint64_t generation(const struct fixture *f);

/* Close everything that this process has open, so that the database is one file; and open it again. */
void put_down(struct fixture *f);
void take_up(struct fixture *f);

/* A private object, or why not. */
enum token_result try_data(struct token *token, const char *label);

/* A signature by the key of an object. */
enum token_result sign_with(struct token *token, const struct token_object *object);

int add_guard_suite(void);
int add_counter_suite(void);

#endif
