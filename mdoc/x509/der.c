/*
 * mdoc/x509/der.c: DER, read in place: nothing is copied and nothing but the shortest form is taken.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/der.h"

#include <mdoc/validity.h>
#include <string.h>

#define TAG_NUMBER 0x1f /* all ones: the number follows, which X.509 has no use for */
#define LENGTH_LONG 0x80
#define LENGTH_BYTES_MAX 4
#define TIME_LEN 13 /* "YYMMDDhhmmssZ" */

int
mdoci_der_peek(struct mdoc_bytes in)
{
	return in.len > 0 ? in.ptr[0] : -1;
}

/* Tag and length; head: their bytes. */
static bool
read_head(struct mdoc_bytes in, size_t *head, size_t *len)
{
	size_t count;

	if (in.len < 2 || (in.ptr[0] & TAG_NUMBER) == TAG_NUMBER)
		return false;
	*head = 2;
	*len = in.ptr[1];
	if (*len < LENGTH_LONG)
		return true;
	count = *len & 0x7f;
	if (count == 0 || count > LENGTH_BYTES_MAX || in.len < 2 + count || in.ptr[2] == 0)
		return false;
	*len = 0;
	for (size_t i = 0; i < count; i++)
		*len = *len << 8 | in.ptr[2 + i];
	*head = 2 + count;
	return *len >= LENGTH_LONG;
}

bool
mdoci_der_take(struct mdoc_bytes *in, int tag, struct mdoc_bytes *body, struct mdoc_bytes *whole)
{
	size_t head, len;

	if (mdoci_der_peek(*in) != tag || !read_head(*in, &head, &len) || len > in->len - head)
		return false;
	if (body != NULL)
		*body = mdoc_bytes_of(in->ptr + head, len);
	if (whole != NULL)
		*whole = mdoc_bytes_of(in->ptr, head + len);
	*in = mdoc_bytes_of(in->ptr + head + len, in->len - head - len);
	return true;
}

bool
mdoci_der_any(struct mdoc_bytes *in, int *tag, struct mdoc_bytes *body)
{
	*tag = mdoci_der_peek(*in);
	return *tag >= 0 && mdoci_der_take(in, *tag, body, NULL);
}

bool
mdoci_der_only(struct mdoc_bytes in, int tag, struct mdoc_bytes *body)
{
	return mdoci_der_take(&in, tag, body, NULL) && in.len == 0;
}

bool
mdoci_der_integer(struct mdoc_bytes *in, struct mdoc_bytes *body)
{
	if (!mdoci_der_take(in, DER_INTEGER, body, NULL) || body->len == 0)
		return false;
	/* A first byte that only repeats the sign. */
	return body->len == 1 ||
		!((body->ptr[0] == 0 && body->ptr[1] < 0x80) || (body->ptr[0] == 0xff && body->ptr[1] >= 0x80));
}

bool
mdoci_der_small(struct mdoc_bytes body, unsigned *value)
{
	if (body.len == 2 && body.ptr[0] == 0 && body.ptr[1] >= 0x80)
		*value = body.ptr[1];
	else if (body.len == 1 && body.ptr[0] < 0x80)
		*value = body.ptr[0];
	else
		return false;
	return true;
}

/* By way of the tdate that mdocs have: "260130145959Z" is "2026-01-30T14:59:59Z". */
bool
mdoci_der_time(struct mdoc_bytes *in, int64_t *when)
{
	const bool utc = mdoci_der_peek(*in) == DER_UTC_TIME;
	const size_t century = utc ? 0 : 2; /* bytes that say it */
	char text[MDOC_TDATE_LEN + 1] = "0000-00-00T00:00:00Z";
	struct mdoc_bytes body = MDOC_NO_BYTES;

	if (!mdoci_der_take(in, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, &body, NULL) ||
		body.len != century + TIME_LEN || body.ptr[body.len - 1] != 'Z')
		return false;
	memcpy(text, utc ? (body.ptr[0] < '5' ? "20" : "19") : (const char *)body.ptr, 2);
	for (size_t i = 0; i < 6; i++)
		memcpy(text + 2 + 3 * i, body.ptr + century + 2 * i, 2);
	return mdoc_tdate_parse(mdoc_bytes_of(text, MDOC_TDATE_LEN), when);
}

void
mdoci_der_put(struct mdoc_buf *out, int tag, struct mdoc_bytes body)
{
	uint8_t head[2 + LENGTH_BYTES_MAX] = { (uint8_t)tag, (uint8_t)body.len };
	size_t bytes = 0;

	if (body.len >= LENGTH_LONG) {
		while (bytes < LENGTH_BYTES_MAX && body.len >> (8 * bytes) != 0)
			bytes++;
		head[1] = (uint8_t)(LENGTH_LONG | bytes);
		for (size_t i = 0; i < bytes; i++)
			head[2 + i] = (uint8_t)(body.len >> (8 * (bytes - 1 - i)));
	}
	mdoc_buf_append(out, mdoc_bytes_of(head, 2 + bytes));
	mdoc_buf_append(out, body);
}

void
mdoci_der_put_time(struct mdoc_buf *out, int64_t when)
{
	char text[MDOC_TDATE_LEN + 1];
	char body[2 + TIME_LEN];
	bool utc;

	mdoc_tdate_print(when, text);
	if (text[0] == '\0') {
		if (out->err == MDOC_OK)
			out->err = MDOC_ERR_VALUE;
		return;
	}
	utc = memcmp(text, "2050", 4) < 0;
	memcpy(body, text, 2);
	for (size_t i = 0; i < 6; i++)
		memcpy(body + 2 + 2 * i, text + 2 + 3 * i, 2);
	body[sizeof(body) - 1] = 'Z';
	mdoci_der_put(out, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME,
		utc ? mdoc_bytes_of(body + 2, TIME_LEN) : mdoc_bytes_of(body, sizeof(body)));
}
