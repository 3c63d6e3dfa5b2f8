/*
 * key_attestation.c: a key attestation (OpenID4VCI 1.0, appendix D) about unbound holder keys of this token, signed by
 * the provisioner's attestation key. Nothing but what is written here is ever signed by that key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mdoc/base64url.h>

#include "module/pkcs11/objects/inbox.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"
#include "tokens/provision.h"

#define GOOD_FOR 86400 /* seconds: an answer may travel as a file; what is fresh in it is the issuer's nonce */
#define SIGNATURE_LEN 64

static json_t *
base64url(const void *bytes, size_t len)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	json_t *string = NULL;

	mdoc_base64url_encode(&text, mdoc_bytes_of(bytes, len));
	if (text.err == MDOC_OK)
		string = json_stringn((const char *)text.ptr, text.len);
	mdoc_buf_clear(&text);
	return string;
}

/* RFC 7518, 6.2 and RFC 8037, 2. NULL: memory. */
static json_t *
jwk(enum token_curve curve, const uint8_t *point)
{
	static const struct {
		enum token_curve curve;
		const char *name;
	} names[] = {
		{ TOKEN_P256, "P-256" },
		{ TOKEN_P384, "P-384" },
		{ TOKEN_P521, "P-521" },
		{ TOKEN_X25519, "X25519" },
	};
	const size_t size = token_curve_size(curve);
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].curve == curve)
			name = names[i].name;
	if (name == NULL)
		return NULL;
	if (token_curve_kind(curve) == TOKEN_KIND_MONTGOMERY)
		return json_pack("{s:s, s:s, s:o}", "kty", "OKP", "crv", name, "x", base64url(point, size));
	return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", name, "x", base64url(point + 1, size), "y",
		base64url(point + 1 + size, size));
}

/* A private holder key that is bound to nothing yet: in the token, or still waiting in the inbox. */
static CK_RV
attested_key(struct session *session, CK_OBJECT_HANDLE handle, json_t *list)
{
	struct object *object = NULL;
	struct object_room room;
	const CK_ATTRIBUTE *state;
	enum token_curve curve;
	const CK_BYTE *point;
	size_t len;
	CK_RV rv;

	rv = object_from_handle(session, handle, &object);
	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	state = object_attribute(object, CKA_MDOC_COPY_STATE, &room);
	if (object_class(object) != CKO_PRIVATE_KEY || state == NULL)
		rv = CKR_KEY_HANDLE_INVALID;
	else if (state->ulValueLen != sizeof(CK_ULONG) || *(const CK_ULONG *)state->pValue != CKV_MDOC_COPY_UNBOUND)
		rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (rv == CKR_OK)
		rv = object_ec_point(object, &curve, &point, &len);
	if (rv == CKR_OK && json_array_append_new(list, jwk(curve, point)) != 0)
		rv = CKR_HOST_MEMORY;
	object_unref(object);
	return rv;
}

static CK_RV
attested_keys(struct session *session, const CK_OBJECT_HANDLE *keys, CK_ULONG count, json_t **out)
{
	json_t *list = json_array();
	CK_RV rv = list != NULL ? CKR_OK : CKR_HOST_MEMORY;

	for (CK_ULONG i = 0; i < count && rv == CKR_OK; i++) {
		rv = attested_key(session, keys[i], list);
		for (size_t j = 0; rv == CKR_OK && j < i; j++)
			if (json_equal(json_array_get(list, i), json_array_get(list, j)))
				rv = CKR_KEY_HANDLE_INVALID; /* the same key twice */
	}
	if (rv == CKR_OK)
		*out = list;
	else
		json_decref(list);
	return rv;
}

/* RFC 8705's way to name a key: SHA-256 of its SubjectPublicKeyInfo. */
static json_t *
key_hash(const uint8_t *point)
{
	uint8_t info[TOKEN_INFO_MAX], digest[EVP_MAX_MD_SIZE];
	const size_t len = token_public_info(TOKEN_P256, point, TOKEN_PURPOSE_POINT, info);
	size_t digest_len = 0;

	if (EVP_Q_digest(library_libctx(), "SHA256", NULL, info, len, digest, &digest_len) != 1)
		return NULL;
	return base64url(digest, digest_len);
}

/* What only we can say of the device. */
static json_t *
device(const struct token_info *info, const struct token_provision *provision)
{
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "serial", info->serial, "backend", info->backend, "bound",
		info->device_bound, "response", jwk(TOKEN_X25519, provision->inbox), "notices",
		jwk(TOKEN_P256, provision->points[TOKEN_PURPOSE_NOTICES - 1]), "tls",
		key_hash(provision->points[TOKEN_PURPOSE_TLS - 1]));
}

/* Not json_dumps: its memory is the allocator's that the application may have given to jansson. */
static void
append_part(struct mdoc_buf *out, const json_t *part)
{
	const size_t len = part == NULL ? 0 : json_dumpb(part, NULL, 0, JSON_COMPACT);
	char *text = len == 0 ? NULL : malloc(len);

	if (text == NULL) {
		out->err = MDOC_ERR_MEMORY;
		return;
	}
	(void)json_dumpb(part, text, len, JSON_COMPACT);
	mdoc_base64url_encode(out, mdoc_bytes_of(text, len));
	free(text);
}

