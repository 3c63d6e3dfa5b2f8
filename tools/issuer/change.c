/*
 * change.c: suspend, resume, lapse and compromise: what ends a record or interrupts it (R-REV-03, R-REV-04, R-SUS-01,
 * R-SUS-03, R-CARD-42).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <string.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/operation.h"

static enum exit_status
say_change(const struct operation *operation, int64_t device, enum register_state state, const char *reason)
{
	const enum register_law law = register_law_of(state, reason);
	enum exit_status status = EXIT_STATUS_OK;
	json_t *json;

	if (operation->common.json) {
		json = json_pack("{s:I, s:s, s:s, s:s}", "device", (json_int_t)device, "state",
			register_state_name(state), "law", register_law_word(law), "law_name", register_law_name(law));
		status = json == NULL ? tool_no_memory() : json_print(json);
		json_decref(json);
		return status;
	}
	printf(_("Enrolment %lld: %s (%s)\n"), (long long)device, register_state_name(state), register_law_name(law));
	return EXIT_STATUS_OK;
}

enum exit_status
operation_change(struct operation *operation, int64_t device, enum register_act act, const char *reason)
{
	const struct register_change wanted = { device, act, reason, operation->now };
	enum register_state before, after;
	enum exit_status status;
	enum register_result res;
	char what[160];

	res = register_change_state(operation->issuer.db, &wanted, &before);
	snprintf(what, sizeof(what), _("Enrolment %lld is %s: %s is refused."), (long long)device,
		register_state_name(before), register_act_name(act));
	status = operation_error(operation, res == REGISTER_NOT_ALLOWED ? what : _("Nothing was changed."), res);
	if (status == EXIT_STATUS_OK && register_next_state(before, act, &after))
		status = say_change(operation, device, after, reason);
	return status;
}

/* One act on the enrolment that is meant. */
static enum exit_status
change(struct operation *operation, const struct subject *subject, enum register_act act, const char *reason)
{
	struct register_device device;
	enum exit_status status = subject_find(operation, subject, &device);

	if (status == EXIT_STATUS_OK)
		status = operation_change(operation, device.id, act, reason);
	register_device_clear(&device);
	return status;
}

