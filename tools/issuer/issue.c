/*
 * issue.c: mdoc-issuer issue and renew: one Credential Request in, one batch of copies out, through the steps of
 * issuance.h (R-ISS-01, R-EXH-02, R-REN-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/bulk.h"
#include "tools/issuer/issuance.h"

struct issue {
	const char *dir, *request_path, *claims_path, *out;
	struct pin_source pin;
	struct common_options common;
	struct issuer issuer;
	struct issuer_token token;
	struct issuance_rules rules;
	struct issuance_order order;
	struct issuance *issuance;
	struct issuance_answer answer;
	json_t *request, *claims;
	char *folder;
	struct bulk bulk;
};

static enum exit_status
read_inputs(struct issue *issue)
{
	enum exit_status status;
	char *copy;

	status = json_read(issue->request_path, &issue->request);
	issue->order.request = issue->request;
	if (status != EXIT_STATUS_OK || issue->claims_path == NULL)
		return status;
	status = json_read(issue->claims_path, &issue->claims);
	if (status != EXIT_STATUS_OK)
		return status;
	copy = strdup(issue->claims_path);
	issue->folder = copy != NULL ? strdup(dirname(copy)) : NULL;
	free(copy);
	issue->order.claims = issue->claims;
	issue->order.claims_folder = issue->folder;
	return issue->folder != NULL ? EXIT_STATUS_OK : tool_no_memory();
}

/* R-IKC-02: who may not use the issuer's key leaves a trace. */
static enum exit_status
open_token(struct issue *issue)
{
	const char *module = issue->common.module != NULL ? issue->common.module : issue->issuer.module;
	enum exit_status status;

	status = issuer_token_open(module, issue->issuer.token, &issue->pin, &issue->token);
	if (status == EXIT_STATUS_NO)
		(void)register_log(issue->issuer.db, issue->order.now, "login-failed", NULL);
	return status;
}

/* The PIN is asked for only when the order is a good one. */
static enum exit_status
check_first(struct issue *issue)
{
	struct issuance_refusal refusal;
	struct issuance_work *work = NULL;
	struct issuance *checks = NULL;
	enum exit_status status;

	status = issuance_open(&issue->issuer, NULL, &issue->rules, &checks);
	if (status == EXIT_STATUS_OK && !issuance_check(checks, &issue->order, &work, &refusal)) {
		issuance_say(&refusal);
		status = issuance_status(&refusal);
	}
	issuance_work_free(work);
	issuance_close(checks);
	return status;
}

/* From here on the batch is issued: if the response cannot be written nobody has it, and the
 * holder's program starts again with a new offer and new keys. */
static enum exit_status
hand_out(struct issue *issue)
{
	struct issuance_answer *answer = &issue->answer;
	json_t *response;
	enum exit_status status;

	response = answer->jwe != NULL ? issuance_sealed_json(answer) : json_incref(answer->response);
	status = response == NULL ? tool_no_memory() : json_write(issue->out, 0600, response);
	json_decref(response);
	if (status != EXIT_STATUS_OK) {
		(void)register_log(issue->issuer.db, issue->order.now, "not-delivered", NULL);
		tool_why("%s", _("The batch is in the register but was not handed out; make a new offer."));
	}
	return status;
}

static enum exit_status
issue_run(struct issue *issue)
{
	struct issuance_refusal refusal;
	enum exit_status status;

	status = issuer_open(issue->dir, &issue->issuer);
	if (status == EXIT_STATUS_OK)
		register_set_operator(issue->issuer.db, issue->order.operator_);
	if (status == EXIT_STATUS_OK)
		status = read_inputs(issue);
	if (status == EXIT_STATUS_OK)
		status = check_first(issue);
	if (status == EXIT_STATUS_OK)
		status = open_token(issue);
	if (status == EXIT_STATUS_OK)
		status = issuance_open(&issue->issuer, &issue->token, &issue->rules, &issue->issuance);
	if (status != EXIT_STATUS_OK)
		return status;
	if (!issuance_run(issue->issuance, &issue->order, &issue->answer, &refusal)) {
		issuance_say(&refusal);
		return issuance_status(&refusal);
	}
	return hand_out(issue);
}

static enum exit_status
bulk_run(struct issue *issue)
{
	enum exit_status status = issuer_open(issue->dir, &issue->issuer);

	if (status == EXIT_STATUS_OK)
		register_set_operator(issue->issuer.db, issue->order.operator_);
	if (status == EXIT_STATUS_OK)
		status = open_token(issue);
	if (status != EXIT_STATUS_OK)
		return status;
	issue->bulk.issuer = &issue->issuer;
	issue->bulk.token = &issue->token;
	issue->bulk.rules = &issue->rules;
	issue->bulk.order = &issue->order;
	issue->bulk.out = issue->out;
	return bulk_issue(&issue->bulk);
}

/* On stderr when the response itself went to stdout. */
static enum exit_status
report(const struct issue *issue)
{
	const struct issuance_answer *answer = &issue->answer;
	enum exit_status status = EXIT_STATUS_OK;
	char until[32], utc[MDOC_TDATE_LEN + 1];
	json_t *json;

	if (issue->common.json && strcmp(issue->out, "-") != 0) {
		mdoc_tdate_print(answer->valid_until, utc);
		json = json_pack("{s:I, s:s, s:b, s:b, s:s, s:s}", "copies", (json_int_t)answer->copies, "valid_until",
			utc, "attested", answer->attested, "sealed", answer->jwe != NULL, "notification_id",
			answer->notification_id, "out", issue->out);
		status = json == NULL ? tool_no_memory() : json_print(json);
		json_decref(json);
		return status;
	}
	time_print_jst(answer->valid_until, until);
	tool_note(ngettext("%zu copy issued, valid until %s", "%zu copies issued, valid until %s", answer->copies),
		answer->copies, until);
	return status;
}

