/*
 * mdoc/response/select.c: what of a record a request asks for and the holder agreed to give.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include <mdoc/response.h>
#include <string.h>

#define AGE_OVER "age_over_"
#define AGE_OVER_LEN (sizeof(AGE_OVER) - 1)

/* What the selection is made from, and a mark for each item of the record. */
struct choice {
	const struct mdoc_issuer_signed *record;
	const struct mdoc_agreed *agreed;
	size_t agreed_count;
	bool agreed_given;
	bool **chosen; /* [namespace][item] */
	bool **retain;
};

/* NN of age_over_NN; false for any other element. */
static bool
age_of(struct mdoc_bytes element, unsigned *age)
{
	const uint8_t *digit = element.ptr + AGE_OVER_LEN;

	if (element.len != AGE_OVER_LEN + 2 || memcmp(element.ptr, AGE_OVER, AGE_OVER_LEN) != 0)
		return false;
	if (digit[0] < '0' || digit[0] > '9' || digit[1] < '0' || digit[1] > '9')
		return false;
	*age = (unsigned)(digit[0] - '0') * 10 + (unsigned)(digit[1] - '0');
	return true;
}

/* 7.2.5: the nearest answer that settles the question: the smallest true at or above, else the
 * largest false at or below. */
static const struct mdoc_item *
nearest_age(const struct mdoc_namespace *ns, unsigned asked)
{
	const struct mdoc_item *above = NULL, *below = NULL;
	unsigned above_age = 0, below_age = 0, age;

	for (size_t i = 0; i < ns->count; i++) {
		const struct mdoc_item *item = &ns->items[i];
		bool value;

		if (!age_of(item->element, &age) || item->value.len != 1)
			continue;
		value = item->value.ptr[0] == 0xf5;
		if (!value && item->value.ptr[0] != 0xf4)
			continue;
		if (value && age >= asked && (above == NULL || age < above_age)) {
			above = item;
			above_age = age;
		}
		if (!value && age <= asked && (below == NULL || age > below_age)) {
			below = item;
			below_age = age;
		}
	}
	return above != NULL ? above : below;
}

/* The item that answers; NULL: not held. */
static const struct mdoc_item *
answer(const struct mdoc_namespace *ns, struct mdoc_bytes element)
{
	const struct mdoc_item *item = mdoc_find_item(ns, element);
	unsigned age;

	if (item == NULL && age_of(element, &age))
		item = nearest_age(ns, age);
	return item;
}

static bool
named(const struct choice *choice, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	for (size_t i = 0; i < choice->agreed_count; i++) {
		if (mdoc_bytes_equal(choice->agreed[i].ns, ns) && mdoc_bytes_equal(choice->agreed[i].element, element))
			return true;
	}
	return false;
}

/* Agreed under the name that was asked or the one that would answer. 個人番号 only by its name. */
static bool
agreed_to(const struct choice *choice, const struct mdoc_asked *asked, const struct mdoc_item *item)
{
	if (named(choice, asked->ns, asked->element) || named(choice, asked->ns, item->element))
		return true;
	return !choice->agreed_given && !mdoc_bytes_is_text(item->element, MDOC_INDIVIDUAL_NUMBER);
}

static enum mdoc_result
refuse(struct mdoc_selection *out, const struct mdoc_asked *asked)
{
	for (size_t i = 0; i < out->refused_count; i++) {
		if (mdoc_bytes_equal(out->refused[i].ns, asked->ns) &&
			mdoc_bytes_equal(out->refused[i].element, asked->element))
			return MDOC_OK;
	}
	if (!mdoci_grow((void **)&out->refused, out->refused_count, sizeof(*out->refused)))
		return MDOC_ERR_MEMORY;
	out->refused[out->refused_count++] = *asked;
	return MDOC_OK;
}

static enum mdoc_result
choose(struct choice *choice, const struct mdoc_asked *asked, struct mdoc_selection *out)
{
	const struct mdoc_namespace *ns = mdoc_find_namespace(choice->record, asked->ns);
	const struct mdoc_item *item = ns != NULL ? answer(ns, asked->element) : NULL;
	size_t n, i;

	if (item == NULL || !agreed_to(choice, asked, item))
		return refuse(out, asked);
	n = (size_t)(ns - choice->record->namespaces);
	i = (size_t)(item - ns->items);
	if (!choice->chosen[n][i])
		out->count++;
	choice->chosen[n][i] = true;
	choice->retain[n][i] |= asked->intent_to_retain;
	return MDOC_OK;
}

