/* cms.c: CMS that is signed, then encrypted. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/cms.h"
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#define FLAGS (CMS_BINARY | CMS_PARTIAL)
#define OVERHEAD ((size_t)256 * 1024) /* certificates, and what is around the content */

static enum mdoc_result
read_certificate(const struct mdoc_context *context, struct mdoc_bytes der, X509 **certificate)
{
	const unsigned char *at = der.ptr;

	*certificate = X509_new_ex(mdoc_context_libctx(context), NULL);
	if (*certificate == NULL)
		return MDOC_ERR_MEMORY;
	if (der.len > MDOC_CERT_MAX || d2i_X509(certificate, &at, (long)der.len) == NULL || at != der.ptr + der.len)
		return MDOC_ERR_CERTIFICATE;
	return MDOC_OK;
}

static BIO *
bio_of(struct mdoc_bytes bytes)
{
	return BIO_new_mem_buf(bytes.ptr != NULL ? (const void *)bytes.ptr : "", (int)bytes.len);
}

static enum mdoc_result
append_bio(BIO *bio, struct mdoc_buf *out)
{
	char *data = NULL;
	const long len = BIO_get_mem_data(bio, &data);

	mdoc_buf_append(out, mdoc_bytes_of(data, (size_t)len));
	return out->err;
}

static enum mdoc_result
append_der(CMS_ContentInfo *cms, struct mdoc_buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const enum mdoc_result res = bio != NULL && i2d_CMS_bio(bio, cms) == 1 ? append_bio(bio, out) : MDOC_ERR_MEMORY;

	BIO_free(bio);
	return res;
}

/* One CMS structure, and nothing after it. */
static enum mdoc_result
parse(const struct mdoc_context *context, struct mdoc_bytes der, int kind, CMS_ContentInfo **cms)
{
	BIO *bio = NULL;
	enum mdoc_result res = MDOC_ERR_MALFORMED;

	if (der.len > CMS_CONTENT_MAX + OVERHEAD)
		return MDOC_ERR_SIZE;
	bio = bio_of(der);
	*cms = CMS_ContentInfo_new_ex(mdoc_context_libctx(context), NULL);
	if (bio == NULL || *cms == NULL)
		res = MDOC_ERR_MEMORY;
	else if (d2i_CMS_bio(bio, cms) != NULL && BIO_pending(bio) == 0 && OBJ_obj2nid(CMS_get0_type(*cms)) == kind)
		res = MDOC_OK;
	BIO_free(bio);
	return res;
}

/* SHA-256 instead of OpenSSL's defaults, which are SHA-1 and PKCS #1 1.5. */
static bool
add_recipient(CMS_ContentInfo *cms, X509 *recipient)
{
	CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, recipient, CMS_USE_KEYID | CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx = info != NULL ? CMS_RecipientInfo_get0_pkey_ctx(info) : NULL;

	if (ctx == NULL)
		return false;
	if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_TRANS)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
			EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0;
	return EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) > 0;
}

enum mdoc_result
cms_encrypt(const struct mdoc_context *context, struct mdoc_bytes content, struct mdoc_bytes recipient,
	struct mdoc_buf *der)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(context);
	BIO *in = NULL;
	CMS_ContentInfo *cms = NULL;
	X509 *certificate = NULL;
	enum mdoc_result res;

	if (content.len > CMS_CONTENT_MAX + OVERHEAD)
		return MDOC_ERR_SIZE;
	ERR_set_mark();
	res = read_certificate(context, recipient, &certificate);
	if (res != MDOC_OK)
		goto out;
	res = MDOC_ERR_CRYPTO;
	in = bio_of(content);
	cms = CMS_encrypt_ex(NULL, in, EVP_aes_256_cbc(), FLAGS, libctx, NULL);
	if (in == NULL || cms == NULL)
		goto out;
	res = MDOC_ERR_KEY;
	if (!add_recipient(cms, certificate) || CMS_final(cms, in, NULL, FLAGS) != 1)
		goto out;
	res = append_der(cms, der);
out:
	ERR_pop_to_mark();
	CMS_ContentInfo_free(cms);
	X509_free(certificate);
	BIO_free(in);
	return res;
}

static enum mdoc_result
sign(const struct mdoc_context *context, struct mdoc_bytes content, EVP_PKEY *signer, struct mdoc_bytes certificate,
	struct mdoc_buf *der)
{
	BIO *in = bio_of(content);
	CMS_ContentInfo *cms = NULL;
	X509 *own = NULL;
	enum mdoc_result res;

	res = in == NULL ? MDOC_ERR_MEMORY : read_certificate(context, certificate, &own);
	if (res != MDOC_OK)
		goto out;
	res = MDOC_ERR_CALLBACK;
	cms = CMS_sign_ex(NULL, NULL, NULL, in, FLAGS, mdoc_context_libctx(context), NULL);
	if (cms == NULL || CMS_add1_signer(cms, own, signer, EVP_sha256(), CMS_NOSMIMECAP | CMS_USE_KEYID) == NULL ||
		CMS_final(cms, in, NULL, FLAGS) != 1)
		goto out;
	res = append_der(cms, der);
out:
	CMS_ContentInfo_free(cms);
	X509_free(own);
	BIO_free(in);
	return res;
}

