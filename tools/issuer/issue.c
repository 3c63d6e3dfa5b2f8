/*
 * issue.c: one Credential Request in, one batch of copies out: every proof checked, every copy
 * signed, the batch in the register, and only then the response (R-ISS-01, R-EXH-02).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <libgen.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/x509.h>
#include <mdoc/base64url.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include "tools/issuer/claims.h"
#include "tools/issuer/authority.h"
#include "tools/issuer/key_attestation.h"

#define CREDENTIAL_FRAME 64 /* bytes around each credential in the JSON, at most */

struct issue {
	const char *dir, *request_path, *claims_path, *out, *person;
	struct pin_source pin;
	struct common_options common;
	struct issuer issuer;
	struct issuer_token token;
	json_t *request, *claims_json, *credentials;
	struct proofs proofs;
	struct evidence evidence; /* count 0: none was given */
	char tpm_name[2 * PART_NAME_LEN + 1], tpm_certificate[2 * EVIDENCE_SERIAL_MAX + 1];
	bool require_attestation;
	struct claims claims;
	const char **thumbprints;
	char serial[2 * 20 + 1]; /* RFC 5280: 20 bytes at most */
	int64_t now, valid_until;
	size_t size; /* of the credentials in the response */
};

static enum exit_status
check_signatures(struct issue *issue, const json_t *jwts)
{
	const struct proof_rules rules = { issue->issuer.uri, issue->now, issue->issuer.batch_size };
	enum proof_result res;
	size_t bad;

	res = proofs_check(tool_context(), jwts, &rules, &issue->proofs, &bad);
	if (res == PROOF_OK)
		return EXIT_STATUS_OK;
	if (res == PROOF_MEMORY)
		return tool_no_memory();
	if (res == PROOF_COUNT)
		tool_error(_("The request is refused (%zu proofs)."), json_array_size(jwts));
	else
		tool_error(_("The request is refused because of proof %zu of %zu."), bad + 1, json_array_size(jwts));
	tool_why("%s", _(proof_sentence(res)));
	tool_why("%s", _("Nothing was issued; let the holder's program make a new request."));
	return EXIT_STATUS_NO;
}

static enum exit_status
refuse_attestation(enum proof_result res, const struct key_attestation_fault *fault)
{
	tool_error("%s", _("The request is refused because of its key attestation."));
	tool_why("%s", _(proof_sentence(res)));
	if (res == PROOF_EVIDENCE && fault->place.key != SIZE_MAX)
		tool_why(_("Key %zu: %s"), fault->place.key + 1, _(evidence_sentence(fault->evidence)));
	else if (res == PROOF_EVIDENCE)
		tool_why("%s", _(evidence_sentence(fault->evidence)));
	tool_why("%s", _("Nothing was issued; let the holder's program make a new request."));
	return EXIT_STATUS_NO;
}

static enum exit_status
check_attestation(struct issue *issue, const json_t *jwts)
{
	struct mdoc_buf ca = MDOC_BUF_EMPTY;
	struct key_attestation_fault fault;
	enum exit_status status;
	enum proof_result res;

	status = authority_certificate(&issue->issuer, &ca);
	if (status != EXIT_STATUS_OK)
		goto out;
	const struct evidence_rules rules = {
		.now = issue->now,
		.ca = mdoc_buf_bytes(&ca),
		.pin_limit = issue->issuer.pin_limit,
		.keys = issue->issuer.batch_size,
		.take_shared = issue->issuer.accept_shared_pin,
	};
	res = key_attestation_check(tool_context(), jwts, &rules, &issue->proofs, &issue->evidence, &fault);
	if (res == PROOF_MEMORY)
		status = tool_no_memory();
	else if (res != PROOF_OK)
		status = refuse_attestation(res, &fault);
	issuer_hex(mdoc_bytes_of(issue->evidence.ak_name, PART_NAME_LEN), issue->tpm_name);
	issuer_hex(mdoc_bytes_of(issue->evidence.serial, issue->evidence.serial_len), issue->tpm_certificate);
out:
	mdoc_buf_clear(&ca);
	return status;
}

/* One type of proof: signatures by the keys, or what a TPM says of them. */
static enum exit_status
check_proofs(struct issue *issue)
{
	const json_t *proofs, *jwts;

	proofs = json_need_object(issue->request, "proofs", issue->request_path);
	if (proofs == NULL)
		return EXIT_STATUS_INPUT;
	if (json_object_size(proofs) > 1) {
		tool_error(_("%s has more than one type of proof"), issue->request_path);
		return EXIT_STATUS_INPUT;
	}
	jwts = json_object_get(proofs, "attestation");
	if (json_is_array(jwts))
		return check_attestation(issue, jwts);
	jwts = json_need_array(proofs, "jwt", issue->request_path);
	if (jwts == NULL)
		return EXIT_STATUS_INPUT;
	if (!issue->require_attestation && !issue->issuer.require_attestation)
		return check_signatures(issue, jwts);
	tool_error("%s", _("The request is refused: it does not show that its keys are in a TPM."));
	tool_why("%s",
		_("This issuer wants evidence of an enrolled TPM: \"mdoc-token request --attest\", with a token that "
		  "was "
		  "made with --backend tpm."));
	return EXIT_STATUS_NO;
}

