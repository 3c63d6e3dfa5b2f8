/*
 * tokens/tpm/attest_ek.c: the endorsement key and the certificate that the TPM's maker has left beside it (TCG EK
 * Credential Profile, appendix B).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/attest_priv.h"
#include "tokens/tpm/blob.h"
#include "tokens/tpm/nv.h"
#include "tokens/tpm/policy.h"

#define CHUNK 512 /* bytes of NV that are read at a time: any TPM gives as many */

/* policy: of PolicySecret(endorsement) alone (PolicyA), or with another way beside it (PolicyB). Only the keys with
 * PolicyA need a session of it: the others may be used by their value, which is empty. */
struct ek_template {
	TPM2_HANDLE certificate;
	bool by_policy;
	enum token_curve curve; /* TOKEN_CURVE_NONE: RSA */
	TPMT_PUBLIC area;
};

#define EK_ATTRIBUTES \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
		TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)

#define POLICY_A_SHA256 \
	{ \
		.size = 32, .buffer = { \
			0x83, \
			0x71, \
			0x97, \
			0x67, \
			0x44, \
			0x84, \
			0xb3, \
			0xf8, \
			0x1a, \
			0x90, \
			0xcc, \
			0x8d, \
			0x46, \
			0xa5, \
			0xd7, \
			0x24, \
			0xfd, \
			0x52, \
			0xd7, \
			0x6e, \
			0x06, \
			0x52, \
			0x0b, \
			0x64, \
			0xf2, \
			0xa1, \
			0xda, \
			0x1b, \
			0x33, \
			0x14, \
			0x69, \
			0xaa \
		} \
	}
#define POLICY_B_SHA384 \
	{ \
		.size = 48, .buffer = { \
			0xb2, \
			0x6e, \
			0x7d, \
			0x28, \
			0xd1, \
			0x1a, \
			0x50, \
			0xbc, \
			0x53, \
			0xd8, \
			0x82, \
			0xbc, \
			0xf5, \
			0xfd, \
			0x3a, \
			0x1a, \
			0x07, \
			0x41, \
			0x48, \
			0xbb, \
			0x35, \
			0xd3, \
			0xb4, \
			0xe4, \
			0xcb, \
			0x1c, \
			0x0a, \
			0xd9, \
			0xbd, \
			0xe4, \
			0x19, \
			0xca, \
			0xcb, \
			0x47, \
			0xba, \
			0x09, \
			0x69, \
			0x96, \
			0x46, \
			0x15, \
			0x0f, \
			0x9f, \
			0xc0, \
			0x00, \
			0xf3, \
			0xf8, \
			0x0e, \
			0x12 \
		} \
	}
#define AES(BITS) \
	{ \
		.algorithm = TPM2_ALG_AES, .keyBits.aes = (BITS), .mode.aes = TPM2_ALG_CFB \
	}
#define ECC_PARAMETERS(CURVE, BITS) \
	{ \
		.symmetric = AES(BITS), .scheme.scheme = TPM2_ALG_NULL, .curveID = (CURVE), \
		.kdf.scheme = TPM2_ALG_NULL \
	}

/* L-2, H-3 and L-1, in the order in which we like them. Zeros in `unique` are part of the low ones. */
static const struct ek_template templates[] = {
	{ .certificate = 0x01c0000a,
		.by_policy = true,
		.curve = TOKEN_P256,
		.area = { .type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = EK_ATTRIBUTES,
			.authPolicy = POLICY_A_SHA256,
			.parameters.eccDetail = ECC_PARAMETERS(TPM2_ECC_NIST_P256, 128),
			.unique.ecc = { .x.size = 32, .y.size = 32 } } },
	{ .certificate = 0x01c00016,
		.curve = TOKEN_P384,
		.area = { .type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA384,
			.objectAttributes = EK_ATTRIBUTES | TPMA_OBJECT_USERWITHAUTH,
			.authPolicy = POLICY_B_SHA384,
			.parameters.eccDetail = ECC_PARAMETERS(TPM2_ECC_NIST_P384, 256) } },
	{ .certificate = 0x01c00002,
		.by_policy = true,
		.area = { .type = TPM2_ALG_RSA,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = EK_ATTRIBUTES,
			.authPolicy = POLICY_A_SHA256,
			.parameters.rsaDetail = { .symmetric = AES(128),
				.scheme.scheme = TPM2_ALG_NULL,
				.keyBits = 2048 },
			.unique.rsa.size = 256 } },
};
#define TEMPLATES (sizeof(templates) / sizeof(templates[0]))

/* Has the TPM itself said no? */
static bool
refused(TSS2_RC rc)
{
	return rc != TSS2_RC_SUCCESS && (rc & TSS2_RC_LAYER_MASK) == TSS2_TPM_RC_LAYER;
}

/* The endorsement hierarchy's authorisation is empty, or it is not for us to use. */
static enum token_result
hierarchy_result(TSS2_RC rc)
{
	const enum token_result res = tpm_result(rc);

	return res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED ? TOKEN_ERR_OWNER_AUTH : res;
}

