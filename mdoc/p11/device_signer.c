/*
 * mdoc/p11/device_signer.c: DeviceSigned by a key in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <openssl/crypto.h>

#define DEVICE_SIGNED_MAX ((CK_ULONG)1024 * 1024)

/* The token builds the structure and checks what it signs. */
static CK_RV
sign_by_vendor(struct mdoc_p11_key *key, struct mdoc_bytes input, struct mdoc_buf *out)
{
	CK_ULONG len = 0;
	CK_BYTE *answer = NULL;
	CK_RV rv = mdoci_p11_sign_init(key, MDOCI_P11_DEVICE_SIGN, input, &len);

	if (rv != CKR_OK)
		return rv;
	if (len == 0 || len > DEVICE_SIGNED_MAX)
		return CKR_DATA_LEN_RANGE;
	answer = OPENSSL_malloc(len);
	if (answer == NULL)
		return CKR_HOST_MEMORY;
	rv = key->p11->C_Sign(key->session, (CK_BYTE *)input.ptr, (CK_ULONG)input.len, answer, &len);
	if (rv == CKR_OK)
		mdoc_buf_append(out, mdoc_bytes_of(answer, len));
	OPENSSL_free(answer);
	return rv == CKR_OK && out->err != MDOC_OK ? CKR_HOST_MEMORY : rv;
}

/* The structure is built here; the token sees a digest. */
static CK_RV
sign_by_ecdsa(struct mdoc_p11_key *key, enum mdoc_curve curve, struct mdoc_bytes input, struct mdoc_buf *out)
{
	struct mdoc_device_authentication parsed;
	struct mdoc_signer signer;

	if (mdoc_device_authentication_parse(NULL, input, &parsed, NULL) != MDOC_OK)
		return CKR_DATA_INVALID;
	key->rv = CKR_OK;
	mdoc_p11_signer(key, curve, &signer);
	if (mdoc_device_signed_put(out, input, parsed.namespaces_bytes, &signer) == MDOC_OK)
		return CKR_OK;
	return key->rv != CKR_OK ? key->rv : CKR_FUNCTION_FAILED;
}

static bool
sign(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	struct mdoc_p11_device_signer *state = arg;
	struct mdoc_p11_key *key = state->key;

	if (key->vendor)
		key->rv = sign_by_vendor(key, device_authentication_bytes, device_signed);
	else
		key->rv = sign_by_ecdsa(key, state->curve, device_authentication_bytes, device_signed);
	return key->rv == CKR_OK;
}

void
mdoc_p11_device_signer(struct mdoc_p11_device_signer *state, struct mdoc_device_signer *signer)
{
	signer->sign = sign;
	signer->arg = state;
}
