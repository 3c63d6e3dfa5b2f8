/*
 * authority.c: the issuer's attestation CA: a key in the issuer's token and D/attestation-ca.pem, made when the first
 * TPM is enrolled.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <mdoc/x509.h>
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/authority.h"

#define FILE_NAME "attestation-ca.pem"
#define LABEL "Attestation CA"
#define LIFE ((int64_t)3652 * 86400) /* ten years, as the IACA */

enum exit_status
authority_certificate(const struct issuer *issuer, struct mdoc_buf *der)
{
	char *path;
	enum exit_status status;

	if (issuer->attestation_key.ptr == NULL) {
		tool_error("%s", _("This issuer has not enrolled any TPM."));
		tool_why("%s", _("Let the holder enrol the TPM: \"mdoc-token attest --enrol\"."));
		return EXIT_STATUS_NO;
	}
	path = issuer_path(issuer->dir, FILE_NAME);
	status = path == NULL ? EXIT_STATUS_TROUBLE : file_read_certificate(path, der);
	free(path);
	return status;
}

/* A key pair in the token under a new id. */
static enum exit_status
make_key(struct issuer_token *token, uint8_t id[ISSUER_KEY_ID_LEN])
{
	CK_OBJECT_HANDLE public_key, private_key;
	CK_RV rv;

	if (RAND_bytes_ex(mdoc_context_libctx(tool_context()), id, ISSUER_KEY_ID_LEN, 0) != 1) {
		tool_error("%s", _("No random bytes could be got."));
		return EXIT_STATUS_TROUBLE;
	}
	rv = p11_generate(&token->token, MDOC_CURVE_P256, false, mdoc_bytes_of(id, ISSUER_KEY_ID_LEN), LABEL,
		&public_key, &private_key);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("The token did not make the issuer's keys."), rv);
}

static enum exit_status
make_certificate(const struct issuer *issuer, struct issuer_token *token, struct mdoc_bytes id, int64_t now,
	struct mdoc_buf *der)
{
	struct mdoc_cert_spec spec = { .profile = MDOC_CERT_LIST_CA };
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_p11_key key = { .rv = CKR_OK };
	struct mdoc_signer signer;
	enum exit_status status;
	CK_RV rv;

	status = issuer_find_key(token, id, MDOC_NO_BYTES, &key, &spec.key);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_signer(&key, MDOC_CURVE_P256, &signer);
	spec.country = mdoc_text(issuer->country);
	spec.common_name = mdoc_text(LABEL);
	spec.not_before = now;
	spec.not_after = now + LIFE;
	spec.signer = &signer;
	if (mdoc_cert_build(tool_context(), &spec, der, &error) != MDOC_OK)
		return issuer_sign_error(_("The certificate could not be made."), &error, &key);
	rv = p11_store_certificate(&token->token, mdoc_buf_bytes(der), LABEL, id, false);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("The token did not take the certificates."), rv);
}

/* Last of all: with this member the issuer has an attestation CA. */
static enum exit_status
write_config(const struct issuer *issuer, struct mdoc_bytes id)
{
	char *path = issuer_path(issuer->dir, "issuer.json"), text[2 * ISSUER_KEY_ID_LEN + 1];
	enum exit_status status;

	if (path == NULL)
		return EXIT_STATUS_TROUBLE;
	issuer_hex(id, text);
	if (json_object_set_new(issuer->config, "attestation_key", json_string(text)) != 0)
		status = tool_no_memory();
	else
		status = json_write(path, 0600, issuer->config);
	free(path);
	return status;
}

static enum exit_status
make_authority(struct issuer *issuer, struct issuer_token *token, int64_t now)
{
	const struct mdoc_bytes id = mdoc_bytes_of(issuer->attestation_id, ISSUER_KEY_ID_LEN);
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status;

	status = make_key(token, issuer->attestation_id);
	if (status == EXIT_STATUS_OK)
		status = make_certificate(issuer, token, id, now, &der);
	if (status == EXIT_STATUS_OK)
		status = issuer_write_pem(issuer->dir, FILE_NAME, mdoc_buf_bytes(&der));
	if (status == EXIT_STATUS_OK)
		status = write_config(issuer, id);
	if (status == EXIT_STATUS_OK)
		issuer->attestation_key = id;
	else
		issuer_destroy(token, id);
	mdoc_buf_clear(&der);
	return status;
}

/* Of two processes that enrol a first TPM at once, one makes the CA and the other finds it. */
static enum exit_status
make_once(struct issuer *issuer, struct issuer_token *token, int64_t now)
{
	const int lock = issuer_lock(issuer->dir);
	enum exit_status status;

	if (lock < 0)
		return EXIT_STATUS_TROUBLE;
	status = issuer_read_config(issuer);
	if (status == EXIT_STATUS_OK && issuer->attestation_key.ptr == NULL)
		status = make_authority(issuer, token, now);
	close(lock);
	return status;
}

enum exit_status
authority_open(struct issuer *issuer, struct issuer_token *token, int64_t now, struct authority *authority)
{
	enum exit_status status = EXIT_STATUS_OK;

	*authority = (struct authority){ .certificate = MDOC_BUF_EMPTY, .key = { .rv = CKR_OK } };
	if (issuer->attestation_key.ptr == NULL)
		status = make_once(issuer, token, now);
	if (status == EXIT_STATUS_OK)
		status = authority_certificate(issuer, &authority->certificate);
	if (status == EXIT_STATUS_OK)
		status = issuer_find_key(token, issuer->attestation_key, mdoc_buf_bytes(&authority->certificate),
			&authority->key, &authority->public_key);
	return status;
}

void
authority_close(struct authority *authority)
{
	mdoc_buf_clear(&authority->certificate);
}
