/*
 * tests/unit/lists_world.c: two IACAs, who signs below them, and CWTs with one thing changed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/lists_world.h"
#include "mdoc/status/token.h"

#include <CUnit/Basic.h>
#include <string.h>

struct lists_world lists_world;

static bool
certificate(enum mdoc_cert_profile profile, const char *name, struct soft_key *key, const struct mdoc_buf *issuer,
	struct soft_key *issuer_key, struct mdoc_buf *out)
{
	struct mdoc_error error = { 0 };

	if (soft_certificate(profile, name, key, issuer, issuer_key, out, &error) == MDOC_OK)
		return true;
	printf("%s: %s\n", name, error.expected);
	return false;
}

int
lists_world_init(void)
{
	struct lists_world *w = &lists_world;

	memset(w, 0, sizeof(*w));
	w->now = soft_2026 + 100 * SOFT_DAY;
	if (!soft_key_make(&w->iaca_key, "P-256") || !soft_key_make(&w->other_key, "P-256") ||
		!soft_key_make(&w->ds_key, "P-256") || !soft_key_make(&w->signer_key, "P-256"))
		return 1;
	if (!certificate(MDOC_CERT_IACA, "IACA", &w->iaca_key, NULL, NULL, &w->iaca) ||
		!certificate(MDOC_CERT_IACA, "Other IACA", &w->other_key, NULL, NULL, &w->other) ||
		!certificate(MDOC_CERT_DS, "DS", &w->ds_key, &w->iaca, &w->iaca_key, &w->ds) ||
		!certificate(MDOC_CERT_DS, "DS", &w->ds_key, &w->other, &w->other_key, &w->other_ds) ||
		!certificate(MDOC_CERT_STATUS, "Lists", &w->signer_key, &w->iaca, &w->iaca_key, &w->signer) ||
		!certificate(MDOC_CERT_STATUS, "Lists", &w->signer_key, &w->other, &w->other_key, &w->other_signer))
		return 1;
	w->trust = mdoc_trust_new();
	return w->trust == NULL ||
		mdoc_trust_add(NULL, w->trust, mdoc_buf_bytes(&w->iaca), MDOC_CERT_IACA, 0, NULL) != MDOC_OK ||
		mdoc_trust_add(NULL, w->trust, mdoc_buf_bytes(&w->other), MDOC_CERT_IACA, 0, NULL) != MDOC_OK;
}

int
lists_world_clear(void)
{
	struct lists_world *w = &lists_world;

	mdoc_trust_free(w->trust);
	mdoc_buf_clear(&w->iaca);
	mdoc_buf_clear(&w->other);
	mdoc_buf_clear(&w->ds);
	mdoc_buf_clear(&w->other_ds);
	mdoc_buf_clear(&w->signer);
	mdoc_buf_clear(&w->other_signer);
	soft_key_clear(&w->iaca_key);
	soft_key_clear(&w->other_key);
	soft_key_clear(&w->ds_key);
	soft_key_clear(&w->signer_key);
	return 0;
}

bool
lists_add_crl(struct mdoc_trust *trust, const struct mdoc_buf *ca, const struct soft_key *key,
	const struct mdoc_buf *revoked)
{
	struct mdoc_revoked line = { .when = soft_2026 };
	struct mdoc_crl_spec spec = {
		.issuer_cert = mdoc_buf_bytes(ca),
		.number = 1,
		.this_update = soft_2026,
		.next_update = soft_2026 + 365 * SOFT_DAY,
		.revoked = &line,
		.signer = &key->signer,
	};
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	struct mdoc_crl *crl = NULL;
	bool added = false;

	if (revoked != NULL && mdoc_cert_parse(NULL, mdoc_buf_bytes(revoked), &cert, NULL) == MDOC_OK) {
		line.serial = mdoc_cert_serial(cert);
		spec.revoked_count = 1;
	}
	if (mdoc_crl_build(NULL, &spec, &der, NULL) == MDOC_OK &&
		mdoc_crl_parse(NULL, mdoc_buf_bytes(&der), &crl, NULL) == MDOC_OK)
		added = mdoc_trust_add_crl(trust, crl, NULL) == MDOC_OK;
	mdoc_cert_free(cert);
	mdoc_buf_clear(&der);
	return added;
}

struct lists_token
lists_status_token(struct mdoc_bytes list)
{
	return (struct lists_token){
		.type = MDOCI_TYPE_STATUS_LIST,
		.sub = LISTS_URI,
		.iat = lists_world.now - 1000,
		.exp = lists_world.now + 1000,
		.list_claim = MDOCI_CLAIM_STATUS_LIST,
		.list = list,
	};
}

struct lists_token
lists_identifier_token(struct mdoc_bytes list)
{
	struct lists_token token = lists_status_token(list);

	token.type = MDOCI_TYPE_IDENTIFIER_LIST;
	token.list_claim = MDOCI_CLAIM_IDENTIFIER_LIST;
	return token;
}

static void
put_time(struct mdoc_buf *claims, int64_t key, int64_t when)
{
	if (when == 0)
		return;
	mdoc_put_int(claims, key);
	mdoc_put_int(claims, when);
}

static void
put_text(struct mdoc_buf *claims, int64_t key, const char *text)
{
	if (text == NULL)
		return;
	mdoc_put_int(claims, key);
	mdoc_put_text(claims, text);
}

void
lists_put_token(struct mdoc_buf *out, const struct lists_token *token)
{
	const struct mdoc_bytes x5 = mdoc_buf_bytes(token->x5 != NULL ? token->x5 : &lists_world.signer);
	const struct soft_key *key = token->key != NULL ? token->key : &lists_world.signer_key;
	const struct mdoci_envelope_form form = { !token->untagged, !token->unprotected, token->type };
	struct mdoc_buf claims = MDOC_BUF_EMPTY;

	mdoc_put_map(&claims,
		(size_t)(token->sub != NULL) + (token->iat != 0) + (token->exp != 0) + (token->nbf != 0) +
			(token->list.len > 0) + (token->more.len > 0) + (token->claimed_type != NULL));
	put_text(&claims, 2, token->sub);
	put_time(&claims, 4, token->exp);
	put_time(&claims, 5, token->nbf);
	put_time(&claims, 6, token->iat);
	put_text(&claims, 16, token->claimed_type);
	if (token->list.len > 0) {
		mdoc_put_int(&claims, token->list_claim);
		mdoc_put_raw(&claims, token->list);
	}
	mdoc_buf_append(&claims, token->more);
	if (token->tag_61)
		mdoc_put_tag(out, 61);
	CU_ASSERT_EQUAL(mdoci_envelope_put(out, &form, &key->signer, &x5, 1, mdoc_buf_bytes(&claims)), MDOC_OK);
	mdoc_buf_clear(&claims);
}

void
lists_put_status_list(struct mdoc_buf *out, unsigned bits, struct mdoc_bytes lst)
{
	mdoc_put_map(out, 2);
	mdoc_put_text(out, "bits");
	mdoc_put_uint(out, bits);
	mdoc_put_text(out, "lst");
	mdoc_put_bstr(out, lst);
}

struct mdoc_revocation_query
lists_query(const struct mdoc_status *status)
{
	return (struct mdoc_revocation_query){
		.status = status,
		.iaca = mdoc_buf_bytes(&lists_world.iaca),
		.ds = &lists_world.ds_key.pub,
		.now = lists_world.now,
	};
}

struct mdoc_list_spec
lists_spec(struct mdoc_bytes x5chain[1])
{
	x5chain[0] = mdoc_buf_bytes(&lists_world.signer);
	return (struct mdoc_list_spec){
		.uri = mdoc_text(LISTS_URI),
		.issued = lists_world.now - 1000,
		.expires = lists_world.now + 1000,
		.ttl = 600,
		.x5chain = x5chain,
		.x5chain_count = 1,
		.signer = &lists_world.signer_key.signer,
	};
}
