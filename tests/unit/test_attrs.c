/*
 * tests/unit/test_attrs.c
 *
 * If these fail, objects written today cannot be read tomorrow or on another machine, or a
 * damaged store makes the module crash.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"
#include "tests/unit/leaf.h"
#include "tokens/attrs.h"

static bool
same(const struct token_attrs *a, const struct token_attrs *b)
{
	size_t i;

	if (attrs_count(a) != attrs_count(b))
		return false;
	for (i = 0; i < attrs_count(a); i++) {
		const CK_ATTRIBUTE *x = attrs_at(a, i), *y = attrs_at(b, i);

		if (x->type != y->type || x->ulValueLen != y->ulValueLen ||
			memcmp(x->pValue, y->pValue, x->ulValueLen) != 0)
			return false;
	}
	return true;
}

static struct token_attrs *
example(void)
{
	static const CK_MECHANISM_TYPE mechanisms[] = { CKM_ECDSA, CKM_MDOC_DEVICE_SIGN };
	struct token_attrs *attrs = attrs_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(attrs);
	CU_ASSERT_TRUE(attrs_set(attrs, CKA_ALLOWED_MECHANISMS, mechanisms, sizeof(mechanisms)));
	CU_ASSERT_TRUE(attrs_set_bool(attrs, CKA_MDOC_HOLDER_KEY, true));
	CU_ASSERT_TRUE(attrs_set_ulong(attrs, CKA_CLASS, CKO_PRIVATE_KEY));
	CU_ASSERT_TRUE(attrs_set_ulong(attrs, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION));
	CU_ASSERT_TRUE(attrs_set(attrs, CKA_LABEL, "abc", 3));
	CU_ASSERT_TRUE(attrs_set(attrs, CKA_ID, NULL, 0));
	CU_ASSERT_TRUE(attrs_set_bool(attrs, CKA_EXTRACTABLE, false));
	return attrs;
}

/* The bytes at rest never change, on any machine. */
static void
test_vector(void)
{
	static const char *expected = "a7"
				      "0003"                         /* CKA_CLASS */
				      "0343616263"                   /* CKA_LABEL */
				      "19010240"                     /* CKA_ID, empty */
				      "190162f4"                     /* CKA_EXTRACTABLE */
				      "1901661bffffffffffffffff"     /* CKA_KEY_GEN_MECHANISM */
				      "1a40000600821910411acd440001" /* CKA_ALLOWED_MECHANISMS */
				      "1acd440100f5";                /* CKA_MDOC_HOLDER_KEY */
	struct token_attrs *attrs = example(), *back = NULL;
	uint8_t *bytes = NULL, wanted[128];
	size_t len = 0, wanted_len = leaf_hex(expected, wanted, sizeof(wanted));

	CU_ASSERT_EQUAL_FATAL(attrs_encode(attrs, &bytes, &len), TOKEN_OK);
	CU_ASSERT_EQUAL(len, wanted_len);
	CU_ASSERT_TRUE(len == wanted_len && memcmp(bytes, wanted, len) == 0);
	CU_ASSERT_EQUAL_FATAL(attrs_decode(bytes, len, &back), TOKEN_OK);
	CU_ASSERT_TRUE(same(attrs, back));
	CU_ASSERT_EQUAL(attrs_ulong(back, CKA_KEY_GEN_MECHANISM, 0), CK_UNAVAILABLE_INFORMATION);
	free(bytes);
	attrs_free(attrs);
	attrs_free(back);
}

