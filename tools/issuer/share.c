/* share.c: the shares of a backup's secret. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/issuer/share.h"
#include <argon2.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/cms.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/p11_pkey.h"
#include "tools/common/token_key.h"

#define PASSPHRASE_MIN 12 /* bytes: two of them protect a country's issuing key */
#define SALT_LEN 16
#define IV_LEN 12
#define TAG_LEN 16
#define MEMORY 65536 /* KiB */
#define PASSES 3
#define MEMORY_MAX (4 * 1024 * 1024) /* KiB that a file may ask for */
#define PASSES_MAX 64

bool
share_source_from(const char *text, struct share_source *source)
{
	static const struct {
		const char *prefix;
		enum share_kind kind;
	} kinds[] = { { "passphrase:", SHARE_PASSPHRASE }, { "certificate:", SHARE_CERTIFICATE },
		{ "key:", SHARE_KEY } };
	const char *equals = strchr(text, '=');
	const size_t len = equals != NULL ? (size_t)(equals - text) : 0;

	if (len == 0 || len > SHARE_NAME_MAX)
		return false;
	memcpy(source->name, text, len);
	source->name[len] = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const size_t prefix = strlen(kinds[i].prefix);

		if (strncmp(equals + 1, kinds[i].prefix, prefix) != 0 || equals[1 + prefix] == '\0')
			continue;
		source->kind = kinds[i].kind;
		source->path = equals + 1 + prefix;
		return true;
	}
	return false;
}

bool
share_member(const json_t *object, const char *name, uint8_t *bytes, size_t len)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct mdoc_buf value = MDOC_BUF_EMPTY;
	const bool good = text != NULL && mdoc_base64url_decode(mdoc_text(text), &value) == MDOC_OK && value.len == len;

	if (good)
		memcpy(bytes, value.ptr, len);
	mdoc_buf_clear(&value);
	return good;
}

static enum exit_status
random_bytes(uint8_t *bytes, size_t len)
{
	if (RAND_priv_bytes_ex(mdoc_context_libctx(tool_context()), bytes, len, 0) == 1)
		return EXIT_STATUS_OK;
	tool_error("%s", _("No random bytes could be got."));
	return EXIT_STATUS_TROUBLE;
}

/* ---- With a passphrase ---- */

struct box {
	uint8_t salt[SALT_LEN], iv[IV_LEN], sealed[SHARE_LEN + TAG_LEN];
	uint32_t memory, passes;
};

static enum exit_status
passphrase_key(const struct share_source *source, const struct box *box, uint8_t key[32])
{
	const struct pin_source file = { source->path, NULL };
	struct pin passphrase = { .set = false };
	enum exit_status status;
	int rc;

	status = pin_get(&file, _("Passphrase"), false, &passphrase);
	if (status == EXIT_STATUS_OK && passphrase.len < PASSPHRASE_MIN) {
		tool_error(_("The passphrase of %s is shorter than %d characters."), source->name, PASSPHRASE_MIN);
		status = EXIT_STATUS_NO;
	}
	if (status == EXIT_STATUS_OK) {
		rc = argon2id_hash_raw(box->passes, box->memory, 1, passphrase.text, passphrase.len, box->salt,
			SALT_LEN, key, 32);
		if (rc != ARGON2_OK) {
			tool_error("%s", argon2_error_message(rc));
			status = EXIT_STATUS_TROUBLE;
		}
	}
	pin_clear(&passphrase);
	return status;
}

/* AES-256-GCM, with the backup and the operator's name authenticated. False: it does not open. */
static bool
crypt(bool seal, const uint8_t key[32], const char *name, struct mdoc_bytes backup, struct box *box,
	uint8_t share[SHARE_LEN])
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(mdoc_context_libctx(tool_context()), "AES-256-GCM", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *in = seal ? share : box->sealed, *out = seal ? box->sealed : share;
	uint8_t *tag = box->sealed + SHARE_LEN;
	int len = 0;
	bool ok;

	ok = cipher != NULL && ctx != NULL && EVP_CipherInit_ex2(ctx, cipher, key, box->iv, seal, NULL) == 1 &&
		EVP_CipherUpdate(ctx, NULL, &len, backup.ptr, (int)backup.len) == 1 &&
		EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)name, (int)strlen(name)) == 1 &&
		EVP_CipherUpdate(ctx, out, &len, in, SHARE_LEN) == 1 &&
		(seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1) &&
		EVP_CipherFinal_ex(ctx, out + len, &len) == 1 &&
		(!seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) == 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	if (!ok && !seal)
		OPENSSL_cleanse(share, SHARE_LEN);
	return ok;
}

