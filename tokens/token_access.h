/*
 * tokens/token_access.h: the part of token.h that says who may do what with which kind of thing; the table is in
 * access.c. Include token.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TOKEN_ACCESS_H
#define TOKENS_TOKEN_ACCESS_H

#include <stdbool.h>

#include "tokens/attrs.h"

struct token;

/* What a named user may do in an area (C_LoginUser); never use a key. */
#define TOKEN_RIGHT_READ 0x1u  /* data objects and certificates */
#define TOKEN_RIGHT_WRITE 0x2u /* the same */
#define TOKEN_RIGHT_PIN 0x4u   /* set the holder's PIN, and nothing else */
#define TOKEN_RIGHT_FRONT 0x8u /* read what the preset marks as the card's front */

enum token_access {
	TOKEN_ACCESS_PUBLIC_DATA,
	TOKEN_ACCESS_DATA,  /* private */
	TOKEN_ACCESS_FRONT, /* of these, what the preset marks as the card's front */
	TOKEN_ACCESS_RECORD,
	TOKEN_ACCESS_HOLDER_KEY,
	TOKEN_ACCESS_HOLDER_PUBLIC,
	TOKEN_ACCESS_KEY,      /* ordinary private key, private */
	TOKEN_ACCESS_OPEN_KEY, /* with CKA_PRIVATE false */
	TOKEN_ACCESS_SECRET_KEY,
	TOKEN_ACCESS_OPEN_SECRET_KEY,
	TOKEN_ACCESS_PUBLIC_KEY,
	TOKEN_ACCESS_HIDDEN_PUBLIC_KEY, /* private */
	TOKEN_ACCESS_CERTIFICATE,
	TOKEN_ACCESS_HIDDEN_CERTIFICATE,
	TOKEN_ACCESS_TRUSTED, /* anything public with that mark; to create is to give the mark */
	TOKEN_ACCESS_STATUS,
	TOKEN_ACCESS_STATUS_DETAILS,
	TOKEN_ACCESS_INBOX,
	TOKEN_ACCESS_PROVISIONER_KEY,
	TOKEN_ACCESS_SESSION, /* private session objects */
	TOKEN_ACCESS_BATCH,
	TOKEN_ACCESS_PIN,
	TOKEN_ACCESS_SO_PIN,
	TOKEN_ACCESS_AREA,
	TOKEN_ACCESS_COUNT
};

#define TOKEN_FIND 0x1u
#define TOKEN_READ 0x2u
#define TOKEN_CREATE 0x4u
#define TOKEN_CHANGE 0x8u
#define TOKEN_DESTROY 0x10u
#define TOKEN_USE 0x20u
#define TOKEN_EXPORT 0x40u
#define TOKEN_SET 0x80u /* of PIN and area from here on */
#define TOKEN_CHECK 0x100u
#define TOKEN_SUSPEND 0x200u
#define TOKEN_RESUME 0x400u
#define TOKEN_RETIRE 0x800u
#define TOKEN_GRANT 0x1000u

struct token_object;

/* May who is logged in do all of these operations with such things, or with this object? */
bool token_may(struct token *token, enum token_access what, unsigned operations);
bool token_may_object(struct token *token, const struct token_object *object, unsigned operations);

/* The same for an object with these attributes that is yet to be. */
bool token_may_make(struct token *token, const struct token_attrs *attrs, bool holder, bool private_);

/* Does the area take only what is on its preset's list? */
bool token_is_closed(const struct token *token);

/* Does that list want such an object to be private? */
bool token_wants_private(const struct token *token, const struct token_attrs *attrs);

#endif
