/*
 * enrol.c: mdoc-token enrol: from an offer to records in the token, and to what "renew" needs.
 *
 * The holder and the provisioner exclude each other in one process, so that they take turns: the provisioner has the
 * line to the issuer, the holder the keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/token/accept.h"
#include "tools/token/batch.h"
#include "tools/token/proofs.h"
#include "tools/token/renew.h"
#include "tools/token/sealed.h"
#include "tools/token/token.h"
#include "tools/common/clock.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct enrol {
	struct token_args args;
	const char *credential, *tls_ca;
	struct pin_source tx;
	struct option_list operands, pins;
	struct option_number copies, days;
	bool yes;
	int64_t now;
	struct p11 p11;
	struct p11_token token;
	struct pin pin;
	struct line line;
	struct vci vci;
	struct vci_offer offer;
	struct enrolment enrolment;
	char pin_text[RENEW_PINS];
	char *access, *refresh, *nonce;
	struct copy *made;
	size_t count;
	json_t *request, *trusted; /* trusted: IACAs, as the token says under the PIN */
	json_t *plain;             /* an answer that only its records vouch for; NULL: it is in the inbox */
	struct mdoc_trust *trust;
	CK_ULONG entry;
	bool stored; /* without an entry */
};

/* ---- Taking turns ---- */

static enum exit_status
become_provisioner(struct enrol *enrol)
{
	enum exit_status status;

	token_logout(&enrol->token);
	status = line_login(&enrol->token, enrol->credential);
	if (status == EXIT_STATUS_OK)
		status = line_open(&enrol->token, enrol->now, &enrol->line);
	enrol->vci.http.certificate = enrol->line.certificate;
	enrol->vci.http.key = enrol->line.pkey;
	return status;
}

static enum exit_status
login(struct enrol *enrol)
{
	return p11_login(&enrol->token, CKU_USER, enrol->pin.set ? &enrol->pin : NULL);
}

static enum exit_status
become_holder(struct enrol *enrol)
{
	enrol->vci.http.certificate = NULL;
	enrol->vci.http.key = NULL;
	line_close(&enrol->line);
	token_logout(&enrol->token);
	return login(enrol);
}

/* ---- The provisioner: offer, metadata, token, nonce ---- */

