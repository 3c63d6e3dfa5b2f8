/* import.c: mdoc-token import: check, show, store a batch. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/batch.h"
#include "tools/token/notices.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdlib.h>
#include <time.h>

struct import_args {
	struct token_args token;
	const char *response;
	struct option_list files;
	bool yes;
};

/* The contents, once for all copies that say the same (R-NOT-01). */
static void
show_contents(FILE *to, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct mdoc_issuer_signed *record = batch->records[i];
		const struct mdoc_mso *mso = mdoc_issuer_signed_mso(record);
		const struct mdoc_bytes doc_type = mdoc_mso_doc_type(mso);
		char from[32], until[32];
		size_t same = 0;
		bool shown = false;

		for (size_t k = 0; k < i && !shown; k++)
			shown = record_same_content(record, batch->records[k]);
		if (shown)
			continue;
		for (size_t k = i; k < batch->count; k++)
			same += record_same_content(record, batch->records[k]) ? 1 : 0;
		time_print_jst(mdoc_mso_valid_from(mso), from);
		time_print_jst(mdoc_mso_valid_until(mso), until);
		terminal_text(to, (const char *)doc_type.ptr, doc_type.len);
		fputs(": ", to);
		fprintf(to, ngettext("%zu copy", "%zu copies", same), same);
		fputc('\n', to);
		fputs("  ", to);
		fprintf(to, _("valid from %s until %s"), from, until);
		fputc('\n', to);
		record_print(to, record);
		fputc('\n', to);
	}
}

static enum exit_status
show_and_ask(const struct import_args *args, const struct batch *batch, int64_t *shown)
{
	FILE *to = args->token.common.json ? stderr : stdout;
	char when[32];
	bool asked = false;

	fprintf(to, "%s\n\n", _("Contents of the record:"));
	show_contents(to, batch);
	notices_print(to);
	*shown = (int64_t)time(NULL);
	time_print_jst(*shown, when);
	fprintf(to, _("Contents and notices (version %s) shown at %s."), NOTICES_VERSION, when);
	fputc('\n', to);
	fflush(to);
	if (args->yes || terminal_ask(_("Keep this record?"), &asked))
		return EXIT_STATUS_OK;
	tool_error(_("nothing was stored"));
	if (!asked)
		tool_why(_("There is no terminal to ask on; --yes agrees in advance."));
	return EXIT_STATUS_NO;
}

/* ---- Storing ---- */

static CK_RV
store_all(const struct p11_token *token, const struct batch *batch, int64_t shown, size_t *stored)
{
	struct mdoc_bytes *values = calloc(batch->count, sizeof(*values));
	CK_RV rv = values != NULL ? CKR_OK : CKR_HOST_MEMORY;

	for (size_t i = 0; rv == CKR_OK && i < batch->count; i++) {
		values[i] = mdoc_buf_bytes(&batch->values[i]);
		rv = copies_store_record(token, mdoc_mso_doc_type(mdoc_issuer_signed_mso(batch->records[i])),
			values[i]);
		*stored += rv == CKR_OK ? 1 : 0;
		terminal_progress(_("copies"), i + 1, batch->count);
	}
	/* Last: on a module without batches a record counts from this moment on. */
	if (rv == CKR_OK)
		rv = copies_store_manifest(token, values, batch->count, NOTICES_VERSION, shown);
	free(values);
	return rv;
}

/* One transaction of our module. */
static CK_RV
store_as_batch(const struct p11_token *token, const struct batch *batch, int64_t shown)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	size_t stored = 0;
	CK_RV rv = vendor->C_MDOC_BeginBatch(token->session);

	if (rv != CKR_OK)
		return rv;
	rv = store_all(token, batch, shown, &stored);
	if (rv == CKR_OK)
		rv = vendor->C_MDOC_CommitBatch(token->session);
	if (rv != CKR_OK)
		(void)vendor->C_MDOC_RollbackBatch(token->session);
	return rv;
}

