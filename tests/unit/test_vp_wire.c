/* test_vp_wire.c: what goes between holder and verifier: URLs, forms, responses, HTTP. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/unit_openid4vp.h"
#include "tools/common/http.h"
#include "tools/common/url.h"
#include "tools/common/form.h"
#include "tools/openid4vp/invocation.h"
#include "tools/openid4vp/response.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- URLs ---- */

/* If this failed, two readers of a URL would see two hosts in it. */
static void
reads_urls(void)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: no URL */
		bool https, loopback, fragment;
	} rows[] = {
		{ "https://a.example", "a.example", true, false, false },
		{ "HTTPS://A.Example:443/x", "a.example", true, false, false },
		{ "https://a.example?b#c", "a.example", true, false, true },
		{ "http://localhost:8080/", "localhost", false, true, false },
		{ "http://127.1.2.3", "127.1.2.3", false, true, false },
		{ "http://[::1]:99/", "::1", false, true, false },
		{ "http://[::2]/", "::2", false, false, false },
		{ "http://128.0.0.1/", "128.0.0.1", false, false, false },
		{ "http://localhost.example/", "localhost.example", false, false, false },
		{ "http://127.0.0.1.example/", "127.0.0.1.example", false, false, false },
		{ "https://a.example:/", NULL, false, false, false },
		{ "https://a.example:0/", NULL, false, false, false },
		{ "https://a.example:65536/", NULL, false, false, false },
		{ "https://a.example:8a/", NULL, false, false, false },
		{ "https://", NULL, false, false, false },
		{ "https:///a", NULL, false, false, false },
		{ "https://u@a.example/", NULL, false, false, false },
		{ "https://a b/", NULL, false, false, false },
		{ "https://a.example/\r\nHost: b", NULL, false, false, false },
		{ "https://a.example\\b", NULL, false, false, false },
		{ "https://a%2eexample/", NULL, false, false, false },
		{ "https://[::1", NULL, false, false, false },
		{ "https://[::1]a/", NULL, false, false, false },
		{ "ftp://a.example", NULL, false, false, false },
		{ "a.example", NULL, false, false, false },
		{ "", NULL, false, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct url url;
		const bool good = url_parse(rows[i].text, &url);

		CU_ASSERT_EQUAL(good, rows[i].host != NULL);
		if (!good || rows[i].host == NULL)
			continue;
		CU_ASSERT_STRING_EQUAL(url.host, rows[i].host);
		CU_ASSERT_EQUAL(url.https, rows[i].https);
		CU_ASSERT_EQUAL(url.loopback, rows[i].loopback);
		CU_ASSERT_EQUAL(url.fragment, rows[i].fragment);
	}
}

CU_TestInfo url_tests[] = { { "reads URLs", reads_urls }, CU_TEST_INFO_NULL };

/* ---- Forms ---- */

static void
get(const char *form, const char *name, enum mdoc_result want, const char *value)
{
	struct mdoc_buf got = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL(form_get(mdoc_text(form), name, &got), want);
	if (want == MDOC_OK)
		CU_ASSERT_STRING_EQUAL((const char *)got.ptr, value);
	mdoc_buf_clear(&got);
}

/* If this failed, a parameter could be smuggled past whoever reads the first of two. */
static void
reads_forms(void)
{
	get("a=1&b=2", "b", MDOC_OK, "2");
	get("a=1&b=", "b", MDOC_OK, "");
	get("a=1&b", "b", MDOC_OK, "");
	get("a=%E7%95%AA+%2b%2B", "a", MDOC_OK, "番 ++");
	get("%61=1", "a", MDOC_OK, "1");
	get("a=b=c", "a", MDOC_OK, "b=c");
	get("", "a", MDOC_ERR_MISSING, NULL);
	get("&&ab=1", "a", MDOC_ERR_MISSING, NULL);
	get("a=1&a=1", "a", MDOC_ERR_DUPLICATE_KEY, NULL);
	get("a=1&%61=2", "a", MDOC_ERR_DUPLICATE_KEY, NULL);
	get("a=%", "a", MDOC_ERR_MALFORMED, NULL);
	get("a=%4", "a", MDOC_ERR_MALFORMED, NULL);
	get("a=%4g", "a", MDOC_ERR_MALFORMED, NULL);
	get("a=b%00", "a", MDOC_ERR_MALFORMED, NULL);
}

