/* consent.c: what a holder sees and agrees to before anything leaves. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/present.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdlib.h>
#include <string.h>

enum exit_status
agreement_parse(const struct command *command, const struct option_list *list, struct agreement *agreement)
{
	memset(agreement, 0, sizeof(*agreement));
	if (list->count == 0)
		return EXIT_STATUS_GO_ON;
	agreement->items = calloc(list->count, sizeof(*agreement->items));
	if (agreement->items == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->items[i];
		const char *colon = strrchr(text, ':'); /* a namespace may contain colons, an element does not */

		if (colon == NULL || colon == text || colon[1] == '\0')
			return options_wrong(command, _("--agree wants NAMESPACE:ELEMENT, not \"%s\""), text);
		agreement->items[i].ns = mdoc_bytes_of(text, (size_t)(colon - text));
		agreement->items[i].element = mdoc_text(colon + 1);
	}
	agreement->count = list->count;
	agreement->given = true;
	return EXIT_STATUS_GO_ON;
}

void
agreement_clear(struct agreement *agreement)
{
	free(agreement->items);
	memset(agreement, 0, sizeof(*agreement));
}

enum exit_status
agreement_to_all(const struct mdoc_request *request, struct mdoc_bytes doc_type, struct agreement *agreement)
{
	size_t count = 0;

	agreement_clear(agreement);
	for (size_t d = 0; d < mdoc_request_count(request); d++)
		count += mdoc_doc_request_count(mdoc_request_doc(request, d));
	agreement->items = calloc(count + 1, sizeof(*agreement->items));
	if (agreement->items == NULL)
		return tool_no_memory();
	for (size_t d = 0; d < mdoc_request_count(request); d++) {
		const struct mdoc_doc_request *doc = mdoc_request_doc(request, d);
		const struct mdoc_asked *asked;

		if (!mdoc_bytes_equal(mdoc_doc_request_type(doc), doc_type))
			continue;
		for (size_t i = 0; (asked = mdoc_doc_request_asked(doc, i)) != NULL; i++) {
			agreement->items[agreement->count].ns = asked->ns;
			agreement->items[agreement->count].element = asked->element;
			agreement->count++;
		}
	}
	agreement->given = true;
	return EXIT_STATUS_OK;
}

static bool
record_holds(const struct mdoc_issuer_signed *record, const struct mdoc_asked *asked)
{
	const struct mdoc_namespace *ns = mdoc_find_namespace(record, asked->ns);

	return ns != NULL && mdoc_find_item(ns, asked->element) != NULL;
}

bool
consent_number_is_asked(const struct mdoc_request *request, const struct mdoc_issuer_signed *record)
{
	const struct mdoc_bytes doc_type = mdoc_mso_doc_type(mdoc_issuer_signed_mso(record));

	for (size_t d = 0; d < mdoc_request_count(request); d++) {
		const struct mdoc_doc_request *doc = mdoc_request_doc(request, d);
		const struct mdoc_asked *asked;

		if (!mdoc_bytes_equal(mdoc_doc_request_type(doc), doc_type))
			continue;
		for (size_t i = 0; (asked = mdoc_doc_request_asked(doc, i)) != NULL; i++)
			if (mdoc_bytes_is_text(asked->element, MDOC_INDIVIDUAL_NUMBER) && record_holds(record, asked))
				return true;
	}
	return false;
}

static void
show_element(FILE *to, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	char room[32], name[160];
	const char *label = element_label(ns, element, room);

	snprintf(name, sizeof(name), "%.*s", (int)(element.len < 150 ? element.len : 150), (const char *)element.ptr);
	fputs("  ", to);
	terminal_padded(to, label != NULL ? label : "", 14);
	terminal_padded(to, name, 28);
}

/* What would leave comes last, right above the question: a reader that asks for thousands of things
 * must not be able to push it off the screen. */
void
consent_show_selection(FILE *to, const struct mdoc_selection *selection)
{
	if (selection->refused_count > 0)
		fprintf(to, "%s\n", _("Asked for, but not given:"));
	for (size_t i = 0; i < selection->refused_count; i++) {
		show_element(to, selection->refused[i].ns, selection->refused[i].element);
		fputc('\n', to);
	}
	fprintf(to, "%s\n", _("These would leave:"));
	for (size_t i = 0; i < selection->count; i++) {
		const struct mdoc_item *item = selection->items[i];

		show_element(to, mdoc_namespace_name(selection->item_ns[i]), mdoc_item_element(item));
		value_print(to, mdoc_item_element(item), mdoc_item_value(item));
		if (selection->retain[i])
			fprintf(to, "  %s", _("[the reader means to keep this]"));
		fputc('\n', to);
	}
}
