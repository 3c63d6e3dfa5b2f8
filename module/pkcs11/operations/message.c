/*
 * message.c: the frame of messages.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/operations/message.h"

#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/slots/session.h"
#include "pkcs11-3.h"

/* OP_MESSAGE_SIGN and OP_MESSAGE_VERIFY: every message is an operation of its own. */
struct signing {
	struct op *each; /* the message, or the next one; NULL: to be made */
	CK_MECHANISM mechanism;
	CK_ULONG number; /* its parameter, where it has one */
};

static void
signing_free(void *state)
{
	struct signing *signing = state;

	op_free(signing->each);
	free(signing);
}

static const struct op_ops signing_ops = { .free = signing_free };

/* The operation of the next message. */
static CK_RV
next_one(struct op *op)
{
	const enum op_kind kind = op->kind == OP_MESSAGE_SIGN ? OP_SIGN : OP_VERIFY;
	struct signing *signing = op->state;

	if (signing->each != NULL)
		return CKR_OK;
	return op_make(op->session, kind, &signing->mechanism, op->key, &signing->each);
}

CK_RV
message_start(struct op *op, const CK_MECHANISM *mechanism)
{
	struct signing *signing;

	if (mechanism->ulParameterLen != 0 && mechanism->ulParameterLen != sizeof(signing->number))
		return CKR_MECHANISM_PARAM_INVALID;
	signing = calloc(1, sizeof(*signing));
	if (signing == NULL)
		return CKR_HOST_MEMORY;
	op->ops = &signing_ops;
	op->state = signing;
	signing->mechanism.mechanism = mechanism->mechanism;
	if (mechanism->ulParameterLen != 0) {
		memcpy(&signing->number, mechanism->pParameter, sizeof(signing->number));
		signing->mechanism.pParameter = &signing->number;
		signing->mechanism.ulParameterLen = sizeof(signing->number);
	}
	return next_one(op); /* what is wrong with mechanism and key is said now */
}

static void
drop_one(struct op *op)
{
	struct signing *signing = op->state;

	op_free(signing->each);
	signing->each = NULL;
	op->in_message = false;
}

CK_RV
message_sign(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
	CK_ULONG *sig_len)
{
	struct op *op = op_active(session, OP_MESSAGE_SIGN);
	struct signing *signing;
	bool go_on = false;
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (op->in_message)
		return CKR_OPERATION_ACTIVE;
	if (sig_len == NULL || parameter_len != 0 || (data == NULL && len != 0))
		return CKR_ARGUMENTS_BAD;
	signing = op->state;
	rv = next_one(op);
	if (rv != CKR_OK)
		return rv;
	signing->each->authorised = op->authorised;
	rv = op_finish(signing->each, data, len, sig, sig_len, &go_on);
	op->authorised = signing->each->authorised;
	if (!go_on)
		drop_one(op);
	return rv;
}

CK_RV
message_verify(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig,
	CK_ULONG sig_len)
{
	struct op *op = op_active(session, OP_MESSAGE_VERIFY);
	struct op *each;
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (op->in_message)
		return CKR_OPERATION_ACTIVE;
	if (sig == NULL || parameter_len != 0 || (data == NULL && len != 0))
		return CKR_ARGUMENTS_BAD;
	rv = next_one(op);
	if (rv != CKR_OK)
		return rv;
	each = ((struct signing *)op->state)->each;
	rv = each->ops->verify(each, data, len, sig, sig_len);
	drop_one(op);
	return rv;
}

CK_RV
message_begin(struct session *session, enum op_kind kind, CK_ULONG parameter_len)
{
	struct op *op = op_active(session, kind);
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (op->in_message)
		return CKR_OPERATION_ACTIVE;
	if (parameter_len != 0)
		return CKR_ARGUMENTS_BAD;
	rv = next_one(op);
	if (rv == CKR_OK && ((struct signing *)op->state)->each->ops->update == NULL)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	op->in_message = rv == CKR_OK;
	return rv;
}

static CK_RV
take_part(struct op *each, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len)
{
	if (parameter_len != 0 || (data == NULL && len != 0))
		return CKR_ARGUMENTS_BAD;
	each->multi_part = true;
	return each->ops->update(each, data, len);
}

