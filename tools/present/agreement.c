/* agreement.c: elements by name, as the holder agreed to them. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/present/presentation_internal.h"

bool
is_age_over(struct mdoc_bytes element)
{
	return element.len == 11 && memcmp(element.ptr, "age_over_", 9) == 0;
}

void
agreement_clear(struct agreement *agreement)
{
	for (size_t i = 0; i < agreement->count; i++) {
		free(agreement->items[i].doc_type);
		free(agreement->items[i].ns);
		free(agreement->items[i].element);
	}
	free(agreement->items);
	memset(agreement, 0, sizeof(*agreement));
}

static char *
copy_text(struct mdoc_bytes text)
{
	return strndup((const char *)text.ptr, text.len);
}

bool
agreement_add(struct agreement *agreement, const struct mdoc_request *request, struct mdoc_bytes doc_type,
	struct mdoc_bytes ns, struct mdoc_bytes element)
{
	struct agreed *items = agreement->items;
	struct agreed *item;

	if (agreement->count == agreement->room) {
		const size_t room = agreement->room == 0 ? 16 : 2 * agreement->room;

		items = realloc(items, room * sizeof(*items));
		if (items == NULL)
			return false;
		agreement->items = items;
		agreement->room = room;
	}
	item = &items[agreement->count++];
	*item = (struct agreed){ request, doc_type.ptr != NULL ? copy_text(doc_type) : NULL, copy_text(ns),
		copy_text(element) };
	return item->ns != NULL && item->element != NULL && (doc_type.ptr == NULL || item->doc_type != NULL);
}

bool
agreement_has(const struct agreement *agreement, const struct mdoc_request *request, struct mdoc_bytes doc_type,
	struct mdoc_bytes ns, struct mdoc_bytes element)
{
	for (size_t i = 0; i < agreement->count; i++) {
		const struct agreed *item = &agreement->items[i];

		if ((item->request == NULL || item->request == request) && mdoc_bytes_is_text(element, item->element) &&
			mdoc_bytes_is_text(ns, item->ns) &&
			(item->doc_type == NULL || mdoc_bytes_is_text(doc_type, item->doc_type)))
			return true;
	}
	return false;
}

enum exit_status
agreement_parse(const struct command *command, const struct option_list *list, struct agreement *wanted)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->items[i];
		const char *colon = strrchr(text, ':'); /* a namespace may contain colons, an element does not */

		if (colon == NULL || colon == text || colon[1] == '\0')
			return options_wrong(command, _("--agree wants NAMESPACE:ELEMENT, not \"%s\""), text);
		if (!agreement_add(wanted, NULL, MDOC_NO_BYTES, mdoc_bytes_of(text, (size_t)(colon - text)),
			    mdoc_text(colon + 1)))
			return tool_no_memory();
	}
	return EXIT_STATUS_OK;
}
