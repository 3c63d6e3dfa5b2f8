/*
 * module/pkcs11/mechanisms/mech_eddsa.c: Ed25519 and Ed448 (RFC 8032), pure and with an empty context, which is what
 * OpenSSL 3.0 has. A message in parts is kept until it is whole, because it is gone through twice.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

#define MESSAGE_MAX ((CK_ULONG)16 * 1024 * 1024)

struct eddsa {
	enum token_curve curve;
	const CK_BYTE *point; /* of op->key, which the operation keeps */
	size_t point_len;
	CK_BYTE *message; /* the parts */
	CK_ULONG len, room;
};

static void
eddsa_free(void *state)
{
	struct eddsa *eddsa = state;

	OPENSSL_clear_free(eddsa->message, eddsa->room);
	free(eddsa);
}

static CK_RV
eddsa_update(struct op *op, const CK_BYTE *part, CK_ULONG len)
{
	struct eddsa *eddsa = op->state;
	CK_ULONG room = eddsa->room != 0 ? eddsa->room : 1024;
	CK_BYTE *grown;

	if (len > MESSAGE_MAX - eddsa->len)
		return CKR_DATA_LEN_RANGE;
	while (room - eddsa->len < len)
		room *= 2;
	if (room != eddsa->room) {
		grown = OPENSSL_clear_realloc(eddsa->message, eddsa->room, room);
		if (grown == NULL)
			return CKR_HOST_MEMORY;
		eddsa->message = grown;
		eddsa->room = room;
	}
	if (len > 0)
		memcpy(eddsa->message + eddsa->len, part, len);
	eddsa->len += len;
	return CKR_OK;
}

/* What is signed: the parts, or what the one call gave. */
static void
whole(const struct op *op, const CK_BYTE **data, CK_ULONG *len)
{
	const struct eddsa *eddsa = op->state;

	if (!op->multi_part)
		return;
	*data = eddsa->message;
	*len = eddsa->len;
}

static CK_RV
sign_size(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_ULONG *need)
{
	const struct eddsa *eddsa = op->state;

	(void)data;
	(void)len;
	*need = token_curve_sig_size(eddsa->curve);
	return CKR_OK;
}

static CK_RV
sign_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct token_key *key = NULL;
	uint8_t sig[TOKEN_SIG_MAX];
	size_t sig_len = 0;
	CK_RV rv;

	whole(op, &data, &len);
	rv = object_load_key(op->session, op->key, &key);
	if (rv == CKR_OK)
		rv = rv_from_token(token_key_sign_message(key, data, len, sig, &sig_len));
	if (rv == CKR_OK && sig_len > *out_len)
		rv = CKR_GENERAL_ERROR;
	if (rv == CKR_OK) {
		memcpy(out, sig, sig_len);
		*out_len = sig_len;
	}
	token_key_free(key);
	return rv;
}

static CK_RV
verify_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig, CK_ULONG sig_len)
{
	const struct eddsa *eddsa = op->state;

	whole(op, &data, &len);
	return ec_verify(eddsa->curve, eddsa->point, eddsa->point_len, data, len, sig, sig_len);
}

static const struct op_ops sign_ops = { .update = eddsa_update,
	.size = sign_size,
	.finish = sign_finish,
	.free = eddsa_free };
static const struct op_ops verify_ops = { .update = eddsa_update, .verify = verify_finish, .free = eddsa_free };

/* No parameter, or one that asks for what there is: no pre-hash, no context. */
static CK_RV
check_params(const CK_MECHANISM *mechanism)
{
	const CK_EDDSA_PARAMS *params = mechanism->pParameter;

	if (mechanism->ulParameterLen == 0)
		return CKR_OK;
	if (mechanism->ulParameterLen != sizeof(*params) || params->phFlag != CK_FALSE || params->ulContextDataLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

static CK_RV
eddsa_init(struct op *op, const CK_MECHANISM *mechanism)
{
	struct eddsa *eddsa;
	CK_RV rv;

	rv = check_params(mechanism);
	if (rv != CKR_OK)
		return rv;
	eddsa = calloc(1, sizeof(*eddsa));
	if (eddsa == NULL)
		return CKR_HOST_MEMORY;
	rv = object_ec_point(op->key, &eddsa->curve, &eddsa->point, &eddsa->point_len);
	if (rv != CKR_OK) {
		eddsa_free(eddsa);
		return rv;
	}
	op->ops = op->kind == OP_SIGN ? &sign_ops : &verify_ops;
	op->state = eddsa;
	return CKR_OK;
}

const struct mech mech_eddsa[] = {
	{ .type = CKM_EDDSA,
		.info = { 255, 448, CKF_SIGN | CKF_VERIFY | MECH_CURVE_FLAGS },
		.key_type = CKK_EC_EDWARDS,
		.init = eddsa_init },
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