/* ---- Certificates in NV ---------------------------------------------------------------- */

/* The maker lets everybody read them. */
static TSS2_RC
read_chunk(struct tpm *tpm, const struct tpm_ref *index, size_t offset, size_t len, uint8_t *out)
{
	const struct tpm_ref *const refs[] = { index, index };
	const struct tpm_auth empty = { .value = SECRET_NONE };
	TPM2B_MAX_NV_BUFFER data = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_NV_Read_Prepare(tpm_sys(tpm), index->handle, index->handle, (UINT16)len, (UINT16)offset);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 2, &empty, 1);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_NV_Read_Complete(tpm_sys(tpm), &data);
	if (rc == TSS2_RC_SUCCESS && data.size != len)
		rc = TSS2_SYS_RC_GENERAL_FAILURE;
	if (rc == TSS2_RC_SUCCESS)
		memcpy(out, data.buffer, len);
	return rc;
}

/* What there is at a handle; *len 0: nothing that could be a certificate. */
static TSS2_RC
read_index(struct tpm *tpm, TPM2_HANDLE handle, uint8_t bytes[EK_CERTIFICATE_MAX], size_t *len)
{
	struct tpm_ref index = { .handle = handle };
	TPMS_NV_PUBLIC area = { 0 };
	TSS2_RC rc;

	*len = 0;
	rc = tpm_nv_public(tpm, handle, &area);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_nv_name(tpm_seal(tpm), &area, &index.name);
	if (rc == TSS2_RC_SUCCESS && area.dataSize > EK_CERTIFICATE_MAX)
		return TSS2_RC_SUCCESS;
	for (size_t at = 0; at < area.dataSize && rc == TSS2_RC_SUCCESS; at += CHUNK)
		rc = read_chunk(tpm, &index, at, area.dataSize - at < CHUNK ? area.dataSize - at : CHUNK, bytes + at);
	if (rc == TSS2_RC_SUCCESS)
		*len = area.dataSize;
	return refused(rc) ? TSS2_RC_SUCCESS : rc;
}

/* An index may be longer than the certificate in it. */
static enum token_result
take_certificate(OSSL_LIB_CTX *libctx, const uint8_t *bytes, size_t len, struct backend_bytes *out, X509 **parsed)
{
	X509 *certificate = X509_new_ex(libctx, NULL);
	const unsigned char *at = bytes;
	enum token_result res = TOKEN_OK;

	if (certificate == NULL)
		return TOKEN_ERR_MEMORY;
	if (len == 0 || d2i_X509(&certificate, &at, (long)len) == NULL)
		goto out;
	res = TOKEN_ERR_MEMORY;
	out->ptr = malloc((size_t)(at - bytes));
	if (out->ptr == NULL)
		goto out;
	out->len = (size_t)(at - bytes);
	memcpy(out->ptr, bytes, out->len);
	*parsed = certificate;
	certificate = NULL;
	res = TOKEN_OK;
out:
	X509_free(certificate);
	return res;
}

/* The certificate of a template's key, if any: then *parsed is to be freed too. */
static enum token_result
find_certificate(struct tpm *tpm, const struct ek_template *template, struct backend_bytes *out, X509 **parsed)
{
	uint8_t bytes[EK_CERTIFICATE_MAX];
	size_t len = 0;
	TSS2_RC rc;

	*out = (struct backend_bytes){ NULL, 0 };
	*parsed = NULL;
	rc = read_index(tpm, template->certificate, bytes, &len);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(rc);
	return take_certificate(seal_ctx_libctx(tpm_seal(tpm)), bytes, len, out, parsed);
}

/* ---- Is it this key's? ----------------------------------------------------------------- */

static bool
same_point(const struct ek_template *template, const TPMT_PUBLIC *area, X509 *certificate)
{
	uint8_t point[TOKEN_POINT_MAX], own[TOKEN_INFO_MAX];
	unsigned char *certified = NULL;
	size_t own_len = 0;
	int len;
	bool same;

	if (tpm_point(&area->unique.ecc, token_curve_size(template->curve), point))
		own_len = token_public_info(template->curve, point, token_curve_point_size(template->curve), own);
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &certified);
	same = len > 0 && own_len == (size_t)len && memcmp(own, certified, own_len) == 0;
	OPENSSL_free(certified);
	return same;
}

static bool
same_modulus(const TPMT_PUBLIC *area, X509 *certificate)
{
	const EVP_PKEY *pkey = X509_get0_pubkey(certificate);
	BIGNUM *own = BN_bin2bn(area->unique.rsa.buffer, area->unique.rsa.size, NULL), *certified = NULL;
	bool same;

	same = own != NULL && pkey != NULL && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &certified) == 1 &&
		BN_cmp(own, certified) == 0;
	BN_free(own);
	BN_free(certified);
	return same;
}

static bool
is_of(const struct ek_template *template, const TPMT_PUBLIC *area, X509 *certificate)
{
	return template->curve == TOKEN_CURVE_NONE ? same_modulus(area, certificate)
						   : same_point(template, area, certificate);
}

/* ---- The key --------------------------------------------------------------------------- */

