/*
 * provision.c: the objects of renewal.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/provision.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/objects/ec_key.h"
#include "module/pkcs11/objects/make.h"
#include "module/pkcs11/objects/template.h"
#include "module/pkcs11/shell/rv.h"
#include "pkcs11-3.h"

/* What a key is called, and what its private half may do; no mechanism: there is no private half to be seen. */
static const struct kind {
	const char *label;
	enum token_curve curve;
	CK_MECHANISM_TYPE made_by;
	bool signs, agrees;
	CK_MECHANISM_TYPE allowed[3];
} kinds[] = {
	{ MDOC_INBOX_KEY_LABEL, TOKEN_X25519, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, false, true, { CKM_ECDH1_DERIVE } },
	[TOKEN_PURPOSE_ATTESTATION] = { "provisioner attestation", TOKEN_P256, CKM_EC_KEY_PAIR_GEN, false, false,
		{ 0 } },
	[TOKEN_PURPOSE_TLS] = { "provisioner tls", TOKEN_P256, CKM_EC_KEY_PAIR_GEN, true, false,
		{ CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDSA_SHA384 } },
	[TOKEN_PURPOSE_NOTICES] = { "provisioner notices", TOKEN_P256, CKM_EC_KEY_PAIR_GEN, false, true,
		{ CKM_ECDH1_DERIVE } },
};

static bool
set_common(struct session *session, const struct kind *kind, CK_OBJECT_CLASS object_class, bool is_private,
	struct token_attrs *attrs)
{
	const char *half = object_class == CKO_PRIVATE_KEY ? "private" : "public";
	const uint8_t *params;
	char id[TOKEN_SERIAL_LEN + 48];
	size_t len;

	token_curve_params(kind->curve, &params, &len);
	(void)snprintf(id, sizeof(id), "%s-%s-%s", token_serial(session->slot->token), kind->label, half);
	return attrs_set_ulong(attrs, CKA_CLASS, object_class) &&
		attrs_set_ulong(attrs, CKA_KEY_TYPE, ec_key_type(kind->curve)) &&
		attrs_set_bool(attrs, CKA_TOKEN, true) && attrs_set_bool(attrs, CKA_PRIVATE, is_private) &&
		attrs_set_bool(attrs, CKA_MODIFIABLE, false) && attrs_set_bool(attrs, CKA_COPYABLE, false) &&
		attrs_set_bool(attrs, CKA_DESTROYABLE, false) && attrs_set(attrs, CKA_EC_PARAMS, params, len) &&
		attrs_set(attrs, CKA_LABEL, kind->label, strlen(kind->label)) &&
		attrs_set(attrs, CKA_ID, kind->label, strlen(kind->label)) &&
		attrs_set(attrs, CKA_UNIQUE_ID, id, strlen(id));
}

static bool
set_use(const struct kind *kind, CK_OBJECT_CLASS object_class, struct token_attrs *attrs)
{
	size_t allowed = 0;

	if (object_class == CKO_PUBLIC_KEY)
		return attrs_set_bool(attrs, CKA_VERIFY, kind->signs) && attrs_set_bool(attrs, CKA_DERIVE, false);
	while (allowed < sizeof(kind->allowed) / sizeof(*kind->allowed) && kind->allowed[allowed] != 0)
		allowed++;
	return attrs_set_bool(attrs, CKA_SIGN, kind->signs) && attrs_set_bool(attrs, CKA_DERIVE, kind->agrees) &&
		attrs_set_bool(attrs, CKA_SENSITIVE, true) && attrs_set_bool(attrs, CKA_EXTRACTABLE, false) &&
		attrs_set(attrs, CKA_ALLOWED_MECHANISMS, kind->allowed, allowed * sizeof(*kind->allowed));
}

static CK_RV
make_attrs(struct session *session, const struct kind *kind, CK_OBJECT_CLASS object_class, bool is_private,
	const uint8_t *point, struct token_attrs **out)
{
	struct token_attrs *attrs = attrs_new();
	CK_RV rv = CKR_HOST_MEMORY;

	if (attrs != NULL && set_common(session, kind, object_class, is_private, attrs) &&
		set_use(kind, object_class, attrs))
		rv = ec_key_set_public(attrs, kind->curve, point, token_curve_point_size(kind->curve));
	if (rv == CKR_OK)
		rv = template_complete(object_class, TEMPLATE_GENERATE, attrs);
	if (rv == CKR_OK)
		rv = make_origin(attrs, kind->made_by);
	if (rv == CKR_OK) {
		*out = attrs;
		return CKR_OK;
	}
	attrs_free(attrs);
	return rv;
}

