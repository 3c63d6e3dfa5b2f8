/*
 * tests/bench/mdoc-cases.c: records, requests and responses of a given size, and what is done with them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/mdoc-cases.h"

#define DOCTYPE "org.iso.18013.5.1.mDL"
#define NAMESPACE "org.iso.18013.5.1"
#define DAY ((int64_t)86400)

void
mdoc_cases_new(struct mdoc_cases *cases)
{
	struct mdoc_public_key ignored;

	memset(cases, 0, sizeof(*cases));
	issuer_kit_new(&cases->kit);
	cases->device_key = kit_key(&ignored);
	bench_need(mdoc_signer_from_evp(cases->kit.context, cases->kit.ds_key, &cases->issuer) == MDOC_OK &&
			mdoc_signer_from_evp(cases->kit.context, cases->device_key, &cases->device) == MDOC_OK,
		"mdoc_signer_from_evp");
	kit_transcript(1, &cases->transcript);
	cases->keeping = mdoc_trust_new();
	bench_need(cases->keeping != NULL &&
			mdoc_trust_add(cases->kit.context, cases->keeping, mdoc_buf_bytes(&cases->kit.iaca),
				MDOC_CERT_IACA, 0, NULL) == MDOC_OK &&
			mdoc_trust_use_cache(cases->kit.context, cases->keeping) == MDOC_OK,
		"mdoc_trust_use_cache");
}

void
mdoc_cases_free(struct mdoc_cases *cases)
{
	mdoc_trust_free(cases->keeping);
	mdoc_buf_clear(&cases->transcript);
	mdoc_signer_clear(&cases->device);
	mdoc_signer_clear(&cases->issuer);
	EVP_PKEY_free(cases->device_key);
	issuer_kit_free(&cases->kit);
}

/* Texts of a dozen bytes, and one picture. */
static void
make_claims(struct mdoc_case *one, size_t portrait)
{
	char text[32];
	uint8_t *picture = malloc(portrait);

	bench_need(picture != NULL, "memory");
	memset(picture, 0x5a, portrait);
	one->claims = calloc(one->claim_count, sizeof(*one->claims));
	one->texts = calloc(2 * one->claim_count, sizeof(*one->texts));
	bench_need(one->claims != NULL && one->texts != NULL, "memory");
	for (size_t i = 0; i < one->claim_count; i++) {
		struct mdoc_buf *name = &one->texts[2 * i], *value = &one->texts[2 * i + 1];

		(void)snprintf(text, sizeof(text), "element_%zu", i);
		mdoc_buf_append(name, mdoc_text(text));
		if (i + 1 < one->claim_count)
			mdoc_put_text(value, "some text");
		else
			mdoc_put_bstr(value, mdoc_bytes_of(picture, portrait));
		one->claims[i] =
			(struct mdoc_claim){ mdoc_text(NAMESPACE), mdoc_buf_bytes(name), mdoc_buf_bytes(value) };
	}
	free(picture);
}

static void
make_request(struct mdoc_case *one)
{
	struct mdoc_asked *asked = calloc(one->asked_count, sizeof(*asked));
	const struct mdoc_ask ask = { .doc_type = mdoc_text(DOCTYPE), .asked = asked, .count = one->asked_count };

	bench_need(asked != NULL, "memory");
	for (size_t i = 0; i < one->asked_count; i++)
		asked[i] = (struct mdoc_asked){ mdoc_text(NAMESPACE),
			one->claims[one->claim_count - one->asked_count + i].element, false };
	bench_need(mdoc_request_build(one->all->kit.context, &ask, 1, NULL, &one->request_bytes, NULL) == MDOC_OK,
		"mdoc_request_build");
	bench_need(mdoc_request_parse(one->all->kit.context, mdoc_buf_bytes(&one->request_bytes), &one->request,
			   NULL) == MDOC_OK,
		"mdoc_request_parse");
	free(asked);
}

