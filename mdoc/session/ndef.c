/*
 * mdoc/session/ndef.c: messages of a handover over NFC, read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/ndef.h>
#include "mdoc/base/context.h"
#include "mdoc/base/internal.h"
#include "mdoc/session/ndef_names.h"

/* What is left of a message, and where that stands in the caller's. */
struct rest {
	struct mdoc_bytes bytes;
	size_t offset;
};

struct record {
	uint8_t flags;
	size_t offset; /* of the payload */
	struct mdoc_bytes type, id, payload;
};

static bool
take(struct rest *rest, size_t len, struct mdoc_bytes *bytes)
{
	if (rest->bytes.len < len)
		return false;
	*bytes = mdoc_bytes_of(rest->bytes.ptr, len);
	rest->bytes.ptr += len;
	rest->bytes.len -= len;
	rest->offset += len;
	return true;
}

static bool
take_number(struct rest *rest, size_t len, size_t *number)
{
	struct mdoc_bytes bytes;

	*number = 0;
	if (!take(rest, len, &bytes))
		return false;
	for (size_t i = 0; i < len; i++)
		*number = *number << 8 | bytes.ptr[i];
	return true;
}

static bool
take_record(struct rest *rest, struct record *record)
{
	size_t flags, type_len, payload_len, id_len = 0;

	if (!take_number(rest, 1, &flags) || !take_number(rest, 1, &type_len) ||
		!take_number(rest, (flags & NDEF_SHORT) != 0 ? 1 : 4, &payload_len) ||
		((flags & NDEF_HAS_ID) != 0 && !take_number(rest, 1, &id_len)))
		return false;
	record->flags = (uint8_t)flags;
	if (!take(rest, type_len, &record->type) || !take(rest, id_len, &record->id))
		return false;
	record->offset = rest->offset;
	return take(rest, payload_len, &record->payload);
}

/* Chunks are for media streams. */
static bool
is_sound(const struct record *record, bool first)
{
	const unsigned format = record->flags & NDEF_FORMAT;

	if ((record->flags & NDEF_CHUNK) != 0 || format == NDEF_UNCHANGED ||
		first != ((record->flags & NDEF_BEGIN) != 0))
		return false;
	if (format == NDEF_EMPTY)
		return record->type.len + record->id.len + record->payload.len == 0;
	return (format == NDEF_UNKNOWN) == (record->type.len == 0);
}

static bool
is_record(const struct record *record, unsigned format, const char *type)
{
	return (record->flags & NDEF_FORMAT) == format && mdoc_bytes_is_text(record->type, type);
}

/* The one record of a kind; looked for, as is the other, in one pass. */
struct wanted {
	unsigned format;
	const char *type;
	struct record found;
	bool there;
};

static enum mdoc_result
look_at(const struct record *record, struct wanted *wanted, size_t count, struct mdoc_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_record(record, wanted[i].format, wanted[i].type))
			continue;
		if (wanted[i].there)
			return mdoci_fail(error, MDOC_ERR_VALUE, record->offset, wanted[i].type, "one record");
		wanted[i].there = true;
		wanted[i].found = *record;
	}
	return MDOC_OK;
}

static enum mdoc_result
read_message(struct rest rest, struct wanted *wanted, size_t count, struct mdoc_error *error)
{
	for (bool first = true;; first = false) {
		const size_t offset = rest.offset;
		struct record record = { 0 };
		enum mdoc_result res;

		if (!take_record(&rest, &record))
			return mdoci_fail(error, MDOC_ERR_TRUNCATED, rest.offset, "", "the rest of an NDEF record");
		if (!is_sound(&record, first))
			return mdoci_fail(error, MDOC_ERR_MALFORMED, offset, "", "an NDEF record, not in chunks");
		res = look_at(&record, wanted, count, error);
		if (res != MDOC_OK)
			return res;
		if ((record.flags & NDEF_END) != 0)
			break;
	}
	if (rest.bytes.len > 0)
		return mdoci_fail(error, MDOC_ERR_TRAILING, rest.offset, "", "the end of the NDEF message");
	for (size_t i = 0; i < count; i++)
		if (!wanted[i].there)
			return mdoci_fail(error, MDOC_ERR_MISSING, 0, wanted[i].type, "a record of this type");
	return MDOC_OK;
}

/* Version, and a message of carriers inside, if there are any. */
static enum mdoc_result
read_handover(const struct record *record, const char *type, struct mdoc_error *error)
{
	struct rest rest = { record->payload, record->offset };
	enum mdoc_result res = MDOC_OK;
	size_t version;

	if (!take_number(&rest, 1, &version))
		return mdoci_fail(error, MDOC_ERR_TRUNCATED, record->offset, type, "a version");
	if (version >> 4 != NDEF_HANDOVER_VERSION >> 4)
		return mdoci_fail(error, MDOC_ERR_VERSION, record->offset, type, "version 1.x");
	if (rest.bytes.len > 0)
		res = read_message(rest, NULL, 0, error);
	if (res != MDOC_OK)
		mdoci_error_prefix(error, type);
	return res;
}

static enum mdoc_result
read_outer(const struct mdoc_context *context, struct mdoc_bytes message, struct wanted *wanted, size_t count,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	if (message.len > mdoc_context_limit(context, MDOC_LIMIT_INPUT))
		return mdoci_fail(error, MDOC_ERR_SIZE, 0, "", "a shorter message");
	res = read_message((struct rest){ message, 0 }, wanted, count, error);
	return res == MDOC_OK ? read_handover(&wanted[0].found, wanted[0].type, error) : res;
}

enum mdoc_result
mdoc_ndef_engagement(const struct mdoc_context *context, struct mdoc_bytes select, struct mdoc_bytes *engagement,
	struct mdoc_error *error)
{
	struct wanted wanted[] = {
		{ .format = NDEF_WELL_KNOWN, .type = NDEF_SELECT },
		{ .format = NDEF_EXTERNAL, .type = NDEF_ENGAGEMENT },
	};
	const enum mdoc_result res = read_outer(context, select, wanted, 2, error);

	*engagement = res == MDOC_OK ? wanted[1].found.payload : MDOC_NO_BYTES;
	return res;
}

enum mdoc_result
mdoc_ndef_request_check(const struct mdoc_context *context, struct mdoc_bytes request, struct mdoc_error *error)
{
	struct wanted wanted = { .format = NDEF_WELL_KNOWN, .type = NDEF_REQUEST };

	return read_outer(context, request, &wanted, 1, error);
}
