/*
 * secret.h: what an issuer gives away once and knows again: codes, tokens and nonces.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_SECRET_H
#define ISSUER_SECRET_H

#include <mdoc/context.h>
#include <stdbool.h>
#include <stdint.h>

#define SECRET_KEY 32
#define SECRET_TEXT 22  /* characters of 128 bits, base64url */
#define SECRET_HASH 64  /* characters of a SHA-256, hexadecimal */
#define SECRET_NONCE 54 /* characters of a nonce */
#define SECRET_TX_HASH 97
#define SECRET_TX_MAX 64 /* characters of a transaction code */

/* 128 random bits. */
bool secret_make(const struct mdoc_context *context, char text[SECRET_TEXT + 1]);

/* What the register has of it. */
bool secret_hash(const struct mdoc_context *context, const char *text, char hash[SECRET_HASH + 1]);

/* The code that belongs to an offer's id: who has the id can get the offer, and only then. */
bool secret_code_of(const struct mdoc_context *context, const char *id, char code[SECRET_TEXT + 1]);

/* A transaction code has few digits: what the register has of it is slow to guess at. */
bool secret_tx_hash(const struct mdoc_context *context, const char *tx, char hash[SECRET_TX_HASH + 1]);
bool secret_tx_is(const struct mdoc_context *context, const char *tx, const char *hash);

/* `digits` random decimal digits. */
bool secret_tx_make(const struct mdoc_context *context, unsigned digits, char *text);

/*
 * A nonce that the issuer need not remember: random bits and the time, authenticated. Whether it was used before is the
 * register's to say.
 */
bool secret_nonce(const struct mdoc_context *context, const uint8_t key[SECRET_KEY], int64_t now,
	char nonce[SECRET_NONCE + 1]);
/* Made with this key, and not longer ago than `life` seconds? */
bool secret_nonce_is(const struct mdoc_context *context, const uint8_t key[SECRET_KEY], const char *nonce, int64_t now,
	int64_t life);

#endif
