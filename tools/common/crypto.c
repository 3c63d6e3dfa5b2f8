/* crypto.c: the programs' library context, and JWK thumbprints. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include "tools/common/crypto.h"
#include "tools/common/jwt.h"

const struct mdoc_crypto *
tool_crypto(void)
{
	static struct mdoc_crypto crypto;

	if (crypto.libctx == NULL) {
		crypto.libctx = OSSL_LIB_CTX_new();
		if (crypto.libctx == NULL || OSSL_PROVIDER_load(crypto.libctx, "default") == NULL)
			return NULL;
	}
	return &crypto;
}

enum mdoc_result
key_thumbprint(const struct mdoc_crypto *crypto, const struct mdoc_public_key *key, uint8_t thumbprint[THUMBPRINT_LEN])
{
	json_t *jwk = NULL;
	char *text = NULL;
	EVP_MD *sha256 = NULL;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	/* RFC 7638, 3.2: of an EC key exactly crv, kty, x, y, in this order, without blanks. */
	jwk = jwk_from_key(key);
	if (jwk == NULL)
		goto out;
	text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		goto out;
	res = MDOC_ERR_CRYPTO;
	sha256 = EVP_MD_fetch(crypto->libctx, "SHA256", NULL);
	if (sha256 == NULL || EVP_Digest(text, mdoc_text(text).len, thumbprint, NULL, sha256, NULL) != 1)
		goto out;
	res = MDOC_OK;
out:
	EVP_MD_free(sha256);
	free(text);
	json_decref(jwk);
	return res;
}
