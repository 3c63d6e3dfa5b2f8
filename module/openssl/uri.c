/*
 * uri.c: RFC 7512 by libp11-kit. SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/slot.h"

#include <openssl/crypto.h>
#include <string.h>

P11KitUri *
uri_parse(const struct provider *provider, const char *text)
{
	P11KitUri *uri = p11_kit_uri_new();
	const int res = uri != NULL ? p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) : P11_KIT_URI_UNEXPECTED;
	const char *why = NULL;

	if (res != P11_KIT_URI_OK)
		why = p11_kit_uri_message(res);
	else if (p11_kit_uri_any_unrecognized(uri))
		why = "it has an attribute or a type that is not known here";
	else if (p11_kit_uri_get_module_name(uri) != NULL)
		why = "there is no module-name here; give module-path, or pkcs11-module in the configuration";
	if (why == NULL)
		return uri;
	fail(provider, REASON_URI, "%.*s: %s", (int)strcspn(text, "?"), text, why);
	uri_free(uri);
	return NULL;
}

void
uri_free(P11KitUri *uri)
{
	const char *pin = uri != NULL ? p11_kit_uri_get_pin_value(uri) : NULL;

	if (pin != NULL)
		OPENSSL_cleanse((char *)pin, strlen(pin));
	p11_kit_uri_free(uri);
}
