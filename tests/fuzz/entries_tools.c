/*
 * tests/fuzz/entries_tools.c: what our programs read by themselves: files to be shown, claims, and what a wallet sends.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_openid4vp.h"
#include "tests/fuzz/entry_stream.h"
#include "tests/fuzz/entry_tpm.h"
#include "tests/fuzz/entry_vci.h"
#include "tests/fuzz/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/jwt.h"
#include "tools/issuer/claims.h"
#include "tools/issuer/device_attestation.h"
#include "tools/issuer/proof.h"
#include "tools/common/dump.h"

#define AUDIENCE "https://issuer.example"

/* mdoc-reader dump, as text and as JSON. */
static enum mdoc_result
entry_dump(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_cbor *scan = NULL;
	const enum mdoc_result res = mdoc_cbor_scan(context, input, 0, &scan, NULL);
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	FUZZ_CHECK(to != NULL);
	if (res == MDOC_OK) {
		const struct mdoc_node root = mdoc_cbor_root(scan);
		json_t *json = NULL;

		fuzz_touch_text(dump_structure(root));
		dump_text(to, root);
		json = dump_json(root);
		FUZZ_CHECK(json != NULL);
		json_decref(json);
	}
	fclose(to);
	for (size_t i = 0; i < len; i++) /* nothing in it reaches a terminal */
		FUZZ_CHECK((unsigned char)text[i] >= ' ' || text[i] == '\n' || text[i] == '\t');
	free(text);
	mdoc_cbor_free(scan);
	return res;
}

static json_t *
load(struct mdoc_bytes input)
{
	return json_loadb((const char *)input.ptr, input.len, JSON_REJECT_DUPLICATES, NULL);
}

