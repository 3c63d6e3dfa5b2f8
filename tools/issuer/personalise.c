/*
 * personalise.c: mdoc-issuer personalise: a plan for a card leaves this machine encrypted to its maker and signed, or not
 * at all, and is erased here (R-CARD-34, R-CARD-38).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tools/common/card_plan.h"
#include "tools/common/cms.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/p11_pkey.h"
#include "tools/issuer/operation.h"

struct personalise {
	struct operation operation;
	const char *plan, *to, *out;
	struct mdoc_buf text, recipient, cms;
};

static enum exit_status
seal(struct personalise *act)
{
	struct operation *operation = &act->operation;
	struct mdoc_p11_key key = { .rv = CKR_OK };
	struct mdoc_public_key public_key;
	struct mdoc_error error = { .code = MDOC_OK };
	EVP_PKEY *signer = NULL;
	enum exit_status status;

	status = issuer_role_key(&operation->issuer, &operation->token, ISSUER_MESSAGES, &key, &public_key);
	if (status != EXIT_STATUS_OK)
		return status;
	signer = p11_pkey_new(mdoc_context_libctx(tool_context()), &key, &public_key, NULL);
	error.code = signer == NULL ? MDOC_ERR_MEMORY
				    : cms_seal(tool_context(), mdoc_buf_bytes(&act->text), signer,
					      issuer_key_certificate(&operation->issuer, ISSUER_MESSAGES),
					      mdoc_buf_bytes(&act->recipient), &act->cms);
	if (error.code != MDOC_OK)
		status = issuer_sign_error(_("The plan could not be sealed."), &error, &key);
	EVP_PKEY_free(signer);
	return status;
}

/* The closed lists are kept to before anything leaves. */
static enum exit_status
check_plan(const struct personalise *act)
{
	struct card_plan plan;
	const enum exit_status status = card_plan_read(mdoc_buf_bytes(&act->text), act->plan, &plan);

	card_plan_clear(&plan);
	return status;
}

static enum exit_status
personalise_run(const struct command *command, struct personalise *act)
{
	struct operation *operation = &act->operation;
	enum exit_status status = file_read_certificate(act->to, &act->recipient);

	if (status == EXIT_STATUS_OK)
		status = check_plan(act);
	if (status == EXIT_STATUS_OK)
		status = operation_open(command, operation);
	if (status == EXIT_STATUS_OK)
		status = seal(act);
	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("Nothing leaves that could not be logged."),
			register_log(operation->issuer.db, operation->now, "bundle", NULL));
	return status == EXIT_STATUS_OK ? file_write(act->out, 0600, mdoc_buf_bytes(&act->cms)) : status;
}

int
cmd_personalise(const struct command *command, int argc, char **argv)
{
	struct personalise act = { .text = MDOC_BUF_EMPTY, .recipient = MDOC_BUF_EMPTY, .cms = MDOC_BUF_EMPTY };
	const struct option_row rows[] = { { "plan", OPTION_TEXT, &act.plan, N_("FILE"),
						   N_("what is to be written into a card; it is erased in any case"),
						   true },
		{ "to", OPTION_TEXT, &act.to, N_("FILE"), N_("the maker's certificate"), true },
		{ "out", OPTION_TEXT, &act.out, N_("FILE"), N_("where the bundle is written (CMS, DER)"), true },
		OPERATION_ROWS(act.operation) };
	enum exit_status status, erased = EXIT_STATUS_OK;

	status = options_parse(command, rows, &act.operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = file_read(act.plan, FILE_JSON_MAX, &act.text);
	if (status == EXIT_STATUS_OK) {
		status = personalise_run(command, &act);
		if (strcmp(act.plan, "-") != 0)
			erased = file_erase(act.plan);
	}
	if (status == EXIT_STATUS_OK)
		status = erased;
	mdoc_buf_clear(&act.text);
	mdoc_buf_clear(&act.recipient);
	mdoc_buf_clear(&act.cms);
	operation_close(&act.operation);
	return (int)status;
}
