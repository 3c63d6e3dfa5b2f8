/* main.c: mdoc-present. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/present.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include <sys/prctl.h>

static const struct command commands[] = {
	{ "respond", "", N_("answer a reader's request, after consent and PIN"), cmd_respond },
	{ "authentication", "", N_("write what a device has to sign, for other PKCS#11 programs"), cmd_authentication },
	{ NULL, NULL, NULL, NULL },
};

enum exit_status
present_read(const char *path, struct mdoc_buf *content, struct mdoc_bytes *inner)
{
	struct mdoc_error error;
	enum exit_status status = file_read(path, FILE_CBOR_MAX, content);

	if (status == EXIT_STATUS_OK && mdoc_cbor_unwrap(NULL, mdoc_buf_bytes(content), inner, &error) != MDOC_OK) {
		tool_mdoc_error(path, &error);
		status = EXIT_STATUS_INPUT;
	}
	return status;
}

int
main(int argc, char **argv)
{
	/* PINs pass through this process: no core dump, no tracer of the same user. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	message_init("mdoc-present");
	return options_dispatch(commands, N_("Present an mdoc whose key is in a PKCS#11 token."), argc, argv);
}
