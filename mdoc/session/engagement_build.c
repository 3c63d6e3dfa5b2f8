/*
 * mdoc/session/engagement_build.c: DeviceEngagement written, and the text of a QR code.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/base64url.h>
#include <mdoc/engagement.h>
#include "mdoc/base/internal.h"
#include "mdoc/session/engagement_keys.h"
#include <string.h>

#define QR_SCHEME "mdoc:"
#define QR_SCHEME_LEN (sizeof(QR_SCHEME) - 1)

static bool
given(struct mdoc_bytes bytes)
{
	return bytes.ptr != NULL;
}

static void
put_bstr_option(struct mdoc_buf *buf, int64_t label, struct mdoc_bytes value)
{
	if (!given(value))
		return;
	mdoc_put_int(buf, label);
	mdoc_put_bstr(buf, value);
}

static void
put_uint_option(struct mdoc_buf *buf, int64_t label, uint64_t value)
{
	mdoc_put_int(buf, label);
	mdoc_put_uint(buf, value);
}

static void
put_bool_option(struct mdoc_buf *buf, int64_t label, bool value)
{
	mdoc_put_int(buf, label);
	mdoc_put_bool(buf, value);
}

static bool
put_nfc(struct mdoc_buf *buf, const struct mdoc_retrieval *method)
{
	if (method->nfc.command_max < NFC_COMMAND_MIN || method->nfc.command_max > NFC_COMMAND_MAX ||
		method->nfc.response_max < NFC_RESPONSE_MIN || method->nfc.response_max > NFC_RESPONSE_MAX)
		return false;
	mdoc_put_map(buf, 2);
	put_uint_option(buf, NFC_COMMAND, method->nfc.command_max);
	put_uint_option(buf, NFC_RESPONSE, method->nfc.response_max);
	return true;
}

static bool
put_ble(struct mdoc_buf *buf, const struct mdoc_retrieval *method)
{
	const struct mdoc_bytes server = method->ble.server_uuid, client = method->ble.client_uuid,
				address = method->ble.address;

	/* A UUID goes with its mode, the address with the server. */
	if (method->ble.server != given(server) || method->ble.client != given(client) ||
		(!method->ble.server && !method->ble.client) || (given(address) && !method->ble.server))
		return false;
	if ((given(server) && server.len != MDOC_UUID_SIZE) || (given(client) && client.len != MDOC_UUID_SIZE) ||
		(given(address) && address.len != MDOC_BLE_ADDRESS_SIZE))
		return false;
	mdoc_put_map(buf, 2U + given(server) + given(client) + given(address));
	put_bool_option(buf, BLE_SERVER, method->ble.server);
	put_bool_option(buf, BLE_CLIENT, method->ble.client);
	put_bstr_option(buf, BLE_SERVER_UUID, server);
	put_bstr_option(buf, BLE_CLIENT_UUID, client);
	put_bstr_option(buf, BLE_ADDRESS, address);
	return true;
}

static bool
put_wifi(struct mdoc_buf *buf, const struct mdoc_retrieval *method)
{
	const struct mdoc_bytes phrase = method->wifi.pass_phrase, bands = method->wifi.bands;

	mdoc_put_map(buf,
		0U + given(phrase) + method->wifi.has_operating_class + method->wifi.has_channel + given(bands));
	if (given(phrase)) {
		mdoc_put_int(buf, WIFI_PASS_PHRASE);
		mdoc_put_tstr(buf, phrase);
	}
	if (method->wifi.has_operating_class)
		put_uint_option(buf, WIFI_OPERATING_CLASS, method->wifi.operating_class);
	if (method->wifi.has_channel)
		put_uint_option(buf, WIFI_CHANNEL, method->wifi.channel);
	put_bstr_option(buf, WIFI_BANDS, bands);
	return true;
}

static bool
put_retrieval(struct mdoc_buf *buf, const struct mdoc_retrieval *method)
{
	mdoc_put_array(buf, 3);
	mdoc_put_uint(buf, method->type);
	mdoc_put_uint(buf, method->version != 0 ? method->version : METHOD_VERSION);
	if (method->version <= METHOD_VERSION) {
		switch (method->type) {
		case MDOC_RETRIEVAL_NFC:
			return put_nfc(buf, method);
		case MDOC_RETRIEVAL_BLE:
			return put_ble(buf, method);
		case MDOC_RETRIEVAL_WIFI_AWARE:
			return put_wifi(buf, method);
		default:
			break;
		}
	}
	mdoc_put_raw(buf, method->options);
	return given(method->options);
}

static void
put_origins(struct mdoc_buf *buf, const struct mdoc_engagement_spec *spec)
{
	mdoc_put_int(buf, KEY_ORIGINS);
	mdoc_put_array(buf, spec->origin_count);
	for (size_t i = 0; i < spec->origin_count; i++) {
		const struct mdoc_origin *origin = &spec->origins[i];

		mdoc_put_map(buf, 2U + given(origin->domain));
		mdoc_put_text(buf, "cat");
		mdoc_put_uint(buf, origin->cat);
		mdoc_put_text(buf, "type");
		mdoc_put_uint(buf, origin->type);
		if (!given(origin->domain))
			continue;
		mdoc_put_text(buf, "details");
		mdoc_put_map(buf, 1);
		mdoc_put_text(buf, "domain");
		mdoc_put_tstr(buf, origin->domain);
	}
}

