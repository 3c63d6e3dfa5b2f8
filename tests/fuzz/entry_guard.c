/*
 * tests/fuzz/entry_guard.c: a guard's data and the wraps of PIN rows.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_guard.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/guard_priv.h"

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

static enum mdoc_result
of_token(enum token_result res)
{
	FUZZ_CHECK(res == TOKEN_OK || res == TOKEN_ERR_DAMAGED || res == TOKEN_ERR_NEWER || !fuzz_plain());
	if (res == TOKEN_OK)
		return MDOC_OK;
	return res == TOKEN_ERR_MEMORY || res == TOKEN_ERR_CRYPTO ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

static enum token_result
derive(struct tpm_guard *guard)
{
	enum token_result res;

	res = guard_derive(sealer(), guard);
	return res != TOKEN_OK ? res : guard_derive_key(sealer(), guard);
}

/* What is read is written the same, whether or not it fits together. */
enum mdoc_result
entry_tpm_guard(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct tpm_guard *guard = sealer() != NULL ? calloc(1, sizeof(*guard)) : NULL;
	struct backend_bytes again = { NULL, 0 };
	enum token_result res = TOKEN_ERR_MEMORY;

	(void)context;
	if (guard == NULL)
		return MDOC_ERR_MEMORY;
	res = guard_data_decode(input.ptr, input.len, &guard->data);
	if (res != TOKEN_OK)
		goto out;
	if (guard_data_encode(&guard->data, &again) == TOKEN_OK)
		FUZZ_CHECK(again.len == input.len && memcmp(again.ptr, input.ptr, input.len) == 0);
	else
		FUZZ_CHECK(!fuzz_plain());
	res = derive(guard);
	if (res == TOKEN_OK)
		fuzz_touch(mdoc_bytes_of(tpm_guard_policy(guard)->buffer, tpm_guard_policy(guard)->size));
out:
	free(again.ptr);
	free(guard);
	return of_token(res);
}

enum mdoc_result
entry_tpm_wrap(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct wire_bytes sealed = { 0 };
	TPM2B_PRIVATE area = { 0 };
	enum token_result res;

	(void)context;
	res = guard_wrap_decode(input.ptr, input.len, &area, &sealed);
	if (res == TOKEN_OK) {
		fuzz_touch(mdoc_bytes_of(sealed.bytes, sealed.len));
		fuzz_touch(mdoc_bytes_of(area.buffer, area.size));
	}
	return of_token(res);
}

static void
data_object(const TPM2B_DIGEST *policy, struct tpm_blob *blob)
{
	TPMT_PUBLIC *area = &blob->public_area.publicArea;

	memset(blob, 0, sizeof(*blob));
	area->type = TPM2_ALG_KEYEDHASH;
	area->nameAlg = TPM2_ALG_SHA256;
	area->authPolicy = *policy;
	area->parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
	area->unique.keyedHash.size = 32;
	blob->private_area.size = 120;
}

void
seeds_tpm_guard(struct fuzz_seeds *seeds)
{
	struct tpm_guard *guard = calloc(1, sizeof(*guard));
	struct backend_bytes bytes = { NULL, 0 };
	const TPM2B_DIGEST none = { .size = 0 };
	struct tpm_blob blob;

	FUZZ_CHECK(guard != NULL && sealer() != NULL);
	guard->data = (struct guard_data){ .kind = GUARD_INDEX,
		.limit = 5,
		.counter = 0x01800001,
		.counter_base = 7,
		.pin_index = 0x01800002,
		.authenticator_index = 0x01800003,
		.srk.len = 34,
		.authoriser.len = 64,
		.approval.len = 64 };
	data_object(&none, &blob);
	FUZZ_CHECK(guard_put_public(&blob.public_area, &guard->data.so));
	FUZZ_CHECK(guard_derive(sealer(), guard) == TOKEN_OK);
	data_object(tpm_guard_policy(guard), &blob);
	FUZZ_CHECK(guard_put_blob(&blob, &guard->data.key) && derive(guard) == TOKEN_OK);
	FUZZ_CHECK(guard_data_encode(&guard->data, &bytes) == TOKEN_OK);
	fuzz_seed(seeds, mdoc_bytes_of(bytes.ptr, bytes.len));
	free(bytes.ptr);
	free(guard);
}

void
seeds_tpm_wrap(struct fuzz_seeds *seeds)
{
	const TPM2B_PRIVATE area = { .size = 120 };
	const struct wire_bytes sealed = { .len = 61 };
	struct backend_bytes bytes = { NULL, 0 };

	FUZZ_CHECK(guard_wrap_encode(&area, &sealed, &bytes) == TOKEN_OK);
	fuzz_seed(seeds, mdoc_bytes_of(bytes.ptr, bytes.len));
	free(bytes.ptr);
}
