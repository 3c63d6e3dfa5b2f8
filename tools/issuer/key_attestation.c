/* key_attestation.c: proofs of type "attestation". SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/jwt.h"
#include "tools/issuer/key_attestation.h"

static enum proof_result
check_times(const json_t *claims, int64_t now)
{
	const json_t *iat = json_object_get(claims, "iat"), *exp = json_object_get(claims, "exp");
	const json_int_t made = json_integer_value(iat), ends = json_integer_value(exp);

	if (!json_is_integer(iat) || made < now - PROOF_AGE_MAX || made > now + PROOF_AGE_MAX)
		return PROOF_TIME;
	return json_is_integer(exp) && ends > now ? PROOF_OK : PROOF_EXPIRED;
}

/* The keys that it speaks of: those of the evidence, in their order. */
static enum proof_result
check_keys(const struct mdoc_context *context, const json_t *claims, const struct evidence *evidence,
	struct proofs *out)
{
	const json_t *keys = json_object_get(claims, "attested_keys");
	struct mdoc_public_key key;
	enum proof_result res = PROOF_OK;

	if (json_array_size(keys) != evidence->count)
		return PROOF_ATTESTED_KEYS;
	out->keys = calloc(evidence->count, sizeof(*out->keys));
	if (out->keys == NULL)
		return PROOF_MEMORY;
	for (size_t i = 0; i < evidence->count && res == PROOF_OK; i++) {
		if (jwk_to_key(context, json_array_get(keys, i), &key) != MDOC_OK ||
			!mdoc_key_equal(&key, &evidence->keys[i]))
			return PROOF_ATTESTED_KEYS;
		res = proof_add_key(context, &key, out);
	}
	return res;
}

/* The evidence for this nonce. */
static enum proof_result
check_evidence(const struct mdoc_context *context, const json_t *claims, const char *nonce,
	const struct evidence_rules *rules, struct evidence *evidence, struct key_attestation_fault *fault)
{
	const json_t *text = json_object_get(claims, KEY_ATTESTATION_CLAIM);
	struct evidence_rules exact = *rules;
	struct mdoc_buf cbor = MDOC_BUF_EMPTY;
	enum proof_result res = PROOF_EVIDENCE;
	enum mdoc_result decoded;

	exact.nonce = mdoc_text(nonce);
	if (!json_is_string(text))
		return PROOF_NO_EVIDENCE;
	decoded = mdoc_base64url_decode(mdoc_bytes_of(json_string_value(text), json_string_length(text)), &cbor);
	if (decoded != MDOC_OK) {
		res = decoded == MDOC_ERR_MEMORY ? PROOF_MEMORY : PROOF_NO_EVIDENCE;
		goto out;
	}
	fault->evidence = evidence_verify(context, mdoc_buf_bytes(&cbor), &exact, evidence, &fault->place);
	if (fault->evidence == EVIDENCE_OK)
		res = PROOF_OK;
	else if (fault->evidence == EVIDENCE_MEMORY)
		res = PROOF_MEMORY;
out:
	mdoc_buf_clear(&cbor);
	return res;
}

static enum proof_result
check_jwt(const struct mdoc_context *context, const struct jwt *jwt, const struct evidence_rules *rules,
	struct proofs *out, struct evidence *evidence, struct key_attestation_fault *fault)
{
	const char *nonce = json_string_value(json_object_get(jwt->claims, "nonce"));
	struct mdoc_public_key signer;
	enum proof_result res;

	res = proof_check_header(context, jwt, KEY_ATTESTATION_TYPE, &signer);
	if (res == PROOF_OK && jwt_verify(context, jwt, &signer) != MDOC_OK)
		res = PROOF_SIGNATURE;
	if (res == PROOF_OK)
		res = check_times(jwt->claims, rules->now);
	if (res == PROOF_OK && (nonce == NULL || nonce[0] == '\0'))
		res = PROOF_NONCE;
	if (res == PROOF_OK)
		res = check_evidence(context, jwt->claims, nonce, rules, evidence, fault);
	if (res == PROOF_OK)
		res = check_keys(context, jwt->claims, evidence, out);
	if (res == PROOF_OK && !mdoc_key_equal(&signer, &evidence->keys[0]))
		res = PROOF_ATTESTED_KEYS;
	if (res != PROOF_OK)
		return res;
	out->nonce = strdup(nonce);
	return out->nonce != NULL ? PROOF_OK : PROOF_MEMORY;
}

enum proof_result
key_attestation_check(const struct mdoc_context *context, const json_t *jwts, const struct evidence_rules *rules,
	struct proofs *out, struct evidence *evidence, struct key_attestation_fault *fault)
{
	const json_t *text = json_array_get(jwts, 0);
	enum proof_result res;
	enum mdoc_result parsed;
	struct jwt jwt;

	*out = (struct proofs){ NULL, 0, NULL };
	memset(evidence, 0, sizeof(*evidence));
	*fault = (struct key_attestation_fault){ EVIDENCE_OK, { SIZE_MAX } };
	if (json_array_size(jwts) != 1)
		return PROOF_ONE_ATTESTATION;
	if (!json_is_string(text) || json_string_length(text) > KEY_ATTESTATION_MAX)
		return PROOF_MALFORMED;
	parsed = jwt_parse(mdoc_bytes_of(json_string_value(text), json_string_length(text)), &jwt);
	if (parsed != MDOC_OK)
		return parsed == MDOC_ERR_ALGORITHM ? PROOF_ALGORITHM : PROOF_MALFORMED;
	res = check_jwt(context, &jwt, rules, out, evidence, fault);
	jwt_clear(&jwt);
	return res;
}
