/* keys_command.c: mdoc-issuer keys: list, add, backup, restore, drill. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/backup.h"

#define DS_DAYS 457

/* What the commands share; each takes what its table of options names. */
struct keys {
	const char *dir, *operator_, *at, *path, *label, *crl_uri, *name;
	struct pin_source pin, so_pin, key_pin;
	struct option_list shares;
	struct share_source sources[SHARE_COUNT];
	struct common_options common;
	int64_t now;
	struct issuer issuer;
	struct issuer_token token;
	struct backup_secrets secrets;
	json_t *file;
};

#define DIR_ROW(keys) \
	{ \
		"dir", OPTION_TEXT, &(keys).dir, N_("FOLDER"), N_("the issuer's folder"), true \
	}
#define OPERATOR_ROW(keys) \
	{ \
		"operator", OPTION_TEXT, &(keys).operator_, N_("NAME"), N_("who does it, for the log"), true \
	}
#define PIN_FILE_ROW(keys) \
	{ \
		"pin-file", OPTION_TEXT, &(keys).pin.file, N_("FILE"), N_("read the token's PIN from a file"), false \
	}
#define PIN_FD_ROW(keys) \
	{ \
		"pin-fd", OPTION_TEXT, &(keys).pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"), \
			false \
	}
#define AT_ROW(keys) \
	{ \
		"at", OPTION_TEXT, &(keys).at, N_("TIME"), N_("act as if it were this time (RFC 3339); for tests"), \
			false \
	}
#define END_ROW \
	{ \
		NULL, OPTION_END, NULL, NULL, NULL, false \
	}

static enum exit_status
open_folder(const struct command *command, struct keys *keys)
{
	enum exit_status status = clock_option(command, keys->at, &keys->now);

	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = issuer_open(keys->dir, &keys->issuer);
	if (status == EXIT_STATUS_OK)
		register_set_operator(keys->issuer.db, keys->operator_);
	return status;
}

static void
keys_close(struct keys *keys)
{
	backup_secrets_clear(&keys->secrets);
	json_decref(keys->file);
	issuer_token_close(&keys->token);
	issuer_close(&keys->issuer);
	option_list_clear(&keys->shares);
}

/* Every act leaves a trace, and so does one that was refused (R-IKC-02). */
static enum exit_status
log_act(struct keys *keys, enum exit_status status, const char *done, const char *refused, const char *detail)
{
	enum register_result res;

	if (keys->issuer.db == NULL || (status != EXIT_STATUS_OK && status != EXIT_STATUS_NO))
		return status;
	res = register_log(keys->issuer.db, keys->now, status == EXIT_STATUS_OK ? done : refused, detail);
	if (res != REGISTER_OK && status == EXIT_STATUS_OK)
		return issuer_register_error(_("The log cannot be written."), keys->issuer.db, res);
	return status;
}

static enum exit_status
login(struct keys *keys, const char *label)
{
	const char *module = keys->common.module != NULL ? keys->common.module : keys->issuer.module;

	return issuer_token_open(module, label, &keys->pin, &keys->token);
}

/* ---- list ---- */

static json_t *
describe(struct keys *keys, enum issuer_role role)
{
	const struct mdoc_bytes id = issuer_key_id(&keys->issuer, role);
	struct mdoc_p11_key key = { .rv = CKR_OK };
	struct mdoc_public_key public_key;
	char text[2 * ISSUER_KEY_ID_LEN + 1];
	struct mdoc_cert *cert = NULL;
	json_t *out;

	if (id.ptr == NULL)
		return json_pack("{s:s, s:b}", "name", issuer_roles[role].name, "made", 0);
	if (issuer_role_key(&keys->issuer, &keys->token, role, &key, &public_key) != EXIT_STATUS_OK ||
		mdoc_cert_parse(tool_context(), issuer_key_certificate(&keys->issuer, role), &cert, NULL) != MDOC_OK)
		return NULL;
	issuer_hex(id, text);
	out = json_pack("{s:s, s:b, s:s, s:s, s:I, s:b}", "name", issuer_roles[role].name, "made", 1, "id", text,
		"curve", mdoc_curve_name(public_key.curve), "until", (json_int_t)mdoc_cert_not_after(cert), "backup",
		p11_attribute_bool(&keys->token.token, key.private_key, CKA_EXTRACTABLE));
	mdoc_cert_free(cert);
	return out;
}

static enum exit_status
print_keys(const struct keys *keys, const json_t *list)
{
	const json_t *key;
	size_t i;

	if (keys->common.json)
		return json_print(list);
	json_array_foreach(list, i, key)
	{
		const bool made = json_is_true(json_object_get(key, "made"));

		printf("%-10s %-18s %-16s %s\n", json_string_value(json_object_get(key, "name")),
			made ? json_string_value(json_object_get(key, "id")) : "-",
			made ? json_string_value(json_object_get(key, "curve")) : _("not made"),
			!made                                                  ? ""
				: json_is_true(json_object_get(key, "backup")) ? _("can be backed up")
									       : _("stays in its token for ever"));
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
keys_list(const struct command *command, int argc, char **argv, struct keys *keys)
{
	const struct option_row rows[] = { DIR_ROW(*keys), PIN_FILE_ROW(*keys), PIN_FD_ROW(*keys), OPERATOR_ROW(*keys),
		END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);
	json_t *list = json_array(), *key;

	if (status == EXIT_STATUS_GO_ON)
		status = open_folder(command, keys);
	if (status == EXIT_STATUS_OK && keys->issuer.dir != NULL)
		status = log_act(keys, login(keys, keys->issuer.token), "key-list", "login-failed", NULL);
	for (enum issuer_role role = ISSUER_IACA;
		status == EXIT_STATUS_OK && keys->issuer.dir != NULL && role < ISSUER_ROLE_COUNT; role++) {
		key = describe(keys, role);
		if (key == NULL || json_array_append_new(list, key) != 0)
			status = EXIT_STATUS_TROUBLE;
	}
	if (status == EXIT_STATUS_OK && keys->issuer.dir != NULL)
		status = print_keys(keys, list);
	json_decref(list);
	return status;
}

/* ---- add ---- */

static enum exit_status
write_config(const struct issuer *issuer)
{
	char *path = issuer_path(issuer->dir, "issuer.json");
	const enum exit_status status = path == NULL ? EXIT_STATUS_TROUBLE : json_write(path, 0600, issuer->config);

	free(path);
	return status;
}

static enum exit_status
add_key(struct keys *keys, enum issuer_role role)
{
	const struct issuer_names names = { keys->issuer.country, keys->name != NULL ? keys->name : "mdoc-pkcs11",
		keys->issuer.uri, keys->crl_uri, keys->now, DS_DAYS };
	struct issuer *issuer = &keys->issuer;
	uint8_t *id = issuer->id_room[role];
	const struct mdoc_bytes bytes = mdoc_bytes_of(id, ISSUER_KEY_ID_LEN);
	struct mdoc_p11_key iaca_key = { .rv = CKR_OK };
	char text[2 * ISSUER_KEY_ID_LEN + 1];
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_public_key iaca;
	enum exit_status status;

	status = issuer_role_key(issuer, &keys->token, ISSUER_IACA, &iaca_key, &iaca);
	if (status == EXIT_STATUS_OK)
		status = issuer_make_key(&keys->token, role, iaca.curve, false, id);
	if (status != EXIT_STATUS_OK)
		return status;
	status = issuer_make_certificate(&keys->token, role, &names, bytes, issuer->iaca_key,
		mdoc_buf_bytes(&issuer->iaca), &der);
	if (status == EXIT_STATUS_OK)
		status = issuer_write_pem(issuer->dir, issuer_roles[role].file, mdoc_buf_bytes(&der));
	issuer_hex(bytes, text);
	if (status == EXIT_STATUS_OK &&
		(json_object_set_new(issuer->config, issuer_roles[role].member, json_string(text)) != 0 ||
			json_object_set_new(issuer->config, "version", json_integer(ISSUER_CONFIG_VERSION)) != 0))
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = write_config(issuer);
	if (status != EXIT_STATUS_OK)
		issuer_destroy(&keys->token, bytes);
	mdoc_buf_clear(&der);
	return log_act(keys, status, "key-made", "key-refused", issuer_roles[role].name);
}

static enum exit_status
keys_add(const struct command *command, int argc, char **argv, struct keys *keys)
{
	const struct option_row rows[] = { DIR_ROW(*keys), PIN_FILE_ROW(*keys), PIN_FD_ROW(*keys), OPERATOR_ROW(*keys),
		{ "name", OPTION_TEXT, &keys->name, N_("TEXT"), N_("start of the certificates' common names"), false },
		{ "crl-uri", OPTION_TEXT, &keys->crl_uri, N_("URI"), N_("where the revocation list will be"), false },
		AT_ROW(*keys), END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);

	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = open_folder(command, keys);
	if (status == EXIT_STATUS_OK) {
		status = login(keys, keys->issuer.token);
		if (status == EXIT_STATUS_NO)
			return log_act(keys, status, "", "login-failed", NULL);
	}
	for (enum issuer_role role = ISSUER_STATUS; status == EXIT_STATUS_OK && role < ISSUER_ROLE_COUNT; role++)
		if (issuer_key_id(&keys->issuer, role).ptr == NULL)
			status = add_key(keys, role);
	return status;
}

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

static enum exit_status
keys_backup(const struct command *command, int argc, char **argv, struct keys *keys)
{
	const struct option_row rows[] = { DIR_ROW(*keys), PIN_FILE_ROW(*keys), PIN_FD_ROW(*keys),
		{ "so-pin-file", OPTION_TEXT, &keys->so_pin.file, N_("FILE"),
			N_("read the security officer's code from a file"), false },
		{ "so-pin-fd", OPTION_TEXT, &keys->so_pin.fd, N_("NUMBER"), N_("the same, from a file descriptor"),
			false },
		SHARE_ROW(*keys,
			N_("an operator and the passphrase:FILE or certificate:FILE that seals his share; twice")),
		{ "out", OPTION_TEXT, &keys->path, N_("FILE"), N_("where the backup is written"), true },
		OPERATOR_ROW(*keys), AT_ROW(*keys), END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);
	char names[2 * SHARE_NAME_MAX + 2];

	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = take_shares(command, keys, SHARE_CERTIFICATE);
	if (status == EXIT_STATUS_OK)
		status = open_folder(command, keys);
	if (status != EXIT_STATUS_OK)
		return status;
	name_both(keys, names);
	status = backup_begin(keys->sources, keys->now, &keys->secrets, &keys->file);
	if (status == EXIT_STATUS_OK)
		status = wrap_keys(keys);
	if (status == EXIT_STATUS_OK)
		status = backup_write(keys->path, &keys->secrets, keys->file);
	return log_act(keys, status, "key-backup", "key-backup-refused", names);
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
	return status == EXIT_STATUS_OK ? write_config(&keys->issuer) : status;
}

static enum exit_status
bring_back(struct keys *keys, bool permanent)
{
	struct restored restored = { .count = 0 };
	enum exit_status status;

	status = backup_open(keys->path, keys->sources, NULL, &keys->key_pin, &keys->secrets, &keys->file);
	if (status == EXIT_STATUS_OK)
		status = login(keys, keys->label);
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
	const struct option_row rows[] = { DIR_ROW(*keys),
		{ "in", OPTION_TEXT, &keys->path, N_("FILE"), N_("the backup"), true },
		{ "token", OPTION_TEXT, &keys->label, N_("LABEL"), N_("the token that gets the keys"), true },
		PIN_FILE_ROW(*keys), PIN_FD_ROW(*keys),
		SHARE_ROW(*keys, N_("an operator and the passphrase:FILE or key:FILE that opens his share; twice")),
		{ "key-pin-file", OPTION_TEXT, &keys->key_pin.file, N_("FILE"),
			N_("PIN of the token of an operator's key (key:pkcs11:…)"), false },
		OPERATOR_ROW(*keys), AT_ROW(*keys), END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);
	char names[2 * SHARE_NAME_MAX + 2];

	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = take_shares(command, keys, SHARE_KEY);
	if (status == EXIT_STATUS_OK)
		status = open_folder(command, keys);
	if (status != EXIT_STATUS_OK)
		return status;
	name_both(keys, names);
	status = bring_back(keys, permanent);
	return permanent ? log_act(keys, status, "key-restore", "key-restore-refused", names)
			 : log_act(keys, status, "key-drill", "key-drill-refused", names);
}

static enum exit_status
keys_restore(const struct command *command, int argc, char **argv, struct keys *keys)
{
	return restore_or_drill(command, argc, argv, keys, true);
}

static enum exit_status
keys_drill(const struct command *command, int argc, char **argv, struct keys *keys)
{
	return restore_or_drill(command, argc, argv, keys, false);
}

static const struct {
	const char *word;
	struct command command;
	enum exit_status (*run)(const struct command *command, int argc, char **argv, struct keys *keys);
} subcommands[] = {
	{ "list", { "keys list", "", N_("show which keys there are"), NULL }, keys_list },
	{ "add", { "keys add", "", N_("make the keys that an older issuer does not have"), NULL }, keys_add },
	{ "backup", { "keys backup", "", N_("write the issuer's keys, wrapped, for two operators together"), NULL },
		keys_backup },
	{ "restore", { "keys restore", "", N_("put the keys of a backup into another token"), NULL }, keys_restore },
	{ "drill",
		{ "keys drill", "", N_("try a backup: restore it into another token for a moment, sign, verify"),
			NULL },
		keys_drill },
};

int
cmd_keys(const struct command *command, int argc, char **argv)
{
	struct keys keys = { .dir = NULL };
	enum exit_status status;
	int at = 1;

	/* "keys --dir D list", as it stands after the folder has been moved behind the command. */
	if (argc > 3 && strcmp(argv[1], "--dir") == 0)
		at = 3;
	else if (argc > 2 && strncmp(argv[1], "--dir=", 6) == 0)
		at = 2;
	for (size_t i = 0; at < argc && i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (strcmp(argv[at], subcommands[i].word) != 0)
			continue;
		memmove(argv + at, argv + at + 1, (size_t)(argc - at) * sizeof(*argv)); /* with the NULL at the end */
		status = subcommands[i].run(&subcommands[i].command, argc - 1, argv, &keys);
		keys_close(&keys);
		return (int)status;
	}
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) {
		const struct option_row rows[] = { END_ROW };

		status = options_parse(command, rows, &keys.common, NULL, argc, argv);
		for (size_t i = 0; status == EXIT_STATUS_OK && i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
			printf("  %-14s %s\n", subcommands[i].command.name, _(subcommands[i].command.summary));
		return (int)status;
	}
	return (int)options_wrong(command, _("keys wants list, add, backup, restore or drill"));
}
