/* test_request_object.c: signed authorization requests, and who signed them. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/unit_openid4vp.h"
#include "tools/common/context.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/openid4vp/client_id.h"
#include "tools/openid4vp/request_object.h"
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define NOW (soft_2026 + SOFT_DAY)
#define URI "https://reader.example/response"
#define QUERY \
	"{\"credentials\":[{\"id\":\"x\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"d\"}," \
	"\"claims\":[{\"path\":[\"n\",\"e\"]}]}]}"

/* A verifier: its keys, its certificate with the DNS names reader.example and *.wild.example, and what it offers. */
static struct soft_key signer, enc_key, ca_key;
static struct mdoc_buf leaf = MDOC_BUF_EMPTY, self_signed = MDOC_BUF_EMPTY;
static struct mdoc_bytes chain[1];
static char *hash_id;
static json_t *query;

static void
certify(EVP_PKEY *subject, EVP_PKEY *issuer, const char *issuer_name, struct mdoc_buf *out)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
		"DNS:reader.example,DNS:*.wild.example,URI:https://uri.example,IP:127.0.0.1");
	uint8_t *der = NULL;
	int len;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	X509_time_adj_ex(X509_getm_notBefore(cert), 0, 0, &(time_t){ soft_2026 });
	X509_time_adj_ex(X509_getm_notAfter(cert), 300, 0, &(time_t){ soft_2026 });
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)"reader", -1, -1, 0);
	X509_set_subject_name(cert, name);
	X509_NAME_free(name);
	name = X509_NAME_new();
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)issuer_name, -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, subject);
	X509_add_ext(cert, san, -1);
	CU_ASSERT_FATAL(X509_sign(cert, issuer, EVP_sha256()) > 0);
	len = i2d_X509(cert, &der);
	mdoc_buf_append(out, mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_EXTENSION_free(san);
	X509_free(cert);
}

