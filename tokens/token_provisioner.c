/*
 * The provisioner (design: Roles): a credential that the security officer makes, and its login.
 *
 * What its credential opens is a key of its own, for the keys that will be the provisioner's; the area key is none
 * of them. So who has it reads nothing here. The credential has 128 random bits: no slow derivation is needed, and
 * the counter of tries is for who would use up the machine.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/pin/lock.h"

#define TRIES 10
#define RANDOM_LEN (TOKEN_CREDENTIAL_LEN / 2)
#define SALT_LEN 16
#define WRAP_LEN (SALT_LEN + SEAL_KEY_LEN + SEAL_OVERHEAD)
#define PURPOSE "mdoc-pkcs11 provisioner"
#define PURPOSE_LEN (sizeof(PURPOSE) - 1)
#define AAD_LEN (PURPOSE_LEN + TOKEN_SERIAL_LEN + SALT_LEN)

static void
make_aad(const struct token *token, const uint8_t salt[SALT_LEN], uint8_t aad[AAD_LEN])
{
	memcpy(aad, PURPOSE, PURPOSE_LEN);
	memcpy(aad + PURPOSE_LEN, token->serial, TOKEN_SERIAL_LEN);
	memcpy(aad + PURPOSE_LEN + TOKEN_SERIAL_LEN, salt, SALT_LEN);
}

/* The wrap is salt || sealed key. */
static enum token_result
derive(const struct token *token, struct secret credential, const uint8_t salt[SALT_LEN], struct secret *kek)
{
	return seal_hkdf(token->env->seal, credential, salt, SALT_LEN, PURPOSE, PURPOSE_LEN, SEAL_KEY_LEN, kek);
}

static enum token_result
wrap_new_key(const struct token *token, struct secret credential, uint8_t wrap[WRAP_LEN])
{
	const struct seal_ctx *seal = token->env->seal;
	struct secret kek = SECRET_NONE;
	struct secret key = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	res = seal_random(seal, wrap, SALT_LEN);
	if (res == TOKEN_OK)
		res = derive(token, credential, wrap, &kek);
	if (res == TOKEN_OK)
		res = seal_random_secret(seal, SEAL_KEY_LEN, &key);
	if (res != TOKEN_OK)
		goto out;
	make_aad(token, wrap, aad);
	res = seal_into(seal, kek, aad, sizeof(aad), key.ptr, key.len, wrap + SALT_LEN);
out:
	secret_wipe(&key);
	secret_wipe(&kek);
	return res;
}

/* TOKEN_ERR_PIN: another credential's. */
static enum token_result
open_wrap(const struct token *token, struct secret credential, const uint8_t *wrap, size_t len)
{
	struct secret kek = SECRET_NONE;
	struct secret key = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	if (wrap == NULL || len != WRAP_LEN)
		return TOKEN_ERR_DAMAGED;
	if (credential.len != TOKEN_CREDENTIAL_LEN)
		return TOKEN_ERR_PIN;
	res = derive(token, credential, wrap, &kek);
	if (res != TOKEN_OK)
		goto out;
	make_aad(token, wrap, aad);
	res = seal_open(token->env->seal, kek, aad, sizeof(aad), wrap + SALT_LEN, len - SALT_LEN, &key);
	if (res == TOKEN_ERR_DAMAGED)
		res = TOKEN_ERR_PIN;
out:
	secret_wipe(&key);
	secret_wipe(&kek);
	return res;
}

/* 128 random bits as hexadecimal digits. */
static enum token_result
new_credential(const struct token *token, struct secret *credential)
{
	static const char digits[] = "0123456789abcdef";
	struct secret bits = SECRET_NONE;
	enum token_result res;

	res = seal_random_secret(token->env->seal, RANDOM_LEN, &bits);
	if (res == TOKEN_OK && !secret_alloc(TOKEN_CREDENTIAL_LEN, credential))
		res = TOKEN_ERR_MEMORY;
	if (res == TOKEN_OK)
		for (size_t i = 0; i < RANDOM_LEN; i++) {
			credential->ptr[2 * i] = (uint8_t)digits[bits.ptr[i] >> 4];
			credential->ptr[2 * i + 1] = (uint8_t)digits[bits.ptr[i] & 0xf];
		}
	secret_wipe(&bits);
	return res;
}