/* --pin, given in advance; or the key of the server that TLS has found good, from now on. */
static enum exit_status
pin_issuer(struct enrol *enrol)
{
	json_t *pins = json_array();

	for (size_t i = 0; i < enrol->pins.count; i++)
		(void)json_array_append_new(pins, json_string(enrol->pins.items[i]));
	if (enrol->pins.count == 0) {
		(void)json_array_append_new(pins, json_string(enrol->vci.pin));
		(void)snprintf(enrol->pin_text, sizeof(enrol->pin_text), "sha256//%s", enrol->vci.pin);
		enrol->vci.http.pins = enrol->pin_text;
	}
	return json_object_set_new(enrol->enrolment.json, "pins", pins) == 0 ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
set_pins(struct enrol *enrol)
{
	size_t len = 0;

	for (size_t i = 0; i < enrol->pins.count; i++) {
		const int n = snprintf(enrol->pin_text + len, sizeof(enrol->pin_text) - len, "%ssha256//%s",
			len > 0 ? ";" : "", enrol->pins.items[i]);

		if (n < 0 || (size_t)n >= sizeof(enrol->pin_text) - len || strlen(enrol->pins.items[i]) != HTTP_PIN) {
			tool_error("%s", _("--pin takes the SHA-256 of the key of the issuer's server in base64"));
			return EXIT_STATUS_USAGE;
		}
		len += (size_t)n;
	}
	enrol->vci.http.pins = len > 0 ? enrol->pin_text : NULL;
	return EXIT_STATUS_OK;
}

static enum exit_status
ask_for_token(struct enrol *enrol)
{
	struct pin tx = { .set = false };
	enum exit_status status = EXIT_STATUS_OK;

	if (enrol->offer.tx_code)
		status = pin_get(&enrol->tx, _("Transaction code of the issuer"), false, &tx);
	if (status == EXIT_STATUS_OK)
		status = vci_token_by_code(&enrol->vci, enrol->offer.code, enrol->offer.tx_code ? tx.text : NULL,
			&enrol->access, &enrol->refresh);
	pin_clear(&tx);
	if (status == EXIT_STATUS_OK && enrol->refresh == NULL)
		tool_note("%s", _("The issuer gives no means to renew the record."));
	return status;
}

static enum exit_status
connect(struct enrol *enrol)
{
	enum exit_status status = set_pins(enrol);

	enrol->vci.http.ca_file = enrol->tls_ca;
	if (status == EXIT_STATUS_OK)
		status = become_provisioner(enrol);
	if (status == EXIT_STATUS_OK)
		status = vci_offer_read(enrol->operands.items[0], &enrol->vci.http, &enrol->offer);
	if (status != EXIT_STATUS_OK)
		return status;
	enrol->vci.issuer = enrol->offer.issuer;
	status = vci_discover(&enrol->vci, enrol->offer.configuration);
	if (status == EXIT_STATUS_OK)
		status = pin_issuer(enrol);
	if (status == EXIT_STATUS_OK)
		status = ask_for_token(enrol);
	if (status == EXIT_STATUS_OK)
		status = vci_nonce(&enrol->vci, &enrol->nonce);
	return status;
}

/* ---- The holder: keys and proofs ---- */

static enum exit_status
make_keys(struct enrol *enrol)
{
	CK_RV rv = CKR_OK;

	enrol->count = enrol->copies.value < enrol->vci.batch_size ? enrol->copies.value : enrol->vci.batch_size;
	enrol->made = calloc(enrol->count, sizeof(*enrol->made));
	if (enrol->made == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < enrol->count; i++) {
		enrol->made[i].private_key = CK_INVALID_HANDLE;
		enrol->made[i].record = CK_INVALID_HANDLE;
	}
	for (size_t i = 0; rv == CKR_OK && i < enrol->count; i++) {
		rv = proofs_make_key(&enrol->token, MDOC_CURVE_P256, &enrol->made[i]);
		terminal_progress(_("keys"), i + 1, enrol->count);
	}
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("cannot make a key"), rv);
}

/* What the token says of itself and of its keys, which the issuer registers. It has a provisioner, who was here. */
static enum exit_status
attest(struct enrol *enrol, json_t **attestation)
{
	const enum exit_status status =
		proofs_attest(&enrol->token, enrol->made, enrol->count, enrol->nonce, enrol->offer.issuer, attestation);

	return status == EXIT_STATUS_GO_ON
		? tool_rv_error(_("the token cannot attest its keys"), CKR_USER_PIN_NOT_INITIALIZED)
		: status;
}

/* One proof of possession for each key, by that key; the first has the attestation of them all. */
static enum exit_status
make_request(struct enrol *enrol)
{
	json_t *attestation = NULL, *proofs = json_array();
	struct mdoc_public_key inbox;
	enum exit_status status = make_keys(enrol);

	if (status == EXIT_STATUS_OK)
		status = sealed_inbox_key(&enrol->token, &inbox);
	if (status == EXIT_STATUS_OK)
		status = attest(enrol, &attestation);
	for (size_t i = 0; status == EXIT_STATUS_OK && i < enrol->count; i++) {
		json_t *header = json_pack("{s:s, s:o, s:O*}", "typ", "openid4vci-proof+jwt", "jwk",
			jwk_from_key(&enrol->made[i].key), "key_attestation", i == 0 ? attestation : NULL);
		json_t *claims = json_pack("{s:s, s:I, s:s}", "aud", enrol->offer.issuer, "iat", (json_int_t)enrol->now,
			"nonce", enrol->nonce);

		status = proofs_sign(&enrol->token, &enrol->made[i], header, claims, proofs);
	}
	if (status == EXIT_STATUS_OK) {
		enrol->request =
			json_pack("{s:s, s:{s:O}, s:o}", "credential_configuration_id", enrol->offer.configuration,
				"proofs", "jwt", proofs, "credential_response_encryption", sealed_encryption(&inbox));
		status = enrol->request != NULL ? EXIT_STATUS_OK : tool_no_memory();
	}
	json_decref(proofs);
	json_decref(attestation);
	return status;
}

