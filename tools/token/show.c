/* show.c: mdoc-token show: what is in the records. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdio.h>

/* Copies that say the same are shown once. */
static bool
shown_before(const struct copies *copies, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (copies->items[k].record != CK_INVALID_HANDLE &&
			record_same_content(copies->items[k].parsed, copies->items[i].parsed))
			return true;
	return false;
}

static size_t
count_same(const struct copies *copies, size_t i)
{
	size_t same = 0;

	for (size_t k = i; k < copies->count; k++)
		if (copies->items[k].record != CK_INVALID_HANDLE &&
			record_same_content(copies->items[k].parsed, copies->items[i].parsed))
			same++;
	return same;
}

static json_t *
record_json(const struct mdoc_issuer_signed *record, size_t copies)
{
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(record);

	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o}", "docType", json_text(mdoc_mso_doc_type(mso)), "copies",
		(json_int_t)copies, "signed", (json_int_t)mdoc_mso_signed(mso), "validFrom",
		(json_int_t)mdoc_mso_valid_from(mso), "validUntil", (json_int_t)mdoc_mso_valid_until(mso), "nameSpaces",
		record_elements_json(record));
}

static void
print_record(const struct mdoc_issuer_signed *record, size_t copies)
{
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(record);
	const struct mdoc_bytes doc_type = mdoc_mso_doc_type(mso);
	char from[32], until[32];

	time_print_jst(mdoc_mso_valid_from(mso), from);
	time_print_jst(mdoc_mso_valid_until(mso), until);
	terminal_text(stdout, (const char *)doc_type.ptr, doc_type.len);
	printf(": ");
	printf(ngettext("%zu copy", "%zu copies", copies), copies);
	printf("\n  ");
	printf(_("valid from %s until %s"), from, until);
	putchar('\n');
	record_print(stdout, record);
	putchar('\n');
}

static enum exit_status
show_all(const struct copies *copies, bool as_json)
{
	enum exit_status status = EXIT_STATUS_OK;
	json_t *list = json_array(), *result = NULL;
	size_t shown = 0;

	for (size_t i = 0; i < copies->count; i++) {
		if (copies->items[i].record == CK_INVALID_HANDLE || shown_before(copies, i))
			continue;
		shown++;
		if (as_json)
			json_array_append_new(list, record_json(copies->items[i].parsed, count_same(copies, i)));
		else
			print_record(copies->items[i].parsed, count_same(copies, i));
	}
	if (as_json) {
		result = json_pack("{s:O}", "records", list);
		status = result != NULL ? json_print(result) : tool_no_memory();
	} else if (shown == 0) {
		printf("%s\n", _("There is no record in this token."));
	}
	json_decref(result);
	json_decref(list);
	return status;
}

int
cmd_show(const struct command *command, int argc, char **argv)
{
	struct token_args args = { .label = NULL };
	const struct option_row rows[] = { TOKEN_ROW(args), PIN_ROWS(args), END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	struct copies copies = { .items = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = token_begin(&args, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = copies_load(&token, &copies);
	if (status == EXIT_STATUS_OK)
		status = show_all(&copies, args.common.json);
	copies_clear(&copies);
	token_end(&p11, &token);
	return status;
}
