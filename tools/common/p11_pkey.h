/*
 * p11_pkey.h: an OpenSSL EVP_PKEY whose private half is an EC key in a PKCS#11 token, for what signs or decrypts
 * through OpenSSL: CMS_sign(), CMS_decrypt(), X509_sign(), SSL_CTX_use_PrivateKey().
 *
 * It signs with CKM_ECDSA and agrees with CKM_ECDH1_DERIVE, over libmdoc-p11. Behind it is a provider that is part of
 * the program; no other code of the process gets it, since OpenSSL prefers the default provider for all other keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_P11_PKEY_H
#define TOOLS_P11_PKEY_H

#include <mdoc/p11/p11.h>
#include <openssl/evp.h>
#include <pthread.h>

/*
 * Make one. EVP_PKEY_free() by the caller.
 *
 * libctx      the library context in which it will be used; NULL: OpenSSL's own, where libcurl has its SSL_CTX
 * key         the private key; must stay where it is, with its session open, until the last reference to the
 *             EVP_PKEY is gone. When something made with the EVP_PKEY fails, key->rv says what the token answered
 * public_key  its public half, which is copied: a key on a NIST or brainpool curve
 * lock        taken for each use of the token, when other threads use the same session; it outlives the EVP_PKEY.
 *             NULL: one of its own
 *
 * Several threads may use the EVP_PKEY at once; they take turns.
 *
 * NULL: another kind of key, a point that is not on its curve, or memory.
 */
EVP_PKEY *p11_pkey_new(OSSL_LIB_CTX *libctx, struct mdoc_p11_key *key, const struct mdoc_public_key *public_key,
	pthread_mutex_t *lock);

#endif
