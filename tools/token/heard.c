/* heard.c: the events of notices, and those in the inbox. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/heard.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct heard_event events[] = {
	{ "ISSUED", false, N_("the issuer has issued a record") },
	{ "SUSPENDED", true,
		N_("the issuer has suspended the record; the token presents nothing until its security "
		   "officer lets it") },
	{ "RESUMED", false, N_("the issuer has lifted the suspension; the token's security officer may, too") },
	{ "REVOKED", true, N_("the issuer has revoked the record; the token presents nothing any more") },
	{ "LAPSED", false, N_("the record has lost its effect; a renewal brings a new one") },
};

const struct heard_event *
heard_event_of(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(events[i].name, name) == 0)
			return &events[i];
	return NULL;
}

json_t *
heard_read(const struct p11_token *token, CK_ULONG id)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	CK_BYTE *bytes = NULL;
	CK_ULONG len = 0;
	json_t *claims = NULL;

	if (vendor->C_MDOC_InboxGet(token->session, id, NULL, &len) == CKR_OK)
		bytes = malloc(len > 0 ? len : 1);
	if (bytes != NULL && vendor->C_MDOC_InboxGet(token->session, id, bytes, &len) == CKR_OK)
		claims = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	if (claims != NULL && heard_event_of(json_string_value(json_object_get(claims, "event"))) == NULL) {
		json_decref(claims);
		claims = NULL;
	}
	return claims;
}

static enum exit_status
say(const json_t *claims, json_t *list)
{
	const struct heard_event *event = heard_event_of(json_string_value(json_object_get(claims, "event")));
	const json_int_t made = json_integer_value(json_object_get(claims, "iat"));
	char when[32];

	if (list != NULL)
		return json_array_append_new(list, json_pack("{s:s, s:I}", "event", event->name, "at", made)) == 0
			? EXIT_STATUS_OK
			: tool_no_memory();
	time_print_jst((int64_t)made, when);
	printf("%s  %s: %s.\n", when, event->name, _(event->said));
	return EXIT_STATUS_OK;
}

enum exit_status
heard_show(const struct p11_token *token, CK_ULONG id, json_t *list)
{
	json_t *claims = heard_read(token, id);
	enum exit_status status = EXIT_STATUS_INPUT;
	CK_RV rv;

	if (claims == NULL) {
		tool_error(_("entry %lu of the inbox is a notice that this program does not understand"), id);
		return status;
	}
	status = say(claims, list);
	json_decref(claims);
	if (status != EXIT_STATUS_OK)
		return status;
	rv = token->p11->vendor->C_MDOC_InboxRemove(token->session, id);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("the entry cannot be removed"), rv);
}
