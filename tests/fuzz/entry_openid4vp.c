/*
 * tests/fuzz/entry_openid4vp.c: OpenID4VP: encrypted responses, queries, request objects, responses and URIs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_openid4vp.h"
#include "tests/fuzz/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/jwt.h"
#include "tools/common/url.h"
#include "tools/openid4vp/client_id.h"
#include "tools/common/form.h"
#include "tools/openid4vp/invocation.h"
#include "tools/openid4vp/request_object.h"
#include "tools/openid4vp/response.h"

#define QUERY \
	"{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"multiple\":false,\"meta\":{\"doctype_value\":" \
	"\"d\"}," \
	"\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"s9tIpPmhxdiuNkHMEWNpYim8S8Y\"]}]," \
	"\"claims\":[{\"id\":\"x\",\"path\":[\"n\",\"e\"],\"intent_to_retain\":true,\"values\":[1,true,\"v\"]}," \
	"{\"id\":\"y\",\"path\":[\"n\",\"f\"]}],\"claim_sets\":[[\"x\"],[\"x\",\"y\"]]}," \
	"{\"id\":\"b\",\"format\":\"dc+sd-jwt\",\"meta\":{}}]," \
	"\"credential_sets\":[{\"options\":[[\"a\"],[\"b\",\"a\"]],\"required\":false}]}"

/* What is said to people about a bad request is not for the log of a fuzzer. */
FILE *
fuzz_hush(void)
{
	static FILE *null;
	FILE *kept = stderr;

	if (null == NULL)
		null = fopen("/dev/null", "w");
	FUZZ_CHECK(null != NULL);
	stderr = null;
	return kept;
}

