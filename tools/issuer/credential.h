/*
 * credential.h: TPM2_MakeCredential in software: a secret that only a TPM with this endorsement key gives back, and
 * only when the attestation key of this Name is in it too (TPM 2.0 library specification, part 1, "Credential
 * protection"; the key derivations are KDFa and KDFe of the same part).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_CREDENTIAL_H
#define ISSUER_CREDENTIAL_H

#include <mdoc/bytes.h>
#include "tools/issuer/tpm_parts.h"

#define CREDENTIAL_LEN 32 /* bytes of the secret */

/*
 * ek      its public area, as ek_check() wants it: SHA-256 and AES-128-CFB, or SHA-384 and AES-256-CFB
 * name    of the attestation key
 * secret  CREDENTIAL_LEN bytes
 * blob    content of TPM2B_ID_OBJECT, appended
 * seed    content of TPM2B_ENCRYPTED_SECRET, appended
 *
 * MDOC_ERR_KEY: no such key; MDOC_ERR_CRYPTO, MDOC_ERR_MEMORY
 */
enum mdoc_result credential_make(const struct mdoc_context *context, const TPMT_PUBLIC *ek,
	const uint8_t name[PART_NAME_LEN], const uint8_t secret[CREDENTIAL_LEN], struct mdoc_buf *blob,
	struct mdoc_buf *seed);

/* The key of a public area for OpenSSL: EVP_PKEY_free(). MDOC_ERR_KEY: neither ECC nor RSA with e = 65537. */
enum mdoc_result credential_key(const struct mdoc_context *context, const TPMT_PUBLIC *area, EVP_PKEY **pkey);

#endif