static void
test_list(void)
{
	struct token_attrs *attrs = example(), *copy = attrs_dup(attrs);
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	CU_ASSERT_TRUE(same(attrs, copy));
	for (i = 1; i < attrs_count(attrs); i++)
		CU_ASSERT_TRUE(attrs_at(attrs, i - 1)->type < attrs_at(attrs, i)->type);
	CU_ASSERT_TRUE(attrs_set(attrs, CKA_LABEL, "longer", 6));
	CU_ASSERT_EQUAL(attrs_count(attrs), attrs_count(copy));
	CU_ASSERT_EQUAL(attrs_find(attrs, CKA_LABEL)->ulValueLen, 6);
	attrs_remove(attrs, CKA_LABEL);
	attrs_remove(attrs, CKA_LABEL);
	CU_ASSERT_PTR_NULL(attrs_find(attrs, CKA_LABEL));
	CU_ASSERT_EQUAL(attrs_count(attrs) + 1, attrs_count(copy));
	CU_ASSERT_TRUE(attrs_bool(attrs, CKA_MDOC_HOLDER_KEY, false));
	CU_ASSERT_TRUE(attrs_bool(attrs, CKA_SIGN, true));
	CU_ASSERT_EQUAL(attrs_ulong(attrs, CKA_EXTRACTABLE, 99), 99);
	CU_ASSERT_FALSE(attrs_bool(attrs, CKA_CLASS, false));
	CU_ASSERT_PTR_NULL(attrs_at(attrs, 1000));
	attrs_free(attrs);
	attrs_free(copy);
	attrs_free(NULL);
}

/* A list made at once and then changed: what is replaced, added and taken away, in any order. */
static void
test_packed(void)
{
	static const char long_label[] = "a label that is longer than the one before";
	struct token_attrs *attrs = example(), *packed = NULL, *again = NULL;
	uint8_t *bytes = NULL;
	size_t len = 0;

	CU_ASSERT_EQUAL_FATAL(attrs_encode(attrs, &bytes, &len), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(attrs_decode(bytes, len, &packed), TOKEN_OK);
	CU_ASSERT_TRUE(attrs_set(packed, CKA_LABEL, long_label, sizeof(long_label)));
	CU_ASSERT_TRUE(attrs_set(packed, CKA_LABEL, "", 0));
	CU_ASSERT_TRUE(attrs_set_bool(packed, CKA_SIGN, true) && attrs_set(packed, CKA_VALUE, long_label, 10));
	attrs_remove(packed, CKA_ALLOWED_MECHANISMS);
	attrs_remove(packed, CKA_ID);
	CU_ASSERT_EQUAL(attrs_count(packed), attrs_count(attrs));
	CU_ASSERT_TRUE(attrs_find(packed, CKA_LABEL)->ulValueLen == 0 && attrs_find(packed, CKA_LABEL)->pValue != NULL);
	CU_ASSERT_EQUAL(attrs_ulong(packed, CKA_CLASS, 0), CKO_PRIVATE_KEY);
	again = attrs_dup(packed);
	CU_ASSERT_TRUE(again != NULL && same(again, packed));
	attrs_remove(packed, CKA_CLASS);
	CU_ASSERT_EQUAL(attrs_ulong(again, CKA_CLASS, 0), CKO_PRIVATE_KEY);
	free(bytes);
	attrs_free(attrs);
	attrs_free(packed);
	attrs_free(again);
}

static enum token_result
encode_one(CK_ATTRIBUTE_TYPE type, size_t len)
{
	static const uint8_t value[64];
	struct token_attrs *attrs = attrs_new();
	enum token_result res;
	uint8_t *bytes = NULL;
	size_t bytes_len = 0;

	CU_ASSERT_TRUE(attrs_set(attrs, type, value, len));
	res = attrs_encode(attrs, &bytes, &bytes_len);
	free(bytes);
	attrs_free(attrs);
	return res;
}

/* Nothing is stored that would read back as something else. */
static void
test_refused(void)
{
	CU_ASSERT_EQUAL(encode_one(CKA_CLASS, sizeof(CK_ULONG)), TOKEN_OK);
	CU_ASSERT_EQUAL(encode_one(CKA_CLASS, sizeof(CK_ULONG) - 1), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_CLASS, 0), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_TOKEN, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(encode_one(CKA_TOKEN, sizeof(CK_ULONG)), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_TOKEN, 0), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_ALLOWED_MECHANISMS, 0), TOKEN_OK);
	CU_ASSERT_EQUAL(encode_one(CKA_ALLOWED_MECHANISMS, sizeof(CK_ULONG) + 1), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_WRAP_TEMPLATE, 0), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_UNWRAP_TEMPLATE, 24), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_DERIVE_TEMPLATE, 24), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKF_ARRAY_ATTRIBUTE | 0x777UL, 24), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(encode_one(CKA_LABEL, 17), TOKEN_OK);
}

