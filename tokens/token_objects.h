/*
 * tokens/token_objects.h: what making objects one by one, in a batch and as a pair share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TOKEN_OBJECTS_H
#define TOKENS_TOKEN_OBJECTS_H

#include "tokens/token_priv.h"

/* What can be said against a spec without a look at the area. */
enum token_result object_check_spec(const struct token_object_spec *spec);

/* TOKEN_OK while this id is an unbound holder private key. Takes the token's lock. */
enum token_result object_check_unbound(struct token *token, uint64_t id);

/* Insert inside a change, with the binding of a record. *object is borrowed from the picture. */
enum token_result object_insert(struct token *token, const struct token_object_spec *spec,
	const struct token_object **object);

/* Set the point of a key in the attributes of a half of its pair. */
enum token_result object_add_point(const struct token_key *key, struct token_attrs *attrs);

/* Inside a change: both halves of an unbound holder key, whose value stays the caller's. */
enum token_result object_insert_holder(struct token *token, const struct token_attrs *public_attrs,
	const struct token_attrs *private_attrs, struct secret value);

/* The value of any object that is visible, a private key's too. */
enum token_result object_read_value(struct token *token, uint64_t id, struct token_value *value);

/* Stage a spec that object_check_spec() has passed; *object is provisional. */
enum token_result batch_stage(struct token *token, struct token_batch *batch, const struct token_object_spec *spec,
	const struct token_object **object);

#endif
