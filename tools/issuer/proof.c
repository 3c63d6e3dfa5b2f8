/* proof.c: proofs of possession. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/issuer/proof.h"

static const char *const sentences[] = {
	[PROOF_OK] = N_("done"),
	[PROOF_COUNT] = N_("the request has no proof, or more than this issuer gives at once"),
	[PROOF_MALFORMED] = N_("it is not a signed JWT"),
	[PROOF_TYP] = N_("its type is not the one of such a proof, or it has a critical extension"),
	[PROOF_ALGORITHM] = N_("its algorithm is not ES256, ES384, ES512 or EdDSA, or does not fit its key"),
	[PROOF_KEY] = N_("its header does not hold one public key, valid on its curve, in jwk"),
	[PROOF_SIGNATURE] = N_("its signature is not by the key that it names"),
	[PROOF_AUDIENCE] = N_("it is meant for another issuer (aud)"),
	[PROOF_TIME] = N_("its time (iat) is missing or more than 10 minutes away"),
	[PROOF_NONCE] = N_("its nonce is missing or not that of the other proofs"),
	[PROOF_DUPLICATE] = N_("its key is in an earlier proof of the request already"),
	[PROOF_ONE_ATTESTATION] = N_("there is not exactly one key attestation"),
	[PROOF_EXPIRED] = N_("its end (exp) is missing or has passed"),
	[PROOF_ATTESTED_KEYS] =
		N_("its keys are not those of the TPM's evidence, or the first of them did not sign it"),
	[PROOF_NO_EVIDENCE] = N_("it has no evidence of a TPM (mdoc_tpm_evidence)"),
	[PROOF_EVIDENCE] = N_("its evidence of a TPM does not hold"),
	[PROOF_DEVICE] = N_("what it says of the device (mdoc_pkcs11) is not as it should be"),
	[PROOF_OTHER_KEYS] = N_("its keys are not those that the key attestation names"),
	[PROOF_MEMORY] = N_("out of memory"),
};

const char *
proof_sentence(enum proof_result result)
{
	return (size_t)result < sizeof(sentences) / sizeof(sentences[0]) ? sentences[result] : "?";
}

enum proof_result
proof_check_header(const struct mdoc_context *context, const struct jwt *jwt, const char *type,
	struct mdoc_public_key *key)
{
	static const char *const other_keys[] = { "kid", "x5c", "x5u", "jku", "trust_chain" };
	const char *typ = json_string_value(json_object_get(jwt->header, "typ"));

	if (typ == NULL || strcmp(typ, type) != 0 || json_object_get(jwt->header, "crit") != NULL)
		return PROOF_TYP;
	for (size_t i = 0; i < sizeof(other_keys) / sizeof(other_keys[0]); i++) {
		if (json_object_get(jwt->header, other_keys[i]) != NULL)
			return PROOF_KEY;
	}
	if (jwk_to_key(context, json_object_get(jwt->header, "jwk"), key) != MDOC_OK)
		return PROOF_KEY;
	return mdoc_alg_fits(jwt->alg, key->curve) ? PROOF_OK : PROOF_ALGORITHM;
}

static enum proof_result
check_claims(const struct jwt *jwt, const struct proof_rules *rules, struct proofs *out)
{
	const char *aud = json_string_value(json_object_get(jwt->claims, "aud"));
	const char *nonce = json_string_value(json_object_get(jwt->claims, "nonce"));
	const json_t *iat = json_object_get(jwt->claims, "iat");
	json_int_t when = json_integer_value(iat);

	if (aud == NULL || strcmp(aud, rules->audience) != 0)
		return PROOF_AUDIENCE;
	if (!json_is_integer(iat) || when < rules->now - PROOF_AGE_MAX || when > rules->now + PROOF_AGE_MAX)
		return PROOF_TIME;
	if (nonce == NULL || nonce[0] == '\0' || (out->nonce != NULL && strcmp(nonce, out->nonce) != 0))
		return PROOF_NONCE;
	if (out->nonce == NULL) {
		out->nonce = strdup(nonce);
		if (out->nonce == NULL)
			return PROOF_MEMORY;
	}
	return PROOF_OK;
}

enum proof_result
proof_add_key(const struct mdoc_context *context, const struct mdoc_public_key *key, struct proofs *out)
{
	uint8_t thumbprint[THUMBPRINT_LEN];
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct proof_key *row = &out->keys[out->count];
	enum proof_result res = PROOF_MEMORY;

	for (size_t i = 0; i < out->count; i++) {
		if (mdoc_key_equal(&out->keys[i].key, key))
			return PROOF_DUPLICATE;
	}
	if (key_thumbprint(context, key, thumbprint) != MDOC_OK)
		goto out;
	mdoc_base64url_encode(&text, mdoc_bytes_of(thumbprint, sizeof(thumbprint)));
	if (text.err != MDOC_OK || text.len != THUMBPRINT_TEXT)
		goto out;
	memcpy(row->thumbprint, text.ptr, THUMBPRINT_TEXT);
	row->key = *key;
	out->count++;
	res = PROOF_OK;
out:
	mdoc_buf_clear(&text);
	return res;
}

static enum proof_result
check_one(const struct mdoc_context *context, const char *text, const struct proof_rules *rules, struct proofs *out)
{
	struct mdoc_public_key key;
	enum mdoc_result parsed;
	enum proof_result res;
	struct jwt jwt;

	if (text == NULL || strlen(text) > PROOF_JWT_MAX)
		return PROOF_MALFORMED;
	parsed = jwt_parse(mdoc_text(text), &jwt);
	if (parsed != MDOC_OK)
		return parsed == MDOC_ERR_ALGORITHM ? PROOF_ALGORITHM : PROOF_MALFORMED;
	res = proof_check_header(context, &jwt, PROOF_TYPE, &key);
	if (res == PROOF_OK && jwt_verify(context, &jwt, &key) != MDOC_OK)
		res = PROOF_SIGNATURE;
	if (res == PROOF_OK)
		res = check_claims(&jwt, rules, out);
	if (res == PROOF_OK)
		res = proof_add_key(context, &key, out);
	jwt_clear(&jwt);
	return res;
}

enum proof_result
proofs_check(const struct mdoc_context *context, const json_t *jwts, const struct proof_rules *rules,
	struct proofs *out, size_t *bad)
{
	size_t n = json_array_size(jwts);
	enum proof_result res = PROOF_OK;

	*out = (struct proofs){ NULL, 0, NULL };
	*bad = 0;
	if (n == 0 || n > rules->count_max)
		return PROOF_COUNT;
	out->keys = calloc(n, sizeof(*out->keys));
	if (out->keys == NULL)
		return PROOF_MEMORY;
	for (size_t i = 0; i < n && res == PROOF_OK; i++) {
		*bad = i;
		res = check_one(context, json_string_value(json_array_get(jwts, i)), rules, out);
	}
	return res;
}

void
proofs_clear(struct proofs *proofs)
{
	free(proofs->keys);
	free(proofs->nonce);
	*proofs = (struct proofs){ NULL, 0, NULL };
}
