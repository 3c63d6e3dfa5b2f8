/*
 * tests/fuzz/world.c: who signs, who is trusted and what is held.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/world.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR ((int64_t)365 * 86400)

struct fuzz_world world;
static uint8_t drawn;

static void
need(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "fuzz-mdoc: cannot make %s\n", what);
	exit(2);
}

static bool
same_random(void *arg, uint8_t *out, size_t len)
{
	(void)arg;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(drawn++ * 37 + 11);
	return true;
}

void
world_reset(void)
{
	drawn = 0;
}

static const struct {
	enum mdoc_limit limit;
	size_t value;
} low[] = {
	{ MDOC_LIMIT_INPUT, 3000 },
	{ MDOC_LIMIT_DEPTH, 8 },
	{ MDOC_LIMIT_ITEMS, 3 },
	{ MDOC_LIMIT_ASKED, 4 },
	{ MDOC_LIMIT_DOCUMENTS, 1 },
	{ MDOC_LIMIT_DEVICE_NAMES, 2 },
	{ MDOC_LIMIT_CERTIFICATES, 1 },
	{ MDOC_LIMIT_CERTIFICATE, 700 },
	{ MDOC_LIMIT_CRL, 300 },
	{ MDOC_LIMIT_STATUS_LIST, 64 },
	{ MDOC_LIMIT_TRUST_ENTRIES, 1 },
	{ MDOC_LIMIT_CACHE, 1 },
	{ MDOC_LIMIT_RETRIEVALS, 1 },
	{ MDOC_LIMIT_IDENTIFIERS, 1 },
};

static void
contexts(void)
{
	need(mdoc_context_new(NULL, &world.context) == MDOC_OK && mdoc_context_new(NULL, &world.narrow) == MDOC_OK,
		"a context");
	mdoc_context_set_random(world.context, same_random, NULL);
	mdoc_context_set_random(world.narrow, same_random, NULL);
	for (size_t i = 0; i < sizeof(low) / sizeof(*low); i++)
		need(mdoc_context_set_limit(world.narrow, low[i].limit, low[i].value) == MDOC_OK, "a limit");
}

static void
key_of(struct world_key *key, const char *group, size_t len, uint8_t number)
{
	uint8_t bytes[57];

	memset(bytes, number, sizeof(bytes));
	key->pkey = EVP_PKEY_new_raw_private_key_ex(NULL, group, NULL, bytes, len);
	need(key->pkey != NULL && mdoc_key_from_evp(key->pkey, &key->pub) == MDOC_OK &&
			mdoc_signer_from_evp(world.context, key->pkey, &key->signer) == MDOC_OK,
		"a key");
}

static void
key(struct world_key *made, uint8_t number)
{
	key_of(made, "ED25519", 32, number);
}

static void
key_clear(struct world_key *key)
{
	mdoc_signer_clear(&key->signer);
	EVP_PKEY_free(key->pkey);
}

static void
certificate(enum mdoc_cert_profile profile, const char *name, const struct world_key *subject,
	const struct mdoc_buf *issuer, const struct world_key *signer, struct mdoc_buf *out)
{
	const struct mdoc_cert_spec spec = {
		.profile = profile,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text(name),
		.issuer_cert = issuer != NULL ? mdoc_buf_bytes(issuer) : MDOC_NO_BYTES,
		.key = subject->pub,
		.not_before = WORLD_NOW - YEAR,
		.not_after = WORLD_NOW + YEAR / 4,
		.issuer_alt_uri = "https://issuer.example/",
		.crl_uri = "https://issuer.example/crl",
		.signer = &signer->signer,
	};
	struct mdoc_error error = { 0 };

	if (mdoc_cert_build(world.context, &spec, out, &error) != MDOC_OK)
		need(false, error.expected);
}

static void
certificates(void)
{
	struct fuzz_world *w = &world;
	const uint8_t serial[] = { 0x42 };
	const struct mdoc_revoked revoked = { mdoc_bytes_of(serial, sizeof(serial)), WORLD_NOW - 1000, 1 };
	struct mdoc_crl_spec crl = {
		.number = 7,
		.this_update = WORLD_NOW - 86400,
		.next_update = WORLD_NOW + 86400,
		.revoked = &revoked,
		.revoked_count = 1,
	};

	key(&w->iaca_key, 1);
	key(&w->ds_key, 2);
	key(&w->reader_ca_key, 3);
	key(&w->reader_key, 4);
	key(&w->list_key, 5);
	key(&w->device_key, 6);
	key(&w->list_ca_key, 7);
	key_of(&w->card_key, "ED448", 57, 8);
	key_of(&w->card_ds_key, "ED448", 57, 9);
	certificate(MDOC_CERT_IACA, "IACA", &w->iaca_key, NULL, &w->iaca_key, &w->iaca);
	certificate(MDOC_CERT_DS, "DS", &w->ds_key, &w->iaca, &w->iaca_key, &w->ds);
	certificate(MDOC_CERT_DS, "Card DS", &w->card_ds_key, &w->iaca, &w->iaca_key, &w->card_ds);
	certificate(MDOC_CERT_READER_CA, "Reader CA", &w->reader_ca_key, NULL, &w->reader_ca_key, &w->reader_ca);
	certificate(MDOC_CERT_READER, "Reader", &w->reader_key, &w->reader_ca, &w->reader_ca_key, &w->reader);
	certificate(MDOC_CERT_STATUS, "Status", &w->list_key, &w->iaca, &w->iaca_key, &w->status);
	certificate(MDOC_CERT_LIST_CA, "Lists", &w->list_ca_key, NULL, &w->list_ca_key, &w->list_ca);
	certificate(MDOC_CERT_VICAL, "VICAL", &w->list_key, &w->list_ca, &w->list_ca_key, &w->vical);
	certificate(MDOC_CERT_RICAL, "RICAL", &w->list_key, &w->list_ca, &w->list_ca_key, &w->rical);
	crl.issuer_cert = mdoc_buf_bytes(&w->iaca);
	crl.signer = &w->iaca_key.signer;
	need(mdoc_crl_build(w->context, &crl, &w->crl, NULL) == MDOC_OK, "a CRL");
}

static void
load(const char *name, struct mdoc_buf *out)
{
	struct fuzz_seeds seeds = { NULL, 0 };
	char path[128];

	snprintf(path, sizeof(path), "vectors/annexD/%s", name);
	fuzz_seed_file(&seeds, path);
	if (seeds.count == 1)
		mdoc_buf_append(out, mdoc_buf_bytes(&seeds.inputs[0]));
	fuzz_seeds_clear(&seeds);
}

static void
anchor(struct mdoc_trust *trust, struct mdoc_bytes der, enum mdoc_cert_profile profile)
{
	/* Annex D's is not there when a fuzzer runs far from the sources. */
	(void)mdoc_trust_add(world.context, trust, der, profile, UINT32_MAX, NULL);
}