static CK_RV
make_inbox_key(struct session *session, bool is_private, struct token_attrs **attrs, struct secret *value)
{
	uint8_t key[TOKEN_INBOX_KEY_LEN];
	CK_RV rv;

	if (is_private && slot_role(session->slot) != TOKEN_USER)
		return CKR_OBJECT_HANDLE_INVALID;
	rv = rv_from_token(token_inbox_public(session->slot->token, key));
	if (rv == CKR_OK && is_private)
		rv = rv_from_token(token_inbox_private(session->slot->token, value));
	if (rv == CKR_OK)
		rv = make_attrs(session, &kinds[0], is_private ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY, is_private, key,
			attrs);
	return rv;
}

static CK_RV
make_provisioner_key(struct session *session, enum token_purpose purpose, bool is_private, struct token_attrs **attrs,
	struct secret *value)
{
	struct token *token = session->slot->token;
	struct token_provision provision;
	enum token_result res;

	if (slot_role(session->slot) != TOKEN_PROVISIONER || (is_private && kinds[purpose].allowed[0] == 0))
		return CKR_OBJECT_HANDLE_INVALID;
	res = token_provision_read(token, &provision);
	if (res == TOKEN_OK && is_private)
		res = token_provisioner_key(token, purpose, value);
	if (res == TOKEN_ERR_PIN_NOT_SET || res == TOKEN_ERR_NOT_LOGGED_IN)
		return CKR_OBJECT_HANDLE_INVALID; /* none were made, or revoked just now */
	if (res != TOKEN_OK)
		return rv_from_token(res);
	return make_attrs(session, &kinds[purpose], is_private ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY, true,
		provision.points[purpose - 1], attrs);
}

CK_RV
provision_make_fixed(struct session *session, CK_ULONG which, struct token_attrs **attrs, struct secret *value)
{
	const bool is_private = which % 2 != 0;
	CK_RV rv;

	if (which < PROVISION_INBOX)
		rv = make_inbox_key(session, is_private, attrs, value);
	else
		rv = make_provisioner_key(session, (enum token_purpose)(which / 2), is_private, attrs, value);
	if (rv != CKR_OK)
		secret_wipe(value);
	return rv;
}

/* Until the user has it, it is there to be spoken of, and does nothing. */
static CK_RV
let_wait(struct token_attrs *attrs, bool is_private)
{
	bool done = attrs_set_bool(attrs, CKA_MODIFIABLE, false) && attrs_set_bool(attrs, CKA_DESTROYABLE, true);

	if (is_private)
		done = done && attrs_set_bool(attrs, CKA_SIGN, false) && attrs_set_bool(attrs, CKA_DERIVE, false) &&
			attrs_set_ulong(attrs, CKA_MDOC_COPY_STATE, CKV_MDOC_COPY_UNBOUND);
	return done ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
provision_make_waiting(struct session *session, CK_ULONG which, struct token_attrs **attrs)
{
	const bool is_private = which % 2 != 0;
	struct token_attrs *halves[2] = { NULL, NULL };
	enum token_result res;
	CK_RV rv;

	if (slot_role(session->slot) != TOKEN_PROVISIONER)
		return CKR_OBJECT_HANDLE_INVALID;
	res = token_inbox_key(session->slot->token, which / 2, &halves[0], &halves[1]);
	if (res == TOKEN_ERR_NOT_LOGGED_IN)
		res = TOKEN_ERR_NOT_FOUND;
	rv = rv_from_token(res);
	if (rv == CKR_OK)
		rv = let_wait(halves[is_private], is_private);
	if (rv == CKR_OK) {
		*attrs = halves[is_private];
		halves[is_private] = NULL;
	}
	attrs_free(halves[0]);
	attrs_free(halves[1]);
	return rv;
}

void
provision_waiting(struct session *session, CK_ULONG *first, CK_ULONG *last)
{
	uint64_t low = 0, high = 0;

	*first = 0;
	*last = 0;
	if (slot_role(session->slot) != TOKEN_PROVISIONER ||
		token_inbox_range(session->slot->token, &low, &high) != TOKEN_OK || low == 0)
		return;
	*first = 2 * (CK_ULONG)low;
	*last = 2 * (CK_ULONG)high + 2;
}

CK_RV
provision_destroy_waiting(struct session *session, CK_ULONG which)
{
	CK_RV rv = make_writable(session);

	return rv == CKR_OK ? rv_from_token(token_inbox_remove(session->slot->token, which / 2)) : rv;
}

CK_RV
provision_generate(struct session *session, enum token_curve curve, struct token_attrs *public_attrs,
	struct token_attrs *private_attrs, CK_ULONG *public_which, CK_ULONG *private_which)
{
	uint64_t id = 0;
	CK_RV rv;

	rv = rv_from_token(token_inbox_generate(session->slot->token, curve, public_attrs, private_attrs,
		(int64_t)time(NULL), &id));
	if (rv != CKR_OK)
		return rv;
	*public_which = 2 * (CK_ULONG)id;
	*private_which = 2 * (CK_ULONG)id + 1;
	return CKR_OK;
}
