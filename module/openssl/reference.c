/*
 * reference.c: PEM files that refer to a token's private key by its URI, for programs that read keys from
 * PEM files only. The form is that of pkcs11-provider.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <openssl/asn1t.h>
#include <openssl/bio.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define LABEL "PKCS#11 PROVIDER URI"
#define DESCRIPTION "PKCS#11 Provider URI v1.0"
#define STRUCTURE "pk11-uri"
#define FILE_MAX 16384 /* bytes of DER that are looked at */

typedef struct {
	ASN1_VISIBLESTRING *description;
	ASN1_UTF8STRING *uri;
} REFERENCE;

ASN1_SEQUENCE(REFERENCE) = {
	ASN1_SIMPLE(REFERENCE, description, ASN1_VISIBLESTRING),
	ASN1_SIMPLE(REFERENCE, uri, ASN1_UTF8STRING),
} static_ASN1_SEQUENCE_END(REFERENCE)

/* The key's URI, without a PIN that is in it. free(). */
static char *
uri_of(const struct key *key)
{
	P11KitUri *copy = p11_kit_uri_new();
	char *text = NULL;

	if (copy != NULL && p11_kit_uri_format(key->uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) == P11_KIT_URI_OK &&
		p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, copy) == P11_KIT_URI_OK) {
		OPENSSL_cleanse(text, strlen(text));
		free(text);
		text = NULL;
		p11_kit_uri_set_pin_value(copy, NULL);
		(void)p11_kit_uri_format(copy, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text);
	}
	uri_free(copy);
	return text;
}

static int
encode(void *ctx, OSSL_CORE_BIO *core_out, const void *object, const OSSL_PARAM abstract[], UNUSED int selection,
	UNUSED OSSL_PASSPHRASE_CALLBACK *ask, UNUSED void *ask_arg)
{
	const struct provider *provider = ctx;
	const struct key *key = object;
	REFERENCE *reference = (REFERENCE *)ASN1_item_new(ASN1_ITEM_rptr(REFERENCE));
	BIO *out = BIO_new_from_core_bio(provider->libctx, core_out);
	char *uri = abstract == NULL && key->uri != NULL ? uri_of(key) : NULL;
	unsigned char *der = NULL;
	int len = 0;
	bool ok;

	if (reference != NULL && uri != NULL && ASN1_STRING_set(reference->description, DESCRIPTION, -1) &&
		ASN1_STRING_set(reference->uri, uri, -1))
		len = ASN1_item_i2d((ASN1_VALUE *)reference, &der, ASN1_ITEM_rptr(REFERENCE));
	ok = len > 0 && out != NULL && PEM_write_bio(out, LABEL, "", der, len) > 0;
	ASN1_item_free((ASN1_VALUE *)reference, ASN1_ITEM_rptr(REFERENCE));
	OPENSSL_free(der);
	free(uri);
	BIO_free(out);
	return ok;
}

/* The URI in a reference; NULL: it is something else. OPENSSL_free(). */
static char *
read_reference(const unsigned char *der, long len)
{
	REFERENCE *reference = NULL;
	char *uri = NULL;

	ERR_set_mark();
	reference = (REFERENCE *)ASN1_item_d2i(NULL, &der, len, ASN1_ITEM_rptr(REFERENCE));
	if (reference != NULL && ASN1_STRING_length(reference->description) == (int)strlen(DESCRIPTION) &&
		memcmp(ASN1_STRING_get0_data(reference->description), DESCRIPTION, strlen(DESCRIPTION)) == 0)
		uri = OPENSSL_strndup((const char *)reference->uri->data, (size_t)reference->uri->length);
	if (reference != NULL) /* there may be a PIN in it */
		OPENSSL_cleanse(reference->uri->data, (size_t)reference->uri->length);
	ERR_pop_to_mark();
	ASN1_item_free((ASN1_VALUE *)reference, ASN1_ITEM_rptr(REFERENCE));
	return uri;
}

