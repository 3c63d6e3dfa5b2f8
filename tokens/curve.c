/*
 * tokens/curve.c: the curves and their names in CKA_EC_PARAMS.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token.h"

#include <string.h>

#define DER_OID 0x06
#define DER_PRINTABLE_STRING 0x13
#define NAMES_MAX 3

struct curve {
	enum token_curve curve;
	size_t size;
	const uint8_t *oid; /* DER, with tag and length */
	size_t oid_len;
	const char *names[NAMES_MAX]; /* for the curveName choice of PKCS#11 3.0, 6.3.3 */
};

static const uint8_t oid_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_p521[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 };

static const struct curve curves[] = {
	{ TOKEN_P256, 32, oid_p256, sizeof(oid_p256), { "secp256r1", "prime256v1", "P-256" } },
	{ TOKEN_P384, 48, oid_p384, sizeof(oid_p384), { "secp384r1", "P-384", NULL } },
	{ TOKEN_P521, 66, oid_p521, sizeof(oid_p521), { "secp521r1", "P-521", NULL } },
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))

static const struct curve *
find(enum token_curve curve)
{
	size_t i;

	for (i = 0; i < CURVES; i++) {
		if (curves[i].curve == curve)
			return &curves[i];
	}
	return NULL;
}

size_t
token_curve_size(enum token_curve curve)
{
	const struct curve *found = find(curve);

	return found != NULL ? found->size : 0;
}

void
token_curve_params(enum token_curve curve, const uint8_t **der, size_t *len)
{
	const struct curve *found = find(curve);

	*der = found != NULL ? found->oid : NULL;
	*len = found != NULL ? found->oid_len : 0;
}

static bool
has_name(const struct curve *curve, const uint8_t *text, size_t len)
{
	size_t i;

	for (i = 0; i < NAMES_MAX && curve->names[i] != NULL; i++) {
		if (strlen(curve->names[i]) == len && memcmp(curve->names[i], text, len) == 0)
			return true;
	}
	return false;
}

enum token_curve
token_curve_from_params(const uint8_t *der, size_t len)
{
	size_t i;

	/* Every name is shorter than 128 bytes: one length byte, and nothing after the content. */
	if (der == NULL || len < 2 || der[1] >= 0x80 || (size_t)der[1] + 2 != len)
		return TOKEN_CURVE_NONE;
	for (i = 0; i < CURVES; i++) {
		if (der[0] == DER_OID && len == curves[i].oid_len && memcmp(der, curves[i].oid, len) == 0)
			return curves[i].curve;
		if (der[0] == DER_PRINTABLE_STRING && has_name(&curves[i], der + 2, len - 2))
			return curves[i].curve;
	}
	return TOKEN_CURVE_NONE;
}
