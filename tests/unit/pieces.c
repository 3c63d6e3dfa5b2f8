/*
 * tests/unit/pieces.c: what is of definite length, rewritten in pieces.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/pieces.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BREAK 0xff
#define BSTR 0x5f
#define TSTR 0x7f
#define ARRAY 0x9f
#define MAP 0xbf
#define DIGEST 32

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "test: %s\n", what);
	abort();
}

static struct mdoc_cbor *
scan_of(struct mdoc_bytes item)
{
	struct mdoc_cbor *scan = NULL;

	need(mdoc_cbor_scan(NULL, item, 0, &scan, NULL) == MDOC_OK, "an item to put in pieces");
	return scan;
}

static void
put_byte(struct mdoc_buf *out, uint8_t byte)
{
	mdoc_buf_append(out, mdoc_bytes_of(&byte, 1));
}

static void
put_string(struct mdoc_buf *out, struct mdoc_bytes bytes, bool text, size_t size)
{
	put_byte(out, text ? TSTR : BSTR);
	put_byte(out, text ? 0x60 : 0x40);
	for (size_t at = 0, n; at < bytes.len; at += n) {
		struct mdoc_bytes piece;

		n = bytes.len - at < size ? bytes.len - at : size;
		while (text && at + n < bytes.len && (bytes.ptr[at + n] & 0xc0) == 0x80)
			n++;
		piece = mdoc_bytes_of(bytes.ptr + at, n);
		if (text)
			mdoc_put_tstr(out, piece);
		else
			mdoc_put_bstr(out, piece);
	}
	put_byte(out, BREAK);
}

static void put_node(struct mdoc_buf *out, struct mdoc_node node, size_t size);

static void
put_children(struct mdoc_buf *out, struct mdoc_node node, uint8_t head, size_t size)
{
	put_byte(out, head);
	for (struct mdoc_node child = mdoc_node_first(node); mdoc_node_present(child); child = mdoc_node_next(child))
		put_node(out, child, size);
	put_byte(out, BREAK);
}

static void
put_tagged(struct mdoc_buf *out, struct mdoc_node node, size_t size)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_node content;
	struct mdoc_bytes inner;
	uint64_t tag = 0;

	need(mdoc_node_tag(node, &tag, &content), "a tag");
	mdoc_put_tag(out, tag);
	if (mdoc_node_embedded(node, &inner)) {
		pieces_put(&made, inner, size);
		put_string(out, mdoc_buf_bytes(&made), false, size);
	} else {
		put_node(out, content, size);
	}
	mdoc_buf_clear(&made);
}

static void
put_node(struct mdoc_buf *out, struct mdoc_node node, size_t size)
{
	struct mdoc_bytes bytes = MDOC_NO_BYTES;

	switch (mdoc_node_type(node)) {
	case MDOC_CBOR_BSTR:
		(void)mdoc_node_bstr(node, &bytes);
		put_string(out, bytes, false, size);
		break;
	case MDOC_CBOR_TSTR:
		(void)mdoc_node_tstr(node, &bytes);
		put_string(out, bytes, true, size);
		break;
	case MDOC_CBOR_ARRAY:
		put_children(out, node, ARRAY, size);
		break;
	case MDOC_CBOR_MAP:
		put_children(out, node, MAP, size);
		break;
	case MDOC_CBOR_TAG:
		put_tagged(out, node, size);
		break;
	default:
		mdoc_put_raw(out, mdoc_node_span(node));
		break;
	}
}

void
pieces_put(struct mdoc_buf *out, struct mdoc_bytes item, size_t size)
{
	struct mdoc_cbor *scan = scan_of(item);

	put_node(out, mdoc_cbor_root(scan), size);
	mdoc_cbor_free(scan);
}

static void
digest(struct mdoc_bytes bytes, uint8_t out[DIGEST])
{
	size_t len = 0;

	need(mdoc_digest(NULL, MDOC_SHA256, bytes, out, &len) == MDOC_OK, "a digest");
}

/* Replace the digest of an item, wherever it stands, by that of the item in pieces. */
static void
change_digest(struct mdoc_buf *record, struct mdoc_bytes item, size_t size)
{
	uint8_t before[DIGEST], after[DIGEST];
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	size_t at = 0;

	pieces_put(&made, item, size);
	digest(item, before);
	digest(mdoc_buf_bytes(&made), after);
	while (at + DIGEST <= record->len && memcmp(record->ptr + at, before, DIGEST) != 0)
		at++;
	need(at + DIGEST <= record->len, "the digest of an item");
	memcpy(record->ptr + at, after, DIGEST);
	mdoc_buf_clear(&made);
}

