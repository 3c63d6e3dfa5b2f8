/* serve_origin.c: who the server is: its socket, its names, and the headers that go with them. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/openid4vp/client_id.h"
#include "tools/reader/html.h"
#include "tools/reader/serve.h"

#define BACKLOG 128

/* "ADDRESS:PORT", "[::1]:PORT": *host is a copy without brackets. */
static bool
split(const char *listen, char **host, const char **port)
{
	const char *colon = strrchr(listen, ':');
	const size_t len = colon != NULL ? (size_t)(colon - listen) : 0;
	const bool brackets = len > 2 && listen[0] == '[' && listen[len - 1] == ']';

	if (len == 0 || colon[1] == '\0' || (!brackets && memchr(listen, ':', len) != NULL))
		return false;
	*port = colon + 1;
	*host = brackets ? strndup(listen + 1, len - 2) : strndup(listen, len);
	return *host != NULL;
}

static bool
is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
	return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
}

static int
open_listener(const struct addrinfo *info)
{
	const int on = 1;
	const int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Where we listen, as a Host header names it. */
static char *
name_of(int listener)
{
	struct sockaddr_storage bound = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(bound);
	char host[NI_MAXHOST], port[NI_MAXSERV], *name = NULL;

	if (getsockname(listener, (struct sockaddr *)&bound, &len) != 0 ||
		getnameinfo((struct sockaddr *)&bound, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
		asprintf(&name, bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port) < 0)
		return NULL;
	return name;
}

/* "https://HOST[:PORT]", perhaps with one "/" behind it: *origin without that, all in small letters. */
static bool
parse_url(const char *url, bool *https, char **origin)
{
	size_t scheme = 0, len;

	if (strncasecmp(url, "https://", 8) == 0)
		scheme = 8;
	else if (strncasecmp(url, "http://", 7) == 0)
		scheme = 7;
	*https = scheme == 8;
	len = strlen(url);
	if (len > scheme && url[len - 1] == '/')
		len--;
	if (scheme == 0 || len == scheme ||
		strspn(url + scheme,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			"0123456789.-_:[]") != len - scheme)
		return false;
	*origin = strndup(url, len);
	for (char *at = *origin; at != NULL && *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	/* As browsers write it. */
	if (*origin != NULL && *https && len > 4 && strcmp(*origin + len - 4, ":443") == 0)
		(*origin)[len - 4] = '\0';
	return *origin != NULL;
}

/* Without --url: the address where we listen; "localhost" for one of the loopback interface. */
static char *
own_url(const struct serve *serve, bool loopback)
{
	const char *port = strrchr(serve->local_authority, ':');
	char *url = NULL;

	if (asprintf(&url, "%s://%s%s", serve->options->plain_http ? "http" : "https",
		    loopback ? "localhost" : serve->local_authority, loopback ? port : "") < 0)
		return NULL;
	return url;
}

static enum exit_status
name_server(const struct command *command, struct serve *serve, bool loopback)
{
	const char *url = serve->options->url;
	char *own = url == NULL ? own_url(serve, loopback) : NULL;
	enum exit_status status = EXIT_STATUS_OK;
	bool good;

	if (url == NULL && own == NULL)
		return tool_no_memory();
	good = parse_url(url != NULL ? url : own, &serve->https, &serve->origin);
	free(own);
	if (!good)
		return options_wrong(command, _("--url takes \"https://HOST\" or \"https://HOST:PORT\", not \"%s\""),
			url != NULL ? url : "");
	serve->authority = strdup(strstr(serve->origin, "://") + 3);
	if (serve->authority == NULL)
		return tool_no_memory();
	if (!serve->https && strncmp(serve->authority, "localhost:", 10) != 0 &&
		strncmp(serve->authority, "127.", 4) != 0 && strncmp(serve->authority, "[::1]", 5) != 0)
		status = options_wrong(command, "%s", _("--url names another machine: it has to begin with https://"));
	return status;
}

enum exit_status
serve_listen(const struct command *command, struct serve *serve, int *listener)
{
	const struct serve_options *options = serve->options;
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *info = NULL;
	char *host = NULL;
	const char *port;
	enum exit_status status = EXIT_STATUS_OK;

	*listener = -1;
	if (!split(options->listen, &host, &port) || getaddrinfo(host, port, &hints, &info) != 0) {
		status = options_wrong(command, _("--listen takes ADDRESS:PORT, not \"%s\""), options->listen);
		goto out;
	}
	if (options->plain_http && !is_loopback(info->ai_addr)) {
		status = options_wrong(command, "%s",
			_("--plain-http is for addresses of this machine only: a proxy in front of it does TLS"));
		goto out;
	}
	*listener = open_listener(info);
	if (*listener < 0) {
		tool_error(_("It is not possible to listen at %s: %m"), options->listen);
		status = EXIT_STATUS_TROUBLE;
		goto out;
	}
	serve->local_authority = name_of(*listener);
	status = serve->local_authority != NULL ? name_server(command, serve, is_loopback(info->ai_addr))
						: tool_no_memory();
out:
	if (info != NULL)
		freeaddrinfo(info);
	free(host);
	return status;
}

/*
 * A Host that is not ours: somebody's name that leads to this address (DNS rebinding), whose page would be of the same
 * origin. Origin: another site's page that posts to us.
 */
bool
serve_is_for_us(const struct serve *serve, const struct web_request *request)
{
	const char *host = web_header(request, "Host");
	const char *origin = web_header(request, "Origin");
	const char *site = web_header(request, "Sec-Fetch-Site");

	if (host == NULL || (strcasecmp(host, serve->authority) != 0 && strcasecmp(host, serve->local_authority) != 0))
		return false;
	if (strcmp(request->method, "POST") != 0 && strcmp(request->method, "DELETE") != 0)
		return true;
	/* A wallet may be a page of another origin; what it posts it has no cookie for. */
	if (strncmp(request->path, "/response/", 10) == 0 || strncmp(request->path, "/request/", 9) == 0)
		return true;
	/* Our own pages have no referrer, for which browsers say "null": Sec-Fetch-Site tells, and the cookie, which other
	 * sites cannot make them send with a POST (SameSite). */
	if (origin != NULL && strcmp(origin, "null") != 0 && strcasecmp(origin, serve->origin) != 0)
		return false;
	return site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

/* ---- The client id ---- */

/* HAIP 1.0: x5c has no trust anchor. */
static bool
is_anchor(struct mdoc_bytes der)
{
	const uint8_t *at = der.ptr;
	X509 *cert = d2i_X509(NULL, &at, (long)der.len);
	const bool anchor = cert != NULL && X509_check_issued(cert, cert) == X509_V_OK;

	X509_free(cert);
	return anchor;
}

enum exit_status
serve_identify(const struct command *command, struct serve *serve)
{
	const char *wanted = serve->options->client_id;
	const struct mdoc_bytes *der;
	const size_t count = asking_certificates(serve->asking, &der);
	char *host = NULL;

	if (asking_key(serve->asking) == NULL || count == 0)
		return options_wrong(command, "%s",
			_("requests have to be signed: --reader-key and --cert are missing"));
	for (size_t i = 0; i < count && serve->x5c_count < MDOC_CERTIFICATES_MAX; i++)
		if (i == 0 || !is_anchor(der[i]))
			serve->x5c[serve->x5c_count++] = der[i];
	if (strcmp(wanted, "x509_hash") == 0) {
		serve->client_id = client_id_of(tool_context(), der[0]);
	} else if (strcmp(wanted, "x509_san_dns") == 0) {
		host = strndup(serve->authority, strcspn(serve->authority, ":"));
		if (host != NULL && !certificate_has_dns(tool_context(), der[0], host)) {
			free(host);
			return options_wrong(command, _("the certificate does not have the DNS name %s"),
				serve->authority);
		}
		if (host == NULL || asprintf(&serve->client_id, CLIENT_ID_SAN_DNS "%s", host) < 0)
			serve->client_id = NULL;
		free(host);
	} else {
		return options_wrong(command, _("--client-id knows x509_hash and x509_san_dns, not \"%s\""), wanted);
	}
	return serve->client_id != NULL ? EXIT_STATUS_OK : tool_no_memory();
}

/* ---- Headers ---- */

enum exit_status
serve_set_headers(struct serve *serve)
{
	struct mdoc_buf style = MDOC_BUF_EMPTY;
	const struct web_header headers[] = {
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
	};
	size_t count = sizeof(headers) / sizeof(headers[0]);
	bool good;

	html_style_source(&style);
	good = style.err == MDOC_OK &&
		asprintf(&serve->policy,
			"default-src 'none'; style-src %.*s; script-src 'self'; connect-src 'self'; img-src 'self' "
			"data:; "
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			(int)style.len, (const char *)style.ptr) > 0;
	mdoc_buf_clear(&style);
	if (!good) {
		serve->policy = NULL;
		return tool_no_memory();
	}
	memcpy(serve->headers, headers, sizeof(headers));
	serve->headers[count++] = (struct web_header){ "Content-Security-Policy", serve->policy };
	/* Not for "localhost": other servers of this machine may be without TLS. */
	if (serve->https && strncmp(serve->authority, "localhost", 9) != 0)
		serve->headers[count++] = (struct web_header){ "Strict-Transport-Security", "max-age=31536000" };
	return EXIT_STATUS_OK;
}