static enum exit_status
seal_passphrase(const struct share_source *source, struct mdoc_bytes backup, const uint8_t share[SHARE_LEN],
	json_t **out)
{
	struct box box = { .memory = MEMORY, .passes = PASSES };
	uint8_t key[32], copy[SHARE_LEN];
	enum exit_status status;

	status = random_bytes(box.salt, SALT_LEN);
	if (status == EXIT_STATUS_OK)
		status = random_bytes(box.iv, IV_LEN);
	if (status == EXIT_STATUS_OK)
		status = passphrase_key(source, &box, key);
	if (status != EXIT_STATUS_OK)
		return status;
	memcpy(copy, share, SHARE_LEN);
	if (crypt(true, key, source->name, backup, &box, copy))
		*out = json_pack("{s:s, s:{s:s, s:o, s:i, s:i, s:o, s:o}}", "operator", source->name, "passphrase",
			"kdf", "argon2id", "salt", json_base64url(mdoc_bytes_of(box.salt, SALT_LEN)), "memory", MEMORY,
			"passes", PASSES, "iv", json_base64url(mdoc_bytes_of(box.iv, IV_LEN)), "share",
			json_base64url(mdoc_bytes_of(box.sealed, sizeof(box.sealed))));
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(copy, sizeof(copy));
	return *out != NULL ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
not_opened(const struct share_source *source)
{
	tool_error(_("The share of %s does not open."), source->name);
	tool_why("%s", _("It is another operator's, the passphrase or key is wrong, or the backup was changed."));
	return EXIT_STATUS_NO;
}

static enum exit_status
open_passphrase(const struct share_source *source, const json_t *sealed, struct mdoc_bytes backup,
	uint8_t share[SHARE_LEN])
{
	const json_t *from = json_object_get(sealed, "passphrase");
	const json_int_t memory = json_integer_value(json_object_get(from, "memory"));
	const json_int_t passes = json_integer_value(json_object_get(from, "passes"));
	struct box box;
	uint8_t key[32];
	enum exit_status status;

	if (!share_member(from, "salt", box.salt, SALT_LEN) || !share_member(from, "iv", box.iv, IV_LEN) ||
		!share_member(from, "share", box.sealed, sizeof(box.sealed)) || memory < MEMORY ||
		memory > MEMORY_MAX || passes < PASSES || passes > PASSES_MAX)
		return not_opened(source);
	box.memory = (uint32_t)memory;
	box.passes = (uint32_t)passes;
	status = passphrase_key(source, &box, key);
	if (status == EXIT_STATUS_OK && !crypt(false, key, source->name, backup, &box, share))
		status = not_opened(source);
	OPENSSL_cleanse(key, sizeof(key));
	return status;
}

/* ---- To a certificate ---- */

/* What is encrypted: the share, and the backup that it is of. */
static enum exit_status
seal_certificate(const struct share_source *source, struct mdoc_bytes backup, const uint8_t share[SHARE_LEN],
	json_t **out)
{
	struct mdoc_buf certificate = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY, cms = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status;

	status = file_read_certificate(source->path, &certificate);
	if (status != EXIT_STATUS_OK)
		goto out;
	mdoc_buf_append(&plain, backup);
	mdoc_buf_append(&plain, mdoc_bytes_of(share, SHARE_LEN));
	error.code = plain.err != MDOC_OK
		? plain.err
		: cms_encrypt(tool_context(), mdoc_buf_bytes(&plain), mdoc_buf_bytes(&certificate), &cms);
	if (error.code != MDOC_OK) {
		status = tool_mdoc_error(_("Nothing can be encrypted to the operator's certificate."), &error);
		goto out;
	}
	*out = json_pack("{s:s, s:{s:o, s:o}}", "operator", source->name, "certificate", "der",
		json_base64url(mdoc_buf_bytes(&certificate)), "cms", json_base64url(mdoc_buf_bytes(&cms)));
	if (*out == NULL)
		status = tool_no_memory();
out:
	mdoc_buf_clear(&certificate);
	mdoc_buf_clear(&plain);
	mdoc_buf_clear(&cms);
	return status;
}

static enum exit_status
read_key(const char *path, EVP_PKEY **key)
{
	struct mdoc_buf pem = MDOC_BUF_EMPTY;
	enum exit_status status = file_read(path, FILE_SMALL_MAX, &pem);
	BIO *bio = NULL;

	if (status != EXIT_STATUS_OK)
		return status;
	bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	*key = bio != NULL
		? PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, mdoc_context_libctx(tool_context()), NULL)
		: NULL;
	if (*key == NULL) {
		tool_error(_("%s is not a private key in PEM"), path);
		status = EXIT_STATUS_INPUT;
	}
	BIO_free(bio);
	mdoc_buf_clear(&pem);
	return status;
}

