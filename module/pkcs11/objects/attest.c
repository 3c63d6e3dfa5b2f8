/*
 * attest.c: evidence that keys are in a device, and the enrolment of the key that signs it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/attest.h"

#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

/* TOKEN_ERR_NOT_FOUND is about the key that signs; the keys that are spoken of have been found before. */
static CK_RV
rv_from_attest(enum token_result res)
{
	switch (res) {
	case TOKEN_ERR_UNSUPPORTED:
		return CKR_FUNCTION_NOT_SUPPORTED;
	case TOKEN_ERR_NOT_FOUND:
		return CKR_MDOC_NOT_ENROLLED;
	case TOKEN_ERR_ARG:
		return CKR_DATA_INVALID;
	default:
		return rv_from_token(res);
	}
}

/* Who may, and how much room a message about so many keys takes at most. */
static CK_RV
begin(struct session *session, CK_ULONG keys, const CK_ULONG *len, CK_ULONG *room)
{
	*room = (CK_ULONG)token_attest_room(session->slot->token, keys);
	if (len == NULL)
		return CKR_ARGUMENTS_BAD;
	if (*room == 0)
		return CKR_FUNCTION_NOT_SUPPORTED;
	return token_may(session->slot->token, TOKEN_ACCESS_HOLDER_KEY, TOKEN_USE) ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

/* Give a message out and free it. */
static CK_RV
end(enum token_result res, uint8_t *message, size_t message_len, CK_BYTE *out, CK_ULONG *len)
{
	const CK_ULONG room = *len;
	CK_RV rv = rv_from_attest(res);

	if (rv == CKR_OK) {
		*len = (CK_ULONG)message_len;
		if (room < message_len)
			rv = CKR_BUFFER_TOO_SMALL;
		else
			memcpy(out, message, message_len);
	}
	free(message);
	return rv;
}

static void
free_objects(struct object **objects, CK_ULONG count)
{
	for (CK_ULONG i = 0; objects != NULL && i < count; i++)
		if (objects[i] != NULL)
			object_unref(objects[i]);
	free(objects);
}

/* Private keys of the token, with references; to be freed also on an error. */
static CK_RV
find_keys(struct session *session, const CK_OBJECT_HANDLE *handles, CK_ULONG count, struct object **objects,
	const struct token_object **stored)
{
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; i < count && rv == CKR_OK; i++) {
		rv = object_from_handle(session, handles[i], &objects[i]);
		if (rv == CKR_OBJECT_HANDLE_INVALID)
			return CKR_KEY_HANDLE_INVALID;
		if (rv != CKR_OK)
			return rv;
		stored[i] = objects[i]->stored;
		if (stored[i] == NULL || object_class(objects[i]) != CKO_PRIVATE_KEY)
			return CKR_KEY_HANDLE_INVALID;
	}
	return rv;
}

static CK_RV
attest_found(struct session *session, const CK_OBJECT_HANDLE *handles, CK_ULONG count, const CK_BYTE *nonce,
	CK_ULONG nonce_len, CK_BYTE *out, CK_ULONG *len)
{
	struct object **objects = calloc(count, sizeof(*objects));
	const struct token_object **stored = calloc(count, sizeof(*stored));
	uint8_t *message = NULL;
	size_t message_len = 0;
	enum token_result res;
	CK_RV rv = CKR_HOST_MEMORY;

	if (objects != NULL && stored != NULL)
		rv = find_keys(session, handles, count, objects, stored);
	if (rv == CKR_OK) {
		res = token_attest(session->slot->token, stored, count, nonce, nonce_len, &message, &message_len);
		rv = end(res, message, message_len, out, len);
	}
	free_objects(objects, count);
	free(stored);
	return rv;
}

CK_RV
attest_keys(struct session *session, const CK_OBJECT_HANDLE *keys, CK_ULONG count, const CK_BYTE *nonce,
	CK_ULONG nonce_len, CK_BYTE *out, CK_ULONG *len)
{
	CK_ULONG room;
	CK_RV rv;

	if (keys == NULL || count == 0 || count > MDOC_ATTEST_KEYS_MAX || nonce == NULL || nonce_len == 0 ||
		nonce_len > MDOC_ATTEST_NONCE_MAX)
		return CKR_ARGUMENTS_BAD;
	rv = begin(session, count, len, &room);
	if (rv == CKR_OK && out == NULL)
		*len = room;
	if (rv != CKR_OK || out == NULL)
		return rv;
	return attest_found(session, keys, count, nonce, nonce_len, out, len);
}

CK_RV
attest_enrol(struct session *session, CK_BYTE *out, CK_ULONG *len)
{
	uint8_t *message = NULL;
	size_t message_len = 0;
	CK_ULONG room;
	enum token_result res;
	CK_RV rv;

	rv = begin(session, 0, len, &room);
	if (rv == CKR_OK && out == NULL)
		*len = room;
	if (rv != CKR_OK || out == NULL)
		return rv;
	res = token_attest_enrol(session->slot->token, &message, &message_len);
	return end(res, message, message_len, out, len);
}

CK_RV
attest_activate(struct session *session, const CK_BYTE *challenge, CK_ULONG challenge_len, CK_BYTE *out, CK_ULONG *len)
{
	uint8_t *message = NULL;
	size_t message_len = 0;
	CK_ULONG room;
	enum token_result res;
	CK_RV rv;

	if (challenge == NULL || challenge_len == 0 || challenge_len > MDOC_ATTEST_INPUT_MAX)
		return CKR_ARGUMENTS_BAD;
	rv = begin(session, 0, len, &room);
	if (rv == CKR_OK && out == NULL)
		*len = room;
	if (rv != CKR_OK || out == NULL)
		return rv;
	res = token_attest_activate(session->slot->token, challenge, challenge_len, &message, &message_len);
	return end(res, message, message_len, out, len);
}

CK_RV
attest_certificate(struct session *session, const CK_BYTE *der, CK_ULONG len)
{
	CK_ULONG room;
	CK_RV rv;

	if (der == NULL || len == 0 || len > MDOC_ATTEST_INPUT_MAX)
		return CKR_ARGUMENTS_BAD;
	rv = begin(session, 0, &len, &room);
	if (rv != CKR_OK)
		return rv;
	return rv_from_attest(token_attest_certificate(session->slot->token, der, len));
}
