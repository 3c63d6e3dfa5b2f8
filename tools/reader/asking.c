/* asking.c: what a reader asks for, and with which key it signs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/reader/asking.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/reader/request_file.h"

#define CERTIFICATES_MAX 4

/* What the law's identification needs: name, address, date of birth and photograph. 個人番号 is
 * never asked for unless it is named (R-CARD-19). */
static const char *const default_elements[] = {
	JP_NAMESPACE ":full_name_unicode",
	JP_NAMESPACE ":resident_address_unicode",
	JP_NAMESPACE_GENERIC ":birth_date",
	JP_NAMESPACE ":portrait",
};

struct asking {
	const struct asking_args *args;
	enum mdoc_edition edition;
	struct mdoc_asked *asked;
	struct mdoc_ask ask; /* by options */
	struct request_file file;
	struct mdoc_ask *docs; /* one of the two */
	size_t count;
	struct reader_key key;
	struct mdoc_buf der[CERTIFICATES_MAX];
	struct mdoc_bytes x5chain[CERTIFICATES_MAX];
};

void
asking_args_clear(struct asking_args *args)
{
	option_list_clear(&args->elements);
	option_list_clear(&args->retain);
	option_list_clear(&args->certificates);
}

/* The one that names this element already, or a new one. */
static struct mdoc_asked *
asked_place(struct asking *asking, const struct mdoc_asked *wanted)
{
	for (size_t i = 0; i < asking->ask.count; i++) {
		if (mdoc_bytes_equal(asking->asked[i].ns, wanted->ns) &&
			mdoc_bytes_equal(asking->asked[i].element, wanted->element))
			return &asking->asked[i];
	}
	return &asking->asked[asking->ask.count++];
}

