/*
 * tokens/attr_index.h: which objects have an attribute with a value: an index over attribute lists, by number.
 *
 * The attributes that programs look for are indexed (class, id, label and a few more). A look-up gives
 * candidates in ascending order; whoever asks compares them in full, for a hash decides here.
 *
 * Not thread safe: it belongs to what it indexes, and is guarded by the same lock.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_ATTR_INDEX_H
#define TOKENS_ATTR_INDEX_H

#include "tokens/attrs.h"

struct attr_index;

/* NULL: out of memory. */
struct attr_index *attr_index_new(void);
void attr_index_free(struct attr_index *index); /* NULL is fine */

/* How many values it has room for now. */
size_t attr_index_size(const struct attr_index *index);

/* Take an object's attributes in. False: out of memory; the index says less than it should and must go. */
bool attr_index_add(struct attr_index *index, const struct token_attrs *attrs, uint64_t id);

/* Take them out: the same attributes as were given to attr_index_add(). */
void attr_index_remove(struct attr_index *index, const struct token_attrs *attrs, uint64_t id);

/* Numbers of objects; borrowed until the next change of the index. */
struct attr_hits {
	const uint64_t *ids;
	size_t count;
};

/*
 * All objects that can have all the attributes wanted, and maybe some that have not.
 * False: none of the attributes is indexed, so any object can.
 */
bool attr_index_find(const struct attr_index *index, const CK_ATTRIBUTE *wanted, size_t count, struct attr_hits *hits);

#endif
