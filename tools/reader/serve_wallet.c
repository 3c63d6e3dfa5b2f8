/*
 * serve_wallet.c: what a wallet gets from us: the request object, signed for its transaction, and a receipt for its
 * answer (OpenID4VP 1.0, 5.10 and 8.2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/form.h"
#include "tools/openid4vp/invocation.h"
#include "tools/reader/serve.h"

#define WALLET_NONCE_MAX 1024

char *
serve_response_uri(const struct serve *serve, const struct serve_transaction *transaction)
{
	char *uri = NULL;

	return asprintf(&uri, "%s/response/%s", serve->origin, transaction->name) < 0 ? NULL : uri;
}

char *
serve_wallet_uri(const struct serve *serve, const struct serve_transaction *transaction)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	char *request_uri = NULL, *uri = NULL;

	if (asprintf(&request_uri, "%s/request/%s", serve->origin, transaction->name) < 0)
		return NULL;
	vp_invocation_put(&text, serve->options->scheme, serve->client_id, request_uri, true);
	if (text.err == MDOC_OK)
		uri = strndup((const char *)text.ptr, text.len);
	mdoc_buf_clear(&text);
	free(request_uri);
	return uri;
}

/* ---- The request object ---- */

/* A key of its own for each transaction: who has one learns nothing of another. */
static enum mdoc_result
make_key(struct serve_transaction *transaction, struct mdoc_public_key *key)
{
	enum mdoc_result res;

	if (transaction->key == NULL)
		transaction->key = EVP_PKEY_Q_keygen(mdoc_context_libctx(tool_context()), NULL, "EC", "P-256");
	if (transaction->key == NULL)
		return MDOC_ERR_CRYPTO;
	res = mdoc_key_from_evp(transaction->key, key);
	return res == MDOC_OK ? key_thumbprint(tool_context(), key, transaction->thumbprint) : res;
}

static enum mdoc_result
make_object(struct serve *serve, struct serve_transaction *transaction, const char *wallet_nonce, struct mdoc_buf *out)
{
	char *response_uri = serve_response_uri(serve, transaction);
	const int64_t now = clock_now();
	struct mdoc_public_key key;
	struct vp_offer offer = {
		.client_id = serve->client_id,
		.response_uri = response_uri,
		.nonce = transaction->nonce,
		.state = transaction->state_text,
		.wallet_nonce = wallet_nonce,
		.legal_basis = asking_legal_basis(serve->asking),
		.dcql = serve->dcql.json,
		.now = now,
		.expires = now + (transaction->expires - web_now()) / 1000,
	};
	enum mdoc_result res = response_uri != NULL ? MDOC_OK : MDOC_ERR_MEMORY;

	if (res == MDOC_OK && !serve->options->plain_response) {
		res = make_key(transaction, &key);
		offer.key = &key;
		offer.kid = transaction->name;
	}
	if (res == MDOC_OK)
		res = vp_request_make(&offer, &asking_key(serve->asking)->signer, serve->x5c, serve->x5c_count, out);
	transaction->signatures++;
	free(response_uri);
	return res;
}

/* What the wallet posts beside its metadata, which change nothing: we ask for mdocs alone. */
static bool
read_wallet_nonce(const struct web_request *request, struct mdoc_buf *nonce)
{
	enum mdoc_result res;

	if (request->body.len == 0)
		return true;
	if (!web_is_form(request))
		return false;
	res = form_get(mdoc_buf_bytes(&request->body), "wallet_nonce", nonce);
	return res == MDOC_ERR_MISSING || (res == MDOC_OK && nonce->len <= WALLET_NONCE_MAX);
}

static bool
is_open(const struct serve_transaction *transaction)
{
	return transaction != NULL && (transaction->state == SERVE_WAITING || transaction->state == SERVE_ASKED);
}

static void
give_object(struct serve *serve, struct serve_transaction *transaction, const char *wallet_nonce,
	struct web_reply *reply)
{
	struct mdoc_buf fresh = MDOC_BUF_EMPTY, *object = wallet_nonce != NULL ? &fresh : &transaction->object;
	enum mdoc_result res = MDOC_OK;

