/*
 * token.c: the token endpoint (OpenID4VCI 1.0, 6) and who may do what with a token: all of them are bound to the key of
 * the client's TLS certificate (RFC 8705, 3), which nobody need have issued.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/crypto.h>
#include <mdoc/base64url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tools/common/clock.h"
#include "tools/common/form.h"
#include "tools/common/message.h"
#include "tools/issuer/serve/service.h"

#define PRE_AUTHORIZED "urn:ietf:params:oauth:grant-type:pre-authorized_code"
#define FIELD_MAX 256 /* characters of a code or token that is looked at */

bool
service_line(const struct web_request *request, char tls[SERVICE_TLS + 1])
{
	struct mdoc_buf text = MDOC_BUF_OVER((uint8_t *)tls, SERVICE_TLS + 1);

	if (!request->has_certificate)
		return false;
	mdoc_base64url_encode(&text, mdoc_bytes_of(request->client_key, WEB_CLIENT_KEY));
	mdoc_buf_append(&text, mdoc_bytes_of("", 1));
	return text.err == MDOC_OK;
}

void
service_client_clear(struct service_client *client)
{
	register_grant_clear(&client->grant);
}

/* ---- Giving tokens ---- */

/* What all tokens of an offer have in common, as their secret: it is used up with the enrolment. */
static enum register_result
give_once(struct service *service, struct register_grant *grant, char once[SECRET_HASH + 1])
{
	const int64_t now = clock_now();
	char text[SECRET_HASH + 8], kind[] = "once";
	struct register_grant put = *grant;

	snprintf(text, sizeof(text), "once\n%s", grant->hash);
	if (!secret_hash(tool_context(), text, once))
		return REGISTER_ERROR;
	memcpy(put.hash, once, sizeof(put.hash));
	put.kind = kind;
	put.secret = NULL;
	put.tries_left = 0;
	put.created = now;
	put.expires = now + (int64_t)service->options->refresh_life.value * 86400;
	return register_grant_put(service->issuer.db, &put);
}

bool
service_may_enrol(struct service *service, const struct register_grant *grant)
{
	struct register_grant once = { .person = 0 };
	bool may = grant->secret != NULL &&
		register_grant_find(service->issuer.db, grant->secret, clock_now(), &once) == REGISTER_OK;

	register_grant_clear(&once);
	return may;
}

/* A new token of a kind, of which the register gets the hash. */
static enum register_result
give(struct service *service, const char *kind, const struct register_grant *like, int64_t life,
	char text[SECRET_TEXT + 1])
{
	const int64_t now = clock_now();
	struct register_grant grant = *like;
	char kind_room[16];

	snprintf(kind_room, sizeof(kind_room), "%s", kind);
	grant.kind = kind_room;
	grant.tries_left = 0;
	grant.created = now;
	grant.expires = now + life;
	if (!secret_make(tool_context(), text) || !secret_hash(tool_context(), text, grant.hash))
		return REGISTER_ERROR;
	return register_grant_put(service->issuer.db, &grant);
}

static void
trouble(struct service *service, struct web_reply *reply)
{
	service_say(service, "register: %s", register_reason(service->issuer.db));
	web_reply_error(reply, 500, "server_error", NULL);
}

/* refresh NULL: the client has one. */
static void
reply_tokens(struct service *service, const struct register_grant *grant, bool with_refresh, struct web_reply *reply)
{
	char access[SECRET_TEXT + 1], refresh[SECRET_TEXT + 1];
	enum register_result res = give(service, "access", grant, SERVICE_ACCESS_LIFE, access);
	json_t *json = NULL;

	if (res == REGISTER_OK && with_refresh)
		res = give(service, "refresh", grant, (int64_t)service->options->refresh_life.value * 86400, refresh);
	if (res != REGISTER_OK) {
		trouble(service, reply);
		return;
	}
	json = json_pack("{s:s, s:s, s:i}", "access_token", access, "token_type", "Bearer", "expires_in",
		SERVICE_ACCESS_LIFE);
	if (json != NULL && with_refresh && json_object_set_new(json, "refresh_token", json_string(refresh)) != 0) {
		json_decref(json);
		json = NULL;
	}
	web_reply_json(reply, 200, json);
	OPENSSL_cleanse(access, sizeof(access));
	OPENSSL_cleanse(refresh, sizeof(refresh));
}