/* ---- The provisioner: the answer, and what is kept for renewals ---- */

static enum exit_status
keep_state(struct enrol *enrol)
{
	json_t *json = enrol->enrolment.json;
	char *credential = realpath(enrol->credential, NULL);
	char *ca = enrol->tls_ca != NULL ? realpath(enrol->tls_ca, NULL) : NULL;
	bool good = credential != NULL && (enrol->tls_ca == NULL || ca != NULL);

	good = good && json_object_set(json, "iaca", enrol->trusted) == 0 &&
		json_object_set_new(json, "token", json_string(enrol->token.label)) == 0 &&
		json_object_set_new(json, "credential", json_string(credential)) == 0 &&
		json_object_set_new(json, "issuer", json_string(enrol->offer.issuer)) == 0 &&
		json_object_set_new(json, "configuration", json_string(enrol->offer.configuration)) == 0 &&
		json_object_set_new(json, "refresh_token", json_string(enrol->refresh != NULL ? enrol->refresh : "")) ==
			0 &&
		json_object_set_new(json, "module", json_string(p11_module_path(enrol->args.common.module))) == 0 &&
		json_object_set_new(json, "tls_ca", ca != NULL ? json_string(ca) : json_null()) == 0;
	enrolment_set_number(&enrol->enrolment, "copies", (int64_t)enrol->copies.value);
	enrolment_set_number(&enrol->enrolment, "days", (int64_t)enrol->days.value);
	enrolment_note(&enrol->enrolment, enrol->now, "enrolled", NULL, NULL);
	free(credential);
	free(ca);
	return good ? enrolment_save(&enrol->enrolment) : tool_no_memory();
}

/*
 * An issuer of other make has no word of its own for the answer. Here the holder is present: the line is to the pinned
 * server, the answer encrypted to the token, and each record signed by a document signer that the token trusts. Nothing
 * of it waits for later, and there is no state for renewals, where nobody is present (R-REN-01).
 */
static enum exit_status
take_unsigned(struct enrol *enrol, const struct mdoc_buf *jwe)
{
	enrol->plain = json_pack("{s:o}", "credential_response", json_text(mdoc_buf_bytes(jwe)));
	if (enrol->plain == NULL)
		return tool_no_memory();
	tool_note("%s", _("The issuer does not sign its answers: this record will not renew itself."));
	return EXIT_STATUS_OK;
}

static enum exit_status
fetch(struct enrol *enrol)
{
	struct mdoc_buf jwe = MDOC_BUF_EMPTY;
	char *signature = NULL, *document = NULL;
	json_t *sealed = NULL;
	enum exit_status status = become_provisioner(enrol);
	CK_RV rv;

	if (status == EXIT_STATUS_OK)
		status = vci_credential(&enrol->vci, enrol->access, enrol->request, &jwe, &signature);
	if (status == EXIT_STATUS_OK && signature == NULL) {
		status = take_unsigned(enrol, &jwe);
		goto out;
	}
	if (status == EXIT_STATUS_OK) {
		sealed = json_pack("{s:o, s:s}", "credential_response", json_text(mdoc_buf_bytes(&jwe)), "signature",
			signature);
		status = sealed_check(&enrol->token, sealed, enrol->trust, enrol->now);
	}
	/* From here on it can be accepted later, too. */
	if (status == EXIT_STATUS_OK)
		status = keep_state(enrol);
	if (status == EXIT_STATUS_OK) {
		document = json_dumps(sealed, JSON_COMPACT);
		rv = document != NULL ? enrol->p11.vendor->C_MDOC_InboxPut(enrol->token.session, MDOC_INBOX_RESPONSE,
						(const CK_BYTE *)document, strlen(document), &enrol->entry)
				      : CKR_HOST_MEMORY;
		if (rv != CKR_OK)
			status = tool_rv_error(_("the answer cannot be put into the token's inbox"), rv);
	}
out:
	mdoc_buf_clear(&jwe);
	json_decref(sealed);
	free(document);
	free(signature);
	return status;
}

/* ---- The whole ---- */

