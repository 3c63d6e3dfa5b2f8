/*
 * revoke.c: end a record for one of the reasons of the law, as the operator says it or as the holder has asked by the file
 * of mdoc-token revoke (R-REV-01, R-REV-02, R-NOT-04). Such a file proves nothing: the operator has checked who brings it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <string.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/issuer/operation.h"

#define REQUEST_TYPE "mdoc-revocation-request"
#define REQUEST_VERSION 1
#define TEXT_MAX 64

struct request {
	json_t *json; /* owns the texts; NULL: there is none */
	const char *serial, *reason, *requested;
};

static const char *
word_of(const struct request *request, const char *member)
{
	const json_t *value = json_object_get(request->json, member);
	const char *text = json_string_value(value);

	return text != NULL && text[0] != '\0' && strlen(text) == json_string_length(value) && strlen(text) <= TEXT_MAX
		? text
		: NULL;
}

static enum exit_status
read_request(const char *path, struct request *request)
{
	const enum exit_status status = json_read(path, &request->json);
	const char *type;

	if (status != EXIT_STATUS_OK)
		return status;
	type = word_of(request, "type");
	request->serial = word_of(request, "serial");
	request->reason = word_of(request, "reason");
	request->requested = word_of(request, "requested");
	if (type != NULL && strcmp(type, REQUEST_TYPE) == 0 &&
		json_integer_value(json_object_get(request->json, "version")) == REQUEST_VERSION &&
		request->serial != NULL && request->requested != NULL && register_reason_known(request->reason))
		return EXIT_STATUS_OK;
	tool_error(_("%s is no request to revoke"), path);
	return EXIT_STATUS_INPUT;
}

/* Before anything is done: what an operator compares with what he was told. */
static void
show_request(const struct request *request)
{
	const struct {
		const char *name, *value;
	} lines[] = { { _("serial number"), request->serial }, { _("reason"), request->reason },
		{ _("requested"), request->requested } };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		terminal_padded(stderr, lines[i].name, 16);
		terminal_text(stderr, lines[i].value, strlen(lines[i].value));
		(void)fputc('\n', stderr);
	}
}

/* By --person or --device, whose token must be the one of the request if it has told; or by the request's alone. */
static enum exit_status
find_device(struct operation *operation, const struct subject *subject, const struct request *request,
	struct register_device *device)
{
	const bool named = subject->person != NULL || subject->device != NULL;
	enum exit_status status;
	enum register_result res;

	if (!named) {
		res = register_device_by_serial(operation->issuer.db, request->serial, device);
		return operation_error(operation,
			res == REGISTER_NOT_ALLOWED
				? _("Two devices say that they have this serial number: give --person or --device.")
				: _("There is nothing to act on."),
			res);
	}
	status = subject_find(operation, subject, device);
	if (status == EXIT_STATUS_OK && request->serial != NULL && device->serial != NULL &&
		strcmp(request->serial, device->serial) != 0) {
		tool_error(_("The request is about another token: that enrolment has the serial number %s."),
			device->serial);
		status = EXIT_STATUS_NO;
	}
	return status;
}

static enum exit_status
revoke(struct operation *operation, const struct subject *subject, const struct request *request, const char *reason)
{
	const bool returned = strcmp(reason, REGISTER_REASON_RETURNED) == 0;
	struct register_device device = { .id = 0 };
	enum exit_status status;

	if (request->json != NULL)
		show_request(request);
	status = find_device(operation, subject, request, &device);
	if (status == EXIT_STATUS_OK)
		status = operation_change(operation, device.id, returned ? REGISTER_ACT_RETURN : REGISTER_ACT_REVOKE,
			reason);
	register_device_clear(&device);
	return status;
}

static enum exit_status
wrong_reason(const struct command *command, const char *reason)
{
	char all[256] = "";
	size_t used = 0;

	for (size_t i = 0; register_reason_word(i) != NULL && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i == 0 ? "" : ", ",
			register_reason_word(i));
	return options_wrong(command, _("--reason wants one of %s, not \"%s\""), all, reason);
}

static enum exit_status
check(const struct command *command, const struct subject *subject, const char *reason, const char *path)
{
	if ((reason == NULL) == (path == NULL))
		return options_wrong(command, "%s", _("give one of --reason and --request"));
	if (reason != NULL && !register_reason_known(reason))
		return wrong_reason(command, reason);
	if (path != NULL && subject->person == NULL && subject->device == NULL)
		return EXIT_STATUS_OK;
	return subject_check(command, subject);
}

int
cmd_revoke(const struct command *command, int argc, char **argv)
{
	struct operation operation = { .dir = NULL };
	struct subject subject = { NULL, NULL };
	struct request request = { NULL, NULL, NULL, NULL };
	const char *reason = NULL, *path = NULL;
	const struct option_row rows[] = { { "reason", OPTION_TEXT, &reason, N_("WORD"),
						   N_("why: key-leaked, key-lost, device-lost and others"), false },
		{ "request", OPTION_TEXT, &path, N_("FILE"),
			N_("the holder's request, made by mdoc-token revoke, instead of a reason"), false },
		SUBJECT_ROWS(subject) OPERATION_ROWS(operation) };
	enum exit_status status;

	status = options_parse(command, rows, &operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = check(command, &subject, reason, path);
	if (status == EXIT_STATUS_OK && path != NULL)
		status = read_request(path, &request);
	if (status == EXIT_STATUS_OK)
		status = operation_open(command, &operation);
	if (status == EXIT_STATUS_OK)
		status = revoke(&operation, &subject, &request, reason != NULL ? reason : request.reason);
	operation_close(&operation);
	json_decref(request.json);
	return (int)status;
}
