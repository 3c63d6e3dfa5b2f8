/* batch_check.c: the checks on arrived records that need a token: trust and keys.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/batch.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <mdoc/base64url.h>
#include <stdio.h>
#include <stdlib.h>

#define CLOCK_SKEW 60 /* seconds by which the issuer's clock may differ from ours */

json_t *
batch_trusted(const struct p11_token *token)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	const CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_OBJECT_HANDLE *handles = NULL;
	json_t *trusted = json_array();
	size_t count = 0;
	CK_RV rv = p11_find(token, wanted, 1, &handles, &count);

	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		struct mdoc_buf der = MDOC_BUF_EMPTY;

		if (p11_attribute_bool(token, handles[i], CKA_TRUSTED) &&
			p11_attribute(token, handles[i], CKA_VALUE, &der) == CKR_OK)
			(void)json_array_append_new(trusted, json_base64url(mdoc_buf_bytes(&der)));
		mdoc_buf_clear(&der);
	}
	free(handles);
	if (rv == CKR_OK)
		return trusted;
	tool_rv_error(_("cannot read the certificates of the token"), rv);
	json_decref(trusted);
	return NULL;
}

struct mdoc_trust *
batch_trust(const json_t *trusted)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	const json_t *one;
	size_t i, usable = 0;

	if (trust == NULL) {
		tool_no_memory();
		return NULL;
	}
	json_array_foreach(trusted, i, one)
	{
		struct mdoc_buf der = MDOC_BUF_EMPTY;

		if (json_is_string(one) &&
			mdoc_base64url_decode(mdoc_bytes_of(json_string_value(one), json_string_length(one)), &der) ==
				MDOC_OK &&
			mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&der), MDOC_CERT_IACA, 0, NULL) == MDOC_OK)
			usable++;
		mdoc_buf_clear(&der);
	}
	if (usable > 0)
		return trust;
	mdoc_trust_free(trust);
	return NULL;
}

struct mdoc_trust *
batch_load_trust(const struct p11_token *token)
{
	json_t *trusted = batch_trusted(token);
	struct mdoc_trust *trust = trusted != NULL ? batch_trust(trusted) : NULL;

	if (trusted != NULL && trust == NULL) {
		tool_error(_("the token \"%s\" trusts no issuing authority"), token->label);
		tool_why(_("The security officer says which when the token is made: mdoc-token init --iaca CERT"));
	}
	json_decref(trusted);
	return trust;
}

/* Signature, profile, chain, validity, digests: libmdoc's own list. */
static enum exit_status
check_issuer(const struct mdoc_issuer_signed *record, const struct mdoc_trust *trust, int64_t now, const char *name)
{
	const struct mdoc_verify_options options = { .trust = trust, .now = now, .clock_skew = CLOCK_SKEW };
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_check_row row;
	struct mdoc_error error = { .code = MDOC_OK, .offset = SIZE_MAX };
	enum mdoc_result res;

	res = mdoc_verify_record(NULL, record, &options, &verdict);
	error.code = res;
	for (size_t i = 0; verdict != NULL && mdoc_verdict_row(verdict, i, &row); i++) {
		if (row.outcome == MDOC_FAILED) {
			error = row.error;
			break;
		}
	}
	mdoc_verdict_free(verdict);
	return res == MDOC_OK ? EXIT_STATUS_OK : tool_mdoc_error(name, &error);
}

static enum exit_status
check_record(const struct copies *copies, const struct mdoc_issuer_signed *record, const struct mdoc_trust *trust,
	int64_t now, const char *name)
{
	struct mdoc_error error;
	enum exit_status status = check_issuer(record, trust, now, name);

	if (status != EXIT_STATUS_OK)
		return status;
	if (batch_check_law(record, &error) != MDOC_OK) {
		tool_mdoc_error(name, &error);
		return EXIT_STATUS_NO;
	}
	if (copies_find(copies, mdoc_mso_device_key(mdoc_issuer_signed_mso(record))) == NULL) {
		tool_error(_("%s: its key is not a key of this token"), name);
		tool_why(_("Was it requested with another token, or has its copy been used or erased?"));
		return EXIT_STATUS_NO;
	}
	return EXIT_STATUS_OK;
}

enum exit_status
batch_check(const struct p11_token *token, const struct copies *copies, const struct batch *batch, int64_t now)
{
	struct mdoc_trust *trust = batch_load_trust(token);
	enum exit_status status = trust == NULL ? EXIT_STATUS_NO : EXIT_STATUS_OK;
	struct mdoc_error error;

	for (size_t i = 0; status == EXIT_STATUS_OK && i < batch->count; i++) {
		char name[80];

		snprintf(name, sizeof(name), _("record %zu"), i + 1);
		status = check_record(copies, batch->records[i], trust, now, name);
	}
	if (status == EXIT_STATUS_OK && batch_check_unlinkable(batch->records, batch->count, &error) != MDOC_OK) {
		tool_mdoc_error(_("the copies could be recognised as belonging together"), &error);
		status = error.code == MDOC_ERR_MEMORY ? EXIT_STATUS_TROUBLE : EXIT_STATUS_NO;
	}
	mdoc_trust_free(trust);
	return status;
}
