/*
 * module/pkcs11/mechanisms/mech.c: all mechanisms, in the order in which C_GetMechanismList shows them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/mech.h"

/* Key pairs come from the token itself (object_generate_pair), so there is nothing to run here. */
const struct mech mech_keygen[] = {
	{ .type = CKM_EC_KEY_PAIR_GEN,
		.info = { 256, 521, CKF_GENERATE_KEY_PAIR | MECH_EC_FLAGS },
		.key_type = CKK_EC },
	{ .type = CKM_EC_EDWARDS_KEY_PAIR_GEN,
		.info = { 255, 448, CKF_GENERATE_KEY_PAIR | MECH_CURVE_FLAGS },
		.key_type = CKK_EC_EDWARDS },
	{ .type = CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
		.info = { 255, 448, CKF_GENERATE_KEY_PAIR | MECH_CURVE_FLAGS },
		.key_type = CKK_EC_MONTGOMERY },
	{ .type = CK_UNAVAILABLE_INFORMATION },
};

static const struct mech *const families[] = { mech_keygen, mech_ecdsa, mech_eddsa, mech_ecdh, mech_mdoc, mech_digests,
	mech_aes, mech_macs, mech_secrets, mech_hkdf };

#define FAMILIES (sizeof(families) / sizeof(*families))

const struct mech *
mech_find(CK_MECHANISM_TYPE type)
{
	const struct mech *mech;
	size_t i;

	if (type == CK_UNAVAILABLE_INFORMATION)
		return NULL;
	for (i = 0; i < FAMILIES; i++)
		for (mech = families[i]; mech->type != CK_UNAVAILABLE_INFORMATION; mech++)
			if (mech->type == type)
				return mech;
	return NULL;
}

bool
mech_takes(const struct mech *mech, CK_KEY_TYPE type)
{
	return type == mech->key_type || (mech->or_type != 0 && type == mech->or_type);
}

bool
mech_has_pair(const struct mech *mech)
{
	return mech->key_type == CKK_EC || mech->key_type == CKK_EC_EDWARDS || mech->key_type == CKK_EC_MONTGOMERY;
}

/* Whatever signs data signs messages; ours sign records, and a copy of those once. */
CK_FLAGS
mech_flags(const struct mech *mech)
{
	const bool in_parts = mech->type != CKM_ECDSA;
	CK_FLAGS flags = mech->info.flags;

	if ((mech->type & CKM_VENDOR_DEFINED) == 0) {
		flags |= (flags & CKF_SIGN) != 0 ? CKF_MESSAGE_SIGN : 0;
		flags |= (flags & CKF_VERIFY) != 0 ? CKF_MESSAGE_VERIFY : 0;
		flags |= (flags & (CKF_SIGN | CKF_VERIFY)) != 0 && in_parts ? CKF_MULTI_MESSAGE : 0;
	}
	return flags;
}

CK_RV
mech_list(CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	const struct mech *mech;
	CK_ULONG room;
	CK_ULONG n = 0;
	size_t i;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	for (i = 0; i < FAMILIES; i++)
		for (mech = families[i]; mech->type != CK_UNAVAILABLE_INFORMATION; mech++)
			n++;
	room = *count;
	*count = n;
	if (list == NULL)
		return CKR_OK;
	if (room < n)
		return CKR_BUFFER_TOO_SMALL;
	for (i = 0, n = 0; i < FAMILIES; i++)
		for (mech = families[i]; mech->type != CK_UNAVAILABLE_INFORMATION; mech++)
			list[n++] = mech->type;
	return CKR_OK;
}

CK_RV
mech_info(CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	const struct mech *mech = mech_find(type);

	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	if (mech == NULL)
		return CKR_MECHANISM_INVALID;
	*info = mech->info;
	info->flags = mech_flags(mech);
	return CKR_OK;
}
