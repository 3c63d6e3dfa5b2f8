/*
 * tokens/tpm/attest_evidence.c: evidence about keys and the PIN that guards them, in the manner of WebAuthn's "tpm":
 *
 *   {"alg": -7, "fmt": "tpm", "pin": {…}, "ver": "2.0", "keys": [{…}, …], "akPub": TPMT_PUBLIC,
 *    ? "x5c": [certificate of the attestation key], ? "ek": [certificate of the endorsement key]}
 *
 *   a key:                {"sig": TPMT_SIGNATURE, "pubArea": TPMT_PUBLIC, "certInfo": TPMS_ATTEST of Certify}
 *   a PIN in an NV index: {"sig", "soPub": TPMT_PUBLIC, "certInfo": TPMS_ATTEST of NV_Certify,
 *                          "nvPublic": TPMS_NV_PUBLIC, "authorizePub": TPMT_PUBLIC,
 *                          ? "authenticator": {"nvPublic"}}
 *   a PIN of an object:   {"sig", "soPub", "pubArea", "certInfo": of Certify}
 *
 * extraData of each is SHA-256 of the issuer's nonce. The endorsement certificate, which tells one machine from all
 * others, is only there as long as the attestation key has no certificate of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/attest_priv.h"
#include "tokens/tpm/key.h"

#define PIN_DATA_LEN 8 /* pinCount, pinLimit */
#define COSE_ES256 (-7)

struct certified {
	TPM2B_ATTEST info;
	TPMT_SIGNATURE signature;
};

struct evidence {
	struct backend_area *area;
	const struct tpm_guard *guard;
	struct tpm_guard_parts parts;
	const struct tpm_blob *ak;
	TPM2B_DATA nonce;
	bool with_ek;
	struct backend_bytes ek; /* endorsement certificate */
	const struct tpm_blob *key;
	struct certified pin, certified;
};

static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL }; /* the key's own */

/* Let the attestation key say what an object is. */
static TSS2_RC
certify(struct tpm *tpm, const struct evidence *evidence, const struct tpm_ref *object, const struct tpm_auth *by,
	struct certified *out)
{
	const struct tpm_auth auths[2] = { *by, { .value = SECRET_NONE } };
	struct tpm_ref ak;
	const struct tpm_ref *const refs[] = { object, &ak };
	TSS2_RC rc;

	memset(out, 0, sizeof(*out));
	rc = tpm_object(tpm, evidence->ak, &ak);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Certify_Prepare(tpm_sys(tpm), object->handle, ak.handle, &evidence->nonce, &scheme);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 2, auths, 2);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Certify_Complete(tpm_sys(tpm), &out->info, &out->signature);
	return rc;
}

/* Nobody's PIN is asked for here: a refusal says that this is another index. */
static enum token_result
index_result(TSS2_RC rc)
{
	const enum token_result res = tpm_result(rc);

	if (res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED || tpm_rc_is(rc, TPM2_RC_HANDLE) ||
		tpm_rc_is(rc, TPM2_RC_NV_UNINITIALIZED))
		return TOKEN_ERR_INDEX_LOST;
	return res;
}

static enum token_result
certify_index(struct tpm *tpm, struct evidence *evidence)
{
	struct tpm_ref ak, index = { .handle = evidence->parts.pin->nvIndex };
	const struct tpm_ref *const refs[] = { &ak, &index, &index };
	struct tpm_auth auths[2] = { { .value = SECRET_NONE }, { .value = SECRET_NONE } };
	enum token_result res;
	TSS2_RC rc;

	rc = tpm_nv_name(tpm_seal(tpm), evidence->parts.pin, &index.name);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_object(tpm, evidence->ak, &ak);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(rc);
	res = tpm_guard_may_certify(evidence->guard, tpm, false, &auths[1].session);
	if (res != TOKEN_OK)
		return res;
	memset(&evidence->pin, 0, sizeof(evidence->pin));
	rc = Tss2_Sys_NV_Certify_Prepare(tpm_sys(tpm), ak.handle, index.handle, index.handle, &evidence->nonce, &scheme,
		PIN_DATA_LEN, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 3, auths, 2);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_NV_Certify_Complete(tpm_sys(tpm), &evidence->pin.info, &evidence->pin.signature);
	return index_result(rc);
}

static enum token_result
certify_pin_object(struct tpm *tpm, struct evidence *evidence)
{
	struct secret auth = SECRET_NONE;
	struct tpm_auth by = { .value = SECRET_NONE };
	struct tpm_ref object;
	enum token_result res;

	res = backend_area_auth(evidence->area, &auth);
	if (res == TOKEN_OK)
		res = tpm_guard_pin_object(evidence->guard, tpm, auth, &object, &by);
	if (res == TOKEN_OK)
		res = tpm_result(certify(tpm, evidence, &object, &by, &evidence->pin));
	if (res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED)
		(void)backend_area_set_auth(evidence->area, SECRET_NONE);
	if (res == TOKEN_ERR_PIN)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	secret_wipe(&auth);
	return res;
}

static enum token_result
pin_job(struct tpm *tpm, void *arg)
{
	struct evidence *evidence = arg;
	enum token_result res = TOKEN_OK;

	if (evidence->with_ek) {
		free(evidence->ek.ptr);
		evidence->ek = (struct backend_bytes){ NULL, 0 };
		res = ek_certificate(tpm, &evidence->ek);
	}
	if (res != TOKEN_OK)
		return res;
	return evidence->parts.pin != NULL ? certify_index(tpm, evidence) : certify_pin_object(tpm, evidence);
}

