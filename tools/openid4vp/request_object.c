/* request_object.c: reading a signed request object. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/request_object.h"
#include "tools/common/context.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/openid4vp/client_id.h"
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include <mdoc/x509.h>

#define TEXT_MAX 2048 /* bytes of a parameter that is a text */

/* What is read, and how it comes out. */
struct reading {
	const struct mdoc_context *context;
	const struct vp_expect *expect;
	struct vp_request *request;
	struct jwt jwt;
};

/* what: N_() text. */
static enum exit_status
invalid(struct reading *r, enum exit_status status, const char *what)
{
	return vp_problem_text(&r->request->problem, status, VP_INVALID_REQUEST, NULL, what);
}

/* ---- Header and signature ---- */

/* base64 with padding, to DER. */
static enum mdoc_result
decode_certificate(const json_t *json, struct mdoc_buf *der)
{
	const char *text = json_string_value(json);
	struct mdoc_buf url = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_ERR_MALFORMED;
	size_t len = json_string_length(json);

	if (text == NULL || len % 4 != 0 || len == 0 || len > 2 * MDOC_CERT_MAX)
		return res;
	for (size_t pad = 0; pad < 2 && text[len - 1] == '='; pad++)
		len--;
	for (size_t i = 0; i < len; i++) {
		const char c = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];

		if (text[i] == '-' || text[i] == '_')
			goto out;
		mdoc_buf_append(&url, mdoc_bytes_of(&c, 1));
	}
	res = url.err != MDOC_OK ? url.err : mdoc_base64url_decode(mdoc_buf_bytes(&url), der);
out:
	mdoc_buf_clear(&url);
	return res;
}

static enum exit_status
read_chain(struct reading *r)
{
	const json_t *x5c = json_object_get(r->jwt.header, "x5c");
	struct vp_request *request = r->request;
	const size_t count = json_array_size(x5c);

	if (count == 0)
		return invalid(r, EXIT_STATUS_NO,
			N_("the request object has no certificate (x5c) to check its signature with"));
	if (count > MDOC_CERTIFICATES_MAX)
		return invalid(r, EXIT_STATUS_INPUT, N_("x5c has more certificates than this program reads"));
	request->chain = calloc(count, sizeof(*request->chain));
	if (request->chain == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < count; i++) {
		enum mdoc_result res;

		request->chain[i] = MDOC_BUF_EMPTY;
		request->chain_count = i + 1;
		res = decode_certificate(json_array_get(x5c, i), &request->chain[i]);
		if (res == MDOC_ERR_MEMORY)
			return tool_no_memory();
		if (res != MDOC_OK)
			return invalid(r, EXIT_STATUS_INPUT, N_("x5c has what is no certificate in base64"));
	}
	return EXIT_STATUS_OK;
}

/* HAIP 1.0, 5: the certificate that signs is issued by somebody. */
static bool
is_self_signed(const struct reading *r)
{
	X509 *cert = X509_new_ex(mdoc_context_libctx(r->context), NULL);
	const uint8_t *p = r->request->chain[0].ptr;
	bool self = false;

	if (cert != NULL && d2i_X509(&cert, &p, (long)r->request->chain[0].len) != NULL)
		self = X509_self_signed(cert, 1) == 1;
	X509_free(cert);
	return self;
}

static enum exit_status
check_signature(struct reading *r)
{
	struct mdoc_public_key key;
	struct mdoc_cert *cert = NULL;
	struct mdoc_error error = { .code = MDOC_OK };
	enum mdoc_result res = mdoc_cert_parse(r->context, mdoc_buf_bytes(&r->request->chain[0]), &cert, &error);
	bool read = false;

	if (res == MDOC_OK)
		res = mdoc_cert_public_key(cert, &key);
	if (res == MDOC_OK) {
		read = true;
		res = jwt_verify(r->context, &r->jwt, &key);
	}
	mdoc_cert_free(cert);
	if (res == MDOC_ERR_MEMORY)
		return tool_no_memory();
	if (!read)
		return invalid(r, EXIT_STATUS_INPUT,
			N_("the first certificate of x5c cannot be read, or has a key that is not supported"));
	if (res != MDOC_OK)
		return invalid(r, EXIT_STATUS_NO, N_("the signature of the request object is wrong"));
	if (is_self_signed(r))
		return invalid(r, EXIT_STATUS_NO,
			N_("the certificate that signed the request is self-signed, which HAIP forbids"));
	return EXIT_STATUS_OK;
}