static void
trust(void)
{
	struct mdoc_buf annex = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	struct mdoc_crl *crl = NULL;

	world.trust = mdoc_trust_new();
	world.readers = mdoc_trust_new();
	world.providers = mdoc_trust_new();
	need(world.trust != NULL && world.readers != NULL && world.providers != NULL, "a trust store");
	anchor(world.trust, mdoc_buf_bytes(&world.iaca), MDOC_CERT_IACA);
	anchor(world.readers, mdoc_buf_bytes(&world.reader_ca), MDOC_CERT_READER_CA);
	anchor(world.providers, mdoc_buf_bytes(&world.list_ca), MDOC_CERT_LIST_CA);
	load("iaca_cert.der", &annex);
	anchor(world.trust, mdoc_buf_bytes(&annex), MDOC_CERT_IACA);
	mdoc_buf_clear(&annex);
	need(mdoc_crl_parse(world.context, mdoc_buf_bytes(&world.crl), &crl, &error) == MDOC_OK &&
			mdoc_trust_add_crl(world.trust, crl, &error) == MDOC_OK,
		error.expected);
}

/* A private key of Annex D, with its public one. */
static EVP_PKEY *
annex_key(const char *base)
{
	static const char parts[] = "dxy";
	uint8_t bytes[3][33], point[65] = { 4 };
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	BIGNUM *d = NULL;
	bool there = true;

	for (size_t i = 0; i < 3; i++) {
		struct mdoc_buf hex = MDOC_BUF_EMPTY;
		char name[64], text[65] = "";
		size_t len = 0;

		snprintf(name, sizeof(name), "%s_%c.hex", base, parts[i]);
		load(name, &hex);
		memcpy(text, hex.len >= 64 ? (const char *)hex.ptr : "", hex.len >= 64 ? 64 : 0);
		there = OPENSSL_hexstr2buf_ex(bytes[i], sizeof(bytes[i]), &len, text, '\0') == 1 && len == 32 && there;
		mdoc_buf_clear(&hex);
	}
	if (there) {
		memcpy(point + 1, bytes[1], 32);
		memcpy(point + 33, bytes[2], 32);
		d = BN_bin2bn(bytes[0], 32, NULL);
		OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d);
		OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
		params = OSSL_PARAM_BLD_to_param(builder);
		if (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
			pkey = NULL;
	}
	need(pkey != NULL, base);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	return pkey;
}

