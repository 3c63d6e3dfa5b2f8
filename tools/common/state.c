/* state.c: the state of a token, and what stands in the way. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/state.h"
#include "tools/common/message.h"
#include <stdlib.h>
#include <string.h>

#define STATUS_APPLICATION "mdoc-status"

json_t *
token_status_object(const struct p11_token *token)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	const CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, (void *)(uintptr_t)STATUS_APPLICATION, sizeof(STATUS_APPLICATION) - 1 },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	struct mdoc_buf value = MDOC_BUF_EMPTY;
	json_t *status = NULL;
	size_t count = 0;

	if (p11_find(token, wanted, 2, &handles, &count) == CKR_OK && count == 1 &&
		p11_attribute(token, handles[0], CKA_VALUE, &value) == CKR_OK && value.len > 0)
		status = json_loadb((const char *)value.ptr, value.len, 0, NULL);
	mdoc_buf_clear(&value);
	free(handles);
	if (status != NULL && !json_is_object(status)) {
		json_decref(status);
		status = NULL;
	}
	return status;
}

static bool
member_is(const json_t *object, const char *member, const char *text)
{
	const char *value = json_string_value(json_object_get(object, member));

	return value != NULL && strcmp(value, text) == 0;
}

static bool
has_mark(const json_t *object, const char *mark)
{
	const json_t *marks = json_object_get(object, "marks");

	for (size_t i = 0; i < json_array_size(marks); i++) {
		const char *text = json_string_value(json_array_get(marks, i));

		if (text != NULL && strcmp(text, mark) == 0)
			return true;
	}
	return false;
}

void
token_state_of(const json_t *object, CK_FLAGS flags, struct token_state *state)
{
	memset(state, 0, sizeof(*state));
	state->no_pin = (flags & CKF_USER_PIN_INITIALIZED) == 0;
	state->locked = (flags & CKF_USER_PIN_LOCKED) != 0;
	state->must_change =
		(flags & CKF_USER_PIN_TO_BE_CHANGED) != 0 || json_is_true(json_object_get(object, "mustChange"));
	state->other_way = (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	state->disabled = member_is(object, "pin", "disabled");
	state->blank = (flags & CKF_TOKEN_INITIALIZED) == 0 || member_is(object, "life", "blank");
	state->suspended = has_mark(object, "suspended");
	state->retired = has_mark(object, "retired") || member_is(object, "life", "retired");
	state->exhausted = member_is(object, "copies", "none");
	state->inbox = json_is_true(json_object_get(json_object_get(object, "inbox"), "waiting"));
	if (state->disabled)
		state->locked = false; /* they look alike to C_Login, and are left by different ways */
}

void
token_state_read(const struct p11_token *token, struct token_state *state)
{
	json_t *object = token->ours ? token_status_object(token) : NULL;

	token_state_of(object, token->info.flags, state);
	json_decref(object);
}

static enum exit_status
say_retired(void)
{
	tool_error("%s", _("this token has been retired: its keys and records are destroyed (廃止)"));
	tool_why("%s", _("Only mdoc-token erase is left to do with it."));
	return EXIT_STATUS_RETIRED;
}

static enum exit_status
say_disabled(void)
{
	tool_error("%s", _("the PIN of this token is disabled (顔認証)"));
	tool_why("%s",
		_("It is opened by another authenticator, which is not set up here: authenticator in "
		  "mdoc-pkcs11.conf(5). The security officer sets a PIN again with: mdoc-token pin enable"));
	return EXIT_STATUS_PIN_DISABLED;
}

enum exit_status
token_state_check(const struct p11_token *token, bool present)
{
	struct token_state state;

	token_state_read(token, &state);
	if (state.retired)
		return say_retired();
	if (state.disabled && !state.other_way)
		return say_disabled();
	if (state.no_pin && !state.disabled)
		return tool_rv_error(_("the token is not ready"), CKR_USER_PIN_NOT_INITIALIZED);
	if (state.must_change)
		return tool_rv_error(_("the token is not ready"), CKR_PIN_EXPIRED);
	if (present && state.suspended)
		return tool_rv_error(_("nothing can be presented"), CKR_MDOC_SUSPENDED);
	if (present && state.exhausted) {
		tool_error("%s", _("no unused copy is left in the token"));
		tool_why("%s",
			state.inbox ? _("New ones wait for the PIN in the token's inbox.")
				    : _("Ask the issuer for new copies: mdoc-token renew where the token is enrolled, "
					"or request and then import."));
		return EXIT_STATUS_EXHAUSTED;
	}
	if (present && state.inbox)
		tool_note("%s", _("something new waits for the PIN: mdoc-token inbox accept"));
	return EXIT_STATUS_OK;
}

const char *
token_state_law(const struct token_state *state)
{
	if (state->blank || state->no_pin)
		return state->retired ? "廃止" : "";
	return state->retired ? "廃止" : state->suspended ? "一時停止" : "運用中";
}
