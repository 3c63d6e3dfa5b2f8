/*
 * mdoc/base/context.c: defaults, limits, and the algorithms that are looked up once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/context.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

static const size_t defaults[MDOC_LIMIT_COUNT] = {
	[MDOC_LIMIT_INPUT] = MDOC_INPUT_MAX,
	[MDOC_LIMIT_DEPTH] = MDOC_DEPTH_MAX,
	[MDOC_LIMIT_ITEMS] = MDOC_ITEMS_MAX,
	[MDOC_LIMIT_ASKED] = MDOC_ASKED_MAX,
	[MDOC_LIMIT_DOCUMENTS] = MDOC_DOCUMENTS_MAX,
	[MDOC_LIMIT_DEVICE_NAMES] = MDOC_DEVICE_NAMES_MAX,
	[MDOC_LIMIT_CERTIFICATES] = MDOC_CERTIFICATES_MAX,
	[MDOC_LIMIT_CERTIFICATE] = MDOC_CERT_MAX,
	[MDOC_LIMIT_CRL] = MDOC_CRL_MAX,
	[MDOC_LIMIT_STATUS_LIST] = MDOC_STATUS_LIST_MAX,
	[MDOC_LIMIT_TRUST_ENTRIES] = MDOC_TRUST_ENTRIES_MAX,
	[MDOC_LIMIT_CACHE] = MDOC_CACHE_MAX,
	[MDOC_LIMIT_RETRIEVALS] = MDOC_RETRIEVALS_MAX,
	[MDOC_LIMIT_IDENTIFIERS] = MDOC_IDENTIFIERS_MAX,
};

static const char *const digest_names[MDOCI_DIGESTS] = {
	[MDOC_SHA256] = "SHA256",
	[MDOC_SHA384] = "SHA384",
	[MDOC_SHA512] = "SHA512",
};

enum mdoc_result
mdoc_context_new(OSSL_LIB_CTX *libctx, struct mdoc_context **context)
{
	struct mdoc_context *made = calloc(1, sizeof(*made));

	*context = NULL;
	if (made == NULL)
		return MDOC_ERR_MEMORY;
	made->groups = calloc(1, sizeof(*made->groups));
	if (made->groups == NULL) {
		mdoc_context_free(made);
		return MDOC_ERR_MEMORY;
	}
	made->libctx = libctx;
	memcpy(made->limits, defaults, sizeof(defaults));
	for (size_t i = 0; i < MDOCI_DIGESTS; i++) {
		made->digests[i] = EVP_MD_fetch(libctx, digest_names[i], NULL);
		if (made->digests[i] == NULL) {
			mdoc_context_free(made);
			return MDOC_ERR_CRYPTO;
		}
	}
	*context = made;
	return MDOC_OK;
}

void
mdoc_context_free(struct mdoc_context *context)
{
	if (context == NULL)
		return;
	for (size_t i = 0; i < MDOCI_DIGESTS; i++)
		EVP_MD_free(context->digests[i]);
	for (size_t i = 0; i < MDOCI_CURVES && context->groups != NULL; i++)
		EVP_PKEY_free(context->groups->of[i]);
	free(context->groups);
	free(context);
}

void
mdoc_context_set_random(struct mdoc_context *context, bool (*random)(void *arg, uint8_t *out, size_t len), void *arg)
{
	context->random = random;
	context->random_arg = arg;
}

enum mdoc_result
mdoc_context_set_limit(struct mdoc_context *context, enum mdoc_limit limit, size_t value)
{
	if ((unsigned)limit >= MDOC_LIMIT_COUNT || value == 0 ||
		(limit == MDOC_LIMIT_DEPTH && value > MDOC_DEPTH_MAX) ||
		(limit == MDOC_LIMIT_INPUT && value >= UINT32_MAX))
		return MDOC_ERR_ARG;
	context->limits[limit] = value;
	return MDOC_OK;
}

size_t
mdoc_context_limit(const struct mdoc_context *context, enum mdoc_limit limit)
{
	if ((unsigned)limit >= MDOC_LIMIT_COUNT)
		return 0;
	return context != NULL ? context->limits[limit] : defaults[limit];
}

OSSL_LIB_CTX *
mdoc_context_libctx(const struct mdoc_context *context)
{
	return context != NULL ? context->libctx : NULL;
}

enum mdoc_result
mdoci_random(const struct mdoc_context *context, uint8_t *out, size_t len)
{
	if (context != NULL && context->random != NULL)
		return context->random(context->random_arg, out, len) ? MDOC_OK : MDOC_ERR_CALLBACK;
	return RAND_bytes_ex(mdoc_context_libctx(context), out, len, 0) == 1 ? MDOC_OK : MDOC_ERR_CRYPTO;
}

const char *
mdoci_digest_name(enum mdoc_digest_alg alg)
{
	return (unsigned)alg < MDOCI_DIGESTS ? digest_names[alg] : NULL;
}

enum mdoc_result
mdoc_digest(const struct mdoc_context *context, enum mdoc_digest_alg alg, struct mdoc_bytes bytes, uint8_t *digest,
	size_t *len)
{
	unsigned written = 0;

	if ((unsigned)alg >= MDOCI_DIGESTS)
		return MDOC_ERR_ALGORITHM;
	if (context != NULL) {
		if (EVP_Digest(bytes.ptr, bytes.len, digest, &written, context->digests[alg], NULL) != 1)
			return MDOC_ERR_CRYPTO;
		*len = written;
		return MDOC_OK;
	}
	return EVP_Q_digest(NULL, digest_names[alg], NULL, bytes.ptr, bytes.len, digest, len) == 1 ? MDOC_OK
												   : MDOC_ERR_CRYPTO;
}
