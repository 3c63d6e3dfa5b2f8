/*
 * key.h: a key as OpenSSL holds it: the public half, with which OpenSSL's default provider does what it
 * can, and for a private key the object in its token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENSSL_KEY_H
#define OPENSSL_KEY_H

#include <openssl/core.h>
#include <stdatomic.h>

#include "module/openssl/slot.h"

struct key {
	atomic_int references;
	struct provider *provider;
	const char *type;        /* OpenSSL's name */
	EVP_PKEY *half;          /* in the provider's own context; NULL until there is one */
	int parts;               /* OSSL_KEYMGMT_SELECT_… that it has */
	struct slot *slot;       /* of the private key; NULL: there is none */
	P11KitUri *uri;          /* names it in its token, and says where the PIN is */
	bool each_time;          /* CKA_ALWAYS_AUTHENTICATE */
	CK_OBJECT_HANDLE handle; /* under slot->lock, as is: */
	unsigned generation;
};

struct key *key_new(struct provider *provider, const char *type);
struct key *key_up(struct key *key);
void key_free(struct key *key); /* NULL is fine */

/* The key that an object is: CKO_PRIVATE_KEY or CKO_PUBLIC_KEY. uri: by which it was found; its PIN source
 * and module serve the key too. NULL: cannot be used (error raised). */
struct key *key_from_object(struct provider *provider, const struct session *session, CK_OBJECT_HANDLE object,
	CK_OBJECT_CLASS class, P11KitUri *uri);

/* Sign with, or derive by, the private key. Whatever was lost in between (a fork, a logout) is made good once, as
 * far as a PIN is written somewhere. *len: bytes of room in out, then bytes written. False: error raised. */
bool key_sign(struct key *key, CK_MECHANISM *mechanism, const unsigned char *in, size_t in_len, unsigned char *out,
	size_t *len);
bool key_derive(struct key *key, CK_MECHANISM *mechanism, unsigned char *out, size_t *len);

/* The one private key of a URI to a callback, as a store gives it. False: not taken, or not found (error raised). */
bool store_load_key(struct provider *provider, const char *uri, OSSL_CALLBACK *take, void *take_arg,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg);

/* New keys (keygen.c), for OSSL_OP_KEYMGMT. */
void *keygen_init(struct provider *provider, const OSSL_PARAM params[], const char *type);
OSSL_FUNC_keymgmt_gen_settable_params_fn keygen_settable;
OSSL_FUNC_keymgmt_gen_set_params_fn keygen_set_params;
OSSL_FUNC_keymgmt_gen_fn keygen;
OSSL_FUNC_keymgmt_gen_cleanup_fn keygen_cleanup;

#endif
