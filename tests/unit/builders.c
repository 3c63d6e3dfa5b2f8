/*
 * tests/unit/builders.c: everything that libmdoc writes, in one table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/builders.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC_TYPE "org.example.doc"
#define NS "org.example.ns"
#define URI "https://issuer.example/list"
#define VALUE \
	{ \
		(const uint8_t *)"\xf5", 1 \
	}
#define TEXT(literal) \
	{ \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

struct builders_world builders_world;
static uint32_t counter;

static const struct mdoc_claim claims[BUILDERS_ITEMS] = {
	{ TEXT(NS), TEXT("a"), VALUE },
	{ TEXT(NS), TEXT("b"), VALUE },
	{ TEXT(NS), TEXT("c"), VALUE },
	{ TEXT(NS), TEXT("d"), VALUE },
	{ TEXT("other"), TEXT("a"), VALUE },
	{ TEXT("other"), TEXT("b"), VALUE },
};

/* dataElements {ns: [x, y]}, nameSpaces [other] */
static const struct mdoc_bytes names[] = { TEXT("x"), TEXT("y") };
static const struct mdoc_key_authorization authorizations[] = { { TEXT(NS), names, 2 }, { TEXT("other"), names, 0 } };
static const struct mdoc_asked asked[BUILDERS_ASKED] = {
	{ TEXT(NS), TEXT("a"), false },
	{ TEXT(NS), TEXT("b"), true },
	{ TEXT("other"), TEXT("a"), false },
};
static const uint8_t transcript[] = { 0x83, 0xf6, 0xf6, 0xf6 };
static const uint8_t no_names[] = { 0xd8, 0x18, 0x41, 0xa0 };

static bool
count_up(void *arg, uint8_t *out, size_t len)
{
	(void)arg;
	for (size_t i = 0; i < len; i++) {
		counter = counter * 1664525 + 1013904223;
		out[i] = (uint8_t)(counter >> 24);
	}
	return true;
}

static enum mdoc_result
put_sign1(const struct mdoc_context *context, struct mdoc_buf *out)
{
	const struct mdoc_bytes chain[BUILDERS_CHAIN] = { mdoc_buf_bytes(&builders_world.ds), TEXT("b"), TEXT("c") };

	(void)context;
	return mdoc_sign1_put(out, &builders_world.ds_key.signer, mdoc_text("payload"),
		&(struct mdoc_sign1_options){ .x5chain = chain, .x5chain_count = BUILDERS_CHAIN, .type = "text" });
}

static enum mdoc_result
put_mac0(const struct mdoc_context *context, struct mdoc_buf *out)
{
	static const uint8_t key[MDOC_MAC_LEN] = { 1 };

	return mdoc_mac0_put(context, out, key, mdoc_text("payload"));
}

static struct mdoc_issue
issue_of(struct mdoc_bytes x5chain[1])
{
	x5chain[0] = mdoc_buf_bytes(&builders_world.ds);
	return (struct mdoc_issue){
		.doc_type = mdoc_text(DOC_TYPE),
		.claims = claims,
		.claim_count = BUILDERS_ITEMS,
		.device_key = builders_world.device_key.pub,
		.digest_alg = MDOC_SHA384,
		.signed_ = soft_2026,
		.valid_from = soft_2026,
		.valid_until = soft_2026 + SOFT_DAY,
		.authorizations = authorizations,
		.authorization_count = 2,
		.x5chain = x5chain,
		.x5chain_count = 1,
		.signer = &builders_world.ds_key.signer,
	};
}

static enum mdoc_result
put_record(const struct mdoc_context *context, struct mdoc_buf *out)
{
	struct mdoc_bytes x5chain[1];
	const struct mdoc_issue issue = issue_of(x5chain);

	return mdoc_issuer_signed_build(context, &issue, out, NULL);
}

static enum mdoc_result
put_copy(const struct mdoc_context *context, struct mdoc_buf *out)
{
	struct mdoc_bytes x5chain[1];
	const struct mdoc_issue issue = issue_of(x5chain);
	struct mdoc_template *made = NULL;
	enum mdoc_result res = mdoc_template_new(context, &issue, &made, NULL);

	if (res == MDOC_OK)
		res = mdoc_template_issue(made, &builders_world.device_key.pub, NULL, out, NULL);
	mdoc_template_free(made);
	return res;
}