/* If this failed, a verifier would read another text than was sent. */
static void
writes_forms(void)
{
	struct mdoc_buf form = MDOC_BUF_EMPTY, back = MDOC_BUF_EMPTY;
	uint8_t all[255];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i + 1);
	form_put(&form, "a b", mdoc_text("x&=+/ é"));
	form_put(&form, "all", mdoc_bytes_of(all, sizeof(all)));
	CU_ASSERT_EQUAL(memcmp(form.ptr, "a%20b=x%26%3D%2B%2F%20%C3%A9&all=%01", 36), 0);
	CU_ASSERT_EQUAL(form_get(mdoc_buf_bytes(&form), "all", &back), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&back), mdoc_bytes_of(all, sizeof(all))));
	mdoc_buf_clear(&form);
	mdoc_buf_clear(&back);
}

/* ---- URIs that start a wallet ---- */

/* If this failed, a link could bring an unsigned request, or two of which one is looked at. */
static void
reads_invocations(void)
{
	static const struct {
		const char *uri;
		enum exit_status want;
		const char *code;
	} rows[] = {
		{ "openid4vp://?client_id=a&request_uri=b", EXIT_STATUS_OK, NULL },
		{ "OpenID4VP://authorize?client_id=a&request=b#c", EXIT_STATUS_OK, NULL },
		{ "haip-vp:?client_id=a&request_uri=b&request_uri_method=get", EXIT_STATUS_OK, NULL },
		{ "openid4vp://?client_id=a&request_uri=b&request_uri_method=PUT", EXIT_STATUS_INPUT,
			VP_INVALID_URI_METHOD },
		{ "openid4vp://?client_id=a&request_uri=b&request_uri_method=POST", EXIT_STATUS_INPUT,
			VP_INVALID_URI_METHOD },
		{ "openid4vp://?client_id=a&request=b&request_uri_method=post", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://?client_id=a&request_uri=b&request=c", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://?client_id=a&request_uri=b&request_uri=c", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://?client_id=a&client_id=a&request_uri=b", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://?client_id=a%0&request_uri=b", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://?client_id=&request_uri=b", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://?request_uri=b", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://?client_id=a&response_type=vp_token&nonce=n", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "openid4vp://", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "https://a.example/?client_id=a&request_uri=b", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
		{ "", EXIT_STATUS_INPUT, VP_INVALID_REQUEST },
	};
	struct vp_invocation invocation;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	const uint8_t zero = 0;

	vp_hush();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vp_problem problem = { .code = NULL };

		CU_ASSERT_EQUAL(vp_invocation_read(rows[i].uri, &invocation, &problem), rows[i].want);
		if (rows[i].code != NULL && problem.code != NULL)
			CU_ASSERT_STRING_EQUAL(problem.code, rows[i].code);
		CU_ASSERT_EQUAL(problem.code == NULL, rows[i].code == NULL);
		vp_invocation_clear(&invocation);
	}
	vp_speak();
	vp_invocation_put(&made, "haip-vp", "x509_hash:a+b", "https://a.example/r?b=c&d", true);
	mdoc_buf_append(&made, mdoc_bytes_of(&zero, 1));
	CU_ASSERT_TRUE(vp_invocation_is_uri((const char *)made.ptr));
	CU_ASSERT_EQUAL(vp_invocation_read((const char *)made.ptr, &invocation, NULL), EXIT_STATUS_OK);
	CU_ASSERT_STRING_EQUAL((const char *)invocation.client_id.ptr, "x509_hash:a+b");
	CU_ASSERT_STRING_EQUAL((const char *)invocation.request_uri.ptr, "https://a.example/r?b=c&d");
	CU_ASSERT_TRUE(invocation.post);
	vp_invocation_clear(&invocation);
	mdoc_buf_clear(&made);
}

CU_TestInfo form_tests[] = { { "reads forms", reads_forms }, { "writes forms", writes_forms },
	{ "reads invocations", reads_invocations }, CU_TEST_INFO_NULL };

/* ---- Responses ---- */

