/*
 * tests/unit/diag.c: CBOR from diagnostic notation (RFC 8949, section 8), as far as tests need it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/diag.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *put_item(struct mdoc_buf *out, const char *at);

static const char *
skip(const char *at)
{
	while (isspace((unsigned char)*at) || *at == ',' || *at == ':')
		at++;
	return at;
}

static const char *
wrong(const char *at)
{
	printf("not diagnostic notation: %s\n", at);
	abort();
}

/* The items up to `end`, whose head is written once they are counted. */
static const char *
put_container(struct mdoc_buf *out, const char *at, char end)
{
	struct mdoc_buf items = MDOC_BUF_EMPTY;
	size_t count = 0;

	for (at = skip(at); *at != end; at = skip(at), count++)
		at = put_item(&items, at);
	if (end == ']')
		mdoc_put_array(out, count);
	else
		mdoc_put_map(out, count / 2);
	mdoc_buf_append(out, mdoc_buf_bytes(&items));
	mdoc_buf_clear(&items);
	return at + 1;
}

static const char *
put_embedded(struct mdoc_buf *out, const char *at)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	at = skip(put_item(&inner, at));
	mdoc_put_bstr(out, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
	return strncmp(at, ">>", 2) == 0 ? at + 2 : wrong(at);
}

static const char *
put_hex(struct mdoc_buf *out, const char *at)
{
	uint8_t bytes[256];
	size_t len = 0;
	unsigned byte;

	for (; *at != '\'' && len < sizeof(bytes); at += 2, len++) {
		if (sscanf(at, "%2x", &byte) != 1)
			return wrong(at);
		bytes[len] = (uint8_t)byte;
	}
	mdoc_put_bstr(out, mdoc_bytes_of(bytes, len));
	return at + 1;
}

static const char *
put_number(struct mdoc_buf *out, const char *at)
{
	char *end;
	const long long value = strtoll(at, &end, 10);

	if (end == at)
		return wrong(at);
	if (*end != '(') {
		mdoc_put_int(out, value);
		return end;
	}
	mdoc_put_tag(out, (uint64_t)value);
	at = skip(put_item(out, end + 1));
	return *at == ')' ? at + 1 : wrong(at);
}

static const char *
put_item(struct mdoc_buf *out, const char *at)
{
	const char *end;

	at = skip(at);
	if (*at == '[')
		return put_container(out, at + 1, ']');
	if (*at == '{')
		return put_container(out, at + 1, '}');
	if (strncmp(at, "<<", 2) == 0)
		return put_embedded(out, at + 2);
	if (strncmp(at, "h'", 2) == 0)
		return put_hex(out, at + 2);
	if (*at == '"') {
		end = strchr(at + 1, '"');
		mdoc_put_tstr(out, mdoc_bytes_of(at + 1, (size_t)(end - at - 1)));
		return end + 1;
	}
	if (strncmp(at, "null", 4) == 0) {
		mdoc_put_null(out);
		return at + 4;
	}
	if (strncmp(at, "true", 4) == 0 || strncmp(at, "false", 5) == 0) {
		mdoc_put_bool(out, *at == 't');
		return at + (*at == 't' ? 4 : 5);
	}
	return put_number(out, at);
}

void
diag_put(struct mdoc_buf *out, const char *text)
{
	const char *end = skip(put_item(out, text));

	if (*end != '\0' || out->err != MDOC_OK)
		(void)wrong(end);
}
