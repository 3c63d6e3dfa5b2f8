/* notice.c: notices as they leave the issuer. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/issuer/notice.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/cms.h"
#include "tools/common/file.h"
#include "tools/common/issuer_jws.h"
#include "tools/common/json.h"
#include "tools/common/jwe.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"

#define DEVICE "device:"
#define MUNICIPALITY "municipality:"

bool
notice_is_for_device(const struct register_notice *notice)
{
	return strncmp(notice->recipient, DEVICE, strlen(DEVICE)) == 0;
}

static json_t *
claims_of(const struct notice_maker *maker, const struct register_notice *notice, const char *to, const char *about)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s*}", "iss", maker->issuer->uri, "aud", to, "sub", about,
		"jti", notice->notice, "iat", (json_int_t)notice->created, "event", notice->kind, "reason",
		notice->reason);
}

static enum exit_status
no_recipient(const struct register_notice *notice, const char *why)
{
	tool_error(_("Notice %s to %s cannot be made; it waits."), notice->notice, notice->recipient);
	tool_why("%s", why);
	return EXIT_STATUS_NO;
}

/* ---- To a device ---- */

static enum exit_status
seal_for_device(const struct notice_maker *maker, const json_t *claims, const struct mdoc_public_key *to,
	const char *kid, char **text)
{
	struct mdoc_buf jws = MDOC_BUF_EMPTY, jwe = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;

	error.code =
		issuer_jws_sign(NOTICE_TYPE, claims, &maker->signer, mdoc_buf_bytes(&maker->issuer->messages), &jws);
	if (error.code == MDOC_OK)
		error.code = jwe_encrypt(tool_context(), mdoc_buf_bytes(&jws), JWE_A256GCM, kid, MDOC_NO_BYTES,
			MDOC_NO_BYTES, to, &jwe);
	if (error.code != MDOC_OK) {
		status = issuer_sign_error(_("The notice cannot be signed and encrypted"), &error, maker->key);
	} else {
		*text = strndup((const char *)jwe.ptr, jwe.len);
		if (*text == NULL)
			status = tool_no_memory();
	}
	mdoc_buf_clear(&jws);
	mdoc_buf_clear(&jwe);
	return status;
}

static enum exit_status
make_for_device(const struct notice_maker *maker, const struct register_notice *notice,
	const struct register_device *device, char **text)
{
	json_t *jwk = device->notice != NULL ? json_loads(device->notice, 0, NULL) : NULL, *claims = NULL;
	struct mdoc_buf kid = MDOC_BUF_EMPTY;
	uint8_t thumbprint[THUMBPRINT_LEN];
	struct mdoc_public_key to;
	enum exit_status status;

	if (jwk == NULL || device->serial == NULL || jwk_to_key(tool_context(), jwk, &to) != MDOC_OK ||
		!mdoc_curve_agrees(to.curve) || key_thumbprint(tool_context(), &to, thumbprint) != MDOC_OK) {
		status = no_recipient(notice, _("The register has no key for notices of this device."));
		goto out;
	}
	mdoc_base64url_encode(&kid, mdoc_bytes_of(thumbprint, sizeof(thumbprint)));
	mdoc_buf_append(&kid, mdoc_bytes_of("", 1));
	claims = kid.err == MDOC_OK ? claims_of(maker, notice, (const char *)kid.ptr, device->serial) : NULL;
	status = claims != NULL ? seal_for_device(maker, claims, &to, (const char *)kid.ptr, text) : tool_no_memory();
out:
	json_decref(jwk);
	json_decref(claims);
	mdoc_buf_clear(&kid);
	return status;
}

/* ---- To a municipality ---- */

/* D/municipalities/NAME.pem; a name is one of a file. */
static enum exit_status
read_certificate(const struct notice_maker *maker, const struct register_notice *notice, const char *name,
	struct mdoc_buf *der)
{
	char *path = NULL;
	enum exit_status status;

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
		return no_recipient(notice, _("No municipality has such a name."));
	if (asprintf(&path, "%s/municipalities/%s.pem", maker->issuer->dir, name) < 0)
		return tool_no_memory();
	if (file_exists(path)) {
		status = file_read_certificate(path, der);
	} else {
		status = no_recipient(notice, _("Its certificate is not there:"));
		tool_why("%s", path);
	}
	free(path);
	return status;
}

/* Base64 in one line, for the register. */
static char *
encode(const struct mdoc_buf *der)
{
	unsigned char *text = malloc((der->len + 2) / 3 * 4 + 1);

	if (text != NULL)
		EVP_EncodeBlock(text, der->ptr, (int)der->len);
	return (char *)text;
}

static enum exit_status
make_for_municipality(const struct notice_maker *maker, const struct register_notice *notice,
	const struct register_device *device, char **text)
{
	const char *name = notice->recipient + strlen(MUNICIPALITY);
	struct mdoc_buf certificate = MDOC_BUF_EMPTY, cms = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_ERR_MEMORY };
	json_t *claims = NULL;
	char *plain = NULL;
	enum exit_status status = read_certificate(maker, notice, name, &certificate);

	if (status != EXIT_STATUS_OK)
		goto out;
	claims = claims_of(maker, notice, name, device->reference != NULL ? device->reference : "");
	if (claims != NULL && json_object_set_new(claims, "type", json_string("mdoc-notice")) == 0)
		plain = json_dumps(claims, JSON_COMPACT);
	if (plain != NULL)
		error.code = cms_seal(tool_context(), mdoc_text(plain), maker->pkey,
			mdoc_buf_bytes(&maker->issuer->messages), mdoc_buf_bytes(&certificate), &cms);
	if (error.code != MDOC_OK) {
		status = issuer_sign_error(_("The notice cannot be signed and encrypted"), &error, maker->key);
		goto out;
	}
	*text = encode(&cms);
	if (*text == NULL)
		status = tool_no_memory();
out:
	if (plain != NULL)
		OPENSSL_cleanse(plain, strlen(plain));
	free(plain);
	json_decref(claims);
	mdoc_buf_clear(&certificate);
	mdoc_buf_clear(&cms);
	return status;
}

enum exit_status
notice_make(const struct notice_maker *maker, const struct register_notice *notice, char **text)
{
	struct register_device device;
	enum register_result res = register_device_find(maker->issuer->db, notice->device, &device);
	enum exit_status status;

	*text = NULL;
	if (res != REGISTER_OK)
		status = issuer_register_error(_("The register cannot be read."), maker->issuer->db, res);
	else if (notice_is_for_device(notice))
		status = make_for_device(maker, notice, &device, text);
	else if (strncmp(notice->recipient, MUNICIPALITY, strlen(MUNICIPALITY)) == 0)
		status = make_for_municipality(maker, notice, &device, text);
	else
		status = no_recipient(notice, _("Nobody is known by this kind of name."));
	register_device_clear(&device);
	return status;
}
