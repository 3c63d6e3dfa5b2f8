/* request.c: write a DeviceRequest, signed by the reader if it has a key. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/reader/asking.h"

/* The session's transcript, without which there is nothing to sign for. */
static enum exit_status
read_transcript(const struct command *command, const struct asking_args *args, const char *path, struct mdoc_buf *file,
	struct mdoc_bytes *transcript)
{
	if ((args->key.name != NULL || args->certificates.count > 0) != (path != NULL))
		return options_wrong(command,
			_("reader authentication needs all of --reader-key, --cert and --transcript"));
	return path != NULL ? input_transcript(path, file, transcript) : EXIT_STATUS_OK;
}

int
cmd_request(const struct command *command, int argc, char **argv)
{
	const char *transcript_path = NULL, *out = NULL;
	struct asking_args args = { .doc = NULL };
	const struct option_row rows[] = {
		ASKING_ROWS(args),
		{ "transcript", OPTION_TEXT, &transcript_path, N_("FILE"), N_("SessionTranscript, for the signature"),
			false },
		{ "out", OPTION_TEXT, &out, N_("FILE"), N_("where the DeviceRequest is written"), true },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	struct mdoc_buf transcript_file = MDOC_BUF_EMPTY, request = MDOC_BUF_EMPTY;
	struct mdoc_bytes transcript = MDOC_NO_BYTES;
	struct common_options common = { NULL, false };
	struct asking *asking = NULL;
	enum exit_status status;

	status = options_parse(command, rows, &common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = tool_context() != NULL ? EXIT_STATUS_GO_ON : tool_no_memory();
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	args.key.module = common.module;
	status = read_transcript(command, &args, transcript_path, &transcript_file, &transcript);
	if (status == EXIT_STATUS_OK)
		status = asking_open(command, &args, &asking);
	if (status == EXIT_STATUS_OK)
		status = asking_build(asking, transcript, NULL, &request);
	if (status == EXIT_STATUS_OK)
		status = file_write(out, 0644, mdoc_buf_bytes(&request));
out:
	asking_close(asking);
	mdoc_buf_clear(&request);
	mdoc_buf_clear(&transcript_file);
	asking_args_clear(&args);
	return (int)status;
}
