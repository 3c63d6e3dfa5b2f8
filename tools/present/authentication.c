/* authentication.c: mdoc-present authentication: DeviceAuthenticationBytes for CKM_MDOC_DEVICE_SIGN.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <mdoc/mdoc.h>
#include "tools/present/present.h"
#include "tools/common/file.h"
#include "tools/common/message.h"

struct authentication_args {
	struct common_options common;
	const char *transcript;
	const char *doc_type;
	const char *out;
};

static enum exit_status
run(const struct authentication_args *args)
{
	static const uint8_t no_namespaces[] = { 0xD8, 0x18, 0x41, 0xA0 }; /* #6.24(bstr {}) */
	struct mdoc_buf content = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY;
	struct mdoc_device_authentication parsed;
	struct mdoc_bytes transcript = MDOC_NO_BYTES;
	struct mdoc_error error;
	enum exit_status status = file_read_cbor(args->transcript, &content, &transcript);

	if (status == EXIT_STATUS_OK) {
		mdoc_put_device_authentication_bytes(&out, transcript, mdoc_text(args->doc_type),
			mdoc_bytes_of(no_namespaces, sizeof(no_namespaces)));
		if (out.err != MDOC_OK)
			status = tool_no_memory();
	}
	/* What the token would refuse is refused here: a transcript that is none. */
	if (status == EXIT_STATUS_OK &&
		mdoc_device_authentication_parse(NULL, mdoc_buf_bytes(&out), &parsed, &error) != MDOC_OK)
		status = tool_mdoc_error(args->transcript, &error);
	if (status == EXIT_STATUS_OK)
		status = file_write(args->out, 0600, mdoc_buf_bytes(&out));
	mdoc_buf_clear(&out);
	mdoc_buf_clear(&content);
	return status;
}

int
cmd_authentication(const struct command *command, int argc, char **argv)
{
	struct authentication_args args = { .transcript = NULL };
	const struct option_row rows[] = {
		{ "transcript", OPTION_TEXT, &args.transcript, N_("FILE"), N_("the session transcript (CBOR)"), true },
		{ "doctype", OPTION_TEXT, &args.doc_type, N_("DOCTYPE"), N_("the kind of document"), true },
		{ "out", OPTION_TEXT, &args.out, N_("FILE"), N_("write DeviceAuthenticationBytes here"), true },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status = options_parse(command, rows, &args.common, NULL, argc, argv);

	return status == EXIT_STATUS_GO_ON ? run(&args) : status;
}
