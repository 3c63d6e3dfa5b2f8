/*
 * mdoc/device/device_mac.c: deviceMac (ISO/IEC 18013-5, 9.1.3.5).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/device_signed.h>
#include <mdoc/japan.h>
#include "mdoc/base/internal.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#define EMAC_INFO "EMacKey"

static const uint8_t hmac_256[] = { 0xa1, 0x01, 0x05 }; /* {1: 5}, HMAC 256/256 */

bool
mdoc_doc_type_takes_mac(struct mdoc_bytes doc_type)
{
	return mdoc_profile_takes_mac(mdoc_profile_find(doc_type));
}

/* The salt covers the tag-24 form of the transcript, though DeviceAuthentication has it bare. */
static bool
transcript_salt(OSSL_LIB_CTX *libctx, struct mdoc_bytes transcript, unsigned char salt[EVP_MAX_MD_SIZE], size_t *len)
{
	struct mdoc_buf tagged = MDOC_BUF_EMPTY;
	bool ok = false;

	mdoc_put_embedded(&tagged, transcript);
	ok = tagged.err == MDOC_OK && EVP_Q_digest(libctx, "SHA256", NULL, tagged.ptr, tagged.len, salt, len) == 1;
	mdoc_buf_clear(&tagged);
	return ok;
}

static enum mdoc_result
emac_key(OSSL_LIB_CTX *libctx, struct mdoc_bytes transcript, struct mdoc_bytes shared, uint8_t key[MDOCI_MAC_LEN])
{
	unsigned char salt[EVP_MAX_MD_SIZE];
	size_t salt_len = 0;
	EVP_KDF *kdf = NULL;
	EVP_KDF_CTX *ctx = NULL;
	OSSL_PARAM params[5];
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (!transcript_salt(libctx, transcript, salt, &salt_len))
		goto out;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)shared.ptr, shared.len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, salt_len);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (char *)EMAC_INFO, strlen(EMAC_INFO));
	params[4] = OSSL_PARAM_construct_end();
	kdf = EVP_KDF_fetch(libctx, OSSL_KDF_NAME_HKDF, NULL);
	ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	if (ctx != NULL && EVP_KDF_derive(ctx, key, MDOCI_MAC_LEN, params) == 1)
		res = MDOC_OK;
out:
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return res;
}

enum mdoc_result
mdoci_device_mac(const struct mdoc_context *context, struct mdoc_bytes transcript,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_bytes protected_, struct mdoc_bytes shared,
	uint8_t tag[MDOCI_MAC_LEN])
{
	struct mdoc_buf mac_structure = MDOC_BUF_EMPTY;
	uint8_t key[MDOCI_MAC_LEN] = { 0 };
	size_t len = 0;
	enum mdoc_result res = emac_key(mdoc_context_libctx(context), transcript, shared, key);

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
