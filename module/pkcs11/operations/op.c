/*
 * op.c: the frame of every active operation.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/operations/op.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/operations/message.h"
#include "module/pkcs11/operations/state.h"
#include "pkcs11-3.h"

/* What each kind asks of mechanism and key. */
static const struct {
	CK_FLAGS flag;            /* of the mechanism */
	CK_ATTRIBUTE_TYPE usage;  /* of the key */
	CK_OBJECT_CLASS pair_key; /* which half of a pair */
} kinds[OP_KINDS] = {
	[OP_DIGEST] = { CKF_DIGEST, 0, 0 },
	[OP_SIGN] = { CKF_SIGN, CKA_SIGN, CKO_PRIVATE_KEY },
	[OP_VERIFY] = { CKF_VERIFY, CKA_VERIFY, CKO_PUBLIC_KEY },
	[OP_ENCRYPT] = { CKF_ENCRYPT, CKA_ENCRYPT, CKO_PUBLIC_KEY },
	[OP_DECRYPT] = { CKF_DECRYPT, CKA_DECRYPT, CKO_PRIVATE_KEY },
	[OP_MESSAGE_SIGN] = { CKF_MESSAGE_SIGN, CKA_SIGN, CKO_PRIVATE_KEY },
	[OP_MESSAGE_VERIFY] = { CKF_MESSAGE_VERIFY, CKA_VERIFY, CKO_PUBLIC_KEY },
	[OP_MESSAGE_ENCRYPT] = { CKF_MESSAGE_ENCRYPT, CKA_ENCRYPT, CKO_PUBLIC_KEY },
	[OP_MESSAGE_DECRYPT] = { CKF_MESSAGE_DECRYPT, CKA_DECRYPT, CKO_PRIVATE_KEY },
};

void
op_free(struct op *op)
{
	if (op == NULL)
		return;
	if (op->state != NULL && op->ops != NULL && op->ops->free != NULL)
		op->ops->free(op->state);
	object_unref(op->key);
	OPENSSL_clear_free(op->taken, op->taken_len);
	free(op->signature);
	free(op);
}

void
op_end(struct session *session, enum op_kind kind)
{
	op_free(session->op[kind]);
	session->op[kind] = NULL;
}

bool
op_allows_mechanism(const struct token_attrs *attrs, CK_MECHANISM_TYPE type)
{
	const CK_ATTRIBUTE *list = attrs_find(attrs, CKA_ALLOWED_MECHANISMS);
	CK_MECHANISM_TYPE each;
	size_t at;

	if (list == NULL)
		return true;
	for (at = 0; at + sizeof(each) <= list->ulValueLen; at += sizeof(each)) {
		memcpy(&each, (const CK_BYTE *)list->pValue + at, sizeof(each));
		if (each == type)
			return true;
	}
	return false;
}

