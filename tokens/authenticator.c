/*
 * The question to an authenticator's helper, and its verdict.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/authenticator.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/authenticator_run.h"

#define PURPOSE "mdoc-pkcs11 authenticator"
#define PURPOSE_LEN (sizeof(PURPOSE) - 1)
#define NONCE_LEN 32
#define BASE64_MAX 256
#define QUESTION_MAX 1024

/* base64url without padding; out has 4 * (len + 2) / 3 + 1 bytes. */
static void
to_base64(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (have += 8; have >= 6; have -= 6)
			*out++ = digits[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*out++ = digits[bits << (6 - have) & 63];
	*out = '\0';
}

static int
digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

/* Exactly `want` bytes. */
static bool
from_base64(const char *text, size_t len, uint8_t *out, size_t want)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const int digit = digit_of(text[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n == want)
			return false;
		out[n++] = (uint8_t)(bits >> have);
	}
	return n == want && have < 6 && (bits & ((1U << have) - 1)) == 0;
}

/* ---- A flat JSON object ------------------------------------------------------------------- */

struct text {
	const char *ptr;
	size_t len;
};

struct answer {
	struct text verdict, secret, signature;
};

static void
skip_blank(struct text *rest)
{
	while (rest->len > 0 && strchr(" \t\r\n", rest->ptr[0]) != NULL && rest->ptr[0] != '\0') {
		rest->ptr++;
		rest->len--;
	}
}

static bool
take(struct text *rest, char c)
{
	skip_blank(rest);
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	rest->ptr++;
	rest->len--;
	return true;
}

static bool
take_string(struct text *rest, struct text *string)
{
	if (!take(rest, '"'))
		return false;
	string->ptr = rest->ptr;
	while (rest->len > 0 && rest->ptr[0] != '"') {
		if (rest->ptr[0] == '\\' || (unsigned char)rest->ptr[0] < 0x20)
			return false;
		rest->ptr++;
		rest->len--;
	}
	string->len = (size_t)(rest->ptr - string->ptr);
	return take(rest, '"');
}

static bool
is(const struct text *text, const char *word)
{
	return text->len == strlen(word) && memcmp(text->ptr, word, text->len) == 0;
}

/* Each member once. */
static bool
put_member(struct answer *answer, const struct text *name, const struct text *value)
{
	struct text *to = NULL;

	if (is(name, "verdict"))
		to = &answer->verdict;
	else if (is(name, "secret"))
		to = &answer->secret;
	else if (is(name, "signature"))
		to = &answer->signature;
	if (to == NULL)
		return true; /* of a later version */
	if (to->ptr != NULL)
		return false;
	*to = *value;
	return true;
}

static bool
parse(const char *line, size_t len, struct answer *answer)
{
	struct text rest = { line, len };
	struct text name, value;

	*answer = (struct answer){ 0 };
	if (!take(&rest, '{'))
		return false;
	do {
		if (!take_string(&rest, &name) || !take(&rest, ':') || !take_string(&rest, &value) ||
			!put_member(answer, &name, &value))
			return false;
	} while (take(&rest, ','));
	if (!take(&rest, '}'))
		return false;
	skip_blank(&rest);
	return rest.len == 0 && answer->verdict.ptr != NULL && answer->signature.ptr != NULL;
}

/* ---- The verdict -------------------------------------------------------------------------- */

/* The helper's signature over this verdict on this question. */
static bool
is_signed(const struct seal_ctx *seal, const struct store_area *area, const char *nonce, const struct answer *answer,
	const char *digest)
{
	uint8_t point[65] = { 4 };
	uint8_t signature[64], hash[32];
	char text[512];
	bool good = false;
	const int len = snprintf(text, sizeof(text), PURPOSE " 1\n%s\n%s\n%.*s\n%s", area->serial, nonce,
		(int)answer->verdict.len, answer->verdict.ptr, digest);

	memcpy(point + 1, area->authenticator, 64);
	if (len < 0 || (size_t)len >= sizeof(text) ||
		!from_base64(answer->signature.ptr, answer->signature.len, signature, sizeof(signature)) ||
		seal_sha256(seal, text, (size_t)len, hash) != TOKEN_OK)
		return false;
	return token_public_verify(seal_ctx_libctx(seal), TOKEN_P256, point, sizeof(point), hash, sizeof(hash),
		       signature, sizeof(signature), &good) == TOKEN_OK &&
		good;
}

