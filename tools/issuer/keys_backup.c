/* keys_backup.c: mdoc-issuer keys backup, restore and drill (R-IKC-03, R-IKC-04). SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/keys_command.h"

/* ---- backup ---- */

#define SHARE_ROW(keys, what) \
	{ \
		"share", OPTION_LIST, &(keys).shares, N_("NAME=HOW"), what, true \
	}

static enum exit_status
take_shares(const struct command *command, struct keys *keys, int wanted)
{
	if (keys->shares.count != SHARE_COUNT)
		return options_wrong(command, _("two operators are needed: give --share twice"));
	for (size_t i = 0; i < SHARE_COUNT; i++) {
		if (!share_source_from(keys->shares.items[i], &keys->sources[i]) ||
			(keys->sources[i].kind != SHARE_PASSPHRASE && (int)keys->sources[i].kind != wanted))
			return options_wrong(command,
				wanted == SHARE_KEY ? _("--share wants NAME=passphrase:FILE or NAME=key:FILE")
						    : _("--share wants NAME=passphrase:FILE or NAME=certificate:FILE"));
	}
	if (strcmp(keys->sources[0].name, keys->sources[1].name) == 0 ||
		strcmp(keys->sources[0].path, keys->sources[1].path) == 0)
		return options_wrong(command, _("the two shares are for two operators"));
	return EXIT_STATUS_OK;
}

/* Names of the two, for the log. */
static void
name_both(const struct keys *keys, char text[2 * SHARE_NAME_MAX + 2])
{
	snprintf(text, 2 * SHARE_NAME_MAX + 2, "%s,%s", keys->sources[0].name, keys->sources[1].name);
}

/* As the SO: only a key that he trusts may wrap the issuer's. As the user: only he sees those. */
static enum exit_status
wrap_keys(struct keys *keys)
{
	const char *module = keys->common.module != NULL ? keys->common.module : keys->issuer.module;
	CK_OBJECT_HANDLE wrapping_key = CK_INVALID_HANDLE;
	struct issuer_token *token = &keys->token;
	struct pin pin = { .set = false };
	enum exit_status status;

	status = p11_open(module, &token->p11);
	if (status == EXIT_STATUS_OK)
		status = p11_token_open(&token->p11, keys->issuer.token, true, &token->token);
	if (status == EXIT_STATUS_OK)
		status = pin_get(&keys->so_pin, _("Security officer's code"), false, &pin);
	if (status == EXIT_STATUS_OK)
		status = p11_login(&token->token, CKU_SO, &pin);
	if (status == EXIT_STATUS_OK)
		status = backup_wrapping_key(&token->token, &keys->secrets, &wrapping_key);
	pin_clear(&pin);
	if (status == EXIT_STATUS_OK) {
		(void)token->p11.list->C_Logout(token->token.session);
		token->token.logged_in = false;
		status = pin_get(&keys->pin, _("PIN of the issuer's token"), false, &pin);
	}
	if (status == EXIT_STATUS_OK)
		status = p11_login(&token->token, CKU_USER, &pin);
	pin_clear(&pin);
	for (enum issuer_role role = ISSUER_IACA; status == EXIT_STATUS_OK && role < ISSUER_ROLE_COUNT; role++)
		if (issuer_key_id(&keys->issuer, role).ptr != NULL)
			status = backup_wrap(&keys->issuer, token, role, wrapping_key, keys->file);
	return status;
}

enum exit_status
keys_backup(const struct command *command, int argc, char **argv, struct keys *keys)
{
	const struct option_row rows[] = { KEYS_DIR_ROW(*keys), KEYS_PIN_FILE_ROW(*keys), KEYS_PIN_FD_ROW(*keys),
		{ "so-pin-file", OPTION_TEXT, &keys->so_pin.file, N_("FILE"),
			N_("read the security officer's code from a file"), false },
		{ "so-pin-fd", OPTION_TEXT, &keys->so_pin.fd, N_("NUMBER"), N_("the same, from a file descriptor"),
			false },
		SHARE_ROW(*keys,
			N_("an operator and the passphrase:FILE or certificate:FILE that seals his share; twice")),
		{ "out", OPTION_TEXT, &keys->path, N_("FILE"), N_("where the backup is written"), true },
		KEYS_OPERATOR_ROW(*keys), KEYS_AT_ROW(*keys), KEYS_END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);
	char names[2 * SHARE_NAME_MAX + 2];

	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = take_shares(command, keys, SHARE_CERTIFICATE);
	if (status == EXIT_STATUS_OK)
		status = keys_open(command, keys);
	if (status != EXIT_STATUS_OK)
		return status;
	name_both(keys, names);
	status = backup_begin(keys->sources, keys->now, &keys->secrets, &keys->file);
	if (status == EXIT_STATUS_OK)
		status = wrap_keys(keys);
	if (status == EXIT_STATUS_OK)
		status = backup_write(keys->path, &keys->secrets, keys->file);
	return keys_log(keys, status, "key-backup", "key-backup-refused", names);
}

/* ---- restore, drill ---- */

struct restored {
	struct backup_key keys[ISSUER_ROLE_COUNT];
	size_t count;
};