static enum exit_status
check_header(struct reading *r, struct mdoc_bytes text)
{
	const char *type;
	const enum mdoc_result res = text.len <= VP_REQUEST_MAX ? jwt_parse(text, &r->jwt) : MDOC_ERR_SIZE;
	enum exit_status status;

	if (res == MDOC_ERR_MEMORY)
		return tool_no_memory();
	if (res == MDOC_ERR_SIZE)
		return invalid(r, EXIT_STATUS_INPUT, N_("the request object is larger than this program reads"));
	if (res == MDOC_ERR_ALGORITHM)
		return invalid(r, EXIT_STATUS_NO,
			N_("the request object is not signed with ES256, ES384, ES512 or EdDSA"));
	if (res != MDOC_OK)
		return invalid(r, EXIT_STATUS_INPUT, N_("the request object is not a signed JWT"));
	type = json_string_value(json_object_get(r->jwt.header, "typ"));
	if (type == NULL || strcmp(type, VP_REQUEST_TYPE) != 0)
		return invalid(r, EXIT_STATUS_INPUT, N_("the typ of the request object is not oauth-authz-req+jwt"));
	if (json_object_get(r->jwt.header, "crit") != NULL)
		return invalid(r, EXIT_STATUS_INPUT,
			N_("the request object has a critical header that is not supported"));
	status = read_chain(r);
	return status == EXIT_STATUS_OK ? check_signature(r) : status;
}

/* ---- Claims ---- */

/* A text without a NUL, of bounded length; *text NULL: it is not there, unless needed. */
static enum exit_status
get_text(struct reading *r, const char *name, bool needed, const char **text)
{
	const json_t *member = json_object_get(r->request->claims, name);

	*text = json_string_value(member);
	if (member == NULL && !needed)
		return EXIT_STATUS_OK;
	if (member == NULL)
		return vp_problem(&r->request->problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
			N_("the request has no %s"), name);
	if (*text == NULL || (*text)[0] == '\0' || strlen(*text) != json_string_length(member) ||
		json_string_length(member) > TEXT_MAX)
		return vp_problem(&r->request->problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
			N_("%s of the request is not a text of 1 to %d bytes"), name, TEXT_MAX);
	return EXIT_STATUS_OK;
}

/* nonce and state have the letters that need no escape in a URL (5.2). */
static enum exit_status
get_random(struct reading *r, const char *name, bool needed, const char **text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	const enum exit_status status = get_text(r, name, needed, text);

	if (status != EXIT_STATUS_OK || *text == NULL || (*text)[strspn(*text, letters)] == '\0')
		return status;
	return vp_problem(&r->request->problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
		N_("%s of the request has letters other than A-Z a-z 0-9 - . _ ~"), name);
}

static enum exit_status
check_client(struct reading *r)
{
	struct vp_request *request = r->request;
	enum exit_status status = get_text(r, "client_id", true, &request->client_id);

	if (status != EXIT_STATUS_OK)
		return status;
	if (r->expect->client_id == NULL)
		return invalid(r, EXIT_STATUS_INPUT, N_("there is no client_id beside the request object"));
	if (strcmp(request->client_id, r->expect->client_id) != 0)
		return invalid(r, EXIT_STATUS_NO, N_("client_id of the request object is not the one beside it"));
	return client_id_check(r->context, request->client_id, mdoc_buf_bytes(&request->chain[0]), &request->problem);
}

static enum exit_status
check_time(struct reading *r, const char *name, bool before)
{
	const json_t *member = json_object_get(r->request->claims, name);
	const double when = json_number_value(member), now = (double)r->expect->now;

	if (member == NULL)
		return EXIT_STATUS_OK;
	if (!json_is_number(member))
		return vp_problem(&r->request->problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
			N_("%s of the request is not a number"), name);
	if (before && now > when + VP_CLOCK_SKEW)
		return invalid(r, EXIT_STATUS_NO, N_("the request has expired"));
	if (!before && now < when - VP_CLOCK_SKEW)
		return invalid(r, EXIT_STATUS_NO, N_("the request is of the future: compare the clocks"));
	return EXIT_STATUS_OK;
}

