/*
 * tokens/tpm/guard_priv.h: the parts of the guard, for guard*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_GUARD_PRIV_H
#define TOKENS_TPM_GUARD_PRIV_H

#include "tokens/tpm/guard.h"
#include "tokens/tpm/wire.h"

#define GUARD_VALUE_LEN 32  /* of an authValue; trailing zero bytes are taken off */
#define GUARD_SECRET_LEN 32 /* what the SO object and a PIN's object hold */
#define GUARD_COORDINATE 32 /* of P-256 */
#define GUARD_PIN_WRITTEN 8 /* bytes of a PIN index: pinCount, pinLimit */
#define GUARD_COUNTER_LEN 8

/* What the PIN is the authValue of. */
enum guard_kind { GUARD_INDEX = 1, GUARD_OBJECT = 2 };

/* What the store keeps, as numbers and bytes. */
struct guard_data {
	uint64_t kind;
	uint64_t limit;
	uint64_t counter;             /* its handle */
	uint64_t counter_base;        /* what it said when the area's generation was 0, by 2^64 */
	uint64_t pin_index;           /* a handle; 0: an object */
	uint64_t authenticator_index; /* the same; 0: none, or an object */
	struct wire_bytes srk;        /* a Name */
	struct wire_bytes so;         /* TPM2B_PUBLIC */
	struct wire_bytes key;        /* TPM2B_PUBLIC, TPM2B_PRIVATE: the sealed area key */
	struct wire_bytes authoriser; /* x, y */
	struct wire_bytes approval;   /* r, s */
	struct wire_bytes pin_object; /* as key */
	struct wire_bytes authenticator_object;
};

/* One thing that PolicySecret can name: the PIN, or the authenticator. */
struct guard_lock {
	TPMS_NV_PUBLIC index;   /* as it is once written */
	TPML_DIGEST branches;   /* of its policy */
	struct tpm_blob object; /* as it was made: with a value that nobody knows */
	TPM2B_NAME name;        /* of the one or the other */
};

struct tpm_guard {
	struct guard_data data;
	enum guard_kind kind;
	TPM2B_NAME srk;
	TPM2B_PUBLIC so;
	TPM2B_NAME so_name;
	TPM2B_PUBLIC authoriser;
	TPM2B_NAME authoriser_name;
	TPM2B_DIGEST approved; /* the policy that the authorising key has signed */
	TPMT_SIGNATURE approval;
	struct guard_lock pin;
	struct guard_lock authenticator;
	bool has_authenticator;
	TPML_DIGEST openers; /* PolicySecret of each */
	TPM2B_DIGEST policy; /* of all that they open */
	struct tpm_blob key;
	TPMS_NV_PUBLIC counter;
	TPM2B_NAME counter_name;
};

/* ---- guard_data.c ----------------------------------------------------------------------- */

enum token_result guard_data_encode(const struct guard_data *data, struct backend_bytes *out);
enum token_result guard_data_decode(const uint8_t *bytes, size_t len, struct guard_data *data);

/* Everything that follows from the data; the sealed area key may be missing yet. TOKEN_ERR_DAMAGED. */
enum token_result guard_derive(const struct seal_ctx *seal, struct tpm_guard *guard);
enum token_result guard_derive_key(const struct seal_ctx *seal, struct tpm_guard *guard);

/* TPM structures as stored bytes. */
bool guard_get_public(const struct wire_bytes *in, size_t *at, TPM2B_PUBLIC *area);
bool guard_put_public(const TPM2B_PUBLIC *area, struct wire_bytes *out);
bool guard_put_blob(const struct tpm_blob *blob, struct wire_bytes *out);

/* A wrap: the private area of the object whose authValue the PIN is, and for the SO the sealed area key. */
struct guard_wrap {
	struct wire_bytes private_area; /* TPM2B_PRIVATE */
	struct wire_bytes sealed;
};
enum token_result guard_wrap_encode(const TPM2B_PRIVATE *private_area, const struct wire_bytes *sealed,
	struct backend_bytes *out);
enum token_result guard_wrap_decode(const uint8_t *bytes, size_t len, TPM2B_PRIVATE *private_area,
	struct wire_bytes *sealed);

/* ---- guard_auth.c ----------------------------------------------------------------------- */

/* The authValue of a PIN of this area. */
enum token_result guard_value(const struct seal_ctx *seal, const char *serial, struct secret pin, struct secret *value);
enum token_result guard_random_value(const struct seal_ctx *seal, struct secret *value);

/* The authValue of the counter: who has the area open steps it. */
enum token_result guard_counter_value(const struct seal_ctx *seal, struct secret area_key, struct secret *value);

/* What backend_area.auth is: whose, the authValue, and the private area where it belongs to an object. */
struct guard_auth {
	enum backend_role role;
	struct secret value; /* within the secret that was read */
	TPM2B_PRIVATE private_area;
};
enum token_result guard_auth_make(enum backend_role role, struct secret value, const TPM2B_PRIVATE *private_area,
	struct secret *auth);
enum token_result guard_auth_read(struct secret auth, enum backend_role role, struct guard_auth *out);
enum token_result guard_auth_role(struct secret auth, enum backend_role *role);

/* ---- guard_so.c, in a job --------------------------------------------------------------- */

/* The SO object with the private area of this auth. */
TSS2_RC guard_so_object(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so,
	struct tpm_ref *object);

