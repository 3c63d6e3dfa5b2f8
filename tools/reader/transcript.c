/* transcript.c: write the SessionTranscript of a session. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
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

/* What the command line says, and what stands behind it. */
struct session {
	struct mdoc_transcript_spec spec;
	const char *hex, *jwk, *out;
	const char *engagement, *encryption_info, *nfc_select, *nfc_request; /* files */
	const char *client_id, *nonce, *response_uri, *origin, *endpoint, *mdoc_nonce;
	struct key_source reader_key; /* or the file of a COSE_Key */
	struct mdoc_buf engagement_file, reader_key_file, encryption_info_file, select_file, request_file;
	uint8_t thumbprint[THUMBPRINT_LEN];
};

/* Without the end of its line. */
static struct mdoc_bytes
trimmed(const struct mdoc_buf *file)
{
	struct mdoc_bytes text = mdoc_buf_bytes(file);

	while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4) != NULL)
		text.len--;
	return text;
}

/* A COSE_Key, bare or tagged, or our private key, of which only the public half is used. */
static enum exit_status
read_reader_key(const struct key_source *source, struct mdoc_buf *file, struct mdoc_bytes *reader_key)
{
	const bool in_token = token_key_is_uri(source->name);
	enum exit_status status = EXIT_STATUS_OK;
	struct reader_key key;

	if (!in_token)
		status = file_read(source->name, FILE_SMALL_MAX, file);
	if (status != EXIT_STATUS_OK)
		return status;
	if (in_token || (file->len > 0 && memchr("{- \t\r\n", file->ptr[0], 6) != NULL)) {
		mdoc_buf_clear(file);
		status = key_open(source, &key);
		if (status == EXIT_STATUS_OK)
			mdoc_put_key(file, &key.public_key);
		key_close(&key);
	}
	*reader_key = mdoc_buf_bytes(file);
	return status;
}

static enum exit_status
read_bytes(const char *path, struct mdoc_buf *file, struct mdoc_bytes *bytes)
{
	const enum exit_status status = file_read(path, FILE_SMALL_MAX, file);

	*bytes = mdoc_buf_bytes(file);
	return status;
}

static enum exit_status
read_files(struct session *session)
{
	struct mdoc_transcript_spec *spec = &session->spec;
	enum exit_status status = EXIT_STATUS_OK;

	if (session->engagement != NULL)
		status = input_engagement(session->engagement, &session->engagement_file, &spec->engagement);
	if (status == EXIT_STATUS_OK && session->reader_key.name != NULL)
		status = read_reader_key(&session->reader_key, &session->reader_key_file, &spec->reader_key);
	if (status == EXIT_STATUS_OK && session->nfc_select != NULL)
		status = read_bytes(session->nfc_select, &session->select_file, &spec->nfc_select);
	if (status == EXIT_STATUS_OK && session->nfc_request != NULL)
		status = read_bytes(session->nfc_request, &session->request_file, &spec->nfc_request);
	if (status == EXIT_STATUS_OK && session->encryption_info != NULL) {
		status = read_bytes(session->encryption_info, &session->encryption_info_file, &spec->encryption_info);
		spec->encryption_info = trimmed(&session->encryption_info_file);
	}
	if (status == EXIT_STATUS_OK && session->jwk != NULL)
		status = thumbprint_of_file(session->jwk, session->thumbprint);
	if (session->hex != NULL || session->jwk != NULL)
		spec->thumbprint = mdoc_bytes_of(session->thumbprint, sizeof(session->thumbprint));
	return status;
}

static void
take_texts(struct session *session)
{
	const struct {
		const char *text;
		struct mdoc_bytes *member;
	} texts[] = {
		{ session->client_id, &session->spec.client_id },
		{ session->nonce, &session->spec.nonce },
		{ session->response_uri, &session->spec.response_uri },
		{ session->origin, &session->spec.origin },
		{ session->endpoint, &session->spec.endpoint },
		{ session->mdoc_nonce, &session->spec.mdoc_nonce },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].text != NULL)
			*texts[i].member = mdoc_text(texts[i].text);
	}
}

/* Members of the transcript that are missing or too many are options that are: said as such. */
static enum exit_status
build(const struct command *command, const struct session *session, struct mdoc_buf *transcript)
{
	static const struct {
		const char *member, *option;
	} options[] = {
		{ "engagement", "engagement" },
		{ "reader_key", "session-key" },
		{ "nfc_select", "nfc-select" },
		{ "nfc_request", "nfc-request" },
		{ "client_id", "client-id" },
		{ "origin", "origin" },
		{ "endpoint", "endpoint" },
		{ "nonce", "nonce" },
		{ "mdoc_nonce", "mdoc-nonce" },
		{ "response_uri", "response-uri" },
		{ "encryption_info", "encryption-info" },
		{ "thumbprint", "jwk-thumbprint" },
	};
	struct mdoc_error error = { .code = MDOC_OK };

	if (mdoc_transcript_build(tool_context(), &session->spec, transcript, &error) == MDOC_OK)
		return EXIT_STATUS_OK;
	for (size_t i = 0; error.code == MDOC_ERR_ARG && i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(error.path, options[i].member) == 0)
			return options_wrong(command,
				_("--%s is missing for this kind of session, or does not belong to it"),
				options[i].option);
	}
	return tool_mdoc_error(_("The SessionTranscript cannot be made."), &error);
}

