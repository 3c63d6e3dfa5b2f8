/* party.h: what the parts of party share. What they read they keep until the process ends.
 * SPDX-License-Identifier: BSD-2-Clause */
#ifndef PARTY_H
#define PARTY_H

#include <mdoc/mdoc.h>
#include <openssl/evp.h>

/* Say why, and end with 1. error may be NULL. */
_Noreturn void fail(const char *what, const struct mdoc_error *error);

struct mdoc_bytes read_file(const char *path);
void write_file(const char *path, const struct mdoc_buf *content);
EVP_PKEY *read_key(const char *path);
struct mdoc_public_key read_public(const char *path);
struct mdoc_signer read_signer(const char *path);
struct mdoc_bytes read_certificate(const char *path);

void answer(struct mdoc_bytes record_file, const char *request_path, const struct mdoc_response_options *options,
	const char *out_path);

int token_key(char **argv);
int token_present(char **argv);

#endif
