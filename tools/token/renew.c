/* renew.c: mdoc-token renew: for systemd's timer and cron. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/renew.h"
#include "tools/token/token.h"
#include "tools/common/clock.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS_MAX 1000

struct renew_args {
	struct common_options common;
	const char *label;
	bool all, force;
};

static const struct {
	const char *word, *sentence;
} results[] = {
	[RENEW_NOT_DUE] = { "not-due", N_("nothing is to be renewed") },
	[RENEW_DONE] = { "renewed",
		N_("new copies have come; they are bound after the next PIN: mdoc-token inbox accept") },
	[RENEW_WAITING] = { "waiting", N_("new copies wait for the PIN: mdoc-token inbox accept") },
	[RENEW_LATER] = { "later", N_("the last attempt failed") },
	[RENEW_BUSY] = { "busy", N_("another process is renewing it") },
	[RENEW_ENDED] = { "ended",
		N_("the issuer has ended this enrolment; enrol again with: mdoc-token enrol OFFER") },
	[RENEW_FAILED] = { "failed", N_("it was not renewed") },
};

/* list: where it is added as JSON instead of being said; NULL: none */
static enum exit_status
report(const char *serial, enum renew_result result, int64_t next, json_t *list)
{
	char when[32];

	if (list != NULL)
		return json_array_append_new(list,
			       json_pack("{s:s, s:s, s:I}", "serial", serial, "result", results[result].word, "next",
				       (json_int_t)next)) == 0
			? EXIT_STATUS_OK
			: tool_no_memory();
	printf("%s: %s\n", serial, _(results[result].sentence));
	if (next != 0) {
		time_print_jst(next, when);
		printf(_("%s: it tries again at %s\n"), serial, when);
	}
	return EXIT_STATUS_OK;
}

/* The serial number of a token by its label. */
static enum exit_status
find_serial(const struct renew_args *args, char serial[17])
{
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status = p11_open(args->common.module, &p11);

	if (status == EXIT_STATUS_OK)
		status = p11_token_open(&p11, args->label, false, &token);
	if (status == EXIT_STATUS_OK) {
		snprintf(serial, 17, "%.16s", (const char *)token.info.serialNumber);
		serial[strcspn(serial, " ")] = '\0';
	}
	token_end(&p11, &token);
	return status;
}

static enum exit_status
renew(const struct renew_args *args, const char *serial, json_t *list)
{
	const struct renew_options options = { args->common.module, args->force, clock_now() };
	enum renew_result result = RENEW_FAILED;
	int64_t next = 0;
	enum exit_status status = renew_one(serial, &options, &result, &next), said;

	said = report(serial, result, next, list);
	return status != EXIT_STATUS_OK ? status : said;
}

static enum exit_status
renew_all(const struct renew_args *args, json_t *list)
{
	char **serials = calloc(TOKENS_MAX, sizeof(*serials));
	enum exit_status status = EXIT_STATUS_OK, one;
	size_t count = 0;

	if (serials == NULL)
		return tool_no_memory();
	count = enrolment_list(serials, TOKENS_MAX);
	for (size_t i = 0; i < count; i++) {
		one = renew(args, serials[i], list);
		if (one > status)
			status = one;
		free(serials[i]);
	}
	free(serials);
	return status;
}

static enum exit_status
renew_labelled(const struct renew_args *args, json_t *list)
{
	char serial[17] = "";
	const enum exit_status status = find_serial(args, serial);

	return status == EXIT_STATUS_OK ? renew(args, serial, list) : status;
}

/* One token is one object, all of them are an array. */
static enum exit_status
print_list(const struct renew_args *args, const json_t *list)
{
	if (args->label == NULL)
		return json_print(list);
	return json_array_size(list) > 0 ? json_print(json_array_get(list, 0)) : EXIT_STATUS_OK;
}

int
cmd_renew(const struct command *command, int argc, char **argv)
{
	struct renew_args args = { .all = false };
	const struct option_row rows[] = {
		{ "token", OPTION_TEXT, &args.label, N_("LABEL"), N_("the token's label"), false },
		{ "all", OPTION_FLAG, &args.all, NULL, N_("every token that is enrolled (the default)"), false },
		{ "force", OPTION_FLAG, &args.force, NULL,
			N_("renew even if it is not due, or if the last attempt failed a short time ago"), false },
		END_ROW,
	};
	enum exit_status status = options_parse(command, rows, &args.common, NULL, argc, argv), printed;
	json_t *list = NULL;

	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	if (args.all && args.label != NULL)
		return (int)options_wrong(command, "%s", _("--token names one, --all every one"));
	if (args.common.json) {
		list = json_array();
		if (list == NULL)
			return (int)tool_no_memory();
	}
	status = args.label == NULL ? renew_all(&args, list) : renew_labelled(&args, list);
	printed = list != NULL ? print_list(&args, list) : EXIT_STATUS_OK;
	json_decref(list);
	return (int)(status != EXIT_STATUS_OK ? status : printed);
}
