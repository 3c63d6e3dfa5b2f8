/*
 * explain.c: what a presentation did wrong, check by check, for who makes wallets; it goes as far as what is known of the
 * session allows, and says what could not be looked at.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/reader/explain.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/dump.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/reader/judge.h"
#include "tools/reader/reader.h"

struct explain {
	const char *transcript_path, *request_path;
	struct option_list operands;
	struct judge_args args;
	struct judge *judge;
	struct judged judged;
	struct mdoc_buf response, transcript, request_file;
	struct mdoc_request *request;
	struct key_source source;
	struct reader_key session_key;
	struct common_options common;
};

/* What is said of a row. */
enum finding { WRONG, DOUBTFUL, NOT_SEEN, RIGHT, FINDINGS };

/* Stands in for a session of which nothing is known. */
static const uint8_t no_transcript[] = { 0x83, 0xF6, 0xF6, 0xF6 };

/* ---- What can be said of a row ---- */

/* A MAC that a wallet may make, and that only the session's key could tell. */
static bool
is_mac_without_key(const struct explain *explain, const struct mdoc_check_row *row)
{
	const struct mdoc_response *response = mdoc_verdict_response(explain->judged.verdict);
	const struct mdoc_document *document =
		response != NULL ? mdoc_response_document(response, row->document) : NULL;
	const struct mdoc_profile *profile;

	if (document == NULL || explain->judged.reader != NULL || row->error.code != MDOC_ERR_ALGORITHM ||
		!mdoc_node_present(mdoc_device_signed_mac(mdoc_document_device_signed(document))))
		return false;
	profile = mdoc_profile_find(mdoc_document_doc_type(document));
	return profile == NULL || mdoc_profile_takes_mac(profile);
}

/* Why a check could not be made with what was given, translated; NULL: it could. */
static const char *
lacking(const struct explain *explain, const struct mdoc_check_row *row)
{
	switch (row->check) {
	case MDOC_CHECK_DEVICE_AUTH:
		return explain->transcript_path == NULL
			? _("the SessionTranscript of the session is not known: --transcript")
			: NULL;
	case MDOC_CHECK_DEVICE_AUTH_FORM:
		return is_mac_without_key(explain, row)
			? _("it has a MAC, which only the session's key can tell: --session-key")
			: NULL;
	case MDOC_CHECK_CHAIN:
	case MDOC_CHECK_CERTIFICATE_VALIDITY:
	case MDOC_CHECK_ANCHOR_DOCTYPE:
		return judge_trusts(explain->judge) ? NULL
						    : _("nobody is named who is trusted: --iaca, --vical or --trust");
	case MDOC_CHECK_CRL:
		return row->outcome == MDOC_NOT_DONE ? _("no list of revoked certificates is known: --crl") : NULL;
	case MDOC_CHECK_DOCTYPE_REQUESTED:
	case MDOC_CHECK_REQUESTED_ELEMENTS:
		return explain->request == NULL ? _("what was asked for is not known: --request") : NULL;
	default:
		return NULL;
	}
}

static enum finding
find(const struct explain *explain, const struct mdoc_check_row *row, const char **why)
{
	*why = lacking(explain, row);
	if (*why != NULL && row->outcome != MDOC_PASSED)
		return NOT_SEEN;
	if (row->outcome == MDOC_FAILED)
		return WRONG;
	if (row->outcome == MDOC_WARNING || row->error.code == MDOC_ERR_UNDETERMINED)
		return DOUBTFUL;
	if (row->outcome == MDOC_NOT_DONE) {
		*why = _("what is wrong above prevents it");
		return NOT_SEEN;
	}
	return RIGHT;
}

static size_t
count(const struct explain *explain, enum finding finding)
{
	struct mdoc_check_row row;
	const char *why;
	size_t n = 0;

	for (size_t i = 0; mdoc_verdict_row(explain->judged.verdict, i, &row); i++)
		n += find(explain, &row, &why) == finding ? 1 : 0;
	return n;
}

/* ---- For people ---- */

#define COLUMNS 100
#define MARGIN 14

/* Bytes that stay together: one wide character, or narrow ones up to a blank. */
static size_t
word_len(const char *at)
{
	const size_t left = strlen(at);
	size_t len = 0;

	while (len < left && at[len] != ' ') {
		bool shown;
		const size_t one = terminal_character(at + len, left - len, &shown);

		if (terminal_width(at + len, one) > 1)
			return len > 0 ? len : one;
		len += one;
	}
	return len > 0 ? len : 1;
}

/* A paragraph behind a label, folded. */
static void
print_paragraph(const char *label, const char *text)
{
	size_t column = MARGIN, word;

	fputs("   ", stdout);
	terminal_padded(stdout, label, MARGIN - 3);
	for (const char *at = text; *at != '\0'; at += word) {
		word = word_len(at);
		if (column > MARGIN && column + terminal_width(at, word) > COLUMNS) {
			printf("\n%*s", MARGIN, "");
			column = MARGIN;
			if (*at == ' ')
				continue;
		}
		terminal_text(stdout, at, word);
		column += terminal_width(at, word);
	}
	fputc('\n', stdout);
}

