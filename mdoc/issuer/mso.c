/*
 * mdoc/issuer/mso.c: MobileSecurityObject (ISO/IEC 18013-5, 9.1.2.4).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/issuer/mso.h"
#include <string.h>

static const char *const digests[] = {
	[MDOC_SHA256] = "SHA-256",
	[MDOC_SHA384] = "SHA-384",
	[MDOC_SHA512] = "SHA-512",
};

#define DIGEST_COUNT (sizeof(digests) / sizeof(digests[0]))

const char *
mdoci_digest_text(enum mdoc_digest_alg alg)
{
	return digests[alg];
}

/* Namespaces with maps of integer keys to byte strings; how many there are is bounded. */
static enum mdoc_result
check_value_digests(struct mdoc_node map, const char *path, struct mdoc_error *error)
{
	struct mdoc_node node = mdoc_node_first(map), id;
	struct mdoc_bytes bytes;
	size_t count = 0;
	uint64_t number;

	if (!mdoc_node_present(node))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(map), path, "valueDigests with a namespace");
	while (mdoc_node_present(node)) {
		if (!mdoc_node_tstr(node, &bytes))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a namespace as text");
		node = mdoc_node_next(node);
		if (mdoc_node_type(node) != MDOC_CBOR_MAP)
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a map of digests");
		count += mdoc_node_count(node);
		if (count > mdoci_limit(map, MDOC_LIMIT_ITEMS))
			return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(node), path, "at most %zu digests",
				mdoci_limit(map, MDOC_LIMIT_ITEMS));
		id = mdoc_node_first(node);
		while (mdoc_node_present(id)) {
			if (!mdoc_node_uint(id, &number))
				return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(id), path, "a digest id");
			id = mdoc_node_next(id);
			if (!mdoc_node_bstr(id, &bytes))
				return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(id), path,
					"a digest as a byte string");
			id = mdoc_node_next(id);
		}
		node = mdoc_node_next(node);
	}
	return MDOC_OK;
}

static enum mdoc_result
read_digest_alg(struct mdoc_node map, const char *path, struct mdoc_mso *mso, struct mdoc_error *error)
{
	struct mdoc_bytes text;
	enum mdoc_result res;
	size_t i = 0;

	res = mdoci_member_text(map, "digestAlgorithm", path, &text, error);
	if (res != MDOC_OK)
		return res;
	while (i < DIGEST_COUNT && !mdoc_bytes_is_text(text, digests[i]))
		i++;
	if (i == DIGEST_COUNT)
		return mdoci_fail(error, MDOC_ERR_ALGORITHM, mdoc_node_offset(mdoc_map_text(map, "digestAlgorithm")),
			path, "digestAlgorithm SHA-256, SHA-384 or SHA-512");
	mso->digest_alg = (enum mdoc_digest_alg)i;
	return MDOC_OK;
}

static enum mdoc_result
read_device_key(const struct mdoc_context *context, struct mdoc_node map, const char *path, struct mdoc_mso *mso,
	struct mdoc_error *error)
{
	struct mdoc_node info, key;
	char inner[MDOCI_PATH_MAX];
	enum mdoc_result res;

	mdoci_path(inner, path, "deviceKeyInfo");
	res = mdoci_member(map, "deviceKeyInfo", MDOC_CBOR_MAP, path, &info, error);
	if (res != MDOC_OK)
		return res;
	res = mdoci_member(info, "deviceKey", MDOC_CBOR_MAP, inner, &key, error);
	if (res != MDOC_OK)
		return res;
	res = mdoc_key_parse(context, key, &mso->device_key, error);
	if (res != MDOC_OK) {
		mdoci_error_prefix(error, inner);
		return res;
	}
	mso->key_authorizations = mdoc_map_text(info, "keyAuthorizations");
	if (mdoc_node_present(mso->key_authorizations))
		return mdoci_want(mso->key_authorizations, MDOC_CBOR_MAP, inner, error);
	return MDOC_OK;
}

static enum mdoc_result
read_validity(struct mdoc_node map, const char *path, struct mdoc_mso *mso, struct mdoc_error *error)
{
	const struct {
		const char *name;
		int64_t *when;
	} times[] = {
		{ "signed", &mso->signed_ },
		{ "validFrom", &mso->valid_from },
		{ "validUntil", &mso->valid_until },
	};
	char inner[MDOCI_PATH_MAX], leaf[MDOCI_PATH_MAX];
	struct mdoc_node info, node;
	enum mdoc_result res;

	mdoci_path(inner, path, "validityInfo");
	res = mdoci_member(map, "validityInfo", MDOC_CBOR_MAP, path, &info, error);
	for (size_t i = 0; res == MDOC_OK && i < sizeof(times) / sizeof(times[0]); i++) {
		mdoci_path(leaf, inner, "%s", times[i].name);
		res = mdoci_member(info, times[i].name, MDOC_CBOR_TAG, inner, &node, error);
		if (res == MDOC_OK)
			res = mdoc_tdate_read(node, leaf, times[i].when, error);
	}
	return res;
}

static enum mdoc_result
read_mso(const struct mdoc_context *context, struct mdoc_node map, const char *path, struct mdoc_mso *mso,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(map, "version", path, &mso->version, error);
	if (res == MDOC_OK)
		res = read_digest_alg(map, path, mso, error);
	if (res == MDOC_OK)
		res = mdoci_member(map, "valueDigests", MDOC_CBOR_MAP, path, &mso->value_digests, error);
	if (res == MDOC_OK)
		res = check_value_digests(mso->value_digests, path, error);
	if (res == MDOC_OK)
		res = read_device_key(context, map, path, mso, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(map, "docType", path, &mso->doc_type, error);
	if (res == MDOC_OK)
		res = read_validity(map, path, mso, error);
	if (res == MDOC_OK)
		mso->status = mdoc_map_text(map, "status");
	return res;
}

enum mdoc_result
mdoci_mso_parse(const struct mdoc_context *context, const struct mdoc_sign1 *issuer_auth, const char *path,
	struct mdoc_mso *mso, struct mdoc_error *error)
{
	const struct mdoc_bytes whole = mdoc_node_span(issuer_auth->node);
	char inner[MDOCI_PATH_MAX];
	struct mdoc_cbor *payload = NULL;
	enum mdoc_result res;
	size_t offset;

	memset(mso, 0, sizeof(*mso));
	mdoci_path(inner, path, "issuerAuth.payload");
	if (issuer_auth->payload.ptr == NULL)
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(issuer_auth->node), inner,
			"the mobile security object as payload");
	offset = mdoc_node_offset(issuer_auth->node) + (size_t)(issuer_auth->payload.ptr - whole.ptr);
	res = mdoc_cbor_scan(context, issuer_auth->payload, offset, &payload, error);
	if (res != MDOC_OK) {
		mdoci_error_prefix(error, inner);
		return res;
	}
	res = mdoci_scan_embedded(mdoc_cbor_root(payload), inner, &mso->scan, error);
	if (res == MDOC_OK)
		res = read_mso(context, mdoc_cbor_root(mso->scan), inner, mso, error);
	mdoc_cbor_free(payload);
	return res;
}

void
mdoci_mso_clear(struct mdoc_mso *mso)
{
	mdoc_cbor_free(mso->scan);
	memset(mso, 0, sizeof(*mso));
}