static enum exit_status
check_usage(const struct command *command, struct session *session, const bool *kinds)
{
	size_t named = 0;

	for (size_t i = 0; i < MDOC_HANDOVER_COUNT; i++) {
		if (kinds[i]) {
			session->spec.handover = (enum mdoc_handover)i;
			named++;
		}
	}
	if (named != 1)
		return options_wrong(command,
			_("name one kind of session: --openid4vp, --dc-api, --iae, --iso-dcapi, --annex-b, "
			  "--annex-b-2023, --qr or --nfc"));
	if (session->hex != NULL && session->jwk != NULL)
		return options_wrong(command, _("--jwk-thumbprint and --jwk exclude each other"));
	if (session->hex != NULL && !parse_thumbprint(session->hex, session->thumbprint))
		return options_wrong(command, _("--jwk-thumbprint wants 64 hexadecimal digits"));
	return EXIT_STATUS_OK;
}

static enum exit_status
transcript_run(const struct command *command, struct session *session)
{
	struct mdoc_buf transcript = MDOC_BUF_EMPTY;
	enum exit_status status;

	if (tool_context() == NULL)
		return tool_no_memory();
	take_texts(session);
	status = read_files(session);
	if (status == EXIT_STATUS_OK)
		status = build(command, session, &transcript);
	if (status == EXIT_STATUS_OK)
		status = file_write(session->out, 0644, mdoc_buf_bytes(&transcript));
	mdoc_buf_clear(&transcript);
	return status;
}

int
cmd_transcript(const struct command *command, int argc, char **argv)
{
	struct session session = { .out = NULL };
	bool kinds[MDOC_HANDOVER_COUNT] = { false };
	const struct option_row rows[] = {
		{ "openid4vp", OPTION_FLAG, &kinds[MDOC_HANDOVER_OPENID4VP], NULL,
			N_("of an OpenID4VP 1.0 session (redirects, direct_post)"), false },
		{ "dc-api", OPTION_FLAG, &kinds[MDOC_HANDOVER_OPENID4VP_DCAPI], NULL,
			N_("of OpenID4VP 1.0 over the Digital Credentials API"), false },
		{ "iae", OPTION_FLAG, &kinds[MDOC_HANDOVER_OPENID4VCI_IAE], NULL,
			N_("of OpenID4VCI 1.1 interactive authorization"), false },
		{ "iso-dcapi", OPTION_FLAG, &kinds[MDOC_HANDOVER_ANNEX_C], NULL,
			N_("of ISO/IEC TS 18013-7 Annex C (org-iso-mdoc)"), false },
		{ "annex-b", OPTION_FLAG, &kinds[MDOC_HANDOVER_ANNEX_B], NULL,
			N_("of ISO/IEC TS 18013-7:2024 Annex B (OpenID4VP draft 18)"), false },
		{ "annex-b-2023", OPTION_FLAG, &kinds[MDOC_HANDOVER_ANNEX_B_2023], NULL, N_("of its draft of 2023"),
			false },
		{ "qr", OPTION_FLAG, &kinds[MDOC_HANDOVER_QR], NULL, N_("of ISO/IEC 18013-5, engaged by QR code"),
			false },
		{ "nfc", OPTION_FLAG, &kinds[MDOC_HANDOVER_NFC], NULL, N_("of ISO/IEC 18013-5, engaged by NFC"),
			false },
		{ "client-id", OPTION_TEXT, &session.client_id, N_("TEXT"),
			N_("client_id of the request, with its prefix"), false },
		{ "nonce", OPTION_TEXT, &session.nonce, N_("TEXT"), N_("nonce of the request"), false },
		{ "response-uri", OPTION_TEXT, &session.response_uri, N_("URI"),
			N_("response_uri (or redirect_uri) of the request"), false },
		{ "origin", OPTION_TEXT, &session.origin, N_("URI"), N_("origin of the web page that asked"), false },
		{ "endpoint", OPTION_TEXT, &session.endpoint, N_("URI"), N_("interactive authorization endpoint"),
			false },
		{ "mdoc-nonce", OPTION_TEXT, &session.mdoc_nonce, N_("TEXT"), N_("mdocGeneratedNonce of the holder"),
			false },
		{ "jwk-thumbprint", OPTION_TEXT, &session.hex, N_("HEX"),
			N_("SHA-256 thumbprint of the key for an encrypted response"), false },
		{ "jwk", OPTION_TEXT, &session.jwk, N_("FILE"), N_("that key itself, as a JWK"), false },
		{ "encryption-info", OPTION_TEXT, &session.encryption_info, N_("FILE"),
			N_("EncryptionInfo of the request, its base64url text"), false },
		{ "engagement", OPTION_TEXT, &session.engagement, N_("FILE"),
			N_("DeviceEngagement: CBOR, or the text of the QR code"), false },
		{ "session-key", OPTION_TEXT, &session.reader_key.name, N_("KEY"),
			N_("the reader's key of the session: COSE_Key, PEM, JWK or PKCS#11 URI"), false },
		KEY_PIN_ROWS(session.reader_key),
		{ "nfc-select", OPTION_TEXT, &session.nfc_select, N_("FILE"), N_("Handover Select message"), false },
		{ "nfc-request", OPTION_TEXT, &session.nfc_request, N_("FILE"),
			N_("Handover Request message, if the handover was negotiated"), false },
		{ "out", OPTION_TEXT, &session.out, N_("FILE"), N_("where the SessionTranscript is written"), true },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	struct common_options common = { NULL, false };
	enum exit_status status;

	status = options_parse(command, rows, &common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	session.reader_key.module = common.module;
	status = check_usage(command, &session, kinds);
	if (status == EXIT_STATUS_OK)
		status = transcript_run(command, &session);
	mdoc_buf_clear(&session.engagement_file);
	mdoc_buf_clear(&session.reader_key_file);
	mdoc_buf_clear(&session.encryption_info_file);
	mdoc_buf_clear(&session.select_file);
	mdoc_buf_clear(&session.request_file);
	return (int)status;
}