static void
print_found(const struct mdoc_error *error)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (to == NULL)
		return;
	fprintf(to, "%s (%s)", message_mdoc(error->code), mdoc_result_name(error->code));
	if (error->expected[0] != '\0')
		fprintf(to, "; %s %s", _("expected:"), error->expected);
	if (error->path[0] != '\0')
		fprintf(to, "; %s", error->path);
	if (error->offset != SIZE_MAX) {
		fputs(", ", to);
		fprintf(to, _("at byte %zu"), error->offset);
	}
	if (fclose(to) == 0)
		print_paragraph(_("Found"), text);
	free(text);
}

static void
print_finding(size_t number, const struct mdoc_check_row *row)
{
	const struct explanation why = explain_check(row->check);

	printf("\n%zu. %s", number, mdoc_check_name(row->check));
	if (row->document != SIZE_MAX)
		printf(_(" (document %zu)"), row->document + 1);
	fputc('\n', stdout);
	print_paragraph(_("Not so"), result_sentence(row->check));
	print_found(&row->error);
	print_paragraph(_("Clause"), why.clause);
	print_paragraph(_("Meaning"), why.meaning);
	print_paragraph(_("To do"), why.advice);
}

static void
print_findings(const struct explain *explain, enum finding finding, size_t *number)
{
	struct mdoc_check_row row;
	const char *why;

	for (size_t i = 0; mdoc_verdict_row(explain->judged.verdict, i, &row); i++)
		if (find(explain, &row, &why) == finding)
			print_finding(++*number, &row);
}

static void
print_not_seen(const struct explain *explain)
{
	struct mdoc_check_row row;
	const char *why;

	if (count(explain, NOT_SEEN) == 0)
		return;
	printf("\n%s\n", _("Not looked at:"));
	for (size_t i = 0; mdoc_verdict_row(explain->judged.verdict, i, &row); i++) {
		if (find(explain, &row, &why) != NOT_SEEN)
			continue;
		fputs("   ", stdout);
		terminal_padded(stdout, mdoc_check_name(row.check), 23);
		printf("%s\n", why);
	}
}

static void
print_all(const struct explain *explain)
{
	const size_t wrong = count(explain, WRONG), doubtful = count(explain, DOUBTFUL);
	size_t number = 0;

	if (wrong == 0 && count(explain, NOT_SEEN) == 0)
		puts(_("Nothing is wrong with this response."));
	else if (wrong == 0)
		puts(_("Nothing is wrong with this response as far as it could be looked at."));
	else
		printf(ngettext("%zu check fails.\n", "%zu checks fail.\n", wrong), wrong);
	print_findings(explain, WRONG, &number);
	if (doubtful > 0)
		printf("\n%s\n", _("No reason to refuse it, and yet:"));
	print_findings(explain, DOUBTFUL, &number);
	print_not_seen(explain);
	printf("\n");
	printf(_("In order, or of no matter here: %zu checks.\n"), count(explain, RIGHT));
}

/* ---- For programs ---- */

static json_t *
finding_json(const struct mdoc_check_row *row, enum finding finding, const char *why)
{
	const struct explanation explanation = explain_check(row->check);
	json_t *json = json_pack("{s:s, s:s}", "check", mdoc_check_name(row->check), "outcome",
		mdoc_outcome_name(row->outcome));

	if (row->document != SIZE_MAX)
		json_object_set_new(json, "document", json_integer((json_int_t)row->document));
	if (finding == NOT_SEEN) {
		json_object_set_new(json, "why", json_string(why));
		return json;
	}
	json_object_set_new(json, "result", json_string(mdoc_result_name(row->error.code)));
	json_object_set_new(json, "found", json_string(message_mdoc(row->error.code)));
	if (row->error.expected[0] != '\0')
		json_object_set_new(json, "expected", json_string(row->error.expected));
	if (row->error.path[0] != '\0')
		json_object_set_new(json, "path", json_string(row->error.path));
	if (row->error.offset != SIZE_MAX)
		json_object_set_new(json, "offset", json_integer((json_int_t)row->error.offset));
	json_object_set_new(json, "clause", json_string(explanation.clause));
	json_object_set_new(json, "meaning", json_string(explanation.meaning));
	json_object_set_new(json, "advice", json_string(explanation.advice));
	return json;
}

static enum exit_status
print_json(const struct explain *explain)
{
	static const char *const names[] = { "wrong", "doubtful", "notLookedAt" };
	json_t *json = json_object();
	struct mdoc_check_row row;
	enum exit_status status;
	const char *why;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		json_object_set_new(json, names[n], json_array());
	for (size_t i = 0; mdoc_verdict_row(explain->judged.verdict, i, &row); i++) {
		const enum finding finding = find(explain, &row, &why);

		if (finding != RIGHT)
			json_array_append_new(json_object_get(json, names[finding]), finding_json(&row, finding, why));
	}
	status = json != NULL ? json_print(json) : tool_no_memory();
	json_decref(json);
	return status;
}

/* ---- Input ---- */

