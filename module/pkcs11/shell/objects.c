/*
 * objects.c: C_* of objects and of the keys that become objects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/call.h"
#include "module/pkcs11/objects/create.h"
#include "module/pkcs11/objects/find.h"
#include "module/pkcs11/objects/getattr.h"

CK_RV
C_CreateObject(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, unsigned long ulCount, CK_OBJECT_HANDLE *phObject)
{
	SESSION_CALL(hSession, object_create(session, pTemplate, ulCount, phObject), T_TEMPLATE(pTemplate, ulCount),
		T_RESULT(phObject));
}

CK_RV
C_CopyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, unsigned long ulCount,
	CK_OBJECT_HANDLE *phNewObject)
{
	SESSION_CALL(hSession, object_copy(session, hObject, pTemplate, ulCount, phNewObject), T_HANDLE(hObject),
		T_TEMPLATE(pTemplate, ulCount), T_RESULT(phNewObject));
}

CK_RV
C_DestroyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject)
{
	SESSION_CALL(hSession, object_destroy(session, hObject), T_HANDLE(hObject));
}

CK_RV
C_GetObjectSize(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, unsigned long *pulSize)
{
	SESSION_CALL(hSession, getattr_size(session, hObject, pulSize), T_HANDLE(hObject), T_RESULT(pulSize));
}

CK_RV
C_GetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
	unsigned long ulCount)
{
	SESSION_CALL(hSession, getattr_read(session, hObject, pTemplate, ulCount), T_HANDLE(hObject),
		T_WANTED(pTemplate, ulCount));
}

CK_RV
C_SetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
	unsigned long ulCount)
{
	SESSION_CALL(hSession, object_set_attributes(session, hObject, pTemplate, ulCount), T_HANDLE(hObject),
		T_TEMPLATE(pTemplate, ulCount));
}

CK_RV
C_FindObjectsInit(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, unsigned long ulCount)
{
	SESSION_CALL(hSession, find_init(session, pTemplate, ulCount), T_TEMPLATE(pTemplate, ulCount));
}

CK_RV
C_FindObjects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE *phObject, unsigned long ulMaxObjectCount,
	unsigned long *pulObjectCount)
{
	SESSION_CALL(hSession, find_next(session, phObject, ulMaxObjectCount, pulObjectCount),
		T_NUMBER(ulMaxObjectCount), T_FOUND(phObject, pulObjectCount));
}

CK_RV
C_FindObjectsFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, find_final(session));
}

CK_RV
C_GenerateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pTemplate, unsigned long ulCount,
	CK_OBJECT_HANDLE *phKey)
{
	SESSION_CALL(hSession, object_generate_key(session, pMechanism, pTemplate, ulCount, phKey),
		T_MECHANISM(pMechanism), T_TEMPLATE(pTemplate, ulCount), T_RESULT(phKey));
}

CK_RV
C_GenerateKeyPair(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pPublicKeyTemplate,
	unsigned long ulPublicKeyAttributeCount, CK_ATTRIBUTE *pPrivateKeyTemplate,
	unsigned long ulPrivateKeyAttributeCount, CK_OBJECT_HANDLE *phPublicKey, CK_OBJECT_HANDLE *phPrivateKey)
{
	SESSION_CALL(hSession,
		object_generate_pair(session, pMechanism, pPublicKeyTemplate, ulPublicKeyAttributeCount,
			pPrivateKeyTemplate, ulPrivateKeyAttributeCount, phPublicKey, phPrivateKey),
		T_MECHANISM(pMechanism), T_TEMPLATE(pPublicKeyTemplate, ulPublicKeyAttributeCount),
		T_TEMPLATE(pPrivateKeyTemplate, ulPrivateKeyAttributeCount), T_RESULT(phPublicKey),
		T_RESULT(phPrivateKey));
}

CK_RV
C_DeriveKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hBaseKey, CK_ATTRIBUTE *pTemplate,
	unsigned long ulAttributeCount, CK_OBJECT_HANDLE *phKey)
{
	SESSION_CALL(hSession, object_derive_key(session, pMechanism, hBaseKey, pTemplate, ulAttributeCount, phKey),
		T_MECHANISM(pMechanism), T_HANDLE(hBaseKey), T_TEMPLATE(pTemplate, ulAttributeCount), T_RESULT(phKey));
}

CK_RV
C_WrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hWrappingKey, CK_OBJECT_HANDLE hKey,
	unsigned char *pWrappedKey, unsigned long *pulWrappedKeyLen)
{
	SESSION_CALL(hSession, object_wrap_key(session, pMechanism, hWrappingKey, hKey, pWrappedKey, pulWrappedKeyLen),
		T_MECHANISM(pMechanism), T_HANDLE(hWrappingKey), T_HANDLE(hKey),
		T_BUFFER(pWrappedKey, pulWrappedKeyLen));
}

CK_RV
C_UnwrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hUnwrappingKey,
	unsigned char *pWrappedKey, unsigned long ulWrappedKeyLen, CK_ATTRIBUTE *pTemplate,
	unsigned long ulAttributeCount, CK_OBJECT_HANDLE *phKey)
{
	SESSION_CALL(hSession,
		object_unwrap_key(session, pMechanism, hUnwrappingKey, pWrappedKey, ulWrappedKeyLen, pTemplate,
			ulAttributeCount, phKey),
		T_MECHANISM(pMechanism), T_HANDLE(hUnwrappingKey), T_DATA(pWrappedKey, ulWrappedKeyLen),
		T_TEMPLATE(pTemplate, ulAttributeCount), T_RESULT(phKey));
}
