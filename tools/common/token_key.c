/* token_key.c: a private key in a token, by its URI. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/token_key.h"
#include "tools/common/message.h"
#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>

bool
token_key_is_uri(const char *text)
{
	return strncmp(text, P11_KIT_URI_SCHEME ":", P11_KIT_URI_SCHEME_LEN + 1) == 0;
}

static enum exit_status
parse(const char *text, P11KitUri **uri)
{
	*uri = p11_kit_uri_new();
	if (*uri == NULL)
		return tool_no_memory();
	if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_OBJECT_ON_TOKEN_AND_MODULE, *uri) != P11_KIT_URI_OK ||
		p11_kit_uri_any_unrecognized(*uri) != 0) {
		tool_error(_("%s is not the PKCS#11 URI of a key"), text);
		tool_why("%s", _("It should be like pkcs11:token=LABEL;object=LABEL or pkcs11:token=LABEL;id=%01."));
		return EXIT_STATUS_INPUT;
	}
	if (p11_kit_uri_get_pin_value(*uri) != NULL) {
		tool_error("%s", _("a PIN does not belong in an argument, where others see it"));
		tool_why("%s", _("Give it with --pin-file or --pin-fd, or on the terminal."));
		return EXIT_STATUS_INPUT;
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
open_token(P11KitUri *uri, const char *module, const struct pin_source *source, struct token_key *key)
{
	char label[33];
	struct pin pin = { .set = false };
	enum exit_status status;

	p11_label(p11_kit_uri_get_token_info(uri)->label, label);
	status = p11_open(module != NULL ? module : p11_kit_uri_get_module_path(uri), &key->p11);
	if (status == EXIT_STATUS_OK)
		status = p11_token_open(&key->p11, label[0] != '\0' ? label : NULL, false, &key->token);
	if (status != EXIT_STATUS_OK || (key->token.info.flags & CKF_LOGIN_REQUIRED) == 0)
		return status;
	status = pin_get(source, _("PIN of the key's token"), false, &pin);
	if (status == EXIT_STATUS_OK)
		status = p11_login(&key->token, CKU_USER, &pin);
	pin_clear(&pin);
	return status;
}

static enum exit_status
find_key(P11KitUri *uri, const char *text, struct token_key *key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[3] = { { CKA_CLASS, &class, sizeof(class) } };
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri, CKA_ID);
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_ULONG n = 1;
	CK_RV rv;

	if (id != NULL)
		wanted[n++] = *id;
	if (label != NULL)
		wanted[n++] = *label;
	rv = p11_find(&key->token, wanted, n, &handles, &count);
	if (rv == CKR_OK && count == 1)
		p11_key(&key->token, handles[0], &key->key);
	free(handles);
	if (rv != CKR_OK)
		return tool_rv_error(_("the key cannot be looked for"), rv);
	if (count != 1) {
		tool_error(_("%s names %zu private keys, not one"), text, count);
		return EXIT_STATUS_INPUT;
	}
	rv = p11_public_key(&key->token, key->key.private_key, &key->public_key);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("the public half of the key cannot be read"), rv);
}

enum exit_status
token_key_open(const char *text, const char *module, const struct pin_source *pin, struct token_key *key)
{
	P11KitUri *uri = NULL;
	enum exit_status status;

	memset(key, 0, sizeof(*key));
	status = parse(text, &uri);
	if (status == EXIT_STATUS_OK)
		status = open_token(uri, module, pin, key);
	if (status == EXIT_STATUS_OK)
		status = find_key(uri, text, key);
	p11_kit_uri_free(uri);
	return status;
}

void
token_key_close(struct token_key *key)
{
	p11_token_close(&key->token);
	p11_close(&key->p11);
	memset(key, 0, sizeof(*key));
}
