/* provisioner.c: mdoc-token provisioner: a credential for renewal, or its end. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include <openssl/crypto.h>
#include <stdio.h>

struct provisioner_args {
	struct token_args token;
	struct pin_source so;
	const char *credential;
	bool revoke;
};

/* Before anything is made: a credential that cannot be written would be lost. */
static enum exit_status
check_file(const char *path)
{
	if (file_exists(path)) {
		tool_error(_("%s is there already"), path);
		tool_why(_("A new credential ends the one before; remove the file first."));
		return EXIT_STATUS_INPUT;
	}
	return file_check_writable(path);
}

static enum exit_status
make(const struct provisioner_args *args, struct p11_token *token)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	CK_UTF8CHAR line[MDOC_CREDENTIAL_LEN + 1];
	CK_ULONG len = MDOC_CREDENTIAL_LEN;
	enum exit_status status;
	CK_RV rv;

	rv = vendor->C_MDOC_MakeProvisioner(token->session, line, &len);
	if (rv != CKR_OK)
		return tool_rv_error(_("cannot make a provisioner"), rv);
	line[len++] = '\n';
	status = file_write_new(args->credential, 0600, mdoc_bytes_of(line, len));
	OPENSSL_cleanse(line, sizeof(line));
	if (status != EXIT_STATUS_OK)
		(void)vendor->C_MDOC_RevokeProvisioner(token->session);
	return status;
}

static enum exit_status
revoke(struct p11_token *token)
{
	const CK_RV rv = token->p11->vendor->C_MDOC_RevokeProvisioner(token->session);

	if (rv == CKR_OK)
		return EXIT_STATUS_OK;
	if (rv != CKR_USER_PIN_NOT_INITIALIZED)
		return tool_rv_error(_("cannot revoke the provisioner"), rv);
	tool_error(_("the token has no provisioner"));
	return EXIT_STATUS_NO;
}

static enum exit_status
run(const struct provisioner_args *args, struct p11 *p11, struct p11_token *token)
{
	enum exit_status status = EXIT_STATUS_OK;

	if (!args->revoke)
		status = check_file(args->credential);
	if (status == EXIT_STATUS_OK)
		status = token_open(&args->token, p11, token);
	if (status == EXIT_STATUS_OK && p11->vendor == NULL)
		status = tool_rv_error(_("this module knows no provisioner"), CKR_FUNCTION_NOT_SUPPORTED);
	if (status == EXIT_STATUS_OK)
		status = token_login_so(&args->so, token);
	if (status == EXIT_STATUS_OK)
		status = args->revoke ? revoke(token) : make(args, token);
	return status;
}

int
cmd_provisioner(const struct command *command, int argc, char **argv)
{
	struct provisioner_args args = { .so = { NULL, NULL } };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		SO_ROWS(args.so),
		{ "credential", OPTION_TEXT, &args.credential, N_("FILE"),
			N_("make a credential and write it here; a former one ends"), false },
		{ "revoke", OPTION_FLAG, &args.revoke, NULL, N_("end the credential that there is"), false },
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	if (args.revoke == (args.credential != NULL))
		return options_wrong(command, _("give --credential or --revoke"));
	status = run(&args, &p11, &token);
	if (status == EXIT_STATUS_OK && args.token.common.json)
		printf("{\"provisioner\": \"%s\"}\n", args.revoke ? "revoked" : "made");
	else if (status == EXIT_STATUS_OK && args.revoke)
		printf("%s\n", _("The provisioner's credential has been revoked."));
	else if (status == EXIT_STATUS_OK)
		printf(_("The provisioner's credential is in %s.\n"), args.credential);
	token_end(&p11, &token);
	return status;
}
