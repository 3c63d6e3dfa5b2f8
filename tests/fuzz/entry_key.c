/*
 * tests/fuzz/entry_key.c: the stored bytes of keys in a TPM, and an issuer's challenge to it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_key.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/attest_cbor.h"
#include "tokens/tpm/blob.h"
#include "tokens/tpm/key.h"

static const TPM2B_DIGEST policy = { .size = 32, .buffer = "a policy, as long as a SHA-256" };

/* The base point of P-256: it is on the curve. */
static const uint8_t base[64] = { 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4,
	0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
	0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
	0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };

static const struct seal_ctx *
sealer(void)
{
	static struct seal_ctx *seal;
	static OSSL_LIB_CTX *libctx;

	if (libctx == NULL)
		libctx = OSSL_LIB_CTX_new();
	if (libctx != NULL && seal == NULL && seal_ctx_new(libctx, &seal) != TOKEN_OK)
		seal = NULL;
	return seal;
}

/* What is read is written the same. */
enum mdoc_result
entry_tpm_key(const struct mdoc_context *context, struct mdoc_bytes input)
{
	uint8_t point[TOKEN_POINT_MAX], again[TPM_BLOB_MAX];
	struct tpm_blob blob;
	size_t point_len = 0;
	enum token_result res;

	(void)context;
	if (sealer() == NULL)
		return MDOC_ERR_MEMORY;
	res = tpm_key_unpack(sealer(), TOKEN_P256, &policy, input.ptr, input.len, &blob, point, &point_len);
	FUZZ_CHECK(res == TOKEN_OK || res == TOKEN_ERR_DAMAGED || res == TOKEN_ERR_NEWER || !fuzz_plain());
	if (res != TOKEN_OK)
		return res == TOKEN_ERR_DAMAGED || res == TOKEN_ERR_NEWER ? MDOC_ERR_VALUE : MDOC_ERR_MEMORY;
	FUZZ_CHECK(point_len == token_curve_point_size(TOKEN_P256));
	fuzz_touch(mdoc_bytes_of(point, point_len));
	FUZZ_CHECK(tpm_blob_write(&blob, again) == input.len && memcmp(again, input.ptr, input.len) == 0);
	return MDOC_OK;
}

enum mdoc_result
entry_tpm_challenge(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct challenge challenge;

	(void)context;
	if (read_challenge(input.ptr, input.len, &challenge) != TOKEN_OK)
		return MDOC_ERR_VALUE;
	FUZZ_CHECK(challenge.id_len > 0 && challenge.id_len <= sizeof(challenge.id));
	fuzz_touch(mdoc_bytes_of(challenge.id, challenge.id_len));
	fuzz_touch(mdoc_bytes_of(challenge.credential.credential, challenge.credential.size));
	fuzz_touch(mdoc_bytes_of(challenge.secret.secret, challenge.secret.size));
	return MDOC_OK;
}

void
seeds_tpm_key(struct fuzz_seeds *seeds)
{
	static const enum tpm_key_origin origins[] = { TPM_KEY_MADE, TPM_KEY_IMPORTED };
	struct tpm_blob blob = { .private_area.size = 120 };
	TPMT_PUBLIC *area = &blob.public_area.publicArea;
	uint8_t bytes[TPM_BLOB_MAX];

	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		FUZZ_CHECK(tpm_key_template(TOKEN_P256, origins[i], &policy, area) == TOKEN_OK);
		area->unique.ecc.x.size = area->unique.ecc.y.size = 32;
		memcpy(area->unique.ecc.x.buffer, base, 32);
		memcpy(area->unique.ecc.y.buffer, base + 32, 32);
		fuzz_seed(seeds, mdoc_bytes_of(bytes, tpm_blob_write(&blob, bytes)));
	}
}

void
seeds_tpm_challenge(struct fuzz_seeds *seeds)
{
	static const uint8_t filler[68];
	struct cbor_writer to = { 0 };
	struct backend_bytes bytes = { NULL, 0 };

	put_map(&to, 5);
	put_bytes_at(&to, "id", filler, 16);
	put_text(&to, "ver");
	put_number(&to, 1);
	put_text_at(&to, "type", "mdoc-tpm-challenge");
	put_bytes_at(&to, "secret", filler, sizeof(filler));
	put_bytes_at(&to, "credentialBlob", filler, sizeof(filler));
	FUZZ_CHECK(put_end(&to, &bytes) == TOKEN_OK);
	fuzz_seed(seeds, mdoc_bytes_of(bytes.ptr, bytes.len));
	free(bytes.ptr);
}