static enum exit_status
read_request(struct issue *issue)
{
	const char *id;
	enum exit_status status;

	status = json_read(issue->request_path, &issue->request);
	if (status != EXIT_STATUS_OK)
		return status;
	id = json_need_string(issue->request, "credential_configuration_id", issue->request_path);
	if (id == NULL)
		return EXIT_STATUS_INPUT;
	if (strcmp(id, issue->issuer.configuration_id) != 0) {
		tool_error(_("The request is for \"%s\", which this issuer does not issue."), id);
		return EXIT_STATUS_NO;
	}
	if (json_object_get(issue->request, "credential_response_encryption") != NULL) {
		tool_error("%s", _("The request wants an encrypted response, which this version does not make."));
		return EXIT_STATUS_NO;
	}
	return check_proofs(issue);
}

static enum exit_status
read_claims(struct issue *issue)
{
	struct claims_place place;
	enum claims_result res;
	enum exit_status status;
	char *copy;

	status = json_read(issue->claims_path, &issue->claims_json);
	if (status != EXIT_STATUS_OK)
		return status;
	copy = strdup(issue->claims_path);
	if (copy == NULL)
		return tool_no_memory();
	res = claims_build(issue->claims_json, dirname(copy), issue->issuer.doc_type, &issue->claims, &place);
	free(copy);
	if (res == CLAIMS_OK)
		return EXIT_STATUS_OK;
	if (res == CLAIMS_MEMORY)
		return tool_no_memory();
	if (place.ns != NULL && place.element != NULL)
		tool_error(_("%s: element %s of %s"), issue->claims_path, place.element, place.ns);
	else
		tool_error(_("%s: the claims cannot be used"), issue->claims_path);
	tool_why("%s", _(claims_sentence(res)));
	return res == CLAIMS_NOT_ALLOWED ? EXIT_STATUS_NO : EXIT_STATUS_INPUT;
}

static enum exit_status
read_serial(struct issue *issue)
{
	const unsigned char *at = issue->issuer.ds.ptr;
	enum exit_status status = EXIT_STATUS_INPUT;
	const ASN1_INTEGER *serial;
	X509 *certificate;

	certificate = d2i_X509(NULL, &at, (long)issue->issuer.ds.len);
	serial = certificate == NULL ? NULL : X509_get0_serialNumber(certificate);
	if (serial != NULL && ASN1_STRING_length(serial) <= 20) {
		issuer_hex(mdoc_bytes_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)),
			issue->serial);
		status = EXIT_STATUS_OK;
	} else {
		tool_error(_("%s/ds.pem is not the certificate of a document signer"), issue->dir);
	}
	X509_free(certificate);
	return status;
}

/* R-VAL-01: the law's month, which the certificates must cover. */
static enum exit_status
check_times(struct issue *issue)
{
	const struct mdoc_buf *certificates[] = { &issue->issuer.iaca, &issue->issuer.ds };
	int64_t not_before, not_after;
	char text[32];

	issue->valid_until = mdoc_law_valid_until(issue->now);
	for (size_t i = 0; i < 2; i++) {
		struct mdoc_cert *cert = NULL;

		if (mdoc_cert_parse(tool_context(), mdoc_buf_bytes(certificates[i]), &cert, NULL) != MDOC_OK) {
			tool_error(_("The issuer's certificates in %s cannot be read."), issue->dir);
			return EXIT_STATUS_INPUT;
		}
		not_before = mdoc_cert_not_before(cert);
		not_after = mdoc_cert_not_after(cert);
		mdoc_cert_free(cert);
		if (issue->now >= not_before && issue->valid_until <= not_after)
			continue;
		tool_error("%s", _("The issuer's certificates do not cover the validity of the record."));
		time_print_jst(issue->now, text);
		tool_why(_("It would begin at %s"), text);
		time_print_jst(issue->valid_until, text);
		tool_why(_("and end at %s;"), text);
		time_print_jst(not_after, text);
		tool_why(i == 0 ? _("the IACA certificate ends at %s.")
				: _("the document signer's certificate ends at %s."),
			text);
		return EXIT_STATUS_NO;
	}
	return read_serial(issue);
}

