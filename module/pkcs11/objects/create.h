/*
 * create.h: objects come, change and go.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_CREATE_H
#define MODULE_CREATE_H

#include "module/pkcs11/objects/object.h"

CK_RV object_create(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle);
CK_RV object_copy(struct session *session, CK_OBJECT_HANDLE from, const CK_ATTRIBUTE *template, CK_ULONG count,
	CK_OBJECT_HANDLE *handle);
CK_RV object_destroy(struct session *session, CK_OBJECT_HANDLE handle);
CK_RV object_set_attributes(struct session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *template,
	CK_ULONG count);

/* A data object that is neither a record nor the status object, whose names nobody else may take:
 * CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV object_check_plain_data(const struct token_attrs *attrs);

/* C_GenerateKey and C_DeriveKey: mech.h's functions give the bytes. */
CK_RV object_generate_key(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *template,
	CK_ULONG count, CK_OBJECT_HANDLE *handle);
CK_RV object_derive_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
	const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle);
CK_RV object_generate_pair(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *public_template,
	CK_ULONG public_count, const CK_ATTRIBUTE *private_template, CK_ULONG private_count,
	CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle);

#endif
