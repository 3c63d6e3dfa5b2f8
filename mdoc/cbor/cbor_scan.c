/*
 * mdoc/cbor/cbor_scan.c: the bounded scanner. Two walks over the input: the first checks it and
 * counts its items without any memory, the second fills in a table of exactly that size, and
 * joins the strings that are in pieces.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cbor/cbor_head.h"
#include "mdoc/cbor/cbor_table.h"
#include "mdoc/base/internal.h"
#include <inttypes.h>
#include <string.h>

struct frame {         /* an open container or tag */
	uint64_t left; /* children to come, when definite */
	uint32_t entry;
	uint32_t children;
	uint32_t last_child;
	enum mdoc_cbor_type type;
	bool indefinite;
};

struct walk {
	struct mdoc_bytes input;
	struct mdoci_origin origin;
	size_t pos;
	struct mdoci_entry *entries; /* NULL on the first walk */
	struct mdoci_joined *joined; /* the same */
	uint32_t count;
	bool joins; /* there is a string in pieces */
	size_t pieces, joined_len;
	unsigned depth;
	size_t depth_max;
	struct frame frames[MDOC_DEPTH_MAX];
	struct mdoc_error *error;
};

#define FAIL(walk, code, at, ...) \
	mdoci_fail((walk)->error, (code), mdoci_place_of((walk)->origin, (walk)->input, (at)), "", __VA_ARGS__)

static struct frame *
top(struct walk *w)
{
	return w->depth > 0 ? &w->frames[w->depth - 1] : NULL;
}

static enum mdoc_result
read_head(struct walk *w, struct mdoci_head *head)
{
	/* An empty input may have no pointer at all. */
	const uint8_t *at = w->input.len > 0 ? w->input.ptr + w->pos : NULL;
	const struct mdoc_bytes rest = mdoc_bytes_of(at, w->input.len - w->pos);
	const enum mdoc_result res = mdoci_head_read(rest, head);

	if (res == MDOC_ERR_TRUNCATED)
		return FAIL(w, res, w->pos, "a whole item; the input ends %zu bytes from here", rest.len);
	if (res != MDOC_OK)
		return FAIL(w, res, w->pos, "a well-formed head, not 0x%02x", rest.ptr[0]);
	return MDOC_OK;
}

static enum mdoc_result
check_text(struct walk *w, const struct mdoci_head *head, size_t at)
{
	if (w->entries != NULL || head->type != MDOC_CBOR_TSTR || head->bytes == NULL)
		return MDOC_OK;
	if (mdoci_utf8_valid(mdoc_bytes_of(head->bytes, (size_t)head->value)))
		return MDOC_OK;
	return FAIL(w, MDOC_ERR_UTF8, at, "text in UTF-8");
}

static void
add_piece(struct walk *w, const struct mdoci_head *head)
{
	const size_t len = (size_t)head->value;

	if (len == 0)
		return;
	if (w->joined != NULL) {
		w->joined->pieces[w->pieces] = (struct mdoci_piece){
			.at = w->joined_len,
			.pos = (size_t)(head->bytes - w->input.ptr),
		};
		memcpy(w->joined->bytes + w->joined_len, head->bytes, len);
	}
	w->pieces++;
	w->joined_len += len;
}

/* Pieces of a string of indefinite length, up to its break. */
static enum mdoc_result
read_pieces(struct walk *w, enum mdoc_cbor_type type, uint32_t entry)
{
	const size_t start = w->joined_len;
	struct mdoci_head head;
	enum mdoc_result res;

	w->joins = true;
	for (;;) {
		const size_t at = w->pos;

		res = read_head(w, &head);
		if (res != MDOC_OK)
			return res;
		w->pos += head.size;
		if (head.is_break)
			break;
		if (head.type != type || head.indefinite)
			return FAIL(w, MDOC_ERR_MALFORMED, at, "a definite piece of the same string type");
		res = check_text(w, &head, at);
		if (res != MDOC_OK)
			return res;
		add_piece(w, &head);
	}
	if (w->entries != NULL)
		w->entries[entry].value = (uint64_t)start << 32 | (w->joined_len - start);
	return MDOC_OK;
}

static void
finish(struct walk *w, uint32_t entry)
{
	if (w->entries == NULL)
		return;
	w->entries[entry].end = (uint32_t)w->pos;
	w->entries[entry].next = w->count;
}

