/* input_text.c: CBOR that was written as text. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <mdoc/base64url.h>
#include <openssl/crypto.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/reader/reader.h"

#define QR_PREFIX "mdoc:"

/* Hexadecimal digits, with any white space, that are all of one CBOR item; false: something else. */
static bool
from_hex(struct mdoc_buf *content)
{
	struct mdoc_buf digits = MDOC_BUF_EMPTY, decoded = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	unsigned char *bytes = NULL;
	bool hex = false;
	long len = 0;

	for (size_t i = 0; i < content->len; i++)
		if (content->ptr[i] == '\0' || strchr(" \t\r\n", content->ptr[i]) == NULL)
			mdoc_buf_append(&digits, mdoc_bytes_of(content->ptr + i, 1));
	mdoc_buf_append(&digits, mdoc_bytes_of("", 1));
	if (digits.err == MDOC_OK && strlen((const char *)digits.ptr) == digits.len - 1)
		bytes = OPENSSL_hexstr2buf((const char *)digits.ptr, &len);
	if (bytes != NULL)
		mdoc_buf_append(&decoded, mdoc_bytes_of(bytes, (size_t)len));
	if (decoded.err == MDOC_OK &&
		mdoc_cbor_scan(tool_context(), mdoc_buf_bytes(&decoded), 0, &scan, NULL) == MDOC_OK) {
		mdoc_buf_clear(content);
		*content = decoded;
		decoded = MDOC_BUF_EMPTY;
		hex = true;
	}
	OPENSSL_free(bytes);
	mdoc_buf_clear(&digits);
	mdoc_buf_clear(&decoded);
	mdoc_cbor_free(scan);
	return hex;
}

enum exit_status
input_text(struct mdoc_buf *content)
{
	struct mdoc_bytes text = mdoc_buf_bytes(content);
	struct mdoc_buf decoded = MDOC_BUF_EMPTY;

	if (from_hex(content))
		return EXIT_STATUS_OK;
	while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL)
		text.len--;
	if (text.len > strlen(QR_PREFIX) && memcmp(text.ptr, QR_PREFIX, strlen(QR_PREFIX)) == 0) {
		text.ptr += strlen(QR_PREFIX);
		text.len -= strlen(QR_PREFIX);
	}
	switch (mdoc_base64url_decode(text, &decoded)) {
	case MDOC_OK:
		mdoc_buf_clear(content);
		*content = decoded;
		return EXIT_STATUS_OK;
	case MDOC_ERR_MEMORY:
		return tool_no_memory();
	default:
		mdoc_buf_clear(&decoded);
		return EXIT_STATUS_OK;
	}
}
