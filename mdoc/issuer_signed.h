/*
 * mdoc/issuer_signed.h: IssuerSigned and the MSO, parsed, checked and built.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_ISSUER_SIGNED_H
#define MDOC_ISSUER_SIGNED_H

#include <mdoc/cose.h>
#include <mdoc/validity.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDOC_RANDOM_MIN 16 /* bytes of IssuerSignedItem.random */
#define MDOC_RANDOM_LEN 32 /* what we issue */

struct mdoc_issuer_signed; /* IssuerSigned: namespaces with items, and issuerAuth */
struct mdoc_namespace;     /* one namespace of it, in the order received */
struct mdoc_item;          /* one IssuerSignedItem */
struct mdoc_mso;           /* MobileSecurityObject, the payload of issuerAuth */

/*
 * Parse IssuerSigned (18013-5, 8.3.2.1.2.2): structure only, no signature and no digest. nameSpaces may be
 * absent or empty: nothing was disclosed.
 *
 * input  bare, untagged; must outlive *out, which borrows from it
 * *out   free with mdoc_issuer_signed_free(); NULL after an error
 *
 * The CBOR results; MDOC_ERR_TYPE, MISSING, VALUE, SIZE (MDOC_LIMIT_ITEMS), ALGORITHM, KEY
 */
enum mdoc_result mdoc_issuer_signed_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_issuer_signed **out, struct mdoc_error *error);

/* NULL is fine. Not for one that belongs to a DeviceResponse. */
void mdoc_issuer_signed_free(struct mdoc_issuer_signed *is);

/*
 * The parts of an IssuerSigned; all live as long as it does.
 *
 * mdoc_issuer_signed_bytes()       it as received
 * mdoc_issuer_signed_count()       how many namespaces it discloses; 0 when nameSpaces is absent
 * mdoc_issuer_signed_namespace()   one of them by index; NULL after the last
 */
struct mdoc_bytes mdoc_issuer_signed_bytes(const struct mdoc_issuer_signed *is);
const struct mdoc_mso *mdoc_issuer_signed_mso(const struct mdoc_issuer_signed *is);
const struct mdoc_sign1 *mdoc_issuer_signed_auth(const struct mdoc_issuer_signed *is);
size_t mdoc_issuer_signed_count(const struct mdoc_issuer_signed *is);
const struct mdoc_namespace *mdoc_issuer_signed_namespace(const struct mdoc_issuer_signed *is, size_t i);

/* A namespace by name; NULL: there is none. */
const struct mdoc_namespace *mdoc_find_namespace(const struct mdoc_issuer_signed *is, struct mdoc_bytes name);

/* The parts of a namespace; an index after the last item gives NULL. */
struct mdoc_bytes mdoc_namespace_name(const struct mdoc_namespace *ns);
size_t mdoc_namespace_count(const struct mdoc_namespace *ns);
const struct mdoc_item *mdoc_namespace_item(const struct mdoc_namespace *ns, size_t i);

/* An item by elementIdentifier; NULL: there is none. */
const struct mdoc_item *mdoc_find_item(const struct mdoc_namespace *ns, struct mdoc_bytes element);

/*
 * The parts of an IssuerSignedItem.
 *
 * mdoc_item_bytes()    the whole #6.24(bstr …) as received: what the digest covers
 * mdoc_item_offset()   where that stands in the caller's input
 * mdoc_item_element()  elementIdentifier, text
 * mdoc_item_value()    elementValue, one encoded CBOR item
 */
struct mdoc_bytes mdoc_item_bytes(const struct mdoc_item *item);
size_t mdoc_item_offset(const struct mdoc_item *item);
uint64_t mdoc_item_digest_id(const struct mdoc_item *item);
struct mdoc_bytes mdoc_item_random(const struct mdoc_item *item);
struct mdoc_bytes mdoc_item_element(const struct mdoc_item *item);
struct mdoc_bytes mdoc_item_value(const struct mdoc_item *item);

/*
 * The members of an MSO (9.1.2.4). Times are seconds since the epoch.
 *
 * mdoc_mso_value_digests()       {namespace: {digestID: digest}}
 * mdoc_mso_key_authorizations()  deviceKeyInfo.keyAuthorizations, a map; absent when there are none
 * mdoc_mso_key_info()            deviceKeyInfo.keyInfo, a map; absent when there is none
 * mdoc_mso_expected_update()     validityInfo.expectedUpdate; false: there is none
 * mdoc_mso_root()                the whole map, for keys that are reserved for future use
 */
struct mdoc_bytes mdoc_mso_version(const struct mdoc_mso *mso);
struct mdoc_bytes mdoc_mso_doc_type(const struct mdoc_mso *mso);
enum mdoc_digest_alg mdoc_mso_digest_alg(const struct mdoc_mso *mso);
struct mdoc_node mdoc_mso_value_digests(const struct mdoc_mso *mso);
const struct mdoc_public_key *mdoc_mso_device_key(const struct mdoc_mso *mso);
struct mdoc_node mdoc_mso_key_authorizations(const struct mdoc_mso *mso);
struct mdoc_node mdoc_mso_key_info(const struct mdoc_mso *mso);
int64_t mdoc_mso_signed(const struct mdoc_mso *mso);
int64_t mdoc_mso_valid_from(const struct mdoc_mso *mso);
int64_t mdoc_mso_valid_until(const struct mdoc_mso *mso);
bool mdoc_mso_expected_update(const struct mdoc_mso *mso, int64_t *when);
struct mdoc_node mdoc_mso_root(const struct mdoc_mso *mso);

