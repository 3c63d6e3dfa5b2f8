/* renew_one.c: one renewal, from the question whether it is due to an entry in the inbox. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/accept.h"
#include "tools/token/batch.h"
#include "tools/token/proofs.h"
#include "tools/token/renew.h"
#include "tools/token/sealed.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define BACKOFF_FIRST 900 /* seconds after the first failure; twice as many after each */
#define BACKOFF_MAX (12 * 3600)
#define REFUSED_WAIT DAY /* a refusal is no trouble that goes away by asking */

struct renewal {
	const struct renew_options *options;
	struct enrolment enrolment;
	struct p11 p11;
	struct p11_token token;
	struct line line;
	struct vci vci;
	char pins[RENEW_PINS];
	char *access;
	struct copy *made;
	size_t count;
};

/* The file of an enrolment was changed, or written by something else. */
static enum exit_status
say_enrol_again(void)
{
	tool_why("%s", _("Enrol again with a new offer of the issuer: mdoc-token enrol OFFER"));
	return EXIT_STATUS_INPUT;
}

enum exit_status
renew_client(const struct enrolment *enrolment, const struct line *line, char pins[RENEW_PINS], struct vci *vci)
{
	json_t *pin;
	size_t i, len = 0;

	pins[0] = '\0';
	json_array_foreach(json_object_get(enrolment->json, "pins"), i, pin)
	{
		const int n = snprintf(pins + len, RENEW_PINS - len, "%ssha256//%s", len > 0 ? ";" : "",
			json_string_value(pin) != NULL ? json_string_value(pin) : "");

		if (n < 0 || (size_t)n >= RENEW_PINS - len) {
			tool_error(_("%s names too many keys of the issuer's server"), enrolment->path);
			return say_enrol_again();
		}
		len += (size_t)n;
	}
	if (len == 0) {
		tool_error(_("%s names no key of the issuer's server"), enrolment->path);
		return say_enrol_again();
	}
	memset(vci, 0, sizeof(*vci));
	vci->issuer = enrolment_text(enrolment, "issuer");
	vci->http = (struct http_options){
		.ca_file = enrolment_text(enrolment, "tls_ca"),
		.pins = pins,
		.certificate = line->certificate,
		.key = line->pkey,
	};
	return vci_discover(vci, enrolment_text(enrolment, "configuration"));
}

void
renew_tell(struct enrolment *enrolment, struct vci *vci, const char *access)
{
	json_t *accepted = json_object_get(enrolment->json, "accepted");

	while (json_array_size(accepted) > 0) {
		const char *id = json_string_value(json_array_get(accepted, 0));
		const enum exit_status status =
			id != NULL ? vci_notify(vci, access, id, "credential_accepted") : EXIT_STATUS_OK;

		/* An issuer that refuses it knows it, or never will. */
		if (status != EXIT_STATUS_OK && status != EXIT_STATUS_NO)
			return;
		(void)json_array_remove(accepted, 0);
	}
}

/* ---- Is it due? ---- */

/* What the token says without a PIN: "ok", "low", "none"; NULL: nothing. */
static char *
copies_left(const struct p11_token *token)
{
	static const char application[] = "mdoc-status";
	CK_OBJECT_CLASS class = CKO_DATA;
	const CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, (void *)(uintptr_t)application, sizeof(application) - 1 },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	struct mdoc_buf value = MDOC_BUF_EMPTY;
	char *left = NULL;
	size_t count = 0;
	json_t *json = NULL;

	if (p11_find(token, wanted, 2, &handles, &count) == CKR_OK && count == 1 &&
		p11_attribute(token, handles[0], CKA_VALUE, &value) == CKR_OK)
		json = json_loadb((const char *)value.ptr, value.len, 0, NULL);
	if (json_is_string(json_object_get(json, "copies")))
		left = strdup(json_string_value(json_object_get(json, "copies")));
	json_decref(json);
	mdoc_buf_clear(&value);
	free(handles);
	return left;
}

/* Few copies, near the end, or an age that was attested has changed since (expectedUpdate). */
static bool
is_due(const struct renewal *renewal)
{
	const int64_t now = renewal->options->now;
	const int64_t until = enrolment_number(&renewal->enrolment, "valid_until");
	const int64_t update = enrolment_number(&renewal->enrolment, "expected_update");
	const int64_t days = enrolment_number(&renewal->enrolment, "days");
	char *left = copies_left(&renewal->token);
	const bool few = left != NULL && strcmp(left, "ok") != 0;

	free(left);
	return few || renewal->options->force || (until != 0 && now >= until - (days > 0 ? days : RENEW_DAYS) * DAY) ||
		(update != 0 && now >= update);
}