/* A COSE_Sign1 over the payload in pieces, and itself in pieces. */
static void
put_issuer_auth(struct mdoc_buf *out, struct mdoc_node auth, const struct mdoc_signer *issuer, size_t size)
{
	struct mdoc_buf payload = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;
	struct mdoc_bytes inner = MDOC_NO_BYTES, certificate = MDOC_NO_BYTES;

	need(mdoc_node_bstr(mdoc_map_int(mdoc_node_at(auth, 1), 33), &certificate), "a certificate");
	need(mdoc_node_bstr(mdoc_node_at(auth, 2), &inner), "a payload");
	pieces_put(&payload, inner, size);
	need(mdoc_sign1_put(&made, issuer, mdoc_buf_bytes(&payload),
		     &(struct mdoc_sign1_options){ .x5chain = &certificate, .x5chain_count = 1 }) == MDOC_OK,
		"an issuer's signature");
	pieces_put(out, mdoc_buf_bytes(&made), size);
	mdoc_buf_clear(&payload);
	mdoc_buf_clear(&made);
}

void
pieces_put_record(struct mdoc_buf *out, struct mdoc_bytes record, const struct mdoc_signer *issuer, size_t size)
{
	struct mdoc_buf copy = MDOC_BUF_EMPTY;
	struct mdoc_node spaces, items;
	struct mdoc_cbor *scan;

	mdoc_buf_append(&copy, record);
	scan = scan_of(mdoc_buf_bytes(&copy));
	spaces = mdoc_map_text(mdoc_cbor_root(scan), "nameSpaces");
	for (struct mdoc_node ns = mdoc_node_first(spaces); mdoc_node_present(ns); ns = mdoc_node_next(items)) {
		items = mdoc_node_next(ns);
		for (struct mdoc_node item = mdoc_node_first(items); mdoc_node_present(item);
			item = mdoc_node_next(item))
			change_digest(&copy, mdoc_node_span(item), size);
	}
	put_byte(out, MAP);
	put_string(out, mdoc_text("nameSpaces"), true, size);
	put_node(out, spaces, size);
	put_string(out, mdoc_text("issuerAuth"), true, size);
	put_issuer_auth(out, mdoc_map_text(mdoc_cbor_root(scan), "issuerAuth"), issuer, size);
	put_byte(out, BREAK);
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&copy);
}

static void
put_device_signed(struct mdoc_buf *out, struct mdoc_bytes doc_type, struct mdoc_node namespaces,
	const struct mdoc_signer *device, struct mdoc_bytes transcript, size_t size)
{
	struct mdoc_buf elements = MDOC_BUF_EMPTY, auth = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;

	put_node(&elements, namespaces, size);
	mdoc_put_device_authentication_bytes(&auth, transcript, doc_type, mdoc_buf_bytes(&elements));
	need(mdoc_sign1_put(&made, device, mdoc_buf_bytes(&auth), &(struct mdoc_sign1_options){ .detached = true }) ==
			MDOC_OK,
		"a device's signature");
	put_byte(out, MAP);
	put_string(out, mdoc_text("nameSpaces"), true, size);
	mdoc_put_raw(out, mdoc_buf_bytes(&elements));
	put_string(out, mdoc_text("deviceAuth"), true, size);
	put_byte(out, MAP);
	put_string(out, mdoc_text("deviceSignature"), true, size);
	pieces_put(out, mdoc_buf_bytes(&made), size);
	put_byte(out, BREAK);
	put_byte(out, BREAK);
	mdoc_buf_clear(&elements);
	mdoc_buf_clear(&auth);
	mdoc_buf_clear(&made);
}

void
pieces_put_response(struct mdoc_buf *out, struct mdoc_bytes response, const struct mdoc_signer *issuer,
	const struct mdoc_signer *device, struct mdoc_bytes transcript, size_t size)
{
	struct mdoc_cbor *scan = scan_of(response);
	const struct mdoc_node document = mdoc_node_at(mdoc_map_text(mdoc_cbor_root(scan), "documents"), 0);
	struct mdoc_bytes doc_type = MDOC_NO_BYTES;

	need(mdoc_node_tstr(mdoc_map_text(document, "docType"), &doc_type), "a docType");
	put_byte(out, MAP);
	put_string(out, mdoc_text("version"), true, size);
	put_string(out, mdoc_text("1.0"), true, size);
	put_string(out, mdoc_text("documents"), true, size);
	put_byte(out, ARRAY);
	put_byte(out, MAP);
	put_string(out, mdoc_text("docType"), true, size);
	put_string(out, doc_type, true, size);
	put_string(out, mdoc_text("issuerSigned"), true, size);
	pieces_put_record(out, mdoc_node_span(mdoc_map_text(document, "issuerSigned")), issuer, size);
	put_string(out, mdoc_text("deviceSigned"), true, size);
	put_device_signed(out, doc_type, mdoc_map_text(mdoc_map_text(document, "deviceSigned"), "nameSpaces"), device,
		transcript, size);
	put_byte(out, BREAK);
	put_byte(out, BREAK);
	put_string(out, mdoc_text("status"), true, size);
	mdoc_put_uint(out, 0);
	put_byte(out, BREAK);
	mdoc_cbor_free(scan);
}
