/*
 * token_key.h: a private key in any PKCS#11 token, by its URI (RFC 7512).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_KEY_H
#define TOOLS_TOKEN_KEY_H

#include "tools/common/p11.h"

struct token_key {
	struct p11 p11;
	struct p11_token token;
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
};

/* Does this begin as such a URI? */
bool token_key_is_uri(const char *text);

/*
 * Find the one private key that the URI names by token, object and id, and log in to its token if that wants it.
 *
 * module  --module; NULL: the URI's module-path, else as p11_open()
 * pin     asked for on the terminal when it names no source; the URI's pin-value is refused and its pin-source
 *         not looked at
 *
 * EXIT_STATUS_INPUT: no URI of a key, no such key, or several; what p11_open(), p11_token_open() and p11_login() say.
 * token_key_close() in any case. All said.
 */
enum exit_status token_key_open(const char *uri, const char *module, const struct pin_source *pin,
	struct token_key *key);
void token_key_close(struct token_key *key);

#endif
