/*
 * builtin.c: which objects are built in, and their attributes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/builtin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/provision.h"
#include "module/pkcs11/objects/record.h"

#define STATUS BUILTIN_FIRST
#define PROFILES (BUILTIN_FIRST + 0x10) /* and the profile's number */
#define PROFILES_END (PROFILES + CKP_HKDF_TLS_TOKEN + 1)
#define MECHANISMS (BUILTIN_FIRST + 0x100) /* and the place in the list of mechanisms */
#define MECHANISMS_MAX 256
#define PROVISION (BUILTIN_FIRST + 0x300) /* and the place among the fixed objects of renewal */
#define WAITING (BUILTIN_FIRST + 0x1000)  /* and twice the id of a key in the inbox */

_Static_assert(PROFILES_END <= MECHANISMS && MECHANISMS + MECHANISMS_MAX <= PROVISION &&
		PROVISION + PROVISION_FIXED <= WAITING && WAITING < BUILTIN_LAST,
	"handles of built-in objects");

static bool
is_class(const CK_ATTRIBUTE *attr, CK_OBJECT_CLASS object_class)
{
	return attr->type == CKA_CLASS && attr->ulValueLen == sizeof(object_class) &&
		memcmp(attr->pValue, &object_class, sizeof(object_class)) == 0;
}

/* Has a profile object all of these attributes, and the class if one is named? */
static bool
wants_profiles(const CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_ULONG i;

	for (i = 0; i < count; i++) {
		switch (template[i].type) {
		case CKA_CLASS:
			if (!is_class(&template[i], CKO_PROFILE))
				return false;
			break;
		case CKA_PROFILE_ID:
		case CKA_UNIQUE_ID:
		case CKA_TOKEN:
		case CKA_PRIVATE:
		case CKA_MODIFIABLE:
		case CKA_COPYABLE:
		case CKA_DESTROYABLE:
			break;
		default:
			return false;
		}
	}
	return true;
}

static bool
wants_mechanisms(const CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_ULONG i;

	for (i = 0; i < count; i++)
		if (is_class(&template[i], CKO_MECHANISM))
			return true;
	return false;
}

/* Does the template name this, for it to be found? */
static bool
names(const CK_ATTRIBUTE *template, CK_ULONG count, CK_ATTRIBUTE_TYPE type, const char *text)
{
	CK_ULONG i;

	for (i = 0; i < count; i++)
		if (template[i].type == type && template[i].ulValueLen == strlen(text) &&
			memcmp(template[i].pValue, text, template[i].ulValueLen) == 0)
			return true;
	return false;
}

static CK_ULONG
mechanism_count(void)
{
	CK_ULONG count = 0;

	return mech_list(NULL, &count) == CKR_OK && count <= MECHANISMS_MAX ? count : 0;
}

static size_t
provision_ranges(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, struct builtin_range *ranges)
{
	CK_ULONG first, last;
	size_t n = 0;

	if (names(template, count, CKA_LABEL, MDOC_INBOX_KEY_LABEL))
		ranges[n++] = (struct builtin_range){ PROVISION, PROVISION + PROVISION_INBOX };
	if (slot_role(session->slot) != TOKEN_PROVISIONER)
		return n;
	ranges[n++] = (struct builtin_range){ PROVISION + PROVISION_INBOX, PROVISION + PROVISION_FIXED };
	provision_waiting(session, &first, &last);
	if (last > BUILTIN_LAST - WAITING)
		last = BUILTIN_LAST - WAITING;
	ranges[n++] = (struct builtin_range){ WAITING + first, WAITING + last };
	return n;
}

size_t
builtin_ranges(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct builtin_range ranges[BUILTIN_RANGES])
{
	size_t n = 0;

	if (wants_profiles(template, count))
		ranges[n++] = (struct builtin_range){ PROFILES + CKP_BASELINE_PROVIDER, PROFILES_END };
	if (wants_mechanisms(template, count))
		ranges[n++] = (struct builtin_range){ MECHANISMS, MECHANISMS + mechanism_count() };
	if (names(template, count, CKA_APPLICATION, STATUS_APPLICATION))
		ranges[n++] = (struct builtin_range){ STATUS, STATUS + 1 };
	return n + provision_ranges(session, template, count, ranges + n);
}

bool
builtin_is_waiting(CK_OBJECT_HANDLE handle, CK_ULONG *which)
{
	*which = handle - WAITING;
	return handle >= WAITING && handle <= BUILTIN_LAST;
}

CK_RV
builtin_waiting_handle(CK_ULONG which, CK_OBJECT_HANDLE *handle)
{
	*handle = WAITING + which;
	return which <= BUILTIN_LAST - WAITING ? CKR_OK : CKR_HOST_MEMORY;
}

/* An object that only says what it is: a number of its class. The unique id is the token's serial number and that. */
static CK_RV
make_number(struct session *session, CK_OBJECT_CLASS object_class, CK_ATTRIBUTE_TYPE type, CK_ULONG number,
	struct token_attrs **out)
{
	struct token_attrs *attrs = attrs_new();
	char id[TOKEN_SERIAL_LEN + 40];

	(void)snprintf(id, sizeof(id), "%s-%s-%lx", token_serial(session->slot->token),
		object_class == CKO_PROFILE ? "profile" : "mechanism", number);
	if (attrs != NULL && attrs_set_ulong(attrs, CKA_CLASS, object_class) && attrs_set_ulong(attrs, type, number) &&
		attrs_set_bool(attrs, CKA_TOKEN, true) && attrs_set_bool(attrs, CKA_PRIVATE, false) &&
		attrs_set_bool(attrs, CKA_MODIFIABLE, false) && attrs_set_bool(attrs, CKA_COPYABLE, false) &&
		attrs_set_bool(attrs, CKA_DESTROYABLE, false) && attrs_set(attrs, CKA_UNIQUE_ID, id, strlen(id))) {
		*out = attrs;
		return CKR_OK;
	}
	attrs_free(attrs);
	return CKR_HOST_MEMORY;
}

static CK_RV
make_mechanism(struct session *session, CK_ULONG place, struct token_attrs **attrs)
{
	CK_MECHANISM_TYPE types[MECHANISMS_MAX];
	CK_ULONG count = MECHANISMS_MAX;

	if (mech_list(types, &count) != CKR_OK || place >= count)
		return CKR_OBJECT_HANDLE_INVALID;
	return make_number(session, CKO_MECHANISM, CKA_MECHANISM_TYPE, types[place], attrs);
}

CK_RV
builtin_make(struct session *session, CK_OBJECT_HANDLE handle, struct token_attrs **attrs, struct secret *value)
{
	CK_ULONG which;

	if (handle == STATUS)
		return status_object_find(session, attrs, value);
	if (builtin_is_waiting(handle, &which))
		return provision_make_waiting(session, which, attrs);
	if (handle >= PROVISION && handle < PROVISION + PROVISION_FIXED)
		return provision_make_fixed(session, handle - PROVISION, attrs, value);
	if (handle >= MECHANISMS)
		return make_mechanism(session, handle - MECHANISMS, attrs);
	if (handle > PROFILES && handle < PROFILES_END && profile_holds(session, handle - PROFILES))
		return make_number(session, CKO_PROFILE, CKA_PROFILE_ID, handle - PROFILES, attrs);
	return CKR_OBJECT_HANDLE_INVALID;
}
