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

/* PolicyA by SHA-256 (PolicySecret of the endorsement hierarchy) and PolicyB by SHA-384 (the same, or what an NV index
 * of the maker says): so that a challenge is opened by the administrator of privacy alone. */
static const uint8_t policy_a[] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5,
	0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa };
static const uint8_t policy_b[] = { 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5, 0xfd,
	0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca,
	0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12 };

static const struct {
	TPMI_ALG_PUBLIC type;
	TPMI_ALG_HASH hash;
	TPMA_OBJECT attributes;
	TPMI_AES_KEY_BITS cipher_bits;
	unsigned kind; /* bits of an RSA key, or the curve */
	const uint8_t *policy;
	size_t policy_len;
} templates[] = {
	{ TPM2_ALG_ECC, TPM2_ALG_SHA256, EK_ATTRIBUTES, 128, TPM2_ECC_NIST_P256, policy_a, sizeof(policy_a) },
	{ TPM2_ALG_ECC, TPM2_ALG_SHA384, EK_ATTRIBUTES | TPMA_OBJECT_USERWITHAUTH, 256, TPM2_ECC_NIST_P384, policy_b,
		sizeof(policy_b) },
	{ TPM2_ALG_RSA, TPM2_ALG_SHA256, EK_ATTRIBUTES, 128, RSA_BITS, policy_a, sizeof(policy_a) },
};

static bool
is_template(const TPMT_PUBLIC *area)
{
	const TPMT_SYM_DEF_OBJECT *cipher = &area->parameters.asymDetail.symmetric;
	const unsigned kind =
		area->type == TPM2_ALG_RSA ? area->parameters.rsaDetail.keyBits : area->parameters.eccDetail.curveID;

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		if (templates[i].type != area->type || templates[i].kind != kind)
			continue;
		return area->nameAlg == templates[i].hash && area->objectAttributes == templates[i].attributes &&
			cipher->algorithm == TPM2_ALG_AES && cipher->keyBits.aes == templates[i].cipher_bits &&
			cipher->mode.aes == TPM2_ALG_CFB &&
			(area->type != TPM2_ALG_RSA || area->unique.rsa.size == RSA_BITS / 8) &&
			part_equal(area->authPolicy.buffer, area->authPolicy.size, templates[i].policy,
				templates[i].policy_len);
	}
	return false;
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
	const struct mdoc_bytes *anchors, size_t count, int64_t now, TPMT_PUBLIC *ek)
{
	const struct chain_rules rules = { anchors, count, CHAIN_EKU_EK, now };
	EVP_PKEY *pkey = NULL;
	X509 *cert = NULL;
	enum ek_result res;

	res = of_part(part_area_parse(area, ek));
	if (res == EK_OK && !is_template(ek))
		res = EK_TEMPLATE;
	if (res == EK_OK)
		res = of_part(credential_key(context, ek, &pkey));
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
