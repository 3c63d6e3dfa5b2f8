/*
 * tokens/tpm/execute.c: one command with its sessions (TPM 2.0 Library, part 1, 19: authorisations, HMACs and
 * encrypted parameters).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <string.h>

#include "tokens/tpm/device_priv.h"

#define SESSIONS_MAX 3
#define REFS_MAX 3
#define HEADER 10
#define VALUE_MAX 64
#define NONE SESSIONS_MAX /* no session encrypts */

/* A command on its way. */
struct call {
	struct tpm *tpm;
	const struct tpm_ref *const *refs;
	size_t ref_count;
	const struct tpm_auth *auths;
	size_t count;
	size_t decrypt, encrypt; /* indices of the sessions that do, or NONE */
	uint8_t code[4];
	struct secret key; /* SESSIONS of a key and a value: see keyed() */
};

static struct tpm_bytes
bytes(const void *ptr, size_t len)
{
	return (struct tpm_bytes){ ptr, len };
}

static struct tpm_bytes
nonce(const TPM2B_NONCE *from)
{
	return bytes(from->buffer, from->size);
}

/* The session's key, followed by the value of what it authorises; borrowed from call->key. */
static struct secret
keyed(const struct call *call, size_t i, bool with_value)
{
	const struct tpm_auth *auth = &call->auths[i];
	struct secret key = { call->key.ptr, auth->session->key.len };

	memcpy(key.ptr, auth->session->key.ptr, key.len);
	if (with_value && auth->value.len > 0) {
		memcpy(key.ptr + key.len, auth->value.ptr, auth->value.len);
		key.len += auth->value.len;
	}
	return key;
}

static TSS2_RC
begin(struct call *call)
{
	size_t i;

	if (call->count > SESSIONS_MAX || call->ref_count > REFS_MAX)
		return TSS2_SYS_RC_BAD_VALUE;
	call->decrypt = call->encrypt = NONE;
	for (i = 0; i < call->count; i++) {
		if (call->auths[i].value.len > VALUE_MAX ||
			(call->auths[i].session == NULL && (call->auths[i].crypt != 0 || call->auths[i].value.len > 0)))
			return TSS2_SYS_RC_BAD_VALUE;
		if ((call->auths[i].crypt & TPMA_SESSION_DECRYPT) != 0)
			call->decrypt = i;
		if ((call->auths[i].crypt & TPMA_SESSION_ENCRYPT) != 0)
			call->encrypt = i;
	}
	if (!secret_alloc(TPM_HASH_LEN + VALUE_MAX, &call->key))
		return TSS2_SYS_RC_GENERAL_FAILURE;
	return Tss2_Sys_GetCommandCode(call->tpm->sys, call->code);
}

/* The first parameter, in place; its length stays. */
static TSS2_RC
crypt(struct call *call, size_t i, bool encrypt, const TPM2B_NONCE *newer, const TPM2B_NONCE *older, const uint8_t *in,
	uint8_t *out, size_t len)
{
	struct secret key_iv = SECRET_NONE;
	TSS2_RC rc = TSS2_SYS_RC_GENERAL_FAILURE;

	if (tpm_kdfa(call->tpm->seal, keyed(call, i, true), "CFB", nonce(newer), nonce(older), 32, &key_iv) ==
			TOKEN_OK &&
		tpm_cfb(&call->tpm->crypto, key_iv, encrypt, in, out, len))
		rc = TSS2_RC_SUCCESS;
	secret_wipe(&key_iv);
	return rc;
}

static TSS2_RC
encrypt_command(struct call *call)
{
	const struct tpm_session *session;
	uint8_t hidden[LINE_BUFFER];
	const uint8_t *plain = NULL;
	size_t len = 0;
	TSS2_RC rc;

	if (call->decrypt == NONE)
		return TSS2_RC_SUCCESS;
	session = call->auths[call->decrypt].session;
	rc = Tss2_Sys_GetDecryptParam(call->tpm->sys, &len, &plain);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if (len == 0)
		return TSS2_RC_SUCCESS;
	if (len > sizeof(hidden))
		return TSS2_SYS_RC_BAD_SIZE;
	rc = crypt(call, call->decrypt, true, &session->nonce_caller, &session->nonce_tpm, plain, hidden, len);
	return rc == TSS2_RC_SUCCESS ? Tss2_Sys_SetDecryptParam(call->tpm->sys, len, hidden) : rc;
}

static TSS2_RC
command_hash(struct call *call, uint8_t hash[TPM_HASH_LEN])
{
	struct tpm_bytes parts[2 + REFS_MAX];
	const uint8_t *params = NULL;
	size_t params_len = 0, n = 0, i;
	TSS2_RC rc;

	rc = Tss2_Sys_GetCpBuffer(call->tpm->sys, &params_len, &params);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	parts[n++] = bytes(call->code, sizeof(call->code));
	for (i = 0; i < call->ref_count; i++)
		parts[n++] = bytes(call->refs[i]->name.name, call->refs[i]->name.size);
	parts[n++] = bytes(params, params_len);
	return tpm_sha256(&call->tpm->crypto, parts, n, hash) ? TSS2_RC_SUCCESS : TSS2_SYS_RC_GENERAL_FAILURE;
}

