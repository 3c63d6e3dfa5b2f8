/*
 * present.h: the commands of mdoc-present.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_PRESENT_PRESENT_H
#define TOOLS_PRESENT_PRESENT_H

#include "tools/common/options.h"

int cmd_respond(const struct command *command, int argc, char **argv);
int cmd_session(const struct command *command, int argc, char **argv);
int cmd_openid4vp(const struct command *command, int argc, char **argv);
int cmd_authentication(const struct command *command, int argc, char **argv);

#endif
