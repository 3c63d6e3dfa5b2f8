/*
 * http.h: an HTTPS client (libcurl): one request, bounded in time and size.
 *
 * No redirect is followed; no proxy, cookie, user or .netrc is used; nothing is decompressed. TLS 1.2 or later, and
 * certificates are always verified. Plain http goes to the loopback interface alone, and only if that was allowed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_HTTP_H
#define TOOLS_HTTP_H

#include <mdoc/bytes.h>
#include <openssl/x509.h>
#include "tools/common/exit.h"

#define HTTP_TIMEOUT 30

#define HTTP_PIN 44 /* characters: base64 of SHA-256, with padding */

struct http_options {
	const char *ca_file;   /* --tls-ca: PEM; NULL: the system's CAs */
	bool plain;            /* http:// to an address of the loopback interface will do, too */
	unsigned long timeout; /* seconds for the whole exchange; 0: HTTP_TIMEOUT */
	size_t max;            /* bytes of the answer's body; 0: FILE_CBOR_MAX */
	/* Only a server whose key is one of these: "sha256//PIN;sha256//PIN", of SubjectPublicKeyInfo; NULL: any */
	const char *pins;
	/* What the client shows of itself in TLS, both of OpenSSL's default library context; NULL: nothing */
	X509 *certificate;
	EVP_PKEY *key;
	const char *authorization; /* value of that header; NULL: none */
	const char *header;        /* name of one more header of the answer that is kept; NULL: none */
};

struct http_answer {
	long status;            /* 200 */
	char *content_type;     /* without parameters, in small letters; NULL: none */
	char *etag;             /* NULL: none */
	char *header;           /* value of options->header; NULL: none */
	char pin[HTTP_PIN + 1]; /* of the server's key; "": not https */
	long max_age;           /* seconds, of Cache-Control; 0 also for no-store and no-cache; -1: not said */
	struct mdoc_buf body;   /* a NUL follows the bytes and is not counted */
};

/*
 * GET, or POST if there is a body.
 *
 * options        NULL: all zero
 * accept, if_none_match, content_type  values of these headers; NULL: none
 * answer         http_answer_clear() in any case
 *
 * EXIT_STATUS_OK       there is an answer, whatever its status
 * EXIT_STATUS_INPUT    (said) no such URL, or http that is not allowed
 * EXIT_STATUS_TROUBLE  (said) no connection, TLS, timeout, a body above the limit; memory
 */
enum exit_status http_exchange(const char *url, const struct http_options *options, const char *accept,
	const char *if_none_match, const char *content_type, const struct mdoc_bytes *body, struct http_answer *answer);
void http_answer_clear(struct http_answer *answer);

#endif
