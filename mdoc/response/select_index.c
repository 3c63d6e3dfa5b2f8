/*
 * mdoc/response/select_index.c: a record sorted by names, and what of it answers a name.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/select_internal.h"
#include <string.h>

#define AGE_OVER "age_over_"
#define AGE_OVER_LEN (sizeof(AGE_OVER) - 1)
#define CBOR_FALSE 0xf4
#define CBOR_TRUE 0xf5

int
mdoci_order(struct mdoc_bytes a, struct mdoc_bytes b)
{
	const size_t shorter = a.len < b.len ? a.len : b.len;
	const int order = shorter == 0 || a.ptr == b.ptr ? 0 : memcmp(a.ptr, b.ptr, shorter);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
order_of_names(const struct mdoci_ref *ref, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const int order = mdoci_order(ref->ns, ns);

	return order != 0 ? order : mdoci_order(ref->element, element);
}

static int
by_names(const void *a, const void *b)
{
	const struct mdoci_ref *y = b;

	return order_of_names(a, y->ns, y->element);
}

enum mdoc_result
mdoci_index_make(const struct mdoc_context *context, const struct mdoc_held *held, struct mdoci_index *index,
	struct mdoc_error *error)
{
	const struct mdoc_issuer_signed *record = held->record;
	size_t total = held->device_claim_count;
	enum mdoc_result res = MDOC_OK;

	for (size_t n = 0; n < record->count; n++)
		total += record->namespaces[n].count;
	if (held->device_claim_count > 0)
		res = mdoci_claims_check(context, record, held->device_claims, held->device_claim_count, error);
	if (res != MDOC_OK)
		return res;
	index->refs = calloc(total + 1, sizeof(*index->refs));
	if (index->refs == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	for (size_t n = 0; n < record->count; n++) {
		const struct mdoc_namespace *space = &record->namespaces[n];

		for (size_t i = 0; i < space->count; i++, index->count++)
			index->refs[index->count] = (struct mdoci_ref){ space->name, space->items[i].element,
				space->items[i].value, space, &space->items[i], index->count };
	}
	for (size_t i = 0; i < held->device_claim_count; i++, index->count++)
		index->refs[index->count] = (struct mdoci_ref){ held->device_claims[i].ns,
			held->device_claims[i].element, held->device_claims[i].value, NULL, NULL, index->count };
	qsort(index->refs, index->count, sizeof(*index->refs), by_names);
	return MDOC_OK;
}

void
mdoci_index_clear(struct mdoci_index *index)
{
	free(index->refs);
	*index = (struct mdoci_index){ NULL, 0 };
}

/* The first at or after these names. */
static size_t
lower_bound(const struct mdoci_index *index, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (order_of_names(&index->refs[middle], ns, element) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_age_over(struct mdoc_bytes element)
{
	const uint8_t *digit = element.ptr + AGE_OVER_LEN;

	return element.len == AGE_OVER_LEN + 2 && memcmp(element.ptr, AGE_OVER, AGE_OVER_LEN) == 0 && digit[0] >= '0' &&
		digit[0] <= '9' && digit[1] >= '0' && digit[1] <= '9';
}

/* Does this stand among the ages of the namespace? */
static bool
among_ages(const struct mdoci_ref *ref, struct mdoc_bytes ns)
{
	return mdoc_bytes_equal(ref->ns, ns) && ref->element.len >= AGE_OVER_LEN &&
		memcmp(ref->element.ptr, AGE_OVER, AGE_OVER_LEN) == 0;
}

static bool
says(const struct mdoci_ref *ref, uint8_t value)
{
	return ref->item != NULL && is_age_over(ref->element) && ref->value.len == 1 && ref->value.ptr[0] == value;
}

/* 7.2.5: what settles the question with the least said: the smallest true at or above, else the largest
 * false at or below. at: where the age that was asked for would stand. */
static const struct mdoci_ref *
nearest_age(const struct mdoci_index *index, size_t at, struct mdoc_bytes ns)
{
	for (size_t i = at; i < index->count && among_ages(&index->refs[i], ns); i++)
		if (says(&index->refs[i], CBOR_TRUE))
			return &index->refs[i];
	for (size_t i = at; i > 0 && among_ages(&index->refs[i - 1], ns); i--)
		if (says(&index->refs[i - 1], CBOR_FALSE))
			return &index->refs[i - 1];
	return NULL;
}

const struct mdoci_ref *
mdoci_index_find(const struct mdoci_index *index, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const size_t at = lower_bound(index, ns, element);

	if (at < index->count && order_of_names(&index->refs[at], ns, element) == 0)
		return &index->refs[at];
	return is_age_over(element) ? nearest_age(index, at, ns) : NULL;
}

static int
by_requested(const void *a, const void *b)
{
	const struct mdoc_alternative *x = *(const struct mdoc_alternative *const *)a;
	const struct mdoc_alternative *y = *(const struct mdoc_alternative *const *)b;
	const int order = mdoci_order(x->requested.ns, y->requested.ns);

	return order != 0 ? order : mdoci_order(x->requested.element, y->requested.element);
}

enum mdoc_result
mdoci_alternatives_make(const struct mdoc_doc_request *doc, struct mdoci_alternatives *alternatives)
{
	const struct mdoc_request_info *info = mdoc_doc_request_info(doc);

	*alternatives = (struct mdoci_alternatives){ NULL, 0 };
	if (info == NULL || info->alternative_count == 0)
		return MDOC_OK;
	alternatives->sorted = calloc(info->alternative_count, sizeof(*alternatives->sorted));
	if (alternatives->sorted == NULL)
		return MDOC_ERR_MEMORY;
	alternatives->count = info->alternative_count;
	for (size_t i = 0; i < alternatives->count; i++)
		alternatives->sorted[i] = &info->alternatives[i];
	qsort(alternatives->sorted, alternatives->count, sizeof(*alternatives->sorted), by_requested);
	return MDOC_OK;
}

static bool
holds_set(const struct mdoci_index *index, const struct mdoc_element_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (mdoci_index_find(index, set->elements[i].ns, set->elements[i].element) == NULL)
			return false;
	return set->count > 0;
}

const struct mdoc_element_set *
mdoci_alternative_find(const struct mdoci_index *index, const struct mdoci_alternatives *alternatives,
	const struct mdoc_asked *asked)
{
	const struct mdoc_alternative wanted = { .requested = { asked->ns, asked->element } };
	const struct mdoc_alternative *key = &wanted;
	const struct mdoc_alternative *const *found = alternatives->count == 0
		? NULL
		: bsearch(&key, alternatives->sorted, alternatives->count, sizeof(*alternatives->sorted), by_requested);

	for (size_t i = 0; found != NULL && i < (*found)->count; i++)
		if (holds_set(index, &(*found)->sets[i]))
			return &(*found)->sets[i];
	return NULL;
}
