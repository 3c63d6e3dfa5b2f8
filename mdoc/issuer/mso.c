/*
 * mdoc/issuer/mso.c: MobileSecurityObject (ISO/IEC 18013-5, 9.1.2.4).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/issuer/mso.h"
#include <openssl/evp.h>
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
	return (size_t)alg < DIGEST_COUNT ? digests[alg] : NULL;
}

static int
by_name(const void *a, const void *b)
{
	return mdoci_bytes_order(((const struct mdoci_digest_space *)a)->name,
		((const struct mdoci_digest_space *)b)->name);
}

static int
by_id(const void *a, const void *b)
{
	const uint64_t x = ((const struct mdoci_digest *)a)->id, y = ((const struct mdoci_digest *)b)->id;

	return (x > y) - (x < y);
}

bool
mdoci_mso_digest(const struct mdoc_mso *mso, struct mdoc_bytes ns, uint64_t id, struct mdoc_bytes *digest)
{
	const struct mdoci_digest_space name = { ns, NULL, 0 };
	const struct mdoci_digest key = { id, MDOC_NO_BYTES };
	const struct mdoci_digest_space *space = NULL;
	const struct mdoci_digest *found = NULL;

	if (mso->space_count > 0)
		space = bsearch(&name, mso->spaces, mso->space_count, sizeof(*mso->spaces), by_name);
	if (space != NULL && space->count > 0)
		found = bsearch(&key, space->digests, space->count, sizeof(*space->digests), by_id);
	if (found != NULL)
		*digest = found->digest;
	return found != NULL;
}

/* One namespace of valueDigests. */
static enum mdoc_result
read_digests(struct mdoc_node map, const char *path, struct mdoci_digest_space *space, struct mdoc_error *error)
{
	const size_t count = mdoc_node_count(map);
	struct mdoc_node node = mdoc_node_first(map);

	if (count == 0)
		return MDOC_OK;
	space->digests = calloc(count, sizeof(*space->digests));
	if (space->digests == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(map), path, "memory");
	for (; mdoc_node_present(node); node = mdoc_node_next(node)) {
		struct mdoci_digest *digest = &space->digests[space->count++];

		if (!mdoc_node_uint(node, &digest->id))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a digest id");
		node = mdoc_node_next(node);
		if (!mdoc_node_bstr(node, &digest->digest))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path,
				"a digest as a byte string");
	}
	qsort(space->digests, space->count, sizeof(*space->digests), by_id);
	return MDOC_OK;
}

/* Namespaces with maps of integer keys to byte strings; how many there are is bounded. */
static enum mdoc_result
read_value_digests(struct mdoc_node map, const char *path, struct mdoc_mso *mso, struct mdoc_error *error)
{
	const size_t limit = mdoci_limit(map, MDOC_LIMIT_ITEMS);
	struct mdoc_node node = mdoc_node_first(map);
	enum mdoc_result res = MDOC_OK;
	size_t count = 0;

	if (!mdoc_node_present(node))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(map), path, "valueDigests with a namespace");
	if (mdoc_node_count(map) > limit)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(map), path, "fewer namespaces");
	mso->spaces = calloc(mdoc_node_count(map), sizeof(*mso->spaces));
	if (mso->spaces == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(map), path, "memory");
	for (; res == MDOC_OK && mdoc_node_present(node); node = mdoc_node_next(node)) {
		struct mdoci_digest_space *space = &mso->spaces[mso->space_count++];

		if (!mdoc_node_tstr(node, &space->name))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a namespace as text");
		node = mdoc_node_next(node);
		if (mdoc_node_type(node) != MDOC_CBOR_MAP)
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a map of digests");
		count += mdoc_node_count(node);
		if (count > limit)
			return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(node), path, "at most %zu digests",
				limit);
		res = read_digests(node, path, space, error);
	}
	if (res == MDOC_OK)
		qsort(mso->spaces, mso->space_count, sizeof(*mso->spaces), by_name);
	return res;
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

/* Absent, or a map. */
static enum mdoc_result
read_optional_map(struct mdoc_node map, const char *key, const char *path, struct mdoc_node *value,
	struct mdoc_error *error)
{
	char inner[MDOCI_PATH_MAX];

	*value = mdoc_map_text(map, key);
	if (!mdoc_node_present(*value))
		return MDOC_OK;
	mdoci_path(inner, path, "%s", key);
	return mdoci_want(*value, MDOC_CBOR_MAP, inner, error);
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
	res = mdoc_key_parse(context, key, &mso->device_key, &mso->device_pkey, error);
	if (res != MDOC_OK) {
		mdoci_error_prefix(error, inner);
		return res;
	}
	res = read_optional_map(info, "keyAuthorizations", inner, &mso->key_authorizations, error);
	if (res == MDOC_OK)
		res = read_optional_map(info, "keyInfo", inner, &mso->key_info, error);
	return res;
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
	if (res != MDOC_OK)
		return res;
	node = mdoc_map_text(info, "expectedUpdate");
	mso->has_expected_update = mdoc_node_present(node);
	if (!mso->has_expected_update)
		return MDOC_OK;
	mdoci_path(leaf, inner, "expectedUpdate");
	return mdoc_tdate_read(node, leaf, &mso->expected_update, error);
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
		res = read_value_digests(mso->value_digests, path, mso, error);
	if (res == MDOC_OK)
		res = read_device_key(context, map, path, mso, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(map, "docType", path, &mso->doc_type, error);
	if (res == MDOC_OK)
		res = read_validity(map, path, mso, error);
	if (res == MDOC_OK)
		mso->status = mdoc_map_text(map, "status"); /* mdoc_status_read() says what is wrong with it */
	return res;
}

enum mdoc_result
mdoci_mso_parse(const struct mdoc_context *context, const struct mdoc_sign1 *issuer_auth, const char *path,
	struct mdoc_mso *mso, struct mdoc_error *error)
{
	char inner[MDOCI_PATH_MAX];
	struct mdoc_cbor *payload = NULL;
	enum mdoc_result res;

	memset(mso, 0, sizeof(*mso));
	mdoci_path(inner, path, "issuerAuth.payload");
	if (issuer_auth->payload.ptr == NULL)
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(issuer_auth->node), inner,
			"the mobile security object as payload");
	res = mdoci_scan_content(issuer_auth->payload_node, inner, &payload, error);
	if (res != MDOC_OK)
		return res;
	res = mdoci_scan_embedded(mdoc_cbor_root(payload), inner, &mso->scan, error);
	if (res == MDOC_OK)
		res = read_mso(context, mdoc_cbor_root(mso->scan), inner, mso, error);
	mdoci_scan_leave(payload, issuer_auth->node); /* the MSO may be a joined string of it */
	return res;
}

void
mdoci_mso_clear(struct mdoc_mso *mso)
{
	for (size_t i = 0; i < mso->space_count; i++)
		free(mso->spaces[i].digests);
	free(mso->spaces);
	EVP_PKEY_free(mso->device_pkey);
	mdoc_cbor_free(mso->scan);
	memset(mso, 0, sizeof(*mso));
}
