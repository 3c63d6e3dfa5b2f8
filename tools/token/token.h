/*
 * token.h: the commands of mdoc-token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_TOKEN_H
#define TOOLS_TOKEN_TOKEN_H

#include "tools/common/holder.h"

#define NEW_PIN_ROWS(args) \
	{ "new-pin-file", OPTION_TEXT, &(args).fresh.file, N_("FILE"), N_("read the new PIN from a file"), false }, \
	{ \
		"new-pin-fd", OPTION_TEXT, &(args).fresh.fd, N_("NUMBER"), N_("the same, from a file descriptor"), \
			false \
	}

int cmd_init(const struct command *command, int argc, char **argv);
int cmd_blank(const struct command *command, int argc, char **argv);
int cmd_card(const struct command *command, int argc, char **argv);
int cmd_grant(const struct command *command, int argc, char **argv);
int cmd_revoke_grant(const struct command *command, int argc, char **argv);
int cmd_personalise(const struct command *command, int argc, char **argv);
int cmd_pin(const struct command *command, int argc, char **argv);
int cmd_seal_pin(const struct command *command, int argc, char **argv);
int cmd_request(const struct command *command, int argc, char **argv);
int cmd_import(const struct command *command, int argc, char **argv);
int cmd_list(const struct command *command, int argc, char **argv);
int cmd_show(const struct command *command, int argc, char **argv);
int cmd_status(const struct command *command, int argc, char **argv);
int cmd_doctor(const struct command *command, int argc, char **argv);
int cmd_notice(const struct command *command, int argc, char **argv);
int cmd_provisioner(const struct command *command, int argc, char **argv);
int cmd_enrol(const struct command *command, int argc, char **argv);
int cmd_renew(const struct command *command, int argc, char **argv);
int cmd_inbox(const struct command *command, int argc, char **argv);
int cmd_attest(const struct command *command, int argc, char **argv);
int cmd_activate(const struct command *command, int argc, char **argv);
int cmd_suspend(const struct command *command, int argc, char **argv);
int cmd_resume(const struct command *command, int argc, char **argv);
int cmd_retire(const struct command *command, int argc, char **argv);
int cmd_revoke(const struct command *command, int argc, char **argv);
int cmd_log(const struct command *command, int argc, char **argv);
int cmd_erase(const struct command *command, int argc, char **argv);

#endif