static int
change_command(const struct command *command, int argc, char **argv, enum register_act act)
{
	struct operation operation = { .dir = NULL };
	struct subject subject = { NULL, NULL };
	const struct option_row rows[] = { SUBJECT_ROWS(subject) OPERATION_ROWS(operation) };
	enum exit_status status;

	status = options_parse(command, rows, &operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = subject_check(command, &subject);
	if (status == EXIT_STATUS_OK)
		status = operation_open(command, &operation);
	if (status == EXIT_STATUS_OK)
		status = change(&operation, &subject, act, NULL);
	operation_close(&operation);
	return (int)status;
}

int
cmd_suspend(const struct command *command, int argc, char **argv)
{
	return change_command(command, argc, argv, REGISTER_ACT_SUSPEND);
}

int
cmd_resume(const struct command *command, int argc, char **argv)
{
	return change_command(command, argc, argv, REGISTER_ACT_RESUME);
}

static enum exit_status
say_count(const struct operation *operation, const char *member, int64_t n)
{
	enum exit_status status = EXIT_STATUS_OK;
	json_t *json;

	if (!operation->common.json) {
		printf(_("Records ended: %lld\n"), (long long)n);
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:I}", member, (json_int_t)n);
	status = json == NULL ? tool_no_memory() : json_print(json);
	json_decref(json);
	return status;
}

int
cmd_lapse(const struct command *command, int argc, char **argv)
{
	struct operation operation = { .dir = NULL };
	struct subject subject = { NULL, NULL };
	bool exhausted = false;
	const struct option_row rows[] = {
		{ "exhausted", OPTION_FLAG, &exhausted, NULL,
			N_("this one, because all its copies were used; without it all that have no ground any more"),
			false },
		SUBJECT_ROWS(subject) OPERATION_ROWS(operation)
	};
	enum exit_status status;
	int64_t lapsed = 0;
	bool one;

	status = options_parse(command, rows, &operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	one = exhausted || subject.person != NULL || subject.device != NULL;
	status = one ? subject_check(command, &subject) : EXIT_STATUS_OK;
	if (status == EXIT_STATUS_OK)
		status = operation_open(command, &operation);
	if (status == EXIT_STATUS_OK && one) {
		status = change(&operation, &subject, exhausted ? REGISTER_ACT_EXHAUST : REGISTER_ACT_LAPSE, NULL);
	} else if (status == EXIT_STATUS_OK) {
		status = operation_error(&operation, _("Not everything lapsed that should; do it again."),
			register_lapse(operation.issuer.db, operation.now, &lapsed));
		if (status == EXIT_STATUS_OK)
			status = say_count(&operation, "lapsed", lapsed);
	}
	operation_close(&operation);
	return (int)status;
}

enum compromised { KEY_DS, KEY_IACA };

static enum exit_status
compromise(struct operation *operation, enum compromised key, const char *serial)
{
	const int reason = key == KEY_DS ? 1 : 2; /* RFC 5280, 5.3.1: keyCompromise, cACompromise */
	char in_use[ISSUER_SERIAL_TEXT];
	enum exit_status status = EXIT_STATUS_OK;
	int64_t revoked = 0;

	if (key == KEY_DS && serial == NULL) {
		serial = in_use;
		if (!issuer_certificate_serial(mdoc_buf_bytes(&operation->issuer.ds), in_use)) {
			tool_error(_("%s/ds.pem is not the certificate of a document signer"), operation->dir);
			status = EXIT_STATUS_INPUT;
		}
	}
	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("Not everything was revoked that should be; do it again."),
			register_compromise(operation->issuer.db, key == KEY_DS ? serial : NULL, reason, operation->now,
				&revoked));
	if (status == EXIT_STATUS_OK)
		status = say_count(operation, "revoked", revoked);
	if (status == EXIT_STATUS_OK && !operation->common.json) {
		tool_note("%s", _("Publish it now: \"mdoc-issuer crl\" and \"mdoc-issuer status-list\"."));
		if (key == KEY_DS)
			tool_note("%s", _("Then make a new document signer: \"mdoc-issuer keys replace --key ds\"."));
		else
			tool_note("%s",
				_("Readers must stop to trust the IACA certificate: no CRL says that of itself."));
	}
	return status;
}

int
cmd_compromise(const struct command *command, int argc, char **argv)
{
	struct operation operation = { .dir = NULL };
	const char *key = NULL, *serial = NULL;
	const struct option_row rows[] = { { "key", OPTION_TEXT, &key, N_("KEY"),
						   N_("whose key is leaked, lost or damaged: ds or iaca"), true },
		{ "serial", OPTION_TEXT, &serial, N_("HEX"),
			N_("serial number of an earlier document signer, instead of the one in use"), false },
		OPERATION_ROWS(operation) };
	enum exit_status status;
	bool ds;

	status = options_parse(command, rows, &operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	ds = strcmp(key, "ds") == 0;
	status = EXIT_STATUS_OK;
	if (!ds && strcmp(key, "iaca") != 0)
		status = options_wrong(command, _("--key wants ds or iaca, not \"%s\""), key);
	else if (serial != NULL &&
		(!ds || strlen(serial) > 40 || strlen(serial) == 0 || strlen(serial) % 2 != 0 ||
			strspn(serial, "0123456789abcdef") != strlen(serial)))
		status = options_wrong(command, "%s",
			_("--serial wants pairs of digits 0-9 and a-f, and goes with --key ds"));
	if (status == EXIT_STATUS_OK)
		status = operation_open(command, &operation);
	if (status == EXIT_STATUS_OK)
		status = compromise(&operation, ds ? KEY_DS : KEY_IACA, serial);
	operation_close(&operation);
	return (int)status;
}