static struct register_batch
batch_of(const struct issue *issue)
{
	return (struct register_batch){
		.nonce = issue->proofs.nonce,
		.doc_type = issue->issuer.doc_type,
		.person = issue->person,
		.ds_serial = issue->serial,
		.issued = issue->now,
		.valid_until = issue->valid_until,
		.thumbprints = issue->thumbprints,
		.count = issue->proofs.count,
		.tpm = { issue->tpm_name, issue->evidence.count > 0 ? issue->tpm_certificate : NULL },
	};
}

static enum exit_status
ask_register(struct issue *issue,
	enum register_result (*call)(struct register_db *, const struct register_batch *, size_t *))
{
	const struct register_batch batch = batch_of(issue);
	enum register_result res;
	size_t key = 0;

	res = call(issue->issuer.db, &batch, &key);
	if (res == REGISTER_OK)
		return EXIT_STATUS_OK;
	if (res == REGISTER_KEY_SEEN)
		tool_error(_("The request is refused because of proof %zu of %zu."), key + 1, batch.count);
	return issuer_register_error(_("The request is refused; nothing was issued."), issue->issuer.db, res);
}

/* What was just signed must pass the checks of a holder: a faulty token gives nothing away. */
static enum mdoc_result
check_copy(const struct mdoc_buf *copy, const struct mdoc_public_key *ds, struct mdoc_error *error)
{
	struct mdoc_issuer_signed *parsed = NULL;
	enum mdoc_result res;

	res = mdoc_issuer_signed_parse(tool_context(), mdoc_buf_bytes(copy), &parsed, error);
	if (res != MDOC_OK)
		return res;
	res = mdoc_issuer_signed_check_digests(tool_context(), parsed, error);
	if (res == MDOC_OK) {
		res = mdoc_sign1_verify(tool_context(), mdoc_issuer_signed_auth(parsed), ds, MDOC_NO_BYTES);
		error->code = res;
	}
	mdoc_issuer_signed_free(parsed);
	return res;
}

static enum exit_status
sign_copy(struct issue *issue, const struct mdoc_template *what, size_t i, struct mdoc_p11_key *key,
	const struct mdoc_public_key *ds)
{
	struct mdoc_buf copy = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;
	json_t *row;

	if (mdoc_template_issue(what, &issue->proofs.keys[i].key, NULL, &copy, &error) != MDOC_OK ||
		check_copy(&copy, ds, &error) != MDOC_OK) {
		status = issuer_sign_error(_("A copy could not be signed; nothing was issued."), &error, key);
		goto out;
	}
	row = json_pack("{s:o}", "credential", json_base64url(mdoc_buf_bytes(&copy)));
	if (row == NULL || json_array_append_new(issue->credentials, row) != 0)
		status = tool_no_memory();
	else
		issue->size += json_string_length(json_object_get(row, "credential")) + CREDENTIAL_FRAME;
	if (issue->size > FILE_JSON_MAX) {
		tool_error(_("The response would be larger than %zu bytes; nothing was issued."), FILE_JSON_MAX);
		tool_why("%s", _("Holders' programs do not read more. Let the holder ask for fewer copies."));
		status = EXIT_STATUS_NO;
	}
out:
	mdoc_buf_clear(&copy);
	return status;
}

static enum exit_status
sign_copies(struct issue *issue)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(&issue->issuer.ds);
	struct mdoc_p11_key key = { .rv = CKR_OK };
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_template *copies = NULL;
	struct mdoc_public_key ds;
	struct mdoc_signer signer;
	enum exit_status status;

	status = issuer_find_key(&issue->token, issue->issuer.ds_key, chain, &key, &ds);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_signer(&key, ds.curve, &signer);
	struct mdoc_issue what = {
		.doc_type = mdoc_text(issue->issuer.doc_type),
		.claims = issue->claims.claims,
		.claim_count = issue->claims.count,
		.device_key = issue->proofs.keys[0].key,
		.digest_alg = MDOC_SHA256,
		.signed_ = issue->now,
		.valid_from = issue->now,
		.valid_until = issue->valid_until,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &signer,
	};
	if (mdoc_template_new(tool_context(), &what, &copies, &error) != MDOC_OK)
		status = tool_mdoc_error(_("A copy could not be signed; nothing was issued."), &error);
	for (size_t i = 0; i < issue->proofs.count && status == EXIT_STATUS_OK; i++) {
		status = sign_copy(issue, copies, i, &key, &ds);
		terminal_progress(_("signed"), i + 1, issue->proofs.count);
	}
	mdoc_template_free(copies);
	return status;
}

/* R-IKC-02: who may not use the issuer's key leaves a trace. */
static enum exit_status
open_token(struct issue *issue)
{
	const char *module = issue->common.module != NULL ? issue->common.module : issue->issuer.module;
	enum exit_status status;

	status = issuer_token_open(module, issue->issuer.token, &issue->pin, &issue->token);
	if (status == EXIT_STATUS_NO)
		(void)register_log(issue->issuer.db, issue->now, "login-failed", NULL);
	return status;
}

