/* reader.c: who asks, whether it is trusted, and whether it is answered. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/present.h"
#include <string.h>
#include <time.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/trust.h"

static const struct {
	const char *name;
	enum mdoc_reader_policy policy;
} policies[] = {
	{ "any", MDOC_READER_POLICY_ANY },
	{ "signed", MDOC_READER_POLICY_SIGNED },
	{ "trusted", MDOC_READER_POLICY_TRUSTED },
};

enum exit_status
reader_parse(const struct command *command, const struct reader_args *args, struct reader *reader)
{
	for (size_t i = 0; args->policy != NULL && i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (strcmp(policies[i].name, args->policy) == 0) {
			reader->policy = policies[i].policy;
			break;
		}
		if (i + 1 == sizeof(policies) / sizeof(policies[0]))
			return options_wrong(command, _("--reader-policy knows any, signed and trusted, not \"%s\""),
				args->policy);
	}
	if (reader->policy == MDOC_READER_POLICY_TRUSTED && args->cas.count == 0)
		return options_wrong(command, _("--reader-policy trusted needs --reader-ca"));
	if (args->cas.count == 0 && (args->crls.count > 0 || args->require_crl))
		return options_wrong(command, _("a CRL of a reader CA needs --reader-ca"));
	return trust_relax(command, &args->relax, &reader->relax) == EXIT_STATUS_OK ? EXIT_STATUS_GO_ON
										    : EXIT_STATUS_USAGE;
}

/* A CRL of a CA in the store. */
static enum exit_status
read_crl(struct mdoc_trust *trust, const char *path)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;
	enum exit_status status = file_read_crl(path, &der);

	if (status != EXIT_STATUS_OK)
		goto out;
	if (mdoc_crl_parse(tool_context(), mdoc_buf_bytes(&der), &crl, &error) != MDOC_OK ||
		mdoc_trust_add_crl(trust, crl, &error) != MDOC_OK) {
		status = tool_mdoc_error(path, &error);
		mdoc_crl_free(crl);
	}
out:
	mdoc_buf_clear(&der);
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
read_trust(const struct reader_args *args, struct reader *reader)
{
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;

	if (args->cas.count == 0)
		return EXIT_STATUS_OK;
	reader->trust = mdoc_trust_new();
	if (reader->trust == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < args->cas.count && status == EXIT_STATUS_OK; i++) {
		struct mdoc_buf der = MDOC_BUF_EMPTY;

		status = file_read_certificate(args->cas.items[i], &der);
		if (status == EXIT_STATUS_OK &&
			mdoc_trust_add(tool_context(), reader->trust, mdoc_buf_bytes(&der), MDOC_CERT_READER_CA,
				reader->relax, &error) != MDOC_OK) {
			tool_mdoc_error(args->cas.items[i], &error);
			status = EXIT_STATUS_INPUT;
		}
		mdoc_buf_clear(&der);
	}
	for (size_t i = 0; i < args->crls.count && status == EXIT_STATUS_OK; i++)
		status = read_crl(reader->trust, args->crls.items[i]);
	return status;
}

bool
reader_may_have(const struct reader *reader, const struct mdoc_request *request, struct mdoc_bytes doc_type)
{
	for (size_t d = 0; d < mdoc_request_count(request); d++)
		if (mdoc_bytes_equal(mdoc_doc_request_type(mdoc_request_doc(request, d)), doc_type) &&
			mdoc_reader_auth_allows(reader->auth, d, reader->policy))
			return true;
	return false;
}

/* Why nothing at all may be answered: a revoked certificate before anything else, which a policy might let pass. */
static enum exit_status
refuse(const struct reader *reader, const char *path)
{
	const struct mdoc_reader_row *row, *reason = NULL;

	for (size_t i = 0; (row = mdoc_reader_auth_row(reader->auth, i)) != NULL; i++)
		if (row->outcome == MDOC_FAILED && (reason == NULL || row->error.code == MDOC_ERR_REVOKED))
			reason = row;
	if (reason != NULL)
		(void)tool_mdoc_error(path, &reason->error);
	else
		tool_error(_("%s: the reader does not prove who it is"), path);
	tool_why(_("Do not answer this reader."));
	return EXIT_STATUS_NO;
}

