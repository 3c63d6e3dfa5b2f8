/* tpm_parts.c: TPM 2.0 structures, Names and policy digests. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include "tools/issuer/tpm_parts.h"

/* Are there bytes at all, and room for what they hold? What is said of a structure that cannot be read is ours to
 * say, and not the library's. */
static bool
begin(struct mdoc_bytes bytes, void *out, size_t size)
{
	static bool hushed;

	if (!hushed)
		(void)setenv("TSS2_LOG", "all+NONE", 0);
	hushed = true;
	memset(out, 0, size);
	return bytes.ptr != NULL;
}

/* The whole input is one structure. */
static enum mdoc_result
filled(TSS2_RC rc, size_t read, struct mdoc_bytes bytes)
{
	return rc == TSS2_RC_SUCCESS && read == bytes.len ? MDOC_OK : MDOC_ERR_MALFORMED;
}

static enum mdoc_result
name_of(const struct mdoc_context *context, TPMI_ALG_HASH alg, struct mdoc_bytes area, uint8_t name[PART_NAME_LEN])
{
	uint8_t digest[MDOC_DIGEST_MAX];
	enum mdoc_result res;
	size_t len;

	if (alg != TPM2_ALG_SHA256)
		return MDOC_ERR_ALGORITHM;
	res = mdoc_digest(context, MDOC_SHA256, area, digest, &len);
	if (res != MDOC_OK)
		return res;
	name[0] = (uint8_t)(alg >> 8);
	name[1] = (uint8_t)alg;
	memcpy(name + 2, digest, PART_DIGEST_LEN);
	return MDOC_OK;
}

enum mdoc_result
part_area_parse(struct mdoc_bytes bytes, TPMT_PUBLIC *out)
{
	size_t read = 0;
	TSS2_RC rc;

	if (!begin(bytes, out, sizeof(*out)))
		return MDOC_ERR_MISSING;
	rc = Tss2_MU_TPMT_PUBLIC_Unmarshal(bytes.ptr, bytes.len, &read, out);
	return filled(rc, read, bytes);
}

enum mdoc_result
part_public_parse(const struct mdoc_context *context, struct mdoc_bytes bytes, struct part_public *out)
{
	enum mdoc_result res = part_area_parse(bytes, &out->area);

	return res != MDOC_OK ? res : name_of(context, out->area.nameAlg, bytes, out->name);
}

enum mdoc_result
part_index_parse(const struct mdoc_context *context, struct mdoc_bytes bytes, struct part_index *out)
{
	enum mdoc_result res;
	size_t read = 0;
	TSS2_RC rc;

	if (!begin(bytes, out, sizeof(*out)))
		return MDOC_ERR_MISSING;
	rc = Tss2_MU_TPMS_NV_PUBLIC_Unmarshal(bytes.ptr, bytes.len, &read, &out->area);
	res = filled(rc, read, bytes);
	return res != MDOC_OK ? res : name_of(context, out->area.nameAlg, bytes, out->name);
}

enum mdoc_result
part_attest_parse(struct mdoc_bytes bytes, TPMS_ATTEST *out)
{
	size_t read = 0;
	TSS2_RC rc;

	if (!begin(bytes, out, sizeof(*out)))
		return MDOC_ERR_MISSING;
	rc = Tss2_MU_TPMS_ATTEST_Unmarshal(bytes.ptr, bytes.len, &read, out);
	return filled(rc, read, bytes);
}

/* A number without its leading zeros, or with them, at full length. */
static bool
padded(const TPM2B_ECC_PARAMETER *number, uint8_t *out, size_t len)
{
	if (number->size > len)
		return false;
	memset(out, 0, len - number->size);
	memcpy(out + len - number->size, number->buffer, number->size);
	return true;
}

enum mdoc_result
part_signature_parse(struct mdoc_bytes bytes, uint8_t sig[2 * PART_DIGEST_LEN])
{
	TPMT_SIGNATURE signature;
	enum mdoc_result res;
	size_t read = 0;
	TSS2_RC rc;

	if (!begin(bytes, &signature, sizeof(signature)))
		return MDOC_ERR_MISSING;
	rc = Tss2_MU_TPMT_SIGNATURE_Unmarshal(bytes.ptr, bytes.len, &read, &signature);
	res = filled(rc, read, bytes);
	if (res != MDOC_OK)
		return res;
	if (signature.sigAlg != TPM2_ALG_ECDSA || signature.signature.ecdsa.hash != TPM2_ALG_SHA256)
		return MDOC_ERR_ALGORITHM;
	return padded(&signature.signature.ecdsa.signatureR, sig, PART_DIGEST_LEN) &&
			padded(&signature.signature.ecdsa.signatureS, sig + PART_DIGEST_LEN, PART_DIGEST_LEN)
		? MDOC_OK
		: MDOC_ERR_MALFORMED;
}

