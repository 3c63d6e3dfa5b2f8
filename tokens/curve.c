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
	enum token_curve_kind kind;
	size_t size;
	const char *group;
	struct {
		const uint8_t *der; /* with tag and length */
		size_t len;
	} oid, old_oid;               /* the second: what was in use before the first; may be absent */
	const char *names[NAMES_MAX]; /* for the curveName choice of PKCS#11 3.0, 6.3.3 */
};

#define OID(BYTES) \
	{ \
		BYTES, sizeof(BYTES) \
	}

static const uint8_t oid_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_p521[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 };
static const uint8_t oid_bp256[] = { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07 };
static const uint8_t oid_bp320[] = { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09 };
static const uint8_t oid_bp384[] = { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b };
static const uint8_t oid_bp512[] = { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d };
static const uint8_t oid_x25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x6e };
static const uint8_t oid_x448[] = { 0x06, 0x03, 0x2b, 0x65, 0x6f };
static const uint8_t oid_ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
static const uint8_t oid_ed448[] = { 0x06, 0x03, 0x2b, 0x65, 0x71 };

/* 1.3.6.1.4.1.11591.15.1 and 1.3.6.1.4.1.3029.1.5.1, from before RFC 8410. */
static const uint8_t oid_ed25519_old[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01 };
static const uint8_t oid_x25519_old[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01 };

/* PrintableString "curve25519" as pkcs11-tool of OpenSC writes it: its length is one too many. */
static const uint8_t x25519_opensc[] = { 0x13, 0x0b, 'c', 'u', 'r', 'v', 'e', '2', '5', '5', '1', '9' };

static const struct curve curves[] = {
	{ TOKEN_P256, TOKEN_KIND_EC, 32, "prime256v1", OID(oid_p256), { 0 }, { "secp256r1", "prime256v1", "P-256" } },
	{ TOKEN_P384, TOKEN_KIND_EC, 48, "secp384r1", OID(oid_p384), { 0 }, { "secp384r1", "P-384" } },
	{ TOKEN_P521, TOKEN_KIND_EC, 66, "secp521r1", OID(oid_p521), { 0 }, { "secp521r1", "P-521" } },
	{ TOKEN_BP256, TOKEN_KIND_EC, 32, "brainpoolP256r1", OID(oid_bp256), { 0 }, { "brainpoolP256r1" } },
	{ TOKEN_BP320, TOKEN_KIND_EC, 40, "brainpoolP320r1", OID(oid_bp320), { 0 }, { "brainpoolP320r1" } },
	{ TOKEN_BP384, TOKEN_KIND_EC, 48, "brainpoolP384r1", OID(oid_bp384), { 0 }, { "brainpoolP384r1" } },
	{ TOKEN_BP512, TOKEN_KIND_EC, 64, "brainpoolP512r1", OID(oid_bp512), { 0 }, { "brainpoolP512r1" } },
	{ TOKEN_ED25519, TOKEN_KIND_EDWARDS, 32, "ED25519", OID(oid_ed25519), OID(oid_ed25519_old),
		{ "edwards25519" } },
	{ TOKEN_ED448, TOKEN_KIND_EDWARDS, 57, "ED448", OID(oid_ed448), { 0 }, { "edwards448" } },
	{ TOKEN_X25519, TOKEN_KIND_MONTGOMERY, 32, "X25519", OID(oid_x25519), OID(oid_x25519_old), { "curve25519" } },
	{ TOKEN_X448, TOKEN_KIND_MONTGOMERY, 56, "X448", OID(oid_x448), { 0 }, { "curve448" } },
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

enum token_curve_kind
token_curve_kind(enum token_curve curve)
{
	const struct curve *found = find(curve);

	return found != NULL ? found->kind : TOKEN_KIND_NONE;
}

const char *
token_curve_group(enum token_curve curve)
{
	const struct curve *found = find(curve);

	return found != NULL ? found->group : NULL;
}

size_t
token_curve_point_size(enum token_curve curve)
{
	const struct curve *found = find(curve);

	if (found == NULL)
		return 0;
	return found->kind == TOKEN_KIND_EC ? 1 + 2 * found->size : found->size;
}

size_t
token_curve_sig_size(enum token_curve curve)
{
	const struct curve *found = find(curve);

	return found != NULL && found->kind != TOKEN_KIND_MONTGOMERY ? 2 * found->size : 0;
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

	*der = found != NULL ? found->oid.der : NULL;
	*len = found != NULL ? found->oid.len : 0;
}

static bool
has_oid(const struct curve *curve, const uint8_t *der, size_t len)
{
	return (len == curve->oid.len && memcmp(der, curve->oid.der, len) == 0) ||
		(len == curve->old_oid.len && memcmp(der, curve->old_oid.der, len) == 0);
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

	if (der != NULL && len == sizeof(x25519_opensc) && memcmp(der, x25519_opensc, len) == 0)
		return TOKEN_X25519;
	/* Every name is shorter than 128 bytes: one length byte, and nothing after the content. */
	if (der == NULL || len < 2 || der[1] >= 0x80 || (size_t)der[1] + 2 != len)
		return TOKEN_CURVE_NONE;
	for (i = 0; i < CURVES; i++) {
		if (der[0] == DER_OID && has_oid(&curves[i], der, len))
			return curves[i].curve;
		if (der[0] == DER_PRINTABLE_STRING && has_name(&curves[i], der + 2, len - 2))
			return curves[i].curve;
	}
	return TOKEN_CURVE_NONE;
}
