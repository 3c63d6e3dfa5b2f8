/* doctor.c: mdoc-token doctor: what is wrong with module, configuration, store and tokens, why, and what
 * to do about it. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/doctor.h"
#include "tools/token/token.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = { "note", "warning", "problem" };

static const struct doctor_text *
find_text(const char *id)
{
	const struct doctor_text *text = doctor_texts;

	while (text->id != NULL && strcmp(text->id, id) != 0)
		text++;
	return text->id != NULL ? text : NULL;
}

void
doctor_say(struct doctor *doctor, const char *id, const char *format, ...)
{
	const struct doctor_text *text = find_text(id);
	struct doctor_finding *more = realloc(doctor->findings, (doctor->count + 1) * sizeof(*more));
	char *detail = NULL;
	va_list ap;

	if (more != NULL)
		doctor->findings = more;
	if (format != NULL) {
		va_start(ap, format);
		if (vasprintf(&detail, format, ap) < 0)
			detail = NULL;
		va_end(ap);
	}
	if (more == NULL || text == NULL || (format != NULL && detail == NULL)) {
		doctor->no_memory = true;
		free(detail);
		return;
	}
	doctor->findings[doctor->count++] = (struct doctor_finding){ text, detail };
}

static enum doctor_level
worst_level(const struct doctor *doctor)
{
	enum doctor_level worst = DOCTOR_NOTE;

	for (size_t i = 0; i < doctor->count; i++)
		if (doctor->findings[i].text->level > worst)
			worst = doctor->findings[i].text->level;
	return worst;
}

static json_t *
finding_json(const struct doctor_finding *finding)
{
	const struct doctor_text *text = finding->text;
	json_t *object =
		json_pack("{s:s, s:s, s:s}", "id", text->id, "level", level_names[text->level], "what", _(text->what));

	if (object != NULL && finding->detail != NULL) /* a path may be no UTF-8 */
		json_object_set_new(object, "detail",
			json_text((struct mdoc_bytes){ (const uint8_t *)finding->detail, strlen(finding->detail) }));
	if (object != NULL && text->why != NULL)
		json_object_set_new(object, "why", json_string(_(text->why)));
	if (object != NULL && text->what_to != NULL)
		json_object_set_new(object, "do", json_string(_(text->what_to)));
	return object;
}

static enum exit_status
print_json(const struct doctor *doctor)
{
	static const char *const verdicts[] = { "fine", "warnings", "problems" };
	json_t *list = json_array();
	json_t *result;
	enum exit_status status;

	for (size_t i = 0; i < doctor->count; i++)
		json_array_append_new(list, finding_json(&doctor->findings[i]));
	result = json_pack("{s:i, s:s, s:o}", "version", 1, "verdict", verdicts[worst_level(doctor)], "findings", list);
	status = result != NULL ? json_print(result) : tool_no_memory();
	json_decref(result);
	return status;
}

static void
print_finding(const struct doctor_finding *finding)
{
	const char *const words[] = { _("note"), _("warning"), _("PROBLEM") };
	const struct doctor_text *text = finding->text;

	printf("%s: %s\n", words[text->level], _(text->what));
	if (finding->detail != NULL) {
		printf("    ");
		terminal_text(stdout, finding->detail, strlen(finding->detail));
		putchar('\n');
	}
	if (text->why != NULL)
		printf("    %s %s\n", _("Why:"), _(text->why));
	if (text->what_to != NULL)
		printf("    %s %s\n", _("What to do:"), _(text->what_to));
}

static enum exit_status
print_text(const struct doctor *doctor)
{
	const char *const verdicts[] = {
		_("Nothing is wrong."),
		_("It works, but look at the warnings."),
		_("Something does not work; look at the problems."),
	};

	for (size_t i = 0; i < doctor->count; i++)
		print_finding(&doctor->findings[i]);
	printf("%s\n", verdicts[worst_level(doctor)]);
	return EXIT_STATUS_OK;
}

static enum exit_status
report(const struct doctor *doctor, bool as_json)
{
	static const enum exit_status codes[] = { EXIT_STATUS_OK, EXIT_STATUS_NO, EXIT_STATUS_TROUBLE };
	enum exit_status status;

	if (doctor->no_memory)
		return tool_no_memory();
	status = as_json ? print_json(doctor) : print_text(doctor);
	return status == EXIT_STATUS_OK ? codes[worst_level(doctor)] : status;
}

static void
clear(struct doctor *doctor)
{
	p11_close(&doctor->p11);
	json_decref(doctor->library);
	for (size_t i = 0; i < doctor->count; i++)
		free(doctor->findings[i].detail);
	free(doctor->findings);
}

int
cmd_doctor(const struct command *command, int argc, char **argv)
{
	struct common_options common = { NULL, false };
	const char *label = NULL;
	const struct option_row rows[] = {
		{ "token", OPTION_TEXT, &label, N_("LABEL"), N_("look at this token only"), false },
		END_ROW,
	};
	struct doctor doctor = { .findings = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	doctor_module(&doctor, common.module);
	doctor_config(&doctor);
	doctor_store(&doctor);
	status = doctor_tokens(&doctor, label);
	if (status == EXIT_STATUS_OK) {
		doctor_p11kit(&doctor);
		doctor_system(&doctor);
		status = report(&doctor, common.json);
	}
	clear(&doctor);
	return status;
}
