/* url.c: what an absolute http or https URL has before its path. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/url.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static bool
has_url_letters_only(const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%";

	return text[strspn(text, letters)] == '\0';
}

static bool
is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* ":" and one to five digits, up to 65535, or nothing. */
static bool
is_port(const char *text, size_t len)
{
	unsigned long port = 0;

	if (len == 0)
		return true;
	if (text[0] != ':' || len < 2 || len > 6)
		return false;
	for (size_t i = 1; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned long)(text[i] - '0');
	}
	return port > 0 && port <= 65535;
}

bool
url_parse(const char *text, struct url *url)
{
	const char *authority, *end, *host_end;
	size_t len;

	memset(url, 0, sizeof(*url));
	if (!has_url_letters_only(text))
		return false;
	url->https = strncasecmp(text, "https://", 8) == 0;
	if (!url->https && strncasecmp(text, "http://", 7) != 0)
		return false;
	authority = text + (url->https ? 8 : 7);
	end = authority + strcspn(authority, "/?#");
	if (memchr(authority, '@', (size_t)(end - authority)) != NULL)
		return false;
	if (*authority == '[') {
		authority++;
		host_end = memchr(authority, ']', (size_t)(end - authority));
		if (host_end == NULL || !is_port(host_end + 1, (size_t)(end - host_end) - 1))
			return false;
	} else {
		host_end = memchr(authority, ':', (size_t)(end - authority));
		if (host_end == NULL)
			host_end = end;
		if (!is_port(host_end, (size_t)(end - host_end)))
			return false;
	}
	len = (size_t)(host_end - authority);
	if (len == 0 || len >= sizeof(url->host))
		return false;
	for (size_t i = 0; i < len; i++)
		url->host[i] =
			authority[i] >= 'A' && authority[i] <= 'Z' ? (char)(authority[i] + ('a' - 'A')) : authority[i];
	if (strpbrk(url->host, "%[]!$&'()*+,;=") != NULL)
		return false;
	url->loopback = is_loopback(url->host);
	url->fragment = strchr(end, '#') != NULL;
	return true;
}
