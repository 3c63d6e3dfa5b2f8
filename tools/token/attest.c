/*
 * attest.c: mdoc-token attest: enrol a token's TPM with an issuer in two rounds, and evidence about keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/token/evidence.h"
#include "tools/token/token.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct attest_args {
	struct token_args token;
	const char *answer, *certificate, *nonce, *out;
	struct option_list keys;
	bool enrol;
	uint8_t nonce_bytes[MDOC_ATTEST_NONCE_MAX];
	size_t nonce_len;
	size_t count; /* keys that there is evidence about */
};

/* ---- Messages ---- */

static enum exit_status
write_message(const struct attest_args *args, const CK_BYTE *message, CK_ULONG len)
{
	return file_write(args->out, 0600, mdoc_bytes_of(message, len));
}

static enum exit_status
enrol(const struct attest_args *args, const struct p11_token *token, const CK_MDOC_FUNCTION_LIST *vendor)
{
	enum exit_status status;
	CK_BYTE *room = NULL;
	CK_ULONG len = 0;
	CK_RV rv;

	rv = vendor->C_MDOC_AttestEnrol(token->session, NULL, &len);
	if (rv == CKR_OK) {
		room = malloc(len);
		rv = room == NULL ? CKR_HOST_MEMORY : vendor->C_MDOC_AttestEnrol(token->session, room, &len);
	}
	status = rv == CKR_OK ? write_message(args, room, len) : evidence_error(_("the token gave no enrolment"), rv);
	free(room);
	return status;
}

static enum exit_status
refused(const char *what, CK_RV rv, const char *why)
{
	if (rv != CKR_DATA_INVALID)
		return evidence_error(what, rv);
	tool_error("%s", what);
	tool_why("%s", why);
	return EXIT_STATUS_NO;
}

static enum exit_status
answer(const struct attest_args *args, const struct p11_token *token, const CK_MDOC_FUNCTION_LIST *vendor)
{
	struct mdoc_buf challenge = MDOC_BUF_EMPTY;
	enum exit_status status;
	CK_BYTE *room = NULL;
	CK_ULONG len = 0;
	CK_RV rv;

	status = file_read(args->answer, MDOC_ATTEST_INPUT_MAX, &challenge);
	if (status != EXIT_STATUS_OK)
		goto out;
	rv = vendor->C_MDOC_AttestActivate(token->session, challenge.ptr, (CK_ULONG)challenge.len, NULL, &len);
	if (rv == CKR_OK) {
		room = malloc(len);
		rv = room == NULL ? CKR_HOST_MEMORY
				  : vendor->C_MDOC_AttestActivate(token->session, challenge.ptr,
					    (CK_ULONG)challenge.len, room, &len);
	}
	status = rv == CKR_OK ? write_message(args, room, len)
			      : refused(_("the challenge cannot be answered"), rv,
					_("It is not a challenge for this TPM and this token."));
out:
	free(room);
	mdoc_buf_clear(&challenge);
	return status;
}

static enum exit_status
keep_certificate(const struct attest_args *args, const struct p11_token *token, const CK_MDOC_FUNCTION_LIST *vendor)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status;
	CK_RV rv;

	status = file_read_certificate(args->certificate, &der);
	if (status == EXIT_STATUS_OK) {
		rv = vendor->C_MDOC_AttestCertificate(token->session, der.ptr, (CK_ULONG)der.len);
		if (rv != CKR_OK)
			status = refused(_("the token did not keep the certificate"), rv,
				_("It is not a certificate of this token's attestation key."));
	}
	mdoc_buf_clear(&der);
	return status;
}

/* ---- Evidence ---- */

static bool
has_id(const struct copy *copy, const char *hex)
{
	unsigned value;

	if (strlen(hex) != 2 * copy->id.len)
		return false;
	for (size_t i = 0; i < copy->id.len; i++)
		if (sscanf(hex + 2 * i, "%2x", &value) != 1 || value != copy->id.ptr[i])
			return false;
	return true;
}

/* The keys with these ids, or all holder keys that wait for a record. */
static enum exit_status
choose_keys(const struct attest_args *args, const struct copies *copies, CK_OBJECT_HANDLE *keys, size_t *count)
{
	for (size_t i = 0; args->keys.count == 0 && i < copies->count; i++)
		if (copies->items[i].holder && !copies->items[i].bound)
			keys[(*count)++] = copies->items[i].private_key;
	for (size_t k = 0; k < args->keys.count; k++) {
		const size_t before = *count;

		for (size_t i = 0; i < copies->count && *count == before; i++)
			if (has_id(&copies->items[i], args->keys.items[k]))
				keys[(*count)++] = copies->items[i].private_key;
		if (*count > before)
			continue;
		tool_error(_("the token has no key with the id \"%s\""), args->keys.items[k]);
		return EXIT_STATUS_INPUT;
	}
	if (*count > 0)
		return EXIT_STATUS_OK;
	tool_error("%s", _("the token has no holder key that waits for a record"));
	tool_why("%s", _("Name keys with --key; \"mdoc-token list\" shows their ids."));
	return EXIT_STATUS_NO;
}

