/*
 * tests/fuzz/entry_vci.c: OpenID4VCI, notices and CMS.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_vci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/entry_openid4vp.h"
#include "tests/fuzz/world.h"
#include "tools/common/cms.h"
#include "tools/common/context.h"
#include "tools/common/form.h"
#include "tools/common/issuer_jws.h"
#include "tools/common/jwe.h"
#include "tools/common/jwt.h"
#include "tools/issuer/issuance_internal.h"
#include "tools/issuer/serve/secret.h"
#include "tools/token/vci.h"

#define ISSUER "https://issuer.example"
#define NOTICE "mdoc-notice+jwt"
#define CODE_GRANT "urn:ietf:params:oauth:grant-type:pre-authorized_code"

static enum mdoc_result
result_of(enum exit_status status)
{
	return status == EXIT_STATUS_OK ? MDOC_OK : status == EXIT_STATUS_TROUBLE ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

/* ---- A server that says the input to everything ---- */

static struct mdoc_bytes said;

enum exit_status __wrap_http_exchange(const char *url, const struct http_options *options, const char *accept,
	const char *if_none_match, const char *content_type, const struct mdoc_bytes *body, struct http_answer *answer);

enum exit_status
__wrap_http_exchange(const char *url, const struct http_options *options, const char *accept, const char *if_none_match,
	const char *content_type, const struct mdoc_bytes *body, struct http_answer *answer)
{
	static const long statuses[] = { 200, 200, 200, 200, 400, 401, 500, 204 };
	const unsigned number = fuzz_number(said);

	fuzz_touch_text(url);
	fuzz_touch_text(options->authorization);
	fuzz_touch_text(accept);
	fuzz_touch_text(if_none_match);
	fuzz_touch_text(content_type);
	if (body != NULL)
		fuzz_touch(*body);
	*answer = (struct http_answer){ .status = statuses[number % 8], .max_age = -1 };
	answer->content_type = strdup(number & 8 ? "application/json" : "application/jwt");
	answer->header = number & 16 ? NULL : strdup("a.b.c");
	mdoc_buf_append(&answer->body, said);
	mdoc_buf_append(&answer->body, mdoc_bytes_of("", 1));
	if (answer->body.err != MDOC_OK)
		return EXIT_STATUS_TROUBLE;
	answer->body.len--;
	return EXIT_STATUS_OK;
}

