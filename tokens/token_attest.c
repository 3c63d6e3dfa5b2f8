/*
 * Proof for an issuer that keys are in a device: the attestation key and its certificate, which are the area's, and the
 * keys that it speaks of. What the messages say is the backend's affair.
 *
 * Neither is under the area's root: another key in its place, and issuers refuse what it signs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>
#include <string.h>

#define DATA_KEY "ak"
#define DATA_CERTIFICATE "ak-cert"

/* A message has the certificates of device and attestation key, each key's public area and a signature. */
#define ROOM 16384
#define ROOM_KEY 512

struct attested {
	const struct token_attester *attester;
	struct backend_area *area; /* a reference */
	struct backend_bytes key, certificate;
};

static void
attested_clear(struct attested *attested)
{
	backend_area_free(attested->area);
	free(attested->key.ptr);
	free(attested->certificate.ptr);
}

size_t
token_attest_room(const struct token *token, size_t keys)
{
	return token->backend->attester != NULL ? ROOM + keys * ROOM_KEY : 0;
}

/* Both may be absent. */
static enum token_result
read_data(struct token *token, struct attested *attested)
{
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = store_begin(token->store, false);
	if (res != TOKEN_OK)
		goto out;
	res = store_data_read(token->store, DATA_KEY, &attested->key);
	if (res == TOKEN_OK)
		res = store_data_read(token->store, DATA_CERTIFICATE, &attested->certificate);
	res = store_end(token->store, res);
out:
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

static enum token_result
begin(struct token *token, bool needs_key, struct attested *attested)
{
	enum token_result res;

	*attested = (struct attested){ .attester = token->backend->attester };
	if (attested->attester == NULL)
		return TOKEN_ERR_UNSUPPORTED;
	if (token_get_role(token) != TOKEN_USER)
		return TOKEN_ERR_NOT_LOGGED_IN;
	res = backend_current(token, &attested->area);
	if (res == TOKEN_OK)
		res = read_data(token, attested);
	if (res == TOKEN_OK && needs_key && attested->key.ptr == NULL)
		res = TOKEN_ERR_NOT_FOUND;
	return res;
}

static bool
same_bytes(const struct backend_bytes *a, const struct backend_bytes *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

/* TOKEN_ERR_EXISTS: another process has written it since `before` was read. */
static enum token_result
write_data(struct token *token, const char *name, const struct backend_bytes *before, const uint8_t *bytes, size_t len)
{
	struct backend_bytes now = { NULL, 0 };
	enum token_result res;

	res = change_begin(token, TOKEN_USER);
	if (res != TOKEN_OK)
		return res;
	res = store_data_read(token->store, name, &now);
	if (res == TOKEN_OK && !same_bytes(&now, before))
		res = TOKEN_ERR_EXISTS;
	if (res == TOKEN_OK)
		res = store_data_write(token->store, name, bytes, len);
	free(now.ptr);
	return change_end(token, res);
}

static enum token_result
enrol_once(struct token *token, struct backend_bytes *message)
{
	struct backend_bytes made = { NULL, 0 };
	struct attested attested;
	enum token_result res;

	res = begin(token, false, &attested);
	if (res == TOKEN_OK && store_is_read_only(token->store))
		res = TOKEN_ERR_READ_ONLY;
	if (res == TOKEN_OK)
		res = attested.attester->enrol(attested.area, &attested.key, &made, message);
	if (res == TOKEN_OK && made.ptr != NULL)
		res = write_data(token, DATA_KEY, &attested.key, made.ptr, made.len);
	if (res != TOKEN_OK) {
		free(message->ptr);
		*message = (struct backend_bytes){ NULL, 0 };
	}
	free(made.ptr);
	attested_clear(&attested);
	return res;
}

static enum token_result
give(enum token_result res, const struct backend_bytes *from, uint8_t **message, size_t *len)
{
	*message = from->ptr;
	*len = from->len;
	return res;
}

enum token_result
token_attest_enrol(struct token *token, uint8_t **message, size_t *len)
{
	struct backend_bytes made = { NULL, 0 };
	enum token_result res;

	do
		res = enrol_once(token, &made);
	while (res == TOKEN_ERR_EXISTS);
	return give(res, &made, message, len);
}

enum token_result
token_attest_activate(struct token *token, const uint8_t *challenge, size_t challenge_len, uint8_t **message,
	size_t *len)
{
	struct backend_bytes made = { NULL, 0 };
	struct attested attested;
	enum token_result res;

	res = begin(token, true, &attested);
	if (res == TOKEN_OK)
		res = attested.attester->activate(attested.area, &attested.key, challenge, challenge_len, &made);
	attested_clear(&attested);
	return give(res, &made, message, len);
}

enum token_result
token_attest_certificate(struct token *token, const uint8_t *der, size_t len)
{
	struct attested attested;
	enum token_result res;

	res = begin(token, true, &attested);
	if (res == TOKEN_OK)
		res = attested.attester->check(attested.area, &attested.key, der, len);
	if (res == TOKEN_OK)
		res = write_data(token, DATA_CERTIFICATE, &attested.certificate, der, len);
	attested_clear(&attested);
	return res;
}

enum token_result
token_attest(struct token *token, const struct token_object *const *objects, size_t count, const uint8_t *nonce,
	size_t nonce_len, uint8_t **message, size_t *len)
{
	struct token_key **keys = calloc(count > 0 ? count : 1, sizeof(*keys));
	struct backend_bytes made = { NULL, 0 };
	struct attested attested = { 0 };
	enum token_result res = TOKEN_ERR_MEMORY;

	if (keys != NULL)
		res = begin(token, true, &attested);
	for (size_t i = 0; i < count && res == TOKEN_OK; i++)
		res = token_key_load(token, objects[i], &keys[i]);
	if (res == TOKEN_OK)
		res = attested.attester->attest(attested.area, &attested.key, &attested.certificate, keys, count, nonce,
			nonce_len, &made);
	for (size_t i = 0; keys != NULL && i < count; i++)
		token_key_free(keys[i]);
	free(keys);
	attested_clear(&attested);
	return give(res, &made, message, len);
}
