/*
 * find.c: searches. What matches is settled at C_FindObjectsInit; objects that go meanwhile
 * leave a handle that names nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/find.h"

#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/objects/template.h"

struct find {
	CK_OBJECT_HANDLE *handles;
	CK_ULONG count, next;
};

void
find_free(struct find *find)
{
	if (find == NULL)
		return;
	free(find->handles);
	free(find);
}

/* Lengths that are none, and values that are nowhere. */
static bool
can_be_read(const CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_ULONG i;

	for (i = 0; i < count; i++)
		if (template[i].ulValueLen == CK_UNAVAILABLE_INFORMATION ||
			(template[i].pValue == NULL && template[i].ulValueLen != 0))
			return false;
	return true;
}

CK_RV
find_init(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct find *find;
	CK_RV rv;

	if ((template == NULL && count != 0) || count > TEMPLATE_MAX)
		return CKR_ARGUMENTS_BAD;
	if (session->find != NULL)
		return CKR_OPERATION_ACTIVE;
	if (!can_be_read(template, count))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	find = calloc(1, sizeof(*find));
	if (find == NULL)
		return CKR_HOST_MEMORY;
	rv = object_search(session, template, count, &find->handles, &find->count);
	if (rv != CKR_OK) {
		find_free(find);
		return rv;
	}
	session->find = find;
	return CKR_OK;
}

CK_RV
find_next(struct session *session, CK_OBJECT_HANDLE *handles, CK_ULONG max, CK_ULONG *count)
{
	struct find *find = session->find;
	CK_ULONG n;

	if (count == NULL || (handles == NULL && max != 0))
		return CKR_ARGUMENTS_BAD;
	if (find == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	n = find->count - find->next;
	if (n > max)
		n = max;
	if (n > 0)
		memcpy(handles, find->handles + find->next, n * sizeof(*handles));
	find->next += n;
	*count = n;
	return CKR_OK;
}

CK_RV
find_final(struct session *session)
{
	if (session->find == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	find_free(session->find);
	session->find = NULL;
	return CKR_OK;
}
