/*
 * mdoc/request/reader_payload.c: ReaderAuthentication (ISO/IEC 18013-5, 9.1.4.3) and
 * ReaderAuthenticationAll, which a reader signs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/reader_auth_internal.h"

static void
put_embedded(struct mdoc_buf *buf, struct mdoc_buf *inner)
{
	if (buf->err == MDOC_OK)
		buf->err = inner->err;
	mdoc_put_embedded(buf, mdoc_buf_bytes(inner));
	mdoc_buf_clear(inner);
}

void
mdoci_put_reader_authentication_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript,
	struct mdoc_bytes items_request_bytes)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	mdoc_put_array(&inner, 3);
	mdoc_put_text(&inner, "ReaderAuthentication");
	mdoc_put_raw(&inner, transcript);
	mdoc_put_raw(&inner, items_request_bytes);
	put_embedded(buf, &inner);
}

void
mdoci_put_reader_authentication_all_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript, struct mdoc_bytes items,
	size_t count, enum mdoci_reader_all form, struct mdoc_bytes info)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	mdoc_put_array(&inner, form);
	mdoc_put_text(&inner, "ReaderAuthenticationAll");
	mdoc_put_raw(&inner, transcript);
	mdoc_put_array(&inner, count);
	mdoc_put_raw(&inner, items);
	if (form == MDOCI_READER_ALL_FOUR && info.len > 0)
		mdoc_put_raw(&inner, info);
	else if (form == MDOCI_READER_ALL_FOUR)
		mdoc_put_null(&inner);
	put_embedded(buf, &inner);
}
