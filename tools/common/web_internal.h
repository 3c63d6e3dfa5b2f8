/*
 * web_internal.h: what the parts of the HTTP server share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_WEB_INTERNAL_H
#define TOOLS_WEB_INTERNAL_H

#include <microhttpd.h>
#include "tools/common/web.h"

/* TLS 1.3 is taken wherever the client has it, 1.2 is the least (R-COM-01). */
#define WEB_TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Before the handshake: the client may show a certificate. */
void web_tls_ask(struct MHD_Connection *connection);

/* After it: SHA-256 of the SubjectPublicKeyInfo of what it showed. False: no certificate, or one that cannot be read. */
bool web_tls_client_key(struct MHD_Connection *connection, uint8_t key[WEB_CLIENT_KEY]);

#endif
