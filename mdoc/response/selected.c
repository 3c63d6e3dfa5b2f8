/*
 * mdoc/response/selected.c: one document of a selection: its lines, from what is asked of one record.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/select_internal.h"
#include <string.h>

/* What is known of an element of the record while the docRequests are gone through. */
struct mark {
	const struct mdoci_ref *ref; /* NULL: nobody asked for it */
	struct mdoc_bytes asked_ns, asked;
	bool retain, agreed;
	size_t row;
};

struct gathering {
	const struct mdoc_select_options *options;
	const struct mdoc_agreed *agreed; /* sorted */
	const struct mdoci_index *index;
	struct mark *marks; /* by place */
	struct mdoci_selected *out;
	size_t link_count;
};

static int
by_names(const void *a, const void *b)
{
	const struct mdoc_agreed *x = a, *y = b;
	const int order = mdoci_bytes_order(x->ns, y->ns);

	return order != 0 ? order : mdoci_bytes_order(x->element, y->element);
}

static bool
named(const struct gathering *g, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const struct mdoc_agreed name = { ns, element };

	return g->options->agreed_count > 0 &&
		bsearch(&name, g->agreed, g->options->agreed_count, sizeof(name), by_names) != NULL;
}

/* By the name that answers or by `name`, which it answers by the age_over_NN rule; 個人番号 only by its own. */
static bool
agreed_to(const struct gathering *g, struct mdoc_element_ref name, const struct mdoci_ref *ref)
{
	const bool number = mdoc_bytes_is_text(ref->element, MDOC_INDIVIDUAL_NUMBER);

	if (!number && !g->options->agreed_given)
		return true;
	return named(g, ref->ns, ref->element) || (!number && named(g, name.ns, name.element));
}

/* name: what was asked, or the alternative that the reader takes for it and that the holder may not have agreed to. */
static enum mdoc_result
link_ref(struct gathering *g, const struct mdoc_asked *asked, struct mdoc_element_ref name, const struct mdoci_ref *ref)
{
	struct mark *mark = &g->marks[ref->place];
	void *links = g->out->links;

	if (!mdoci_grow(&links, g->link_count, sizeof(*g->out->links)))
		return MDOC_ERR_MEMORY;
	g->out->links = links;
	g->out->links[g->link_count++] = ref->place;
	if (mark->ref == NULL) {
		mark->ref = ref;
		mark->asked_ns = asked->ns;
		mark->asked = asked->element;
	}
	mark->retain |= asked->intent_to_retain;
	mark->agreed = mark->agreed || agreed_to(g, name, ref);
	return MDOC_OK;
}

static enum mdoc_result
gather_ask(struct gathering *g, const struct mdoc_asked *asked, const struct mdoci_alternatives *alternatives)
{
	struct mdoci_ask *ask = &g->out->asks[g->out->ask_count++];
	const struct mdoci_ref *ref = mdoci_index_find(g->index, asked->ns, asked->element);
	const struct mdoc_element_set *set = NULL;
	enum mdoc_result res = MDOC_OK;

	ask->asked = *asked;
	ask->link = g->link_count;
	if (ref != NULL)
		res = link_ref(g, asked, (struct mdoc_element_ref){ asked->ns, asked->element }, ref);
	else
		set = mdoci_alternative_find(g->index, alternatives, asked);
	for (size_t i = 0; set != NULL && res == MDOC_OK && i < set->count; i++)
		res = link_ref(g, asked, set->elements[i],
			mdoci_index_find(g->index, set->elements[i].ns, set->elements[i].element));
	ask->links = g->link_count - ask->link;
	return res;
}

static enum mdoc_result
gather_doc(struct gathering *g, const struct mdoc_doc_request *doc)
{
	const struct mdoc_request_info *info = mdoc_doc_request_info(doc);
	struct mdoci_alternatives alternatives;
	enum mdoc_result res = mdoci_alternatives_make(doc, &alternatives);

	for (size_t i = 0; res == MDOC_OK && i < doc->count; i++)
		res = gather_ask(g, &doc->asked[i], &alternatives);
	if (info != NULL && info->maximum_size > 0 && (g->out->maximum == 0 || info->maximum_size < g->out->maximum))
		g->out->maximum = info->maximum_size;
	free(alternatives.sorted);
	return res;
}

static int
by_asked(const void *a, const void *b)
{
	const struct mdoc_asked *x = &((const struct mdoci_ask *)a)->asked, *y = &((const struct mdoci_ask *)b)->asked;
	const int order = mdoci_bytes_order(x->ns, y->ns);

	return order != 0 ? order : mdoci_bytes_order(x->element, y->element);
}

