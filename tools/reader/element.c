/* element.c: what --element means. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/reader/reader.h"

#define RETAIN ":retain"

bool
request_parse_element(const char *text, struct mdoc_asked *asked)
{
	size_t len = strlen(text), tail = strlen(RETAIN);
	const char *colon;

	asked->intent_to_retain = false;
	/* "ns:retain" is an element of that name; "ns:x:retain" is x, to be retained. */
	if (len > tail && strcmp(text + len - tail, RETAIN) == 0 && memchr(text, ':', len - tail) != NULL) {
		asked->intent_to_retain = true;
		len -= tail;
	}
	colon = memrchr(text, ':', len);
	if (colon == NULL || colon == text || colon + 1 == text + len)
		return false;
	asked->ns = mdoc_bytes_of(text, (size_t)(colon - text));
	asked->element = mdoc_bytes_of(colon + 1, len - (size_t)(colon - text) - 1);
	return true;
}