static enum exit_status
evidence(struct attest_args *args, const struct p11_token *token)
{
	struct mdoc_buf cbor = MDOC_BUF_EMPTY;
	CK_OBJECT_HANDLE *keys = NULL;
	struct copies copies = { 0 };
	enum exit_status status;

	status = copies_load(token, &copies);
	if (status != EXIT_STATUS_OK)
		goto out;
	keys = calloc(copies.count + args->keys.count + 1, sizeof(*keys));
	status = keys == NULL ? tool_no_memory() : choose_keys(args, &copies, keys, &args->count);
	if (status == EXIT_STATUS_OK)
		status = evidence_get(token, keys, args->count, mdoc_bytes_of(args->nonce_bytes, args->nonce_len),
			&cbor);
	if (status == EXIT_STATUS_OK)
		status = file_write(args->out, 0600, mdoc_buf_bytes(&cbor));
out:
	free(keys);
	copies_clear(&copies);
	mdoc_buf_clear(&cbor);
	return status;
}

/* ---- The command ---- */

static bool
parse_nonce(struct attest_args *args)
{
	const size_t len = strlen(args->nonce);
	unsigned value;

	if (len == 0 || len % 2 != 0 || len / 2 > sizeof(args->nonce_bytes) ||
		strspn(args->nonce, "0123456789abcdefABCDEF") != len)
		return false;
	for (size_t i = 0; i < len / 2; i++) {
		if (sscanf(args->nonce + 2 * i, "%2x", &value) != 1)
			return false;
		args->nonce_bytes[i] = (uint8_t)value;
	}
	args->nonce_len = len / 2;
	return true;
}

static enum exit_status
check_usage(const struct command *command, struct attest_args *args)
{
	const int ways = args->enrol + (args->answer != NULL) + (args->certificate != NULL) + (args->nonce != NULL);

	if (ways != 1)
		return options_wrong(command, _("give one of --enrol, --answer, --certificate and --nonce"));
	if ((args->certificate == NULL) != (args->out != NULL))
		return options_wrong(command, _("--out goes with --enrol, --answer and --nonce, which want it"));
	if (args->keys.count != 0 && args->nonce == NULL)
		return options_wrong(command, _("--key goes with --nonce"));
	if (args->nonce != NULL && !parse_nonce(args))
		return options_wrong(command, _("--nonce wants 1 to %lu bytes in hexadecimal"), MDOC_ATTEST_NONCE_MAX);
	return EXIT_STATUS_OK;
}

static enum exit_status
run(struct attest_args *args, const struct p11_token *token)
{
	const CK_MDOC_FUNCTION_LIST *vendor = evidence_vendor(token);

	if (vendor == NULL)
		return EXIT_STATUS_NO;
	if (args->enrol)
		return enrol(args, token, vendor);
	if (args->answer != NULL)
		return answer(args, token, vendor);
	return args->certificate != NULL ? keep_certificate(args, token, vendor) : evidence(args, token);
}

static void
report(const struct attest_args *args)
{
	const char *done = args->enrol ? "enrolment" : args->answer != NULL ? "answer" : "certificate";

	if (args->out != NULL && strcmp(args->out, "-") == 0)
		return;
	if (args->token.common.json && args->nonce != NULL)
		printf("{\"attest\": \"evidence\", \"keys\": %zu}\n", args->count);
	else if (args->token.common.json)
		printf("{\"attest\": \"%s\"}\n", done);
	else if (args->nonce != NULL)
		printf(ngettext("Evidence about %zu key is in %s.\n", "Evidence about %zu keys is in %s.\n",
			       args->count),
			args->count, args->out);
	else if (args->certificate != NULL)
		printf("%s\n", _("The token keeps the certificate; \"mdoc-token request --attest\" shows it."));
	else
		printf(_("Send %s to the issuer.\n"), args->out);
}

int
cmd_attest(const struct command *command, int argc, char **argv)
{
	struct attest_args args = { .enrol = false };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		{ "enrol", OPTION_FLAG, &args.enrol, NULL, N_("first round: tell the issuer which TPM this is"),
			false },
		{ "answer", OPTION_TEXT, &args.answer, N_("FILE"), N_("second round: answer the issuer's challenge"),
			false },
		{ "certificate", OPTION_TEXT, &args.certificate, N_("FILE"),
			N_("keep the certificate that the issuer gave for it"), false },
		{ "nonce", OPTION_TEXT, &args.nonce, N_("HEX"), N_("evidence about keys, for this nonce of the issuer"),
			false },
		{ "key", OPTION_LIST, &args.keys, N_("ID"),
			N_("evidence about the key with this id, and not all that wait for a record; may be repeated"),
			false },
		{ "out", OPTION_TEXT, &args.out, N_("FILE"), N_("where the message or the evidence is written"),
			false },
		PIN_ROWS(args.token),
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = check_usage(command, &args);
	if (status == EXIT_STATUS_OK)
		status = token_begin(&args.token, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = run(&args, &token);
	if (status == EXIT_STATUS_OK)
		report(&args);
	token_end(&p11, &token);
	option_list_clear(&args.keys);
	return status;
}
