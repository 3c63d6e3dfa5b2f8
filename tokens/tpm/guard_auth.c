/*
 * tokens/tpm/guard_auth.c: authValues, and what an area keeps of them while somebody is logged in.
 *
 * auth: role (1), length of the value (1), the value, and where it is an object's its TPM2B_PRIVATE.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <openssl/crypto.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#define HEAD_LEN 2

/* Trailing zero bytes of an authValue are nothing to a TPM (TPM 2.0 part 1, 17.6.4). */
static enum token_result
to_value(uint8_t bytes[GUARD_VALUE_LEN], struct secret *value)
{
	size_t len = GUARD_VALUE_LEN;
	bool made;

	while (len > 1 && bytes[len - 1] == 0)
		len--;
	made = secret_copy(bytes, len, value);
	OPENSSL_cleanse(bytes, GUARD_VALUE_LEN);
	return made ? TOKEN_OK : TOKEN_ERR_MEMORY;
}

enum token_result
guard_value(const struct seal_ctx *seal, const char *serial, struct secret pin, struct secret *value)
{
	uint8_t mac[SEAL_MAC_LEN];
	struct secret key = SECRET_NONE;
	enum token_result res;

	_Static_assert(SEAL_MAC_LEN == GUARD_VALUE_LEN, "a MAC is an authValue");
	if (!secret_copy(serial, strlen(serial), &key))
		return TOKEN_ERR_MEMORY;
	res = seal_hmac(seal, key, pin.ptr, pin.len, mac);
	if (res == TOKEN_OK)
		res = to_value(mac, value);
	secret_wipe(&key);
	return res;
}

enum token_result
guard_random_value(const struct seal_ctx *seal, struct secret *value)
{
	uint8_t bytes[GUARD_VALUE_LEN];
	enum token_result res;

	res = seal_random(seal, bytes, sizeof(bytes));
	return res != TOKEN_OK ? res : to_value(bytes, value);
}

enum token_result
guard_counter_value(const struct seal_ctx *seal, struct secret area_key, struct secret *value)
{
	uint8_t bytes[GUARD_VALUE_LEN];
	struct secret key = SECRET_NONE;
	enum token_result res;

	res = seal_subkey(seal, area_key, "tpm counter", &key);
	if (res != TOKEN_OK)
		return res;
	memcpy(bytes, key.ptr, sizeof(bytes));
	secret_wipe(&key);
	return to_value(bytes, value);
}

enum token_result
guard_auth_make(enum backend_role role, struct secret value, const TPM2B_PRIVATE *private_area, struct secret *auth)
{
	uint8_t bytes[sizeof(TPM2B_PRIVATE)];
	size_t len = 0;

	if (private_area != NULL &&
		Tss2_MU_TPM2B_PRIVATE_Marshal(private_area, bytes, sizeof(bytes), &len) != TSS2_RC_SUCCESS)
		return TOKEN_ERR_ARG;
	if (!secret_alloc(HEAD_LEN + value.len + len, auth))
		return TOKEN_ERR_MEMORY;
	auth->ptr[0] = (uint8_t)role;
	auth->ptr[1] = (uint8_t)value.len;
	memcpy(auth->ptr + HEAD_LEN, value.ptr, value.len);
	memcpy(auth->ptr + HEAD_LEN + value.len, bytes, len);
	return TOKEN_OK;
}

enum token_result
guard_auth_role(struct secret auth, enum backend_role *role)
{
	if (auth.len < HEAD_LEN)
		return TOKEN_ERR_NOT_LOGGED_IN;
	*role = (enum backend_role)auth.ptr[0];
	return TOKEN_OK;
}

enum token_result
guard_auth_read(struct secret auth, enum backend_role role, struct guard_auth *out)
{
	size_t at;

	memset(out, 0, sizeof(*out));
	if (auth.len < HEAD_LEN || auth.ptr[0] != (uint8_t)role)
		return TOKEN_ERR_NOT_LOGGED_IN;
	at = HEAD_LEN + (size_t)auth.ptr[1];
	if (auth.ptr[1] > GUARD_VALUE_LEN || at > auth.len)
		return TOKEN_ERR_ARG;
	out->role = role;
	out->value = (struct secret){ auth.ptr + HEAD_LEN, auth.ptr[1] };
	if (at == auth.len)
		return TOKEN_OK;
	if (Tss2_MU_TPM2B_PRIVATE_Unmarshal(auth.ptr, auth.len, &at, &out->private_area) != TSS2_RC_SUCCESS ||
		at != auth.len)
		return TOKEN_ERR_ARG;
	return TOKEN_OK;
}
