/*
 * module/pkcs11/mechanisms/mech_ecdsa.c: ECDSA, over a digest and over a message; signatures are r||s.
 *
 * A holder key signs so until it is bound, for proofs of possession; afterwards only where the
 * area allows raw signatures, and then the signature costs the copy (holder.h).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/digest.h"
#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/mechanisms/holder.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"
#include "pkcs11-3.h"

static const struct {
	CK_MECHANISM_TYPE type;
	CK_MECHANISM_TYPE digest;
} hashed[] = {
	{ CKM_ECDSA_SHA1, CKM_SHA_1 },
	{ CKM_ECDSA_SHA224, CKM_SHA224 },
	{ CKM_ECDSA_SHA256, CKM_SHA256 },
	{ CKM_ECDSA_SHA384, CKM_SHA384 },
	{ CKM_ECDSA_SHA512, CKM_SHA512 },
	{ CKM_ECDSA_SHA3_224, CKM_SHA3_224 },
	{ CKM_ECDSA_SHA3_256, CKM_SHA3_256 },
	{ CKM_ECDSA_SHA3_384, CKM_SHA3_384 },
	{ CKM_ECDSA_SHA3_512, CKM_SHA3_512 },
};

struct ecdsa {
	EVP_MD_CTX *context; /* NULL: CKM_ECDSA, the caller hashes */
	enum token_curve curve;
	const CK_BYTE *point; /* of op->key, which the operation keeps */
	size_t point_len;
};

static void
ecdsa_free(void *state)
{
	struct ecdsa *ecdsa = state;

	EVP_MD_CTX_free(ecdsa->context);
	free(ecdsa);
}

static CK_RV
ecdsa_update(struct op *op, const CK_BYTE *part, CK_ULONG len)
{
	const struct ecdsa *ecdsa = op->state;

	return digest_update(ecdsa->context, part, len);
}

/* What is signed: the data themselves (a digest, never a longer message) or their hash. */
static CK_RV
ecdsa_digest(const struct ecdsa *ecdsa, const CK_BYTE *data, CK_ULONG len, CK_BYTE buffer[DIGEST_MAX],
	const CK_BYTE **digest, CK_ULONG *digest_len)
{
	if (ecdsa->context != NULL) {
		*digest = buffer;
		return digest_end(ecdsa->context, data, len, buffer, digest_len);
	}
	if (len == 0 || len > DIGEST_MAX)
		return CKR_DATA_LEN_RANGE;
	*digest = data;
	*digest_len = len;
	return CKR_OK;
}

static CK_RV
sign_size(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_ULONG *need)
{
	const struct ecdsa *ecdsa = op->state;

	/* A length query may come without data, but a wrong length need not wait for the PIN. */
	if (ecdsa->context == NULL && data != NULL && (len == 0 || len > DIGEST_MAX))
		return CKR_DATA_LEN_RANGE;
	*need = 2 * token_curve_size(ecdsa->curve);
	return CKR_OK;
}

static CK_RV
sign_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct token_key *key = NULL;
	CK_BYTE buffer[DIGEST_MAX];
	uint8_t sig[TOKEN_SIG_MAX];
	size_t sig_len = sizeof(sig);
	const CK_BYTE *digest;
	CK_ULONG digest_len;
	CK_RV rv;

	rv = ecdsa_digest(op->state, data, len, buffer, &digest, &digest_len);
	if (rv != CKR_OK)
		goto out;
	if (holder_is(op->key))
		rv = holder_load_raw(op->session, op->key, &key);
	else
		rv = object_load_key(op->session, op->key, &key);
	if (rv != CKR_OK)
		goto out;
	rv = rv_from_token(token_key_sign(key, digest, digest_len, sig, &sig_len));
	if (rv != CKR_OK)
		goto out;
	if (sig_len > *out_len) {
		rv = CKR_GENERAL_ERROR;
		goto out;
	}
	memcpy(out, sig, sig_len);
	*out_len = sig_len;
out:
	token_key_free(key);
	return rv;
}

static CK_RV
verify_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig, CK_ULONG sig_len)
{
	const struct ecdsa *ecdsa = op->state;
	CK_BYTE buffer[DIGEST_MAX];
	const CK_BYTE *digest;
	CK_ULONG digest_len;
	CK_RV rv;

	if (sig_len != 2 * token_curve_size(ecdsa->curve))
		return CKR_SIGNATURE_LEN_RANGE;
	rv = ecdsa_digest(ecdsa, data, len, buffer, &digest, &digest_len);
	if (rv != CKR_OK)
		return rv;
	return ec_verify(ecdsa->curve, ecdsa->point, ecdsa->point_len, digest, digest_len, sig, sig_len);
}

static const struct op_ops sign_ops = { .size = sign_size, .finish = sign_finish, .free = ecdsa_free };
static const struct op_ops sign_hashed_ops = { .update = ecdsa_update,
	.size = sign_size,
	.finish = sign_finish,
	.free = ecdsa_free };
static const struct op_ops verify_ops = { .verify = verify_finish, .free = ecdsa_free };
static const struct op_ops verify_hashed_ops = { .update = ecdsa_update, .verify = verify_finish, .free = ecdsa_free };

static CK_RV
begin_hash(CK_MECHANISM_TYPE type, EVP_MD_CTX **context)
{
	size_t i;

	for (i = 0; i < sizeof(hashed) / sizeof(*hashed); i++)
		if (hashed[i].type == type)
			return digest_begin(hashed[i].digest, context);
	return CKR_OK;
}

static CK_RV
ecdsa_init(struct op *op, const CK_MECHANISM *mechanism)
{
	struct ecdsa *ecdsa = NULL;
	CK_RV rv;

	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if (op->kind == OP_SIGN) {
		rv = holder_may_sign_raw(op->session, op->key);
		if (rv != CKR_OK)
			return rv;
	}
	ecdsa = calloc(1, sizeof(*ecdsa));
	if (ecdsa == NULL)
		return CKR_HOST_MEMORY;
	rv = object_ec_point(op->key, &ecdsa->curve, &ecdsa->point, &ecdsa->point_len);
	if (rv == CKR_OK)
		rv = begin_hash(mechanism->mechanism, &ecdsa->context);
	if (rv != CKR_OK) {
		ecdsa_free(ecdsa);
		return rv;
	}
	if (op->kind == OP_SIGN)
		op->ops = ecdsa->context != NULL ? &sign_hashed_ops : &sign_ops;
	else
		op->ops = ecdsa->context != NULL ? &verify_hashed_ops : &verify_ops;
	op->state = ecdsa;
	return CKR_OK;
}

#define ECDSA(TYPE) \
	{ \
		.type = TYPE, .info = { 256, 521, CKF_SIGN | CKF_VERIFY | MECH_EC_FLAGS }, .key_type = CKK_EC, \
		.init = ecdsa_init \
	}

const struct mech mech_ecdsa[] = {
	ECDSA(CKM_ECDSA),
	ECDSA(CKM_ECDSA_SHA1),
	ECDSA(CKM_ECDSA_SHA224),
	ECDSA(CKM_ECDSA_SHA256),
	ECDSA(CKM_ECDSA_SHA384),
	ECDSA(CKM_ECDSA_SHA512),
	ECDSA(CKM_ECDSA_SHA3_224),
	ECDSA(CKM_ECDSA_SHA3_256),
	ECDSA(CKM_ECDSA_SHA3_384),
	ECDSA(CKM_ECDSA_SHA3_512),
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
