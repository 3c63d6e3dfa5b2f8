/*
 * tests/unit/ossl_kit.h: what the tests of the OpenSSL provider share: a token with one key of each kind, a
 * library context with the built provider beside the default one, and a user who is asked for the PIN.
 *
 * The provider is the one of the build tree; UNIT_PROVIDER names another file, MDOC_MODULE another module. The
 * module is loaded here too (tests/unit/p11.h), so all of this is two users of one module in one process.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_OSSL_KIT_H
#define TESTS_UNIT_OSSL_KIT_H

#include <openssl/evp.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include "tests/unit/p11.h"

/* The token of every suite: keys p256 (id 01, with a certificate), p384 (02), ed25519 (03), x25519 (04) and always
 * (05, P-256, CKA_ALWAYS_AUTHENTICATE). All may derive that can. */
#define TOKEN "pkcs11:token=unit"
#define PRIVATE(name) TOKEN ";object=" name ";type=private"
#define PUBLIC(name) TOKEN ";object=" name ";type=public"
#define WRONG_PIN "never-was-the-pin"

extern CU_TestInfo tests_provider_pin[], tests_provider_store[], tests_provider_hostile[], tests_provider_key[],
	tests_provider_reference[], tests_provider_process[], tests_provider_end[], tests_provider_nonsense[];

extern OSSL_LIB_CTX *provider_lib; /* `default` and ours */
extern OSSL_LIB_CTX *soft_lib;     /* `default` alone: what other people verify with */
extern CK_SLOT_ID provider_slot;
extern const char *provider_folder; /* for files of a test */

/* Who is asked for the PIN. */
struct asker {
	const char *pin; /* what is typed; NULL: nothing, it is called off */
	int asked;
	char prompt[512]; /* the last one */
};

/* For suites: a fresh store with the token, contexts; and away with them. */
int provider_start(void);
int provider_stop(void);

/* A library context by a configuration file: `default`, and ours with these further settings; NULL: it cannot be
 * had. Free with OSSL_LIB_CTX_free(). */
OSSL_LIB_CTX *provider_context(const char *settings);

/* The same for a context that exists; NULL: the default one. */
bool provider_configure(OSSL_LIB_CTX *lib, const char *settings);

/* A file of the folder with this text; its path, good until the next call. */
const char *provider_file(const char *name, const char *text);

/* `uri` with pin-source=that file; good until the next call. */
const char *provider_with_pin(const char *uri, const char *name, const char *pin);

/* Somebody else in the process logs out, and with that the next load has to log in. */
void provider_logout(void);

/* Make a key of the token; id is its CKA_ID. */
void provider_make(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, const char *params, const char *label, CK_BYTE id,
	bool always);

/* Is there such a key? Those on Curve25519 only where tokens can have them. */
bool provider_has(const char *label);

/* The public half of a key as the module itself states it, in soft_lib. */
EVP_PKEY *provider_public(const char *label);

/* What a URI gives. */
struct loaded {
	EVP_PKEY *key; /* the last private or public key */
	X509 *certificate;
	int private_keys, public_keys, certificates, others;
	bool ended; /* eof was true within a hundred rounds */
};
struct loaded provider_load_all(OSSL_LIB_CTX *lib, const char *uri, int expect, struct asker *asker);
void loaded_free(struct loaded *loaded);

/* The one private key of a URI, or NULL. asker NULL: there is no UI. */
EVP_PKEY *provider_key(OSSL_LIB_CTX *lib, const char *uri, struct asker *asker);

/* The same with the right PIN typed; fatal when it is not there. */
EVP_PKEY *provider_need(const char *uri);

/* Sign "message" with the key and check it with the public half (NULL: do not). digest NULL: EdDSA. */
bool provider_signs(EVP_PKEY *key, const char *digest, EVP_PKEY *public_key);

/* Whether this is a signature of the message, as lib sees it. */
bool provider_verifies(EVP_PKEY *key, OSSL_LIB_CTX *lib, const char *digest, const char *message,
	const unsigned char *sig, size_t len);

/* Whether an error on the queue has this in its reason or data; "": any error. The queue is emptied. */
bool provider_error(const char *text);

/* Whether somebody has lately given a wrong PIN. */
bool provider_wrong_pin_was_given(void);

/* What `unit-provider --child MODE` does (test_provider_end.c); its exit status. */
int provider_child(const char *mode);

#endif
