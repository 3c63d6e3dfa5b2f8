/*
 * mdoc/session/ndef_build.c: messages of a handover over NFC, written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/ndef.h>
#include "mdoc/base/context.h"
#include "mdoc/base/internal.h"
#include "mdoc/session/engagement_keys.h"
#include "mdoc/session/ndef_names.h"
#include <stdio.h>
#include <string.h>

enum { CARRIER_ACTIVE = 1 };

enum { /* out-of-band data of Bluetooth: kinds, and the role that is its sender's */
	OOB_UUIDS = 0x07,
	OOB_ADDRESS = 0x1b,
	OOB_ROLE = 0x1c,
	ROLE_PERIPHERAL = 0,
	ROLE_CENTRAL = 1,
	ROLE_PERIPHERAL_OR = 2,
	ROLE_CENTRAL_OR = 3,
	ADDRESS_PUBLIC = 0
};

enum { NFC_RECORD_VERSION = 1, NFC_RECORD_COMMAND = 1, NFC_RECORD_RESPONSE = 2 };

/* Numbers of a carrier, "0", "1", … */
#define CARRIER_ID 24

struct carrier {
	char id[CARRIER_ID];
	unsigned format;
	const char *type;
	struct mdoc_buf data;
};

static void
put_byte(struct mdoc_buf *out, unsigned value)
{
	const uint8_t byte = (uint8_t)value;

	mdoc_buf_append(out, mdoc_bytes_of(&byte, 1));
}

static void
put_record(struct mdoc_buf *out, unsigned flags, unsigned format, const char *type, const char *id,
	struct mdoc_bytes payload)
{
	const bool is_short = payload.len <= UINT8_MAX;

	put_byte(out, flags | format | (is_short ? NDEF_SHORT : 0U) | (*id != '\0' ? NDEF_HAS_ID : 0U));
	put_byte(out, (unsigned)strlen(type));
	for (int shift = is_short ? 0 : 24; shift >= 0; shift -= 8)
		put_byte(out, (unsigned)(payload.len >> shift) & UINT8_MAX);
	if (*id != '\0')
		put_byte(out, (unsigned)strlen(id));
	mdoc_buf_append(out, mdoc_text(type));
	mdoc_buf_append(out, mdoc_text(id));
	mdoc_buf_append(out, payload);
}

/* Bluetooth has the last byte first. */
static void
put_reversed(struct mdoc_buf *out, struct mdoc_bytes bytes)
{
	for (size_t i = bytes.len; i > 0; i--)
		mdoc_buf_append(out, mdoc_bytes_of(bytes.ptr + i - 1, 1));
}

/* reader: the sender is the mdoc's opposite. */
static unsigned
ble_role(const struct mdoc_retrieval *method, bool reader)
{
	if (method->ble.server && method->ble.client)
		return reader ? ROLE_CENTRAL_OR : ROLE_PERIPHERAL_OR;
	return method->ble.server != reader ? ROLE_PERIPHERAL : ROLE_CENTRAL;
}

static bool
put_ble(struct mdoc_buf *out, const struct mdoc_retrieval *method, bool reader)
{
	const struct mdoc_bytes server = method->ble.server_uuid, client = method->ble.client_uuid,
				address = method->ble.address, uuid = method->ble.server ? server : client;

	if ((!method->ble.server && !method->ble.client) || method->ble.server != (server.ptr != NULL) ||
		method->ble.client != (client.ptr != NULL) || uuid.len != MDOC_UUID_SIZE ||
		(server.ptr != NULL && client.ptr != NULL && !mdoc_bytes_equal(server, client)) ||
		(address.ptr != NULL && address.len != MDOC_BLE_ADDRESS_SIZE))
		return false;
	if (address.ptr != NULL) {
		put_byte(out, 1 + MDOC_BLE_ADDRESS_SIZE + 1);
		put_byte(out, OOB_ADDRESS);
		put_reversed(out, address);
		put_byte(out, ADDRESS_PUBLIC);
	}
	put_byte(out, 2);
	put_byte(out, OOB_ROLE);
	put_byte(out, ble_role(method, reader));
	put_byte(out, 1 + MDOC_UUID_SIZE);
	put_byte(out, OOB_UUIDS);
	put_reversed(out, uuid);
	return true;
}

/* Kind and number, in as many bytes as it takes, two at least. */
static void
put_nfc_number(struct mdoc_buf *out, unsigned kind, uint64_t value)
{
	const bool is_long = value > UINT16_MAX;

	put_byte(out, is_long ? 4 : 3);
	put_byte(out, kind);
	for (int shift = is_long ? 16 : 8; shift >= 0; shift -= 8)
		put_byte(out, (unsigned)(value >> shift) & UINT8_MAX);
}

/* A reader says only that it has NFC. */
static bool
put_nfc(struct mdoc_buf *out, const struct mdoc_retrieval *method, bool reader)
{
	put_byte(out, NFC_RECORD_VERSION);
	if (reader)
		return true;
	if (method->nfc.command_max < NFC_COMMAND_MIN || method->nfc.command_max > NFC_COMMAND_MAX ||
		method->nfc.response_max < NFC_RESPONSE_MIN || method->nfc.response_max > NFC_RESPONSE_MAX)
		return false;
	put_nfc_number(out, NFC_RECORD_COMMAND, method->nfc.command_max);
	put_nfc_number(out, NFC_RECORD_RESPONSE, method->nfc.response_max);
	return true;
}