enum mdoc_result
part_public_key(const struct mdoc_context *context, const TPMT_PUBLIC *area, struct mdoc_public_key *key)
{
	static const struct {
		TPM2_ECC_CURVE tpm;
		enum mdoc_curve curve;
	} curves[] = {
		{ TPM2_ECC_NIST_P256, MDOC_CURVE_P256 },
		{ TPM2_ECC_NIST_P384, MDOC_CURVE_P384 },
		{ TPM2_ECC_NIST_P521, MDOC_CURVE_P521 },
	};
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;
	size_t size;

	memset(key, 0, sizeof(*key));
	for (size_t i = 0; area->type == TPM2_ALG_ECC && i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].tpm == area->parameters.eccDetail.curveID)
			key->curve = curves[i].curve;
	if (key->curve == MDOC_CURVE_NONE)
		return MDOC_ERR_KEY;
	size = mdoc_curve_size(key->curve);
	key->point[0] = 4;
	key->point_len = 1 + 2 * size;
	if (!padded(&area->unique.ecc.x, key->point + 1, size) ||
		!padded(&area->unique.ecc.y, key->point + 1 + size, size))
		return MDOC_ERR_KEY;
	res = mdoc_key_to_evp(context, key, &pkey); /* refuses points that are not on the curve */
	EVP_PKEY_free(pkey);
	return res;
}

bool
part_equal(const BYTE *bytes, UINT16 size, const uint8_t *expected, size_t len)
{
	return size == len && memcmp(bytes, expected, len) == 0;
}

/* digest = H(digest || code || more) */
static enum mdoc_result
extend(const struct mdoc_context *context, struct part_policy *policy, TPM2_CC code, struct mdoc_bytes more)
{
	const uint8_t number[] = { (uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code };
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	uint8_t digest[MDOC_DIGEST_MAX];
	enum mdoc_result res;
	size_t len;

	mdoc_buf_append(&text, mdoc_bytes_of(policy->digest, PART_DIGEST_LEN));
	mdoc_buf_append(&text, mdoc_bytes_of(number, sizeof(number)));
	mdoc_buf_append(&text, more);
	res = text.err == MDOC_OK ? mdoc_digest(context, MDOC_SHA256, mdoc_buf_bytes(&text), digest, &len) : text.err;
	if (res == MDOC_OK)
		memcpy(policy->digest, digest, PART_DIGEST_LEN);
	mdoc_buf_clear(&text);
	return res;
}

/* The second digest is over the first and policyRef, which is empty. */
static enum mdoc_result
extend_twice(const struct mdoc_context *context, struct part_policy *policy, TPM2_CC code, const uint8_t *name)
{
	uint8_t digest[MDOC_DIGEST_MAX];
	enum mdoc_result res;
	size_t len;

	res = extend(context, policy, code, mdoc_bytes_of(name, PART_NAME_LEN));
	if (res == MDOC_OK)
		res = mdoc_digest(context, MDOC_SHA256, mdoc_bytes_of(policy->digest, PART_DIGEST_LEN), digest, &len);
	if (res == MDOC_OK)
		memcpy(policy->digest, digest, PART_DIGEST_LEN);
	return res;
}

enum mdoc_result
part_policy_secret(const struct mdoc_context *context, struct part_policy *policy, const uint8_t name[PART_NAME_LEN])
{
	return extend_twice(context, policy, TPM2_CC_PolicySecret, name);
}

enum mdoc_result
part_policy_command(const struct mdoc_context *context, struct part_policy *policy, TPM2_CC code)
{
	const uint8_t number[] = { (uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code };

	return extend(context, policy, TPM2_CC_PolicyCommandCode, mdoc_bytes_of(number, sizeof(number)));
}

enum mdoc_result
part_policy_authorize(const struct mdoc_context *context, struct part_policy *policy, const uint8_t name[PART_NAME_LEN])
{
	memset(policy, 0, sizeof(*policy)); /* what was approved takes the place of what was there */
	return extend_twice(context, policy, TPM2_CC_PolicyAuthorize, name);
}

enum mdoc_result
part_policy_or(const struct mdoc_context *context, struct part_policy *policy, const struct part_policy *branches,
	size_t count)
{
	memset(policy, 0, sizeof(*policy));
	return extend(context, policy, TPM2_CC_PolicyOR, mdoc_bytes_of(branches, count * sizeof(*branches)));
}