static bool
is_audience(const json_t *aud)
{
	if (json_is_array(aud) && json_array_size(aud) == 1)
		aud = json_array_get(aud, 0);
	return json_is_string(aud) && strcmp(json_string_value(aud), VP_AUDIENCE) == 0;
}

/* For us, now, and in answer to what we sent. */
static enum exit_status
check_freshness(struct reading *r)
{
	const char *nonce = json_string_value(json_object_get(r->request->claims, "wallet_nonce"));
	enum exit_status status;

	if (!is_audience(json_object_get(r->request->claims, "aud")))
		return invalid(r, EXIT_STATUS_NO, N_("aud of the request is not https://self-issued.me/v2"));
	status = check_time(r, "exp", true);
	if (status == EXIT_STATUS_OK)
		status = check_time(r, "nbf", false);
	if (status == EXIT_STATUS_OK)
		status = check_time(r, "iat", false);
	if (status != EXIT_STATUS_OK || r->expect->wallet_nonce == NULL)
		return status;
	if (nonce == NULL || strcmp(nonce, r->expect->wallet_nonce) != 0)
		return invalid(r, EXIT_STATUS_NO,
			N_("the request is no answer to ours: its wallet_nonce is missing or another one"));
	return EXIT_STATUS_OK;
}

/* Parameters that must not be there, and why. */
static const struct {
	const char *name, *code, *text;
} unwanted[] = {
	{ "presentation_definition", VP_INVALID_REQUEST,
		N_("presentation_definition belongs to drafts: OpenID4VP 1.0 asks with dcql_query") },
	{ "presentation_definition_uri", VP_INVALID_REQUEST,
		N_("presentation_definition_uri belongs to drafts: OpenID4VP 1.0 asks with dcql_query") },
	{ "scope", VP_INVALID_SCOPE, N_("the scope of the request is not known here: ask with dcql_query") },
	{ "transaction_data", VP_INVALID_TRANSACTION_DATA,
		N_("transaction_data is not supported, so that the request is refused") },
	{ "redirect_uri", VP_INVALID_REQUEST, N_("redirect_uri must not stand beside response_mode direct_post") },
	{ "request", VP_INVALID_REQUEST, N_("a request object must not have \"request\" inside") },
	{ "request_uri", VP_INVALID_REQUEST, N_("a request object must not have \"request_uri\" inside") },
};

static enum exit_status
read_mode(struct reading *r)
{
	const char *type = NULL, *mode = NULL;
	enum exit_status status = get_text(r, "response_type", true, &type);

	if (status == EXIT_STATUS_OK)
		status = get_text(r, "response_mode", true, &mode);
	if (status != EXIT_STATUS_OK)
		return status;
	if (strcmp(type, "vp_token") != 0)
		return invalid(r, EXIT_STATUS_INPUT, N_("response_type of the request is not vp_token"));
	if (strcmp(mode, "direct_post") != 0 && strcmp(mode, "direct_post.jwt") != 0)
		return invalid(r, EXIT_STATUS_INPUT,
			N_("response_mode of the request is neither direct_post nor direct_post.jwt"));
	r->request->mode = strcmp(mode, "direct_post") == 0 ? VP_DIRECT_POST : VP_DIRECT_POST_JWT;
	return EXIT_STATUS_OK;
}

/* ---- Encryption ---- */