/* An answer that waits for the PIN; and keys of an attempt that did not come to one, which go. */
static enum exit_status
look_into_inbox(struct renewal *renewal, bool *waiting)
{
	const CK_MDOC_FUNCTION_LIST *vendor = renewal->p11.vendor;
	CK_MDOC_INBOX_ENTRY *entries = NULL;
	size_t count = 0;
	CK_RV rv = accept_list(&renewal->token, &entries, &count);

	*waiting = false;
	for (size_t i = 0; i < count; i++)
		*waiting = *waiting || entries[i].ulKind == MDOC_INBOX_RESPONSE;
	for (size_t i = 0; !*waiting && rv == CKR_OK && i < count; i++)
		if (entries[i].ulKind == MDOC_INBOX_KEY)
			rv = vendor->C_MDOC_InboxRemove(renewal->token.session, entries[i].ulId);
	free(entries);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("the token's inbox cannot be read"), rv);
}

/* ---- The request ---- */

static enum exit_status
make_keys(struct renewal *renewal)
{
	const int64_t wanted = enrolment_number(&renewal->enrolment, "copies");
	CK_RV rv = CKR_OK;

	renewal->count = wanted > 0 && wanted <= RENEW_COPIES_MAX ? (size_t)wanted : RENEW_COPIES;
	if (renewal->count > renewal->vci.batch_size)
		renewal->count = renewal->vci.batch_size;
	renewal->made = calloc(renewal->count, sizeof(*renewal->made));
	if (renewal->made == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < renewal->count; i++) {
		renewal->made[i].private_key = CK_INVALID_HANDLE;
		renewal->made[i].record = CK_INVALID_HANDLE;
	}
	for (size_t i = 0; rv == CKR_OK && i < renewal->count; i++)
		rv = proofs_make_key(&renewal->token, MDOC_CURVE_P256, &renewal->made[i]);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("cannot make a key"), rv);
}

/* One proof for all: the token's attestation (design of OpenID4VCI 1.0, appendix F.3). */
static enum exit_status
attest(struct renewal *renewal, const char *nonce, json_t **proof)
{
	const enum exit_status status =
		proofs_attest(&renewal->token, renewal->made, renewal->count, nonce, renewal->vci.issuer, proof);

	return status == EXIT_STATUS_GO_ON
		? tool_rv_error(_("the token cannot attest its keys"), CKR_USER_PIN_NOT_INITIALIZED)
		: status;
}

static enum exit_status
make_request(struct renewal *renewal, const char *nonce, json_t **request)
{
	struct mdoc_public_key inbox;
	json_t *proof = NULL;
	enum exit_status status = sealed_inbox_key(&renewal->token, &inbox);

	*request = NULL;
	if (status == EXIT_STATUS_OK)
		status = attest(renewal, nonce, &proof);
	if (status == EXIT_STATUS_OK) {
		*request = json_pack("{s:s, s:{s:[O]}, s:o}", "credential_configuration_id",
			enrolment_text(&renewal->enrolment, "configuration"), "proofs", "attestation", proof,
			"credential_response_encryption", sealed_encryption(&inbox));
		status = *request != NULL ? EXIT_STATUS_OK : tool_no_memory();
	}
	json_decref(proof);
	return status;
}

