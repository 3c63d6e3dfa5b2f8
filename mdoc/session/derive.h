/*
 * mdoc/session/derive.h: keys derived with HKDF (RFC 5869) for sessions, deviceMac and HPKE. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SESSION_DERIVE_H
#define MDOC_SESSION_DERIVE_H

#include "mdoc/base/internal.h"

#define MDOCI_SALT_LEN 32
#define MDOCI_KEY_LEN 32

enum mdoci_hkdf { MDOCI_EXTRACT_AND_EXPAND, MDOCI_EXTRACT, MDOCI_EXPAND };

/*
 * HKDF-SHA-256. What a mode does not use is ignored.
 *
 * key  keying material, or the pseudorandom key of MDOCI_EXPAND
 *
 * MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoci_hkdf(const struct mdoc_context *context, enum mdoci_hkdf mode, struct mdoc_bytes key,
	struct mdoc_bytes salt, struct mdoc_bytes info, uint8_t *out, size_t len);

/* SHA-256 of SessionTranscriptBytes: the salt covers the form with tag 24, though DeviceAuthentication has it bare. */
enum mdoc_result mdoci_session_salt(const struct mdoc_context *context, struct mdoc_bytes transcript,
	uint8_t salt[MDOCI_SALT_LEN]);

/* The key of this name: "SKReader", "SKDevice", "EMacKey" (9.1.1.5, 9.1.3.5). */
enum mdoc_result mdoci_session_key(const struct mdoc_context *context, const uint8_t salt[MDOCI_SALT_LEN],
	struct mdoc_bytes shared, const char *name, uint8_t key[MDOCI_KEY_LEN]);

#endif
