/* respond.c: mdoc-present respond: consent, PIN, DeviceResponse. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/present/present.h"
#include "tools/present/presentation.h"

struct respond_args {
	struct presentation_args presentation;
	const char *request;
	const char *transcript;
	const char *out;
};

static bool
to_stdout(const struct respond_args *args)
{
	return strcmp(args->out, "-") == 0;
}

/* What was read, and who asks. */
struct asked {
	struct mdoc_buf request_file, transcript_file;
	struct mdoc_bytes transcript;
	struct mdoc_request *request;
	struct asker *askers;
};

static enum exit_status
read_inputs(const struct respond_args *args, struct asked *asked)
{
	struct mdoc_bytes bare = MDOC_NO_BYTES;
	struct mdoc_error error;
	enum exit_status status = file_read_cbor(args->request, &asked->request_file, &bare);

	if (status == EXIT_STATUS_OK && mdoc_request_parse(tool_context(), bare, &asked->request, &error) != MDOC_OK) {
		tool_mdoc_error(args->request, &error);
		status = EXIT_STATUS_INPUT;
	}
	return status == EXIT_STATUS_OK ? file_read_cbor(args->transcript, &asked->transcript_file, &asked->transcript)
					: status;
}

static void
clear_asked(struct asked *asked)
{
	presentation_askers_free(asked->askers, asked->request != NULL ? mdoc_request_count(asked->request) : 0);
	mdoc_request_free(asked->request);
	mdoc_buf_clear(&asked->request_file);
	mdoc_buf_clear(&asked->transcript_file);
}

static enum exit_status
say_done(const struct respond_args *args, const struct presentation *p)
{
	const size_t copies = presentation_copies(p);
	enum exit_status status;
	json_t *result;

	if (to_stdout(args))
		return EXIT_STATUS_OK;
	if (!args->presentation.token.common.json) {
		if (copies == 1)
			printf("%s\n", _("The response was written; one copy is used up."));
		else
			printf(_("The response was written; %zu copies are used up.\n"), copies);
		return EXIT_STATUS_OK;
	}
	result = presentation_json(p);
	status = result == NULL ? tool_no_memory() : json_print(result);
	json_decref(result);
	return status;
}

static enum exit_status
answer(const struct respond_args *args, struct presentation *p, struct asked *asked, struct mdoc_buf *response)
{
	struct question question = { .request = asked->request, .transcript = asked->transcript };
	enum exit_status status = presentation_askers(p, asked->request, asked->transcript, &asked->askers);

	question.askers = asked->askers;
	if (status == EXIT_STATUS_OK)
		status = presentation_consent(p, &question, 1);
	if (status == EXIT_STATUS_OK)
		status = file_check_writable(args->out);
	if (status == EXIT_STATUS_OK)
		status = presentation_unlock(p);
	if (status == EXIT_STATUS_OK)
		status = presentation_answer(p, &question, MDOC_EDITION_2021, response);
	if (status == EXIT_STATUS_OK)
		status = file_write(args->out, 0600, mdoc_buf_bytes(response));
	return status;
}

static enum exit_status
run(const struct command *command, const struct respond_args *args)
{
	FILE *people = args->presentation.token.common.json || to_stdout(args) ? stderr : stdout;
	struct mdoc_buf response = MDOC_BUF_EMPTY;
	struct presentation *p = NULL;
	struct asked asked;
	enum exit_status status;

	memset(&asked, 0, sizeof(asked));
	status = read_inputs(args, &asked);
	if (status == EXIT_STATUS_OK)
		status = presentation_begin(command, &args->presentation, people, &p);
	if (status == EXIT_STATUS_OK)
		status = answer(args, p, &asked, &response);
	if (status == EXIT_STATUS_OK)
		status = say_done(args, p);
	presentation_end(p);
	clear_asked(&asked);
	mdoc_buf_clear(&response);
	return status;
}

int
cmd_respond(const struct command *command, int argc, char **argv)
{
	struct respond_args args = { .request = NULL };
	const struct option_row rows[] = {
		PRESENTATION_ROWS(args.presentation),
		{ "request", OPTION_TEXT, &args.request, N_("FILE"), N_("the reader's DeviceRequest (CBOR)"), true },
		{ "transcript", OPTION_TEXT, &args.transcript, N_("FILE"), N_("the session transcript (CBOR)"), true },
		{ "out", OPTION_TEXT, &args.out, N_("FILE"), N_("write the DeviceResponse here"), true },
		END_ROW,
	};
	enum exit_status status;

	presentation_args_init(&args.presentation);
	status = options_parse(command, rows, &args.presentation.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = run(command, &args);
	presentation_args_clear(&args.presentation);
	return status;
}
