/*
 * tests/unit/tpm_guard_kit.h: an area's guard in a TPM of the test's own, and the TPM's owner, who may be anybody.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_TPM_GUARD_KIT_H
#define TESTS_UNIT_TPM_GUARD_KIT_H

#include <CUnit/Basic.h>

#include "tokens/backend.h"
#include "tokens/tpm/guard_priv.h"

#define GUARD_SERIAL "0123456789abcdef"
#define GUARD_SO_CODE "SO-ABCD-EFGH-JKLM-NPQR"
#define GUARD_LIMIT 3

struct guard_world {
	OSSL_LIB_CTX *libctx;
	struct backend_env env;
	struct guard_spec spec;
	struct guard_made made;
	struct backend_area *area;
	struct secret area_key; /* of made */
	struct secret auth;     /* of the last login that went well */
	struct backend_bytes so_wrap;
	struct backend_bytes user_wrap;
	struct backend_bytes authenticator_wrap;
	const char *so_code;
	uint64_t so_generation;
	unsigned indices; /* of the TPM, before */
};

/* How the TPM is found, and what the area is. */
struct guard_setup {
	bool persistent; /* there is an SRK at 0x81000001 */
	bool weak_so;
	enum token_tpm_pin place;
	const char *authenticator; /* NULL: none */
	const char *tcti;          /* NULL: the TPM's own */
};

/* A TPM and an area in it. False: the TPM cannot be started, or the area not be made. */
bool guard_begin(struct guard_world *w, const struct guard_setup *setup);
/* Everything again; the TPM holds afterwards what it held before, and nothing is loaded in it. */
void guard_end(struct guard_world *w);

/* Without an area: for those who make it themselves. */
bool guard_begin_empty(struct guard_world *w, const struct guard_setup *setup);
enum token_result guard_kit_make(struct guard_world *w);
/* Open what is stored anew. */
bool guard_reopen(struct guard_world *w);

struct secret guard_pin_of(const char *text);

/* Open the area key; on TOKEN_OK it is the right one. auth is kept. */
enum token_result guard_login(struct guard_world *w, enum backend_role role, const char *pin);
/* With the auth of a login just before. */
enum token_result guard_set(struct guard_world *w, enum backend_role role, enum backend_role by, const char *pin);
/* Both: the SO logs in and sets the user's PIN. */
bool guard_so_sets(struct guard_world *w, const char *pin);
/* 999: no answer. */
unsigned guard_left(struct guard_world *w);

/* ---- The owner, with an empty authorisation, and anybody --------------------------------- */

/* A TPM_PT; 0xFFFFFFFF: no answer. */
uint32_t guard_property(struct guard_world *w, TPM2_PT property);
TSS2_RC guard_undefine(struct guard_world *w, TPM2_HANDLE handle);
TSS2_RC guard_define(struct guard_world *w, const TPMS_NV_PUBLIC *index, const char *auth);
/* With a password: of the owner (owner true), or of the index. */
TSS2_RC guard_write(struct guard_world *w, TPM2_HANDLE handle, bool owner, const char *auth, const uint8_t *bytes,
	uint16_t len);
TSS2_RC guard_clear(struct guard_world *w);
TSS2_RC guard_persist_srk(struct guard_world *w, bool other);    /* other: of the same template, another key */
TSS2_RC guard_lock_srk(struct guard_world *w, const char *auth); /* the same key, which has an authValue now */

/* Handles of a kind that are in the TPM now. */
unsigned guard_handles(struct guard_world *w, TPM2_HANDLE first);

const struct tpm_guard *guard_of(const struct guard_world *w);

/* What a job answers. */
struct guard_try {
	struct guard_world *w;
	TSS2_RC (*run)(struct tpm *tpm, struct guard_world *w);
	TSS2_RC rc;
};
TSS2_RC guard_run(struct guard_world *w, TSS2_RC (*run)(struct tpm *tpm, struct guard_world *w));

extern CU_TestInfo tests_tpm_wire[], tests_tpm_policy[], tests_tpm_guard[], tests_tpm_guard_owner[],
	tests_tpm_guard_line[], tests_tpm_guard_object[];

#endif
