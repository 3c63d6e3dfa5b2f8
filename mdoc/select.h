/*
 * mdoc/select.h: what of the records that a holder has would answer a DeviceRequest, for consent; a
 * response is built from the same object, so that what was shown and what leaves cannot differ.
 *
 * Nothing leaves that was not asked for (an element, an alternative that the reader named for it, or
 * the age_over_NN that answers another one by the rule of 7.2.5), except what the caller adds with
 * mdoc_selection_add(). A request of version 1.0 is matched leniently: any element that is held will
 * do. From 1.1 on a record answers a docRequest only if it has every element asked for, or
 * alternatives. Requests may ask for as many age_over_NN as they like (?).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SELECT_H
#define MDOC_SELECT_H

#include <mdoc/issuer_signed.h>
#include <mdoc/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 個人番号: leaves only when it is named (R-CARD-18, R-CARD-49). */
#define MDOC_INDIVIDUAL_NUMBER "individual_number_unicode"

/* A record that the holder has, and elements that its device would sign when they are asked for. */
struct mdoc_held {
	const struct mdoc_issuer_signed *record;
	const struct mdoc_claim *device_claims; /* allowed by the record's keyAuthorizations; names once */
	size_t device_claim_count;
};

/* An element that the holder agreed to give, by the name that answers or the one that is asked for. An alternative,
 * which the reader chooses, counts under its own name only. */
struct mdoc_agreed {
	struct mdoc_bytes ns;
	struct mdoc_bytes element;
};

/* Zeroed: everything that is asked is agreed to but 個人番号, and every docRequest may be answered. */
struct mdoc_select_options {
	const struct mdoc_agreed *agreed;
	size_t agreed_count;
	bool agreed_given;   /* only what stands in `agreed`, which may be nothing */
	const bool *refused; /* one for each docRequest; true: it is not answered, say for its readerAuth */
};

struct mdoc_selection; /* what would leave: the consent object */

/*
 * Match a request against records.
 *
 * A docRequest takes the first record of its docType and issuerIdentifiers that has everything it
 * asks for; from version 1.0, failing that, the first that has anything. docRequests that take the
 * same record become one document. Of a use case the first document set is taken of which every
 * docRequest has a record; docRequests that no use case names are answered, too (?). A docRequest
 * that wants a zero-knowledge proof and nothing else is not answered.
 *
 * held     `count` records in the holder's order of preference, and what they point to, must outlive
 *          *out, as must request; the array itself need not
 * options  NULL: all zero
 * *out     free with mdoc_selection_free(); NULL after an error. It may be that nothing of it leaves
 *          because nothing is agreed to yet
 *
 * MDOC_ERR_DOCTYPE        no record has a docType that is asked for
 * MDOC_ERR_NOTHING        nothing that is asked is held, or not what a mandatory use case takes
 * MDOC_ERR_AUTHORIZATION  a device claim that keyAuthorizations does not allow, or that the issuer signed
 * MDOC_ERR_MEMORY; the CBOR results for device claims that are none
 */
enum mdoc_result mdoc_select(const struct mdoc_context *context, const struct mdoc_request *request,
	const struct mdoc_held *held, size_t count, const struct mdoc_select_options *options,
	struct mdoc_selection **out, struct mdoc_error *error);

/* NULL is fine. */
void mdoc_selection_free(struct mdoc_selection *selection);

enum mdoc_choice_state {
	MDOC_LEAVES,
	MDOC_NOT_AGREED, /* held and asked for, but not agreed to */
	MDOC_NOT_HELD    /* asked for, but nothing held answers it */
};

/* One line of the consent. */
struct mdoc_choice {
	struct mdoc_bytes ns;
	struct mdoc_bytes element;
	struct mdoc_bytes value;    /* one encoded CBOR item; none: not held */
	struct mdoc_bytes asked_ns; /* the name it was (first) asked for by; none: the caller added it */
	struct mdoc_bytes asked;
	bool retain;        /* the reader intends to keep it */
	bool device_signed; /* said by the holder's device, not by the issuer */
	enum mdoc_choice_state state;
};

/*
 * The documents of a selection, by index; their number does not change.
 *
 * mdoc_selection_held()       index into the records that mdoc_select() was given
 * mdoc_selection_leaves()     whether the document leaves; false: nothing of it is agreed to, or
 * mdoc_selection_too_large()  it has more bytes than the reader's maximumResponseSize, which is taken to
 *                             be of one Document (?)
 * mdoc_selection_size()       bytes of the Document as it is agreed to now, with a signature; issuerAuth with the
 *                             MSO is always part of it. 0: it does not leave, or no memory
 */
size_t mdoc_selection_count(const struct mdoc_selection *selection);
struct mdoc_bytes mdoc_selection_doc_type(const struct mdoc_selection *selection, size_t document);
size_t mdoc_selection_held(const struct mdoc_selection *selection, size_t document);
bool mdoc_selection_leaves(const struct mdoc_selection *selection, size_t document);
bool mdoc_selection_too_large(const struct mdoc_selection *selection, size_t document);
size_t mdoc_selection_size(const struct mdoc_selection *selection, size_t document);

/* The lines of a document: what the issuer signed in the order of the record, what the device signs, what
 * is not held. NULL after the last. */
const struct mdoc_choice *mdoc_selection_choice(const struct mdoc_selection *selection, size_t document, size_t i);

/* A docType that is asked for and has no document here, once each; ptr NULL after the last. */
struct mdoc_bytes mdoc_selection_unanswered(const struct mdoc_selection *selection, size_t i);

/* The document set that was taken for a use case of the request; SIZE_MAX: none. */
size_t mdoc_selection_set(const struct mdoc_selection *selection, size_t use_case);

/*
 * Agree to one line, or take the agreement away. This is naming the element: it is enough for 個人番号.
 * MDOC_ERR_ARG: there is no such line, or nothing held answers it.
 */
enum mdoc_result mdoc_selection_agree(struct mdoc_selection *selection, size_t document, size_t i, bool agreed);

/*
 * Add a line that nobody asked for, signed by the device: a hash of what is being agreed to, say. What the
 * claim points to must outlive the selection.
 *
 * MDOC_ERR_ARG            there is no such document, or the device signs that element already
 * MDOC_ERR_AUTHORIZATION  keyAuthorizations does not allow it, or the issuer signed it
 * MDOC_ERR_MEMORY; the CBOR results for a claim that is none
 */
enum mdoc_result mdoc_selection_add(struct mdoc_selection *selection, size_t document, const struct mdoc_claim *claim,
	struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