/* Records without a manifest do not count; take away at once what was written. */
static CK_RV
store_with_manifest(const struct p11_token *token, const struct batch *batch, int64_t shown)
{
	struct copies copies;
	size_t stored = 0;
	CK_RV rv = store_all(token, batch, shown, &stored);

	if (rv != CKR_OK && stored > 0) {
		if (copies_load(token, &copies) == EXIT_STATUS_OK)
			(void)copies_sweep(token, &copies);
		copies_clear(&copies);
	}
	return rv;
}

/* A second record for one key would never be found; ours refuses it by itself. */
static CK_RV
check_keys_are_free(const struct copies *copies, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct copy *copy =
			copies_find(copies, mdoc_mso_device_key(mdoc_issuer_signed_mso(batch->records[i])));

		if (copy == NULL || copy->bound)
			return CKR_MDOC_NO_HOLDER_KEY;
	}
	return CKR_OK;
}

static enum exit_status
store(const struct p11_token *token, const struct copies *copies, const struct batch *batch, int64_t shown)
{
	CK_RV rv;

	if (token->ours && token->p11->vendor == NULL) {
		tool_error(_("this module hides the batch interface of the token"));
		tool_why(_("Load mdoc-pkcs11.so itself with --module, not a proxy."));
		return EXIT_STATUS_TROUBLE;
	}
	rv = check_keys_are_free(copies, batch);
	if (rv == CKR_OK)
		rv = copies_sweep(token, copies);
	if (rv == CKR_OK)
		rv = token->ours ? store_as_batch(token, batch, shown) : store_with_manifest(token, batch, shown);
	if (rv != CKR_OK)
		return tool_rv_error(_("nothing was stored"), rv);
	return EXIT_STATUS_OK;
}

static void
say_stored(const struct import_args *args, const struct batch *batch, int64_t shown)
{
	json_t *result;

	if (!args->token.common.json) {
		printf(ngettext("%zu copy was stored.", "%zu copies were stored.", batch->count), batch->count);
		putchar('\n');
		return;
	}
	result = json_pack("{s:I, s:o, s:{s:s, s:I}}", "imported", (json_int_t)batch->count, "docType",
		json_text(mdoc_mso_doc_type(mdoc_issuer_signed_mso(batch->records[0]))), "notices", "version",
		NOTICES_VERSION, "shown", (json_int_t)shown);
	if (result != NULL)
		json_print(result);
	json_decref(result);
}

static enum exit_status
run(const struct import_args *args, struct p11 *p11, struct p11_token *token)
{
	struct batch batch = { NULL, NULL, 0 };
	struct copies copies = { .items = NULL };
	enum exit_status status;
	int64_t shown = 0;

	status = batch_read(args->response, &args->files, &batch);
	if (status == EXIT_STATUS_OK)
		status = token_begin(&args->token, p11, token);
	if (status == EXIT_STATUS_OK)
		status = copies_load(token, &copies);
	if (status == EXIT_STATUS_OK)
		status = batch_check(token, &copies, &batch, (int64_t)time(NULL));
	if (status == EXIT_STATUS_OK)
		status = show_and_ask(args, &batch, &shown);
	if (status == EXIT_STATUS_OK)
		status = store(token, &copies, &batch, shown);
	if (status == EXIT_STATUS_OK)
		say_stored(args, &batch, shown);
	copies_clear(&copies);
	batch_clear(&batch);
	return status;
}

int
cmd_import(const struct command *command, int argc, char **argv)
{
	struct import_args args = { .response = NULL };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		{ "response", OPTION_TEXT, &args.response, N_("FILE"), N_("the issuer's credential response (JSON)"),
			false },
		{ "yes", OPTION_FLAG, &args.yes, NULL, N_("do not ask; contents and notices are shown all the same"),
			false },
		PIN_ROWS(args.token),
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, &args.files, argc, argv);
	if (status == EXIT_STATUS_GO_ON && (args.response != NULL) == (args.files.count > 0))
		status = options_wrong(command, _("give either --response or files with records"));
	if (status == EXIT_STATUS_GO_ON)
		status = run(&args, &p11, &token);
	token_end(&p11, &token);
	option_list_clear(&args.files);
	return status;
}
