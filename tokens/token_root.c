/*
 * The root of an area: one MAC over (generation, multiset hash of all authenticated rows,
 * settings). A row that was deleted, changed or put back from outside changes the hash.
 *
 * The hash is the sum modulo 2^256 of one HMAC for each row, so that a change costs what it
 * changes. Its key never leaves the area, so terms can't be chosen.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum token_result
area_keys_derive(const struct seal_ctx *ctx, struct secret area_key, struct area_keys *keys)
{
	enum token_result res = TOKEN_ERR_MEMORY;

	if (!secret_copy(area_key.ptr, area_key.len, &keys->area))
		goto out;
	res = seal_subkey(ctx, area_key, "objects", &keys->seal);
	if (res == TOKEN_OK)
		res = seal_subkey(ctx, area_key, "root", &keys->root);
	if (res == TOKEN_OK)
		res = seal_subkey(ctx, area_key, "rows", &keys->rows);
out:
	if (res != TOKEN_OK)
		area_keys_wipe(keys);
	return res;
}

void
area_keys_wipe(struct area_keys *keys)
{
	secret_wipe(&keys->area);
	secret_wipe(&keys->seal);
	secret_wipe(&keys->root);
	secret_wipe(&keys->rows);
	secret_wipe(&keys->auth);
}

static uint8_t *
put(uint8_t *out, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		out[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
	return out + width;
}

void
row_aad(const char *serial, const struct store_row *row, unsigned blob, uint8_t aad[ROW_AAD_LEN])
{
	uint8_t *out = aad;

	memcpy(out, serial, TOKEN_SERIAL_LEN);
	out = put(out + TOKEN_SERIAL_LEN, row->id, 8);
	out = put(out, blob, 1);
	out = put(out, row->generation, 8);
	out = put(out, row->kind, 1);
	out = put(out, row->flags, 1);
	out = put(out, row->state, 1);
	out = put(out, row->copy, 8);
	(void)put(out, row->value_len, 8);
}

enum token_result
root_term(struct seal_many *rows_key, const char *serial, const struct store_row *row, uint8_t term[ROOT_HASH_LEN])
{
	uint8_t aad[ROW_AAD_LEN];

	row_aad(serial, row, 0, aad);
	return seal_many_hmac(rows_key, aad, sizeof(aad), term);
}

void
root_add(uint8_t hash[ROOT_HASH_LEN], const uint8_t term[ROOT_HASH_LEN])
{
	unsigned carry = 0;

	for (size_t i = ROOT_HASH_LEN; i-- > 0;) {
		carry += (unsigned)hash[i] + term[i];
		hash[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

void
root_subtract(uint8_t hash[ROOT_HASH_LEN], const uint8_t term[ROOT_HASH_LEN])
{
	unsigned borrow = 0;

	for (size_t i = ROOT_HASH_LEN; i-- > 0;) {
		const unsigned difference = 0x100u + hash[i] - term[i] - borrow;

		hash[i] = (uint8_t)difference;
		borrow = difference < 0x100u ? 1 : 0;
	}
}

/* What an area of version 1 has not; one without any of it has the digest that it had then. */
static bool
has_origin(const struct store_area *area)
{
	return area->preset[0] != '\0' || area->card[0] != '\0' || area->has_authenticator;
}

/* A mark, and the digest of preset, card and authenticator. */
static enum token_result
origin_digest(const struct seal_ctx *ctx, const struct store_area *area, uint8_t out[33])
{
	uint8_t bytes[sizeof(area->preset) + sizeof(area->card) + STORE_AUTHENTICATOR_LEN] = { 0 };
	size_t len = sizeof(area->preset) + sizeof(area->card);

	memcpy(bytes, area->preset, strlen(area->preset));
	memcpy(bytes + sizeof(area->preset), area->card, strlen(area->card));
	if (area->has_authenticator) {
		memcpy(bytes + len, area->authenticator, sizeof(area->authenticator));
		len += sizeof(area->authenticator);
	}
	out[0] = 1;
	return seal_sha256(ctx, bytes, len, out + 1);
}

enum token_result
root_settings(const struct seal_ctx *ctx, const struct store_area *area, const struct backend_bytes *guard_data,
	uint8_t digest[32])
{
	const struct token_pin_policy *policies[] = { &area->user, &area->so };
	uint8_t bytes[320] = { 0 };
	uint8_t *out = bytes;

	memcpy(out, area->serial, TOKEN_SERIAL_LEN);
	out += TOKEN_SERIAL_LEN;
	memcpy(out, area->backend, strlen(area->backend));
	out = put(out + sizeof(area->backend), (uint64_t)area->created, 8);
	out = put(out, area->epoch, 8);
	out = put(out, area->flags, 4);
	out = put(out, area->low_water, 4);
	for (size_t i = 0; i < 2; i++) {
		out = put(out, policies[i]->min_len, 4);
		out = put(out, policies[i]->max_len, 4);
		out = put(out, policies[i]->tries, 4);
		out = put(out, (uint64_t)policies[i]->alphabet, 4);
	}
	memcpy(out, area->seal_public, sizeof(area->seal_public));
	out += sizeof(area->seal_public);
	memcpy(out, area->seal_private, sizeof(area->seal_private));
	out += sizeof(area->seal_private);
	if (guard_data->len > 0) {
		const enum token_result res = seal_sha256(ctx, guard_data->ptr, guard_data->len, out);

		if (res != TOKEN_OK)
			return res;
		out += 32;
	}
	if (has_origin(area)) {
		const enum token_result res = origin_digest(ctx, area, out);

		if (res != TOKEN_OK)
			return res;
		out += 33;
	}
	return seal_sha256(ctx, bytes, (size_t)(out - bytes), digest);
}

enum token_result
root_mac(const struct seal_ctx *ctx, const struct area_keys *keys, const char *serial, const uint8_t settings[32],
	const struct store_root *root, uint8_t mac[SEAL_MAC_LEN])
{
	uint8_t bytes[TOKEN_SERIAL_LEN + 8 + ROOT_HASH_LEN + 32];
	uint8_t *out = bytes;

	memcpy(out, serial, TOKEN_SERIAL_LEN);
	out = put(out + TOKEN_SERIAL_LEN, root->generation, 8);
	memcpy(out, root->hash, ROOT_HASH_LEN);
	memcpy(out + ROOT_HASH_LEN, settings, 32);
	return seal_hmac(ctx, keys->root, bytes, sizeof(bytes), mac);
}