static enum exit_status
accept_plain(struct enrol *enrol, const struct accept_options *options, struct accept_result *result)
{
	json_t *response = NULL;
	enum exit_status status = sealed_open(&enrol->token, enrol->plain, &response);

	if (status == EXIT_STATUS_OK)
		status = accept_response(&enrol->token, response, options, result);
	/* What was stored is not given up, whatever happens next. */
	enrol->stored = status == EXIT_STATUS_OK;
	json_decref(response);
	return status;
}

/* What renewals need, where there will be any. */
static enum exit_status
save(const struct enrol *enrol)
{
	return enrol->plain == NULL ? enrolment_save(&enrol->enrolment) : EXIT_STATUS_OK;
}

/* Accept it, and let the issuer know; what fails here can be done again with "inbox accept" and "renew". */
static enum exit_status
accept(struct enrol *enrol)
{
	const struct accept_options options = { enrol->args.common.json, enrol->yes, enrol->now };
	struct accept_result result = { 0, 0, 0, 0, NULL };
	enum exit_status status = become_holder(enrol);

	if (status == EXIT_STATUS_OK)
		status = enrol->plain != NULL ? accept_plain(enrol, &options, &result)
					      : accept_entry(&enrol->token, enrol->entry, &options, &result);
	if (status != EXIT_STATUS_OK) {
		if (enrol->plain == NULL)
			tool_why("%s", _("The answer waits in the inbox: mdoc-token inbox accept"));
		free(result.notification);
		return status;
	}
	enrolment_set_number(&enrol->enrolment, "valid_until", result.valid_until);
	enrolment_set_number(&enrol->enrolment, "expected_update", result.expected_update);
	if (result.notification != NULL)
		(void)json_array_append_new(json_object_get(enrol->enrolment.json, "accepted"),
			json_string(result.notification));
	free(result.notification);
	status = save(enrol);
	if (status == EXIT_STATUS_OK && enrol->plain == NULL)
		status = accept_done(&enrol->token, enrol->entry);
	if (status == EXIT_STATUS_OK && become_provisioner(enrol) == EXIT_STATUS_OK) {
		renew_tell(&enrol->enrolment, &enrol->vci, enrol->access);
		status = save(enrol);
	}
	if (enrol->args.common.json) {
		printf("{\"enrolled\": \"%s\", \"copies\": %zu}\n", enrol->token.label, result.copies);
	} else {
		printf(ngettext("%zu copy was stored.", "%zu copies were stored.", result.copies), result.copies);
		putchar('\n');
	}
	return status;
}

static enum exit_status
begin(struct enrol *enrol)
{
	char serial[17];
	enum exit_status status = token_find(&enrol->args, &enrol->p11, &enrol->token);

	if (status == EXIT_STATUS_OK && (!enrol->token.ours || enrol->p11.vendor == NULL)) {
		tool_error("%s",
			_("Only tokens of this program can be enrolled; others take files: mdoc-token request"));
		status = EXIT_STATUS_NO;
	}
	if (status != EXIT_STATUS_OK)
		return status;
	snprintf(serial, sizeof(serial), "%.16s", (const char *)enrol->token.info.serialNumber);
	serial[strcspn(serial, " ")] = '\0';
	status = enrolment_new(serial, &enrol->enrolment);
	if (status == EXIT_STATUS_GO_ON) {
		tool_error("%s", _("Another process is renewing the token."));
		status = EXIT_STATUS_TROUBLE;
	}
	if (status == EXIT_STATUS_OK)
		status = token_ask_pin(&enrol->args, &enrol->token, &enrol->pin);
	/* A wrong PIN is known before the offer is spent. */
	if (status == EXIT_STATUS_OK)
		status = login(enrol);
	if (status == EXIT_STATUS_OK) {
		enrol->trust = batch_load_trust(&enrol->token);
		enrol->trusted = enrol->trust != NULL ? batch_trusted(&enrol->token) : NULL;
		status = enrol->trusted != NULL ? EXIT_STATUS_OK : EXIT_STATUS_NO;
	}
	return status;
}

