/* chain.c: certificates of TPMs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "tools/issuer/chain.h"

X509 *
chain_decode(const struct mdoc_context *context, struct mdoc_bytes der)
{
	const unsigned char *at = der.ptr;
	X509 *certificate = NULL;

	if (der.ptr == NULL || der.len > MDOC_CERT_MAX)
		return NULL;
	certificate = X509_new_ex(mdoc_context_libctx(context), NULL);
	/* When it fails it frees the certificate and clears the pointer. */
	if (certificate != NULL && d2i_X509(&certificate, &at, (long)der.len) != NULL && at != der.ptr + der.len) {
		X509_free(certificate);
		certificate = NULL;
	}
	return certificate;
}

static bool
has_purpose(X509 *certificate, const char *purpose)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
	ASN1_OBJECT *wanted = OBJ_txt2obj(purpose, 1);
	bool found = false;

	for (int i = 0; usages != NULL && wanted != NULL && i < sk_ASN1_OBJECT_num(usages); i++)
		found = found || OBJ_cmp(sk_ASN1_OBJECT_value(usages, i), wanted) == 0;
	ASN1_OBJECT_free(wanted);
	EXTENDED_KEY_USAGE_free(usages);
	return found && X509_check_ca(certificate) == 0;
}

static X509_STORE *
anchors_store(const struct mdoc_context *context, const struct chain_rules *rules)
{
	X509_STORE *store = X509_STORE_new();
	bool good = store != NULL;

	for (size_t i = 0; good && i < rules->count; i++) {
		X509 *anchor = chain_decode(context, rules->anchors[i]);

		good = anchor != NULL && X509_STORE_add_cert(store, anchor) == 1;
		X509_free(anchor);
	}
	if (!good) {
		X509_STORE_free(store);
		store = NULL;
	}
	return store;
}

static enum chain_result
result_of(int error)
{
	switch (error) {
	case X509_V_OK:
		return CHAIN_OK;
	case X509_V_ERR_OUT_OF_MEM:
		return CHAIN_MEMORY;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return CHAIN_VALIDITY;
	default:
		return CHAIN_UNTRUSTED;
	}
}

static enum chain_result
follow(const struct mdoc_context *context, X509 *certificate, const struct chain_rules *rules)
{
	X509_STORE *store = anchors_store(context, rules);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(mdoc_context_libctx(context), NULL);
	enum chain_result res = CHAIN_MEMORY;

	if (store == NULL || ctx == NULL || X509_STORE_CTX_init(ctx, store, certificate, NULL) != 1)
		goto out;
	/* No purpose of OpenSSL's own: what the certificate is for has been looked at. */
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)rules->now);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
	res = X509_verify_cert(ctx) == 1 ? CHAIN_OK : result_of(X509_STORE_CTX_get_error(ctx));
	if (res == CHAIN_OK && X509_STORE_CTX_get_error(ctx) != X509_V_OK)
		res = CHAIN_UNTRUSTED;
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return res;
}

enum chain_result
chain_check(const struct mdoc_context *context, struct mdoc_bytes der, const struct chain_rules *rules,
	X509 **certificate)
{
	enum chain_result res = CHAIN_MALFORMED;

	ERR_set_mark();
	*certificate = chain_decode(context, der);
	if (*certificate != NULL)
		res = has_purpose(*certificate, rules->purpose) ? follow(context, *certificate, rules) : CHAIN_PURPOSE;
	if (res != CHAIN_OK) {
		X509_free(*certificate);
		*certificate = NULL;
	}
	ERR_pop_to_mark();
	return res;
}
