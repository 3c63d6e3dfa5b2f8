/* vci.c: a client of OpenID4VCI 1.0. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/vci.h"
#include "tools/common/form.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "mdoc-pkcs11.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PRE_AUTHORIZED "urn:ietf:params:oauth:grant-type:pre-authorized_code"
#define SMALL_MAX ((size_t)1024 * 1024)
#define ANSWER_MAX ((size_t)12 * 1024 * 1024) /* of credentials: what an inbox takes, and base64 */
#define BATCH_MAX 1000
#define SIGNATURE_HEADER "Mdoc-Signature"

/* ---- What comes back ---- */

/* Text of a server, for terminals and files: what is not printable is "?". */
static void
take_text(const json_t *json, const char *name, char *out, size_t room)
{
	const char *text = json_string_value(json_object_get(json, name));
	size_t len = text != NULL ? strlen(text) : 0, used = 0;

	while (len > 0) {
		bool shown;
		const size_t n = terminal_character(text, len, &shown);

		if (used + n >= room)
			break;
		if (shown) {
			memcpy(out + used, text, n);
			used += n;
		} else {
			out[used++] = '?';
		}
		text += n;
		len -= n;
	}
	out[used] = '\0';
}

static enum exit_status
no_sense(const char *url)
{
	tool_error(_("What %.200s answers makes no sense."), url);
	return EXIT_STATUS_TROUBLE;
}

/* Anything but success: a refusal, or the server's own trouble. */
static enum exit_status
read_refusal(struct vci *vci, const char *url, const struct http_answer *answer)
{
	json_t *json = json_loadb((const char *)answer->body.ptr, answer->body.len, JSON_REJECT_DUPLICATES, NULL);

	take_text(json, "error", vci->error, sizeof(vci->error));
	take_text(json, "error_description", vci->description, sizeof(vci->description));
	json_decref(json);
	if (answer->status >= 400 && answer->status < 500 && answer->status != 429 && vci->error[0] != '\0')
		return EXIT_STATUS_NO;
	tool_error(_("%.200s answers with HTTP status %ld"), url, answer->status);
	if (vci->error[0] != '\0')
		tool_why("%s", vci->error);
	vci->error[0] = '\0';
	return EXIT_STATUS_TROUBLE;
}

/* One exchange; POST with a body. status EXIT_STATUS_OK: 2xx */
static enum exit_status
exchange(struct vci *vci, const char *url, const char *access, const char *type, const struct mdoc_bytes *body,
	size_t max, struct http_answer *answer)
{
	struct http_options options = vci->http;
	char bearer[512];
	enum exit_status status;

	vci->error[0] = vci->description[0] = '\0';
	options.max = max;
	options.header = SIGNATURE_HEADER;
	if (access != NULL) {
		if ((size_t)snprintf(bearer, sizeof(bearer), "Bearer %s", access) >= sizeof(bearer)) {
			OPENSSL_cleanse(bearer, sizeof(bearer));
			return no_sense(vci->issuer);
		}
		options.authorization = bearer;
	}
	status = http_exchange(url, &options, NULL, NULL, type, body, answer);
	if (status == EXIT_STATUS_OK && answer->pin[0] != '\0')
		memcpy(vci->pin, answer->pin, sizeof(vci->pin));
	if (status == EXIT_STATUS_OK && (answer->status < 200 || answer->status > 299))
		status = read_refusal(vci, url, answer);
	OPENSSL_cleanse(bearer, sizeof(bearer));
	return status;
}

/* … whose answer is a JSON object. */
static enum exit_status
exchange_json(struct vci *vci, const char *url, const char *type, const struct mdoc_bytes *body, json_t **json)
{
	struct http_answer answer;
	enum exit_status status = exchange(vci, url, NULL, type, body, SMALL_MAX, &answer);

	*json = NULL;
	if (status == EXIT_STATUS_OK) {
		*json = json_loadb((const char *)answer.body.ptr, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(*json)) {
			json_decref(*json);
			*json = NULL;
			status = no_sense(url);
		}
	}
	http_answer_clear(&answer);
	return status;
}

/* ---- Metadata ---- */

