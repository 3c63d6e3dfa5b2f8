/*
 * mdoc/cose/cose_alg.c: curves and algorithms, and which goes with which.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/context.h"
#include "mdoc/cose/cose_internal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <strings.h>

#define OID_EC "1.2.840.10045.2.1"

static const struct mdoci_curve curves[] = {
	{ MDOC_CURVE_P256, 32, MDOC_ALG_ES256, false, true, "P-256", "prime256v1", "P-256", OID_EC },
	{ MDOC_CURVE_P384, 48, MDOC_ALG_ES384, false, true, "P-384", "secp384r1", "P-384", OID_EC },
	{ MDOC_CURVE_P521, 66, MDOC_ALG_ES512, false, true, "P-521", "secp521r1", "P-521", OID_EC },
	{ MDOC_CURVE_X25519, 32, MDOC_ALG_NONE, true, true, "X25519", "X25519", NULL, "1.3.101.110" },
	{ MDOC_CURVE_X448, 56, MDOC_ALG_NONE, true, true, "X448", "X448", NULL, "1.3.101.111" },
	{ MDOC_CURVE_ED25519, 32, MDOC_ALG_EDDSA, true, false, "Ed25519", "ED25519", NULL, "1.3.101.112" },
	{ MDOC_CURVE_ED448, 57, MDOC_ALG_EDDSA, true, false, "Ed448", "ED448", NULL, "1.3.101.113" },
	{ MDOC_CURVE_BP256, 32, MDOC_ALG_ES256, false, true, "brainpoolP256r1", "brainpoolP256r1", NULL, OID_EC },
	{ MDOC_CURVE_BP320, 40, MDOC_ALG_ES384, false, true, "brainpoolP320r1", "brainpoolP320r1", NULL, OID_EC },
	{ MDOC_CURVE_BP384, 48, MDOC_ALG_ES384, false, true, "brainpoolP384r1", "brainpoolP384r1", NULL, OID_EC },
	{ MDOC_CURVE_BP512, 64, MDOC_ALG_ES512, false, true, "brainpoolP512r1", "brainpoolP512r1", NULL, OID_EC },
};

#define PAIRED_MAX 3
#define NO_DIGEST (-1)

static const struct {
	enum mdoc_alg alg;
	const char *name;
	int digest;                       /* enum mdoc_digest_alg */
	enum mdoc_curve with[PAIRED_MAX]; /* unused ones are MDOC_CURVE_NONE */
} algorithms[] = {
	{ MDOC_ALG_ES256, "ES256", MDOC_SHA256, { MDOC_CURVE_P256, MDOC_CURVE_BP256, MDOC_CURVE_BP320 } },
	{ MDOC_ALG_ES384, "ES384", MDOC_SHA384, { MDOC_CURVE_P384, MDOC_CURVE_BP384, MDOC_CURVE_BP320 } },
	{ MDOC_ALG_ES512, "ES512", MDOC_SHA512, { MDOC_CURVE_P521, MDOC_CURVE_BP512, MDOC_CURVE_NONE } },
	{ MDOC_ALG_EDDSA, "EdDSA", NO_DIGEST, { MDOC_CURVE_ED25519, MDOC_CURVE_ED448, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ESP256, "ESP256", MDOC_SHA256, { MDOC_CURVE_P256, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ESP384, "ESP384", MDOC_SHA384, { MDOC_CURVE_P384, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ESP512, "ESP512", MDOC_SHA512, { MDOC_CURVE_P521, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ESB256, "ESB256", MDOC_SHA256, { MDOC_CURVE_BP256, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ESB320, "ESB320", MDOC_SHA384, { MDOC_CURVE_BP320, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ESB384, "ESB384", MDOC_SHA384, { MDOC_CURVE_BP384, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ESB512, "ESB512", MDOC_SHA512, { MDOC_CURVE_BP512, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ED25519, "Ed25519", NO_DIGEST, { MDOC_CURVE_ED25519, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_ED448, "Ed448", NO_DIGEST, { MDOC_CURVE_ED448, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
	{ MDOC_ALG_HMAC_256, "HMAC 256/256", NO_DIGEST, { MDOC_CURVE_NONE, MDOC_CURVE_NONE, MDOC_CURVE_NONE } },
};

#define CURVE_COUNT (sizeof(curves) / sizeof(curves[0]))
#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

_Static_assert(CURVE_COUNT == MDOCI_CURVES, "a context has room for each curve");

size_t
mdoci_curve_row(const struct mdoci_curve *curve)
{
	return (size_t)(curve - curves);
}

const struct mdoci_curve *
mdoci_curve(enum mdoc_curve curve)
{
	for (size_t i = 0; i < CURVE_COUNT; i++)
		if (curves[i].curve == curve)
			return &curves[i];
	return NULL;
}

const struct mdoci_curve *
mdoci_curve_of_evp(const EVP_PKEY *pkey)
{
	const bool ec = EVP_PKEY_is_a(pkey, "EC") == 1;
	char group[64] = "";

	if (ec && EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < CURVE_COUNT; i++) {
		const struct mdoci_curve *row = &curves[i];

		if (row->okp != ec &&
			(ec ? strcasecmp(group, row->openssl) == 0 ||
						(row->alias != NULL && strcasecmp(group, row->alias) == 0)
			    : EVP_PKEY_is_a(pkey, row->openssl) == 1))
			return row;
	}
	return NULL;
}

size_t
mdoc_curve_size(enum mdoc_curve curve)
{
	const struct mdoci_curve *row = mdoci_curve(curve);

	return row != NULL ? row->size : 0;
}

size_t
mdoc_curve_sig_size(enum mdoc_curve curve)
{
	const struct mdoci_curve *row = mdoci_curve(curve);

	return row != NULL && row->alg != MDOC_ALG_NONE ? 2 * row->size : 0;
}

bool
mdoc_curve_agrees(enum mdoc_curve curve)
{
	const struct mdoci_curve *row = mdoci_curve(curve);

	return row != NULL && row->agrees;
}

const char *
mdoc_curve_name(enum mdoc_curve curve)
{
	const struct mdoci_curve *row = mdoci_curve(curve);

	return row != NULL ? row->name : NULL;
}

enum mdoc_alg
mdoc_curve_alg(enum mdoc_curve curve)
{
	const struct mdoci_curve *row = mdoci_curve(curve);

	return row != NULL ? row->alg : MDOC_ALG_NONE;
}

static size_t
alg_row(enum mdoc_alg alg)
{
	size_t i = 0;

	while (i < ALGORITHM_COUNT && algorithms[i].alg != alg)
		i++;
	return i;
}

bool
mdoc_alg_fits(enum mdoc_alg alg, enum mdoc_curve curve)
{
	const size_t row = alg_row(alg);

	if (row == ALGORITHM_COUNT || curve == MDOC_CURVE_NONE)
		return false;
	for (size_t i = 0; i < PAIRED_MAX; i++)
		if (algorithms[row].with[i] == curve)
			return true;
	return false;
}

bool
mdoci_alg_signs(enum mdoc_alg alg)
{
	const size_t row = alg_row(alg);

	return row < ALGORITHM_COUNT && algorithms[row].with[0] != MDOC_CURVE_NONE;
}

const char *
mdoc_alg_hash(enum mdoc_alg alg)
{
	enum mdoc_digest_alg digest;

	return mdoci_alg_digest(alg, &digest) ? mdoci_digest_name(digest) : NULL;
}

bool
mdoci_alg_digest(enum mdoc_alg alg, enum mdoc_digest_alg *digest)
{
	const size_t row = alg_row(alg);

	if (row == ALGORITHM_COUNT || algorithms[row].digest == NO_DIGEST)
		return false;
	*digest = (enum mdoc_digest_alg)algorithms[row].digest;
	return true;
}

const char *
mdoc_alg_name(enum mdoc_alg alg)
{
	const size_t row = alg_row(alg);

	return row < ALGORITHM_COUNT ? algorithms[row].name : NULL;
}