/* A response that lacks or replaces something may look like another structure: it has documents, or
 * a text in front. */
static bool
could_be_response(struct mdoc_node root)
{
	struct mdoc_bytes version;

	if (mdoc_node_type(root) == MDOC_CBOR_ARRAY)
		return mdoc_node_tstr(mdoc_node_first(root), &version);
	return mdoc_node_present(mdoc_map_text(root, "documents"));
}

/* Something else of the standard, given by mistake: said. */
static enum exit_status
look_at_structure(const struct explain *explain)
{
	struct mdoc_cbor *scan = NULL;
	enum exit_status status = EXIT_STATUS_OK;
	const char *text = NULL;

	if (mdoc_cbor_scan(tool_context(), mdoc_buf_bytes(&explain->response), 0, &scan, NULL) == MDOC_OK &&
		!could_be_response(mdoc_cbor_root(scan)))
		text = explain_structure(dump_structure(mdoc_cbor_root(scan)));
	if (text != NULL) {
		tool_error(_("%s is no DeviceResponse"), explain->operands.items[0]);
		tool_why("%s", text);
		status = EXIT_STATUS_INPUT;
	}
	mdoc_cbor_free(scan);
	return status;
}

static enum exit_status
read_request(struct explain *explain)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_bytes inner;
	enum exit_status status;

	if (explain->request_path == NULL)
		return EXIT_STATUS_OK;
	status = file_read_cbor(explain->request_path, &explain->request_file, &inner);
	if (status == EXIT_STATUS_OK && mdoc_request_parse(tool_context(), inner, &explain->request, &error) != MDOC_OK)
		status = tool_mdoc_error(explain->request_path, &error);
	explain->judged.request = explain->request;
	return status;
}

static enum exit_status
read_session(struct explain *explain)
{
	struct judged *judged = &explain->judged;
	enum exit_status status = EXIT_STATUS_OK;

	judged->transcript = mdoc_bytes_of(no_transcript, sizeof(no_transcript));
	if (explain->transcript_path != NULL)
		status = input_transcript(explain->transcript_path, &explain->transcript, &judged->transcript);
	if (status == EXIT_STATUS_OK)
		status = read_request(explain);
	if (status == EXIT_STATUS_OK && explain->source.name != NULL)
		status = key_open(&explain->source, &explain->session_key);
	if (status == EXIT_STATUS_OK && explain->session_key.agreement.derive != NULL)
		judged->reader = &explain->session_key.agreement;
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
explain_run(const struct command *command, struct explain *explain)
{
	enum exit_status status = judge_open(command, &explain->args, &explain->judge);

	if (status == EXIT_STATUS_OK)
		status = file_read(explain->operands.items[0], FILE_CBOR_MAX, &explain->response);
	if (status == EXIT_STATUS_OK)
		status = input_text(&explain->response);
	if (status == EXIT_STATUS_OK)
		status = look_at_structure(explain);
	if (status == EXIT_STATUS_OK)
		status = read_session(explain);
	explain->judged.response = mdoc_buf_bytes(&explain->response);
	if (status == EXIT_STATUS_OK)
		status = judge_response(explain->judge, &explain->judged);
	if (status != EXIT_STATUS_OK)
		return status;
	if (explain->common.json)
		status = print_json(explain);
	else
		print_all(explain);
	if (key_error(&explain->session_key) != EXIT_STATUS_OK)
		return EXIT_STATUS_TROUBLE;
	return status == EXIT_STATUS_OK && count(explain, WRONG) > 0 ? EXIT_STATUS_NO : status;
}

int
cmd_explain(const struct command *command, int argc, char **argv)
{
	struct explain explain = { .transcript_path = NULL };
	const struct option_row rows[] = {
		{ "transcript", OPTION_TEXT, &explain.transcript_path, N_("FILE"),
			N_("SessionTranscript of the session, if it is known"), false },
		{ "request", OPTION_TEXT, &explain.request_path, N_("FILE"), N_("the DeviceRequest that was answered"),
			false },
		{ "session-key", OPTION_TEXT, &explain.source.name, N_("KEY"),
			N_("the session's private key (PEM, JWK or PKCS#11 URI)"), false },
		KEY_PIN_ROWS(explain.source),
		JUDGE_ROWS(explain.args),
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	judge_args_init(&explain.args);
	explain.args.nobody = true;
	explain.args.once = true;
	status = options_parse(command, rows, &explain.common, &explain.operands, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	explain.source.module = explain.common.module;
	if (explain.operands.count != 1)
		status = options_wrong(command, _("name one file with a DeviceResponse, or - for standard input"));
	else
		status = tool_context() != NULL ? explain_run(command, &explain) : tool_no_memory();
out:
	mdoc_verdict_free(explain.judged.verdict);
	judge_close(explain.judge);
	mdoc_request_free(explain.request);
	key_close(&explain.session_key);
	mdoc_buf_clear(&explain.response);
	mdoc_buf_clear(&explain.transcript);
	mdoc_buf_clear(&explain.request_file);
	option_list_clear(&explain.operands);
	judge_args_clear(&explain.args);
	return (int)status;
}