static TSS2_RC
make_primary(struct tpm *tpm, const struct ek_template *template, struct ek *ek)
{
	const struct tpm_ref endorsement = tpm_permanent(TPM2_RH_ENDORSEMENT);
	const struct tpm_ref *const refs[] = { &endorsement };
	const struct tpm_auth empty = { .value = SECRET_NONE };
	const TPM2B_PUBLIC wanted = { .publicArea = template->area };
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION no_pcr = { 0 };
	TPM2B_PUBLIC made = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_CreatePrimary_Prepare(tpm_sys(tpm), TPM2_RH_ENDORSEMENT, &sensitive, &wanted, &outside, &no_pcr);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, &empty, 1);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_CreatePrimary_Complete(tpm_sys(tpm), &ek->object.handle, &made, NULL, NULL, NULL,
			&ek->object.name);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	ek->template = template;
	ek->area = made.publicArea;
	return rc;
}

/* With `certified` only a key with a certificate of its own; *made says whether it is there. */
static enum token_result
try_template(struct tpm *tpm, const struct ek_template *template, bool certified, struct ek *ek, bool *made)
{
	X509 *parsed = NULL;
	enum token_result res = TOKEN_OK;
	TSS2_RC rc;

	*made = false;
	if (certified) {
		res = find_certificate(tpm, template, &ek->certificate, &parsed);
		if (res != TOKEN_OK || parsed == NULL)
			return res;
	}
	rc = make_primary(tpm, template, ek);
	if (rc == TSS2_RC_SUCCESS)
		*made = parsed == NULL || is_of(template, &ek->area, parsed);
	else if (!refused(rc) || hierarchy_result(rc) == TOKEN_ERR_OWNER_AUTH)
		res = hierarchy_result(rc);
	if (!*made)
		ek_clear(tpm, ek);
	X509_free(parsed);
	return res;
}

enum token_result
ek_make(struct tpm *tpm, struct ek *ek)
{
	enum token_result res = TOKEN_OK;
	bool made = false;

	*ek = (struct ek){ 0 };
	for (size_t i = 0; i < TEMPLATES && res == TOKEN_OK && !made; i++)
		res = try_template(tpm, &templates[i], true, ek, &made);
	for (size_t i = 0; i < TEMPLATES && res == TOKEN_OK && !made; i++)
		res = try_template(tpm, &templates[i], false, ek, &made);
	return res == TOKEN_OK && !made ? TOKEN_ERR_DEVICE : res;
}

void
ek_clear(struct tpm *tpm, struct ek *ek)
{
	if (ek->template != NULL)
		(void)tpm_flush(tpm, ek->object.handle);
	free(ek->certificate.ptr);
	*ek = (struct ek){ 0 };
}

enum token_result
ek_certificate(struct tpm *tpm, struct backend_bytes *certificate)
{
	struct ek ek;
	enum token_result res = ek_make(tpm, &ek);

	if (res == TOKEN_OK) {
		*certificate = ek.certificate;
		ek.certificate = (struct backend_bytes){ NULL, 0 };
	}
	ek_clear(tpm, &ek);
	return res;
}

/* ---- Challenges ------------------------------------------------------------------------ */

/* A challenge that is for another pair of keys, or none at all. */
static bool
is_foreign(TSS2_RC rc)
{
	static const TSS2_RC codes[] = { TPM2_RC_INTEGRITY, TPM2_RC_SIZE, TPM2_RC_VALUE, TPM2_RC_INSUFFICIENT,
		TPM2_RC_ECC_POINT };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (tpm_rc_is(rc, codes[i]))
			return true;
	}
	return false;
}

enum token_result
ek_activate(struct tpm *tpm, const struct ek *ek, const struct tpm_ref *ak, const struct challenge *challenge,
	TPM2B_DIGEST *credential)
{
	const struct tpm_ref endorsement = tpm_permanent(TPM2_RH_ENDORSEMENT);
	const struct tpm_ref *const refs[] = { ak, &ek->object };
	struct tpm_auth auths[2] = { { .value = SECRET_NONE, .crypt = TPMA_SESSION_ENCRYPT },
		{ .value = SECRET_NONE } };
	TSS2_RC rc;

	rc = tpm_hmac_session(tpm, &auths[0].session);
	if (rc == TSS2_RC_SUCCESS && ek->template->by_policy)
		rc = tpm_policy_session(tpm, &auths[1].session);
	if (rc == TSS2_RC_SUCCESS && ek->template->by_policy)
		rc = tpm_satisfy_secret(tpm, auths[1].session, &endorsement, SECRET_NONE);
	if (rc != TSS2_RC_SUCCESS)
		return hierarchy_result(rc);
	rc = Tss2_Sys_ActivateCredential_Prepare(tpm_sys(tpm), ak->handle, ek->object.handle, &challenge->credential,
		&challenge->secret);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 2, auths, 2);
	if (is_foreign(rc))
		return TOKEN_ERR_ARG;
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_ActivateCredential_Complete(tpm_sys(tpm), credential);
	return hierarchy_result(rc);
}
