/* key_make.c: make the issuer's keys and their certificates. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/rand.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/issuer/issuer.h"

#define IACA_DAYS 3652 /* ten years */
#define DAY 86400

#define IN_ISSUER(key, certificate) offsetof(struct issuer, key), offsetof(struct issuer, certificate)

const struct issuer_role_row issuer_roles[ISSUER_ROLE_COUNT] = {
	[ISSUER_IACA] = { "iaca", "IACA", "IACA", "iaca_key", "iaca.pem", MDOC_CERT_IACA, IN_ISSUER(iaca_key, iaca) },
	[ISSUER_DS] = { "ds", "Document signer", "DS", "ds_key", "ds.pem", MDOC_CERT_DS, IN_ISSUER(ds_key, ds) },
	[ISSUER_STATUS] = { "status", "Status lists", "Status", "status_key", "status.pem", MDOC_CERT_STATUS,
		IN_ISSUER(status_key, status) },
	[ISSUER_MESSAGES] = { "messages", "Messages", "Messages", "messages_key", "messages.pem", MDOC_CERT_MESSAGES,
		IN_ISSUER(messages_key, messages) },
};

struct mdoc_bytes
issuer_key_id(const struct issuer *issuer, enum issuer_role role)
{
	return *(const struct mdoc_bytes *)((const char *)issuer + issuer_roles[role].key_offset);
}

struct mdoc_bytes
issuer_key_certificate(const struct issuer *issuer, enum issuer_role role)
{
	return mdoc_buf_bytes((const struct mdoc_buf *)((const char *)issuer + issuer_roles[role].certificate_offset));
}

bool
issuer_certificate_serial(struct mdoc_bytes der, char serial[ISSUER_SERIAL_TEXT])
{
	struct mdoc_bytes bytes = MDOC_NO_BYTES;
	struct mdoc_cert *cert = NULL;

	if (mdoc_cert_parse(tool_context(), der, &cert, NULL) == MDOC_OK)
		bytes = mdoc_cert_serial(cert);
	if (bytes.len > 1 && bytes.ptr[0] == 0)
		bytes = mdoc_bytes_of(bytes.ptr + 1, bytes.len - 1);
	if (2 * bytes.len >= ISSUER_SERIAL_TEXT)
		bytes = MDOC_NO_BYTES;
	issuer_hex(bytes, serial);
	mdoc_cert_free(cert);
	return serial[0] != '\0';
}

enum exit_status
issuer_role_key(const struct issuer *issuer, struct issuer_token *token, enum issuer_role role,
	struct mdoc_p11_key *key, struct mdoc_public_key *public_key)
{
	if (issuer_key_id(issuer, role).ptr == NULL) {
		tool_error(_("This issuer has no key for \"%s\" yet."), issuer_roles[role].name);
		tool_why("%s",
			_("It was made by an older version; make what is missing with \"mdoc-issuer keys add\"."));
		return EXIT_STATUS_NO;
	}
	return issuer_find_key(token, issuer_key_id(issuer, role), issuer_key_certificate(issuer, role), key,
		public_key);
}

enum mdoc_curve
issuer_role_curve(enum issuer_role role, enum mdoc_curve curve)
{
	return role == ISSUER_MESSAGES ? MDOC_CURVE_P256 : curve;
}

enum exit_status
issuer_make_key(struct issuer_token *token, enum issuer_role role, enum mdoc_curve curve, bool fixed,
	uint8_t id[ISSUER_KEY_ID_LEN])
{
	const struct mdoc_bytes bytes = mdoc_bytes_of(id, ISSUER_KEY_ID_LEN);
	CK_OBJECT_HANDLE public_key, private_key;
	CK_RV rv;

	if (RAND_bytes_ex(mdoc_context_libctx(tool_context()), id, ISSUER_KEY_ID_LEN, 0) != 1) {
		tool_error("%s", _("No random bytes could be got."));
		return EXIT_STATUS_TROUBLE;
	}
	curve = issuer_role_curve(role, curve);
	if (fixed)
		rv = p11_generate(&token->token, curve, false, bytes, issuer_roles[role].label, &public_key,
			&private_key);
	else
		rv = p11_generate_kept(&token->token, curve, bytes, issuer_roles[role].label, &public_key,
			&private_key);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("The token did not make the issuer's keys."), rv);
}

static enum exit_status
store(struct issuer_token *token, enum issuer_role role, struct mdoc_bytes id, const struct mdoc_buf *der)
{
	const CK_RV rv = p11_store_certificate(&token->token, mdoc_buf_bytes(der), issuer_roles[role].label, id, false);

	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("The token did not take the certificates."), rv);
}

/* No certificate outlives its root. */
static int64_t
last_moment(const struct issuer_names *names, bool root, struct mdoc_bytes iaca)
{
	int64_t until = names->now + (root ? (int64_t)IACA_DAYS : names->days) * DAY - 1;
	struct mdoc_cert *cert = NULL;

	if (!root && mdoc_cert_parse(tool_context(), iaca, &cert, NULL) == MDOC_OK && mdoc_cert_not_after(cert) < until)
		until = mdoc_cert_not_after(cert);
	mdoc_cert_free(cert);
	return until;
}

enum exit_status
issuer_make_certificate(struct issuer_token *token, enum issuer_role role, const struct issuer_names *names,
	struct mdoc_bytes id, struct mdoc_bytes iaca_id, struct mdoc_bytes iaca, struct mdoc_buf *der)
{
	const bool root = role == ISSUER_IACA;
	struct mdoc_p11_key key = { .rv = CKR_OK }, iaca_key = { .rv = CKR_OK };
	struct mdoc_cert_spec spec = { .profile = issuer_roles[role].profile };
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_public_key iaca_public;
	char name[128], crl[512];
	struct mdoc_signer signer;
	enum exit_status status;

	status = issuer_find_key(token, id, MDOC_NO_BYTES, &key, &spec.key);
	if (status == EXIT_STATUS_OK)
		status = issuer_find_key(token, iaca_id, MDOC_NO_BYTES, &iaca_key, &iaca_public);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_signer(&iaca_key, iaca_public.curve, &signer);
	snprintf(name, sizeof(name), "%s %s", names->name, issuer_roles[role].common_name);
	snprintf(crl, sizeof(crl), "%s/iaca.crl", names->uri);
	spec.country = mdoc_text(names->country);
	spec.common_name = mdoc_text(name);
	spec.issuer_cert = root ? MDOC_NO_BYTES : iaca;
	spec.not_before = names->now;
	spec.not_after = last_moment(names, root, iaca);
	spec.issuer_alt_uri = names->uri;
	spec.crl_uri = names->crl_uri != NULL ? names->crl_uri : crl;
	spec.signer = &signer;
	if (mdoc_cert_build(tool_context(), &spec, der, &error) != MDOC_OK)
		return issuer_sign_error(_("The certificate could not be made."), &error, &iaca_key);
	return store(token, role, id, der);
}
