/*
 * mdoc/cose/cose_sign1.c: COSE_Sign1 (RFC 9052, 4.2), read and checked.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"

#include <openssl/evp.h>
#include <string.h>

enum mdoc_result
mdoci_cose_header(struct mdoc_node bstr, const char *path, struct mdoc_cbor **header, int64_t *alg,
	struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root, node;
	struct mdoc_bytes bytes;
	enum mdoc_result res;

	*header = NULL;
	*alg = 0;
	if (!mdoc_node_bstr(bstr, &bytes))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(bstr), path,
			"a byte string: the protected header");
	if (bytes.len == 0) /* how an empty header is written */
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(bstr), path,
			"alg (1) in the protected header");
	res = mdoci_scan_content(bstr, path, &scan, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(scan);
	node = mdoc_map_int(root, MDOCI_COSE_ALG);
	if (mdoc_node_type(root) != MDOC_CBOR_MAP)
		res = mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(root), path, "a map as the protected header");
	else if (!mdoc_node_present(node))
		res = mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(root), path,
			"alg (1) in the protected header");
	else if (mdoc_node_present(mdoc_map_int(root, MDOCI_COSE_CRIT)))
		res = mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(root), path,
			"no critical header (2): none is known here");
	else if (!mdoc_node_int(node, alg) || *alg < INT32_MIN || *alg > INT32_MAX)
		*alg = 0;
	if (res == MDOC_OK)
		*header = scan;
	else
		mdoc_cbor_free(scan);
	return res;
}

/* The array inside the tag, if there may or must be one. */
static enum mdoc_result
untag(struct mdoc_node node, const char *path, enum mdoc_cose_tag want, struct mdoc_node *array,
	struct mdoc_error *error)
{
	struct mdoc_node content = node;
	uint64_t tag = MDOCI_TAG_SIGN1;
	const bool tagged = mdoc_node_tag(node, &tag, &content);

	*array = content;
	if (tag != MDOCI_TAG_SIGN1 || (tagged && want == MDOC_COSE_UNTAGGED) || (!tagged && want == MDOC_COSE_TAGGED) ||
		!mdoc_node_present(content) || mdoc_node_type(content) != MDOC_CBOR_ARRAY ||
		mdoc_node_count(content) != MDOCI_SIGN1_ITEMS)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "%s COSE_Sign1, an array of four",
			want == MDOC_COSE_UNTAGGED         ? "an untagged"
				: want == MDOC_COSE_TAGGED ? "tag 18 around a"
							   : "a");
	return MDOC_OK;
}

/* The four items by their types; the protected header is read later. */
static enum mdoc_result
read_items(struct mdoc_node array, const char *path, struct mdoc_node items[MDOCI_SIGN1_ITEMS],
	struct mdoc_sign1 *sign1, struct mdoc_error *error)
{
	struct mdoc_node item = mdoc_node_first(array);

	for (size_t i = 0; i < MDOCI_SIGN1_ITEMS; i++, item = mdoc_node_next(item))
		items[i] = item;
	if (!mdoc_node_bstr(items[0], &sign1->protected_))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[0]), path,
			"a byte string: the protected header");
	if (mdoc_node_type(items[1]) != MDOC_CBOR_MAP)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[1]), path,
			"a map: the unprotected header");
	if (!mdoc_node_is_null(items[2]) && !mdoc_node_bstr(items[2], &sign1->payload))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[2]), path,
			"a byte string or null: the payload");
	if (!mdoc_node_bstr(items[3], &sign1->signature))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[3]), path,
			"a byte string: the signature");
	sign1->payload_node = items[2];
	return MDOC_OK;
}

static enum mdoc_result
check_certificate(struct mdoc_node node, const char *path, struct mdoc_error *error)
{
	struct mdoc_bytes der;

	if (!mdoc_node_bstr(node, &der) || der.len == 0)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path,
			"x5chain (33): a byte string or an array of them");
	if (der.len > mdoci_limit(node, MDOC_LIMIT_CERTIFICATE))
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(node), path,
			"a certificate of at most %zu bytes", mdoci_limit(node, MDOC_LIMIT_CERTIFICATE));
	return MDOC_OK;
}