enum exit_status
reader_look(const struct reader_args *args, const struct mdoc_request *request, struct mdoc_bytes transcript,
	const char *path, struct reader *reader)
{
	struct mdoc_reader_auth_options options = { .transcript = transcript,
		.now = (int64_t)time(NULL),
		.relax = reader->relax,
		.crl_required = args->require_crl };
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = read_trust(args, reader);

	if (status != EXIT_STATUS_OK)
		return status;
	options.trust = reader->trust;
	if (mdoc_reader_auth_check(tool_context(), request, &options, &reader->auth, &error) != MDOC_OK)
		return tool_mdoc_error(path, &error);
	for (size_t d = 0; d < mdoc_request_count(request); d++) {
		if (reader_may_have(reader, request, mdoc_doc_request_type(mdoc_request_doc(request, d))))
			return EXIT_STATUS_OK;
	}
	return refuse(reader, path);
}

/* Has a CRL that was given one of the certificates behind this docRequest? */
static bool
is_revoked(const struct reader *reader, size_t doc)
{
	const struct mdoc_reader_row *row;

	for (size_t i = 0; (row = mdoc_reader_auth_row(reader->auth, i)) != NULL; i++)
		if ((row->doc == doc || row->doc == SIZE_MAX) && row->check == MDOC_READER_CRL &&
			row->error.code == MDOC_ERR_REVOKED)
			return true;
	return false;
}

/* What stands behind the name. */
static const char *
standing_text(const struct reader *reader, size_t doc)
{
	if (mdoc_reader_auth_standing(reader->auth, doc) == MDOC_READER_TRUSTED)
		return _("(signed by this reader; a reader CA that you trust stands behind that name)");
	if (reader->trust != NULL)
		return _("(signed by this reader; no reader CA that you trust stands behind that name)");
	return _("(signed by this reader; nobody here has checked who stands behind that name)");
}

static void
show_one(FILE *to, const struct reader *reader, size_t doc)
{
	struct mdoc_buf subject = MDOC_BUF_EMPTY;

	switch (mdoc_reader_auth_standing(reader->auth, doc)) {
	case MDOC_READER_FAILED:
		fprintf(to, "%s\n",
			is_revoked(reader, doc) ? _("asked for by a reader whose certificate has been revoked")
						: _("asked for with a signature that is wrong"));
		break;
	case MDOC_READER_NONE:
		fprintf(to, "%s\n", _("asked for by a reader that does not prove who it is"));
		break;
	default:
		fputs(_("asked for by "), to);
		if (mdoc_reader_auth_subject(NULL, reader->auth, doc, &subject) == MDOC_OK)
			terminal_text(to, (const char *)subject.ptr, subject.len < 256 ? subject.len : 256);
		else
			fputc('?', to);
		fprintf(to, "\n  %s\n", standing_text(reader, doc));
		break;
	}
	mdoc_buf_clear(&subject);
}

void
reader_show(FILE *to, const struct reader *reader, const struct mdoc_request *request)
{
	for (size_t d = 0; d < mdoc_request_count(request); d++) {
		const struct mdoc_bytes doc_type = mdoc_doc_request_type(mdoc_request_doc(request, d));

		terminal_text(to, (const char *)doc_type.ptr, doc_type.len);
		fputs(": ", to);
		show_one(to, reader, d);
		if (!mdoc_reader_auth_allows(reader->auth, d, reader->policy))
			fprintf(to, "  %s\n", _("(this is not answered)"));
	}
	if (mdoc_request_warnings(request) != 0)
		tool_note(_("The request has parts that its version does not have or that are written otherwise; some "
			    "may be ignored."));
}

void
reader_clear(struct reader *reader)
{
	mdoc_reader_auth_free(reader->auth);
	mdoc_trust_free(reader->trust);
	memset(reader, 0, sizeof(*reader));
}
