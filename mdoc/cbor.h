/*
 * mdoc/cbor.h: a bounded scanner over untrusted CBOR, and a writer. Nothing is decoded into
 * copies: an item is a span of the input, so hashes and signatures are over bytes as received.
 * Only strings of indefinite length (RFC 8949, 3.2.3) are joined, each once, in memory of the scan.
 *
 * Memory: a scan allocates at most MDOC_CBOR_NODE_SIZE bytes per byte of input and
 * MDOC_CBOR_SCAN_SIZE more, whatever the input declares.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_CBOR_H
#define MDOC_CBOR_H

#include <mdoc/context.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDOC_CBOR_NODE_SIZE 40
#define MDOC_CBOR_SCAN_SIZE 128

/* What the parsers of records, requests, responses, engagements, session messages, CRLs and lists
 * allocate in all: at most this many bytes per byte of input, and MDOC_PARSE_FIXED more. */
#define MDOC_PARSE_MULTIPLE 128
#define MDOC_PARSE_FIXED 4096

enum mdoc_cbor_type {
	MDOC_CBOR_UINT,
	MDOC_CBOR_NINT,
	MDOC_CBOR_BSTR,
	MDOC_CBOR_TSTR,
	MDOC_CBOR_ARRAY,
	MDOC_CBOR_MAP,
	MDOC_CBOR_TAG,
	MDOC_CBOR_FALSE,
	MDOC_CBOR_TRUE,
	MDOC_CBOR_NULL,
	MDOC_CBOR_UNDEFINED,
	MDOC_CBOR_SIMPLE,
	MDOC_CBOR_FLOAT
};

struct mdoc_cbor; /* one scan; owns its table, borrows the input */

/* An item of a scan, by value. A zeroed one is "absent": every accessor says so. */
struct mdoc_node {
	const struct mdoc_cbor *scan;
	uint32_t index;
};

/*
 * Scan exactly one item that fills the whole input: depth, declared counts and lengths
 * against the bytes left, duplicate map keys, UTF-8. Integers, and strings of one kind, are the same key when
 * their values are, however each is written; other keys when their bytes are.
 *
 * base     added to every offset in errors: where the input stands in the caller's own
 * cbor     free with mdoc_cbor_free(); the input must outlive it
 *
 * MDOC_ERR_TRUNCATED, TRAILING, MALFORMED, DEPTH, SIZE, DUPLICATE_KEY, UTF8, MEMORY
 */
enum mdoc_result mdoc_cbor_scan(const struct mdoc_context *context, struct mdoc_bytes input, size_t base,
	struct mdoc_cbor **cbor, struct mdoc_error *error);
void mdoc_cbor_free(struct mdoc_cbor *cbor);
struct mdoc_node mdoc_cbor_root(const struct mdoc_cbor *cbor);

bool mdoc_node_present(struct mdoc_node node);
enum mdoc_cbor_type mdoc_node_type(struct mdoc_node node);
struct mdoc_bytes mdoc_node_span(struct mdoc_node node); /* head and content as received */
size_t mdoc_node_offset(struct mdoc_node node);          /* base + place in the input */

/*
 * Typed reads. False: absent or another type. The bytes of a string are borrowed from the input or,
 * when they stand there in pieces (a string of indefinite length), from the scan.
 */
bool mdoc_node_uint(struct mdoc_node node, uint64_t *value);
bool mdoc_node_int(struct mdoc_node node, int64_t *value);
bool mdoc_node_bool(struct mdoc_node node, bool *value);
bool mdoc_node_float(struct mdoc_node node, double *value); /* of half, single or double precision */
bool mdoc_node_bstr(struct mdoc_node node, struct mdoc_bytes *value);
bool mdoc_node_tstr(struct mdoc_node node, struct mdoc_bytes *value);
bool mdoc_node_in_pieces(struct mdoc_node node); /* a string of indefinite length */
bool mdoc_node_tag(struct mdoc_node node, uint64_t *tag, struct mdoc_node *content);
bool mdoc_node_is_null(struct mdoc_node node);

/* Children: of an array its items, of a map key, value, key, value, …  */
size_t mdoc_node_count(struct mdoc_node node); /* items or pairs; 0 otherwise */
struct mdoc_node mdoc_node_first(struct mdoc_node container);
struct mdoc_node mdoc_node_next(struct mdoc_node item); /* absent after the last */
struct mdoc_node mdoc_node_at(struct mdoc_node array, size_t i);
struct mdoc_node mdoc_map_text(struct mdoc_node map, const char *key);
struct mdoc_node mdoc_map_int(struct mdoc_node map, int64_t key);

/* #6.24(bstr): the bytes inside, borrowed as those of any string; false for anything else. */
bool mdoc_node_embedded(struct mdoc_node node, struct mdoc_bytes *inner);

/*
 * Writer: canonical heads, sticky error in the buffer. Containers are written by their head
 * and then their items.
 */
void mdoc_put_uint(struct mdoc_buf *buf, uint64_t value);
void mdoc_put_int(struct mdoc_buf *buf, int64_t value);
void mdoc_put_bstr(struct mdoc_buf *buf, struct mdoc_bytes bytes);
void mdoc_put_tstr(struct mdoc_buf *buf, struct mdoc_bytes text);
void mdoc_put_text(struct mdoc_buf *buf, const char *nul_terminated);
void mdoc_put_array(struct mdoc_buf *buf, size_t items);
void mdoc_put_map(struct mdoc_buf *buf, size_t pairs);
void mdoc_put_tag(struct mdoc_buf *buf, uint64_t tag);
void mdoc_put_bool(struct mdoc_buf *buf, bool value);
void mdoc_put_null(struct mdoc_buf *buf);
void mdoc_put_raw(struct mdoc_buf *buf, struct mdoc_bytes item);       /* an encoded item */
void mdoc_put_embedded(struct mdoc_buf *buf, struct mdoc_bytes inner); /* #6.24(bstr inner) */

/*
 * Accept a structure either bare or as #6.24(bstr .cbor …).
 *
 * input   one CBOR item
 * inner   the bare structure's bytes, borrowed from input
 *
 * MDOC_ERR_TYPE: inside the tag is a string in pieces, which cannot be borrowed; those of mdoc_cbor_scan()
 */
enum mdoc_result mdoc_cbor_unwrap(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_bytes *inner,
	struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
