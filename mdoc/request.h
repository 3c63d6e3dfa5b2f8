/*
 * mdoc/request.h: DeviceRequest of ISO/IEC 18013-5, read and built: version 1.0 of the first edition
 * (8.3.2.1.2.1) and version 1.1 of the second, with deviceRequestInfo, readerAuthAll and the keys of
 * requestInfo. Who asks is the matter of reader_auth.h.
 *
 * The text of the second edition was not at hand. Its structures are those on which several
 * implementations agree; what is read is wider than what is written, and each place says how.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_REQUEST_H
#define MDOC_REQUEST_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One element that is asked for. */
struct mdoc_asked {
	struct mdoc_bytes ns;
	struct mdoc_bytes element;
	bool intent_to_retain;
};

/* ---- What the second edition adds; plain values, read and written alike ---- */

/* An element by its names. */
struct mdoc_element_ref {
	struct mdoc_bytes ns;
	struct mdoc_bytes element;
};

/* Elements that only together stand in for another. */
struct mdoc_element_set {
	const struct mdoc_element_ref *elements;
	size_t count;
};

/* A row of alternativeDataElements: what may be given instead of an element that is asked for. */
struct mdoc_alternative {
	struct mdoc_element_ref requested;
	const struct mdoc_element_set *sets; /* in the reader's order of preference */
	size_t count;
};

/* A zero-knowledge proof system that the reader accepts. */
struct mdoc_zk_system {
	struct mdoc_bytes id, system;
	struct mdoc_bytes params; /* CBOR as received; none: there are none */
};

struct mdoc_zk_request {
	const struct mdoc_zk_system *systems;
	size_t count;
	bool required;
};

/* To whom the document's part of the response is encrypted. */
struct mdoc_response_encryption {
	struct mdoc_bytes parameters;     /* reading: EncryptionParameters as received, with tag 24 if it has one */
	struct mdoc_public_key recipient; /* reading: MDOC_CURVE_NONE when it is none that is known here */
	struct mdoc_bytes nonce;          /* none: absent */
	const struct mdoc_bytes *certificates; /* DER */
	size_t certificate_count;
};

/* uniqueDocSetRequired: may several documents answer one docRequest? */
enum mdoc_unique { MDOC_UNIQUE_NOT_SAID, MDOC_UNIQUE_NO, MDOC_UNIQUE_YES };

/* requestInfo of a docRequest; zeroed members are absent from it. */
struct mdoc_request_info {
	const struct mdoc_alternative *alternatives; /* alternativeDataElements */
	size_t alternative_count;
	const struct mdoc_bytes *issuers; /* issuerIdentifiers: authority key identifiers that will do */
	size_t issuer_count;
	enum mdoc_unique unique;
	uint64_t maximum_size;                             /* maximumResponseSize in bytes; 0: absent */
	const struct mdoc_zk_request *zk;                  /* zkRequest; NULL: absent */
	const struct mdoc_response_encryption *encryption; /* docResponseEncryption; NULL: absent */
};

/* Indexes of docRequests, from 0, that together fulfil a use case. */
struct mdoc_document_set {
	const size_t *docs;
	size_t count;
};

struct mdoc_purpose_hint {
	struct mdoc_bytes controller; /* who gave the code its meaning: "org.iso.jtc1.sc17" */
	int64_t code;
};

/* A use case of deviceRequestInfo: any one of its document sets fulfils it. */
struct mdoc_use_case {
	bool mandatory;
	const struct mdoc_document_set *sets; /* in the reader's order of preference */
	size_t set_count;
	const struct mdoc_purpose_hint *hints;
	size_t hint_count;
};

/* A member of requestInfo that no standard has; a standard's reader passes over it. */
#define MDOC_LEGAL_BASIS "mdoc-pkcs11.legalBasis"

/* ---- Reading ---- */

struct mdoc_request;
struct mdoc_doc_request; /* one docRequest of it, borrowed */

/*
 * Read a bare DeviceRequest of version 1.x. Unknown keys are tolerated everywhere.
 *
 * Below version 1.1 deviceRequestInfo, readerAuthAll and the known keys of requestInfo are ignored,
 * which mdoc_request_warnings() tells. From 1.1 on deviceRequestInfo and docResponseEncryption may
 * stand bare instead of in tag 24, lists may be empty, and a purpose hint that is no integer is left
 * out; an index that no docRequest has, or twice in one set, is refused.
 *
 * A readerAuth or readerAuthAll that is no COSE_Sign1 which is understood here is no error yet: that
 * reader's signature fails, and only that (mdoc_reader_auth_check()).
 *
 * input     must outlive *request, which borrows from it
 * *request  free with mdoc_request_free(); NULL unless the result is MDOC_OK
 *
 * MDOC_ERR_TYPE, MISSING, VALUE, VERSION. MDOC_ERR_SIZE: more than MDOC_LIMIT_DOCUMENTS docRequests,
 * MDOC_LIMIT_ASKED names and indexes in all, or MDOC_LIMIT_CERTIFICATES signatures in readerAuthAll.
 * The results of a scan; MDOC_ERR_MEMORY.
 */
enum mdoc_result mdoc_request_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_request **request, struct mdoc_error *error);

/* NULL is fine. */
void mdoc_request_free(struct mdoc_request *request);

