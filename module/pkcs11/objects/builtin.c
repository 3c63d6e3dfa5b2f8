/*
 * builtin.c: which objects are built in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/builtin.h"

#include <string.h>

#include "module/pkcs11/objects/record.h"

static bool
names_status(const CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_ULONG i;

	for (i = 0; i < count; i++)
		if (template[i].type == CKA_APPLICATION && template[i].ulValueLen == strlen(STATUS_APPLICATION) &&
			memcmp(template[i].pValue, STATUS_APPLICATION, template[i].ulValueLen) == 0)
			return true;
	return false;
}

void
builtin_range(const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *first, CK_OBJECT_HANDLE *last)
{
	*first = BUILTIN_STATUS;
	*last = names_status(template, count) ? BUILTIN_STATUS + 1 : BUILTIN_STATUS;
}

CK_RV
builtin_make(struct session *session, CK_OBJECT_HANDLE handle, struct token_attrs **attrs, struct secret *value)
{
	if (handle == BUILTIN_STATUS)
		return status_object_find(session, attrs, value);
	return CKR_OBJECT_HANDLE_INVALID;
}