/* attributes: as sent or received. A policy session's HMAC leaves the value out: nothing here uses PolicyAuthValue. */
static bool
session_mac(struct call *call, size_t i, const uint8_t hash[TPM_HASH_LEN], const TPM2B_NONCE *newer,
	const TPM2B_NONCE *older, TPMA_SESSION attributes, bool command, uint8_t mac[TPM_HASH_LEN])
{
	const uint8_t attribute = (uint8_t)attributes;
	struct tpm_bytes parts[6];
	size_t n = 0;

	parts[n++] = bytes(hash, TPM_HASH_LEN);
	parts[n++] = nonce(newer);
	parts[n++] = nonce(older);
	/* So that nobody takes the encrypting sessions away. */
	if (command && i == 0 && call->decrypt != NONE && call->decrypt != 0)
		parts[n++] = nonce(&call->auths[call->decrypt].session->nonce_tpm);
	if (command && i == 0 && call->encrypt != NONE && call->encrypt != 0 && call->encrypt != call->decrypt)
		parts[n++] = nonce(&call->auths[call->encrypt].session->nonce_tpm);
	parts[n++] = bytes(&attribute, 1);
	return tpm_hmac(&call->tpm->crypto, keyed(call, i, !call->auths[i].session->policy), parts, n, mac);
}

static TSS2_RC
prepare(struct call *call)
{
	TSS2L_SYS_AUTH_COMMAND areas = { .count = (UINT16)call->count };
	uint8_t hash[TPM_HASH_LEN];
	struct tpm_session *session;
	TSS2_RC rc;
	size_t i;

	if (call->count == 0)
		return TSS2_RC_SUCCESS;
	for (i = 0; i < call->count; i++) {
		session = call->auths[i].session;
		if (session == NULL)
			continue;
		session->nonce_caller.size = TPM_HASH_LEN;
		if (seal_random(call->tpm->seal, session->nonce_caller.buffer, TPM_HASH_LEN) != TOKEN_OK)
			return TSS2_SYS_RC_GENERAL_FAILURE;
	}
	rc = encrypt_command(call);
	if (rc == TSS2_RC_SUCCESS)
		rc = command_hash(call, hash);
	for (i = 0; rc == TSS2_RC_SUCCESS && i < call->count; i++) {
		session = call->auths[i].session;
		areas.auths[i].sessionHandle = session != NULL ? session->handle : TPM2_RS_PW;
		if (session == NULL)
			continue;
		areas.auths[i].nonce = session->nonce_caller;
		areas.auths[i].sessionAttributes = TPMA_SESSION_CONTINUESESSION | call->auths[i].crypt;
		areas.auths[i].hmac.size = TPM_HASH_LEN;
		if (!session_mac(call, i, hash, &session->nonce_caller, &session->nonce_tpm,
			    areas.auths[i].sessionAttributes, true, areas.auths[i].hmac.buffer))
			rc = TSS2_SYS_RC_GENERAL_FAILURE;
	}
	return rc == TSS2_RC_SUCCESS ? Tss2_Sys_SetCmdAuths(call->tpm->sys, &areas) : rc;
}

/* ---- The answer ------------------------------------------------------------------------------ */

/* Before SAPI believes the lengths in it. */
static bool
is_well_formed(const struct line *line)
{
	size_t at = HEADER;

	if (line->answer_len < HEADER || line->answer[0] != (uint8_t)(TPM2_ST_SESSIONS >> 8) ||
		line->answer[1] != (uint8_t)TPM2_ST_SESSIONS)
		return false;
	if (line_gives_handle(line->command))
		at += 4;
	return at + 4 <= line->answer_len && line_u32(line->answer + at) <= line->answer_len - at - 4;
}

static TSS2_RC
answer_hash(struct call *call, uint8_t hash[TPM_HASH_LEN], size_t *params_len)
{
	static const uint8_t success[4] = { 0 };
	const uint8_t *params = NULL;
	TSS2_RC rc;

	*params_len = 0;
	rc = Tss2_Sys_GetRpBuffer(call->tpm->sys, params_len, &params);
	if (rc != TSS2_RC_SUCCESS)
		return TPM_RC_FORGED;
	const struct tpm_bytes parts[] = { bytes(success, 4), bytes(call->code, 4), bytes(params, *params_len) };
	return tpm_sha256(&call->tpm->crypto, parts, 3, hash) ? TSS2_RC_SUCCESS : TSS2_SYS_RC_GENERAL_FAILURE;
}

static TSS2_RC
check_session(struct call *call, size_t i, const TPMS_AUTH_RESPONSE *area, const uint8_t hash[TPM_HASH_LEN])
{
	struct tpm_session *session = call->auths[i].session;
	uint8_t mac[TPM_HASH_LEN];

	if (session == NULL)
		return TSS2_RC_SUCCESS;
	if (area->hmac.size != TPM_HASH_LEN || (area->sessionAttributes & TPMA_SESSION_CONTINUESESSION) == 0)
		return TPM_RC_FORGED;
	if (!session_mac(call, i, hash, &area->nonce, &session->nonce_caller, area->sessionAttributes, false, mac))
		return TSS2_SYS_RC_GENERAL_FAILURE;
	if (CRYPTO_memcmp(mac, area->hmac.buffer, TPM_HASH_LEN) != 0)
		return TPM_RC_FORGED;
	session->nonce_tpm = area->nonce;
	if (session->policy && i == 0 && call->ref_count > 0)
		session->used = false; /* the TPM has emptied its policy */
	return TSS2_RC_SUCCESS;
}

