/*
 * provider.h: the OpenSSL 3 provider: what its parts share. module/man/mdoc-pkcs11-provider.7 is the
 * contract with its users.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENSSL_PROVIDER_H
#define OPENSSL_PROVIDER_H

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

#define PROVIDER_NAME "mdoc-pkcs11-provider"
#define PROPERTIES "provider=" PROVIDER_NAME

struct provider {
	const OSSL_CORE_HANDLE *core;
	OSSL_FUNC_core_get_params_fn *get_params;
	OSSL_FUNC_core_new_error_fn *new_error;
	OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
	OSSL_FUNC_core_vset_error_fn *vset_error;
	OSSL_LIB_CTX *libctx; /* of its own: digests, and the public halves of keys */
	char *module;         /* path or name of the PKCS#11 module */
	char *pin_file;       /* NULL: none */
	char *pin;            /* NULL: none; wiped at the end */
};

enum reason {
	REASON_URI = 1,
	REASON_MODULE,
	REASON_NOT_FOUND,
	REASON_AMBIGUOUS,
	REASON_PIN_NEEDED,
	REASON_PIN_SOURCE,
	REASON_PIN_INCORRECT,
	REASON_PIN_LOCKED,
	REASON_PIN_NOT_SET,
	REASON_KEY,
	REASON_NOT_PERMITTED,
	REASON_UNSUPPORTED,
	REASON_TOKEN,
};
extern const OSSL_ITEM provider_reasons[];

/* Put an error on OpenSSL's stack: a reason, and the text. Always false. */
#define fail(provider, reason, ...) \
	provider_error(provider, OPENSSL_FILE, OPENSSL_LINE, OPENSSL_FUNC, reason, __VA_ARGS__)
bool provider_error(const struct provider *provider, const char *file, int line, const char *function,
	enum reason reason, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The same for what a PKCS#11 call answered: the reason is the CK_RV's, the text names it, the call and
 * what it was about ("": nothing). */
#define fail_rv(provider, call, rv, about) \
	fail(provider, reason_of(rv), "%s: %s (0x%lX) %s", call, name_of(rv), (unsigned long)(rv), about)
enum reason reason_of(CK_RV rv);
const char *name_of(CK_RV rv);

/* The operations, one file each. */
extern const OSSL_ALGORITHM provider_stores[], provider_keymgmts[], provider_signatures[], provider_exchanges[],
	provider_encoders[], provider_decoders[];

/* For the tables that OpenSSL wants. */
#define UNUSED __attribute__((unused))
#define ENTRY(number, function) \
	{ \
		number, (void (*)(void))(function) \
	}
#define PARAM_LIST(function, arguments, ...) \
	static const OSSL_PARAM *function arguments \
	{ \
		static const OSSL_PARAM list[] = { __VA_ARGS__, OSSL_PARAM_END }; \
\
		return list; \
	}

#endif
