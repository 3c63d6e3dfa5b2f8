/*
 * tests/unit/soft.c: keys in software, files and dates for tests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/soft.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int64_t soft_2026 = 1767225600;

static bool
sign(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	struct soft_key *key = arg;
	const int half = (int)mdoc_alg_sig_size(alg) / 2;
	unsigned char der[160];
	const unsigned char *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *pair = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = false;

	if (ctx == NULL || EVP_DigestSignInit_ex(ctx, NULL, mdoc_alg_hash(alg), NULL, NULL, key->pkey, NULL) != 1 ||
		EVP_DigestSign(ctx, der, &len, tbs.ptr, tbs.len) != 1)
		goto out;
	pair = d2i_ECDSA_SIG(NULL, &p, (long)len);
	ok = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, half) == half &&
		BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + half, half) == half;
out:
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
soft_key_make(struct soft_key *key, const char *group)
{
	memset(key, 0, sizeof(*key));
	key->pkey = EVP_EC_gen(group);
	if (key->pkey == NULL || mdoc_key_from_evp(key->pkey, &key->pub) != MDOC_OK)
		return false;
	key->signer.alg = mdoc_curve_alg(key->pub.curve);
	key->signer.sign = sign;
	key->signer.arg = key;
	return true;
}

void
soft_key_clear(struct soft_key *key)
{
	EVP_PKEY_free(key->pkey);
	memset(key, 0, sizeof(*key));
}

bool
soft_vector(const char *name, struct mdoc_buf *out)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	uint8_t block[4096];
	FILE *file = NULL;
	size_t got;

	snprintf(path, sizeof(path), "%s/tests/vectors/%s", srcdir != NULL ? srcdir : ".", name);
	file = fopen(path, "rb");
	if (file == NULL) {
		printf("cannot read %s\n", path);
		return false;
	}
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		mdoc_buf_append(out, mdoc_bytes_of(block, got));
	fclose(file);
	return out->err == MDOC_OK && out->len > 0;
}

enum mdoc_result
soft_certificate(enum mdoc_cert_profile profile, const char *name, struct soft_key *key, const struct mdoc_buf *issuer,
	struct soft_key *issuer_key, struct mdoc_buf *out, struct mdoc_error *error)
{
	const struct mdoc_cert_spec spec = {
		.profile = profile,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text(name),
		.issuer_cert = issuer != NULL ? mdoc_buf_bytes(issuer) : MDOC_NO_BYTES,
		.key = key->pub,
		.not_before = soft_2026,
		.not_after = soft_2026 + 365 * SOFT_DAY,
		.issuer_alt_uri = "https://issuer.example/",
		.crl_uri = "https://issuer.example/crl",
		.signer = issuer_key != NULL ? &issuer_key->signer : &key->signer,
	};

	return mdoc_cert_build(NULL, &spec, out, error);
}
