/* import.c: mdoc-token import: check, show, store a batch. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/accept.h"
#include "tools/token/token.h"
#include "tools/token/batch.h"
#include "tools/token/notices.h"
#include "tools/token/sealed.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <stdlib.h>
#include <time.h>

struct import_args {
	struct token_args token;
	const char *response;
	struct option_list files;
	bool yes;
};

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

static bool
is_sealed(const json_t *response)
{
	return json_object_get(response, "credential_response") != NULL;
}

/* What needs no PIN: a sealed response is read later. */
static enum exit_status
read_early(const struct import_args *args, json_t **response, struct batch *batch)
{
	enum exit_status status;

	if (args->response == NULL)
		return batch_read(NULL, &args->files, batch);
	status = json_read(args->response, response);
	return status == EXIT_STATUS_OK && !is_sealed(*response) ? batch_from_json(*response, args->response, batch)
								 : status;
}

/* R-COM-02: from an issuer that the token trusts, sealed to this token, and opened with its own key. The opened one takes
 * the place of the response. */
static enum exit_status
read_sealed(const struct import_args *args, struct p11_token *token, json_t **response, struct batch *batch)
{
	json_t *opened = NULL;
	enum exit_status status = sealed_check(token, *response, NULL, (int64_t)time(NULL));

	if (status == EXIT_STATUS_OK)
		status = sealed_open(token, *response, &opened);
	if (status == EXIT_STATUS_OK)
		status = batch_from_json(opened, args->response, batch);
	json_decref(*response);
	*response = opened;
	return status;
}

static enum exit_status
run(const struct import_args *args, struct p11 *p11, struct p11_token *token)
{
	struct batch batch = { NULL, NULL, 0 };
	struct copies copies = { .items = NULL };
	json_t *response = NULL;
	enum exit_status status;
	int64_t shown = 0;

	status = read_early(args, &response, &batch);
	if (status == EXIT_STATUS_OK)
		status = token_begin(&args->token, p11, token);
	if (status == EXIT_STATUS_OK && is_sealed(response))
		status = read_sealed(args, token, &response, &batch);
	if (status == EXIT_STATUS_OK)
		status = copies_load(token, &copies);
	if (status == EXIT_STATUS_OK)
		status = batch_check(token, &copies, &batch, (int64_t)time(NULL));
	if (status == EXIT_STATUS_OK)
		status = batch_show(&batch, args->token.common.json, args->yes, &shown);
	if (status == EXIT_STATUS_OK)
		status = batch_keep(token, &copies, &batch, shown);
	if (status == EXIT_STATUS_OK && response != NULL)
		status = accept_imported(token, &copies, &batch,
			json_string_value(json_object_get(response, "notification_id")), (int64_t)time(NULL));
	if (status == EXIT_STATUS_OK)
		say_stored(args, &batch, shown);
	copies_clear(&copies);
	batch_clear(&batch);
	json_decref(response);
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
