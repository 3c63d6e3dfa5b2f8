/* backup.c: the file of a backup: shares, keys and their MAC. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/issuer/backup.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"

#define TYPE "mdoc-issuer-backup"
#define SALT_LEN 32
#define MAC_LEN 32

void
backup_secrets_clear(struct backup_secrets *secrets)
{
	OPENSSL_cleanse(secrets, sizeof(*secrets));
}

static enum exit_status
derive(struct mdoc_bytes salt, struct backup_secrets *secrets)
{
	enum exit_status status = share_derive(secrets->shares, salt, TYPE " 1 wrap", secrets->wrap);

	return status == EXIT_STATUS_OK ? share_derive(secrets->shares, salt, TYPE " 1 mac", secrets->mac) : status;
}

static enum exit_status
random_shares(uint8_t salt[SALT_LEN], struct backup_secrets *secrets)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());

	if (RAND_bytes_ex(libctx, salt, SALT_LEN, 0) == 1 &&
		RAND_priv_bytes_ex(libctx, secrets->shares, sizeof(secrets->shares), 0) == 1)
		return EXIT_STATUS_OK;
	tool_error("%s", _("No random bytes could be got."));
	return EXIT_STATUS_TROUBLE;
}

enum exit_status
backup_begin(const struct share_source *sources, int64_t now, struct backup_secrets *secrets, json_t **file)
{
	uint8_t salt[SALT_LEN] = { 0 };
	const struct mdoc_bytes salt_bytes = mdoc_bytes_of(salt, SALT_LEN);
	json_t *shares = json_array(), *share;
	enum exit_status status;

	*file = NULL;
	status = random_shares(salt, secrets);
	if (status == EXIT_STATUS_OK)
		status = derive(salt_bytes, secrets);
	for (size_t i = 0; status == EXIT_STATUS_OK && i < SHARE_COUNT; i++) {
		status = share_seal(&sources[i], salt_bytes, secrets->shares + i * SHARE_LEN, &share);
		if (status == EXIT_STATUS_OK && json_array_append_new(shares, share) != 0)
			status = tool_no_memory();
	}
	if (status == EXIT_STATUS_OK) {
		*file = json_pack("{s:s, s:i, s:I, s:o, s:O, s:[]}", "type", TYPE, "version", 1, "made",
			(json_int_t)now, "salt", json_base64url(salt_bytes), "shares", shares, "keys");
		status = *file != NULL ? EXIT_STATUS_OK : tool_no_memory();
	}
	json_decref(shares);
	return status;
}

/* Over all members but "mac", sorted. */
static enum exit_status
mac_of(const struct backup_secrets *secrets, json_t *file, uint8_t mac[MAC_LEN])
{
	json_t *rest = json_copy(file);
	char *text = NULL;
	size_t len = 0;
	bool ok;

	if (rest != NULL)
		(void)json_object_del(rest, "mac");
	text = rest != NULL ? json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	ok = text != NULL &&
		EVP_Q_mac(mdoc_context_libctx(tool_context()), "HMAC", NULL, "SHA256", NULL, secrets->mac,
			sizeof(secrets->mac), (const unsigned char *)text, strlen(text), mac, MAC_LEN, &len) != NULL &&
		len == MAC_LEN;
	free(text);
	json_decref(rest);
	return ok ? EXIT_STATUS_OK : tool_no_memory();
}

enum exit_status
backup_write(const char *path, const struct backup_secrets *secrets, json_t *file)
{
	uint8_t mac[MAC_LEN];
	char *text = NULL;
	enum exit_status status = mac_of(secrets, file, mac);

	if (status == EXIT_STATUS_OK &&
		json_object_set_new(file, "mac", json_base64url(mdoc_bytes_of(mac, MAC_LEN))) != 0)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK) {
		text = json_dumps(file, JSON_INDENT(2));
		status = text != NULL ? file_write_new(path, 0600, mdoc_text(text)) : tool_no_memory();
	}
	free(text);
	return status;
}

/* The share of this name. */
static const json_t *
share_of(const json_t *file, const char *name)
{
	const json_t *share;
	size_t i;

	json_array_foreach(json_object_get(file, "shares"), i, share)
	{
		const char *operator_ = json_string_value(json_object_get(share, "operator"));

		if (operator_ != NULL && strcmp(operator_, name) == 0)
			return share;
	}
	return NULL;
}

static enum exit_status
open_share(const json_t *file, const struct share_source *source, struct mdoc_bytes salt, const char *key_module,
	const struct pin_source *key_pin, struct backup_secrets *secrets)
{
	const json_t *shares = json_object_get(file, "shares"), *share = share_of(file, source->name);

	for (size_t i = 0; share != NULL && i < SHARE_COUNT; i++)
		if (json_array_get(shares, i) == share)
			return share_open(source, share, salt, key_module, key_pin, secrets->shares + i * SHARE_LEN);
	tool_error(_("The backup has no share of %s."), source->name);
	return EXIT_STATUS_NO;
}

static enum exit_status
check(const struct backup_secrets *secrets, json_t *file)
{
	uint8_t mac[MAC_LEN], there[MAC_LEN];
	enum exit_status status = mac_of(secrets, file, mac);

	if (status == EXIT_STATUS_OK &&
		(!share_member(file, "mac", there, MAC_LEN) || CRYPTO_memcmp(mac, there, MAC_LEN) != 0)) {
		tool_error("%s", _("The backup was changed after it was made."));
		tool_why("%s", _("Nothing of it is used; take another copy of it."));
		status = EXIT_STATUS_NO;
	}
	return status;
}

enum exit_status
backup_open(const char *path, const struct share_source *sources, const char *key_module,
	const struct pin_source *key_pin, struct backup_secrets *secrets, json_t **file)
{
	uint8_t salt[SALT_LEN];
	const char *type;
	enum exit_status status = json_read(path, file);

	if (status != EXIT_STATUS_OK)
		return status;
	type = json_string_value(json_object_get(*file, "type"));
	if (type == NULL || strcmp(type, TYPE) != 0 || json_integer_value(json_object_get(*file, "version")) != 1 ||
		json_array_size(json_object_get(*file, "shares")) != SHARE_COUNT ||
		!share_member(*file, "salt", salt, SALT_LEN)) {
		tool_error(_("%s is not a backup of an issuer's keys"), path);
		return EXIT_STATUS_INPUT;
	}
	for (size_t i = 0; status == EXIT_STATUS_OK && i < SHARE_COUNT; i++)
		status = open_share(*file, &sources[i], mdoc_bytes_of(salt, SALT_LEN), key_module, key_pin, secrets);
	if (status == EXIT_STATUS_OK)
		status = derive(mdoc_bytes_of(salt, SALT_LEN), secrets);
	return status == EXIT_STATUS_OK ? check(secrets, *file) : status;
}

size_t
backup_count(const json_t *file)
{
	return json_array_size(json_object_get(file, "keys"));
}
