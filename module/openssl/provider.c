/*
 * provider.c: what OpenSSL calls when it loads the provider: configuration, errors, operations. No
 * PKCS#11 module is touched here: the first URI loads it, and nothing calls it at the end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "module/openssl/provider.h"

#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "module/rv_name.h"

#define DEFAULT_MODULE P11_MODULE_DIR "/mdoc-pkcs11.so"

OSSL_provider_init_fn OSSL_provider_init;

const OSSL_ITEM provider_reasons[] = {
	{ REASON_URI, "wrong PKCS#11 URI" },
	{ REASON_MODULE, "the PKCS#11 module cannot be used" },
	{ REASON_NOT_FOUND, "nothing has this PKCS#11 URI" },
	{ REASON_AMBIGUOUS, "the PKCS#11 URI means more than one" },
	{ REASON_PIN_NEEDED, "a PIN is needed" },
	{ REASON_PIN_SOURCE, "the PIN cannot be read" },
	{ REASON_PIN_INCORRECT, "the PIN is wrong" },
	{ REASON_PIN_LOCKED, "the PIN is locked" },
	{ REASON_PIN_NOT_SET, "no PIN has been set" },
	{ REASON_KEY, "the key cannot be used" },
	{ REASON_EXISTS, "there is such a key already" },
	{ REASON_NOT_PERMITTED, "the key is not allowed to do this" },
	{ REASON_UNSUPPORTED, "not supported" },
	{ REASON_TOKEN, "the token failed" },
	{ 0, NULL },
};

bool
provider_error(const struct provider *provider, const char *file, int line, const char *function, enum reason reason,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	provider->new_error(provider->core);
	provider->set_error_debug(provider->core, file, line, function);
	provider->vset_error(provider->core, reason, format, args);
	va_end(args);
	return false;
}

enum reason
reason_of(CK_RV rv)
{
	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_INVALID:
		return REASON_PIN_INCORRECT;
	case CKR_PIN_LOCKED:
		return REASON_PIN_LOCKED;
	case CKR_USER_PIN_NOT_INITIALIZED:
		return REASON_PIN_NOT_SET;
	case CKR_KEY_FUNCTION_NOT_PERMITTED:
		return REASON_NOT_PERMITTED;
	case CKR_MECHANISM_INVALID:
	case CKR_CURVE_NOT_SUPPORTED:
		return REASON_UNSUPPORTED;
	default:
		return REASON_TOKEN;
	}
}

const char *
name_of(CK_RV rv)
{
	return rv_name(rv) != NULL ? rv_name(rv) : "CKR_?";
}

static void
teardown(void *provctx)
{
	struct provider *provider = provctx;

	OSSL_LIB_CTX_free(provider->libctx);
	OPENSSL_free(provider->module);
	OPENSSL_free(provider->pin_file);
	OPENSSL_clear_free(provider->pin, provider->pin != NULL ? strlen(provider->pin) : 0);
	OPENSSL_free(provider);
}

PARAM_LIST(gettable, (UNUSED void *provctx), OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
	OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0), OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL))

static int
get_params(UNUSED void *provctx, OSSL_PARAM params[])
{
	OSSL_PARAM *name = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_NAME);
	OSSL_PARAM *version = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_VERSION);
	OSSL_PARAM *status = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);

	return (name == NULL || OSSL_PARAM_set_utf8_ptr(name, PACKAGE_NAME " provider")) &&
		(version == NULL || OSSL_PARAM_set_utf8_ptr(version, PACKAGE_VERSION)) &&
		(status == NULL || OSSL_PARAM_set_int(status, 1));
}

static const OSSL_ITEM *
reason_strings(UNUSED void *provctx)
{
	return provider_reasons;
}

static const OSSL_ALGORITHM *
query(UNUSED void *provctx, int operation, int *no_cache)
{
	*no_cache = 0;
	return operation == OSSL_OP_STORE        ? provider_stores
		: operation == OSSL_OP_KEYMGMT   ? provider_keymgmts
		: operation == OSSL_OP_SIGNATURE ? provider_signatures
		: operation == OSSL_OP_KEYEXCH   ? provider_exchanges
		: operation == OSSL_OP_ENCODER   ? provider_encoders
		: operation == OSSL_OP_DECODER   ? provider_decoders
						 : NULL;
}

static const OSSL_DISPATCH functions[] = {
	ENTRY(OSSL_FUNC_PROVIDER_TEARDOWN, teardown),
	ENTRY(OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, gettable),
	ENTRY(OSSL_FUNC_PROVIDER_GET_PARAMS, get_params),
	ENTRY(OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, reason_strings),
	ENTRY(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
	{ 0, NULL },
};

static void
take_upcalls(struct provider *provider, const OSSL_DISPATCH *in)
{
	for (; in->function_id != 0; in++)
		if (in->function_id == OSSL_FUNC_CORE_GET_PARAMS)
			provider->get_params = OSSL_FUNC_core_get_params(in);
		else if (in->function_id == OSSL_FUNC_CORE_NEW_ERROR)
			provider->new_error = OSSL_FUNC_core_new_error(in);
		else if (in->function_id == OSSL_FUNC_CORE_SET_ERROR_DEBUG)
			provider->set_error_debug = OSSL_FUNC_core_set_error_debug(in);
		else if (in->function_id == OSSL_FUNC_CORE_VSET_ERROR)
			provider->vset_error = OSSL_FUNC_core_vset_error(in);
}

/* The environment goes before the configuration, but not in a program with the rights of others. */
static bool
setting(const char *variable, const char *configured, const char *otherwise, char **value)
{
	const char *given = secure_getenv(variable);

	if (given == NULL || *given == '\0')
		given = configured != NULL ? configured : otherwise;
	*value = given != NULL ? OPENSSL_strdup(given) : NULL;
	return given == NULL || *value != NULL;
}

static bool
configure(struct provider *provider)
{
	char *module = NULL;
	char *pin_file = NULL;
	char *pin = NULL;
	OSSL_PARAM keys[] = {
		OSSL_PARAM_utf8_ptr("pkcs11-module", &module, 0),
		OSSL_PARAM_utf8_ptr("pin-file", &pin_file, 0),
		OSSL_PARAM_utf8_ptr("pin", &pin, 0),
		OSSL_PARAM_END,
	};

	return provider->get_params(provider->core, keys) &&
		setting("MDOC_PKCS11_MODULE", module, DEFAULT_MODULE, &provider->module) &&
		setting("MDOC_PKCS11_PIN_FILE", pin_file, NULL, &provider->pin_file) &&
		setting("MDOC_PKCS11_PIN", pin, NULL, &provider->pin);
}

int
OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx)
{
	struct provider *provider = OPENSSL_zalloc(sizeof(*provider));

	if (provider == NULL)
		return 0;
	provider->core = handle;
	take_upcalls(provider, in);
	provider->libctx = OSSL_LIB_CTX_new_from_dispatch(handle, in);
	if (provider->libctx == NULL || provider->get_params == NULL || provider->new_error == NULL ||
		provider->set_error_debug == NULL || provider->vset_error == NULL || !configure(provider)) {
		teardown(provider);
		return 0;
	}
	*provctx = provider;
	*out = functions;
	return 1;
}