/* Absent, one certificate, or an array of some. */
static enum mdoc_result
check_x5chain(struct mdoc_node chain, const char *path, struct mdoc_error *error)
{
	const size_t most = mdoci_limit(chain, MDOC_LIMIT_CERTIFICATES);
	enum mdoc_result res = MDOC_OK;

	if (!mdoc_node_present(chain))
		return MDOC_OK;
	if (mdoc_node_count(chain) == 0 || mdoc_node_type(chain) != MDOC_CBOR_ARRAY)
		return check_certificate(chain, path, error);
	if (mdoc_node_count(chain) > most)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(chain), path, "at most %zu certificates",
			most);
	for (struct mdoc_node item = mdoc_node_first(chain); mdoc_node_present(item) && res == MDOC_OK;
		item = mdoc_node_next(item))
		res = check_certificate(item, path, error);
	return res;
}

/* RFC 9052, 3: a parameter stands in one of the two headers. */
static enum mdoc_result
check_both(struct mdoc_node header, struct mdoc_node unprotected, const char *path, struct mdoc_error *error)
{
	static const int labels[] = { MDOCI_COSE_ALG, MDOCI_COSE_TYP, MDOCI_COSE_X5CHAIN };

	if (mdoc_node_present(mdoc_map_int(unprotected, MDOCI_COSE_CRIT)))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(unprotected), path,
			"no critical header (2): none is known here");
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (mdoc_node_present(mdoc_map_int(header, labels[i])) &&
			mdoc_node_present(mdoc_map_int(unprotected, labels[i])))
			return mdoci_fail(error, MDOC_ERR_DUPLICATE_KEY, mdoc_node_offset(unprotected), path,
				"parameter %d in one of the two headers only", labels[i]);
	return MDOC_OK;
}

/* What the two headers say. */
static enum mdoc_result
read_headers(struct mdoc_node header, struct mdoc_node unprotected, const char *path, enum mdoc_x5chain_place place,
	struct mdoc_sign1 *sign1, struct mdoc_error *error)
{
	const struct mdoc_node type = mdoc_map_int(header, MDOCI_COSE_TYP);
	const enum mdoc_result res = check_both(header, unprotected, path, error);
	uint64_t number;

	if (res != MDOC_OK)
		return res;
	if (mdoc_node_present(type) && !mdoc_node_tstr(type, &sign1->type) && !mdoc_node_uint(type, &number))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(type), path, "typ (16): text or a number");
	if (place != MDOC_X5CHAIN_UNPROTECTED)
		sign1->x5chain = mdoc_map_int(header, MDOCI_COSE_X5CHAIN);
	if (place != MDOC_X5CHAIN_PROTECTED && !mdoc_node_present(sign1->x5chain))
		sign1->x5chain = mdoc_map_int(unprotected, MDOCI_COSE_X5CHAIN);
	return check_x5chain(sign1->x5chain, path, error);
}

enum mdoc_result
mdoci_sign1_read(struct mdoc_node node, const char *path, const struct mdoc_sign1_form *form, struct mdoc_sign1 *sign1,
	struct mdoc_error *error)
{
	static const struct mdoc_sign1_form usual = { MDOC_COSE_UNTAGGED, MDOC_X5CHAIN_UNPROTECTED };
	struct mdoc_node items[MDOCI_SIGN1_ITEMS];
	struct mdoc_cbor *header = NULL;
	enum mdoc_result res;
	int64_t alg = 0;

