/* keys_command.c: mdoc-issuer keys: its commands, and what they share. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/keys_command.h"

enum exit_status
keys_open(const struct command *command, struct keys *keys)
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

void
keys_close(struct keys *keys)
{
	backup_secrets_clear(&keys->secrets);
	json_decref(keys->file);
	issuer_token_close(&keys->token);
	issuer_close(&keys->issuer);
	option_list_clear(&keys->shares);
}

/* Every act leaves a trace, and so does one that was refused (R-IKC-02). */
enum exit_status
keys_log(struct keys *keys, enum exit_status status, const char *done, const char *refused, const char *detail)
{
	enum register_result res;

	if (keys->issuer.db == NULL || (status != EXIT_STATUS_OK && status != EXIT_STATUS_NO))
		return status;
	res = register_log(keys->issuer.db, keys->now, status == EXIT_STATUS_OK ? done : refused, detail);
	if (res != REGISTER_OK && status == EXIT_STATUS_OK)
		return issuer_register_error(_("The log cannot be written."), keys->issuer.db, res);
	return status;
}

enum exit_status
keys_login(struct keys *keys, const char *label)
{
	const char *module = keys->common.module != NULL ? keys->common.module : keys->issuer.module;

	return issuer_token_open(module, label, &keys->pin, &keys->token);
}

enum exit_status
keys_write_config(const struct issuer *issuer)
{
	char *path = issuer_path(issuer->dir, "issuer.json");
	const enum exit_status status = path == NULL ? EXIT_STATUS_TROUBLE : json_write(path, 0600, issuer->config);

	free(path);
	return status;
}

static const struct {
	const char *word;
	struct command command;
	keys_run run;
} subcommands[] = {
	{ "list", { "keys list", "", N_("show which keys there are"), NULL }, keys_list },
	{ "add", { "keys add", "", N_("make the keys that an older issuer does not have"), NULL }, keys_add },
	{ "replace",
		{ "keys replace", "", N_("make a new key in the place of the document signer's or another"), NULL },
		keys_replace },
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
		const struct option_row rows[] = { KEYS_END_ROW };

		status = options_parse(command, rows, &keys.common, NULL, argc, argv);
		for (size_t i = 0; status == EXIT_STATUS_OK && i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
			printf("  %-14s %s\n", subcommands[i].command.name, _(subcommands[i].command.summary));
		return (int)status;
	}
	return (int)options_wrong(command, _("keys wants list, add, replace, backup, restore or drill"));
}