/* Checked before it is kept: what nobody but the issuer can have sent. */
static enum exit_status
keep_answer(struct renewal *renewal, const struct mdoc_buf *jwe, const char *signature)
{
	json_t *text = json_text(mdoc_buf_bytes(jwe)), *sealed = NULL;
	struct mdoc_trust *trust;
	char *document = NULL;
	CK_ULONG id = 0;
	CK_RV rv;
	enum exit_status status;

	/* Nobody looks at it but the program: there has to be the issuer's word that it is for this token (R-REN-01). */
	if (signature == NULL) {
		tool_error("%s", _("The issuer's answer is not signed."));
		tool_why("%s", _("An enrolment, under the PIN, takes such an answer; a renewal does not."));
		status = EXIT_STATUS_TROUBLE;
		goto out;
	}
	sealed = text != NULL ? json_pack("{s:O, s:s}", "credential_response", text, "signature", signature) : NULL;
	trust = batch_trust(json_object_get(renewal->enrolment.json, "iaca"));
	status =
		trust != NULL ? sealed_check(&renewal->token, sealed, trust, renewal->options->now) : EXIT_STATUS_INPUT;
	mdoc_trust_free(trust);
	if (status != EXIT_STATUS_OK) {
		status = EXIT_STATUS_TROUBLE; /* of the server's, not a refusal */
		goto out;
	}
	document = json_dumps(sealed, JSON_COMPACT);
	if (document == NULL) {
		status = tool_no_memory();
		goto out;
	}
	rv = renewal->p11.vendor->C_MDOC_InboxPut(renewal->token.session, MDOC_INBOX_RESPONSE,
		(const CK_BYTE *)document, strlen(document), &id);
	if (rv != CKR_OK)
		status = tool_rv_error(_("the answer cannot be put into the token's inbox"), rv);
	status = rv != CKR_OK ? EXIT_STATUS_TROUBLE : status;
out:
	free(document);
	json_decref(sealed);
	json_decref(text);
	return status;
}

/* With a nonce that is too old by now, once more. */
static enum exit_status
ask(struct renewal *renewal)
{
	enum exit_status status = EXIT_STATUS_NO;

	for (int tries = 0; status == EXIT_STATUS_NO && tries < 2; tries++) {
		struct mdoc_buf jwe = MDOC_BUF_EMPTY;
		char *nonce = NULL, *signature = NULL;
		json_t *request = NULL;

		status = vci_nonce(&renewal->vci, &nonce);
		if (status == EXIT_STATUS_OK)
			status = make_request(renewal, nonce, &request);
		if (status == EXIT_STATUS_OK)
			status = vci_credential(&renewal->vci, renewal->access, request, &jwe, &signature);
		if (status == EXIT_STATUS_OK)
			status = keep_answer(renewal, &jwe, signature);
		mdoc_buf_clear(&jwe);
		json_decref(request);
		free(nonce);
		free(signature);
		if (strcmp(renewal->vci.error, "invalid_nonce") != 0)
			break;
	}
	return status;
}

/* ---- The whole ---- */

static enum exit_status
open_token(struct renewal *renewal)
{
	const char *module = renewal->options->module, *label = enrolment_text(&renewal->enrolment, "token");
	enum exit_status status;
	char serial[17];

	if (module == NULL)
		module = enrolment_text(&renewal->enrolment, "module");
	status = p11_open(module, &renewal->p11);
	if (status == EXIT_STATUS_OK)
		status = p11_token_open(&renewal->p11, label, true, &renewal->token);
	if (status != EXIT_STATUS_OK)
		return status;
	snprintf(serial, sizeof(serial), "%.16s", (const char *)renewal->token.info.serialNumber);
	serial[strcspn(serial, " ")] = '\0';
	if (strcmp(serial, enrolment_text(&renewal->enrolment, "serial")) != 0) {
		tool_error(_("the token \"%s\" is not the one that was enrolled"), label);
		return EXIT_STATUS_INPUT;
	}
	return line_login(&renewal->token, enrolment_text(&renewal->enrolment, "credential"));
}

static enum exit_status
connect(struct renewal *renewal)
{
	enum exit_status status = line_open(&renewal->token, renewal->options->now, &renewal->line);

	if (status == EXIT_STATUS_OK)
		status = renew_client(&renewal->enrolment, &renewal->line, renewal->pins, &renewal->vci);
	if (status == EXIT_STATUS_OK)
		status = vci_token_by_refresh(&renewal->vci, enrolment_text(&renewal->enrolment, "refresh_token"),
			&renewal->access);
	return status;
}

static enum exit_status
renew(struct renewal *renewal, enum renew_result *result)
{
	const bool has_news = json_array_size(json_object_get(renewal->enrolment.json, "accepted")) > 0;
	bool waiting = false, due;
	enum exit_status status = open_token(renewal);

	if (status == EXIT_STATUS_OK)
		status = look_into_inbox(renewal, &waiting);
	if (status != EXIT_STATUS_OK)
		return status;
	due = !waiting && is_due(renewal);
	*result = waiting ? RENEW_WAITING : RENEW_NOT_DUE;
	if (!due && !has_news)
		return EXIT_STATUS_OK;
	status = connect(renewal);
	if (status == EXIT_STATUS_OK)
		renew_tell(&renewal->enrolment, &renewal->vci, renewal->access);
	if (status != EXIT_STATUS_OK || !due)
		return status;
	status = make_keys(renewal);
	if (status == EXIT_STATUS_OK)
		status = ask(renewal);
	if (status != EXIT_STATUS_OK && renewal->made != NULL)
		proofs_destroy(&renewal->token, renewal->made, renewal->count);
	*result = RENEW_DONE;
	return status;
}

