/*
 * profile.c: which profiles of "PKCS #11 Profiles" 3.1 and 3.2 (OASIS) a token keeps.
 *
 * Baseline Provider (3.2, clause 5.1): the functions that say what there is and find and read objects,
 * C_GetInterface(List) among them; CKA_UNIQUE_ID; this object. No mechanism is asked for.
 *
 * Extended Provider (5.3): Baseline, C_GetMechanismList and -Info, C_Login, C_LoginUser, C_Logout.
 *
 * Authentication Token (5.4): Baseline, private and public keys, login as above, C_SignInit and C_Sign. No
 * mechanism is asked for; the key in the specification's test case is an RSA key, of which we have none.
 *
 * Public Certificates Token (5.5): Baseline, certificates, and of those that are there: all can be read without
 * a login, each has the CKA_ID of its private key, and the public key with that CKA_ID can be found without a
 * login. That depends on what has been stored, so it is looked at each time, as far as the login shows.
 *
 * HKDF TLS Token (5.6): Baseline, data objects, secret keys, and C_DeriveKey by CKM_HKDF_DATA whatever its info.
 *
 * Complete Provider (5.2) is the whole specification, which nobody has.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/builtin.h"

static CK_OBJECT_CLASS
class_of(const struct token_object *object)
{
	return attrs_ulong(object->attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
}

static bool
same(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b)
{
	return a != NULL && b != NULL && a->ulValueLen == b->ulValueLen &&
		memcmp(a->pValue, b->pValue, a->ulValueLen) == 0;
}

/* Are the keys of one certificate where its CKA_ID says, and is the public one there for everybody? */
static bool
keys_are_found(struct token *token, const struct token_object *certificate)
{
	const CK_ATTRIBUTE *info = attrs_find(certificate->attrs, CKA_PUBLIC_KEY_INFO);
	const CK_ATTRIBUTE *id = attrs_find(certificate->attrs, CKA_ID);
	const struct token_object **keys = NULL;
	bool has_private = false, has_public = false, ids_match = true;
	size_t count = 0, i;

	if (info == NULL)
		return true;
	if (token_objects_match(token, info, 1, &keys, &count) != TOKEN_OK)
		return false;
	for (i = 0; i < count; i++) {
		if (!same(attrs_find(keys[i]->attrs, CKA_PUBLIC_KEY_INFO), info))
			continue;
		if (class_of(keys[i]) == CKO_PRIVATE_KEY) {
			has_private = true;
			ids_match = ids_match && same(attrs_find(keys[i]->attrs, CKA_ID), id);
		} else if (class_of(keys[i]) == CKO_PUBLIC_KEY && !keys[i]->private_) {
			has_public = has_public || same(attrs_find(keys[i]->attrs, CKA_ID), id);
		}
	}
	token_objects_free(keys, count);
	return !has_private || (ids_match && has_public);
}

static bool
has_public_certificates(struct session *session)
{
	struct token *token = session->slot->token;
	CK_OBJECT_CLASS certificate_class = CKO_CERTIFICATE;
	const CK_ATTRIBUTE wanted = { CKA_CLASS, &certificate_class, sizeof(certificate_class) };
	const struct token_object **objects = NULL;
	bool good = true;
	size_t count = 0, i;

	if (token_objects_match(token, &wanted, 1, &objects, &count) != TOKEN_OK)
		return false;
	for (i = 0; i < count && good; i++)
		if (class_of(objects[i]) == CKO_CERTIFICATE)
			good = !objects[i]->private_ && keys_are_found(token, objects[i]);
	token_objects_free(objects, count);
	return good;
}

bool
profile_holds(struct session *session, CK_ULONG profile)
{
	switch (profile) {
	case CKP_BASELINE_PROVIDER:
	case CKP_EXTENDED_PROVIDER:
	case CKP_AUTHENTICATION_TOKEN:
		return true;
	case CKP_PUBLIC_CERTIFICATES_TOKEN:
		return has_public_certificates(session);
	case CKP_HKDF_TLS_TOKEN:
		return mech_find(CKM_HKDF_DATA) != NULL;
	default:
		return false;
	}
}
