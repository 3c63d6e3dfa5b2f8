/*
 * web_listen.h: where a web server listens, and what it is called there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_WEB_LISTEN_H
#define TOOLS_WEB_LISTEN_H

#include <stdbool.h>
#include "tools/common/options.h"

struct web_place {
	int listener;    /* bound and listening; -1: none */
	char *authority; /* "127.0.0.1:8443", as a Host header names it; free() */
	bool loopback;   /* only this machine comes there */
	bool chosen;     /* the system chose the port */
};

/*
 * Bind and listen.
 *
 * listen    "ADDRESS:PORT" or "[ADDRESS]:PORT"; port 0: one that is free
 * loopback  refuse other addresses than those of the loopback interface
 *
 * EXIT_STATUS_USAGE, EXIT_STATUS_TROUBLE (said). Close and free what is in *place in any case.
 */
enum exit_status web_listen(const struct command *command, const char *listen, bool loopback, struct web_place *place);

/*
 * "https://HOST[:PORT]", perhaps with one "/" behind it.
 *
 * origin  the same without that, in small letters and without the port 443 of https; free(); NULL: memory
 *
 * False: no such URL.
 */
bool web_origin(const char *url, bool *https, char **origin);

/* The URL of a server that was given none: "localhost" for the loopback interface. free(); NULL: memory */
char *web_own_url(const struct web_place *place, bool https);

#endif