/* What was read but not heeded. */
#define MDOC_REQUEST_IGNORED_INFO 0x01u         /* deviceRequestInfo in a request below version 1.1 */
#define MDOC_REQUEST_IGNORED_AUTH_ALL 0x02u     /* readerAuthAll in a request below version 1.1 */
#define MDOC_REQUEST_IGNORED_REQUEST_INFO 0x04u /* a known key of requestInfo in one below version 1.1 */
#define MDOC_REQUEST_INFO_BARE 0x08u            /* deviceRequestInfo heeded, but not in tag 24 */

/* The bits above that apply; 0: nothing was ignored. */
unsigned mdoc_request_warnings(const struct mdoc_request *request);

/* Of the request: its version ("1.0"), how many docRequests, and one of them (NULL after the last). */
struct mdoc_bytes mdoc_request_version(const struct mdoc_request *request);
size_t mdoc_request_count(const struct mdoc_request *request);
const struct mdoc_doc_request *mdoc_request_doc(const struct mdoc_request *request, size_t i);

/* Use case i of deviceRequestInfo; NULL after the last, and when there are none. */
const struct mdoc_use_case *mdoc_request_use_case(const struct mdoc_request *request, size_t i);

/* How many signatures readerAuthAll has. Certificate i of the x5chain of one of them, DER, the reader's
 * first; false: none. */
size_t mdoc_request_auth_all_count(const struct mdoc_request *request);
bool mdoc_request_auth_all_certificate(const struct mdoc_request *request, size_t signature, size_t i,
	struct mdoc_bytes *der);

/* Of one docRequest: its docType, how many elements it asks for, and one of them (NULL after the last). */
struct mdoc_bytes mdoc_doc_request_type(const struct mdoc_doc_request *doc);
size_t mdoc_doc_request_count(const struct mdoc_doc_request *doc);
const struct mdoc_asked *mdoc_doc_request_asked(const struct mdoc_doc_request *doc, size_t i);

/* Its requestInfo as far as it is known here; NULL: none, or below version 1.1. */
const struct mdoc_request_info *mdoc_doc_request_info(const struct mdoc_doc_request *doc);

/* The legal basis that the reader states for asking for 個人番号 (R-CARD-18): text of requestInfo's member
 * MDOC_LEGAL_BASIS, in any version and below its readerAuth; ptr NULL: it states none. */
struct mdoc_bytes mdoc_doc_request_legal_basis(const struct mdoc_doc_request *doc);

/* Is there a readerAuth? Certificate i of its x5chain, DER, the reader's first; false: none. */
bool mdoc_doc_request_is_signed(const struct mdoc_doc_request *doc);
bool mdoc_doc_request_certificate(const struct mdoc_doc_request *doc, size_t i, struct mdoc_bytes *der);

/* ---- Building (reader) ---- */

/* A reader's key and its certificates. */
struct mdoc_reader_signer {
	const struct mdoc_signer *signer;
	const struct mdoc_bytes *x5chain; /* DER, that of the key first; for the unprotected header */
	size_t x5chain_count;             /* 1 to MDOC_LIMIT_CERTIFICATES */
};

/* One docRequest. */
struct mdoc_ask {
	struct mdoc_bytes doc_type;
	const struct mdoc_asked *asked;
	size_t count;
	const struct mdoc_signer *signer; /* of its readerAuth; NULL: none */
	const struct mdoc_bytes *x5chain; /* as in mdoc_reader_signer */
	size_t x5chain_count;
	const struct mdoc_request_info *info; /* second edition; NULL: none of it */
	struct mdoc_bytes legal_basis;        /* text of MDOC_LEGAL_BASIS, in either edition; none: not stated */
};

/* Of a request as a whole. Zeroed: version 1.0 and no transcript. */
struct mdoc_request_options {
	enum mdoc_edition edition;    /* MDOC_EDITION_2: version 1.1 */
	struct mdoc_bytes transcript; /* bare SessionTranscript, needed only with a signer */
	/* Second edition. */
	const struct mdoc_reader_signer *all; /* a signature each in readerAuthAll */
	size_t all_count;
	const struct mdoc_use_case *use_cases;
	size_t use_case_count;
};

/*
 * Write a DeviceRequest. Nothing is appended to out unless the result is MDOC_OK. Namespaces stand in
 * the order in which they first appear, elements in theirs.
 *
 * ReaderAuthenticationAll is written with four elements; deviceRequestInfo and docResponseEncryption in
 * tag 24.
 *
 * docs     `count` docRequests, one or more
 * options  NULL: all zero
 * out      over a caller's memory that is too small out->len says what it takes; the signers are asked all the same
 *
 * MDOC_ERR_ARG       nothing asked, an element or an alternative for it twice, an alternative for what is not
 *                    asked or an empty one, a signer without certificate or transcript, an index that no
 *                    docRequest has or twice in one set, a use case without a set, what the second edition
 *                    adds without MDOC_EDITION_2, or more than mdoc_request_parse() would read
 * MDOC_ERR_CALLBACK  the signer refused; MDOC_ERR_BUFFER; MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_request_build(const struct mdoc_context *context, const struct mdoc_ask *docs, size_t count,
	const struct mdoc_request_options *options, struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
