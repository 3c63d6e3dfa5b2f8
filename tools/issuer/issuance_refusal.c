/* issuance_refusal.c: why nothing was issued, for people and for programs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/issuer/issuance_internal.h"

#define DESCRIPTION_MAX 600 /* characters of an error_description */

static const struct {
	const char *error;
	enum exit_status status;
} codes[] = {
	[ISSUANCE_DONE] = { "", EXIT_STATUS_OK },
	[ISSUANCE_BAD_REQUEST] = { "invalid_credential_request", EXIT_STATUS_INPUT },
	[ISSUANCE_BAD_CONFIGURATION] = { "unknown_credential_configuration", EXIT_STATUS_NO },
	[ISSUANCE_BAD_PROOF] = { "invalid_proof", EXIT_STATUS_NO },
	[ISSUANCE_BAD_NONCE] = { "invalid_nonce", EXIT_STATUS_NO },
	[ISSUANCE_BAD_ENCRYPTION] = { "invalid_encryption_parameters", EXIT_STATUS_NO },
	[ISSUANCE_DENIED] = { "credential_request_denied", EXIT_STATUS_NO },
	[ISSUANCE_BAD_CLAIMS] = { "server_error", EXIT_STATUS_INPUT },
	[ISSUANCE_TROUBLE] = { "server_error", EXIT_STATUS_TROUBLE },
};

const char *
issuance_error(enum issuance_code code)
{
	return codes[(size_t)code < sizeof(codes) / sizeof(codes[0]) ? code : ISSUANCE_TROUBLE].error;
}

enum exit_status
issuance_status(const struct issuance_refusal *refusal)
{
	return codes[refusal->code].status;
}

bool
issuance_refuse(struct issuance_refusal *refusal, enum issuance_code code, const char *what, const char *why,
	const char *advice)
{
	*refusal = (struct issuance_refusal){ .code = code, .what = what, .why = why, .advice = advice };
	return false;
}

bool
issuance_refuse_number(struct issuance_refusal *refusal, enum issuance_code code, const char *what, const char *why,
	size_t number)
{
	(void)issuance_refuse(refusal, code, what, why,
		N_("Nothing was issued; let the holder's program make a new request."));
	refusal->number = number + 1;
	return false;
}

bool
issuance_trouble(struct issuance_refusal *refusal)
{
	return issuance_refuse(refusal, ISSUANCE_TROUBLE, N_("The issuer cannot issue now."), NULL, NULL);
}

bool
issuance_no_memory(struct issuance_refusal *refusal)
{
	(void)tool_no_memory();
	return issuance_trouble(refusal);
}

void
issuance_detail(struct issuance_refusal *refusal, const char *text)
{
	size_t len = 0;

	for (; text[len] != '\0' && len < ISSUANCE_DETAIL_MAX; len++)
		refusal->detail[len] = text[len] >= ' ' && text[len] <= '~' ? text[len] : '?';
	refusal->detail[len] = '\0';
}

void
issuance_say(const struct issuance_refusal *refusal)
{
	if (refusal->code == ISSUANCE_DONE || refusal->code == ISSUANCE_TROUBLE)
		return;
	tool_error("%s", _(refusal->what));
	if (refusal->number > 0 && refusal->why != NULL)
		tool_why(_("Key %zu: %s"), refusal->number, _(refusal->why));
	else if (refusal->why != NULL)
		tool_why("%s", _(refusal->why));
	if (refusal->detail[0] != '\0')
		tool_why("%s", refusal->detail);
	if (refusal->advice != NULL)
		tool_why("%s", _(refusal->advice));
}

/* RFC 6749, 5.2: printable ASCII without quotation marks and backslashes. */
static void
describe(char text[DESCRIPTION_MAX], const struct issuance_refusal *refusal)
{
	int len = snprintf(text, DESCRIPTION_MAX, "%s", refusal->what);
	size_t at = len > 0 ? (size_t)len : 0;

	/* The register's reasons are half sentences. */
	if (refusal->why != NULL && refusal->number == 0 && islower((unsigned char)refusal->why[0]) && at > 0 &&
		at < DESCRIPTION_MAX && text[at - 1] == '.')
		text[at - 1] = ':';

	if (refusal->why != NULL && at < DESCRIPTION_MAX) {
		len = refusal->number > 0
			? snprintf(text + at, DESCRIPTION_MAX - at, " Key %zu: %s", refusal->number, refusal->why)
			: snprintf(text + at, DESCRIPTION_MAX - at, " %s", refusal->why);
		at += len > 0 ? (size_t)len : 0;
	}
	if (refusal->detail[0] != '\0' && at < DESCRIPTION_MAX)
		(void)snprintf(text + at, DESCRIPTION_MAX - at, " (%s)", refusal->detail);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '"' || *c == '\\' || *c < ' ' || *c > '~')
			*c = '\'';
}

