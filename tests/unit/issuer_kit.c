/*
 * tests/unit/issuer_kit.c: an issuer and a reader with software keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "tests/unit/issuer_kit.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY ((int64_t)24 * 60 * 60)

static void
need(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "issuer_kit: %s failed\n", what);
	exit(EXIT_FAILURE);
}

static void
need_ok(enum mdoc_result res, const struct mdoc_error *error, const char *what)
{
	if (res == MDOC_OK)
		return;
	fprintf(stderr, "issuer_kit: %s: %s at %s, expected %s\n", what, mdoc_result_name(res),
		error == NULL ? "" : error->path, error == NULL ? "" : error->expected);
	exit(EXIT_FAILURE);
}

EVP_PKEY *
kit_key(struct mdoc_public_key *public_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	need(key != NULL, "EVP_EC_gen");
	need_ok(mdoc_key_from_evp(key, public_key), NULL, "mdoc_key_from_evp");
	return key;
}

static bool
sign_es256(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[80];
	const unsigned char *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *parts = NULL;
	bool done = false;

	if (alg == MDOC_ALG_ES256 && ctx != NULL &&
		EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, arg, NULL) == 1 &&
		EVP_DigestSign(ctx, der, &len, tbs.ptr, tbs.len) == 1)
		parts = d2i_ECDSA_SIG(NULL, &at, (long)len);
	if (parts != NULL)
		done = BN_bn2binpad(ECDSA_SIG_get0_r(parts), sig, 32) == 32 &&
			BN_bn2binpad(ECDSA_SIG_get0_s(parts), sig + 32, 32) == 32;
	ECDSA_SIG_free(parts);
	EVP_MD_CTX_free(ctx);
	return done;
}

struct mdoc_signer
kit_signer(EVP_PKEY *key)
{
	return (struct mdoc_signer){ MDOC_ALG_ES256, MDOC_CURVE_P256, sign_es256, key };
}

static void
certificate(const struct issuer_kit *kit, enum mdoc_cert_profile profile, EVP_PKEY *subject, EVP_PKEY *issuer,
	const struct mdoc_buf *issuer_cert, struct mdoc_buf *out)
{
	const struct mdoc_signer signer = kit_signer(issuer);
	struct mdoc_cert_spec spec = {
		.profile = profile,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text(subject == issuer ? "Kit root" : "Kit leaf"),
		.issuer_cert = issuer_cert == NULL ? MDOC_NO_BYTES : mdoc_buf_bytes(issuer_cert),
		.not_before = kit->now - 30 * DAY,
		.not_after = kit->now + (subject == issuer ? 3000 * DAY : 300 * DAY),
		.issuer_alt_uri = "https://issuer.example",
		.crl_uri = "https://issuer.example/crl",
		.signer = &signer,
	};
	struct mdoc_error error = { 0 };

	need_ok(mdoc_key_from_evp(subject, &spec.key), NULL, "mdoc_key_from_evp");
	need_ok(mdoc_cert_build(kit->context, &spec, out, &error), &error, "mdoc_cert_build");
}

void
issuer_kit_new(struct issuer_kit *kit)
{
	struct mdoc_public_key ignored;
	struct mdoc_error error = { 0 };

	memset(kit, 0, sizeof(*kit));
	kit->iaca = kit->ds = kit->reader = MDOC_BUF_EMPTY;
	kit->now = (int64_t)time(NULL);
	need_ok(mdoc_context_new(NULL, &kit->context), &error, "mdoc_context_new");
	kit->iaca_key = kit_key(&ignored);
	kit->ds_key = kit_key(&ignored);
	kit->reader_key = kit_key(&ignored);
	certificate(kit, MDOC_CERT_IACA, kit->iaca_key, kit->iaca_key, NULL, &kit->iaca);
	certificate(kit, MDOC_CERT_DS, kit->ds_key, kit->iaca_key, &kit->iaca, &kit->ds);
	certificate(kit, MDOC_CERT_READER, kit->reader_key, kit->iaca_key, &kit->iaca, &kit->reader);
	kit->trust = mdoc_trust_new();
	need(kit->trust != NULL, "mdoc_trust_new");
	need_ok(mdoc_trust_add(kit->context, kit->trust, mdoc_buf_bytes(&kit->iaca), MDOC_CERT_IACA, 0, &error), &error,
		"mdoc_trust_add");
}

void
issuer_kit_free(struct issuer_kit *kit)
{
	mdoc_trust_free(kit->trust);
	mdoc_context_free(kit->context);
	mdoc_buf_clear(&kit->iaca);
	mdoc_buf_clear(&kit->ds);
	mdoc_buf_clear(&kit->reader);
	EVP_PKEY_free(kit->iaca_key);
	EVP_PKEY_free(kit->ds_key);
	EVP_PKEY_free(kit->reader_key);
}

void
kit_record(const struct issuer_kit *kit, const char *doc_type, const struct mdoc_public_key *device_key, int64_t from,
	int64_t until, size_t portrait_len, struct mdoc_buf *out)
{
	const struct mdoc_signer signer = kit_signer(kit->ds_key);
	const struct mdoc_bytes chain = mdoc_buf_bytes(&kit->ds);
	struct mdoc_buf name = MDOC_BUF_EMPTY;
	struct mdoc_buf number = MDOC_BUF_EMPTY;
	struct mdoc_buf portrait = MDOC_BUF_EMPTY;
	uint8_t *picture = calloc(1, portrait_len + 1);
	struct mdoc_error error = { 0 };

	need(picture != NULL, "calloc");
	mdoc_put_text(&name, "番号 花子");
	mdoc_put_text(&number, "123456789018");
	mdoc_put_bstr(&portrait, mdoc_bytes_of(picture, portrait_len));
	const struct mdoc_claim claims[] = {
		{ mdoc_text(KIT_NS), mdoc_text("full_name_unicode"), mdoc_buf_bytes(&name) },
		{ mdoc_text(KIT_NS), mdoc_text(MDOC_INDIVIDUAL_NUMBER), mdoc_buf_bytes(&number) },
		{ mdoc_text(KIT_NS), mdoc_text("portrait"), mdoc_buf_bytes(&portrait) },
	};
	const struct mdoc_issue issue = {
		.doc_type = mdoc_text(doc_type),
		.claims = claims,
		.claim_count = sizeof(claims) / sizeof(*claims),
		.device_key = *device_key,
		.digest_alg = MDOC_SHA256,
		.signed_ = from,
		.valid_from = from,
		.valid_until = until,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &signer,
	};
	need_ok(mdoc_issuer_signed_build(kit->context, &issue, out, &error), &error, "mdoc_issuer_signed_build");
	free(picture);
	mdoc_buf_clear(&name);
	mdoc_buf_clear(&number);
	mdoc_buf_clear(&portrait);
}

static void
put_authorizing_mso(const struct issuer_kit *kit, const struct mdoc_public_key *device_key, const char *ns,
	const char *element, struct mdoc_buf *mso)
{
	static const uint8_t digest[32];

	mdoc_put_map(mso, 6);
	mdoc_put_text(mso, "version");
	mdoc_put_text(mso, "1.0");
	mdoc_put_text(mso, "digestAlgorithm");
	mdoc_put_text(mso, "SHA-256");
	mdoc_put_text(mso, "valueDigests");
	mdoc_put_map(mso, 1);
	mdoc_put_text(mso, KIT_NS);
	mdoc_put_map(mso, 1);
	mdoc_put_uint(mso, 0);
	mdoc_put_bstr(mso, mdoc_bytes_of(digest, sizeof(digest)));
	mdoc_put_text(mso, "deviceKeyInfo");
	mdoc_put_map(mso, 2);
	mdoc_put_text(mso, "deviceKey");
	mdoc_put_key(mso, device_key);
	mdoc_put_text(mso, "keyAuthorizations");
	mdoc_put_map(mso, 2);
	mdoc_put_text(mso, "nameSpaces");
	mdoc_put_array(mso, 1);
	mdoc_put_text(mso, ns);
	mdoc_put_text(mso, "dataElements");
	mdoc_put_map(mso, 1);
	mdoc_put_text(mso, "other");
	mdoc_put_array(mso, 1);
	mdoc_put_text(mso, element);
	mdoc_put_text(mso, "docType");
	mdoc_put_text(mso, KIT_DOCTYPE);
	mdoc_put_text(mso, "validityInfo");
	mdoc_put_map(mso, 3);
	mdoc_put_text(mso, "signed");
	mdoc_put_tdate(mso, kit->now - DAY);
	mdoc_put_text(mso, "validFrom");
	mdoc_put_tdate(mso, kit->now - DAY);
	mdoc_put_text(mso, "validUntil");
	mdoc_put_tdate(mso, kit->now + DAY);
}

void
kit_record_authorizing(const struct issuer_kit *kit, const struct mdoc_public_key *device_key, const char *ns,
	const char *element, struct mdoc_buf *out)
{
	const struct mdoc_signer signer = kit_signer(kit->ds_key);
	const struct mdoc_bytes chain = mdoc_buf_bytes(&kit->ds);
	struct mdoc_buf mso = MDOC_BUF_EMPTY;
	struct mdoc_buf payload = MDOC_BUF_EMPTY;

	put_authorizing_mso(kit, device_key, ns, element, &mso);
	mdoc_put_embedded(&payload, mdoc_buf_bytes(&mso));
	mdoc_put_map(out, 1);
	mdoc_put_text(out, "issuerAuth");
	need_ok(mdoc_sign1_put(out, &signer, mdoc_buf_bytes(&payload),
			&(struct mdoc_sign1_options){ .x5chain = &chain, .x5chain_count = 1 }),
		NULL, "mdoc_sign1_put");
	mdoc_buf_clear(&mso);
	mdoc_buf_clear(&payload);
}

void
kit_transcript(unsigned number, struct mdoc_buf *out)
{
	mdoc_put_array(out, 3);
	mdoc_put_null(out);
	mdoc_put_null(out);
	mdoc_put_array(out, 2);
	mdoc_put_text(out, "KitHandover");
	mdoc_put_uint(out, number);
}

void
kit_request(const struct issuer_kit *kit, const char *doc_type, const char *const *elements,
	const struct mdoc_buf *reader_auth, struct mdoc_buf *out)
{
	const struct mdoc_signer signer = kit_signer(kit->reader_key);
	const struct mdoc_bytes chain = mdoc_buf_bytes(&kit->reader);
	struct mdoc_asked asked[8] = { 0 };
	struct mdoc_ask ask = { .doc_type = mdoc_text(doc_type), .asked = asked };
	const struct mdoc_request_options options = {
		.transcript = reader_auth == NULL ? MDOC_NO_BYTES : mdoc_buf_bytes(reader_auth),
	};
	struct mdoc_error error = { 0 };

	for (; elements[ask.count] != NULL; ask.count++)
		asked[ask.count] = (struct mdoc_asked){ mdoc_text(KIT_NS), mdoc_text(elements[ask.count]), false };
	if (reader_auth != NULL) {
		ask.signer = &signer;
		ask.x5chain = &chain;
		ask.x5chain_count = 1;
	}
	need_ok(mdoc_request_build(NULL, &ask, 1, &options, out, &error), &error, "mdoc_request_build");
}

void
kit_response_input(const struct mdoc_buf *transcript, const struct mdoc_buf *request, const char *const *agreed,
	struct mdoc_buf *out)
{
	size_t count = 0;
	size_t i;

	mdoc_put_array(out, agreed == NULL ? 2 : 3);
	mdoc_put_embedded(out, mdoc_buf_bytes(transcript));
	mdoc_put_embedded(out, mdoc_buf_bytes(request));
	if (agreed == NULL)
		return;
	while (agreed[count] != NULL)
		count++;
	mdoc_put_map(out, 1);
	mdoc_put_text(out, KIT_NS);
	mdoc_put_array(out, count);
	for (i = 0; i < count; i++)
		mdoc_put_text(out, agreed[i]);
}

void
kit_device_authentication(const struct mdoc_buf *transcript, const char *doc_type, const struct mdoc_buf *namespaces,
	struct mdoc_buf *out)
{
	struct mdoc_buf wrapped = MDOC_BUF_EMPTY;
	struct mdoc_buf empty = MDOC_BUF_EMPTY;

	mdoc_put_map(&empty, 0);
	mdoc_put_embedded(&wrapped, mdoc_buf_bytes(namespaces == NULL ? &empty : namespaces));
	mdoc_put_device_authentication_bytes(out, mdoc_buf_bytes(transcript), mdoc_text(doc_type),
		mdoc_buf_bytes(&wrapped));
	mdoc_buf_clear(&wrapped);
	mdoc_buf_clear(&empty);
}

enum mdoc_result
kit_verify(const struct issuer_kit *kit, struct mdoc_bytes response, const struct mdoc_buf *transcript,
	size_t *elements)
{
	const struct mdoc_verify_options options = {
		.transcript = mdoc_buf_bytes(transcript),
		.trust = kit->trust,
		.now = kit->now,
		.clock_skew = 60,
	};
	const struct mdoc_response *parsed = NULL;
	const struct mdoc_issuer_signed *is = NULL;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_check_row row;
	enum mdoc_result res;
	size_t i;

	res = mdoc_verify(kit->context, response, &options, &verdict);
	for (i = 0; verdict != NULL && mdoc_verdict_row(verdict, i, &row); i++)
		if (row.outcome == MDOC_FAILED)
			printf("    %s: %s %s\n", mdoc_check_name(row.check), mdoc_result_name(row.error.code),
				row.error.expected);
	parsed = verdict != NULL ? mdoc_verdict_response(verdict) : NULL;
	if (elements != NULL) {
		*elements = 0;
		if (parsed != NULL && mdoc_response_count(parsed) == 1)
			is = mdoc_document_issuer_signed(mdoc_response_document(parsed, 0));
		for (i = 0; is != NULL && i < mdoc_issuer_signed_count(is); i++)
			*elements += mdoc_namespace_count(mdoc_issuer_signed_namespace(is, i));
	}
	mdoc_verdict_free(verdict);
	return res;
}
