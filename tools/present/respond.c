/* respond.c: mdoc-present respond: consent, PIN, DeviceResponse. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/present.h"
#include "tools/common/file.h"
#include "tools/common/holder.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct respond_args {
	struct token_args token;
	const char *request;
	const char *transcript;
	const char *out;
	struct option_list agree;
	struct reader_args reader;
	bool yes;
};

/* One presentation. */
struct presentation {
	struct mdoc_buf request_file, transcript_file;
	struct mdoc_bytes transcript;
	struct mdoc_request *request;
	struct reader reader;
	struct agreement agreement;
	struct copies copies;
	struct mdoc_selection selection;
	struct mdoc_buf response;
};

static FILE *
people(const struct respond_args *args)
{
	return args->token.common.json || strcmp(args->out, "-") == 0 ? stderr : stdout;
}

static enum exit_status
read_inputs(const struct respond_args *args, struct presentation *p)
{
	struct mdoc_bytes bare = MDOC_NO_BYTES;
	struct mdoc_error error;
	enum exit_status status;

	status = present_read(args->request, &p->request_file, &bare);
	if (status == EXIT_STATUS_OK && mdoc_request_parse(NULL, bare, &p->request, &error) != MDOC_OK) {
		tool_mdoc_error(args->request, &error);
		status = EXIT_STATUS_INPUT;
	}
	if (status == EXIT_STATUS_OK)
		status = present_read(args->transcript, &p->transcript_file, &p->transcript);
	if (status == EXIT_STATUS_OK)
		status = reader_look(&args->reader, p->request, p->transcript, args->request, &p->reader);
	return status;
}

/* The next usable copy from *at on, whose docType is asked; like NULL, or one that says the same. */
static const struct copy *
next_copy(const struct presentation *p, const struct mdoc_issuer_signed *like, size_t *at, const char **why_not)
{
	const int64_t now = (int64_t)time(NULL);

	for (; *at < p->copies.count; (*at)++) {
		const struct copy *copy = &p->copies.items[*at];
		const char *state = copy_state(copy, now);

		if (copy->record == CK_INVALID_HANDLE ||
			!reader_may_have(&p->reader, p->request, mdoc_mso_doc_type(copy->mso)))
			continue;
		if (strcmp(state, "unused") != 0) {
			*why_not = state;
			continue;
		}
		if (like == NULL || record_same_content(like, copy->parsed)) {
			(*at)++;
			return copy;
		}
	}
	return NULL;
}

static enum exit_status
no_copy(const char *why_not)
{
	if (why_not != NULL && strcmp(why_not, "expired") == 0)
		tool_error(_("the record has expired"));
	else if (why_not != NULL)
		tool_error(_("the record is not valid yet"));
	else
		tool_error(_("no unused copy of what is asked for is left in the token"));
	tool_why(_("Ask the issuer for new copies: mdoc-token request, then mdoc-token import."));
	return EXIT_STATUS_NO;
}

/* 個人番号 leaves only by its own word (R-CARD-18, R-CARD-49). */
static enum exit_status
settle_number(const struct respond_args *args, struct presentation *p, const struct copy *copy)
{
	bool asked = false;

	if (p->agreement.given || args->yes || !consent_number_is_asked(p->request, copy->parsed))
		return EXIT_STATUS_OK;
	fprintf(people(args), "%s\n",
		_("The reader asks for the Individual Number (個人番号). Only those with a legal basis may ask for "
		  "it."));
	if (terminal_ask(_("Give the Individual Number too?"), &asked))
		return agreement_to_all(p->request, mdoc_mso_doc_type(copy->mso), &p->agreement);
	return EXIT_STATUS_OK;
}

