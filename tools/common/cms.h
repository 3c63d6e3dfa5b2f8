/*
 * cms.h: CMS (RFC 5652) as issuers send it to municipalities and makers: signed by one key, then encrypted to one
 * certificate. SignedData with the signer's certificate inside EnvelopedData (AES-256-CBC; ECDH with SHA-256 and AES key
 * wrap, or RSA-OAEP).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_CMS_H
#define TOOLS_CMS_H

#include <mdoc/x509.h>
#include <openssl/evp.h>

#define CMS_CONTENT_MAX ((size_t)64 * 1024 * 1024) /* bytes */

/*
 * Encrypt without a signature; for what whoever opens it checks otherwise.
 *
 * recipient  DER certificate
 * der        appended to, nothing unless MDOC_OK
 *
 * MDOC_ERR_CERTIFICATE: not one certificate; MDOC_ERR_KEY: nothing can be encrypted to its key; MDOC_ERR_SIZE,
 * MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result cms_encrypt(const struct mdoc_context *context, struct mdoc_bytes content, struct mdoc_bytes recipient,
	struct mdoc_buf *der);

/*
 * Sign and encrypt.
 *
 * signer       usable in the context's library context: p11_pkey_new()
 * certificate  DER, of that key
 *
 * the same; MDOC_ERR_CALLBACK: the key did not sign
 */
enum mdoc_result cms_seal(const struct mdoc_context *context, struct mdoc_bytes content, EVP_PKEY *signer,
	struct mdoc_bytes certificate, struct mdoc_bytes recipient, struct mdoc_buf *der);

/*
 * Decrypt what cms_encrypt() made.
 *
 * key          the recipient's, usable in the context's library context
 * certificate  DER, of that key; by it the recipient is found
 * content      appended to, nothing unless MDOC_OK; the caller clears it
 *
 * MDOC_ERR_MALFORMED: no such CMS; MDOC_ERR_KEY: not encrypted to this certificate; MDOC_ERR_SIGNATURE: it does not
 * decrypt; MDOC_ERR_SIZE, MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result cms_decrypt(const struct mdoc_context *context, struct mdoc_bytes der, EVP_PKEY *key,
	struct mdoc_bytes certificate, struct mdoc_buf *content);

/*
 * Decrypt, and check that one key signed it, whose certificate is for messages (MDOC_CERT_MESSAGES) and follows from an
 * anchor of `trust`.
 *
 * when    seconds since the epoch, for the certificate
 * signer  DER of the signer's certificate, appended to; NULL: not wanted
 *
 * the same; MDOC_ERR_SIGNATURE also: not signed, or something was changed; and what mdoc_trust_judge() says of the
 * certificate: MDOC_ERR_CERTIFICATE, MDOC_ERR_CHAIN, MDOC_ERR_VALIDITY, MDOC_ERR_REVOKED
 */
enum mdoc_result cms_open(const struct mdoc_context *context, struct mdoc_bytes der, EVP_PKEY *key,
	struct mdoc_bytes certificate, const struct mdoc_trust *trust, int64_t when, struct mdoc_buf *content,
	struct mdoc_buf *signer);

#endif