/* One that we can encrypt to. A key of another kind is none for us and no fault; one that says ECDH-ES and is broken is. */
static enum exit_status
read_key(struct reading *r, const json_t *jwk, bool *taken)
{
	const char *alg = json_string_value(json_object_get(jwk, "alg"));
	const char *use = json_string_value(json_object_get(jwk, "use"));
	const char *kid = json_string_value(json_object_get(jwk, "kid"));
	struct vp_request *request = r->request;

	*taken = false;
	if (alg == NULL || strcmp(alg, "ECDH-ES") != 0 || (use != NULL && strcmp(use, "enc") != 0))
		return EXIT_STATUS_OK;
	if (kid == NULL || kid[0] == '\0' || strlen(kid) > TEXT_MAX)
		return invalid(r, EXIT_STATUS_INPUT, N_("a key in client_metadata.jwks has no kid"));
	if (jwk_to_key(r->context, jwk, &request->key) != MDOC_OK || !mdoc_curve_agrees(request->key.curve))
		return invalid(r, EXIT_STATUS_INPUT,
			N_("a key in client_metadata.jwks is not a public key for ECDH-ES"));
	if (key_thumbprint(r->context, &request->key, request->thumbprint) != MDOC_OK)
		return tool_no_memory();
	request->kid = kid;
	*taken = true;
	return EXIT_STATUS_OK;
}

/* HAIP 1.0, 5: A256GCM is to be preferred; 8.3: A128GCM when nothing is said. */
static enum exit_status
read_enc(struct reading *r, const json_t *metadata)
{
	const json_t *values = json_object_get(metadata, "encrypted_response_enc_values_supported");
	bool any = values == NULL;

	if (values != NULL && (!json_is_array(values) || json_array_size(values) == 0))
		return invalid(r, EXIT_STATUS_INPUT,
			N_("encrypted_response_enc_values_supported is not a non-empty array"));
	r->request->enc = JWE_A128GCM;
	for (size_t i = 0; i < json_array_size(values); i++) {
		enum jwe_enc enc;

		if (!jwe_enc_from_name(json_string_value(json_array_get(values, i)), &enc))
			continue;
		if (!any || enc == JWE_A256GCM)
			r->request->enc = enc;
		any = true;
	}
	return any
		? EXIT_STATUS_OK
		: invalid(r, EXIT_STATUS_INPUT,
			  N_("the response can be encrypted with A128GCM or A256GCM, and the verifier takes neither"));
}

static enum exit_status
read_encryption(struct reading *r, const json_t *metadata)
{
	const json_t *keys = json_object_get(json_object_get(metadata, "jwks"), "keys");
	enum exit_status status = EXIT_STATUS_OK;
	bool taken = false;

	for (size_t i = 0; i < json_array_size(keys) && status == EXIT_STATUS_OK && !taken; i++)
		status = read_key(r, json_array_get(keys, i), &taken);
	if (status != EXIT_STATUS_OK)
		return status;
	if (!taken)
		return invalid(r, EXIT_STATUS_INPUT,
			N_("client_metadata.jwks has no key for ECDH-ES to encrypt the response to"));
	return read_enc(r, metadata);
}

/* Signatures that a holder's key makes (B.2.2), as COSE numbers them. */
static bool
takes_signatures(const json_t *algs)
{
	static const int known[] = { MDOC_ALG_ES256, MDOC_ALG_ESP256, MDOC_ALG_ES384, MDOC_ALG_ESP384, MDOC_ALG_ES512,
		MDOC_ALG_ESP512, MDOC_ALG_EDDSA, MDOC_ALG_ED25519, MDOC_ALG_ED448, MDOC_ALG_ESB256, MDOC_ALG_ESB320,
		MDOC_ALG_ESB384, MDOC_ALG_ESB512 };

	for (size_t i = 0; i < json_array_size(algs); i++)
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (json_integer_value(json_array_get(algs, i)) == known[k])
				return true;
	return algs == NULL;
}

static enum exit_status
read_metadata(struct reading *r)
{
	const json_t *metadata = json_object_get(r->request->claims, "client_metadata");
	const json_t *formats = json_object_get(metadata, "vp_formats_supported");
	const json_t *mdoc = json_object_get(formats, DCQL_MDOC);

	if (metadata != NULL && !json_is_object(metadata))
		return invalid(r, EXIT_STATUS_INPUT, N_("client_metadata is not an object"));
	if (formats != NULL && mdoc == NULL)
		return vp_problem(&r->request->problem, EXIT_STATUS_INPUT, VP_FORMATS_NOT_SUPPORTED,
			N_("the verifier does not take mdocs: vp_formats_supported has no mso_mdoc"));
	if (!takes_signatures(json_object_get(mdoc, "deviceauth_alg_values")))
		return vp_problem(&r->request->problem, EXIT_STATUS_INPUT, VP_FORMATS_NOT_SUPPORTED,
			N_("the verifier takes no device signature that is made here (deviceauth_alg_values)"));
	return r->request->mode == VP_DIRECT_POST_JWT ? read_encryption(r, metadata) : EXIT_STATUS_OK;
}

