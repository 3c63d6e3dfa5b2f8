/* inbox.c: mdoc-token inbox: what came without the PIN, and its acceptance with it. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/accept.h"
#include "tools/token/heard.h"
#include "tools/token/token.h"
#include "tools/common/clock.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inbox_args {
	struct token_args token;
	struct option_list operands;
	bool yes;
};

static const char *
kind_name(CK_ULONG kind)
{
	return kind == MDOC_INBOX_KEY ? "key" : kind == MDOC_INBOX_RESPONSE ? "response" : "notice";
}

static enum exit_status
list_entry(const struct p11_token *token, const CK_MDOC_INBOX_ENTRY *entry, json_t *list)
{
	json_t *claims = entry->ulKind == MDOC_INBOX_NOTICE ? heard_read(token, entry->ulId) : NULL;
	const char *event = json_string_value(json_object_get(claims, "event"));
	int added = 0;
	char when[32];

	if (list != NULL) {
		added = json_array_append_new(list,
			json_pack("{s:I, s:s, s:I, s:I, s:s*}", "id", (json_int_t)entry->ulId, "kind",
				kind_name(entry->ulKind), "received", (json_int_t)entry->ulReceived, "bytes",
				(json_int_t)entry->ulLen, "event", event));
	} else if (entry->ulKind != MDOC_INBOX_KEY) {
		time_print_jst((int64_t)entry->ulReceived, when);
		printf("%lu  %s  %s  %lu%s%s\n", entry->ulId, kind_name(entry->ulKind), when, entry->ulLen,
			event != NULL ? "  " : "", event != NULL ? event : "");
	}
	json_decref(claims);
	return added == 0 ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
print_entries(const struct p11_token *token, const CK_MDOC_INBOX_ENTRY *entries, size_t count, bool as_json)
{
	json_t *list = as_json ? json_array() : NULL;
	enum exit_status status = !as_json || list != NULL ? EXIT_STATUS_OK : tool_no_memory();
	size_t keys = 0;

	for (size_t i = 0; status == EXIT_STATUS_OK && i < count; i++) {
		keys += entries[i].ulKind == MDOC_INBOX_KEY ? 1 : 0;
		status = list_entry(token, &entries[i], list);
	}
	if (status == EXIT_STATUS_OK && as_json) {
		status = json_print(list);
	} else if (status == EXIT_STATUS_OK) {
		printf(ngettext("%zu key waits for its record.", "%zu keys wait for their records.", keys), keys);
		putchar('\n');
	}
	json_decref(list);
	return status;
}

static enum exit_status
accept_response_entry(const struct accept_options *options, struct p11_token *token, CK_ULONG id,
	struct accept_result *result)
{
	enum exit_status status = accept_entry(token, id, options, result);

	/* In this order, so that the issuer hears of it whatever ends the program. */
	if (status == EXIT_STATUS_OK)
		status = accept_note(token, options->now, result);
	return status == EXIT_STATUS_OK ? accept_done(token, id) : status;
}

static enum exit_status
say_accepted(const struct accept_result *result, bool any, json_t *notices)
{
	json_t *json = NULL;
	enum exit_status status = EXIT_STATUS_OK;

	if (notices != NULL) {
		json = json_pack("{s:I, s:I, s:O}", "accepted", (json_int_t)result->copies, "destroyed",
			(json_int_t)result->destroyed, "notices", notices);
		status = json != NULL ? json_print(json) : tool_no_memory();
		json_decref(json);
	} else if (!any) {
		printf("%s\n", _("There is nothing to accept."));
	} else if (result->copies > 0) {
		printf(ngettext("%zu copy was stored.", "%zu copies were stored.", result->copies), result->copies);
		putchar('\n');
	}
	return status;
}

static enum exit_status
accept_all(const struct inbox_args *args, struct p11_token *token, const CK_MDOC_INBOX_ENTRY *entries, size_t count)
{
	const struct accept_options options = { args->token.common.json, args->yes, clock_now() };
	struct accept_result result = { 0, 0, 0, 0, NULL };
	enum exit_status status = EXIT_STATUS_OK, one;
	json_t *notices = options.json ? json_array() : NULL;
	bool any = false;

	if (options.json && notices == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < count; i++) {
		if (entries[i].ulKind == MDOC_INBOX_KEY)
			continue;
		any = true;
		one = entries[i].ulKind == MDOC_INBOX_NOTICE
			? heard_show(token, entries[i].ulId, notices)
			: accept_response_entry(&options, token, entries[i].ulId, &result);
		if (one == EXIT_STATUS_OK)
			continue;
		status = one;
		tool_why(_("It stays in the inbox; throw it away with: mdoc-token inbox remove %lu"), entries[i].ulId);
	}
	one = say_accepted(&result, any, notices);
	json_decref(notices);
	free(result.notification);
	return status != EXIT_STATUS_OK ? status : one;
}

static enum exit_status
remove_entry(const struct p11_token *token, const CK_MDOC_INBOX_ENTRY *entries, size_t count, const char *text)
{
	char *end = NULL;
	const unsigned long id = strtoul(text, &end, 10);
	bool there = false;
	CK_RV rv;

	if (end == text || *end != '\0') {
		tool_error(_("\"%s\" is not the number of an entry"), text);
		return EXIT_STATUS_USAGE;
	}
	for (size_t i = 0; !there && i < count; i++)
		there = entries[i].ulId == id;
	if (!there) {
		tool_error(_("the inbox has no entry %lu"), id);
		tool_why("%s", _("Its entries are shown by: mdoc-token inbox list"));
		return EXIT_STATUS_INPUT;
	}
	rv = token->p11->vendor->C_MDOC_InboxRemove(token->session, id);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("the entry cannot be removed"), rv);
}

static enum exit_status
run(const struct inbox_args *args, struct p11 *p11, struct p11_token *token)
{
	const char *act = args->operands.items[0];
	CK_MDOC_INBOX_ENTRY *entries = NULL;
	size_t count = 0;
	enum exit_status status = token_begin(&args->token, p11, token);
	CK_RV rv;

	if (status != EXIT_STATUS_OK)
		return status;
	rv = accept_list(token, &entries, &count);
	if (rv != CKR_OK)
		status = tool_rv_error(_("the token's inbox cannot be read"), rv);
	else if (strcmp(act, "list") == 0)
		status = print_entries(token, entries, count, args->token.common.json);
	else if (strcmp(act, "accept") == 0)
		status = accept_all(args, token, entries, count);
	else
		status = remove_entry(token, entries, count, args->operands.items[1]);
	free(entries);
	return status;
}

static bool
is_act(const struct option_list *operands)
{
	const char *act = operands->count > 0 ? operands->items[0] : "";

	if (strcmp(act, "remove") == 0)
		return operands->count == 2;
	return operands->count == 1 && (strcmp(act, "list") == 0 || strcmp(act, "accept") == 0);
}

int
cmd_inbox(const struct command *command, int argc, char **argv)
{
	struct inbox_args args = { .yes = false };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		PIN_ROWS(args.token),
		{ "yes", OPTION_FLAG, &args.yes, NULL, N_("do not ask; contents and notices are shown all the same"),
			false },
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, &args.operands, argc, argv);
	if (status == EXIT_STATUS_GO_ON && !is_act(&args.operands))
		status = options_wrong(command, "%s", _("say list, accept, or remove NUMBER"));
	if (status == EXIT_STATUS_GO_ON)
		status = run(&args, &p11, &token);
	token_end(&p11, &token);
	option_list_clear(&args.operands);
	return (int)status;
}
