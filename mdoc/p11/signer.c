/*
 * mdoc/p11/signer.c: ECDSA and EdDSA by a key in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define MECHANISMS_MAX 4096

unsigned
mdoc_p11_offers(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot)
{
	CK_MECHANISM_TYPE *list = NULL;
	CK_ULONG count = 0;
	unsigned offers = 0;

	if (p11->C_GetMechanismList(slot, NULL, &count) != CKR_OK || count == 0 || count > MECHANISMS_MAX)
		return 0;
	/* One more: p11-kit-client.so of 0.24 reads it when it takes out what it does not pass. */
	list = OPENSSL_zalloc((count + 1) * sizeof(*list));
	if (list == NULL || p11->C_GetMechanismList(slot, list, &count) != CKR_OK)
		goto out;
	for (CK_ULONG i = 0; i < count; i++) {
		if (list[i] == CKM_MDOC_DEVICE_SIGN)
			offers |= MDOC_P11_DEVICE_SIGN;
		if (list[i] == CKM_MDOC_DEVICE_MAC)
			offers |= MDOC_P11_DEVICE_MAC;
	}
out:
	OPENSSL_free(list);
	return offers;
}

/* Modules that do not know the attribute need no login for it. */
static CK_RV
always_authenticate(const struct mdoc_p11_key *key, bool *always)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE attr = { CKA_ALWAYS_AUTHENTICATE, &value, sizeof(value) };
	CK_RV rv = key->p11->C_GetAttributeValue(key->session, key->private_key, &attr, 1);

	*always = rv == CKR_OK && attr.ulValueLen == sizeof(value) && value != CK_FALSE;
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ? CKR_OK : rv;
}

/* PKCS#11 2.40 ends an operation only by carrying it out, into a buffer that is large enough: without its login
 * the module refuses that, and is free for the next one. */
static void
end_operation(const struct mdoc_p11_key *key, struct mdoc_bytes data, CK_ULONG size)
{
	CK_ULONG len = size > MDOC_SIG_MAX ? size : MDOC_SIG_MAX;
	const size_t room = len;
	CK_BYTE *waste = room <= MDOCI_P11_ANSWER_MAX ? OPENSSL_malloc(room) : NULL;

	if (waste != NULL)
		(void)key->p11->C_Sign(key->session, (CK_BYTE *)data.ptr, (CK_ULONG)data.len, waste, &len);
	OPENSSL_clear_free(waste, room);
}

CK_RV
mdoci_p11_sign_init(struct mdoc_p11_key *key, const CK_MECHANISM *mechanism, struct mdoc_bytes data, CK_ULONG *size)
{
	CK_MECHANISM mech = *mechanism;
	CK_ULONG need = MDOC_SIG_MAX;
	bool always = false;
	CK_RV rv = CKR_OK;

	if (key->login != NULL)
		rv = always_authenticate(key, &always);
	if (rv == CKR_OK)
		rv = key->p11->C_SignInit(key->session, &mech, key->private_key);
	if (rv == CKR_OK && size != NULL)
		rv = key->p11->C_Sign(key->session, (CK_BYTE *)data.ptr, (CK_ULONG)data.len, NULL, &need);
	if (rv != CKR_OK)
		return rv;
	if (need == 0 || need > MDOCI_P11_ANSWER_MAX)
		rv = CKR_DATA_LEN_RANGE;
	else if (always)
		rv = key->login(key->login_arg, key->p11, key->session);
	if (rv != CKR_OK)
		end_operation(key, data, need);
	else if (size != NULL)
		*size = need;
	return rv;
}

static CK_RV
sign_by(struct mdoc_p11_key *key, const CK_MECHANISM *mechanism, struct mdoc_bytes data, CK_BYTE *sig)
{
	CK_ULONG len = MDOC_SIG_MAX;
	CK_RV rv = mdoci_p11_sign_init(key, mechanism, data, NULL);

	if (rv != CKR_OK)
		return rv;
	rv = key->p11->C_Sign(key->session, (CK_BYTE *)data.ptr, (CK_ULONG)data.len, sig, &len);
	if (rv == CKR_BUFFER_TOO_SMALL)
		end_operation(key, data, len);
	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && len != mdoc_curve_sig_size(key->curve)))
		rv = CKR_SIGNATURE_LEN_RANGE; /* another curve than the caller said */
	return rv;
}

/* Only the leftmost bits of a digest longer than the curve count; not every token cuts it by itself. */
CK_RV
mdoc_p11_sign_digest(struct mdoc_p11_key *key, enum mdoc_curve curve, struct mdoc_bytes digest,
	uint8_t sig[MDOC_SIG_MAX])
{
	const CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	const size_t size = mdoc_curve_size(curve);

	key->curve = curve;
	key->rv = CKR_MECHANISM_INVALID;
	if (mdoc_alg_hash(mdoc_curve_alg(curve)) != NULL)
		key->rv = sign_by(key, &ecdsa, mdoc_bytes_of(digest.ptr, digest.len < size ? digest.len : size), sig);
	return key->rv;
}

static CK_RV
sign_digest(struct mdoc_p11_key *key, const char *hash, struct mdoc_bytes tbs, CK_BYTE *sig)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (EVP_Q_digest(mdoc_context_libctx(key->context), hash, NULL, tbs.ptr, tbs.len, digest, &len) != 1)
		return CKR_FUNCTION_FAILED;
	return mdoc_p11_sign_digest(key, key->curve, mdoc_bytes_of(digest, len), sig);
}

/* Ed448 takes parameters and Ed25519 none; tokens differ. */
static CK_RV
sign_message(struct mdoc_p11_key *key, struct mdoc_bytes tbs, CK_BYTE *sig)
{
	CK_EDDSA_PARAMS params = { CK_FALSE, 0, NULL };
	const CK_MECHANISM forms[] = { { CKM_EDDSA, NULL, 0 }, { CKM_EDDSA, &params, sizeof(params) } };
	const size_t first = key->curve == MDOC_CURVE_ED448 ? 1 : 0;
	CK_RV rv = sign_by(key, &forms[first], tbs, sig);

	if (rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_ARGUMENTS_BAD)
		rv = sign_by(key, &forms[1 - first], tbs, sig);
	return rv;
}

static bool
sign(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	struct mdoc_p11_key *key = arg;
	const char *hash = mdoc_alg_hash(alg);

	if (!mdoc_alg_fits(alg, key->curve))
		key->rv = CKR_MECHANISM_INVALID;
	else if (hash != NULL)
		key->rv = sign_digest(key, hash, tbs, sig);
	else
		key->rv = sign_message(key, tbs, sig);
	return key->rv == CKR_OK;
}

void
mdoc_p11_signer(struct mdoc_p11_key *key, enum mdoc_curve curve, struct mdoc_signer *signer)
{
	key->curve = curve;
	signer->alg = mdoc_curve_alg(curve);
	signer->curve = curve;
	signer->sign = sign;
	signer->arg = key;
}
