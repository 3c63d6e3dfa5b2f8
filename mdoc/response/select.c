/*
 * mdoc/response/select.c: a selection made, looked at and changed by the holder.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/select_internal.h"
#include <mdoc/verify.h>
#include <string.h>

static int
by_names(const void *a, const void *b)
{
	const struct mdoc_agreed *x = a, *y = b;
	const int order = mdoci_bytes_order(x->ns, y->ns);

	return order != 0 ? order : mdoci_bytes_order(x->element, y->element);
}

static int
by_bytes(const void *a, const void *b)
{
	return mdoci_bytes_order(*(const struct mdoc_bytes *)a, *(const struct mdoc_bytes *)b);
}

/* A document for each record that a docRequest takes, in the order of the request. */
static enum mdoc_result
add_documents(struct mdoc_selection *selection, const struct mdoci_match *match, const struct mdoc_agreed *agreed)
{
	const size_t docs = match->request->count;
	bool *taken = calloc(match->held_count + 1, sizeof(*taken));
	enum mdoc_result res = MDOC_OK;

	selection->docs = calloc(docs + 1, sizeof(*selection->docs));
	if (taken == NULL || selection->docs == NULL)
		res = MDOC_ERR_MEMORY;
	for (size_t d = 0; res == MDOC_OK && d < docs; d++) {
		const size_t held = match->record[d];

		if (!match->wanted[d] || held == MDOCI_NONE || taken[held])
			continue;
		taken[held] = true;
		res = mdoci_selected_make(match, held, agreed, &selection->docs[selection->count++]);
	}
	free(taken);
	return res;
}

/* docTypes without a document that nothing else makes up for. */
static enum mdoc_result
add_unanswered(struct mdoc_selection *selection, const struct mdoci_match *match)
{
	const size_t docs = match->request->count;
	struct mdoc_bytes *types = calloc(docs + 1, sizeof(*types));
	size_t count = 0, kept = 0;

	selection->unanswered = types;
	if (types == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t d = 0; d < docs; d++)
		if (match->record[d] == MDOCI_NONE && !match->spared[d])
			types[count++] = match->request->docs[d].doc_type;
	qsort(types, count, sizeof(*types), by_bytes);
	for (size_t i = 0; i < count; i++) {
		bool known = kept > 0 && mdoc_bytes_equal(types[kept - 1], types[i]);

		for (size_t d = 0; !known && d < selection->count; d++)
			known = mdoc_bytes_equal(selection->docs[d].record->mso.doc_type, types[i]);
		if (!known)
			types[kept++] = types[i];
	}
	selection->unanswered_count = kept;
	return MDOC_OK;
}

static enum mdoc_result
make(struct mdoc_selection *selection, struct mdoci_match *match, struct mdoc_error *error)
{
	const struct mdoc_select_options *options = match->options;
	struct mdoc_agreed *agreed = NULL;
	enum mdoc_result res = mdoci_match_make(match, error);

	if (res != MDOC_OK)
		return res;
	if (options->agreed_count > 0) {
		agreed = calloc(options->agreed_count, sizeof(*agreed));
		if (agreed == NULL)
			return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
		memcpy(agreed, options->agreed, options->agreed_count * sizeof(*agreed));
		qsort(agreed, options->agreed_count, sizeof(*agreed), by_names);
	}
	res = add_documents(selection, match, agreed);
	if (res == MDOC_OK)
		res = add_unanswered(selection, match);
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "", "memory");
	selection->sets = match->sets;
	selection->use_cases = match->use_cases;
	match->sets = NULL;
	free(agreed);
	return res;
}

