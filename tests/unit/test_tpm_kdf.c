/*
 * tests/unit/test_tpm_kdf.c: were KDFa or KDFe wrong, no TPM would take an HMAC of ours, or a salt.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <string.h>

#include "tests/unit/tpm_kit.h"
#include "tokens/tpm/kdf.h"

static const struct tpm_bytes nothing = { NULL, 0 };

static void
test_bounds(void)
{
	struct secret key = kit_value("key"), out;

	CU_ASSERT_EQUAL(tpm_kdfa(kit_seal, SECRET_NONE, "ATH", nothing, nothing, 32, &out), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_kdfa(kit_seal, key, "", nothing, nothing, 32, &out), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_kdfa(kit_seal, key, "ATH", nothing, nothing, 0, &out), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_kdfa(kit_seal, key, "ATH", nothing, nothing, 65, &out), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_kdfe(kit_seal, SECRET_NONE, "SECRET", nothing, nothing, 32, &out), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_kdfe(kit_seal, key, "SECRET", (struct tpm_bytes){ "x", 100000 }, nothing, 32, &out),
		TOKEN_ERR_ARG);
	secret_wipe(&key);
}

/* Part 1, 11.4.10.2: HMAC(key, counter || label || 0 || u || v || bits), said here by HMAC alone. */
static void
test_kdfa(void)
{
	const uint8_t text1[] = "\0\0\0\1ATH\0nonceTPMcaller\0\0\2\0", text2[] = "\0\0\0\2ATH\0nonceTPMcaller\0\0\2\0";
	struct secret key = kit_value("a key of some length"), out = SECRET_NONE;
	uint8_t want[64];

	CU_ASSERT_EQUAL(seal_hmac(kit_seal, key, text1, sizeof(text1) - 1, want), TOKEN_OK);
	CU_ASSERT_EQUAL(seal_hmac(kit_seal, key, text2, sizeof(text2) - 1, want + 32), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_kdfa(kit_seal, key, "ATH", (struct tpm_bytes){ "nonceTPM", 8 },
				      (struct tpm_bytes){ "caller", 6 }, 64, &out),
		TOKEN_OK);
	CU_ASSERT_EQUAL(memcmp(out.ptr, want, 64), 0);
	secret_wipe(&out);
	secret_wipe(&key);
}

/* 11.4.10.3: H(counter || z || label with its zero byte || u || v). */
static void
test_kdfe(void)
{
	const uint8_t text[] = "\0\0\0\1shared point xSECRET\0uv";
	struct secret z = kit_value("shared point x"), out = SECRET_NONE;
	uint8_t want[32];

	CU_ASSERT_EQUAL(seal_sha256(kit_seal, text, sizeof(text) - 1, want), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_kdfe(kit_seal, z, "SECRET", (struct tpm_bytes){ "u", 1 },
				      (struct tpm_bytes){ "v", 1 }, 32, &out),
		TOKEN_OK);
	CU_ASSERT_EQUAL(memcmp(out.ptr, want, 32), 0);
	secret_wipe(&out);
	secret_wipe(&z);
}

/* A salt for a key that is none could be read by whoever gave us that key. */
static void
test_seed_bad(void)
{
	TPMT_PUBLIC area = { .type = TPM2_ALG_ECC, .parameters.eccDetail.curveID = TPM2_ECC_NIST_P256 };
	TPM2B_ENCRYPTED_SECRET sent = { 0 };
	struct secret seed;

	CU_ASSERT_EQUAL(tpm_seed(kit_seal, &area, "SECRET", &sent, &seed), TOKEN_ERR_CURVE);
	area.unique.ecc.x.size = area.unique.ecc.y.size = 32;
	memset(area.unique.ecc.x.buffer, 1, 32);
	memset(area.unique.ecc.y.buffer, 2, 32);
	CU_ASSERT_EQUAL(tpm_seed(kit_seal, &area, "SECRET", &sent, &seed), TOKEN_ERR_CURVE);
	area.unique.ecc.x.size = 33;
	CU_ASSERT_EQUAL(tpm_seed(kit_seal, &area, "SECRET", &sent, &seed), TOKEN_ERR_CURVE);
	area.type = TPM2_ALG_RSA;
	CU_ASSERT_EQUAL(tpm_seed(kit_seal, &area, "SECRET", &sent, &seed), TOKEN_ERR_CURVE);
	CU_ASSERT_PTR_NULL(seed.ptr);
}

CU_TestInfo tests_tpm_kdf[] = {
	{ "bounds", test_bounds },
	{ "KDFa", test_kdfa },
	{ "KDFe", test_kdfe },
	{ "a seed for no key", test_seed_bad },
	CU_TEST_INFO_NULL,
};