/* Rows of what is held, in the order of the record; links turn from places to rows. */
static void
add_held_rows(struct gathering *g)
{
	struct mdoci_selected *out = g->out;

	for (size_t i = 0; i < g->index->count; i++) {
		struct mark *mark = &g->marks[i];

		if (mark->ref == NULL)
			continue;
		mark->row = out->count;
		out->leaving += mark->agreed ? 1 : 0;
		out->rows[out->count++] =
			(struct mdoci_row){ { mark->ref->ns, mark->ref->element, mark->ref->value, mark->asked_ns,
						    mark->asked, mark->retain, mark->ref->item == NULL,
						    mark->agreed ? MDOC_LEAVES : MDOC_NOT_AGREED },
				mark->ref->item, mark->ref->space };
	}
	for (size_t i = 0; i < g->link_count; i++)
		out->links[i] = g->marks[out->links[i]].row;
}

static void
add_missing_rows(struct mdoci_selected *out)
{
	for (size_t i = 0; i < out->ask_count; i++) {
		const struct mdoc_asked *asked = &out->asks[i].asked;
		struct mdoc_choice *last = out->count > 0 ? &out->rows[out->count - 1].choice : NULL;

		if (out->asks[i].links > 0)
			continue;
		if (last != NULL && last->state == MDOC_NOT_HELD && mdoc_bytes_equal(last->asked, asked->element) &&
			mdoc_bytes_equal(last->asked_ns, asked->ns)) {
			last->retain |= asked->intent_to_retain;
			continue;
		}
		out->rows[out->count++] =
			(struct mdoci_row){ { asked->ns, asked->element, MDOC_NO_BYTES, asked->ns, asked->element,
						    asked->intent_to_retain, false, MDOC_NOT_HELD },
				NULL, NULL };
	}
}

/* At most. */
static size_t
count_rows(const struct gathering *g)
{
	size_t count = 0;

	for (size_t i = 0; i < g->index->count; i++)
		count += g->marks[i].ref != NULL ? 1 : 0;
	for (size_t i = 0; i < g->out->ask_count; i++)
		count += g->out->asks[i].links == 0 ? 1 : 0;
	return count;
}

static bool
takes(const struct mdoci_match *match, size_t d, size_t held)
{
	return match->wanted[d] && match->record[d] == held;
}

enum mdoc_result
mdoci_selected_make(const struct mdoci_match *match, size_t held, const struct mdoc_agreed *agreed,
	struct mdoci_selected *out)
{
	struct gathering g = { match->options, agreed, &match->indexes[held], NULL, out, 0 };
	const struct mdoc_request *request = match->request;
	enum mdoc_result res = MDOC_ERR_MEMORY;
	size_t asks = 0, takers = 0;

	out->held = held;
	out->record = match->held[held].record;
	for (size_t d = 0; d < request->count; d++) {
		takers += takes(match, d, held) ? 1 : 0;
		asks += takes(match, d, held) ? request->docs[d].count : 0;
	}
	g.marks = calloc(g.index->count + 1, sizeof(*g.marks));
	out->asks = calloc(asks + 1, sizeof(*out->asks));
	if (g.marks == NULL || out->asks == NULL)
		goto out;
	res = MDOC_OK;
	for (size_t d = 0; res == MDOC_OK && d < request->count; d++)
		if (takes(match, d, held))
			res = gather_doc(&g, &request->docs[d]);
	if (res != MDOC_OK)
		goto out;
	/* A single docRequest has each namespace and element once, and in groups. */
	if (takers > 1)
		qsort(out->asks, out->ask_count, sizeof(*out->asks), by_asked);
	out->rows = calloc(count_rows(&g) + 1, sizeof(*out->rows));
	if (out->rows == NULL) {
		res = MDOC_ERR_MEMORY;
		goto out;
	}
	add_held_rows(&g);
	add_missing_rows(out);
	mdoci_selected_settle(out);
out:
	free(g.marks);
	return res;
}

void
mdoci_selected_clear(struct mdoci_selected *doc)
{
	free(doc->rows);
	free(doc->asks);
	free(doc->links);
	memset(doc, 0, sizeof(*doc));
}

void
mdoci_selected_settle(struct mdoci_selected *doc)
{
	size_t size;

	if (doc->maximum == 0)
		return;
	size = mdoci_document_size(doc);
	doc->too_large = size == 0 || size > doc->maximum;
}
