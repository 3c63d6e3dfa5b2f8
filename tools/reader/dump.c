/*
 * dump.c: show what is in a file: any structure of the standard, in CBOR, as hexadecimal or base64url
 * text, or as the text of a QR code.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <mdoc/base64url.h>
#include <openssl/crypto.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/dump.h"
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

/* Text is decoded in place; what is no text is CBOR. */
static enum exit_status
from_text(struct mdoc_buf *content)
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

static enum exit_status
show(const char *path, const struct mdoc_buf *content, bool json)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_cbor *scan = NULL;
	enum exit_status status = EXIT_STATUS_OK;
	json_t *value = NULL;

	if (mdoc_cbor_scan(tool_context(), mdoc_buf_bytes(content), 0, &scan, &error) != MDOC_OK)
		return tool_mdoc_error(path, &error);
	if (json) {
		value = dump_json(mdoc_cbor_root(scan));
		status = value != NULL ? json_print(value) : tool_no_memory();
		json_decref(value);
	} else {
		dump_text(stdout, mdoc_cbor_root(scan));
	}
	mdoc_cbor_free(scan);
	return status;
}

int
cmd_dump(const struct command *command, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	struct common_options common = { NULL, false };
	struct option_list operands = { NULL, 0 };
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	enum exit_status status;

	status = options_parse(command, rows, &common, &operands, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	if (operands.count != 1) {
		status = options_wrong(command, _("name one file"));
		goto out;
	}
	status = tool_context() != NULL ? file_read(operands.items[0], FILE_CBOR_MAX, &content) : tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = from_text(&content);
	if (status == EXIT_STATUS_OK)
		status = show(operands.items[0], &content, common.json);
out:
	mdoc_buf_clear(&content);
	option_list_clear(&operands);
	return (int)status;
}