static void
test_hostile(void)
{
	static const char *const wrong[] = {
		"", "80",                                                       /* an array */
		"bf00",                                                         /* an indefinite map */
		"a1",                                                           /* a pair is missing */
		"a100",                                                         /* half a pair */
		"a0ff",                                                         /* bytes after the map */
		"a10003ff", "bbffffffffffffffff0003",                           /* more pairs than bytes */
		"a200030003",                                                   /* a type twice */
		"a203436162630003",                                             /* descending */
		"a12003",                                                       /* a negative type */
		"a1616103",                                                     /* a text type */
		"a100f5",                                                       /* CKA_CLASS as bool */
		"a1004103",                                                     /* CKA_CLASS as bytes */
		"a10020",                                                       /* CKA_CLASS negative */
		"a10101",                                                       /* CKA_TOKEN as number */
		"a101f6",                                                       /* CKA_TOKEN null */
		"a10363616263",                                                 /* CKA_LABEL as text */
		"a1035f4161ff",                                                 /* CKA_LABEL in chunks */
		"a1035affffffff61",                                             /* CKA_LABEL longer than the input */
		"a1035bffffffffffffffff61", "a11a400006009bffffffffffffffff01", /* more mechanisms than bytes */
		"a11a4000060082190104",                                         /* one is missing */
		"a11a400006008143616263",                                       /* a mechanism as bytes */
		"a11a400002118100",                                             /* a nested template */
		"a1c10003",                                                     /* a tag */
	};
	struct token_attrs *attrs;
	uint8_t bytes[64];
	size_t i, len;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		len = wrong[i][0] != '\0' ? leaf_hex(wrong[i], bytes, sizeof(bytes)) : 0;
		attrs = (struct token_attrs *)(uintptr_t)1;
		if (attrs_decode(bytes, len, &attrs) != TOKEN_ERR_DAMAGED)
			CU_FAIL(wrong[i]);
		CU_ASSERT_PTR_NULL(attrs);
	}
}

/* Cut anywhere: damaged. Changed anywhere: damaged or other attributes, never a crash. */
static void
test_mutated(void)
{
	struct token_attrs *attrs = example(), *back = NULL;
	uint8_t *bytes = NULL, *cut, was;
	size_t len = 0, i;
	unsigned bit, good = 0;

	CU_ASSERT_EQUAL_FATAL(attrs_encode(attrs, &bytes, &len), TOKEN_OK);
	for (i = 0; i < len; i++) {
		cut = malloc(i + 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
		memcpy(cut, bytes, i);
		CU_ASSERT_EQUAL(attrs_decode(cut, i, &back), TOKEN_ERR_DAMAGED);
		free(cut);
	}
	for (i = 0; i < len; i++) {
		was = bytes[i];
		for (bit = 1; bit < 256; bit++) {
			bytes[i] = (uint8_t)(was ^ bit);
			good += attrs_decode(bytes, len, &back) == TOKEN_OK;
			attrs_free(back);
			back = NULL;
		}
		bytes[i] = was;
	}
	CU_ASSERT_TRUE(good > 0 && good < len * 255);
	free(bytes);
	attrs_free(attrs);
}

CU_TestInfo tests_attrs[] = {
	{ "sizes and templates refused", test_refused },
	{ "hostile bytes", test_hostile },
	{ "cut and changed bytes", test_mutated },
	{ "the list", test_list },
	{ "a packed list", test_packed },
	{ "the bytes at rest", test_vector },
	CU_TEST_INFO_NULL,
};