static void
check_refusal(const struct vci *vci)
{
	FUZZ_CHECK(strlen(vci->error) <= VCI_ERROR_MAX && strlen(vci->description) <= VCI_DESCRIPTION_MAX);
	for (const char *c = vci->error; *c != '\0'; c++) /* onto terminals */
		FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
	for (const char *c = vci->description; *c != '\0'; c++)
		FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void
use_endpoints(struct vci *vci)
{
	json_t *request = json_pack("{s:s}", "credential_configuration_id", "c");
	struct mdoc_buf answer = MDOC_BUF_EMPTY;
	char *access = NULL, *refresh = NULL, *nonce = NULL, *signature = NULL;

	(void)vci_token_by_code(vci, "code", "1234", &access, &refresh);
	check_refusal(vci);
	fuzz_touch_text(access);
	fuzz_touch_text(refresh);
	free(access);
	(void)vci_token_by_refresh(vci, "token", &access);
	free(access);
	(void)vci_nonce(vci, &nonce);
	fuzz_touch_text(nonce);
	(void)vci_credential(vci, "access", request, &answer, &signature);
	check_refusal(vci);
	(void)vci_notify(vci, "access", "id", "credential_accepted");
	free(refresh);
	free(nonce);
	free(signature);
	mdoc_buf_clear(&answer);
	json_decref(request);
}

enum mdoc_result
entry_vci_answer(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct vci vci = { .issuer = ISSUER };
	FILE *kept = fuzz_hush();
	enum exit_status status;

	(void)context;
	said = input;
	status = vci_discover(&vci, "c");
	check_refusal(&vci);
	FUZZ_CHECK(status != EXIT_STATUS_OK || (vci.batch_size > 0 && vci.token_endpoint != NULL));
	vci_clear(&vci);
	vci = (struct vci){ .issuer = ISSUER };
	vci.token_endpoint = strdup(ISSUER "/token");
	vci.nonce_endpoint = strdup(ISSUER "/nonce");
	vci.credential_endpoint = strdup(ISSUER "/credential");
	vci.notification_endpoint = strdup(ISSUER "/notification");
	use_endpoints(&vci);
	vci_clear(&vci);
	stderr = kept;
	return result_of(status);
}

void
seeds_vci_answer(struct fuzz_seeds *seeds)
{
	fuzz_seed_text(seeds,
		"{\"credential_issuer\":\"" ISSUER "\",\"credential_endpoint\":\"" ISSUER "/c\",\"nonce_endpoint\":"
		"\"" ISSUER "/n\",\"token_endpoint\":\"" ISSUER "/t\",\"batch_credential_issuance\":{\"batch_size\":9},"
		"\"credential_configurations_supported\":{\"c\":{\"format\":\"mso_mdoc\"}}}");
	fuzz_seed_text(seeds, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"r\"}");
	fuzz_seed_text(seeds, "{\"c_nonce\":\"n-1\"}");
	fuzz_seed_text(seeds, "{\"error\":\"invalid_proof\",\"error_description\":\"\xe5\x8f\xb7 \\u001b[2J\"}");
}

enum mdoc_result
entry_vci_offer(const struct mdoc_context *context, struct mdoc_bytes input)
{
	static const char *const schemes[] = { "openid-credential-offer://?",
		"openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo" };
	const struct http_options http = { .max = 0 };
	FILE *kept = fuzz_hush();
	enum exit_status status = EXIT_STATUS_OK;

	(void)context;
	said = input;
	for (size_t i = 0; i < 2; i++) {
		struct mdoc_buf link = MDOC_BUF_EMPTY;
		struct vci_offer offer;

		mdoc_buf_append(&link, mdoc_text(schemes[i]));
		if (i == 0)
			mdoc_buf_append(&link, input);
		mdoc_buf_append(&link, mdoc_bytes_of("", 1));
		if (link.err == MDOC_OK) {
			const enum exit_status read = vci_offer_read((const char *)link.ptr, &http, &offer);

			status = i == 0 ? read : status;
			FUZZ_CHECK(read != EXIT_STATUS_OK || (offer.issuer != NULL && offer.code != NULL));
			fuzz_touch_text(offer.configuration);
			vci_offer_clear(&offer);
		} else if (i == 0) {
			status = EXIT_STATUS_TROUBLE;
		}
		mdoc_buf_clear(&link);
	}
	stderr = kept;
	return result_of(status);
}

void
seeds_vci_offer(struct fuzz_seeds *seeds)
{
	static const char offer[] =
		"{\"credential_issuer\":\"" ISSUER "\",\"credential_configuration_ids\":[\"c\"],\"grants\":"
		"{\"" CODE_GRANT "\":{\"pre-authorized_code\":\"p\",\"tx_code\":{\"length\":6}}}}";
	struct mdoc_buf form = MDOC_BUF_EMPTY;

	form_put(&form, "credential_offer", mdoc_text(offer));
	fuzz_seed(seeds, mdoc_buf_bytes(&form));
	mdoc_buf_clear(&form);
	fuzz_seed_text(seeds, offer);
	fuzz_seed_text(seeds, "credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo");
}

/* ---- Notices ---- */

/* Sealed as a notice is, and opened as a token does. */
static enum mdoc_result
read_notice(const struct mdoc_context *context, struct mdoc_bytes jws)
{
	struct mdoc_buf jwe = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
	json_t *claims = NULL;
	enum mdoc_result res;

	res = jwe_encrypt(context, jws, JWE_A256GCM, NULL, MDOC_NO_BYTES, MDOC_NO_BYTES, &world.annex_reader.key, &jwe);
	if (res == MDOC_OK)
		res = jwe_decrypt(context, mdoc_buf_bytes(&jwe), &world.annex_reader, &plain);
	FUZZ_CHECK(fuzz_fine(res));
	FUZZ_CHECK(res != MDOC_OK || mdoc_bytes_equal(mdoc_buf_bytes(&plain), jws));
	if (res == MDOC_OK)
		res = issuer_jws_verify(context, mdoc_buf_bytes(&plain), NOTICE, world.trust, WORLD_NOW, &claims);
	FUZZ_CHECK((res == MDOC_OK) == (claims != NULL));
	json_decref(claims);
	mdoc_buf_clear(&jwe);
	mdoc_buf_clear(&plain);
	return res;
}

enum mdoc_result
entry_notice(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return read_notice(context, input);
}

static enum mdoc_result
sign_notice(const struct mdoc_context *context, const json_t *claims, struct mdoc_buf *jws)
{
	struct mdoc_signer signer = { 0 };
	enum mdoc_result res = mdoc_signer_from_evp(context, world.annex_keys[0], &signer);

	if (res == MDOC_OK)
		res = issuer_jws_sign(NOTICE, claims, &signer, mdoc_buf_bytes(&world.messages), jws);
	mdoc_signer_clear(&signer);
	return res;
}

enum mdoc_result
entry_notice_claims(const struct mdoc_context *context, struct mdoc_bytes input)
{
	json_t *claims = json_loadb((const char *)input.ptr, input.len, JSON_REJECT_DUPLICATES, NULL);
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	enum mdoc_result res = json_is_object(claims) ? sign_notice(context, claims, &jws) : MDOC_ERR_MALFORMED;

	if (res == MDOC_OK) {
		res = read_notice(context, mdoc_buf_bytes(&jws));
		FUZZ_CHECK(fuzz_fine(res) || !fuzz_plain());
	}
	mdoc_buf_clear(&jws);
	json_decref(claims);
	return res;
}

#define CLAIMS \
	"{\"aud\":\"a\",\"sub\":\"0123456789abcdef\",\"jti\":\"0123456789abcdef0123456789abcdef\",\"iat\":1603843200," \
	"\"event\":\"REVOKED\"}"

void
seeds_notice(struct fuzz_seeds *seeds)
{
	json_t *claims = json_loads(CLAIMS, 0, NULL);
	struct mdoc_buf jws = MDOC_BUF_EMPTY;

	FUZZ_CHECK(sign_notice(world.context, claims, &jws) == MDOC_OK);
	FUZZ_CHECK(read_notice(world.context, mdoc_buf_bytes(&jws)) == MDOC_OK);
	fuzz_seed(seeds, mdoc_buf_bytes(&jws));
	mdoc_buf_clear(&jws);
	json_decref(claims);
}

void
seeds_notice_claims(struct fuzz_seeds *seeds)
{
	fuzz_seed_text(seeds, CLAIMS);
}

/* ---- CMS ---- */

enum mdoc_result
entry_cms(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const struct mdoc_bytes own = mdoc_buf_bytes(&world.messages);
	struct mdoc_buf content = MDOC_BUF_EMPTY, opened = MDOC_BUF_EMPTY, signer = MDOC_BUF_EMPTY;
	const enum mdoc_result res = cms_decrypt(context, input, world.annex_keys[0], own, &content);
	const enum mdoc_result open =
		cms_open(context, input, world.annex_keys[0], own, world.trust, WORLD_NOW, &opened, &signer);

	FUZZ_CHECK(res == MDOC_OK || content.len == 0);
	FUZZ_CHECK(open == MDOC_OK || opened.len == 0);
	FUZZ_CHECK(open != MDOC_OK || signer.len > 0);
	fuzz_touch(mdoc_buf_bytes(&content));
	mdoc_buf_clear(&content);
	mdoc_buf_clear(&opened);
	mdoc_buf_clear(&signer);
	return res;
}

void
seeds_cms(struct fuzz_seeds *seeds)
{
	const struct mdoc_bytes own = mdoc_buf_bytes(&world.messages);
	struct mdoc_buf plain = MDOC_BUF_EMPTY, sealed = MDOC_BUF_EMPTY;

	FUZZ_CHECK(cms_encrypt(world.context, mdoc_text("{}"), own, &plain) == MDOC_OK);
	FUZZ_CHECK(cms_seal(world.context, mdoc_text("{}"), world.annex_keys[0], own, own, &sealed) == MDOC_OK);
	fuzz_seed(seeds, mdoc_buf_bytes(&plain));
	fuzz_seed(seeds, mdoc_buf_bytes(&sealed));
	mdoc_buf_clear(&plain);
	mdoc_buf_clear(&sealed);
}

/* ---- The issuer's server ---- */

enum mdoc_result
entry_credential_request(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct issuer issuer = { .uri = ISSUER,
		.configuration_id = "c",
		.doc_type = WORLD_DOCTYPE,
		.country = "JP",
		.batch_size = 3 };
	struct issuance issuance = { .issuer = &issuer };
	struct issuance_work *work = calloc(1, sizeof(*work));
	struct issuance_refusal refusal = { .code = ISSUANCE_DONE };
	json_t *request = json_loadb((const char *)input.ptr, input.len, JSON_REJECT_DUPLICATES, NULL), *json = NULL;
	enum mdoc_result res = MDOC_ERR_MALFORMED;
	FILE *kept = fuzz_hush();

	(void)context;
	if (work == NULL)
		res = MDOC_ERR_MEMORY;
	if (work == NULL || !json_is_object(request))
		goto out;
	work->order = (struct issuance_order){ .request = request, .now = WORLD_NOW, .sealed = true };
	if (issuance_read_request(&issuance, work, &refusal)) {
		FUZZ_CHECK(work->sealed && work->proofs.count > 0 && work->proofs.count <= 3);
		res = MDOC_OK;
	} else {
		res = refusal.code == ISSUANCE_TROUBLE ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
		FUZZ_CHECK(refusal.what != NULL || refusal.code == ISSUANCE_TROUBLE);
		fuzz_touch_text(issuance_error(refusal.code));
		json = issuance_json(&refusal);
	}
out:
	stderr = kept;
	json_decref(json);
	json_decref(request);
	issuance_work_free(work);
	return res;
}

void
seeds_credential_request(struct fuzz_seeds *seeds)
{
	struct mdoc_signer signer = { 0 };
	struct mdoc_buf jwt = MDOC_BUF_EMPTY;
	json_t *jwk = jwk_from_key(&world.annex_reader.key), *request = NULL;
	json_t *header = json_pack("{s:s, s:O}", "typ", PROOF_TYPE, "jwk", jwk);
	json_t *claims = json_pack("{s:s, s:I, s:s}", "aud", ISSUER, "iat", (json_int_t)WORLD_NOW, "nonce", "n-1");
	char *text;

	FUZZ_CHECK(mdoc_signer_from_evp(world.context, world.annex_keys[0], &signer) == MDOC_OK);
	FUZZ_CHECK(jwt_sign(header, claims, &signer, &jwt) == MDOC_OK);
	request = json_pack("{s:s, s:{s:[s%]}, s:{s:O, s:s}}", "credential_configuration_id", "c", "proofs", "jwt",
		(const char *)jwt.ptr, jwt.len, "credential_response_encryption", "jwk", jwk, "enc", "A256GCM");
	text = json_dumps(request, JSON_COMPACT);
	FUZZ_CHECK(text != NULL);
	FUZZ_CHECK(entry_credential_request(world.context, mdoc_text(text)) == MDOC_OK);
	fuzz_seed_text(seeds, text);
	fuzz_seed_text(seeds, "{\"credential_configuration_id\":\"c\",\"proofs\":{\"attestation\":[\"a.b.c\"]}}");
	free(text);
	json_decref(request);
	json_decref(header);
	json_decref(claims);
	json_decref(jwk);
	mdoc_signer_clear(&signer);
	mdoc_buf_clear(&jwt);
}

enum mdoc_result
entry_token_request(const struct mdoc_context *context, struct mdoc_bytes input)
{
	static const char *const names[] = { "grant_type", "pre-authorized_code", "tx_code", "refresh_token" };
	static const uint8_t key[SECRET_KEY] = { 1 };
	enum mdoc_result res = MDOC_OK;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct mdoc_buf value = MDOC_BUF_EMPTY;
		const enum mdoc_result got = form_get(input, names[i], &value);
		char hash[SECRET_HASH + 1];

		if (i == 0)
			res = got;
		if (got == MDOC_OK) {
			FUZZ_CHECK(value.len <= input.len && strlen((const char *)value.ptr) == value.len);
			(void)secret_hash(context, (const char *)value.ptr, hash);
			FUZZ_CHECK(!secret_nonce_is(context, key, (const char *)value.ptr, WORLD_NOW, 300) ||
				value.len == SECRET_NONCE);
		}
		mdoc_buf_clear(&value);
	}
	return res;
}

void
seeds_token_request(struct fuzz_seeds *seeds)
{
	static const uint8_t key[SECRET_KEY] = { 1 };
	struct mdoc_buf form = MDOC_BUF_EMPTY;
	char nonce[SECRET_NONCE + 1];

	FUZZ_CHECK(secret_nonce(world.context, key, WORLD_NOW, nonce));
	form_put(&form, "grant_type", mdoc_text(CODE_GRANT));
	form_put(&form, "pre-authorized_code", mdoc_text(nonce));
	form_put(&form, "tx_code", mdoc_text("1234"));
	fuzz_seed(seeds, mdoc_buf_bytes(&form));
	mdoc_buf_clear(&form);
	fuzz_seed_text(seeds, "grant_type=refresh_token&refresh_token=AAAAAAAAAAAAAAAAAAAAAA");
}
