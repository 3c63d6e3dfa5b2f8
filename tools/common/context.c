/* context.c: the programs' library context, and JWK thumbprints. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/jwt.h"

const struct mdoc_context *
tool_context(void)
{
	static struct mdoc_context *context;
	OSSL_LIB_CTX *libctx = NULL;

	if (context != NULL)
		return context;
	libctx = OSSL_LIB_CTX_new();
	if (libctx == NULL || OSSL_PROVIDER_load(libctx, "default") == NULL ||
		mdoc_context_new(libctx, &context) != MDOC_OK) {
		OSSL_LIB_CTX_free(libctx);
		return NULL;
	}
	return context;
}

enum mdoc_result
key_make_ephemeral(const struct mdoc_context *context, enum mdoc_curve curve, struct mdoc_agreement *key)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(context);
	const char *name = mdoc_curve_name(curve);
	const bool raw = curve == MDOC_CURVE_X25519 || curve == MDOC_CURVE_X448;
	EVP_PKEY *pkey;
	enum mdoc_result res;

	if (!mdoc_curve_agrees(curve))
		return MDOC_ERR_KEY;
	pkey = raw ? EVP_PKEY_Q_keygen(libctx, NULL, name) : EVP_PKEY_Q_keygen(libctx, NULL, "EC", name);
	res = pkey != NULL ? mdoc_agreement_from_evp(context, pkey, key) : MDOC_ERR_CRYPTO;
	EVP_PKEY_free(pkey);
	return res;
}

enum mdoc_result
key_thumbprint(const struct mdoc_context *context, const struct mdoc_public_key *key,
	uint8_t thumbprint[THUMBPRINT_LEN])
{
	json_t *jwk = NULL;
	char *text = NULL;
	uint8_t digest[MDOC_DIGEST_MAX];
	size_t len = 0;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	/* RFC 7638, 3.2 and RFC 8037, 2: exactly crv, kty, x and, of an EC key, y, in this order, without blanks. */
	jwk = jwk_from_key(key);
	if (jwk == NULL)
		goto out;
	text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		goto out;
	res = mdoc_digest(context, MDOC_SHA256, mdoc_text(text), digest, &len);
	if (res == MDOC_OK)
		memcpy(thumbprint, digest, THUMBPRINT_LEN);
out:
	free(text);
	json_decref(jwk);
	return res;
}