/* ---- The two grants ---- */

/* A field of the form; false: it is not there, twice there, or too long. */
static bool
field(const struct web_request *request, const char *name, char text[FIELD_MAX])
{
	struct mdoc_buf value = MDOC_BUF_EMPTY;
	const bool good = form_get(mdoc_buf_bytes(&request->body), name, &value) == MDOC_OK && value.len > 0 &&
		value.len < FIELD_MAX;

	text[0] = '\0';
	if (good) {
		memcpy(text, value.ptr, value.len);
		text[value.len] = '\0';
	}
	mdoc_buf_clear(&value);
	return good;
}

static bool
find(struct service *service, const char *text, const char *kind, struct register_grant *grant,
	enum register_result *res)
{
	char hash[SECRET_HASH + 1];

	*res = REGISTER_GRANT_UNKNOWN;
	if (strlen(text) != SECRET_TEXT || !secret_hash(tool_context(), text, hash))
		return false;
	*res = register_grant_find(service->issuer.db, hash, clock_now(), grant);
	if (*res == REGISTER_OK && (grant->kind == NULL || strcmp(grant->kind, kind) != 0))
		*res = REGISTER_GRANT_UNKNOWN;
	return *res == REGISTER_OK;
}

/* invalid_grant, with what may be said of it. */
static void
refuse(struct service *service, enum register_result res, struct web_reply *reply)
{
	if (res == REGISTER_GRANT_USED)
		web_reply_error(reply, 400, "invalid_grant", "it was used, or there were too many wrong tries");
	else if (res == REGISTER_GRANT_OLD)
		web_reply_error(reply, 400, "invalid_grant", "its time is over");
	else if (res == REGISTER_GRANT_UNKNOWN)
		web_reply_error(reply, 400, "invalid_grant", "it is not known");
	else
		trouble(service, reply);
}

/* The transaction code, whose tries the register counts. False: the reply says why not. */
static bool
check_tx(struct service *service, const struct web_request *request, const struct register_grant *grant,
	struct web_reply *reply)
{
	char tx[FIELD_MAX], text[80];
	int64_t left = 0;
	enum register_result res;
	bool good;

	if (grant->secret == NULL)
		return true;
	if (!field(request, "tx_code", tx)) {
		web_reply_error(reply, 400, "invalid_request", "the transaction code (tx_code) is missing");
		return false;
	}
	res = register_grant_try(service->issuer.db, grant->hash, clock_now(), &left);
	good = res == REGISTER_OK && secret_tx_is(tool_context(), tx, grant->secret);
	OPENSSL_cleanse(tx, sizeof(tx));
	if (good)
		return true;
	if (res == REGISTER_OK && left == 0)
		res = register_grant_use(service->issuer.db, grant->hash, clock_now());
	if (res != REGISTER_OK) {
		refuse(service, res, reply);
		return false;
	}
	snprintf(text, sizeof(text), "wrong transaction code; tries left: %lld", (long long)left);
	web_reply_error(reply, 400, "invalid_grant", text);
	return false;
}

static void
pre_authorized(struct service *service, const struct web_request *request, const char *tls, struct web_reply *reply)
{
	struct register_grant grant = { .person = 0 };
	char code[FIELD_MAX], tls_room[SERVICE_TLS + 1], once[SECRET_HASH + 1];
	enum register_result res;

	if (!field(request, "pre-authorized_code", code)) {
		web_reply_error(reply, 400, "invalid_request", "pre-authorized_code is missing");
		return;
	}
	if (!find(service, code, "code", &grant, &res)) {
		refuse(service, res, reply);
		goto out;
	}
	if (!check_tx(service, request, &grant, reply))
		goto out;
	res = register_grant_use(service->issuer.db, grant.hash, clock_now());
	if (res != REGISTER_OK) {
		refuse(service, res, reply);
		goto out;
	}
	memcpy(tls_room, tls, sizeof(tls_room));
	free(grant.tls);
	free(grant.secret);
	grant.tls = tls_room;
	grant.secret = NULL;
	res = give_once(service, &grant, once);
	grant.secret = once;
	if (res == REGISTER_OK)
		reply_tokens(service, &grant, true, reply);
	else
		trouble(service, reply);
	grant.tls = NULL;
	grant.secret = NULL;
	service_say(service, "code: taken");
out:
	OPENSSL_cleanse(code, sizeof(code));
	register_grant_clear(&grant);
}