static bool
make_carrier(const struct mdoc_retrieval *method, size_t number, bool reader, struct carrier *carrier)
{
	if (method->type == MDOC_RETRIEVAL_BLE) {
		(void)snprintf(carrier->id, sizeof(carrier->id), "%zu", number);
		carrier->format = NDEF_MEDIA;
		carrier->type = NDEF_BLE;
		return put_ble(&carrier->data, method, reader);
	}
	(void)snprintf(carrier->id, sizeof(carrier->id), "%s", NDEF_NFC_ID);
	carrier->format = NDEF_EXTERNAL;
	carrier->type = NDEF_NFC;
	return method->type == MDOC_RETRIEVAL_NFC && put_nfc(&carrier->data, method, reader);
}

static enum mdoc_result
make_carriers(const struct mdoc_retrieval *retrievals, size_t count, bool reader, struct carrier *carriers,
	struct mdoc_error *error)
{
	size_t nfc = 0;

	for (size_t i = 0; i < count; i++) {
		char path[MDOCI_PATH_MAX];

		mdoci_path(path, "", "retrievals[%zu]", i);
		nfc += retrievals[i].type == MDOC_RETRIEVAL_NFC ? 1 : 0;
		if (!make_carrier(&retrievals[i], i, reader, &carriers[i]) || nfc > 1)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "a method that a handover can name");
		if (carriers[i].data.err != MDOC_OK)
			return carriers[i].data.err;
	}
	return MDOC_OK;
}

/* The payload of Hs or Hr: version, perhaps a number against collisions, and the names of carriers. */
static void
put_handover(struct mdoc_buf *out, const struct carrier *carriers, size_t count, struct mdoc_bytes collision)
{
	put_byte(out, NDEF_HANDOVER_VERSION);
	if (collision.len > 0)
		put_record(out, NDEF_BEGIN | (count == 0 ? NDEF_END : 0U), NDEF_WELL_KNOWN, NDEF_COLLISION, "",
			collision);
	for (size_t i = 0; i < count; i++) {
		const unsigned begin = i == 0 && collision.len == 0 ? NDEF_BEGIN : 0U;
		const unsigned end = i + 1 == count ? NDEF_END : 0U;
		uint8_t room[1 + 1 + CARRIER_ID + 1 + 1 + sizeof(NDEF_ENGAGEMENT_ID)];
		struct mdoc_buf names = MDOC_BUF_OVER(room, sizeof(room));

		put_byte(&names, CARRIER_ACTIVE);
		put_byte(&names, (unsigned)strlen(carriers[i].id));
		mdoc_buf_append(&names, mdoc_text(carriers[i].id));
		put_byte(&names, collision.len == 0 ? 1 : 0);
		if (collision.len == 0) {
			put_byte(&names, (unsigned)strlen(NDEF_ENGAGEMENT_ID));
			mdoc_buf_append(&names, mdoc_text(NDEF_ENGAGEMENT_ID));
		}
		put_record(out, begin | end, NDEF_WELL_KNOWN, NDEF_CARRIER, "", mdoc_buf_bytes(&names));
	}
}

/* engagement: empty in a request. */
static enum mdoc_result
build(const struct mdoc_context *context, const struct mdoc_retrieval *retrievals, size_t count,
	struct mdoc_bytes collision, struct mdoc_bytes engagement, struct mdoc_buf *out, struct mdoc_error *error)
{
	const bool reader = collision.len > 0;
	struct carrier *carriers = NULL;
	struct mdoc_buf handover = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (count > mdoc_context_limit(context, MDOC_LIMIT_RETRIEVALS))
		return mdoci_fail(error, MDOC_ERR_SIZE, SIZE_MAX, "retrievals", "fewer methods");
	carriers = calloc(count + 1, sizeof(*carriers));
	if (carriers == NULL)
		return res;
	res = make_carriers(retrievals, count, reader, carriers, error);
	if (res != MDOC_OK)
		goto out;
	put_handover(&handover, carriers, count, collision);
	res = handover.err;
	if (res != MDOC_OK)
		goto out;
	put_record(out, NDEF_BEGIN | (count == 0 && reader ? NDEF_END : 0U), NDEF_WELL_KNOWN,
		reader ? NDEF_REQUEST : NDEF_SELECT, "", mdoc_buf_bytes(&handover));
	for (size_t i = 0; i < count; i++)
		put_record(out, i + 1 == count && reader ? NDEF_END : 0U, carriers[i].format, carriers[i].type,
			carriers[i].id, mdoc_buf_bytes(&carriers[i].data));
	if (!reader)
		put_record(out, NDEF_END, NDEF_EXTERNAL, NDEF_ENGAGEMENT, NDEF_ENGAGEMENT_ID, engagement);
	res = out->err;
out:
	for (size_t i = 0; i < count; i++)
		mdoc_buf_clear(&carriers[i].data);
	free(carriers);
	mdoc_buf_clear(&handover);
	return res;
}

enum mdoc_result
mdoc_ndef_select_build(const struct mdoc_context *context, struct mdoc_bytes engagement,
	const struct mdoc_retrieval *retrievals, size_t count, struct mdoc_buf *out, struct mdoc_error *error)
{
	struct mdoc_bytes bare;
	const enum mdoc_result res = mdoc_cbor_unwrap(context, engagement, &bare, error);

	return res == MDOC_OK ? build(context, retrievals, count, MDOC_NO_BYTES, bare, out, error) : res;
}

enum mdoc_result
mdoc_ndef_request_build(const struct mdoc_context *context, const struct mdoc_retrieval *retrievals, size_t count,
	struct mdoc_buf *out, struct mdoc_error *error)
{
	uint8_t collision[2];
	const enum mdoc_result res = mdoci_random(context, collision, sizeof(collision));

	if (res != MDOC_OK)
		return res;
	return build(context, retrievals, count, mdoc_bytes_of(collision, sizeof(collision)), MDOC_NO_BYTES, out,
		error);
}
