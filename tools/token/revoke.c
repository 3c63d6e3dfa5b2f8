/* revoke.c: mdoc-token revoke: ask the issuer to revoke, and do here what the reason calls for.
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The request is a file for the issuer's operator, who checks who brings it: it must be possible without the device, from
 * any other terminal (R-REV-02), so that it needs nothing that a lost device had in it, and proves nothing by itself.
 */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/enrolment.h"
#include "tools/token/pin_sealed.h"
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <mdoc/mdoc.h>
#include <stdio.h>
#include <string.h>

struct revoke_args {
	struct token_args token;
	struct pin_source so;
	const char *serial;
	const char *reason;
	const char *out;
};

/* R-REV-01, R-REV-02, R-NOT-04, and what is destroyed here before the request is written. */
static const struct reason {
	const char *name;
	bool retires;
} reasons[] = {
	{ "key-leaked", false },
	{ "key-lost", false },
	{ "key-damaged", false },
	{ "device-lost", false },
	{ "device-retired", true },
	{ "medium-unusable", false },
};

static const struct reason *
find_reason(const char *name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].name, name) == 0)
			return &reasons[i];
	return NULL;
}

static enum exit_status
retire(const struct revoke_args *args, struct p11_token *token)
{
	const bool by_so = args->so.file != NULL || args->so.fd != NULL;
	enum exit_status status;
	CK_RV rv;

	if (token->p11->vendor == NULL)
		return tool_rv_error(_("this module's tokens have no such state"), CKR_FUNCTION_NOT_SUPPORTED);
	status = by_so ? token_login_so(&args->so, token) : token_login(&args->token, token);
	if (status != EXIT_STATUS_OK)
		return status;
	rv = token->p11->vendor->C_MDOC_Retire(token->session);
	if (rv != CKR_OK)
		return tool_rv_error(_("the token was not retired"), rv);
	enrolment_forget(token->info.serialNumber);
	return EXIT_STATUS_OK;
}

/* The serial number from the token, which is retired first when that is the reason. */
static enum exit_status
from_token(const struct revoke_args *args, const struct reason *reason, char serial[SEALED_SERIAL_MAX + 1])
{
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status = token_open(&args->token, &p11, &token);

	if (status == EXIT_STATUS_OK) {
		snprintf(serial, SEALED_SERIAL_MAX + 1, "%.16s", (const char *)token.info.serialNumber);
		serial[strcspn(serial, " ")] = '\0';
	}
	if (status == EXIT_STATUS_OK && reason->retires)
		status = retire(args, &token);
	token_end(&p11, &token);
	return status;
}

static enum exit_status
write_request(const struct revoke_args *args, const char *serial)
{
	char when[MDOC_TDATE_LEN + 1];
	enum exit_status status;
	json_t *request;

	mdoc_tdate_print(clock_now(), when);
	request = json_pack("{s:s, s:i, s:s, s:s, s:s}", "type", "mdoc-revocation-request", "version", 1, "serial",
		serial, "reason", args->reason, "requested", when);
	status = request == NULL ? tool_no_memory() : json_write(args->out, 0600, request);
	json_decref(request);
	return status;
}

static enum exit_status
check(const struct command *command, const struct revoke_args *args)
{
	const struct reason *reason = find_reason(args->reason);

	if (reason == NULL)
		return options_wrong(command, "%s",
			_("--reason knows key-leaked, key-lost, key-damaged, device-lost, device-retired and "
			  "medium-unusable"));
	if ((args->token.label != NULL) == (args->serial != NULL))
		return options_wrong(command, "%s", _("give --token, or --serial where the token is not at hand"));
	if (args->serial != NULL && !sealed_serial_ok(args->serial))
		return options_wrong(command, _("\"%s\" is no serial number of a token"), args->serial);
	if (args->serial != NULL && reason->retires)
		return options_wrong(command, "%s", _("a device is retired where its token is: give --token"));
	return EXIT_STATUS_GO_ON;
}

int
cmd_revoke(const struct command *command, int argc, char **argv)
{
	struct revoke_args args = { .serial = NULL };
	const struct option_row rows[] = {
		{ "token", OPTION_TEXT, &args.token.label, N_("LABEL"), N_("the token's label"), false },
		{ "serial", OPTION_TEXT, &args.serial, N_("NUMBER"), N_("serial number of a token that is not at hand"),
			false },
		{ "reason", OPTION_TEXT, &args.reason, N_("REASON"),
			N_("key-leaked, key-lost, key-damaged, device-lost, device-retired or medium-unusable"), true },
		{ "out", OPTION_TEXT, &args.out, N_("FILE"), N_("write the request for the issuer here"), true },
		SO_ROWS(args.so),
		PIN_ROWS(args.token),
		END_ROW,
	};
	char serial[SEALED_SERIAL_MAX + 1] = "";
	enum exit_status status = options_parse(command, rows, &args.token.common, NULL, argc, argv);

	if (status == EXIT_STATUS_GO_ON)
		status = check(command, &args);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	/* What is destroyed is destroyed first, but not for a request that cannot be written. */
	status = file_check_writable(args.out);
	if (status == EXIT_STATUS_OK && args.serial != NULL)
		memcpy(serial, args.serial, strlen(args.serial));
	else if (status == EXIT_STATUS_OK)
		status = from_token(&args, find_reason(args.reason), serial);
	if (status == EXIT_STATUS_OK)
		status = write_request(&args, serial);
	if (status != EXIT_STATUS_OK)
		return status;
	if (args.token.common.json)
		printf("{\"serial\": \"%s\", \"reason\": \"%s\"}\n", serial, args.reason);
	else
		printf(_("The request to revoke what was issued to %s is in %s.\n"), serial, args.out);
	tool_note(_("Bring it to the issuer at once, or call: the issuer checks who you are, and revokes."));
	return EXIT_STATUS_OK;
}
