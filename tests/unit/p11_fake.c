/*
 * tests/unit/p11_fake.c: a PKCS#11 module that answers what the test tells it to.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/p11_fake.h"

#include <CUnit/CUnit.h>
#include <string.h>

struct p11_fake fake;

static CK_RV
fake_get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attr, CK_ULONG count)
{
	const void *value = NULL;
	size_t len = 0;
	const CK_BBOOL always = fake.always ? CK_TRUE : CK_FALSE;
	static const CK_BYTE id[] = { 7 };
	static const CK_KEY_TYPE type = CKK_EC;
	static const CK_BYTE secret[100] = { 1 };

	(void)session;
	CU_ASSERT_EQUAL(count, 1);
	switch (attr->type) {
	case CKA_ALWAYS_AUTHENTICATE:
		value = &always;
		len = sizeof(always);
		break;
	case CKA_KEY_TYPE:
		value = object == 1 ? &fake.type : &type;
		len = sizeof(type);
		break;
	case CKA_EC_PARAMS:
		value = object == 1 && fake.params_hidden ? NULL : fake.params;
		len = fake.params_len;
		break;
	case CKA_ID:
		value = id;
		len = sizeof(id);
		break;
	case CKA_PUBLIC_KEY_INFO:
		value = object == 1 && fake.info_len > 0 ? fake.info : NULL;
		len = fake.info_len;
		break;
	case CKA_VALUE:
		value = object == SECRET && !fake.sensitive ? secret : NULL;
		len = fake.secret_len;
		break;
	case CKA_EC_POINT:
		value = object == 1 && !fake.point_on_private ? NULL : fake.point;
		len = fake.point_len;
		break;
	default:
		break;
	}
	if (value == NULL) {
		attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return object == SECRET ? CKR_ATTRIBUTE_SENSITIVE : CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (attr->ulValueLen < len)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(attr->pValue, value, len);
	if (fake.differ && attr->type == CKA_EC_POINT && object == 3)
		((CK_BYTE *)attr->pValue)[len - 1] ^= 1;
	attr->ulValueLen = len;
	return CKR_OK;
}

static CK_RV
fake_find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attr, CK_ULONG count)
{
	(void)session;
	(void)attr;
	(void)count;
	return CKR_OK;
}

static CK_RV
fake_find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *object, CK_ULONG max, CK_ULONG *count)
{
	(void)session;
	*count = fake.public_keys < max ? fake.public_keys : max;
	for (CK_ULONG i = 0; i < *count; i++)
		object[i] = 2 + i;
	return CKR_OK;
}

static CK_RV
fake_find_final(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV
fake_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE object)
{
	(void)session;
	(void)object;
	if (fake.active)
		return CKR_OPERATION_ACTIVE;
	fake.mechanism = mechanism->mechanism;
	if (mechanism->mechanism == CKM_EDDSA && fake.params_rv[mechanism->ulParameterLen != 0] != CKR_OK)
		return fake.params_rv[mechanism->ulParameterLen != 0];
	fake.active = true;
	return CKR_OK;
}

static CK_RV
fake_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig, CK_ULONG *sig_len)
{
	(void)session;
	(void)data;
	(void)len;
	if (!fake.active)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (sig == NULL) {
		*sig_len = fake.sig_len;
		return CKR_OK;
	}
	if (*sig_len < fake.sig_len) {
		*sig_len = fake.sig_len;
		return CKR_BUFFER_TOO_SMALL;
	}
	fake.active = false;
	if (fake.always && !fake.logged_in)
		return CKR_USER_NOT_LOGGED_IN;
	fake.logged_in = false;
	if (fake.sign_rv != CKR_OK)
		return fake.sign_rv;
	memset(sig, 0xa5, fake.sig_len);
	*sig_len = fake.sig_len;
	fake.signatures++;
	return CKR_OK;
}

static CK_RV
fake_derive(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_ATTRIBUTE *attr,
	CK_ULONG count, CK_OBJECT_HANDLE *secret)
{
	const CK_ECDH1_DERIVE_PARAMS *params = mechanism->pParameter;

	(void)session;
	(void)key;
	CU_ASSERT_EQUAL(mechanism->mechanism, CKM_ECDH1_DERIVE);
	CU_ASSERT_EQUAL(params->kdf, CKD_NULL);
	for (CK_ULONG i = 0; i < count; i++)
		CU_ASSERT_TRUE(attr[i].type != CKA_TOKEN || *(CK_BBOOL *)attr[i].pValue == CK_FALSE);
	if (fake.needs_der && params->ulPublicDataLen != 67)
		return CKR_MECHANISM_PARAM_INVALID;
	fake.secrets++;
	*secret = SECRET;
	return CKR_OK;
}

static CK_RV
fake_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	(void)session;
	CU_ASSERT_EQUAL(object, SECRET);
	fake.secrets--;
	return CKR_OK;
}

static CK_RV
fake_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	if (slot != 0)
		return CKR_SLOT_ID_INVALID;
	if (list != NULL) {
		list[0] = CKM_ECDSA;
		list[1] = fake.listed;
	}
	*count = 2;
	return CKR_OK;
}

CK_FUNCTION_LIST fake_module = {
	.version = { 2, 40 },
	.C_GetAttributeValue = fake_get_attributes,
	.C_FindObjectsInit = fake_find_init,
	.C_FindObjects = fake_find,
	.C_FindObjectsFinal = fake_find_final,
	.C_SignInit = fake_sign_init,
	.C_Sign = fake_sign,
	.C_GetMechanismList = fake_mechanisms,
	.C_DeriveKey = fake_derive,
	.C_DestroyObject = fake_destroy,
};

static const CK_BYTE p256_params[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

void
fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.type = CKK_EC;
	fake.sig_len = 64;
	fake.params_len = sizeof(p256_params);
	memcpy(fake.params, p256_params, sizeof(p256_params));
}
