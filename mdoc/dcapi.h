/*
 * mdoc/dcapi.h: an encrypted response over the browser's Digital Credentials API, protocol "org-iso-mdoc"
 * (ISO/IEC TS 18013-7 Annex C): EncryptionInfo and EncryptedResponse, by HPKE (RFC 9180) in base mode with
 * DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM. The transcript is that of MDOC_HANDOVER_ANNEX_C.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_DCAPI_H
#define MDOC_DCAPI_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a nonce that is written; any length but 0 is read. */
#define MDOC_DCAPI_NONCE_MIN 16

/*
 * Append the base64url text of EncryptionInfo, as it stands in the request and in the transcript.
 *
 * nonce  fresh random bytes, MDOC_DCAPI_NONCE_MIN or more
 * key    the reader's public key for this response alone
 *
 * MDOC_ERR_ARG  a nonce that is too short; MDOC_ERR_KEY  not P-256; MDOC_ERR_MEMORY, MDOC_ERR_BUFFER
 */
enum mdoc_result mdoc_encryption_info_build(struct mdoc_bytes nonce, const struct mdoc_public_key *key,
	struct mdoc_buf *text, struct mdoc_error *error);

/*
 * Read EncryptionInfo from its base64url text.
 *
 * key    receives the reader's public key, on whatever curve: mdoc_dcapi_seal() takes P-256 only
 * nonce  appended to; NULL: not wanted
 *
 * MDOC_ERR_MALFORMED  not base64url without padding
 * MDOC_ERR_TYPE       not ["dcapi", {…}]
 * MDOC_ERR_VALUE      an empty nonce
 * MDOC_ERR_MISSING, MDOC_ERR_KEY, MDOC_ERR_SIZE, MDOC_ERR_MEMORY, MDOC_ERR_BUFFER, those of mdoc_cbor_scan()
 */
enum mdoc_result mdoc_encryption_info_parse(const struct mdoc_context *context, struct mdoc_bytes text,
	struct mdoc_public_key *key, struct mdoc_buf *nonce, struct mdoc_error *error);

/*
 * Append an EncryptedResponse (the holder's side).
 *
 * recipient   key of the EncryptionInfo
 * transcript  the bare SessionTranscript, which the encryption is bound to
 * response    an encoded DeviceResponse
 *
 * MDOC_ERR_KEY  not P-256, or not on the curve; MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO, MDOC_ERR_BUFFER
 */
enum mdoc_result mdoc_dcapi_seal(const struct mdoc_context *context, const struct mdoc_public_key *recipient,
	struct mdoc_bytes transcript, struct mdoc_bytes response, struct mdoc_buf *out, struct mdoc_error *error);

/*
 * Decrypt an EncryptedResponse (the reader's side).
 *
 * recipient   the private key of the EncryptionInfo
 * transcript  our own bare SessionTranscript
 * message     the encoded EncryptedResponse
 * response    appended to: the DeviceResponse, authenticated as encrypted for this transcript, not yet verified
 *
 * MDOC_ERR_SESSION   it cannot be decrypted: changed, for another key, or of another session
 * MDOC_ERR_KEY       enc is no point of P-256, or the recipient's key is of another curve
 * MDOC_ERR_CALLBACK  key agreement failed
 * MDOC_ERR_TYPE, MDOC_ERR_MISSING, MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO, MDOC_ERR_BUFFER, those of mdoc_cbor_scan()
 */
enum mdoc_result mdoc_dcapi_open(const struct mdoc_context *context, const struct mdoc_agreement *recipient,
	struct mdoc_bytes transcript, struct mdoc_bytes message, struct mdoc_buf *response, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
