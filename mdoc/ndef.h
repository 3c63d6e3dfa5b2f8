/*
 * mdoc/ndef.h: engagement over NFC as data (ISO/IEC 18013-5, 8.2.2.1): the NDEF messages Handover Select, which brings
 * the DeviceEngagement, and Handover Request, by which a reader negotiates. Both go into the SessionTranscript byte for
 * byte (mdoc/transcript.h).
 *
 * Reading takes records in any order, short and long, and passes over those that it does not know. It allocates nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_NDEF_H
#define MDOC_NDEF_H

#include <mdoc/engagement.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Find the DeviceEngagement in a Handover Select message.
 *
 * select      the NDEF message
 * engagement  the record's payload, borrowed from select; nothing in it is read yet
 *
 * MDOC_ERR_TRUNCATED  the message ends inside a record, or no record says that it is the last
 * MDOC_ERR_TRAILING   bytes after the last record
 * MDOC_ERR_MALFORMED  a record that is the first twice, in chunks, or has a type where it must not
 * MDOC_ERR_MISSING    no record of Handover Select, or none of a DeviceEngagement
 * MDOC_ERR_VALUE      two of them
 * MDOC_ERR_VERSION    of the handover: not 1.x
 * MDOC_ERR_SIZE       longer than MDOC_LIMIT_INPUT
 */
enum mdoc_result mdoc_ndef_engagement(const struct mdoc_context *context, struct mdoc_bytes select,
	struct mdoc_bytes *engagement, struct mdoc_error *error);

/* Is this a Handover Request message? Results as above. */
enum mdoc_result mdoc_ndef_request_check(const struct mdoc_context *context, struct mdoc_bytes request,
	struct mdoc_error *error);

/*
 * Append a Handover Select message: an active alternative carrier for each retrieval method, and the engagement.
 *
 * engagement  an encoded DeviceEngagement, bare or with tag 24; written bare
 * retrievals  methods by BLE and at most one by NFC, as in mdoc/engagement.h; BLE server and client with one UUID
 *
 * MDOC_ERR_ARG   a method of another kind, or an option out of its range
 * MDOC_ERR_SIZE  more methods than MDOC_LIMIT_RETRIEVALS
 * MDOC_ERR_MEMORY, MDOC_ERR_BUFFER, those of mdoc_cbor_scan() for the engagement
 */
enum mdoc_result mdoc_ndef_select_build(const struct mdoc_context *context, struct mdoc_bytes engagement,
	const struct mdoc_retrieval *retrievals, size_t count, struct mdoc_buf *out, struct mdoc_error *error);

/*
 * Append a reader's Handover Request message: what the reader can do, said as the retrieval methods of an mdoc that would
 * fit (ble.client: the reader is the peripheral), and a random number against collisions. Arguments and results as above.
 */
enum mdoc_result mdoc_ndef_request_build(const struct mdoc_context *context, const struct mdoc_retrieval *retrievals,
	size_t count, struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