static CK_RV
check_key(const struct mech *mech, enum op_kind kind, const struct object *key)
{
	const struct token_attrs *attrs = object_attrs(key);
	const CK_OBJECT_CLASS found = object_class(key);
	const CK_OBJECT_CLASS wanted = mech_has_pair(mech) ? kinds[kind].pair_key : CKO_SECRET_KEY;

	if (found != CKO_PUBLIC_KEY && found != CKO_PRIVATE_KEY && found != CKO_SECRET_KEY)
		return CKR_KEY_HANDLE_INVALID;
	if (found != wanted || !mech_takes(mech, attrs_ulong(attrs, CKA_KEY_TYPE, MECH_NO_KEY)))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!attrs_bool(attrs, kinds[kind].usage, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return op_allows_mechanism(attrs, mech->type) ? CKR_OK : CKR_MECHANISM_INVALID;
}

struct op *
op_active(struct session *session, enum op_kind kind)
{
	struct op *op = session->op[kind];

	if (op != NULL && op->key != NULL && object_needs_login(op->key) &&
		op->login_epoch != slot_login_epoch(session->slot)) {
		op_end(session, kind);
		op = NULL;
	}
	return op;
}

CK_RV
op_make(struct session *session, enum op_kind kind, const CK_MECHANISM *mechanism, struct object *key, struct op **out)
{
	const bool over_messages = kind == OP_MESSAGE_SIGN || kind == OP_MESSAGE_VERIFY;
	const struct mech *mech = mech_find(mechanism->mechanism);
	struct op *op = NULL;
	CK_RV rv;

	if (mech == NULL || (mech_flags(mech) & kinds[kind].flag) == 0 || mech->init == NULL)
		return CKR_MECHANISM_INVALID;
	if (mechanism->pParameter == NULL && mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = key != NULL ? check_key(mech, kind, key) : CKR_OK;
	if (rv != CKR_OK)
		return rv;
	op = calloc(1, sizeof(*op));
	if (op == NULL)
		return CKR_HOST_MEMORY;
	op->kind = kind;
	op->mechanism = mechanism->mechanism;
	op->session = session;
	op->key = key != NULL ? object_ref(key) : NULL;
	op->always_authenticate = key != NULL && kinds[kind].pair_key == CKO_PRIVATE_KEY &&
		attrs_bool(object_attrs(key), CKA_ALWAYS_AUTHENTICATE, false);
	rv = over_messages ? message_start(op, mechanism) : mech->init(op, mechanism);
	if (rv == CKR_OK)
		*out = op;
	else
		op_free(op);
	return rv;
}

/* Has the active operation got no further than to its PIN? Whoever begins anew has given it up: programs that keep
 * their sessions do so after a wrong PIN or none, and would never sign again. */
static bool
is_given_up(const struct op *op)
{
	return op->kind == OP_SIGN && op->always_authenticate && !op->authorised && !op->multi_part;
}

CK_RV
op_init(struct session *session, enum op_kind kind, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE handle)
{
	const unsigned epoch = slot_login_epoch(session->slot); /* that the key is seen under */
	const struct op *active;
	const struct mech *mech;
	struct object *key = NULL;
	CK_RV rv = CKR_OK;

	if (mechanism == NULL) {
		op_end(session, kind);
		return CKR_OK;
	}
	active = op_active(session, kind);
	if (active != NULL && !is_given_up(active))
		return CKR_OPERATION_ACTIVE;
	op_end(session, kind);
	mech = mech_find(mechanism->mechanism);
	if (mech != NULL && mech->key_type != MECH_NO_KEY && (mech_flags(mech) & kinds[kind].flag) != 0)
		rv = object_from_handle(session, handle, &key);
	if (rv == CKR_OK)
		rv = op_make(session, kind, mechanism, key, &session->op[kind]);
	if (rv == CKR_OK)
		session->op[kind]->login_epoch = epoch;
	object_unref(key);
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
}

static CK_RV
update(struct session *session, struct op *op, const CK_BYTE *part, CK_ULONG len)
{
	CK_RV rv;

	if (part == NULL && len != 0)
		rv = CKR_ARGUMENTS_BAD;
	else if (op->ops->update == NULL)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else
		rv = op->ops->update(op, part, len);
	if (rv == CKR_OK && op->kind == OP_DIGEST)
		state_keep(op, part, len);
	op->multi_part = true;
	if (rv != CKR_OK)
		op_end(session, op->kind);
	return rv;
}

CK_RV
op_update(struct session *session, enum op_kind kind, const CK_BYTE *part, CK_ULONG len)
{
	struct op *op = op_active(session, kind);

	return op == NULL || op->signature != NULL ? CKR_OPERATION_NOT_INITIALIZED : update(session, op, part, len);
}

/*
 * May the digest of this key be had? Not of one that must not be seen: for an HMAC whose key is longer than a block the
 * digest is the key, and for a derivation that hashes a secret and what everybody knows it is what comes out.
 */
static bool
is_digestible(const struct op *op, const struct object *key)
{
	const struct token_attrs *attrs = object_attrs(key);

	return object_class(key) == CKO_SECRET_KEY && !attrs_bool(attrs, CKA_SENSITIVE, true) &&
		attrs_bool(attrs, CKA_EXTRACTABLE, false) && op_allows_mechanism(attrs, op->mechanism);
}

CK_RV
op_digest_key(struct session *session, CK_OBJECT_HANDLE handle)
{
	struct op *op = op_active(session, OP_DIGEST);
	struct token_value value = { 0 };
	struct object *object = NULL;
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = object_from_handle(session, handle, &object);
	if (rv == CKR_OK && !is_digestible(op, object))
		rv = CKR_KEY_INDIGESTIBLE;
	if (rv == CKR_OK)
		rv = object_value(session, object, &value);
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_USER_NOT_LOGGED_IN) /* to be seen by everybody, to be used by the user */
		rv = CKR_KEY_INDIGESTIBLE;
	state_give_up(op);
	if (rv == CKR_OK)
		rv = op_update(session, OP_DIGEST, value.ptr, value.len);
	else
		op_end(session, OP_DIGEST);
	token_value_clear(&value);
	object_unref(object);
	return rv;
}

CK_RV
op_authorise(struct op *op)
{
	if (op->always_authenticate && !op->authorised)
		return CKR_USER_NOT_LOGGED_IN;
	op->authorised = false;
	return CKR_OK;
}

/* Size first: a length query and a short buffer end here, and cost nothing. */
CK_RV
op_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len, bool *go_on)
{
	CK_ULONG need = 0;
	CK_RV rv;

	rv = op->ops->size(op, data, len, &need);
	if (rv != CKR_OK)
		return rv;
	if (out == NULL || *out_len < need) {
		*out_len = need;
		*go_on = true;
		return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	rv = op_authorise(op);
	if (rv == CKR_OK)
		rv = op->ops->finish(op, data, len, out, out_len);
	/* The key was there at the init, and somebody has destroyed it. */
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_FUNCTION_FAILED : rv;
}

CK_RV
op_once(struct session *session, enum op_kind kind, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct op *op = op_active(session, kind);
	bool go_on = false;
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (out_len == NULL || (data == NULL && len != 0))
		rv = CKR_ARGUMENTS_BAD;
	else if (op->multi_part)
		rv = CKR_OPERATION_ACTIVE;
	else
		rv = op_finish(op, data, len, out, out_len, &go_on);
	if (!go_on)
		op_end(session, kind);
	return rv;
}

CK_RV
op_final(struct session *session, enum op_kind kind, CK_BYTE *out, CK_ULONG *out_len)
{
	struct op *op = op_active(session, kind);
	bool go_on = false;
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (out_len == NULL)
		rv = CKR_ARGUMENTS_BAD;
	else if (op->ops->update == NULL && op->ops->part == NULL)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else
		rv = op_finish(op, NULL, 0, out, out_len, &go_on);
	if (!go_on)
		op_end(session, kind);
	return rv;
}

static CK_RV
verify(struct session *session, struct op *op, bool final, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig,
	CK_ULONG sig_len)
{
	CK_RV rv;

	if (sig == NULL || (data == NULL && len != 0))
		rv = CKR_ARGUMENTS_BAD;
	else if (!final && op->multi_part)
		rv = CKR_OPERATION_ACTIVE;
	else if (final && op->ops->update == NULL)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else
		rv = op->ops->verify(op, data, len, sig, sig_len);
	op_end(session, OP_VERIFY);
	return rv;
}

CK_RV
op_verify(struct session *session, bool final, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig, CK_ULONG sig_len)
{
	struct op *op = op_active(session, OP_VERIFY);

	if (op == NULL || op->signature != NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	return verify(session, op, final, data, len, sig, sig_len);
}

CK_RV
op_signature_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const CK_BYTE *sig,
	CK_ULONG sig_len)
{
	CK_BYTE *copy = NULL;
	CK_RV rv;

	if (mechanism != NULL) {
		if (sig == NULL)
			return CKR_ARGUMENTS_BAD;
		/* One that is too long stays so, and is refused when it is looked at: no sooner, by the standard. */
		if (sig_len > TOKEN_SIG_MAX + 1)
			sig_len = TOKEN_SIG_MAX + 1;
		copy = malloc(sig_len + 1);
		if (copy == NULL)
			return CKR_HOST_MEMORY;
		memcpy(copy, sig, sig_len);
	}
	rv = op_init(session, OP_VERIFY, mechanism, key);
	if (rv == CKR_OK && copy != NULL) {
		session->op[OP_VERIFY]->signature = copy;
		session->op[OP_VERIFY]->signature_len = sig_len;
	} else {
		free(copy);
	}
	return rv;
}

CK_RV
op_signature_update(struct session *session, const CK_BYTE *part, CK_ULONG len)
{
	struct op *op = op_active(session, OP_VERIFY);

	return op == NULL || op->signature == NULL ? CKR_OPERATION_NOT_INITIALIZED : update(session, op, part, len);
}

CK_RV
op_signature_verify(struct session *session, bool final, const CK_BYTE *data, CK_ULONG len)
{
	struct op *op = op_active(session, OP_VERIFY);

	if (op == NULL || op->signature == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	return verify(session, op, final, data, len, op->signature, op->signature_len);
}

struct op *
op_awaiting_pin(struct session *session)
{
	struct op *op, *found = NULL;
	int kind;

	for (kind = 0; kind < OP_KINDS; kind++) {
		op = op_active(session, (enum op_kind)kind);
		if (op != NULL && op->always_authenticate && (found == NULL || !op->authorised))
			found = op;
	}
	return found;
}
