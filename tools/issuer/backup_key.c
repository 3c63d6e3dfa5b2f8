/* backup_key.c: keys that leave and enter a token, wrapped. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "pkcs11-3.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/backup.h"

#define WRAPPED_MAX 1024 /* bytes of one key */
#define CHALLENGE_LEN 32

/* RFC 5649 by its name of PKCS#11 3.0, or by that which some modules give it (SoftHSM). */
static CK_MECHANISM_TYPE
wrapping(const struct p11_token *token)
{
	CK_MECHANISM_INFO info;

	if (token->p11->list->C_GetMechanismInfo(token->slot, CKM_AES_KEY_WRAP_KWP, &info) == CKR_OK &&
		(info.flags & CKF_WRAP) != 0)
		return CKM_AES_KEY_WRAP_KWP;
	return CKM_AES_KEY_WRAP_PAD;
}

/* trusted: by which keys leave; otherwise by which they enter. */
static CK_RV
import_secret(const struct p11_token *token, const uint8_t value[32], bool trusted, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE, leave = trusted, enter = !trusted;
	CK_ATTRIBUTE template_[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_PRIVATE, &enter, sizeof(enter) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_ENCRYPT, &no, sizeof(no) },
		{ CKA_DECRYPT, &no, sizeof(no) },
		{ CKA_WRAP, &leave, sizeof(leave) },
		{ CKA_UNWRAP, &enter, sizeof(enter) },
		{ CKA_VALUE, (void *)(uintptr_t)value, 32 },
		{ CKA_TRUSTED, &yes, sizeof(yes) },
	};
	const CK_ULONG count = sizeof(template_) / sizeof(template_[0]);

	return token->p11->list->C_CreateObject(token->session, template_, trusted ? count : count - 1, key);
}

enum exit_status
backup_wrapping_key(const struct p11_token *token, const struct backup_secrets *secrets, CK_OBJECT_HANDLE *key)
{
	const CK_RV rv = import_secret(token, secrets->wrap, true, key);

	if (rv == CKR_OK)
		return EXIT_STATUS_OK;
	return tool_rv_error(_("The token did not take the key that wraps the others"), rv);
}

static enum exit_status
add_key(const struct issuer *issuer, enum issuer_role role, const CK_BYTE *wrapped, CK_ULONG len, json_t *file)
{
	char id[2 * ISSUER_KEY_ID_LEN + 1];
	json_t *key;

	issuer_hex(issuer_key_id(issuer, role), id);
	key = json_pack("{s:s, s:s, s:o, s:o}", "name", issuer_roles[role].name, "id", id, "certificate",
		json_base64url(issuer_key_certificate(issuer, role)), "wrapped",
		json_base64url(mdoc_bytes_of(wrapped, len)));
	return key != NULL && json_array_append_new(json_object_get(file, "keys"), key) == 0 ? EXIT_STATUS_OK
											     : tool_no_memory();
}

enum exit_status
backup_wrap(const struct issuer *issuer, struct issuer_token *token, enum issuer_role role,
	CK_OBJECT_HANDLE wrapping_key, json_t *file)
{
	CK_MECHANISM mechanism = { wrapping(&token->token), NULL, 0 };
	struct mdoc_p11_key key = { .rv = CKR_OK };
	struct mdoc_public_key public_key;
	CK_BYTE wrapped[WRAPPED_MAX];
	CK_ULONG len = sizeof(wrapped);
	enum exit_status status;
	CK_RV rv;

	status = issuer_role_key(issuer, token, role, &key, &public_key);
	if (status != EXIT_STATUS_OK)
		return status;
	rv = token->p11.list->C_WrapKey(token->token.session, &mechanism, wrapping_key, key.private_key, wrapped, &len);
	if (rv == CKR_OK)
		return add_key(issuer, role, wrapped, len, file);
	status = tool_rv_error(_("The token does not let the key out, not even wrapped"), rv);
	tool_why("%s", _("It was made with --no-backup, or by a token that keeps all its keys."));
	return status;
}

/* ---- Into a token ---- */

static bool
key_member(const json_t *entry, const char *name, struct mdoc_buf *out)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text != NULL && mdoc_base64url_decode(mdoc_text(text), out) == MDOC_OK;
}

