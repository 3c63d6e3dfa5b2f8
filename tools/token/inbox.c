/* inbox.c: mdoc-token inbox: what came without the PIN, and its acceptance with it. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/accept.h"
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
print_entries(const CK_MDOC_INBOX_ENTRY *entries, size_t count, bool as_json)
{
	json_t *list = json_array();
	enum exit_status status = EXIT_STATUS_OK;
	size_t keys = 0;

	for (size_t i = 0; i < count; i++) {
		char when[32];

		keys += entries[i].ulKind == MDOC_INBOX_KEY ? 1 : 0;
		if (as_json) {
			(void)json_array_append_new(list,
				json_pack("{s:I, s:s, s:I, s:I}", "id", (json_int_t)entries[i].ulId, "kind",
					kind_name(entries[i].ulKind), "received", (json_int_t)entries[i].ulReceived,
					"bytes", (json_int_t)entries[i].ulLen));
		} else if (entries[i].ulKind != MDOC_INBOX_KEY) {
			time_print_jst((int64_t)entries[i].ulReceived, when);
			printf("%lu  %s  %s  %lu\n", entries[i].ulId, kind_name(entries[i].ulKind), when,
				entries[i].ulLen);
		}
	}
	if (as_json) {
		status = list != NULL ? json_print(list) : tool_no_memory();
	} else {
		printf(ngettext("%zu key waits for its record.", "%zu keys wait for their records.", keys), keys);
		putchar('\n');
	}
	json_decref(list);
	return status;
}

static enum exit_status
accept_all(const struct inbox_args *args, struct p11_token *token, const CK_MDOC_INBOX_ENTRY *entries, size_t count)
{
	const struct accept_options options = { args->token.common.json, args->yes, clock_now() };
	struct accept_result result = { 0, 0, 0, 0, NULL };
	enum exit_status status = EXIT_STATUS_OK, one;
	size_t responses = 0;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].ulKind != MDOC_INBOX_RESPONSE)
			continue;
		responses++;
		one = accept_entry(token, entries[i].ulId, &options, &result);
		/* In this order, so that the issuer hears of it whatever ends the program. */
		if (one == EXIT_STATUS_OK)
			one = accept_note(token, options.now, &result);
		if (one == EXIT_STATUS_OK)
			one = accept_done(token, entries[i].ulId);
		if (one == EXIT_STATUS_OK)
			continue;
		status = one;
		tool_why(_("It stays in the inbox; throw it away with: mdoc-token inbox remove %lu"), entries[i].ulId);
	}
	free(result.notification);
	if (args->token.common.json)
		printf("{\"accepted\": %zu, \"destroyed\": %zu}\n", result.copies, result.destroyed);
	else if (responses == 0)
		printf("%s\n", _("There is nothing to accept."));
	else if (result.copies > 0) {
		printf(ngettext("%zu copy was stored.", "%zu copies were stored.", result.copies), result.copies);
		putchar('\n');
	}
	return status;
}

static enum exit_status
remove_entry(const struct p11_token *token, const char *text)
{
	char *end = NULL;
	const unsigned long id = strtoul(text, &end, 10);
	CK_RV rv;

	if (end == text || *end != '\0') {
		tool_error(_("\"%s\" is not the number of an entry"), text);
		return EXIT_STATUS_USAGE;
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
		status = print_entries(entries, count, args->token.common.json);
	else if (strcmp(act, "accept") == 0)
		status = accept_all(args, token, entries, count);
	else
		status = remove_entry(token, args->operands.items[1]);
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