/* Every type of key comes out of this one decoder, EC by name: several would each try the PIN. */
static int
decode(void *ctx, OSSL_CORE_BIO *core_in, UNUSED int selection, OSSL_CALLBACK *take, void *take_arg,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	struct provider *provider = ctx;
	BIO *in = BIO_new_from_core_bio(provider->libctx, core_in);
	unsigned char *der = OPENSSL_malloc(FILE_MAX);
	char *uri = NULL;
	int len = 0, n = 1, ok = 1; /* something else is no error: others may know it */

	while (in != NULL && der != NULL && len < FILE_MAX && (n = BIO_read(in, der + len, FILE_MAX - len)) > 0)
		len += n;
	if (len > 0)
		uri = read_reference(der, len);
	if (uri != NULL)
		ok = store_load_key(provider, uri, take, take_arg, ask, ask_arg);
	OPENSSL_clear_free(uri, uri != NULL ? strlen(uri) : 0);
	OPENSSL_clear_free(der, (size_t)len);
	BIO_free(in);
	return ok;
}

/* From PEM to the DER that decode() knows by its structure. */
static int
decode_pem(void *ctx, OSSL_CORE_BIO *core_in, UNUSED int selection, OSSL_CALLBACK *take, void *take_arg,
	UNUSED OSSL_PASSPHRASE_CALLBACK *ask, UNUSED void *ask_arg)
{
	const struct provider *provider = ctx;
	BIO *in = BIO_new_from_core_bio(provider->libctx, core_in);
	char *label = NULL, *header = NULL;
	unsigned char *der = NULL;
	long len = 0;
	int ok = 1; /* something else is no error: others may know it */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, (char *)STRUCTURE, 0),
		OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end(),
	};

	ERR_set_mark();
	if (in != NULL && PEM_read_bio(in, &label, &header, &der, &len) > 0 && strcmp(label, LABEL) == 0) {
		params[1] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, (size_t)len);
		ERR_clear_last_mark();
		ok = take(params, take_arg);
	} else {
		ERR_pop_to_mark();
	}
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, (size_t)len); /* of anybody's private key */
	BIO_free(in);
	return ok;
}

static void *
same_ctx(void *provctx)
{
	return provctx;
}

static void
no_ctx(UNUSED void *ctx)
{
}

static int
private_only(UNUSED void *provctx, int selection)
{
	return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static const OSSL_DISPATCH encoder[] = {
	ENTRY(OSSL_FUNC_ENCODER_NEWCTX, same_ctx),
	ENTRY(OSSL_FUNC_ENCODER_FREECTX, no_ctx),
	ENTRY(OSSL_FUNC_ENCODER_DOES_SELECTION, private_only),
	ENTRY(OSSL_FUNC_ENCODER_ENCODE, encode),
	{ 0, NULL },
};

static const OSSL_DISPATCH decoder[] = {
	ENTRY(OSSL_FUNC_DECODER_NEWCTX, same_ctx),
	ENTRY(OSSL_FUNC_DECODER_FREECTX, no_ctx),
	ENTRY(OSSL_FUNC_DECODER_DOES_SELECTION, private_only),
	ENTRY(OSSL_FUNC_DECODER_DECODE, decode),
	{ 0, NULL },
};

static const OSSL_DISPATCH pem_decoder[] = {
	ENTRY(OSSL_FUNC_DECODER_NEWCTX, same_ctx),
	ENTRY(OSSL_FUNC_DECODER_FREECTX, no_ctx),
	ENTRY(OSSL_FUNC_DECODER_DECODE, decode_pem),
	{ 0, NULL },
};

#define ENCODER PROPERTIES ",output=pem,structure=PrivateKeyInfo", encoder, "references to keys in tokens"
const OSSL_ALGORITHM provider_encoders[] = {
	{ "EC", ENCODER },
	{ "ED25519", ENCODER },
	{ "ED448", ENCODER },
	{ "X25519", ENCODER },
	{ "X448", ENCODER },
	{ NULL, NULL, NULL, NULL },
};

const OSSL_ALGORITHM provider_decoders[] = {
	{ "DER", PROPERTIES ",input=pem", pem_decoder, "references to keys in tokens" },
	{ "EC", PROPERTIES ",input=der,structure=" STRUCTURE, decoder, "references to keys in tokens" },
	{ NULL, NULL, NULL, NULL },
};
