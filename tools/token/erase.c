/* erase.c: mdoc-token erase: the token with everything, or its records. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/enrolment.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include <stdio.h>
#include <string.h>

struct erase_args {
	struct token_args token;
	struct pin_source so;
	bool records;
	bool yes;
};

static enum exit_status
agree(const struct erase_args *args, const char *question)
{
	bool asked = false;

	if (args->yes || terminal_ask(question, &asked))
		return EXIT_STATUS_OK;
	tool_error(_("nothing was erased"));
	if (!asked)
		tool_why(_("There is no terminal to ask on; --yes agrees in advance."));
	return EXIT_STATUS_NO;
}

/* Our module erases the area; another one can initialise its token again, which erases all. */
static CK_RV
erase_slot(struct p11 *p11, CK_SLOT_ID slot, const char *label, struct pin *so)
{
	CK_UTF8CHAR padded[32];

	if (p11->vendor != NULL)
		return p11->vendor->C_MDOC_EraseArea(slot, (const CK_UTF8CHAR *)so->text, so->len);
	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label) < 32 ? strlen(label) : 32);
	return p11->list->C_InitToken(slot, (CK_UTF8CHAR *)so->text, so->len, padded);
}

static enum exit_status
erase_token(const struct erase_args *args, struct p11 *p11)
{
	struct pin so = { .set = false };
	enum exit_status status;
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot = 0;
	bool known = false;
	CK_RV rv;

	status = p11_open(args->token.common.module, p11);
	if (status == EXIT_STATUS_OK)
		status = p11_find_slot(p11, args->token.label, &slot);
	if (status == EXIT_STATUS_OK)
		status = agree(args, _("Erase the token with all its keys and records?"));
	if (status == EXIT_STATUS_OK)
		status = pin_get(&args->so, _("Security officer's code"), false, &so);
	if (status == EXIT_STATUS_OK) {
		known = p11->list->C_GetTokenInfo(slot, &info) == CKR_OK;
		rv = erase_slot(p11, slot, args->token.label, &so);
		if (rv != CKR_OK)
			status = tool_rv_error(_("cannot erase the token"), rv);
		else if (known)
			enrolment_forget(info.serialNumber);
	}
	pin_clear(&so);
	return status;
}

static CK_RV
destroy_records(const struct p11_token *token, const struct copies *copies, size_t *destroyed)
{
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < copies->count; i++) {
		const struct copy *copy = &copies->items[i];

		if (!copy->holder && !copy->bound)
			continue;
		rv = copy_destroy(token, copy);
		*destroyed += rv == CKR_OK ? 1 : 0;
	}
	for (size_t i = 0; rv == CKR_OK && i < copies->stray_count; i++)
		rv = token->p11->list->C_DestroyObject(token->session, copies->strays[i]);
	for (size_t i = 0; rv == CKR_OK && i < copies->manifest_count; i++)
		rv = token->p11->list->C_DestroyObject(token->session, copies->manifests[i].object);
	return rv;
}

static enum exit_status
erase_records(const struct erase_args *args, struct p11 *p11, size_t *destroyed)
{
	struct p11_token token = { .p11 = NULL };
	struct copies copies = { .items = NULL };
	enum exit_status status;
	CK_RV rv;

	status = token_begin(&args->token, p11, &token);
	if (status == EXIT_STATUS_OK)
		status = copies_load(&token, &copies);
	if (status == EXIT_STATUS_OK)
		status = agree(args, _("Erase all holder keys and records of this token?"));
	if (status == EXIT_STATUS_OK) {
		rv = destroy_records(&token, &copies, destroyed);
		if (rv != CKR_OK)
			status = tool_rv_error(_("not everything was erased"), rv);
	}
	copies_clear(&copies);
	p11_token_close(&token);
	return status;
}

int
cmd_erase(const struct command *command, int argc, char **argv)
{
	struct erase_args args = { .records = false };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		SO_ROWS(args.so),
		{ "records", OPTION_FLAG, &args.records, NULL, N_("holder keys and records only, with the PIN"),
			false },
		{ "yes", OPTION_FLAG, &args.yes, NULL, N_("do not ask"), false },
		PIN_ROWS(args.token),
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	enum exit_status status;
	size_t destroyed = 0;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = args.records ? erase_records(&args, &p11, &destroyed) : erase_token(&args, &p11);
	if (status == EXIT_STATUS_OK && args.token.common.json)
		printf("{\"erased\": \"%s\"}\n", args.records ? "records" : "token");
	else if (status == EXIT_STATUS_OK && args.records) {
		printf(ngettext("%zu key was erased with its record.", "%zu keys were erased with their records.",
			       destroyed),
			destroyed);
		putchar('\n');
	} else if (status == EXIT_STATUS_OK) {
		printf("%s\n", _("The token has been erased."));
	}
	p11_close(&p11);
	return status;
}
