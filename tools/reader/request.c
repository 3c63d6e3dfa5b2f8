/* request.c: write a DeviceRequest, signed by the reader if it has a key. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/reader/reader.h"
#include "tools/reader/request_file.h"

#define CERTIFICATES_MAX 4

/* What the law's identification needs: name, address, date of birth and photograph. 個人番号 is
 * never asked for unless it is named (R-CARD-18). */
static const char *const default_elements[] = {
	JP_NAMESPACE ":full_name_unicode",
	JP_NAMESPACE ":resident_address_unicode",
	JP_NAMESPACE_GENERIC ":birth_date",
	JP_NAMESPACE ":portrait",
};

struct request {
	const char *doc_type, *from, *transcript_path, *out, *edition_name;
	enum mdoc_edition edition;
	bool auth_all;
	struct option_list elements, certificates;
	struct mdoc_asked *asked;
	size_t count;
	struct mdoc_ask ask; /* by options */
	struct request_file file;
	struct key_source source;
	struct reader_key key;
	struct mdoc_buf der[CERTIFICATES_MAX];
	struct mdoc_bytes x5chain[CERTIFICATES_MAX];
	struct mdoc_buf transcript_file;
	struct mdoc_bytes transcript;
};

static enum exit_status
collect_elements(const struct command *command, struct request *request)
{
	const char *const *items = (const char *const *)request->elements.items;
	size_t n = request->elements.count;

	if (n == 0 && strcmp(request->doc_type, JP_DOCTYPE) == 0) {
		items = default_elements;
		n = sizeof(default_elements) / sizeof(default_elements[0]);
	}
	if (n == 0)
		return options_wrong(command, _("--element is needed for the document type %s"), request->doc_type);
	request->asked = calloc(n, sizeof(*request->asked));
	if (request->asked == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < n; i++) {
		struct mdoc_asked *asked = &request->asked[i];

		if (!request_parse_element(items[i], asked))
			return options_wrong(command,
				_("--element wants NAMESPACE:NAME or NAMESPACE:NAME:retain, not \"%s\""), items[i]);
		for (size_t j = 0; j < i; j++) {
			if (mdoc_bytes_equal(request->asked[j].ns, asked->ns) &&
				mdoc_bytes_equal(request->asked[j].element, asked->element))
				return options_wrong(command, _("--element %s is there twice"), items[i]);
		}
		if (!element_allowed(mdoc_text(request->doc_type), asked->ns, asked->element))
			tool_note(_("A record of this type has no element %s."), items[i]);
		request->count++;
	}
	return EXIT_STATUS_OK;
}

/* From --from, or from --doctype and --element. */
static enum exit_status
collect(const struct command *command, struct request *request)
{
	enum exit_status status;

	if (request->from != NULL && (request->doc_type != NULL || request->elements.count > 0))
		return options_wrong(command, _("--from goes without --doctype and --element"));
	if (request->from != NULL)
		return request_file_read(request->from, &request->file);
	if (request->doc_type == NULL)
		request->doc_type = JP_DOCTYPE;
	status = collect_elements(command, request);
	request->ask = (struct mdoc_ask){ .doc_type = mdoc_text(request->doc_type),
		.asked = request->asked,
		.count = request->count };
	return status;
}