static enum mdoc_result
result_of(enum exit_status status)
{
	return status == EXIT_STATUS_OK ? MDOC_OK : status == EXIT_STATUS_TROUBLE ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

static void
check_problem(enum exit_status status, const struct vp_problem *problem)
{
	FUZZ_CHECK((status == EXIT_STATUS_OK || status == EXIT_STATUS_TROUBLE) || problem->code != NULL);
	FUZZ_CHECK(strlen(problem->description) < sizeof(problem->description));
	for (const char *c = problem->description; *c != '\0'; c++)
		FUZZ_CHECK(*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\');
}

/* ---- JWE ---- */

enum mdoc_result
entry_vp_jwe(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf plain = MDOC_BUF_EMPTY;
	struct jwe_header header;
	const enum mdoc_result res = jwe_header_read(context, input, &header);
	const enum mdoc_result decrypted = jwe_decrypt(context, input, &world.annex_reader, &plain);

	if (res == MDOC_OK) {
		fuzz_touch_text(header.kid);
		fuzz_touch_text(jwe_enc_name(header.enc));
		fuzz_touch(mdoc_buf_bytes(&header.apu));
		fuzz_touch(mdoc_buf_bytes(&header.apv));
		fuzz_touch(mdoc_bytes_of(header.epk.point, header.epk.point_len));
	}
	FUZZ_CHECK(decrypted == MDOC_OK || plain.len == 0);
	fuzz_touch(mdoc_buf_bytes(&plain));
	jwe_header_clear(&header);
	mdoc_buf_clear(&plain);
	return res;
}

void
seeds_vp_jwe(struct fuzz_seeds *seeds)
{
	for (int i = 0; i < 2; i++) {
		struct mdoc_buf made = MDOC_BUF_EMPTY;

		FUZZ_CHECK(jwe_encrypt(world.context, mdoc_text("{\"vp_token\":{\"a\":[\"oA\"]}}"),
				   i == 0 ? JWE_A128GCM : JWE_A256GCM, i == 0 ? NULL : "k", mdoc_text("u"),
				   mdoc_text("v"), &world.annex_reader.key, &made) == MDOC_OK);
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
		mdoc_buf_clear(&made);
	}
}

/* ---- DCQL ---- */

static json_t *
load(struct mdoc_bytes input)
{
	return json_loadb((const char *)input.ptr, input.len, JSON_REJECT_DUPLICATES, NULL);
}

/* What can be asked of a holder can be read as a request. */
static void
touch_credential(const struct mdoc_context *context, const struct dcql_credential *credential)
{
	for (size_t s = 0; s <= credential->set_count; s++) {
		const size_t set = s < credential->set_count ? s : DCQL_ALL_CLAIMS;
		struct mdoc_request *request = NULL;
		struct mdoc_buf made = MDOC_BUF_EMPTY;
		const enum mdoc_result res = dcql_device_request(context, credential, set, &made);

		FUZZ_CHECK(fuzz_fine(res) || !credential->mdoc || !credential->claims_given);
		if (res == MDOC_OK && mdoc_request_parse(context, mdoc_buf_bytes(&made), &request, NULL) == MDOC_OK)
			FUZZ_CHECK(mdoc_request_count(request) == 1);
		FUZZ_CHECK(res != MDOC_OK || request != NULL || !fuzz_plain());
		mdoc_request_free(request);
		mdoc_buf_clear(&made);
	}
}

static void
touch_query(const struct mdoc_context *context, const struct dcql *dcql)
{
	for (size_t i = 0; i < dcql->count; i++) {
		FUZZ_CHECK(dcql_find(dcql, dcql->credentials[i].id) == i);
		touch_credential(context, &dcql->credentials[i]);
	}
	for (size_t s = 0; s < dcql->set_count; s++)
		for (size_t o = 0; o < dcql->sets[s].option_count; o++)
			for (size_t i = 0; i < dcql->sets[s].options[o].count; i++)
				FUZZ_CHECK(dcql->sets[s].options[o].items[i] < dcql->count);
}

enum mdoc_result
entry_vp_query(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct vp_problem problem = { .code = NULL };
	json_t *json = load(input);
	FILE *kept = fuzz_hush();
	struct dcql dcql;
	const enum exit_status status = dcql_read(json, &dcql, &problem);

	stderr = kept;
	check_problem(status, &problem);
	if (status == EXIT_STATUS_OK)
		touch_query(context, &dcql);
	dcql_clear(&dcql);
	json_decref(json);
	return result_of(status);
}

void
seeds_vp_query(struct fuzz_seeds *seeds)
{
	fuzz_seed_text(seeds, QUERY);
}

/* ---- Request objects ---- */

static enum mdoc_result
read_request(const struct mdoc_context *context, struct mdoc_bytes text)
{
	char *client_id = client_id_of(world.context, mdoc_buf_bytes(&world.reader));
	const struct vp_expect expect = { .client_id = client_id, .now = WORLD_NOW };
	struct vp_request request;
	enum exit_status status;
	FILE *kept = fuzz_hush();

	if (client_id == NULL) {
		stderr = kept;
		return MDOC_ERR_MEMORY;
	}
	status = vp_request_read(context, text, &expect, &request);
	stderr = kept;
	check_problem(status, &request.problem);
	FUZZ_CHECK(status != EXIT_STATUS_OK || request.genuine);
	if (status == EXIT_STATUS_OK) {
		fuzz_touch_text(request.nonce);
		fuzz_touch_text(request.state);
		fuzz_touch_text(request.response_uri);
		touch_query(context, &request.dcql);
		for (size_t i = 0; i < request.dcql.count; i++)
			fuzz_touch_text(vp_request_legal_basis(&request, request.dcql.credentials[i].id));
	}
	vp_request_clear(&request);
	free(client_id);
	return result_of(status);
}

enum mdoc_result
entry_vp_request(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return read_request(context, input);
}

static void
make_request(struct mdoc_buf *jws, json_t **claims)
{
	const struct mdoc_bytes x5c[] = { mdoc_buf_bytes(&world.reader) };
	char *client_id = client_id_of(world.context, x5c[0]);
	json_t *query = json_loads(QUERY, 0, NULL);
	const struct vp_offer offer = { .client_id = client_id,
		.response_uri = "https://reader.example/response",
		.nonce = "n-1",
		.state = "s-1",
		.legal_basis = "law",
		.dcql = query,
		.key = &world.annex_reader.key,
		.kid = "k",
		.now = WORLD_NOW,
		.expires = WORLD_NOW + 60 };
	struct jwt jwt;

	FUZZ_CHECK(vp_request_make(&offer, &world.reader_key.signer, x5c, 1, jws) == MDOC_OK);
	FUZZ_CHECK(jwt_parse(mdoc_buf_bytes(jws), &jwt) == MDOC_OK);
	*claims = json_incref(jwt.claims);
	jwt_clear(&jwt);
	json_decref(query);
	free(client_id);
}

/* The header of a good request, made once. */
static json_t *
good_header(void)
{
	static json_t *header;
	struct mdoc_buf good = MDOC_BUF_EMPTY;
	json_t *claims = NULL;
	struct jwt jwt;

	if (header != NULL)
		return header;
	make_request(&good, &claims);
	FUZZ_CHECK(jwt_parse(mdoc_buf_bytes(&good), &jwt) == MDOC_OK);
	header = json_incref(jwt.header);
	jwt_clear(&jwt);
	json_decref(claims);
	mdoc_buf_clear(&good);
	return header;
}

/* The claims alone, signed here, which no mutation would get past. */
enum mdoc_result
entry_vp_claims(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	json_t *claims = load(input);
	enum mdoc_result res = MDOC_ERR_MALFORMED;

	if (json_is_object(claims))
		res = jwt_sign(good_header(), claims, &world.reader_key.signer, &jws);
	if (res == MDOC_OK)
		res = read_request(context, mdoc_buf_bytes(&jws));
	json_decref(claims);
	mdoc_buf_clear(&jws);
	return res;
}

void
seeds_vp_request(struct fuzz_seeds *seeds)
{
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	json_t *claims = NULL;

	make_request(&jws, &claims);
	fuzz_seed(seeds, mdoc_buf_bytes(&jws));
	json_decref(claims);
	mdoc_buf_clear(&jws);
}

void
seeds_vp_claims(struct fuzz_seeds *seeds)
{
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	json_t *claims = NULL;
	char *text;

	make_request(&jws, &claims);
	text = json_dumps(claims, JSON_COMPACT);
	fuzz_seed_text(seeds, text);
	free(text);
	json_decref(claims);
	mdoc_buf_clear(&jws);
}

/* ---- Responses and URIs ---- */

enum mdoc_result
entry_vp_response(const struct mdoc_context *context, struct mdoc_bytes input)
{
	enum mdoc_result first = MDOC_OK;

	(void)context;
	for (int form = 0; form < 2; form++) {
		struct vp_response response;
		const enum mdoc_result res =
			form == 0 ? vp_response_read(input, &response) : vp_response_read_form(input, &response);

		for (size_t i = 0; i < response.count; i++) {
			fuzz_touch_text(response.presented[i].credential);
			fuzz_touch(mdoc_buf_bytes(&response.presented[i].device_response));
		}
		FUZZ_CHECK(res != MDOC_OK || response.error != NULL || response.count > 0);
		fuzz_touch_text(response.state);
		fuzz_touch_text(response.error);
		fuzz_touch_text(response.error_description);
		vp_response_clear(&response);
		if (form == 0)
			first = res;
	}
	return first;
}

void
seeds_vp_response(struct fuzz_seeds *seeds)
{
	fuzz_seed_text(seeds, "{\"vp_token\":{\"a\":[\"oWFhYWI\"],\"b\":[\"oA\",\"oA\"]},\"state\":\"s\"}");
	fuzz_seed_text(seeds, "{\"error\":\"access_denied\",\"error_description\":\"no\"}");
	fuzz_seed_text(seeds, "vp_token=%7B%22a%22%3A%5B%22oA%22%5D%7D&state=s");
	fuzz_seed_text(seeds, "error=access_denied&error_description=no+thanks");
}

enum mdoc_result
entry_vp_uri(const struct mdoc_context *context, struct mdoc_bytes input)
{
	char *text = strndup((const char *)input.ptr, input.len);
	struct vp_problem problem = { .code = NULL };
	struct vp_invocation invocation;
	enum exit_status status;
	struct url url;
	FILE *kept;

	(void)context;
	if (text == NULL)
		return MDOC_ERR_MEMORY;
	kept = fuzz_hush();
	status = vp_invocation_read(text, &invocation, &problem);
	stderr = kept;
	check_problem(status, &problem);
	if (status == EXIT_STATUS_OK) {
		FUZZ_CHECK(invocation.client_id.len > 0 &&
			(invocation.request.len > 0) != (invocation.request_uri.len > 0));
		FUZZ_CHECK(strlen((const char *)invocation.client_id.ptr) == invocation.client_id.len);
		(void)url_parse(invocation.request_uri.len > 0 ? (const char *)invocation.request_uri.ptr : "", &url);
	}
	if (url_parse(text, &url))
		FUZZ_CHECK(url.host[0] != '\0' && strlen(url.host) < sizeof(url.host));
	vp_invocation_clear(&invocation);
	free(text);
	return result_of(status);
}

void
seeds_vp_uri(struct fuzz_seeds *seeds)
{
	fuzz_seed_text(seeds,
		"openid4vp://?client_id=x509_san_dns%3Aa.example&request_uri=https%3A%2F%2Fa.example%2Fr&"
		"request_uri_method=post");
	fuzz_seed_text(seeds, "haip-vp://?client_id=x509_hash%3Aa&request=eyJ.e30.AA");
	fuzz_seed_text(seeds, "https://[::1]:8080/a?b#c");
}
