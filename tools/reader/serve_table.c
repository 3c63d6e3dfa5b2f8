/* serve_table.c: transactions, bounded in number and in life. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <mdoc/base64url.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/reader/serve.h"

static const char *const names[SERVE_STATES] = {
	[SERVE_WAITING] = "waiting",
	[SERVE_ASKED] = "asked",
	[SERVE_JUDGING] = "judging",
	[SERVE_VERIFIED] = "verified",
	[SERVE_UNDETERMINED] = "revocation_undetermined",
	[SERVE_NOT_VERIFIED] = "not_verified",
	[SERVE_REFUSED] = "refused",
	[SERVE_FAILED] = "failed",
};

const char *
serve_state_name(enum serve_state state)
{
	return names[state];
}

bool
serve_same(const char *a, const char *b)
{
	const size_t len = strlen(a);

	return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

bool
serve_random(char name[SERVE_NAME])
{
	struct mdoc_buf text = MDOC_BUF_OVER((uint8_t *)name, SERVE_NAME);
	uint8_t bits[16];

	if (RAND_bytes_ex(mdoc_context_libctx(tool_context()), bits, sizeof(bits), 0) != 1)
		return false;
	mdoc_base64url_encode(&text, mdoc_bytes_of(bits, sizeof(bits)));
	mdoc_buf_append(&text, mdoc_bytes_of("", 1));
	OPENSSL_cleanse(bits, sizeof(bits));
	return text.err == MDOC_OK;
}

/* Names are random, and nobody can choose one that there is: any mixing will do (FNV-1a). */
static size_t
bucket(const struct serve *serve, const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash & (serve->buckets - 1);
}

bool
serve_table_open(struct serve *serve)
{
	serve->buckets = 64;
	while (serve->buckets < serve->options->transactions.value)
		serve->buckets *= 2;
	serve->by_id = calloc(serve->buckets, sizeof(*serve->by_id));
	serve->by_name = calloc(serve->buckets, sizeof(*serve->by_name));
	serve->last_job = &serve->jobs;
	return serve->by_id != NULL && serve->by_name != NULL;
}

static void
clear_responses(struct serve_transaction *one)
{
	for (size_t i = 0; i < SERVE_CREDENTIALS; i++)
		mdoc_buf_clear(&one->responses[i]);
	mdoc_buf_clear(&one->transcript);
}

static void
forget(struct serve_transaction *one)
{
	clear_responses(one);
	mdoc_buf_clear(&one->object);
	mdoc_buf_clear(&one->html);
	EVP_PKEY_free(one->key);
	json_decref(one->json);
	OPENSSL_cleanse(one, sizeof(*one));
	free(one);
}

static void
unlink_all(struct serve *serve, struct serve_transaction *one)
{
	struct serve_transaction **at;

	if (one->next != NULL)
		one->next->previous = one->previous;
	if (one->previous != NULL)
		one->previous->next = one->next;
	else
		serve->all = one->next;
	at = &serve->by_id[bucket(serve, one->id)];
	while (*at != one)
		at = &(*at)->by_id;
	*at = one->by_id;
	at = &serve->by_name[bucket(serve, one->name)];
	while (*at != one)
		at = &(*at)->by_name;
	*at = one->by_name;
	serve->count--;
}

static void
link_all(struct serve *serve, struct serve_transaction *one)
{
	struct serve_transaction **at;

	one->next = serve->all;
	if (one->next != NULL)
		one->next->previous = one;
	serve->all = one;
	at = &serve->by_id[bucket(serve, one->id)];
	one->by_id = *at;
	*at = one;
	at = &serve->by_name[bucket(serve, one->name)];
	one->by_name = *at;
	*at = one;
	serve->count++;
}

/* Behind a proxy everybody is at a loopback address: the proxy counts them. Of IPv6 a client has a /64. */
static bool
is_one_too_many(const struct serve *serve, const struct sockaddr_in6 *peer)
{
	const uint8_t *address = peer->sin6_addr.s6_addr;
	const bool v4 = IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr);
	size_t count = 0;

	if (IN6_IS_ADDR_LOOPBACK(&peer->sin6_addr) || (v4 && address[12] == 127))
		return false;
	for (const struct serve_transaction *one = serve->all; one != NULL; one = one->next)
		if (memcmp(one->peer.sin6_addr.s6_addr, address, v4 ? 16 : 8) == 0)
			count++;
	return count >= serve->options->per_client.value;
}

unsigned
serve_begin(struct serve *serve, const struct sockaddr_in6 *peer, struct serve_transaction **transaction)
{
	struct serve_transaction *one;

	*transaction = NULL;
	if (serve->stopping || serve->count >= serve->options->transactions.value)
		return 503;
	if (is_one_too_many(serve, peer))
		return 429;
	one = calloc(1, sizeof(*one));
	if (one == NULL || !serve_random(one->id) || !serve_random(one->name) || !serve_random(one->nonce) ||
		!serve_random(one->state_text) || !serve_random(one->secret) || !serve_random(one->code)) {
		free(one);
		return 503;
	}
	one->peer = *peer;
	one->expires = web_now() + (int64_t)serve->options->life.value * 1000;
	link_all(serve, one);
	*transaction = one;
	return 0;
}

struct serve_transaction *
serve_by_id(const struct serve *serve, const char *id)
{
	struct serve_transaction *one = serve->by_id[bucket(serve, id)];

	while (one != NULL && (one->ended || !serve_same(one->id, id)))
		one = one->by_id;
	return one;
}

struct serve_transaction *
serve_by_name(const struct serve *serve, const char *name)
{
	struct serve_transaction *one = serve->by_name[bucket(serve, name)];

	while (one != NULL && (one->ended || !serve_same(one->name, name)))
		one = one->by_name;
	return one;
}

void
serve_set_state(struct serve *serve, struct serve_transaction *transaction, enum serve_state state)
{
	transaction->state = state;
	if (SERVE_FINAL(state)) {
		transaction->expires = web_now() + (int64_t)serve->options->life.value * 1000;
		/* Nothing can be decrypted any more, and nothing is asked again. */
		EVP_PKEY_free(transaction->key);
		transaction->key = NULL;
		mdoc_buf_clear(&transaction->object);
		clear_responses(transaction);
	}
	web_wake(serve->web, transaction);
}

void
serve_shown(const struct serve *serve, struct serve_transaction *transaction)
{
	if (!transaction->shown)
		transaction->expires = web_now() + (int64_t)serve->options->show.value * 1000;
	transaction->shown = true;
}

void
serve_end(struct serve *serve, struct serve_transaction *transaction)
{
	web_wake(serve->web, transaction);
	transaction->ended = true;
	if (transaction->state == SERVE_JUDGING)
		return; /* the main thread has its responses */
	unlink_all(serve, transaction);
	forget(transaction);
}

void
serve_expire(struct serve *serve)
{
	struct serve_transaction *next;
	const int64_t now = web_now();

	for (struct serve_transaction *one = serve->all; one != NULL; one = next) {
		next = one->next;
		if (one->expires > now || one->state == SERVE_JUDGING)
			continue;
		serve_say(serve, one, "%s", _("its time is over"));
		serve_end(serve, one);
	}
}

void
serve_table_close(struct serve *serve)
{
	struct serve_transaction *next;

	for (struct serve_transaction *one = serve->all; one != NULL; one = next) {
		next = one->next;
		forget(one);
	}
	free(serve->by_id);
	free(serve->by_name);
}