	if (object->len == 0 && transaction->signatures >= SERVE_SIGNATURES) {
		web_reply_error(reply, 429, VP_INVALID_REQUEST, "this request was fetched too often");
		return;
	}
	if (object->len == 0)
		res = make_object(serve, transaction, wallet_nonce, object);
	if (res != MDOC_OK) {
		(void)key_error(asking_key(serve->asking));
		serve_say(serve, transaction, "%s", message_mdoc(res));
		web_reply_error(reply, 500, "server_error", "the request could not be signed");
		return;
	}
	reply->status = 200;
	reply->type = VP_REQUEST_MEDIA_TYPE;
	mdoc_buf_append(&reply->body, mdoc_buf_bytes(object));
	mdoc_buf_clear(&fresh);
	if (transaction->state == SERVE_WAITING) {
		serve_say(serve, transaction, "%s", _("a wallet has fetched the request"));
		serve_set_state(serve, transaction, SERVE_ASKED);
	}
}

void
serve_wallet_request(struct serve *serve, const char *name, struct web_request *request, struct web_reply *reply)
{
	struct serve_transaction *transaction = serve_by_name(serve, name);
	struct mdoc_buf nonce = MDOC_BUF_EMPTY;

	if (!is_open(transaction))
		web_reply_error(reply, 404, VP_INVALID_REQUEST, "there is no such request, it is over, or answered");
	else if (!read_wallet_nonce(request, &nonce))
		web_reply_error(reply, 400, VP_INVALID_REQUEST, "this is no form with a wallet_nonce");
	else
		give_object(serve, transaction, nonce.len > 0 ? (const char *)nonce.ptr : NULL, reply);
	mdoc_buf_clear(&nonce);
}

/* ---- The answer ---- */

/* Where the wallet sends the holder: to the page of who began, or to a place of whoever runs this server. */
static char *
redirect_uri(const struct serve *serve, const struct serve_transaction *transaction)
{
	const char *own = serve->options->redirect_uri;
	char *uri = NULL;
	int len;

	if (!transaction->api)
		len = asprintf(&uri, "%s/t/%s?response_code=%s", serve->origin, transaction->id, transaction->code);
	else
		len = asprintf(&uri, "%s%ctransaction=%s&response_code=%s", own, strchr(own, '?') != NULL ? '&' : '?',
			transaction->id, transaction->code);
	return len < 0 ? NULL : uri;
}

static void
receipt(const struct serve *serve, const struct serve_transaction *transaction, struct web_reply *reply)
{
	char *uri = transaction->same_device ? redirect_uri(serve, transaction) : NULL;

	web_reply_json(reply, 200, json_pack("{s:s*}", "redirect_uri", uri));
	free(uri);
}

/* It is judged by the main thread; the wallet need not wait for that. */
static void
enqueue(struct serve *serve, struct serve_transaction *transaction)
{
	const uint64_t one = 1;

	transaction->job = NULL;
	*serve->last_job = transaction;
	serve->last_job = &transaction->job;
	(void)!write(serve->event, &one, sizeof(one));
}

static void
accept_answer(struct serve *serve, struct serve_transaction *transaction, struct web_request *request,
	struct web_reply *reply)
{
	const char *why = NULL;
	enum serve_state state = SERVE_FAILED;

	if (!serve_answer_read(serve, transaction, mdoc_buf_bytes(&request->body), &state, &why)) {
		serve_say(serve, transaction, "%s", _(why));
		web_reply_error(reply, 400, VP_INVALID_REQUEST, why);
		if (++transaction->tries < SERVE_TRIES)
			return;
		state = SERVE_FAILED;
	}
	if (state == SERVE_FAILED) {
		serve_say(serve, transaction, "%s", _(why));
		snprintf(transaction->reason, sizeof(transaction->reason), "%s", _(why));
		if (reply->status == 0)
			web_reply_error(reply, 400, VP_INVALID_REQUEST, why);
	} else {
		receipt(serve, transaction, reply);
	}
	if (state == SERVE_REFUSED)
		serve_say(serve, transaction, "%s", serve_state_name(state));
	if (state == SERVE_JUDGING)
		enqueue(serve, transaction);
	serve_set_state(serve, transaction, state);
}

void
serve_wallet_response(struct serve *serve, const char *name, struct web_request *request, struct web_reply *reply)
{
	struct serve_transaction *transaction = serve_by_name(serve, name);

	if (!is_open(transaction))
		web_reply_error(reply, 404, VP_INVALID_REQUEST, "there is no such request, it is over, or answered");
	else if (!web_is_form(request))
		web_reply_error(reply, 415, VP_INVALID_REQUEST, "this is no application/x-www-form-urlencoded");
	else
		accept_answer(serve, transaction, request, reply);
}
