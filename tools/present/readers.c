/* readers.c: whom the holder trusts to ask: reader CAs, lists of them, CRLs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/message.h"
#include "tools/common/trust_files.h"
#include "tools/present/presentation_internal.h"

static const struct {
	const char *name;
	enum mdoc_reader_policy policy;
} policies[] = {
	{ "any", MDOC_READER_POLICY_ANY },
	{ "signed", MDOC_READER_POLICY_SIGNED },
	{ "trusted", MDOC_READER_POLICY_TRUSTED },
};

static enum exit_status
parse_policy(const struct command *command, const char *name, enum mdoc_reader_policy *policy)
{
	*policy = MDOC_READER_POLICY_TRUSTED;
	if (name == NULL)
		return EXIT_STATUS_OK;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (strcmp(policies[i].name, name) != 0)
			continue;
		*policy = policies[i].policy;
		return EXIT_STATUS_OK;
	}
	return options_wrong(command, _("--reader-policy knows any, signed and trusted, not \"%s\""), name);
}

static bool
anybody(const struct reader_args *args)
{
	return args->cas.count > 0 || args->ricals.count > 0;
}

enum exit_status
readers_parse(const struct command *command, struct presentation *p)
{
	const struct reader_args *args = &p->args->reader;
	enum exit_status status = parse_policy(command, args->policy, &p->reader_policy);

	if (status == EXIT_STATUS_OK)
		status = trust_relax(command, &args->relax, &p->relax);
	if (status != EXIT_STATUS_OK)
		return status;
	if (args->policy != NULL && p->reader_policy == MDOC_READER_POLICY_TRUSTED && !anybody(args))
		return options_wrong(command, _("--reader-policy trusted needs --reader-ca or --rical"));
	if (!anybody(args) && (args->crls.count > 0 || args->require_crl))
		return options_wrong(command, _("a CRL of a reader CA needs --reader-ca or --rical"));
	if ((args->ricals.count > 0) != (args->rical_ca.count > 0))
		return options_wrong(command, _("--rical and --rical-ca go together"));
	return EXIT_STATUS_OK;
}

/* What the providers of lists have revoked is known before their lists are read, and those may bring the anchors that
 * other CRLs are of. */
static enum exit_status
read_in_order(const struct reader_args *args, struct trust_files *files, bool *taken)
{
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < args->cas.count && status == EXIT_STATUS_OK; i++)
		status = trust_files_anchor(files, args->cas.items[i]);
	for (size_t i = 0; i < args->rical_ca.count && status == EXIT_STATUS_OK; i++)
		status = trust_files_provider(files, args->rical_ca.items[i]);
	for (size_t i = 0; i < args->crls.count && args->ricals.count > 0 && status == EXIT_STATUS_OK; i++)
		status = trust_files_crl(files->providers, args->crls.items[i], &taken[i], &error);
	for (size_t i = 0; i < args->ricals.count && status == EXIT_STATUS_OK; i++)
		status = trust_files_list(files, args->ricals.items[i]);
	for (size_t i = 0; i < args->crls.count && status == EXIT_STATUS_OK; i++) {
		status = trust_files_crl(files->trust, args->crls.items[i], &taken[i], &error);
		if (status == EXIT_STATUS_OK && !taken[i])
			status = trust_files_wrong(args->crls.items[i], &error);
	}
	return status;
}

enum exit_status
readers_read(struct presentation *p)
{
	const struct reader_args *args = &p->args->reader;
	const struct mdoc_trust_list_policy at = {
		.now = clock_now(),
		.relax = p->relax,
		.crl_required = args->require_crl,
	};
	struct trust_files files = { .trust = NULL };
	enum exit_status status;
	bool *taken = NULL;

	if (!anybody(args))
		return EXIT_STATUS_OK;
	taken = calloc(args->crls.count + 1, sizeof(*taken));
	status = taken == NULL ? tool_no_memory() : trust_files_new(MDOC_CERT_READER_CA, &at, &files);
	if (status == EXIT_STATUS_OK)
		status = read_in_order(args, &files, taken);
	p->trust = files.trust;
	files.trust = NULL;
	trust_files_free(&files);
	free(taken);
	return status;
}
