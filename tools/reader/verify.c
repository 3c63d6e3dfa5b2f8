/*
 * verify.c: is a DeviceResponse genuine, valid and made for our session? (R-VX-01, R-VX-02,
 * R-VX-05)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/reader/judge.h"
#include "tools/reader/reader.h"
#include "tools/reader/report.h"

struct verify {
	const char *transcript_path, *request_path;
	struct option_list operands;
	struct judge_args args;
	struct judge *judge;
	struct judged judged;
	struct mdoc_buf response, transcript, request_file;
	struct mdoc_request *request;
	struct report_args report;
	struct key_source source;
	struct reader_key reader_key;
	struct common_options common;
};

/* An input beside the response that is wrong cannot make the answer "not verified". */
static enum exit_status
unreadable(enum exit_status status)
{
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
read_request(struct verify *verify)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_bytes inner;
	enum exit_status status;

	if (verify->request_path == NULL)
		return EXIT_STATUS_OK;
	status = file_read_cbor(verify->request_path, &verify->request_file, &inner);
	if (status != EXIT_STATUS_OK)
		return status;
	if (mdoc_request_parse(tool_context(), inner, &verify->request, &error) != MDOC_OK)
		return tool_mdoc_error(verify->request_path, &error);
	verify->judged.request = verify->request;
	return EXIT_STATUS_OK;
}

static enum exit_status
read_inputs(const struct command *command, struct verify *verify)
{
	struct judged *judged = &verify->judged;
	enum exit_status status = judge_open(command, &verify->args, &verify->judge);

	if (status == EXIT_STATUS_OK)
		status = file_read(verify->operands.items[0], FILE_CBOR_MAX, &verify->response);
	judged->response = mdoc_buf_bytes(&verify->response);
	if (status == EXIT_STATUS_OK)
		status =
			unreadable(input_transcript(verify->transcript_path, &verify->transcript, &judged->transcript));
	if (status == EXIT_STATUS_OK)
		status = unreadable(read_request(verify));
	if (status == EXIT_STATUS_OK && verify->source.name != NULL)
		status = unreadable(key_open(&verify->source, &verify->reader_key));
	if (status == EXIT_STATUS_OK && verify->reader_key.agreement.derive != NULL)
		judged->reader = &verify->reader_key.agreement;
	return status;
}

static enum exit_status
report(const struct verify *verify)
{
	const struct reader_result result = { verify->judged.verdict, verify->judged.summary,
		verify->report.show_unverified, verify->judged.now };

	return report_result(&result, &verify->report, verify->common.json, verify->request);
}

static enum exit_status
verify_run(const struct command *command, struct verify *verify)
{
	enum exit_status status = read_inputs(command, verify);

	if (status == EXIT_STATUS_OK)
		status = judge_response(verify->judge, &verify->judged);
	if (status == EXIT_STATUS_OK)
		status = report(verify);
	/* Our own key could not be used: that says nothing about the response. */
	if (key_error(&verify->reader_key) != EXIT_STATUS_OK && status == EXIT_STATUS_NO)
		status = EXIT_STATUS_TROUBLE;
	return status;
}

static enum exit_status
check_usage(const struct command *command, const struct verify *verify)
{
	if (verify->operands.count != 1)
		return options_wrong(command, _("name one file with a DeviceResponse, or - for standard input"));
	return report_check(command, &verify->report, verify->common.json, verify->request_path != NULL);
}

int
cmd_verify(const struct command *command, int argc, char **argv)
{
	struct verify verify = { .transcript_path = NULL };
	const struct option_row rows[] = {
		{ "transcript", OPTION_TEXT, &verify.transcript_path, N_("FILE"),
			N_("SessionTranscript of our session"), true },
		{ "request", OPTION_TEXT, &verify.request_path, N_("FILE"), N_("the DeviceRequest that was answered"),
			false },
		{ "session-key", OPTION_TEXT, &verify.source.name, N_("KEY"),
			N_("the session's private key (PEM, JWK or PKCS#11 URI)"), false },
		KEY_PIN_ROWS(verify.source),
		JUDGE_ROWS(verify.args),
		REPORT_ROWS(verify.report),
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	judge_args_init(&verify.args);
	verify.args.once = true;
	status = options_parse(command, rows, &verify.common, &verify.operands, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	verify.source.module = verify.common.module;
	status = check_usage(command, &verify);
	if (status == EXIT_STATUS_OK)
		status = verify_run(command, &verify);
out:
	mdoc_verdict_free(verify.judged.verdict);
	judge_close(verify.judge);
	mdoc_request_free(verify.request);
	key_close(&verify.reader_key);
	mdoc_buf_clear(&verify.response);
	mdoc_buf_clear(&verify.transcript);
	mdoc_buf_clear(&verify.request_file);
	option_list_clear(&verify.operands);
	judge_args_clear(&verify.args);
	return (int)status;
}
