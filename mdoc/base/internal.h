/*
 * mdoc/base/internal.h: what the files of libmdoc share and nobody else sees.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_INTERNAL_H
#define MDOC_INTERNAL_H

#include <mdoc/cbor.h>
#include <stdlib.h>

#define MDOCI_PATH_MAX sizeof(((struct mdoc_error *)0)->path)

/*
 * Fill in an error (NULL is fine) and return its code, so that callers can return it at once.
 *
 * path      of what is wrong, from the caller's point of view; "" at the top
 * fmt       what was expected there, as for printf
 *
 * Both end up in printable ASCII: names from untrusted input may be given.
 */
__attribute__((format(printf, 5, 6))) enum mdoc_result mdoci_fail(struct mdoc_error *error, enum mdoc_result code,
	size_t offset, const char *path, const char *fmt, ...);

/* "base.member" or "base[i]" into out, cut off when too long; an empty base adds no dot. Of printf's conversions
 * fmt may have %s, %.*s and %zu. */
__attribute__((format(printf, 3, 4))) void mdoci_path(char out[MDOCI_PATH_MAX], const char *base, const char *fmt, ...);

/* Put "prefix" before the path that an inner function wrote. */
void mdoci_error_prefix(struct mdoc_error *error, const char *prefix);

/* True when every byte belongs to well-formed UTF-8 (no surrogates, no overlong forms). */
bool mdoci_utf8_valid(struct mdoc_bytes text);

/* Room for one more element in an array that holds `count`: doubles the array. False: no memory. */
bool mdoci_grow(void **array, size_t count, size_t element_size);

/* An order of bytes, for qsort(): by content, a prefix first. */
int mdoci_bytes_order(struct mdoc_bytes a, struct mdoc_bytes b);

/* Room for `more` bytes behind those of a growing buffer. False: no memory. */
bool mdoci_buf_reserve(struct mdoc_buf *buf, size_t more);

/* The head of a byte string of `len` bytes, which the caller appends. */
void mdoci_put_bstr_head(struct mdoc_buf *buf, size_t len);

/* Take back, and wipe, what was appended after `len`; the error stays. */
void mdoci_buf_truncate(struct mdoc_buf *buf, size_t len);

/* Whether so much more can be appended, as far as the caller's memory goes. */
bool mdoci_buf_fits(const struct mdoc_buf *buf, size_t more);

#define MDOCI_TAG_BIGNUM 2
#define MDOCI_TAG_EMBEDDED 24 /* .cbor in a byte string */

#define MDOCI_WHEN_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z, the last second of a tdate */

/* A time and a clock skew that are meant: sums of such stay inside int64_t. */
bool mdoci_times_usable(int64_t now, int64_t clock_skew);

/* OpenSSL's name; NULL: no such digest. */
const char *mdoci_digest_name(enum mdoc_digest_alg alg);

/* Random bytes of the context. */
enum mdoc_result mdoci_random(const struct mdoc_context *context, uint8_t *out, size_t len);

/*
 * Members of a map with a text key. path is that of the map; an absent member is
 * MDOC_ERR_MISSING, one of another type MDOC_ERR_TYPE.
 */
enum mdoc_result mdoci_member(struct mdoc_node map, const char *key, enum mdoc_cbor_type type, const char *path,
	struct mdoc_node *value, struct mdoc_error *error);
enum mdoc_result mdoci_member_text(struct mdoc_node map, const char *key, const char *path, struct mdoc_bytes *value,
	struct mdoc_error *error);
enum mdoc_result mdoci_member_bstr(struct mdoc_node map, const char *key, const char *path, struct mdoc_bytes *value,
	struct mdoc_error *error);
enum mdoc_result mdoci_member_uint(struct mdoc_node map, const char *key, const char *path, uint64_t *value,
	struct mdoc_error *error);

/* A node of this type, or MDOC_ERR_TYPE. */
enum mdoc_result mdoci_want(struct mdoc_node node, enum mdoc_cbor_type type, const char *path,
	struct mdoc_error *error);

/* The context with which a node was scanned. */
const struct mdoc_context *mdoci_scan_context(struct mdoc_node node);

/* That context's limit. */
size_t mdoci_limit(struct mdoc_node node, enum mdoc_limit limit);

struct mdoci_joined; /* strings of one scan that stand in pieces, joined */

/* Where an input stands in the caller's own. */
struct mdoci_origin {
	size_t base;                       /* when it stands there as it is */
	const struct mdoci_joined *joined; /* otherwise it is part of these bytes */
};

/* mdoc_cbor_scan() of what stands at this origin. */
enum mdoc_result mdoci_scan_at(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoci_origin origin,
	struct mdoc_cbor **cbor, struct mdoc_error *error);

/* Of a node, or of the content of a string. */
struct mdoci_origin mdoci_node_origin(struct mdoc_node node);
struct mdoci_origin mdoci_string_origin(struct mdoc_node string);

/* Free a scan of which strings are still in use: those in pieces now belong to the scan of `heir`. */
void mdoci_scan_leave(struct mdoc_cbor *scan, struct mdoc_node heir);

/* Scan what stands inside a byte string; offsets in its errors count from the caller's own input. */
enum mdoc_result mdoci_scan_content(struct mdoc_node bstr, const char *path, struct mdoc_cbor **scan,
	struct mdoc_error *error);

/* Scan what stands inside #6.24(bstr); offsets in its errors count from the caller's own input. */
enum mdoc_result mdoci_scan_embedded(struct mdoc_node node, const char *path, struct mdoc_cbor **scan,
	struct mdoc_error *error);

#endif
