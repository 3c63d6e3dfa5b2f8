/*
 * operation.h: one act of an operator: who, on which issuer, with which PIN, when. The PIN of the issuer's token is what
 * shows that somebody may act; a wrong one is in the log under the name that was given (R-IKC-02).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_OPERATION_H
#define ISSUER_OPERATION_H

#include "tools/issuer/issuer.h"

#define OPERATOR_MAX 64 /* bytes of a name */

struct operation {
	const char *dir, *operator_, *at;
	struct pin_source pin;
	struct common_options common;
	struct issuer issuer;
	struct issuer_token token;
	int64_t now;
};

/* The options that all of them have, for a table of options. */
#define OPERATION_ROWS(o) \
	{ "dir", OPTION_TEXT, &(o).dir, N_("FOLDER"), N_("the issuer's folder"), true }, \
		{ "operator", OPTION_TEXT, &(o).operator_, N_("NAME"), N_("who does it, for the log"), true }, \
		{ "pin-file", OPTION_TEXT, &(o).pin.file, N_("FILE"), N_("read the token's PIN from a file"), false }, \
		{ "pin-fd", OPTION_TEXT, &(o).pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"), \
			false }, \
		{ "at", OPTION_TEXT, &(o).at, N_("TIME"), N_("act as if it were this time (RFC 3339); for tests"), \
			false }, \
	{ \
		NULL, OPTION_END, NULL, NULL, NULL, false \
	}

/* The same for those who only look: no operator, no PIN. */
#define LOOK_ROWS(o) \
	{ "dir", OPTION_TEXT, &(o).dir, N_("FOLDER"), N_("the issuer's folder"), true }, \
		{ "at", OPTION_TEXT, &(o).at, N_("TIME"), N_("act as if it were this time (RFC 3339); for tests"), \
			false }, \
	{ \
		NULL, OPTION_END, NULL, NULL, NULL, false \
	}

/* Open the issuer, log in to its token, name the operator. operation_close() in any case. */
enum exit_status operation_open(const struct command *command, struct operation *operation);

/* Open the issuer only. */
enum exit_status operation_look(const struct command *command, struct operation *operation);
void operation_close(struct operation *operation);

/* Which enrolment is meant: exactly one of --person and --device. */
struct subject {
	const char *person, *device;
};
#define SUBJECT_ROWS(s) \
	{ "person", OPTION_TEXT, &(s).person, N_("TEXT"), N_("the person, by your own reference"), false }, \
		{ "device", OPTION_TEXT, &(s).device, N_("NUMBER"), N_("the enrolment, by its number"), false },

/* EXIT_STATUS_USAGE unless there is exactly one, and a number is one. */
enum exit_status subject_check(const struct command *command, const struct subject *subject);

/* Find it. register_device_clear() in any case. EXIT_STATUS_NO (said): there is none. */
enum exit_status subject_find(struct operation *operation, const struct subject *subject,
	struct register_device *device);

/* One act on an enrolment, and what became of it, said. EXIT_STATUS_NO (said): not in this state */
enum exit_status operation_change(struct operation *operation, int64_t device, enum register_act act,
	const char *reason);

/* A register result of a command: "what", and why. */
enum exit_status operation_error(const struct operation *operation, const char *what, enum register_result result);

int cmd_person(const struct command *command, int argc, char **argv);
int cmd_suspend(const struct command *command, int argc, char **argv);
int cmd_resume(const struct command *command, int argc, char **argv);
int cmd_revoke(const struct command *command, int argc, char **argv);
int cmd_lapse(const struct command *command, int argc, char **argv);
int cmd_compromise(const struct command *command, int argc, char **argv);
int cmd_status(const struct command *command, int argc, char **argv);
int cmd_crl(const struct command *command, int argc, char **argv);
int cmd_status_list(const struct command *command, int argc, char **argv);
int cmd_verify_log(const struct command *command, int argc, char **argv);
int cmd_purge(const struct command *command, int argc, char **argv);
int cmd_personalise(const struct command *command, int argc, char **argv);
int cmd_export(const struct command *command, int argc, char **argv);

#endif
