/*
 * mdoc/issuer/issuer_signed_internal.h: the inside of IssuerSigned and the MSO. Not installed.
 *
 * Everything here borrows from the parsed input.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_ISSUER_SIGNED_INTERNAL_H
#define MDOC_ISSUER_SIGNED_INTERNAL_H

#include "mdoc/cose/cose_internal.h"
#include <mdoc/issuer_signed.h>

struct mdoc_item {
	struct mdoc_bytes tagged; /* the whole #6.24(bstr …): what the digest covers */
	struct mdoc_bytes inner;
	uint64_t digest_id;
	struct mdoc_bytes random;
	struct mdoc_bytes element; /* elementIdentifier, text */
	struct mdoc_bytes value;   /* elementValue, one encoded item */
	size_t offset;             /* of `tagged` in the input */
	struct mdoci_origin value_origin;
};

struct mdoc_namespace {
	struct mdoc_bytes name;
	struct mdoc_item *items;
	size_t count;
	const struct mdoc_item **by_element; /* the same, sorted, for mdoc_find_item() */
};

/* valueDigests, sorted by namespace and by id: a record of a thousand items is checked in a thousand searches. */
struct mdoci_digest {
	uint64_t id;
	struct mdoc_bytes digest;
};

struct mdoci_digest_space {
	struct mdoc_bytes name;
	struct mdoci_digest *digests;
	size_t count;
};

struct mdoc_mso {
	struct mdoc_bytes version;
	enum mdoc_digest_alg digest_alg;
	struct mdoc_node value_digests; /* {namespace: {digestID: digest}} */
	struct mdoci_digest_space *spaces;
	size_t space_count;
	struct mdoc_public_key device_key;
	EVP_PKEY *device_pkey;               /* the same, owned: made once, to check it */
	struct mdoc_node key_authorizations; /* absent when there are none */
	struct mdoc_node key_info;           /* the same */
	struct mdoc_bytes doc_type;
	int64_t signed_, valid_from, valid_until;
	bool has_expected_update;
	int64_t expected_update;
	struct mdoc_node status; /* second edition; absent when there is none */
	struct mdoc_cbor *scan;
};

struct mdoc_issuer_signed {
	struct mdoc_bytes input;
	struct mdoc_namespace *namespaces;
	size_t count;
	const struct mdoc_namespace **by_name; /* the same, sorted, for mdoc_find_namespace() */
	struct mdoc_sign1 issuer_auth;
	struct mdoc_mso mso;
	struct mdoc_cbor *scan; /* NULL when it belongs to an outer structure */
};

/* mdoc_issuer_signed_parse() for an IssuerSigned inside a scan, which must outlive *out. path: of node. */
enum mdoc_result mdoci_issuer_signed_from_node(const struct mdoc_context *context, struct mdoc_node node,
	const char *path, struct mdoc_issuer_signed **out, struct mdoc_error *error);

#endif
