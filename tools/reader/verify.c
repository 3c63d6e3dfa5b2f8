/*
 * verify.c: is a DeviceResponse genuine, valid and made for our session? (R-VX-01, R-VX-02,
 * R-VX-05)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/trust.h"
#include "tools/reader/reader.h"

#define CLOCK_SKEW_MAX 300 /* seconds */

struct verify {
	const char *transcript_path, *request_path;
	const char *undetermined;
	struct option_list operands, iaca, vical, vical_ca, crl, relax, list_paths;
	struct reader_lists lists;
	struct option_number clock_skew;
	struct mdoc_buf response, transcript, request_file;
	struct mdoc_trust *trust;
	struct mdoc_request *request;
	bool show_unverified;
	struct key_source source;
	struct reader_key reader_key;
	struct mdoc_verify_options options;
	struct common_options common;
};

static enum exit_status
read_lists(struct verify *verify)
{
	const enum exit_status status = reader_lists_read(&verify->lists, &verify->list_paths,
		mdoc_buf_bytes(&verify->response), &verify->options);

	verify->options.lists = &verify->lists.set;
	return status;
}

/* An input beside the response that is wrong cannot make the answer "not verified". */
static enum exit_status
unreadable(enum exit_status status)
{
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
read_anchors(struct verify *verify)
{
	const struct reader_anchors anchors = {
		.iaca = &verify->iaca,
		.vical = &verify->vical,
		.vical_ca = &verify->vical_ca,
		.crl = &verify->crl,
		.now = verify->options.now,
		.clock_skew = verify->options.clock_skew,
		.relax = verify->options.relax,
		.crl_required = verify->options.crl_required,
	};
	const enum exit_status status = reader_anchors_read(&anchors, &verify->trust);

	verify->options.trust = verify->trust;
	return status;
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
		return unreadable(tool_mdoc_error(verify->request_path, &error));
	verify->options.request = verify->request;
	return EXIT_STATUS_OK;
}

static enum exit_status
read_inputs(struct verify *verify)
{
	enum exit_status status;

	status = file_read(verify->operands.items[0], FILE_CBOR_MAX, &verify->response);
	if (status == EXIT_STATUS_OK)
		status = unreadable(
			input_transcript(verify->transcript_path, &verify->transcript, &verify->options.transcript));
	if (status == EXIT_STATUS_OK)
		status = read_anchors(verify);
	if (status == EXIT_STATUS_OK)
		status = unreadable(read_request(verify));
	if (status == EXIT_STATUS_OK)
		status = read_lists(verify);
	if (status == EXIT_STATUS_OK && verify->source.name != NULL)
		status = unreadable(key_open(&verify->source, &verify->reader_key));
	if (status == EXIT_STATUS_OK && verify->reader_key.agreement.derive != NULL)
		verify->options.reader = &verify->reader_key.agreement;
	/* Who names the key means a deviceMac too; libmdoc refuses one for the Japanese record (R-TX-01). */
	verify->options.mac_allowed = verify->options.reader != NULL;
	return status;
}

static enum exit_status
report(const struct verify *verify, const struct mdoc_verdict *verdict, enum mdoc_result summary)
{
	const struct reader_result result = { verdict, summary, verify->show_unverified };
	enum exit_status status = EXIT_STATUS_OK;
	json_t *json;

	if (verdict == NULL) {
		const struct mdoc_error error = { .code = summary, .offset = SIZE_MAX };

		return tool_mdoc_error(_("The response could not be checked."), &error);
	}
	if (verify->common.json) {
		json = result_json(&result);
		status = json == NULL ? tool_no_memory() : json_print(json);
		json_decref(json);
	} else {
		result_print(&result);
	}
	if (status != EXIT_STATUS_OK)
		return status;
	return summary == MDOC_OK ? EXIT_STATUS_OK : EXIT_STATUS_NO;
}

static enum exit_status
verify_run(struct verify *verify)
{
	struct mdoc_verdict *verdict = NULL;
	enum exit_status status;
	enum mdoc_result summary;

	verify->options.clock_skew = (int64_t)verify->clock_skew.value;
	status = read_inputs(verify);
	if (status != EXIT_STATUS_OK)
		return status;
	summary = mdoc_verify(tool_context(), mdoc_buf_bytes(&verify->response), &verify->options, &verdict);
	status = report(verify, verdict, summary);
	/* Our own key could not be used: that says nothing about the response. */
	if (key_error(&verify->reader_key) != EXIT_STATUS_OK && status == EXIT_STATUS_NO)
		status = EXIT_STATUS_TROUBLE;
	mdoc_verdict_free(verdict);
	return status;
}

static enum exit_status
check_usage(const struct command *command, struct verify *verify)
{
	if (verify->operands.count != 1)
		return options_wrong(command, _("name one file with a DeviceResponse, or - for standard input"));
	if (verify->iaca.count == 0 && verify->vical.count == 0)
		return options_wrong(command, _("--iaca or --vical is missing"));
	if ((verify->vical.count == 0) != (verify->vical_ca.count == 0))
		return options_wrong(command, _("--vical and --vical-ca go together"));
	if (verify->show_unverified && !verify->common.json)
		return options_wrong(command, _("--show-unverified is for --json only"));
	if (verify->undetermined != NULL && !reader_undetermined(verify->undetermined, &verify->options.undetermined))
		return options_wrong(command, _("--undetermined knows warn, ignore and fail, not \"%s\""),
			verify->undetermined);
	return EXIT_STATUS_OK;
}

int
cmd_verify(const struct command *command, int argc, char **argv)
{
	struct verify verify = { .clock_skew = { 0, 0, CLOCK_SKEW_MAX, false } };
	const char *at = NULL;
	char relaxations[TRUST_RELAX_MAX], relax_help[2 * TRUST_RELAX_MAX];
	const struct option_row rows[] = {
		{ "transcript", OPTION_TEXT, &verify.transcript_path, N_("FILE"),
			N_("SessionTranscript of our session"), true },
		{ "iaca", OPTION_LIST, &verify.iaca, N_("FILE"), N_("IACA certificate that you trust; may be repeated"),
			false },
		{ "vical", OPTION_LIST, &verify.vical, N_("FILE"),
			N_("a VICAL, which lists IACA certificates; may be repeated"), false },
		{ "vical-ca", OPTION_LIST, &verify.vical_ca, N_("FILE"),
			N_("certificate of who makes the VICAL: its CA, or its signer"), false },
		{ "request", OPTION_TEXT, &verify.request_path, N_("FILE"), N_("the DeviceRequest that was answered"),
			false },
		{ "at", OPTION_TEXT, &at, N_("TIME"), N_("check as of this time (RFC 3339) instead of now"), false },
		{ "clock-skew", OPTION_NUMBER, &verify.clock_skew, N_("SECONDS"),
			N_("let dates be off by this much (0)"), false },
		{ "reader-key", OPTION_TEXT, &verify.source.name, N_("KEY"),
			N_("the session's private key (PEM, JWK or PKCS#11 URI)"), false },
		KEY_PIN_ROWS(verify.source),
		{ "relax", OPTION_LIST, &verify.relax, N_("NAME"), relax_help, false },
		{ "crl", OPTION_LIST, &verify.crl, N_("FILE"), N_("CRL of a trusted IACA; may be repeated"), false },
		{ "require-crl", OPTION_FLAG, &verify.options.crl_required, NULL,
			N_("the signer's certificate fails unless a CRL says that it is good"), false },
		{ "status-list", OPTION_LIST, &verify.list_paths, N_("FILE"),
			N_("a list that says which documents are revoked; may be repeated"), false },
		{ "undetermined", OPTION_TEXT, &verify.undetermined, N_("WHAT"),
			N_("when nothing says so: warn (default), ignore or fail"), false },
		{ "show-unverified", OPTION_FLAG, &verify.show_unverified, NULL,
			N_("with --json: also what could not be verified, marked so"), false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	trust_relax_names(relaxations);
	snprintf(relax_help, sizeof(relax_help), _("accept certificates that break a rule (see mdoc-reader(1)): %s"),
		relaxations);
	status = options_parse(command, rows, &verify.common, &verify.operands, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	verify.source.module = verify.common.module;
	status = check_usage(command, &verify);
	if (status == EXIT_STATUS_OK)
		status = trust_relax(command, &verify.relax, &verify.options.relax);
	if (status == EXIT_STATUS_OK)
		status = clock_option(command, at, &verify.options.now);
	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = verify_run(&verify);
out:
	mdoc_request_free(verify.request);
	mdoc_trust_free(verify.trust);
	key_close(&verify.reader_key);
	mdoc_buf_clear(&verify.response);
	mdoc_buf_clear(&verify.transcript);
	mdoc_buf_clear(&verify.request_file);
	option_list_clear(&verify.operands);
	option_list_clear(&verify.iaca);
	option_list_clear(&verify.vical);
	option_list_clear(&verify.vical_ca);
	option_list_clear(&verify.crl);
	option_list_clear(&verify.relax);
	option_list_clear(&verify.list_paths);
	reader_lists_clear(&verify.lists);
	return (int)status;
}
