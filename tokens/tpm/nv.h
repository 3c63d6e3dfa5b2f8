/*
 * tokens/tpm/nv.h: commands on NV indices, inside a job. New authValues and the owner's never travel in clear.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_NV_H
#define TOKENS_TPM_NV_H

#include "tokens/tpm/device.h"

/* For the owner, whose authorisation (SECRET_NONE: empty) it needs. */
TSS2_RC tpm_nv_define(struct tpm *tpm, struct secret owner, const TPMS_NV_PUBLIC *index, struct secret auth);
TSS2_RC tpm_nv_undefine(struct tpm *tpm, struct secret owner, const struct tpm_ref *index);

/* Not authenticated: good for finding out what is there, not for trusting it. */
TSS2_RC tpm_nv_public(struct tpm *tpm, TPM2_HANDLE handle, TPMS_NV_PUBLIC *index);

/* With the authorisation that the index itself asks for; len is at most 64. */
TSS2_RC tpm_nv_write(struct tpm *tpm, const struct tpm_ref *index, const struct tpm_auth *by, const uint8_t *bytes,
	uint16_t len);
TSS2_RC tpm_nv_read(struct tpm *tpm, const struct tpm_ref *index, const struct tpm_auth *by, uint8_t *bytes,
	uint16_t len);
TSS2_RC tpm_nv_increment(struct tpm *tpm, const struct tpm_ref *index, const struct tpm_auth *by);
TSS2_RC tpm_nv_change_auth(struct tpm *tpm, const struct tpm_ref *index, struct tpm_session *policy,
	struct secret auth);

/* An authValue as a parameter; the caller cleanses it. */
TSS2_RC tpm_auth_value(struct secret auth, TPM2B_AUTH *value);

#endif
