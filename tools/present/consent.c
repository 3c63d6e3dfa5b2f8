/* consent.c: what a holder is told and asked before anything of the token is touched.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include "tools/present/lines.h"

#define BASIS_SHOWN ((size_t)400) /* bytes of what a reader says */
#define TYPE_SHOWN 100            /* bytes of a document type inside a question */

/* ---- What is shown ---- */

/* A name of the profile has a label; a reader can make up as many others as it likes. */
static bool
has_label(const struct line *line)
{
	char room[32];

	return element_label(line->ns, line->element, room) != NULL;
}

static void
show_basis(FILE *to, const struct line *line)
{
	fprintf(to, "    %s ",
		line->basis_is_holders ? _("legal basis, as you state it:")
				       : _("legal basis, as the reader states it:"));
	terminal_text(to, (const char *)line->basis.ptr, line->basis.len < BASIS_SHOWN ? line->basis.len : BASIS_SHOWN);
	fputc('\n', to);
}

static void
show_line(FILE *to, const struct line *line)
{
	show_element(to, line->ns, line->element);
	if (line->instead_of.ptr != NULL) {
		fprintf(to, "[%s ", _("instead of"));
		terminal_text(to, (const char *)line->instead_of.ptr,
			line->instead_of.len < 150 ? line->instead_of.len : 150);
		fputs("] ", to);
	}
	if (line->substitute != NULL)
		fprintf(to, "[%s %s] ", _("answered by"), line->substitute->element);
	if (line->retain)
		fputs(_("[the reader means to keep this]"), to);
	if (line->state == LINE_DENIED && line->why != NULL)
		fprintf(to, " (%s)", line->why);
	fputc('\n', to);
	if (line->basis.len > 0)
		show_basis(to, line);
}

enum part { PART_REFUSED, PART_UNKNOWN, PART_KNOWN };

static bool
is_of(const struct consent *consent, const struct line *line, enum part part)
{
	const bool refused = line->state == LINE_DENIED || consent->refused[line->question];

	if (part == PART_REFUSED)
		return refused;
	return !refused && has_label(line) == (part == PART_KNOWN);
}

static void
show_part(const struct consent *consent, enum part part, const char *heading, bool *shown)
{
	FILE *to = consent->p->people;
	const struct line *before = NULL;

	for (size_t i = 0; i < consent->line_count; i++) {
		const struct line *line = &consent->lines[i];

		if (!is_of(consent, line, part))
			continue;
		if (!*shown)
			fprintf(to, "%s\n", heading);
		*shown = true;
		if (before == NULL || !mdoc_bytes_equal(before->doc_type, line->doc_type)) {
			fputs(" ", to);
			terminal_text(to, (const char *)line->doc_type.ptr, line->doc_type.len);
			fputc('\n', to);
		}
		before = line;
		show_line(to, line);
	}
}

static void
show_askers(const struct consent *consent)
{
	FILE *to = consent->p->people;

	for (size_t q = 0; q < consent->count; q++) {
		const struct question *question = &consent->questions[q];

		for (size_t d = 0; d < mdoc_request_count(question->request); d++) {
			const struct mdoc_bytes doc_type =
				mdoc_doc_request_type(mdoc_request_doc(question->request, d));

			terminal_text(to, (const char *)doc_type.ptr, doc_type.len);
			fputs(": ", to);
			asker_show(to, &question->askers[d]);
			if (!asker_is_answered(consent->p, &question->askers[d]))
				fprintf(to, "  %s\n", _("(this is not answered)"));
		}
		if (mdoc_request_warnings(question->request) != 0)
			tool_note(_("The request has parts that its version does not have or that are written "
				    "otherwise; some may be ignored."));
	}
}

/* What would leave comes last, with what everybody knows by name right above the question: a reader that asks for
 * thousands of things must not be able to push it off the screen. */
static void
show(const struct consent *consent)
{
	bool refused = false, given = false;

	show_askers(consent);
	show_part(consent, PART_REFUSED, _("Asked for, but not given:"), &refused);
	show_part(consent, PART_UNKNOWN, _("Asked for:"), &given);
	show_part(consent, PART_KNOWN, _("Asked for:"), &given);
	fflush(consent->p->people);
}

/* ---- What is asked ---- */

