/* serve_origin.c: who the server is: its socket, its names, and the headers that go with them. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/web_listen.h"
#include "tools/openid4vp/client_id.h"
#include "tools/reader/html.h"
#include "tools/reader/serve.h"

static enum exit_status
name_server(const struct command *command, struct serve *serve, const struct web_place *place)
{
	const char *url = serve->options->url;
	char *own = url == NULL ? web_own_url(place, !serve->options->plain_http) : NULL;
	enum exit_status status = EXIT_STATUS_OK;
	bool good;

	if (url == NULL && own == NULL)
		return tool_no_memory();
	good = web_origin(url != NULL ? url : own, &serve->https, &serve->origin);
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
	struct web_place place;
	enum exit_status status = web_listen(command, options->listen, options->plain_http, &place);

	*listener = place.listener;
	serve->local_authority = place.authority;
	return status == EXIT_STATUS_OK ? name_server(command, serve, &place) : status;
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