/* A file of claims; its {"file": …} finds no folder. */
static enum mdoc_result
entry_claims(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct claims claims;
	struct claims_place place = { NULL, NULL };
	json_t *json = load(input);
	enum claims_result res;

	if (json == NULL)
		return MDOC_ERR_MALFORMED;
	res = claims_build(json, "/nonexistent", MDOC_JP_DOCTYPE, &claims, &place);
	fuzz_touch_text(claims_sentence(res));
	fuzz_touch_text(place.ns);
	fuzz_touch_text(place.element);
	for (size_t i = 0; res == CLAIMS_OK && i < claims.count; i++) {
		/* what a program offers is what libmdoc issues */
		const enum mdoc_result issued = mdoc_profile_check_claim(context,
			mdoc_profile_find(mdoc_text(MDOC_JP_DOCTYPE)), &claims.claims[i], NULL);

		FUZZ_CHECK(fuzz_fine(issued));
	}
	claims_clear(&claims);
	json_decref(json);
	return res == CLAIMS_OK ? MDOC_OK : res == CLAIMS_MEMORY ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

/* proofs.jwt of a Credential Request. */
static enum mdoc_result
entry_proofs(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const struct proof_rules rules = { AUDIENCE, WORLD_NOW, 3 };
	struct proofs proofs;
	size_t bad = 0;
	json_t *json = load(input);
	enum proof_result res;

	if (json == NULL)
		return MDOC_ERR_MALFORMED;
	res = proofs_check(context, json, &rules, &proofs, &bad);
	fuzz_touch_text(proof_sentence(res));
	FUZZ_CHECK(res != PROOF_OK || (proofs.count > 0 && proofs.nonce != NULL));
	proofs_clear(&proofs);
	json_decref(json);
	return res == PROOF_OK ? MDOC_OK : res == PROOF_MEMORY ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

static enum mdoc_result
entry_jwt(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_public_key key;
	struct jwt jwt;
	const enum mdoc_result res = jwt_parse(input, &jwt);

	if (res == MDOC_OK) {
		FUZZ_CHECK(json_is_object(jwt.header) && json_is_object(jwt.claims));
		fuzz_touch_inside(jwt.signing_input, input);
		FUZZ_CHECK(jwt.signature_len <= sizeof(jwt.signature));
		(void)jwt_verify(context, &jwt, &world.annex_reader.key);
		if (jwk_to_key(context, json_object_get(jwt.header, "jwk"), &key) == MDOC_OK)
			(void)jwt_verify(context, &jwt, &key);
	}
	jwt_clear(&jwt);
	return res;
}

static void
touch_device(const struct mdoc_context *context, const char *text)
{
	const struct proof_rules rules = { AUDIENCE, WORLD_NOW, 3 };
	struct device_claim claim;
	struct proofs keys;
	const enum proof_result res = device_attestation_check(context, text, &rules, &keys, &claim);

	fuzz_touch_text(proof_sentence(res));
	FUZZ_CHECK(res != PROOF_OK || (keys.count > 0 && keys.count <= 3 && keys.nonce != NULL));
	FUZZ_CHECK(res != PROOF_OK ||
		(claim.attestation_jwk != NULL && claim.response_jwk != NULL && claim.notice_jwk != NULL));
	for (const char *c = claim.serial; *c != '\0'; c++) /* into a register, and onto terminals */
		FUZZ_CHECK(*c >= ' ' && *c <= '~');
	fuzz_touch_text(claim.backend);
	fuzz_touch_text(claim.tls);
	fuzz_touch_text(claim.attestation_thumbprint);
	fuzz_touch_text(claim.response_thumbprint);
	device_claim_clear(&claim);
	proofs_clear(&keys);
}

/* What a token attests of itself: the claims, which are signed here; the JWT around them is any other's. */
static enum mdoc_result
entry_device_attestation(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_signer signer = { 0 };
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	json_t *header, *claims = load(input);
	enum mdoc_result res = claims == NULL ? MDOC_ERR_MALFORMED : MDOC_OK;

	header = json_pack("{s:s, s:o}", "typ", KEY_ATTESTATION_TYPE, "jwk", jwk_from_key(&world.annex_reader.key));
	if (res == MDOC_OK && header == NULL)
		res = MDOC_ERR_MEMORY;
	if (res == MDOC_OK)
		res = mdoc_signer_from_evp(context, world.annex_keys[0], &signer);
	if (res == MDOC_OK)
		res = jwt_sign(header, claims, &signer, &made);
	mdoc_buf_append(&made, mdoc_bytes_of("", 1));
	if (res == MDOC_OK && made.err == MDOC_OK) {
		(void)device_attestation_is((const char *)made.ptr);
		touch_device(context, (const char *)made.ptr);
	}
	mdoc_signer_clear(&signer);
	mdoc_buf_clear(&made);
	json_decref(header);
	json_decref(claims);
	return res;
}

static void
seeds_device_attestation(struct fuzz_seeds *seeds)
{
	json_t *jwk = jwk_from_key(&world.annex_reader.key);
	json_t *claims = json_pack("{s:I, s:I, s:s, s:s, s:[O], s:{s:s, s:s, s:b, s:O, s:O, s:s}}", "iat",
		(json_int_t)WORLD_NOW, "exp", (json_int_t)WORLD_NOW + 60, "nonce", "n-1", "aud", AUDIENCE,
		"attested_keys", jwk, DEVICE_CLAIM, "serial", "0123456789abcdef", "backend", "vault", "bound", 1,
		"response", jwk, "notices", jwk, "tls", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	char *text = json_dumps(claims, JSON_COMPACT);

	FUZZ_CHECK(text != NULL);
	fuzz_seed_text(seeds, text);
	free(text);
	json_decref(claims);
	json_decref(jwk);
}

/* A JWT by the key of the header's jwk. */
static void
seed_jwt(struct mdoc_buf *out)
{
	struct mdoc_signer signer = { 0 };
	json_t *header = json_pack("{s:s, s:o}", "typ", PROOF_TYPE, "jwk", jwk_from_key(&world.annex_reader.key));
	json_t *claims = json_pack("{s:s, s:I, s:s}", "aud", AUDIENCE, "iat", (json_int_t)WORLD_NOW, "nonce", "n-1");

	if (mdoc_signer_from_evp(world.context, world.annex_keys[0], &signer) == MDOC_OK)
		(void)jwt_sign(header, claims, &signer, out);
	mdoc_signer_clear(&signer);
	json_decref(header);
	json_decref(claims);
}

static void
seeds_jwt(struct fuzz_seeds *seeds)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	seed_jwt(&made);
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
}

static void
seeds_proofs(struct fuzz_seeds *seeds)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	mdoc_buf_append(&made, mdoc_text("[\""));
	seed_jwt(&made);
	mdoc_buf_append(&made, mdoc_text("\"]"));
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
}

static void
seeds_dump(struct fuzz_seeds *seeds)
{
	fuzz_seed(seeds, mdoc_buf_bytes(&world.record_bytes));
	fuzz_seed(seeds, mdoc_buf_bytes(&world.request));
}

static void
seeds_claims(struct fuzz_seeds *seeds)
{
	fuzz_seed_text(seeds,
		"{\"org.iso.23220.1\": {\"birth_date\": \"1981-09-01\", \"age_over_20\": true, \"sex\": 2, "
		"\"portrait\": {\"base64url\": \"_9j_2Q\"}}, \"org.iso.23220.1.jp\": "
		"{\"full_name_unicode\": \"x\", \"individual_number_unicode\": \"123456789018\", "
		"\"local_gov_code_unicode\": \"13104\"}}");
}

const struct fuzz_entry fuzz_entries[] = {
	{ "dump", entry_dump,
		{ "vectors/annexD/device_response.cbor", "vectors/annexD/device_request.cbor",
			"vectors/annexD/device_engagement.cbor", "vectors/status_list/referenced_token_cwt.cbor" },
		seeds_dump },
	{ "claims", entry_claims, { NULL }, seeds_claims },
	{ "proofs", entry_proofs, { NULL }, seeds_proofs },
	{ "jwt", entry_jwt, { NULL }, seeds_jwt },
	{ "device-attestation", entry_device_attestation, { NULL }, seeds_device_attestation },
	{ "vp-jwe", entry_vp_jwe, { NULL }, seeds_vp_jwe },
	{ "vp-query", entry_vp_query, { NULL }, seeds_vp_query },
	{ "vp-request", entry_vp_request, { NULL }, seeds_vp_request },
	{ "vp-claims", entry_vp_claims, { NULL }, seeds_vp_claims },
	{ "vp-response", entry_vp_response, { NULL }, seeds_vp_response },
	{ "vp-uri", entry_vp_uri, { NULL }, seeds_vp_uri },
	{ "vci-answer", entry_vci_answer, { NULL }, seeds_vci_answer },
	{ "vci-offer", entry_vci_offer, { NULL }, seeds_vci_offer },
	{ "notice", entry_notice, { NULL }, seeds_notice },
	{ "notice-claims", entry_notice_claims, { NULL }, seeds_notice_claims },
	{ "cms", entry_cms, { NULL }, seeds_cms },
	{ "credential-request", entry_credential_request, { NULL }, seeds_credential_request },
	{ "token-request", entry_token_request, { NULL }, seeds_token_request },
	{ "stream", entry_stream, { NULL }, seeds_stream },
	{ "tpm-evidence", entry_tpm_evidence, { NULL }, seeds_tpm_evidence },
	{ "tpm-enrolment", entry_tpm_enrolment, { NULL }, seeds_tpm_enrolment },
	{ "tpm-answer", entry_tpm_answer, { NULL }, seeds_tpm_answer },
	{ "tpm-structure", entry_tpm_structure, { NULL }, seeds_tpm_structure },
	{ "tpm-certificate", entry_tpm_certificate, { NULL }, seeds_tpm_certificate },
	{ NULL, NULL, { NULL }, NULL },
};
