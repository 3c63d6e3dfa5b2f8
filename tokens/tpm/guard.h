/*
 * tokens/tpm/guard.h: what the keys of an area, and whoever attests them, need of its guard.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_GUARD_H
#define TOKENS_TPM_GUARD_H

#include "tokens/backend.h"
#include "tokens/tpm/device.h"

struct tpm_guard; /* area->guard of a tpm_guard area */

/* authPolicy of everything that the PIN opens: PolicySecret(PIN), in an area with an authenticator PolicyOR of
 * PolicySecret(PIN) and PolicySecret(authenticator). */
const TPM2B_DIGEST *tpm_guard_policy(const struct tpm_guard *guard);

/*
 * tpm_do() in the TPM that the area was made with, which is checked before the job: no secret gets anywhere else.
 *
 * TOKEN_ERR_OTHER_DEVICE  another TPM, or one that has been cleared
 */
enum token_result tpm_guard_do(const struct tpm_guard *guard, struct tpm *tpm, tpm_job *job, void *arg);

/*
 * In a job: satisfy that policy in a policy session, once, with the area's auth (backend_area_auth()): one command,
 * with an authenticator two. The TPM counts.
 *
 * TOKEN_ERR_PIN, TOKEN_ERR_PIN_LOCKED, TOKEN_ERR_INDEX_LOST, TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE
 */
enum token_result tpm_guard_authorise(const struct tpm_guard *guard, struct tpm *tpm, struct secret auth,
	struct tpm_session *policy);

/* Is the PIN the authValue of an object, so that wrong ones count for all keys of this TPM (no PIN indices)? */
bool tpm_guard_shares_lockout(const struct tpm_guard *guard);

/*
 * For the evidence. The PIN index's authPolicy is PolicyOR of, in this order,
 *   PolicySecret(SO object), PolicyCommandCode(NV_Write)
 *   PolicySecret(SO object), PolicyCommandCode(NV_ChangeAuth)
 *   PolicyCommandCode(NV_Read)
 *   PolicyCommandCode(NV_Certify)
 *   PolicyAuthorize(authorising key)
 * and an authenticator index's the same without the last. pin and authenticator are as they are once written.
 *
 * so_object   TPM2B_PUBLIC of the SO object
 * authoriser  of the authorising key; NULL where the PIN is an object's
 * pin         NULL where the PIN is an object's
 * pin_object  NULL where the PIN is an index; its authPolicy is PolicySecret(SO object),
 *             PolicyCommandCode(ObjectChangeAuth)
 * authenticator, authenticator_object  NULL: none of that kind
 */
struct tpm_guard_parts {
	const TPM2B_PUBLIC *so_object;
	const TPM2B_PUBLIC *authoriser;
	const TPMS_NV_PUBLIC *pin;
	const struct tpm_blob *pin_object;
	const TPMS_NV_PUBLIC *authenticator;
	const struct tpm_blob *authenticator_object;
};
void tpm_guard_parts(const struct tpm_guard *guard, struct tpm_guard_parts *parts);

/* In a job: a policy session that one NV_Certify of the PIN index or the authenticator's is authorised by. */
enum token_result tpm_guard_may_certify(const struct tpm_guard *guard, struct tpm *tpm, bool authenticator,
	struct tpm_session **policy);

/* In a job: the object whose authValue the PIN is, and what a Certify of it is authorised by. by->value is within auth. */
enum token_result tpm_guard_pin_object(const struct tpm_guard *guard, struct tpm *tpm, struct secret auth,
	struct tpm_ref *object, struct tpm_auth *by);

#endif
