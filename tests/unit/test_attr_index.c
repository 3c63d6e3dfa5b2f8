/*
 * tests/unit/test_attr_index.c
 *
 * If these fail, a search does not find an object that is there, or the index grows for ever.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/attr_index.h"

#define OBJECTS 400
#define VALUES 40 /* labels; many objects share one */
#define ROUNDS 6000

static unsigned
next(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

static struct token_attrs *
with(CK_ATTRIBUTE_TYPE type, unsigned value)
{
	struct token_attrs *attrs = attrs_new();

	CU_ASSERT_FATAL(attrs != NULL && attrs_set_ulong(attrs, CKA_CLASS, CKO_DATA) &&
		attrs_set(attrs, type, &value, sizeof(value)));
	return attrs;
}

static bool
has(struct attr_hits hits, uint64_t id)
{
	for (size_t i = 0; i < hits.count; i++) {
		if (hits.ids[i] == id)
			return true;
	}
	return false;
}

static bool
in_order(struct attr_hits hits)
{
	for (size_t i = 1; i < hits.count; i++) {
		if (hits.ids[i - 1] >= hits.ids[i])
			return false;
	}
	return true;
}

/* Exactly those that have the label are found, in order. */
static void
check_label(const struct attr_index *index, const unsigned *labels, unsigned label)
{
	const CK_ATTRIBUTE wanted = { CKA_LABEL, &label, sizeof(label) };
	struct attr_hits hits = { NULL, 0 };
	size_t there = 0;

	CU_ASSERT_FATAL(attr_index_find(index, &wanted, 1, &hits));
	for (uint64_t id = 1; id <= OBJECTS; id++) {
		if (labels[id - 1] == label) {
			there++;
			CU_ASSERT(has(hits, id));
		}
	}
	CU_ASSERT(in_order(hits));
	CU_ASSERT_EQUAL(hits.count, there);
}

/* Objects come, change and go at random; a plain table says what is right. */
static void
test_model(void)
{
	struct attr_index *index = attr_index_new();
	unsigned labels[OBJECTS] = { 0 }; /* 0: not there */
	unsigned seed = 20260101;

	CU_ASSERT_PTR_NOT_NULL_FATAL(index);
	for (int round = 0; round < ROUNDS; round++) {
		const uint64_t id = next(&seed) % OBJECTS + 1;
		const unsigned label = next(&seed) % VALUES; /* 0 by chance: it goes */
		struct token_attrs *attrs = NULL;

		if (labels[id - 1] != 0) {
			attrs = with(CKA_LABEL, labels[id - 1]);
			attr_index_remove(index, attrs, id);
			attrs_free(attrs);
		}
		labels[id - 1] = label;
		if (label != 0) {
			attrs = with(CKA_LABEL, label);
			CU_ASSERT_FATAL(attr_index_add(index, attrs, id));
			attrs_free(attrs);
		}
		check_label(index, labels, next(&seed) % (VALUES - 1) + 1);
	}
	attr_index_free(index);
}

/* Only what is indexed narrows a search, and nothing that is absent is invented. */
static void
test_absent(void)
{
	struct attr_index *index = attr_index_new();
	struct token_attrs *attrs = with(CKA_ID, 7);
	const unsigned seven = 7;
	const CK_ATTRIBUTE by_value = { CKA_VALUE, (void *)(uintptr_t)&seven, sizeof(seven) };
	const CK_ATTRIBUTE by_label = { CKA_LABEL, (void *)(uintptr_t)&seven, sizeof(seven) };
	const CK_ATTRIBUTE by_id = { CKA_ID, (void *)(uintptr_t)&seven, sizeof(seven) };
	const CK_ATTRIBUTE empty = { CKA_ID, NULL, 0 };
	struct attr_hits hits = { NULL, 0 };

	CU_ASSERT_FATAL(index != NULL && attr_index_add(index, attrs, 3));
	CU_ASSERT_FALSE(attr_index_find(index, &by_value, 1, &hits));
	CU_ASSERT_FALSE(attr_index_find(index, NULL, 0, &hits));
	CU_ASSERT(attr_index_find(index, &by_label, 1, &hits) && hits.count == 0);
	CU_ASSERT(attr_index_find(index, &empty, 1, &hits) && hits.count == 0);
	CU_ASSERT(attr_index_find(index, &by_id, 1, &hits) && hits.count == 1 && hits.ids[0] == 3);
	attr_index_remove(index, attrs, 4); /* never there */
	CU_ASSERT(attr_index_find(index, &by_id, 1, &hits) && hits.count == 1);
	attr_index_remove(index, attrs, 3);
	CU_ASSERT(attr_index_find(index, &by_id, 1, &hits) && hits.count == 0);
	attrs_free(attrs);
	attr_index_free(index);
}

/* A program that makes and destroys objects for days, each with an id of its own. */
static void
test_churn(void)
{
	struct attr_index *index = attr_index_new();
	struct attr_hits hits = { NULL, 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(index);
	for (unsigned i = 1; i <= 50000; i++) {
		struct token_attrs *attrs = with(CKA_ID, i);
		const CK_ATTRIBUTE wanted = { CKA_ID, &i, sizeof(i) };

		CU_ASSERT_FATAL(attr_index_add(index, attrs, i));
		CU_ASSERT_FATAL(attr_index_find(index, &wanted, 1, &hits) && hits.count == 1 && hits.ids[0] == i);
		attr_index_remove(index, attrs, i);
		attrs_free(attrs);
	}
	CU_ASSERT(attr_index_size(index) <= 256);
	attr_index_free(index);
}

CU_TestInfo tests_attr_index[] = {
	{ "against a plain table", test_model },
	{ "what is not there", test_absent },
	{ "no growth by what has gone", test_churn },
	CU_TEST_INFO_NULL,
};
