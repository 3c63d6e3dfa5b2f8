/* input.c: a SessionTranscript, a DeviceEngagement. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/context.h"
#include "tools/reader/reader.h"

enum exit_status
input_transcript(const char *path, struct mdoc_buf *content, struct mdoc_bytes *transcript)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_cbor *scan = NULL;
	enum exit_status status;

	status = file_read_cbor(path, content, transcript);
	if (status != EXIT_STATUS_OK)
		return status;
	if (mdoc_cbor_scan(tool_context(), *transcript, 0, &scan, &error) != MDOC_OK) {
		status = tool_mdoc_error(path, &error);
	} else if (mdoc_node_type(mdoc_cbor_root(scan)) != MDOC_CBOR_ARRAY ||
		mdoc_node_count(mdoc_cbor_root(scan)) != 3) {
		tool_error(_("%s is not a SessionTranscript"), path);
		tool_why("%s", _("It should be a CBOR array of three: engagement, reader key, handover."));
		status = EXIT_STATUS_INPUT;
	}
	mdoc_cbor_free(scan);
	return status;
}

/* Without the end of its line. */
static struct mdoc_bytes
trimmed(struct mdoc_bytes text)
{
	while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4) != NULL)
		text.len--;
	return text;
}

static enum exit_status
from_qr(const char *path, struct mdoc_bytes text, struct mdoc_buf *content)
{
	struct mdoc_error error = { .code = MDOC_OK };

	if (mdoc_engagement_from_qr(tool_context(), trimmed(text), content, &error) == MDOC_OK)
		return EXIT_STATUS_OK;
	return tool_mdoc_error(path, &error);
}

enum exit_status
input_engagement(const char *name, struct mdoc_buf *content, struct mdoc_bytes *engagement)
{
	struct mdoc_buf file = MDOC_BUF_EMPTY;
	enum exit_status status;

	if (strncasecmp(name, "mdoc:", 5) == 0) {
		status = from_qr(_("The device engagement cannot be read."), mdoc_text(name), content);
	} else {
		status = file_read(name, FILE_SMALL_MAX, &file);
		/* No encoded engagement begins with that letter. */
		if (status == EXIT_STATUS_OK && file.len > 0 && (file.ptr[0] == 'm' || file.ptr[0] == 'M'))
			status = from_qr(name, mdoc_buf_bytes(&file), content);
		else if (status == EXIT_STATUS_OK)
			mdoc_buf_append(content, mdoc_buf_bytes(&file));
		if (status == EXIT_STATUS_OK && content->err != MDOC_OK)
			status = tool_no_memory();
	}
	mdoc_buf_clear(&file);
	*engagement = mdoc_buf_bytes(content);
	return status;
}