static enum exit_status
select_from(struct presentation *p, const struct copy *copy)
{
	struct mdoc_error error;
	enum exit_status status;

	mdoc_selection_clear(&p->selection);
	memset(&p->selection, 0, sizeof(p->selection));
	if (mdoc_select(copy->parsed, p->request, p->agreement.items, p->agreement.count, p->agreement.given,
		    &p->selection, &error) == MDOC_OK)
		return EXIT_STATUS_OK;
	memset(&p->selection, 0, sizeof(p->selection));
	status = tool_mdoc_error(_("there is nothing to answer"), &error);
	if (error.code == MDOC_ERR_NOTHING && consent_number_is_asked(p->request, copy->parsed))
		tool_why(_("The Individual Number is given only with --agree %s:%s."), JP_NAMESPACE,
			MDOC_INDIVIDUAL_NUMBER);
	return status;
}

static enum exit_status
ask_consent(const struct respond_args *args, const struct presentation *p)
{
	bool asked = false;

	consent_show_selection(people(args), &p->selection);
	fflush(people(args));
	if (args->yes || terminal_ask(_("Send this?"), &asked))
		return EXIT_STATUS_OK;
	tool_error(_("nothing was sent"));
	if (!asked)
		tool_why(_("There is no terminal to ask on; --yes agrees in advance."));
	return EXIT_STATUS_NO;
}

/* Somebody else used or erased the copy since it was read. */
static bool
is_gone(CK_RV rv)
{
	return rv == CKR_MDOC_SPENT || rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID;
}

/* *gone: try the next copy. */
static enum exit_status
sign_with(struct p11_token *token, struct presentation *p, const struct copy *copy, bool *gone)
{
	struct mdoc_p11_device_signer state;
	struct mdoc_device_signer signer;
	struct mdoc_p11_key key;
	struct mdoc_error error;
	bool ends_itself;
	CK_RV rv;

	*gone = false;
	/* Our module behind p11-kit's remoting, which hides its mechanisms, still ends a copy with its signature. */
	ends_itself = p11_attribute_bool(token, copy->private_key, CKA_MDOC_HOLDER_KEY);
	p11_key(token, copy->private_key, &key);
	state.key = &key;
	state.curve = copy->key.curve;
	mdoc_p11_device_signer(&state, &signer);
	mdoc_buf_clear(&p->response);
	if (mdoc_response_build(&p->selection, p->transcript, &signer, &p->response, &error) != MDOC_OK) {
		*gone = error.code == MDOC_ERR_CALLBACK && is_gone(key.rv);
		if (*gone)
			return EXIT_STATUS_NO;
		if (error.code == MDOC_ERR_CALLBACK && key.rv != CKR_OK)
			return tool_rv_error(_("the token did not sign"), key.rv);
		return tool_mdoc_error(_("the response could not be made"), &error);
	}
	if (token->ours)
		return EXIT_STATUS_OK;
	/* A module that does not know single use: the copy ends here, before the response leaves. */
	rv = copy_destroy(token, copy);
	if (rv == CKR_OK || (rv == CKR_OBJECT_HANDLE_INVALID && ends_itself))
		return EXIT_STATUS_OK;
	mdoc_buf_clear(&p->response);
	*gone = is_gone(rv);
	return *gone ? EXIT_STATUS_NO
		     : tool_rv_error(_("the used copy could not be destroyed, so nothing is sent"), rv);
}

static enum exit_status
answer(const struct respond_args *args, struct p11_token *token, struct presentation *p)
{
	const char *why_not = NULL;
	const struct copy *first, *copy;
	enum exit_status status;
	bool gone = false;
	size_t at = 0;

	first = next_copy(p, NULL, &at, &why_not);
	if (first == NULL)
		return no_copy(why_not);
	status = settle_number(args, p, first);
	if (status == EXIT_STATUS_OK)
		status = select_from(p, first);
	if (status == EXIT_STATUS_OK)
		status = ask_consent(args, p);
	if (status == EXIT_STATUS_OK)
		status = file_check_writable(args->out);
	if (status != EXIT_STATUS_OK)
		return status;
	for (copy = first; copy != NULL; copy = next_copy(p, first->parsed, &at, &why_not)) {
		if (copy != first)
			status = select_from(p, copy);
		if (status == EXIT_STATUS_OK)
			status = sign_with(token, p, copy, &gone);
		if (!gone)
			return status;
		status = EXIT_STATUS_OK;
	}
	return no_copy(NULL);
}

