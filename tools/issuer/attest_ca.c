/* attest_ca.c: certificates of attestation keys. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include "tools/issuer/attest_ca.h"
#include "tools/issuer/chain.h"

#define COMMON_NAME "TPM attestation key"
#define NAME_MAX_LEN 64 /* RFC 5280: ub-serial-number */

static bool
set_serial(const struct mdoc_context *context, X509 *certificate, uint8_t serial[EVIDENCE_SERIAL_MAX])
{
	BIGNUM *number = NULL;
	bool set = false;

	if (RAND_bytes_ex(mdoc_context_libctx(context), serial, EVIDENCE_SERIAL_MAX, 0) != 1)
		return false;
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and always as long */
	number = BN_bin2bn(serial, EVIDENCE_SERIAL_MAX, NULL);
	set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
	BN_free(number);
	return set;
}

static bool
set_times(X509 *certificate, int64_t from, int64_t to)
{
	return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)from) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)to) != NULL;
}

static bool
set_names(X509 *certificate, X509 *ca, const char *token)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	return X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1 &&
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const unsigned char *)COMMON_NAME, -1,
			-1, 0) == 1 &&
		X509_NAME_add_entry_by_NID(name, NID_serialNumber, MBSTRING_UTF8, (const unsigned char *)token, -1, -1,
			0) == 1;
}

static bool
set_extensions(X509 *certificate, X509 *ca)
{
	static const struct {
		int nid;
		const char *value;
	} rows[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, CHAIN_EKU_AK },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
	};
	X509V3_CTX ctx;
	bool good = true;

	X509V3_set_ctx(&ctx, ca, certificate, NULL, NULL, 0);
	for (size_t i = 0; good && i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, rows[i].nid, rows[i].value);

		good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
		X509_EXTENSION_free(extension);
	}
	return good;
}

/* r || s as OpenSSL's certificates have it. */
static bool
set_signature(X509 *certificate, const uint8_t *sig)
{
	const ASN1_BIT_STRING *place = NULL;
	ECDSA_SIG *parts = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, 32, NULL), *s = BN_bin2bn(sig + 32, 32, NULL);
	unsigned char *der = NULL;
	bool set = false;
	int len = 0;

	if (parts != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(parts, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(parts, &der);
	}
	X509_get0_signature(&place, NULL, certificate);
	if (len > 0) {
		/* OpenSSL has no setter for this; it is part of our own, not yet shared certificate. */
		ASN1_BIT_STRING *bits = (ASN1_BIT_STRING *)(uintptr_t)place;

		set = ASN1_BIT_STRING_set(bits, der, len) == 1;
		bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
		bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	}
	OPENSSL_free(der);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(parts);
	return set;
}

static enum mdoc_result
sign(X509 *certificate, const struct mdoc_signer *signer)
{
	const X509_ALGOR *algorithms[] = { X509_get0_tbs_sigalg(certificate), NULL };
	uint8_t sig[MDOC_SIG_MAX];
	unsigned char *tbs = NULL;
	enum mdoc_result res = MDOC_ERR_MEMORY;
	size_t sig_len = 0;
	int len;

	if (signer->alg != MDOC_ALG_ES256 || signer->curve != MDOC_CURVE_P256)
		return MDOC_ERR_ALGORITHM;
	X509_get0_signature(NULL, &algorithms[1], certificate);
	for (size_t i = 0; i < 2; i++)
		if (X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithms[i], OBJ_nid2obj(NID_ecdsa_with_SHA256),
			    V_ASN1_UNDEF, NULL) != 1)
			return MDOC_ERR_MEMORY;
	len = i2d_re_X509_tbs(certificate, &tbs);
	if (len > 0)
		res = mdoc_sign(signer, mdoc_bytes_of(tbs, (size_t)len), sig, &sig_len);
	if (res == MDOC_OK && !set_signature(certificate, sig))
		res = MDOC_ERR_MEMORY;
	OPENSSL_free(tbs);
	return res;
}

static enum mdoc_result
append_der(const X509 *certificate, struct mdoc_buf *out)
{
	unsigned char *der = NULL;
	const int len = i2d_X509(certificate, &der);

	if (len <= 0)
		return MDOC_ERR_MEMORY;
	mdoc_buf_append(out, mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	return out->err;
}

enum mdoc_result
attest_ca_certify(const struct mdoc_context *context, const struct attest_ca_spec *spec, struct mdoc_buf *out,
	uint8_t serial[EVIDENCE_SERIAL_MAX])
{
	X509 *certificate = NULL, *ca = NULL;
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	if (spec->token[0] == '\0' || strlen(spec->token) > NAME_MAX_LEN)
		return MDOC_ERR_VALUE;
	ERR_set_mark();
	res = mdoc_key_to_evp(context, &spec->key, &pkey);
	if (res != MDOC_OK)
		goto out;
	ca = chain_decode(context, spec->ca);
	res = MDOC_ERR_CERTIFICATE;
	if (ca == NULL)
		goto out;
	res = MDOC_ERR_CRYPTO;
	certificate = X509_new_ex(mdoc_context_libctx(context), NULL);
	if (certificate == NULL || X509_set_version(certificate, X509_VERSION_3) != 1 ||
		X509_set_pubkey(certificate, pkey) != 1 || !set_serial(context, certificate, serial) ||
		!set_times(certificate, spec->not_before, spec->not_after))
		goto out;
	res = MDOC_ERR_VALUE;
	if (!set_names(certificate, ca, spec->token))
		goto out;
	res = set_extensions(certificate, ca) ? sign(certificate, spec->signer) : MDOC_ERR_CERTIFICATE;
	if (res == MDOC_OK)
		res = append_der(certificate, out);
out:
	X509_free(certificate);
	X509_free(ca);
	EVP_PKEY_free(pkey);
	ERR_pop_to_mark();
	return res;
}

static enum evidence_result
result_of(enum chain_result res)
{
	switch (res) {
	case CHAIN_OK:
		return EVIDENCE_OK;
	case CHAIN_MEMORY:
		return EVIDENCE_MEMORY;
	case CHAIN_UNTRUSTED:
		return EVIDENCE_CHAIN;
	case CHAIN_VALIDITY:
		return EVIDENCE_VALIDITY;
	default:
		return EVIDENCE_CERTIFICATE;
	}
}

enum evidence_result
attest_ca_check(const struct mdoc_context *context, struct mdoc_bytes ca, struct mdoc_bytes der, int64_t now,
	struct mdoc_public_key *key, uint8_t serial[EVIDENCE_SERIAL_MAX], size_t *serial_len)
{
	const struct chain_rules rules = { &ca, 1, CHAIN_EKU_AK, now };
	X509 *certificate = NULL;
	const ASN1_INTEGER *number;
	enum evidence_result res;

	res = result_of(chain_check(context, der, &rules, &certificate));
	if (res != EVIDENCE_OK)
		return res;
	number = X509_get0_serialNumber(certificate);
	*serial_len = (size_t)ASN1_STRING_length(number);
	if (*serial_len > EVIDENCE_SERIAL_MAX || mdoc_key_from_evp(X509_get0_pubkey(certificate), key) != MDOC_OK)
		res = EVIDENCE_CERTIFICATE;
	else
		memcpy(serial, ASN1_STRING_get0_data(number), *serial_len);
	X509_free(certificate);
	return res;
}
