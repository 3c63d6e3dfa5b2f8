/* seal_pin.c: mdoc-token seal-pin: the holder seals a PIN for the counter. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/pin_sealed.h"
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include <mdoc/base64url.h>
#include <mdoc/mdoc.h>
#include <openssl/rand.h>
#include <string.h>

struct seal_args {
	struct common_options common;
	const char *counter_key;
	const char *serial;
	const char *until;
	const char *out;
	struct pin_source fresh;
};

/* A day, to its end in Japan, or a moment. */
static bool
parse_until(const char *text, int64_t *until)
{
	char day_end[64];

	if (strlen(text) != strlen("2026-01-30"))
		return clock_parse(text, until);
	snprintf(day_end, sizeof(day_end), "%sT23:59:59+09:00", text);
	return clock_parse(day_end, until);
}

/* From a certificate, or from a JWK. */
static enum exit_status
read_counter_key(const char *path, struct mdoc_public_key *key)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY, der = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK, .offset = SIZE_MAX };
	struct mdoc_cert *cert = NULL;
	json_t *jwk = NULL;
	enum exit_status status = file_read(path, FILE_SMALL_MAX, &content);

	if (status == EXIT_STATUS_OK && content.len > 0 && content.ptr[0] == '{') {
		status = json_read(path, &jwk);
		if (status == EXIT_STATUS_OK)
			error.code = jwk_to_key(tool_context(), jwk, key);
	} else if (status == EXIT_STATUS_OK) {
		status = file_read_certificate(path, &der);
		if (status == EXIT_STATUS_OK)
			error.code = mdoc_cert_parse(tool_context(), mdoc_buf_bytes(&der), &cert, &error);
		if (status == EXIT_STATUS_OK && error.code == MDOC_OK)
			error.code = mdoc_cert_public_key(cert, key);
	}
	if (error.code != MDOC_OK) {
		tool_mdoc_error(path, &error);
		status = EXIT_STATUS_INPUT;
	}
	json_decref(jwk);
	mdoc_cert_free(cert);
	mdoc_buf_clear(&content);
	mdoc_buf_clear(&der);
	return status;
}

static enum exit_status
make_id(struct pin_request *request)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	uint8_t random[SEALED_ID_LEN];
	enum exit_status status = EXIT_STATUS_OK;

	if (RAND_bytes(random, sizeof(random)) != 1) {
		tool_error("%s", _("the random number generator failed"));
		return EXIT_STATUS_TROUBLE;
	}
	mdoc_base64url_encode(&text, mdoc_bytes_of(random, sizeof(random)));
	if (text.err != MDOC_OK || text.len != SEALED_ID_TEXT)
		status = tool_no_memory();
	else
		memcpy(request->id, text.ptr, text.len);
	mdoc_buf_clear(&text);
	return status;
}

static enum exit_status
seal(const struct seal_args *args, struct pin_request *request)
{
	struct mdoc_public_key counter;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	enum exit_status status = read_counter_key(args->counter_key, &counter);

	if (status == EXIT_STATUS_OK)
		status = file_check_writable(args->out);
	if (status == EXIT_STATUS_OK)
		status = make_id(request);
	if (status == EXIT_STATUS_OK)
		status = pin_get(&args->fresh, _("New PIN"), true, &request->pin);
	if (status == EXIT_STATUS_OK)
		status = pin_sealed_make(request, &counter, &out);
	mdoc_buf_append(&out, mdoc_text("\n"));
	if (status == EXIT_STATUS_OK && out.err != MDOC_OK)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = file_write(args->out, 0600, mdoc_buf_bytes(&out));
	mdoc_buf_clear(&out);
	return status;
}

static void
say_done(const struct seal_args *args, const struct pin_request *request)
{
	char until[32];

	time_print_jst(request->exp, until);
	if (args->common.json)
		printf("{\"id\": \"%s\", \"serial\": \"%s\", \"exp\": %lld}\n", request->id, request->serial,
			(long long)request->exp);
	else
		printf(_("The PIN is sealed in %s, for the token %s, once, until %s.\n"), args->out, request->serial,
			until);
}

int
cmd_seal_pin(const struct command *command, int argc, char **argv)
{
	struct seal_args args = { .serial = NULL };
	const struct option_row rows[] = {
		{ "counter-key", OPTION_TEXT, &args.counter_key, N_("FILE"),
			N_("the counter's certificate or JWK, which seals"), true },
		{ "serial", OPTION_TEXT, &args.serial, N_("NUMBER"), N_("serial number of the token that it is for"),
			true },
		{ "until", OPTION_TEXT, &args.until, N_("DATE"), N_("last day, like 2026-01-30, on which it is good"),
			true },
		{ "out", OPTION_TEXT, &args.out, N_("FILE"), N_("write the sealed request here"), true },
		NEW_PIN_ROWS(args),
		END_ROW,
	};
	struct pin_request request = { .exp = 0 };
	enum exit_status status;

	status = options_parse(command, rows, &args.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON && !sealed_serial_ok(args.serial))
		status = options_wrong(command, _("\"%s\" is no serial number of a token"), args.serial);
	if (status == EXIT_STATUS_GO_ON &&
		(!parse_until(args.until, &request.exp) || request.exp <= clock_now() ||
			request.exp > clock_now() + (int64_t)SEALED_DAYS_MAX * 86400))
		status = options_wrong(command, _("--until wants a day within the next %d days, not \"%s\""),
			SEALED_DAYS_MAX, args.until);
	if (status == EXIT_STATUS_GO_ON) {
		memcpy(request.serial, args.serial, strlen(args.serial));
		status = seal(&args, &request);
		if (status == EXIT_STATUS_OK)
			say_done(&args, &request);
	}
	pin_request_clear(&request);
	return status;
}
