/* lists.c: lists of revocation for mdoc-reader verify. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/reader/reader.h"

/* One file, which is either kind of list. */
static enum exit_status
read_list(struct reader_lists *lists, const char *path, const struct mdoc_list_trust *trust)
{
	struct mdoc_bytes bytes;
	struct mdoc_status_list *status_list = NULL;
	struct mdoc_identifier_list *identifier_list = NULL;
	struct mdoc_error error = { .code = MDOC_OK }, other = { .code = MDOC_OK };
	enum exit_status status;
	enum mdoc_result res;

	status = file_read(path, FILE_CBOR_MAX, &lists->files[lists->count]);
	if (status != EXIT_STATUS_OK)
		return status;
	bytes = mdoc_buf_bytes(&lists->files[lists->count++]);
	res = mdoc_status_list_parse(tool_context(), bytes, &status_list, &error);
	if (res == MDOC_OK) {
		lists->status[lists->set.status_count++] = status_list;
		res = mdoc_status_list_check(tool_context(), status_list, trust, &error);
	} else if (mdoc_identifier_list_parse(tool_context(), bytes, &identifier_list, &other) == MDOC_OK) {
		lists->identifiers[lists->set.identifiers_count++] = identifier_list;
		res = mdoc_identifier_list_check(tool_context(), identifier_list, trust, &error);
	}
	if (res == MDOC_OK)
		return EXIT_STATUS_OK;
	status = tool_mdoc_error(path, &error);
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

enum exit_status
reader_lists_read(struct reader_lists *lists, const struct option_list *paths, const struct mdoc_list_trust *trust)
{
	enum exit_status status = EXIT_STATUS_OK;

	if (paths->count == 0)
		return EXIT_STATUS_OK;
	lists->files = calloc(paths->count, sizeof(*lists->files));
	lists->status = calloc(paths->count, sizeof(*lists->status));
	lists->identifiers = calloc(paths->count, sizeof(*lists->identifiers));
	if (lists->files == NULL || lists->status == NULL || lists->identifiers == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < paths->count && status == EXIT_STATUS_OK; i++)
		status = read_list(lists, paths->items[i], trust);
	lists->set.status = (const struct mdoc_status_list *const *)lists->status;
	lists->set.identifiers = (const struct mdoc_identifier_list *const *)lists->identifiers;
	return status;
}

void
reader_lists_clear(struct reader_lists *lists)
{
	for (size_t i = 0; i < lists->set.status_count; i++)
		mdoc_status_list_free(lists->status[i]);
	for (size_t i = 0; i < lists->set.identifiers_count; i++)
		mdoc_identifier_list_free(lists->identifiers[i]);
	for (size_t i = 0; i < lists->count; i++)
		mdoc_buf_clear(&lists->files[i]);
	free(lists->status);
	free(lists->identifiers);
	free(lists->files);
	memset(lists, 0, sizeof(*lists));
}

bool
reader_undetermined(const char *text, enum mdoc_undetermined *policy)
{
	static const char *const names[] = {
		[MDOC_UNDETERMINED_WARNS] = "warn",
		[MDOC_UNDETERMINED_IGNORED] = "ignore",
		[MDOC_UNDETERMINED_FAILS] = "fail",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*policy = (enum mdoc_undetermined)i;
			return true;
		}
	}
	return false;
}
