/*
 * mdoc/response.h: DeviceResponse: what a holder answers, and its structure for a reader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_RESPONSE_H
#define MDOC_RESPONSE_H

#include <mdoc/device_signed.h>
#include <mdoc/issuer_signed.h>
#include <mdoc/select.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Reader: structure ---- */

struct mdoc_response; /* DeviceResponse */
struct mdoc_document; /* one Document of it */

/*
 * Parse a DeviceResponse (8.3.2.1.2.2): structure only, nothing is checked against a signature or a
 * digest. A status other than 0 parses, and so does a response without documents. Unknown keys are
 * tolerated, and those of the second edition are there to be looked at.
 *
 * input  bare; must outlive *out, which borrows from it
 * *out   free with mdoc_response_free(); NULL after an error
 *
 * The CBOR results; MDOC_ERR_TYPE, MISSING, VALUE, ALGORITHM, KEY; MDOC_ERR_SIZE:
 * MDOC_LIMIT_DOCUMENTS, or MDOC_LIMIT_ITEMS in one document
 */
enum mdoc_result mdoc_response_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_response **out, struct mdoc_error *error);

/* NULL is fine. */
void mdoc_response_free(struct mdoc_response *response);

/*
 * The parts of a DeviceResponse; all live as long as it does.
 *
 * mdoc_response_status()           0, or 10, 11, 12 (Table 8): then nothing in it is to be used
 * mdoc_response_count()            documents in it
 * mdoc_response_document()         one of them by index; NULL after the last
 * mdoc_response_document_errors()  [{docType: code}]; absent when there are none
 * mdoc_response_zk_documents(), …_encrypted_documents(), …_other_documents()
 *                                  of the second edition, as they are; absent when there are none (?)
 */
struct mdoc_bytes mdoc_response_version(const struct mdoc_response *response);
uint64_t mdoc_response_status(const struct mdoc_response *response);
size_t mdoc_response_count(const struct mdoc_response *response);
const struct mdoc_document *mdoc_response_document(const struct mdoc_response *response, size_t i);
struct mdoc_node mdoc_response_document_errors(const struct mdoc_response *response);
struct mdoc_node mdoc_response_zk_documents(const struct mdoc_response *response);
struct mdoc_node mdoc_response_encrypted_documents(const struct mdoc_response *response);
struct mdoc_node mdoc_response_other_documents(const struct mdoc_response *response);

/*
 * The parts of a Document.
 *
 * mdoc_document_doc_type()  as the document says; the MSO has its own
 * mdoc_document_errors()    {namespace: {element: code}}; absent when there are none
 */
struct mdoc_bytes mdoc_document_doc_type(const struct mdoc_document *document);
const struct mdoc_issuer_signed *mdoc_document_issuer_signed(const struct mdoc_document *document);
const struct mdoc_device_signed *mdoc_document_device_signed(const struct mdoc_document *document);
struct mdoc_node mdoc_document_errors(const struct mdoc_document *document);

/* ---- Holder: size and sign what was selected (select.h) ---- */

/*
 * Signs at the level of DeviceSigned: DeviceAuthenticationBytes in, DeviceSigned appended to
 * out. False: no signature; the callee remembers why. So the private key's owner can be a
 * CKM_MDOC_DEVICE_SIGN token that makes DeviceSigned itself. What it makes is read back: it has to have
 * the DeviceNameSpacesBytes that stand in DeviceAuthenticationBytes, and may be no MAC for a docType that takes none.
 */
struct mdoc_device_signer {
	bool (*sign)(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed);
	void *arg;
};

/* The device key of one document: device_signer, or signer, or agreement, or the last two of one key that
 * does both. */
struct mdoc_device_key {
	const struct mdoc_signer *signer;       /* makes a deviceSignature */
	const struct mdoc_agreement *agreement; /* makes a deviceMac */
	const struct mdoc_device_signer *device_signer;
};

struct mdoc_response_options {
	enum mdoc_edition edition;                /* MDOC_EDITION_2: version "1.1" */
	struct mdoc_bytes transcript;             /* bare SessionTranscript */
	const struct mdoc_device_key *keys;       /* one for each document of the selection, also for those that stay */
	const struct mdoc_public_key *reader_key; /* EReaderKey, for a deviceMac; NULL: there is none */
	/* Of a key that does both a MAC is wanted. A signature is made all the same where there is no reader_key, or one
	 * on another curve, and for a docType that takes no MAC (R-TX-01). */
	bool mac;
};

/*
 * Bytes of the DeviceResponse that mdoc_response_build() will append; nothing is signed.
 *
 * options  transcript is not looked at; keys NULL (or options NULL): signatures
 *
 * MDOC_ERR_NOTHING, MDOC_ERR_ALGORITHM, MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_response_size(const struct mdoc_selection *selection, const struct mdoc_response_options *options,
	size_t *size);

/*
 * The DeviceResponse of a selection: the documents that leave, with an error 0 ("data not returned") for each
 * element that was asked for and does not; documentErrors 0 for each docType without a document.
 *
 * out  nothing is appended unless the result is MDOC_OK; over a caller's memory that is too small nothing
 *      is signed, and out->len says what it takes
 *
 * MDOC_ERR_NOTHING    no document leaves
 * MDOC_ERR_CALLBACK   a signer refused, or gave what is no DeviceSigned of this document
 * MDOC_ERR_ALGORITHM  a signer's algorithm or curve is not that of the record's device key, or a key that can only
 *                     make a MAC for a docType that takes none
 * MDOC_ERR_KEY        a key that can only make a MAC without EReaderKey, or with one on another curve; or its
 *                     public key is not that of the record
 * MDOC_ERR_ARG        no transcript, or a document without a key; MDOC_ERR_BUFFER, MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_response_build(const struct mdoc_context *context, const struct mdoc_selection *selection,
	const struct mdoc_response_options *options, struct mdoc_buf *out, struct mdoc_error *error);

/* Status of a DeviceResponse (Table 8). */
enum mdoc_response_status {
	MDOC_STATUS_OK = 0,
	MDOC_STATUS_GENERAL_ERROR = 10,
	MDOC_STATUS_CBOR_DECODING = 11,
	MDOC_STATUS_CBOR_VALIDATION = 12
};

/* A DeviceResponse that has a status and nothing else: for a request that cannot be answered. */
void mdoc_put_response_status(struct mdoc_buf *buf, enum mdoc_edition edition, enum mdoc_response_status status);

#ifdef __cplusplus
}
#endif
#endif
