/* pin_sealed.c: a PIN that is sealed to the counter. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/pin_sealed.h"
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/jwe.h"
#include "tools/common/message.h"
#include "tools/common/token_key.h"
#include <jansson.h>
#include <mdoc/base64url.h>
#include <openssl/crypto.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TYP "mdoc-pin-request"
#define PLAIN_LEN ((size_t)768) /* bytes of every plaintext; the longest PIN leaves room */

void
pin_request_clear(struct pin_request *request)
{
	OPENSSL_cleanse(request, sizeof(*request));
}

bool
sealed_serial_ok(const char *serial)
{
	const size_t len = strspn(serial, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._");

	return len >= 1 && len <= SEALED_SERIAL_MAX && serial[len] == '\0';
}

static bool
thumbprint_text(const struct mdoc_public_key *key, char text[THUMBPRINT_TEXT + 1])
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	uint8_t thumbprint[THUMBPRINT_LEN];
	bool done = key_thumbprint(tool_context(), key, thumbprint) == MDOC_OK;

	if (done)
		mdoc_base64url_encode(&out, mdoc_bytes_of(thumbprint, sizeof(thumbprint)));
	done = done && out.err == MDOC_OK && out.len == THUMBPRINT_TEXT;
	if (done)
		memcpy(text, out.ptr, out.len);
	text[done ? THUMBPRINT_TEXT : 0] = '\0';
	mdoc_buf_clear(&out);
	return done;
}

/* By hand, into memory that is wiped; nothing in it needs to be escaped. */
static bool
write_plain(const struct pin_request *request, struct mdoc_buf *plain)
{
	char head[192];

	snprintf(head, sizeof(head),
		"{\"typ\":\"" TYP "\",\"serial\":\"%s\",\"id\":\"%s\",\"exp\":%" PRId64 ",\"pin\":\"", request->serial,
		request->id, request->exp);
	mdoc_buf_append(plain, mdoc_text(head));
	mdoc_base64url_encode(plain, mdoc_bytes_of(request->pin.text, request->pin.len));
	mdoc_buf_append(plain, mdoc_text("\",\"pad\":\""));
	while (plain->err == MDOC_OK && plain->len < PLAIN_LEN - 2)
		mdoc_buf_append(plain, mdoc_text("."));
	mdoc_buf_append(plain, mdoc_text("\"}"));
	return plain->err == MDOC_OK && plain->len == PLAIN_LEN;
}

enum exit_status
pin_sealed_make(const struct pin_request *request, const struct mdoc_public_key *counter, struct mdoc_buf *out)
{
	struct mdoc_error error = { .code = MDOC_OK, .offset = SIZE_MAX };
	struct mdoc_buf plain = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;
	char kid[THUMBPRINT_TEXT + 1];

	if (!thumbprint_text(counter, kid) || !write_plain(request, &plain))
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		error.code = jwe_encrypt(tool_context(), mdoc_buf_bytes(&plain), JWE_A256GCM, kid, MDOC_NO_BYTES,
			MDOC_NO_BYTES, counter, out);
	if (error.code != MDOC_OK)
		status = tool_mdoc_error(_("the PIN cannot be sealed to this key"), &error);
	mdoc_buf_clear(&plain);
	return status;
}

/* ---- At the counter ---- */

static enum exit_status
wrong_request(const char *path)
{
	tool_error(_("%s is no sealed PIN request, or it is damaged"), path);
	return EXIT_STATUS_INPUT;
}

static bool
take_text(const json_t *object, const char *member, char *text, size_t max)
{
	const char *value = json_string_value(json_object_get(object, member));

	if (value == NULL || strlen(value) > max)
		return false;
	memcpy(text, value, strlen(value) + 1);
	return true;
}

static bool
take_pin(const json_t *object, struct pin *pin)
{
	const char *text = json_string_value(json_object_get(object, "pin"));
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	bool good = text != NULL && mdoc_base64url_decode(mdoc_text(text), &bytes) == MDOC_OK && bytes.len > 0 &&
		bytes.len <= PIN_MAX;

	if (good) {
		memcpy(pin->text, bytes.ptr, bytes.len);
		pin->text[bytes.len] = '\0';
		pin->len = bytes.len;
		pin->set = true;
	}
	mdoc_buf_clear(&bytes);
	return good;
}

