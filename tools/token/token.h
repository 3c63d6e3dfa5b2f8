/*
 * token.h: the commands of mdoc-token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_TOKEN_H
#define TOOLS_TOKEN_TOKEN_H

#include "tools/common/holder.h"

int cmd_init(const struct command *command, int argc, char **argv);
int cmd_pin(const struct command *command, int argc, char **argv);
int cmd_request(const struct command *command, int argc, char **argv);
int cmd_import(const struct command *command, int argc, char **argv);
int cmd_list(const struct command *command, int argc, char **argv);
int cmd_show(const struct command *command, int argc, char **argv);
int cmd_status(const struct command *command, int argc, char **argv);
int cmd_doctor(const struct command *command, int argc, char **argv);
int cmd_provisioner(const struct command *command, int argc, char **argv);
int cmd_attest(const struct command *command, int argc, char **argv);
int cmd_erase(const struct command *command, int argc, char **argv);

#endif
