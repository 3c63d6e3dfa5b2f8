/*
 * url.h: what an absolute http or https URL has before its path.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_URL_H
#define TOOLS_URL_H

#include <stdbool.h>

#define URL_HOST_MAX 256

struct url {
	bool https;
	char host[URL_HOST_MAX]; /* in small letters; an IPv6 address without its brackets */
	bool loopback;           /* 127.0.0.0/8, ::1 or "localhost" */
	bool fragment;           /* there is one */
};

/*
 * Take a URL apart. False: another scheme, no host, a user, a port that is none, or a letter that belongs in no URL
 * (RFC 3986, 2), such as a blank, a control character or a backslash.
 */
bool url_parse(const char *text, struct url *url);

#endif
