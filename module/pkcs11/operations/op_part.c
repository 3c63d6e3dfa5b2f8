/*
 * op_part.c: parts that give something back at once: C_EncryptUpdate, C_DecryptUpdate, and both of them together
 * with a digest, a signature or its verification.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/operations/op.h"
#include "module/pkcs11/slots/session.h"

/* Is there room? A length query and a short buffer end here, and nothing was taken in. */
static CK_RV
measure(const struct op *op, const CK_BYTE *in, CK_ULONG len, const CK_BYTE *out, CK_ULONG *out_len, bool *go_on)
{
	CK_ULONG need = 0;
	CK_RV rv;

	if (out_len == NULL || (in == NULL && len != 0))
		return CKR_ARGUMENTS_BAD;
	if (op->ops->part == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = op->ops->part_size(op, len, &need);
	if (rv != CKR_OK)
		return rv;
	*go_on = out == NULL || *out_len < need;
	if (*go_on) {
		*out_len = need;
		return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	/* The PIN check of an always-authenticating key is used up by the end, not by a part. */
	return op->always_authenticate && !op->authorised ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

static CK_RV
run_part(struct op *op, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	op->multi_part = true;
	return op->ops->part(op, in, len, out, out_len);
}

CK_RV
op_part(struct session *session, enum op_kind kind, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct op *op = op_active(session, kind);
	bool go_on = false;
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = measure(op, in, len, out, out_len, &go_on);
	if (rv == CKR_OK && !go_on)
		rv = run_part(op, in, len, out, out_len);
	if (rv != CKR_OK && !go_on)
		op_end(session, kind);
	return rv;
}

CK_RV
op_dual_part(struct session *session, enum op_kind cipher, enum op_kind other, const CK_BYTE *in, CK_ULONG len,
	CK_BYTE *out, CK_ULONG *out_len)
{
	struct op *op = op_active(session, cipher);
	bool go_on = false;
	CK_RV rv;

	if (op == NULL || op_active(session, other) == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = measure(op, in, len, out, out_len, &go_on);
	if (go_on)
		return rv;
	/* The plaintext is taken in before encryption in place overwrites it. */
	if (rv == CKR_OK && cipher == OP_ENCRYPT)
		rv = op_update(session, other, in, len);
	if (rv == CKR_OK)
		rv = run_part(op, in, len, out, out_len);
	if (rv == CKR_OK && cipher == OP_DECRYPT)
		rv = op_update(session, other, out, *out_len);
	if (rv != CKR_OK) {
		op_end(session, cipher);
		op_end(session, other);
	}
	return rv;
}
