/* ek.c: endorsement keys and their certificates. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include "tools/common/message.h"
#include "tools/issuer/credential.h"
#include "tools/issuer/ek.h"

#define EK_ATTRIBUTES \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
		TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)
#define RSA_BITS 2048

static const char *const sentences[] = {
	[EK_OK] = N_("done"),
	[EK_MEMORY] = N_("out of memory"),
	[EK_CRYPTO] = N_("the cryptographic library failed"),
	[EK_STRUCTURE] = N_("the endorsement key is not the public area of a TPM's key"),
	[EK_TEMPLATE] = N_("the endorsement key was not made from a template of the TCG"),
	[EK_NO_CERTIFICATE] = N_("the TPM holds no certificate of its endorsement key"),
	[EK_CERTIFICATE] = N_("the certificate is not that of an endorsement key"),
	[EK_CHAIN] = N_("no certificate authority that --ek-ca names issued the certificate"),
	[EK_VALIDITY] = N_("the certificate, or one above it, has expired or is not yet valid"),
	[EK_KEY] = N_("the certificate is for another endorsement key"),
};

const char *
ek_sentence(enum ek_result result)
{
	return (size_t)result < sizeof(sentences) / sizeof(sentences[0]) ? sentences[result] : "?";
}

/* PolicySecret of the endorsement hierarchy, whose Name is its handle: what both templates say, so that only the
 * administrator of privacy opens a challenge. */
static enum mdoc_result
template_policy(const struct mdoc_context *context, uint8_t digest[PART_DIGEST_LEN])
{
	static const uint8_t text[PART_DIGEST_LEN + 8] = { [PART_DIGEST_LEN + 2] = TPM2_CC_PolicySecret >> 8,
		[PART_DIGEST_LEN + 3] = TPM2_CC_PolicySecret & 0xFF,
		[PART_DIGEST_LEN + 4] = TPM2_RH_ENDORSEMENT >> 24,
		[PART_DIGEST_LEN + 7] = TPM2_RH_ENDORSEMENT & 0xFF };
	uint8_t room[MDOC_DIGEST_MAX];
	enum mdoc_result res;
	size_t len;

	res = mdoc_digest(context, MDOC_SHA256, mdoc_bytes_of(text, sizeof(text)), room, &len);
	if (res == MDOC_OK)
		res = mdoc_digest(context, MDOC_SHA256, mdoc_bytes_of(room, len), room, &len);
	for (size_t i = 0; res == MDOC_OK && i < PART_DIGEST_LEN; i++)
		digest[i] = room[i];
	return res;
}

static bool
is_template(const TPMT_PUBLIC *area, const uint8_t policy[PART_DIGEST_LEN])
{
	const TPMT_SYM_DEF_OBJECT *cipher = &area->parameters.asymDetail.symmetric;

	if (area->objectAttributes != EK_ATTRIBUTES || cipher->algorithm != TPM2_ALG_AES ||
		cipher->keyBits.aes != 128 || cipher->mode.aes != TPM2_ALG_CFB ||
		!part_equal(area->authPolicy.buffer, area->authPolicy.size, policy, PART_DIGEST_LEN))
		return false;
	if (area->type == TPM2_ALG_RSA)
		return area->parameters.rsaDetail.keyBits == RSA_BITS && area->unique.rsa.size == RSA_BITS / 8;
	return area->type == TPM2_ALG_ECC && area->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256;
}

static enum ek_result
of_part(enum mdoc_result res)
{
	switch (res) {
	case MDOC_OK:
		return EK_OK;
	case MDOC_ERR_MEMORY:
		return EK_MEMORY;
	case MDOC_ERR_CRYPTO:
		return EK_CRYPTO;
	case MDOC_ERR_KEY:
		return EK_TEMPLATE;
	default:
		return EK_STRUCTURE;
	}
}

static enum ek_result
of_chain(enum chain_result res)
{
	switch (res) {
	case CHAIN_OK:
		return EK_OK;
	case CHAIN_MEMORY:
		return EK_MEMORY;
	case CHAIN_UNTRUSTED:
		return EK_CHAIN;
	case CHAIN_VALIDITY:
		return EK_VALIDITY;
	default:
		return EK_CERTIFICATE;
	}
}

enum ek_result
ek_check(const struct mdoc_context *context, struct mdoc_bytes area, struct mdoc_bytes certificate,
	const struct mdoc_bytes *anchors, size_t count, int64_t now, struct part_public *ek)
{
	const struct chain_rules rules = { anchors, count, CHAIN_EKU_EK, now };
	uint8_t policy[PART_DIGEST_LEN];
	EVP_PKEY *pkey = NULL;
	X509 *cert = NULL;
	enum ek_result res;

	res = of_part(part_public_parse(context, area, ek));
	if (res == EK_OK)
		res = of_part(template_policy(context, policy));
	if (res == EK_OK && !is_template(&ek->area, policy))
		res = EK_TEMPLATE;
	if (res == EK_OK)
		res = of_part(credential_key(context, &ek->area, &pkey));
	if (res == EK_OK && certificate.ptr == NULL)
		res = EK_NO_CERTIFICATE;
	if (res == EK_OK)
		res = of_chain(chain_check(context, certificate, &rules, &cert));
	if (res == EK_OK && (X509_get0_pubkey(cert) == NULL || EVP_PKEY_eq(X509_get0_pubkey(cert), pkey) != 1))
		res = EK_KEY;
	X509_free(cert);
	EVP_PKEY_free(pkey);
	return res;
}
