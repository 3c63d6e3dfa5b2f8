/*
 * inbox.c: what the provisioner brings and the user fetches.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/inbox.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/pkcs11/shell/rv.h"
#include "tokens/provision.h"

_Static_assert(MDOC_INBOX_KEY == TOKEN_INBOX_KEY && MDOC_INBOX_RESPONSE == TOKEN_INBOX_RESPONSE &&
		MDOC_INBOX_NOTICE == TOKEN_INBOX_NOTICE,
	"kinds of entries");
_Static_assert(MDOC_INBOX_KEYS_MAX == TOKEN_INBOX_KEYS_MAX && MDOC_INBOX_ENTRIES_MAX == TOKEN_INBOX_ENTRIES_MAX &&
		MDOC_INBOX_BYTES_MAX == TOKEN_INBOX_BYTES_MAX && MDOC_INBOX_ENTRY_MAX == TOKEN_VALUE_MAX,
	"bounds of the inbox");

CK_RV
inbox_put(struct session *session, CK_ULONG kind, const CK_BYTE *bytes, CK_ULONG len, CK_ULONG *id)
{
	uint64_t number = 0;
	CK_RV rv;

	if (bytes == NULL || len == 0 || id == NULL || (kind != MDOC_INBOX_RESPONSE && kind != MDOC_INBOX_NOTICE))
		return CKR_ARGUMENTS_BAD;
	if (slot_role(session->slot) != TOKEN_PROVISIONER)
		return CKR_USER_NOT_LOGGED_IN;
	if (len > MDOC_INBOX_ENTRY_MAX)
		return CKR_DATA_LEN_RANGE;
	rv = rv_from_token(token_inbox_put(session->slot->token, (enum token_inbox_kind)kind, bytes, len,
		(int64_t)time(NULL), &number));
	if (rv == CKR_OK)
		*id = (CK_ULONG)number;
	return rv;
}

CK_RV
inbox_list(struct session *session, CK_MDOC_INBOX_ENTRY *entries, CK_ULONG *count)
{
	struct token_inbox_entry *found = NULL;
	CK_ULONG room, i;
	size_t n = 0;
	CK_RV rv;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	room = *count;
	rv = rv_from_token(token_inbox_list(session->slot->token, &found, &n));
	if (rv != CKR_OK)
		return rv;
	*count = (CK_ULONG)n;
	if (entries != NULL && room < n)
		rv = CKR_BUFFER_TOO_SMALL;
	for (i = 0; i < n && entries != NULL && rv == CKR_OK; i++)
		entries[i] = (CK_MDOC_INBOX_ENTRY){ .ulId = (CK_ULONG)found[i].id,
			.ulKind = (CK_ULONG)found[i].kind,
			.ulReceived = (CK_ULONG)found[i].received,
			.ulLen = (CK_ULONG)found[i].len };
	free(found);
	return rv;
}

/* A number that is none of an entry's; CKR_OBJECT_HANDLE_INVALID is what it stands for. */
static CK_RV
rv_of_entry(enum token_result res)
{
	return res == TOKEN_ERR_ARG ? CKR_KEY_FUNCTION_NOT_PERMITTED : rv_from_token(res);
}

/* The length alone, from the list: nothing is opened for it. */
static CK_RV
entry_length(struct session *session, CK_ULONG id, CK_ULONG *need)
{
	struct token_inbox_entry *found = NULL;
	size_t n = 0, i;
	CK_RV rv;

	rv = rv_from_token(token_inbox_list(session->slot->token, &found, &n));
	if (rv != CKR_OK)
		return rv;
	rv = CKR_OBJECT_HANDLE_INVALID;
	for (i = 0; i < n; i++) {
		if (found[i].id != id)
			continue;
		*need = (CK_ULONG)found[i].len;
		rv = found[i].kind == TOKEN_INBOX_KEY ? CKR_KEY_FUNCTION_NOT_PERMITTED : CKR_OK;
	}
	free(found);
	return rv;
}

CK_RV
inbox_get(struct session *session, CK_ULONG id, CK_BYTE *bytes, CK_ULONG *len)
{
	struct token_value value = { 0 };
	CK_ULONG need = 0;
	CK_RV rv;

	if (len == NULL)
		return CKR_ARGUMENTS_BAD;
	if (slot_role(session->slot) != TOKEN_USER)
		return CKR_USER_NOT_LOGGED_IN; /* who has brought it can't read it */
	rv = entry_length(session, id, &need);
	if (rv != CKR_OK)
		return rv;
	if (bytes == NULL || *len < need) {
		*len = need;
		return bytes == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	rv = rv_of_entry(token_inbox_get(session->slot->token, id, &value));
	if (rv == CKR_OK && value.len > *len)
		rv = CKR_GENERAL_ERROR;
	if (rv == CKR_OK) {
		memcpy(bytes, value.ptr, value.len);
		*len = (CK_ULONG)value.len;
	}
	token_value_clear(&value);
	return rv;
}

CK_RV
inbox_remove(struct session *session, CK_ULONG id)
{
	return rv_from_token(token_inbox_remove(session->slot->token, id));
}

CK_RV
inbox_open_keys(struct session *session, CK_ULONG *count)
{
	size_t opened = 0;
	CK_RV rv;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	if (session_batch(session) != NULL)
		return CKR_MDOC_BATCH_ACTIVE;
	rv = rv_from_token(token_inbox_open(session->slot->token, &opened));
	if (rv == CKR_OK)
		*count = (CK_ULONG)opened;
	return rv;
}