static enum exit_status
read_query(struct reading *r)
{
	json_t *query = json_object_get(r->request->claims, "dcql_query");
	const struct dcql *dcql = &r->request->dcql;
	enum exit_status status;

	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		if (json_object_get(r->request->claims, unwanted[i].name) != NULL)
			return vp_problem_text(&r->request->problem, EXIT_STATUS_INPUT, unwanted[i].code, NULL,
				unwanted[i].text);
	if (query == NULL)
		return invalid(r, EXIT_STATUS_INPUT, N_("the request has no dcql_query"));
	status = dcql_read(query, &r->request->dcql, &r->request->problem);
	for (size_t i = 0; i < dcql->count && status == EXIT_STATUS_OK; i++)
		if (dcql->credentials[i].mdoc)
			return EXIT_STATUS_OK;
	return status != EXIT_STATUS_OK ? status
					: vp_problem(&r->request->problem, EXIT_STATUS_INPUT, VP_FORMATS_NOT_SUPPORTED,
						  N_("nothing is asked for in the format mso_mdoc"));
}

static enum exit_status
read_claims(struct reading *r)
{
	struct vp_request *request = r->request;
	enum exit_status status = get_text(r, "response_uri", true, &request->response_uri);

	if (status == EXIT_STATUS_OK)
		status = client_id_check_uri(request->client_id, request->response_uri, "response_uri",
			r->expect->plain_http, &request->problem);
	if (status == EXIT_STATUS_OK)
		status = get_random(r, "state", false, &request->state);
	request->genuine = status == EXIT_STATUS_OK;
	if (status == EXIT_STATUS_OK)
		status = get_random(r, "nonce", true, &request->nonce);
	if (status == EXIT_STATUS_OK)
		status = read_mode(r);
	if (status == EXIT_STATUS_OK)
		status = read_query(r);
	return status == EXIT_STATUS_OK ? read_metadata(r) : status;
}

enum exit_status
vp_request_read(const struct mdoc_context *context, struct mdoc_bytes text, const struct vp_expect *expect,
	struct vp_request *request)
{
	struct reading r = { .context = context, .expect = expect, .request = request };
	enum exit_status status;

	memset(request, 0, sizeof(*request));
	status = check_header(&r, text);
	if (status == EXIT_STATUS_OK) {
		request->claims = json_incref(r.jwt.claims);
		status = check_client(&r);
	}
	if (status == EXIT_STATUS_OK)
		status = check_freshness(&r);
	if (status == EXIT_STATUS_OK)
		status = read_claims(&r);
	jwt_clear(&r.jwt);
	return status;
}

void
vp_request_clear(struct vp_request *request)
{
	for (size_t i = 0; i < request->chain_count; i++)
		mdoc_buf_clear(&request->chain[i]);
	free(request->chain);
	dcql_clear(&request->dcql);
	json_decref(request->claims);
	memset(request, 0, sizeof(*request));
}

static bool
names(const json_t *ids, const char *credential)
{
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		if (id != NULL && strcmp(id, credential) == 0)
			return true;
	}
	return ids == NULL;
}

const char *
vp_request_legal_basis(const struct vp_request *request, const char *credential)
{
	const json_t *infos = json_object_get(request->claims, "verifier_info");

	for (size_t i = 0; i < json_array_size(infos); i++) {
		const json_t *info = json_array_get(infos, i);
		const char *format = json_string_value(json_object_get(info, "format"));
		const json_t *text = json_object_get(json_object_get(info, "data"), "text");

		if (format != NULL && strcmp(format, VP_LEGAL_BASIS) == 0 && json_string_length(text) > 0 &&
			strlen(json_string_value(text)) == json_string_length(text) &&
			names(json_object_get(info, "credential_ids"), credential))
			return json_string_value(text);
	}
	return NULL;
}
