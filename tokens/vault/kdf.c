/*
 * tokens/vault/kdf.c: argon2id with bounded parameters.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/vault/kdf.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>

#define PARAMS_VERSION 1

#define NEW_T 3u
#define NEW_M_KIB (64u * 1024)
#define NEW_P 1u
#define CHEAP_T 1u
#define CHEAP_M_KIB 64u

struct bound {
	uint32_t low, high;
};

static const struct bound t_bound = { 3, 16 };
static const struct bound m_bound = { 64u * 1024, 1024u * 1024 };
static const struct bound p_bound = { 1, 4 };

static bool
within(uint32_t value, struct bound bound)
{
	return value >= bound.low && value <= bound.high;
}

static bool
acceptable(const struct vault_kdf_params *params)
{
#ifdef MDOC_CHEAP_KDF
	if (params->t == CHEAP_T && params->m_kib == CHEAP_M_KIB && params->p == NEW_P)
		return true;
#endif
	return within(params->t, t_bound) && within(params->m_kib, m_bound) && within(params->p, p_bound);
}

enum token_result
vault_kdf_params_new(const struct seal_ctx *ctx, struct vault_kdf_params *params)
{
#ifdef MDOC_CHEAP_KDF
	*params = (struct vault_kdf_params){ .t = CHEAP_T, .m_kib = CHEAP_M_KIB, .p = NEW_P };
#else
	*params = (struct vault_kdf_params){ .t = NEW_T, .m_kib = NEW_M_KIB, .p = NEW_P };
#endif
	return seal_random(ctx, params->salt, sizeof(params->salt));
}

static void
put_uint32(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 24);
	out[1] = (uint8_t)(value >> 16);
	out[2] = (uint8_t)(value >> 8);
	out[3] = (uint8_t)value;
}

static uint32_t
get_uint32(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

void
vault_kdf_params_write(const struct vault_kdf_params *params, uint8_t out[VAULT_KDF_PARAMS_LEN])
{
	out[0] = PARAMS_VERSION;
	put_uint32(out + 1, params->t);
	put_uint32(out + 5, params->m_kib);
	put_uint32(out + 9, params->p);
	memcpy(out + 13, params->salt, VAULT_KDF_SALT_LEN);
}

enum token_result
vault_kdf_params_read(const uint8_t *bytes, size_t len, struct vault_kdf_params *params)
{
	memset(params, 0, sizeof(*params));
	if (len != VAULT_KDF_PARAMS_LEN || bytes[0] == 0)
		return TOKEN_ERR_DAMAGED;
	if (bytes[0] > PARAMS_VERSION)
		return TOKEN_ERR_NEWER;
	params->t = get_uint32(bytes + 1);
	params->m_kib = get_uint32(bytes + 5);
	params->p = get_uint32(bytes + 9);
	memcpy(params->salt, bytes + 13, VAULT_KDF_SALT_LEN);
	return acceptable(params) ? TOKEN_OK : TOKEN_ERR_UNSUPPORTED;
}

/* The work memory holds what derives from the PIN: as little as the arena has it a place in a core dump. */
static int
take_memory(uint8_t **memory, size_t len)
{
	void *ptr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ptr == MAP_FAILED)
		return ARGON2_MEMORY_ALLOCATION_ERROR;
	(void)madvise(ptr, len, MADV_DONTDUMP);
	(void)madvise(ptr, len, MADV_WIPEONFORK);
	*memory = ptr;
	return ARGON2_OK;
}

/* The kernel zeroes the pages before anybody else sees them; until then nobody can. */
static void
give_memory(uint8_t *memory, size_t len)
{
	munmap(memory, len);
}

enum token_result
vault_kdf(const struct vault_kdf_params *params, struct secret pin, struct secret *key)
{
	uint8_t salt[VAULT_KDF_SALT_LEN], none[1] = { 0 };
	argon2_context argon = { 0 };
	struct secret out = SECRET_NONE;
	int rc;

	*key = SECRET_NONE;
	if (!acceptable(params))
		return TOKEN_ERR_UNSUPPORTED;
	if (pin.len > ARGON2_MAX_PWD_LENGTH)
		return TOKEN_ERR_ARG;
	if (!secret_alloc(VAULT_KDF_KEY_LEN, &out))
		return TOKEN_ERR_MEMORY;
	memcpy(salt, params->salt, sizeof(salt));
	argon.out = out.ptr;
	argon.outlen = (uint32_t)out.len;
	argon.pwd = pin.len > 0 ? pin.ptr : none;
	argon.pwdlen = (uint32_t)pin.len;
	argon.salt = salt;
	argon.saltlen = sizeof(salt);
	argon.t_cost = params->t;
	argon.m_cost = params->m_kib;
	argon.lanes = params->p;
	argon.threads = 1; /* a module starts no threads in its host */
	argon.version = ARGON2_VERSION_13;
	argon.allocate_cbk = take_memory;
	argon.free_cbk = give_memory;
	argon.flags = ARGON2_DEFAULT_FLAGS;
	rc = argon2id_ctx(&argon);
	if (rc != ARGON2_OK) {
		secret_wipe(&out);
		return rc == ARGON2_MEMORY_ALLOCATION_ERROR ? TOKEN_ERR_MEMORY : TOKEN_ERR_CRYPTO;
	}
	*key = secret_move(&out);
	return TOKEN_OK;
}
