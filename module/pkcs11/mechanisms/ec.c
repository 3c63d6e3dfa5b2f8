/*
 * module/pkcs11/mechanisms/ec.c: public EC keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/ec.h"

#include "module/pkcs11/shell/rv.h"
#include "module/pkcs11/slots/library.h"

#define DER_OCTET_STRING 0x04
#define POINT_UNCOMPRESSED 0x04

CK_RV
ec_verify(enum token_curve curve, const CK_BYTE *point, size_t point_len, const CK_BYTE *data, size_t data_len,
	const CK_BYTE *sig, size_t sig_len)
{
	bool good = false;
	enum token_result res;

	if (sig_len == 0 || sig_len != token_curve_sig_size(curve))
		return CKR_SIGNATURE_LEN_RANGE;
	res = token_public_verify(library_libctx(), curve, point, point_len, data, data_len, sig, sig_len, &good);
	if (res == TOKEN_ERR_ARG)
		return CKR_PUBLIC_KEY_INVALID;
	if (res != TOKEN_OK)
		return rv_from_token(res);
	return good ? CKR_OK : CKR_SIGNATURE_INVALID;
}

/* The content of a DER OCTET STRING that fills `bytes`, for lengths below 256. */
static bool
octet_string(const CK_BYTE *bytes, size_t len, const CK_BYTE **content, size_t *content_len)
{
	size_t head;

	if (len < 2 || bytes[0] != DER_OCTET_STRING)
		return false;
	if (bytes[1] < 0x80) {
		head = 2;
		*content_len = bytes[1];
	} else if (bytes[1] == 0x81 && len > 2 && bytes[2] >= 0x80) {
		head = 3;
		*content_len = bytes[2];
	} else {
		return false;
	}
	*content = bytes + head;
	return *content_len == len - head;
}

bool
ec_read_point(enum token_curve curve, const CK_BYTE *bytes, size_t len, const CK_BYTE **point, size_t *point_len)
{
	const size_t want = token_curve_point_size(curve);

	if (bytes == NULL || want == 0)
		return false;
	*point = bytes;
	*point_len = len;
	if (len != want && !octet_string(bytes, len, point, point_len))
		return false;
	if (*point_len != want)
		return false;
	return token_curve_kind(curve) != TOKEN_KIND_EC || (*point)[0] == POINT_UNCOMPRESSED;
}
