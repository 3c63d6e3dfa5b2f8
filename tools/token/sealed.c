/* sealed.c: check and open what an issuer sealed to the token. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/batch.h"
#include "tools/token/sealed.h"
#include "tools/common/json.h"
#include "tools/common/jwe.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include <mdoc/base64url.h>
#include <mdoc/x509.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define RESPONSE_TYPE "mdoc-response+jwt"
#define CERTIFICATE_MAX 8192 /* bytes, in base64 */
#define CLOCK_SKEW 60        /* seconds by which the issuer's clock may differ from ours */

/* By its label alone, which is in no certificate's or user's hands. */
static enum exit_status
find_inbox(const struct p11_token *token, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *handle)
{
	const CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)MDOC_INBOX_KEY_LABEL, sizeof(MDOC_INBOX_KEY_LABEL) - 1 },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	const CK_RV rv = p11_find(token, wanted, 2, &handles, &count);

	*handle = rv == CKR_OK && count == 1 ? handles[0] : CK_INVALID_HANDLE;
	free(handles);
	if (rv != CKR_OK)
		return tool_rv_error(_("the token's inbox cannot be read"), rv);
	if (*handle != CK_INVALID_HANDLE)
		return EXIT_STATUS_OK;
	tool_error("%s", _("The token has no inbox."));
	return EXIT_STATUS_NO;
}

enum exit_status
sealed_inbox_key(const struct p11_token *token, struct mdoc_public_key *key)
{
	CK_OBJECT_HANDLE handle;
	struct mdoc_buf point = MDOC_BUF_EMPTY;
	enum exit_status status = find_inbox(token, CKO_PUBLIC_KEY, &handle);
	struct mdoc_bytes raw;
	CK_RV rv;

	memset(key, 0, sizeof(*key));
	if (status != EXIT_STATUS_OK)
		return status;
	rv = p11_attribute(token, handle, CKA_EC_POINT, &point);
	raw = mdoc_buf_bytes(&point);
	/* Raw, or as an OCTET STRING. */
	if (raw.len == 34 && raw.ptr[0] == 4 && raw.ptr[1] == 32)
		raw = mdoc_bytes_of(raw.ptr + 2, 32);
	if (rv != CKR_OK || raw.len != 32) {
		status = tool_rv_error(_("the token's inbox cannot be read"), rv != CKR_OK ? rv : CKR_GENERAL_ERROR);
	} else {
		key->curve = MDOC_CURVE_X25519;
		key->point_len = 32;
		memcpy(key->point, raw.ptr, 32);
	}
	mdoc_buf_clear(&point);
	return status;
}

static bool
thumbprint(const struct mdoc_public_key *key, char text[THUMBPRINT_TEXT + 1])
{
	struct mdoc_buf out = MDOC_BUF_OVER((uint8_t *)text, THUMBPRINT_TEXT + 1);
	uint8_t digest[THUMBPRINT_LEN];

	if (key_thumbprint(tool_context(), key, digest) != MDOC_OK)
		return false;
	mdoc_base64url_encode(&out, mdoc_bytes_of(digest, sizeof(digest)));
	mdoc_buf_append(&out, mdoc_bytes_of("", 1));
	return out.err == MDOC_OK;
}

json_t *
sealed_encryption(const struct mdoc_public_key *key)
{
	json_t *jwk = jwk_from_key(key);

	if (jwk == NULL || json_object_set_new(jwk, "alg", json_string("ECDH-ES")) != 0 ||
		json_object_set_new(jwk, "use", json_string("enc")) != 0) {
		json_decref(jwk);
		return NULL;
	}
	/* Drafts before 1.0 had alg beside the key; whoever has no use for it ignores it. */
	return json_pack("{s:o, s:s, s:s}", "jwk", jwk, "alg", "ECDH-ES", "enc", "A256GCM");
}

/* ---- The signature ---- */

static enum exit_status
refuse(const char *why)
{
	tool_error("%s", _("What came is not an answer of the issuer to this token."));
	tool_why("%s", why);
	return EXIT_STATUS_NO;
}

/* The one certificate of x5c, DER appended. */
static bool
certificate_of(const struct jwt *jws, struct mdoc_buf *der)
{
	const json_t *x5c = json_object_get(jws->header, "x5c");
	const json_t *text = json_array_get(x5c, 0);
	const size_t len = json_string_length(text);
	const char *base64 = json_string_value(text);
	unsigned char *room;
	int got;

	if (json_array_size(x5c) != 1 || base64 == NULL || len == 0 || len % 4 != 0 || len > CERTIFICATE_MAX)
		return false;
	room = malloc(len);
	if (room == NULL)
		return false;
	got = EVP_DecodeBlock(room, (const unsigned char *)base64, (int)len);
	if (got > 0) {
		got -= base64[len - 1] == '=' ? 1 : 0;
		got -= base64[len - 2] == '=' ? 1 : 0;
		mdoc_buf_append(der, mdoc_bytes_of(room, (size_t)got));
	}
	free(room);
	return got > 0 && der->err == MDOC_OK;
}

