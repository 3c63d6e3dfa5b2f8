/*
 * tests/bench/serve-client.c: HTTP/1.1 as far as the server speaks it, and one presentation.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <arpa/inet.h>
#include <mdoc/base64url.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/serve-client.h"
#include "tools/common/form.h"
#include "tools/openid4vp/request_object.h"
#include "tools/openid4vp/response.h"

static bool
connect_to(struct serve_client *client)
{
	const char *colon = strchr(client->authority, ':');
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1;

	address.sin_port = htons((uint16_t)atoi(colon + 1));
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return client->fd >= 0 && connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool
send_all(int fd, struct mdoc_bytes bytes)
{
	while (bytes.len > 0) {
		const ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes.ptr += sent;
		bytes.len -= (size_t)sent;
	}
	return true;
}

/* The whole answer: its status, and where its body begins. 0: none. */
static int
read_answer(struct serve_client *client, const char **body)
{
	size_t len = 0, want = SIZE_MAX;
	const char *head_end, *length;
	ssize_t got;

	while (len < want) {
		got = len + 1 < sizeof(client->answer)
			? recv(client->fd, client->answer + len, sizeof(client->answer) - 1 - len, 0)
			: -1;
		if (got <= 0)
			return 0;
		len += (size_t)got;
		client->answer[len] = '\0';
		head_end = strstr(client->answer, "\r\n\r\n");
		if (head_end == NULL)
			continue;
		*body = head_end + 4;
		length = strstr(client->answer, "Content-Length: ");
		want = (size_t)(*body - client->answer) +
			(length != NULL && length < head_end ? strtoul(length + 16, NULL, 10) : 0);
	}
	return atoi(client->answer + strlen("HTTP/1.1 "));
}

/* token, body: NULL: none. */
static int
exchange(struct serve_client *client, const char *method, const char *path, const char *token,
	const struct mdoc_buf *body, const char **answer)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	char head[1024];
	int status = 0;

	(void)snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s%sContent-Length: %zu\r\n%s\r\n", method,
		path, client->authority, token != NULL ? "Authorization: Bearer " : "", token != NULL ? token : "",
		token != NULL ? "\r\n" : "", body != NULL ? body->len : 0,
		body != NULL ? "Content-Type: application/x-www-form-urlencoded\r\n" : "");
	mdoc_buf_append(&message, mdoc_text(head));
	if (body != NULL)
		mdoc_buf_append(&message, mdoc_buf_bytes(body));
	if ((client->fd >= 0 || connect_to(client)) && send_all(client->fd, mdoc_buf_bytes(&message)))
		status = read_answer(client, answer);
	mdoc_buf_clear(&message);
	return status;
}