/* If this failed, a verifier would take what is no response for one. */
static void
refuses_what_is_no_response(void)
{
	static const struct {
		const char *text;
		enum mdoc_result want;
	} rows[] = {
		{ "", MDOC_ERR_MALFORMED },
		{ "[]", MDOC_ERR_MALFORMED },
		{ "{\"vp_token\":{},\"vp_token\":{}}", MDOC_ERR_MALFORMED },
		{ "{}", MDOC_ERR_MISSING },
		{ "{\"vp_token\":{}}", MDOC_ERR_TYPE },
		{ "{\"vp_token\":\"oA\"}", MDOC_ERR_TYPE },
		{ "{\"vp_token\":{\"a\":\"oA\"}}", MDOC_ERR_TYPE },
		{ "{\"vp_token\":{\"a\":[]}}", MDOC_ERR_TYPE },
		{ "{\"vp_token\":{\"a\":[{}]}}", MDOC_ERR_TYPE },
		{ "{\"vp_token\":{\"a\":[\"oA\",1]}}", MDOC_ERR_TYPE },
		{ "{\"vp_token\":{\"a\":[\"o=\"]}}", MDOC_ERR_VALUE },
		{ "{\"vp_token\":{\"a\":[\"\"]}}", MDOC_ERR_VALUE },
		{ "{\"vp_token\":{\"a\":[\"oA\"]},\"state\":1}", MDOC_ERR_TYPE },
		{ "{\"error\":1}", MDOC_ERR_TYPE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vp_response response;

		CU_ASSERT_EQUAL(vp_response_read(mdoc_text(rows[i].text), &response), rows[i].want);
		vp_response_clear(&response);
	}
}

/* If this failed, presentations would be lost, or counted for another credential than they are for. */
static void
reads_what_a_holder_made(void)
{
	json_t *token = json_object(), *whole;
	struct mdoc_buf form = MDOC_BUF_EMPTY;
	struct vp_response response;
	char *text;

	CU_ASSERT_EQUAL(vp_token_add(token, "one", mdoc_text("first")), MDOC_OK);
	CU_ASSERT_EQUAL(vp_token_add(token, "two", mdoc_text("second")), MDOC_OK);
	CU_ASSERT_EQUAL(vp_token_add(token, "two", mdoc_text("third")), MDOC_OK);
	text = json_dumps(token, JSON_COMPACT);
	form_put(&form, "vp_token", mdoc_text(text));
	form_put(&form, "state", mdoc_text("s"));
	free(text);
	for (int by_form = 0; by_form < 2; by_form++) {
		whole = json_pack("{s:O, s:s, s:i}", "vp_token", token, "state", "s", "unknown", 1);
		text = json_dumps(whole, 0);
		CU_ASSERT_EQUAL_FATAL(by_form ? vp_response_read_form(mdoc_buf_bytes(&form), &response)
					      : vp_response_read(mdoc_text(text), &response),
			MDOC_OK);
		CU_ASSERT_STRING_EQUAL(response.state, "s");
		CU_ASSERT_PTR_NULL(response.error);
		CU_ASSERT_EQUAL_FATAL(response.count, 3);
		for (size_t i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(strcmp(response.presented[i].credential, "one") == 0,
				mdoc_bytes_is_text(mdoc_buf_bytes(&response.presented[i].device_response), "first"));
		vp_response_clear(&response);
		free(text);
		json_decref(whole);
	}
	mdoc_buf_clear(&form);
	json_decref(token);
	CU_ASSERT_EQUAL(vp_response_read_form(mdoc_text("error=access_denied&error_description=no%20thanks"),
				&response),
		MDOC_OK);
	CU_ASSERT_STRING_EQUAL(response.error, "access_denied");
	CU_ASSERT_STRING_EQUAL(response.error_description, "no thanks");
	vp_response_clear(&response);
	CU_ASSERT_EQUAL(vp_response_read_form(mdoc_text("vp_token=%7B"), &response), MDOC_ERR_MALFORMED);
	vp_response_clear(&response);
	CU_ASSERT_EQUAL(vp_response_read_form(mdoc_text("state=s"), &response), MDOC_ERR_MISSING);
	vp_response_clear(&response);
}

CU_TestInfo vp_response_tests[] = {
	{ "refuses what is no response", refuses_what_is_no_response },
	{ "reads what a holder made", reads_what_a_holder_made },
	CU_TEST_INFO_NULL,
};

/* ---- HTTP ---- */

/* A server for one exchange, on a port that the system chooses: it reads the header and says what it is given. */
struct server {
	int listener;
	const char *say;
	size_t repeat; /* so often the last letter more */
	char got[2048];
	char url[64];
	pthread_t thread;
};

static void *
serve(void *arg)
{
	struct server *server = arg;
	const int peer = accept(server->listener, NULL, NULL);
	size_t got = 0;

	while (peer >= 0 && got + 1 < sizeof(server->got) && strstr(server->got, "\r\n\r\n") == NULL) {
		const ssize_t n = read(peer, server->got + got, sizeof(server->got) - 1 - got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	(void)send(peer, server->say, strlen(server->say), MSG_NOSIGNAL);
	for (size_t i = 0; i < server->repeat; i++)
		if (send(peer, "xxxxxxxxxxxxxxxx", 16, MSG_NOSIGNAL) < 0)
			break;
	close(peer);
	return NULL;
}

static void
start(struct server *server, const char *say, size_t repeat)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->say = say;
	server->repeat = repeat;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	CU_ASSERT_EQUAL_FATAL(listen(server->listener, 1), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u/a", ntohs(address.sin_port));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void
stop(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR); /* nobody may have come */
	pthread_join(server->thread, NULL);
	close(server->listener);
}

static const struct http_options loopback = { .plain = true, .timeout = 5, .max = 1000 };

/* If this failed, personal data would travel where anybody reads it, or a program would fetch files of this machine. */
static void
refuses_other_urls(void)
{
	static const char *const urls[] = { "http://reader.example/", "http://127.0.0.1.example/", "file:///etc/passwd",
		"ftp://a", "https://u:p@a.example/", "", "https://a.example/ b" };
	struct http_answer answer;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		CU_ASSERT_EQUAL(http_exchange(urls[i], &loopback, NULL, NULL, NULL, NULL, &answer), EXIT_STATUS_INPUT);
		http_answer_clear(&answer);
	}
	CU_ASSERT_EQUAL(http_exchange("http://127.0.0.1/", NULL, NULL, NULL, NULL, NULL, &answer), EXIT_STATUS_INPUT);
	http_answer_clear(&answer);
}

/* If this failed, a server could fill our memory. */
static void
stops_at_the_limit(void)
{
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" };
	struct http_answer answer;
	struct server server;

	for (size_t i = 0; i < 3; i++) {
		start(&server, answers[i], 4096);
		CU_ASSERT_EQUAL(http_exchange(server.url, &loopback, NULL, NULL, NULL, NULL, &answer),
			EXIT_STATUS_TROUBLE);
		CU_ASSERT_TRUE(answer.body.len <= 1000);
		http_answer_clear(&answer);
		stop(&server);
	}
}

/* If this failed, a server could send our request on to a place of its choice. */
static void
follows_no_redirect(void)
{
	struct http_answer answer;
	struct server server;

	start(&server, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0);
	CU_ASSERT_EQUAL(http_exchange(server.url, &loopback, NULL, NULL, NULL, NULL, &answer), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(answer.status, 302);
	http_answer_clear(&answer);
	stop(&server);
}

/* If this failed, a list would be fetched anew each time, or kept too long. */
static void
reads_what_a_cache_needs(void)
{
	static const struct {
		const char *header;
		long max_age;
	} rows[] = { { "Cache-Control: public, max-age=60\r\n", 60 }, { "cache-control: no-store\r\n", 0 },
		{ "Cache-Control: max-age=-3\r\n", -1 }, { "Cache-Control: max-age=\r\n", -1 }, { "", -1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char say[256];
		struct http_answer answer;
		struct server server;

		snprintf(say, sizeof(say),
			"HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Type: Text/Plain; charset=x\r\n%s\r\nhello",
			rows[i].header);
		start(&server, say, 0);
		CU_ASSERT_EQUAL(http_exchange(server.url, &loopback, "a/b", "\"f\"", NULL, NULL, &answer),
			EXIT_STATUS_OK);
		CU_ASSERT_EQUAL(answer.status, 200);
		CU_ASSERT_STRING_EQUAL((const char *)answer.body.ptr, "hello");
		CU_ASSERT_STRING_EQUAL(answer.content_type, "text/plain");
		CU_ASSERT_STRING_EQUAL(answer.etag, "\"e\"");
		CU_ASSERT_EQUAL(answer.max_age, rows[i].max_age);
		http_answer_clear(&answer);
		stop(&server);
		CU_ASSERT_PTR_NOT_NULL(strstr(server.got, "GET /a HTTP/1.1\r\n"));
		CU_ASSERT_PTR_NOT_NULL(strstr(server.got, "Accept: a/b\r\n"));
		CU_ASSERT_PTR_NOT_NULL(strstr(server.got, "If-None-Match: \"f\"\r\n"));
	}
}

/* If this failed, an answer would not reach the verifier as it was made. */
static void
posts_a_body(void)
{
	const struct mdoc_bytes body = mdoc_text("a=b");
	struct http_answer answer;
	struct server server;

	start(&server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}", 0);
	CU_ASSERT_EQUAL(http_exchange(server.url, &loopback, NULL, NULL, "application/x-www-form-urlencoded", &body,
				&answer),
		EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(answer.status, 400);
	http_answer_clear(&answer);
	stop(&server);
	CU_ASSERT_PTR_NOT_NULL(strstr(server.got, "POST /a HTTP/1.1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.got, "Content-Type: application/x-www-form-urlencoded\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.got, "Content-Length: 3\r\n"));
	CU_ASSERT_PTR_NULL(strstr(server.got, "Expect:"));
	CU_ASSERT_EQUAL(http_exchange(server.url, &loopback, NULL, NULL, NULL, &body, &answer),
		EXIT_STATUS_TROUBLE); /* gone */
	http_answer_clear(&answer);
}

CU_TestInfo http_tests[] = {
	{ "refuses other URLs", refuses_other_urls },
	{ "stops at the limit", stops_at_the_limit },
	{ "follows no redirect", follows_no_redirect },
	{ "reads what a cache needs", reads_what_a_cache_needs },
	{ "posts a body", posts_a_body },
	CU_TEST_INFO_NULL,
};
