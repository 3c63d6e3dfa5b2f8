/*
 * tokens/authenticator.h: the helper that opens an area whose PIN is disabled (顔認証, R-FACE-07): a program that looks at
 * a face, or a finger, and gives the area's secret out with its signed verdict.
 *
 * It gets one line of JSON and answers with one (mdoc-pkcs11.conf(5)). What it signs has the nonce of the question in
 * it, so that no answer is good twice.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_AUTHENTICATOR_H
#define TOKENS_AUTHENTICATOR_H

#include "tokens/seal.h"
#include "tokens/store/store.h"

#define AUTHENTICATOR_WAIT_MS 60000

/* A new secret for an area, and what is stored of it: the helper's keys and the secret in a box for it. */
enum token_result authenticator_new(const struct seal_ctx *seal, const char *serial,
	const struct token_authenticator *helper, uint8_t stored[STORE_AUTHENTICATOR_LEN], struct secret *secret);

/*
 * Ask the helper at `path` and wait for its verdict, AUTHENTICATOR_WAIT_MS at most; it is killed afterwards.
 *
 * TOKEN_ERR_PIN            it refuses, and has signed that
 * TOKEN_ERR_AUTHENTICATOR  there is no helper, or no verdict that it has signed for this question
 */
enum token_result authenticator_ask(const struct seal_ctx *seal, const char *path, const struct store_area *area,
	struct secret *secret);

/* One answer to one question (JSON: strings as members, no escapes), judged as above. */
enum token_result authenticator_judge(const struct seal_ctx *seal, const struct store_area *area, const char *nonce,
	const char *line, size_t len, struct secret *secret);

#endif
