/*
 * mdoc/device/device_mac.c: deviceMac (ISO/IEC 18013-5, 9.1.3.5).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/device/device_signed_internal.h"
#include "mdoc/session/derive.h"
#include <mdoc/japan.h>
#include <openssl/crypto.h>

#define EMAC_INFO "EMacKey"

bool
mdoc_doc_type_takes_mac(struct mdoc_bytes doc_type)
{
	return mdoc_profile_takes_mac(mdoc_profile_find(doc_type));
}

enum mdoc_result
mdoci_emac_key(const struct mdoc_context *context, struct mdoc_bytes transcript, struct mdoc_bytes shared,
	uint8_t key[MDOC_MAC_LEN])
{
	uint8_t salt[MDOCI_SALT_LEN];
	const enum mdoc_result res = mdoci_session_salt(context, transcript, salt);

	return res == MDOC_OK ? mdoci_session_key(context, salt, shared, EMAC_INFO, key) : res;
}

static enum mdoc_result
put_device_signed(const struct mdoc_context *context, struct mdoc_buf *buf, struct mdoc_bytes namespaces_bytes,
	const uint8_t key[MDOC_MAC_LEN], struct mdoc_bytes device_authentication_bytes)
{
	const size_t before = buf->len;
	enum mdoc_result res;

	mdoc_put_map(buf, 2);
	mdoc_put_text(buf, "nameSpaces");
	mdoc_put_raw(buf, namespaces_bytes);
	mdoc_put_text(buf, "deviceAuth");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "deviceMac");
	res = mdoc_mac0_put(context, buf, key, device_authentication_bytes);
	if (res != MDOC_OK && buf->err == MDOC_OK)
		mdoci_buf_truncate(buf, before);
	return res;
}

enum mdoc_result
mdoc_device_mac_put(const struct mdoc_context *context, struct mdoc_buf *buf,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_bytes namespaces_bytes, struct mdoc_bytes transcript,
	struct mdoc_bytes shared)
{
	uint8_t key[MDOC_MAC_LEN] = { 0 };
	enum mdoc_result res = mdoci_emac_key(context, transcript, shared, key);

	if (res == MDOC_OK)
		res = put_device_signed(context, buf, namespaces_bytes, key, device_authentication_bytes);
	OPENSSL_cleanse(key, sizeof(key));
	return res;
}

enum mdoc_result
mdoc_device_mac_agree(const struct mdoc_context *context, struct mdoc_buf *buf,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_bytes namespaces_bytes, struct mdoc_bytes transcript,
	const struct mdoc_agreement *agreement, const struct mdoc_public_key *reader_key)
{
	uint8_t shared[MDOC_SHARED_MAX] = { 0 };
	size_t len = 0;
	enum mdoc_result res = mdoc_agree(agreement, reader_key, shared, &len);

	if (res == MDOC_OK)
		res = mdoc_device_mac_put(context, buf, device_authentication_bytes, namespaces_bytes, transcript,
			mdoc_bytes_of(shared, len));
	OPENSSL_cleanse(shared, sizeof(shared));
	return res;
}

size_t
mdoc_device_mac_size(struct mdoc_bytes namespaces_bytes)
{
	static const uint8_t key[MDOC_MAC_LEN];
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	size_t size = 0;

	if (put_device_signed(NULL, &buf, namespaces_bytes, key, MDOC_NO_BYTES) == MDOC_OK)
		size = buf.len;
	mdoc_buf_clear(&buf);
	return size;
}