void
serve_client_close(struct serve_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

/* The path of a URL. */
static const char *
path_of(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;

	return path != NULL ? path : "/";
}

static bool
make_response(const struct serve_client *client, const struct vp_request *request, struct mdoc_buf *out)
{
	struct mdoc_buf asked = MDOC_BUF_EMPTY, transcript = MDOC_BUF_EMPTY;
	const struct mdoc_device_key key = { .signer = client->device };
	const struct mdoc_held held = { .record = client->record };
	struct mdoc_response_options options = { .keys = &key };
	struct mdoc_request *parsed = NULL;
	struct mdoc_selection *selection = NULL;
	bool good;

	good = dcql_device_request(client->context, &request->dcql.credentials[0], DCQL_ALL_CLAIMS, &asked) ==
			MDOC_OK &&
		mdoc_request_parse(client->context, mdoc_buf_bytes(&asked), &parsed, NULL) == MDOC_OK &&
		mdoc_select(client->context, parsed, &held, 1, NULL, &selection, NULL) == MDOC_OK &&
		vp_transcript(client->context, request->client_id, request->nonce, request->response_uri,
			request->thumbprint, &transcript, NULL) == MDOC_OK;
	options.transcript = mdoc_buf_bytes(&transcript);
	good = good && mdoc_response_build(client->context, selection, &options, out, NULL) == MDOC_OK;
	mdoc_selection_free(selection);
	mdoc_request_free(parsed);
	mdoc_buf_clear(&asked);
	mdoc_buf_clear(&transcript);
	return good;
}

/* response=JWE */
static bool
make_form(const struct serve_client *client, const struct vp_request *request, struct mdoc_buf *form)
{
	struct mdoc_buf response = MDOC_BUF_EMPTY, jwe = MDOC_BUF_EMPTY;
	json_t *token = json_object(), *answer;
	char *text = NULL;
	bool good;

	good = make_response(client, request, &response) &&
		vp_token_add(token, request->dcql.credentials[0].id, mdoc_buf_bytes(&response)) == MDOC_OK;
	answer = json_pack("{s:o, s:s}", "vp_token", token, "state", request->state);
	text = good && answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
	good = text != NULL &&
		jwe_encrypt(client->context, mdoc_text(text), request->enc, request->kid, MDOC_NO_BYTES, MDOC_NO_BYTES,
			&request->key, &jwe) == MDOC_OK;
	form_put(form, "response", mdoc_buf_bytes(&jwe));
	free(text);
	json_decref(answer);
	mdoc_buf_clear(&response);
	mdoc_buf_clear(&jwe);
	return good && form->err == MDOC_OK;
}

static bool
answer_request(struct serve_client *client, const char *wallet_uri)
{
	struct vp_expect expect = { .now = time(NULL), .plain_http = true };
	struct vp_request request = { .claims = NULL };
	struct mdoc_buf uri = MDOC_BUF_EMPTY, id = MDOC_BUF_EMPTY, form = MDOC_BUF_EMPTY;
	const char *query = strchr(wallet_uri, '?'), *body;
	bool good;

	good = query != NULL && form_get(mdoc_text(query + 1), "request_uri", &uri) == MDOC_OK &&
		form_get(mdoc_text(query + 1), "client_id", &id) == MDOC_OK &&
		exchange(client, "GET", path_of((const char *)uri.ptr), NULL, NULL, &body) == 200;
	expect.client_id = (const char *)id.ptr;
	good = good && vp_request_read(client->context, mdoc_text(body), &expect, &request) == EXIT_STATUS_OK &&
		make_form(client, &request, &form) &&
		exchange(client, "POST", path_of(request.response_uri), NULL, &form, &body) == 200;
	vp_request_clear(&request);
	mdoc_buf_clear(&uri);
	mdoc_buf_clear(&id);
	mdoc_buf_clear(&form);
	return good;
}

bool
serve_client_present(struct serve_client *client)
{
	char path[80] = "/api/transactions", waiting[96];
	json_t *begun = NULL, *verdict = NULL;
	const char *body, *id, *token, *uri, *state;
	bool good = false;

	if (exchange(client, "POST", path, NULL, NULL, &body) == 201)
		begun = json_loads(body, 0, NULL);
	id = json_string_value(json_object_get(begun, "id"));
	token = json_string_value(json_object_get(begun, "token"));
	uri = json_string_value(json_object_get(begun, "wallet_uri"));
	if (id == NULL || token == NULL || uri == NULL || !answer_request(client, uri))
		goto out;
	(void)snprintf(path, sizeof(path), "/api/transactions/%s", id);
	(void)snprintf(waiting, sizeof(waiting), "%s?wait=20", path);
	if (exchange(client, "GET", waiting, token, NULL, &body) == 200)
		verdict = json_loads(body, 0, NULL);
	state = json_string_value(json_object_get(verdict, "state"));
	good = state != NULL && strcmp(state, "verified") == 0 &&
		exchange(client, "DELETE", path, token, NULL, &body) == 204;
	if (state != NULL && !good)
		fprintf(stderr, "%s\n", client->answer);
out:
	if (!good)
		serve_client_close(client);
	json_decref(begun);
	json_decref(verdict);
	return good;
}