static bool
is_open(const struct consent *consent, const struct line *line, bool number)
{
	return line->state == LINE_OPEN && !consent->refused[line->question] && line->is_number == number;
}

/* 個人番号 is asked about by itself. */
static void
ask_number(struct consent *consent, const char *why_not)
{
	bool asked = false, agreed = false;

	for (size_t i = 0; i < consent->line_count; i++) {
		struct line *line = &consent->lines[i];

		if (!is_open(consent, line, true) || consent->p->wanted.count > 0)
			continue;
		show_basis(consent->p->people, line);
		if (!asked) {
			asked = true;
			fprintf(consent->p->people, "%s\n",
				_("The reader asks for the Individual Number (個人番号). Only those with a legal basis "
				  "may "
				  "ask for it."));
			fflush(consent->p->people);
			agreed = terminal_ask(_("Give the Individual Number too?"), NULL);
		}
		line->state = agreed ? LINE_AGREED : LINE_DENIED;
		line->why = why_not;
	}
}

static bool
question_leaves(const struct consent *consent, size_t q)
{
	for (size_t i = 0; i < consent->line_count; i++)
		if (consent->lines[i].question == q && consent->lines[i].state != LINE_DENIED && !consent->refused[q])
			return true;
	return false;
}

static bool
anything_leaves(const struct consent *consent)
{
	for (size_t q = 0; q < consent->count; q++)
		if (question_leaves(consent, q))
			return true;
	return false;
}

/* What came from outside moves no cursor. */
static void
printable(struct mdoc_bytes text, char name[TYPE_SHOWN + 1])
{
	size_t len = 0;
	bool shown;

	for (size_t i = 0, used; i < text.len; i += used) {
		used = terminal_character((const char *)text.ptr + i, text.len - i, &shown);
		if (len + used > TYPE_SHOWN)
			break;
		if (shown)
			memcpy(name + len, text.ptr + i, used);
		else
			name[len] = '?';
		len += shown ? used : 1;
	}
	name[len] = '\0';
}

/* Optional ones by themselves, the others together. */
static enum exit_status
ask(struct consent *consent)
{
	bool asked = true, open = false;

	for (size_t i = 0; i < consent->line_count; i++)
		open |= consent->lines[i].state == LINE_OPEN && !consent->refused[consent->lines[i].question];
	if (!open || consent->p->args->yes)
		return EXIT_STATUS_OK;
	for (size_t q = 0; q < consent->count; q++) {
		const struct mdoc_doc_request *doc = mdoc_request_doc(consent->questions[q].request, 0);
		char name[TYPE_SHOWN + 1], text[TYPE_SHOWN + 200];

		if (!consent->questions[q].optional || !question_leaves(consent, q))
			continue;
		printable(mdoc_doc_request_type(doc), name);
		snprintf(text, sizeof(text), _("Give what is asked of %.*s, which is optional?"), TYPE_SHOWN, name);
		consent->refused[q] = !terminal_ask(text, NULL);
	}
	if (anything_leaves(consent) && terminal_ask(_("Give this to the reader?"), &asked))
		return EXIT_STATUS_OK;
	tool_error(_("nothing was sent"));
	if (!asked)
		tool_why(_("There is no terminal to ask on; --yes agrees in advance."));
	return EXIT_STATUS_NO;
}

/* ---- Refusals ---- */

/* Why nothing at all may be answered: a revoked certificate before anything else, which a policy might let pass. */
static enum exit_status
refuse_reader(const struct consent *consent)
{
	const struct presentation *p = consent->p;
	const struct asker *reason = NULL;

	for (size_t q = 0; q < consent->count; q++) {
		for (size_t d = 0; d < mdoc_request_count(consent->questions[q].request); d++) {
			const struct asker *asker = &consent->questions[q].askers[d];

			if (asker_is_answered(p, asker))
				return EXIT_STATUS_OK;
			if (asker->error.code != MDOC_OK && (reason == NULL || asker->revoked))
				reason = asker;
		}
	}
	if (reason != NULL)
		(void)tool_mdoc_error(_("the reader's signature"), &reason->error);
	else
		tool_error(_("the reader does not prove who it is"));
	if (p->trust == NULL && p->reader_policy == MDOC_READER_POLICY_TRUSTED &&
		(reason == NULL || reason->standing == MDOC_READER_SIGNED))
		tool_why(_(
			"Only readers that are trusted are answered: name their CA with --reader-ca, or choose others "
			"with --reader-policy."));
	else
		tool_why(_("Do not answer this reader."));
	return EXIT_STATUS_NO;
}