static enum mdoc_result
put_request(const struct mdoc_context *context, struct mdoc_buf *out)
{
	const struct mdoc_bytes x5chain = mdoc_buf_bytes(&builders_world.ds);
	const struct mdoc_ask docs[BUILDERS_DOCS] = {
		{ .doc_type = mdoc_text(DOC_TYPE),
			.asked = asked,
			.count = 2,
			.signer = &builders_world.ds_key.signer,
			.x5chain = &x5chain,
			.x5chain_count = 1 },
		{ .doc_type = mdoc_text("other"), .asked = asked + 2, .count = 1 },
	};
	const struct mdoc_reader_signer all = { &builders_world.ds_key.signer, &x5chain, 1 };
	const struct mdoc_request_options options = {
		.edition = MDOC_EDITION_2,
		.transcript = mdoc_bytes_of(transcript, sizeof(transcript)),
		.all = &all,
		.all_count = 1,
	};

	return mdoc_request_build(context, docs, BUILDERS_DOCS, &options, out, NULL);
}

static enum mdoc_result
put_certificate(const struct mdoc_context *context, struct mdoc_buf *out)
{
	const struct mdoc_cert_spec spec = {
		.profile = MDOC_CERT_DS,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text("DS"),
		.issuer_cert = mdoc_buf_bytes(&builders_world.iaca),
		.key = builders_world.ds_key.pub,
		.not_before = soft_2026,
		.not_after = soft_2026 + SOFT_DAY,
		.issuer_alt_uri = "https://issuer.example/",
		.crl_uri = "https://issuer.example/crl",
		.signer = &builders_world.iaca_key.signer,
	};

	return mdoc_cert_build(context, &spec, out, NULL);
}

static enum mdoc_result
put_crl(const struct mdoc_context *context, struct mdoc_buf *out)
{
	const struct mdoc_revoked revoked = { mdoc_text("\x7f"), soft_2026, 0 };
	const struct mdoc_crl_spec spec = {
		.issuer_cert = mdoc_buf_bytes(&builders_world.iaca),
		.number = 1,
		.this_update = soft_2026,
		.next_update = soft_2026 + SOFT_DAY,
		.revoked = &revoked,
		.revoked_count = 1,
		.signer = &builders_world.iaca_key.signer,
	};

	return mdoc_crl_build(context, &spec, out, NULL);
}

static struct mdoc_list_spec
list_of(struct mdoc_bytes x5chain[1])
{
	x5chain[0] = mdoc_buf_bytes(&builders_world.list_signer);
	return (struct mdoc_list_spec){
		.uri = mdoc_text(URI),
		.issued = soft_2026,
		.expires = soft_2026 + SOFT_DAY,
		.x5chain = x5chain,
		.x5chain_count = 1,
		.signer = &builders_world.ds_key.signer,
	};
}

static enum mdoc_result
put_status_list(const struct mdoc_context *context, struct mdoc_buf *out)
{
	static uint8_t packed[BUILDERS_PACKED];
	struct mdoc_bytes x5chain[1];
	const struct mdoc_list_spec spec = list_of(x5chain);

	(void)mdoc_status_set(packed, sizeof(packed), 1, 77, 1);
	return mdoc_status_list_build(context, &spec, 1, mdoc_bytes_of(packed, sizeof(packed)), out);
}

static enum mdoc_result
put_identifier_list(const struct mdoc_context *context, struct mdoc_buf *out)
{
	struct mdoc_bytes x5chain[1];
	const struct mdoc_list_spec spec = list_of(x5chain);

	return mdoc_identifier_list_build(context, &spec, names, BUILDERS_IDENTIFIERS, out);
}

static enum mdoc_result
put_vical(const struct mdoc_context *context, struct mdoc_buf *out)
{
	const struct mdoc_bytes doc_type = mdoc_text(DOC_TYPE), x5chain = mdoc_buf_bytes(&builders_world.ds);
	struct mdoc_trust_entry_spec entries[BUILDERS_ENTRIES] = { { .doc_types = &doc_type, .doc_type_count = 1 } };
	const struct mdoc_trust_list_spec spec = {
		.kind = MDOC_VICAL,
		.provider = mdoc_text("provider"),
		.date = soft_2026,
		.entries = entries,
		.entry_count = BUILDERS_ENTRIES,
		.x5chain = &x5chain,
		.x5chain_count = 1,
		.signer = &builders_world.ds_key.signer,
	};

	entries[0].certificate = mdoc_buf_bytes(&builders_world.iaca);
	entries[1] = entries[0];
	return mdoc_trust_list_build(context, &spec, out, NULL);
}

static enum mdoc_result
put_transcript(const struct mdoc_context *context, struct mdoc_buf *out)
{
	const struct mdoc_transcript_spec spec = {
		.handover = MDOC_HANDOVER_OPENID4VP_DCAPI,
		.origin = mdoc_text("https://reader.example"),
		.nonce = mdoc_text("nonce"),
	};

	return mdoc_transcript_build(context, &spec, out, NULL);
}

