/*
 * grant.c: mdoc-token grant and revoke-grant: which systems an area of the law lets in, and the collation numbers of the
 * card's face (R-CARD-10 to -15, -18 to -20).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/grant.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

struct grant_args {
	struct token_args token;
	struct pin_source so, number;
	const char *system, *credential;
	struct option_number tries;
};

static bool
is_gate(const char *system)
{
	return strcmp(system, MDOC_COLLATION_A) == 0 || strcmp(system, MDOC_COLLATION_B) == 0;
}

static enum exit_status
open_as_so(const struct grant_args *args, struct p11 *p11, struct p11_token *token)
{
	enum exit_status status = token_open(&args->token, p11, token);

	if (status == EXIT_STATUS_OK && p11->vendor == NULL)
		status = tool_rv_error(_("this module lets no systems in"), CKR_FUNCTION_NOT_SUPPORTED);
	return status == EXIT_STATUS_OK ? token_login_so(&args->so, token) : status;
}

enum exit_status
grant_make(struct p11_token *token, const char *system, const struct pin *number, unsigned long tries,
	const char *credential)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	CK_MDOC_GRANT grant = { .pName = (const CK_UTF8CHAR *)system, .ulTries = tries };
	CK_UTF8CHAR line[MDOC_CREDENTIAL_LEN + 1];
	CK_ULONG len = MDOC_CREDENTIAL_LEN;
	enum exit_status status = EXIT_STATUS_OK;
	CK_RV rv;

	if (number->set) {
		grant.pNumber = (const CK_UTF8CHAR *)number->text;
		grant.ulNumberLen = number->len;
	}
	rv = vendor->C_MDOC_Grant(token->session, &grant, line, &len);
	if (rv != CKR_OK)
		return tool_rv_error(_("nobody was let in"), rv);
	if (len > 0) {
		line[len++] = '\n';
		status = file_write_new(credential, 0600, mdoc_bytes_of(line, len));
		OPENSSL_cleanse(line, sizeof(line));
		if (status != EXIT_STATUS_OK)
			(void)vendor->C_MDOC_Revoke(token->session, grant.pName);
	}
	return status;
}

static enum exit_status
grant_to(const struct grant_args *args, struct p11 *p11, struct p11_token *token)
{
	struct pin number = { .set = false };
	enum exit_status status = EXIT_STATUS_OK;

	if (args->credential != NULL && file_exists(args->credential)) {
		tool_error(_("%s is there already"), args->credential);
		tool_why("%s", _("A new credential ends the one before; remove the file first."));
		return EXIT_STATUS_INPUT;
	}
	if (args->credential != NULL)
		status = file_check_writable(args->credential);
	if (status == EXIT_STATUS_OK)
		status = open_as_so(args, p11, token);
	if (status == EXIT_STATUS_OK && is_gate(args->system))
		status = pin_get(&args->number, _("Collation number"), true, &number);
	if (status == EXIT_STATUS_OK)
		status = grant_make(token, args->system, &number, args->tries.value, args->credential);
	pin_clear(&number);
	return status;
}

static enum exit_status
check(const struct command *command, const struct grant_args *args)
{
	const bool number = args->number.file != NULL || args->number.fd != NULL;

	if (is_gate(args->system) ? args->credential != NULL : args->credential == NULL || number)
		return options_wrong(command, "%s",
			_("a system gets a credential (--credential-file), a collation number is given "
			  "(--number-file)"));
	return EXIT_STATUS_GO_ON;
}

int
cmd_grant(const struct command *command, int argc, char **argv)
{
	struct grant_args args = { .tries = { .min = 1, .max = 100 } };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so),
		{ "system", OPTION_TEXT, &args.system, N_("NAME"),
			N_("juki-net, kk, kh, jpki, ordinance-NAME, collation-a or collation-b"), true },
		{ "credential-file", OPTION_TEXT, &args.credential, N_("FILE"),
			N_("where a system's credential is written; a former one ends"), false },
		{ "number-file", OPTION_TEXT, &args.number.file, N_("FILE"),
			N_("read the collation number from a file"), false },
		{ "number-fd", OPTION_TEXT, &args.number.fd, N_("NUMBER"), N_("the same, from a file descriptor"),
			false },
		{ "tries", OPTION_NUMBER, &args.tries, N_("N"), N_("wrong ones until it is locked"), false }, END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = check(command, &args);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = grant_to(&args, &p11, &token);
	if (status == EXIT_STATUS_OK && args.token.common.json)
		printf("{\"granted\": true}\n");
	else if (status == EXIT_STATUS_OK && is_gate(args.system))
		printf("%s\n", _("The collation number is set."));
	else if (status == EXIT_STATUS_OK)
		printf(_("The system is let in; its credential is in %s.\n"), args.credential);
	token_end(&p11, &token);
	return status;
}

int
cmd_revoke_grant(const struct command *command, int argc, char **argv)
{
	struct grant_args args = { .system = NULL };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so),
		{ "system", OPTION_TEXT, &args.system, N_("NAME"), N_("whom to let in no more"), true }, END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;
	CK_RV rv;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = open_as_so(&args, &p11, &token);
	if (status == EXIT_STATUS_OK) {
		rv = p11.vendor->C_MDOC_Revoke(token.session, (const CK_UTF8CHAR *)args.system);
		if (rv == CKR_USER_PIN_NOT_INITIALIZED) {
			tool_error(_("the token lets nobody called \"%s\" in"), args.system);
			status = EXIT_STATUS_NO;
		} else if (rv != CKR_OK) {
			status = tool_rv_error(_("the right was not taken away"), rv);
		}
	}
	if (status == EXIT_STATUS_OK && args.token.common.json)
		printf("{\"granted\": false}\n");
	else if (status == EXIT_STATUS_OK)
		printf("%s\n", _("It is let in no more."));
	token_end(&p11, &token);
	return status;
}