static bool
read_plain(struct mdoc_bytes plain, struct pin_request *request)
{
	json_t *object = json_loadb((const char *)plain.ptr, plain.len, JSON_REJECT_DUPLICATES, NULL);
	char typ[sizeof(TYP)];
	bool good = take_text(object, "typ", typ, sizeof(typ) - 1) && strcmp(typ, TYP) == 0 &&
		take_text(object, "serial", request->serial, SEALED_SERIAL_MAX) && sealed_serial_ok(request->serial) &&
		take_text(object, "id", request->id, SEALED_ID_TEXT) && strlen(request->id) == SEALED_ID_TEXT &&
		strspn(request->id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") ==
			SEALED_ID_TEXT &&
		json_is_integer(json_object_get(object, "exp")) && take_pin(object, &request->pin);

	request->exp = (int64_t)json_integer_value(json_object_get(object, "exp"));
	json_decref(object);
	return good;
}

static enum exit_status
check_key(const char *path, struct mdoc_bytes jwe, const struct mdoc_public_key *key)
{
	enum exit_status status = EXIT_STATUS_OK;
	struct jwe_header header;
	char kid[THUMBPRINT_TEXT + 1];

	if (jwe_header_read(tool_context(), jwe, &header) != MDOC_OK || header.kid == NULL) {
		status = wrong_request(path);
	} else if (!thumbprint_text(key, kid)) {
		status = tool_no_memory();
	} else if (strcmp(header.kid, kid) != 0) {
		tool_error(_("%s is not sealed to this key"), path);
		status = EXIT_STATUS_NO;
	}
	jwe_header_clear(&header);
	return status;
}

static enum exit_status
decrypt(const struct sealed_args *args, struct token_key *key, struct mdoc_bytes jwe, struct pin_request *request)
{
	struct mdoc_buf plain = MDOC_BUF_EMPTY;
	struct mdoc_agreement agreement;
	enum exit_status status = check_key(args->file, jwe, &key->public_key);
	enum mdoc_result res;

	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_agreement(&key->key, &key->public_key, &agreement);
	res = jwe_decrypt(tool_context(), jwe, &agreement, &plain);
	if (res == MDOC_ERR_CALLBACK)
		status = tool_rv_error(_("the counter's key cannot be used"), key->key.rv);
	else if (res == MDOC_ERR_MEMORY)
		status = tool_no_memory();
	else if (res != MDOC_OK || !read_plain(mdoc_buf_bytes(&plain), request))
		status = wrong_request(args->file);
	mdoc_buf_clear(&plain);
	return status;
}

static enum exit_status
check_date(const struct pin_request *request)
{
	const int64_t now = clock_now();

	if (now <= request->exp && request->exp - now <= (int64_t)SEALED_DAYS_MAX * 86400)
		return EXIT_STATUS_OK;
	if (now > request->exp)
		tool_error("%s", _("the sealed request is out of date; the holder makes a new one"));
	else
		tool_error(_("the sealed request is good for more than %d days"), SEALED_DAYS_MAX);
	return EXIT_STATUS_NO;
}

enum exit_status
pin_sealed_open(const struct sealed_args *args, struct pin_request *request)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct token_key key = { .key = { .rv = CKR_OK } };
	struct mdoc_bytes jwe;
	enum exit_status status;

	memset(request, 0, sizeof(*request));
	status = file_read(args->file, FILE_SMALL_MAX, &text);
	jwe = mdoc_buf_bytes(&text);
	if (jwe.len > 0 && jwe.ptr[jwe.len - 1] == '\n')
		jwe.len--;
	if (status == EXIT_STATUS_OK)
		status = token_key_open(args->key, args->module, &args->pin, &key);
	if (status == EXIT_STATUS_OK)
		status = decrypt(args, &key, jwe, request);
	if (status == EXIT_STATUS_OK)
		status = check_date(request);
	token_key_close(&key);
	mdoc_buf_clear(&text);
	return status;
}

enum exit_status
pin_sealed_claim(const struct sealed_args *args, const struct pin_request *request, const struct p11_token *token)
{
	const size_t len = sizeof(token->info.serialNumber);
	char serial[sizeof(token->info.serialNumber)];
	enum exit_status status;

	memset(serial, ' ', len);
	memcpy(serial, request->serial, strlen(request->serial));
	if (memcmp(serial, token->info.serialNumber, len) != 0) {
		tool_error(_("the sealed request is for the token with serial number %s"), request->serial);
		return EXIT_STATUS_NO;
	}
	status = ledger_claim(args->ledger, request->id, request->serial);
	if (status == EXIT_STATUS_NO)
		tool_error("%s", _("the sealed request has been used before; the holder makes a new one"));
	return status;
}

enum exit_status
pin_sealed_erase(const struct sealed_args *args)
{
	return file_erase(args->file);
}
