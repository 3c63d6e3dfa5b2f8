/* report.c: where a verdict goes. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/reader/report.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/reader/html.h"
#include "tools/reader/keep.h"

static bool
is_stdout(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

/* A page of an earlier result must not be taken for that of one that does not come about. */
static enum exit_status
remove_page(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || unlink(path) == 0)
		return EXIT_STATUS_OK;
	tool_error(_("cannot write %s: %s"), path, strerror(errno));
	return EXIT_STATUS_TROUBLE;
}

enum exit_status
report_check(const struct command *command, const struct report_args *args, bool json, bool asked)
{
	enum exit_status status = EXIT_STATUS_OK;

	if (args->show_unverified && !json)
		return options_wrong(command, _("--show-unverified is for --json only"));
	if ((json ? 1 : 0) + (is_stdout(args->html) ? 1 : 0) + (is_stdout(args->store) ? 1 : 0) > 1)
		return options_wrong(command, _("only one of --json, --html and --store can go to standard output"));
	if (args->store != NULL && args->no_store)
		return options_wrong(command, _("--store and --no-store contradict each other"));
	if (args->store != NULL && !asked)
		return options_wrong(command, _("--store needs --request, which says what may be kept"));
	if (args->html != NULL && !is_stdout(args->html))
		status = file_check_writable(args->html);
	if (status == EXIT_STATUS_OK && args->store != NULL && !is_stdout(args->store))
		status = file_check_writable(args->store);
	if (status == EXIT_STATUS_OK && args->html != NULL && !is_stdout(args->html))
		status = remove_page(args->html);
	return status;
}

static enum exit_status
write_page(const struct reader_result *result, const char *path)
{
	const struct html_options options = { .title = NULL };
	struct mdoc_buf page = MDOC_BUF_EMPTY;
	enum exit_status status = result_html(result, &options, &page);

	if (status == EXIT_STATUS_OK)
		status = file_write(path, 0600, mdoc_buf_bytes(&page));
	mdoc_buf_clear(&page);
	return status;
}

static enum exit_status
print_json(const struct reader_result *result)
{
	json_t *json = result_json(result);
	const enum exit_status status = json == NULL ? tool_no_memory() : json_print(json);

	json_decref(json);
	return status;
}

enum exit_status
report_result(const struct reader_result *result, const struct report_args *args, bool json,
	const struct mdoc_request *request)
{
	enum exit_status status = EXIT_STATUS_OK;

	if (args->html != NULL)
		status = write_page(result, args->html);
	if (status == EXIT_STATUS_OK && args->store != NULL)
		status = keep_result(result, request, args->store);
	if (status == EXIT_STATUS_OK && json)
		status = print_json(result);
	else if (status == EXIT_STATUS_OK && !is_stdout(args->html) && !is_stdout(args->store))
		result_print(result);
	if (status != EXIT_STATUS_OK)
		return status;
	return result->summary == MDOC_OK ? EXIT_STATUS_OK : EXIT_STATUS_NO;
}