	memset(sign1, 0, sizeof(*sign1));
	if (form == NULL)
		form = &usual;
	res = untag(node, path, form->tag, &sign1->node, error);
	if (res == MDOC_OK)
		res = read_items(sign1->node, path, items, sign1, error);
	if (res == MDOC_OK)
		res = mdoci_cose_header(items[0], path, &header, &alg, error);
	if (res == MDOC_OK && !mdoci_alg_signs((enum mdoc_alg)alg))
		res = mdoci_fail(error, MDOC_ERR_ALGORITHM, mdoc_node_offset(items[0]), path,
			"alg of ECDSA or EdDSA: ES256, ES384, ES512, EdDSA, or a fully specified one");
	if (res == MDOC_OK)
		res = read_headers(mdoc_cbor_root(header), items[1], path, form->x5chain, sign1, error);
	sign1->alg = (enum mdoc_alg)alg;
	/* It is needed again only for the certificates in it. */
	if (res == MDOC_OK && form->x5chain != MDOC_X5CHAIN_UNPROTECTED)
		sign1->header = header;
	else if (res == MDOC_OK)
		mdoci_scan_leave(header, node);
	else
		mdoc_cbor_free(header);
	return res;
}

void
mdoci_sign1_clear(struct mdoc_sign1 *sign1)
{
	mdoc_cbor_free(sign1->header);
	mdoc_cbor_free(sign1->scan);
	memset(sign1, 0, sizeof(*sign1));
}

enum mdoc_result
mdoc_sign1_parse(const struct mdoc_context *context, struct mdoc_bytes input, const struct mdoc_sign1_form *form,
	struct mdoc_sign1 **sign1, struct mdoc_error *error)
{
	struct mdoc_sign1 *made = calloc(1, sizeof(*made));
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	*sign1 = NULL;
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, 0, "", "memory");
	res = mdoc_cbor_scan(context, input, 0, &scan, error);
	if (res == MDOC_OK)
		res = mdoci_sign1_read(mdoc_cbor_root(scan), "", form, made, error);
	made->scan = scan;
	if (res == MDOC_OK)
		*sign1 = made;
	else
		mdoc_sign1_free(made);
	return res;
}

void
mdoc_sign1_free(struct mdoc_sign1 *sign1)
{
	if (sign1 == NULL)
		return;
	mdoci_sign1_clear(sign1);
	free(sign1);
}

enum mdoc_alg
mdoc_sign1_alg(const struct mdoc_sign1 *sign1)
{
	return sign1->alg;
}

struct mdoc_bytes
mdoc_sign1_payload(const struct mdoc_sign1 *sign1)
{
	return sign1->payload;
}

struct mdoc_bytes
mdoc_sign1_type(const struct mdoc_sign1 *sign1)
{
	return sign1->type;
}

bool
mdoc_sign1_certificate(const struct mdoc_sign1 *sign1, size_t i, struct mdoc_bytes *der)
{
	if (i == 0 && mdoc_node_bstr(sign1->x5chain, der))
		return true;
	return mdoc_node_bstr(mdoc_node_at(sign1->x5chain, i), der);
}

enum mdoc_result
mdoci_sign1_verify(const struct mdoc_context *context, const struct mdoc_sign1 *sign1, enum mdoc_curve curve,
	EVP_PKEY *pkey, const EVP_PKEY_CTX *ready, struct mdoc_bytes detached)
{
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_sig_structure(&tbs, sign1->protected_, sign1->payload.ptr != NULL ? sign1->payload : detached);
	res = tbs.err;
	if (res == MDOC_OK)
		res = mdoci_signature_verify(context, sign1->alg, curve, pkey, ready, mdoc_buf_bytes(&tbs),
			sign1->signature);
	mdoc_buf_clear(&tbs);
	return res;
}

enum mdoc_result
mdoc_sign1_verify_evp(const struct mdoc_context *context, const struct mdoc_sign1 *sign1, enum mdoc_curve curve,
	EVP_PKEY *pkey, struct mdoc_bytes detached)
{
	return mdoci_sign1_verify(context, sign1, curve, pkey, NULL, detached);
}

enum mdoc_result
mdoc_sign1_verify(const struct mdoc_context *context, const struct mdoc_sign1 *sign1, const struct mdoc_public_key *key,
	struct mdoc_bytes detached)
{
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	if (!mdoc_alg_fits(sign1->alg, key->curve))
		return MDOC_ERR_ALGORITHM;
	res = mdoc_key_to_evp(context, key, &pkey);
	if (res == MDOC_OK)
		res = mdoc_sign1_verify_evp(context, sign1, key->curve, pkey, detached);
	EVP_PKEY_free(pkey);
	return res;
}