/* The second edition's MSO.status, of any type, for mdoc_status_read(); absent when there is none. */
struct mdoc_node mdoc_mso_status(const struct mdoc_mso *mso);

/* One item against the MSO: MDOC_OK, MDOC_ERR_DIGEST (absent or different), MDOC_ERR_VALUE (random too short). */
enum mdoc_result mdoc_item_check(const struct mdoc_context *context, const struct mdoc_issuer_signed *is,
	const struct mdoc_namespace *ns, const struct mdoc_item *item);

/* All items, digest ids and element names unique; the first failure with its place. */
enum mdoc_result mdoc_issuer_signed_check_digests(const struct mdoc_context *context,
	const struct mdoc_issuer_signed *is, struct mdoc_error *error);

/* ---- Building (issuer) ---- */

struct mdoc_claim {
	struct mdoc_bytes ns;      /* text */
	struct mdoc_bytes element; /* text */
	struct mdoc_bytes value;   /* one encoded CBOR item */
};

/* What a device key may sign or MAC of its own (deviceKeyInfo.keyAuthorizations). */
struct mdoc_key_authorization {
	struct mdoc_bytes ns;              /* text; each once */
	const struct mdoc_bytes *elements; /* text; each once */
	size_t element_count;              /* 0: the whole namespace */
};

struct mdoc_status;

/* Zeroed members mean: none, or the default. Everything is borrowed. */
struct mdoc_issue {
	struct mdoc_bytes doc_type;
	const struct mdoc_claim *claims; /* any order; element names unique in a namespace, as the profile has them */
	size_t claim_count;
	struct mdoc_public_key device_key; /* of any curve that mdoc_put_key() writes */
	enum mdoc_digest_alg digest_alg;
	int64_t signed_, valid_from, valid_until; /* seconds since the epoch */
	int64_t expected_update;                  /* validityInfo.expectedUpdate; 0: none */
	const struct mdoc_key_authorization *authorizations;
	size_t authorization_count;
	struct mdoc_bytes key_info;       /* deviceKeyInfo.keyInfo: an encoded map with integers as keys */
	const struct mdoc_status *status; /* MSO.status, of the second edition; another one in each copy */
	enum mdoc_edition edition;
	const struct mdoc_bytes *x5chain; /* DS first, without the IACA */
	size_t x5chain_count;
	const struct mdoc_signer *signer;
};

/*
 * One IssuerSigned with fresh randoms and shuffled digest ids (R-REC-01, R-REC-03), appended to
 * out; nothing is appended unless the result is MDOC_OK. Items stand in the order of the claims.
 *
 * MDOC_ERR_ARG       no docType, certificate, signer or claim; an element, or a name in authorizations,
 *                    twice; a status in the edition of 2021
 * MDOC_ERR_VALIDITY  times out of order, or longer than the docType's profile allows (japan.h)
 * MDOC_ERR_ELEMENT   an element that the docType's profile does not name, or whose value is not as it says
 *                    (mdoc_profile_check_claim(); R-MIN-01); path and expected tell which and why
 * MDOC_ERR_KEY       the device key is no point of its curve; or it, or the signer's, is on a curve that the
 *                    docType's profile does not take (mdoc_profile_takes_curve(); R-CRY-01)
 * MDOC_ERR_CALLBACK  the signer or the random source refused
 * the CBOR results   a claim's value is not one item, a name not UTF-8; MDOC_ERR_TYPE: key_info is no such map
 */
enum mdoc_result mdoc_issuer_signed_build(const struct mdoc_context *context, const struct mdoc_issue *issue,
	struct mdoc_buf *out, struct mdoc_error *error);

struct mdoc_template; /* what the copies of one record have in common; several threads may issue from it */

/*
 * Check an issue once and encode what all its copies share: a batch of copies costs less than as many calls of
 * mdoc_issuer_signed_build().
 *
 * context  borrowed, as is everything that issue points to, until mdoc_template_free()
 * issue    its status is not looked at; its device_key may be zero, or the first copy's: keys of the same curve
 *          are checked faster then
 * *out     free with mdoc_template_free(); NULL after an error
 *
 * The results of mdoc_issuer_signed_build()
 */
enum mdoc_result mdoc_template_new(const struct mdoc_context *context, const struct mdoc_issue *issue,
	struct mdoc_template **out, struct mdoc_error *error);

/* NULL is fine. */
void mdoc_template_free(struct mdoc_template *made);

/*
 * One copy, as mdoc_issuer_signed_build() makes it.
 *
 * status  NULL: none. A copy that shares its status with another one can be linked to it
 *
 * The results of mdoc_issuer_signed_build()
 */
enum mdoc_result mdoc_template_issue(const struct mdoc_template *of, const struct mdoc_public_key *device_key,
	const struct mdoc_status *status, struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
