/* form.c: application/x-www-form-urlencoded. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/form.h"
#include <string.h>

/* Letters that stand for themselves in every part of a URI (RFC 3986, 2.3). */
static bool
is_unreserved(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		c == '_' || c == '~';
}

static void
put_encoded(struct mdoc_buf *out, struct mdoc_bytes text)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t start = 0;

	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];
		const char escape[] = { '%', digits[c >> 4], digits[c & 15] };

		if (is_unreserved(c))
			continue;
		mdoc_buf_append(out, mdoc_bytes_of(text.ptr + start, i - start));
		mdoc_buf_append(out, mdoc_bytes_of(escape, sizeof(escape)));
		start = i + 1;
	}
	if (text.len > start)
		mdoc_buf_append(out, mdoc_bytes_of(text.ptr + start, text.len - start));
}

void
form_put(struct mdoc_buf *form, const char *name, struct mdoc_bytes value)
{
	if (form->len > 0)
		mdoc_buf_append(form, mdoc_text("&"));
	put_encoded(form, mdoc_text(name));
	mdoc_buf_append(form, mdoc_text("="));
	put_encoded(form, value);
}

static int
hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum mdoc_result
put_decoded(struct mdoc_buf *out, struct mdoc_bytes text)
{
	size_t start = 0;

	if (text.len > 0 && memchr(text.ptr, 0, text.len) != NULL)
		return MDOC_ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = ' ';

		if (text.ptr[i] != '+' && text.ptr[i] != '%')
			continue;
		mdoc_buf_append(out, mdoc_bytes_of(text.ptr + start, i - start));
		if (text.ptr[i] == '%') {
			const int high = i + 2 < text.len ? hex(text.ptr[i + 1]) : -1;
			const int low = high >= 0 ? hex(text.ptr[i + 2]) : -1;

			if (low < 0 || (high == 0 && low == 0))
				return MDOC_ERR_MALFORMED;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		}
		mdoc_buf_append(out, mdoc_bytes_of(&c, 1));
		start = i + 1;
	}
	if (text.len > start)
		mdoc_buf_append(out, mdoc_bytes_of(text.ptr + start, text.len - start));
	return out->err;
}

static bool
is_name(struct mdoc_bytes text, const char *name)
{
	struct mdoc_buf decoded = MDOC_BUF_EMPTY;
	const bool same = put_decoded(&decoded, text) == MDOC_OK && mdoc_bytes_is_text(mdoc_buf_bytes(&decoded), name);

	mdoc_buf_clear(&decoded);
	return same;
}

enum mdoc_result
form_get(struct mdoc_bytes form, const char *name, struct mdoc_buf *value)
{
	struct mdoc_bytes found = MDOC_NO_BYTES;
	const uint8_t zero = 0;
	enum mdoc_result res;

	for (size_t start = 0; start < form.len;) {
		const uint8_t *end = memchr(form.ptr + start, '&', form.len - start);
		const size_t len = end != NULL ? (size_t)(end - form.ptr) - start : form.len - start;
		const uint8_t *equals = memchr(form.ptr + start, '=', len);
		const size_t name_len = equals != NULL ? (size_t)(equals - form.ptr) - start : len;

		if (is_name(mdoc_bytes_of(form.ptr + start, name_len), name)) {
			if (found.ptr != NULL)
				return MDOC_ERR_DUPLICATE_KEY;
			found = equals != NULL ? mdoc_bytes_of(equals + 1, len - name_len - 1)
					       : mdoc_bytes_of(form.ptr + start + len, 0);
		}
		start += len + 1;
	}
	if (found.ptr == NULL)
		return MDOC_ERR_MISSING;
	res = put_decoded(value, found);
	mdoc_buf_append(value, mdoc_bytes_of(&zero, 1));
	if (value->err != MDOC_OK)
		return value->err;
	value->len--;
	return res;
}