/* A policy session with PolicySecret(SO object), the command, and where there are branches PolicyOR. */
enum token_result guard_so_policy(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so,
	TPM2_CC code, const TPML_DIGEST *branches, struct tpm_session **policy);

/*
 * The first write of an index that has just been defined: with no try left. Nothing else is ever written to an index
 * that is not written yet: whoever can define indices may have put one of the same public area there meanwhile, with a
 * PIN of his own.
 */
enum token_result guard_so_lock(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so,
	const struct guard_lock *lock);

/* A new value for a written index, and then all its tries. TOKEN_ERR_INDEX_LOST: it is not there, or unwritten. */
enum token_result guard_so_give(struct tpm *tpm, const struct tpm_guard *guard, const struct guard_auth *so,
	const struct guard_lock *lock, struct secret value);

/* Of the SO's wrap: the area key under what the SO object holds. */
enum token_result guard_so_wrap(const struct seal_ctx *seal, const struct backend_pin *id, struct secret kek,
	struct secret area_key, struct wire_bytes *sealed);
enum token_result guard_so_unwrap(struct backend_area *area, const struct backend_pin *id, const uint8_t *wrap,
	size_t wrap_len, struct secret pin, struct secret *area_key, struct secret *auth);
enum token_result guard_so_set_pin(struct backend_area *area, const struct backend_pin *id, struct secret auth,
	struct secret pin, struct secret area_key, struct backend_bytes *wrap);

/* ---- guard.c ---------------------------------------------------------------------------- */

/* NULL: the area has none for this role. */
const struct guard_lock *guard_lock(const struct tpm_guard *guard, enum backend_role role);

/* In a job: what a command that used the lock has said. TOKEN_ERR_INDEX_LOST: there is no such index any more. */
enum token_result guard_lock_result(struct tpm *tpm, const struct guard_lock *lock, TSS2_RC rc);

/* A refusal where no PIN is judged is a device's. */
enum token_result guard_no_pin(enum token_result res);

/* ---- guard_named.c ---------------------------------------------------------------------- */

enum token_result guard_bind(struct backend_area *area, struct secret credential, struct secret *secret,
	struct backend_bytes *bound);
enum token_result guard_unbind(struct backend_area *area, struct secret credential, const uint8_t *bound, size_t len,
	struct secret *secret);

/* ---- guard_pin.c ------------------------------------------------------------------------ */

enum token_result guard_pin_set(struct backend_area *area, const struct backend_pin *id, enum backend_role by,
	struct secret auth, struct secret pin, struct backend_bytes *wrap);
enum token_result guard_tries(struct backend_area *area, unsigned *left);

/* ---- guard_make.c ----------------------------------------------------------------------- */

enum token_result guard_make(const struct backend_env *env, const struct guard_spec *spec, struct secret so_pin,
	struct secret area_key, struct guard_made *made);
enum token_result guard_remake(struct backend_area *area, const struct guard_spec *spec, struct secret auth,
	struct secret so_pin, struct secret area_key, struct guard_made *made);
void guard_drop(struct backend_area *area);

/* ---- guard_index.c ---------------------------------------------------------------------- */

/* Of the owner's commands: TOKEN_ERR_OWNER_AUTH, TOKEN_ERR_EXISTS (that handle is taken). */
enum token_result guard_owner_result(TSS2_RC rc);

/* A free handle is likely: the owner's indices (TCG registry of reserved handles) have 4194304. */
enum token_result guard_random_handle(const struct seal_ctx *seal, uint64_t *handle);

/* What an index must be; of a PIN index the Name covers who may write it. */
enum token_result guard_pin_index(const struct seal_ctx *seal, uint64_t handle, const TPML_DIGEST *branches,
	TPMS_NV_PUBLIC *index, TPM2B_NAME *name);
enum token_result guard_counter_index(const struct seal_ctx *seal, uint64_t handle, TPMS_NV_PUBLIC *index,
	TPM2B_NAME *name);

/* In a job: is this very index there, and written? TOKEN_ERR_INDEX_LOST. */
enum token_result guard_index_check(struct tpm *tpm, const TPMS_NV_PUBLIC *index, const TPM2B_NAME *name);

/* In a job: whatever is at this handle, take it away; nothing there is fine. only: leave alone what is not this
 * index, written or not; NULL: anything. */
enum token_result guard_index_remove(struct tpm *tpm, const TPMS_NV_PUBLIC *only, TPM2_HANDLE handle);

/* In a job: define it, unwritten. *sent: kept by the caller from one run of the job to the next. */
enum token_result guard_index_define(struct tpm *tpm, const TPMS_NV_PUBLIC *index, struct secret auth, bool *sent);

/* ---- guard_counter.c -------------------------------------------------------------------- */

/* A new counter at this handle, or where that is 0 or taken at a free one; the base for an area of that generation.
 * guard: of the area; its TPM is the one that is asked. */
enum token_result guard_counter_new(const struct backend_env *env, const struct tpm_guard *guard,
	struct secret area_key, uint64_t handle, uint64_t generation, struct guard_data *data);
void guard_counter_remove(const struct backend_env *env, const struct tpm_guard *guard,
	uint64_t handle); /* best effort */
enum token_result guard_reach(struct backend_area *area, struct secret area_key, uint64_t generation);

/* ---- guard_repair.c --------------------------------------------------------------------- */

enum token_result guard_repair(struct backend_area *area, struct secret auth, struct secret area_key,
	uint64_t generation, struct backend_bytes *data);

#endif
