/*
 * serve_api.c: transactions for scripts. Who began one gets a bearer token, without which nobody learns anything of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tools/common/message.h"
#include "tools/reader/serve.h"

#define API_WAIT_MAX 60 /* seconds */

/* {"flow": "cross_device" (default) | "same_device"}, or no body. */
static bool
read_flow(const struct web_request *request, bool *same_device)
{
	json_t *json;
	const char *flow;
	bool good;

	*same_device = false;
	if (request->body.len == 0)
		return true;
	json = json_loadb((const char *)request->body.ptr, request->body.len, JSON_REJECT_DUPLICATES, NULL);
	flow = json_string_value(json_object_get(json, "flow"));
	good = json_is_object(json) && json_object_size(json) == (flow != NULL ? 1 : 0) &&
		(flow == NULL || strcmp(flow, "cross_device") == 0 || strcmp(flow, "same_device") == 0);
	*same_device = flow != NULL && strcmp(flow, "same_device") == 0;
	json_decref(json);
	return good;
}

static void
begin(struct serve *serve, const struct web_request *request, struct web_reply *reply)
{
	struct serve_transaction *transaction;
	char *uri = NULL;
	bool same_device;
	unsigned refused;

	if (!read_flow(request, &same_device)) {
		web_reply_error(reply, 400, "invalid_request",
			"the body is empty, or {\"flow\": \"cross_device\" or \"same_device\"}");
		return;
	}
	if (same_device && serve->options->redirect_uri == NULL) {
		web_reply_error(reply, 400, "invalid_request", "same_device takes a server with --redirect-uri");
		return;
	}
	refused = serve_begin(serve, &request->peer, &transaction);
	if (refused != 0) {
		web_reply_error(reply, refused, "temporarily_unavailable", "too many transactions");
		reply->retry_after = 10;
		return;
	}
	transaction->api = true;
	transaction->same_device = same_device;
	uri = serve_wallet_uri(serve, transaction);
	web_reply_json(reply, 201,
		json_pack("{s:s, s:s, s:s, s:I}", "id", transaction->id, "token", transaction->secret, "wallet_uri",
			uri != NULL ? uri : "", "expires_in", (json_int_t)serve->options->life.value));
	serve_say(serve, transaction, "%s", _("begun by a script"));
	free(uri);
}

/* "Authorization: Bearer TOKEN" */
static struct serve_transaction *
owner(const struct serve *serve, const char *id, const struct web_request *request)
{
	const char *authorization = web_header(request, "Authorization");
	struct serve_transaction *transaction = serve_by_id(serve, id);

	if (transaction == NULL || !transaction->api || authorization == NULL ||
		strncasecmp(authorization, "Bearer ", 7) != 0 || !serve_same(transaction->secret, authorization + 7))
		return NULL;
	return transaction;
}

static unsigned
wait_of(const struct web_request *request)
{
	const char *text = web_query(request, "wait");
	const long seconds = text != NULL ? strtol(text, NULL, 10) : 0;

	return seconds <= 0 ? 0 : seconds > API_WAIT_MAX ? API_WAIT_MAX : (unsigned)seconds;
}

static void
show(const struct serve *serve, struct serve_transaction *transaction, const struct web_request *request,
	struct web_reply *reply)
{
	const char *code = web_query(request, "response_code");
	const bool may_see = !transaction->same_device || (code != NULL && serve_same(transaction->code, code));
	json_t *json = json_pack("{s:s, s:s}", "id", transaction->id, "state", serve_state_name(transaction->state));

	if (!may_see && SERVE_FINAL(transaction->state)) {
		json_decref(json);
		web_reply_error(reply, 403, "response_code",
			"the wallet came back to --redirect-uri with a response_code");
		return;
	}
	if (SERVE_FINAL(transaction->state))
		serve_shown(serve, transaction);
	if (json != NULL && transaction->reason[0] != '\0')
		(void)json_object_set_new(json, "reason", json_string(transaction->reason));
	if (json != NULL && transaction->json != NULL)
		(void)json_object_set(json, "results", transaction->json);
	web_reply_json(reply, 200, json);
}

void
serve_api(struct serve *serve, const char *id, struct web_request *request, struct web_reply *reply)
{
	struct serve_transaction *transaction;

	if (id[0] == '\0') {
		begin(serve, request, reply);
		return;
	}
	transaction = owner(serve, id, request);
	if (transaction == NULL) {
		web_reply_error(reply, 404, "not_found", "no such transaction, or the token is missing or wrong");
	} else if (strcmp(request->method, "DELETE") == 0) {
		serve_end(serve, transaction);
		reply->status = 204;
	} else if (!SERVE_FINAL(transaction->state) && !request->woken && wait_of(request) > 0 && !serve->stopping) {
		web_wait(request, transaction, wait_of(request));
	} else {
		show(serve, transaction, request, reply);
	}
}