enum mdoc_result
cms_seal(const struct mdoc_context *context, struct mdoc_bytes content, EVP_PKEY *signer, struct mdoc_bytes certificate,
	struct mdoc_bytes recipient, struct mdoc_buf *der)
{
	struct mdoc_buf signed_ = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	if (content.len > CMS_CONTENT_MAX)
		return MDOC_ERR_SIZE;
	ERR_set_mark();
	res = sign(context, content, signer, certificate, &signed_);
	if (res == MDOC_OK)
		res = cms_encrypt(context, mdoc_buf_bytes(&signed_), recipient, der);
	ERR_pop_to_mark();
	mdoc_buf_clear(&signed_);
	return res;
}

/* Is the CMS for this certificate? */
static bool
is_for(CMS_ContentInfo *cms, X509 *certificate)
{
	STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);
	STACK_OF(CMS_RecipientEncryptedKey) * keys;

	for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
		CMS_RecipientInfo *info = sk_CMS_RecipientInfo_value(infos, i);

		if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_TRANS &&
			CMS_RecipientInfo_ktri_cert_cmp(info, certificate) == 0)
			return true;
		keys = CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE ? CMS_RecipientInfo_kari_get0_reks(info)
									   : NULL;
		for (int k = 0; keys != NULL && k < sk_CMS_RecipientEncryptedKey_num(keys); k++)
			if (CMS_RecipientEncryptedKey_cert_cmp(sk_CMS_RecipientEncryptedKey_value(keys, k),
				    certificate) == 0)
				return true;
	}
	return false;
}

enum mdoc_result
cms_decrypt(const struct mdoc_context *context, struct mdoc_bytes der, EVP_PKEY *key, struct mdoc_bytes certificate,
	struct mdoc_buf *content)
{
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = NULL;
	X509 *own = NULL;
	char *data = NULL;
	enum mdoc_result res;

	ERR_set_mark();
	res = out == NULL ? MDOC_ERR_MEMORY : read_certificate(context, certificate, &own);
	if (res == MDOC_OK)
		res = parse(context, der, NID_pkcs7_enveloped, &cms);
	if (res == MDOC_OK && !is_for(cms, own))
		res = MDOC_ERR_KEY;
	if (res == MDOC_OK)
		res = CMS_decrypt(cms, key, own, NULL, out, CMS_BINARY) == 1 ? append_bio(out, content)
									     : MDOC_ERR_SIGNATURE;
	if (out != NULL && BIO_get_mem_data(out, &data) > 0)
		OPENSSL_cleanse(data, (size_t)BIO_get_mem_data(out, &data));
	ERR_pop_to_mark();
	CMS_ContentInfo_free(cms);
	X509_free(own);
	BIO_free(out);
	return res;
}

/* One signer, whose certificate is inside. */
static enum mdoc_result
verify(CMS_ContentInfo *cms, BIO *out, struct mdoc_buf *signer)
{
	STACK_OF(X509) *signers = NULL;
	enum mdoc_result res = MDOC_ERR_SIGNATURE;
	unsigned char *der = NULL;
	int len = 0;

	if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) != 1 ||
		CMS_verify(cms, NULL, NULL, NULL, out, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return res;
	signers = CMS_get0_signers(cms);
	if (signers != NULL && sk_X509_num(signers) == 1)
		len = i2d_X509(sk_X509_value(signers, 0), &der);
	if (len > 0) {
		mdoc_buf_append(signer, mdoc_bytes_of(der, (size_t)len));
		res = signer->err;
	}
	OPENSSL_free(der);
	sk_X509_free(signers);
	return res;
}

static enum mdoc_result
judge(const struct mdoc_context *context, const struct mdoc_trust *trust, struct mdoc_bytes signer, int64_t when)
{
	struct mdoc_judged judged;
	const enum mdoc_result res = mdoc_trust_judge(context, trust, signer, MDOC_CERT_MESSAGES, 0, when, &judged);

	mdoc_judged_clear(&judged);
	return res;
}

enum mdoc_result
cms_open(const struct mdoc_context *context, struct mdoc_bytes der, EVP_PKEY *key, struct mdoc_bytes certificate,
	const struct mdoc_trust *trust, int64_t when, struct mdoc_buf *content, struct mdoc_buf *signer)
{
	struct mdoc_buf signed_ = MDOC_BUF_EMPTY, by = MDOC_BUF_EMPTY;
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = NULL;
	char *data = NULL;
	enum mdoc_result res;

	ERR_set_mark();
	res = out == NULL ? MDOC_ERR_MEMORY : cms_decrypt(context, der, key, certificate, &signed_);
	/* What decrypts to anything else was not signed. */
	if (res == MDOC_OK && parse(context, mdoc_buf_bytes(&signed_), NID_pkcs7_signed, &cms) != MDOC_OK)
		res = MDOC_ERR_SIGNATURE;
	if (res == MDOC_OK)
		res = verify(cms, out, &by);
	if (res == MDOC_OK)
		res = judge(context, trust, mdoc_buf_bytes(&by), when);
	if (res == MDOC_OK)
		res = append_bio(out, content);
	if (res == MDOC_OK && signer != NULL) {
		mdoc_buf_append(signer, mdoc_buf_bytes(&by));
		res = signer->err;
	}
	if (out != NULL && BIO_get_mem_data(out, &data) > 0)
		OPENSSL_cleanse(data, (size_t)BIO_get_mem_data(out, &data));
	ERR_pop_to_mark();
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	mdoc_buf_clear(&signed_);
	mdoc_buf_clear(&by);
	return res;
}
