/* trust_files.c: files that say whom to trust. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/trust_files.h"

enum exit_status
trust_files_new(enum mdoc_cert_profile anchor, const struct mdoc_trust_list_policy *at, struct trust_files *files)
{
	*files = (struct trust_files){ anchor, *at, mdoc_trust_new(), mdoc_trust_new() };
	files->at.anchors = files->providers;
	return files->trust == NULL || files->providers == NULL ? tool_no_memory() : EXIT_STATUS_OK;
}

void
trust_files_free(struct trust_files *files)
{
	mdoc_trust_free(files->trust);
	mdoc_trust_free(files->providers);
	files->trust = files->providers = NULL;
}

enum exit_status
trust_files_wrong(const char *path, const struct mdoc_error *error)
{
	const enum exit_status status = tool_mdoc_error(path, error);

	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
add_file(const struct trust_files *files, const char *path)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = file_read_certificate(path, &der);

	if (status == EXIT_STATUS_OK &&
		mdoc_trust_add(tool_context(), files->trust, mdoc_buf_bytes(&der), files->anchor, files->at.relax,
			&error) != MDOC_OK)
		status = trust_files_wrong(path, &error);
	mdoc_buf_clear(&der);
	return status;
}

static int
is_certificate(const struct dirent *entry)
{
	static const char *const ends[] = { ".pem", ".der", ".crt", ".cer" };
	const char *dot = strrchr(entry->d_name, '.');

	for (size_t i = 0; dot != NULL && dot != entry->d_name && i < sizeof(ends) / sizeof(*ends); i++)
		if (strcasecmp(dot, ends[i]) == 0)
			return 1;
	return 0;
}

static enum exit_status
add_from_folder(const struct trust_files *files, const char *folder, const char *name, size_t *usable)
{
	char path[PATH_MAX];
	const int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
	enum exit_status status;

	if (len < 0 || (size_t)len >= sizeof(path))
		return EXIT_STATUS_OK;
	status = add_file(files, path);
	*usable += status == EXIT_STATUS_OK ? 1 : 0;
	if (status != EXIT_STATUS_INPUT)
		return status;
	tool_why("%s", _("It is left out."));
	return EXIT_STATUS_OK;
}

static enum exit_status
add_folder(const struct trust_files *files, const char *folder)
{
	struct dirent **names = NULL;
	const int count = scandir(folder, &names, is_certificate, alphasort);
	enum exit_status status = EXIT_STATUS_OK;
	size_t usable = 0;

	if (count < 0) {
		tool_error(_("cannot read %s: %s"), folder, strerror(errno));
		return EXIT_STATUS_INPUT;
	}
	for (int i = 0; i < count; i++) {
		if (status == EXIT_STATUS_OK)
			status = add_from_folder(files, folder, names[i]->d_name, &usable);
		free(names[i]);
	}
	free(names);
	if (status == EXIT_STATUS_OK && usable == 0) {
		tool_error(_("%s has no certificate of a CA to trust"), folder);
		status = EXIT_STATUS_INPUT;
	}
	return status;
}

enum exit_status
trust_files_anchor(struct trust_files *files, const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISDIR(about.st_mode) ? add_folder(files, path) : add_file(files, path);
}

enum exit_status
trust_files_provider(struct trust_files *files, const char *path)
{
	const enum mdoc_cert_profile signer = files->anchor == MDOC_CERT_IACA ? MDOC_CERT_VICAL : MDOC_CERT_RICAL;
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = file_read_certificate(path, &der);
	enum mdoc_result res;

	if (status != EXIT_STATUS_OK)
		goto out;
	res = mdoc_trust_add(tool_context(), files->providers, mdoc_buf_bytes(&der), MDOC_CERT_LIST_CA, files->at.relax,
		&error);
	if (res == MDOC_ERR_CERTIFICATE || res == MDOC_ERR_ARG)
		res = mdoc_trust_add(tool_context(), files->providers, mdoc_buf_bytes(&der), signer, files->at.relax,
			&error);
	if (res != MDOC_OK)
		status = trust_files_wrong(path, &error);
out:
	mdoc_buf_clear(&der);
	return status;
}

static void
left_out(void *arg, size_t i, const struct mdoc_error *why)
{
	const char *const *path = arg;

	tool_note(_("%s: entry %zu is left out, expected: %s"), *path, i, why->expected);
}

enum exit_status
trust_files_list(struct trust_files *files, const char *path)
{
	const enum mdoc_trust_list_kind kind = files->anchor == MDOC_CERT_IACA ? MDOC_VICAL : MDOC_RICAL;
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf file = MDOC_BUF_EMPTY;
	enum exit_status status = file_read(path, TRUST_LIST_MAX, &file);
	enum mdoc_result res;
	size_t added = 0;

	if (status != EXIT_STATUS_OK)
		goto out;
	res = mdoc_trust_list_parse(tool_context(), kind, mdoc_buf_bytes(&file), &list, &error);
	if (res == MDOC_OK)
		res = mdoc_trust_list_check(tool_context(), list, &files->at, &error);
	if (res == MDOC_OK)
		res = mdoc_trust_list_into_trust(tool_context(), list, files->trust, files->at.relax, &added, left_out,
			&path, &error);
	if (res != MDOC_OK)
		status = trust_files_wrong(path, &error);
out:
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&file);
	return status;
}

enum exit_status
trust_files_crl(struct mdoc_trust *trust, const char *path, bool *taken, struct mdoc_error *error)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;
	enum exit_status status = file_read_crl(path, &der);
	enum mdoc_result res;

	if (status != EXIT_STATUS_OK)
		goto out;
	res = mdoc_crl_parse(tool_context(), mdoc_buf_bytes(&der), &crl, error);
	if (res == MDOC_OK)
		res = mdoc_trust_add_crl(trust, crl, error);
	if (res == MDOC_OK) {
		*taken = true;
		crl = NULL;
	} else if (res != MDOC_ERR_CHAIN) {
		status = trust_files_wrong(path, error);
	}
out:
	mdoc_crl_free(crl);
	mdoc_buf_clear(&der);
	return status;
}
