/* counter.c: the identity check at the counter. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/counter.h"
#include "tools/common/message.h"
#include <stdio.h>
#include <string.h>

enum exit_status
check_usage(const struct command *command, const struct check_args *args)
{
	if ((args->checked != NULL) == (args->operator_ != NULL))
		return EXIT_STATUS_GO_ON;
	return options_wrong(command, "%s", _("--checked and --operator go together"));
}

enum exit_status
check_record(const struct check_args *args, const struct p11_token *token)
{
	char text[MDOC_CHECK_TEXT_MAX + 1];
	int len;
	CK_RV rv;

	if (args->checked == NULL)
		return EXIT_STATUS_OK;
	if (token->p11->vendor == NULL)
		return tool_rv_error(_("this module keeps no log of identity checks"), CKR_FUNCTION_NOT_SUPPORTED);
	len = snprintf(text, sizeof(text), "checked: %s; operator: %s%s%s", args->checked, args->operator_,
		args->request != NULL ? "; request: " : "", args->request != NULL ? args->request : "");
	if (len < 0 || (size_t)len >= sizeof(text)) {
		tool_error("%s", _("what was checked is too long for the token's log"));
		return EXIT_STATUS_INPUT;
	}
	rv = token->p11->vendor->C_MDOC_RecordCheck(token->session, (const CK_UTF8CHAR *)text, (CK_ULONG)len);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("the identity check was not recorded"), rv);
}
