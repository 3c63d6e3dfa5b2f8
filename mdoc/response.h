/*
 * mdoc/response.h: DeviceResponse: what a holder answers, and its structure for a reader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_RESPONSE_H
#define MDOC_RESPONSE_H

#include <mdoc/device_signed.h>
#include <mdoc/issuer_signed.h>
#include <mdoc/request.h>

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

/* ---- Holder: choose, size, sign ---- */

/* 個人番号: leaves only when it is named in `agreed` (R-CARD-18, R-CARD-49). */
#define MDOC_INDIVIDUAL_NUMBER "individual_number_unicode"

/* What the holder agreed to; NULL agreed list in mdoc_select means everything but 個人番号. */
struct mdoc_agreed {
	struct mdoc_bytes ns;
	struct mdoc_bytes element;
};

/* What would leave, for consent and for building; borrows from record and request. */
struct mdoc_selection {
	const struct mdoc_issuer_signed *record;
	const struct mdoc_request *request;
	const struct mdoc_item **items;        /* in order of the record */
	const struct mdoc_namespace **item_ns; /* the namespace of each */
	bool *retain;                          /* the reader intends to keep it */
	size_t count;
	struct mdoc_asked *refused; /* asked, not held or not agreed: error 0 */
	size_t refused_count;
};

/*
 * Select from one record what a request asks of its docType and the holder agreed to; the
 * age_over_NN rule of 7.2.5 applies. agreed NULL: all but 個人番号.
 *
 * MDOC_ERR_DOCTYPE   no docRequest has the record's docType
 * MDOC_ERR_NOTHING   nothing asked is held and agreed
 */
enum mdoc_result mdoc_select(const struct mdoc_issuer_signed *record, const struct mdoc_request *request,
	const struct mdoc_agreed *agreed, size_t agreed_count, bool agreed_given, struct mdoc_selection *out,
	struct mdoc_error *error);
void mdoc_selection_clear(struct mdoc_selection *selection);

/*
 * Signs at the level of DeviceSigned: DeviceAuthenticationBytes in, DeviceSigned appended to
 * out. False: no signature; the callee remembers why. So the private key's owner can be a
 * CKM_MDOC_DEVICE_SIGN token, a plain ECDSA token or software.
 */
struct mdoc_device_signer {
	bool (*sign)(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed);
	void *arg;
};

/* Bytes of the DeviceResponse that mdoc_response_build will append, for a device key of the
 * record's curve. */
enum mdoc_result mdoc_response_size(const struct mdoc_selection *selection, size_t *size);

/* The DeviceResponse: one document, errors for what was refused, documentErrors 0 for other
 * docTypes of the request. transcript: bare SessionTranscript. */
enum mdoc_result mdoc_response_build(const struct mdoc_selection *selection, struct mdoc_bytes transcript,
	const struct mdoc_device_signer *signer, struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
