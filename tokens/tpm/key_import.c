/*
 * tokens/tpm/key_import.c: private keys from outside, which a TPM takes over.
 *
 * The key goes to the TPM in an outer wrap for the storage root key (TPM 2.0 part 1, 23.3, "Duplication"), so that
 * nobody on the line sees it. The TPM gives it back as it wraps keys of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tokens/tpm/kdf.h"
#include "tokens/tpm/key_priv.h"
#include "tokens/vault/key.h"

#define SYMMETRIC_LEN 16 /* AES-128 in CFB mode: of the storage root key's template */
#define SENSITIVE_MAX 128

struct import {
	const struct seal_ctx *seal;
	const struct tpm_guard *guard;
	struct secret sensitive; /* TPM2B_SENSITIVE */
	struct tpm_blob made;    /* whose private area is the TPM's */
};

/* The public area, from the point that OpenSSL finds for the scalar, which also has to be in the range. */
static enum token_result
make_public(struct import *import, enum token_curve curve, const uint8_t *scalar, size_t len)
{
	const size_t size = token_curve_size(curve);
	TPMT_PUBLIC *area = &import->made.public_area.publicArea;
	uint8_t point[TOKEN_POINT_MAX];
	struct token_key *key = NULL;
	size_t point_len = 0;
	enum token_result res;

	res = tpm_key_template(curve, TPM_KEY_IMPORTED, tpm_guard_policy(import->guard), area);
	if (res == TOKEN_OK)
		res = vault_key_from_scalar(seal_ctx_libctx(import->seal), curve, scalar, len, &key);
	if (res != TOKEN_OK)
		return res;
	res = token_key_point(key, point, &point_len);
	if (res == TOKEN_OK) {
		area->unique.ecc.x.size = area->unique.ecc.y.size = (UINT16)size;
		memcpy(area->unique.ecc.x.buffer, point + 1, size);
		memcpy(area->unique.ecc.y.buffer, point + 1 + size, size);
		if (tpm_public_name(import->seal, area, &import->made.name) != TSS2_RC_SUCCESS)
			res = TOKEN_ERR_CRYPTO;
	}
	token_key_free(key);
	return res;
}

static enum token_result
make_sensitive(struct import *import, const uint8_t *scalar, size_t len)
{
	TPM2B_SENSITIVE sensitive = { .sensitiveArea.sensitiveType = TPM2_ALG_ECC };
	uint8_t bytes[SENSITIVE_MAX];
	size_t used = 0;
	enum token_result res = TOKEN_ERR_CRYPTO;

	sensitive.sensitiveArea.sensitive.ecc.size = (UINT16)len;
	memcpy(sensitive.sensitiveArea.sensitive.ecc.buffer, scalar, len);
	if (Tss2_MU_TPM2B_SENSITIVE_Marshal(&sensitive, bytes, sizeof(bytes), &used) == TSS2_RC_SUCCESS)
		res = secret_copy(bytes, used, &import->sensitive) ? TOKEN_OK : TOKEN_ERR_MEMORY;
	OPENSSL_cleanse(&sensitive, sizeof(sensitive));
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return res;
}

