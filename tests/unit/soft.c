/*
 * tests/unit/soft.c: keys in software, files and dates for tests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/soft.h"

#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int64_t soft_2026 = 1767225600;

bool
soft_key_make(struct soft_key *key, const char *group)
{
	memset(key, 0, sizeof(*key));
	key->pkey = group[0] == 'X' || group[0] == 'E' ? EVP_PKEY_Q_keygen(NULL, NULL, group) : EVP_EC_gen(group);
	if (key->pkey == NULL || mdoc_key_from_evp(key->pkey, &key->pub) != MDOC_OK)
		return false;
	if (mdoc_curve_sig_size(key->pub.curve) != 0 && mdoc_signer_from_evp(NULL, key->pkey, &key->signer) != MDOC_OK)
		return false;
	return !mdoc_curve_agrees(key->pub.curve) ||
		mdoc_agreement_from_evp(NULL, key->pkey, &key->agreement) == MDOC_OK;
}

void
soft_key_clear(struct soft_key *key)
{
	mdoc_signer_clear(&key->signer);
	mdoc_agreement_clear(&key->agreement);
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
