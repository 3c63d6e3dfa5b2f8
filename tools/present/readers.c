/* readers.c: whom the holder trusts to ask: reader CAs and their CRLs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
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

enum exit_status
readers_parse(const struct command *command, struct presentation *p)
{
	const struct reader_args *args = &p->args->reader;
	enum exit_status status = parse_policy(command, args->policy, &p->reader_policy);

	if (status == EXIT_STATUS_OK)
		status = trust_relax(command, &args->relax, &p->relax);
	if (status != EXIT_STATUS_OK)
		return status;
	if (args->policy != NULL && p->reader_policy == MDOC_READER_POLICY_TRUSTED && args->cas.count == 0)
		return options_wrong(command, _("--reader-policy trusted needs --reader-ca"));
	if (args->cas.count == 0 && (args->crls.count > 0 || args->require_crl))
		return options_wrong(command, _("a CRL of a reader CA needs --reader-ca"));
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

/* A CRL of a CA in the store. */
static enum exit_status
add_crl(struct presentation *p, const char *path)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;
	enum exit_status status = file_read_crl(path, &der);

	if (status != EXIT_STATUS_OK)
		goto out;
	if (mdoc_crl_parse(tool_context(), mdoc_buf_bytes(&der), &crl, &error) != MDOC_OK ||
		mdoc_trust_add_crl(p->trust, crl, &error) != MDOC_OK) {
		status = wrong(path, &error);
		mdoc_crl_free(crl);
	}
out:
	mdoc_buf_clear(&der);
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

enum exit_status
readers_read(struct presentation *p)
{
	const struct reader_args *args = &p->args->reader;
	enum exit_status status = EXIT_STATUS_OK;

	if (args->cas.count == 0)
		return EXIT_STATUS_OK;
	p->trust = mdoc_trust_new();
	if (p->trust == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < args->cas.count && status == EXIT_STATUS_OK; i++)
		status = is_folder(args->cas.items[i]) ? add_folder(p, args->cas.items[i])
						       : add_file(p, args->cas.items[i]);
	for (size_t i = 0; i < args->crls.count && status == EXIT_STATUS_OK; i++)
		status = add_crl(p, args->crls.items[i]);
	return status;
}