json_t *
issuance_json(const struct issuance_refusal *refusal)
{
	char text[DESCRIPTION_MAX];

	if (refusal->code >= ISSUANCE_BAD_CLAIMS)
		return json_pack("{s:s}", "error", issuance_error(refusal->code));
	describe(text, refusal);
	return json_pack("{s:s, s:s}", "error", issuance_error(refusal->code), "error_description", text);
}

/* Who asked can do something about the first of these; the others are the issuer's. */
static const struct {
	enum register_result result;
	enum issuance_code code;
	const char *advice;
} register_codes[] = {
	{ REGISTER_NONCE_UNKNOWN, ISSUANCE_BAD_NONCE,
		N_("Make a new offer and let the holder's program make a new request from it.") },
	{ REGISTER_NONCE_USED, ISSUANCE_BAD_NONCE,
		N_("Make a new offer and let the holder's program make a new request from it.") },
	{ REGISTER_KEY_SEEN, ISSUANCE_BAD_PROOF, N_("Let the holder's program make new keys and a new request.") },
	{ REGISTER_TPM_UNKNOWN, ISSUANCE_BAD_PROOF,
		N_("Let the holder enrol the TPM: \"mdoc-token attest --enrol\".") },
	{ REGISTER_TPM_REVOKED, ISSUANCE_BAD_PROOF,
		N_("Whoever marked it in the register can take that back; to enrol again does not.") },
	{ REGISTER_PERSON_UNKNOWN, ISSUANCE_DENIED, N_("Enter the person first: \"mdoc-issuer person add\".") },
	{ REGISTER_DEVICE_UNKNOWN, ISSUANCE_DENIED, N_("Let the holder enrol the device with a new offer.") },
	{ REGISTER_DEVICE_SEEN, ISSUANCE_DENIED, N_("Let the holder make a new provisioner in the token.") },
	{ REGISTER_DEVICE_LIVE, ISSUANCE_DENIED,
		N_("If the new device shall take the place of the other one, say so: --supersede.") },
	{ REGISTER_NOT_ALLOWED, ISSUANCE_DENIED, NULL },
	{ REGISTER_SIGNER_REVOKED, ISSUANCE_DENIED,
		N_("Make a new document signer: \"mdoc-issuer keys replace --key ds\".") },
	{ REGISTER_IACA_REVOKED, ISSUANCE_DENIED,
		N_("Make a new issuer, with \"mdoc-issuer init\" and another folder.") },
	{ REGISTER_GRANT_UNKNOWN, ISSUANCE_DENIED,
		N_("Make a new offer and let the holder's program make a new request from it.") },
	{ REGISTER_GRANT_USED, ISSUANCE_DENIED,
		N_("Make a new offer and let the holder's program make a new request from it.") },
	{ REGISTER_GRANT_OLD, ISSUANCE_DENIED,
		N_("Make a new offer and let the holder's program make a new request from it.") },
};

bool
issuance_register(struct issuance *issuance, struct issuance_refusal *refusal, enum register_result res, size_t key)
{
	if (res == REGISTER_OK) {
		*refusal = (struct issuance_refusal){ .code = ISSUANCE_DONE };
		return true;
	}
	for (size_t i = 0; i < sizeof(register_codes) / sizeof(register_codes[0]); i++) {
		if (register_codes[i].result != res)
			continue;
		(void)issuance_refuse(refusal, register_codes[i].code,
			N_("The request is refused; nothing was issued."), register_sentence(res),
			register_codes[i].advice);
		if (res == REGISTER_KEY_SEEN)
			refusal->number = key + 1;
		return false;
	}
	(void)issuer_register_error(_("The request is refused; nothing was issued."), issuance->issuer->db, res);
	return issuance_trouble(refusal);
}
