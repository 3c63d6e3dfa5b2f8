/*
 * mdoc/device_signed.h: DeviceAuthentication, and DeviceSigned with a signature or a MAC.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_DEVICE_SIGNED_H
#define MDOC_DEVICE_SIGNED_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mdoc_device_signed; /* what a holder's device adds to a document: elements of its own, and its proof */

/*
 * Parse DeviceSigned (8.3.2.1.2.2): structure only, no signature.
 *
 * input  bare; must outlive *out, which borrows from it
 * *out   free with mdoc_device_signed_free(); NULL after an error
 *
 * The CBOR results; MDOC_ERR_TYPE, MISSING, ALGORITHM; MDOC_ERR_VALUE: not exactly one of
 * deviceSignature and deviceMac
 */
enum mdoc_result mdoc_device_signed_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_device_signed **out, struct mdoc_error *error);

/* NULL is fine. Not for one that belongs to a DeviceResponse. */
void mdoc_device_signed_free(struct mdoc_device_signed *ds);

/*
 * The parts of DeviceSigned; all live as long as it does.
 *
 * mdoc_device_signed_bytes()       DeviceNameSpacesBytes as received, tag 24 included
 * mdoc_device_signed_namespaces()  {namespace: {element: value}}, checked to be of this form
 * mdoc_device_signed_signature()   deviceSignature; NULL when there is a deviceMac
 * mdoc_device_signed_mac()         deviceMac, a COSE_Mac0; absent when there is a deviceSignature
 */
struct mdoc_bytes mdoc_device_signed_bytes(const struct mdoc_device_signed *ds);
struct mdoc_node mdoc_device_signed_namespaces(const struct mdoc_device_signed *ds);
const struct mdoc_sign1 *mdoc_device_signed_signature(const struct mdoc_device_signed *ds);
struct mdoc_node mdoc_device_signed_mac(const struct mdoc_device_signed *ds);

/* DeviceAuthenticationBytes: transcript is the bare SessionTranscript, namespaces_bytes the
 * tag-24 item; both spliced in as they are. */
void mdoc_put_device_authentication_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript,
	struct mdoc_bytes doc_type, struct mdoc_bytes namespaces_bytes);

/* What stands inside DeviceAuthenticationBytes. */
struct mdoc_device_authentication {
	struct mdoc_bytes transcript; /* bare SessionTranscript */
	struct mdoc_bytes doc_type;
	struct mdoc_bytes namespaces_bytes; /* tag-24 item */
};

/*
 * Untrusted input: strict structure (SessionTranscript is an array of three). *out borrows the input, so
 * that the outer byte string and docType must be of definite length: MDOC_ERR_TYPE.
 */
enum mdoc_result mdoc_device_authentication_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_device_authentication *out, struct mdoc_error *error);

/*
 * DeviceSigned from DeviceAuthenticationBytes and a signer over the Sig_structure. Nothing is appended unless MDOC_OK.
 *
 * MDOC_ERR_ALGORITHM, MDOC_ERR_CALLBACK: as mdoc_sign(); the buffer's own error
 */
enum mdoc_result mdoc_device_signed_put(struct mdoc_buf *buf, struct mdoc_bytes device_authentication_bytes,
	struct mdoc_bytes namespaces_bytes, const struct mdoc_signer *signer);

/* Bytes that mdoc_device_signed_put will append for a key on this curve; 0: it does not sign. */
size_t mdoc_device_signed_size(struct mdoc_bytes namespaces_bytes, enum mdoc_curve curve);

/* May a record of this type be answered for with a MAC? False for org.iso.23220.1.jp.mnc, whose law asks
 * for a signature (R-TX-01). */
bool mdoc_doc_type_takes_mac(struct mdoc_bytes doc_type);

/*
 * DeviceSigned with deviceMac (ISO/IEC 18013-5, 9.1.3.5): COSE_Mac0 with HMAC 256/256 under EMacKey, for a
 * device key on any curve that agrees on secrets. Nothing is appended unless MDOC_OK, and nothing here asks
 * mdoc_doc_type_takes_mac().
 *
 * transcript  the bare SessionTranscript that stands inside device_authentication_bytes
 * agreement   by the device key
 * reader_key  EReaderKey
 *
 * MDOC_ERR_KEY, MDOC_ERR_CALLBACK: as mdoc_agree(); MDOC_ERR_CRYPTO; the buffer's own error
 */
enum mdoc_result mdoc_device_mac_agree(const struct mdoc_context *context, struct mdoc_buf *buf,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_bytes namespaces_bytes, struct mdoc_bytes transcript,
	const struct mdoc_agreement *agreement, const struct mdoc_public_key *reader_key);

/*
 * The same for who has agreed already.
 *
 * shared  what mdoc_agree() gives for the device key and EReaderKey, of its full length
 *
 * MDOC_ERR_CRYPTO; the buffer's own error
 */
enum mdoc_result mdoc_device_mac_put(const struct mdoc_context *context, struct mdoc_buf *buf,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_bytes namespaces_bytes, struct mdoc_bytes transcript,
	struct mdoc_bytes shared);

/* Bytes that either will append; 0: no memory. */
size_t mdoc_device_mac_size(struct mdoc_bytes namespaces_bytes);

#ifdef __cplusplus
}
#endif
#endif