/* Take the innermost container off: all its children are there. */
static void
close_top(struct walk *w)
{
	const struct frame *f = top(w);

	finish(w, f->entry);
	if (w->entries != NULL) {
		struct mdoci_entry *e = &w->entries[f->entry];

		if (f->children > 0)
			w->entries[f->last_child].flags |= MDOCI_LAST;
		if (f->type == MDOC_CBOR_ARRAY)
			e->value = f->children;
		else if (f->type == MDOC_CBOR_MAP)
			e->value = f->children / 2;
	}
	w->depth--;
}

/* An item has ended: so have the containers of which it was the last child. */
static void
item_done(struct walk *w)
{
	struct frame *f;

	while ((f = top(w)) != NULL && !f->indefinite && --f->left == 0)
		close_top(w);
}

static enum mdoc_result
read_break(struct walk *w, size_t at)
{
	const struct frame *f = top(w);

	if (f == NULL || !f->indefinite)
		return FAIL(w, MDOC_ERR_MALFORMED, at, "an item, not a break");
	if (f->type == MDOC_CBOR_MAP && f->children % 2 != 0)
		return FAIL(w, MDOC_ERR_MALFORMED, at, "the value of the last key");
	close_top(w);
	item_done(w);
	return MDOC_OK;
}

/* How many children a head announces; more than there are bytes left is refused here. */
static enum mdoc_result
announced(struct walk *w, const struct mdoci_head *head, size_t at, uint64_t *children)
{
	const size_t left = w->input.len - w->pos;

	*children = 0;
	if (head->type == MDOC_CBOR_TAG) {
		*children = 1;
	} else if (head->type == MDOC_CBOR_ARRAY) {
		if (head->value > left)
			return FAIL(w, MDOC_ERR_TRUNCATED, at, "%" PRIu64 " items, but %zu bytes are left", head->value,
				left);
		*children = head->value;
	} else if (head->type == MDOC_CBOR_MAP) {
		if (head->value > left / 2)
			return FAIL(w, MDOC_ERR_TRUNCATED, at, "%" PRIu64 " pairs, but %zu bytes are left", head->value,
				left);
		*children = head->value * 2;
	}
	return MDOC_OK;
}

static enum mdoc_result
open_container(struct walk *w, const struct mdoci_head *head, size_t at, uint32_t entry)
{
	enum mdoc_result res;
	uint64_t children;

	res = announced(w, head, at, &children);
	if (res != MDOC_OK)
		return res;
	if (children == 0 && !head->indefinite) {
		finish(w, entry);
		item_done(w);
		return MDOC_OK;
	}
	if (w->depth == w->depth_max)
		return FAIL(w, MDOC_ERR_DEPTH, at, "at most %zu nested containers and tags", w->depth_max);
	w->frames[w->depth++] =
		(struct frame){ .left = children, .entry = entry, .type = head->type, .indefinite = head->indefinite };
	return MDOC_OK;
}

static uint32_t
add_entry(struct walk *w, const struct mdoci_head *head, size_t at)
{
	const uint32_t entry = w->count++;
	const bool has_bytes = head->bytes != NULL;
	struct frame *f = top(w);

	if (f != NULL) {
		f->children++;
		f->last_child = entry;
	}
	if (w->entries != NULL)
		w->entries[entry] = (struct mdoci_entry){
			.value = head->value,
			.start = (uint32_t)at,
			.type = (uint8_t)head->type,
			.flags = head->indefinite ? MDOCI_INDEFINITE : 0,
			.head = (uint8_t)(has_bytes ? head->size - head->value : head->size),
		};
	return entry;
}

static enum mdoc_result
read_item(struct walk *w)
{
	const size_t at = w->pos;
	struct mdoci_head head;
	enum mdoc_result res;
	uint32_t entry;

	res = read_head(w, &head);
	if (res != MDOC_OK)
		return res;
	w->pos += head.size;
	if (head.is_break)
		return read_break(w, at);
	entry = add_entry(w, &head, at);
	switch (head.type) {
	case MDOC_CBOR_ARRAY:
	case MDOC_CBOR_MAP:
	case MDOC_CBOR_TAG:
		return open_container(w, &head, at, entry);
	case MDOC_CBOR_BSTR:
	case MDOC_CBOR_TSTR:
		res = head.indefinite ? read_pieces(w, head.type, entry) : check_text(w, &head, at);
		break;
	default:
		break;
	}
	if (res != MDOC_OK)
		return res;
	finish(w, entry);
	item_done(w);
	return MDOC_OK;
}