static bool
key_read(const json_t *file, size_t i, struct backup_key *key, struct mdoc_buf *wrapped)
{
	const json_t *entry = json_array_get(json_object_get(file, "keys"), i);
	const char *name = json_string_value(json_object_get(entry, "name"));
	const char *id = json_string_value(json_object_get(entry, "id"));

	*key = (struct backup_key){ .role = ISSUER_ROLE_COUNT };
	for (enum issuer_role role = ISSUER_IACA; name != NULL && role < ISSUER_ROLE_COUNT; role++)
		if (strcmp(issuer_roles[role].name, name) == 0)
			key->role = role;
	return key->role != ISSUER_ROLE_COUNT && id != NULL && issuer_unhex(id, key->id, ISSUER_KEY_ID_LEN) &&
		key_member(entry, "certificate", &key->certificate) && key_member(entry, "wrapped", wrapped);
}

struct unwrapping {
	struct issuer_token *token;
	const struct backup_key *key;
	struct mdoc_public_key public_key; /* of the certificate */
	bool permanent;
};

static CK_RV
unwrap_private(const struct unwrapping *u, const struct backup_secrets *secrets, const struct mdoc_buf *wrapped,
	CK_OBJECT_HANDLE *private_key)
{
	const enum mdoc_curve curve = u->public_key.curve;
	const bool edwards = curve == MDOC_CURVE_ED25519 || curve == MDOC_CURVE_ED448;
	const char *label = issuer_roles[u->key->role].label;
	CK_FUNCTION_LIST *list = u->token->p11.list;
	const CK_SESSION_HANDLE session = u->token->token.session;
	CK_MECHANISM mechanism = { wrapping(&u->token->token), NULL, 0 };
	CK_OBJECT_HANDLE tool = CK_INVALID_HANDLE;
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = edwards ? CKK_EC_EDWARDS : CKK_EC;
	CK_BBOOL yes = CK_TRUE, permanent = u->permanent;
	CK_ATTRIBUTE template_[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &permanent, sizeof(permanent) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_WRAP_WITH_TRUSTED, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_ID, (void *)(uintptr_t)u->key->id, ISSUER_KEY_ID_LEN },
		{ CKA_LABEL, (void *)(uintptr_t)label, (CK_ULONG)strlen(label) },
	};
	CK_RV rv;

	rv = import_secret(&u->token->token, secrets->wrap, false, &tool);
	if (rv != CKR_OK)
		return rv;
	rv = list->C_UnwrapKey(session, &mechanism, tool, wrapped->ptr, wrapped->len, template_,
		sizeof(template_) / sizeof(template_[0]), private_key);
	(void)list->C_DestroyObject(session, tool);
	return rv;
}

static CK_RV
put_public(const struct unwrapping *u)
{
	const enum mdoc_curve curve = u->public_key.curve;
	const bool edwards = curve == MDOC_CURVE_ED25519 || curve == MDOC_CURVE_ED448;
	const struct mdoc_bytes params = mdoc_p11_curve_params(curve);
	const char *label = issuer_roles[u->key->role].label;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = edwards ? CKK_EC_EDWARDS : CKK_EC;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE, permanent = u->permanent;
	uint8_t point[MDOC_POINT_MAX + 3];
	size_t head = 0;

	point[head++] = 0x04; /* OCTET STRING */
	if (u->public_key.point_len >= 0x80)
		point[head++] = 0x81;
	point[head++] = (uint8_t)u->public_key.point_len;
	memcpy(point + head, u->public_key.point, u->public_key.point_len);
	CK_ATTRIBUTE template_[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &permanent, sizeof(permanent) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)params.ptr, (CK_ULONG)params.len },
		{ CKA_EC_POINT, point, (CK_ULONG)(head + u->public_key.point_len) },
		{ CKA_ID, (void *)(uintptr_t)u->key->id, ISSUER_KEY_ID_LEN },
		{ CKA_LABEL, (void *)(uintptr_t)label, (CK_ULONG)strlen(label) },
	};

	return u->token->p11.list->C_CreateObject(u->token->token.session, template_,
		sizeof(template_) / sizeof(template_[0]), &object);
}

