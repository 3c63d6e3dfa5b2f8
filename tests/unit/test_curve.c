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
	{ "1309736563703235367231", TOKEN_P256 },   /* secp256r1 */
	{ "130a7072696d653235367631", TOKEN_P256 }, /* prime256v1 */
	{ "1305502d323536", TOKEN_P256 },           /* P-256 */
	{ "1309736563703338347231", TOKEN_P384 },   /* secp384r1 */
	{ "1305502d353231", TOKEN_P521 },           /* P-521 */
	{ "06052b8104000a", TOKEN_CURVE_NONE },     /* secp256k1 */
	{ "06092b2403030208010107", TOKEN_BP256 },
	{ "06092b2403030208010109", TOKEN_BP320 },
	{ "06092b240303020801010b", TOKEN_BP384 },
	{ "06092b240303020801010d", TOKEN_BP512 },
	{ "130f627261696e706f6f6c503332307231", TOKEN_BP320 }, /* brainpoolP320r1 */
	{ "06032b656e", TOKEN_X25519 },
	{ "06032b656f", TOKEN_X448 },
	{ "06032b6570", TOKEN_ED25519 },
	{ "06032b6571", TOKEN_ED448 },
	{ "06092b06010401da470f01", TOKEN_ED25519 },       /* 1.3.6.1.4.1.11591.15.1 */
	{ "060a2b060104019755010501", TOKEN_X25519 },      /* 1.3.6.1.4.1.3029.1.5.1 */
	{ "130c656477617264733235353139", TOKEN_ED25519 }, /* edwards25519 */
	{ "130a65647761726473343438", TOKEN_ED448 },       /* edwards448 */
	{ "130a63757276653235353139", TOKEN_X25519 },      /* curve25519 */
	{ "130b63757276653235353139", TOKEN_X25519 },      /* the same as OpenSC writes it */
	{ "13086375727665343438", TOKEN_X448 },            /* curve448 */
	{ "06032b656d", TOKEN_CURVE_NONE },
	{ "06092b2403030208010108", TOKEN_CURVE_NONE }, /* brainpoolP256t1 */
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
	static const struct {
		enum token_curve_kind kind;
		size_t size, point, sig;
	} wanted[] = {
		[TOKEN_P256] = { TOKEN_KIND_EC, 32, 65, 64 },
		[TOKEN_P384] = { TOKEN_KIND_EC, 48, 97, 96 },
		[TOKEN_P521] = { TOKEN_KIND_EC, 66, 133, 132 },
		[TOKEN_BP256] = { TOKEN_KIND_EC, 32, 65, 64 },
		[TOKEN_BP320] = { TOKEN_KIND_EC, 40, 81, 80 },
		[TOKEN_BP384] = { TOKEN_KIND_EC, 48, 97, 96 },
		[TOKEN_BP512] = { TOKEN_KIND_EC, 64, 129, 128 },
		[TOKEN_ED25519] = { TOKEN_KIND_EDWARDS, 32, 32, 64 },
		[TOKEN_ED448] = { TOKEN_KIND_EDWARDS, 57, 57, 114 },
		[TOKEN_X25519] = { TOKEN_KIND_MONTGOMERY, 32, 32, 0 },
		[TOKEN_X448] = { TOKEN_KIND_MONTGOMERY, 56, 56, 0 },
	};
	const uint8_t *der;
	size_t len;
	int curve;

	for (curve = TOKEN_P256; curve <= TOKEN_X448; curve++) {
		token_curve_params((enum token_curve)curve, &der, &len);
		CU_ASSERT_EQUAL(token_curve_from_params(der, len), (enum token_curve)curve);
		CU_ASSERT_EQUAL(token_curve_kind((enum token_curve)curve), wanted[curve].kind);
		CU_ASSERT_EQUAL(token_curve_size((enum token_curve)curve), wanted[curve].size);
		CU_ASSERT_EQUAL(token_curve_point_size((enum token_curve)curve), wanted[curve].point);
		CU_ASSERT_EQUAL(token_curve_sig_size((enum token_curve)curve), wanted[curve].sig);
		CU_ASSERT_TRUE(wanted[curve].point <= TOKEN_POINT_MAX && wanted[curve].sig <= TOKEN_SIG_MAX);
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