static void
annex_session(void)
{
	world.annex_keys[0] = annex_key("ephemeral_reader_key");
	world.annex_keys[1] = annex_key("ephemeral_device_key");
	need(mdoc_agreement_from_evp(world.context, world.annex_keys[0], &world.annex_reader) == MDOC_OK &&
			mdoc_agreement_from_evp(world.context, world.annex_keys[1], &world.annex_device) == MDOC_OK,
		"key agreement");
	load("session_transcript_bytes.cbor", &world.transcript_bytes);
	need(mdoc_cbor_unwrap(world.context, mdoc_buf_bytes(&world.transcript_bytes), &world.transcript, NULL) ==
			MDOC_OK,
		"a transcript");
}

static const uint8_t cbor_true[] = { 0xf5 };
static const uint8_t cbor_false[] = { 0xf4 };
static const uint8_t cbor_name[] = { 0x65, 'S', 'm', 'i', 't', 'h' };
static const uint8_t cbor_country[] = { 0x62, 'J', 'P' };
static const uint8_t cbor_date[] = { 0xd9, 0x03, 0xec, 0x6a, '1', '9', '8', '1', '-', '0', '9', '-', '0', '1' };

#define CLAIM(name, value) \
	{ \
		mdoc_text(WORLD_NS), mdoc_text(name), mdoc_bytes_of(value, sizeof(value)) \
	}

static void
record(void)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(&world.ds);
	const struct mdoc_bytes mine = mdoc_text("family_name");
	const struct mdoc_key_authorization allowed[] = {
		{ mdoc_text("device"), NULL, 0 },
		{ mdoc_text("other"), &mine, 1 },
	};
	const struct mdoc_status status = {
		.list_uri = mdoc_text(WORLD_URI),
		.list_idx = 3,
		.identifier_uri = mdoc_text(WORLD_URI),
		.identifier = mdoc_text("1234"),
	};
	const struct mdoc_claim claims[] = {
		CLAIM("family_name", cbor_name),
		CLAIM("issuing_country", cbor_country),
		CLAIM("birth_date", cbor_date),
		CLAIM("age_over_18", cbor_true),
		CLAIM("age_over_21", cbor_true),
		CLAIM("age_over_65", cbor_false),
	};
	const struct mdoc_issue issue = {
		.doc_type = mdoc_text(WORLD_DOCTYPE),
		.claims = claims,
		.claim_count = sizeof(claims) / sizeof(*claims),
		.device_key = world.device_key.pub,
		.signed_ = WORLD_NOW - 1000,
		.valid_from = WORLD_NOW - 1000,
		.valid_until = WORLD_NOW + 1000000,
		.expected_update = WORLD_NOW + 100000,
		.authorizations = allowed,
		.authorization_count = 2,
		.status = &status,
		.edition = MDOC_EDITION_2,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &world.ds_key.signer,
	};
	struct mdoc_error error = { 0 };

	if (mdoc_issuer_signed_build(world.context, &issue, &world.record_bytes, &error) != MDOC_OK ||
		mdoc_issuer_signed_parse(world.context, mdoc_buf_bytes(&world.record_bytes), &world.record, &error) !=
			MDOC_OK)
		need(false, error.expected);
}

#define ASKED(name, retain) \
	{ \
		mdoc_text(WORLD_NS), mdoc_text(name), retain \
	}

