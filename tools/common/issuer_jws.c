/* issuer_jws.c: a JWS by an issuer's key for messages. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/issuer_jws.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/jwt.h"

/* x5c is base64 with padding (RFC 7515, 4.1.6). */
static json_t *
make_header(const char *type, struct mdoc_bytes certificate)
{
	unsigned char *text = certificate.len <= MDOC_CERT_MAX ? malloc((certificate.len + 2) / 3 * 4 + 1) : NULL;
	json_t *header = NULL;

	if (text != NULL) {
		EVP_EncodeBlock(text, certificate.ptr, (int)certificate.len);
		header = json_pack("{s:s, s:[s]}", "typ", type, "x5c", (const char *)text);
	}
	free(text);
	return header;
}

enum mdoc_result
issuer_jws_sign(const char *type, const json_t *claims, const struct mdoc_signer *signer, struct mdoc_bytes certificate,
	struct mdoc_buf *jws)
{
	json_t *header = make_header(type, certificate);
	const enum mdoc_result res = header != NULL ? jwt_sign(header, claims, signer, jws) : MDOC_ERR_MEMORY;

	json_decref(header);
	return res;
}

/* The one certificate of x5c. */
static enum mdoc_result
read_certificate(const json_t *header, struct mdoc_buf *der)
{
	const json_t *x5c = json_object_get(header, "x5c");
	const char *text = json_string_value(json_array_get(x5c, 0));
	const size_t len = text != NULL ? strlen(text) : 0;
	uint8_t *bytes = NULL;
	int got;

	if (json_array_size(x5c) != 1 || len == 0 || len % 4 != 0 || len > MDOC_CERT_MAX * 2)
		return MDOC_ERR_MALFORMED;
	bytes = malloc(len);
	if (bytes == NULL)
		return MDOC_ERR_MEMORY;
	got = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
	for (size_t i = 1; i <= 2 && got > 0 && text[len - i] == '='; i++)
		got--; /* it counts the padding as bytes */
	if (got > 0)
		mdoc_buf_append(der, mdoc_bytes_of(bytes, (size_t)got));
	free(bytes);
	return got > 0 ? der->err : MDOC_ERR_MALFORMED;
}

static enum mdoc_result
verify_by(const struct mdoc_context *context, const struct jwt *jwt, const struct mdoc_trust *trust,
	struct mdoc_bytes certificate, int64_t when)
{
	struct mdoc_judged judged;
	struct mdoc_public_key key;
	enum mdoc_result res;

	res = mdoc_trust_judge(context, trust, certificate, MDOC_CERT_MESSAGES, 0, when, &judged);
	if (res == MDOC_OK)
		res = mdoc_cert_public_key(judged.cert, &key);
	if (res == MDOC_OK)
		res = jwt_verify(context, jwt, &key);
	mdoc_judged_clear(&judged);
	return res;
}

enum mdoc_result
issuer_jws_verify(const struct mdoc_context *context, struct mdoc_bytes text, const char *type,
	const struct mdoc_trust *trust, int64_t when, json_t **claims)
{
	struct mdoc_buf certificate = MDOC_BUF_EMPTY;
	const char *typ;
	struct jwt jwt;
	enum mdoc_result res;

	*claims = NULL;
	res = jwt_parse(text, &jwt);
	if (res != MDOC_OK)
		return res;
	typ = json_string_value(json_object_get(jwt.header, "typ"));
	res = typ != NULL && strcmp(typ, type) == 0 ? read_certificate(jwt.header, &certificate) : MDOC_ERR_MALFORMED;
	if (res == MDOC_OK)
		res = verify_by(context, &jwt, trust, mdoc_buf_bytes(&certificate), when);
	if (res == MDOC_OK)
		*claims = json_incref(jwt.claims);
	jwt_clear(&jwt);
	mdoc_buf_clear(&certificate);
	return res;
}