enum mdoc_result
mdoc_select(const struct mdoc_context *context, const struct mdoc_request *request, const struct mdoc_held *held,
	size_t count, const struct mdoc_select_options *options, struct mdoc_selection **out, struct mdoc_error *error)
{
	static const struct mdoc_select_options defaults;
	struct mdoci_match match = { .context = context,
		.request = request,
		.held = held,
		.held_count = count,
		.options = options != NULL ? options : &defaults };
	struct mdoc_selection *selection = calloc(1, sizeof(*selection));
	enum mdoc_result res;

	*out = NULL;
	if (selection == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	selection->context = context;
	res = make(selection, &match, error);
	mdoci_match_clear(&match);
	if (res == MDOC_OK)
		*out = selection;
	else
		mdoc_selection_free(selection);
	return res;
}

void
mdoc_selection_free(struct mdoc_selection *selection)
{
	if (selection == NULL)
		return;
	for (size_t d = 0; d < selection->count; d++)
		mdoci_selected_clear(&selection->docs[d]);
	free(selection->docs);
	free(selection->unanswered);
	free(selection->sets);
	free(selection);
}

size_t
mdoc_selection_count(const struct mdoc_selection *selection)
{
	return selection->count;
}

struct mdoc_bytes
mdoc_selection_doc_type(const struct mdoc_selection *selection, size_t document)
{
	return document < selection->count ? selection->docs[document].record->mso.doc_type : MDOC_NO_BYTES;
}

size_t
mdoc_selection_held(const struct mdoc_selection *selection, size_t document)
{
	return document < selection->count ? selection->docs[document].held : SIZE_MAX;
}

bool
mdoc_selection_leaves(const struct mdoc_selection *selection, size_t document)
{
	return document < selection->count && mdoci_selected_leaves(&selection->docs[document]);
}

bool
mdoc_selection_too_large(const struct mdoc_selection *selection, size_t document)
{
	return document < selection->count && selection->docs[document].too_large;
}

size_t
mdoc_selection_size(const struct mdoc_selection *selection, size_t document)
{
	return mdoc_selection_leaves(selection, document) ? mdoci_document_size(&selection->docs[document]) : 0;
}

const struct mdoc_choice *
mdoc_selection_choice(const struct mdoc_selection *selection, size_t document, size_t i)
{
	if (document >= selection->count || i >= selection->docs[document].count)
		return NULL;
	return &selection->docs[document].rows[i].choice;
}

struct mdoc_bytes
mdoc_selection_unanswered(const struct mdoc_selection *selection, size_t i)
{
	return i < selection->unanswered_count ? selection->unanswered[i] : MDOC_NO_BYTES;
}

size_t
mdoc_selection_set(const struct mdoc_selection *selection, size_t use_case)
{
	return use_case < selection->use_cases ? selection->sets[use_case] : SIZE_MAX;
}

enum mdoc_result
mdoc_selection_agree(struct mdoc_selection *selection, size_t document, size_t i, bool agreed)
{
	struct mdoci_selected *doc;
	struct mdoc_choice *choice;

	if (document >= selection->count || i >= selection->docs[document].count)
		return MDOC_ERR_ARG;
	doc = &selection->docs[document];
	choice = &doc->rows[i].choice;
	if (choice->state == MDOC_NOT_HELD)
		return MDOC_ERR_ARG;
	if (agreed && choice->state != MDOC_LEAVES)
		doc->leaving++;
	if (!agreed && choice->state == MDOC_LEAVES)
		doc->leaving--;
	choice->state = agreed ? MDOC_LEAVES : MDOC_NOT_AGREED;
	mdoci_selected_settle(doc);
	return MDOC_OK;
}

static int
by_namespace(const void *a, const void *b)
{
	return mdoci_bytes_order(((const struct mdoc_claim *)a)->ns, ((const struct mdoc_claim *)b)->ns);
}

void
mdoci_put_device_namespaces(struct mdoc_buf *buf, struct mdoc_claim *claims, size_t count)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;
	size_t spaces = 0, i = 0, end;

	if (count > 1)
		qsort(claims, count, sizeof(*claims), by_namespace);
	for (size_t j = 0; j < count; j++)
		spaces += j == 0 || !mdoc_bytes_equal(claims[j].ns, claims[j - 1].ns) ? 1 : 0;
	mdoc_put_map(&inner, spaces);
	while (i < count) {
		for (end = i; end < count && mdoc_bytes_equal(claims[end].ns, claims[i].ns); end++)
			;
		mdoc_put_tstr(&inner, claims[i].ns);
		mdoc_put_map(&inner, end - i);
		for (; i < end; i++) {
			mdoc_put_tstr(&inner, claims[i].element);
			mdoc_put_raw(&inner, claims[i].value);
		}
	}
	if (inner.err != MDOC_OK && buf->err == MDOC_OK)
		buf->err = inner.err;
	mdoc_put_embedded(buf, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
}

enum mdoc_result
mdoci_claims_check(const struct mdoc_context *context, const struct mdoc_issuer_signed *record,
	const struct mdoc_claim *claims, size_t count, struct mdoc_error *error)
{
	struct mdoc_claim *copy = calloc(count + 1, sizeof(*copy));
	struct mdoc_buf tagged = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes inner;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (copy == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	memcpy(copy, claims, count * sizeof(*copy));
	mdoci_put_device_namespaces(&tagged, copy, count);
	res = tagged.err;
	if (res == MDOC_OK)
		res = mdoc_cbor_unwrap(context, mdoc_buf_bytes(&tagged), &inner, error);
	if (res == MDOC_OK)
		res = mdoc_cbor_scan(context, inner, 0, &scan, error);
	if (res == MDOC_OK)
		res = mdoc_device_namespaces_check(record, scan, error);
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&tagged);
	free(copy);
	return res;
}

enum mdoc_result
mdoc_selection_add(struct mdoc_selection *selection, size_t document, const struct mdoc_claim *claim,
	struct mdoc_error *error)
{
	struct mdoci_selected *doc;
	struct mdoci_row *rows;
	enum mdoc_result res;

	if (document >= selection->count)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a document of the selection");
	doc = &selection->docs[document];
	for (size_t i = 0; i < doc->count; i++)
		if (doc->rows[i].choice.device_signed && mdoc_bytes_equal(doc->rows[i].choice.ns, claim->ns) &&
			mdoc_bytes_equal(doc->rows[i].choice.element, claim->element))
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "each element once");
	res = mdoci_claims_check(selection->context, doc->record, claim, 1, error);
	if (res != MDOC_OK)
		return res;
	rows = realloc(doc->rows, (doc->count + 1) * sizeof(*rows));
	if (rows == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	doc->rows = rows;
	rows[doc->count++] = (struct mdoci_row){ { claim->ns, claim->element, claim->value, MDOC_NO_BYTES,
							 MDOC_NO_BYTES, false, true, MDOC_LEAVES },
		NULL, NULL };
	doc->leaving++;
	mdoci_selected_settle(doc);
	return MDOC_OK;
}
