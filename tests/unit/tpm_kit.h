/*
 * tests/unit/tpm_kit.h: what the tests of tokens/tpm/ share: a TPM, a device, and a few commands with it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_TPM_KIT_H
#define TESTS_UNIT_TPM_KIT_H

#include <CUnit/CUnit.h>

#include "tests/unit/swtpm.h"
#include "tokens/tpm/device.h"

/* One list of tests a file, ended by CU_TEST_INFO_NULL. */
extern CU_TestInfo tests_tpm_kdf[], tests_tpm_device[], tests_tpm_line[], tests_tpm_faults[];

extern OSSL_LIB_CTX *kit_libctx;
extern struct seal_ctx *kit_seal;

/* A device at that TCTI, or a failed test. */
struct tpm *kit_tpm(const char *tcti);

/*
 * Inside a job.
 *
 * kit_nv_define    an ordinary index of 32 bytes with this authValue, written and read by it
 * kit_nv_written   its Name from when it has been written
 * kit_nv_write     over the HMAC session, encrypted
 * kit_nv_read      the same way
 * kit_key          an ECC P-256 signing key under the storage root key; policy NULL: by its (empty) authValue
 * kit_sign         with the password session, or (policy) with a policy session that is satisfied already
 */
TSS2_RC kit_nv_define(struct tpm *tpm, TPM2_HANDLE index, const char *value, struct tpm_ref *nv);
void kit_nv_written(struct tpm_ref *nv);
TSS2_RC kit_nv_undefine(struct tpm *tpm, const struct tpm_ref *nv);
TSS2_RC kit_nv_write(struct tpm *tpm, const struct tpm_ref *nv, struct secret value, const uint8_t data[32]);
TSS2_RC kit_nv_read(struct tpm *tpm, const struct tpm_ref *nv, struct secret value, uint8_t data[32]);
TSS2_RC kit_key(struct tpm *tpm, const TPM2B_DIGEST *policy, struct tpm_blob *blob);
TSS2_RC kit_policy_secret(struct tpm *tpm, const struct tpm_ref *what, struct secret value, struct tpm_session *policy);
TSS2_RC kit_sign(struct tpm *tpm, const struct tpm_ref *key, struct tpm_session *policy, TPMT_SIGNATURE *signature);

/* Is it one of the TPM, by this public area, over 32 bytes of 0x5a? */
bool kit_verifies(const TPMT_PUBLIC *area, const TPMT_SIGNATURE *signature);

/* authPolicy of PolicySecret(name). */
void kit_policy_of(const TPM2B_NAME *name, TPM2B_DIGEST *policy);

struct secret kit_value(const char *text);

/* How many objects and sessions are in the TPM, seen by another client than ours (which has to have let go). -1: no
 * answer. */
int kit_left(void);

#endif
