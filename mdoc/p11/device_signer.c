/*
 * mdoc/p11/device_signer.c: DeviceSigned by a key in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <openssl/crypto.h>

/* The token builds the structure and checks what it signs. */
static CK_RV
sign_by_vendor(struct mdoc_p11_key *key, const CK_MECHANISM *mechanism, struct mdoc_bytes input, struct mdoc_buf *out)
{
	CK_ULONG room = 0, len;
	CK_BYTE *answer = NULL;
	CK_RV rv = mdoci_p11_sign_init(key, mechanism, input, &room);

	if (rv != CKR_OK)
		return rv;
	answer = OPENSSL_malloc(room);
	if (answer == NULL)
		return CKR_HOST_MEMORY;
	len = room;
	rv = key->p11->C_Sign(key->session, (CK_BYTE *)input.ptr, (CK_ULONG)input.len, answer, &len);
	if (rv == CKR_OK)
		mdoc_buf_append(out, mdoc_bytes_of(answer, len));
	OPENSSL_free(answer);
	return rv == CKR_OK && out->err != MDOC_OK ? CKR_HOST_MEMORY : rv;
}

/* The structure is built here; the token sees a digest, or what EdDSA signs. */
static CK_RV
sign_here(const struct mdoc_p11_device_signer *state, struct mdoc_bytes input,
	const struct mdoc_device_authentication *parsed, struct mdoc_buf *out)
{
	struct mdoc_p11_key *key = state->key;
	struct mdoc_signer signer;

	key->rv = CKR_OK;
	mdoc_p11_signer(key, state->curve, &signer);
	if (mdoc_device_signed_put(out, input, parsed->namespaces_bytes, &signer) == MDOC_OK)
		return CKR_OK;
	return key->rv != CKR_OK ? key->rv : CKR_FUNCTION_FAILED;
}

static CK_RV
mac_here(const struct mdoc_p11_device_signer *state, struct mdoc_bytes input,
	const struct mdoc_device_authentication *parsed, struct mdoc_buf *out)
{
	struct mdoc_p11_key *key = state->key;
	const struct mdoc_public_key own = { .curve = state->curve };
	struct mdoc_agreement agreement;
	enum mdoc_result res;

	if (!mdoc_doc_type_takes_mac(parsed->doc_type))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	key->rv = CKR_OK;
	mdoc_p11_agreement(key, &own, &agreement);
	res = mdoc_device_mac_agree(key->context, out, input, parsed->namespaces_bytes, parsed->transcript, &agreement,
		state->reader);
	if (res == MDOC_OK)
		return CKR_OK;
	if (res == MDOC_ERR_KEY)
		return CKR_MECHANISM_PARAM_INVALID;
	return key->rv != CKR_OK ? key->rv : CKR_FUNCTION_FAILED;
}

static CK_RV
make(const struct mdoc_p11_device_signer *state, struct mdoc_bytes input, struct mdoc_buf *out)
{
	struct mdoc_p11_key *key = state->key;
	struct mdoc_device_authentication parsed;
	CK_MECHANISM mechanism = { CKM_MDOC_DEVICE_SIGN, NULL, 0 };

	if (state->reader == NULL && (key->offers & MDOC_P11_DEVICE_SIGN) != 0)
		return sign_by_vendor(key, &mechanism, input, out);
	if (state->reader != NULL && (key->offers & MDOC_P11_DEVICE_MAC) != 0) {
		mechanism.mechanism = CKM_MDOC_DEVICE_MAC;
		mechanism.pParameter = (void *)state->reader->point;
		mechanism.ulParameterLen = (CK_ULONG)state->reader->point_len;
		return sign_by_vendor(key, &mechanism, input, out);
	}
	if (mdoc_device_authentication_parse(key->context, input, &parsed, NULL) != MDOC_OK)
		return CKR_DATA_INVALID;
	return state->reader == NULL ? sign_here(state, input, &parsed, out) : mac_here(state, input, &parsed, out);
}

static bool
sign(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	const struct mdoc_p11_device_signer *state = arg;

	state->key->rv = make(state, device_authentication_bytes, device_signed);
	return state->key->rv == CKR_OK;
}

void
mdoc_p11_device_signer(struct mdoc_p11_device_signer *state, struct mdoc_device_signer *signer)
{
	signer->sign = sign;
	signer->arg = state;
}