static void
clear(struct issue *issue)
{
	issuance_answer_clear(&issue->answer);
	issuance_close(issue->issuance);
	issuer_token_close(&issue->token);
	issuer_close(&issue->issuer);
	json_decref(issue->request);
	json_decref(issue->claims);
	free(issue->folder);
}

static enum exit_status
get_ready(const struct command *command, struct issue *issue, const char *at)
{
	enum exit_status status = clock_option(command, at, &issue->order.now);

	issue->bulk.json = issue->common.json;
	return status == EXIT_STATUS_OK && tool_context() == NULL ? tool_no_memory() : status;
}

#define COMMON_ROWS(issue, at) \
	{ "dir", OPTION_TEXT, &(issue).dir, N_("FOLDER"), N_("the issuer's folder"), true }, \
		{ "operator", OPTION_TEXT, &(issue).order.operator_, N_("NAME"), N_("who does it, for the log"), \
			false }, \
		{ "edition", OPTION_TEXT, &(issue).rules.edition, N_("EDITION"), \
			N_("2021+status (default) or 2021, which has no status"), false }, \
		{ "algorithm-policy", OPTION_TEXT, &(issue).rules.policy, N_("FILE"), \
			N_("until when algorithms are issued with"), false }, \
		{ "pin-file", OPTION_TEXT, &(issue).pin.file, N_("FILE"), N_("read the token's PIN from a file"), \
			false }, \
		{ "pin-fd", OPTION_TEXT, &(issue).pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"), \
			false }, \
		{ "at", OPTION_TEXT, &(at), N_("TIME"), N_("issue as if it were this time (RFC 3339); for tests"), \
			false }, \
	{ \
		NULL, OPTION_END, NULL, NULL, NULL, false \
	}

int
cmd_issue(const struct command *command, int argc, char **argv)
{
	struct issue issue = { .bulk = { .jobs = { 0, 1, BULK_JOBS_MAX, false } } };
	const char *at = NULL;
	const struct option_row rows[] = {
		{ "request", OPTION_TEXT, &issue.request_path, N_("FILE"), N_("the Credential Request"), false },
		{ "claims", OPTION_TEXT, &issue.claims_path, N_("FILE"),
			N_("what is attested: {namespace: {element: value}}; else what the register has of the person"),
			false },
		{ "out", OPTION_TEXT, &issue.out, N_("FILE"),
			N_("where the Credential Response is written; with --batch a folder for all of them"), true },
		{ "person", OPTION_TEXT, &issue.order.person, N_("TEXT"),
			N_("your own reference for the person or card"), false },
		{ "batch", OPTION_TEXT, &issue.bulk.from, N_("PLACE"),
			N_("many requests: a folder of orders, or a file with one on each line"), false },
		{ "jobs", OPTION_NUMBER, &issue.bulk.jobs, N_("N"),
			N_("with --batch: threads that sign (one for each processor)"), false },
		{ "sealed", OPTION_FLAG, &issue.order.sealed, NULL,
			N_("refuse requests that do not ask for an encrypted response"), false },
		{ "supersede", OPTION_FLAG, &issue.order.supersede, NULL,
			N_("the new device takes the place of the one that the person has"), false },
		{ "require-attestation", OPTION_FLAG, &issue.rules.require_attestation, NULL,
			N_("issue only to keys that a TPM is shown to hold"), false },
		{ "require-bound", OPTION_FLAG, &issue.rules.require_bound, NULL,
			N_("issue only to a device whose token says that it cannot be copied"), false },
		COMMON_ROWS(issue, at),
	};
	enum exit_status status;

	status = options_parse(command, rows, &issue.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	if ((issue.request_path != NULL) == (issue.bulk.from != NULL))
		return (int)options_wrong(command, _("give either --request or --batch"));
	if (issue.bulk.from != NULL && (issue.claims_path != NULL || issue.order.person != NULL))
		return (int)options_wrong(command, _("the orders of --batch name their persons and claims themselves"));
	if (issue.bulk.from == NULL && issue.claims_path == NULL && issue.order.person == NULL)
		return (int)options_wrong(command, _("give --claims, or --person whose claims the register has"));
	status = get_ready(command, &issue, at);
	if (status == EXIT_STATUS_OK && issue.bulk.from != NULL) {
		status = bulk_run(&issue);
	} else if (status == EXIT_STATUS_OK) {
		status = issue_run(&issue);
		if (status == EXIT_STATUS_OK)
			status = report(&issue);
	}
	clear(&issue);
	return (int)status;
}

int
cmd_renew(const struct command *command, int argc, char **argv)
{
	struct issue issue = { .order = { .renewal = true } };
	const char *at = NULL;
	const struct option_row rows[] = {
		{ "request", OPTION_TEXT, &issue.request_path, N_("FILE"), N_("the Credential Request"), true },
		{ "out", OPTION_TEXT, &issue.out, N_("FILE"), N_("where the sealed response is written"), true },
		COMMON_ROWS(issue, at),
	};
	enum exit_status status;

	status = options_parse(command, rows, &issue.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = get_ready(command, &issue, at);
	if (status == EXIT_STATUS_OK)
		status = issue_run(&issue);
	if (status == EXIT_STATUS_OK)
		status = report(&issue);
	clear(&issue);
	return (int)status;
}
