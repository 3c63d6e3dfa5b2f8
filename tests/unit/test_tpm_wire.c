/*
 * tests/unit/test_tpm_wire.c: whoever can write to a store would choose what a guard believes, or crash the module, if
 * anything but what was written were read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tpm_guard_kit.h"

struct record {
	uint64_t number;
	uint64_t maybe;
	struct wire_bytes bytes;
};

static const struct wire_field fields[] = {
	{ 2, WIRE_UINT, false, offsetof(struct record, number) },
	{ 3, WIRE_UINT, true, offsetof(struct record, maybe) },
	{ 4, WIRE_BYTES, false, offsetof(struct record, bytes) },
};

static enum token_result
decode(const void *bytes, size_t len, struct record *record)
{
	memset(record, 0, sizeof(*record));
	return wire_decode(fields, 3, bytes, len, record);
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t len;
	enum token_result res;
} cases[] = {
	{ BYTES("\xA3\x01\x01\x02\x18\x64\x04\x42hi"), TOKEN_OK },
	{ BYTES("\xA4\x01\x01\x02\x18\x64\x03\x05\x04\x42hi"), TOKEN_OK },
	{ BYTES("\xA3\x01\x02\x02\x18\x64\x04\x42hi"), TOKEN_ERR_NEWER }, { BYTES(""), TOKEN_ERR_DAMAGED },
	{ BYTES("\xA0"), TOKEN_ERR_DAMAGED }, { BYTES("\xA1\x01\x01"), TOKEN_ERR_DAMAGED },
	/* what must be there is not */
	{ BYTES("\xA3\x01\x01\x02\x18\x64\x04\x42h"), TOKEN_ERR_DAMAGED },
	/* cut off */
	{ BYTES("\xA3\x01\x01\x02\x18\x64\x04\x42hi\x00"), TOKEN_ERR_DAMAGED },
	/* something after it */
	{ BYTES("\xA3\x01\x01\x02\x19\x00\x64\x04\x42hi"), TOKEN_ERR_DAMAGED },
	/* a longer head */
	{ BYTES("\xBF\x01\x01\x02\x18\x64\x04\x42hi\xFF"), TOKEN_ERR_DAMAGED },
	/* indefinite */
	{ BYTES("\xA3\x01\x01\x04\x42hi\x02\x18\x64"), TOKEN_ERR_DAMAGED },
	/* another order */
	{ BYTES("\xA4\x01\x01\x02\x18\x64\x02\x18\x64\x04\x42hi"), TOKEN_ERR_DAMAGED },
	/* twice */
	{ BYTES("\xA4\x01\x01\x02\x18\x64\x03\x00\x04\x42hi"), TOKEN_ERR_DAMAGED },
	/* optional and nothing */
	{ BYTES("\xA4\x01\x01\x02\x18\x64\x04\x42hi\x05\x01"), TOKEN_ERR_DAMAGED },
	/* unknown */
	{ BYTES("\xA3\x01\x01\x02\x38\x64\x04\x42hi"), TOKEN_ERR_DAMAGED },
	/* a negative number */
	{ BYTES("\xA3\x01\x01\x02\x18\x64\x04\x62hi"), TOKEN_ERR_DAMAGED },
	/* text */
	{ BYTES("\xA3\x02\x01\x02\x18\x64\x04\x42hi"), TOKEN_ERR_DAMAGED },
	/* no version */
	{ BYTES("\xA3\x01\x01\x02\x18\x64\x04\x5A\xFF\xFF\xFF\xFF"), TOKEN_ERR_DAMAGED },
	/* bytes that are not there */
	{ BYTES("\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x01"), TOKEN_ERR_DAMAGED },
	/* pairs that are not there */
};

static void
test_cases(void)
{
	struct record record;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(decode(cases[i].bytes, cases[i].len, &record), cases[i].res);
		if (cases[i].res != TOKEN_OK)
			continue;
		CU_ASSERT_EQUAL(record.number, 100);
		CU_ASSERT_EQUAL(record.bytes.len, 2);
		CU_ASSERT_EQUAL(memcmp(record.bytes.bytes, "hi", 2), 0);
	}
	CU_ASSERT_EQUAL(decode(NULL, 0, &record), TOKEN_ERR_DAMAGED);
}

/* The longest field, and one byte more of it; what is written is what is read. */
static void
test_lengths(void)
{
	struct record record = { .number = UINT64_MAX, .bytes.len = WIRE_BYTES_MAX }, again;
	struct backend_bytes out = { NULL, 0 };

	CU_ASSERT_EQUAL_FATAL(wire_encode(fields, 3, &record, &out), TOKEN_OK);
	CU_ASSERT_EQUAL(decode(out.ptr, out.len, &again), TOKEN_OK);
	CU_ASSERT_EQUAL(again.number, UINT64_MAX);
	CU_ASSERT_EQUAL(again.bytes.len, WIRE_BYTES_MAX);
	out.ptr[out.len - WIRE_BYTES_MAX - 1]++; /* the last byte of its length */
	CU_ASSERT_EQUAL(decode(out.ptr, out.len, &again), TOKEN_ERR_DAMAGED);
	free(out.ptr);
}

/* No byte of a guard's data can be another without notice, by the guard or by the Name of what it speaks of. */
static void
test_guard_data(void)
{
	const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };
	struct guard_world w;
	struct tpm_guard *guard;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	for (size_t len = 0; len < w.made.data.len; len++) {
		guard = calloc(1, sizeof(*guard));
		CU_ASSERT_PTR_NOT_NULL_FATAL(guard);
		CU_ASSERT_EQUAL(guard_data_decode(w.made.data.ptr, len, &guard->data), TOKEN_ERR_DAMAGED);
		free(guard);
	}
	for (size_t i = 0; i < w.made.data.len; i++) {
		w.made.data.ptr[i] ^= 0x10;
		(void)guard_reopen(&w); /* whatever it says, nothing breaks */
		if (w.area != NULL)
			CU_ASSERT_EQUAL(w.area->guard == NULL, false);
		w.made.data.ptr[i] ^= 0x10;
	}
	CU_ASSERT_TRUE(guard_reopen(&w));
	guard_end(&w);
}

CU_TestInfo tests_tpm_wire[] = {
	{ "cases", test_cases },
	{ "lengths", test_lengths },
	{ "a guard's data", test_guard_data },
	CU_TEST_INFO_NULL,
};
