/* transcript.c: write the SessionTranscript of a session. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/reader/reader.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
parse_thumbprint(const char *text, uint8_t thumbprint[THUMBPRINT_LEN])
{
	if (strlen(text) != (size_t)2 * THUMBPRINT_LEN)
		return false;
	for (size_t i = 0; i < THUMBPRINT_LEN; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		thumbprint[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* The thumbprint of the key to which the holder encrypts the response. */
static enum exit_status
thumbprint_of_file(const char *path, uint8_t thumbprint[THUMBPRINT_LEN])
{
	struct mdoc_public_key key;
	json_t *jwk = NULL;
	enum exit_status status;

	status = json_read(path, &jwk);
	if (status == EXIT_STATUS_OK &&
		(jwk_to_key(tool_context(), jwk, &key) != MDOC_OK ||
			key_thumbprint(tool_context(), &key, thumbprint) != MDOC_OK)) {
		tool_error(_("%s is not a public EC key as a JWK"), path);
		status = EXIT_STATUS_INPUT;
	}
	json_decref(jwk);
	return status;
}

int
cmd_transcript(const struct command *command, int argc, char **argv)
{
	struct openid4vp_session session = { NULL, NULL, NULL, MDOC_NO_BYTES };
	const char *hex = NULL, *jwk = NULL, *out = NULL;
	bool openid4vp = false;
	const struct option_row rows[] = {
		{ "openid4vp", OPTION_FLAG, &openid4vp, NULL,
			N_("of an OpenID4VP 1.0 session (redirects, direct_post)"), true },
		{ "client-id", OPTION_TEXT, &session.client_id, N_("TEXT"),
			N_("client_id of the request, with its prefix"), true },
		{ "nonce", OPTION_TEXT, &session.nonce, N_("TEXT"), N_("nonce of the request"), true },
		{ "response-uri", OPTION_TEXT, &session.response_uri, N_("URI"),
			N_("response_uri (or redirect_uri) of the request"), true },
		{ "jwk-thumbprint", OPTION_TEXT, &hex, N_("HEX"),
			N_("SHA-256 thumbprint of the key for an encrypted response"), false },
		{ "jwk", OPTION_TEXT, &jwk, N_("FILE"), N_("that key itself, as a JWK"), false },
		{ "out", OPTION_TEXT, &out, N_("FILE"), N_("where the SessionTranscript is written"), true },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	struct common_options common = { NULL, false };
	struct mdoc_buf transcript = MDOC_BUF_EMPTY;
	uint8_t thumbprint[THUMBPRINT_LEN];
	enum exit_status status;

	status = options_parse(command, rows, &common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	if (!openid4vp)
		return (int)options_wrong(command, _("name the kind of session: --openid4vp"));
	if (hex != NULL && jwk != NULL)
		return (int)options_wrong(command, _("--jwk-thumbprint and --jwk exclude each other"));
	if (hex != NULL && !parse_thumbprint(hex, thumbprint))
		return (int)options_wrong(command, _("--jwk-thumbprint wants 64 hexadecimal digits"));
	if (tool_context() == NULL)
		return (int)tool_no_memory();
	status = jwk == NULL ? EXIT_STATUS_OK : thumbprint_of_file(jwk, thumbprint);
	if (status != EXIT_STATUS_OK)
		return (int)status;
	if (hex != NULL || jwk != NULL)
		session.thumbprint = mdoc_bytes_of(thumbprint, sizeof(thumbprint));
	if (openid4vp_transcript(tool_context(), &session, &transcript) != MDOC_OK)
		status = tool_no_memory();
	else
		status = file_write(out, 0644, mdoc_buf_bytes(&transcript));
	mdoc_buf_clear(&transcript);
	return (int)status;
}