static void
request(void)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(&world.reader);
	const struct mdoc_bytes issuer = mdoc_text("12345678901234567890");
	const struct mdoc_asked asked[] = {
		ASKED("family_name", true),
		ASKED("age_over_19", false),
		{ mdoc_text("device"), mdoc_text("hash"), false },
	};
	const struct mdoc_element_ref other = { mdoc_text(WORLD_NS), mdoc_text("given_name") };
	const struct mdoc_element_set set = { &other, 1 };
	const struct mdoc_alternative alternative = { { mdoc_text(WORLD_NS), mdoc_text("family_name") }, &set, 1 };
	const struct mdoc_zk_system system = { mdoc_text("id"), mdoc_text("system"), MDOC_NO_BYTES };
	const struct mdoc_zk_request zk = { &system, 1, false };
	const struct mdoc_response_encryption encryption = {
		.recipient = world.annex_reader.key,
		.nonce = mdoc_text("1234567890123456"),
	};
	const struct mdoc_request_info info = {
		.alternatives = &alternative,
		.alternative_count = 1,
		.issuers = &issuer,
		.issuer_count = 1,
		.unique = MDOC_UNIQUE_YES,
		.maximum_size = 100000,
		.zk = &zk,
		.encryption = &encryption,
	};
	const struct mdoc_ask asks[] = {
		{ mdoc_text(WORLD_DOCTYPE), asked, 3, &world.reader_key.signer, &chain, 1, NULL, MDOC_NO_BYTES },
		{ mdoc_text("other"), asked, 2, NULL, NULL, 0, &info, MDOC_NO_BYTES },
	};
	const struct mdoc_reader_signer all = { &world.reader_key.signer, &chain, 1 };
	const size_t first[] = { 0 }, both[] = { 0, 1 };
	const struct mdoc_document_set sets[] = { { both, 2 }, { first, 1 } };
	const struct mdoc_purpose_hint hint = { mdoc_text("org.example"), 3 };
	const struct mdoc_use_case use_case = { true, sets, 2, &hint, 1 };
	const struct mdoc_request_options options = {
		.edition = MDOC_EDITION_2,
		.transcript = world.transcript,
		.all = &all,
		.all_count = 1,
		.use_cases = &use_case,
		.use_case_count = 1,
	};
	struct mdoc_error error = { 0 };

	if (mdoc_request_build(world.context, asks, 2, &options, &world.request, &error) != MDOC_OK)
		need(false, error.expected);
}

/* Asked for `asked`, a record answers. */
static void
answer(const struct mdoc_request *asked, const struct mdoc_held *held, const struct world_key *key,
	struct mdoc_buf *out)
{
	const struct mdoc_device_key device = { .signer = &key->signer };
	const struct mdoc_response_options options = {
		.edition = MDOC_EDITION_2,
		.transcript = world.transcript,
		.keys = &device,
	};
	struct mdoc_selection *selection = NULL;
	struct mdoc_error error = { 0 };

	if (mdoc_select(world.context, asked, held, 1, NULL, &selection, &error) != MDOC_OK ||
		mdoc_response_build(world.context, selection, &options, out, &error) != MDOC_OK)
		need(false, error.expected);
	mdoc_selection_free(selection);
}

#define CARD(space, name, value) \
	{ \
		mdoc_text(space), mdoc_text(name), mdoc_bytes_of(value, sizeof(value)) \
	}

static void
card(void)
{
	static const uint8_t digits[] = { 0x65, '1', '3', '1', '0', '4' };
	const struct mdoc_bytes chain = mdoc_buf_bytes(&world.card_ds);
	const struct mdoc_claim claims[] = {
		CARD(MDOC_JP_NAMESPACE, "full_name_unicode", cbor_name),
		CARD(MDOC_JP_NAMESPACE, "local_gov_code_unicode", digits),
		CARD(MDOC_JP_NAMESPACE_GENERIC, "birth_date", cbor_date),
		CARD(MDOC_JP_NAMESPACE_GENERIC, "age_over_20", cbor_true),
	};
	const struct mdoc_issue issue = {
		.doc_type = mdoc_text(MDOC_JP_DOCTYPE),
		.claims = claims,
		.claim_count = sizeof(claims) / sizeof(*claims),
		.device_key = world.card_key.pub,
		.signed_ = WORLD_NOW - 1000,
		.valid_from = WORLD_NOW - 1000,
		.valid_until = WORLD_NOW + 1000000,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &world.card_ds_key.signer,
	};
	const struct mdoc_asked asked[] = {
		{ claims[0].ns, claims[0].element, false },
		{ claims[1].ns, claims[1].element, false },
		{ claims[2].ns, claims[2].element, true },
		{ claims[3].ns, claims[3].element, false },
	};
	const struct mdoc_ask ask = { .doc_type = issue.doc_type, .asked = asked, .count = 4 };
	struct mdoc_request *request = NULL;
	struct mdoc_error error = { 0 };

	if (mdoc_issuer_signed_build(world.context, &issue, &world.card_bytes, &error) != MDOC_OK ||
		mdoc_issuer_signed_parse(world.context, mdoc_buf_bytes(&world.card_bytes), &world.card, &error) !=
			MDOC_OK ||
		mdoc_request_build(world.context, &ask, 1, NULL, &world.card_request, &error) != MDOC_OK ||
		mdoc_request_parse(world.context, mdoc_buf_bytes(&world.card_request), &request, &error) != MDOC_OK)
		need(false, error.expected);
	answer(request, &(struct mdoc_held){ .record = world.card }, &world.card_key, &world.card_response);
	mdoc_request_free(request);
}