/* The last part is only taken in when there is room for the signature. */
static CK_RV
sign_last(struct op *op, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len, CK_BYTE *sig, CK_ULONG *sig_len,
	bool *go_on)
{
	struct op *each = ((struct signing *)op->state)->each;
	CK_ULONG need = 0;
	CK_RV rv;

	if (data == NULL && len != 0)
		return CKR_ARGUMENTS_BAD;
	rv = each->ops->size(each, NULL, 0, &need);
	if (rv != CKR_OK)
		return rv;
	*go_on = sig == NULL || *sig_len < need;
	if (*go_on) {
		*sig_len = need;
		return sig == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	rv = take_part(each, parameter_len, data, len);
	if (rv != CKR_OK)
		return rv;
	each->authorised = op->authorised;
	rv = op_finish(each, NULL, 0, sig, sig_len, go_on);
	op->authorised = each->authorised;
	return rv;
}

CK_RV
message_sign_next(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
	CK_ULONG *sig_len)
{
	struct op *op = op_active(session, OP_MESSAGE_SIGN);
	bool go_on = false;
	CK_RV rv;

	if (op == NULL || !op->in_message)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (sig_len != NULL) {
		rv = sign_last(op, parameter_len, data, len, sig, sig_len, &go_on);
	} else {
		rv = take_part(((struct signing *)op->state)->each, parameter_len, data, len);
		go_on = rv == CKR_OK;
	}
	if (!go_on)
		drop_one(op);
	return rv;
}

CK_RV
message_verify_next(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len,
	const CK_BYTE *sig, CK_ULONG sig_len)
{
	struct op *op = op_active(session, OP_MESSAGE_VERIFY);
	struct op *each;
	CK_RV rv;

	if (op == NULL || !op->in_message)
		return CKR_OPERATION_NOT_INITIALIZED;
	each = ((struct signing *)op->state)->each;
	rv = take_part(each, parameter_len, data, len);
	if (rv == CKR_OK && sig != NULL)
		rv = each->ops->verify(each, NULL, 0, sig, sig_len);
	if (rv != CKR_OK || sig != NULL)
		drop_one(op);
	return rv;
}

/* Is there room? As in op_finish(). */
static CK_RV
measure(const struct op *op, CK_ULONG len, bool last, const CK_BYTE *out, CK_ULONG *out_len, bool *go_on)
{
	CK_ULONG need = 0;
	CK_RV rv = op->ops->message_size(op, len, last, &need);

	if (rv != CKR_OK)
		return rv;
	*go_on = out == NULL || *out_len < need;
	if (*go_on)
		*out_len = need;
	return out != NULL && *go_on ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

static void
drop_message(struct op *op)
{
	op->ops->message_drop(op);
	op->in_message = false;
}

CK_RV
message_crypt(struct session *session, enum op_kind kind, void *parameter, CK_ULONG parameter_len, const CK_BYTE *aad,
	CK_ULONG aad_len, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct op *op = op_active(session, kind);
	bool go_on = false;
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (op->in_message)
		return CKR_OPERATION_ACTIVE;
	if (out_len == NULL || (in == NULL && len != 0) || (aad == NULL && aad_len != 0))
		return CKR_ARGUMENTS_BAD;
	rv = measure(op, len, true, out, out_len, &go_on);
	if (rv != CKR_OK || go_on)
		return rv;
	rv = op_authorise(op);
	if (rv == CKR_OK)
		rv = op->ops->message_begin(op, parameter, parameter_len, aad, aad_len);
	if (rv == CKR_OK)
		rv = op->ops->message_next(op, parameter, parameter_len, in, len, true, out, out_len);
	drop_message(op);
	return rv;
}

CK_RV
message_crypt_begin(struct session *session, enum op_kind kind, void *parameter, CK_ULONG parameter_len,
	const CK_BYTE *aad, CK_ULONG aad_len)
{
	struct op *op = op_active(session, kind);
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (op->in_message)
		return CKR_OPERATION_ACTIVE;
	if (aad == NULL && aad_len != 0)
		return CKR_ARGUMENTS_BAD;
	rv = op_authorise(op);
	if (rv == CKR_OK)
		rv = op->ops->message_begin(op, parameter, parameter_len, aad, aad_len);
	op->in_message = rv == CKR_OK;
	return rv;
}

CK_RV
message_crypt_next(struct session *session, enum op_kind kind, void *parameter, CK_ULONG parameter_len,
	const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len, CK_FLAGS flags)
{
	struct op *op = op_active(session, kind);
	const bool last = (flags & CKF_END_OF_MESSAGE) != 0;
	bool go_on = false;
	CK_RV rv = CKR_ARGUMENTS_BAD;

	if (op == NULL || !op->in_message)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (out_len == NULL || (in == NULL && len != 0) || (flags & ~(CK_FLAGS)CKF_END_OF_MESSAGE) != 0)
		goto out;
	rv = measure(op, len, last, out, out_len, &go_on);
	if (rv == CKR_OK && !go_on) {
		rv = op->ops->message_next(op, parameter, parameter_len, in, len, last, out, out_len);
		go_on = rv == CKR_OK && !last;
	}
out:
	if (!go_on)
		drop_message(op);
	return rv;
}

CK_RV
message_final(struct session *session, enum op_kind kind)
{
	if (op_active(session, kind) == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	op_end(session, kind);
	return CKR_OK;
}
