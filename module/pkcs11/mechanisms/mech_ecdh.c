/*
 * module/pkcs11/mechanisms/mech_ecdh.c: CKM_ECDH1_DERIVE without a derivation function (CKD_NULL).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/mechanisms/holder.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

/* The last `want` bytes of the shared x coordinate: the standard cuts at the leading end. */
static CK_RV
cut(struct secret *shared, CK_ULONG want, struct secret *secret)
{
	if (want == 0 || want == shared->len) {
		*secret = secret_move(shared);
		return CKR_OK;
	}
	if (want > shared->len)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return secret_copy(shared->ptr + (shared->len - want), want, secret) ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV
ecdh_derive(struct session *session, const CK_MECHANISM *mechanism, struct object *base, CK_ULONG want,
	struct secret *secret)
{
	const CK_ECDH1_DERIVE_PARAMS *params = mechanism->pParameter;
	struct token_key *key = NULL;
	struct secret shared = SECRET_NONE;
	enum token_curve curve;
	const CK_BYTE *point;
	size_t len;
	enum token_result res;
	CK_RV rv;

	if (params == NULL || mechanism->ulParameterLen != sizeof(*params) || params->kdf != CKD_NULL ||
		params->ulSharedDataLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if (holder_is(base))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = object_ec_point(base, &curve, &point, &len);
	if (rv != CKR_OK)
		goto out;
	if (!ec_read_point(curve, params->pPublicData, params->ulPublicDataLen, &point, &len)) {
		rv = CKR_MECHANISM_PARAM_INVALID;
		goto out;
	}
	rv = object_load_key(session, base, &key);
	if (rv != CKR_OK)
		goto out;
	res = token_key_derive(key, point, len, &shared);
	rv = res == TOKEN_ERR_ARG ? CKR_MECHANISM_PARAM_INVALID : rv_from_token(res);
	if (rv == CKR_OK)
		rv = cut(&shared, want, secret);
out:
	secret_wipe(&shared);
	token_key_free(key);
	return rv;
}

const struct mech mech_ecdh[] = {
	{ .type = CKM_ECDH1_DERIVE,
		.info = { 256, 521, CKF_DERIVE | CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS },
		.key_type = CKK_EC,
		.derive = ecdh_derive },
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
