/*
 * mdoc/p11/signer.c: raw ECDSA by a key in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define MECHANISMS_MAX 4096

bool
mdoc_p11_has_vendor(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot)
{
	CK_MECHANISM_TYPE *list = NULL;
	CK_ULONG count = 0;
	bool found = false;

	if (p11->C_GetMechanismList(slot, NULL, &count) != CKR_OK || count == 0 || count > MECHANISMS_MAX)
		return false;
	list = OPENSSL_zalloc(count * sizeof(*list));
	if (list == NULL || p11->C_GetMechanismList(slot, list, &count) != CKR_OK)
		goto out;
	for (CK_ULONG i = 0; i < count; i++)
		found = found || list[i] == MDOCI_P11_DEVICE_SIGN;
out:
	OPENSSL_free(list);
	return found;
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

/* PKCS#11 2.40 ends an operation only by carrying it out: without its login the module refuses
 * that, and is free for the next one. */
static void
end_operation(const struct mdoc_p11_key *key, struct mdoc_bytes data)
{
	CK_BYTE waste[MDOC_SIG_MAX];
	CK_ULONG len = sizeof(waste);

	(void)key->p11->C_Sign(key->session, (CK_BYTE *)data.ptr, (CK_ULONG)data.len, waste, &len);
	OPENSSL_cleanse(waste, sizeof(waste));
}

CK_RV
mdoci_p11_sign_init(struct mdoc_p11_key *key, CK_MECHANISM_TYPE mechanism, struct mdoc_bytes data, CK_ULONG *size)
{
	CK_MECHANISM mech = { mechanism, NULL, 0 };
	bool always = false;
	CK_RV rv = CKR_OK;

	if (key->login != NULL)
		rv = always_authenticate(key, &always);
	if (rv == CKR_OK)
		rv = key->p11->C_SignInit(key->session, &mech, key->private_key);
	if (rv == CKR_OK && size != NULL)
		rv = key->p11->C_Sign(key->session, (CK_BYTE *)data.ptr, (CK_ULONG)data.len, NULL, size);
	if (rv != CKR_OK || !always)
		return rv;
	rv = key->login(key->login_arg, key->p11, key->session);
	if (rv != CKR_OK)
		end_operation(key, data);
	return rv;
}

static CK_RV
sign_digest(struct mdoc_p11_key *key, struct mdoc_bytes digest, CK_BYTE *sig, CK_ULONG want)
{
	CK_ULONG len = MDOC_SIG_MAX;
	CK_RV rv = mdoci_p11_sign_init(key, CKM_ECDSA, digest, NULL);

	if (rv != CKR_OK)
		return rv;
	rv = key->p11->C_Sign(key->session, (CK_BYTE *)digest.ptr, (CK_ULONG)digest.len, sig, &len);
	if (rv == CKR_OK && len != want)
		rv = CKR_SIGNATURE_LEN_RANGE; /* another curve than the caller's algorithm */
	return rv;
}

static bool
sign(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	struct mdoc_p11_key *key = arg;
	unsigned char digest[EVP_MAX_MD_SIZE];
	const char *hash = mdoc_alg_hash(alg);
	size_t len = 0;

	key->rv = CKR_MECHANISM_INVALID;
	if (hash == NULL)
		return false;
	key->rv = CKR_FUNCTION_FAILED;
	if (EVP_Q_digest(key->libctx, hash, NULL, tbs.ptr, tbs.len, digest, &len) != 1)
		return false;
	key->rv = sign_digest(key, mdoc_bytes_of(digest, len), sig, (CK_ULONG)mdoc_curve_sig_size(key->curve));
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