static void
give_up_keys(struct enrol *enrol)
{
	if (enrol->made == NULL || enrol->entry != 0 || enrol->stored || become_holder(enrol) != EXIT_STATUS_OK)
		return;
	/* Handles end with the login: found again by their ids. */
	for (size_t i = 0; i < enrol->count; i++) {
		const CK_ATTRIBUTE wanted[] = { { CKA_ID, enrol->made[i].id.ptr, enrol->made[i].id.len } };
		CK_OBJECT_HANDLE *handles = NULL;
		size_t found = 0;

		if (enrol->made[i].id.len > 0 && p11_find(&enrol->token, wanted, 1, &handles, &found) == CKR_OK)
			for (size_t k = 0; k < found; k++)
				(void)enrol->p11.list->C_DestroyObject(enrol->token.session, handles[k]);
		free(handles);
	}
}

static enum exit_status
run(struct enrol *enrol)
{
	enum exit_status status = begin(enrol);

	if (status == EXIT_STATUS_OK)
		status = connect(enrol);
	if (status == EXIT_STATUS_OK)
		status = become_holder(enrol);
	if (status == EXIT_STATUS_OK)
		status = make_request(enrol);
	if (status == EXIT_STATUS_OK)
		status = fetch(enrol);
	if (status == EXIT_STATUS_OK)
		status = accept(enrol);
	if (status == EXIT_STATUS_NO && enrol->vci.error[0] != '\0')
		vci_say_refusal(&enrol->vci);
	if (status != EXIT_STATUS_OK)
		give_up_keys(enrol);
	return status;
}

static void
wipe(char *text)
{
	if (text != NULL)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

static void
close_all(struct enrol *enrol)
{
	for (size_t i = 0; enrol->made != NULL && i < enrol->count; i++)
		mdoc_buf_clear(&enrol->made[i].id);
	free(enrol->made);
	json_decref(enrol->request);
	json_decref(enrol->trusted);
	json_decref(enrol->plain);
	mdoc_trust_free(enrol->trust);
	wipe(enrol->access);
	wipe(enrol->refresh);
	free(enrol->nonce);
	vci_clear(&enrol->vci);
	vci_offer_clear(&enrol->offer);
	line_close(&enrol->line);
	token_end(&enrol->p11, &enrol->token);
	enrolment_close(&enrol->enrolment);
	pin_clear(&enrol->pin);
	option_list_clear(&enrol->operands);
	option_list_clear(&enrol->pins);
}

int
cmd_enrol(const struct command *command, int argc, char **argv)
{
	struct enrol enrol = {
		.enrolment = { .lock = -1 },
		.copies = { RENEW_COPIES, 1, RENEW_COPIES_MAX, false },
		.days = { RENEW_DAYS, 1, 14, false },
	};
	const struct option_row rows[] = {
		TOKEN_ROW(enrol.args),
		PIN_ROWS(enrol.args),
		{ "credential", OPTION_TEXT, &enrol.credential, N_("FILE"),
			N_("the provisioner's credential, which \"renew\" uses later"), true },
		{ "tx-code-file", OPTION_TEXT, &enrol.tx.file, N_("FILE"), N_("read the transaction code from a file"),
			false },
		{ "copies", OPTION_NUMBER, &enrol.copies, N_("N"), N_("how many copies at once, now and later (10)"),
			false },
		{ "days", OPTION_NUMBER, &enrol.days, N_("N"), N_("renew so many days before the end (3)"), false },
		{ "tls-ca", OPTION_TEXT, &enrol.tls_ca, N_("FILE"),
			N_("trust these CAs for the issuer's server instead of the system's (PEM)"), false },
		{ "pin", OPTION_LIST, &enrol.pins, "BASE64",
			N_("SHA-256 of a key that the issuer's server may have; otherwise that of its present one"),
			false },
		{ "yes", OPTION_FLAG, &enrol.yes, NULL, N_("do not ask; contents and notices are shown all the same"),
			false },
		END_ROW,
	};
	enum exit_status status = options_parse(command, rows, &enrol.args.common, &enrol.operands, argc, argv);

	if (status == EXIT_STATUS_GO_ON && enrol.operands.count != 1)
		status = options_wrong(command, "%s", _("name one offer: a link or a file"));
	if (status == EXIT_STATUS_GO_ON) {
		enrol.now = clock_now();
		status = run(&enrol);
	}
	close_all(&enrol);
	return (int)status;
}
