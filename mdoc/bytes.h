/*
 * mdoc/bytes.h: borrowed and owned bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_BYTES_H
#define MDOC_BYTES_H

#include <mdoc/result.h>
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

/* The one way to make them, and to compare: by length and content. */
struct mdoc_bytes mdoc_bytes_of(const void *ptr, size_t len);
struct mdoc_bytes mdoc_text(const char *nul_terminated);
bool mdoc_bytes_equal(struct mdoc_bytes a, struct mdoc_bytes b);
bool mdoc_bytes_is_text(struct mdoc_bytes a, const char *nul_terminated);

/*
 * Where output goes, with a sticky error: writers go straight on and look at err once.
 *
 * MDOC_BUF_EMPTY grows as it is needed and is the caller's to clear. MDOC_BUF_OVER(ptr, cap) is over
 * the caller's own memory, for a query of the size and a second call: what does not fit is only
 * counted, and err is MDOC_ERR_BUFFER, with len the bytes that it takes (ptr NULL and cap 0 ask for
 * that alone). Whoever signs while building signs in both calls: mdoc_response_size() and the like
 * tell a size without that.
 */
struct mdoc_buf {
	uint8_t *ptr;
	size_t len;
	size_t cap;
	enum mdoc_result err;
	bool fixed; /* over the caller's memory */
};

#define MDOC_BUF_EMPTY ((struct mdoc_buf){ NULL, 0, 0, MDOC_OK, false })
#define MDOC_BUF_OVER(ptr, cap) ((struct mdoc_buf){ (ptr), 0, (cap), MDOC_OK, true })

/* Copies. Nothing once err is set, but to count; MDOC_ERR_MEMORY, MDOC_ERR_BUFFER in err. */
void mdoc_buf_append(struct mdoc_buf *buf, struct mdoc_bytes bytes);
/* Wipes what was written, frees it unless it is the caller's, and leaves an empty buffer. */
void mdoc_buf_clear(struct mdoc_buf *buf);
struct mdoc_bytes mdoc_buf_bytes(const struct mdoc_buf *buf);

#ifdef __cplusplus
}
#endif
#endif