/* The record, and what further copies of it are made from. */
static void
issue(struct mdoc_case *one, struct mdoc_buf *out)
{
	const struct issuer_kit *kit = &one->all->kit;
	struct mdoc_issue spec = {
		.doc_type = mdoc_text(DOCTYPE),
		.claims = one->claims,
		.claim_count = one->claim_count,
		.digest_alg = MDOC_SHA256,
		.signed_ = kit->now - DAY,
		.valid_from = kit->now - DAY,
		.valid_until = kit->now + 20 * DAY,
		.x5chain = &one->chain,
		.x5chain_count = 1,
		.signer = &one->all->issuer,
	};

	one->chain = mdoc_buf_bytes(&kit->ds);
	for (size_t i = 0; i < 2; i++)
		EVP_PKEY_free(kit_key(&one->copy_keys[i]));
	bench_need(mdoc_key_from_evp(one->all->device_key, &spec.device_key) == MDOC_OK, "mdoc_key_from_evp");
	bench_need(mdoc_issuer_signed_build(kit->context, &spec, out, NULL) == MDOC_OK, "mdoc_issuer_signed_build");
	bench_need(mdoc_template_new(kit->context, &spec, &one->copies, NULL) == MDOC_OK, "mdoc_template_new");
}

static void
present(const struct mdoc_case *one, struct mdoc_buf *out)
{
	const struct mdoc_device_key key = { .signer = &one->all->device };
	const struct mdoc_response_options options = { .transcript = mdoc_buf_bytes(&one->all->transcript),
		.keys = &key };
	const struct mdoc_held held = { .record = one->record };
	const struct mdoc_context *context = one->all->kit.context;
	struct mdoc_selection *selection = NULL;

	bench_need(mdoc_select(context, one->request, &held, 1, NULL, &selection, NULL) == MDOC_OK, "mdoc_select");
	bench_need(mdoc_response_build(context, selection, &options, out, NULL) == MDOC_OK, "mdoc_response_build");
	mdoc_selection_free(selection);
}

static void
verify(const struct mdoc_case *one, const struct mdoc_trust *trust)
{
	const struct mdoc_verify_options options = {
		.transcript = mdoc_buf_bytes(&one->all->transcript),
		.trust = trust,
		.now = one->all->kit.now,
		.request = one->request,
	};
	struct mdoc_verdict *verdict = NULL;

	bench_need(mdoc_verify(one->all->kit.context, mdoc_buf_bytes(&one->response), &options, &verdict) == MDOC_OK,
		"mdoc_verify");
	mdoc_verdict_free(verdict);
}

void
mdoc_case_new(struct mdoc_case *one, struct mdoc_cases *all, size_t elements, size_t asked, size_t portrait)
{
	memset(one, 0, sizeof(*one));
	one->all = all;
	one->claim_count = elements;
	one->asked_count = asked;
	make_claims(one, portrait);
	make_request(one);
	issue(one, &one->record_bytes);
	bench_need(mdoc_issuer_signed_parse(all->kit.context, mdoc_buf_bytes(&one->record_bytes), &one->record, NULL) ==
			MDOC_OK,
		"mdoc_issuer_signed_parse");
	present(one, &one->response);
}

void
mdoc_case_free(struct mdoc_case *one)
{
	mdoc_issuer_signed_free(one->record);
	mdoc_template_free(one->copies);
	mdoc_request_free(one->request);
	for (size_t i = 0; i < 2 * one->claim_count; i++)
		mdoc_buf_clear(&one->texts[i]);
	free(one->texts);
	free(one->claims);
	mdoc_buf_clear(&one->record_bytes);
	mdoc_buf_clear(&one->request_bytes);
	mdoc_buf_clear(&one->response);
}

void
mdoc_case_issue(void *one)
{
	struct mdoc_case *c = one;
	const struct mdoc_public_key *key = &c->copy_keys[c->issued++ % 2];
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	bench_need(mdoc_template_issue(c->copies, key, NULL, &out, NULL) == MDOC_OK, "mdoc_template_issue");
	mdoc_buf_clear(&out);
}

void
mdoc_case_present(void *one)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	present(one, &out);
	mdoc_buf_clear(&out);
}

void
mdoc_case_verify(void *one)
{
	const struct mdoc_case *c = one;

	verify(c, c->all->kit.trust);
}

void
mdoc_case_verify_kept(void *one)
{
	const struct mdoc_case *c = one;

	verify(c, c->all->keeping);
}
