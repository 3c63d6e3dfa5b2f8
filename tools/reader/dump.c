/*
 * dump.c: show what is in a file: any structure of the standard, in CBOR, as hexadecimal or base64url
 * text, or as the text of a QR code.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/dump.h"
#include "tools/reader/reader.h"

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
		status = input_text(&content);
	if (status == EXIT_STATUS_OK)
		status = show(operands.items[0], &content, common.json);
out:
	mdoc_buf_clear(&content);
	option_list_clear(&operands);
	return (int)status;
}
