/*
 * dump_text.c: CBOR diagnostic notation with names as comments.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <inttypes.h>
#include "tools/common/terminal.h"
#include "tools/reader/dump.h"

#define BYTES_SHOWN 32

static void put_node(FILE *to, struct mdoc_node node, enum dump_kind kind, unsigned depth);

static void
new_line(FILE *to, unsigned depth)
{
	fprintf(to, "\n%*s", (int)depth * 2, "");
}

static void
put_name(FILE *to, const char *name)
{
	if (name != NULL)
		fprintf(to, " /%s/", name);
}

/* Quotation marks and backslashes are escaped, control characters become "?". */
static void
put_quoted(FILE *to, struct mdoc_bytes text)
{
	size_t from = 0;

	fputc('"', to);
	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.ptr[i] != '"' && text.ptr[i] != '\\')
			continue;
		terminal_text(to, (const char *)text.ptr + from, i - from);
		if (i < text.len) {
			fprintf(to, "\\%c", text.ptr[i]);
			from = i + 1;
		}
	}
	fputc('"', to);
}

static void
put_bytes(FILE *to, struct mdoc_bytes bytes)
{
	fputs("h'", to);
	for (size_t i = 0; i < bytes.len && i < BYTES_SHOWN; i++)
		fprintf(to, "%02x", bytes.ptr[i]);
	if (bytes.len > BYTES_SHOWN)
		fprintf(to, "…' /%zu bytes/", bytes.len);
	else
		fputc('\'', to);
}

static void
put_certificate(FILE *to, struct mdoc_bytes der)
{
	struct mdoc_buf line = MDOC_BUF_EMPTY;

	put_bytes(to, der);
	if (dump_certificate(der, &line)) {
		fputs(" /", to);
		terminal_text(to, (const char *)line.ptr, line.len);
		fputc('/', to);
	}
	mdoc_buf_clear(&line);
}

static void
put_scalar(FILE *to, struct mdoc_node node, enum dump_kind kind)
{
	struct mdoc_bytes bytes;
	uint64_t natural;
	int64_t number;
	double real;
	bool truth;

	if (mdoc_node_tstr(node, &bytes)) {
		put_quoted(to, bytes);
	} else if (mdoc_node_bstr(node, &bytes) && kind == DUMP_CERTIFICATES) {
		put_certificate(to, bytes);
	} else if (mdoc_node_bstr(node, &bytes)) {
		put_bytes(to, bytes);
	} else if (mdoc_node_int(node, &number)) {
		fprintf(to, "%" PRId64, number);
		put_name(to, dump_value_name(kind, number));
	} else if (mdoc_node_uint(node, &natural)) {
		fprintf(to, "%" PRIu64, natural);
	} else if (mdoc_node_bool(node, &truth)) {
		fputs(truth ? "true" : "false", to);
	} else if (mdoc_node_is_null(node)) {
		fputs("null", to);
	} else if (mdoc_node_float(node, &real)) {
		fprintf(to, "%.17g", real);
	} else {
		/* Simple values and integers below -2^63: as they were received. */
		put_bytes(to, mdoc_node_span(node));
		fputs(" /encoded/", to);
	}
}

static void
put_key(FILE *to, struct mdoc_node key, enum dump_kind kind, unsigned depth)
{
	int64_t number;

	put_node(to, key, DUMP_PLAIN, depth);
	if (mdoc_node_int(key, &number))
		put_name(to, dump_key_name(kind, number));
	fputs(": ", to);
}

static void
put_container(FILE *to, struct mdoc_node node, enum dump_kind kind, unsigned depth)
{
	const bool is_map = mdoc_node_type(node) == MDOC_CBOR_MAP;
	struct mdoc_node item = mdoc_node_first(node);
	size_t index = 0;

	fputc(is_map ? '{' : '[', to);
	while (mdoc_node_present(item)) {
		struct mdoc_node value = item;

		if (index > 0)
			fputc(',', to);
		new_line(to, depth + 1);
		if (is_map) {
			put_key(to, item, kind, depth + 1);
			value = mdoc_node_next(item);
		}
		put_node(to, value,
			dump_kind_of_child(kind, node, is_map ? item : (struct mdoc_node){ NULL, 0 }, index),
			depth + 1);
		item = mdoc_node_next(value);
		index++;
	}
	if (index > 0)
		new_line(to, depth);
	fputc(is_map ? '}' : ']', to);
}

static void
put_node(FILE *to, struct mdoc_node node, enum dump_kind kind, unsigned depth)
{
	struct mdoc_cbor *inside = depth < DUMP_DEPTH ? dump_inside(kind, node) : NULL;
	const enum mdoc_cbor_type type = mdoc_node_type(node);
	struct mdoc_node content;
	uint64_t tag;

	if (kind == DUMP_PLAIN)
		kind = dump_kind_of(node);
	if (inside != NULL) {
		const struct mdoc_node root = mdoc_cbor_root(inside);

		fputs(mdoc_node_tag(node, &tag, &content) ? "24(<< " : "<< ", to);
		put_node(to, root, kind == DUMP_PROTECTED ? DUMP_COSE_HEADER : DUMP_PLAIN, depth + 1);
		fputs(mdoc_node_tag(node, &tag, &content) ? " >>)" : " >>", to);
	} else if (depth >= DUMP_DEPTH) {
		fputs("…", to);
	} else if (mdoc_node_tag(node, &tag, &content)) {
		fprintf(to, "%" PRIu64 "(", tag);
		put_node(to, content, kind, depth + 1);
		fputc(')', to);
	} else if (type == MDOC_CBOR_MAP || type == MDOC_CBOR_ARRAY) {
		put_container(to, node, kind, depth);
	} else {
		put_scalar(to, node, kind);
	}
	mdoc_cbor_free(inside);
}

void
dump_text(FILE *to, struct mdoc_node node)
{
	fprintf(to, "/%s/ ", dump_structure(node));
	put_node(to, node, DUMP_PLAIN, 0);
	fputc('\n', to);
}
