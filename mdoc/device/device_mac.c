/*
 * mdoc/device/device_mac.c: deviceMac (ISO/IEC 18013-5, 9.1.3.5).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/device_signed.h>
#include <mdoc/japan.h>
#include "mdoc/session/derive.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define EMAC_INFO "EMacKey"

static const uint8_t hmac_256[] = { 0xa1, 0x01, 0x05 }; /* {1: 5}, HMAC 256/256 */

bool
mdoc_doc_type_takes_mac(struct mdoc_bytes doc_type)
{
	return mdoc_profile_takes_mac(mdoc_profile_find(doc_type));
}

static enum mdoc_result
emac_key(const struct mdoc_context *context, struct mdoc_bytes transcript, struct mdoc_bytes shared,
	uint8_t key[MDOCI_MAC_LEN])
{
	uint8_t salt[MDOCI_SALT_LEN];
	const enum mdoc_result res = mdoci_session_salt(context, transcript, salt);

	return res == MDOC_OK ? mdoci_session_key(context, salt, shared, EMAC_INFO, key) : res;
}

enum mdoc_result
mdoci_device_mac(const struct mdoc_context *context, struct mdoc_bytes transcript,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_bytes protected_, struct mdoc_bytes shared,
	uint8_t tag[MDOCI_MAC_LEN])
{
	struct mdoc_buf mac_structure = MDOC_BUF_EMPTY;
	uint8_t key[MDOCI_MAC_LEN] = { 0 };
	size_t len = 0;
	enum mdoc_result res = emac_key(context, transcript, shared, key);

	if (res != MDOC_OK)
		goto out;
	mdoc_put_array(&mac_structure, 4);
	mdoc_put_text(&mac_structure, "MAC0");
	mdoc_put_bstr(&mac_structure, protected_);
	mdoc_put_bstr(&mac_structure, MDOC_NO_BYTES);
	mdoc_put_bstr(&mac_structure, device_authentication_bytes);
	res = mac_structure.err;
	if (res != MDOC_OK)
		goto out;
	if (EVP_Q_mac(mdoc_context_libctx(context), "HMAC", NULL, "SHA256", NULL, key, sizeof(key), mac_structure.ptr,
		    mac_structure.len, tag, MDOCI_MAC_LEN, &len) == NULL ||
		len != MDOCI_MAC_LEN)
		res = MDOC_ERR_CRYPTO;
out:
	OPENSSL_cleanse(key, sizeof(key));
	mdoc_buf_clear(&mac_structure);
	return res;
}

static void
put_device_signed(struct mdoc_buf *buf, struct mdoc_bytes namespaces_bytes, const uint8_t tag[MDOCI_MAC_LEN])
{
	mdoc_put_map(buf, 2);
	mdoc_put_text(buf, "nameSpaces");
	mdoc_put_raw(buf, namespaces_bytes);
	mdoc_put_text(buf, "deviceAuth");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "deviceMac");
	mdoc_put_array(buf, 4);
	mdoc_put_bstr(buf, mdoc_bytes_of(hmac_256, sizeof(hmac_256)));
	mdoc_put_map(buf, 0);
	mdoc_put_null(buf);
	mdoc_put_bstr(buf, mdoc_bytes_of(tag, MDOCI_MAC_LEN));
}

enum mdoc_result
mdoc_device_mac_put(const struct mdoc_context *context, struct mdoc_buf *buf,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_bytes namespaces_bytes, struct mdoc_bytes transcript,
	struct mdoc_bytes shared)
{
	uint8_t tag[MDOCI_MAC_LEN];
	enum mdoc_result res = mdoci_device_mac(context, transcript, device_authentication_bytes,
		mdoc_bytes_of(hmac_256, sizeof(hmac_256)), shared, tag);

	if (res != MDOC_OK)
		return res;
	put_device_signed(buf, namespaces_bytes, tag);
	return buf->err;
}

size_t
mdoc_device_mac_size(struct mdoc_bytes namespaces_bytes)
{
	static const uint8_t tag[MDOCI_MAC_LEN];
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	size_t size;

	put_device_signed(&buf, namespaces_bytes, tag);
	size = buf.err == MDOC_OK ? buf.len : 0;
	mdoc_buf_clear(&buf);
	return size;
}