/* "https://HOST[:PORT]" of a URL: its length. */
static size_t
origin_len(const char *url)
{
	const char *host = strstr(url, "://");

	return host != NULL ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

/* A path between the host and the path of the issuer's identifier (12.2.2; RFC 8414, 3). */
static char *
well_known(const char *issuer, const char *name)
{
	const size_t origin = origin_len(issuer);
	const char *path = issuer + origin;
	char *url = NULL;

	if (strcmp(path, "/") == 0)
		path = "";
	if (asprintf(&url, "%.*s/.well-known/%s%s", (int)origin, issuer, name, path) < 0)
		return NULL;
	return url;
}

/* An endpoint, which has to be of the issuer's own server. */
static bool
take_endpoint(const struct vci *vci, const json_t *json, const char *name, char **endpoint)
{
	const char *url = json_string_value(json_object_get(json, name));
	const size_t len = origin_len(vci->issuer);

	if (url == NULL || origin_len(url) != len || strncmp(url, vci->issuer, len) != 0)
		return false;
	*endpoint = strdup(url);
	return *endpoint != NULL;
}

static enum exit_status
wrong_metadata(const char *why)
{
	tool_error("%s", _("The issuer's metadata cannot be used."));
	tool_why("%s", why);
	return EXIT_STATUS_INPUT;
}

static enum exit_status
read_issuer(struct vci *vci, const json_t *json, const char *configuration)
{
	const char *issuer = json_string_value(json_object_get(json, "credential_issuer"));
	const json_t *one =
		json_object_get(json_object_get(json, "credential_configurations_supported"), configuration);
	const char *format = json_string_value(json_object_get(one, "format"));
	const json_t *size = json_object_get(json_object_get(json, "batch_credential_issuance"), "batch_size");

	if (issuer == NULL || strcmp(issuer, vci->issuer) != 0)
		return wrong_metadata(_("They are of another issuer."));
	if (format == NULL || strcmp(format, "mso_mdoc") != 0)
		return wrong_metadata(_("It does not issue what was offered, or not as an mdoc."));
	if (!take_endpoint(vci, json, "credential_endpoint", &vci->credential_endpoint) ||
		!take_endpoint(vci, json, "nonce_endpoint", &vci->nonce_endpoint))
		return wrong_metadata(_("An endpoint is missing, or is on another server."));
	(void)take_endpoint(vci, json, "notification_endpoint", &vci->notification_endpoint);
	vci->batch_size = json_integer_value(size) > 0 ? (size_t)json_integer_value(size) : 1;
	if (vci->batch_size > BATCH_MAX)
		vci->batch_size = BATCH_MAX;
	return EXIT_STATUS_OK;
}

enum exit_status
vci_discover(struct vci *vci, const char *configuration)
{
	char *url = well_known(vci->issuer, "openid-credential-issuer");
	json_t *json = NULL;
	enum exit_status status = url != NULL ? exchange_json(vci, url, NULL, NULL, &json) : tool_no_memory();

	if (status == EXIT_STATUS_OK)
		status = read_issuer(vci, json, configuration);
	json_decref(json);
	json = NULL;
	free(url);
	url = NULL;
	if (status == EXIT_STATUS_OK) {
		url = well_known(vci->issuer, "oauth-authorization-server");
		status = url != NULL ? exchange_json(vci, url, NULL, NULL, &json) : tool_no_memory();
	}
	if (status == EXIT_STATUS_OK && !take_endpoint(vci, json, "token_endpoint", &vci->token_endpoint))
		status = wrong_metadata(_("An endpoint is missing, or is on another server."));
	if (status == EXIT_STATUS_NO) {
		vci_say_refusal(vci);
		status = EXIT_STATUS_TROUBLE;
	}
	json_decref(json);
	free(url);
	return status;
}

void
vci_clear(struct vci *vci)
{
	free(vci->credential_endpoint);
	free(vci->nonce_endpoint);
	free(vci->token_endpoint);
	free(vci->notification_endpoint);
	memset(vci, 0, sizeof(*vci));
}

/* ---- Tokens ---- */

static enum exit_status
ask_for_token(struct vci *vci, struct mdoc_buf *form, char **access, char **refresh)
{
	const struct mdoc_bytes body = mdoc_buf_bytes(form);
	const char *text, *type;
	json_t *json = NULL;
	enum exit_status status;

	*access = NULL;
	if (form->err != MDOC_OK)
		return tool_no_memory();
	status = exchange_json(vci, vci->token_endpoint, "application/x-www-form-urlencoded", &body, &json);
	if (status == EXIT_STATUS_OK) {
		text = json_string_value(json_object_get(json, "access_token"));
		type = json_string_value(json_object_get(json, "token_type"));
		if (text == NULL || type == NULL || strcasecmp(type, "Bearer") != 0)
			status = no_sense(vci->token_endpoint);
		else
			*access = strdup(text);
		text = json_string_value(json_object_get(json, "refresh_token"));
		if (refresh != NULL && text != NULL)
			*refresh = strdup(text);
	}
	json_decref(json);
	return status;
}

enum exit_status
vci_token_by_code(struct vci *vci, const char *code, const char *tx_code, char **access, char **refresh)
{
	struct mdoc_buf form = MDOC_BUF_EMPTY;
	enum exit_status status;

	*refresh = NULL;
	form_put(&form, "grant_type", mdoc_text(PRE_AUTHORIZED));
	form_put(&form, "pre-authorized_code", mdoc_text(code));
	if (tx_code != NULL)
		form_put(&form, "tx_code", mdoc_text(tx_code));
	status = ask_for_token(vci, &form, access, refresh);
	mdoc_buf_clear(&form);
	return status;
}

enum exit_status
vci_token_by_refresh(struct vci *vci, const char *token, char **access)
{
	struct mdoc_buf form = MDOC_BUF_EMPTY;
	enum exit_status status;

	form_put(&form, "grant_type", mdoc_text("refresh_token"));
	form_put(&form, "refresh_token", mdoc_text(token));
	status = ask_for_token(vci, &form, access, NULL);
	mdoc_buf_clear(&form);
	return status;
}

/* ---- Nonce, credentials, notification ---- */

enum exit_status
vci_nonce(struct vci *vci, char **nonce)
{
	const struct mdoc_bytes nothing = { (const uint8_t *)"", 0 };
	const char *text;
	json_t *json = NULL;
	enum exit_status status = exchange_json(vci, vci->nonce_endpoint, NULL, &nothing, &json);

	*nonce = NULL;
	if (status == EXIT_STATUS_OK) {
		text = json_string_value(json_object_get(json, "c_nonce"));
		if (text == NULL || text[0] == '\0' || strlen(text) > MDOC_ATTEST_NONCE_MAX)
			status = no_sense(vci->nonce_endpoint);
		else
			*nonce = strdup(text);
	}
	json_decref(json);
	return status;
}

enum exit_status
vci_credential(struct vci *vci, const char *access, const json_t *request, struct mdoc_buf *answer, char **signature)
{
	char *text = json_dumps(request, JSON_COMPACT);
	struct http_answer got = { .status = 0 };
	const struct mdoc_bytes body = mdoc_text(text != NULL ? text : "");
	enum exit_status status;

	*signature = NULL;
	if (text == NULL)
		return tool_no_memory();
	status = exchange(vci, vci->credential_endpoint, access, "application/json", &body, ANSWER_MAX, &got);
	if (status == EXIT_STATUS_OK &&
		(got.content_type == NULL || strcmp(got.content_type, "application/jwt") != 0)) {
		tool_error("%s", _("The issuer's answer is not sealed to this token."));
		tool_why("%s", _("Records travel encrypted end to end, or not at all."));
		status = EXIT_STATUS_TROUBLE;
	}
	if (status == EXIT_STATUS_OK) {
		mdoc_buf_append(answer, mdoc_buf_bytes(&got.body));
		*signature = got.header;
		got.header = NULL;
	}
	http_answer_clear(&got);
	free(text);
	return status;
}

enum exit_status
vci_notify(struct vci *vci, const char *access, const char *id, const char *event)
{
	json_t *json = json_pack("{s:s, s:s}", "notification_id", id, "event", event);
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	struct http_answer answer = { .status = 0 };
	const struct mdoc_bytes body = mdoc_text(text != NULL ? text : "");
	enum exit_status status = EXIT_STATUS_OK;

	if (text == NULL)
		status = tool_no_memory();
	else if (vci->notification_endpoint != NULL)
		status = exchange(vci, vci->notification_endpoint, access, "application/json", &body, SMALL_MAX,
			&answer);
	http_answer_clear(&answer);
	free(text);
	json_decref(json);
	return status;
}

void
vci_say_refusal(const struct vci *vci)
{
	tool_error("%s", _("The issuer refuses."));
	if (vci->description[0] != '\0')
		tool_why("%s (%s)", vci->description, vci->error);
	else if (vci->error[0] != '\0')
		tool_why("%s", vci->error);
}
