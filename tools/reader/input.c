/* input.c: a SessionTranscript. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
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