struct asked {
	const CK_BYTE *nonce;
	CK_ULONG nonce_len;
	const CK_UTF8CHAR *audience;
	CK_ULONG audience_len;
};

/* Header, a dot, and claims. keys is taken over. */
static CK_RV
signing_input(struct session *session, const struct asked *asked, json_t *keys, struct mdoc_buf *out)
{
	const json_int_t now = (json_int_t)time(NULL);
	struct token_provision provision;
	struct token_info info;
	json_t *header = NULL, *claims = NULL, *nonce = NULL, *audience = NULL;
	CK_RV rv;

	rv = rv_from_token(token_provision_read(session->slot->token, &provision));
	if (rv == CKR_OK)
		rv = rv_from_token(token_get_info(session->slot->token, &info));
	if (rv != CKR_OK)
		goto out;
	nonce = json_stringn((const char *)asked->nonce, asked->nonce_len);
	audience = asked->audience_len > 0 ? json_stringn((const char *)asked->audience, asked->audience_len) : NULL;
	rv = CKR_ARGUMENTS_BAD; /* no UTF-8, which jansson has looked at */
	if (nonce == NULL || (asked->audience_len > 0 && audience == NULL))
		goto out;
	header = json_pack("{s:s, s:s, s:o}", "alg", "ES256", "typ", "key-attestation+jwt", "jwk",
		jwk(TOKEN_P256, provision.points[TOKEN_PURPOSE_ATTESTATION - 1]));
	claims = json_pack("{s:I, s:I, s:O, s:O, s:o}", "iat", now, "exp", now + GOOD_FOR, "nonce", nonce,
		"attested_keys", keys, "mdoc_pkcs11", device(&info, &provision));
	if (claims != NULL && audience != NULL)
		(void)json_object_set(claims, "aud", audience);
	append_part(out, header);
	mdoc_buf_append(out, mdoc_text("."));
	append_part(out, claims);
	rv = out->err == MDOC_OK ? CKR_OK : CKR_HOST_MEMORY;
out:
	json_decref(header);
	json_decref(claims);
	json_decref(nonce);
	json_decref(audience);
	json_decref(keys);
	return rv;
}

static CK_RV
sign(struct session *session, struct mdoc_buf *jwt)
{
	uint8_t digest[EVP_MAX_MD_SIZE], sig[TOKEN_SIG_MAX];
	size_t digest_len = 0, sig_len = 0;
	CK_RV rv;

	if (EVP_Q_digest(library_libctx(), "SHA256", NULL, jwt->ptr, jwt->len, digest, &digest_len) != 1)
		return CKR_DEVICE_ERROR;
	rv = rv_from_token(token_attestation_sign(session->slot->token, digest, sig, &sig_len));
	if (rv != CKR_OK)
		return rv;
	if (sig_len != SIGNATURE_LEN)
		return CKR_GENERAL_ERROR;
	mdoc_buf_append(jwt, mdoc_text("."));
	mdoc_base64url_encode(jwt, mdoc_bytes_of(sig, sig_len));
	return jwt->err == MDOC_OK ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV
make(struct session *session, const struct asked *asked, const CK_OBJECT_HANDLE *keys, CK_ULONG count, CK_UTF8CHAR *out,
	CK_ULONG *len)
{
	struct mdoc_buf jwt = MDOC_BUF_EMPTY;
	const CK_ULONG room = *len;
	json_t *list = NULL;
	CK_RV rv;

	rv = attested_keys(session, keys, count, &list);
	if (rv == CKR_OK)
		rv = signing_input(session, asked, list, &jwt);
	if (rv != CKR_OK)
		goto out;
	*len = (CK_ULONG)(jwt.len + 1 + (SIGNATURE_LEN * 4 + 2) / 3);
	if (out == NULL || room < *len) {
		rv = out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
		goto out;
	}
	rv = sign(session, &jwt);
	if (rv == CKR_OK && jwt.len != *len)
		rv = CKR_GENERAL_ERROR;
	if (rv == CKR_OK)
		memcpy(out, jwt.ptr, jwt.len);
out:
	mdoc_buf_clear(&jwt);
	return rv;
}

CK_RV
key_attestation_make(struct session *session, const CK_OBJECT_HANDLE *keys, CK_ULONG count, const CK_BYTE *nonce,
	CK_ULONG nonce_len, const CK_UTF8CHAR *audience, CK_ULONG audience_len, CK_UTF8CHAR *jwt, CK_ULONG *len)
{
	const struct asked asked = { nonce, nonce_len, audience, audience_len };
	const enum token_role role = slot_role(session->slot);

	if (keys == NULL || count == 0 || count > MDOC_ATTEST_KEYS_MAX || nonce == NULL || nonce_len == 0 ||
		nonce_len > MDOC_ATTEST_NONCE_MAX || (audience == NULL && audience_len != 0) ||
		audience_len > MDOC_ATTEST_AUDIENCE_MAX || len == NULL)
		return CKR_ARGUMENTS_BAD;
	if (role != TOKEN_USER && role != TOKEN_PROVISIONER)
		return CKR_USER_NOT_LOGGED_IN;
	return make(session, &asked, keys, count, jwt, len);
}
