/*
 * mdoc/session/hpke.h: HPKE (RFC 9180), base mode, one message, with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and
 * AES-128-GCM: the suite of ISO/IEC TS 18013-7. OpenSSL has it from 3.2 on only. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SESSION_HPKE_H
#define MDOC_SESSION_HPKE_H

#include <mdoc/cose.h>

#define MDOCI_HPKE_ENC 65 /* bytes of an encapsulated key */

/*
 * Seal with an ephemeral key of the caller's.
 *
 * enc     receives the encapsulated key
 * sealed  appended to: ciphertext and tag
 *
 * MDOC_ERR_KEY, MDOC_ERR_CALLBACK, MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoci_hpke_seal(const struct mdoc_context *context, const struct mdoc_agreement *ephemeral,
	const struct mdoc_public_key *recipient, struct mdoc_bytes info, struct mdoc_bytes aad, struct mdoc_bytes plain,
	uint8_t enc[MDOCI_HPKE_ENC], struct mdoc_buf *sealed);

/* MDOC_ERR_SESSION: the tag does not hold; nothing was appended. Others as above. */
enum mdoc_result mdoci_hpke_open(const struct mdoc_context *context, const struct mdoc_agreement *recipient,
	struct mdoc_bytes enc, struct mdoc_bytes info, struct mdoc_bytes aad, struct mdoc_bytes sealed,
	struct mdoc_buf *plain);

#endif
