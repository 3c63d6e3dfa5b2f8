/* device_attestation.c: what a token of ours attests of itself. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/jwt.h"
#include "tools/issuer/device_attestation.h"

void
device_claim_clear(struct device_claim *claim)
{
	free(claim->attestation_jwk);
	free(claim->response_jwk);
	free(claim->notice_jwk);
	memset(claim, 0, sizeof(*claim));
}

bool
device_attestation_is(const char *text)
{
	struct jwt jwt;
	bool is;

	if (text == NULL || strlen(text) > KEY_ATTESTATION_MAX || jwt_parse(mdoc_text(text), &jwt) != MDOC_OK)
		return false;
	is = json_object_get(jwt.claims, DEVICE_CLAIM) != NULL;
	jwt_clear(&jwt);
	return is;
}

static enum proof_result
check_times(const json_t *claims, int64_t now)
{
	const json_t *iat = json_object_get(claims, "iat"), *exp = json_object_get(claims, "exp");
	const json_int_t made = json_integer_value(iat), ends = json_integer_value(exp);

	if (!json_is_integer(iat) || made < now - PROOF_AGE_MAX || made > now + PROOF_AGE_MAX)
		return PROOF_TIME;
	return json_is_integer(exp) && ends > now ? PROOF_OK : PROOF_EXPIRED;
}

static enum proof_result
take_nonce(const json_t *claims, const char *audience, struct proofs *keys)
{
	const json_t *aud = json_object_get(claims, "aud");
	const char *nonce = json_string_value(json_object_get(claims, "nonce"));

	if (aud != NULL && (!json_is_string(aud) || strcmp(json_string_value(aud), audience) != 0))
		return PROOF_AUDIENCE;
	if (nonce == NULL || nonce[0] == '\0')
		return PROOF_NONCE;
	keys->nonce = strdup(nonce);
	return keys->nonce != NULL ? PROOF_OK : PROOF_MEMORY;
}

static enum proof_result
take_keys(const struct mdoc_context *context, const json_t *claims, size_t most, struct proofs *keys)
{
	const json_t *list = json_object_get(claims, "attested_keys");
	const size_t count = json_array_size(list);
	enum proof_result res = PROOF_OK;
	struct mdoc_public_key key;

	if (count == 0 || count > most)
		return PROOF_COUNT;
	keys->keys = calloc(count, sizeof(*keys->keys));
	if (keys->keys == NULL)
		return PROOF_MEMORY;
	for (size_t i = 0; i < count && res == PROOF_OK; i++) {
		if (jwk_to_key(context, json_array_get(list, i), &key) != MDOC_OK)
			return PROOF_KEY;
		res = proof_add_key(context, &key, keys);
	}
	return res;
}

static bool
take_word(const json_t *json, char word[DEVICE_WORD_MAX + 1])
{
	const char *text = json_string_value(json);

	if (text == NULL || strlen(text) != json_string_length(json) || strlen(text) > DEVICE_WORD_MAX)
		return false;
	for (const char *at = text; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			return false;
	memcpy(word, text, strlen(text) + 1);
	return true;
}

/* The JWK of a key as the register keeps it: with the members that the key has, and no other. */
static enum proof_result
keep_key(const struct mdoc_public_key *key, char **text)
{
	json_t *jwk = jwk_from_key(key);

	*text = jwk != NULL ? json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(jwk);
	return *text != NULL ? PROOF_OK : PROOF_MEMORY;
}

static enum proof_result
keep_thumbprint(const struct mdoc_context *context, const struct mdoc_public_key *key, char text[THUMBPRINT_TEXT + 1])
{
	uint8_t thumbprint[THUMBPRINT_LEN];
	struct mdoc_buf encoded = MDOC_BUF_EMPTY;
	enum proof_result res = PROOF_MEMORY;

	if (key_thumbprint(context, key, thumbprint) == MDOC_OK)
		mdoc_base64url_encode(&encoded, mdoc_bytes_of(thumbprint, sizeof(thumbprint)));
	if (encoded.err == MDOC_OK && encoded.len == THUMBPRINT_TEXT) {
		memcpy(text, encoded.ptr, THUMBPRINT_TEXT);
		text[THUMBPRINT_TEXT] = '\0';
		res = PROOF_OK;
	}
	mdoc_buf_clear(&encoded);
	return res;
}

/* A key that agrees: responses and notices are encrypted to it. */
static bool
take_agreeing(const struct mdoc_context *context, const json_t *jwk, struct mdoc_public_key *key)
{
	return jwk_to_key(context, jwk, key) == MDOC_OK && mdoc_curve_agrees(key->curve);
}

static enum proof_result
take_claim(const struct mdoc_context *context, const json_t *json, struct device_claim *claim)
{
	const json_t *bound = json_object_get(json, "bound");
	const char *tls = json_string_value(json_object_get(json, "tls"));
	struct mdoc_public_key notices;
	enum proof_result res;

	if (!take_word(json_object_get(json, "serial"), claim->serial) ||
		!take_word(json_object_get(json, "backend"), claim->backend) || !json_is_boolean(bound) ||
		!take_agreeing(context, json_object_get(json, "response"), &claim->response) ||
		!take_agreeing(context, json_object_get(json, "notices"), &notices) || tls == NULL ||
		strlen(tls) != DEVICE_TLS_TEXT)
		return PROOF_DEVICE;
	memcpy(claim->tls, tls, DEVICE_TLS_TEXT + 1);
	claim->bound = json_is_true(bound);
	res = keep_thumbprint(context, &claim->response, claim->response_thumbprint);
	if (res == PROOF_OK)
		res = keep_thumbprint(context, &claim->attestation, claim->attestation_thumbprint);
	if (res == PROOF_OK)
		res = keep_key(&claim->attestation, &claim->attestation_jwk);
	if (res == PROOF_OK)
		res = keep_key(&claim->response, &claim->response_jwk);
	if (res == PROOF_OK)
		res = keep_key(&notices, &claim->notice_jwk);
	return res;
}

enum proof_result
device_attestation_check(const struct mdoc_context *context, const char *text, const struct proof_rules *rules,
	struct proofs *keys, struct device_claim *claim)
{
	enum proof_result res;
	enum mdoc_result parsed;
	struct jwt jwt;

	*keys = (struct proofs){ NULL, 0, NULL };
	memset(claim, 0, sizeof(*claim));
	if (text == NULL || strlen(text) > KEY_ATTESTATION_MAX)
		return PROOF_MALFORMED;
	parsed = jwt_parse(mdoc_text(text), &jwt);
	if (parsed != MDOC_OK)
		return parsed == MDOC_ERR_ALGORITHM ? PROOF_ALGORITHM : PROOF_MALFORMED;
	res = proof_check_header(context, &jwt, KEY_ATTESTATION_TYPE, &claim->attestation);
	if (res == PROOF_OK && jwt_verify(context, &jwt, &claim->attestation) != MDOC_OK)
		res = PROOF_SIGNATURE;
	if (res == PROOF_OK)
		res = check_times(jwt.claims, rules->now);
	if (res == PROOF_OK)
		res = take_nonce(jwt.claims, rules->audience, keys);
	if (res == PROOF_OK)
		res = take_claim(context, json_object_get(jwt.claims, DEVICE_CLAIM), claim);
	if (res == PROOF_OK)
		res = take_keys(context, jwt.claims, rules->count_max, keys);
	jwt_clear(&jwt);
	return res;
}