enum token_result
token_provisioner_make(struct token *token, struct secret *credential)
{
	uint8_t wrap[WRAP_LEN];
	struct store_provisioner row = { .state = TOKEN_PIN_OPERATIONAL,
		.tries_left = TRIES,
		.tries_max = TRIES,
		.wrap = wrap,
		.wrap_len = sizeof(wrap) };
	struct secret fresh = SECRET_NONE;
	enum token_result res;

	res = new_credential(token, &fresh);
	if (res == TOKEN_OK)
		res = wrap_new_key(token, fresh, wrap);
	if (res == TOKEN_OK)
		res = change_begin(token, TOKEN_SO);
	if (res == TOKEN_OK)
		res = change_end(token, store_provisioner_replace(token->store, &row));
	if (res != TOKEN_OK)
		goto out;
	store_checkpoint(token->store); /* the old wrap must not outlive its credential in the log */
	*credential = secret_move(&fresh);
out:
	secret_wipe(&fresh);
	return res;
}

enum token_result
token_provisioner_revoke(struct token *token)
{
	enum token_result res;

	res = change_begin(token, TOKEN_SO);
	if (res == TOKEN_OK)
		res = change_end(token, store_provisioner_delete(token->store));
	if (res == TOKEN_OK)
		store_checkpoint(token->store);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_ERR_PIN_NOT_SET : res;
}

/* A try that is the last one takes the wrap with it when it fails. */
static void
lock_row(struct store_provisioner *row)
{
	row->state = TOKEN_PIN_LOCKED;
	row->tries_left = 0;
	store_provisioner_clear(row);
}

/* Count a try, before anything is looked at. */
static enum token_result
begin_try(struct token *token, struct store_provisioner *row)
{
	bool locked = false;
	enum token_result res;

	res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		return res;
	res = store_provisioner_read(token->store, row);
	if (res == TOKEN_OK && row->state == TOKEN_PIN_NONE)
		res = TOKEN_ERR_PIN_NOT_SET;
	if (res == TOKEN_OK && row->state == TOKEN_PIN_LOCKED)
		res = TOKEN_ERR_PIN_LOCKED;
	locked = res == TOKEN_OK && row->tries_left == 0; /* whoever spent the last try was killed */
	if (locked)
		lock_row(row);
	else if (res == TOKEN_OK)
		row->tries_left--;
	if (res == TOKEN_OK)
		res = store_provisioner_write(token->store, row);
	res = store_end(token->store, res);
	return res == TOKEN_OK && locked ? TOKEN_ERR_PIN_LOCKED : res;
}

/* Give a right one's tries back, or lock after the last wrong one. */
static enum token_result
end_try(struct token *token, struct store_provisioner *row, enum token_result checked)
{
	enum token_result res;

	if (checked == TOKEN_ERR_PIN && row->tries_left > 0)
		return TOKEN_OK;
	if (checked == TOKEN_ERR_PIN)
		lock_row(row);
	else
		row->tries_left = checked == TOKEN_OK ? row->tries_max : row->tries_left + 1;
	res = store_begin(token->store, true);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_provisioner_write(token->store, row));
	if (res == TOKEN_OK && row->state == TOKEN_PIN_LOCKED)
		store_checkpoint(token->store);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_ERR_PIN_NOT_SET : res; /* revoked meanwhile */
}

/* The login lock is held. */
static enum token_result
check(struct token *token, struct secret credential, uint64_t *id)
{
	struct store_provisioner row = { .wrap = NULL };
	enum token_result ended;
	enum token_result res;

	res = begin_try(token, &row);
	if (res != TOKEN_OK)
		goto out;
	*id = row.id;
	res = open_wrap(token, credential, row.wrap, row.wrap_len);
	ended = end_try(token, &row, res);
	if (res == TOKEN_OK)
		res = ended;
out:
	store_provisioner_clear(&row);
	return res;
}

enum token_result
provisioner_login(struct token *token, struct secret credential)
{
	struct pin_lock lock = PIN_LOCK_NONE;
	uint64_t id = 0;
	enum token_result res;

	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = pin_lock_take(token->folder, PIN_LOCK_WAIT_MS, &lock);
	if (res != TOKEN_OK)
		return res;
	res = check(token, credential, &id);
	if (res == TOKEN_OK) {
		(void)pthread_mutex_lock(&token->lock);
		token->provisioner = id;
		token->loaded = false; /* the next look finds out whether it has been revoked since */
		(void)pthread_mutex_unlock(&token->lock);
	}
	pin_lock_release(&lock);
	return res;
}

enum token_result
provisioner_recheck(struct token *token)
{
	struct store_provisioner row = { .wrap = NULL };
	enum token_result res;

	if (token->provisioner == 0)
		return TOKEN_OK;
	res = store_provisioner_read(token->store, &row);
	if (res == TOKEN_OK && (row.state != TOKEN_PIN_OPERATIONAL || row.id != token->provisioner))
		token_forget_role(token);
	store_provisioner_clear(&row);
	return res;
}