static void
put_capabilities(struct mdoc_buf *buf, const struct mdoc_engagement_spec *spec)
{
	if (spec->capability_count == 0)
		return;
	mdoc_put_int(buf, KEY_CAPABILITIES);
	mdoc_put_map(buf, spec->capability_count);
	for (size_t i = 0; i < spec->capability_count; i++) {
		mdoc_put_int(buf, (int64_t)spec->capabilities[i]);
		mdoc_put_bool(buf, true);
	}
}

static void
put_raw_member(struct mdoc_buf *buf, int64_t label, struct mdoc_bytes item)
{
	if (!given(item))
		return;
	mdoc_put_int(buf, label);
	mdoc_put_raw(buf, item);
}

static void
put_security(struct mdoc_buf *buf, const struct mdoc_public_key *public_key)
{
	struct mdoc_buf key = MDOC_BUF_EMPTY;

	mdoc_put_key(&key, public_key);
	if (buf->err == MDOC_OK)
		buf->err = key.err;
	mdoc_put_int(buf, KEY_SECURITY);
	mdoc_put_array(buf, 2);
	mdoc_put_int(buf, CIPHER_SUITE);
	mdoc_put_embedded(buf, mdoc_buf_bytes(&key));
	mdoc_buf_clear(&key);
}

static enum mdoc_result
put_engagement(struct mdoc_buf *buf, const struct mdoc_engagement_spec *spec, struct mdoc_error *error)
{
	const bool second = spec->edition == MDOC_EDITION_2;

	mdoc_put_map(buf,
		2U + (spec->retrieval_count > 0) + given(spec->server_retrieval) + given(spec->protocol_info) + second +
			(spec->capability_count > 0));
	mdoc_put_int(buf, KEY_VERSION);
	mdoc_put_text(buf, second ? "1.1" : "1.0");
	put_security(buf, spec->key);
	if (spec->retrieval_count > 0) {
		mdoc_put_int(buf, KEY_RETRIEVALS);
		mdoc_put_array(buf, spec->retrieval_count);
	}
	for (size_t i = 0; i < spec->retrieval_count; i++) {
		char path[MDOCI_PATH_MAX];

		mdoci_path(path, "deviceRetrievalMethods", "[%zu]", i);
		if (!put_retrieval(buf, &spec->retrievals[i]))
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "options in their range");
	}
	put_raw_member(buf, KEY_SERVER, spec->server_retrieval);
	put_raw_member(buf, KEY_PROTOCOL, spec->protocol_info);
	if (second)
		put_origins(buf, spec);
	put_capabilities(buf, spec);
	if (buf->err != MDOC_OK)
		return mdoci_fail(error, buf->err, SIZE_MAX, "", "an engagement that can be written");
	return MDOC_OK;
}

enum mdoc_result
mdoc_engagement_build(const struct mdoc_context *context, const struct mdoc_engagement_spec *spec, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	struct mdoc_engagement *check = NULL;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	if (spec->key == NULL)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a key");
	if (spec->edition == MDOC_EDITION_2021 && (spec->origin_count > 0 || spec->capability_count > 0))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "the second edition for origins and capabilities");
	res = put_engagement(&made, spec, error);
	/* Items of the caller's stand in it, and capabilities that may be named twice. */
	if (res == MDOC_OK)
		res = mdoc_engagement_parse(context, mdoc_buf_bytes(&made), &check, error);
	if (res == MDOC_OK) {
		mdoc_buf_append(out, mdoc_buf_bytes(&made));
		res = out->err;
	}
	mdoc_engagement_free(check);
	mdoc_buf_clear(&made);
	return res;
}

enum mdoc_result
mdoc_engagement_to_qr(struct mdoc_bytes engagement, struct mdoc_buf *text)
{
	mdoc_buf_append(text, mdoc_text(QR_SCHEME));
	mdoc_base64url_encode(text, engagement);
	return text->err;
}

static bool
has_scheme(struct mdoc_bytes text)
{
	static const char scheme[] = QR_SCHEME;

	if (text.len < QR_SCHEME_LEN)
		return false;
	for (size_t i = 0; i < QR_SCHEME_LEN; i++) {
		const uint8_t letter = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] | 0x20 : text.ptr[i];

		if (letter != (uint8_t)scheme[i])
			return false;
	}
	return true;
}

enum mdoc_result
mdoc_engagement_from_qr(const struct mdoc_context *context, struct mdoc_bytes text, struct mdoc_buf *engagement,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	if (!has_scheme(text))
		return mdoci_fail(error, MDOC_ERR_VALUE, 0, "", "\"" QR_SCHEME "\" at the start");
	if (text.len > mdoc_context_limit(context, MDOC_LIMIT_INPUT))
		return mdoci_fail(error, MDOC_ERR_SIZE, 0, "", "a shorter text");
	if (text.len == QR_SCHEME_LEN)
		return mdoci_fail(error, MDOC_ERR_MALFORMED, QR_SCHEME_LEN, "", "an engagement");
	res = mdoc_base64url_decode(mdoc_bytes_of(text.ptr + QR_SCHEME_LEN, text.len - QR_SCHEME_LEN), engagement);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, QR_SCHEME_LEN, "", "base64url without padding");
	return MDOC_OK;
}
