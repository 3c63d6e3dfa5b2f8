/*
 * tokens/attr_index.c: a hash table from (type, value) to the numbers of objects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/attr_index.h"

#include <stdlib.h>
#include <string.h>

#include "pkcs11-3.h"

#define BITS_FIRST 6

/* What programs search by; CKA_CLASS with anything else costs nothing, the shortest list is taken. */
static const CK_ATTRIBUTE_TYPE indexed[] = {
	CKA_CLASS, CKA_LABEL, CKA_ID, CKA_UNIQUE_ID, CKA_APPLICATION, CKA_OBJECT_ID, CKA_SUBJECT,
	CKA_ISSUER,                      /* with the serial number: NSS */
	CKA_SERIAL_NUMBER, CKA_EC_POINT, /* a record's key */
};

/* One value: the ids that have it, in ascending order. */
struct place {
	uint64_t hash; /* 0: never used */
	uint32_t count;
	uint32_t room; /* 0: no list, the one id is here */
	union {
		uint64_t id;
		uint64_t *list;
	} ids;
};

struct attr_index {
	struct place *places;
	size_t used; /* with a hash, also those that have lost all their ids */
	unsigned bits;
};

struct attr_index *
attr_index_new(void)
{
	struct attr_index *index = calloc(1, sizeof(*index));

	if (index == NULL)
		return NULL;
	index->bits = BITS_FIRST;
	index->places = calloc((size_t)1 << BITS_FIRST, sizeof(*index->places));
	if (index->places != NULL)
		return index;
	free(index);
	return NULL;
}

size_t
attr_index_size(const struct attr_index *index)
{
	return (size_t)1 << index->bits;
}

void
attr_index_free(struct attr_index *index)
{
	if (index == NULL)
		return;
	for (size_t i = 0; i < attr_index_size(index); i++) {
		if (index->places[i].room > 0)
			free(index->places[i].ids.list);
	}
	free(index->places);
	free(index);
}

static bool
is_indexed(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < sizeof(indexed) / sizeof(indexed[0]); i++) {
		if (indexed[i] == type)
			return true;
	}
	return false;
}

/* FNV-1a, and a multiplication for the high bits, which choose the place. Never 0. */
static uint64_t
hash_of(const CK_ATTRIBUTE *attr)
{
	const uint8_t *bytes = attr->pValue;
	uint64_t hash = 0xcbf29ce484222325u ^ attr->type;

	for (CK_ULONG i = 0; i < attr->ulValueLen; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15u;
	return hash | 1;
}

/* Where the hash is, or the free place where it belongs. One place is free always. */
static struct place *
place_of(const struct attr_index *index, uint64_t hash)
{
	size_t i = (size_t)(hash >> (64 - index->bits));

	while (index->places[i].hash != 0 && index->places[i].hash != hash)
		i = (i + 1) & (attr_index_size(index) - 1);
	return &index->places[i];
}

/* New places, as many as those that have ids need: the others go. */
static bool
rehash(struct attr_index *index)
{
	struct attr_index fresh = { .bits = BITS_FIRST };
	size_t live = 0;

	for (size_t i = 0; i < attr_index_size(index); i++)
		live += index->places[i].count > 0 ? 1 : 0;
	while (live >= attr_index_size(&fresh) / 2)
		fresh.bits++;
	fresh.places = calloc(attr_index_size(&fresh), sizeof(*fresh.places));
	if (fresh.places == NULL)
		return false;
	for (size_t i = 0; i < attr_index_size(index); i++) {
		if (index->places[i].count > 0)
			*place_of(&fresh, index->places[i].hash) = index->places[i];
		else if (index->places[i].room > 0)
			free(index->places[i].ids.list);
	}
	fresh.used = live;
	free(index->places);
	*index = fresh;
	return true;
}

static uint64_t *
ids_of(struct place *place)
{
	return place->room > 0 ? place->ids.list : &place->ids.id;
}

/* Room for one id more. */
static bool
make_room(struct place *place)
{
	const uint32_t room = place->room > 0 ? place->room * 2 : 4;
	uint64_t *list = NULL;

	if (place->count < (place->room > 0 ? place->room : 1))
		return true;
	list = realloc(place->room > 0 ? place->ids.list : NULL, room * sizeof(*list));
	if (list == NULL)
		return false;
	if (place->room == 0)
		list[0] = place->ids.id;
	place->ids.list = list;
	place->room = room;
	return true;
}

/* Where an id is among those of a place, or belongs. Most new ones are the highest. */
static uint32_t
position(struct place *place, uint64_t id)
{
	const uint64_t *ids = ids_of(place);
	uint32_t low = 0;
	uint32_t high = place->count;

	if (high > 0 && ids[high - 1] < id)
		return high;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
add_one(struct attr_index *index, uint64_t hash, uint64_t id)
{
	struct place *place = NULL;
	uint64_t *ids = NULL;
	uint32_t at;

	if (index->used >= attr_index_size(index) / 4 * 3 && !rehash(index))
		return false;
	place = place_of(index, hash);
	if (place->hash == 0) {
		place->hash = hash;
		index->used++;
	}
	if (!make_room(place))
		return false;
	at = position(place, id);
	ids = ids_of(place);
	if (at < place->count && ids[at] == id)
		return true; /* two of its attributes have one hash */
	memmove(ids + at + 1, ids + at, (place->count - at) * sizeof(*ids));
	ids[at] = id;
	place->count++;
	return true;
}

bool
attr_index_add(struct attr_index *index, const struct token_attrs *attrs, uint64_t id)
{
	for (size_t i = 0; i < sizeof(indexed) / sizeof(indexed[0]); i++) {
		const CK_ATTRIBUTE *attr = attrs_find(attrs, indexed[i]);

		if (attr != NULL && !add_one(index, hash_of(attr), id))
			return false;
	}
	return true;
}

static void
remove_one(struct attr_index *index, uint64_t hash, uint64_t id)
{
	struct place *place = place_of(index, hash);
	uint64_t *ids = ids_of(place);
	const uint32_t at = position(place, id);

	if (at == place->count || ids[at] != id)
		return;
	place->count--;
	memmove(ids + at, ids + at + 1, (place->count - at) * sizeof(*ids));
}

void
attr_index_remove(struct attr_index *index, const struct token_attrs *attrs, uint64_t id)
{
	for (size_t i = 0; i < sizeof(indexed) / sizeof(indexed[0]); i++) {
		const CK_ATTRIBUTE *attr = attrs_find(attrs, indexed[i]);

		if (attr != NULL)
			remove_one(index, hash_of(attr), id);
	}
}

bool
attr_index_find(const struct attr_index *index, const CK_ATTRIBUTE *wanted, size_t count, struct attr_hits *hits)
{
	struct place *place = NULL;
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_indexed(wanted[i].type))
			continue;
		place = place_of(index, hash_of(&wanted[i]));
		if (!found || place->count < hits->count)
			*hits = (struct attr_hits){ ids_of(place), place->count };
		found = true;
	}
	return found;
}