/* Certifying needs no more than the key's authValue, which is empty. */
static enum token_result
key_job(struct tpm *tpm, void *arg)
{
	const struct tpm_auth empty = { .value = SECRET_NONE };
	struct evidence *evidence = arg;
	struct tpm_ref object;
	enum token_result res;

	res = tpm_result(tpm_object(tpm, evidence->key, &object));
	if (res == TOKEN_OK)
		res = tpm_result(certify(tpm, evidence, &object, &empty, &evidence->certified));
	return res;
}

/* ---- The map --------------------------------------------------------------------------- */

static void
put_info_at(struct cbor_writer *to, const struct certified *certified)
{
	put_bytes_at(to, "certInfo", certified->info.attestationData, certified->info.size);
}

static void
put_index(struct cbor_writer *to, const struct evidence *evidence)
{
	const struct tpm_guard_parts *parts = &evidence->parts;

	put_map(to, parts->authenticator != NULL ? 6 : 5);
	put_signature_at(to, "sig", &evidence->pin.signature);
	put_public_at(to, "soPub", &parts->so_object->publicArea);
	put_info_at(to, &evidence->pin);
	put_nv_public_at(to, "nvPublic", parts->pin);
	put_public_at(to, "authorizePub", &parts->authoriser->publicArea);
	if (parts->authenticator == NULL)
		return;
	put_text(to, "authenticator");
	put_map(to, 1);
	put_nv_public_at(to, "nvPublic", parts->authenticator);
}

static void
put_object(struct cbor_writer *to, const struct evidence *evidence)
{
	put_map(to, 4);
	put_signature_at(to, "sig", &evidence->pin.signature);
	put_public_at(to, "soPub", &evidence->parts.so_object->publicArea);
	put_public_at(to, "pubArea", &evidence->parts.pin_object->public_area.publicArea);
	put_info_at(to, &evidence->pin);
}

static void
put_chain_at(struct cbor_writer *to, const char *key, const struct backend_bytes *certificate)
{
	put_text(to, key);
	put_array(to, 1);
	put_bytes(to, certificate->ptr, certificate->len);
}

static enum token_result
put_keys(struct cbor_writer *to, struct evidence *evidence, struct token_key *const *keys, size_t count)
{
	enum token_result res = TOKEN_OK;

	put_text(to, "keys");
	put_array(to, count);
	for (size_t i = 0; i < count && res == TOKEN_OK; i++) {
		evidence->key = tpm_key_blob(keys[i]);
		if (evidence->key == NULL)
			return TOKEN_ERR_ARG;
		res = tpm_guard_do(evidence->guard, evidence->area->env->tpm, key_job, evidence);
		put_map(to, 3);
		put_signature_at(to, "sig", &evidence->certified.signature);
		put_public_at(to, "pubArea", &evidence->key->public_area.publicArea);
		put_info_at(to, &evidence->certified);
	}
	return res;
}

static enum token_result
put_all(struct cbor_writer *to, struct evidence *evidence, const struct backend_bytes *certificate,
	struct token_key *const *keys, size_t count)
{
	const bool ek = evidence->ek.ptr != NULL;
	enum token_result res;

	put_map(to, ek || certificate != NULL ? 7 : 6);
	if (ek)
		put_chain_at(to, "ek", &evidence->ek);
	put_text(to, "alg");
	put_number(to, COSE_ES256);
	put_text_at(to, "fmt", "tpm");
	put_text(to, "pin");
	if (evidence->parts.pin != NULL)
		put_index(to, evidence);
	else
		put_object(to, evidence);
	put_text_at(to, "ver", "2.0");
	if (certificate != NULL)
		put_chain_at(to, "x5c", certificate);
	res = put_keys(to, evidence, keys, count);
	put_public_at(to, "akPub", &evidence->ak->public_area.publicArea);
	return res;
}

enum token_result
evidence_make(struct backend_area *area, const struct tpm_blob *ak, const struct backend_bytes *certificate,
	struct token_key *const *keys, size_t count, const uint8_t *nonce, size_t nonce_len, struct backend_bytes *out)
{
	struct evidence evidence = { .area = area, .guard = area->guard, .ak = ak, .with_ek = certificate == NULL };
	struct cbor_writer to = { 0 };
	uint8_t digest[SEAL_MAC_LEN];
	enum token_result res;

	tpm_guard_parts(evidence.guard, &evidence.parts);
	res = seal_sha256(area->env->seal, nonce, nonce_len, digest);
	if (res != TOKEN_OK)
		return res;
	evidence.nonce.size = sizeof(digest);
	memcpy(evidence.nonce.buffer, digest, sizeof(digest));
	res = tpm_guard_do(evidence.guard, area->env->tpm, pin_job, &evidence);
	if (res == TOKEN_OK)
		res = put_all(&to, &evidence, certificate, keys, count);
	to.failed = to.failed || res != TOKEN_OK;
	if (res == TOKEN_OK)
		res = put_end(&to, out);
	else
		(void)put_end(&to, out);
	free(evidence.ek.ptr);
	return res;
}
