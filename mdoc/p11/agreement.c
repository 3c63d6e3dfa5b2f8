/*
 * mdoc/p11/agreement.c: ECDH, X25519 and X448 by a key in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define DER_OCTET_STRING 0x04
#define DER_HEAD_MAX 3

/* The secret as a session object that can be read. */
static CK_RV
derive_object(const struct mdoc_p11_key *key, struct mdoc_bytes peer, CK_ULONG size, CK_OBJECT_HANDLE *secret)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, (CK_ULONG)peer.len, (CK_BYTE *)peer.ptr };
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &size, sizeof(size) },
	};

	return key->p11->C_DeriveKey(key->session, &mechanism, key->private_key, template,
		sizeof(template) / sizeof(*template), secret);
}

/* Bare, as every token since PKCS#11 2.40 takes it; in DER for those from before. */
static CK_RV
derive_either(const struct mdoc_p11_key *key, const struct mdoc_public_key *peer, CK_OBJECT_HANDLE *secret)
{
	const CK_ULONG size = (CK_ULONG)mdoc_curve_size(peer->curve);
	uint8_t der[DER_HEAD_MAX + MDOC_POINT_MAX];
	size_t head = 0;
	CK_RV rv = derive_object(key, mdoc_bytes_of(peer->point, peer->point_len), size, secret);

	if (rv != CKR_MECHANISM_PARAM_INVALID && rv != CKR_ARGUMENTS_BAD && rv != CKR_PUBLIC_KEY_INVALID)
		return rv;
	der[head++] = DER_OCTET_STRING;
	if (peer->point_len >= 0x80)
		der[head++] = 0x81;
	der[head++] = (uint8_t)peer->point_len;
	memcpy(der + head, peer->point, peer->point_len);
	return derive_object(key, mdoc_bytes_of(der, head + peer->point_len), size, secret);
}

static CK_RV
read_secret(const struct mdoc_p11_key *key, CK_OBJECT_HANDLE secret, uint8_t *shared, size_t size)
{
	CK_ATTRIBUTE attr = { CKA_VALUE, shared, MDOC_SHARED_MAX };
	const CK_RV rv = key->p11->C_GetAttributeValue(key->session, secret, &attr, 1);

	if (rv == CKR_OK && attr.ulValueLen == CK_UNAVAILABLE_INFORMATION)
		return CKR_ATTRIBUTE_SENSITIVE;
	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && attr.ulValueLen != size))
		return CKR_KEY_SIZE_RANGE;
	return rv;
}

static bool
derive(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	struct mdoc_p11_key *key = arg;
	CK_OBJECT_HANDLE secret = CK_INVALID_HANDLE;

	*len = mdoc_curve_size(peer->curve);
	key->rv = derive_either(key, peer, &secret);
	if (key->rv != CKR_OK)
		return false;
	key->rv = read_secret(key, secret, shared, *len);
	(void)key->p11->C_DestroyObject(key->session, secret);
	if (key->rv != CKR_OK)
		OPENSSL_cleanse(shared, MDOC_SHARED_MAX);
	return key->rv == CKR_OK;
}

void
mdoc_p11_agreement(struct mdoc_p11_key *key, const struct mdoc_public_key *own, struct mdoc_agreement *agreement)
{
	key->curve = own->curve;
	agreement->key = *own;
	agreement->derive = derive;
	agreement->arg = key;
}