static void
choice_clear(struct choice *choice)
{
	for (size_t n = 0; n < choice->record->count; n++) {
		if (choice->chosen != NULL)
			free(choice->chosen[n]);
		if (choice->retain != NULL)
			free(choice->retain[n]);
	}
	free(choice->chosen);
	free(choice->retain);
}

static enum mdoc_result
choice_make(struct choice *choice)
{
	const struct mdoc_issuer_signed *record = choice->record;

	choice->chosen = calloc(record->count + 1, sizeof(*choice->chosen));
	choice->retain = calloc(record->count + 1, sizeof(*choice->retain));
	if (choice->chosen == NULL || choice->retain == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t n = 0; n < record->count; n++) {
		choice->chosen[n] = calloc(record->namespaces[n].count + 1, sizeof(bool));
		choice->retain[n] = calloc(record->namespaces[n].count + 1, sizeof(bool));
		if (choice->chosen[n] == NULL || choice->retain[n] == NULL)
			return MDOC_ERR_MEMORY;
	}
	return MDOC_OK;
}

/* The chosen items in the order of the record. */
static enum mdoc_result
collect(const struct choice *choice, struct mdoc_selection *out)
{
	const size_t count = out->count;

	out->items = calloc(count, sizeof(*out->items));
	out->item_ns = calloc(count, sizeof(*out->item_ns));
	out->retain = calloc(count, sizeof(*out->retain));
	if (out->items == NULL || out->item_ns == NULL || out->retain == NULL)
		return MDOC_ERR_MEMORY;
	out->count = 0;
	for (size_t n = 0; n < choice->record->count; n++) {
		const struct mdoc_namespace *ns = &choice->record->namespaces[n];

		for (size_t i = 0; i < ns->count; i++) {
			if (!choice->chosen[n][i])
				continue;
			out->items[out->count] = &ns->items[i];
			out->item_ns[out->count] = ns;
			out->retain[out->count] = choice->retain[n][i];
			out->count++;
		}
	}
	return MDOC_OK;
}

enum mdoc_result
mdoc_select(const struct mdoc_issuer_signed *record, const struct mdoc_request *request,
	const struct mdoc_agreed *agreed, size_t agreed_count, bool agreed_given, struct mdoc_selection *out,
	struct mdoc_error *error)
{
	struct choice choice = { record, agreed, agreed_count, agreed_given, NULL, NULL };
	enum mdoc_result res;
	bool doc_type = false;

	memset(out, 0, sizeof(*out));
	out->record = record;
	out->request = request;
	res = choice_make(&choice);
	for (size_t d = 0; res == MDOC_OK && d < request->count; d++) {
		const struct mdoc_doc_request *doc = &request->docs[d];

		if (!mdoc_bytes_equal(doc->doc_type, record->mso.doc_type))
			continue;
		doc_type = true;
		for (size_t i = 0; res == MDOC_OK && i < doc->count; i++)
			res = choose(&choice, &doc->asked[i], out);
	}
	if (res == MDOC_OK && !doc_type)
		res = mdoci_fail(error, MDOC_ERR_DOCTYPE, SIZE_MAX, "docRequests", "a docRequest for %.*s",
			record->mso.doc_type.len > 60 ? 60 : (int)record->mso.doc_type.len,
			(const char *)record->mso.doc_type.ptr);
	else if (res == MDOC_OK && out->count == 0)
		res = mdoci_fail(error, MDOC_ERR_NOTHING, SIZE_MAX, "docRequests",
			"an element that is held and agreed to");
	else if (res == MDOC_OK)
		res = collect(&choice, out);
	choice_clear(&choice);
	if (res != MDOC_OK)
		mdoc_selection_clear(out);
	return res;
}

void
mdoc_selection_clear(struct mdoc_selection *selection)
{
	free(selection->items);
	free(selection->item_ns);
	free(selection->retain);
	free(selection->refused);
	memset(selection, 0, sizeof(*selection));
}
