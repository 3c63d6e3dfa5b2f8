/*
 * tpm_parts.h: the TPM 2.0 structures that a holder's evidence is made of, read strictly, and the Names and policy
 * digests that a TPM would compute of them (TPM 2.0 library specification, part 1, "Names" and "Enhanced
 * authorization"; part 2 for the structures; part 3 for what each policy command adds). SHA-256 throughout.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_TPM_PARTS_H
#define ISSUER_TPM_PARTS_H

#include <mdoc/cose.h>
#include <tss2/tss2_tpm2_types.h>

#define PART_DIGEST_LEN 32
#define PART_NAME_LEN (2 + PART_DIGEST_LEN) /* algorithm and digest */

/* A public area and its Name. */
struct part_public {
	TPMT_PUBLIC area;
	uint8_t name[PART_NAME_LEN];
};

/* The public part of an NV index and its Name. */
struct part_index {
	TPMS_NV_PUBLIC area;
	uint8_t name[PART_NAME_LEN];
};

/*
 * Read one structure that fills the bytes.
 *
 * MDOC_ERR_MISSING: there are no bytes (ptr NULL)
 * MDOC_ERR_MALFORMED: it is another structure, ends too early, or something follows it
 * MDOC_ERR_ALGORITHM: a Name by another algorithm than SHA-256, a signature by another than ECDSA with SHA-256
 * MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result part_area_parse(struct mdoc_bytes bytes, TPMT_PUBLIC *out); /* whatever its Name is by */
enum mdoc_result part_public_parse(const struct mdoc_context *context, struct mdoc_bytes bytes,
	struct part_public *out);
enum mdoc_result part_index_parse(const struct mdoc_context *context, struct mdoc_bytes bytes, struct part_index *out);
enum mdoc_result part_attest_parse(struct mdoc_bytes bytes, TPMS_ATTEST *out);
enum mdoc_result part_signature_parse(struct mdoc_bytes bytes, uint8_t sig[2 * PART_DIGEST_LEN]); /* r || s */

/* The key of a public area. MDOC_ERR_KEY: none on P-256, P-384 or P-521, or not a point of its curve. */
enum mdoc_result part_public_key(const struct mdoc_context *context, const TPMT_PUBLIC *area,
	struct mdoc_public_key *key);

/* Do the bytes of a TPM2B equal these? */
bool part_equal(const BYTE *bytes, UINT16 size, const uint8_t *expected, size_t len);

/* A policy session's digest; zeroed is that of a new session. */
struct part_policy {
	uint8_t digest[PART_DIGEST_LEN];
};

/* What TPM2_PolicySecret with an empty policyRef, TPM2_PolicyCommandCode, TPM2_PolicyAuthorize with an empty
 * policyRef and TPM2_PolicyOR make of it. MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO. */
enum mdoc_result part_policy_secret(const struct mdoc_context *context, struct part_policy *policy,
	const uint8_t name[PART_NAME_LEN]);
enum mdoc_result part_policy_command(const struct mdoc_context *context, struct part_policy *policy, TPM2_CC code);
enum mdoc_result part_policy_authorize(const struct mdoc_context *context, struct part_policy *policy,
	const uint8_t name[PART_NAME_LEN]);
enum mdoc_result part_policy_or(const struct mdoc_context *context, struct part_policy *policy,
	const struct part_policy *branches, size_t count);

#endif
