/*
 * tests/unit/test_curve.c
 *
 * If these fail, a key is made on another curve than the application named.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/token.h"

static const struct {
	const char *params;
	enum token_curve curve;
} table[] = {
	{ "06082a8648ce3d030107", TOKEN_P256 },
	{ "06052b81040022", TOKEN_P384 },
	{ "06052b81040023", TOKEN_P521 },
	{ "1309736563703235367231", TOKEN_P256 },       /* secp256r1 */
	{ "130a7072696d653235367631", TOKEN_P256 },     /* prime256v1 */
	{ "1305502d323536", TOKEN_P256 },               /* P-256 */
	{ "1309736563703338347231", TOKEN_P384 },       /* secp384r1 */
	{ "1305502d353231", TOKEN_P521 },               /* P-521 */
	{ "06052b8104000a", TOKEN_CURVE_NONE },         /* secp256k1 */
	{ "06092b2403030208010107", TOKEN_CURVE_NONE }, /* brainpoolP256r1 */
	{ "06082a8648ce3d03010700", TOKEN_CURVE_NONE }, /* a byte too much */
	{ "06082a8648ce3d0301", TOKEN_CURVE_NONE },
	{ "06092a8648ce3d030107", TOKEN_CURVE_NONE },
	{ "0681082a8648ce3d030107", TOKEN_CURVE_NONE },
	{ "1304502d3235", TOKEN_CURVE_NONE },
	{ "0c05502d323536", TOKEN_CURVE_NONE }, /* UTF8String */
	{ "1300", TOKEN_CURVE_NONE },
	{ "0500", TOKEN_CURVE_NONE },
	{ "3000", TOKEN_CURVE_NONE },
	{ "06", TOKEN_CURVE_NONE },
};

static void
test_names(void)
{
	uint8_t der[32];
	size_t i, len;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		len = leaf_hex(table[i].params, der, sizeof(der));
		if (token_curve_from_params(der, len) != table[i].curve)
			CU_FAIL(table[i].params);
	}
	CU_ASSERT_EQUAL(token_curve_from_params(NULL, 0), TOKEN_CURVE_NONE);
}

static void
test_params(void)
{
	static const size_t sizes[] = { [TOKEN_P256] = 32, [TOKEN_P384] = 48, [TOKEN_P521] = 66 };
	const uint8_t *der;
	size_t len;
	int curve;

	for (curve = TOKEN_P256; curve <= TOKEN_P521; curve++) {
		token_curve_params((enum token_curve)curve, &der, &len);
		CU_ASSERT_EQUAL(token_curve_from_params(der, len), (enum token_curve)curve);
		CU_ASSERT_EQUAL(token_curve_size((enum token_curve)curve), sizes[curve]);
	}
	token_curve_params(TOKEN_CURVE_NONE, &der, &len);
	CU_ASSERT_PTR_NULL(der);
	CU_ASSERT_EQUAL(token_curve_size(TOKEN_CURVE_NONE), 0);
	CU_ASSERT_EQUAL(token_curve_size((enum token_curve)77), 0);
}

CU_TestInfo tests_curve[] = {
	{ "names and OIDs", test_names },
	{ "parameters and sizes", test_params },
	CU_TEST_INFO_NULL,
};
