/*
 * tokens/attrs.h: the small attributes of one object, as an owned list and as bytes at rest.
 *
 * In memory a value has PKCS#11's native form (CK_ULONG, CK_BBOOL, bytes). At rest it is a
 * CBOR map {type: uint / bool / bstr}, the same on every architecture. An array attribute
 * (CKA_WRAP_TEMPLATE and its like) has the same form in both: the bytes of attrs_encode().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_ATTRS_H
#define TOKENS_ATTRS_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/result.h"

struct token_attrs; /* a list ordered by type, each type once */

/* An empty list; NULL when out of memory. Free with attrs_free() (NULL is fine, wiped). */
struct token_attrs *attrs_new(void);
struct token_attrs *attrs_dup(const struct token_attrs *attrs);
void attrs_free(struct token_attrs *attrs);

/* Set or replace; the value is copied. False: out of memory, the list is unchanged. */
bool attrs_set(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
bool attrs_set_ulong(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
bool attrs_set_bool(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value);
void attrs_remove(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type);

/* The attribute, borrowed from the list until its next change; NULL when absent. */
const CK_ATTRIBUTE *attrs_find(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type);
CK_ULONG attrs_ulong(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise);
bool attrs_bool(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool otherwise);

/* Is the attribute absent, empty, or just these bytes? */
bool attrs_fits(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const void *bytes, size_t len);

size_t attrs_count(const struct token_attrs *attrs);
const CK_ATTRIBUTE *attrs_at(const struct token_attrs *attrs, size_t i);

/*
 * To and from bytes at rest. *bytes is malloc'ed, the caller wipes and frees it.
 * TOKEN_ERR_DAMAGED: not such a map (the caller has authenticated the bytes before).
 * TOKEN_ERR_ARG: a CK_ULONG or CK_BBOOL attribute whose value has another size, an array attribute
 * whose value is not the bytes of a list or has another array in it.
 */
enum token_result attrs_encode(const struct token_attrs *attrs, uint8_t **bytes, size_t *len);
enum token_result attrs_decode(const uint8_t *bytes, size_t len, struct token_attrs **attrs);

#endif