/* The enrolment of the grant's person on this line: 0, none yet. False: it has ended (replied). */
static bool
find_device(struct service *service, const char *tls, struct register_grant *grant, struct web_reply *reply)
{
	struct register_device device = { .id = 0 };
	const enum register_result res = register_device_by_tls(service->issuer.db, tls, grant->person, &device);
	bool good = true;
	char text[160];

	if (res == REGISTER_OK && device.state == REGISTER_REVOKED) {
		snprintf(text, sizeof(text), "this enrolment has ended: %.100s",
			device.reason != NULL ? device.reason : "revoked");
		web_reply_error(reply, 400, "invalid_grant", text);
		good = false;
	} else if (res == REGISTER_OK) {
		grant->device = device.id;
	} else if (res != REGISTER_DEVICE_UNKNOWN) {
		trouble(service, reply);
		good = false;
	}
	register_device_clear(&device);
	return good;
}

static void
refresh(struct service *service, const struct web_request *request, const char *tls, struct web_reply *reply)
{
	struct register_grant grant = { .person = 0 };
	char token[FIELD_MAX];
	enum register_result res;

	if (!field(request, "refresh_token", token))
		web_reply_error(reply, 400, "invalid_request", "refresh_token is missing");
	else if (!find(service, token, "refresh", &grant, &res))
		refuse(service, res, reply);
	else if (grant.tls == NULL || strcmp(grant.tls, tls) != 0)
		web_reply_error(reply, 400, "invalid_grant", "it belongs to another TLS key");
	else if (find_device(service, tls, &grant, reply)) {
		/* Copies without a device that could renew them (R-REN-01) are no reason for others. */
		if (grant.device == 0 && !service_may_enrol(service, &grant))
			web_reply_error(reply, 400, "invalid_grant", "this enrolment cannot be renewed");
		else
			reply_tokens(service, &grant, false, reply);
	}
	OPENSSL_cleanse(token, sizeof(token));
	register_grant_clear(&grant);
}

void
service_token(struct service *service, struct web_request *request, struct web_reply *reply)
{
	char grant_type[FIELD_MAX], tls[SERVICE_TLS + 1];

	if (!web_is_form(request) || !field(request, "grant_type", grant_type))
		web_reply_error(reply, 400, "invalid_request", "a form with grant_type is wanted");
	else if (!service_line(request, tls))
		web_reply_error(reply, 401, "invalid_client", "a TLS client certificate is wanted (RFC 8705)");
	else if (strcmp(grant_type, PRE_AUTHORIZED) == 0)
		pre_authorized(service, request, tls, reply);
	else if (strcmp(grant_type, "refresh_token") == 0)
		refresh(service, request, tls, reply);
	else
		web_reply_error(reply, 400, "unsupported_grant_type", NULL);
}

/* ---- Taking them ---- */

static void
unauthorized(struct web_reply *reply, const char *why)
{
	web_reply_error(reply, 401, "invalid_token", why);
	reply->headers[0].name = "WWW-Authenticate";
	reply->headers[0].value = strdup("Bearer error=\"invalid_token\"");
}

bool
service_authorize(struct service *service, const struct web_request *request, struct web_reply *reply,
	struct service_client *client)
{
	const char *authorization = web_header(request, "Authorization");
	struct register_device device = { .id = 0 };
	enum register_result res;

	memset(client, 0, sizeof(*client));
	if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0) {
		unauthorized(reply, "there is no access token");
		return false;
	}
	if (!find(service, authorization + 7, "access", &client->grant, &res)) {
		unauthorized(reply, res == REGISTER_GRANT_OLD ? "its time is over" : "it is not known");
		return false;
	}
	if (!service_line(request, client->tls) || client->grant.tls == NULL ||
		strcmp(client->tls, client->grant.tls) != 0) {
		unauthorized(reply, "it belongs to another TLS key");
		return false;
	}
	if (client->grant.device == 0)
		return true;
	res = register_device_find(service->issuer.db, client->grant.device, &device);
	if (res == REGISTER_OK && device.attestation_thumbprint != NULL)
		snprintf(client->device, sizeof(client->device), "%s", device.attestation_thumbprint);
	register_device_clear(&device);
	if (client->device[0] == '\0')
		unauthorized(reply, "its enrolment is not known");
	return client->device[0] != '\0';
}
