/*
 * line.h: the provisioner's way in, and its line to the issuer: TLS with a key of the token, whose certificate the token
 * gives itself, because only the key counts (RFC 8705, 2.2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_LINE_H
#define TOOLS_TOKEN_LINE_H

#include <openssl/x509.h>
#include "tools/common/p11.h"

/*
 * Log in as the provisioner.
 *
 * path  of the file with its credential. If $CREDENTIALS_DIRECTORY has a file of the same last name, that one
 *
 * EXIT_STATUS_INPUT: no such file; EXIT_STATUS_NO: the token does not take it (said)
 */
enum exit_status line_login(struct p11_token *token, const char *path);

struct line {
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
	EVP_PKEY *pkey;
	X509 *certificate;
};

/* The provisioner is logged in, and stays so as long as the line is used. line_close() in any case. */
enum exit_status line_open(struct p11_token *token, int64_t now, struct line *line);
void line_close(struct line *line);

#endif
