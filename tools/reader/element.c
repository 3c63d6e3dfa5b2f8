/* element.c: what --element means. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/reader/reader.h"

bool
request_parse_element(const char *text, struct mdoc_asked *asked)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL || colon == text || colon[1] == '\0')
		return false;
	asked->ns = mdoc_bytes_of(text, (size_t)(colon - text));
	asked->element = mdoc_text(colon + 1);
	asked->intent_to_retain = false;
	return true;
}
