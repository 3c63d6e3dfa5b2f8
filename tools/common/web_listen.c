/* web_listen.c: the socket of a web server and its names. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tools/common/message.h"
#include "tools/common/web_listen.h"

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
bool
web_origin(const char *url, bool *https, char **origin)
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

char *
web_own_url(const struct web_place *place, bool https)
{
	const char *port = strrchr(place->authority, ':');
	char *url = NULL;

	if (asprintf(&url, "%s://%s%s", https ? "https" : "http", place->loopback ? "localhost" : place->authority,
		    place->loopback ? port : "") < 0)
		return NULL;
	return url;
}

enum exit_status
web_listen(const struct command *command, const char *listen, bool loopback, struct web_place *place)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *info = NULL;
	char *host = NULL;
	const char *port = NULL;
	enum exit_status status = EXIT_STATUS_OK;

	*place = (struct web_place){ .listener = -1 };
	if (!split(listen, &host, &port) || getaddrinfo(host, port, &hints, &info) != 0) {
		status = options_wrong(command, _("--listen takes ADDRESS:PORT, not \"%s\""), listen);
		goto out;
	}
	place->loopback = is_loopback(info->ai_addr);
	place->chosen = strcmp(port, "0") == 0;
	if (loopback && !place->loopback) {
		status = options_wrong(command, "%s",
			_("--plain-http is for addresses of this machine only: a proxy in front of it does TLS"));
		goto out;
	}
	place->listener = open_listener(info);
	if (place->listener < 0) {
		tool_error(_("It is not possible to listen at %s: %m"), listen);
		status = EXIT_STATUS_TROUBLE;
		goto out;
	}
	place->authority = name_of(place->listener);
	if (place->authority == NULL)
		status = tool_no_memory();
out:
	if (info != NULL)
		freeaddrinfo(info);
	free(host);
	return status;
}
