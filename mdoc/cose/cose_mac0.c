/*
 * mdoc/cose/cose_mac0.c: COSE_Mac0 (RFC 9052, 6.2) with HMAC 256/256, as a deviceMac has it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define MAC0_ITEMS 4

static const uint8_t hmac_256[] = { 0xa1, 0x01, 0x05 }; /* {1: 5} */

enum mdoc_result
mdoc_mac0_parse(struct mdoc_node node, const char *path, struct mdoc_mac0 *mac0, struct mdoc_error *error)
{
	struct mdoc_node items[MAC0_ITEMS], item = mdoc_node_first(node);
	struct mdoc_cbor *header = NULL;
	enum mdoc_result res;
	int64_t alg = 0;

	memset(mac0, 0, sizeof(*mac0));
	mac0->node = node;
	if (!mdoc_node_present(node) || mdoc_node_type(node) != MDOC_CBOR_ARRAY || mdoc_node_count(node) != MAC0_ITEMS)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path,
			"an untagged COSE_Mac0, an array of four");
	for (size_t i = 0; i < MAC0_ITEMS; i++, item = mdoc_node_next(item))
		items[i] = item;
	if (mdoc_node_type(items[1]) != MDOC_CBOR_MAP)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[1]), path,
			"a map: the unprotected header");
	if (!mdoc_node_is_null(items[2]) && !mdoc_node_bstr(items[2], &mac0->payload))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[2]), path,
			"a byte string or null: the payload");
	if (!mdoc_node_bstr(items[3], &mac0->tag))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items[3]), path, "a byte string: the tag");
	res = mdoci_cose_header(items[0], path, &header, &alg, error);
	if (res != MDOC_OK)
		return res;
	mdoc_cbor_free(header);
	(void)mdoc_node_bstr(items[0], &mac0->protected_);
	if (alg != MDOC_ALG_HMAC_256 || mac0->tag.len != MDOC_MAC_LEN)
		return mdoci_fail(error, MDOC_ERR_ALGORITHM, mdoc_node_offset(items[0]), path,
			"HMAC 256/256 (5) in the protected header and a tag of 32 bytes");
	if (mdoc_node_present(mdoc_map_int(items[1], MDOCI_COSE_CRIT)))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(items[1]), path,
			"no critical header (2): none is known here");
	if (mdoc_node_present(mdoc_map_int(items[1], MDOCI_COSE_ALG)))
		return mdoci_fail(error, MDOC_ERR_DUPLICATE_KEY, mdoc_node_offset(items[1]), path,
			"alg (1) in one of the two headers only");
	return MDOC_OK;
}

/* HMAC over the MAC_structure. */
static enum mdoc_result
make_tag(const struct mdoc_context *context, const uint8_t key[MDOC_MAC_LEN], struct mdoc_bytes protected_,
	struct mdoc_bytes payload, uint8_t tag[MDOC_MAC_LEN])
{
	struct mdoc_buf structure = MDOC_BUF_EMPTY;
	enum mdoc_result res;
	size_t len = 0;

	mdoc_put_array(&structure, MAC0_ITEMS);
	mdoc_put_text(&structure, "MAC0");
	mdoc_put_bstr(&structure, protected_);
	mdoc_put_bstr(&structure, MDOC_NO_BYTES);
	mdoc_put_bstr(&structure, payload);
	res = structure.err;
	if (res == MDOC_OK &&
		(EVP_Q_mac(mdoc_context_libctx(context), "HMAC", NULL, "SHA256", NULL, key, MDOC_MAC_LEN, structure.ptr,
			 structure.len, tag, MDOC_MAC_LEN, &len) == NULL ||
			len != MDOC_MAC_LEN))
		res = MDOC_ERR_CRYPTO;
	mdoc_buf_clear(&structure);
	return res;
}

enum mdoc_result
mdoc_mac0_verify(const struct mdoc_context *context, const struct mdoc_mac0 *mac0, const uint8_t key[MDOC_MAC_LEN],
	struct mdoc_bytes detached)
{
	uint8_t expected[MDOC_MAC_LEN] = { 0 };
	enum mdoc_result res = make_tag(context, key, mac0->protected_,
		mac0->payload.ptr != NULL ? mac0->payload : detached, expected);

	if (res == MDOC_OK && CRYPTO_memcmp(expected, mac0->tag.ptr, MDOC_MAC_LEN) != 0)
		res = MDOC_ERR_SIGNATURE;
	OPENSSL_cleanse(expected, sizeof(expected));
	return res;
}

enum mdoc_result
mdoc_mac0_put(const struct mdoc_context *context, struct mdoc_buf *buf, const uint8_t key[MDOC_MAC_LEN],
	struct mdoc_bytes detached)
{
	const struct mdoc_bytes header = mdoc_bytes_of(hmac_256, sizeof(hmac_256));
	uint8_t tag[MDOC_MAC_LEN];
	enum mdoc_result res = make_tag(context, key, header, detached, tag);

	if (res != MDOC_OK)
		return res;
	mdoc_put_array(buf, MAC0_ITEMS);
	mdoc_put_bstr(buf, header);
	mdoc_put_map(buf, 0);
	mdoc_put_null(buf);
	mdoc_put_bstr(buf, mdoc_bytes_of(tag, sizeof(tag)));
	return buf->err;
}
