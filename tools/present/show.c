/* show.c: what leaves, for people and for programs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include "tools/present/presentation_internal.h"

void
show_element(FILE *to, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	char room[32], name[160];
	const char *label = element_label(ns, element, room);

	snprintf(name, sizeof(name), "%.*s", (int)(element.len < 150 ? element.len : 150), (const char *)element.ptr);
	fputs("  ", to);
	terminal_padded(to, label != NULL ? label : "", 14);
	terminal_padded(to, name, 28);
}

static void
show_type(FILE *to, struct mdoc_bytes doc_type)
{
	terminal_text(to, (const char *)doc_type.ptr, doc_type.len);
	fputc('\n', to);
}

/* A heading, once. */
static void
show_heading(FILE *to, const char *text, bool *shown)
{
	if (!*shown)
		fprintf(to, "%s\n", text);
	*shown = true;
}

static void
show_refused(FILE *to, const struct mdoc_selection *selection)
{
	const struct mdoc_choice *choice;
	struct mdoc_bytes doc_type;
	bool any = false;

	for (size_t i = 0; (doc_type = mdoc_selection_unanswered(selection, i)).ptr != NULL; i++) {
		show_heading(to, _("Asked for, but not given:"), &any);
		fputs("  ", to);
		show_type(to, doc_type);
	}
	for (size_t d = 0; d < mdoc_selection_count(selection); d++) {
		for (size_t i = 0; (choice = mdoc_selection_choice(selection, d, i)) != NULL; i++) {
			if (choice->state == MDOC_LEAVES && !mdoc_selection_too_large(selection, d))
				continue;
			show_heading(to, _("Asked for, but not given:"), &any);
			show_element(to, choice->asked_ns, choice->asked);
			fputc('\n', to);
		}
		if (mdoc_selection_too_large(selection, d))
			fprintf(to, "  %s\n", _("(it is larger than the reader can take; less of it may fit)"));
	}
}

/* What is said of a line beside its value. */
static void
show_notes(FILE *to, const struct mdoc_choice *choice)
{
	if (choice->asked.ptr != NULL &&
		(!mdoc_bytes_equal(choice->asked, choice->element) ||
			!mdoc_bytes_equal(choice->asked_ns, choice->ns))) {
		fprintf(to, "  [%s ", _("in answer to"));
		terminal_text(to, (const char *)choice->asked.ptr, choice->asked.len < 150 ? choice->asked.len : 150);
		fputc(']', to);
	}
	if (choice->retain)
		fprintf(to, "  %s", _("[the reader means to keep this]"));
}

static void
show_document(FILE *to, const struct mdoc_selection *selection, size_t document)
{
	const struct mdoc_choice *choice;

	if (mdoc_selection_count(selection) > 1)
		show_type(to, mdoc_selection_doc_type(selection, document));
	for (size_t i = 0; (choice = mdoc_selection_choice(selection, document, i)) != NULL; i++) {
		if (choice->state != MDOC_LEAVES)
			continue;
		show_element(to, choice->ns, choice->element);
		value_print(to, choice->element, choice->value);
		show_notes(to, choice);
		fputc('\n', to);
	}
}

/* What leaves comes last, so that it stays on the screen. */
void
selection_show(FILE *to, const struct mdoc_selection *selection)
{
	show_refused(to, selection);
	fprintf(to, "%s\n", _("These leave:"));
	for (size_t d = 0; d < mdoc_selection_count(selection); d++)
		if (mdoc_selection_leaves(selection, d))
			show_document(to, selection, d);
}

static json_t *
name_json(struct mdoc_bytes ns, struct mdoc_bytes element)
{
	return json_pack("[o, o]", json_text(ns), json_text(element));
}

static json_t *
document_json(const struct mdoc_selection *selection, size_t document)
{
	json_t *elements = json_array(), *retained = json_array(), *refused = json_array();
	const struct mdoc_choice *choice;

	for (size_t i = 0; (choice = mdoc_selection_choice(selection, document, i)) != NULL; i++) {
		if (choice->state != MDOC_LEAVES || !mdoc_selection_leaves(selection, document)) {
			json_array_append_new(refused, name_json(choice->asked_ns, choice->asked));
			continue;
		}
		json_array_append_new(elements, name_json(choice->ns, choice->element));
		if (choice->retain)
			json_array_append_new(retained, name_json(choice->ns, choice->element));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:I}", "docType",
		json_text(mdoc_selection_doc_type(selection, document)), "elements", elements, "retained", retained,
		"refused", refused, "bytes", (json_int_t)mdoc_selection_size(selection, document));
}

enum exit_status
selection_record(struct presentation *p)
{
	struct mdoc_bytes doc_type;
	int failed = 0;

	for (size_t d = 0; d < mdoc_selection_count(p->selection); d++)
		failed |= json_array_append_new(p->documents, document_json(p->selection, d));
	for (size_t i = 0; (doc_type = mdoc_selection_unanswered(p->selection, i)).ptr != NULL; i++)
		failed |= json_array_append_new(p->unanswered, json_text(doc_type));
	return failed == 0 ? EXIT_STATUS_OK : tool_no_memory();
}