static enum exit_status
read_certificates(const struct command *command, struct request *request)
{
	struct mdoc_public_key certified;
	struct mdoc_cert *cert = NULL;
	enum exit_status status;
	bool same;

	if (request->certificates.count > CERTIFICATES_MAX)
		return options_wrong(command, _("--cert may be given %d times at most"), CERTIFICATES_MAX);
	for (size_t i = 0; i < request->certificates.count; i++) {
		status = file_read_certificate(request->certificates.items[i], &request->der[i]);
		if (status != EXIT_STATUS_OK)
			return status;
		request->x5chain[i] = mdoc_buf_bytes(&request->der[i]);
	}
	same = mdoc_cert_parse(tool_context(), request->x5chain[0], &cert, NULL) == MDOC_OK &&
		mdoc_cert_public_key(cert, &certified) == MDOC_OK &&
		mdoc_key_equal(&request->key.public_key, &certified);
	mdoc_cert_free(cert);
	if (!same) {
		tool_error(_("%s is not the certificate of the key in %s"), request->certificates.items[0],
			request->source.name);
		tool_why("%s", _("Give the certificate of the reader's key first, then those above it."));
		return EXIT_STATUS_INPUT;
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
prepare_reader_auth(const struct command *command, struct request *request)
{
	enum exit_status status;

	if (request->source.name == NULL && request->certificates.count == 0 && request->transcript_path == NULL)
		return EXIT_STATUS_OK;
	if (request->source.name == NULL || request->certificates.count == 0 || request->transcript_path == NULL)
		return options_wrong(command, _("reader authentication needs all of --key, --cert and --transcript"));
	status = key_open(&request->source, &request->key);
	if (status == EXIT_STATUS_OK && request->key.signer.sign == NULL) {
		tool_error(_("%s: a key on %s does not sign"), request->source.name,
			mdoc_curve_name(request->key.public_key.curve));
		status = EXIT_STATUS_INPUT;
	}
	if (status == EXIT_STATUS_OK)
		status = read_certificates(command, request);
	if (status == EXIT_STATUS_OK)
		status = input_transcript(request->transcript_path, &request->transcript_file, &request->transcript);
	return status;
}

static enum exit_status
settle_edition(const struct command *command, struct request *request)
{
	const char *name = request->edition_name;

	if (name != NULL && strcmp(name, "2021") != 0 && strcmp(name, "2") != 0)
		return options_wrong(command, _("--edition knows 2021 and 2, not \"%s\""), name);
	if (request->auth_all && request->source.name == NULL)
		return options_wrong(command, _("--reader-auth-all needs --key, --cert and --transcript"));
	if (request->auth_all && name != NULL && strcmp(name, "2") != 0)
		return options_wrong(command, _("--reader-auth-all is of --edition 2"));
	if (request->file.second && name != NULL && strcmp(name, "2") != 0)
		return options_wrong(command, _("%s has parts that are of --edition 2"), request->from);
	if (request->auth_all || request->file.second || (name != NULL && strcmp(name, "2") == 0))
		request->edition = MDOC_EDITION_2;
	return EXIT_STATUS_OK;
}

static enum exit_status
write_request(struct request *request)
{
	struct mdoc_ask *docs = request->from != NULL ? request->file.docs : &request->ask;
	const size_t count = request->from != NULL ? request->file.count : 1;
	const struct mdoc_reader_signer all = { &request->key.signer, request->x5chain, request->certificates.count };
	const struct mdoc_request_options options = {
		.edition = request->edition,
		.transcript = request->transcript,
		.all = &all,
		.all_count = request->auth_all ? 1 : 0,
		.use_cases = request->file.use_cases,
		.use_case_count = request->file.use_case_count,
	};
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	enum exit_status status;

	for (size_t i = 0; i < count && request->source.name != NULL && !request->auth_all; i++) {
		docs[i].signer = &request->key.signer;
		docs[i].x5chain = request->x5chain;
		docs[i].x5chain_count = request->certificates.count;
	}
	if (mdoc_request_build(tool_context(), docs, count, &options, &out, &error) == MDOC_OK)
		status = file_write(request->out, 0644, mdoc_buf_bytes(&out));
	else if (error.code == MDOC_ERR_CALLBACK && request->key.token.key.rv != CKR_OK)
		status = key_error(&request->key);
	else if (request->from != NULL && error.code == MDOC_ERR_ARG)
		status = request_file_wrong(request->from, error.path, error.expected);
	else
		status = tool_mdoc_error(_("The request could not be made."), &error);
	mdoc_buf_clear(&out);
	return status;
}

int
cmd_request(const struct command *command, int argc, char **argv)
{
	struct request request = { .doc_type = NULL };
	const struct option_row rows[] = {
		{ "doctype", OPTION_TEXT, &request.doc_type, N_("TYPE"), N_("document type (org.iso.23220.1.jp.mnc)"),
			false },
		{ "element", OPTION_LIST, &request.elements, N_("NS:NAME[:retain]"),
			N_("ask for an element, and say that it will be kept; default: name, address, date of birth, "
			   "photograph"),
			false },
		{ "from", OPTION_TEXT, &request.from, N_("FILE"),
			N_("ask for what this JSON file describes, see mdoc-reader(1)"), false },
		{ "key", OPTION_TEXT, &request.source.name, N_("KEY"),
			N_("sign with this key (PEM, JWK or PKCS#11 URI)"), false },
		KEY_PIN_ROWS(request.source),
		{ "cert", OPTION_LIST, &request.certificates, N_("FILE"),
			N_("certificate of that key, then those above it"), false },
		{ "transcript", OPTION_TEXT, &request.transcript_path, N_("FILE"),
			N_("SessionTranscript, for the signature"), false },
		{ "reader-auth-all", OPTION_FLAG, &request.auth_all, NULL,
			N_("sign the request as a whole instead of what it asks for; second edition"), false },
		{ "edition", OPTION_TEXT, &request.edition_name, "2021|2",
			N_("edition of ISO/IEC 18013-5 to write (2021)"), false },
		{ "out", OPTION_TEXT, &request.out, N_("FILE"), N_("where the DeviceRequest is written"), true },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	struct common_options common = { NULL, false };
	enum exit_status status;

	status = options_parse(command, rows, &common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = tool_context() != NULL ? EXIT_STATUS_GO_ON : tool_no_memory();
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	request.source.module = common.module;
	status = collect(command, &request);
	if (status == EXIT_STATUS_OK)
		status = prepare_reader_auth(command, &request);
	if (status == EXIT_STATUS_OK)
		status = settle_edition(command, &request);
	if (status == EXIT_STATUS_OK)
		status = write_request(&request);
out:
	for (size_t i = 0; i < CERTIFICATES_MAX; i++)
		mdoc_buf_clear(&request.der[i]);
	mdoc_buf_clear(&request.transcript_file);
	option_list_clear(&request.elements);
	option_list_clear(&request.certificates);
	request_file_clear(&request.file);
	key_close(&request.key);
	free(request.asked);
	return (int)status;
}