static enum mdoc_result
put_tagged(const struct mdoc_context *context, struct mdoc_buf *out)
{
	(void)context;
	return mdoc_transcript_tag(mdoc_bytes_of(transcript, sizeof(transcript)), out);
}

static enum mdoc_result
put_engagement(const struct mdoc_context *context, struct mdoc_buf *out)
{
	const struct mdoc_origin origins[BUILDERS_ORIGINS] = { { 0, 1, TEXT("a.example") },
		{ 1, 1, TEXT("b.example") } };
	const struct mdoc_engagement_spec spec = {
		.edition = MDOC_EDITION_2,
		.key = &builders_world.device_key.pub,
		.origins = origins,
		.origin_count = BUILDERS_ORIGINS,
	};

	return mdoc_engagement_build(context, &spec, out, NULL);
}

static enum mdoc_result
put_qr(const struct mdoc_context *context, struct mdoc_buf *out)
{
	(void)context;
	return mdoc_engagement_to_qr(mdoc_text("an engagement"), out);
}

static enum mdoc_result
put_encryption_info(const struct mdoc_context *context, struct mdoc_buf *out)
{
	(void)context;
	return mdoc_encryption_info_build(mdoc_text("0123456789abcdef"), &builders_world.device_key.pub, out, NULL);
}

static enum mdoc_result
put_device_signed(const struct mdoc_context *context, struct mdoc_buf *out)
{
	(void)context;
	return mdoc_device_signed_put(out, mdoc_text("authentication"), mdoc_bytes_of(no_names, sizeof(no_names)),
		&builders_world.ds_key.signer);
}

static enum mdoc_result
put_session_status(const struct mdoc_context *context, struct mdoc_buf *out)
{
	(void)context;
	return mdoc_session_status_put(out, MDOC_SESSION_TERMINATION);
}

const struct builder builders[] = {
	{ "sign1", put_sign1 },
	{ "mac0", put_mac0 },
	{ "record", put_record },
	{ "copy", put_copy },
	{ "request", put_request },
	{ "certificate", put_certificate },
	{ "crl", put_crl },
	{ "status list", put_status_list },
	{ "identifier list", put_identifier_list },
	{ "vical", put_vical },
	{ "transcript", put_transcript },
	{ "tagged transcript", put_tagged },
	{ "engagement", put_engagement },
	{ "qr", put_qr },
	{ "encryption info", put_encryption_info },
	{ "device signed", put_device_signed },
	{ "session status", put_session_status },
	{ NULL, NULL },
};

int
builders_init(void)
{
	struct builders_world *w = &builders_world;

	memset(w, 0, sizeof(*w));
	if (mdoc_context_new(NULL, &w->context) != MDOC_OK)
		return 1;
	mdoc_context_set_random(w->context, count_up, NULL);
	return !soft_key_make(&w->iaca_key, "ED25519") || !soft_key_make(&w->ds_key, "ED25519") ||
		!soft_key_make(&w->device_key, "P-256") ||
		soft_certificate(MDOC_CERT_IACA, "IACA", &w->iaca_key, NULL, NULL, &w->iaca, NULL) != MDOC_OK ||
		soft_certificate(MDOC_CERT_DS, "DS", &w->ds_key, &w->iaca, &w->iaca_key, &w->ds, NULL) != MDOC_OK ||
		soft_certificate(MDOC_CERT_STATUS, "Lists", &w->ds_key, &w->iaca, &w->iaca_key, &w->list_signer,
			NULL) != MDOC_OK;
}

int
builders_clear(void)
{
	struct builders_world *w = &builders_world;

	mdoc_buf_clear(&w->iaca);
	mdoc_buf_clear(&w->ds);
	mdoc_buf_clear(&w->list_signer);
	soft_key_clear(&w->iaca_key);
	soft_key_clear(&w->ds_key);
	soft_key_clear(&w->device_key);
	mdoc_context_free(w->context);
	return 0;
}

void
builders_rewind(void)
{
	counter = 1;
}

struct mdoc_buf
builders_make(const char *name)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	size_t i = 0;

	while (builders[i].name != NULL && strcmp(builders[i].name, name) != 0)
		i++;
	builders_rewind();
	if (builders[i].name == NULL || builders[i].build(builders_world.context, &out) != MDOC_OK) {
		(void)fprintf(stderr, "test: no %s\n", name);
		abort();
	}
	return out;
}
