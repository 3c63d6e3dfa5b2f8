/*
 * dump_text.c: CBOR diagnostic notation with names as comments.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <inttypes.h>
#include "tools/common/terminal.h"
#include "tools/common/dump.h"

#define BYTES_SHOWN 32

/* How an item is looked at. */
struct look {
	enum dump_kind kind;
	enum dump_place place;
	bool hiding;
	unsigned depth;
};

static void put_node(FILE *to, struct mdoc_node node, struct look look);

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
put_key(FILE *to, struct mdoc_node key, struct look look)
{
	const struct look plain = { DUMP_PLAIN, DUMP_OPEN, false, look.depth };
	const bool is_text = mdoc_node_type(key) == MDOC_CBOR_TSTR;
	int64_t number;

	if (look.hiding && dump_place_of_child(look.place, key, key, 0) != DUMP_OPEN && !is_text)
		dump_hidden(to, key);
	else
		put_node(to, key, plain);
	if (mdoc_node_int(key, &number))
		put_name(to, dump_key_name(look.kind, number));
	fputs(": ", to);
}

static struct look
look_at_child(struct look look, struct mdoc_node parent, struct mdoc_node key, struct mdoc_node value, size_t index)
{
	look.kind = dump_kind_of_child(look.kind, parent, key, index);
	look.place = dump_place_of_child(look.place, key, value, index);
	look.depth++;
	return look;
}

static void
put_container(FILE *to, struct mdoc_node node, struct look look)
{
	const bool is_map = mdoc_node_type(node) == MDOC_CBOR_MAP;
	struct mdoc_node item = mdoc_node_first(node);
	size_t index = 0;

	fputc(is_map ? '{' : '[', to);
	while (mdoc_node_present(item)) {
		const struct mdoc_node key = is_map ? item : (struct mdoc_node){ NULL, 0 };
		const struct mdoc_node value = is_map ? mdoc_node_next(item) : item;

		if (index > 0)
			fputc(',', to);
		new_line(to, look.depth + 1);
		if (is_map)
			put_key(to, key, look);
		put_node(to, value, look_at_child(look, node, key, value, index));
		item = mdoc_node_next(value);
		index++;
	}
	if (index > 0)
		new_line(to, look.depth);
	fputc(is_map ? '}' : ']', to);
}

static void
put_inside(FILE *to, struct mdoc_node node, struct mdoc_node root, struct look look)
{
	struct mdoc_node content;
	uint64_t tag;

	look.kind = look.kind == DUMP_PROTECTED ? DUMP_COSE_HEADER : DUMP_PLAIN;
	look.depth++;
	fputs(mdoc_node_tag(node, &tag, &content) ? "24(<< " : "<< ", to);
	put_node(to, root, look);
	fputs(mdoc_node_tag(node, &tag, &content) ? " >>)" : " >>", to);
}

static void
put_node(FILE *to, struct mdoc_node node, struct look look)
{
	struct mdoc_cbor *inside = look.depth < DUMP_DEPTH ? dump_inside(look.kind, node) : NULL;
	const enum mdoc_cbor_type type = mdoc_node_type(node);
	struct mdoc_node content;
	uint64_t tag;

	if (look.kind == DUMP_PLAIN)
		look.kind = dump_kind_of(node);
	look.place = dump_place_of(look.place, node);
	if (inside != NULL && look.place != DUMP_PERSONAL) {
		put_inside(to, node, mdoc_cbor_root(inside), look);
	} else if (look.hiding && dump_place_hides(look.place, node)) {
		dump_hidden(to, node);
	} else if (inside != NULL) {
		put_inside(to, node, mdoc_cbor_root(inside), look);
	} else if (look.depth >= DUMP_DEPTH) {
		fputs("…", to);
	} else if (mdoc_node_tag(node, &tag, &content)) {
		fprintf(to, "%" PRIu64 "(", tag);
		look.depth++;
		put_node(to, content, look);
		fputc(')', to);
	} else if (type == MDOC_CBOR_MAP || type == MDOC_CBOR_ARRAY) {
		put_container(to, node, look);
	} else {
		put_scalar(to, node, look.kind);
	}
	mdoc_cbor_free(inside);
}

static void
put_structure(FILE *to, struct mdoc_node node, bool hiding)
{
	fprintf(to, "/%s/ ", dump_structure(node));
	put_node(to, node, (struct look){ DUMP_PLAIN, DUMP_OPEN, hiding, 0 });
	fputc('\n', to);
}

void
dump_text(FILE *to, struct mdoc_node node)
{
	put_structure(to, node, false);
}

void
dump_text_hiding(FILE *to, struct mdoc_node node)
{
	put_structure(to, node, true);
}