/* Is this key the one that the folder knows? */
static enum exit_status
check_known(const struct keys *keys, const struct backup_key *key)
{
	if (mdoc_bytes_equal(issuer_key_id(&keys->issuer, key->role), mdoc_bytes_of(key->id, ISSUER_KEY_ID_LEN)) &&
		mdoc_bytes_equal(issuer_key_certificate(&keys->issuer, key->role), mdoc_buf_bytes(&key->certificate)))
		return EXIT_STATUS_OK;
	tool_error(_("The backup's key for \"%s\" is not the one of this folder."), issuer_roles[key->role].name);
	tool_why("%s", _("Name the backup and the folder of one issuer, or a newer backup."));
	return EXIT_STATUS_NO;
}

static enum exit_status
unwrap_keys(struct keys *keys, bool permanent, struct restored *restored)
{
	const size_t count = backup_count(keys->file);
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; status == EXIT_STATUS_OK && i < count && i < ISSUER_ROLE_COUNT; i++) {
		struct backup_key *key = &restored->keys[i];

		status = backup_unwrap(&keys->token, &keys->secrets, keys->file, i, permanent, key);
		restored->count = i + 1;
		if (status != EXIT_STATUS_OK)
			restored->count = i; /* it destroyed what it made of this one */
		else if (permanent)
			status = check_known(keys, key);
	}
	return status;
}

/* All keys of the folder, in another token; from then on the folder means that one. */
static enum exit_status
adopt(struct keys *keys, const struct restored *restored)
{
	json_t *config = keys->issuer.config;
	const char *module = keys->common.module;
	char *path = NULL;
	enum exit_status status = EXIT_STATUS_OK;

	for (enum issuer_role role = ISSUER_IACA; role < ISSUER_ROLE_COUNT; role++) {
		bool found = issuer_key_id(&keys->issuer, role).ptr == NULL;

		for (size_t i = 0; i < restored->count; i++)
			found = found || restored->keys[i].role == role;
		if (!found) {
			tool_error(_("The backup has no key for \"%s\"."), issuer_roles[role].name);
			return EXIT_STATUS_NO;
		}
	}
	if (module != NULL)
		path = strchr(module, '/') != NULL ? realpath(module, NULL) : strdup(module);
	if (json_object_set_new(config, "token", json_string(keys->label)) != 0 ||
		(module != NULL && (path == NULL || json_object_set_new(config, "module", json_string(path)) != 0)))
		status = tool_no_memory();
	free(path);
	return status == EXIT_STATUS_OK ? keys_write_config(&keys->issuer) : status;
}

static enum exit_status
bring_back(struct keys *keys, bool permanent)
{
	struct restored restored = { .count = 0 };
	enum exit_status status;

	status = backup_open(keys->path, keys->sources, NULL, &keys->key_pin, &keys->secrets, &keys->file);
	if (status == EXIT_STATUS_OK)
		status = keys_login(keys, keys->label);
	if (status == EXIT_STATUS_OK)
		status = unwrap_keys(keys, permanent, &restored);
	if (status == EXIT_STATUS_OK && permanent)
		status = adopt(keys, &restored);
	for (size_t i = 0; i < restored.count && (!permanent || status != EXIT_STATUS_OK); i++)
		issuer_destroy(&keys->token, mdoc_bytes_of(restored.keys[i].id, ISSUER_KEY_ID_LEN));
	for (size_t i = 0; i < ISSUER_ROLE_COUNT; i++)
		mdoc_buf_clear(&restored.keys[i].certificate);
	if (status == EXIT_STATUS_OK)
		printf(permanent
				? _("%zu keys are in the token \"%s\"; each signed, and its certificate verified it.\n")
				: _("The drill is passed: %zu keys came into the token \"%s\", signed, were verified "
				    "and "
				    "destroyed.\n"),
			restored.count, keys->label);
	return status;
}

static enum exit_status
restore_or_drill(const struct command *command, int argc, char **argv, struct keys *keys, bool permanent)
{
	const struct option_row rows[] = { KEYS_DIR_ROW(*keys),
		{ "in", OPTION_TEXT, &keys->path, N_("FILE"), N_("the backup"), true },
		{ "token", OPTION_TEXT, &keys->label, N_("LABEL"), N_("the token that gets the keys"), true },
		KEYS_PIN_FILE_ROW(*keys), KEYS_PIN_FD_ROW(*keys),
		SHARE_ROW(*keys, N_("an operator and the passphrase:FILE or key:FILE that opens his share; twice")),
		{ "key-pin-file", OPTION_TEXT, &keys->key_pin.file, N_("FILE"),
			N_("PIN of the token of an operator's key (key:pkcs11:…)"), false },
		KEYS_OPERATOR_ROW(*keys), KEYS_AT_ROW(*keys), KEYS_END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);
	char names[2 * SHARE_NAME_MAX + 2];

	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = take_shares(command, keys, SHARE_KEY);
	if (status == EXIT_STATUS_OK)
		status = keys_open(command, keys);
	if (status != EXIT_STATUS_OK)
		return status;
	name_both(keys, names);
	status = bring_back(keys, permanent);
	return permanent ? keys_log(keys, status, "key-restore", "key-restore-refused", names)
			 : keys_log(keys, status, "key-drill", "key-drill-refused", names);
}

enum exit_status
keys_restore(const struct command *command, int argc, char **argv, struct keys *keys)
{
	return restore_or_drill(command, argc, argv, keys, true);
}

enum exit_status
keys_drill(const struct command *command, int argc, char **argv, struct keys *keys)
{
	return restore_or_drill(command, argc, argv, keys, false);
}
