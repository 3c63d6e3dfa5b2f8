/*
 * mdoc/p11/curve.c: curves and points in PKCS#11's attributes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <string.h>

#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_OID 0x06
#define DER_PRINTABLE_STRING 0x13
#define UNCOMPRESSED 0x04

struct curve_row {
	enum mdoc_curve curve;
	size_t len;
	uint8_t oid[12];     /* DER */
	const char *name[2]; /* what the curveName choice of PKCS#11 3.0 may say */
};

static const struct curve_row curves[] = {
	{ MDOC_CURVE_P256, 10, { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 },
		{ "secp256r1", "prime256v1" } },
	{ MDOC_CURVE_P384, 7, { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 }, { "secp384r1" } },
	{ MDOC_CURVE_P521, 7, { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 }, { "secp521r1" } },
	{ MDOC_CURVE_BP256, 11, { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07 },
		{ "brainpoolP256r1" } },
	{ MDOC_CURVE_BP320, 11, { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09 },
		{ "brainpoolP320r1" } },
	{ MDOC_CURVE_BP384, 11, { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b },
		{ "brainpoolP384r1" } },
	{ MDOC_CURVE_BP512, 11, { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d },
		{ "brainpoolP512r1" } },
	{ MDOC_CURVE_ED25519, 5, { 0x06, 0x03, 0x2b, 0x65, 0x70 }, { "edwards25519" } },
	{ MDOC_CURVE_ED448, 5, { 0x06, 0x03, 0x2b, 0x65, 0x71 }, { "edwards448" } },
	{ MDOC_CURVE_X25519, 5, { 0x06, 0x03, 0x2b, 0x65, 0x6e }, { "curve25519" } },
	{ MDOC_CURVE_X448, 5, { 0x06, 0x03, 0x2b, 0x65, 0x6f }, { "curve448" } },
	/* From before RFC 8410. */
	{ MDOC_CURVE_ED25519, 11, { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01 }, { NULL } },
	{ MDOC_CURVE_X25519, 12, { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01 }, { NULL } },
};

static bool
row_is(const struct curve_row *row, struct mdoc_bytes params)
{
	const struct mdoc_bytes text = mdoc_bytes_of(params.ptr + 2, params.len - 2);

	if (params.ptr[0] == DER_OID)
		return mdoc_bytes_equal(params, mdoc_bytes_of(row->oid, row->len));
	for (size_t i = 0; i < 2 && row->name[i] != NULL; i++)
		if (mdoc_bytes_is_text(text, row->name[i]))
			return true;
	return false;
}

enum mdoc_curve
mdoci_p11_curve(struct mdoc_bytes params)
{
	if (params.len < 2 || params.ptr[1] != params.len - 2 ||
		(params.ptr[0] != DER_OID && params.ptr[0] != DER_PRINTABLE_STRING))
		return MDOC_CURVE_NONE;
	for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		if (row_is(&curves[i], params))
			return curves[i].curve;
	return MDOC_CURVE_NONE;
}

struct mdoc_bytes
mdoc_p11_curve_params(enum mdoc_curve curve)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		if (curves[i].curve == curve)
			return mdoc_bytes_of(curves[i].oid, curves[i].len);
	return MDOC_NO_BYTES;
}

static bool
is_okp(enum mdoc_curve curve)
{
	return curve == MDOC_CURVE_ED25519 || curve == MDOC_CURVE_ED448 || curve == MDOC_CURVE_X25519 ||
		curve == MDOC_CURVE_X448;
}

/* The length tells what is DER: a DER OCTET STRING and an uncompressed point begin with the same byte. The BIT STRING
 * is what drafts of PKCS#11 3.0 had for Edwards and Montgomery keys. */
CK_RV
mdoci_p11_point(struct mdoc_bytes value, enum mdoc_curve curve, struct mdoc_public_key *key)
{
	const size_t want = is_okp(curve) ? mdoc_curve_size(curve) : 1 + 2 * mdoc_curve_size(curve);
	const size_t head = want < 0x80 ? 2 : 3;

	if (value.len == want + head && value.ptr[0] == DER_OCTET_STRING && value.ptr[head - 1] == want &&
		(head == 2 || value.ptr[1] == 0x81))
		value = mdoc_bytes_of(value.ptr + head, want);
	else if (value.len == want + 3 && is_okp(curve) && value.ptr[0] == DER_BIT_STRING && value.ptr[1] == want + 1 &&
		value.ptr[2] == 0)
		value = mdoc_bytes_of(value.ptr + 3, want);
	if (value.len != want || (!is_okp(curve) && value.ptr[0] != UNCOMPRESSED))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memset(key, 0, sizeof(*key));
	key->curve = curve;
	key->point_len = want;
	memcpy(key->point, value.ptr, want);
	return CKR_OK;
}
