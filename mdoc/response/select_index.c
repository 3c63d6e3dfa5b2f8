/*
 * mdoc/response/select_index.c: a record's elements by their names, and what of it answers a name.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/select_internal.h"
#include <string.h>

#define CBOR_FALSE 0xf4
#define CBOR_TRUE 0xf5

/* FNV-1a. Names that collide are the issuer's doing, and cost no more than comparing hashes. */
static uint64_t
hash_bytes(uint64_t hash, struct mdoc_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ bytes.ptr[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t
hash_names(struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const uint64_t hash = hash_bytes(hash_bytes(UINT64_C(0xcbf29ce484222325), element), ns);

	return hash ^ hash >> 32;
}

static void
add_ref(struct mdoci_index *index, struct mdoci_ref ref)
{
	size_t slot;

	ref.place = index->count;
	ref.hash = hash_names(ref.ns, ref.element);
	for (slot = (size_t)ref.hash & index->mask; index->slots[slot] != 0; slot = (slot + 1) & index->mask)
		;
	index->refs[index->count++] = ref;
	index->slots[slot] = (uint32_t)index->count;
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
	for (index->mask = 3; index->mask / 2 < total; index->mask = 2 * index->mask + 1)
		;
	index->refs = calloc(total + 1, sizeof(*index->refs));
	index->slots = calloc(index->mask + 1, sizeof(*index->slots));
	if (index->refs == NULL || index->slots == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	for (size_t n = 0; n < record->count; n++) {
		const struct mdoc_namespace *space = &record->namespaces[n];

		for (size_t i = 0; i < space->count; i++)
			add_ref(index,
				(struct mdoci_ref){ .ns = space->name,
					.element = space->items[i].element,
					.value = space->items[i].value,
					.space = space,
					.item = &space->items[i] });
	}
	for (size_t i = 0; i < held->device_claim_count; i++)
		add_ref(index,
			(struct mdoci_ref){ .ns = held->device_claims[i].ns,
				.element = held->device_claims[i].element,
				.value = held->device_claims[i].value });
	return MDOC_OK;
}

void
mdoci_index_clear(struct mdoci_index *index)
{
	free(index->refs);
	free(index->slots);
	*index = (struct mdoci_index){ .refs = NULL };
}

/* By its own name. */
static const struct mdoci_ref *
find_named(const struct mdoci_index *index, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const uint64_t hash = hash_names(ns, element);

	for (size_t slot = (size_t)hash & index->mask; index->slots[slot] != 0; slot = (slot + 1) & index->mask) {
		const struct mdoci_ref *ref = &index->refs[index->slots[slot] - 1];

		if (ref->hash == hash && mdoc_bytes_equal(ref->element, element) && mdoc_bytes_equal(ref->ns, ns))
			return ref;
	}
	return NULL;
}

/* age_over_NN of this value, signed by the issuer. */
static const struct mdoci_ref *
find_age(const struct mdoci_index *index, struct mdoc_bytes ns, unsigned age, uint8_t value)
{
	uint8_t room[MDOCI_AGE_OVER_LEN];
	const struct mdoci_ref *ref = find_named(index, ns, mdoci_age_over_name(age, room));

	return ref != NULL && ref->item != NULL && ref->value.len == 1 && ref->value.ptr[0] == value ? ref : NULL;
}

/* 7.2.5: what settles the question with the least said: the smallest true at or above, else the largest
 * false at or below. */
static const struct mdoci_ref *
nearest_age(const struct mdoci_index *index, struct mdoc_bytes ns, unsigned asked)
{
	const struct mdoci_ref *ref = NULL;

	for (unsigned age = asked; ref == NULL && age <= 99; age++)
		ref = find_age(index, ns, age, CBOR_TRUE);
	for (unsigned below = 0; ref == NULL && below <= asked; below++)
		ref = find_age(index, ns, asked - below, CBOR_FALSE);
	return ref;
}

const struct mdoci_ref *
mdoci_index_find(const struct mdoci_index *index, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const struct mdoci_ref *ref = find_named(index, ns, element);
	const int age = ref == NULL ? mdoci_age_over(element) : -1;

	return age >= 0 ? nearest_age(index, ns, (unsigned)age) : ref;
}

static int
by_requested(const void *a, const void *b)
{
	const struct mdoc_alternative *x = *(const struct mdoc_alternative *const *)a;
	const struct mdoc_alternative *y = *(const struct mdoc_alternative *const *)b;
	const int order = mdoci_bytes_order(x->requested.ns, y->requested.ns);

	return order != 0 ? order : mdoci_bytes_order(x->requested.element, y->requested.element);
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
