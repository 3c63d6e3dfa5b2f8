/*
 * tokens/backend.h: what holds the keys of an area, as a table of functions. A new backend
 * is a folder with one such table and a line in backends.c.
 *
 * Rows, copies, PIN states and tries are the same for all; a backend decides how a PIN opens
 * the area key and what a private key is made of.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_BACKEND_H
#define TOKENS_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/key.h"
#include "tokens/pin/policy.h"
#include "tokens/seal.h"

#define BACKEND_AREA_KEY_LEN SEAL_KEY_LEN

/* Whose PIN; the numbers are those of the pin table. */
enum backend_role { BACKEND_USER = 1, BACKEND_SO = 2, BACKEND_AUTHENTICATOR = 3 };

/* What a wrap is bound to. */
struct backend_pin {
	enum backend_role role;
	const char *serial;  /* of the area */
	uint64_t generation; /* of this role's PIN */
};

struct token_backend {
	const char *name; /* at most 15 characters */
	bool hardware;
	bool imports_keys;             /* takes private keys from outside, and has their bytes as they came */
	const struct pin_limits *user; /* defaults and floors of an area's policy */
	const struct pin_limits *so;

	/* The area key under a PIN; *wrap is malloc'ed. Slow; called without token and store locks. */
	enum token_result (*wrap)(const struct seal_ctx *ctx, const struct backend_pin *id, struct secret pin,
		struct secret area_key, uint8_t **wrap, size_t *wrap_len);

	/* Open a wrap; the try has been counted. TOKEN_ERR_PIN: wrong. Slow, as above. */
	enum token_result (*unwrap)(const struct seal_ctx *ctx, const struct backend_pin *id, const uint8_t *wrap,
		size_t wrap_len, struct secret pin, struct secret *area_key);

	/* A new private key, tested, and the bytes that are sealed as its object's value. */
	enum token_result (*key_generate)(const struct seal_ctx *ctx, enum token_curve curve, struct token_key **key,
		struct secret *value);

	/* The key that such bytes make. */
	enum token_result (*key_load)(const struct seal_ctx *ctx, enum token_curve curve, const uint8_t *value,
		size_t len, struct token_key **key);
};

/* NULL: no such backend. */
const struct token_backend *token_backend_find(const char *name);

extern const struct token_backend vault_backend;

#endif
