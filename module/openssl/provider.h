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
#include <p11-kit/uri.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "pkcs11-3.h"

#define PROVIDER_NAME "mdoc-pkcs11-provider"
#define PROPERTIES "provider=" PROVIDER_NAME
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

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
		return list; \
	}

extern const OSSL_ALGORITHM provider_stores[], provider_keymgmts[], provider_signatures[], provider_exchanges[],
	provider_encoders[], provider_decoders[];

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
	REASON_EXISTS,
	REASON_NOT_PERMITTED,
	REASON_UNSUPPORTED,
	REASON_TOKEN,
};

/* Put an error on OpenSSL's stack: a reason, and the text. Always false. */
#define fail(provider, reason, ...) provider_error(provider, __FILE_NAME__, __LINE__, __func__, reason, __VA_ARGS__)
bool provider_error(const struct provider *provider, const char *file, int line, const char *function,
	enum reason reason, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The same for what a PKCS#11 call answered: the reason is the CK_RV's; the text names it, the call and
 * what it was about ("": nothing). */
#define fail_rv(provider, call, rv, about) \
	fail(provider, reason_of(rv), "%s: %s (0x%lX) %s", call, name_of(rv), (unsigned long)(rv), about)
enum reason reason_of(CK_RV rv);
const char *name_of(CK_RV rv);

/* RFC 7512. NULL: refused (error raised). uri_free() wipes a PIN that is in it. */
P11KitUri *uri_parse(const struct provider *provider, const char *text);
void uri_free(P11KitUri *uri);
/* So many of its bytes may be shown: no PIN is in them. */
int uri_shown(const char *text);

/* A token and a session with it. A session is for one thread. */
struct session {
	CK_FUNCTION_LIST *p11;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE handle; /* CK_INVALID_HANDLE: none is open */
};

#define NAME_SIZE 160 /* bytes of a token's or key's name in a message */

/* The token that a URI means, in the URI's own module or the configured one, which is loaded here.
 * False: there is none, or several (error raised). */
bool token_find(const struct provider *provider, P11KitUri *uri, struct session *session);
/* Its name for people, and its CKF_ flags. */
CK_FLAGS token_name(const struct session *session, char name[NAME_SIZE]);

/* flags: 0 or CKF_RW_SESSION. A module that is not initialised (a fork, somebody's C_Finalize) is. */
CK_RV session_open(struct session *session, CK_FLAGS flags);
void session_close(struct session *session);

/*
 * Give the PIN, unless the user is logged in. It is that of the URI (pin-value, pin-source), the
 * configuration (pin-file, pin), or the callback's (NULL: none), and it is tried once.
 * user      CKU_USER, or CKU_CONTEXT_SPECIFIC for the operation that was begun with the key of the URI
 * optional  that nobody has a PIN is no error
 * False: error raised.
 */
bool session_login(const struct provider *provider, const struct session *session, CK_USER_TYPE user, P11KitUri *uri,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg, bool optional);
/* Is there one that nobody has to type? */
bool pin_is_written(const struct provider *provider, P11KitUri *uri);
/* A callback that asks by OpenSSL's default UI, if somebody is there. */
OSSL_PASSPHRASE_CALLBACK login_prompt;

/* The objects that match. *found: OPENSSL_free(). */
CK_RV session_find(const struct session *session, const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE **found,
	size_t *count);

struct blob {
	unsigned char *data; /* OPENSSL_free() */
	size_t len;
};
/* One attribute; empty when the object does not show it. */
CK_RV session_attribute(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
	struct blob *value);

/* A key as OpenSSL holds it: a public half, with which OpenSSL's default provider does what it can, and for a
 * private key the object in its token. Its sessions keep the user logged in as long as there is the key. */
#define KEY_SESSIONS 8 /* kept for the next use */
struct key {
	atomic_int references;
	struct provider *provider;
	const char *type;                    /* OpenSSL's name */
	EVP_PKEY *half;                      /* in the provider's own context; NULL until there is one */
	int parts;                           /* OSSL_KEYMGMT_SELECT_… that it has */
	P11KitUri *uri;                      /* of the private key, with where its PIN is; NULL: a public key */
	bool each_time;                      /* CKA_ALWAYS_AUTHENTICATE */
	atomic_bool refused;                 /* its written PIN was wrong */
	struct session token;                /* without a session: each use has one of its own */
	atomic_ulong sessions[KEY_SESSIONS]; /* that are not in use; else CK_INVALID_HANDLE */
	atomic_ulong object;
	atomic_int pid; /* of the process in which sessions and object mean something */
};

struct key *key_new(struct provider *provider, const char *type);
struct key *key_up(struct key *key);
void key_free(void *key); /* NULL is fine */

/* The key that an object is: CKO_PRIVATE_KEY or CKO_PUBLIC_KEY. uri: by which it was found; its PIN source and module
 * serve the key too. NULL: cannot be used (error raised). */
struct key *key_from_object(struct provider *provider, const struct session *session, CK_OBJECT_HANDLE object,
	CK_OBJECT_CLASS class, P11KitUri *uri);

/* Sign with, or derive by, the private key. What was lost in between (a fork, a logout) is made good once, as far as a
 * PIN is written somewhere. len: bytes of out that it has to give, all of them. False: error raised. */
bool key_sign(struct key *key, CK_MECHANISM *mechanism, const unsigned char *in, size_t in_len, unsigned char *out,
	size_t len);
bool key_derive(struct key *key, CK_MECHANISM *mechanism, unsigned char *out, size_t len);

/* The one private key of a URI to a callback, as a store gives it. False: not taken, or not found (error raised). */
bool store_load_key(struct provider *provider, const char *uri, OSSL_CALLBACK *take, void *take_arg,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg);

/* New keys, for OSSL_OP_KEYMGMT. */
void *keygen_init(struct provider *provider, const OSSL_PARAM params[], const char *type);
OSSL_FUNC_keymgmt_gen_settable_params_fn keygen_settable;
OSSL_FUNC_keymgmt_gen_set_params_fn keygen_set_params;
OSSL_FUNC_keymgmt_gen_fn keygen;
OSSL_FUNC_keymgmt_gen_cleanup_fn keygen_cleanup;

#endif