static bool
decode(const json_t *from, const char *name, struct mdoc_buf *out)
{
	const char *text = json_string_value(json_object_get(from, name));

	return text != NULL && mdoc_base64url_decode(mdoc_text(text), out) == MDOC_OK;
}

static enum exit_status
decrypt(const struct share_source *source, const json_t *from, struct mdoc_bytes backup, EVP_PKEY *key,
	uint8_t share[SHARE_LEN])
{
	struct mdoc_buf certificate = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY, cms = MDOC_BUF_EMPTY;
	bool good;

	good = decode(from, "der", &certificate) && decode(from, "cms", &cms) &&
		cms_decrypt(tool_context(), mdoc_buf_bytes(&cms), key, mdoc_buf_bytes(&certificate), &plain) ==
			MDOC_OK &&
		plain.len == backup.len + SHARE_LEN && memcmp(plain.ptr, backup.ptr, backup.len) == 0;
	if (good)
		memcpy(share, plain.ptr + backup.len, SHARE_LEN);
	mdoc_buf_clear(&certificate);
	mdoc_buf_clear(&plain);
	mdoc_buf_clear(&cms);
	return good ? EXIT_STATUS_OK : not_opened(source);
}

static enum exit_status
open_certificate(const struct share_source *source, const json_t *sealed, struct mdoc_bytes backup,
	const char *key_module, const struct pin_source *key_pin, uint8_t share[SHARE_LEN])
{
	const bool in_token = token_key_is_uri(source->path);
	struct token_key token = { .p11 = { NULL, NULL, NULL } };
	enum exit_status status;
	EVP_PKEY *key = NULL;

	if (in_token) {
		status = token_key_open(source->path, key_module, key_pin, &token);
		if (status == EXIT_STATUS_OK) {
			key = p11_pkey_new(mdoc_context_libctx(tool_context()), &token.key, &token.public_key, NULL);
			status = key != NULL ? EXIT_STATUS_OK : not_opened(source);
		}
	} else {
		status = read_key(source->path, &key);
	}
	if (status == EXIT_STATUS_OK)
		status = decrypt(source, json_object_get(sealed, "certificate"), backup, key, share);
	EVP_PKEY_free(key);
	if (in_token)
		token_key_close(&token);
	return status;
}

enum exit_status
share_seal(const struct share_source *source, struct mdoc_bytes salt, const uint8_t share[SHARE_LEN], json_t **out)
{
	*out = NULL;
	return source->kind == SHARE_PASSPHRASE ? seal_passphrase(source, salt, share, out)
						: seal_certificate(source, salt, share, out);
}

enum exit_status
share_open(const struct share_source *source, const json_t *sealed, struct mdoc_bytes salt, const char *key_module,
	const struct pin_source *key_pin, uint8_t share[SHARE_LEN])
{
	return source->kind == SHARE_PASSPHRASE ? open_passphrase(source, sealed, salt, share)
						: open_certificate(source, sealed, salt, key_module, key_pin, share);
}

enum exit_status
share_derive(const uint8_t *both, struct mdoc_bytes salt, const char *info, uint8_t key[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(mdoc_context_libctx(tool_context()), "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)both,
			(size_t)SHARE_COUNT * SHARE_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt.ptr, salt.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	const bool ok = ctx != NULL && EVP_KDF_derive(ctx, key, 32, params) > 0;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? EXIT_STATUS_OK : tool_no_memory();
}