static TSS2_RC
decrypt_answer(struct call *call, size_t params_len)
{
	const struct tpm_session *session;
	const uint8_t *hidden = NULL;
	struct secret plain = SECRET_NONE;
	size_t len = 0;
	TSS2_RC rc;

	if (call->encrypt == NONE)
		return TSS2_RC_SUCCESS;
	session = call->auths[call->encrypt].session;
	rc = Tss2_Sys_GetEncryptParam(call->tpm->sys, &len, &hidden);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if (params_len < 2 || len > params_len - 2)
		return TPM_RC_FORGED;
	if (len == 0)
		return TSS2_RC_SUCCESS;
	if (!secret_alloc(len, &plain))
		return TSS2_SYS_RC_GENERAL_FAILURE;
	rc = crypt(call, call->encrypt, false, &session->nonce_tpm, &session->nonce_caller, hidden, plain.ptr, len);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_SetEncryptParam(call->tpm->sys, len, plain.ptr);
	call->tpm->plain = true;
	secret_wipe(&plain);
	return rc;
}

static TSS2_RC
check(struct call *call)
{
	TSS2L_SYS_AUTH_RESPONSE areas = { 0 };
	uint8_t hash[TPM_HASH_LEN];
	size_t params_len = 0, i;
	TSS2_RC rc;

	if (call->count == 0)
		return TSS2_RC_SUCCESS;
	if (!is_well_formed(&call->tpm->line) || Tss2_Sys_GetRspAuths(call->tpm->sys, &areas) != TSS2_RC_SUCCESS ||
		areas.count != call->count)
		return TPM_RC_FORGED;
	rc = answer_hash(call, hash, &params_len);
	for (i = 0; rc == TSS2_RC_SUCCESS && i < call->count; i++)
		rc = check_session(call, i, &areas.auths[i], hash);
	return rc == TSS2_RC_SUCCESS ? decrypt_answer(call, params_len) : rc;
}

/* ---- What an error says ------------------------------------------------------------------------ */

static bool
comes_and_goes(TPM2_HANDLE handle)
{
	const TPM2_HT kind = (TPM2_HT)(handle >> TPM2_HR_SHIFT);

	return kind == TPM2_HT_TRANSIENT || kind == TPM2_HT_HMAC_SESSION || kind == TPM2_HT_POLICY_SESSION;
}

/* The handle in that place of the command, from 0. */
static TPM2_HANDLE
handle_at(const struct line *line, size_t place)
{
	const size_t at = HEADER + 4 * place;

	return at + 4 <= line->command_len ? line_u32(line->command + at) : 0;
}

static bool
has_forgotten(const struct tpm *tpm, TSS2_RC rc)
{
	const size_t number = (rc >> 8) & 0x7;

	if (rc >= TPM2_RC_REFERENCE_H0 && rc <= TPM2_RC_REFERENCE_H6)
		return comes_and_goes(handle_at(&tpm->line, rc - TPM2_RC_REFERENCE_H0));
	if (rc >= TPM2_RC_REFERENCE_S0 && rc <= TPM2_RC_REFERENCE_S6)
		return true;
	if (tpm_rc_is(rc, TPM2_RC_HANDLE))
		return (rc & TPM2_RC_S) != 0 || (number > 0 && comes_and_goes(handle_at(&tpm->line, number - 1)));
	/* A resource manager that loads what it had saved before the TPM was started anew. */
	return tpm_rc_is(rc, TPM2_RC_INTEGRITY) && !tpm->line.exclusive;
}

void
tpm_note_failure(struct tpm *tpm, TSS2_RC rc)
{
	if (tpm->line.broken || rc == TPM_RC_FORGED || rc == TPM2_RC_INITIALIZE ||
		(rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER || has_forgotten(tpm, rc))
		tpm->lost = true;
}

TSS2_RC
tpm_execute(struct tpm *tpm, const struct tpm_ref *const *refs, size_t ref_count, const struct tpm_auth *auths,
	size_t auth_count)
{
	struct call call = { .tpm = tpm, .refs = refs, .ref_count = ref_count, .auths = auths, .count = auth_count };
	TSS2_RC rc;

	if (tpm->lost)
		return TSS2_TCTI_RC_IO_ERROR;
	rc = begin(&call);
	if (rc == TSS2_RC_SUCCESS)
		rc = prepare(&call);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = Tss2_Sys_Execute(tpm->sys);
	if (rc == TSS2_RC_SUCCESS)
		rc = check(&call);
	if (rc != TSS2_RC_SUCCESS)
		tpm_note_failure(tpm, rc);
out:
	secret_wipe(&call.key);
	return rc;
}