/* AES-128-CFB, from an IV of zeros: the key is for this one message. */
static enum token_result
encrypt(const struct seal_ctx *seal, struct secret key, struct secret plain, uint8_t *out)
{
	static const uint8_t iv[SYMMETRIC_LEN] = { 0 };
	EVP_CIPHER *aes = EVP_CIPHER_fetch(seal_ctx_libctx(seal), "AES-128-CFB", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	enum token_result res = TOKEN_ERR_CRYPTO;
	int len = 0;

	if (aes != NULL && ctx != NULL && EVP_EncryptInit_ex2(ctx, aes, key.ptr, iv, NULL) == 1 &&
		EVP_EncryptUpdate(ctx, out, &len, plain.ptr, (int)plain.len) == 1 && (size_t)len == plain.len)
		res = TOKEN_OK;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(aes);
	return res;
}

/* The encrypted private half, and before it an HMAC over that and the Name. */
static enum token_result
wrap(const struct import *import, struct secret seed, TPM2B_PRIVATE *duplicate)
{
	const struct tpm_bytes none = { NULL, 0 }, name = { import->made.name.name, import->made.name.size };
	struct secret symmetric = SECRET_NONE, integrity = SECRET_NONE;
	uint8_t mac[SEAL_MAC_LEN], authentic[SENSITIVE_MAX + sizeof(import->made.name.name)];
	const size_t len = import->sensitive.len;
	TPM2B_DIGEST outer = { .size = sizeof(mac) };
	size_t at = 0;
	enum token_result res;

	res = tpm_kdfa(import->seal, seed, "STORAGE", name, none, SYMMETRIC_LEN, &symmetric);
	if (res == TOKEN_OK)
		res = tpm_kdfa(import->seal, seed, "INTEGRITY", none, none, SEAL_MAC_LEN, &integrity);
	if (res == TOKEN_OK)
		res = encrypt(import->seal, symmetric, import->sensitive, authentic);
	if (res != TOKEN_OK)
		goto out;
	memcpy(authentic + len, import->made.name.name, import->made.name.size);
	res = seal_hmac(import->seal, integrity, authentic, len + import->made.name.size, mac);
	if (res != TOKEN_OK)
		goto out;
	memcpy(outer.buffer, mac, sizeof(mac));
	if (Tss2_MU_TPM2B_DIGEST_Marshal(&outer, duplicate->buffer, sizeof(duplicate->buffer), &at) != TSS2_RC_SUCCESS)
		res = TOKEN_ERR_CRYPTO;
	memcpy(duplicate->buffer + at, authentic, len);
	duplicate->size = (UINT16)(at + len);
out:
	secret_wipe(&symmetric);
	secret_wipe(&integrity);
	return res;
}

/* The public half of the storage root key, which is the one of this Name. */
static TSS2_RC
read_srk(struct tpm *tpm, const struct tpm_ref *srk, TPM2B_PUBLIC *area)
{
	const struct tpm_ref *const refs[] = { srk };
	TPM2B_NAME name = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_ReadPublic_Prepare(tpm_sys(tpm), srk->handle);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, NULL, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_ReadPublic_Complete(tpm_sys(tpm), area, NULL, NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_public_name(tpm_seal(tpm), &area->publicArea, &name);
	if (rc == TSS2_RC_SUCCESS && (name.size != srk->name.size || memcmp(name.name, srk->name.name, name.size) != 0))
		rc = TSS2_SYS_RC_GENERAL_FAILURE;
	return rc;
}

static enum token_result
send_import(struct tpm *tpm, const struct tpm_ref *srk, struct import *import, const TPM2B_PRIVATE *duplicate,
	const TPM2B_ENCRYPTED_SECRET *seed)
{
	const TPMT_SYM_DEF_OBJECT no_inner = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_DATA no_key = { 0 };
	const struct tpm_ref *const refs[] = { srk };
	struct tpm_auth auth = { .value = SECRET_NONE };
	TPM2B_PRIVATE made = { 0 };
	TSS2_RC rc;

	rc = tpm_hmac_session(tpm, &auth.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Import_Prepare(tpm_sys(tpm), srk->handle, &no_key, &import->made.public_area, duplicate,
			seed, &no_inner);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_srk_said(tpm_execute(tpm, refs, 1, &auth, 1));
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Import_Complete(tpm_sys(tpm), &made);
	if (rc == TSS2_RC_SUCCESS)
		import->made.private_area = made;
	return tpm_result(rc);
}

static enum token_result
import_job(struct tpm *tpm, void *arg)
{
	struct import *import = arg;
	TPM2B_ENCRYPTED_SECRET sent = { 0 };
	TPM2B_PRIVATE duplicate = { 0 };
	TPM2B_PUBLIC parent = { 0 };
	struct secret seed = SECRET_NONE;
	struct tpm_ref srk;
	enum token_result res;

	res = tpm_result(tpm_srk(tpm, &srk));
	if (res == TOKEN_OK)
		res = tpm_result(read_srk(tpm, &srk, &parent));
	if (res == TOKEN_OK)
		res = tpm_seed(import->seal, &parent.publicArea, "DUPLICATE", &sent, &seed);
	if (res == TOKEN_OK)
		res = wrap(import, seed, &duplicate);
	if (res == TOKEN_OK)
		res = send_import(tpm, &srk, import, &duplicate, &sent);
	secret_wipe(&seed);
	return res;
}

enum token_result
tpm_key_import(struct backend_area *area, enum token_curve curve, const uint8_t *scalar, size_t len,
	struct secret *value)
{
	struct import import = { .seal = area->env->seal, .guard = area->guard, .sensitive = SECRET_NONE };
	enum token_result res;

	*value = SECRET_NONE;
	res = make_public(&import, curve, scalar, len);
	if (res == TOKEN_OK)
		res = make_sensitive(&import, scalar, len);
	if (res == TOKEN_OK)
		res = tpm_guard_do(area->guard, area->env->tpm, import_job, &import);
	if (res == TOKEN_OK)
		res = tpm_key_pack(&import.made, value);
	secret_wipe(&import.sensitive);
	return res;
}