/* From here on the batch is issued: if the response cannot be written nobody has it, and the
 * holder's program starts again with a new offer and new keys. */
static enum exit_status
hand_out(struct issue *issue)
{
	enum exit_status status;
	json_t *response;

	response = json_pack("{s:O}", "credentials", issue->credentials);
	status = response == NULL ? tool_no_memory() : json_write(issue->out, 0600, response);
	json_decref(response);
	if (status != EXIT_STATUS_OK) {
		(void)register_log(issue->issuer.db, issue->now, "not-delivered", NULL);
		tool_why("%s", _("The batch is in the register but was not handed out; make a new offer."));
	}
	return status;
}

static enum exit_status
issue_run(struct issue *issue)
{
	enum exit_status status;

	status = issuer_open(issue->dir, &issue->issuer);
	if (status == EXIT_STATUS_OK)
		status = read_request(issue);
	if (status == EXIT_STATUS_OK)
		status = read_claims(issue);
	if (status == EXIT_STATUS_OK)
		status = check_times(issue);
	if (status != EXIT_STATUS_OK)
		return status;
	issue->credentials = json_array();
	issue->thumbprints = calloc(issue->proofs.count, sizeof(*issue->thumbprints));
	if (issue->credentials == NULL || issue->thumbprints == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < issue->proofs.count; i++)
		issue->thumbprints[i] = issue->proofs.keys[i].thumbprint;
	status = ask_register(issue, register_check);
	if (status == EXIT_STATUS_OK)
		status = open_token(issue);
	if (status == EXIT_STATUS_OK)
		status = sign_copies(issue);
	if (status == EXIT_STATUS_OK)
		status = ask_register(issue, register_issue);
	if (status == EXIT_STATUS_OK)
		status = hand_out(issue);
	return status;
}

/* On stderr when the response itself went to stdout. */
static enum exit_status
report(const struct issue *issue)
{
	enum exit_status status = EXIT_STATUS_OK;
	char until[32], utc[MDOC_TDATE_LEN + 1];
	json_t *json;

	if (issue->common.json && strcmp(issue->out, "-") != 0) {
		mdoc_tdate_print(issue->valid_until, utc);
		json = json_pack("{s:I, s:s, s:b, s:s}", "copies", (json_int_t)issue->proofs.count, "valid_until", utc,
			"attested", issue->evidence.count > 0, "out", issue->out);
		status = json == NULL ? tool_no_memory() : json_print(json);
		json_decref(json);
		return status;
	}
	time_print_jst(issue->valid_until, until);
	tool_note(ngettext("%zu copy issued, valid until %s", "%zu copies issued, valid until %s", issue->proofs.count),
		issue->proofs.count, until);
	return status;
}

int
cmd_issue(const struct command *command, int argc, char **argv)
{
	struct issue issue = {
		.issuer = { .iaca = MDOC_BUF_EMPTY, .ds = MDOC_BUF_EMPTY },
		.claims = { .values = MDOC_BUF_EMPTY },
	};
	const char *at = NULL;
	const struct option_row rows[] = {
		{ "dir", OPTION_TEXT, &issue.dir, N_("FOLDER"), N_("the issuer's folder"), true },
		{ "request", OPTION_TEXT, &issue.request_path, N_("FILE"), N_("the Credential Request"), true },
		{ "claims", OPTION_TEXT, &issue.claims_path, N_("FILE"),
			N_("what is attested: {namespace: {element: value}}"), true },
		{ "out", OPTION_TEXT, &issue.out, N_("FILE"), N_("where the Credential Response is written"), true },
		{ "person", OPTION_TEXT, &issue.person, N_("TEXT"), N_("your own reference for the person or card"),
			false },
		{ "require-attestation", OPTION_FLAG, &issue.require_attestation, NULL,
			N_("issue only to keys that a TPM is shown to hold"), false },
		{ "pin-file", OPTION_TEXT, &issue.pin.file, N_("FILE"), N_("read the token's PIN from a file"), false },
		{ "pin-fd", OPTION_TEXT, &issue.pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"),
			false },
		{ "at", OPTION_TEXT, &at, N_("TIME"), N_("issue as if it were this time (RFC 3339); for tests"),
			false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	status = options_parse(command, rows, &issue.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = clock_option(command, at, &issue.now);
	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = issue_run(&issue);
	if (status == EXIT_STATUS_OK)
		status = report(&issue);
	issuer_token_close(&issue.token);
	issuer_close(&issue.issuer);
	proofs_clear(&issue.proofs);
	evidence_clear(&issue.evidence);
	claims_clear(&issue.claims);
	json_decref(issue.request);
	json_decref(issue.claims_json);
	json_decref(issue.credentials);
	free(issue.thumbprints);
	return (int)status;
}
