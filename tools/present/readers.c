/* readers.c: whom the holder trusts to ask: reader CAs, lists of them, CRLs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
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

/* What is wrong with an input about readers is no answer to one. */
static enum exit_status
wrong(const char *path, const struct mdoc_error *error)
{
	const enum exit_status status = tool_mdoc_error(path, error);

	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
add_file(struct presentation *p, const char *path)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = file_read_certificate(path, &der);

	if (status == EXIT_STATUS_OK &&
		mdoc_trust_add(tool_context(), p->trust, mdoc_buf_bytes(&der), MDOC_CERT_READER_CA, p->relax, &error) !=
			MDOC_OK)
		status = wrong(path, &error);
	mdoc_buf_clear(&der);
	return status;
}

/* Files in a folder of CAs whose name says that they are certificates. */
static int
is_certificate(const struct dirent *entry)
{
	static const char *const ends[] = { ".pem", ".crt", ".cer", ".der" };
	const char *dot = strrchr(entry->d_name, '.');

	if (dot == NULL || dot == entry->d_name)
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcasecmp(dot, ends[i]) == 0)
			return 1;
	return 0;
}

static enum exit_status
add_folder(struct presentation *p, const char *path)
{
	struct dirent **entries = NULL;
	const int count = scandir(path, &entries, is_certificate, alphasort);
	enum exit_status status = EXIT_STATUS_OK;

	if (count < 0) {
		tool_error(_("cannot read %s: %s"), path, strerror(errno));
		return EXIT_STATUS_INPUT;
	}
	if (count == 0) {
		tool_error(_("there is no certificate in the folder %s"), path);
		status = EXIT_STATUS_INPUT;
	}
	for (int i = 0; i < count; i++) {
		const size_t room = strlen(path) + strlen(entries[i]->d_name) + 2;
		char *file = status == EXIT_STATUS_OK ? malloc(room) : NULL;

		if (file != NULL) {
			snprintf(file, room, "%s/%s", path, entries[i]->d_name);
			status = add_file(p, file);
		} else if (status == EXIT_STATUS_OK) {
			status = tool_no_memory();
		}
		free(file);
		free(entries[i]);
	}
	free(entries);
	return status;
}

static bool
is_folder(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Give the store a CRL if one of its anchors signed it. */
static enum exit_status
offer_crl(struct mdoc_trust *trust, const char *path, bool *taken, struct mdoc_error *error)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;
	enum exit_status status = file_read_crl(path, &der);
	enum mdoc_result res = MDOC_OK;

	if (status == EXIT_STATUS_OK)
		res = mdoc_crl_parse(tool_context(), mdoc_buf_bytes(&der), &crl, error);
	if (status == EXIT_STATUS_OK && res == MDOC_OK)
		res = mdoc_trust_add_crl(trust, crl, error);
	if (status == EXIT_STATUS_OK && res == MDOC_OK) {
		*taken = true;
		crl = NULL;
	} else if (status == EXIT_STATUS_OK && res != MDOC_ERR_CHAIN) {
		status = wrong(path, error);
	}
	mdoc_crl_free(crl);
	mdoc_buf_clear(&der);
	return status;
}

/* The provider's CA, or the certificate that signs its lists. */
static enum exit_status
add_provider(const struct presentation *p, struct mdoc_trust *providers, const char *path)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = file_read_certificate(path, &der);
	enum mdoc_result res = MDOC_OK;

	if (status == EXIT_STATUS_OK)
		res = mdoc_trust_add(tool_context(), providers, mdoc_buf_bytes(&der), MDOC_CERT_LIST_CA, p->relax,
			&error);
	if (res == MDOC_ERR_CERTIFICATE || res == MDOC_ERR_ARG)
		res = mdoc_trust_add(tool_context(), providers, mdoc_buf_bytes(&der), MDOC_CERT_RICAL, p->relax,
			&error);
	if (res != MDOC_OK)
		status = wrong(path, &error);
	mdoc_buf_clear(&der);
	return status;
}

static void
left_out(void *arg, size_t i, const struct mdoc_error *why)
{
	tool_note(_("%s: entry %zu is left out, expected: %s"), (const char *)arg, i, why->expected);
}

static enum exit_status
add_rical(struct presentation *p, const struct mdoc_trust *providers, const char *path)
{
	const struct mdoc_trust_list_policy policy = {
		.anchors = providers,
		.now = clock_now(),
		.relax = p->relax,
		.crl_required = p->args->reader.require_crl,
	};
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf file = MDOC_BUF_EMPTY;
	enum exit_status status = file_read(path, FILE_CBOR_MAX, &file);
	char *name = strdup(path);
	enum mdoc_result res = MDOC_OK;
	size_t added = 0;

	if (status == EXIT_STATUS_OK)
		res = mdoc_trust_list_parse(tool_context(), MDOC_RICAL, mdoc_buf_bytes(&file), &list, &error);
	if (status == EXIT_STATUS_OK && res == MDOC_OK)
		res = mdoc_trust_list_check(tool_context(), list, &policy, &error);
	if (status == EXIT_STATUS_OK && res == MDOC_OK)
		res = mdoc_trust_list_into_trust(tool_context(), list, p->trust, p->relax, &added,
			name != NULL ? left_out : NULL, name, &error);
	if (res != MDOC_OK)
		status = wrong(path, &error);
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&file);
	free(name);
	return status;
}

/* What the providers of lists have revoked is known before their lists are read, and those may bring the anchors that
 * other CRLs are of. */
static enum exit_status
read_in_order(struct presentation *p, struct mdoc_trust *providers, bool *taken)
{
	const struct reader_args *args = &p->args->reader;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < args->cas.count && status == EXIT_STATUS_OK; i++)
		status = is_folder(args->cas.items[i]) ? add_folder(p, args->cas.items[i])
						       : add_file(p, args->cas.items[i]);
	for (size_t i = 0; i < args->rical_ca.count && status == EXIT_STATUS_OK; i++)
		status = add_provider(p, providers, args->rical_ca.items[i]);
	for (size_t i = 0; i < args->crls.count && args->ricals.count > 0 && status == EXIT_STATUS_OK; i++)
		status = offer_crl(providers, args->crls.items[i], &taken[i], &error);
	for (size_t i = 0; i < args->ricals.count && status == EXIT_STATUS_OK; i++)
		status = add_rical(p, providers, args->ricals.items[i]);
	for (size_t i = 0; i < args->crls.count && status == EXIT_STATUS_OK; i++) {
		status = offer_crl(p->trust, args->crls.items[i], &taken[i], &error);
		if (status == EXIT_STATUS_OK && !taken[i])
			status = wrong(args->crls.items[i], &error);
	}
	return status;
}

enum exit_status
readers_read(struct presentation *p)
{
	const struct reader_args *args = &p->args->reader;
	struct mdoc_trust *providers = NULL;
	enum exit_status status;
	bool *taken = NULL;

	if (!anybody(args))
		return EXIT_STATUS_OK;
	p->trust = mdoc_trust_new();
	providers = mdoc_trust_new();
	taken = calloc(args->crls.count + 1, sizeof(*taken));
	if (p->trust == NULL || providers == NULL || taken == NULL)
		status = tool_no_memory();
	else
		status = read_in_order(p, providers, taken);
	mdoc_trust_free(providers);
	free(taken);
	return status;
}
