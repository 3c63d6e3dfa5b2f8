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

/* Everything below borrows from the parsed input. */
struct mdoc_item {
	struct mdoc_bytes tagged; /* the whole #6.24(bstr …): what the digest covers */
	struct mdoc_bytes inner;
	uint64_t digest_id;
	struct mdoc_bytes random;
	struct mdoc_bytes element; /* elementIdentifier, text */
	struct mdoc_bytes value;   /* elementValue, one encoded item */
	size_t offset;             /* of `tagged` in the input */
};

struct mdoc_namespace {
	struct mdoc_bytes name;
	struct mdoc_item *items;
	size_t count;
};

struct mdoc_mso {
	struct mdoc_bytes version;
	enum mdoc_digest_alg digest_alg;
	struct mdoc_node value_digests; /* {namespace: {digestID: digest}} */
	struct mdoc_public_key device_key;
	struct mdoc_node key_authorizations; /* absent when there are none */
	struct mdoc_bytes doc_type;
	int64_t signed_, valid_from, valid_until;
	struct mdoc_node status; /* second edition; absent when there is none */
	struct mdoc_cbor *scan;
};

struct mdoc_issuer_signed {
	struct mdoc_bytes input;
	struct mdoc_namespace *namespaces;
	size_t count;
	struct mdoc_sign1 issuer_auth;
	struct mdoc_mso mso;
	struct mdoc_cbor *scan; /* NULL when it belongs to an outer structure */
};

/*
 * Parse IssuerSigned: structure only, no signature and no digest. nameSpaces may be absent.
 * `input` must outlive *out; free with mdoc_issuer_signed_clear(). On failure *out is empty.
 */
enum mdoc_result mdoc_issuer_signed_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_issuer_signed *out, struct mdoc_error *error);

/* The same for an IssuerSigned inside a scan (of a DeviceResponse). */
enum mdoc_result mdoc_issuer_signed_from_node(const struct mdoc_context *context, struct mdoc_node node,
	const char *path, struct mdoc_issuer_signed *out, struct mdoc_error *error);
void mdoc_issuer_signed_clear(struct mdoc_issuer_signed *is);

const struct mdoc_namespace *mdoc_find_namespace(const struct mdoc_issuer_signed *is, struct mdoc_bytes name);
const struct mdoc_item *mdoc_find_item(const struct mdoc_namespace *ns, struct mdoc_bytes element);

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

struct mdoc_issue {
	struct mdoc_bytes doc_type;
	const struct mdoc_claim *claims; /* any order; element names unique in a namespace */
	size_t claim_count;
	struct mdoc_public_key device_key;
	enum mdoc_digest_alg digest_alg;
	int64_t signed_, valid_from, valid_until;
	const struct mdoc_bytes *x5chain; /* DS first, without the IACA */
	size_t x5chain_count;
	const struct mdoc_signer *signer;
};

/*
 * One IssuerSigned with fresh randoms and shuffled digest ids (R-REC-01, R-REC-03), appended to
 * out; nothing is appended unless the result is MDOC_OK.
 *
 * MDOC_ERR_ARG       no docType, certificate or claim, or an element twice
 * MDOC_ERR_VALIDITY  times out of order
 * MDOC_ERR_KEY       the device key is no point of its curve
 * MDOC_ERR_CALLBACK  the signer or the random source refused
 * the CBOR results   a claim's value is not one item, a name not UTF-8
 */
enum mdoc_result mdoc_issuer_signed_build(const struct mdoc_context *context, const struct mdoc_issue *issue,
	struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
