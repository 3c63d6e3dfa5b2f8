/* new_pin.c: why a token does not take a new PIN. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/new_pin.h"
#include "tools/common/message.h"

enum exit_status
new_pin_refused(const struct p11_token *token, const char *what, CK_RV rv, const struct pin *old,
	const struct pin *fresh)
{
	enum exit_status status;

	if (rv == CKR_PIN_INVALID && old != NULL && pin_equal(old, fresh)) {
		tool_error("%s", _("the new PIN is the first one again, which somebody else knows"));
		return EXIT_STATUS_NO;
	}
	status = tool_rv_error(what, rv);
	if (rv == CKR_PIN_LEN_RANGE)
		tool_why(_("A PIN of this token has %lu characters at least and %lu at most."), token->info.ulMinPinLen,
			token->info.ulMaxPinLen);
	return status;
}