static void
set_up(void)
{
	if (query != NULL)
		return;
	CU_ASSERT_TRUE_FATAL(
		soft_key_make(&signer, "P-256") && soft_key_make(&enc_key, "P-256") && soft_key_make(&ca_key, "P-256"));
	certify(signer.pkey, ca_key.pkey, "ca", &leaf);
	certify(signer.pkey, signer.pkey, "reader", &self_signed);
	chain[0] = mdoc_buf_bytes(&leaf);
	hash_id = client_id_of(NULL, chain[0]);
	query = json_loads(QUERY, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(hash_id);
}

static void
tear_down(void)
{
	json_decref(query);
	query = NULL;
	free(hash_id);
	mdoc_buf_clear(&leaf);
	mdoc_buf_clear(&self_signed);
	soft_key_clear(&signer);
	soft_key_clear(&enc_key);
	soft_key_clear(&ca_key);
}

static struct vp_offer
offer(void)
{
	set_up();
	return (struct vp_offer){ .client_id = hash_id,
		.response_uri = URI,
		.nonce = "n-1",
		.state = "s-1",
		.dcql = query,
		.key = &enc_key.pub,
		.kid = "k",
		.now = NOW,
		.expires = NOW + 300 };
}

/* Read it as for this client, at NOW. */
static enum exit_status
read_jws(struct mdoc_bytes jws, const char *client_id, const char *wallet_nonce, struct vp_request *request)
{
	const struct vp_expect expect = { .client_id = client_id, .wallet_nonce = wallet_nonce, .now = NOW };

	return vp_request_read(NULL, jws, &expect, request);
}

/* A good request, whose header and claims have these members put over them (JSON; null removes), signed anew. */
static enum exit_status
read_changed(const char *header_over, const char *claims_over, struct vp_request *request)
{
	const struct vp_offer good = offer();
	struct mdoc_buf first = MDOC_BUF_EMPTY, second = MDOC_BUF_EMPTY;
	json_t *parts[2], *overs[2] = { json_loads(header_over, 0, NULL), json_loads(claims_over, 0, NULL) }, *value;
	struct jwt jwt;
	const char *name;
	enum exit_status status;

	CU_ASSERT_EQUAL_FATAL(vp_request_make(&good, &signer.signer, chain, 1, &first), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(jwt_parse(mdoc_buf_bytes(&first), &jwt), MDOC_OK);
	parts[0] = jwt.header;
	parts[1] = jwt.claims;
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(overs[i]);
		json_object_foreach(overs[i], name, value)
		{
			if (json_is_null(value))
				json_object_del(parts[i], name);
			else
				json_object_set(parts[i], name, value);
		}
		json_decref(overs[i]);
	}
	CU_ASSERT_EQUAL_FATAL(jwt_sign(parts[0], parts[1], &signer.signer, &second), MDOC_OK);
	status = read_jws(mdoc_buf_bytes(&second), hash_id, NULL, request);
	jwt_clear(&jwt);
	mdoc_buf_clear(&first);
	mdoc_buf_clear(&second);
	return status;
}

/* If this failed, a holder would answer requests that say what they must not, or that nobody vouches for. */
static void
refuses_bad_requests(void)
{
	static const struct {
		const char *header, *claims;
		enum exit_status want;
		bool genuine; /* the verifier may be told */
		const char *code;
	} rows[] = {
		{ "{\"typ\":\"JWT\"}", "{}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{\"typ\":null}", "{}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{\"x5c\":null}", "{}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{\"x5c\":[]}", "{}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{\"x5c\":[\"AAAA\"]}", "{}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{\"x5c\":[\"-_-_\"]}", "{}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{\"x5c\":[1]}", "{}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{\"crit\":[\"b64\"]}", "{}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"client_id\":\"x509_hash:AAAA\"}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{}", "{\"client_id\":null}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"aud\":\"https://issuer.example\"}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{}", "{\"aud\":null}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{}", "{\"aud\":[\"https://self-issued.me/v2\",\"b\"]}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{}", "{\"exp\":1700000000}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{}", "{\"exp\":\"later\"}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"nbf\":1900000000}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{}", "{\"iat\":1900000000}", EXIT_STATUS_NO, false, VP_INVALID_REQUEST },
		{ "{}", "{\"response_uri\":null}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"response_uri\":\"http://reader.example/\"}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"response_uri\":\"http://127.0.0.1/\"}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"response_uri\":\"file:///etc/passwd\"}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"response_uri\":\"https://reader.example/#a\"}", EXIT_STATUS_INPUT, false,
			VP_INVALID_REQUEST },
		{ "{}", "{\"state\":\"a b\"}", EXIT_STATUS_INPUT, false, VP_INVALID_REQUEST },
		{ "{}", "{\"nonce\":null}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"nonce\":\"\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"nonce\":\"a/b\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"response_type\":\"code\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"response_type\":\"vp_token id_token\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"response_mode\":\"fragment\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"response_mode\":null}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"redirect_uri\":\"https://reader.example/\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"request_uri\":\"https://reader.example/\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"presentation_definition\":{}}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"presentation_definition\":{},\"dcql_query\":null}", EXIT_STATUS_INPUT, true,
			VP_INVALID_REQUEST },
		{ "{}", "{\"scope\":\"a\"}", EXIT_STATUS_INPUT, true, VP_INVALID_SCOPE },
		{ "{}", "{\"transaction_data\":[\"e30\"]}", EXIT_STATUS_INPUT, true, VP_INVALID_TRANSACTION_DATA },
		{ "{}", "{\"dcql_query\":null}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"dcql_query\":\"{}\"}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}",
			"{\"dcql_query\":{\"credentials\":[{\"id\":\"x\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_"
			"values\":[\"v\"]}}]}}",
			EXIT_STATUS_INPUT, true, VP_FORMATS_NOT_SUPPORTED },
		{ "{}", "{\"client_metadata\":null}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"client_metadata\":[]}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"client_metadata\":{\"jwks\":{\"keys\":[]}}}", EXIT_STATUS_INPUT, true, VP_INVALID_REQUEST },
		{ "{}", "{\"client_metadata\":{\"vp_formats_supported\":{\"dc+sd-jwt\":{}}}}", EXIT_STATUS_INPUT, true,
			VP_FORMATS_NOT_SUPPORTED },
		{ "{}",
			"{\"client_metadata\":{\"vp_formats_supported\":{\"mso_mdoc\":{\"deviceauth_alg_values\":[-"
			"65537]}}}}",
			EXIT_STATUS_INPUT, true, VP_FORMATS_NOT_SUPPORTED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vp_request request;

		CU_ASSERT_EQUAL(read_changed(rows[i].header, rows[i].claims, &request), rows[i].want);
		CU_ASSERT_EQUAL(request.genuine, rows[i].genuine);
		CU_ASSERT_PTR_NOT_NULL_FATAL(request.problem.code);
		CU_ASSERT_STRING_EQUAL(request.problem.code, rows[i].code);
		CU_ASSERT_TRUE(strlen(request.problem.description) > 10);
		CU_ASSERT_PTR_NULL(strpbrk(request.problem.description, "\"\\\n"));
		vp_request_clear(&request);
	}
}

/* The good request with other keys in client_metadata. */
static enum exit_status
read_with_keys(const char *member, const char *value, const char *encs, struct vp_request *request)
{
	json_t *jwk, *claims, *metadata;
	enum exit_status status;
	char *text;

	set_up();
	jwk = jwk_from_key(&enc_key.pub);
	json_object_update_new(jwk, json_pack("{s:s, s:s, s:s}", "alg", "ECDH-ES", "use", "enc", "kid", "k"));
	if (value != NULL)
		json_object_set_new(jwk, member, json_string(value));
	else if (member != NULL)
		json_object_del(jwk, member);
	metadata = json_pack("{s:{s:[o]}}", "jwks", "keys", jwk);
	if (encs != NULL)
		json_object_set_new(metadata, "encrypted_response_enc_values_supported",
			json_loads(encs, JSON_DECODE_ANY, NULL));
	claims = json_pack("{s:o}", "client_metadata", metadata);
	text = json_dumps(claims, 0);
	status = read_changed("{}", text, request);
	free(text);
	json_decref(claims);
	return status;
}

/* If this failed, a response would be encrypted to a key that is none, or so that the verifier cannot read it. */
static void
chooses_how_to_encrypt(void)
{
	static const struct {
		const char *member, *value, *encs;
		enum exit_status want;
		enum jwe_enc enc;
	} rows[] = {
		{ NULL, NULL, NULL, EXIT_STATUS_OK, JWE_A128GCM },
		{ NULL, NULL, "[\"A128GCM\"]", EXIT_STATUS_OK, JWE_A128GCM },
		{ NULL, NULL, "[\"A256GCM\"]", EXIT_STATUS_OK, JWE_A256GCM },
		{ NULL, NULL, "[\"A128CBC-HS256\",\"A128GCM\",\"A256GCM\"]", EXIT_STATUS_OK, JWE_A256GCM },
		{ NULL, NULL, "[\"A256GCM\",\"A128GCM\"]", EXIT_STATUS_OK, JWE_A256GCM },
		{ NULL, NULL, "[\"A128CBC-HS256\"]", EXIT_STATUS_INPUT, JWE_A128GCM },
		{ NULL, NULL, "[]", EXIT_STATUS_INPUT, JWE_A128GCM },
		{ NULL, NULL, "\"A128GCM\"", EXIT_STATUS_INPUT, JWE_A128GCM },
		{ "alg", NULL, NULL, EXIT_STATUS_INPUT, JWE_A128GCM },
		{ "alg", "ECDH-ES+A128KW", NULL, EXIT_STATUS_INPUT, JWE_A128GCM },
		{ "use", "sig", NULL, EXIT_STATUS_INPUT, JWE_A128GCM },
		{ "use", NULL, NULL, EXIT_STATUS_OK, JWE_A128GCM },
		{ "kid", NULL, NULL, EXIT_STATUS_INPUT, JWE_A128GCM },
		{ "d", "AAAA", NULL, EXIT_STATUS_INPUT, JWE_A128GCM },
		{ "crv", "P-384", NULL, EXIT_STATUS_INPUT, JWE_A128GCM },
		{ "x", "AAAA", NULL, EXIT_STATUS_INPUT, JWE_A128GCM },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vp_request request;

		CU_ASSERT_EQUAL(read_with_keys(rows[i].member, rows[i].value, rows[i].encs, &request), rows[i].want);
		CU_ASSERT_EQUAL(request.genuine, true);
		if (rows[i].want == EXIT_STATUS_OK)
			CU_ASSERT_EQUAL(request.enc, rows[i].enc);
		vp_request_clear(&request);
	}
}

/* If this failed, a request of anybody would be taken for one of the client that it names. */
static void
refuses_other_signers(void)
{
	struct vp_offer good = offer();
	struct mdoc_bytes self[1] = { mdoc_buf_bytes(&self_signed) };
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	struct vp_request request;
	char *self_id = client_id_of(NULL, self[0]);

	CU_ASSERT_EQUAL_FATAL(vp_request_make(&good, &ca_key.signer, chain, 1, &jws), MDOC_OK); /* another key */
	CU_ASSERT_EQUAL(read_jws(mdoc_buf_bytes(&jws), hash_id, NULL, &request), EXIT_STATUS_NO);
	CU_ASSERT_FALSE(request.genuine);
	vp_request_clear(&request);
	mdoc_buf_clear(&jws);
	good.client_id = self_id;
	CU_ASSERT_EQUAL_FATAL(vp_request_make(&good, &signer.signer, self, 1, &jws), MDOC_OK);
	CU_ASSERT_EQUAL(read_jws(mdoc_buf_bytes(&jws), self_id, NULL, &request), EXIT_STATUS_NO);
	vp_request_clear(&request);
	mdoc_buf_clear(&jws);
	good.client_id = hash_id;
	CU_ASSERT_EQUAL_FATAL(vp_request_make(&good, &signer.signer, chain, 1, &jws), MDOC_OK);
	CU_ASSERT_EQUAL(read_jws(mdoc_buf_bytes(&jws), "x509_hash:other", NULL, &request), EXIT_STATUS_NO);
	vp_request_clear(&request);
	CU_ASSERT_EQUAL(read_jws(mdoc_buf_bytes(&jws), NULL, NULL, &request), EXIT_STATUS_INPUT);
	vp_request_clear(&request);
	jws.ptr[jws.len - 3] = jws.ptr[jws.len - 3] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(read_jws(mdoc_buf_bytes(&jws), hash_id, NULL, &request), EXIT_STATUS_NO);
	vp_request_clear(&request);
	CU_ASSERT_EQUAL(read_jws(mdoc_text("eyJhbGciOiJub25lIn0.e30."), hash_id, NULL, &request), EXIT_STATUS_NO);
	vp_request_clear(&request);
	CU_ASSERT_EQUAL(read_jws(mdoc_text(""), hash_id, NULL, &request), EXIT_STATUS_INPUT);
	vp_request_clear(&request);
	mdoc_buf_clear(&jws);
	free(self_id);
}

/* If this failed, a request that was overheard could be played to another wallet. */
static void
wants_its_own_nonce(void)
{
	static const struct {
		const char *sent, *answered;
		enum exit_status want;
	} rows[] = { { "w-1", "w-1", EXIT_STATUS_OK }, { "w-1", "w-2", EXIT_STATUS_NO },
		{ "w-1", NULL, EXIT_STATUS_NO }, { NULL, "w-1", EXIT_STATUS_OK } };

	for (size_t i = 0; i < 4; i++) {
		struct vp_offer one = offer();
		struct mdoc_buf jws = MDOC_BUF_EMPTY;
		struct vp_request request;

		one.wallet_nonce = rows[i].answered;
		CU_ASSERT_EQUAL_FATAL(vp_request_make(&one, &signer.signer, chain, 1, &jws), MDOC_OK);
		CU_ASSERT_EQUAL(read_jws(mdoc_buf_bytes(&jws), hash_id, rows[i].sent, &request), rows[i].want);
		vp_request_clear(&request);
		mdoc_buf_clear(&jws);
	}
}

/* If this failed, what a verifier asks, to whom and how the answer goes, would come out as something else. */
static void
reads_what_it_made(void)
{
	struct vp_offer one = offer();
	struct mdoc_buf jws = MDOC_BUF_EMPTY, transcript = MDOC_BUF_EMPTY;
	struct vp_request request;
	uint8_t thumbprint[THUMBPRINT_LEN];

	one.legal_basis = "番号法第十九条";
	CU_ASSERT_EQUAL_FATAL(vp_request_make(&one, &signer.signer, chain, 1, &jws), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(read_jws(mdoc_buf_bytes(&jws), hash_id, NULL, &request), EXIT_STATUS_OK);
	CU_ASSERT_PTR_NULL(request.problem.code);
	CU_ASSERT_TRUE(request.genuine);
	CU_ASSERT_STRING_EQUAL(request.client_id, hash_id);
	CU_ASSERT_STRING_EQUAL(request.response_uri, URI);
	CU_ASSERT_STRING_EQUAL(request.nonce, "n-1");
	CU_ASSERT_STRING_EQUAL(request.state, "s-1");
	CU_ASSERT_EQUAL(request.mode, VP_DIRECT_POST_JWT);
	CU_ASSERT_EQUAL(request.enc, JWE_A256GCM);
	CU_ASSERT_STRING_EQUAL(request.kid, "k");
	CU_ASSERT_TRUE(mdoc_key_equal(&request.key, &enc_key.pub));
	CU_ASSERT_EQUAL(key_thumbprint(NULL, &enc_key.pub, thumbprint), MDOC_OK);
	CU_ASSERT_EQUAL(memcmp(request.thumbprint, thumbprint, sizeof(thumbprint)), 0);
	CU_ASSERT_EQUAL(request.dcql.count, 1);
	CU_ASSERT_EQUAL(request.chain_count, 1);
	CU_ASSERT_STRING_EQUAL(vp_request_legal_basis(&request, "x"), "番号法第十九条");
	CU_ASSERT_EQUAL(vp_transcript(NULL, request.client_id, request.nonce, request.response_uri, request.thumbprint,
				&transcript, NULL),
		MDOC_OK);
	CU_ASSERT_TRUE(transcript.len > 30);
	vp_request_clear(&request);
	mdoc_buf_clear(&transcript);
	mdoc_buf_clear(&jws);
	one.key = NULL;
	one.legal_basis = one.state = NULL;
	CU_ASSERT_EQUAL_FATAL(vp_request_make(&one, &signer.signer, chain, 1, &jws), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(read_jws(mdoc_buf_bytes(&jws), hash_id, NULL, &request), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(request.mode, VP_DIRECT_POST);
	CU_ASSERT_PTR_NULL(request.state);
	CU_ASSERT_PTR_NULL(vp_request_legal_basis(&request, "x"));
	vp_request_clear(&request);
	mdoc_buf_clear(&jws);
	CU_ASSERT_EQUAL(vp_request_make(&one, &signer.signer, chain, 0, &jws), MDOC_ERR_ARG);
	one.key = &enc_key.pub;
	one.kid = NULL;
	CU_ASSERT_EQUAL(vp_request_make(&one, &signer.signer, chain, 1, &jws), MDOC_ERR_ARG);
}

/* If this failed, a legal basis stated for one credential would open another. */
static void
heeds_for_what_a_legal_basis_is(void)
{
	struct vp_request request;

	CU_ASSERT_EQUAL_FATAL(read_changed("{}",
				      "{\"verifier_info\":[{\"format\":\"jwt\",\"data\":\"e30\"},"
				      "{\"format\":\"urn:mdoc-pkcs11:legal-basis\",\"data\":\"text\"},"
				      "{\"format\":\"urn:mdoc-pkcs11:legal-basis\",\"data\":{\"text\":\"law\"},"
				      "\"credential_ids\":[\"y\"]}]}",
				      &request),
		EXIT_STATUS_OK);
	CU_ASSERT_PTR_NULL(vp_request_legal_basis(&request, "x"));
	CU_ASSERT_STRING_EQUAL(vp_request_legal_basis(&request, "y"), "law");
	vp_request_clear(&request);
	tear_down();
}

CU_TestInfo request_object_tests[] = {
	{ "refuses bad requests", refuses_bad_requests },
	{ "refuses other signers", refuses_other_signers },
	{ "wants its own nonce", wants_its_own_nonce },
	{ "chooses how to encrypt", chooses_how_to_encrypt },
	{ "reads what it made", reads_what_it_made },
	{ "heeds for what a legal basis is", heeds_for_what_a_legal_basis_is },
	CU_TEST_INFO_NULL,
};

/* If this failed, a verifier could call itself by another one's name. */
static void
knows_clients_by_certificate(void)
{
	static const struct {
		const char *id;
		enum exit_status want;
	} rows[] = {
		{ "x509_san_dns:reader.example", EXIT_STATUS_OK },
		{ "x509_san_dns:READER.example", EXIT_STATUS_OK },
		{ "x509_san_dns:other.example", EXIT_STATUS_NO },
		{ "x509_san_dns:reader.example.", EXIT_STATUS_NO },
		{ "x509_san_dns:a.wild.example", EXIT_STATUS_NO },
		{ "x509_san_dns:uri.example", EXIT_STATUS_NO },
		{ "x509_san_dns:127.0.0.1", EXIT_STATUS_NO },
		{ "x509_san_dns:", EXIT_STATUS_NO },
		{ "x509_hash:", EXIT_STATUS_NO },
		{ "x509_hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", EXIT_STATUS_NO },
		{ "redirect_uri:https://reader.example", EXIT_STATUS_INPUT },
		{ "decentralized_identifier:did:example:1", EXIT_STATUS_INPUT },
		{ "verifier_attestation:a", EXIT_STATUS_INPUT },
		{ "openid_federation:https://a.example", EXIT_STATUS_INPUT },
		{ "origin:https://a.example", EXIT_STATUS_INPUT },
		{ "https://reader.example", EXIT_STATUS_INPUT },
		{ "reader", EXIT_STATUS_INPUT },
		{ "", EXIT_STATUS_INPUT },
	};

	set_up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(client_id_check(NULL, rows[i].id, chain[0], NULL), rows[i].want);
	CU_ASSERT_EQUAL(client_id_check(NULL, hash_id, chain[0], NULL), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(client_id_check(NULL, hash_id, mdoc_buf_bytes(&self_signed), NULL), EXIT_STATUS_NO);
	CU_ASSERT_EQUAL(client_id_check(NULL, "x509_san_dns:reader.example", mdoc_text("x"), NULL), EXIT_STATUS_NO);
}

/* If this failed, an answer would go to another server than the one whose name the holder sees. */
static void
knows_where_answers_may_go(void)
{
	static const struct {
		const char *id, *uri;
		bool plain;
		enum exit_status want;
	} rows[] = {
		{ "x509_san_dns:reader.example", "https://reader.example/a?b=c", false, EXIT_STATUS_OK },
		{ "x509_san_dns:reader.example", "https://READER.example:8443/", false, EXIT_STATUS_OK },
		{ "x509_san_dns:reader.example", "https://other.example/", false, EXIT_STATUS_NO },
		{ "x509_san_dns:reader.example", "https://reader.example.other.example/", false, EXIT_STATUS_NO },
		{ "x509_san_dns:reader.example", "https://reader.example@other.example/", false, EXIT_STATUS_INPUT },
		{ "x509_san_dns:reader.example", "https://other.example\\@reader.example/", false, EXIT_STATUS_INPUT },
		{ "x509_san_dns:reader.example", "http://reader.example/", true, EXIT_STATUS_INPUT },
		{ "x509_san_dns:reader.example", "http://127.0.0.1:80/", false, EXIT_STATUS_INPUT },
		{ "x509_san_dns:reader.example", "http://127.0.0.1:80/", true, EXIT_STATUS_OK },
		{ "x509_san_dns:reader.example", "https://127.0.0.1/", true, EXIT_STATUS_NO },
		{ "x509_hash:a", "https://other.example/", false, EXIT_STATUS_OK },
		{ "x509_hash:a", "https://other.example/#f", false, EXIT_STATUS_INPUT },
		{ "x509_hash:a", "ftp://other.example/", false, EXIT_STATUS_INPUT },
		{ "x509_hash:a", "//other.example/", false, EXIT_STATUS_INPUT },
		{ "x509_hash:a", "", false, EXIT_STATUS_INPUT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(client_id_check_uri(rows[i].id, rows[i].uri, "response_uri", rows[i].plain, NULL),
			rows[i].want);
}

CU_TestInfo client_id_tests[] = {
	{ "knows clients by certificate", knows_clients_by_certificate },
	{ "knows where answers may go", knows_where_answers_may_go },
	CU_TEST_INFO_NULL,
};
