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

/*
 * What the class of an object from outside asks for beyond its table: checked, and completed in attrs.
 * value  CKA_VALUE of what keeps it apart; of a private key its private bytes, which get their full length
 * spec   as record_create() fills it in; NULL where no record can be
 */
CK_RV object_finish_class(struct session *session, CK_OBJECT_CLASS object_class, struct token_attrs *attrs,
	struct secret *value, struct token_object_spec *spec);

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

/* C_WrapKey and C_UnwrapKey. */
CK_RV object_wrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
	CK_OBJECT_HANDLE handle, CK_BYTE *out, CK_ULONG *out_len);
CK_RV object_unwrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping,
	const CK_BYTE *wrapped, CK_ULONG len, const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle);

#endif
