/* evidence.c: what a token's device says of keys. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/evidence.h"
#include "tools/common/message.h"
#include <stdlib.h>

static enum exit_status
no_device(void)
{
	tool_error("%s", _("the token cannot show that its keys are in a device"));
	tool_why("%s",
		_("Only a token that was made with --backend tpm can; the keys of this one are kept by software."));
	return EXIT_STATUS_NO;
}

enum exit_status
evidence_error(const char *what, CK_RV rv)
{
	return rv == CKR_FUNCTION_NOT_SUPPORTED ? no_device() : tool_rv_error(what, rv);
}

const CK_MDOC_FUNCTION_LIST *
evidence_vendor(const struct p11_token *token)
{
	if (token->ours && token->p11->vendor != NULL)
		return token->p11->vendor;
	(void)no_device();
	return NULL;
}

bool
evidence_possible(const struct p11_token *token, CK_OBJECT_HANDLE key)
{
	static const CK_BYTE nonce[] = { 0 };
	const CK_MDOC_FUNCTION_LIST *vendor = token->ours ? token->p11->vendor : NULL;
	CK_ULONG len = 0;

	return vendor != NULL &&
		vendor->C_MDOC_Attest(token->session, &key, 1, nonce, sizeof(nonce), NULL, &len) !=
		CKR_FUNCTION_NOT_SUPPORTED;
}

enum exit_status
evidence_get(const struct p11_token *token, const CK_OBJECT_HANDLE *keys, size_t count, struct mdoc_bytes nonce,
	struct mdoc_buf *out)
{
	const CK_MDOC_FUNCTION_LIST *vendor = evidence_vendor(token);
	enum exit_status status = EXIT_STATUS_OK;
	CK_BYTE *room = NULL;
	CK_ULONG len = 0;
	CK_RV rv;

	if (vendor == NULL)
		return EXIT_STATUS_NO;
	rv = vendor->C_MDOC_Attest(token->session, keys, (CK_ULONG)count, nonce.ptr, (CK_ULONG)nonce.len, NULL, &len);
	if (rv == CKR_OK) {
		room = malloc(len);
		rv = room == NULL ? CKR_HOST_MEMORY
				  : vendor->C_MDOC_Attest(token->session, keys, (CK_ULONG)count, nonce.ptr,
					    (CK_ULONG)nonce.len, room, &len);
	}
	if (rv != CKR_OK) {
		status = evidence_error(_("the token gave no evidence about its keys"), rv);
	} else {
		mdoc_buf_append(out, mdoc_bytes_of(room, len));
		status = out->err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
	}
	free(room);
	return status;
}
