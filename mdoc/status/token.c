/*
 * mdoc/status/token.c: the CWT around a revocation list: claims, signer, times.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/token.h"
#include "mdoc/x509/x509_internal.h"
#include <string.h>

#define CLAIM_SUB 2
#define CLAIM_EXP 4
#define CLAIM_NBF 5
#define CLAIM_IAT 6
#define CLAIM_TYPE 16
#define CLAIM_TTL 65534

#define PREFIX "application/"

static bool
is_type(struct mdoc_bytes text, const char *type)
{
	return mdoc_bytes_is_text(text, type) || mdoc_bytes_is_text(text, type + strlen(PREFIX));
}

static enum mdoc_result
check_type(const struct mdoci_token *token, const char *type, bool in_claims, struct mdoc_error *error)
{
	struct mdoc_bytes text = token->envelope.type;

	if (text.ptr == NULL && in_claims)
		(void)mdoc_node_tstr(mdoc_map_int(token->envelope.payload, CLAIM_TYPE), &text);
	if (is_type(text, type))
		return MDOC_OK;
	return mdoci_fail(error, text.ptr == NULL ? MDOC_ERR_MISSING : MDOC_ERR_VALUE,
		mdoc_node_offset(token->envelope.sign1.node), "", "typ (16) %s in the protected header", type);
}

static enum mdoc_result
read_time(struct mdoc_node claims, int64_t key, const char *name, int64_t *value, struct mdoc_error *error)
{
	const struct mdoc_node node = mdoc_map_int(claims, key);

	if (!mdoc_node_present(node))
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(claims), "payload", "%s", name);
	if (!mdoc_node_int(node, value))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), "payload", "%s: seconds as an integer",
			name);
	return MDOC_OK;
}

static enum mdoc_result
read_claims(struct mdoci_token *token, struct mdoc_error *error)
{
	const struct mdoc_node claims = token->envelope.payload;
	const struct mdoc_node sub = mdoc_map_int(claims, CLAIM_SUB);
	const struct mdoc_node ttl = mdoc_map_int(claims, CLAIM_TTL);
	enum mdoc_result res = mdoci_want(claims, MDOC_CBOR_MAP, "payload", error);

	if (res != MDOC_OK)
		return res;
	if (!mdoc_node_tstr(sub, &token->uri) || token->uri.len == 0)
		return mdoci_fail(error, mdoc_node_present(sub) ? MDOC_ERR_TYPE : MDOC_ERR_MISSING,
			mdoc_node_offset(mdoc_node_present(sub) ? sub : claims), "payload",
			"sub (2): the URI of the list");
	res = read_time(claims, CLAIM_IAT, "iat (6)", &token->issued, error);
	if (res == MDOC_OK)
		res = read_time(claims, CLAIM_EXP, "exp (4)", &token->expires, error);
	token->not_before = INT64_MIN;
	if (res == MDOC_OK && mdoc_node_present(mdoc_map_int(claims, CLAIM_NBF)))
		res = read_time(claims, CLAIM_NBF, "nbf (5)", &token->not_before, error);
	if (res != MDOC_OK)
		return res;
	if (token->expires <= token->issued)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(claims), "payload", "exp after iat");
	if (mdoc_node_present(ttl) && !mdoc_node_uint(ttl, &token->ttl))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(ttl), "payload", "ttl (65534) in seconds");
	return MDOC_OK;
}

static void
forget_check(struct mdoci_token *token)
{
	mdoc_cert_free(token->signer);
	mdoc_cert_free(token->issuer);
	token->signer = token->issuer = NULL;
	token->checked = false;
}

enum mdoc_result
mdoci_token_parse(const struct mdoc_context *context, struct mdoc_bytes input, const char *type, bool type_in_claims,
	struct mdoci_token *token, struct mdoc_error *error)
{
	enum mdoc_result res;

	memset(token, 0, sizeof(*token));
	res = mdoci_envelope_parse(context, input, &token->envelope, error);
	if (res == MDOC_OK)
		res = read_claims(token, error);
	if (res == MDOC_OK)
		res = check_type(token, type, type_in_claims, error);
	if (res != MDOC_OK)
		mdoci_token_clear(token);
	return res;
}

void
mdoci_token_clear(struct mdoci_token *token)
{
	forget_check(token);
	mdoci_envelope_clear(&token->envelope);
	memset(token, 0, sizeof(*token));
}

/* Signer and issuer as they were judged; crl_required: an issuer that says nothing of the signer is an error. */
static enum mdoc_result
judge_signer(const struct mdoc_context *context, struct mdoci_token *token, const struct mdoc_trust *anchors,
	const struct mdoc_list_trust *trust, struct mdoc_error *error)
{
	struct mdoc_judged judged;
	enum mdoc_result res = mdoc_trust_judge(context, anchors, token->envelope.signer, MDOC_CERT_STATUS,
		trust->relax, trust->now, &judged);

	res = mdoci_judged_result(&judged, res, trust->crl_required, error);
	if (res == MDOC_OK) {
		token->signer = mdoci_cert_ref(judged.cert);
		token->issuer = mdoci_cert_ref(judged.anchor->cert);
	}
	mdoc_judged_clear(&judged);
	return res;
}