static enum mdoc_result
walk(struct walk *w)
{
	enum mdoc_result res;

	w->pos = 0;
	w->count = 0;
	w->depth = 0;
	w->pieces = 0;
	w->joined_len = 0;
	do {
		res = read_item(w);
		if (res != MDOC_OK)
			return res;
	} while (w->depth > 0);
	if (w->pos != w->input.len)
		return FAIL(w, MDOC_ERR_TRAILING, w->pos, "the end of the input, not %zu more bytes",
			w->input.len - w->pos);
	return MDOC_OK;
}

/* Room for what the first walk counted. */
static enum mdoc_result
make_table(struct mdoc_cbor *cbor, struct walk *w)
{
	cbor->entries = calloc(w->count, sizeof(*cbor->entries));
	if (cbor->entries != NULL && w->joins)
		cbor->joined = mdoci_joined_new(cbor, w->pieces, w->joined_len);
	if (cbor->entries == NULL || (w->joins && cbor->joined == NULL))
		return FAIL(w, MDOC_ERR_MEMORY, 0, "memory for %" PRIu32 " items", w->count);
	cbor->count = w->count;
	w->entries = cbor->entries;
	w->joined = cbor->joined;
	return MDOC_OK;
}

static enum mdoc_result
scan(struct mdoc_cbor *cbor, struct mdoc_error *error)
{
	struct walk w = { .input = cbor->input, .origin = cbor->origin, .error = error };
	const size_t limit = mdoc_context_limit(cbor->context, MDOC_LIMIT_INPUT);
	enum mdoc_result res;

	w.depth_max = mdoc_context_limit(cbor->context, MDOC_LIMIT_DEPTH);
	if (cbor->input.len > limit || cbor->input.len >= UINT32_MAX)
		return FAIL(&w, MDOC_ERR_SIZE, 0, "at most %zu bytes", limit < UINT32_MAX ? limit : UINT32_MAX - 1);
	res = walk(&w);
	if (res == MDOC_OK)
		res = make_table(cbor, &w);
	if (res == MDOC_OK)
		res = walk(&w);
	return res == MDOC_OK ? mdoci_check_keys(cbor, error) : res;
}

enum mdoc_result
mdoci_scan_at(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoci_origin origin,
	struct mdoc_cbor **cbor, struct mdoc_error *error)
{
	struct mdoc_cbor *made = calloc(1, sizeof(*made));
	enum mdoc_result res;

	*cbor = NULL;
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoci_place_of(origin, input, 0), "", "memory");
	made->context = context;
	made->input = input;
	made->origin = origin;
	res = scan(made, error);
	if (res == MDOC_OK) {
		*cbor = made;
		made = NULL;
	}
	mdoc_cbor_free(made);
	return res;
}

enum mdoc_result
mdoc_cbor_scan(const struct mdoc_context *context, struct mdoc_bytes input, size_t base, struct mdoc_cbor **cbor,
	struct mdoc_error *error)
{
	return mdoci_scan_at(context, input, (struct mdoci_origin){ base, NULL }, cbor, error);
}

void
mdoc_cbor_free(struct mdoc_cbor *cbor)
{
	struct mdoci_joined *left, *next;

	if (cbor == NULL)
		return;
	for (left = cbor->left; left != NULL; left = next) {
		next = left->next;
		free(left);
	}
	free(cbor->joined);
	free(cbor->entries);
	free(cbor);
}

enum mdoc_result
mdoc_cbor_unwrap(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_bytes *inner,
	struct mdoc_error *error)
{
	struct mdoc_node root, content;
	struct mdoc_cbor *cbor = NULL;
	enum mdoc_result res;
	uint64_t tag;

	res = mdoc_cbor_scan(context, input, 0, &cbor, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(cbor);
	*inner = input;
	if (mdoc_node_embedded(root, inner) && mdoc_node_tag(root, &tag, &content) && mdoc_node_in_pieces(content)) {
		*inner = MDOC_NO_BYTES; /* its bytes go with the scan */
		res = mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(content), "",
			"a byte string of definite length");
	}
	mdoc_cbor_free(cbor);
	return res;
}