static enum exit_status
check_anything(const struct consent *consent)
{
	bool required = false;

	for (size_t q = 0; q < consent->count; q++)
		required |=
			consent->refused[q] && !consent->questions[q].optional && consent->questions[q].all_or_nothing;
	if (anything_leaves(consent) && !required)
		return EXIT_STATUS_OK;
	tool_error(_("nothing that is asked for may be given"));
	for (size_t i = 0; i < consent->line_count; i++) {
		const struct line *line = &consent->lines[i];

		if (!line->is_number || line->state != LINE_DENIED)
			continue;
		if (line->basis.len == 0)
			tool_why(_("The Individual Number is given only where its legal basis is stated, by the reader "
				   "or with "
				   "--legal-basis."));
		else
			tool_why(_("The Individual Number is given only with --agree %s:%s."), JP_NAMESPACE,
				MDOC_INDIVIDUAL_NUMBER);
		break;
	}
	return EXIT_STATUS_NO;
}

static enum exit_status
remember(struct consent *consent)
{
	struct agreement *agreed = &consent->p->agreed;

	for (size_t i = 0; i < consent->line_count; i++) {
		const struct line *line = &consent->lines[i];
		const struct mdoc_bytes element =
			line->substitute != NULL ? mdoc_text(line->substitute->element) : line->element;

		if (line->state == LINE_DENIED || consent->refused[line->question])
			continue;
		if (!agreement_add(agreed, consent->questions[line->question].request, line->doc_type, line->ns,
			    element))
			return tool_no_memory();
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
record_askers(const struct consent *consent)
{
	json_t *readers = consent->p->readers;

	for (size_t q = 0; q < consent->count; q++) {
		const struct question *question = &consent->questions[q];

		for (size_t d = 0; d < mdoc_request_count(question->request); d++) {
			const struct mdoc_doc_request *doc = mdoc_request_doc(question->request, d);
			const struct mdoc_bytes basis = question->legal_basis != NULL
				? mdoc_text(question->legal_basis)
				: mdoc_doc_request_legal_basis(doc);
			json_t *one = asker_json(&question->askers[d], mdoc_doc_request_type(doc), basis);

			if (json_array_append_new(readers, one) != 0)
				return tool_no_memory();
		}
	}
	return EXIT_STATUS_OK;
}

enum exit_status
presentation_consent(struct presentation *p, const struct question *questions, size_t count)
{
	struct consent consent = { .p = p, .questions = questions, .count = count };
	enum exit_status status = EXIT_STATUS_OK;

	p->consented = false;
	agreement_clear(&p->agreed);
	consent.refused = calloc(count + 1, sizeof(*consent.refused));
	if (consent.refused == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = lines_make(&consent);
	if (status == EXIT_STATUS_OK) {
		lines_refuse(&consent);
		status = record_askers(&consent);
		show(&consent);
	}
	if (status == EXIT_STATUS_OK)
		status = refuse_reader(&consent);
	if (status == EXIT_STATUS_OK) {
		ask_number(&consent, _("not agreed to"));
		lines_refuse(&consent);
		status = check_anything(&consent);
	}
	if (status == EXIT_STATUS_OK)
		status = ask(&consent);
	if (status == EXIT_STATUS_OK)
		status = remember(&consent);
	p->consented = status == EXIT_STATUS_OK;
	free(consent.refused);
	free(consent.lines);
	return status;
}

bool
presentation_forbids(struct presentation *p, const struct question *question)
{
	struct consent consent = { .p = p, .questions = question, .count = 1 };
	bool refused = false, forbidden = false;

	for (size_t d = 0; d < mdoc_request_count(question->request); d++)
		if (!asker_is_answered(p, &question->askers[d]))
			return false;
	consent.refused = &refused;
	if (lines_make(&consent) == EXIT_STATUS_OK) {
		lines_refuse(&consent);
		forbidden = refused;
	}
	free(consent.lines);
	return forbidden;
}
