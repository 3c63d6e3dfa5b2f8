/*
 * tests/unit/tokens_help.h: stores, areas and objects for the tests of tokens/.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_TOKENS_HELP_H
#define TESTS_UNIT_TOKENS_HELP_H

#include <stdint.h>

#include "tokens/token.h"

#define SO_PIN "0123456789abcdef"
#define USER_PIN "correct horse"

/* A store in a new folder. The folder is remade for each test; nothing is made in it yet. */
struct fixture {
	char folder[64];
	char store[96];
	struct token_env *env;
	struct token *token; /* of the area made by fixture_area() */
	uint64_t slot;
};

void fixture_new(struct fixture *f);
void fixture_free(struct fixture *f);

/* An environment of the same store, as another process would have. */
struct token_env *fixture_env(const struct fixture *f);

/* In a child: abandon what was inherited and start anew. */
struct token_env *child_env(const struct fixture *f);

/* An area with a user PIN and `tries` tries, open in f->token, nobody logged in. */
void fixture_area(struct fixture *f, unsigned tries);

/* The same, with the user logged in. */
void fixture_user(struct fixture *f);

/* Path of a file in the area's folder. */
void fixture_path(const struct fixture *f, const char *name, char *path, size_t len);

/* Run SQL in the area's database, as somebody with an editor would. */
void fixture_sql(const struct fixture *f, const char *sql);
int64_t fixture_number(const struct fixture *f, const char *sql);

/* Borrow a string as a PIN in the arena; release with secret_wipe(). */
struct secret pin_of(const char *text);

/* Calls with the PIN as a string. */
enum token_result login(struct token *token, enum token_role role, const char *pin);
enum token_result check(struct token *token, const char *pin);

/* Objects. Each is unreferenced by the caller. */
const struct token_object *make_data(struct token *token, const char *label, const char *value, bool private_);
void make_holder(struct token *token, const struct token_object **public_key, const struct token_object **private_key);
enum token_result make_record(struct token *token, struct token_batch *batch, uint64_t key, bool reusable,
	const struct token_object **record);

/* A bound copy; gives its private key. */
const struct token_object *make_copy(struct token *token);

/* How many objects are seen now; -1 and the result on an error. */
int count_objects(struct token *token, enum token_result *res);

/* Run in a child process made by fork; gives its exit status, 0 to 255, or -1 when it was killed. */
int in_child(int (*run)(void *arg), void *arg);

#endif
