/* log.c: mdoc-token log: what has happened to a token. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum exit_status
read_events(const struct p11 *p11, CK_SLOT_ID slot, json_t **events)
{
	CK_UTF8CHAR *text = NULL;
	CK_ULONG len = 0;
	enum exit_status status = EXIT_STATUS_OK;
	CK_RV rv = p11->vendor->C_MDOC_Events(slot, NULL, &len);

	/* It may grow between the two calls. */
	for (int i = 0; i < 8 && (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL); i++) {
		free(text);
		text = malloc(len + 1);
		rv = text == NULL ? CKR_HOST_MEMORY : p11->vendor->C_MDOC_Events(slot, text, &len);
		if (rv == CKR_OK)
			break;
	}
	if (rv != CKR_OK)
		status = tool_rv_error(_("the token's log cannot be read"), rv);
	else if ((*events = json_loadb((const char *)text, len, 0, NULL)) == NULL || !json_is_array(*events))
		status = tool_rv_error(_("the token's log cannot be read"), CKR_FUNCTION_FAILED);
	free(text);
	return status;
}

static void
print_text(const json_t *event, const char *member)
{
	const char *text = json_string_value(json_object_get(event, member));

	if (text != NULL)
		terminal_text(stdout, text, strlen(text));
}

static void
print_events(const json_t *events)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);
		char when[32];

		if (json_object_get(event, "what") == NULL)
			continue;
		time_print_jst((int64_t)json_integer_value(json_object_get(event, "at")), when);
		printf("%5lld  %s  ", (long long)json_integer_value(json_object_get(event, "id")), when);
		print_text(event, "what");
		fputs("  ", stdout);
		print_text(event, "detail");
		putchar('\n');
	}
}

/* The last member says whether every line is as it was written. */
static enum exit_status
check_chain(const json_t *events)
{
	const json_t *last = json_array_get(events, json_array_size(events) - (json_array_size(events) > 0 ? 1 : 0));
	const char *chain = json_string_value(json_object_get(last, "chain"));

	if (chain != NULL && strcmp(chain, "whole") == 0)
		return EXIT_STATUS_OK;
	tool_error(_("the token's log is not as it was written, from line %lld on"),
		(long long)json_integer_value(json_object_get(last, "at")));
	return EXIT_STATUS_NO;
}

int
cmd_log(const struct command *command, int argc, char **argv)
{
	struct token_args args = { .label = NULL };
	const struct option_row rows[] = { TOKEN_ROW(args), PIN_ROWS(args), END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	json_t *events = NULL;
	CK_SLOT_ID slot = 0;
	enum exit_status status;

	status = options_parse(command, rows, &args.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	/* What was presented is the holder's to read; for all else no PIN is asked, and a retired token has none. */
	if (args.pin.file != NULL || args.pin.fd != NULL) {
		status = token_begin(&args, &p11, &token);
		slot = token.slot;
	} else {
		status = p11_open(args.common.module, &p11);
		if (status == EXIT_STATUS_OK)
			status = p11_find_slot(&p11, args.label, &slot);
	}
	if (status == EXIT_STATUS_OK && p11.vendor == NULL)
		status = tool_rv_error(_("this module's tokens keep no log"), CKR_FUNCTION_NOT_SUPPORTED);
	if (status == EXIT_STATUS_OK)
		status = read_events(&p11, slot, &events);
	if (status == EXIT_STATUS_OK && args.common.json)
		status = json_print(events);
	else if (status == EXIT_STATUS_OK)
		print_events(events);
	if (status == EXIT_STATUS_OK)
		status = check_chain(events);
	json_decref(events);
	token_end(&p11, &token);
	return status;
}