/* The key signs what nobody could foretell, and its certificate verifies it. */
static enum exit_status
try_key(const struct unwrapping *u, EVP_PKEY *certified, CK_OBJECT_HANDLE private_key)
{
	uint8_t challenge[CHALLENGE_LEN], sig[MDOC_SIG_MAX];
	struct mdoc_signer signer;
	struct mdoc_p11_key key;
	enum mdoc_result res;
	size_t len = 0;

	if (RAND_bytes_ex(mdoc_context_libctx(tool_context()), challenge, sizeof(challenge), 0) != 1)
		return tool_no_memory();
	p11_key(&u->token->token, private_key, &key);
	mdoc_p11_signer(&key, u->public_key.curve, &signer);
	res = mdoc_sign(&signer, mdoc_bytes_of(challenge, sizeof(challenge)), sig, &len);
	if (res == MDOC_ERR_CALLBACK)
		return tool_rv_error(_("The key from the backup does not sign"), key.rv);
	if (res == MDOC_OK)
		res = mdoc_signature_verify(tool_context(), signer.alg, u->public_key.curve, certified,
			mdoc_bytes_of(challenge, sizeof(challenge)), mdoc_bytes_of(sig, len));
	if (res == MDOC_OK)
		return EXIT_STATUS_OK;
	tool_error("%s", _("The key from the backup is not that of its certificate."));
	return EXIT_STATUS_NO;
}

static enum exit_status
check_free(struct issuer_token *token, const struct backup_key *key)
{
	const CK_ATTRIBUTE template_[] = { { CKA_ID, (void *)(uintptr_t)key->id, ISSUER_KEY_ID_LEN } };
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	const CK_RV rv = p11_find(&token->token, template_, 1, &handles, &count);

	free(handles);
	if (rv != CKR_OK)
		return tool_rv_error(_("The issuer's key cannot be looked for."), rv);
	if (count == 0)
		return EXIT_STATUS_OK;
	tool_error("%s", _("The token has this key already."));
	tool_why("%s", _("Name a token that is not the issuer's."));
	return EXIT_STATUS_NO;
}

static enum exit_status
unwrap_all(struct unwrapping *u, const struct backup_secrets *secrets, const struct mdoc_buf *wrapped,
	EVP_PKEY *certified)
{
	const struct mdoc_bytes id = mdoc_bytes_of(u->key->id, ISSUER_KEY_ID_LEN);
	CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
	CK_RV rv = unwrap_private(u, secrets, wrapped, &private_key);

	if (rv == CKR_OK)
		rv = put_public(u);
	if (rv == CKR_OK && u->permanent)
		rv = p11_store_certificate(&u->token->token, mdoc_buf_bytes(&u->key->certificate),
			issuer_roles[u->key->role].label, id, false);
	if (rv != CKR_OK)
		return tool_rv_error(_("The token did not take the key from the backup"), rv);
	return try_key(u, certified, private_key);
}

enum exit_status
backup_unwrap(struct issuer_token *token, const struct backup_secrets *secrets, const json_t *file, size_t i,
	bool permanent, struct backup_key *key)
{
	struct unwrapping u = { .token = token, .key = key, .permanent = permanent };
	struct mdoc_buf wrapped = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	enum exit_status status;

	if (!key_read(file, i, key, &wrapped) ||
		mdoc_cert_parse(tool_context(), mdoc_buf_bytes(&key->certificate), &cert, NULL) != MDOC_OK ||
		mdoc_cert_public_key(cert, &u.public_key) != MDOC_OK) {
		tool_error(_("Key %zu of the backup cannot be read."), i + 1);
		status = EXIT_STATUS_INPUT;
	} else {
		status = check_free(token, key);
		if (status == EXIT_STATUS_OK) {
			status = unwrap_all(&u, secrets, &wrapped, mdoc_cert_pkey(cert));
			if (status != EXIT_STATUS_OK)
				issuer_destroy(token, mdoc_bytes_of(key->id, ISSUER_KEY_ID_LEN));
		}
	}
	mdoc_cert_free(cert);
	mdoc_buf_clear(&wrapped);
	return status;
}