/* Only the certificate that the Status names. */
static enum mdoc_result
trust_named(const struct mdoc_context *context, const struct mdoc_list_trust *trust, struct mdoc_trust **alone,
	struct mdoc_error *error)
{
	*alone = mdoc_trust_new();
	if (*alone == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	return mdoc_trust_add(context, *alone, trust->certificate, MDOC_CERT_LIST_CA, trust->relax, error);
}

enum mdoc_result
mdoci_token_check(const struct mdoc_context *context, struct mdoci_token *token, const struct mdoc_list_trust *trust,
	struct mdoc_error *error)
{
	const bool named = trust->certificate.len > 0;
	enum mdoc_cert_profile profile = MDOC_CERT_IACA;
	struct mdoc_trust *alone = NULL;
	enum mdoc_result res = MDOC_OK;

	forget_check(token);
	if ((trust->anchors == NULL) != named)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "either trust anchors or a certificate");
	if (!named && mdoc_trust_profile(trust->anchors, &profile) && profile != MDOC_CERT_IACA)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "IACAs as trust anchors");
	if (named)
		res = trust_named(context, trust, &alone, error);
	if (res == MDOC_OK)
		res = judge_signer(context, token, named ? alone : trust->anchors, trust, error);
	if (res == MDOC_OK)
		res = mdoci_envelope_verify(context, &token->envelope, token->signer, error);
	token->checked = res == MDOC_OK;
	mdoc_trust_free(alone);
	return res;
}

static bool
in_time(const struct mdoci_token *token, const struct mdoc_revocation_query *query)
{
	const int64_t late = query->now + query->clock_skew;
	const int64_t early = query->now - query->clock_skew;

	return token->issued <= late && token->not_before <= late && early < token->expires &&
		mdoc_cert_not_before(token->signer) <= late && early <= mdoc_cert_not_after(token->signer);
}

enum mdoc_result
mdoci_token_answers(const struct mdoci_token *token, struct mdoc_bytes uri, struct mdoc_bytes certificate,
	const struct mdoc_revocation_query *query, struct mdoc_error *why)
{
	const struct mdoc_bytes issuer = certificate.len > 0 ? certificate : query->iaca;
	struct mdoc_public_key signer;

	if (!token->checked || !mdoci_times_usable(query->now, query->clock_skew) || query->ds == NULL ||
		mdoc_cert_public_key(token->signer, &signer) != MDOC_OK)
		return mdoci_fail(why, MDOC_ERR_ARG, SIZE_MAX, "", "a list that has been checked, a time and a key");
	if (uri.len == 0)
		return mdoci_fail(why, MDOC_ERR_MISSING, SIZE_MAX, "", "a Status that names a list of this kind");
	if (!mdoc_bytes_equal(uri, token->uri))
		return mdoci_fail(why, MDOC_ERR_VALUE, SIZE_MAX, "", "sub (2): the uri of the Status");
	if (!mdoc_bytes_equal(issuer, mdoc_cert_der(token->issuer)))
		return mdoci_fail(why, MDOC_ERR_CHAIN, SIZE_MAX, "", "%s",
			certificate.len > 0 ? "a list below the certificate of the Status"
					    : "a list below the IACA of the document");
	/* The DS may not speak about revocation, in whatever certificate its key stands. */
	if (mdoc_key_equal(query->ds, &signer))
		return mdoci_fail(why, MDOC_ERR_CHAIN, SIZE_MAX, "", "a list that the DS itself has not signed");
	if (!in_time(token, query))
		return mdoci_fail(why, MDOC_ERR_VALIDITY, SIZE_MAX, "", "a list that is valid now");
	return MDOC_OK;
}

enum mdoc_result
mdoci_list_spec_check(const struct mdoc_list_spec *spec)
{
	if (spec->uri.len == 0 || spec->x5chain_count == 0 || spec->signer == NULL)
		return MDOC_ERR_ARG;
	return spec->issued < spec->expires ? MDOC_OK : MDOC_ERR_VALIDITY;
}

void
mdoci_put_claims(struct mdoc_buf *buf, const struct mdoc_list_spec *spec, size_t more)
{
	mdoc_put_map(buf, (spec->ttl > 0 ? 4U : 3U) + more);
	mdoc_put_int(buf, CLAIM_SUB);
	mdoc_put_tstr(buf, spec->uri);
	mdoc_put_int(buf, CLAIM_EXP);
	mdoc_put_int(buf, spec->expires);
	mdoc_put_int(buf, CLAIM_IAT);
	mdoc_put_int(buf, spec->issued);
	if (spec->ttl == 0)
		return;
	mdoc_put_int(buf, CLAIM_TTL);
	mdoc_put_uint(buf, spec->ttl);
}

enum mdoc_result
mdoci_put_token(struct mdoc_buf *out, const struct mdoc_list_spec *spec, const char *type,
	const struct mdoc_buf *claims)
{
	const struct mdoci_envelope_form form = { .tagged = true, .x5chain_protected = true, .type = type };

	if (claims->err != MDOC_OK)
		return claims->err;
	return mdoci_envelope_put(out, &form, spec->signer, spec->x5chain, spec->x5chain_count, mdoc_buf_bytes(claims));
}
