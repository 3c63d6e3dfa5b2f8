/*
 * grant.c: the systems that the access matrix lets into an area, and the gates of the card's face.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/grant.h"

#include <string.h>

#include "module/pkcs11/shell/rv.h"

static bool
is_name(const CK_UTF8CHAR *name)
{
	const size_t len = name != NULL ? strnlen((const char *)name, TOKEN_NAME_MAX + 1) : 0;

	return len >= 1 && len <= TOKEN_NAME_MAX;
}

static CK_RV
take_spec(const CK_MDOC_GRANT *grant, struct secret *number, struct token_grant_spec *spec)
{
	const CK_FLAGS known = CKF_MDOC_RIGHT_READ | CKF_MDOC_RIGHT_WRITE | CKF_MDOC_RIGHT_PIN | CKF_MDOC_RIGHT_FRONT;

	if (grant == NULL || !is_name(grant->pName) || (grant->rights & ~known) != 0 || grant->ulTries > 100 ||
		(grant->pNumber == NULL && grant->ulNumberLen != 0) || grant->ulNumberLen > MDOC_NUMBER_MAX)
		return CKR_ARGUMENTS_BAD;
	if (grant->ulNumberLen > 0 && !secret_copy(grant->pNumber, grant->ulNumberLen, number))
		return CKR_HOST_MEMORY;
	*spec = (struct token_grant_spec){ .name = (const char *)grant->pName,
		.rights = (unsigned)grant->rights,
		.tries = (unsigned)grant->ulTries,
		.number = *number };
	return CKR_OK;
}

/* A named user is what an area lacks here, and a try is none of its holder's. */
static CK_RV
rv_from_grant(enum token_result res)
{
	return res == TOKEN_ERR_NOT_FOUND ? CKR_DEVICE_REMOVED : rv_from_token(res);
}

CK_RV
grant_make(struct session *session, const CK_MDOC_GRANT *grant, CK_UTF8CHAR *credential, CK_ULONG *len)
{
	struct slot *slot = session->slot;
	struct token_grant_spec spec;
	struct secret number = SECRET_NONE;
	struct secret made = SECRET_NONE;
	CK_ULONG room;
	CK_RV rv;

	if (len == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = take_spec(grant, &number, &spec);
	if (rv != CKR_OK)
		return rv;
	room = *len;
	*len = number.len > 0 ? 0 : MDOC_CREDENTIAL_LEN;
	if (*len > 0 && (credential == NULL || room < *len))
		return credential == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	pthread_mutex_lock(&slot->login);
	rv = rv_from_grant(token_grant(slot->token, &spec, &made));
	pthread_mutex_unlock(&slot->login);
	if (rv == CKR_OK && made.len > 0)
		memcpy(credential, made.ptr, made.len);
	secret_wipe(&made);
	secret_wipe(&number);
	return rv;
}

CK_RV
grant_revoke(struct session *session, const CK_UTF8CHAR *name)
{
	struct slot *slot = session->slot;
	CK_RV rv;

	if (!is_name(name))
		return CKR_ARGUMENTS_BAD;
	pthread_mutex_lock(&slot->login);
	rv = rv_from_grant(token_grant_revoke(slot->token, (const char *)name));
	pthread_mutex_unlock(&slot->login);
	return rv;
}
