/*
 * tokens/tpm/device.h: one TPM 2.0, as all areas of an environment use it.
 *
 * Connects when it is first needed and lets go when nobody has needed it for a while: a TPM without a resource
 * manager serves one at a time. All that this keeps in the TPM between two jobs (loaded objects, two sessions) is
 * flushed before that. What goes wrong with the line or with a TPM that was restarted is mended by connecting anew and
 * doing the job again, once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_DEVICE_H
#define TOKENS_TPM_DEVICE_H

#include <stdbool.h>
#include <tss2/tss2_sys.h>

#include "tokens/arena.h"
#include "tokens/result.h"
#include "tokens/seal.h"

struct tpm;

struct tpm_options {
	const char *tcti;            /* as tpm2-tools take it; NULL: /dev/tpmrm0, then tabrmd */
	const char *owner_auth_file; /* the owner hierarchy's authorisation; NULL: empty */
	bool no_threads;             /* the application allows none: let go after each job */
};

/* Touches nothing yet. seal: borrowed. Options are copied. */
enum token_result tpm_new(const struct seal_ctx *seal, const struct tpm_options *options, struct tpm **tpm);
void tpm_free(struct tpm *tpm); /* flushes and lets go; NULL is fine */

/*
 * Do something with the TPM: connected, alone (a lock of its own, the last but for the arena's in the order of locks),
 * and again after a reconnect when the line broke or the TPM had forgotten what was loaded: so a job must be one that
 * can be done twice.
 *
 * TOKEN_ERR_DEVICE  no TPM can be reached, or it failed
 */
typedef enum token_result tpm_job(struct tpm *tpm, void *arg);
enum token_result tpm_do(struct tpm *tpm, tpm_job *job, void *arg);

/* ---- Inside a job ---------------------------------------------------------------------- */

TSS2_SYS_CONTEXT *tpm_sys(struct tpm *tpm);
const struct seal_ctx *tpm_seal(const struct tpm *tpm);

/* Something in the TPM: a handle and the Name that commands are authorised for. */
struct tpm_ref {
	TPM2_HANDLE handle;
	TPM2B_NAME name;
};

/* Of a permanent handle (TPM2_RH_OWNER …), whose Name is the handle. */
struct tpm_ref tpm_permanent(TPM2_HANDLE handle);

/* Names by SHA-256; TSS2 errors of the marshalling only. */
TSS2_RC tpm_public_name(const struct seal_ctx *seal, const TPMT_PUBLIC *area, TPM2B_NAME *name);
TSS2_RC tpm_nv_name(const struct seal_ctx *seal, const TPMS_NV_PUBLIC *nv, TPM2B_NAME *name);

/* The storage root key: 0x81000001 where that is of our template, else a primary made and loaded now. Sessions are
 * salted with it. Whoever sends a secret compares the Name with the one of when the area was made. */
TSS2_RC tpm_srk(struct tpm *tpm, struct tpm_ref *srk);

/* Of a command that the root key has authorised with its empty value: TPM_RC_OWNER_AUTH where it has another, which it
 * must not have, for it is nobody's PIN that is wrong. */
TSS2_RC tpm_srk_said(TSS2_RC rc);

/* What is known of this TPM is no longer so: connect anew after this job, and do it again. */
void tpm_distrust(struct tpm *tpm);

struct tpm_session; /* opaque */

/* The two sessions that are kept, both salted with the SRK; a policy session comes with an empty policy. */
TSS2_RC tpm_hmac_session(struct tpm *tpm, struct tpm_session **session);
TSS2_RC tpm_policy_session(struct tpm *tpm, struct tpm_session **session);
TPMI_SH_AUTH_SESSION tpm_session_handle(const struct tpm_session *session);

/*
 * One session area of a command.
 *
 * What an authorising session encrypts also depends on the authValue of what it authorises (part 1, 19.3), which
 * whoever uses a policy session may not know (an SO who replaces a PIN): then the HMAC session encrypts, as one more.
 */
struct tpm_auth {
	struct tpm_session *session; /* NULL: the password session, with an empty value */
	struct secret value;         /* authValue of what the session authorises; SECRET_NONE: empty, or for encryption
	                                alone. It keys the HMAC of an HMAC session, and the encryption of any */
	TPMA_SESSION crypt;          /* TPMA_SESSION_DECRYPT (the first parameter of the command is encrypted),
	                                TPMA_SESSION_ENCRYPT (of the answer), or both, or 0 */
};

/*
 * Send what a Tss2_Sys_…_Prepare has prepared, with the Names of its handles in order and with sessions (the
 * authorising ones first; one more for encryption alone may follow), and check the answer's HMACs. Afterwards
 * Tss2_Sys_…_Complete() gives the answer's parameters. A busy TPM is asked again for some seconds; objects that
 * it has no room for are made room for by flushing what has not been used for the longest time.
 * An answer with a wrong HMAC is TPM_RC_FORGED, and the job does not go on.
 */
#define TPM_RC_FORGED ((TSS2_RC)(TSS2_SYS_RC_LAYER | TSS2_BASE_RC_RSP_AUTH_FAILED))
TSS2_RC tpm_execute(struct tpm *tpm, const struct tpm_ref *const *refs, size_t ref_count, const struct tpm_auth *auths,
	size_t auth_count);

/* An object of ours under the SRK; loaded at first, kept as long as there is room. name is the public area's. */
struct tpm_blob {
	TPM2B_PUBLIC public_area;
	TPM2B_PRIVATE private_area;
	TPM2B_NAME name;
};
TSS2_RC tpm_object(struct tpm *tpm, const struct tpm_blob *blob, struct tpm_ref *object);

/* Flush it if it is loaded: it is gone, or has another private area now. */
void tpm_object_forget(struct tpm *tpm, const TPM2B_NAME *name);

TSS2_RC tpm_flush(struct tpm *tpm, TPM2_HANDLE handle);

/* The owner hierarchy's authorisation, from the configured file; SECRET_NONE when there is none. Secret is the caller's. */
enum token_result tpm_owner_auth(struct tpm *tpm, struct secret *value);

/* Is it this TPM code, whatever handle, session or parameter it is said of? code: TPM2_RC_AUTH_FAIL … */
bool tpm_rc_is(TSS2_RC rc, TSS2_RC code);

/* What the device says itself: the owner's authorisation is needed and wrong, or the storage root key has one. */
#define TPM_RC_OWNER_AUTH ((TSS2_RC)(TSS2_SYS_RC_LAYER | TSS2_BASE_RC_NOT_PERMITTED))

/* The one place where codes become results. BAD_AUTH and AUTH_FAIL: TOKEN_ERR_PIN. AUTH_UNAVAILABLE and LOCKOUT:
 * TOKEN_ERR_PIN_LOCKED. INTEGRITY: TOKEN_ERR_OTHER_DEVICE. NV_SPACE: TOKEN_ERR_FULL. TPM_RC_OWNER_AUTH:
 * TOKEN_ERR_OWNER_AUTH. CURVE: TOKEN_ERR_CURVE (some TPMs
 * say VALUE or SIZE of a curve that they lack: only who asked knows). All else: TOKEN_ERR_DEVICE. */
enum token_result tpm_result(TSS2_RC rc);

/* How many commands have been sent (for tests and benchmarks). */
uint64_t tpm_command_count(const struct tpm *tpm);

#endif
