/* respond.c: mdoc-present respond: consent, PIN, DeviceResponse. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/present.h"
#include "tools/common/file.h"
#include "tools/common/holder.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/trust.h"
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

/* One of several copies that say the same, and how it was used. */
struct held {
	const struct copy *copy;
	size_t next; /* where to look for another */
	struct mdoc_p11_key key;
	struct mdoc_p11_device_signer state;
	bool ends_itself, asked_to_sign, signed_;
};

/* One presentation. */
struct presentation {
	struct mdoc_buf request_file, transcript_file;
	struct mdoc_bytes transcript;
	struct mdoc_request *request;
	struct reader reader;
	struct agreement agreement;
	struct copies copies;
	struct held *held; /* a usable copy of each record that is asked for */
	size_t held_count;
	struct mdoc_selection *selection;
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

	status = file_read_cbor(args->request, &p->request_file, &bare);
	if (status == EXIT_STATUS_OK && mdoc_request_parse(NULL, bare, &p->request, &error) != MDOC_OK) {
		tool_mdoc_error(args->request, &error);
		status = EXIT_STATUS_INPUT;
	}
	if (status == EXIT_STATUS_OK)
		status = file_read_cbor(args->transcript, &p->transcript_file, &p->transcript);
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

static bool
is_held(const struct presentation *p, const struct copy *copy)
{
	for (size_t h = 0; h < p->held_count; h++)
		if (record_same_content(p->held[h].copy->parsed, copy->parsed))
			return true;
	return false;
}

static enum exit_status
find_held(struct presentation *p)
{
	const char *why_not = NULL;
	const struct copy *copy;
	size_t at = 0;

	p->held = calloc(p->copies.count + 1, sizeof(*p->held));
	if (p->held == NULL)
		return tool_no_memory();
	while ((copy = next_copy(p, NULL, &at, &why_not)) != NULL)
		if (!is_held(p, copy))
			p->held[p->held_count++] = (struct held){ .copy = copy, .next = at };
	return p->held_count > 0 ? EXIT_STATUS_OK : no_copy(why_not);
}

static enum exit_status
select_from_held(struct presentation *p)
{
	const size_t asked = mdoc_request_count(p->request);
	struct mdoc_held *records = calloc(p->held_count + 1, sizeof(*records));
	bool *refused = calloc(asked + 1, sizeof(*refused));
	const struct mdoc_select_options options = { p->agreement.items, p->agreement.count, p->agreement.given,
		refused };
	struct mdoc_error error;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	mdoc_selection_free(p->selection);
	p->selection = NULL;
	if (records == NULL || refused == NULL)
		goto out;
	for (size_t d = 0; d < asked; d++)
		refused[d] = !mdoc_reader_auth_allows(p->reader.auth, d, p->reader.policy);
	for (size_t h = 0; h < p->held_count; h++)
		records[h].record = p->held[h].copy->parsed;
	res = mdoc_select(NULL, p->request, records, p->held_count, &options, &p->selection, &error);
out:
	free(records);
	free(refused);
	if (res == MDOC_ERR_MEMORY)
		return tool_no_memory();
	return res == MDOC_OK ? EXIT_STATUS_OK : tool_mdoc_error(_("there is nothing to answer"), &error);
}

static bool
anything_leaves(const struct presentation *p)
{
	for (size_t d = 0; d < mdoc_selection_count(p->selection); d++)
		if (mdoc_selection_leaves(p->selection, d))
			return true;
	return false;
}

/* 個人番号 leaves only by its own word (R-CARD-18, R-CARD-49). */
static enum exit_status
settle_number(const struct respond_args *args, struct presentation *p)
{
	enum exit_status status = EXIT_STATUS_OK;
	bool asked = false;

	if (!consent_number_is_open(p->selection) || p->agreement.given || args->yes)
		return EXIT_STATUS_OK;
	fprintf(people(args), "%s\n",
		_("The reader asks for the Individual Number (個人番号). Only those with a legal basis may ask for "
		  "it."));
	if (terminal_ask(_("Give the Individual Number too?"), &asked))
		status = agreement_to_all(p->selection, &p->agreement);
	return status == EXIT_STATUS_OK ? select_from_held(p) : status;
}

static enum exit_status
check_anything(const struct presentation *p)
{
	const struct mdoc_error error = { .code = MDOC_ERR_NOTHING, .offset = SIZE_MAX };
	enum exit_status status;

	if (anything_leaves(p))
		return EXIT_STATUS_OK;
	status = tool_mdoc_error(_("there is nothing to answer"), &error);
	for (size_t d = 0; d < mdoc_selection_count(p->selection); d++)
		if (mdoc_selection_too_large(p->selection, d))
			tool_why("%s", _("(it is larger than the reader can take; less of it may fit)"));
	if (consent_number_is_open(p->selection))
		tool_why(_("The Individual Number is given only with --agree %s:%s."), JP_NAMESPACE,
			MDOC_INDIVIDUAL_NUMBER);
	return status;
}

static enum exit_status
ask_consent(const struct respond_args *args, const struct presentation *p)
{
	bool asked = false;

	consent_show_selection(people(args), p->selection);
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

/* mdoc_device_signer that remembers which copy has been used. */
static bool
sign_with_held(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	struct held *held = arg;
	struct mdoc_device_signer signer;

	mdoc_p11_device_signer(&held->state, &signer);
	held->asked_to_sign = true;
	held->signed_ = signer.sign(signer.arg, device_authentication_bytes, device_signed);
	return held->signed_;
}

/* The copy of document d. */
static struct held *
held_of(const struct presentation *p, size_t d)
{
	return &p->held[mdoc_selection_held(p->selection, d)];
}

/* A module that does not know single use: the copies end here, before the response leaves. */
static enum exit_status
end_copies(struct p11_token *token, struct presentation *p, bool *gone)
{
	for (size_t d = 0; !token->ours && d < mdoc_selection_count(p->selection); d++) {
		const struct held *held = held_of(p, d);
		CK_RV rv;

		if (!held->signed_)
			continue;
		rv = copy_destroy(token, held->copy);
		if (rv == CKR_OK || (rv == CKR_OBJECT_HANDLE_INVALID && held->ends_itself))
			continue;
		mdoc_buf_clear(&p->response);
		*gone = is_gone(rv);
		return *gone ? EXIT_STATUS_NO
			     : tool_rv_error(_("the used copy could not be destroyed, so nothing is sent"), rv);
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
build(struct p11_token *token, struct presentation *p, bool *gone)
{
	const size_t documents = mdoc_selection_count(p->selection);
	struct mdoc_device_signer *signers = calloc(documents + 1, sizeof(*signers));
	struct mdoc_device_key *keys = calloc(documents + 1, sizeof(*keys));
	const struct mdoc_response_options options = { .transcript = p->transcript, .keys = keys };
	enum exit_status status = EXIT_STATUS_OK;
	struct mdoc_error error;
	CK_RV rv = CKR_OK;

	*gone = false;
	if (signers == NULL || keys == NULL) {
		status = tool_no_memory();
		goto out;
	}
	for (size_t d = 0; d < documents; d++) {
		struct held *held = held_of(p, d);

		/* Our module behind p11-kit's remoting, which hides its mechanisms, ends a copy with its signature. */
		held->ends_itself = p11_attribute_bool(token, held->copy->private_key, CKA_MDOC_HOLDER_KEY);
		p11_key(token, held->copy->private_key, &held->key);
		held->state.key = &held->key;
		held->state.curve = held->copy->key.curve;
		signers[d] = (struct mdoc_device_signer){ sign_with_held, held };
		keys[d].device_signer = &signers[d];
	}
	mdoc_buf_clear(&p->response);
	if (mdoc_response_build(NULL, p->selection, &options, &p->response, &error) == MDOC_OK) {
		status = end_copies(token, p, gone);
		goto out;
	}
	for (size_t d = 0; d < documents; d++)
		if (held_of(p, d)->asked_to_sign && !held_of(p, d)->signed_)
			rv = held_of(p, d)->key.rv;
	*gone = error.code == MDOC_ERR_CALLBACK && is_gone(rv);
	if (*gone)
		status = EXIT_STATUS_NO;
	else if (error.code == MDOC_ERR_CALLBACK && rv != CKR_OK)
		status = tool_rv_error(_("the token did not sign"), rv);
	else
		status = tool_mdoc_error(_("the response could not be made"), &error);
out:
	free(signers);
	free(keys);
	return status;
}

/* Another copy for each that was signed with or turned out to be gone; what they say is the same. */
static enum exit_status
replace_used(struct presentation *p)
{
	const char *why_not = NULL;

	for (size_t h = 0; h < p->held_count; h++) {
		struct held *held = &p->held[h];
		const struct copy *copy;

		if (!held->asked_to_sign)
			continue;
		copy = next_copy(p, held->copy->parsed, &held->next, &why_not);
		if (copy == NULL)
			return no_copy(NULL);
		*held = (struct held){ .copy = copy, .next = held->next };
	}
	return select_from_held(p);
}

static enum exit_status
answer(const struct respond_args *args, struct p11_token *token, struct presentation *p)
{
	enum exit_status status = find_held(p);
	bool gone = false;

	if (status == EXIT_STATUS_OK)
		status = select_from_held(p);
	if (status == EXIT_STATUS_OK)
		status = settle_number(args, p);
	if (status == EXIT_STATUS_OK)
		status = check_anything(p);
	if (status == EXIT_STATUS_OK)
		status = ask_consent(args, p);
	if (status == EXIT_STATUS_OK)
		status = file_check_writable(args->out);
	while (status == EXIT_STATUS_OK) {
		status = build(token, p, &gone);
		if (!gone)
			break;
		status = replace_used(p);
	}
	return status;
}

static enum exit_status
say_done(const struct respond_args *args, const struct presentation *p)
{
	enum exit_status status;
	size_t copies = 0;
	json_t *result;

	if (!args->token.common.json) {
		for (size_t d = 0; d < mdoc_selection_count(p->selection); d++)
			copies += mdoc_selection_leaves(p->selection, d) ? 1 : 0;
		if (strcmp(args->out, "-") == 0)
			return EXIT_STATUS_OK;
		if (copies == 1)
			printf("%s\n", _("The response was written; one copy is used up."));
		else
			printf(_("The response was written; %zu copies are used up.\n"), copies);
		return EXIT_STATUS_OK;
	}
	result = consent_json(p->selection);
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
	mdoc_selection_free(p->selection);
	free(p->held);
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
	char relaxations[TRUST_RELAX_MAX], relax_help[2 * TRUST_RELAX_MAX];
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
		{ "reader-crl", OPTION_LIST, &args.reader.crls, N_("FILE"),
			N_("CRL of such a reader CA; may be repeated"), false },
		{ "require-reader-crl", OPTION_FLAG, &args.reader.require_crl, NULL,
			N_("a reader of which no CRL says that it is good is not trusted"), false },
		{ "relax", OPTION_LIST, &args.reader.relax, N_("NAME"), relax_help, false },
		{ "reader-policy", OPTION_TEXT, &args.reader.policy, N_("any|signed|trusted"),
			N_("which readers are answered (any)"), false },
		PIN_ROWS(args.token),
		END_ROW,
	};
	struct presentation p;
	enum exit_status status;

	memset(&p, 0, sizeof(p));
	trust_relax_names(relaxations);
	snprintf(relax_help, sizeof(relax_help), _("accept certificates that break a rule (see mdoc-reader(1)): %s"),
		relaxations);
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
	option_list_clear(&args.reader.crls);
	option_list_clear(&args.reader.relax);
	return status;
}