static void
lists(void)
{
	static const uint8_t packed[] = { 0x20, 0x00 };
	const struct mdoc_bytes chain = mdoc_buf_bytes(&world.status);
	const struct mdoc_bytes other = mdoc_text("5678");
	const struct mdoc_list_trust trusted = { .anchors = world.trust, .now = WORLD_NOW };
	const struct mdoc_list_spec spec = {
		.uri = mdoc_text(WORLD_URI),
		.issued = WORLD_NOW - 1000,
		.expires = WORLD_NOW + 1000,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &world.list_key.signer,
	};
	struct fuzz_world *w = &world;
	struct mdoc_error error = { 0 };

	if (mdoc_status_list_build(w->context, &spec, 1, mdoc_bytes_of(packed, 2), &w->status_list_bytes) != MDOC_OK ||
		mdoc_identifier_list_build(w->context, &spec, &other, 1, &w->identifier_list_bytes) != MDOC_OK)
		need(false, "lists");
	if (mdoc_status_list_parse(w->context, mdoc_buf_bytes(&w->status_list_bytes), &w->status_list, &error) !=
			MDOC_OK ||
		mdoc_status_list_check(w->context, w->status_list, &trusted, &error) != MDOC_OK ||
		mdoc_identifier_list_parse(w->context, mdoc_buf_bytes(&w->identifier_list_bytes), &w->identifier_list,
			&error) != MDOC_OK ||
		mdoc_identifier_list_check(w->context, w->identifier_list, &trusted, &error) != MDOC_OK)
		need(false, error.expected);
	w->status_lists[0] = w->status_list;
	w->identifier_lists[0] = w->identifier_list;
	w->lists = (struct mdoc_revocation_lists){ w->status_lists, 1, w->identifier_lists, 1 };
}

static void
response(void)
{
	const struct mdoc_claim claim = { mdoc_text("device"), mdoc_text("hash"),
		mdoc_bytes_of(cbor_true, sizeof(cbor_true)) };
	const struct mdoc_held held = { world.record, &claim, 1 };

	need(mdoc_request_parse(world.context, mdoc_buf_bytes(&world.request), &world.asked, NULL) == MDOC_OK,
		"a request");
	answer(world.asked, &held, &world.device_key, &world.response);
}

enum mdoc_result
world_sign_list(struct mdoc_buf *out, const char *type, bool protected_, const struct mdoc_buf *cert,
	struct mdoc_bytes payload)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(cert);
	const struct mdoc_sign1_options options = {
		.tagged = protected_,
		.x5chain_protected = protected_,
		.x5chain = &chain,
		.x5chain_count = 1,
		.type = type,
	};

	return mdoc_sign1_put(out, &world.list_key.signer, payload, &options);
}

static void
messages(void)
{
	const struct world_key subject = { .pub = world.annex_reader.key };

	certificate(MDOC_CERT_MESSAGES, "Messages", &subject, &world.iaca, &world.iaca_key, &world.messages);
}

void
world_new(void)
{
	contexts();
	certificates();
	trust();
	annex_session();
	messages();
	record();
	request();
	response();
	card();
	lists();
}

void
world_free(void)
{
	struct fuzz_world *w = &world;
	struct mdoc_buf *bufs[] = { &w->iaca, &w->ds, &w->card_ds, &w->reader_ca, &w->reader, &w->status, &w->list_ca,
		&w->vical, &w->rical, &w->crl, &w->messages, &w->transcript_bytes, &w->record_bytes, &w->request,
		&w->response, &w->card_bytes, &w->card_request, &w->card_response, &w->status_list_bytes,
		&w->identifier_list_bytes };
	struct world_key *keys[] = { &w->iaca_key, &w->ds_key, &w->reader_ca_key, &w->reader_key, &w->list_ca_key,
		&w->list_key, &w->device_key, &w->card_ds_key, &w->card_key };

	mdoc_request_free(w->asked);
	mdoc_issuer_signed_free(w->record);
	mdoc_issuer_signed_free(w->card);
	mdoc_status_list_free(w->status_list);
	mdoc_identifier_list_free(w->identifier_list);
	mdoc_trust_free(w->trust);
	mdoc_trust_free(w->readers);
	mdoc_trust_free(w->providers);
	mdoc_agreement_clear(&w->annex_reader);
	mdoc_agreement_clear(&w->annex_device);
	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		mdoc_buf_clear(bufs[i]);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		key_clear(keys[i]);
	for (size_t i = 0; i < 2; i++)
		EVP_PKEY_free(w->annex_keys[i]);
	mdoc_context_free(w->narrow);
	mdoc_context_free(w->context);
}