enum token_result
authenticator_judge(const struct seal_ctx *seal, const struct store_area *area, const char *nonce, const char *line,
	size_t len, struct secret *secret)
{
	struct answer answer;
	struct secret given = SECRET_NONE;
	uint8_t hash[32];
	char digest[BASE64_MAX] = "";
	bool accept;
	enum token_result res = TOKEN_ERR_AUTHENTICATOR;

	if (!parse(line, len, &answer))
		return TOKEN_ERR_AUTHENTICATOR;
	accept = is(&answer.verdict, "accept");
	if (!accept && !is(&answer.verdict, "refuse"))
		return TOKEN_ERR_AUTHENTICATOR;
	if (accept) {
		if (!secret_alloc(STORE_AUTHENTICATOR_SECRET, &given))
			return TOKEN_ERR_MEMORY;
		if (answer.secret.ptr == NULL ||
			!from_base64(answer.secret.ptr, answer.secret.len, given.ptr, given.len) ||
			seal_sha256(seal, given.ptr, given.len, hash) != TOKEN_OK)
			goto out;
		to_base64(hash, sizeof(hash), digest);
	}
	if (!is_signed(seal, area, nonce, &answer, digest))
		goto out;
	res = accept ? TOKEN_OK : TOKEN_ERR_PIN;
	if (accept)
		*secret = secret_move(&given);
out:
	secret_wipe(&given);
	return res;
}

/* ---- The question ------------------------------------------------------------------------- */

/* A label as the inside of a JSON string. */
static void
put_label(const char *label, char out[6 * 32 + 1])
{
	for (; *label != '\0'; label++) {
		const unsigned char c = (unsigned char)*label;

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			out += sprintf(out, "\\u%04x", c);
		else
			*out++ = (char)c;
	}
	*out = '\0';
}

enum token_result
authenticator_ask(const struct seal_ctx *seal, const char *path, const struct store_area *area, struct secret *secret)
{
	const uint8_t *box = area->authenticator + STORE_AUTHENTICATOR_BOX;
	struct secret line = SECRET_NONE;
	uint8_t random[NONCE_LEN];
	char nonce[BASE64_MAX], sealed[BASE64_MAX], label[6 * 32 + 1], question[QUESTION_MAX];
	size_t len = 0;
	int written;
	enum token_result res;

	if (path == NULL || !area->has_authenticator)
		return TOKEN_ERR_AUTHENTICATOR;
	res = seal_random(seal, random, sizeof(random));
	if (res != TOKEN_OK)
		return res;
	to_base64(random, sizeof(random), nonce);
	to_base64(box, STORE_AUTHENTICATOR_LEN - STORE_AUTHENTICATOR_BOX, sealed);
	put_label(area->label, label);
	written = snprintf(question, sizeof(question),
		"{\"version\":1,\"act\":\"authenticate\",\"serial\":\"%s\",\"label\":\"%s\",\"nonce\":\"%s\","
		"\"box\":\"%s\"}\n",
		area->serial, label, nonce, sealed);
	if (written < 0 || (size_t)written >= sizeof(question))
		return TOKEN_ERR_ARG;
	res = authenticator_run(path, question, (size_t)written, AUTHENTICATOR_WAIT_MS, &line, &len);
	if (res == TOKEN_OK)
		res = authenticator_judge(seal, area, nonce, (const char *)line.ptr, len, secret);
	secret_wipe(&line);
	return res;
}

enum token_result
authenticator_new(const struct seal_ctx *seal, const char *serial, const struct token_authenticator *helper,
	uint8_t stored[STORE_AUTHENTICATOR_LEN], struct secret *secret)
{
	uint8_t aad[PURPOSE_LEN + TOKEN_SERIAL_LEN];
	struct secret made = SECRET_NONE;
	uint8_t *box = NULL;
	size_t len = 0;
	enum token_result res;

	memcpy(aad, PURPOSE, PURPOSE_LEN);
	memcpy(aad + PURPOSE_LEN, serial, TOKEN_SERIAL_LEN);
	res = seal_random_secret(seal, STORE_AUTHENTICATOR_SECRET, &made);
	if (res == TOKEN_OK)
		res = vault_box_seal(seal, helper->seal, aad, sizeof(aad), made.ptr, made.len, &box, &len);
	if (res == TOKEN_OK && len != STORE_AUTHENTICATOR_LEN - STORE_AUTHENTICATOR_BOX)
		res = TOKEN_ERR_CRYPTO;
	if (res != TOKEN_OK)
		goto out;
	memcpy(stored, helper->sign, sizeof(helper->sign));
	memcpy(stored + sizeof(helper->sign), helper->seal, sizeof(helper->seal));
	memcpy(stored + STORE_AUTHENTICATOR_BOX, box, len);
	*secret = secret_move(&made);
out:
	free(box);
	secret_wipe(&made);
	return res;
}
