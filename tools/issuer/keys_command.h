/*
 * keys_command.h: what the commands of "mdoc-issuer keys" share: list (keys_list.c), add and replace (keys_add.c), backup,
 * restore and drill (keys_backup.c).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_KEYS_COMMAND_H
#define ISSUER_KEYS_COMMAND_H

#include "tools/issuer/backup.h"

/* Each command takes what its table of options names; keys_close() by whoever runs it. */
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

#define KEYS_DIR_ROW(keys) \
	{ \
		"dir", OPTION_TEXT, &(keys).dir, N_("FOLDER"), N_("the issuer's folder"), true \
	}
#define KEYS_OPERATOR_ROW(keys) \
	{ \
		"operator", OPTION_TEXT, &(keys).operator_, N_("NAME"), N_("who does it, for the log"), true \
	}
#define KEYS_PIN_FILE_ROW(keys) \
	{ \
		"pin-file", OPTION_TEXT, &(keys).pin.file, N_("FILE"), N_("read the token's PIN from a file"), false \
	}
#define KEYS_PIN_FD_ROW(keys) \
	{ \
		"pin-fd", OPTION_TEXT, &(keys).pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"), \
			false \
	}
#define KEYS_AT_ROW(keys) \
	{ \
		"at", OPTION_TEXT, &(keys).at, N_("TIME"), N_("act as if it were this time (RFC 3339); for tests"), \
			false \
	}
#define KEYS_END_ROW \
	{ \
		NULL, OPTION_END, NULL, NULL, NULL, false \
	}

/* Read the clock's option, the folder and the register, with the operator's name for the log. */
enum exit_status keys_open(const struct command *command, struct keys *keys);
void keys_close(struct keys *keys);

/* Log in to a token as its user. */
enum exit_status keys_login(struct keys *keys, const char *label);

/* Log what was done or refused, with a detail (NULL: none); gives the status back. */
enum exit_status keys_log(struct keys *keys, enum exit_status status, const char *done, const char *refused,
	const char *detail);

/* Write issuer.json as the configuration now is. */
enum exit_status keys_write_config(const struct issuer *issuer);

typedef enum exit_status (*keys_run)(const struct command *command, int argc, char **argv, struct keys *keys);
enum exit_status keys_list(const struct command *command, int argc, char **argv, struct keys *keys);
enum exit_status keys_add(const struct command *command, int argc, char **argv, struct keys *keys);
enum exit_status keys_replace(const struct command *command, int argc, char **argv, struct keys *keys);
enum exit_status keys_backup(const struct command *command, int argc, char **argv, struct keys *keys);
enum exit_status keys_restore(const struct command *command, int argc, char **argv, struct keys *keys);
enum exit_status keys_drill(const struct command *command, int argc, char **argv, struct keys *keys);

#endif