static enum exit_status
add_elements(const struct command *command, struct asking *asking, const char *const *items, size_t count, bool retain)
{
	for (size_t i = 0; i < count; i++) {
		const size_t before = asking->ask.count;
		struct mdoc_asked asked, *place;

		if (!request_parse_element(items[i], &asked))
			return options_wrong(command, _("--%s wants NAMESPACE:NAME, not \"%s\""),
				retain ? "retain" : "element", items[i]);
		place = asked_place(asking, &asked);
		/* --element and --retain of the same are one wish; twice the same option is a slip. */
		if (before == asking->ask.count && place->intent_to_retain == retain)
			return options_wrong(command, _("--%s %s is there twice"), retain ? "retain" : "element",
				items[i]);
		if (before != asking->ask.count && !element_allowed(asking->ask.doc_type, asked.ns, asked.element))
			tool_note(_("A record of this type has no element %s."), items[i]);
		*place = asked;
		place->intent_to_retain = retain;
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
collect_elements(const struct command *command, struct asking *asking)
{
	const struct asking_args *args = asking->args;
	const char *const *items = (const char *const *)args->elements.items;
	size_t n = args->elements.count;
	enum exit_status status;

	asking->ask.doc_type = mdoc_text(args->doc != NULL ? args->doc : JP_DOCTYPE);
	if (n + args->retain.count == 0 && mdoc_bytes_is_text(asking->ask.doc_type, JP_DOCTYPE)) {
		items = default_elements;
		n = sizeof(default_elements) / sizeof(default_elements[0]);
	}
	if (n + args->retain.count == 0)
		return options_wrong(command, _("--element is needed for the document type %s"), args->doc);
	asking->asked = calloc(n + args->retain.count, sizeof(*asking->asked));
	if (asking->asked == NULL)
		return tool_no_memory();
	status = add_elements(command, asking, items, n, false);
	if (status == EXIT_STATUS_OK)
		status = add_elements(command, asking, (const char *const *)args->retain.items, args->retain.count,
			true);
	asking->ask.asked = asking->asked;
	asking->docs = &asking->ask;
	asking->count = 1;
	return status;
}

static bool
asks_number(const struct mdoc_ask *ask)
{
	for (size_t i = 0; i < ask->count; i++) {
		if (mdoc_bytes_is_text(ask->asked[i].ns, JP_NAMESPACE) &&
			mdoc_bytes_is_text(ask->asked[i].element, MDOC_INDIVIDUAL_NUMBER))
			return true;
	}
	return false;
}

/* Who asks for 個人番号 says which law lets them; nothing else is asked with such words (R-CARD-18). */
static enum exit_status
settle_legal_basis(const struct command *command, struct asking *asking)
{
	const char *text = asking->args->legal_basis;
	bool number = false;

	for (size_t i = 0; i < asking->count; i++) {
		if (!asks_number(&asking->docs[i]))
			continue;
		number = true;
		asking->docs[i].legal_basis = text != NULL ? mdoc_text(text) : MDOC_NO_BYTES;
	}
	if (number && (text == NULL || text[0] == '\0'))
		return options_wrong(command, _("the Individual Number is asked for only with --legal-basis"));
	if (!number && text != NULL)
		return options_wrong(command,
			_("--legal-basis goes with the Individual Number, which is not asked for"));
	return EXIT_STATUS_OK;
}

/* From --from, or from --doc, --element and --retain. */
static enum exit_status
collect(const struct command *command, struct asking *asking)
{
	const struct asking_args *args = asking->args;
	enum exit_status status;

	if (args->from == NULL) {
		status = collect_elements(command, asking);
	} else if (args->doc != NULL || args->elements.count > 0 || args->retain.count > 0) {
		return options_wrong(command, _("--from goes without --doc, --element and --retain"));
	} else {
		status = request_file_read(args->from, &asking->file);
		asking->docs = asking->file.docs;
		asking->count = asking->file.count;
	}
	return status == EXIT_STATUS_OK ? settle_legal_basis(command, asking) : status;
}

static enum exit_status
read_certificates(const struct command *command, struct asking *asking)
{
	const struct option_list *paths = &asking->args->certificates;
	struct mdoc_public_key certified;
	struct mdoc_cert *cert = NULL;
	enum exit_status status;
	bool same;

	if (paths->count > CERTIFICATES_MAX)
		return options_wrong(command, _("--cert may be given %d times at most"), CERTIFICATES_MAX);
	for (size_t i = 0; i < paths->count; i++) {
		status = file_read_certificate(paths->items[i], &asking->der[i]);
		if (status != EXIT_STATUS_OK)
			return status;
		asking->x5chain[i] = mdoc_buf_bytes(&asking->der[i]);
	}
	same = mdoc_cert_parse(tool_context(), asking->x5chain[0], &cert, NULL) == MDOC_OK &&
		mdoc_cert_public_key(cert, &certified) == MDOC_OK &&
		mdoc_key_equal(&asking->key.public_key, &certified);
	mdoc_cert_free(cert);
	if (!same) {
		tool_error(_("%s is not the certificate of the key in %s"), paths->items[0], asking->args->key.name);
		tool_why("%s", _("Give the certificate of the reader's key first, then those above it."));
		return EXIT_STATUS_INPUT;
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
open_key(const struct command *command, struct asking *asking)
{
	const struct asking_args *args = asking->args;
	enum exit_status status;

	if (args->key.name == NULL && args->certificates.count == 0)
		return EXIT_STATUS_OK;
	if (args->key.name == NULL || args->certificates.count == 0)
		return options_wrong(command, _("reader authentication needs both --reader-key and --cert"));
	status = key_open(&args->key, &asking->key);
	if (status == EXIT_STATUS_OK && asking->key.signer.sign == NULL) {
		tool_error(_("%s: a key on %s does not sign"), args->key.name,
			mdoc_curve_name(asking->key.public_key.curve));
		status = EXIT_STATUS_INPUT;
	}
	return status == EXIT_STATUS_OK ? read_certificates(command, asking) : status;
}

static enum exit_status
settle_edition(const struct command *command, struct asking *asking)
{
	const struct asking_args *args = asking->args;
	const char *name = args->edition;
	const bool first = name != NULL && strcmp(name, "2021") == 0;
	const bool second = name != NULL && strcmp(name, "2") == 0;

	if (name != NULL && !first && !second)
		return options_wrong(command, _("--edition knows 2021 and 2, not \"%s\""), name);
	if (args->auth_all && args->key.name == NULL)
		return options_wrong(command, _("--reader-auth-all needs --reader-key and --cert"));
	if (args->auth_all && first)
		return options_wrong(command, _("--reader-auth-all is of --edition 2"));
	if (asking->file.second && first)
		return options_wrong(command, _("%s has parts that are of --edition 2"), args->from);
	if (args->auth_all || asking->file.second || second)
		asking->edition = MDOC_EDITION_2;
	return EXIT_STATUS_OK;
}

enum exit_status
asking_open(const struct command *command, const struct asking_args *args, struct asking **asking)
{
	struct asking *made = calloc(1, sizeof(*made));
	enum exit_status status;

	*asking = NULL;
	if (made == NULL || tool_context() == NULL) {
		free(made);
		return tool_no_memory();
	}
	made->args = args;
	status = collect(command, made);
	if (status == EXIT_STATUS_OK)
		status = settle_edition(command, made);
	if (status == EXIT_STATUS_OK)
		status = open_key(command, made);
	if (status == EXIT_STATUS_OK)
		*asking = made;
	else
		asking_close(made);
	return status;
}

const struct reader_key *
asking_key(const struct asking *asking)
{
	return asking->args->key.name != NULL ? &asking->key : NULL;
}

size_t
asking_certificates(const struct asking *asking, const struct mdoc_bytes **der)
{
	*der = asking->x5chain;
	return asking->args->certificates.count;
}

const struct mdoc_ask *
asking_docs(const struct asking *asking, size_t *count)
{
	*count = asking->count;
	return asking->docs;
}

const char *
asking_legal_basis(const struct asking *asking)
{
	return asking->args->legal_basis;
}

/* What went wrong when the request was written. */
static enum exit_status
build_failed(const struct asking *asking, const struct mdoc_error *error)
{
	if (error->code == MDOC_ERR_CALLBACK && asking->key.token.key.rv != CKR_OK)
		return key_error(&asking->key);
	if (asking->args->from != NULL && error->code == MDOC_ERR_ARG)
		return request_file_wrong(asking->args->from, error->path, error->expected);
	return tool_mdoc_error(_("The request could not be made."), error);
}

enum exit_status
asking_build(struct asking *asking, struct mdoc_bytes transcript, const struct mdoc_engagement *engagement,
	struct mdoc_buf *out)
{
	const struct asking_args *args = asking->args;
	const bool signs = asking_key(asking) != NULL;
	const bool all = args->auth_all &&
		(engagement == NULL || mdoc_engagement_capable(engagement, MDOC_CAPABILITY_READER_AUTH_ALL));
	const struct mdoc_reader_signer signer = { &asking->key.signer, asking->x5chain, args->certificates.count };
	const struct mdoc_request_options options = {
		.edition = asking->edition,
		.transcript = signs ? transcript : MDOC_NO_BYTES,
		.all = &signer,
		.all_count = all ? 1 : 0,
		.use_cases = asking->file.use_cases,
		.use_case_count = asking->file.use_case_count,
	};
	struct mdoc_error error = { .code = MDOC_OK };

	for (size_t i = 0; i < asking->count && signs; i++) {
		asking->docs[i].signer = &asking->key.signer;
		asking->docs[i].x5chain = asking->x5chain;
		asking->docs[i].x5chain_count = args->certificates.count;
	}
	if (mdoc_request_build(tool_context(), asking->docs, asking->count, &options, out, &error) != MDOC_OK)
		return build_failed(asking, &error);
	return EXIT_STATUS_OK;
}

void
asking_close(struct asking *asking)
{
	if (asking == NULL)
		return;
	for (size_t i = 0; i < CERTIFICATES_MAX; i++)
		mdoc_buf_clear(&asking->der[i]);
	request_file_clear(&asking->file);
	key_close(&asking->key);
	free(asking->asked);
	free(asking);
}