/* Some of the time more or less, so that tokens whose issuer was away do not all come at once. */
static int64_t
jitter(int64_t seconds)
{
	uint32_t random = 0;

	if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		return seconds;
	return seconds - seconds / 4 + (int64_t)(random % (uint32_t)(seconds / 2 + 1));
}

/* What became of it, for the next time and for people. */
static void
note(struct renewal *renewal, enum exit_status status, enum renew_result *result)
{
	struct enrolment *enrolment = &renewal->enrolment;
	const struct vci *vci = &renewal->vci;
	const int64_t now = renewal->options->now;
	int64_t failures = enrolment_number(enrolment, "failures"), wait = BACKOFF_FIRST;

	if (status == EXIT_STATUS_OK) {
		enrolment_set_number(enrolment, "failures", 0);
		enrolment_set_number(enrolment, "next", 0);
		if (*result == RENEW_DONE)
			enrolment_note(enrolment, now, "renewed", NULL, NULL);
		return;
	}
	*result = RENEW_FAILED;
	if (status == EXIT_STATUS_NO && vci->error[0] != '\0') {
		vci_say_refusal(vci);
		enrolment_note(enrolment, now, "refused", vci->error, vci->description);
		enrolment_set_number(enrolment, "next", now + jitter(REFUSED_WAIT));
		if (strcmp(vci->error, "invalid_grant") == 0) {
			(void)json_object_set_new(enrolment->json, "ended", json_true());
			enrolment_set_number(enrolment, "next", 0);
			*result = RENEW_ENDED;
		}
		return;
	}
	for (int64_t i = 0; i < failures && wait < BACKOFF_MAX; i++)
		wait *= 2;
	enrolment_set_number(enrolment, "failures", failures + 1);
	enrolment_set_number(enrolment, "next", now + jitter(wait < BACKOFF_MAX ? wait : BACKOFF_MAX));
	enrolment_note(enrolment, now, "trouble", NULL, NULL);
}

static void
close_all(struct renewal *renewal)
{
	for (size_t i = 0; renewal->made != NULL && i < renewal->count; i++)
		mdoc_buf_clear(&renewal->made[i].id);
	free(renewal->made);
	if (renewal->access != NULL)
		explicit_bzero(renewal->access, strlen(renewal->access));
	free(renewal->access);
	vci_clear(&renewal->vci);
	line_close(&renewal->line);
	p11_token_close(&renewal->token);
	p11_close(&renewal->p11);
	enrolment_close(&renewal->enrolment);
}

enum exit_status
renew_one(const char *serial, const struct renew_options *options, enum renew_result *result, int64_t *next)
{
	struct renewal renewal = { .options = options, .enrolment = { .lock = -1 } };
	char *path = enrolment_path(serial);
	enum exit_status status = path != NULL ? enrolment_open(path, false, &renewal.enrolment) : EXIT_STATUS_TROUBLE;

	*next = 0;
	*result = RENEW_FAILED;
	if (status == EXIT_STATUS_GO_ON) {
		*result = RENEW_BUSY;
		status = EXIT_STATUS_OK;
	} else if (status == EXIT_STATUS_OK && json_is_true(json_object_get(renewal.enrolment.json, "ended")) &&
		!options->force) {
		*result = RENEW_ENDED;
		status = EXIT_STATUS_NO;
	} else if (status == EXIT_STATUS_OK && options->now < enrolment_number(&renewal.enrolment, "next") &&
		!options->force) {
		*result = RENEW_LATER;
		*next = enrolment_number(&renewal.enrolment, "next");
	} else if (status == EXIT_STATUS_OK) {
		status = renew(&renewal, result);
		note(&renewal, status, result);
		*next = enrolment_number(&renewal.enrolment, "next");
		if (enrolment_save(&renewal.enrolment) != EXIT_STATUS_OK && status == EXIT_STATUS_OK)
			status = EXIT_STATUS_TROUBLE;
	}
	close_all(&renewal);
	free(path);
	return status;
}
