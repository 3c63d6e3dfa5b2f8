/*
 * mdoc/bytes.h: borrowed and owned bytes, and what libmdoc is given from outside.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_BYTES_H
#define MDOC_BYTES_H

#include <mdoc/result.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that somebody else owns. Text is UTF-8 without a NUL. */
struct mdoc_bytes {
	const uint8_t *ptr;
	size_t len;
};

#define MDOC_NO_BYTES ((struct mdoc_bytes){ NULL, 0 })

struct mdoc_bytes mdoc_bytes_of(const void *ptr, size_t len);
struct mdoc_bytes mdoc_text(const char *nul_terminated);
bool mdoc_bytes_equal(struct mdoc_bytes a, struct mdoc_bytes b);
bool mdoc_bytes_is_text(struct mdoc_bytes a, const char *nul_terminated);

/*
 * A growing buffer with a sticky error: writers go straight on and look at err once.
 * Start with MDOC_BUF_EMPTY; mdoc_buf_clear() wipes and frees.
 */
struct mdoc_buf {
	uint8_t *ptr;
	size_t len;
	size_t cap;
	enum mdoc_result err;
};

#define MDOC_BUF_EMPTY ((struct mdoc_buf){ NULL, 0, 0, MDOC_OK })

void mdoc_buf_append(struct mdoc_buf *buf, struct mdoc_bytes bytes);
void mdoc_buf_clear(struct mdoc_buf *buf);
struct mdoc_bytes mdoc_buf_bytes(const struct mdoc_buf *buf);

/* What libmdoc needs from its caller: a library context (NULL: OpenSSL's default) and, for
 * building, random bytes (NULL: RAND_bytes_ex of that context). Borrowed. */
struct mdoc_crypto {
	OSSL_LIB_CTX *libctx;
	bool (*random)(void *arg, uint8_t *out, size_t len);
	void *random_arg;
};

#ifdef __cplusplus
}
#endif
#endif
