/* key.c: the reader's own key, in a file or in a PKCS#11 token. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/reader/reader.h"

/*
 * While a JWK with a private key is in jansson's hands its blocks are wiped when they are freed.
 * Each block is preceded by its size.
 */
#define BLOCK_HEAD 16

static void *
wiping_malloc(size_t len)
{
	uint8_t *block = len > SIZE_MAX - BLOCK_HEAD ? NULL : malloc(len + BLOCK_HEAD);

	if (block == NULL)
		return NULL;
	memcpy(block, &len, sizeof(len));
	return block + BLOCK_HEAD;
}

static void
wiping_free(void *ptr)
{
	size_t len;

	if (ptr == NULL)
		return;
	memcpy(&len, (uint8_t *)ptr - BLOCK_HEAD, sizeof(len));
	OPENSSL_cleanse(ptr, len);
	free((uint8_t *)ptr - BLOCK_HEAD);
}

/* Ed25519, X25519 and the like; NULL: the private part has another public one. */
static EVP_PKEY *
join_raw_key(const struct mdoc_public_key *key, struct mdoc_bytes scalar)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());
	EVP_PKEY *pkey =
		EVP_PKEY_new_raw_private_key_ex(libctx, mdoc_curve_name(key->curve), NULL, scalar.ptr, scalar.len);
	struct mdoc_public_key made;

	if (pkey != NULL && mdoc_key_from_evp(pkey, &made) == MDOC_OK && mdoc_key_equal(&made, key))
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

/* Public and private part as one EVP_PKEY; NULL: they do not fit together, or memory. */
static EVP_PKEY *
join_key(const struct mdoc_public_key *key, struct mdoc_bytes scalar)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", NULL), *check = NULL;
	BIGNUM *number = BN_secure_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (builder == NULL || ctx == NULL || number == NULL || BN_bin2bn(scalar.ptr, (int)scalar.len, number) == NULL)
		goto out;
	if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, mdoc_curve_name(key->curve), 0) != 1 ||
		OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, key->point, key->point_len) != 1 ||
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) != 1)
		goto out;
	params = OSSL_PARAM_BLD_to_param(builder);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		goto out;
	check = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
	if (check == NULL || EVP_PKEY_pairwise_check(check) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_clear_free(number);
	EVP_PKEY_CTX_free(check);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
key_from_jwk(struct mdoc_bytes text)
{
	struct mdoc_buf scalar = MDOC_BUF_EMPTY;
	struct mdoc_public_key key;
	json_malloc_t old_malloc;
	json_free_t old_free;
	EVP_PKEY *pkey = NULL;
	const char *d;
	json_t *jwk;

	json_get_alloc_funcs(&old_malloc, &old_free);
	json_set_alloc_funcs(wiping_malloc, wiping_free);
	jwk = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	d = json_string_value(json_object_get(jwk, "d"));
	if (d != NULL && mdoc_base64url_decode(mdoc_text(d), &scalar) == MDOC_OK && json_object_del(jwk, "d") == 0 &&
		jwk_to_key(tool_context(), jwk, &key) == MDOC_OK && scalar.len == mdoc_curve_size(key.curve))
		pkey = key.point_len == scalar.len ? join_raw_key(&key, mdoc_buf_bytes(&scalar))
						   : join_key(&key, mdoc_buf_bytes(&scalar));
	json_decref(jwk);
	json_set_alloc_funcs(old_malloc, old_free);
	mdoc_buf_clear(&scalar);
	return pkey;
}

/* A password would have to be asked for: such keys are not for this program. */
static int
no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *
key_from_pem(struct mdoc_bytes text)
{
	BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	EVP_PKEY *pkey;

	if (bio == NULL)
		return NULL;
	pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, no_password, NULL, mdoc_context_libctx(tool_context()), NULL);
	BIO_free(bio);
	return pkey;
}

static enum exit_status
read_file(const char *path, EVP_PKEY **pkey)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	struct mdoc_public_key key;
	enum exit_status status;
	const char *text;

	status = file_read(path, FILE_SMALL_MAX, &content);
	if (status != EXIT_STATUS_OK)
		goto out;
	text = (const char *)content.ptr;
	*pkey = text[strspn(text, " \t\r\n")] == '{' ? key_from_jwk(mdoc_buf_bytes(&content))
						     : key_from_pem(mdoc_buf_bytes(&content));
	if (*pkey != NULL && mdoc_key_from_evp(*pkey, &key) == MDOC_OK)
		goto out;
	EVP_PKEY_free(*pkey);
	*pkey = NULL;
	tool_error(_("%s holds no private key that can be used"), path);
	tool_why("%s",
		_("It should be a key on a NIST or brainpool curve, or Ed25519, Ed448, X25519 or X448: a PEM file "
		  "without "
		  "a password, or a JWK."));
	status = EXIT_STATUS_INPUT;
out:
	mdoc_buf_clear(&content);
	return status;
}

/* What the key can do; the members that stay zeroed it cannot. */
static enum exit_status
prepare(struct reader_key *key)
{
	enum mdoc_result res = MDOC_OK;
	const bool signs = mdoc_curve_sig_size(key->public_key.curve) > 0;
	const bool agrees = mdoc_curve_agrees(key->public_key.curve);

	if (key->pkey == NULL && signs)
		mdoc_p11_signer(&key->token.key, key->public_key.curve, &key->signer);
	if (key->pkey == NULL && agrees)
		mdoc_p11_agreement(&key->token.key, &key->public_key, &key->agreement);
	if (key->pkey != NULL && signs)
		res = mdoc_signer_from_evp(tool_context(), key->pkey, &key->signer);
	if (key->pkey != NULL && res == MDOC_OK && agrees)
		res = mdoc_agreement_from_evp(tool_context(), key->pkey, &key->agreement);
	return res == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
}

enum exit_status
key_open(const struct key_source *source, struct reader_key *key)
{
	enum exit_status status;

	memset(key, 0, sizeof(*key));
	key->name = source->name;
	if (token_key_is_uri(source->name)) {
		status = token_key_open(source->name, source->module, &source->pin, &key->token);
		key->public_key = key->token.public_key;
	} else {
		status = read_file(source->name, &key->pkey);
		if (status == EXIT_STATUS_OK)
			(void)mdoc_key_from_evp(key->pkey, &key->public_key);
	}
	return status == EXIT_STATUS_OK ? prepare(key) : status;
}

void
key_close(struct reader_key *key)
{
	mdoc_signer_clear(&key->signer);
	mdoc_agreement_clear(&key->agreement);
	EVP_PKEY_free(key->pkey);
	token_key_close(&key->token);
	memset(key, 0, sizeof(*key));
}

enum exit_status
key_error(const struct reader_key *key)
{
	const CK_RV rv = key->token.key.rv;

	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(key->name, rv);
}
