/*
 * tokens/attrs_priv.h: making a list at once, for attrs*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_ATTRS_PRIV_H
#define TOKENS_ATTRS_PRIV_H

#include "tokens/attrs.h"

/* An empty list with room for that many attributes, whose values have that many bytes together; NULL: no memory. */
struct token_attrs *attrs_new_packed(size_t count, size_t bytes);

/* The next attribute, of a higher type than the last. The room was asked for; the value is the caller's to write. */
void *attrs_append(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, size_t len);

#endif
