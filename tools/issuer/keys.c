/* keys.c: the issuer's keys in a PKCS#11 token (R-IKC-01, R-IKC-02). SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/japan.h>
#include <mdoc/x509.h>
#include "tools/common/message.h"
#include "tools/issuer/issuer.h"

enum exit_status
issuer_token_open(const char *module, const char *label, const struct pin_source *source, struct issuer_token *token)
{
	struct pin pin = { .set = false };
	enum exit_status status;

	memset(token, 0, sizeof(*token));
	status = p11_open(module, &token->p11);
	if (status == EXIT_STATUS_OK)
		status = p11_token_open(&token->p11, label, true, &token->token);
	if (status == EXIT_STATUS_OK)
		status = pin_get(source, _("PIN of the issuer's token"), false, &pin);
	if (status == EXIT_STATUS_OK)
		status = p11_login(&token->token, CKU_USER, &pin);
	pin_clear(&pin);
	return status;
}

void
issuer_token_close(struct issuer_token *token)
{
	if (token->token.p11 != NULL)
		p11_token_close(&token->token);
	p11_close(&token->p11);
}

enum exit_status
issuer_token_again(struct issuer_token *open, struct issuer_token *another)
{
	const struct p11_token *token = &open->token;
	CK_RV rv;

	memset(another, 0, sizeof(*another));
	another->token = *token;
	another->token.logged_in = false; /* whoever logged in logs out */
	another->token.session = CK_INVALID_HANDLE;
	rv = token->p11->list->C_OpenSession(token->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
		&another->token.session);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("cannot open a session with the token"), rv);
}

static enum exit_status
below_floor(CK_RV rv)
{
	tool_error("%s", _("The issuer's key cannot be used."));
	tool_why("%s",
		_("It should be a key that signs, on a NIST or brainpool curve or Ed448: the law wants a "
		  "group of "
		  "256 bits or more."));
	if (rv != CKR_OK)
		tool_why("%s (%s)", message_rv(rv), message_rv_name(rv));
	return EXIT_STATUS_NO;
}

enum exit_status
issuer_find_key(struct issuer_token *token, struct mdoc_bytes id, struct mdoc_bytes der, struct mdoc_p11_key *key,
	struct mdoc_public_key *public_key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE template_[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, (void *)(uintptr_t)id.ptr, (CK_ULONG)id.len },
	};
	struct mdoc_public_key certified;
	struct mdoc_cert *cert = NULL;
	bool same;
	CK_OBJECT_HANDLE *handles = NULL, handle;
	size_t count = 0;
	CK_RV rv;

	rv = p11_find(&token->token, template_, 2, &handles, &count);
	if (rv != CKR_OK)
		return tool_rv_error(_("The issuer's key cannot be looked for."), rv);
	handle = count == 1 ? handles[0] : CK_INVALID_HANDLE;
	free(handles);
	if (count != 1) {
		tool_error(_("The token has %zu keys with the id of the issuer's key, not one."), count);
		tool_why("%s", _("Check that --dir and the token belong together."));
		return EXIT_STATUS_TROUBLE;
	}
	p11_key(&token->token, handle, key);
	rv = p11_public_key(&token->token, handle, public_key);
	if (rv != CKR_OK || mdoc_curve_alg(public_key->curve) == MDOC_ALG_NONE ||
		!mdoc_profile_takes_curve(mdoc_profile_find(mdoc_text(MDOC_JP_DOCTYPE)), public_key->curve))
		return below_floor(rv);
	if (der.ptr == NULL)
		return EXIT_STATUS_OK;
	same = mdoc_cert_parse(tool_context(), der, &cert, NULL) == MDOC_OK &&
		mdoc_cert_public_key(cert, &certified) == MDOC_OK && mdoc_key_equal(&certified, public_key);
	mdoc_cert_free(cert);
	if (!same) {
		tool_error("%s", _("The key in the token is not the one of the issuer's certificate."));
		tool_why("%s", _("Check that --dir and the token belong together."));
		return EXIT_STATUS_TROUBLE;
	}
	return EXIT_STATUS_OK;
}

void
issuer_destroy(struct issuer_token *token, struct mdoc_bytes id)
{
	const CK_ATTRIBUTE template_[] = { { CKA_ID, (void *)(uintptr_t)id.ptr, (CK_ULONG)id.len } };
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;

	if (p11_find(&token->token, template_, 1, &handles, &count) != CKR_OK)
		return;
	for (size_t i = 0; i < count; i++)
		(void)token->p11.list->C_DestroyObject(token->token.session, handles[i]);
	free(handles);
}

enum exit_status
issuer_sign_error(const char *what, const struct mdoc_error *error, const struct mdoc_p11_key *key)
{
	if (error->code == MDOC_ERR_CALLBACK && key->rv != CKR_OK)
		return tool_rv_error(what, key->rv);
	return tool_mdoc_error(what, error);
}