static enum exit_status
say_done(const struct respond_args *args, const struct presentation *p)
{
	json_t *result, *elements;
	enum exit_status status;

	if (!args->token.common.json) {
		if (strcmp(args->out, "-") != 0)
			printf("%s\n", _("The response was written; one copy is used up."));
		return EXIT_STATUS_OK;
	}
	elements = json_array();
	for (size_t i = 0; i < p->selection.count; i++)
		json_array_append_new(elements,
			json_pack("[o, o]", json_text(mdoc_namespace_name(p->selection.item_ns[i])),
				json_text(mdoc_item_element(p->selection.items[i]))));
	result = json_pack("{s:o, s:o}", "docType",
		json_text(mdoc_mso_doc_type(mdoc_issuer_signed_mso(p->selection.record))), "elements", elements);
	status = result == NULL ? tool_no_memory() : strcmp(args->out, "-") == 0 ? EXIT_STATUS_OK : json_print(result);
	json_decref(result);
	return status;
}

static enum exit_status
run(const struct respond_args *args, struct presentation *p)
{
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status = read_inputs(args, p);

	if (status == EXIT_STATUS_OK) {
		reader_show(people(args), &p->reader, p->request);
		status = token_begin(&args->token, &p11, &token);
	}
	if (status == EXIT_STATUS_OK)
		status = copies_load(&token, &p->copies);
	if (status == EXIT_STATUS_OK)
		status = answer(args, &token, p);
	if (status == EXIT_STATUS_OK)
		status = file_write(args->out, 0600, mdoc_buf_bytes(&p->response));
	if (status == EXIT_STATUS_OK)
		status = say_done(args, p);
	token_end(&p11, &token);
	return status;
}

static void
clear_presentation(struct presentation *p)
{
	mdoc_selection_clear(&p->selection);
	copies_clear(&p->copies);
	agreement_clear(&p->agreement);
	reader_clear(&p->reader);
	mdoc_request_free(p->request);
	mdoc_buf_clear(&p->response);
	mdoc_buf_clear(&p->request_file);
	mdoc_buf_clear(&p->transcript_file);
}

int
cmd_respond(const struct command *command, int argc, char **argv)
{
	struct respond_args args = { .request = NULL };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		{ "request", OPTION_TEXT, &args.request, N_("FILE"), N_("the reader's DeviceRequest (CBOR)"), true },
		{ "transcript", OPTION_TEXT, &args.transcript, N_("FILE"), N_("the session transcript (CBOR)"), true },
		{ "out", OPTION_TEXT, &args.out, N_("FILE"), N_("write the DeviceResponse here"), true },
		{ "agree", OPTION_LIST, &args.agree, N_("NS:ELEMENT"),
			N_("give this element and only such; may be repeated; 個人番号 needs it"), false },
		{ "yes", OPTION_FLAG, &args.yes, NULL, N_("agree in advance, but never to 個人番号"), false },
		{ "reader-ca", OPTION_LIST, &args.reader.cas, N_("FILE"),
			N_("reader CA certificate that you trust; may be repeated"), false },
		{ "reader-policy", OPTION_TEXT, &args.reader.policy, N_("any|signed|trusted"),
			N_("which readers are answered (any)"), false },
		PIN_ROWS(args.token),
		END_ROW,
	};
	struct presentation p;
	enum exit_status status;

	memset(&p, 0, sizeof(p));
	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = agreement_parse(command, &args.agree, &p.agreement);
	if (status == EXIT_STATUS_GO_ON)
		status = reader_parse(command, &args.reader, &p.reader);
	if (status == EXIT_STATUS_GO_ON)
		status = run(&args, &p);
	clear_presentation(&p);
	option_list_clear(&args.agree);
	option_list_clear(&args.reader.cas);
	return status;
}