static enum exit_status
check_signer(const struct p11_token *token, const struct jwt *jws, const struct mdoc_trust *given, int64_t now)
{
	struct mdoc_trust *loaded = given == NULL ? batch_load_trust(token) : NULL;
	const struct mdoc_trust *trust = given != NULL ? given : loaded;
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_judged judged = { .cert = NULL };
	struct mdoc_public_key key;
	enum exit_status status = EXIT_STATUS_OK;

	if (trust == NULL)
		return EXIT_STATUS_NO;
	if (!certificate_of(jws, &der))
		status = refuse(_("It has no certificate of the key that signed it."));
	else if (mdoc_trust_judge(tool_context(), trust, mdoc_buf_bytes(&der), MDOC_CERT_MESSAGES, 0, now, &judged) !=
		MDOC_OK)
		status = refuse(_("The certificate of the key that signed it is none for messages by an authority that "
				  "the token trusts, or its time is over."));
	else if (mdoc_cert_public_key(judged.cert, &key) != MDOC_OK || jwt_verify(tool_context(), jws, &key) != MDOC_OK)
		status = refuse(_("Its signature is wrong."));
	mdoc_judged_clear(&judged);
	mdoc_buf_clear(&der);
	mdoc_trust_free(loaded);
	return status;
}

/* The claims: over this ciphertext, for this token. */
static enum exit_status
check_claims(const struct p11_token *token, const struct jwt *jws, const char *jwe, int64_t now)
{
	const char *typ = json_string_value(json_object_get(jws->header, "typ"));
	const char *said = json_string_value(json_object_get(jws->claims, "sha256"));
	const char *aud = json_string_value(json_object_get(jws->claims, "aud"));
	const json_t *iat = json_object_get(jws->claims, "iat");
	char own[THUMBPRINT_TEXT + 1];
	struct mdoc_public_key key;
	uint8_t digest[32];
	size_t len = 0;
	json_t *made;
	enum exit_status status = sealed_inbox_key(token, &key);
	bool same;

	if (status != EXIT_STATUS_OK)
		return status;
	if (!thumbprint(&key, own) ||
		EVP_Q_digest(mdoc_context_libctx(tool_context()), "SHA256", NULL, jwe, strlen(jwe), digest, &len) != 1)
		return tool_no_memory();
	made = json_base64url(mdoc_bytes_of(digest, len));
	same = made != NULL && said != NULL && strcmp(json_string_value(made), said) == 0;
	json_decref(made);
	if (typ == NULL || strcmp(typ, RESPONSE_TYPE) != 0 || !same)
		return refuse(_("Its signature is over something else."));
	if (aud == NULL || strcmp(aud, own) != 0)
		return refuse(_("It is meant for another token."));
	if (!json_is_integer(iat) || json_integer_value(iat) > now + CLOCK_SKEW)
		return refuse(_("It was signed in the future, by the clock of this machine."));
	return EXIT_STATUS_OK;
}

enum exit_status
sealed_check(const struct p11_token *token, const json_t *sealed, const struct mdoc_trust *trust, int64_t now)
{
	const char *jwe = json_string_value(json_object_get(sealed, "credential_response"));
	const char *signature = json_string_value(json_object_get(sealed, "signature"));
	enum exit_status status;
	struct jwt jws;

	if (jwe == NULL || signature == NULL || jwt_parse(mdoc_text(signature), &jws) != MDOC_OK)
		return refuse(_("It is not sealed."));
	status = check_claims(token, &jws, jwe, now);
	if (status == EXIT_STATUS_OK)
		status = check_signer(token, &jws, trust, now);
	jwt_clear(&jws);
	return status;
}

/* ---- The content ---- */

enum exit_status
sealed_open(struct p11_token *token, const json_t *sealed, json_t **response)
{
	const char *jwe = json_string_value(json_object_get(sealed, "credential_response"));
	struct mdoc_buf plain = MDOC_BUF_EMPTY;
	struct mdoc_agreement agreement;
	struct mdoc_public_key own;
	struct mdoc_p11_key key;
	CK_OBJECT_HANDLE handle;
	enum mdoc_result res;
	enum exit_status status = find_inbox(token, CKO_PRIVATE_KEY, &handle);

	*response = NULL;
	if (status == EXIT_STATUS_OK)
		status = sealed_inbox_key(token, &own);
	if (status != EXIT_STATUS_OK)
		return status;
	p11_key(token, handle, &key);
	mdoc_p11_agreement(&key, &own, &agreement);
	res = jwe_decrypt(tool_context(), mdoc_text(jwe != NULL ? jwe : ""), &agreement, &plain);
	if (res == MDOC_OK)
		*response = json_loadb((const char *)plain.ptr, plain.len, JSON_REJECT_DUPLICATES, NULL);
	mdoc_buf_clear(&plain);
	if (res == MDOC_ERR_CALLBACK && key.rv != CKR_OK)
		return tool_rv_error(_("the token cannot open what is sealed to it"), key.rv);
	if (res == MDOC_ERR_MEMORY)
		return tool_no_memory();
	return json_is_object(*response) ? EXIT_STATUS_OK : refuse(_("It cannot be opened with the token's key."));
}
