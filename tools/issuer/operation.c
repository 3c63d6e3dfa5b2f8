/* operation.c: one act of an operator. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/message.h"
#include "tools/issuer/operation.h"

static enum exit_status
check_operator(const struct command *command, const char *name)
{
	const size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7F)
			return options_wrong(command, "%s", _("--operator wants a name without control characters"));
	return len > 0 && len <= OPERATOR_MAX
		? EXIT_STATUS_OK
		: options_wrong(command, _("--operator wants a name of 1 to %d bytes"), OPERATOR_MAX);
}

enum exit_status
operation_look(const struct command *command, struct operation *operation)
{
	enum exit_status status;

	status = clock_option(command, operation->at, &operation->now);
	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	return status == EXIT_STATUS_OK ? issuer_open(operation->dir, &operation->issuer) : status;
}

enum exit_status
operation_open(const struct command *command, struct operation *operation)
{
	const char *module;
	enum exit_status status;

	status = check_operator(command, operation->operator_);
	if (status == EXIT_STATUS_OK)
		status = operation_look(command, operation);
	if (status != EXIT_STATUS_OK)
		return status;
	register_set_operator(operation->issuer.db, operation->operator_);
	module = operation->common.module != NULL ? operation->common.module : operation->issuer.module;
	status = issuer_token_open(module, operation->issuer.token, &operation->pin, &operation->token);
	if (status == EXIT_STATUS_NO)
		(void)register_log(operation->issuer.db, operation->now, "login-failed", command->name);
	return status;
}

void
operation_close(struct operation *operation)
{
	issuer_token_close(&operation->token);
	issuer_close(&operation->issuer);
}

static bool
read_number(const char *text, int64_t *number)
{
	char *end = NULL;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return text[0] >= '1' && text[0] <= '9' && *end == '\0' && errno == 0;
}

enum exit_status
subject_check(const struct command *command, const struct subject *subject)
{
	int64_t number;

	if ((subject->person == NULL) == (subject->device == NULL))
		return options_wrong(command, "%s", _("give one of --person and --device"));
	if (subject->device != NULL && !read_number(subject->device, &number))
		return options_wrong(command, _("--device wants a number, not \"%s\""), subject->device);
	return EXIT_STATUS_OK;
}

enum exit_status
operation_error(const struct operation *operation, const char *what, enum register_result result)
{
	return result == REGISTER_OK ? EXIT_STATUS_OK : issuer_register_error(what, operation->issuer.db, result);
}

enum exit_status
subject_find(struct operation *operation, const struct subject *subject, struct register_device *device)
{
	enum register_result res;
	int64_t number = 0;

	*device = (struct register_device){ .id = 0 };
	if (subject->device != NULL && read_number(subject->device, &number))
		res = register_device_find(operation->issuer.db, number, device);
	else
		res = register_device_of_person(operation->issuer.db, subject->person, device);
	return operation_error(operation, _("There is nothing to act on."), res);
}
