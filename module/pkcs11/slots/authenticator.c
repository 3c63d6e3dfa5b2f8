/*
 * authenticator.c: the public document of an authenticator's helper.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/authenticator.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <string.h>

#define KEY_LEN 32
#define DOCUMENT_MAX 4096

static int
digit_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* 32 bytes of base64url: 43 digits, the last of which has two bits too many, which are zero. */
static bool
take_key(const json_t *jwk, const char *name, uint8_t out[KEY_LEN])
{
	const char *text = json_string_value(json_object_get(jwk, name));
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (text == NULL || strlen(text) != 43)
		return false;
	for (; *text != '\0'; text++) {
		const int digit = digit_of(*text);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (uint8_t)(bits >> have);
	}
	return (bits & 3) == 0;
}

static bool
is(const json_t *jwk, const char *name, const char *value)
{
	const char *text = json_string_value(json_object_get(jwk, name));

	return text != NULL && strcmp(text, value) == 0;
}

static bool
is_on_curve(const struct token_authenticator *helper)
{
	uint8_t point[1 + sizeof(helper->sign)] = { 4 };
	EVP_PKEY *pkey = NULL;
	bool good;

	memcpy(point + 1, helper->sign, sizeof(helper->sign));
	good = token_public_key(library_libctx(), TOKEN_P256, point, sizeof(point), &pkey) == TOKEN_OK;
	EVP_PKEY_free(pkey);
	return good;
}

CK_RV
authenticator_read(const CK_BYTE *json, CK_ULONG len, struct token_authenticator *helper)
{
	json_t *root = len <= DOCUMENT_MAX ? json_loadb((const char *)json, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const json_t *sign = json_object_get(root, "sign");
	const json_t *seal = json_object_get(root, "seal");
	const bool good = is(sign, "kty", "EC") && is(sign, "crv", "P-256") && take_key(sign, "x", helper->sign) &&
		take_key(sign, "y", helper->sign + KEY_LEN) && is(seal, "kty", "OKP") && is(seal, "crv", "X25519") &&
		take_key(seal, "x", helper->seal) && is_on_curve(helper);

	json_decref(root);
	return good ? CKR_OK : CKR_ARGUMENTS_BAD;
}
