/* p11_named.c: the login of a named user. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/p11_named.h"
#include "tools/common/message.h"
#include "pkcs11-3.h"
#include <dlfcn.h>
#include <string.h>

/* NULL: the module has no 3.0 interface. */
static CK_FUNCTION_LIST_3_0 *
list_3_0(const struct p11 *p11)
{
	CK_UTF8CHAR name[] = "PKCS 11";
	CK_VERSION version = { 3, 0 };
	CK_INTERFACE *interface = NULL;
	CK_C_GetInterface get_interface = NULL;
	void *at = dlsym(p11->handle, "C_GetInterface");

	memcpy(&get_interface, &at, sizeof(get_interface));
	if (get_interface == NULL || get_interface(name, &version, &interface, 0) != CKR_OK || interface == NULL)
		return NULL;
	return interface->pFunctionList;
}

CK_RV
p11_login_user(struct p11_token *token, const char *name, const CK_BYTE *credential, size_t len)
{
	CK_FUNCTION_LIST_3_0 *list = list_3_0(token->p11);
	CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED;

	if (list != NULL)
		rv = list->C_LoginUser(token->session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)credential, len,
			(CK_UTF8CHAR *)(uintptr_t)name, strlen(name));
	token->logged_in = rv == CKR_OK;
	return rv;
}

enum exit_status
p11_login_named(struct p11_token *token, const char *name, const char *credential_file)
{
	const struct pin_source source = { credential_file, NULL };
	struct pin credential = { .set = false };
	enum exit_status status = pin_get(&source, "", false, &credential);
	CK_RV rv;

	if (status == EXIT_STATUS_OK) {
		rv = p11_login_user(token, name, (const CK_BYTE *)credential.text, credential.len);
		if (rv != CKR_OK)
			status = tool_rv_error(_("the token does not accept the credential"), rv);
	}
	pin_clear(&credential);
	return status;
}
